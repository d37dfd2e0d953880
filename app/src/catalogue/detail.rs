//! One entitlement: what it allows, who answers for it, its versions, what it conflicts with, and
//! the way to ask for it.

use super::api;
use super::port::{ConflictLine, EntitlementVersion, EntitlementView, Part, Reach};
use super::told::{colleagues, usual_time, usual_time_basis};
use crate::changes::versions::{pages, value_or_none};
use crate::error::AppError;
use crate::grants::port::AccessOf;
use crate::paths;
use crate::record::EntitlementCard;
use crate::requests::ask::AskFor;
use crate::requests::words::count;
use crate::status::Failed;
use crate::ui::{
    ButtonKind, Card, Column, Columns, DataTable, Disclosure, Fact, FactsList, LinkButton, Notice, Page, Skeleton, SkeletonShape, TierTag,
    Tone,
};
use domain::change::RecordKind;
use domain::id::EntitlementId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// `/catalogue/:id`
#[component]
pub fn EntitlementRoute() -> impl IntoView {
    let params = use_params_map();
    let url = use_url();
    let id = move || params.with(|params| params.get("id")).unwrap_or_default();
    // What is no number begins with the newest version.
    let before = Memo::new(move |_| url.with(|url| paths::parameter(url.search(), paths::VERSIONS_BEFORE).parse::<i32>().ok()));
    let entitlement = Resource::new(
        move || (id(), before.get()),
        |(id, before)| async move {
            match id.parse::<EntitlementId>() {
                Ok(id) => api::entitlement(id, before).await,
                Err(_) => Err(AppError::NotFound),
            }
        },
    );
    let body = move || {
        Suspend::new(async move {
            match entitlement.await {
                Ok(entitlement) => {
                    let replaces = url.with_untracked(|url| paths::parameter(url.search(), paths::REPLACES));
                    page(entitlement, replaces, before.get_untracked().is_some())
                }
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Page title="Entitlement"><Skeleton shape=SkeletonShape::Card/></Page> }>{body}</Transition> }
        .into_any()
}

/// `replaces`: the grant that it would take the place of, or empty. `below`: the page of versions does
/// not begin with the newest.
fn page(entitlement: EntitlementView, replaces: String, below: bool) -> AnyView {
    let EntitlementCard { id, version, name, description, application, tier, .. } = entitlement.card.clone();
    let overline = format!("{application} · version {version}");
    let requestable = entitlement.closed.is_none() && entitlement.reach != Reach::Others;
    let for_whom = for_whom(&entitlement);
    let record = paths::record(RecordKind::Entitlement, &id.to_string());
    let edit = entitlement.may_edit.then(|| view! { <LinkButton href=format!("{record}?edit#edit")>"Edit"</LinkButton> });
    let versions_link =
        entitlement.may_read_changes.then(|| view! { <LinkButton href=format!("{record}#versions")>"Versions"</LinkButton> });
    let asked = name.clone();
    let word = if replaces.is_empty() { "Request this" } else { "Request instead" };
    let actions = move || {
        view! {
            {versions_link}
            {edit}
            {requestable.then(|| view! { <AskFor entitlement=id name=asked word=word kind=ButtonKind::Primary replaces=replaces/> })}
        }
    };
    let closed = entitlement.closed.map(|closed| view! { <Notice tone=Tone::Info title="Not open for requests." text=closed.said()><a href=paths::CATALOGUE>"Search the catalogue"</a></Notice> });
    let aside = facts(&entitlement);
    let EntitlementView { actions: does, data_actions, versions, versions_below, conflicts, gives, part_of, may_read_changes, .. } =
        entitlement;
    view! {
        <Title text=name.clone()/>
        <Page title=name overline=overline tags=move || view! { <TierTag tier=tier.word()/> } actions=actions>
            <div class="stack">
                {closed}
                {for_whom}
                <Columns aside=move || aside>
                    <Card title="What it allows">
                        <p>{description}</p>
                        {allowed("On settings", does)}
                        {allowed("On data", data_actions)}
                    </Card>
                    {parts("Gives also", "What it includes", gives)}
                    {parts("Is part of", "What includes it", part_of)}
                    {conflicting(conflicts, may_read_changes)}
                    {kept(id, version, versions, versions_below, below)}
                </Columns>
            </div>
        </Page>
    }
    .into_any()
}

/// Whether the reader is among those it is meant for, when it is not meant for everyone.
fn for_whom(entitlement: &EntitlementView) -> Option<AnyView> {
    let audience = entitlement.audience.clone()?;
    let (title, text) = match entitlement.reach {
        Reach::Caller => return None,
        Reach::Theirs => (
            "Not for you, but for your people.",
            format!("It is meant for {audience}: you can ask for it for somebody who reports to you or whom you answer for."),
        ),
        Reach::Others => (
            "Not for you.",
            format!(
                "It is meant for {audience}. You see it because of your role, because you answer for it, or because you have to do with it already."
            ),
        ),
    };
    Some(view! { <Notice tone=Tone::Info title=title text=text/> }.into_any())
}

/// What the reader has of it.
fn mine(entitlement: &EntitlementView) -> AnyView {
    match (&entitlement.held_since, entitlement.pending) {
        (Some(since), _) => view! { "You hold it since "<time datetime=since.at.to_string()>{since.text.clone()}</time> }.into_any(),
        (None, Some(request)) => view! { <a href=paths::request(request)>"You asked for it"</a> }.into_any(),
        (None, None) => match &entitlement.held_inside {
            Some(whole) => format!("You hold it inside {whole}").into_any(),
            None => "You do not hold it".into_any(),
        },
    }
}

fn parts(title: &'static str, caption: &'static str, parts: Vec<Part>) -> Option<AnyView> {
    if parts.is_empty() {
        return None;
    }
    let rows = parts
        .into_iter()
        .map(|Part { id, name, application, tier }| {
            let name = match id {
                Some(id) => view! { <a href=paths::entitlement(id)>{name}</a> }.into_any(),
                None => name.into_any(),
            };
            view! { <tr><th scope="row">{name}</th><td>{application}</td><td><TierTag tier=tier.word()/></td></tr> }
        })
        .collect_view();
    let columns = vec![Column::text("Entitlement"), Column::text("Application"), Column::text("Tier")];
    Some(view! { <Card title=title flush=true><DataTable caption=caption columns=columns>{rows}</DataTable></Card> }.into_any())
}

fn facts(entitlement: &EntitlementView) -> AnyView {
    let mine = mine(entitlement);
    let EntitlementView { peers, usual, audience, access_to, .. } = entitlement.clone();
    let EntitlementView { card, application_code, tier_reason, tier_guessed, holders, review_every_days, may_read_changes, .. } =
        entitlement.clone();
    let EntitlementCard { id, application, classification, logging, owner, longest_days, .. } = card;
    let same = paths::with(paths::CATALOGUE, &[("application", &application_code)]);
    let record = may_read_changes.then(|| {
        let records = paths::with(&paths::records(RecordKind::Application), &[("q", &application_code)]);
        view! { " · "<a href=records>"Its record"</a> }
    });
    let owner = match owner {
        Some(owner) => view! { <a href=paths::identity(owner.id)>{owner.name}</a> }.into_any(),
        None => "Nobody is recorded".into_any(),
    };
    let number = match count(holders) {
        1 => "1 person".to_owned(),
        number => format!("{number} people"),
    };
    let held_by = match access_to {
        Some(application) => {
            let (this, all) = (paths::access_of(AccessOf::Entitlement, id), paths::access_of(AccessOf::Application, application));
            view! { <a href=this>{number}</a>" · "<a href=all>"Access to the whole application"</a> }.into_any()
        }
        None => number.into_any(),
    };
    let guessed = tier_guessed.then_some(". Guessed at import; nobody has looked at it yet");
    view! {
        <Card title="Facts">
            <FactsList>
                <Fact term="Application"><a href=same>{application}</a>{record}</Fact>
                <Fact term="Owner">{owner}</Fact>
                <Fact term="Data">{classification.label()}</Fact>
                <Fact term="Logging">{logging.label()}</Fact>
                <Fact term="Longest time">{longest_days.map_or_else(|| "No limit of its own".to_owned(), |days| format!("{days} days"))}</Fact>
                <Fact term="Reviewed">"every "{review_every_days.to_string()}" days"</Fact>
                <Fact term="You">{mine}</Fact>
                {peers.map(|peers| view! { <Fact term="Colleagues">{colleagues(&peers)}</Fact> })}
                <Fact term="Usual time">{usual_time(&usual)}" "<span class="text-ink-3">{usual_time_basis(&usual)}</span></Fact>
                <Fact term="Meant for">{audience.unwrap_or_else(|| "Everyone".to_owned())}</Fact>
                <Fact term="Held by">{held_by}</Fact>
                <Fact term="Why this tier">{tier_reason}{guessed}</Fact>
            </FactsList>
        </Card>
    }
    .into_any()
}

/// A long list of actions folds.
const SHOWN: usize = 12;

fn allowed(title: &'static str, actions: Vec<String>) -> AnyView {
    if actions.is_empty() {
        return ().into_any();
    }
    let number = actions.len();
    let list = actions.into_iter().map(|action| view! { <li class="code break-all">{action}</li> }).collect_view();
    let list = view! { <ul role="list">{list}</ul> };
    if number > SHOWN {
        view! { <h3>{title}</h3><Disclosure summary=format!("{number} actions")>{list}</Disclosure> }.into_any()
    } else {
        view! { <h3>{title}</h3>{list} }.into_any()
    }
}

/// `linked`: the reader may open the rules themselves.
fn conflicting(conflicts: Vec<ConflictLine>, linked: bool) -> AnyView {
    if conflicts.is_empty() {
        return view! { <Card title="Conflicts"><p class="text-ink-2">"No separation-of-duties rule names it."</p></Card> }.into_any();
    }
    let lines = conflicts
        .into_iter()
        .map(|line| {
            let ConflictLine { code, title, severity, mitigation, at_most, others, through } = line;
            let others = others.join(", ");
            let apart = match at_most {
                Some(most) => format!("At most {most} of a set with: {others}"),
                None => format!("Not together with: {others}"),
            };
            let through = (!through.is_empty()).then(|| format!("Because it includes {}", through.join(", ")));
            let code = if linked {
                let rule = paths::with(&paths::records(RecordKind::Conflict), &[("q", &code)]);
                view! { <a class="code" href=rule>{code}</a> }.into_any()
            } else {
                view! { <span class="code">{code}</span> }.into_any()
            };
            let mitigation = (!mitigation.is_empty()).then(|| format!("{}: {mitigation}", severity.mitigation_means()));
            view! {
                <li class="grid gap-1 px-3.5 py-2.5">
                    <div class="line"><h3>{title}</h3><span class="text-ink-3">{severity.label()}" "{code}</span></div>
                    <p class="text-ink-2">{apart}</p>
                    {through.map(|text| view! { <p class="text-ink-2">{text}</p> })}
                    {mitigation.map(|text| view! { <p class="text-ink-2">{text}</p> })}
                </li>
            }
        })
        .collect_view();
    view! { <Card title="Conflicts" flush=true><ul class="divide-y divide-line" role="list">{lines}</ul></Card> }.into_any()
}

/// A page of its versions, each folded. `now` is the one in force, `next` the version below which the
/// next page begins.
fn kept(id: EntitlementId, now: i32, versions: Vec<EntitlementVersion>, next: Option<i32>, below: bool) -> AnyView {
    let address = paths::entitlement(id);
    let shown = match (versions.first(), versions.last()) {
        (Some(first), Some(last)) if below || next.is_some() => format!("{} to {}", last.version, first.version),
        _ => format!("{} kept", versions.len()),
    };
    let lines = versions
        .into_iter()
        .map(|EntitlementVersion { version, since, fields }| {
            let standing = if version == now { " · in force" } else { "" };
            let summary = format!("Version {version} · from {}{standing}", since.text);
            let facts = fields
                .into_iter()
                .map(|(label, value)| view! { <Fact term=label><span class="whitespace-pre-line wrap-anywhere">{value_or_none(value)}</span></Fact> })
                .collect_view();
            view! { <Disclosure summary=summary id=format!("version-{version}")><FactsList>{facts}</FactsList></Disclosure> }.into_any()
        })
        .collect();
    pages(&address, lines, shown, next, below)
}
