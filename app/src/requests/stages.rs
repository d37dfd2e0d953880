//! Who decides a request: the stages in order, the people who may, and what they decided.

use super::port::{DecisionView, StageView};
use super::trails::moment;
use crate::paths;
use crate::record::PersonRef;
use crate::ui::{Card, Status, Tone};
use domain::approval::Verdict;
use domain::id::StageId;
use leptos::prelude::*;

/// The card with all stages of the approval plan.
///
/// `you` is the stage at which the reader decides.
#[component]
pub fn StagesCard(
    #[prop(default = "Who decides".to_owned(), into)] title: String,
    stages: Vec<StageView>,
    #[prop(optional)] you: Option<StageId>,
) -> impl IntoView {
    let stages = stages
        .into_iter()
        .map(|line| {
            let yours = you == Some(line.id);
            stage(line, yours)
        })
        .collect_view();
    view! { <Card title=title flush=true><ol class="divide-y divide-line" role="list">{stages}</ol></Card> }.into_any()
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
            let due = stage.due.as_ref().map(|due| format!(" by {}", due.text)).unwrap_or_default();
            let late = if stage.late { ", which is past" } else { "" };
            Some(format!("{} decides next: {}{due}{late}.", stage.authority, names(&stage.candidates)))
        }
        _ => None,
    }
}

fn names(candidates: &[(PersonRef, String)]) -> String {
    candidates.iter().map(|(person, _)| person.name.as_str()).collect::<Vec<_>>().join(" or ")
}

fn stage(stage: StageView, yours: bool) -> AnyView {
    let (tone, word) = state(&stage.state, stage.late);
    let StageView { authority, candidates, hold_reason, opened, due, decision, .. } = stage;
    let decided = decision.is_some();
    let people = candidates.into_iter().map(person).collect_view();
    view! {
        <li class="grid gap-1 px-3.5 py-2.5">
            <div class="line">
                <h3>{authority}{yours.then_some(": you")}</h3>
                <Status tone=tone text=word/>
            </div>
            {hold_reason.map(|reason| view! { <p>{reason}</p> })}
            {(!decided).then(|| view! { <ul role="list">{people}</ul> })}
            {decision.map(decision_line)}
            {(!decided).then(|| view! {
                {opened.map(|opened| view! { <p class="text-ink-3">"Asked "{moment(&opened)}</p> })}
                {due.map(|due| view! { <p class="text-ink-3">"Due "{moment(&due)}</p> })}
            })}
        </li>
    }
    .into_any()
}

fn person((person, because): (PersonRef, String)) -> AnyView {
    view! { <li><a href=paths::identity(person.id)>{person.name}</a>" "<span class="text-ink-3">{because}</span></li> }.into_any()
}

fn decision_line(decision: DecisionView) -> AnyView {
    let DecisionView { by, verdict, comment, at, shown_hash } = decision;
    let word = match verdict {
        Verdict::Approve => " approved, ",
        Verdict::Return => " returned it with a question, ",
        Verdict::Reject => " rejected, ",
    };
    view! {
        <p><a href=paths::identity(by.id)>{by.name}</a>{word}{moment(&at)}</p>
        {comment.map(|comment| view! { <blockquote class="border-l-2 border-line-strong pl-2">{comment}</blockquote> })}
        <p class="text-ink-3 text-xs">"What was on the screen: "<span class="code">{shown_hash.get(..16).unwrap_or_default().to_owned()}</span></p>
    }
    .into_any()
}

fn state(word: &str, late: bool) -> (Tone, &'static str) {
    match word {
        "open" if late => (Tone::Bad, "Overdue"),
        "open" => (Tone::Waiting, "Deciding"),
        "held" => (Tone::Bad, "Held"),
        "approved" => (Tone::Ok, "Approved"),
        "rejected" => (Tone::Bad, "Rejected"),
        "returned" => (Tone::Warn, "Returned"),
        "void" => (Tone::Plain, "No longer counts"),
        _ => (Tone::Plain, "Comes later"),
    }
}
