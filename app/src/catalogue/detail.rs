//! One entitlement: what it allows, who answers for it, its versions, what it conflicts with, and
//! the way to ask for it.

use super::api;
use super::api::ChangeTier;
use super::port::EntitlementView;
use super::tier::TierForm;
use crate::error::AppError;
use crate::paths;
use crate::record::EntitlementCard;
use crate::requests::words::count;
use crate::status::Failed;
use crate::ui::{
    ButtonKind, Card, Column, Columns, DataTable, Disclosure, Fact, FactsList, LinkButton, Notice, Page, Skeleton, SkeletonShape, TierTag,
    Tone,
};
use crate::when::When;
use domain::catalogue::RiskTier;
use domain::id::EntitlementId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// `/catalogue/:id`
#[component]
pub fn EntitlementRoute() -> impl IntoView {
    let (params, url) = (use_params_map(), use_url());
    let id = move || params.with(|params| params.get("id")).unwrap_or_default();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    let change = ServerAction::<ChangeTier>::new();
    let entitlement = Resource::new(
        move || (id(), search.get(), change.version().get()),
        |(id, ..)| async move {
            match id.parse::<EntitlementId>() {
                Ok(id) => api::entitlement(id).await,
                Err(_) => Err(AppError::NotFound),
            }
        },
    );
    let body = move || {
        Suspend::new(async move {
            match entitlement.await {
                Ok(entitlement) => page(entitlement, &search.get_untracked(), change),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Page title="Entitlement"><Skeleton shape=SkeletonShape::Card/></Page> }>{body}</Transition> }
        .into_any()
}

fn page(entitlement: EntitlementView, search: &str, change: ServerAction<ChangeTier>) -> AnyView {
    let EntitlementCard { id, version, name, description, application, tier, .. } = entitlement.card.clone();
    let overline = format!("{application} · version {version}");
    let requestable = entitlement.requestable;
    let actions =
        move || requestable.then(|| view! { <LinkButton href=paths::ask_for(id) kind=ButtonKind::Primary>"Request this"</LinkButton> });
    let closed = (!requestable).then(|| view! { <Notice tone=Tone::Info title="Not open for requests." text="It has been retired or has no owner; the catalogue may have something that replaced it."><a href=paths::CATALOGUE>"Search the catalogue"</a></Notice> });
    let changed = paths::has_parameter(search, "changed").then(|| view! { <Notice tone=Tone::Ok title="The tier was changed." text="The next version is in force; earlier requests keep the version they were made with."/> });
    let form = entitlement.may_change_tier.then(|| view! { <TierForm id=id version=version tier=tier action=change/> });
    let aside = facts(&entitlement);
    let EntitlementView { actions: does, data_actions, versions, conflicts, .. } = entitlement;
    view! {
        <Title text=name.clone()/>
        <Page title=name overline=overline tags=move || view! { <TierTag tier=tier.word()/> } actions=actions>
            <div class="stack">
                {changed}
                {closed}
                <Columns aside=move || aside>
                    <Card title="What it allows">
                        <p>{description}</p>
                        {allowed("On settings", does)}
                        {allowed("On data", data_actions)}
                    </Card>
                    {conflicting(conflicts)}
                    {earlier(versions)}
                    {form}
                </Columns>
            </div>
        </Page>
    }
    .into_any()
}

fn facts(entitlement: &EntitlementView) -> AnyView {
    let EntitlementView { card, application_code, tier_reason, tier_guessed, holders, review_every_days, .. } = entitlement.clone();
    let EntitlementCard { application, classification, logging, owner, longest_days, .. } = card;
    let same = paths::with(paths::CATALOGUE, &[("application", &application_code)]);
    let owner = match owner {
        Some(owner) => view! { <a href=paths::identity(owner.id)>{owner.name}</a> }.into_any(),
        None => "Nobody is recorded".into_any(),
    };
    let guessed = tier_guessed.then_some(". Guessed at import; nobody has looked at it yet");
    view! {
        <Card title="Facts">
            <FactsList>
                <Fact term="Application"><a href=same>{application}</a></Fact>
                <Fact term="Owner">{owner}</Fact>
                <Fact term="Data">{classification.label()}</Fact>
                <Fact term="Logging">{logging.label()}</Fact>
                <Fact term="Longest time">{longest_days.map_or_else(|| "No limit of its own".to_owned(), |days| format!("{days} days"))}</Fact>
                <Fact term="Reviewed">"every "{review_every_days.to_string()}" days"</Fact>
                <Fact term="Held by">{match count(holders) { 1 => "1 person".to_owned(), number => format!("{number} people") }}</Fact>
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

fn conflicting(conflicts: Vec<(String, String, Vec<String>)>) -> AnyView {
    let lines = conflicts
        .into_iter()
        .map(|(code, title, others)| {
            view! {
                <li class="grid gap-1 px-3.5 py-2.5">
                    <div class="line"><h3>{title}</h3><span class="code text-ink-3">{code}</span></div>
                    <p class="text-ink-2">"Not together with: "{others.join(", ")}</p>
                </li>
            }
        })
        .collect::<Vec<_>>();
    if lines.is_empty() {
        return view! { <Card title="Conflicts"><p class="text-ink-2">"No separation-of-duties rule names it."</p></Card> }.into_any();
    }
    view! { <Card title="Conflicts" flush=true><ul class="divide-y divide-line" role="list">{lines}</ul></Card> }.into_any()
}

fn earlier(versions: Vec<(i32, When, RiskTier, String)>) -> AnyView {
    let rows = versions
        .into_iter()
        .map(|(version, at, tier, reason)| {
            view! {
                <tr>
                    <th scope="row">{version.to_string()}</th>
                    <td><time datetime=at.at.to_string()>{at.text}</time></td>
                    <td><TierTag tier=tier.word()/></td>
                    <td>{reason}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return view! { <Card title="Versions"><p class="text-ink-2">"This is the first version."</p></Card> }.into_any();
    }
    let columns = vec![Column::text("Version"), Column::text("From"), Column::text("Tier"), Column::text("Why")];
    view! { <Card title="Versions" flush=true><DataTable caption="Versions, newest first" columns=columns>{rows}</DataTable></Card> }
        .into_any()
}
