//! The home page: what waits for me, my access with its end, my requests with who has them.

use super::api::read_home;
use super::port::HomeView;
use crate::grants::table::{DONE, HeldTable, said};
use crate::paths;
use crate::record::{GrantLine, RequestLine};
use crate::requests::words::{RequestTable, count};
use crate::status::Failed;
use crate::ui::{Card, EmptyState, Page, SearchField, Skeleton, Status, Tone};
use domain::request::RequestState;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// `/`
#[component]
pub fn HomeRoute() -> impl IntoView {
    let search = use_location().search;
    let done = Memo::new(move |_| search.with(|search| paths::parameter(search, DONE)));
    let home = Resource::new(|| (), |()| read_home());
    let body = move || {
        Suspend::new(async move {
            match home.await {
                Ok(home) => page(home, done),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Home"/>
        <Suspense fallback=|| view! { <Page title="Home"><Skeleton rows=8/></Page> }>{body}</Suspense>
    }
    .into_any()
}

fn page(home: HomeView, done: Memo<String>) -> AnyView {
    let HomeView { decisions, decisions_late, releases, changes, returned, open_requests, open_requests_total, grants } = home;
    let actions = || view! { <SearchField action=paths::CATALOGUE label="Search the catalogue"/> };
    view! {
        <Page title="Home" actions=actions>
            <div class="stack">
                <div role="status" class="empty:hidden">{move || done.with(|done| said(done))}</div>
                {waiting(decisions, decisions_late, releases, changes, returned)}
                {access(grants)}
                {requests(open_requests, open_requests_total)}
            </div>
        </Page>
    }
    .into_any()
}

fn waiting(decisions: i64, late: i64, releases: i64, changes: i64, returned: Vec<RequestLine>) -> AnyView {
    if decisions == 0 && releases == 0 && changes == 0 && returned.is_empty() {
        return view! { <Card title="Waits for me" flush=true><EmptyState title="Nothing waits for you" text="Decisions, releases and questions appear here when it is your turn."/></Card> }.into_any();
    }
    let number = |number: i64, one: &str, many: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {many}") };
    let decisions = (decisions > 0).then(|| {
        let overdue = (late > 0).then(|| view! { <Status tone=Tone::Bad text=format!("{late} past the due time")/> });
        view! { <li class="line px-3.5 py-2.5"><a href=paths::INBOX>{number(decisions, "decision", "decisions")}</a>{overdue}</li> }
    });
    let releases = (releases > 0).then(|| view! { <li class="px-3.5 py-2.5"><a href=paths::releases_ready()>{number(releases, "release to carry out", "releases to carry out")}</a></li> });
    let changes = (changes > 0).then(|| {
        let text = number(changes, "change to confirm as the second person", "changes to confirm as the second person");
        view! { <li class="px-3.5 py-2.5"><a href=paths::changes("mine")>{text}</a></li> }
    });
    let returned = returned.into_iter().map(question).collect_view();
    view! { <Card title="Waits for me" flush=true><ul class="divide-y divide-line" role="list">{decisions}{releases}{changes}{returned}</ul></Card> }
        .into_any()
}

fn question(line: RequestLine) -> AnyView {
    let RequestLine { id, number, entitlement, state, age, .. } = line;
    let text = match state {
        RequestState::Returned { reason } => reason,
        other => other.label().to_owned(),
    };
    view! {
        <li class="grid gap-1 px-3.5 py-2.5">
            <div class="line"><a href=paths::answer(id)>"Answer the question on "{number}</a><span class="text-ink-2">"since "{age}</span></div>
            <p>{entitlement}": "{text}</p>
        </li>
    }
    .into_any()
}

fn access(grants: Vec<GrantLine>) -> AnyView {
    let number = grants.len().to_string();
    if grants.is_empty() {
        return view! {
            <Card title="My access" flush=true>
                <EmptyState title="You hold nothing yet" text="What you are given appears here with the day it ends." action="Find what you need in the catalogue" href=paths::CATALOGUE/>
            </Card>
        }
        .into_any();
    }
    view! { <Card title="My access" flush=true aside=move || number><HeldTable caption="My access, soonest end first" grants=grants mine=true/></Card> }.into_any()
}

fn requests(open: Vec<RequestLine>, total: i64) -> AnyView {
    if open.is_empty() {
        return view! {
            <Card title="My open requests" flush=true>
                <EmptyState title="You have no open requests" text="A request stays here, with who has it, until it is released or ends." action="See all my requests" href=paths::REQUESTS/>
            </Card>
        }
        .into_any();
    }
    let all = format!("{} open, see all", count(total));
    view! { <Card title="My open requests" flush=true aside=move || view! { <a href=paths::REQUESTS>{all}</a> }><RequestTable caption="My open requests" rows=open/></Card> }.into_any()
}
