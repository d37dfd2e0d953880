//! The form while it is being filled in: what was typed, the gates on it, and what is wrong at each
//! field. With JavaScript the gates are asked again shortly after the last key; without, they are
//! those of the page.

use super::asked::{Opening, desk};
use super::gates::words;
use super::port::{PlanLine, RequestDesk};
use crate::error::{AppError, Problem};
use domain::gate::Evaluation;
use domain::request::RequestForm;
use jiff::civil::Date;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long after the last key the gates are asked again.
const PAUSE: Duration = Duration::from_millis(300);

/// What the server last said about the form.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The gates.
    pub evaluation: Evaluation,
    /// Who would decide.
    pub plan: Vec<PlanLine>,
}

impl From<RequestDesk> for Checked {
    fn from(desk: RequestDesk) -> Self {
        Self { evaluation: desk.evaluation, plan: desk.plan }
    }
}

/// The form, alive.
#[derive(Clone, Copy)]
pub struct Live {
    /// Word of the reason.
    pub reason_code: RwSignal<String>,
    /// Why, in words.
    pub justification: RwSignal<String>,
    /// First day.
    pub starts_on: RwSignal<String>,
    /// Last day.
    pub ends_on: RwSignal<String>,
    /// What the server last said.
    pub checked: RwSignal<Checked>,
    /// The gates could not be asked; those shown are older than the form.
    pub stale: RwSignal<Option<AppError>>,
    entitlement: StoredValue<String>,
    answer: StoredValue<String>,
    first: StoredValue<RequestForm>,
    today: Date,
    turn: StoredValue<u32>,
    /// Errors show at every field, not only at those that were changed.
    all: bool,
    /// The answer to the last submission, if it was refused.
    refusal: Signal<Option<AppError>>,
    /// The form as it was then.
    sent: Memo<RequestForm>,
}

impl Live {
    /// The form as it was opened. `all` shows errors at every field from the start; `refusal` is
    /// the answer to the last submission.
    pub fn new(opening: &Opening, all: bool, refusal: Signal<Option<AppError>>) -> Self {
        let RequestDesk { form, today, .. } = &opening.desk;
        let (reason_code, justification) = (RwSignal::new(form.reason_code.clone()), RwSignal::new(form.justification.clone()));
        let (starts_on, ends_on) = (RwSignal::new(form.starts_on.clone()), RwSignal::new(form.ends_on.clone()));
        let entitlement = StoredValue::new(form.entitlement.clone());
        let live = Self {
            reason_code,
            justification,
            starts_on,
            ends_on,
            entitlement,
            refusal,
            sent: Memo::new(move |_| {
                refusal.track();
                untrack(|| typed(entitlement, reason_code, justification, starts_on, ends_on))
            }),
            checked: RwSignal::new(Checked::from(opening.desk.clone())),
            stale: RwSignal::new(None),
            answer: StoredValue::new(opening.answering.as_ref().map(|(id, ..)| id.to_string()).unwrap_or_default()),
            first: StoredValue::new(form.clone()),
            today: *today,
            turn: StoredValue::new(0),
            all,
        };
        let mut ask = debounce(PAUSE, move |()| live.check());
        Effect::new(move |before: Option<RequestForm>| {
            let now = live.form();
            if before.is_some_and(|before| before != now) {
                ask(());
            }
            now
        });
        // The server may have seen something newer than the gates on the screen.
        Effect::new(move |before: Option<bool>| {
            let refused = refusal.with(Option::is_some);
            if before.is_some() && refused {
                live.check();
            }
            refused
        });
        live
    }

    /// The form as it stands.
    pub fn form(self) -> RequestForm {
        typed(self.entitlement, self.reason_code, self.justification, self.starts_on, self.ends_on)
    }

