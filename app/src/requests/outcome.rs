//! What came of a request: the releases that were planned and carried out, and the grants.

use super::trails::moment;
use crate::grants::words;
use crate::paths;
use crate::record::{GrantLine, ReleaseLine};
use crate::ui::{Card, Status};
use domain::release::ReleaseState;
use leptos::prelude::*;

/// The card with the releases; says what is missing while there are none.
#[component]
pub fn Releases(releases: Vec<ReleaseLine>) -> impl IntoView {
    let none =
        releases.is_empty().then(|| view! { <li class="px-3.5 py-2.5 text-ink-2">"Nothing to carry out before everyone approved."</li> });
    let lines = releases.into_iter().map(release).collect_view();
    view! { <Card title="Release" flush=true><ul class="divide-y divide-line" role="list">{none}{lines}</ul></Card> }.into_any()
}

fn release(line: ReleaseLine) -> AnyView {
    let (tone, _) = crate::releases::list::state(&line.state);
    let ReleaseLine { id, number, kind, state, not_before, executed_by, claimed_by, since, .. } = line;
    let held = match &state {
        ReleaseState::Held { reasons } => Some(reasons.join(" ")),
        ReleaseState::Failed { failure, .. } | ReleaseState::Stuck { failure } | ReleaseState::RolledBack { failure, .. } => {
            Some(failure.said.clone())
        }
        _ => None,
    };
    let waits = matches!(state, ReleaseState::Planned);
    let who = claimed_by.filter(|_| waits).map(|by| view! { <p class="text-ink-2">{by.name}" has taken it on"</p> });
    view! {
        <li class="grid gap-1 px-3.5 py-2.5">
            <div class="line"><h3>{kind.label()}</h3><Status tone=tone text=state.label()/></div>
            {held.map(|held| view! { <p>{held}</p> })}
            {who}
            {executed_by.map(|by| view! { <p>"By "<a href=paths::identity(by.id)>{by.name}</a></p> })}
            <p class="text-ink-3">
                <a class="code" href=paths::release(id)>{number}</a>
                {if waits { " not before " } else { " since " }}
                {if waits { not_before.text } else { since.text }}
            </p>
        </li>
    }
    .into_any()
}

/// The card with the grants; nothing while there are none.
#[component]
pub fn Grants(grants: Vec<GrantLine>) -> impl IntoView {
    let lines = grants.into_iter().map(grant).collect::<Vec<_>>();
    (!lines.is_empty())
        .then(|| view! { <Card title="Access" flush=true><ul class="divide-y divide-line" role="list">{lines}</ul></Card> })
        .into_any()
}

fn grant(line: GrantLine) -> AnyView {
    let (tone, word) = words::phase(line.state);
    let end = end_of(&line);
    let why = words::why(line.id, &line.name);
    let GrantLine { entitlement, name, since, .. } = line;
    view! {
        <li class="grid gap-1 px-3.5 py-2.5">
            <div class="line"><h3><a href=paths::entitlement(entitlement)>{name}</a></h3><Status tone=tone text=word/></div>
            <p class="text-ink-3">"Since "{moment(&since)}</p>
            <p class="text-ink-3">{end}" · "{why}</p>
        </li>
    }
    .into_any()
}

/// When a grant ends or ended, and why, as a sentence.
fn end_of(line: &GrantLine) -> String {
    let why = line.end_reason.map(|why| format!(" ({})", why.label())).unwrap_or_default();
    match (&line.ended, &line.ends) {
        (Some(ended), _) => format!("Ended {}{why}", ended.text),
        (None, Some(ends)) => format!("Ends by itself {}{why}", ends.text),
        (None, None) => format!("No end{why}"),
    }
}
