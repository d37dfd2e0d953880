//! The second look at what was done by hand: it is there, or it is not, in the looker's own words. And what
//! was done although a rule held it: that it was taken back.

use super::api::LookAtRelease;
use super::port::{ReleaseView, SecondLook};
use crate::refused::typed;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Card, ErrorSummary, Notice, TextArea, Tone};
use domain::release::ReleaseKind;
use leptos::prelude::*;

/// The form, or why the reader may not; nothing while no look is due and nothing is to be taken back.
#[must_use]
pub fn second_look(release: &ReleaseView) -> AnyView {
    match &release.second_look {
        None if release.may_be_there.as_ref().is_some_and(|there| there.may_take_back) => {
            view! { <TakenBack release=release.clone()/> }.into_any()
        }
        None => ().into_any(),
        Some(SecondLook::Not(why)) => {
            view! { <Notice tone=Tone::Info title="Waits for a second look, which is not yours." text=why.clone()/> }.into_any()
        }
        Some(SecondLook::Open) => view! { <Look release=release.clone()/> }.into_any(),
    }
}

#[component]
fn Look(release: ReleaseView) -> impl IntoView {
    let look = ServerAction::<LookAtRelease>::new();
    let error = failure(move || look.value().get());
    let said = Signal::derive(move || error.with(|error| at(error.as_ref(), "said")));
    let (question, yes, no) = match release.line.kind {
        ReleaseKind::Activate => ("Is the access there?", "It is there", "It is not there"),
        ReleaseKind::Remove => ("Is the access gone?", "It is gone", "It is still there"),
        ReleaseKind::Extend => ("Does the access end on the new day?", "It does", "It does not"),
    };
    view! {
        <Card title=question id="look">
            <p class="text-ink-2">"Look yourself, over there. If it is so, it counts from the moment in which it was done; if it is not, it goes back to the operators."</p>
            <ErrorSummary errors=summary(error) title="Nothing was recorded"/>
            <ActionForm action=look attr:class="form">
                <input type="hidden" name="release" value=release.line.id.to_string()/>
                <input type="hidden" name="version" value=release.version.to_string()/>
                <TextArea name="said" label="What you saw" hint="In your own words: where you looked, and what it said. At most 2,000 characters." value={typed::<LookAtRelease>("said")} error=said required=true maxlength=2000/>
                <div class="form-actions">
                    <Button kind=ButtonKind::Primary submit=true name="there" value="true">{yes}</Button>
                    <Button submit=true name="there" value="false">{no}</Button>
                </div>
            </ActionForm>
        </Card>
    }
    .into_any()
}

#[component]
fn TakenBack(release: ReleaseView) -> impl IntoView {
    let look = ServerAction::<LookAtRelease>::new();
    let error = failure(move || look.value().get());
    let said = Signal::derive(move || error.with(|error| at(error.as_ref(), "said")));
    let todo = match release.line.kind {
        ReleaseKind::Extend => "Move the end back over there, then say so. Until then the request can neither be withdrawn nor changed.",
        ReleaseKind::Activate | ReleaseKind::Remove => {
            "Take the access away over there, then say so. Until then the request can neither be withdrawn nor changed."
        }
    };
    view! {
        <Card title="Was it taken back?" id="taken-back">
            <p class="text-ink-2">{todo}</p>
            <ErrorSummary errors=summary(error) title="Nothing was recorded"/>
            <ActionForm action=look attr:class="form">
                <input type="hidden" name="release" value=release.line.id.to_string()/>
                <input type="hidden" name="version" value=release.version.to_string()/>
                <TextArea name="said" label="What shows it" hint="In your own words: what you took back, and what shows that it is not there any more. At most 2,000 characters." value={typed::<LookAtRelease>("said")} error=said required=true maxlength=2000/>
                <div class="form-actions"><Button submit=true name="there" value="false">"It was taken back"</Button></div>
            </ActionForm>
        </Card>
    }
    .into_any()
}
