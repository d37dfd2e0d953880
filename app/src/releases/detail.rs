//! `/releases/:id`: planned beside actual, decision trail beside execution trail, and the form
//! that confirms.

use super::api::show_release;
use super::confirm::{DONE, EVIDENCE, confirmation, said};
use super::list::{kind, state};
use super::port::ReleaseView;
use crate::paths;
use crate::requests::gates::GatesCard;
use crate::requests::stages::StagesCard;
use crate::requests::trails::{Trails, moment};
use crate::status::Failed;
use crate::ui::{Card, Columns, Fact, FactsList, Notice, Page, Skeleton, SkeletonShape, Stack, Status, TierTag, Tone};
use domain::release::ReleaseState;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};

/// One release.
#[component]
pub fn ReleaseRoute() -> impl IntoView {
    let params = use_params_map();
    let search = use_location().search;
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let done = Memo::new(move |_| search.with(|search| paths::parameter(search, DONE)));
    let typed = Memo::new(move |_| search.with(|search| paths::parameter(search, EVIDENCE)));
    let release = Resource::new(move || id.get(), show_release);
    let content = move || {
        Suspend::new(async move {
            match release.await {
                Ok(release) => page(release, done, typed.get_untracked()),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Release"/>
        <Transition fallback=|| view! { <div class="page"><Stack><Skeleton shape=SkeletonShape::Card/><Skeleton shape=SkeletonShape::Card/></Stack></div> }>
            {content}
        </Transition>
    }
    .into_any()
}

fn page(release: ReleaseView, done: Memo<String>, typed: String) -> AnyView {
    let form = confirmation(&release, typed);
    let line = release.line.clone();
    let title = format!("{}: {} for {}", line.kind.label(), line.entitlement, line.subject.name);
    let waits = matches!(line.state, ReleaseState::Planned | ReleaseState::Held { .. });
    let waits = if waits { format!(" · waits {}", line.age) } else { String::new() };
    let overline = format!("{} · for {}{waits}", line.number, line.request_number);
    let (tone, word) = state(&line.state);
    let tags = move || view! { <TierTag tier=line.tier.word()/><Status tone=tone text=word/> };
    let request = paths::request(line.request);
    let held = held(&line.state);
    let gates = release.gates.clone();
    let stages = release.stages.clone();
    let timeline = release.timeline.clone();
    let (planned, actual) = (planned(release.clone()), actual(release.clone()));
    let aside = move || view! { <StagesCard stages=stages title="Who decided"/> };
    view! {
        <Page title=title overline=overline tags=tags actions=move || view! { <a href=request>"Open the request"</a> }>
            <Stack>
                <div role="status" class="empty:hidden">{move || done.with(|done| said(done))}</div>
                {held}
                <Columns aside=aside>
                    <div class="grid gap-3.5 md:grid-cols-2">{planned}{actual}</div>
                    {form}
                    {gates.map(|evaluation| view! { <GatesCard evaluation=evaluation title="Gates at the last attempt"/> })}
                    <Card title="Decision and execution" id="trails"><Trails events=timeline/></Card>
                </Columns>
                <p class="count-line">"As of "{release.as_of.text}</p>
            </Stack>
        </Page>
    }
    .into_any()
}

/// Why the last attempt came to nothing.
fn held(state: &ReleaseState) -> Option<AnyView> {
    let ReleaseState::Held { reasons } = state else { return None };
    let reasons = reasons.iter().map(|reason| view! { <li>{reason.clone()}</li> }).collect_view();
    Some(
        view! {
            <Notice tone=Tone::Bad title="Held by its gates." text="Nothing was released. It can be tried again once these are cleared; the gates run anew each time.">
                <ul class="notice-list">{reasons}</ul>
            </Notice>
        }
        .into_any(),
    )
}

fn planned(release: ReleaseView) -> AnyView {
    let ReleaseView { line, planned, .. } = release;
    view! {
        <Card title="Planned">
            <FactsList>
                <Fact term="Change">{kind(line.kind)}</Fact>
                <Fact term="Entitlement"><a href=paths::entitlement(planned.id)>{planned.name}</a></Fact>
                <Fact term="Version">{planned.version.to_string()}</Fact>
                <Fact term="Application">{planned.application}</Fact>
                <Fact term="For"><a href=paths::identity(line.subject.id)>{line.subject.name}</a></Fact>
                <Fact term="Not before">{moment(&line.not_before)}</Fact>
            </FactsList>
            <p class="text-ink-2">{planned.description}</p>
        </Card>
    }
    .into_any()
}

fn actual(release: ReleaseView) -> AnyView {
    let ReleaseView { line, actual, .. } = release;
    let evidence = match &line.state {
        ReleaseState::Executed { evidence, .. } => Some(evidence.clone()),
        ReleaseState::Planned | ReleaseState::Held { .. } | ReleaseState::Cancelled => None,
    };
    let by = match line.executed_by {
        Some(person) => view! { <a href=paths::identity(person.id)>{person.name}</a> }.into_any(),
        None => view! { <span class="text-ink-2">"Nobody yet"</span> }.into_any(),
    };
    let (tone, word) = state(&line.state);
    view! {
        <Card title="Actual">
            <FactsList>
                <Fact term="State"><Status tone=tone text=word/></Fact>
                <Fact term="Since">{moment(&line.since)}</Fact>
                <Fact term="Access">{actual}</Fact>
                <Fact term="Carried out by">{by}</Fact>
                {evidence.map(|evidence| view! { <Fact term="Evidence"><span class="whitespace-pre-line">{evidence}</span></Fact> })}
            </FactsList>
        </Card>
    }
    .into_any()
}
