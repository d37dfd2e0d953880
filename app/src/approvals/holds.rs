//! `/holds`: every request at which nobody can decide, with the reason, longest held first.

use super::api::holds;
use super::port::{HoldLine, HoldsPage};
use crate::paths;
use crate::status::Failed;
use crate::ui::{Card, Column, CountLine, DataTable, EmptyState, LinkButton, NextPage, Notice, Page, Skeleton, Tone};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// The page.
#[component]
pub fn HoldsRoute() -> impl IntoView {
    let url = use_url();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    let list = Resource::new(move || search.with(|search| paths::parameter(search, "after")), holds);
    let body = move || {
        Suspend::new(async move {
            match list.await {
                Ok(page) => table(page, paths::has_parameter(&search.get_untracked(), "reassigned")),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Held decisions"/>
        <Suspense fallback=|| view! { <Page title="Held decisions"><Skeleton/></Page> }>{body}</Suspense>
    }
    .into_any()
}

fn table(view: HoldsPage, reassigned: bool) -> AnyView {
    let HoldsPage { page, may_reassign, as_of } = view;
    let done = reassigned
        .then(|| view! { <Notice tone=Tone::Ok title="Reassigned." text="Whoever shall decide now has it in their inbox and was told."/> });
    let next = page.next.as_ref().map(|after| paths::with(paths::HOLDS, &[("after", after)]));
    let count = u64::try_from(page.total).unwrap_or(0);
    let body = if page.rows.is_empty() {
        view! {
            <Card title="Nobody can decide" flush=true>
                <EmptyState title="Nothing is held" text="At every request that waits, somebody can decide."/>
            </Card>
        }
        .into_any()
    } else {
        let mut columns = vec![Column::text("Request"), Column::text("Stage"), Column::text("Reason"), Column::text("Held since")];
        if may_reassign {
            columns.push(Column::unseen("Reassign"));
        }
        let rows = page.rows.into_iter().map(|line| row(line, may_reassign)).collect_view();
        view! {
            <Card title="Nobody can decide" flush=true>
                <DataTable caption="Held decisions, longest held first" columns=columns>{rows}</DataTable>
            </Card>
            <NextPage href=next what="held decisions"/>
        }
        .into_any()
    };
    view! {
        <Page title="Held decisions" subtitle="Each goes on as soon as the right person is on record, or is given to somebody.">
            <div class="stack">
                {done}
                <CountLine count=count one="held decision" many="held decisions" as_of=as_of.text/>
                {body}
            </div>
        </Page>
    }
    .into_any()
}

fn row(line: HoldLine, may_reassign: bool) -> AnyView {
    let HoldLine { stage, request, number, readable, name, reason, since, age } = line;
    let number = if readable {
        view! { <a class="code" href=paths::request(request)>{number}</a> }.into_any()
    } else {
        view! { <span class="code">{number}</span> }.into_any()
    };
    let action = may_reassign.then(|| view! { <td><LinkButton href=paths::reassign(stage)>"Reassign"</LinkButton></td> });
    view! {
        <tr>
            <th scope="row" class="font-normal whitespace-nowrap">{number}</th>
            <td>{name}</td>
            <td class="min-w-56">{reason}</td>
            <td><time datetime=since.at.to_string()>{since.text}</time><br/><span class="text-ink-3">{age}</span></td>
            {action}
        </tr>
    }
    .into_any()
}
