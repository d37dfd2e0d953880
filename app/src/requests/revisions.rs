//! The revisions of a request: what each one changed, and the decisions that no longer count.

use super::decisions::Decision;
use super::differences::Differences;
use super::port::{DecisionView, RevisionLine};
use super::trails::moment;
use crate::paths;
use crate::ui::Card;
use leptos::prelude::*;

/// The card; nothing while there is only one revision.
#[component]
pub fn Revisions(revisions: Vec<RevisionLine>) -> impl IntoView {
    if revisions.len() < 2 {
        return ().into_any();
    }
    let count = revisions.len().to_string();
    let lines = revisions.into_iter().map(line).collect_view();
    view! { <Card title="Revisions" id="revisions" flush=true aside=move || count><ol class="divide-y divide-line inset-tables" role="list">{lines}</ol></Card> }
        .into_any()
}

fn line(line: RevisionLine) -> AnyView {
    let RevisionLine { revision, at, by, differences, void } = line;
    let changes = match (revision, differences.is_empty()) {
        (1, _) => ().into_any(),
        (_, true) => view! { <p class="text-ink-2">"It says the same as the revision before."</p> }.into_any(),
        (_, false) => {
            let caption = format!("What revision {revision} changed");
            view! { <Differences caption=caption lines=differences/> }.into_any()
        }
    };
    let void = void.into_iter().map(|(stage, decision)| decided(stage, decision)).collect::<Vec<_>>();
    let void = (!void.is_empty())
        .then(|| view! { <p class="text-ink-2">"Decisions on it, which no longer count:"</p><ul role="list">{void}</ul> });
    view! {
        <li class="grid gap-2 px-3.5 py-2.5">
            <div class="line">
                <h3>"Revision "{revision.to_string()}</h3>
                <span class="text-ink-2"><a href=paths::identity(by.id)>{by.name}</a>", "{moment(&at)}</span>
            </div>
            {changes}
            {void}
        </li>
    }
    .into_any()
}

fn decided(stage: String, decision: DecisionView) -> AnyView {
    view! { <li><Decision decision=decision stage=stage void=true/></li> }.into_any()
}
