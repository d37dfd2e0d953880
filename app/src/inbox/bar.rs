//! The bar that decides. Each of its forms sends what was on the screen (version and content hash)
//! along, works without JavaScript, and stays as typed when nothing was made of it.

use super::api::Decide;
use super::decision::APPROVE_UNTIL;
use crate::error::AppError;
use crate::status::{at, failure, lines};
use crate::ui::{Button, ButtonKind, DateField, DecisionBar, LinkButton, Notice, PasswordField, TextArea, Tone};
use crate::when::day;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

type Refusal = Signal<Option<AppError>>;

/// What was on the screen, and where to go from it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Shown {
    /// The stage.
    pub stage: String,
    /// Version of the request.
    pub version: i32,
    /// Content hash of the request.
    pub hash: String,
    /// Key of one decision.
    pub key: String,
    /// Filter of the list, to come back to.
    pub filter: String,
    /// Whose decisions the list shows.
    pub whose: String,
    /// The address that shows the decision as it is now.
    pub reload: String,
    /// The decision before it in the list.
    pub previous: Option<String>,
    /// The decision after it.
    pub next: Option<String>,
    /// As what the caller decides, with whom they stand in for.
    pub asked_as: String,
    /// What is said about the signature; nothing where decisions are not signed.
    pub signed: Option<String>,
    /// A password is asked for.
    pub password: bool,
    /// What to type in the demonstration.
    pub hint: Option<String>,
    /// The earliest and the latest day of an earlier end; nothing where there is no room for one.
    pub ends: Option<(String, Option<String>)>,
    /// Without JavaScript: verdict, words and end as they were typed before it was refused.
    pub typed: (String, String, String),
}

impl Shown {
    /// The fields that every form of the bar sends.
    fn fields(&self, verdict: &'static str) -> AnyView {
        view! {
            <input type="hidden" name="stage" value=self.stage.clone()/>
            <input type="hidden" name="verdict" value=verdict/>
            <input type="hidden" name="shown_version" value=self.version.to_string()/>
            <input type="hidden" name="shown_hash" value=self.hash.clone()/>
            <input type="hidden" name="key" value=self.key.clone()/>
            <input type="hidden" name="filter" value=self.filter.clone()/>
            <input type="hidden" name="whose" value=self.whose.clone()/>
        }
        .into_any()
    }

    /// The field for the password, in the form with this id, where one is asked for.
    fn ask_password(&self, form: &'static str, error: Refusal) -> Option<AnyView> {
        let wrong = said_at(error, "password");
        let hint = match &self.hint {
            Some(word) => format!("You sign with it; at most 128 characters. In this demonstration it is “{word}” for everybody."),
            None => "You sign with it; at most 128 characters. It counts for five minutes.".to_owned(),
        };
        self.password.then(|| {
            view! { <PasswordField id=format!("{form}-password") name="password" label="Your password" hint=hint maxlength=128 error=wrong/> }.into_any()
        })
    }

    /// Whether this form was refused without JavaScript and comes back as typed.
    fn is_open(&self, verdict: &str) -> bool {
        self.typed.0 == verdict
    }

    /// Words and end to begin this form with.
    fn typed_into(&self, verdict: &str) -> (String, String) {
        let (_, words, end) = self.typed.clone();
        if self.is_open(verdict) { (words, end) } else { <_>::default() }
    }
}

/// Approve, approve with an earlier end, return with a question, reject; previous and next. An
/// island, so that what was refused stays as typed and "changed" is said beside what was on the
/// screen.
#[island]
pub fn Bar(shown: Shown) -> impl IntoView {
    let decide = ServerAction::<Decide>::new();
    let error = failure(move || decide.value().get());
    let reload = shown.reload.clone();
    let alert = move || error.get().map(|error| refused(&error, &reload));
    let note = note(&shown);
    let forms =
        [approve(&shown, decide, error), sooner(&shown, decide, error), question(&shown, decide, error), reject(&shown, decide, error)];
    view! {
        <DecisionBar label="Your decision" note=move || note>
            <div role="alert" class="w-[min(40rem,calc(100vw-2rem))] empty:hidden">{alert}</div>
            {forms.into_iter().collect_view()}
        </DecisionBar>
    }
    .into_any()
}

/// A form that stands behind its button.
struct Drawer {
    id: &'static str,
    verdict: &'static str,
    /// What the button says, and its key.
    word: &'static str,
    key: &'static str,
    /// What the button that sends the form says.
    sends: &'static str,
    /// How both look.
    kind: ButtonKind,
}

