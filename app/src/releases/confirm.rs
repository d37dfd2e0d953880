//! Confirming work by hand: instructions, checklist, evidence, and the address that says what came of
//! it. A plain form: what was typed and ticked comes back when it is refused.

use super::api::ExecuteRelease;
use super::evidence::{CONFIRMATION, MISSING};
use super::port::{ByHandView, Claimed, Execution, ReleaseView};
use crate::error::AppError;
use crate::paths;
use crate::refused::typed;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Card, CheckField, ErrorSummary, Notice, TextArea, TextField, Tone};
use domain::attachment;
use domain::id::{IdempotencyKey, ReleaseId};
use domain::manual::{EvidenceKind, LINK, Piece, TEXT, line_field};
use domain::release::{ReleaseKind, ReleaseState};
use leptos::prelude::*;

/// The parameter that says what came of an attempt.
pub const DONE: &str = "done";
/// The name under which the ticked lines of a refused form are kept.
pub const TICKED: &str = "ticked";

/// The ids of an attempt.
///
/// # Errors
/// [`AppError::NotFound`] when the release is not an id, [`AppError::Invalid`] when the key is not.
pub fn ids(release: &str, key: &str) -> Result<(ReleaseId, IdempotencyKey), AppError> {
    let release = release.parse().map_err(|_| AppError::NotFound)?;
    Ok((release, key.parse().map_err(|_| AppError::field("key", "invalid"))?))
}

