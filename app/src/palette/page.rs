//! `/find`: what the palette does, as a page with an address.

use super::api::find_records;
use super::port::{Found, LONGEST, SHORTEST};
use crate::paths;
use crate::status::Failed;
use crate::ui::{Card, CountLine, EmptyState, Page, Skeleton};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// `/find`
#[component]
pub fn FindRoute() -> impl IntoView {
    let url = use_url();
    let q = Memo::new(move |_| url.with(|url| paths::parameter(url.search(), "q")));
    let found = Resource::new(move || q.get(), find_records);
    let body = move || {
        Suspend::new(async move {
            match found.await {
                Ok(found) => page(q.get_untracked(), found),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Find"/>
        <Transition fallback=|| view! { <Page title="Find"><Skeleton rows=6/></Page> }>{body}</Transition>
    }
    .into_any()
}

fn page(q: String, found: Vec<Found>) -> AnyView {
    let number = found.len();
    let content = if found.is_empty() {
        let text = if q.trim().chars().count() < SHORTEST {
            "Type at least two letters."
        } else {
            "Check the spelling, or try fewer letters. Only what you may see is found."
        };
        view! { <EmptyState title="Nothing was found" text=text/> }.into_any()
    } else {
        view! {
            <ul role="list">
                {found.into_iter().map(|Found { kind, title, hint, href }| view! {
                    <li>
                        <a class="list-link" href=href>
                            <span class="line"><span class="font-semibold">{title}</span><span class="text-ink-3">{kind}</span></span>
                            <span class="text-ink-2">{hint}</span>
                        </a>
                    </li>
                }).collect_view()}
            </ul>
        }
        .into_any()
    };
    let title = if q.trim().is_empty() { "Your pages" } else { "Found" };
    let filter = (!q.trim().is_empty()).then(|| format!("for “{}”", q.trim()));
    view! {
        <Page title="Find" subtitle="Pages, people, entitlements and requests that you may see, or a number such as REQ-2026-000123." narrow=true>
            <div class="stack">
                <form class="search" role="search" method="get" action=paths::FIND>
                    <label class="sr-only" for="find-q">"Find"</label>
                    <input class="input grow" type="search" id="find-q" name="q" value=q maxlength=LONGEST.to_string() aria-describedby="find-q-limit" autofocus=true autocomplete="off"/>
                    <span class="sr-only" id="find-q-limit">{format!("At most {LONGEST} characters.")}</span>
                    <button class="btn btn-primary" type="submit">"Find"</button>
                </form>
                <CountLine count=u64::try_from(number).unwrap_or(0) one="result" many="results" filter=filter/>
                <Card title=title flush=true>{content}</Card>
            </div>
        </Page>
    }
    .into_any()
}
