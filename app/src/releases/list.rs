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
    let after = Memo::new(move |_| search.with(|search| paths::parameter(search, "after")));
    let list = Resource::new(move || (filter.get(), after.get()), |(filter, after)| list_releases(filter, after));
    let content = move || {
        Suspend::new(async move {
            match list.await {
                Ok(page) => queue(page, &filter.get()),
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

fn queue(list: ReleasesPage, filter: &str) -> AnyView {
    let ReleasesPage { page, filters, as_of } = list;
    let filter = if filter.is_empty() { "open" } else { filter };
    let label = filters.iter().find(|(value, ..)| value == filter).map(|(_, label, _)| label.clone());
    let chips = filters
        .into_iter()
        .map(|(value, label, count)| {
            let current = value == filter;
            view! { <Chip href=paths::with(paths::RELEASES, &[("filter", &value)]) label=label count=u32::try_from(count).unwrap_or(0) current=current/> }
        })
        .collect_view();
    let next = page.next.map(|next| paths::with(paths::RELEASES, &[("filter", filter), ("after", &next)]));
    let count = u64::try_from(page.total).unwrap_or(0);
    let body = if page.rows.is_empty() { nothing(filter) } else { table(page.rows, next) };
    view! {
        <Page title="Releases" subtitle="What was approved and is to be carried out, or to be removed at its end. Who approved never carries out." wide=true>
            <Stack>
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
        view! { <EmptyState title="Nothing waits to be carried out" text="Releases appear here when every stage of a request has approved, and when access reaches its end." action="See what was carried out" href="/releases?filter=executed"/> }.into_any()
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
    view! {
        <tr>
            <th scope="row"><a class="code whitespace-nowrap" href=paths::release(line.id)>{line.number.clone()}</a></th>
            <td>{kind(line.kind)}</td>
            <td><a href=paths::identity(line.subject.id)>{line.subject.name.clone()}</a></td>
            <td>{line.entitlement.clone()}<p class="text-ink-3">{line.application.clone()}</p></td>
            <td><TierTag tier=line.tier.word()/></td>
            <td>{moment(&line.not_before)}</td>
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
        ReleaseState::Planned => Tone::Waiting,
        ReleaseState::Held { .. } => Tone::Bad,
        ReleaseState::Executed { .. } => Tone::Ok,
        ReleaseState::Cancelled => Tone::Plain,
    };
    (tone, state.label())
}