/// Ticked lines as one value of a form that is kept.
#[must_use]
pub fn joined(ticked: &[usize]) -> String {
    ticked.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The release after an attempt.
#[must_use]
pub fn back_to_release(release: ReleaseId, outcome: &Execution) -> String {
    let done = match outcome {
        Execution::Executed => "executed",
        Execution::WaitsForSecondLook => "second_look",
        Execution::Held { .. } => "held",
    };
    paths::with(&paths::release(release), &[(DONE, done)])
}

/// The release after somebody wanted to take it on.
#[must_use]
pub fn back_to_claimed(release: ReleaseId, outcome: &Claimed) -> String {
    match outcome {
        Claimed::Yours => paths::release(release),
        Claimed::Held { .. } => paths::with(&paths::release(release), &[(DONE, "not_taken_on")]),
    }
}

/// What came of the attempt that the address tells of. Why it is held stands on the record.
#[must_use]
pub fn said(done: &str) -> Option<AnyView> {
    match done {
        "executed" => Some(view! { <Notice tone=Tone::Ok title="Recorded." text="The change is on the execution trail with your evidence."/> }.into_any()),
        "second_look" => Some(view! { <Notice tone=Tone::Ok title="Recorded." text="Your evidence is on the execution trail. It counts once another operator has looked."/> }.into_any()),
        "held" => Some(view! { <Notice tone=Tone::Bad title="Held." text="It cannot be released on the facts of now; the reasons are below. Your evidence is on record: take back over there what you have done, and say so below."/> }.into_any()),
        "not_taken_on" => Some(view! { <Notice tone=Tone::Bad title="Held, and not taken on." text="It cannot be released on the facts of now, so do nothing over there; the reasons are below."/> }.into_any()),
        _ => None,
    }
}

/// What the last attempt to confirm says about the file.
#[must_use]
pub fn missing_file(execute: ServerAction<ExecuteRelease>) -> Signal<Option<String>> {
    let error = failure(move || execute.value().get());
    Signal::derive(move || error.with(|error| at(error.as_ref(), attachment::FIELD)))
}

/// The form that confirms, or the sentence that says why the reader may not; nothing once it is done.
#[must_use]
pub fn confirmation(release: &ReleaseView, execute: ServerAction<ExecuteRelease>) -> AnyView {
    if !matches!(release.line.state, ReleaseState::Planned | ReleaseState::Held { .. }) {
        return ().into_any();
    }
    let instructions = release.by_hand.clone().map(|by_hand| view! { <Instructions by_hand=by_hand/> });
    let form = match (&release.obstacle, release.by_hand.clone()) {
        (None, Some(by_hand)) => view! { <Confirm release=release.clone() by_hand=by_hand execute=execute/> }.into_any(),
        (obstacle, _) => {
            let why = obstacle.clone().unwrap_or_else(|| "A machine carries it out.".to_owned());
            view! { <Notice tone=Tone::Info title="You cannot carry this out." text=why/> }.into_any()
        }
    };
    view! { {instructions}{form} }.into_any()
}

/// What to do, in the words of whoever serves the application; nothing where nobody wrote any.
#[component]
fn Instructions(by_hand: ByHandView) -> impl IntoView {
    let text = by_hand.settings.instructions;
    (!text.trim().is_empty())
        .then(|| view! { <Card title="What to do" id="instructions"><p class="whitespace-pre-line">{text}</p></Card> })
        .into_any()
}

#[component]
fn Confirm(release: ReleaseView, by_hand: ByHandView, execute: ServerAction<ExecuteRelease>) -> impl IntoView {
    let error = failure(move || execute.value().get());
    let error_at = move |field: String| Signal::derive(move || error.with(|error| at(error.as_ref(), &field)));
    let (title, word, hint) = words(release.line.kind);
    let settings = by_hand.settings;
    let ticked = typed::<ExecuteRelease>(TICKED);
    let ticked: Vec<usize> = ticked.split(',').filter_map(|line| line.parse().ok()).collect();
    let lines = settings.checklist.iter().enumerate().map(|(line, text)| {
        let (field, checked) = (line_field(line), ticked.contains(&line));
        view! { <CheckField name="ticked[]" id=format!("field-{field}") label=text.clone() value=line.to_string() checked=checked error=error_at(field)/> }
    });
    let lines = lines.collect_view();
    let file = settings.asks_for(EvidenceKind::File).then(|| file_line(&release, missing_file(execute)));
    let (text, link) = (settings.asks_for(EvidenceKind::Text), settings.asks_for(EvidenceKind::Link));
    let look = by_hand
        .second_look
        .then(|| view! { <p class="text-ink-2">"Another operator looks afterwards whether it is there. It counts from then on."</p> });
    view! {
        <Card title=title id="confirm">
            <ErrorSummary errors=summary(error) title="Nothing was recorded"/>
            <ActionForm action=execute attr:id=CONFIRMATION attr:class="form">
                <input type="hidden" name="release" value=release.line.id.to_string()/>
                <input type="hidden" name="version" value=release.version.to_string()/>
                <input type="hidden" name="shown_as" value=by_hand.shown_as/>
                <input type="hidden" name="key" value=release.key.to_string()/>
                {lines}
                <TextArea name=TEXT label="Evidence" hint=hint value={typed::<ExecuteRelease>(TEXT)} error=error_at(TEXT.to_owned()) required=text maxlength=2000/>
                <TextField name=LINK label="Link" hint="Where it can be seen, beginning with https://; at most 2,000 characters." value={typed::<ExecuteRelease>(LINK)} error=error_at(LINK.to_owned()) required=link maxlength=2000/>
                {file}
                {look}
                <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>{word}</Button></div>
            </ActionForm>
        </Card>
    }
    .into_any()
}

/// Says which files go with the confirmation; they are added below, by a button of their own.
fn file_line(release: &ReleaseView, error: Signal<Option<String>>) -> AnyView {
    let waiting: Vec<_> =
        release.evidence.iter().filter(|line| line.kind == Piece::File && !line.confirmed).map(|line| line.said.clone()).collect();
    let text = if waiting.is_empty() {
        "A file is asked for: add it below first.".to_owned()
    } else {
        format!("Goes with it: {}.", waiting.join(", "))
    };
    view! {
        <div class="field">
            <p class="field-label">"File"</p>
            <p class="field-hint"><a href="#field-file">{text}</a></p>
            {move || error.get().map(|error| view! { <p class="field-error" id=MISSING><span class="sr-only">"Error: "</span>{error}</p> })}
        </div>
    }
    .into_any()
}

/// Title, button and hint for a kind of change.
fn words(kind: ReleaseKind) -> (&'static str, &'static str, &'static str) {
    match kind {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_says_what_came_of_it() {
        let id = "0190a000-0000-7000-8000-000000000000";
        let (release, _) = ids(id, id).unwrap();
        assert_eq!(back_to_release(release, &Execution::Executed), format!("/releases/{id}?done=executed"));
        assert_eq!(back_to_release(release, &Execution::WaitsForSecondLook), format!("/releases/{id}?done=second_look"));
        assert_eq!(back_to_release(release, &Execution::Held { reasons: vec![] }), format!("/releases/{id}?done=held"));
        assert_eq!(back_to_claimed(release, &Claimed::Yours), format!("/releases/{id}"));
        assert_eq!(back_to_claimed(release, &Claimed::Held { reasons: vec![] }), format!("/releases/{id}?done=not_taken_on"));
        assert_eq!(ids("x", id).map_err(|error| error.code()), Err("not_found"));
        assert_eq!(ids(id, "x").map_err(|error| error.code()), Err("invalid"));
        assert_eq!(joined(&[0, 2]), "0,2");
    }
}
