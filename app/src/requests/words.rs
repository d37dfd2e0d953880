//! Words, colours and rows that several pages use for requests.

use crate::paths;
use crate::record::RequestLine;
use crate::ui::{Column, DataTable, Status, TierTag, Tone};
use crate::when;
use domain::request::{RequestKind, RequestState};
use leptos::prelude::*;

/// The tone of a state.
#[must_use]
pub fn tone(state: &RequestState) -> Tone {
    match state {
        RequestState::InApproval | RequestState::Approved => Tone::Waiting,
        RequestState::Returned { .. } => Tone::Warn,
        RequestState::Released => Tone::Ok,
        RequestState::Rejected { .. } => Tone::Bad,
        RequestState::Closed | RequestState::Withdrawn { .. } | RequestState::Lapsed { .. } => Tone::Plain,
    }
}

/// A count from the wire as the design system takes it.
#[must_use]
pub fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// A table of requests; `people` adds for whom.
#[component]
pub fn RequestTable(#[prop(into)] caption: String, rows: Vec<RequestLine>, #[prop(optional)] people: bool) -> impl IntoView {
    let mut columns = vec![Column::text("Number"), Column::text("What")];
    if people {
        columns.push(Column::text("For"));
    }
    // Where its head has to break, it breaks once.
    columns.extend([Column::text("State"), Column::text("With"), Column::text("Ends"), Column::number("In\u{a0}this\u{a0}state for")]);
    let rows = rows.into_iter().map(|line| row(line, people)).collect_view();
    view! { <DataTable caption=caption columns=columns>{rows}</DataTable> }.into_any()
}

fn row(line: RequestLine, people: bool) -> AnyView {
    let RequestLine { id, number, subject, requester, kind, entitlement, application, tier, state, holder, age, ends_on, .. } = line;
    let by = (subject.id != requester.id).then(|| {
        let (to, from) = (paths::identity(subject.id), paths::identity(requester.id));
        view! { <p class="text-ink-3">"for "<a href=to>{subject.name.clone()}</a>" by "<a href=from>{requester.name}</a></p> }
    });
    let what = (kind != RequestKind::Grant).then(|| view! { <span class="text-ink-2">" · "{kind.label()}</span> });
    view! {
        <tr>
            <th scope="row"><a class="code whitespace-nowrap" href=paths::request(id)>{number}</a></th>
            <td class="min-w-40 wrap-anywhere">
                <p>{entitlement}" "<TierTag tier=tier.word()/>{what}</p>
                <p class="text-ink-3">{application}</p>
                {by}
            </td>
            {people.then(|| view! { <td><a href=paths::identity(subject.id)>{subject.name}</a></td> })}
            <td><Status tone=tone(&state) text=state.label()/></td>
            <td>{if holder.is_empty() { "Nobody".to_owned() } else { holder }}</td>
            <td class="whitespace-nowrap">{ends_on.map_or_else(|| "No end".to_owned(), when::day)}</td>
            <td class="num">{age}</td>
        </tr>
    }
    .into_any()
}
