//! The bar that decides. Each of its three forms sends what was on the screen (version and content
//! hash) along, works without JavaScript, and stays as typed when nothing was recorded.

use super::api::Decide;
use crate::error::AppError;
use crate::status::{failure, lines};
use crate::ui::{Button, ButtonKind, DecisionBar, LinkButton, Notice, TextArea, Tone};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What was on the screen, and where to go from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// The address that shows the decision as it is now.
    pub reload: String,
    /// The decision before it in the list.
    pub previous: Option<String>,
    /// The decision after it.
    pub next: Option<String>,
    /// As what the caller decides.
    pub authority: String,
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
        }
        .into_any()
    }
}

/// Approve, return with a question, reject; previous and next. An island, so that a comment that was
/// refused stays as typed and "changed" is said beside what was on the screen.
#[island]
pub fn Bar(shown: Shown) -> impl IntoView {
    let decide = ServerAction::<Decide>::new();
    let error = failure(move || decide.value().get());
    let reload = shown.reload.clone();
    let alert = move || error.get().map(|error| refused(&error, &reload));
    let approve = shown.fields("approve");
    let question = shown.fields("return");
    let reject = shown.fields("reject");
    let Shown { previous, next, authority, .. } = shown;
    let note = move || {
        view! {
            <span class="flex flex-wrap items-center gap-1">
                "You decide as "{authority.to_lowercase()}
                {previous.map(|href| view! { <LinkButton href=href kind=ButtonKind::Quiet kbd="k">"Previous"</LinkButton> })}
                {next.map(|href| view! { <LinkButton href=href kind=ButtonKind::Quiet kbd="j">"Next"</LinkButton> })}
            </span>
        }
    };
    view! {
        <DecisionBar label="Your decision" note=note>
            <div role="alert" class="w-[min(40rem,calc(100vw-2rem))] empty:hidden">{alert}</div>
            <ActionForm action=decide>
                {approve}
                <Button id="decide-approve" kind=ButtonKind::Primary submit=true kbd="a">"Approve"</Button>
            </ActionForm>
            <details id="decide-return" name="decide" class="open:basis-full">
                <summary class="btn" aria-keyshortcuts="e">"Return with a question"<kbd aria-hidden="true">"e"</kbd></summary>
                <div class="mt-2 w-[min(34rem,calc(100vw-2rem))]">
                    <ActionForm action=decide attr:class="form">
                        {question}
                        <TextArea id="decide-return-comment" name="comment" label="Your question" hint="The requester answers it with a new revision; decisions so far are void then." required=true maxlength=2000 rows=3/>
                        <div class="form-actions"><Button submit=true>"Send the question"</Button></div>
                    </ActionForm>
                </div>
            </details>
            <details id="decide-reject" name="decide" class="open:basis-full">
                <summary class="btn btn-danger" aria-keyshortcuts="r">"Reject"<kbd aria-hidden="true">"r"</kbd></summary>
                <div class="mt-2 w-[min(34rem,calc(100vw-2rem))]">
                    <ActionForm action=decide attr:class="form">
                        {reject}
                        <TextArea id="decide-reject-comment" name="comment" label="Why it is refused" hint="The requester reads this. A rejection is final; they can ask anew." required=true maxlength=2000 rows=3/>
                        <div class="form-actions"><Button kind=ButtonKind::Danger submit=true>"Reject the request"</Button></div>
                    </ActionForm>
                </div>
            </details>
        </DecisionBar>
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

    #[test]
    fn without_javascript_each_form_sends_what_was_shown() {
        let owner = Owner::new();
        let html = owner.with(|| {
            let shown = Shown {
                stage: "stage-1".into(),
                version: 7,
                hash: "ab12".into(),
                key: "key-1".into(),
                filter: "late".into(),
                reload: "/inbox/stage-1".into(),
                previous: None,
                next: Some("/inbox/stage-2".into()),
                authority: "Line manager".into(),
            };
            view! { <Bar shown=shown/> }.to_html()
        });
        assert_eq!(html.matches("<form").count(), 3, "{html}");
        assert_eq!(html.matches("action=\"/api/inbox/decide\"").count(), 3, "{html}");
        assert_eq!(html.matches("method=\"post\"").count(), 3, "{html}");
        for field in [
            "name=\"shown_version\" value=\"7\"",
            "name=\"shown_hash\" value=\"ab12\"",
            "name=\"key\" value=\"key-1\"",
            "name=\"stage\" value=\"stage-1\"",
        ] {
            assert_eq!(html.matches(field).count(), 3, "{field} in {html}");
        }
        for verdict in ["approve", "return", "reject"] {
            assert_eq!(html.matches(&format!("name=\"verdict\" value=\"{verdict}\"")).count(), 1, "{verdict} in {html}");
        }
        assert_eq!(html.matches("name=\"comment\"").count(), 2, "{html}");
        assert!(html.contains("href=\"/inbox/stage-2\"") && !html.contains("Previous"), "{html}");
    }
}
