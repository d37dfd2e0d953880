//! `/releases`: the operators' queue, earliest first.

use super::api::list_releases;
use super::port::ReleasesPage;
use crate::paths;
use crate::record::ReleaseLine;
use crate::requests::trails::moment;
use crate::status::Failed;
use crate::ui::{Card, Chip, Chips, Column, CountLine, DataTable, EmptyState, NextPage, Page, Skeleton, Stack, Status, Tag, TierTag, Tone};
use domain::release::{ReleaseKind, ReleaseState};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// The queue.
#[component]
pub fn ReleasesRoute() -> impl IntoView {
    let search = use_location().search;
    let filter = Memo::new(move |_| search.with(|search| paths::parameter(search, "filter")));
    let parameter = move |name: &'static str| Memo::new(move |_| search.with(|search| paths::parameter(search, name)));
    let (after, connection, application) = (parameter("after"), parameter("connection"), parameter("application"));
    let list = Resource::new(
        move || (filter.get(), connection.get(), application.get(), after.get()),
        |(filter, connection, application, after)| list_releases(filter, connection, application, after),
    );
    let content = move || {
        Suspend::new(async move {
            match list.await {
                Ok(page) => queue(page, &filter.get(), &[("connection", connection.get()), ("application", application.get())]),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Releases"/>
        <Transition fallback=|| view! { <div class="page page-wide"><Skeleton rows=8/></div> }>{content}</Transition>
    }
    .into_any()
}

fn queue(list: ReleasesPage, filter: &str, kept: &[(&str, String)]) -> AnyView {
    let ReleasesPage { page, filters, narrowed, as_of } = list;
    // What narrows the list stays when another filter is chosen.
    let address = |more: &[(&str, &str)]| {
        let kept = kept.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str()));
        paths::with(paths::RELEASES, &more.iter().copied().chain(kept).collect::<Vec<_>>())
    };
    let filter = if filter.is_empty() { "open" } else { filter };
    let label = filters.iter().find(|(value, ..)| value == filter).map(|(_, label, _)| label.clone());
    let chips = filters
        .into_iter()
        .map(|(value, label, count)| {
            let current = value == filter;
            view! { <Chip href=address(&[("filter", &value)]) label=label count=u32::try_from(count).unwrap_or(0) current=current/> }
        })
        .collect_view();
    let next = page.next.map(|next| address(&[("filter", filter), ("after", &next)]));
    let narrowed = narrowed.map(|name| {
        let all = paths::with(paths::RELEASES, &[("filter", filter)]);
        view! { <p class="text-ink-2">"Only "{name}". "<a href=all>"Show all"</a></p> }
    });
    let count = u64::try_from(page.total).unwrap_or(0);
    let body = if page.rows.is_empty() { nothing(filter) } else { table(page.rows, next) };
    view! {
        <Page title="Releases" subtitle="What was approved and is to be carried out, or to be removed at its end. Who approved never carries out." wide=true>
            <Stack>
                {narrowed}
                <Chips label="Filter">{chips}</Chips>
                <CountLine count=count one="release" many="releases" filter=label as_of=as_of.text/>
                {body}
            </Stack>
        </Page>
    }
    .into_any()
}

fn nothing(filter: &str) -> AnyView {
    if filter == "open" {
        view! { <EmptyState title="Nothing waits to be carried out" text="Releases appear here when every stage of a request has approved, and when access reaches its end." action="See what was carried out" href="/releases?filter=closed"/> }.into_any()
    } else {
        view! { <EmptyState title="Nothing under this filter" text="Other releases may wait without it." action="Show what is open" href=paths::RELEASES/> }.into_any()
    }
}

fn table(rows: Vec<ReleaseLine>, next: Option<String>) -> AnyView {
    let columns = vec![
        Column::text("Release"),
        Column::text("What to do"),
        Column::text("For"),
        Column::text("Access"),
        Column::text("Tier"),
        Column::text("Not before"),
        Column::text("Due"),
        Column::text("Who has it"),
        Column::text("State"),
        Column::number("Age"),
    ];
    let rows = rows.iter().map(row).collect_view();
    view! {
        <Card title="Queue" flush=true>
            <DataTable caption="Releases" columns=columns>{rows}</DataTable>
            <NextPage href=next what="releases"/>
        </Card>
    }
    .into_any()
}

fn row(line: &ReleaseLine) -> AnyView {
    let (tone, state) = state(&line.state);
    let late = line.late.clone().map(|late| view! { <p><Status tone=Tone::Bad text=format!("{late} late")/></p> });
    let due = line.due.as_ref().map(|due| view! { {moment(due)}{late} });
    let who = line.claimed_by.clone().map(|person| view! { <a href=paths::identity(person.id)>{person.name}</a> });
    view! {
        <tr>
            <th scope="row"><a class="code whitespace-nowrap" href=paths::release(line.id)>{line.number.clone()}</a></th>
            <td>{kind(line.kind)}</td>
            <td><a href=paths::identity(line.subject.id)>{line.subject.name.clone()}</a></td>
            <td>{line.entitlement.clone()}<p class="text-ink-3">{line.application.clone()}</p></td>
            <td><TierTag tier=line.tier.word()/></td>
            <td>{moment(&line.not_before)}</td>
            <td>{due}</td>
            <td>{who}</td>
            <td><Status tone=tone text=state/></td>
            <td class="num">{line.age.clone()}</td>
        </tr>
    }
    .into_any()
}

/// Give, remove or extend, as a tag.
#[must_use]
pub fn kind(kind: ReleaseKind) -> AnyView {
    let tone = match kind {
        ReleaseKind::Activate => Tone::Info,
        ReleaseKind::Remove => Tone::Warn,
        ReleaseKind::Extend => Tone::Plain,
    };
    view! { <Tag tone=tone text=kind.label()/> }.into_any()
}

/// The mark and the words of a state.
#[must_use]
pub fn state(state: &ReleaseState) -> (Tone, &'static str) {
    let tone = match state {
        ReleaseState::Planned
        | ReleaseState::Gated
        | ReleaseState::AccountReady
        | ReleaseState::Activated { .. }
        | ReleaseState::Undoing { .. } => Tone::Waiting,
        ReleaseState::Failed { next_try: Some(_), .. } => Tone::Warn,
        ReleaseState::Held { .. } | ReleaseState::Failed { next_try: None, .. } | ReleaseState::Stuck { .. } => Tone::Bad,
        ReleaseState::Closed { .. } => Tone::Ok,
        ReleaseState::RolledBack { .. } | ReleaseState::Cancelled => Tone::Plain,
    };
    (tone, state.label())
}
