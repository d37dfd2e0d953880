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
}

impl Live {
    /// The form as it was opened. `all` shows errors at every field from the start.
    pub fn new(opening: &Opening, all: bool) -> Self {
        let RequestDesk { form, today, .. } = &opening.desk;
        let live = Self {
            reason_code: RwSignal::new(form.reason_code.clone()),
            justification: RwSignal::new(form.justification.clone()),
            starts_on: RwSignal::new(form.starts_on.clone()),
            ends_on: RwSignal::new(form.ends_on.clone()),
            checked: RwSignal::new(Checked::from(opening.desk.clone())),
            stale: RwSignal::new(None),
            entitlement: StoredValue::new(form.entitlement.clone()),
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
        live
    }

    /// The form as it stands.
    pub fn form(self) -> RequestForm {
        RequestForm {
            entitlement: self.entitlement.get_value(),
            reason_code: self.reason_code.get(),
            justification: self.justification.get(),
            starts_on: self.starts_on.get(),
            ends_on: self.ends_on.get(),
        }
    }

    /// Asks for the gates now. An answer that a later question has overtaken is dropped.
    pub fn check(self) {
        let turn = self.turn.try_update_value(|turn| { *turn = turn.wrapping_add(1); *turn });
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

    /// What is wrong at a field: as typed, or in the words of the gate that it does not meet.
    /// `refusal` is the answer to the last submission.
    pub fn error(self, field: &'static str, refusal: Signal<Option<AppError>>) -> Signal<Option<String>> {
        Signal::derive(move || {
            let form = self.form();
            let changed = value(&form, field) != self.first.with_value(|first| value(first, field).to_owned());
            let refusal = refusal.get();
            if !(changed || self.all || refusal.is_some()) {
                return None;
            }
            let gate = self.checked.with(|checked| at_gate(&checked.evaluation, field));
            let typed = || form.parse(self.today).err().and_then(|errors| errors.into_iter().find(|error| error.field == field)).map(|error| error.message);
            let refused = || {
                let refusal = refusal.as_ref().filter(|_| !changed)?;
                let problem = refusal.problems().iter().find(|problem| problem.field == field)?;
                Some(self.checked.with(|checked| sentence(problem, &checked.evaluation)))
            };
            gate.or_else(typed).or_else(refused)
        })
    }
}

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
pub fn sentence(problem: &Problem, evaluation: &Evaluation) -> String {
    let gate = evaluation.results.iter().find(|gate| gate.control == problem.code);
    gate.map(words).filter(|words| !words.is_empty()).unwrap_or_else(|| problem.sentence().to_owned())
}

/// A refusal as lines above the form.
pub fn lines(error: &AppError, evaluation: &Evaluation) -> Vec<(String, String)> {
    match error.problems() {
        [] => vec![(String::new(), error.sentence().to_owned())],
        problems => problems.iter().map(|problem| (problem.field.clone(), sentence(problem, evaluation))).collect(),
    }
}
