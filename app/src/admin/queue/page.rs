//! `/admin/jobs`: what is late, tasks by kind and state, recurring jobs, and the servers that share them.

use super::api::{SettleTask, read_queue};
use super::port::{QueueQuery, QueueView};
use super::servers::Workers;
use super::settle::Settle;
use super::tasks::{Kinds, Tasks};
use crate::admin::api::RunJob;
use crate::admin::done::{DONE, said};
use crate::admin::jobs::Jobs;
use crate::paths;
use crate::status::Failed;
use crate::ui::{Notice, Page, Skeleton, Stack, Tone};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// What somebody can change here.
#[derive(Clone, Copy)]
pub(super) struct Changes {
    /// Run a job.
    pub run: ServerAction<RunJob>,
    /// Settle a task.
    pub settle: ServerAction<SettleTask>,
}

/// The page.
#[component]
pub fn QueueRoute() -> impl IntoView {
    let search = use_location().search;
    let query = Memo::new(move |_| {
        search.with(|search| {
            let parameter = |name| paths::parameter(search, name);
            QueueQuery { state: parameter("state"), kind: parameter("kind"), after: parameter("after"), task: parameter("task") }
        })
    });
    let done = Memo::new(move |_| search.with(|search| paths::parameter(search, DONE)));
    let changes = Changes { run: ServerAction::new(), settle: ServerAction::new() };
    let view = Resource::new(move || (query.get(), changes.run.version().get()), |(query, _)| read_queue(query));
    let content = move || {
        Suspend::new(async move {
            match view.await {
                Ok(view) => page(view, query.get_untracked(), done, changes),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Jobs"/>
        <Transition fallback=|| view! { <Page title="Jobs" wide=true><Skeleton rows=8/></Page> }>{content}</Transition>
    }
    .into_any()
}

fn page(view: QueueView, query: QueueQuery, done: Memo<String>, changes: Changes) -> AnyView {
    let QueueView { late, kinds, state, tasks, total, next, chosen, jobs, workers, may_change, as_of } = view;
    let settle = chosen.map(|task| view! { <Settle task=task may_change=may_change action=changes.settle/> });
    view! {
        <Page title="Jobs" subtitle="What the server does by itself, and what it leaves to be done." wide=true>
            <Stack>
                <div role="status" class="empty:hidden">{move || done.with(|done| said(done))}</div>
                <Late late=late/>
                {settle}
                <Kinds kinds=kinds/>
                <Tasks query=query state=state tasks=tasks total=total next=next as_of=as_of.text.clone()/>
                <Jobs jobs=jobs may_change=may_change run=changes.run/>
                <Workers workers=workers/>
                <p class="count-line">"As of "{as_of.text}</p>
            </Stack>
        </Page>
    }
    .into_any()
}

/// The banner that says what is late; nothing where nothing is.
#[component]
pub fn Late(late: Vec<String>) -> impl IntoView {
    (!late.is_empty())
        .then(|| view! { <div role="alert"><Notice tone=Tone::Bad title="Work is late." text=late.join(" ")/></div> })
        .into_any()
}
