//! The steps on a change as plain forms of its page: confirm, refuse with a reason, take back.

use super::refused::RefusedStep;
use crate::paths;
use crate::status::{at, lines};
use crate::ui::{Button, ButtonKind, Card, Disclosure, ErrorSummary, TextArea};
use domain::id::ChangeId;
use leptos::prelude::*;

/// For whoever may be the second person.
pub fn decide(change: ChangeId, refused: Option<&RefusedStep>) -> AnyView {
    let action = paths::change(change);
    let typed = |step: &str| refused.filter(|refused| refused.step == step);
    let refusing = typed("refuse");
    let error = refusing.and_then(|refused| at(Some(&refused.error), "reason"));
    let reason = refusing.map(|refused| refused.reason.clone()).unwrap_or_default();
    let note = typed("confirm").map(|refused| refused.reason.clone()).unwrap_or_default();
    let note_error = typed("confirm").and_then(|refused| at(Some(&refused.error), "reason"));
    let summary: Vec<(String, String)> = refused
        .filter(|refused| !refused.error.problems().is_empty())
        .map(|refused| {
            // Two forms of the page have the field: the summary leads to the one that was sent.
            let field = if refused.step == "confirm" { "note" } else { "reason" };
            lines(&refused.error).into_iter().map(|(_, sentence)| (field.to_owned(), sentence)).collect()
        })
        .unwrap_or_default();
    let open = refusing.is_some();
    let refuse = action.clone();
    view! {
        <div class="no-print stack">
            <ErrorSummary errors=Signal::stored(summary) title="Nothing was recorded"/>
            <Card title="You are asked as the second person">
                <p>"Confirm it only if the difference above is what you would have proposed for the reason that is given. Your name stands beside the version."</p>
                <form method="post" action=action novalidate>
                    <div class="form">
                        <input type="hidden" name="step" value="confirm"/>
                        <TextArea name="reason" id="field-note" label="A word with it" hint="At most 2,000 characters." rows=2 maxlength=2000 value=note error=note_error/>
                        <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Confirm the change"</Button></div>
                    </div>
                </form>
            </Card>
            <Disclosure summary="Refuse this change" open=open id="refuse">
                <form method="post" action=refuse novalidate>
                    <div class="form">
                        <input type="hidden" name="step" value="refuse"/>
                        <TextArea name="reason" label="Why it is refused" hint="Whoever proposed it reads this. At most 2,000 characters." required=true rows=2 maxlength=2000 value=reason error=error/>
                        <div class="form-actions"><Button kind=ButtonKind::Danger submit=true>"Refuse"</Button></div>
                    </div>
                </form>
            </Disclosure>
        </div>
    }
    .into_any()
}

/// For whoever proposed it, while it is not in force.
pub fn take_back(change: ChangeId) -> AnyView {
    view! {
        <div class="no-print">
            <Disclosure summary="Take this change back" id="take-back">
                <form method="post" action=paths::change(change)>
                    <div class="form">
                        <input type="hidden" name="step" value="withdraw"/>
                        <p class="text-ink-2">"What is in force stays in force. The proposal stays on record as taken back."</p>
                        <div class="form-actions"><Button kind=ButtonKind::Danger submit=true>"Take back"</Button></div>
                    </div>
                </form>
            </Disclosure>
        </div>
    }
    .into_any()
}
