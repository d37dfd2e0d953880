//! `/admin/connections`: the ways to other machines, and how well they are.

use super::api::list_connections;
use super::port::{ConnectionLine, ConnectionsPage};
use crate::paths;
use crate::requests::trails::moment;
use crate::status::Failed;
use crate::ui::{Card, Column, CountLine, DataTable, EmptyState, LinkButton, Page, Skeleton, Stack, Status, Tag, Tone};
use crate::when::When;
use domain::connection::{BreakerState, ConnectionState, ConnectorKind};
use leptos::prelude::*;
use leptos_meta::Title;

/// The list.
#[component]
pub fn ConnectionsRoute() -> impl IntoView {
    let list = Resource::new(|| (), |()| list_connections());
    let content = move || {
        Suspend::new(async move {
            match list.await {
                Ok(list) => page(list),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Connections"/>
        <Transition fallback=|| view! { <div class="page page-wide"><Skeleton rows=8/></div> }>{content}</Transition>
    }
    .into_any()
}

fn page(list: ConnectionsPage) -> AnyView {
    let ConnectionsPage { lines, may_add, as_of } = list;
    let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let body = if lines.is_empty() {
        view! { <EmptyState title="There is no connection" text="Without one, operators carry out by hand what was approved."/> }.into_any()
    } else {
        table(lines)
    };
    view! {
        <Page title="Connections" subtitle="The machines in which access is given and taken, and how well they can be reached." overline="Administration" wide=true>
            <Stack>
                {add(may_add)}
                <CountLine count=count one="connection" many="connections" as_of=as_of.text/>
                {body}
            </Stack>
        </Page>
    }
    .into_any()
}

fn add(kinds: Vec<ConnectorKind>) -> Option<AnyView> {
    (!kinds.is_empty()).then(|| {
        let links = kinds
            .into_iter()
            .map(|kind| view! { <li><LinkButton href=paths::new_connection(kind.word())>"New: "{kind.label()}</LinkButton></li> })
            .collect_view();
        view! { <nav aria-label="New connection"><ul class="flex flex-wrap gap-2" role="list">{links}</ul></nav> }.into_any()
    })
}

fn table(lines: Vec<ConnectionLine>) -> AnyView {
    let columns = vec![
        Column::text("Connection"),
        Column::text("Kind"),
        Column::text("Applications"),
        Column::text("State"),
        Column::text("Last well"),
        Column::text("Last failure"),
        Column::number("Releases under way"),
    ];
    let rows = lines.iter().map(row).collect_view();
    view! { <Card title="Connections" flush=true><DataTable caption="Connections" columns=columns>{rows}</DataTable></Card> }.into_any()
}

fn row(line: &ConnectionLine) -> AnyView {
    let href = paths::connection(line.id);
    let failed = line.last_failed.as_ref().map(|(at, said)| view! { {moment(at)}<p class="text-ink-3">{said.clone()}</p> });
    let waits = line.waits.then(|| view! { <p><Tag tone=Tone::Waiting text="A change waits"/></p> });
    let releases = if line.under_way == 0 {
        "0".into_any()
    } else {
        view! { <a rel="external" href=format!("{href}#releases")>{line.under_way.to_string()}</a> }.into_any()
    };
    view! {
        <tr>
            <th scope="row"><a href=href>{line.name.clone()}</a><p class="code text-ink-3">{line.code.clone()}</p>{waits}</th>
            <td>{line.kind.label()}</td>
            <td class="wrap-anywhere">{line.applications.join(", ")}</td>
            <td>{state(line)}</td>
            <td>{line.last_well.as_ref().map(moment)}</td>
            <td class="wrap-anywhere">{failed}</td>
            <td class="num">{releases}</td>
        </tr>
    }
    .into_any()
}

/// Whether it is retired, rests, or goes through.
pub(super) fn state(line: &ConnectionLine) -> AnyView {
    let (tone, text) = match (line.state, &line.breaker) {
        (ConnectionState::Retired, _) => (Tone::Plain, ConnectionState::Retired.label().to_owned()),
        (ConnectionState::Active, None) => (Tone::Info, "By hand".to_owned()),
        (ConnectionState::Active, Some((state, until))) => (tone(*state), words(*state, until.as_ref())),
    };
    view! { <Status tone=tone text=text/> }.into_any()
}

fn tone(state: BreakerState) -> Tone {
    match state {
        BreakerState::Closed => Tone::Ok,
        BreakerState::Open => Tone::Bad,
        BreakerState::Trying => Tone::Waiting,
    }
}

fn words(state: BreakerState, until: Option<&When>) -> String {
    until.map_or_else(|| state.label().to_owned(), |until| format!("{}, until {}", state.label(), until.text))
}
