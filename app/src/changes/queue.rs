//! `/changes`: what was proposed, what waits for a second person or for its time, what came of it.

use super::api;
use super::change::{CONFIRMED_AT_ONCE, waits_for_nothing_else};
use super::port::{ChangeLine, ChangesPage};
use super::words::tone;
use crate::paths;
use crate::requests::trails::moment;
use crate::requests::words::count;
use crate::status::Failed;
use crate::ui::{Card, Chip, Chips, Column, CountLine, DataTable, EmptyState, NextPage, Page, Skeleton, Status, Tag, Tone};
use domain::change::ChangeState;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// `/changes`
#[component]
pub fn ChangesRoute() -> impl IntoView {
    let url = use_url();
    let asked = Memo::new(move |_| url.with(|url| (paths::parameter(url.search(), "filter"), paths::parameter(url.search(), "after"))));
    let changes = Resource::new(move || asked.get(), |(filter, after)| api::list(filter, after));
    let body = move || {
        Suspend::new(async move {
            match changes.await {
                Ok(changes) => page(changes, asked.get_untracked().0),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Changes"/>
        <Transition fallback=|| view! { <Page title="Changes"><Skeleton rows=8/></Page> }>{body}</Transition>
    }
    .into_any()
}

/// The filter that applies when the address names none.
const OPEN: &str = "open";

fn page(changes: ChangesPage, filter: String) -> AnyView {
    let ChangesPage { page, filters, as_of } = changes;
    let filter = if filter.is_empty() { OPEN.to_owned() } else { filter };
    let label = filters.iter().find(|(value, ..)| *value == filter).map(|(_, label, _)| label.clone());
    // A filter under which nothing is left still has to be seen, or it could not be taken away.
    let lone = label.is_none().then(|| view! { <Chip href=paths::changes(&filter) label=filter.clone() count=0 current=true/> });
    let chips = filters
        .into_iter()
        .map(|(value, label, number)| {
            let current = value == filter;
            let value = if value == OPEN { String::new() } else { value };
            view! { <Chip href=paths::changes(&value) label=label count=count(number) current=current/> }
        })
        .collect_view();
    let next = page.next.map(|after| paths::with(paths::CHANGES, &[("filter", &filter), ("after", &after)]));
    let content = if page.rows.is_empty() {
        empty(&filter)
    } else {
        view! { <ChangeTable caption="Changes, newest first" rows=page.rows/><NextPage href=next what="changes"/> }.into_any()
    };
    view! {
        <Page
            title="Changes"
            subtitle="To the catalogue and the rules. Nobody confirms a change that they proposed."
            actions=|| view! { <a class="btn" href=paths::RULES>"Records"</a> }
        >
            <div class="stack">
                <Chips label="Filter">{chips}{lone}</Chips>
                <CountLine count=u64::from(count(page.total)) one="change" many="changes" filter=label as_of=as_of.text/>
                <Card title="Changes" flush=true>{content}</Card>
            </div>
        </Page>
    }
    .into_any()
}

fn empty(filter: &str) -> AnyView {
    match filter {
        "mine" => view! { <EmptyState title="No change waits for you" text="Changes that need a second person appear here when you may be that person." action="Show what is open" href=paths::CHANGES/> }.into_any(),
        "all" => view! { <EmptyState title="No change has been proposed" text="Open a record to propose the first one." action="See the records" href=paths::RULES/> }.into_any(),
        _ => view! { <EmptyState title="Nothing is open here" text="Every proposed change in your scope is in force, or was refused or taken back." action="Show all changes" href=paths::changes("all")/> }.into_any(),
    }
}

/// Changes as a table.
#[component]
pub fn ChangeTable(#[prop(into)] caption: String, rows: Vec<ChangeLine>) -> impl IntoView {
    let columns = vec![
        Column::text("Number"),
        Column::text("Record"),
        Column::text("State"),
        Column::text("In force from"),
        Column::text("Proposed"),
    ];
    let rows = rows.into_iter().map(line).collect_view();
    view! { <DataTable caption=caption columns=columns>{rows}</DataTable> }.into_any()
}

fn line(line: ChangeLine) -> AnyView {
    let waits_for_nothing_else = waits_for_nothing_else(&line);
    let ChangeLine { id, number, kind, record_name, state, proposed_by, proposed, effective, may_confirm, .. } = line;
    let yours = may_confirm.then(|| view! { <br/><Tag tone=Tone::Warn text="Yours to decide"/> });
    let effective = match state {
        ChangeState::Refused | ChangeState::Withdrawn | ChangeState::Overtaken => {
            view! { <span class="text-ink-3">"Never"</span> }.into_any()
        }
        ChangeState::Proposed if waits_for_nothing_else => CONFIRMED_AT_ONCE.into_any(),
        ChangeState::Proposed | ChangeState::Confirmed | ChangeState::InForce => moment(&effective),
    };
    view! {
        <tr>
            <th scope="row" class="whitespace-nowrap"><a class="code" href=paths::change(id)>{number}</a></th>
            <td>{record_name}<br/><span class="text-ink-3">{kind.label()}</span></td>
            <td><Status tone=tone(state) text=state.label()/>{yours}</td>
            <td>{effective}</td>
            <td>{proposed_by.name}<br/><span class="text-ink-3">{moment(&proposed)}</span></td>
        </tr>
    }
    .into_any()
}
