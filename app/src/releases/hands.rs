//! What operators do about a release that a machine carries out: have it tried again, roll it back,
//! take what failed as done, and answer that as a second person.

use super::api::{AnswerSkip, ProposeSkip, RetryRelease, RollBackRelease};
use super::port::{ReleaseView, SkipView};
use crate::refused::typed;
use crate::requests::trails::moment;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Card, Disclosure, ErrorSummary, Fact, FactsList, TextArea};
use domain::release::ReleaseState;
use domain::release::moves::{Moves, Offer};
use leptos::prelude::*;

/// The card; nothing for those who may not lend a hand, and where there is nothing to do.
#[component]
pub fn HandsCard(release: ReleaseView) -> impl IntoView {
    let Moves { retry, roll_back, skip } = release.moves.clone();
    let nothing = [&retry, &roll_back, &skip].iter().all(|offer| **offer == Offer::Nothing) && release.skip.is_none();
    if nothing || !release.lends_a_hand {
        return ().into_any();
    }
    let (id, version) = (release.line.id.to_string(), release.version.to_string());
    let proposal = release.skip.clone().map(|proposed| answer(&release, proposed));
    view! {
        <Card title="What can be done" id="hands">
            <div class="stack">
                {proposal}
                <Retry offer=retry release=id.clone() version=version.clone()/>
                <RollBack offer=roll_back release=id.clone() version=version.clone()/>
                <Skip offer=skip release=id version=version/>
            </div>
        </Card>
    }
    .into_any()
}

/// Why a move is not open; nothing where there is nothing to say.
fn not_open(what: &'static str, offer: &Offer) -> AnyView {
    match offer {
        Offer::Not(why) => {
            view! { <p><strong>{what}</strong>" is not possible now: "<span class="text-ink-2">{why.clone()}</span></p> }.into_any()
        }
        Offer::Nothing | Offer::Open => ().into_any(),
    }
}

#[component]
fn Retry(offer: Offer, release: String, version: String) -> impl IntoView {
    if !offer.is_open() {
        return not_open("Try again", &offer);
    }
    let retry = ServerAction::<RetryRelease>::new();
    let error = failure(move || retry.value().get());
    view! {
        <div>
            <ErrorSummary errors=summary(error) title="It was not tried again"/>
            <ActionForm action=retry>
                <input type="hidden" name="release" value=release/>
                <input type="hidden" name="version" value=version/>
                <Button kind=ButtonKind::Primary submit=true>"Try again"</Button>
            </ActionForm>
            <p class="field-hint">"At once, and without anybody approving again."</p>
        </div>
    }
    .into_any()
}

#[component]
fn RollBack(offer: Offer, release: String, version: String) -> impl IntoView {
    if !offer.is_open() {
        return not_open("Roll back", &offer);
    }
    let roll_back = ServerAction::<RollBackRelease>::new();
    let error = failure(move || roll_back.value().get());
    let reason = Signal::derive(move || error.with(|error| at(error.as_ref(), "reason")));
    let refused = error.get_untracked().is_some();
    view! {
        <Disclosure summary="Roll back" open=refused id="roll-back">
            <ErrorSummary errors=summary(error) title="Nothing was rolled back"/>
            <ActionForm action=roll_back attr:class="form">
                <input type="hidden" name="release" value=release/>
                <input type="hidden" name="version" value=version/>
                <TextArea name="reason" id="field-reason" label="Why it is rolled back" hint="Everything that was done over there is undone, step by step. At most 2,000 characters." value={typed::<RollBackRelease>("reason")} error=reason required=true maxlength=2000/>
                <div class="form-actions"><Button kind=ButtonKind::Danger submit=true>"Roll back"</Button></div>
            </ActionForm>
        </Disclosure>
    }
    .into_any()
}

#[component]
fn Skip(offer: Offer, release: String, version: String) -> impl IntoView {
    if !offer.is_open() {
        return not_open("Take as done", &offer);
    }
    let skip = ServerAction::<ProposeSkip>::new();
    let error = failure(move || skip.value().get());
    // The form to roll back has a field of the same name: the summary leads to this one.
    let lines = Signal::derive(move || {
        summary(error)
            .get()
            .into_iter()
            .map(|(field, text)| (if field.is_empty() { field } else { "done-reason".to_owned() }, text))
            .collect::<Vec<_>>()
    });
    let reason = Signal::derive(move || error.with(|error| at(error.as_ref(), "reason")));
    let refused = error.get_untracked().is_some();
    view! {
        <Disclosure summary="Take as done" open=refused id="take-as-done">
            <ErrorSummary errors=lines title="Nothing was proposed"/>
            <ActionForm action=skip attr:class="form">
                <input type="hidden" name="release" value=release/>
                <input type="hidden" name="version" value=version/>
                <TextArea name="reason" id="field-done-reason" label="What was done by hand, and what shows it" hint="A second person confirms it. It is still read back after that; where the reading itself failed, their word stands in its place. At most 2,000 characters." value={typed::<ProposeSkip>("reason")} error=reason required=true maxlength=2000/>
                <div class="form-actions"><Button submit=true>"Propose to take it as done"</Button></div>
            </ActionForm>
        </Disclosure>
    }
    .into_any()
}

fn answer(release: &ReleaseView, proposed: SkipView) -> AnyView {
    let undone = matches!(release.line.state, ReleaseState::Stuck { .. } | ReleaseState::Undoing { .. });
    let what = match proposed.what {
        Some(operation) if undone => format!("{}, to be taken back", operation.label()),
        Some(operation) => operation.label().to_owned(),
        None => "The proof".to_owned(),
    };
    let overtaken = proposed.overtaken.then(|| {
        view! { <p class="text-ink-2">"Something else carries the release out by now, or through other settings: refuse this, and propose anew what shows it there."</p> }
    });
    let buttons = if release.may_answer_skip {
        view! { <Answer release=release.line.id.to_string() version=release.version.to_string() overtaken=proposed.overtaken/> }.into_any()
    } else {
        view! { <p class="text-ink-2">"You proposed it: a second person answers."</p> }.into_any()
    };
    view! {
        <section id="proposal">
            <h3>"Proposed to be taken as done"</h3>
            <FactsList>
                <Fact term="What">{what}</Fact>
                <Fact term="Why"><p class="whitespace-pre-line break-words">{proposed.reason}</p></Fact>
                <Fact term="By">{proposed.by.name}", "{moment(&proposed.at)}</Fact>
            </FactsList>
            {overtaken}
            {buttons}
        </section>
    }
    .into_any()
}

#[component]
fn Answer(release: String, version: String, overtaken: bool) -> impl IntoView {
    let answer = ServerAction::<AnswerSkip>::new();
    let error = failure(move || answer.value().get());
    let confirm =
        (!overtaken).then(|| view! { <Button kind=ButtonKind::Primary submit=true name="confirm" value="true">"Confirm"</Button> });
    view! {
        <ErrorSummary errors=summary(error) title="Nothing was recorded"/>
        <ActionForm action=answer>
            <input type="hidden" name="release" value=release/>
            <input type="hidden" name="version" value=version/>
            <div class="form-actions">
                {confirm}
                <Button submit=true name="confirm" value="false">"Refuse"</Button>
            </div>
        </ActionForm>
    }
    .into_any()
}