impl Drawer {
    fn around(self, shown: &Shown, decide: ServerAction<Decide>, asks: impl IntoView + 'static) -> AnyView {
        let Self { id, verdict, word, key, sends, kind } = self;
        let (open, fields, asks) = (shown.is_open(verdict), shown.fields(verdict), asks.into_any());
        view! {
            <details id=id name="decide" class="open:basis-full" open=open>
                <summary class=kind.class() aria-keyshortcuts=key>{word}<kbd aria-hidden="true">{key}</kbd></summary>
                <div class="mt-2 w-[min(34rem,calc(100vw-2rem))]">
                    <ActionForm action=decide attr:class="form">
                        {fields}
                        {asks}
                        <div class="form-actions"><Button kind=kind submit=true>{sends}</Button></div>
                    </ActionForm>
                </div>
            </details>
        }
        .into_any()
    }
}

/// One press, or, where it is signed, a form with the password.
fn approve(shown: &Shown, decide: ServerAction<Decide>, error: Refusal) -> AnyView {
    let Some(password) = shown.ask_password("decide-approve", error) else {
        let fields = shown.fields("approve");
        return view! {
            <ActionForm action=decide>
                {fields}
                <Button id="decide-approve" kind=ButtonKind::Primary submit=true kbd="a">"Approve"</Button>
            </ActionForm>
        }
        .into_any();
    };
    let drawer = Drawer {
        id: "decide-approve",
        verdict: "approve",
        word: "Approve and sign",
        key: "a",
        sends: "Sign the approval",
        kind: ButtonKind::Primary,
    };
    drawer.around(shown, decide, password)
}

fn sooner(shown: &Shown, decide: ServerAction<Decide>, error: Refusal) -> AnyView {
    let Some((first, last)) = shown.ends.clone() else { return ().into_any() };
    let (text, day) = shown.typed_into(APPROVE_UNTIL);
    let limits = match &last {
        Some(last) => format!("From {} to {}. Everyone who decides after you sees it.", said(&first), said(last)),
        None => format!("{} or later. Everyone who decides after you sees it.", said(&first)),
    };
    let drawer = Drawer {
        id: "decide-sooner",
        verdict: APPROVE_UNTIL,
        word: "Approve, end sooner",
        key: "s",
        sends: if shown.password { "Sign the approval with this end" } else { "Approve with this end" },
        kind: ButtonKind::default(),
    };
    let asks = view! {
        <DateField id="decide-sooner-first" name="ends_on" label="Last day" value=day min=first max=last error=said_at(error, "ends_on") required=true hint=limits/>
        <TextArea id="decide-sooner-comment" name="comment" label="Why" hint="At most 2,000 characters." value=text error=said_at(error, "comment") maxlength=2000 rows=2/>
        {shown.ask_password("decide-sooner", error)}
    };
    drawer.around(shown, decide, asks)
}

/// A day as pages say it, from how a date field has it.
fn said(date: &str) -> String {
    date.parse().map_or_else(|_| date.to_owned(), day)
}

fn question(shown: &Shown, decide: ServerAction<Decide>, error: Refusal) -> AnyView {
    let drawer = Drawer {
        id: "decide-return",
        verdict: "return",
        word: "Return with a question",
        key: "e",
        sends: "Send the question",
        kind: ButtonKind::default(),
    };
    let (text, _) = shown.typed_into("return");
    let asks = view! {
        <TextArea id="decide-return-first" name="comment" label="Your question" value=text error=said_at(error, "comment") hint="The clock stands still until it is answered. Answered in words, you decide on the same; changed, everyone decides anew. At most 2,000 characters." required=true maxlength=2000 rows=3/>
    };
    drawer.around(shown, decide, asks)
}

fn reject(shown: &Shown, decide: ServerAction<Decide>, error: Refusal) -> AnyView {
    let drawer =
        Drawer { id: "decide-reject", verdict: "reject", word: "Reject", key: "r", sends: "Reject the request", kind: ButtonKind::Danger };
    let (text, _) = shown.typed_into("reject");
    let asks = view! {
        <TextArea id="decide-reject-first" name="comment" label="Why it is refused" value=text error=said_at(error, "comment") hint="The requester reads this. A rejection is final; they can ask anew. At most 2,000 characters." required=true maxlength=2000 rows=3/>
        {shown.ask_password("decide-reject", error)}
    };
    drawer.around(shown, decide, asks)
}

/// What is wrong with a field, if anything.
fn said_at(error: Refusal, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || error.with(|error| at(error.as_ref(), field)))
}

