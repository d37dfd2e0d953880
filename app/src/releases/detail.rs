//! `/releases/:id`: how far it is, planned beside actual, what can be done about it, every call,
//! decision trail beside execution trail.

use super::api::{ExecuteRelease, show_release};
use super::calls::{calls, found, steps};
use super::claim::ClaimCard;
use super::confirm::{DONE, confirmation, missing_file, said};
use super::evidence::{EvidenceCard, REFUSED};
use super::hands::HandsCard;
use super::ladder::Ladder;
use super::list::{kind, state};
use super::look::second_look;
use super::port::{PinnedRules, ReleaseView, WaitsFor};
use crate::paths;
use crate::requests::gates::GatesCard;
use crate::requests::stages::StagesCard;
use crate::requests::trails::{Trails, moment};
use crate::status::Failed;
use crate::ui::{Card, Columns, Fact, FactsList, Notice, Page, Skeleton, SkeletonShape, Stack, Status, TierTag, Tone};
use domain::change::RecordKind;
use domain::release::ReleaseState;
use domain::saga::StepState;
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
    let refused = Memo::new(move |_| search.with(|search| paths::parameter(search, REFUSED)));
    let calls = Memo::new(move |_| search.with(|search| paths::parameter(search, paths::CALLS)));
    let release = Resource::new(move || (id.get(), calls.get()), |(id, calls)| show_release(id, calls));
    let content = move || {
        Suspend::new(async move {
            match release.await {
                Ok(release) => page(release, done, refused.get_untracked()),
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

fn page(release: ReleaseView, done: Memo<String>, refused: String) -> AnyView {
    let execute = ServerAction::<ExecuteRelease>::new();
    let form = confirmation(&release, execute);
    let missing = missing_file(execute);
    let look = second_look(&release);
    let line = release.line.clone();
    let title = format!("{}: {} for {}", line.kind.label(), line.entitlement, line.subject.name);
    let waits = !line.state.is_over();
    let waits = if waits { format!(" · waits {}", line.age) } else { String::new() };
    let overline = format!("{} · for {}{waits}", line.number, line.request_number);
    let (tone, word) = state(&line.state);
    let tags = move || view! { <TierTag tier=line.tier.word()/><Status tone=tone text=word/> };
    let request = paths::request(line.request);
    let (trouble, held_up) =
        (trouble(&line.state, &release), release.waits_for.as_ref().map(|other| waits_for(other, release.by_hand.is_some())));
    let gates = release.gates.clone();
    let stages = release.stages.clone();
    let timeline = release.timeline.clone();
    let (planned, actual) = (planned(release.clone()), actual(release.clone()));
    let (moved, stands, moments, who) = (line.kind, line.state.clone(), release.moments.clone(), release.clone());
    let aside = move || {
        view! { <Ladder kind=moved state=stands moments=moments/><ClaimCard release=who/><StagesCard stages=stages title="Who decided"/> }
    };
    let (hands, evidence) = (release.clone(), release.clone());
    let calls = calls(&release);
    let machine = view! { {found(release.found)}{steps(release.steps)}{calls} };
    view! {
        <Page title=title overline=overline tags=tags actions=move || view! { <a href=request>"Open the request"</a> }>
            <Stack>
                <div role="status" class="empty:hidden">{move || done.with(|done| said(done))}</div>
                {trouble}
                {held_up}
                <Columns aside=aside>
                    <div class="grid gap-3.5 md:grid-cols-2">{planned}{actual}</div>
                    <HandsCard release=hands/>
                    {look}
                    {form}
                    <EvidenceCard release=evidence refused=refused missing=missing/>
                    {machine}
                    {gates.map(|evaluation| view! { <GatesCard evaluation=evaluation title="Gates at the last attempt"/> })}
                    <Card title="Decision and execution" id="trails"><Trails events=timeline/></Card>
                </Columns>
                <p class="count-line">"As of "{release.as_of.text}</p>
            </Stack>
        </Page>
    }
    .into_any()
}

/// What has to be over before it goes on.
fn waits_for(other: &WaitsFor, by_hand: bool) -> AnyView {
    let (number, text) = match other {
        WaitsFor::Opposite(number) if by_hand => {
            (number, "It is about the same for this person, over there: this one can be carried out when that one is over.")
        }
        WaitsFor::Opposite(number) => (
            number,
            "It is about the same for this person, over there, or about the account that this one needs: this one goes on by itself when that one is over.",
        ),
        WaitsFor::SecondLook(number) => (
            number,
            "People carried it out, it may rest on what would be taken away here, and nobody has looked at it yet: this one goes on by itself when somebody has taken the second look.",
        ),
    };
    view! { <Notice tone=Tone::Plain title=format!("Waits for {number}.") text=text/> }.into_any()
}

/// Why it stands still, and what to do about it.
fn trouble(state: &ReleaseState, release: &ReleaseView) -> Option<AnyView> {
    let (tone, title, failure, todo) = match state {
        ReleaseState::Held { reasons } => return Some(held(reasons, release)),
        ReleaseState::Failed { failure, next_try: Some(_) } => {
            (Tone::Warn, "Failed, and tries again by itself.", failure, "Nothing has to be done. It can be tried again at once below.")
        }
        ReleaseState::Failed { failure, next_try: None } if release.by_hand.is_some() => {
            (Tone::Bad, "Failed.", failure, "Trying again puts it back into the operators' queue.")
        }
        ReleaseState::Failed { failure, next_try: None } => (
            Tone::Bad,
            "Failed, and does not try again by itself.",
            failure,
            "Read the calls below and put right what is wrong over there. Then try again, roll it back, or take it as done with a second person.",
        ),
        ReleaseState::Undoing { failure, .. } => {
            (Tone::Warn, "Is being rolled back.", failure, "What cannot be undone at once is tried again by itself.")
        }
        ReleaseState::Stuck { failure } => (
            Tone::Bad,
            "Rolling back got stuck.",
            failure,
            "Something may be left over there. Put it right, then try again: rolling back goes on.",
        ),
        ReleaseState::RolledBack { failure, evidence } => return Some(rolled_back(&failure.said, evidence.as_deref())),
        _ => return None,
    };
    let text = format!("{} {todo}", failure.said);
    Some(view! { <Notice tone=tone title=title text=text/> }.into_any())
}

/// Why nothing is left of it, and what shows that.
fn rolled_back(said: &str, evidence: Option<&str>) -> AnyView {
    let evidence = evidence.unwrap_or("Nothing had to be undone.");
    let text = format!(
        "{said} {evidence} Trying again plans it anew, through whatever connection the application then has; or the requester withdraws."
    );
    view! { <Notice tone=Tone::Plain title="Rolled back." text=text/> }.into_any()
}

/// Why the last attempt came to nothing.
fn held(reasons: &[String], release: &ReleaseView) -> AnyView {
    use StepState as S;
    let round = release.steps.iter().map(|step| step.round).max();
    let begun = release
        .steps
        .iter()
        .any(|step| Some(step.round) == round && !matches!(step.state, S::Waiting | S::NotNeeded | S::Kept | S::Undone));
    let done = match &release.may_be_there {
        _ if begun => "Something was done for it before, and may be there: rolling it back takes it away.".to_owned(),
        Some(there) => format!(
            "{} confirmed {} that it was done over there, so it may be there: until that is taken back, the request can neither be withdrawn nor changed.",
            there.by.name, there.at.text
        ),
        None => "Nothing was released.".to_owned(),
    };
    let text = format!(
        "{done} It can be tried again once these are cleared; the gates run anew each time. Where facts changed since it was asked for, no gate clears them: the requester submits the next revision of the request, so that everyone decides on what is so now."
    );
    let reasons = reasons.iter().map(|reason| view! { <li>{reason.clone()}</li> }).collect_view();
    view! {
        <Notice tone=Tone::Bad title="Held." text=text>
            <ul class="notice-list">{reasons}</ul>
        </Notice>
    }
    .into_any()
}

fn planned(release: ReleaseView) -> AnyView {
    let ReleaseView { line, planned, pinned, connection, .. } = release;
    let version = paths::entitlement_version(planned.id, planned.version);
    view! {
        <Card title="Planned">
            <FactsList>
                <Fact term="Change">{kind(line.kind)}</Fact>
                <Fact term="Entitlement"><a href=paths::entitlement(planned.id)>{planned.name}</a></Fact>
                <Fact term="Version"><a href=version>{planned.version.to_string()}</a></Fact>
                <Fact term="Application">{planned.application}</Fact>
                <Fact term="For"><a href=paths::identity(line.subject.id)>{line.subject.name}</a></Fact>
                <Fact term="Not before">{moment(&line.not_before)}</Fact>
                <Fact term="Connection">{connection}</Fact>
                {rules(pinned)}
            </FactsList>
            <p class="text-ink-2">{planned.description}</p>
        </Card>
    }
    .into_any()
}

/// The identity specification and the policy set that its request pinned.
fn rules(pinned: PinnedRules) -> AnyView {
    let PinnedRules { population, specification, opens_specification, policy_hash, policy_in_force, opens_controls } = pinned;
    let name = format!("{}, version {specification}", population.label());
    let specification = if opens_specification {
        let href = paths::record_version(RecordKind::Specification, population.word(), specification);
        view! { <a href=href>{name}</a> }.into_any()
    } else {
        name.into_any()
    };
    let hash = view! { <span class="code break-all">{policy_hash}</span> };
    // Only the policy set in force has a page.
    let policies = match (policy_in_force, opens_controls) {
        (true, true) => view! { <a href=paths::CONTROLS>{hash}</a> }.into_any(),
        (true, false) => hash.into_any(),
        (false, _) => view! { {hash}<span class="text-ink-3">", another one is in force now"</span> }.into_any(),
    };
    view! { <Fact term="Specification">{specification}</Fact><Fact term="Policy set">{policies}</Fact> }.into_any()
}

fn actual(release: ReleaseView) -> AnyView {
    let ReleaseView { line, actual, verified_by, .. } = release;
    let evidence = match &line.state {
        ReleaseState::Closed { evidence, .. } => Some(evidence.clone()),
        ReleaseState::Activated { evidence, .. } => evidence.clone(),
        _ => None,
    };
    let by = match line.executed_by {
        Some(person) => view! { <a href=paths::identity(person.id)>{person.name}</a> }.into_any(),
        None if matches!(line.state, ReleaseState::Closed { by: None, .. } | ReleaseState::Activated { by: None, .. }) => {
            "A machine".into_any()
        }
        None => view! { <span class="text-ink-2">"Nobody yet"</span> }.into_any(),
    };
    let looked =
        verified_by.map(|person| view! { <Fact term="Second look by"><a href=paths::identity(person.id)>{person.name}</a></Fact> });
    let (tone, word) = state(&line.state);
    view! {
        <Card title="Actual">
            <FactsList>
                <Fact term="State"><Status tone=tone text=word/></Fact>
                <Fact term="Since">{moment(&line.since)}</Fact>
                <Fact term="Access">{actual}</Fact>
                <Fact term="Carried out by">{by}</Fact>
                {looked}
                {evidence.map(|evidence| view! { <Fact term="Evidence"><span class="whitespace-pre-line">{evidence}</span></Fact> })}
            </FactsList>
        </Card>
    }
    .into_any()
}
