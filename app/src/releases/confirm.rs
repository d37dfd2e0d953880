//! Confirming a release: the form with its evidence, and the address that says what came of it.

use super::api::ExecuteRelease;
use super::port::{Execution, ReleaseView};
use crate::error::AppError;
use crate::paths;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Card, ErrorSummary, Notice, TextArea, Tone};
use domain::id::{IdempotencyKey, ReleaseId};
use domain::release::{ReleaseKind, ReleaseState};
use leptos::prelude::*;

/// The parameter that says what came of an attempt.
pub const DONE: &str = "done";
/// The parameter that brings evidence back which was refused.
pub const EVIDENCE: &str = "evidence";

/// The ids of an attempt.
///
/// # Errors
/// [`AppError::NotFound`] when the release is not an id, [`AppError::Invalid`] when the key is not.
pub fn ids(release: &str, key: &str) -> Result<(ReleaseId, IdempotencyKey), AppError> {
    let release = release.parse().map_err(|_| AppError::NotFound)?;
    Ok((release, key.parse().map_err(|_| AppError::field("key", "invalid"))?))
}

/// The release after an attempt.
#[must_use]
pub fn back_to_release(release: ReleaseId, outcome: &Execution) -> String {
    let done = match outcome {
        Execution::Executed => "executed",
        Execution::Held { .. } => "held",
    };
    paths::with(&paths::release(release), &[(DONE, done)])
}

/// The release with the evidence as it was typed, for a browser without JavaScript.
#[must_use]
pub fn as_typed(release: ReleaseId, evidence: &str) -> String {
    paths::with(&paths::release(release), &[(EVIDENCE, evidence)])
}

/// What came of the attempt that the address tells of. Why it is held stands on the record.
#[must_use]
pub fn said(done: &str) -> Option<AnyView> {
    match done {
        "executed" => Some(view! { <Notice tone=Tone::Ok title="Recorded." text="The change is on the execution trail with your evidence."/> }.into_any()),
        "held" => Some(view! { <Notice tone=Tone::Bad title="Held." text="The gates ran again on fresh facts and were not met, so nothing was released. The reasons are below."/> }.into_any()),
        _ => None,
    }
}

/// The form that confirms, or the sentence that says why the reader may not; nothing once it is
/// carried out or cancelled.
#[must_use]
pub fn confirmation(release: &ReleaseView, typed: String) -> AnyView {
    if !matches!(release.line.state, ReleaseState::Planned | ReleaseState::Held { .. }) {
        return ().into_any();
    }
    if let Some(obstacle) = &release.obstacle {
        return view! { <Notice tone=Tone::Info title="You cannot carry this out." text=obstacle.clone()/> }.into_any();
    }
    view! { <Confirm release=release.line.id.to_string() version=release.version key=release.key.to_string() kind=release.line.kind typed=typed/> }
        .into_any()
}

/// The form with the evidence: an island, so that evidence that was refused stays as typed.
#[island]
fn Confirm(release: String, version: i32, key: String, kind: ReleaseKind, typed: String) -> impl IntoView {
    let execute = ServerAction::<ExecuteRelease>::new();
    let error = failure(move || execute.value().get());
    let evidence = Signal::derive(move || error.with(|error| at(error.as_ref(), "evidence")));
    let (title, word, hint) = match kind {
        ReleaseKind::Activate => (
            "Give the access, then confirm",
            "Confirm: access given",
            "What shows that the access is there: a log line, a command and its answer, what you saw. At most 2,000 characters.",
        ),
        ReleaseKind::Remove => (
            "Remove the access, then confirm",
            "Confirm: access removed",
            "What shows that the access is gone: a log line, a command and its answer, what you saw. At most 2,000 characters.",
        ),
        ReleaseKind::Extend => (
            "Move the end, then confirm",
            "Confirm: end moved",
            "What shows that the access ends on the new day: a log line, a command and its answer, what you saw. At most 2,000 characters.",
        ),
    };
    view! {
        <Card title=title id="confirm">
            <ErrorSummary errors=summary(error) title="Nothing was recorded"/>
            <ActionForm action=execute attr:class="form">
                <input type="hidden" name="release" value=release/>
                <input type="hidden" name="version" value=version.to_string()/>
                <input type="hidden" name="key" value=key/>
                <TextArea name="evidence" label="Evidence" hint=hint value=typed error=evidence required=true maxlength=2000/>
                <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>{word}</Button></div>
            </ActionForm>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_says_what_came_of_it() {
        let id = "0190a000-0000-7000-8000-000000000000";
        let (release, _) = ids(id, id).unwrap();
        assert_eq!(back_to_release(release, &Execution::Executed), format!("/releases/{id}?done=executed"));
        assert_eq!(back_to_release(release, &Execution::Held { reasons: vec![] }), format!("/releases/{id}?done=held"));
        assert_eq!(as_typed(release, "seen & done"), format!("/releases/{id}?evidence=seen%20%26%20done"));
        assert_eq!(ids("x", id).map_err(|error| error.code()), Err("not_found"));
        assert_eq!(ids(id, "x").map_err(|error| error.code()), Err("invalid"));
    }
}
