//! Who decides a request: the stages in order, the people who may and as what, and what they
//! decided.

use super::decisions::Decision;
use super::port::{CandidateView, ReassignmentView, StageView};
use super::trails::moment;
use crate::paths;
use crate::record::PersonRef;
use crate::ui::{Card, Status, Tone};
use domain::id::StageId;
use leptos::prelude::*;

/// The card with all stages of the approval plan.
///
/// `you` is the stage at which the reader decides; `plan` names the plan with its version.
#[component]
pub fn StagesCard(
    #[prop(default = "Who decides".to_owned(), into)] title: String,
    stages: Vec<StageView>,
    #[prop(optional)] you: Option<StageId>,
    #[prop(default = String::new(), into)] plan: String,
) -> impl IntoView {
    let stages = stages
        .into_iter()
        .map(|line| {
            let yours = you == Some(line.id);
            stage(line, yours)
        })
        .collect_view();
    let plan = (!plan.is_empty()).then(|| view! { <p class="px-3.5 py-2.5 text-ink-3">{plan}</p> });
    view! { <Card title=title flush=true>{plan}<ol class="divide-y divide-line" role="list">{stages}</ol></Card> }.into_any()
}

/// What one stage waits for, as a sentence; nothing for a stage that is behind or still to come.
#[must_use]
pub fn waits_for(stage: &StageView) -> Option<String> {
    match stage.state.as_str() {
        "held" => Some(format!(
            "Held: {} An administrator or a compliance officer can put the right person on record.",
            stage.hold_reason.clone().unwrap_or_default()
        )),
        "open" => {
            if let Some((since, left)) = &stage.paused {
                return Some(format!("{} waits for the answer since {}; {left} of working time are left then.", stage.name, since.text));
            }
            let due = stage.due.as_ref().map(|due| format!(" by {}", due.text)).unwrap_or_default();
            let late = if stage.late { ", which is past" } else { "" };
            let quorum = progress(stage).map(|progress| format!(" ({progress})")).unwrap_or_default();
            let who = match &stage.claimed {
                Some((claimant, _)) => claimant.name.clone(),
                None => names(&stage.candidates),
            };
            Some(format!("{} decides next: {who}{due}{late}{quorum}.", stage.name))
        }
        _ => None,
    }
}

/// How far a stage is that needs more than one approval.
fn progress(stage: &StageView) -> Option<String> {
    (stage.quorum > 1).then(|| format!("{} of {} approvals", stage.approvals, stage.quorum))
}

fn names(candidates: &[CandidateView]) -> String {
    candidates.iter().map(|c| c.person.name.as_str()).collect::<Vec<_>>().join(" or ")
}

fn stage(stage: StageView, yours: bool) -> AnyView {
    let (tone, word) = state(&stage);
    let open = stage.state == "open" || stage.state == "waiting" || stage.state == "held";
    let progress = progress(&stage).map(|text| view! { <span class="text-ink-3 num">{text}</span> });
    let together =
        stage.parallel.then(|| view! { <span class="text-ink-3">"asked at the same time as the others of step "{stage.step}</span> });
    let StageView {
        name,
        candidates,
        hold_reason,
        opened,
        due,
        paused,
        waited,
        reminded,
        escalated,
        next_level_missing,
        claimed,
        claimed_since,
        held,
        reassignments,
        decisions,
        time,
        ..
    } = stage;
    let people = candidates.into_iter().map(candidate).collect_view();
    let moved = reassignments.into_iter().map(reassignment).collect_view();
    let decisions = decisions.into_iter().map(|decision| view! { <Decision decision=decision/> }).collect_view();
    let note =
        |words: &'static str, at: Option<crate::when::When>| at.map(|at| view! { <p class="text-ink-3">{words}" "{moment(&at)}</p> });
    view! {
        <li class="grid gap-1 px-3.5 py-2.5">
            <div class="line">
                <h3>{name}{yours.then_some(": you")}</h3>
                <Status tone=tone text=word/>
            </div>
            {together}
            {progress}
            {hold_reason.map(|reason| view! { <p>{reason}</p> })}
            {decisions}
            {open.then(|| view! { <ul role="list">{people}</ul> })}
            {note("Held since", held)}
            {claimed.map(|(who, until)| view! { <p><a href=paths::identity(who.id)>{who.name}</a>" has taken it on"{claimed_since.map(|since| view! { ", since "{moment(&since)} })}", until "{moment(&until)}</p> })}
            {moved}
            {open.then(|| view! {
                {note("Asked", opened)}
                {note("Reminded", reminded)}
                {match next_level_missing {
                    Some(why) => escalated.map(|at| view! { <p>"The next level could not be asked: "{why}" "{moment(&at)}</p> }.into_any()),
                    None => note("Next level asked as well", escalated).map(IntoAny::into_any),
                }}
                {paused.is_none().then(|| note("Due", due))}
                {paused.map(|(since, left)| view! {
                    <p class="text-ink-3">"Waits for the requester since "{moment(&since)}"; "{left}" of working time are left"</p>
                })}
            })}
            {match time {
                Some(time) => view! { <p class="text-ink-3">{time.words}" (calendar: "{time.calendar}")"</p> }.into_any(),
                None => (!waited.is_empty()).then(|| view! { <p class="text-ink-3">"Waited for the requester: "{waited}" of working time"</p> }).into_any(),
            }}
        </li>
    }
    .into_any()
}

fn link(person: PersonRef) -> AnyView {
    view! { <a href=paths::identity(person.id)>{person.name}</a> }.into_any()
}

fn candidate(candidate: CandidateView) -> AnyView {
    let CandidateView { person, because, stands_in_for, .. } = candidate;
    let stands_in = stands_in_for.map(|from| view! { ", standing in for "{link(from)} });
    view! { <li>{link(person)}" "<span class="text-ink-3">{because}{stands_in}</span></li> }.into_any()
}

fn reassignment(line: ReassignmentView) -> AnyView {
    let ReassignmentView { from, to, by, reason, at } = line;
    let instead = from.map(|from| view! { " instead of "{link(from)} });
    view! {
        <p>{link(to)}" is asked"{instead}": "{reason}" "<span class="text-ink-3">"(reassigned by "{link(by)}", "{moment(&at)}")"</span></p>
    }
    .into_any()
}

fn state(stage: &StageView) -> (Tone, &'static str) {
    match stage.state.as_str() {
        "open" if stage.paused.is_some() => (Tone::Warn, "Waits for an answer"),
        "open" if stage.late => (Tone::Bad, "Overdue"),
        "open" => (Tone::Waiting, "Deciding"),
        "held" => (Tone::Bad, "Held"),
        "approved" => (Tone::Ok, "Approved"),
        "rejected" => (Tone::Bad, "Rejected"),
        "returned" => (Tone::Warn, "Returned"),
        "void" => (Tone::Plain, "No longer counts"),
        _ => (Tone::Plain, "Comes later"),
    }
}
