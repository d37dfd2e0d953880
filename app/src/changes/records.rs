//! `/rules/:kind`: the records of a kind, with a search and the way to a new one.

use super::api;
use super::port::{RecordLine, RecordsPage};
use super::words::governs;
use crate::error::AppError;
use crate::paths;
use crate::requests::words::count;
use crate::status::Failed;
use crate::ui::{
    ButtonKind, Card, Column, CountLine, DataTable, EmptyState, LinkButton, NextPage, Page, SearchField, Skeleton, Status, Tag, Tone,
};
use domain::change::RecordKind;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// `/rules/:kind`
#[component]
pub fn RecordsRoute() -> impl IntoView {
    let (params, url) = (use_params_map(), use_url());
    let asked = Memo::new(move |_| {
        let kind = params.with(|params| params.get("kind")).unwrap_or_default();
        url.with(|url| (kind, paths::parameter(url.search(), "q"), paths::parameter(url.search(), "after")))
    });
    let records = Resource::new(
        move || asked.get(),
        |(kind, q, after)| async move {
            match kind.parse::<RecordKind>() {
                Ok(kind) => api::records(kind, q, after).await,
                Err(_) => Err(AppError::NotFound),
            }
        },
    );
    let body = move || {
        Suspend::new(async move {
            match records.await {
                Ok(records) => page(records, asked.get_untracked().1),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Rules"/>
        <Transition fallback=|| view! { <Page title="Rules"><Skeleton rows=8/></Page> }>{body}</Transition>
    }
    .into_any()
}

fn page(records: RecordsPage, q: String) -> AnyView {
    let RecordsPage { kind, page, may_add, as_of } = records;
    let add = may_add.then(|| {
        let href = paths::record(kind, paths::NEW);
        let word = format!("New {}", kind.label().to_lowercase());
        view! { <LinkButton href=href kind=ButtonKind::Primary>{word}</LinkButton> }
    });
    let next = page.next.map(|after| paths::with(&paths::records(kind), &[("q", &q), ("after", &after)]));
    let rows = page.rows.into_iter().map(|row| line(kind, row)).collect::<Vec<_>>();
    let what = kind.plural().to_lowercase();
    let content = if rows.is_empty() {
        empty(kind, &q, may_add)
    } else {
        let columns = vec![Column::text("Name"), Column::text("About"), Column::number("Version"), Column::text("State")];
        view! { <DataTable caption=kind.plural() columns=columns>{rows}</DataTable><NextPage href=next what=what.clone()/> }.into_any()
    };
    let filter = (!q.is_empty()).then(|| format!("“{q}”"));
    view! {
        <Title text=kind.plural()/>
        <Page title=kind.plural() subtitle=governs(kind) actions=move || add>
            <div class="stack">
                <p><a href=paths::RULES>"All rules"</a></p>
                <SearchField action=paths::records(kind) label=format!("Search {what}") value=q/>
                <CountLine count=u64::from(count(page.total)) one=kind.label().to_lowercase() many=what filter=filter as_of=as_of.text/>
                <Card title=kind.plural() flush=true>{content}</Card>
            </div>
        </Page>
    }
    .into_any()
}

fn line(kind: RecordKind, line: RecordLine) -> AnyView {
    let RecordLine { key, name, about, version, state, change_waits } = line;
    let state = match state.as_str() {
        "retired" => Some(view! { <Tag text="Retired"/> }),
        "active" => Some(view! { <Tag tone=Tone::Ok text="Active"/> }),
        _ => None,
    };
    let waits = change_waits.then(|| view! { <Status tone=Tone::Waiting text="A change waits"/> });
    view! {
        <tr>
            <th scope="row"><a href=paths::record(kind, &key)>{name}</a></th>
            <td class="text-ink-2">{about}</td>
            <td class="num">{version.to_string()}</td>
            <td><span class="flex flex-wrap items-center gap-x-3 gap-y-1">{state}{waits}</span></td>
        </tr>
    }
    .into_any()
}

fn empty(kind: RecordKind, q: &str, may_add: bool) -> AnyView {
    if !q.is_empty() {
        return view! { <EmptyState title="Nothing found" text="Try a part of the name. Only records in your scope are searched." action="Show all" href=paths::records(kind)/> }.into_any();
    }
    let text = if may_add {
        "The first one is proposed here; what it governs follows it from the time it is in force."
    } else {
        "There is none, or none is in your scope."
    };
    view! { <EmptyState title="None yet" text=text/> }.into_any()
}
