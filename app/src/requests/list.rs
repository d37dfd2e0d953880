//! The list of requests: mine, or for those who may see them all, or those beside a change; by state.

use super::api;
use super::port::{RequestsPage, RequestsQuery};
use super::words::{RequestTable, count};
use crate::paths;
use crate::status::Failed;
use crate::ui::{ButtonKind, Card, Chip, Chips, CountLine, EmptyState, LinkButton, NextPage, Page, Skeleton, facets, known};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// `/requests`
#[component]
pub fn RequestsRoute() -> impl IntoView {
    let url = use_url();
    let query = Memo::new(move |_| {
        url.with(|url| {
            let text = |name| paths::parameter(url.search(), name);
            RequestsQuery { scope: text("scope"), state: text("state"), change: text("change"), after: text("after") }
        })
    });
    let page = Resource::new(move || query.get(), api::list);
    let body = move || {
        Suspend::new(async move {
            match page.await {
                Ok(page) => list(query.get_untracked(), page),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Requests"/>
        <Transition fallback=|| view! { <Page title="Requests"><Skeleton rows=8/></Page> }>{body}</Transition>
    }
    .into_any()
}

fn list(query: RequestsQuery, page: RequestsPage) -> AnyView {
    let RequestsPage { page, states, beside, may_list_all, as_of } = page;
    let all = query.scope == "all" || beside.is_some();
    let (mine, everybodys) = (!all, all && beside.is_none());
    let scopes = may_list_all.then(|| {
        let link = |scope: &str| paths::requests(&RequestsQuery { scope: scope.into(), ..RequestsQuery::default() });
        view! {
            <Chips label="Whose">
                <Chip href=link("") label="Mine" current=mine/>
                <Chip href=link("all") label="Everybody's" current=everybodys/>
            </Chips>
        }
    });
    let chosen = query.clone();
    let link = move |state: &str| paths::requests(&RequestsQuery { state: state.into(), after: String::new(), ..chosen.clone() });
    let title = match (&beside, all) {
        (Some(_), _) => "Requests that keep the version they were made with",
        (None, true) => "Everybody's requests",
        (None, false) => "My requests",
    };
    let beside = beside.map(|(change, number)| {
        view! { <p class="text-ink-2">"Open requests made with the version before "<a href=paths::change(change)>{number}</a>". They keep it, whatever becomes of the change."</p> }
    });
    let total: i64 = states.iter().map(|(.., count)| count).sum();
    let label = states.iter().find(|(word, ..)| *word == query.state).map(|(_, label, _)| label.clone());
    // A state that does not exist filters nothing.
    let state = known(&states, &query.state);
    let wider = link("");
    let chips = facets("State", ("Any state", Some(total)), states, state, link);
    let next = page.next.map(|after| paths::requests(&RequestsQuery { after, ..query.clone() }));
    let content = if page.rows.is_empty() {
        empty(all, label.is_some().then_some(wider), !query.change.is_empty())
    } else {
        view! { <RequestTable caption="Requests" rows=page.rows people=all/><NextPage href=next what="requests"/> }.into_any()
    };
    view! {
        <Page title="Requests" actions=|| view! { <LinkButton href=paths::CATALOGUE kind=ButtonKind::Primary>"Request access"</LinkButton> }>
            <div class="stack">
                {scopes}
                {beside}
                {chips}
                <CountLine count=u64::from(count(page.total)) one="request" many="requests" filter=label as_of=as_of.text/>
                <Card title=title flush=true>{content}</Card>
            </div>
        </Page>
    }
    .into_any()
}

/// `wider`: the same list without the state that is chosen, where one is; `beside`: the list of those
/// beside a change.
fn empty(all: bool, wider: Option<String>, beside: bool) -> AnyView {
    match (all, wider) {
        (_, Some(wider)) => view! { <EmptyState title="None in this state" text="Choose another state above to see the rest." action="Show any state" href=wider/> }.into_any(),
        (_, None) if beside => view! { <EmptyState title="No open request" text="No open request was made with the version before this change."/> }.into_any(),
        (true, None) => view! { <EmptyState title="Nobody has asked for anything yet" text="Requests appear here as soon as they are submitted."/> }.into_any(),
        (false, None) => view! { <EmptyState title="You have not asked for anything yet" text="A request appears here as soon as you submit it, with who has it and for how long." action="Find what you need in the catalogue" href=paths::CATALOGUE/> }.into_any(),
    }
}
