//! `/admin`: people and roles, mail, imports, held requests, and whether the work is late.

use super::api::admin_overview;
use super::done::{Changes, DONE, said};
use super::jobs::{HeldRequests, Imports};
use super::mail::Mail;
use super::people::{Assignments, People};
use super::port::AdminView;
use super::queue::page::Late;
use crate::paths;
use crate::status::Failed;
use crate::ui::{Page, Skeleton, SkeletonShape, Stack};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// The administration page.
#[component]
pub fn AdminRoute() -> impl IntoView {
    let search = use_location().search;
    let q = Memo::new(move |_| search.with(|search| paths::parameter(search, "q")));
    let done = Memo::new(move |_| search.with(|search| paths::parameter(search, DONE)));
    let changes = Changes::new();
    let overview = Resource::new(move || (q.get(), changes.version()), |(q, _)| admin_overview(q));
    let content = move || {
        Suspend::new(async move {
            match overview.await {
                Ok(view) => page(view, q.get(), done, changes),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Administration"/>
        <Transition fallback=|| view! { <div class="page page-wide"><Stack><Skeleton shape=SkeletonShape::Card/><Skeleton rows=8/></Stack></div> }>
            {content}
        </Transition>
    }
    .into_any()
}

fn page(view: AdminView, q: String, done: Memo<String>, changes: Changes) -> AnyView {
    let AdminView { assignments, people, identities, late, imports, held, mail, may_change, as_of } = view;
    let subtitle = format!("{} active identities of {}", identities.0, identities.1);
    let waiting = held.len();
    view! {
        <Page title="Administration" subtitle=subtitle wide=true>
            <Stack>
                <div role="status" class="empty:hidden">{move || done.with(|done| said(done))}</div>
                <Late late=late/>
                <nav aria-label="Administration">
                    <ul class="flex flex-wrap gap-x-4 gap-y-1" role="list">
                        <li><a rel="external" href="#roles">"People and roles"</a></li>
                        <li><a rel="external" href="#people">"Find a person"</a></li>
                        <li><a rel="external" href="#held">"Held requests"{(waiting > 0).then(|| format!(" ({waiting})"))}</a></li>
                        <li><a href=paths::ADMIN_JOBS>"Jobs"</a></li>
                        <li><a href=paths::CONNECTIONS>"Connections"</a></li>
                        <li><a rel="external" href="#mail">"Mail"</a></li>
                        <li><a rel="external" href="#imports">"Imports"</a></li>
                    </ul>
                </nav>
                <Assignments assignments=assignments may_change=may_change changes=changes/>
                <People q=q people=people may_change=may_change changes=changes/>
                <HeldRequests held=held/>
                <Mail mail=mail may_change=may_change changes=changes/>
                <Imports imports=imports/>
                <p class="count-line">"As of "{as_of.text}</p>
            </Stack>
        </Page>
    }
    .into_any()
}