fn note(shown: &Shown) -> AnyView {
    let Shown { previous, next, asked_as, signed, .. } = shown.clone();
    view! {
        <span class="flex flex-wrap items-center gap-1">
            <span>"You decide as "{asked_as}{signed.map(|signed| format!(". {signed}"))}</span>
            {previous.map(|href| view! { <LinkButton href=href kind=ButtonKind::Quiet kbd="k">"Previous"</LinkButton> })}
            {next.map(|href| view! { <LinkButton href=href kind=ButtonKind::Quiet kbd="j">"Next"</LinkButton> })}
        </span>
    }
    .into_any()
}

/// Why nothing was recorded, and what to do about it.
fn refused(error: &AppError, reload: &str) -> AnyView {
    let reload = reload.to_owned();
    match error {
        AppError::Changed => view! {
            <Notice tone=Tone::Info title="Changed since you looked." text="Nothing was recorded. Read what is new and decide again.">
                // A full load: the address stays the same, the record does not.
                <a href=reload rel="external">"Show what is there now"</a>
            </Notice>
        }
        .into_any(),
        // The answer was lost, which says nothing about the decision. The key makes sending it again safe.
        AppError::Transport => view! { <Notice tone=Tone::Warn title="No answer came." text=error.sentence()/> }.into_any(),
        error => {
            let text = lines(error).into_iter().map(|(_, sentence)| sentence).collect::<Vec<_>>().join(" ");
            view! { <Notice tone=Tone::Bad title="Nothing was recorded." text=text/> }.into_any()
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn html(shown: Shown) -> String {
        Owner::new().with(|| view! { <Bar shown=shown/> }.to_html())
    }

    fn shown() -> Shown {
        Shown {
            stage: "stage-1".into(),
            version: 7,
            hash: "ab12".into(),
            key: "key-1".into(),
            filter: "late".into(),
            whose: "team".into(),
            reload: "/inbox/stage-1".into(),
            next: Some("/inbox/stage-2".into()),
            asked_as: "Line manager".into(),
            ends: Some(("2026-11-22".into(), Some("2026-12-20".into()))),
            ..Shown::default()
        }
    }

    #[test]
    fn without_javascript_each_form_sends_what_was_shown() {
        let html = html(shown());
        assert_eq!(html.matches("<form").count(), 4, "{html}");
        assert_eq!(html.matches("action=\"/api/inbox/decide\"").count(), 4, "{html}");
        assert_eq!(html.matches("method=\"post\"").count(), 4, "{html}");
        for field in [
            "name=\"shown_version\" value=\"7\"",
            "name=\"shown_hash\" value=\"ab12\"",
            "name=\"key\" value=\"key-1\"",
            "name=\"stage\" value=\"stage-1\"",
            "name=\"whose\" value=\"team\"",
        ] {
            assert_eq!(html.matches(field).count(), 4, "{field} in {html}");
        }
        for (verdict, forms) in [("approve", 1), ("approve_until", 1), ("return", 1), ("reject", 1)] {
            assert_eq!(html.matches(&format!("name=\"verdict\" value=\"{verdict}\"")).count(), forms, "{verdict} in {html}");
        }
        assert_eq!(html.matches("name=\"comment\"").count(), 3, "{html}");
        assert_eq!(html.matches("name=\"password\"").count(), 0, "{html}");
        assert!(html.contains("href=\"/inbox/stage-2\"") && !html.contains("Previous"), "{html}");
    }

    #[test]
    fn what_is_signed_asks_for_the_password_in_each_form_but_the_question() {
        let html = html(Shown { password: true, ..shown() });
        assert_eq!(html.matches("name=\"password\"").count(), 3, "{html}");
        let question = html.split("id=\"decide-return\"").nth(1).and_then(|rest| rest.split("</form>").next()).unwrap();
        assert!(!question.contains("name=\"password\""), "{question}");
    }

    #[test]
    fn what_was_typed_stands_in_the_form_it_was_typed_into_and_in_no_other() {
        let html = html(Shown { typed: ("reject".into(), "Too broad.".into(), String::new()), ..shown() });
        assert_eq!(html.matches("Too broad.</textarea>").count(), 1, "{html}");
        let reject = html.split("id=\"decide-reject\"").nth(1).unwrap();
        assert!(reject.contains("Too broad.</textarea>") && reject.split('>').next().unwrap().contains("open"), "{html}");
    }

    #[test]
    fn without_room_for_an_earlier_end_there_is_no_form_for_it() {
        assert!(!html(Shown { ends: None, ..shown() }).contains("decide-sooner"));
    }
}
