//! `/rules/:kind/:key`: one record. What is in force, the form that proposes a change, what is
//! open, and every version that ever was. `new` in place of the key opens an empty form.

use super::api;
use super::change::{CONFIRMED_AT_ONCE, waits_for_nothing_else};
use super::form::proposal;
use super::port::{ChangeLine, EditView};
use super::refused::RefusedProposal;
use super::versions::{history, value_or_none};
use super::words::{governs, tone};
use crate::error::AppError;
use crate::paths;
use crate::requests::trails::moment;
use crate::status::Failed;
use crate::ui::{Card, Columns, Disclosure, Fact, FactsList, Notice, Page, Skeleton, SkeletonShape, Status, Tone};
use domain::change::RecordKind;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// `/rules/:kind/:key`
#[component]
pub fn RecordRoute() -> impl IntoView {
    let (params, url) = (use_params_map(), use_url());
    let refused = StoredValue::new(use_context::<RefusedProposal>());
    let asked = Memo::new(move |_| params.with(|params| (params.get("kind").unwrap_or_default(), params.get("key").unwrap_or_default())));
    // What is no number begins with the newest version.
    let before = Memo::new(move |_| url.with(|url| paths::parameter(url.search(), paths::VERSIONS_BEFORE).parse::<i32>().ok()));
    let record = Resource::new(
        move || (asked.get(), before.get()),
        |((kind, key), before)| async move {
            let kind = kind.parse::<RecordKind>().map_err(|_| AppError::NotFound)?;
            let key = if key == paths::NEW { String::new() } else { key };
            api::open(kind, key, before).await
        },
    );
    let body = move || {
        Suspend::new(async move {
            match record.await {
                Ok(record) => {
                    let editing = url.with_untracked(|url| paths::has_parameter(url.search(), "edit"));
                    page(record, refused.get_value(), editing, before.get_untracked().is_some())
                }
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Page title="Record"><Skeleton shape=SkeletonShape::Card/></Page> }>{body}</Transition> }
        .into_any()
}

/// `below`: the page of versions does not begin with the newest.
fn page(record: EditView, refused: Option<RefusedProposal>, editing: bool, below: bool) -> AnyView {
    if record.key.is_empty() {
        return new(&record, refused.as_ref());
    }
    let open_form = editing || refused.is_some();
    let form = form(&record, refused.as_ref(), open_form);
    let EditView { kind, name, version, in_force, versions, older, open, .. } = record;
    let address = paths::record(kind, &record.key);
    let overline = format!("{} · version {version}", kind.label());
    let waiting = open.len();
    let (facts, since) = in_force.map(|version| (version.fields, version.effective)).unzip();
    let facts = facts
        .unwrap_or_default()
        .into_iter()
        .map(|(label, value)| view! { <Fact term=label><span class="whitespace-pre-line wrap-anywhere">{value_or_none(value)}</span></Fact> })
        .collect_view();
    let in_force = view! {
        <Card title="In force" id="in-force" aside=move || since.map(|since| view! { "since "{moment(&since)} })>
            <FactsList>{facts}</FactsList>
        </Card>
    };
    let tags = move || {
        (waiting > 0).then(|| view! { <Status tone=Tone::Waiting text=if waiting == 1 { "A change is open".to_owned() } else { format!("{waiting} changes are open") }/> })
    };
    let entitlement = (kind == RecordKind::Entitlement)
        .then(|| view! { " · "<a href=format!("{}/{}", paths::CATALOGUE, record.key)>"In the catalogue"</a> });
    view! {
        <Title text=name.clone()/>
        <Page title=name overline=overline tags=tags>
            <div class="stack">
                <p><a href=paths::records(kind)>{kind.plural()}</a>{entitlement}</p>
                <Columns aside=move || view! { {changes(open)} }>
                    {in_force}
                    {form}
                    {history(versions, older, &address, below)}
                </Columns>
            </div>
        </Page>
    }
    .into_any()
}

fn new(record: &EditView, refused: Option<&RefusedProposal>) -> AnyView {
    let kind = record.kind;
    let title = format!("New {}", kind.label().to_lowercase());
    let form = if record.may_edit {
        let form = proposal(record, refused);
        view! { <Card title="What it says">{form}</Card> }.into_any()
    } else {
        locked(kind)
    };
    view! {
        <Title text=title.clone()/>
        <Page title=title subtitle=governs(kind)>
            <div class="stack">
                <p><a href=paths::records(kind)>{kind.plural()}</a></p>
                {form}
            </div>
        </Page>
    }
    .into_any()
}

fn form(record: &EditView, refused: Option<&RefusedProposal>, open: bool) -> AnyView {
    if record.may_edit {
        let form = proposal(record, refused);
        view! { <div class="no-print"><Disclosure summary="Propose a change" open=open id="edit">{form}</Disclosure></div> }.into_any()
    } else if refused.is_some() {
        locked(record.kind)
    } else {
        ().into_any()
    }
}

fn locked(kind: RecordKind) -> AnyView {
    let text = match kind {
        RecordKind::Application | RecordKind::Entitlement => "Its owner, the deputy and administrators may. Nothing was changed.",
        kind if kind.belongs_to_applications() => {
            "Administrators and compliance may, and whoever owns or deputises for every application it names. Nothing was changed."
        }
        _ => "Administrators and compliance may. Nothing was changed.",
    };
    view! { <Notice tone=Tone::Info title="You may read this and not change it." text=text/> }.into_any()
}

fn changes(open: Vec<ChangeLine>) -> AnyView {
    if open.is_empty() {
        return view! { <Card title="Open changes" id="open-changes"><p class="text-ink-2">"None. What is in force stays until somebody proposes a change."</p></Card> }.into_any();
    }
    let lines = open
        .into_iter()
        .map(|line| {
            let from = if waits_for_nothing_else(&line) {
                CONFIRMED_AT_ONCE.into_any()
            } else {
                view! { "from "{moment(&line.effective)} }.into_any()
            };
            let ChangeLine { id, number, state, proposed_by, .. } = line;
            view! {
                <li class="grid gap-1 px-3.5 py-2.5">
                    <div class="line"><a class="code" href=paths::change(id)>{number}</a><span class="text-ink-2">{from}</span></div>
                    <Status tone=tone(state) text=state.label()/>
                    <p class="text-ink-2">"Proposed by "{proposed_by.name}</p>
                </li>
            }
        })
        .collect_view();
    view! { <Card title="Open changes" id="open-changes" flush=true><ul class="divide-y divide-line" role="list">{lines}</ul></Card> }
        .into_any()
}
