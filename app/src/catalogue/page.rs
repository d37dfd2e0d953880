//! The search of the catalogue. Words and filters stand in the address, so a search can be sent to
//! somebody, and it works as a plain form.

use super::api;
use super::port::{CatalogueHit, CatalogueQuery, CatalogueResults, Facet, Reach, Replaced};
use super::told::{colleagues, usual_time, usual_time_basis};
use crate::paths;
use crate::requests::ask::{AskFor, Templates};
use crate::requests::words::count;
use crate::status::Failed;
use crate::ui::{
    Card, CountLine, EmptyState, FilterValue, NextPage, Notice, Page, SearchField, Skeleton, SkeletonShape, Tag, TierTag, Tone,
    chosen_in_words, facets, known,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// `/catalogue`
#[component]
pub fn CatalogueRoute() -> impl IntoView {
    let url = use_url();
    let query = Memo::new(move |_| {
        url.with(|url| {
            let text = |name| paths::parameter(url.search(), name);
            CatalogueQuery {
                q: text("q"),
                application: text("application"),
                tier: text("tier"),
                after: text("after"),
                replaces: text(paths::REPLACES),
            }
        })
    });
    let results = Resource::new(move || query.get(), api::search);
    let body = move || {
        Suspend::new(async move {
            match results.await {
                Ok(results) => page(query.get_untracked(), results),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Catalogue"/>
        <Transition fallback=|| view! { <Page title="Catalogue"><Skeleton rows=8 shape=SkeletonShape::List/></Page> }>{body}</Transition>
    }
    .into_any()
}

fn page(query: CatalogueQuery, results: CatalogueResults) -> AnyView {
    let CatalogueResults { page, applications, tiers, replaced } = results;
    let values = |facets: Vec<Facet>| facets.into_iter().map(Facet::parts).collect::<Vec<_>>();
    let (applications, tiers) = (values(applications), values(tiers));
    let keep = vec![
        ("application".to_owned(), query.application.clone()),
        ("tier".to_owned(), query.tier.clone()),
        (paths::REPLACES.to_owned(), query.replaces.clone()),
    ];
    let keep = keep.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    // A tier that does not exist filters nothing.
    let tier = known(&tiers, &query.tier);
    let filter = filter_in_words(&query, &applications, chosen_in_words(&tiers, tier), replaced.as_ref());
    let by_tier = facets("Risk tier", ("Any tier", None), tiers, tier, |tier| {
        paths::catalogue(&CatalogueQuery { tier: tier.to_owned(), after: String::new(), ..query.clone() })
    });
    // What takes the place of access is of the same application: there is nothing to choose.
    let by_application = replaced.is_none().then(|| {
        facets("Application", ("Any application", None), applications, &query.application, |application| {
            paths::catalogue(&CatalogueQuery { application: application.to_owned(), after: String::new(), ..query.clone() })
        })
    });
    let replacing = replacing(&query, replaced.as_ref());
    // What is not held any more cannot be replaced.
    let replaces = if replaced.is_some() { query.replaces.clone() } else { String::new() };
    let next = page.next.map(|after| paths::catalogue(&CatalogueQuery { after, ..query.clone() }));
    let hits = page.rows.into_iter().map(|line| hit(line, &replaces)).collect::<Vec<_>>();
    let content = if hits.is_empty() {
        empty(&query)
    } else {
        view! { <ul class="divide-y divide-line" role="list">{hits}</ul><NextPage href=next what="entitlements"/> }.into_any()
    };
    view! {
        <Page title="Catalogue" subtitle="Search by name, description, application or action. Typing errors are forgiven.">
            <div class="stack">
                {replacing}
                <SearchField action=paths::CATALOGUE label="Search the catalogue" value=query.q keep=keep/>
                <Templates/>
                {by_tier}
                {by_application}
                <CountLine count=u64::from(count(page.total)) one="entitlement" many="entitlements" filter=filter/>
                <Card title="Entitlements" flush=true>{content}</Card>
            </div>
        </Page>
    }
    .into_any()
}

/// What the choice is for, when something is to be replaced.
fn replacing(query: &CatalogueQuery, replaced: Option<&Replaced>) -> Option<AnyView> {
    if query.replaces.is_empty() {
        return None;
    }
    let notice = match replaced {
        Some(Replaced { name, application }) => {
            let title = format!("Choose what takes the place of {name}.");
            let text = format!(
                "It has to be of the same application: only {application} is shown. What is held stays until the new access is there, unless a rule does not allow both at once: then it goes first."
            );
            view! { <Notice tone=Tone::Info title=title text=text/> }
        }
        None => {
            view! { <Notice tone=Tone::Warn title="There is nothing to replace." text="The access is not held any more, or it is not for you to change. What you choose here is asked for in addition."/> }
        }
    };
    Some(notice.into_any())
}

fn filter_in_words(
    query: &CatalogueQuery,
    applications: &[FilterValue],
    tier: Option<String>,
    replaced: Option<&Replaced>,
) -> Option<String> {
    let words = [
        (!query.q.is_empty()).then(|| format!("“{}”", query.q)),
        tier,
        match replaced {
            Some(replaced) => Some(replaced.application.clone()),
            None => chosen_in_words(applications, &query.application),
        },
    ];
    let words = words.into_iter().flatten().collect::<Vec<_>>();
    (!words.is_empty()).then(|| words.join(", "))
}

fn hit(hit: CatalogueHit, replaces: &str) -> AnyView {
    let CatalogueHit { card, held, held_inside, pending, requestable, peers, reach, usual } = hit;
    let owner = card.owner.map(|owner| format!(" · owner {}", owner.name)).unwrap_or_default();
    let theirs = (reach == Reach::Theirs).then(|| view! { <Tag text="Not for you, but for your people"/> });
    let inside = held_inside.map(|whole| view! { <Tag tone=Tone::Ok text=format!("You hold it inside {whole}")/> });
    let action = if held {
        view! { <Tag tone=Tone::Ok text="You hold it"/> }.into_any()
    } else if let Some(request) = pending {
        view! { <a href=paths::request(request)><Tag tone=Tone::Waiting text="You asked for it"/></a> }.into_any()
    } else if reach == Reach::Others {
        view! { <Tag text="Not for you"/> }.into_any()
    } else if requestable {
        let word = if replaces.is_empty() { "Request" } else { "Request instead" };
        view! { <AskFor entitlement=card.id name=card.name.clone() word=word replaces=replaces.to_owned()/> }.into_any()
    } else {
        view! { <Tag text="Not open for requests"/> }.into_any()
    };
    view! {
        <li class="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 px-3.5 py-2.5">
            <div class="min-w-0 grow basis-72">
                <p><a class="font-semibold" href=paths::with(&paths::entitlement(card.id), &[(paths::REPLACES, replaces)])>{card.name}</a>" "<TierTag tier=card.tier.word()/></p>
                <p>{card.description}</p>
                <p class="text-ink-3">{card.application}{owner}" · data: "{card.classification.label()}</p>
                <p class="text-ink-3">
                    "Usual time: "<span title=usual_time_basis(&usual)>{usual_time(&usual)}</span>
                    {peers.map(|peers| format!(" · {}", colleagues(&peers)))}
                </p>
            </div>
            <div class="grid justify-items-end gap-1">{theirs}{inside}{action}</div>
        </li>
    }
    .into_any()
}

fn empty(query: &CatalogueQuery) -> AnyView {
    let filtered = !query.application.is_empty() || !query.tier.is_empty();
    let wider = paths::catalogue(&CatalogueQuery { q: query.q.clone(), replaces: query.replaces.clone(), ..CatalogueQuery::default() });
    match (filtered, query.q.is_empty()) {
        (true, _) => view! { <EmptyState title="Nothing found under these filters" text="The words may fit elsewhere: search without the filters." action="Search everywhere" href=wider/> }.into_any(),
        (false, false) => view! { <EmptyState title="Nothing found" text="Try fewer or other words: the name of the application, or what you want to do." action="Show the whole catalogue" href=paths::CATALOGUE/> }.into_any(),
        (false, true) => view! { <EmptyState title="The catalogue is empty" text="An administrator imports applications and what they offer; then it can be asked for here."/> }.into_any(),
    }
}
