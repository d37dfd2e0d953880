//! Lists of access: of one identity, to one application, to one entitlement. The address holds every
//! filter; of an identity it may name a past day instead.

use super::api;
use super::on_day::on_a_day;
use super::port::{AccessLine, AccessOf, AccessPage, AccessQuery};
use super::words;
use crate::catalogue::port::Facet;
use crate::paths;
use crate::requests::trails::moment;
use crate::requests::words::count;
use crate::status::Failed;
use crate::ui::{
    Button, Card, Column, CountLine, DataTable, EmptyState, FilterValue, NextPage, Notice, Page, SelectField, Skeleton, Status, TierTag,
    Tone, chosen_in_words, facets, known,
};
use domain::id::UnitId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// `/identities/:id/access`
#[component]
pub fn IdentityAccessRoute() -> impl IntoView {
    route(AccessOf::Identity)
}

/// `/catalogue/applications/:id/access`
#[component]
pub fn ApplicationAccessRoute() -> impl IntoView {
    route(AccessOf::Application)
}

/// `/catalogue/:id/access`
#[component]
pub fn EntitlementAccessRoute() -> impl IntoView {
    route(AccessOf::Entitlement)
}

fn route(of: AccessOf) -> AnyView {
    let (url, params) = (use_url(), use_params_map());
    let query = Memo::new(move |_| {
        url.with(|url| {
            let text = |name| paths::parameter(url.search(), name);
            AccessQuery {
                of,
                id: params.read().get("id").unwrap_or_default(),
                state: text("state"),
                within: text("within"),
                tier: text("tier"),
                unit: text("unit"),
                connection: text("connection"),
                on: text("on"),
                after: text("after"),
            }
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
        <Title text="Access"/>
        <Transition fallback=|| view! { <Page title="Access"><Skeleton rows=8/></Page> }>{body}</Transition>
    }
    .into_any()
}

fn list(query: AccessQuery, found: AccessPage) -> AnyView {
    let AccessPage { name, page, states, withins, tiers, units, connections, on, partial, as_of } = found;
    let values = |facets: Vec<Facet>| facets.into_iter().map(Facet::parts).collect::<Vec<_>>();
    let (states, withins, tiers, units, connections) = (values(states), values(withins), values(tiers), values(units), values(connections));
    let chosen = in_words(&query, &[&states, &withins, &tiers, &units, &connections]);
    let filters = on.is_none().then(|| {
        view! {
            {chips(&query, "State", "Any state", states, &query.state, |query, value| query.state = value)}
            {chips(&query, "End", "Any end", withins, &query.within, |query, value| query.within = value)}
            {chips(&query, "Tier", "Any tier", tiers, &query.tier, |query, value| query.tier = value)}
            {narrowing(&query, units, connections)}
        }
    });
    let back = match query.of {
        AccessOf::Identity => query.id.parse().ok().map(paths::identity),
        AccessOf::Entitlement => query.id.parse().ok().map(paths::entitlement),
        AccessOf::Application => None,
    };
    let back = back.map(|href| view! { <p><a href=href>{name.clone()}</a></p> });
    let now = paths::access_of(query.of, &query.id);
    let hint = "What was held at any time on that day, and why.";
    let day = (query.of == AccessOf::Identity).then(|| on_a_day(now, query.on.clone(), on.is_some(), hint));
    let partial = partial.then(|| {
        view! { <p class="text-ink-2">"You see your own access, that of people who report to you or whom you answer for, and that to your applications."</p> }
    });
    let nothing = on.as_ref().and_then(|on| on.nothing.clone());
    let said = nothing.is_some();
    let nothing = nothing.map(|text| view! { <Notice tone=Tone::Info title="Nothing can be said about that day." text=text/> });
    let then = on.as_ref().and_then(|on| on.day).map(|day| format!("at any time on {}", crate::when::day(day)));
    let filter = then.or_else(|| (!chosen.is_empty()).then(|| chosen.join(", ")));
    let next = page.next.map(|after| paths::access(&AccessQuery { after, ..query.clone() }));
    let people = query.of != AccessOf::Identity;
    let content = if page.rows.is_empty() {
        empty(&query)
    } else {
        view! { {table(page.rows, people, &query.on)}<NextPage href=next what="access"/> }.into_any()
    };
    let whole = (!said).then(|| {
        view! {
            <CountLine count=u64::from(count(page.total)) one="line" many="lines" filter=filter as_of=as_of.text/>
            <Card title="Access" flush=true>{content}</Card>
        }
    });
    let title = match query.of {
        AccessOf::Identity => format!("Access of {name}"),
        AccessOf::Application | AccessOf::Entitlement => format!("Access to {name}"),
    };
    view! {
        <Title text=title.clone()/>
        <Page title=title>
            <div class="stack">
                {back}
                {partial}
                {filters}
                {nothing}
                {whole}
                {day}
            </div>
        </Page>
    }
    .into_any()
}

/// What is chosen, in words.
fn in_words(query: &AccessQuery, filters: &[&[FilterValue]; 5]) -> Vec<String> {
    let [states, withins, tiers, units, connections] = filters;
    // What is unknown filters nothing; a unit that nobody here belongs to filters everything away.
    let elsewhere = known(units, &query.unit).is_empty() && query.unit.parse::<UnitId>().is_ok();
    [
        chosen_in_words(states, known(states, &query.state)),
        chosen_in_words(withins, known(withins, &query.within)),
        chosen_in_words(tiers, known(tiers, &query.tier)),
        chosen_in_words(units, known(units, &query.unit)),
        elsewhere.then(|| "another unit".to_owned()),
        chosen_in_words(connections, known(connections, &query.connection)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn chips(
    query: &AccessQuery,
    label: &'static str,
    any: &'static str,
    values: Vec<FilterValue>,
    chosen: &str,
    set: fn(&mut AccessQuery, String),
) -> Option<AnyView> {
    let chosen = known(&values, chosen);
    facets(label, (any, None), values, chosen, |value| {
        let mut query = AccessQuery { after: String::new(), ..query.clone() };
        set(&mut query, value.to_owned());
        paths::access(&query)
    })
}

/// Units and connections may be many: they are chosen from lists.
fn narrowing(query: &AccessQuery, units: Vec<FilterValue>, connections: Vec<FilterValue>) -> Option<AnyView> {
    if units.len() < 2 && connections.len() < 2 && query.unit.is_empty() && query.connection.is_empty() {
        return None;
    }
    let options = |values: Vec<FilterValue>| {
        values.into_iter().map(|(value, label, count)| (value, format!("{label} ({count})"))).collect::<Vec<_>>()
    };
    let action = paths::access_of(query.of, &query.id);
    let kept = kept(&[("state", &query.state), ("within", &query.within), ("tier", &query.tier)]);
    Some(
        view! {
            <form method="get" action=action class="form-row">
                {kept}
                <SelectField name="unit" label="Unit" options=options(units) value=query.unit.clone() empty="Any unit"/>
                <SelectField name="connection" label="Given through" options=options(connections) value=query.connection.clone() empty="Anything"/>
                <div class="form-actions"><Button submit=true>"Show"</Button></div>
            </form>
        }
        .into_any(),
    )
}

fn kept(filters: &[(&'static str, &String)]) -> AnyView {
    filters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=*name value=(*value).clone()/> })
        .collect_view()
        .into_any()
}

fn table(lines: Vec<AccessLine>, people: bool, on: &str) -> AnyView {
    let first = if people { Column::text("Who") } else { Column::text("Access") };
    let columns = vec![
        first,
        Column::text("Tier"),
        Column::text("Status"),
        Column::text("Since"),
        Column::text("End"),
        Column::text("Why"),
        Column::text("Through"),
    ];
    let rows = lines.into_iter().map(|line| row(line, people, on)).collect_view();
    view! { <DataTable caption="Access, newest first" columns=columns>{rows}</DataTable> }.into_any()
}

fn row(line: AccessLine, people: bool, on: &str) -> AnyView {
    let (tone, word) = words::phase(line.phase);
    let what = view! { <a href=paths::entitlement(line.entitlement)>{line.name.clone()}</a> };
    let head = if people {
        let unit = (!line.unit.is_empty()).then(|| format!(" · {}", line.unit));
        view! { <a href=paths::identity(line.holder.id)>{line.holder.name.clone()}</a><p class="text-ink-3 font-normal">{what}{unit}</p> }
            .into_any()
    } else {
        view! { {what}<p class="text-ink-3 font-normal">{line.application}</p> }.into_any()
    };
    let end = match (&line.ended, &line.ends) {
        (Some(at), _) | (None, Some(at)) => moment(at),
        (None, None) => view! { <span class="text-ink-2">"No end"</span> }.into_any(),
    };
    let reason = line.end_reason.map(|reason| view! { <p class="text-ink-3">{reason.label()}</p> });
    let why = line.grant.map(|grant| view! { " · "{words::why_on(grant, &line.name, on)} });
    view! {
        <tr>
            <th scope="row">{head}</th>
            <td><TierTag tier=line.tier.word()/></td>
            <td><Status tone=tone text=word/></td>
            <td>{moment(&line.since)}</td>
            <td>{end}{reason}</td>
            <td><span class="whitespace-nowrap"><a class="code" href=paths::request(line.request)>{line.request_number}</a>{why}</span><p class="text-ink-3">{line.why}</p></td>
            <td>{line.through}</td>
        </tr>
    }
    .into_any()
}

fn empty(query: &AccessQuery) -> AnyView {
    if !query.on.is_empty() {
        return view! { <EmptyState title="Nothing was held on that day" text="No grant was there at any time of it."/> }.into_any();
    }
    let filtered = [&query.state, &query.within, &query.tier, &query.unit, &query.connection].iter().any(|value| !value.is_empty());
    if filtered {
        let all = paths::access_of(query.of, &query.id);
        return view! { <EmptyState title="Nothing under these filters" text="Choose others above to see the rest." action="Show all" href=all/> }.into_any();
    }
    view! { <EmptyState title="No access" text="Access stands here once a request for it is approved, and stays when it has ended."/> }
        .into_any()
}
