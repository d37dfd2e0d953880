//! `/rules`: the kinds of records under change control with how many there are, and the changes
//! that wait for the caller.

use super::api;
use super::port::{KindLine, RulesView};
use super::queue::ChangeTable;
use super::words::{governs, number};
use crate::paths;
use crate::status::Failed;
use crate::ui::{Card, Column, DataTable, EmptyState, Page, Skeleton, Status, Tone};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/rules`
#[component]
pub fn RulesRoute() -> impl IntoView {
    let rules = Resource::new(|| (), |()| api::overview());
    let body = move || {
        Suspend::new(async move {
            match rules.await {
                Ok(rules) => page(rules),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Rules"/>
        <Suspense fallback=|| view! { <Page title="Rules"><Skeleton rows=9/></Page> }>{body}</Suspense>
    }
    .into_any()
}

fn page(rules: RulesView) -> AnyView {
    let RulesView { kinds, mine, mine_total, as_of } = rules;
    let open: i64 = kinds.iter().map(|kind| kind.open).sum();
    let all = if open == 0 { "Changes".to_owned() } else { number(open, "open change", "open changes") };
    let waiting = (!mine.is_empty()).then(|| {
        let link = paths::changes("mine");
        let count = number(mine_total, "change", "changes");
        view! {
            <Card title="Waits for you as the second person" flush=true aside=move || view! { <a href=link>{count}</a> }>
                <ChangeTable caption="Changes that wait for you" rows=mine/>
            </Card>
        }
    });
    let rows = kinds.into_iter().map(line).collect::<Vec<_>>();
    let list = if rows.is_empty() {
        view! { <EmptyState title="Nothing here is in your scope" text="Administrators and compliance change the rules; owners and their deputies change their applications." action="Search the catalogue" href=paths::CATALOGUE/> }.into_any()
    } else {
        let columns = vec![Column::text("Records"), Column::text("What they govern"), Column::number("Number"), Column::text("Changes")];
        view! { <DataTable caption="Records under change control" columns=columns>{rows}</DataTable> }.into_any()
    };
    view! {
        <Page
            title="Rules"
            subtitle="The catalogue and the rules as records, with every version that each of them had."
            actions=move || view! { <a class="btn" href=paths::CHANGES>{all}</a> }
        >
            <div class="stack">
                {waiting}
                <Card title="Records under change control" flush=true>{list}</Card>
                <p class="count-line">"What touches risk, owners, limits, approvers or conflicts needs a second person. As of "{as_of.text}</p>
            </div>
        </Page>
    }
    .into_any()
}

fn line(line: KindLine) -> AnyView {
    let KindLine { kind, records, open, waiting, .. } = line;
    let href = paths::records(kind);
    let changes = if waiting > 0 {
        view! { <Status tone=Tone::Waiting text=number(waiting, "waits for a second person", "wait for a second person")/> }.into_any()
    } else if open > 0 {
        view! { <Status tone=Tone::Info text=number(open, "waits for its time", "wait for their time")/> }.into_any()
    } else {
        view! { <span class="text-ink-3">"None open"</span> }.into_any()
    };
    let changes = if open > 0 {
        let link = paths::changes(kind.word());
        view! { <a href=link>{changes}</a> }.into_any()
    } else {
        changes
    };
    view! {
        <tr>
            <th scope="row"><a href=href.clone()>{kind.plural()}</a></th>
            <td class="text-ink-2">{governs(kind)}</td>
            <td class="num"><a href=href>{records.to_string()}</a></td>
            <td class="whitespace-nowrap">{changes}</td>
        </tr>
    }
    .into_any()
}
