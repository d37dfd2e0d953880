//! `/changes/:id`: one change. What it would change and why, for which open requests it changes
//! nothing, and the step that the caller may take.

use super::api;
use super::port::{ChangeLine, ChangeView, Difference};
use super::refused::RefusedStep;
use super::steps::{decide, take_back};
use super::versions::{proposer, value_or_none};
use super::words::{happened, pinned, tone};
use crate::error::AppError;
use crate::paths;
use crate::requests::port::RequestsQuery;
use crate::requests::trails::moment;
use crate::status::Failed;
use crate::ui::{
    Card, Column, Columns, DataTable, Fact, FactsList, Notice, Page, Skeleton, SkeletonShape, Status, Step, StepState, Steps, Tone,
};
use domain::change::ChangeState;
use domain::id::ChangeId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// `/changes/:id`
#[component]
pub fn ChangeRoute() -> impl IntoView {
    let (params, url) = (use_params_map(), use_url());
    let refused = StoredValue::new(use_context::<RefusedStep>());
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let change = Resource::new(
        move || id.get(),
        |id| async move {
            match id.parse::<ChangeId>() {
                Ok(id) => api::show(id).await,
                Err(_) => Err(AppError::NotFound),
            }
        },
    );
    let body = move || {
        Suspend::new(async move {
            match change.await {
                Ok(change) => {
                    let said = url.with_untracked(|url| happened(url.search(), &change));
                    page(change, said, refused.get_value())
                }
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Page title="Change"><Skeleton shape=SkeletonShape::Card/></Page> }>{body}</Transition> }
        .into_any()
}

fn page(change: ChangeView, said: Option<String>, refused: Option<RefusedStep>) -> AnyView {
    let id = change.line.id;
    let number = change.line.number.clone();
    let title = format!("Change to {}", change.line.record_name);
    let (mark, state) = (tone(change.line.state), change.line.state.label());
    let facts = facts(&change);
    let path = path(&change);
    let not_done = refused.as_ref().map(|refused| not_done(&refused.error));
    let decide = change.may_confirm.then(|| decide(id, refused.as_ref()));
    let take_back = change.may_withdraw.then(|| take_back(id));
    let ChangeView { line, reason, differences, decided, .. } = change;
    let words = decided.and_then(|(by, _, words)| (!words.is_empty()).then_some((by, words)));
    let words = words.map(|(by, words)| {
        let title = if line.state == ChangeState::Refused { "Why it was refused" } else { "What the second person said" };
        view! { <Card title=title><p class="whitespace-pre-line">{words}</p><p class="text-ink-2"><a href=paths::identity(by.id)>{by.name}</a></p></Card> }
    });
    let aside = move || view! { {facts}{path} };
    view! {
        <Title text=number.clone()/>
        <Page title=title overline=number tags=move || view! { <Status tone=mark text=state/> }>
            <div class="stack">
                <div role="status" class="empty:hidden">{said.map(|said| view! { <Notice tone=Tone::Ok title=said/> })}</div>
                {not_done}
                <Columns aside=aside>
                    {difference(differences, line.state)}
                    <Card title="Why"><p class="whitespace-pre-line">{reason}</p></Card>
                    {words}
                    {decide}
                    {take_back}
                </Columns>
            </div>
        </Page>
    }
    .into_any()
}

fn not_done(error: &AppError) -> AnyView {
    if error.problems().is_empty() {
        view! { <div role="alert"><Notice tone=Tone::Bad title="Nothing was recorded." text=error.sentence()/></div> }.into_any()
    } else {
        // Said at the field and in the summary above it.
        ().into_any()
    }
}

fn difference(differences: Vec<Difference>, state: ChangeState) -> AnyView {
    let count = differences.len();
    let rows = differences
        .into_iter()
        .map(|Difference { label, before, after, needs_second }| {
            let mark = needs_second
                .then(|| view! { <br/><span class="sm:whitespace-nowrap"><Status tone=Tone::Waiting text="Second person"/></span> });
            view! {
                <tr>
                    <th scope="row">{label}{mark}</th>
                    <td class="whitespace-pre-line wrap-anywhere text-ink-2">{value_or_none(before)}</td>
                    <td class="whitespace-pre-line wrap-anywhere">{value_or_none(after)}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    let done = state == ChangeState::InForce;
    let title = if done { "What it changed" } else { "What it would change" };
    let columns = vec![Column::text("Field"), Column::text("Before"), Column::text("After")];
    let fields = if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
    view! { <Card title=title flush=true aside=move || fields><DataTable caption=title columns=columns>{rows}</DataTable></Card> }
        .into_any()
}

fn facts(change: &ChangeView) -> AnyView {
    let ChangeLine { kind, record_key, record_name, proposed_by, proposed, effective, .. } = change.line.clone();
    let record = if change.record_opens {
        view! { <a href=paths::record(kind, &record_key)>{record_name}</a> }.into_any()
    } else {
        record_name.into_any()
    };
    let version = change.version.map(|version| {
        let link = paths::record_version(kind, &record_key, version);
        view! { <Fact term="Made"><a href=link>"Version "{version.to_string()}</a></Fact> }
    });
    let requests = change.pinned_requests.map(|count| {
        let words = pinned(count);
        let requests = if change.lists_requests && count > 0 {
            let list = paths::requests(&RequestsQuery { change: change.line.id.to_string(), ..RequestsQuery::default() });
            view! { <a href=list>{words}</a> }.into_any()
        } else {
            words.into_any()
        };
        view! { <Fact term="Requests under way">{requests}</Fact> }
    });
    let term = if change.line.state == ChangeState::InForce { "In force since" } else { "Wanted from" };
    let from = if waits_for_nothing_else(&change.line) { CONFIRMED_AT_ONCE.into_any() } else { moment(&effective) };
    view! {
        <Card title="Facts">
            <FactsList>
                <Fact term="Record">{record}</Fact>
                <Fact term="Kind"><a href=paths::records(kind)>{kind.label()}</a></Fact>
                <Fact term="Proposed by">{proposer(proposed_by)}</Fact>
                <Fact term="Proposed">{moment(&proposed)}</Fact>
                <Fact term=term>{from}</Fact>
                {version}
                {requests}
            </FactsList>
        </Card>
    }
    .into_any()
}

/// What is said instead of a time when only the second person is missing.
pub const CONFIRMED_AT_ONCE: &str = "as soon as it is confirmed";

/// Whether the time that it is wanted for has come, so that it will be in force when it is confirmed.
pub fn waits_for_nothing_else(line: &ChangeLine) -> bool {
    line.state == ChangeState::Proposed && line.due
}

/// Where it stands on its way: proposed, second person, in force.
fn path(change: &ChangeView) -> AnyView {
    let ChangeLine { proposed_by, proposed, effective, needs_second, state, .. } = change.line.clone();
    let decided = change.decided.clone().map(|(by, when, _)| format!("{} · {}", by.name, when.text));
    let second = needs_second.then(|| {
        let (step, title) = match state {
            ChangeState::Proposed => (StepState::Now, "A second person confirms"),
            ChangeState::Confirmed | ChangeState::InForce => (StepState::Done, "Confirmed"),
            ChangeState::Refused => (StepState::Stopped, "Refused"),
            ChangeState::Withdrawn => (StepState::Stopped, "Taken back"),
            ChangeState::Overtaken => (StepState::Stopped, "Overtaken by another change"),
        };
        let text = decided.clone().or_else(|| {
            (state == ChangeState::Proposed).then(|| "Somebody in scope who did not propose it and gains nothing by it".to_owned())
        });
        view! { <Step state=step title=title text=text/> }
    });
    let (step, title) = match state {
        ChangeState::InForce => (StepState::Done, "In force"),
        ChangeState::Confirmed => (StepState::Now, "Waits for its time"),
        ChangeState::Proposed => (StepState::Next, "In force"),
        ChangeState::Refused | ChangeState::Withdrawn | ChangeState::Overtaken => (StepState::Stopped, "Never in force"),
    };
    let text = match state {
        ChangeState::InForce => format!("since {}", effective.text),
        ChangeState::Proposed if waits_for_nothing_else(&change.line) => CONFIRMED_AT_ONCE.to_owned(),
        ChangeState::Confirmed | ChangeState::Proposed => format!("from {}", effective.text),
        ChangeState::Refused | ChangeState::Withdrawn | ChangeState::Overtaken => state.label().to_owned(),
    };
    view! {
        <Card title="Its way">
            <Steps>
                <Step state=StepState::Done title="Proposed" text=format!("{} · {}", proposed_by.name, proposed.text)/>
                {second}
                <Step state=step title=title text=text/>
            </Steps>
        </Card>
    }
    .into_any()
}