    /// Asks for the gates now. An answer that a later question has overtaken is dropped.
    pub fn check(self) {
        let turn = self.turn.try_update_value(|turn| {
            *turn = turn.wrapping_add(1);
            *turn
        });
        let (form, answer) = (untrack(move || self.form()), self.answer.get_value());
        spawn_local(async move {
            let answer = desk(form, answer).await;
            if turn.is_none() || self.turn.try_get_value() != turn {
                return;
            }
            match answer {
                Ok(desk) => {
                    self.checked.set(desk.into());
                    self.stale.set(None);
                }
                Err(error) => self.stale.set(Some(error)),
            }
        });
    }

    /// Fills a field and puts the focus there.
    pub fn fill(self, field: &str, value: String) {
        let signal = match field {
            "reason_code" => self.reason_code,
            "justification" => self.justification,
            "starts_on" => self.starts_on,
            "ends_on" => self.ends_on,
            _ => return,
        };
        signal.set(value);
        let control = document().get_element_by_id(&format!("field-{field}"));
        if let Some(control) = control.and_then(|control| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(control).ok()) {
            // A focus that cannot be moved is where it was.
            drop(control.focus());
        }
    }

    /// What is wrong at a field, as it stands now.
    pub fn error(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.wrong(field))
    }

    /// A refusal as lines above the form, without those that have been put right since.
    pub fn lines(self) -> Signal<Vec<(String, String)>> {
        Signal::derive(move || {
            let Some(refusal) = self.refusal.get() else { return vec![] };
            let problem = |problem: &Problem| {
                let text = if FIELDS.contains(&problem.field.as_str()) {
                    self.wrong(&problem.field)?
                } else {
                    self.checked.with(|checked| sentence(problem, &checked.evaluation))
                };
                Some((problem.field.clone(), text))
            };
            match refusal.problems() {
                [] => vec![(String::new(), refusal.sentence().to_owned())],
                problems => problems.iter().filter_map(problem).collect(),
            }
        })
    }

    /// As typed, or in the words of the gate that it does not meet. Nothing at a field that nobody
    /// has touched, before anything was submitted.
    fn wrong(self, field: &str) -> Option<String> {
        let (form, refusal, sent) = (self.form(), self.refusal.get(), self.sent.get());
        let changed = self.first.with_value(|first| value(first, field) != value(&form, field));
        if !(changed || self.all || refusal.is_some()) {
            return None;
        }
        let gate = self.checked.with(|checked| at_gate(&checked.evaluation, field));
        let parsed = || {
            form.parse(self.today).err().and_then(|errors| errors.into_iter().find(|error| error.field == field)).map(|error| error.message)
        };
        let refused = || {
            let problem = refusal
                .as_ref()
                .filter(|_| value(&form, field) == value(&sent, field))?
                .problems()
                .iter()
                .find(|problem| problem.field == field)?;
            Some(self.checked.with(|checked| sentence(problem, &checked.evaluation)))
        };
        gate.or_else(parsed).or_else(refused)
    }
}

fn typed(
    entitlement: StoredValue<String>,
    reason_code: RwSignal<String>,
    justification: RwSignal<String>,
    starts_on: RwSignal<String>,
    ends_on: RwSignal<String>,
) -> RequestForm {
    RequestForm {
        entitlement: entitlement.get_value(),
        reason_code: reason_code.get(),
        justification: justification.get(),
        starts_on: starts_on.get(),
        ends_on: ends_on.get(),
    }
}

/// The fields that the person fills in.
const FIELDS: [&str; 4] = ["reason_code", "justification", "starts_on", "ends_on"];

fn value<'a>(form: &'a RequestForm, field: &str) -> &'a str {
    match field {
        "reason_code" => &form.reason_code,
        "justification" => &form.justification,
        "starts_on" => &form.starts_on,
        _ => &form.ends_on,
    }
}

fn at_gate(evaluation: &Evaluation, field: &str) -> Option<String> {
    evaluation.blockers().find(|gate| gate.field.as_deref() == Some(field)).map(words)
}

/// A problem in words: for a control, the gate's own.
fn sentence(problem: &Problem, evaluation: &Evaluation) -> String {
    let gate = evaluation.blockers().find(|gate| gate.control == problem.code);
    gate.map(words).filter(|words| !words.is_empty()).unwrap_or_else(|| problem.sentence().to_owned())
}
