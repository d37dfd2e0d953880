//! The chosen decision: everything to weigh on one page, with the bar to decide below it.

use super::api::Decide;
use super::bar::{Bar, Shown};
use super::list::{Chosen, until};
use super::port::{InboxDetail, InboxPage, InboxQuery};
use super::since::Since;
use super::weigh::{Comparison, Conflicts, WeighCard};
use crate::approvals::team::StageTools;
use crate::attachments::files::AttachmentsOfRequest;
use crate::catalogue::told::{usual_time, usual_time_basis};
use crate::error::AppError;
use crate::paths;
use crate::record::EntitlementCard;
use crate::refused::typed;
use crate::requests::asked;
use crate::requests::conversation::Conversation;
use crate::requests::gates::GatesCard;
use crate::requests::port::RequestView;
use crate::requests::revisions::Revisions;
use crate::requests::stages::StagesCard;
use crate::requests::trails::Trails;
use crate::status::Failed;
use crate::ui::{
    ButtonKind, Card, Column, Columns, DataTable, EmptyState, Fact, FactsList, LinkButton, Notice, PageHead, Skeleton, SkeletonShape,
    Stack, Tag, TierTag, Tone,
};
use crate::when::day;
use domain::catalogue::{Classification, Logging, RiskTier};
use domain::id::StageId;
use domain::lead_time::UsualTime;
use domain::time::days_between;
use leptos::prelude::*;

/// The detail of the stage in the address.
#[component]
pub fn ChosenDecision(
    chosen: Chosen,
    detail: Resource<Result<Option<InboxDetail>, AppError>>,
    list: Resource<Result<InboxPage, AppError>>,
) -> impl IntoView {
    // Without JavaScript a refused decision comes back here, where its stage may be gone by now.
    let refusal = ServerAction::<Decide>::new().value().get_untracked().and_then(Result::err);
    let content = move || {
        let refusal = refusal.clone();
        Suspend::new(async move {
            match detail.await {
                Ok(Some(detail)) => {
                    let beside = list.await.map(|list| neighbours(&list, detail.stage)).unwrap_or_default();
                    decision(detail, beside, chosen)
                }
                Ok(None) => ().into_any(),
                Err(error @ (AppError::NotFound | AppError::NotPossible)) => gone(refusal, &error),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Transition fallback=|| view! { <div class="page page-wide"><Stack><Skeleton shape=SkeletonShape::Card/><Skeleton shape=SkeletonShape::Card/></Stack></div> }>
            {content}
        </Transition>
    }
    .into_any()
}

/// Not yours to decide, or not any more: somebody was quicker, or it was withdrawn.
fn gone(refusal: Option<AppError>, why: &AppError) -> AnyView {
    if refusal == Some(AppError::Changed) {
        return view! {
            <div class="page page-narrow">
                <h1>"Changed since you looked"</h1>
                <Notice tone=Tone::Info title="Nothing was recorded." text="The request moved on before your decision arrived, and this decision is no longer asked for.">
                    <a href=paths::INBOX>"Back to the inbox"</a>
                </Notice>
            </div>
        }
        .into_any();
    }
    let notice = view! {
        <Notice tone=Tone::Info title="It may have been decided." text="A decision leaves the inbox as soon as somebody decides or the request is taken back.">
            <a href=paths::INBOX>"Back to the inbox"</a>
        </Notice>
    };
    if *why == AppError::NotPossible {
        // Asked once, by a link that was right then: no fault of the reader's.
        return view! { <div class="page page-narrow stack"><h1>"Not yours to decide any more"</h1>{notice}</div> }.into_any();
    }
    view! {
        <Failed error=AppError::NotFound/>
        <div class="page page-narrow">{notice}</div>
    }
    .into_any()
}

/// The right side while nothing is chosen.
#[component]
pub fn NothingChosen(chosen: Chosen, list: Resource<Result<InboxPage, AppError>>) -> impl IntoView {
    let content = move || {
        Suspend::new(async move {
            match list.await.ok().and_then(|list| list.page.rows.first().map(|row| row.stage)) {
                Some(first) => view! {
                    <div class="state">
                        <p class="state-title">"Choose a decision from the list"</p>
                        <p class="text-ink-2">"Its gates, what it gives and what to weigh appear here. Keys: j and k move through the list, ? shows them all."</p>
                        <p><LinkButton href=chosen.line(first) kind=ButtonKind::Primary>"Open the first"</LinkButton></p>
                    </div>
                }
                .into_any(),
                None => view! { <EmptyState title="Nothing to decide here" text="The list at the left is empty: you are up to date."/> }.into_any(),
            }
        })
    };
    view! { <div class="page"><Transition fallback=|| ()>{content}</Transition></div> }.into_any()
}

/// The stages before and after this one in the list.
fn neighbours(list: &InboxPage, stage: StageId) -> (Option<StageId>, Option<StageId>) {
    let rows = &list.page.rows;
    let at = rows.iter().position(|row| row.stage == stage);
    let row = |at: Option<usize>| at.and_then(|at| rows.get(at)).map(|row| row.stage);
    (row(at.and_then(|at| at.checked_sub(1))), row(at.map(|at| at + 1)))
}

fn decision(detail: InboxDetail, beside: (Option<StageId>, Option<StageId>), chosen: Chosen) -> AnyView {
    let shown = shown(&detail, beside, chosen);
    let InboxDetail { stage, me, stands_in_for, request, weigh, since_look, .. } = detail;
    let asked = request.stages.iter().find(|line| line.id == stage).cloned();
    let taken = asked.as_ref().and_then(|line| line.claimed.clone()).filter(|(claimant, _)| claimant.id != me);
    let tools = asked.map(|line| view! { <StageTools stage=line me=me/> });
    let title = title(&request);
    let overline =
        format!("{} · revision {} · submitted by {} {}", request.number, request.revision, request.requester.name, request.submitted.text);
    let tiers = tiers(&request.items);
    let subtitle = period(&request);
    let record = paths::request(request.id);
    let asked_for = asked_for(&request);
    let since = since_look.map(|since| view! { <Since since=since revision=request.revision/> });
    let stands_in = stands_in_for.map(|from| {
        view! { <p class="mb-4">"You decide for "<a href=paths::identity(from.id)>{from.name}</a>", who is away. Your name and theirs stand on the decision."</p> }
    });
    let RequestView {
        gates, release_gates, stages, items, timeline, justification, reason, messages, revisions, goes_first, files, ..
    } = request;
    let gates = match gates {
        Some(evaluation) => view! { <GatesCard evaluation=evaluation/> }.into_any(),
        None => {
            view! { <Card title="Gates" id="gates"><p>"No evaluation is recorded for this revision, so nothing counts as met."</p></Card> }
                .into_any()
        }
    };
    let goes_first = goes_first.map(|why| view! { <Notice tone=Tone::Warn title="Not both at the same time." text=why/> });
    let (comparison, conflicts) = (weigh.comparison.clone(), weigh.conflicts.clone());
    let (holders, usual) = (weigh.holders, weigh.usual);
    let aside = move || {
        view! {
            <StagesCard stages=stages you=stage/>
            {tools}
            <WeighCard weigh=weigh/>
        }
    };
    view! {
        <div class="page page-wide">
            <PageHead
                title=title
                overline=overline
                subtitle=subtitle
                tags=move || tiers.into_iter().map(|tier| view! { <TierTag tier=tier.word()/> }).collect_view()
                actions=move || view! { <a href=record>"Open the request"</a> }
            />
            {since}
            {stands_in}
            {goes_first}
            <p class="mb-4 max-w-prose whitespace-pre-line">
                <strong>{reason.label()}": "</strong>{justification}
            </p>
            <Columns aside=aside>
                {asked_for}
                <AttachmentsOfRequest files=files/>
                {gates}
                {release_gates.map(|evaluation| view! { <GatesCard evaluation=evaluation title="Gates at the last attempt to release" id="release-gates"/> })}
                <Conflicts lines=conflicts/>
                <Gives items=items holders=holders usual=usual/>
                <Comparison lines=comparison/>
                <Conversation messages=messages/>
                <Revisions revisions=revisions/>
                <Card title="What happened"><Trails events=timeline/></Card>
            </Columns>
        </div>
        {match taken {
            Some((who, until)) => view! {
                <div class="decision-bar"><p>{who.name}" has taken this on until "{until.text}". It comes back to the team when it is given back, or then."</p></div>
            }
            .into_any(),
            None => view! { <Bar shown=shown/> }.into_any(),
        }}
    }
    .into_any()
}

/// What was asked, besides what the head says: everything of it that a decision is made on and, where
/// it is signed, that the signature covers.
fn asked_for(request: &RequestView) -> AnyView {
    let (kind, answers, rules) = (asked::kind(request, None), asked::answers(request), asked::rules(request));
    let (subject, requester) = (request.subject.clone(), request.requester.clone());
    let on_behalf = (subject.id != requester.id)
        .then(|| view! { <Fact term="Asked by"><a href=paths::identity(requester.id)>{requester.name}</a></Fact> });
    view! {
        <Card title="What is asked" id="asked">
            <FactsList>
                <Fact term="For"><a href=paths::identity(subject.id)>{subject.name}</a></Fact>
                {on_behalf}
                {kind}
                {answers}
                {rules}
            </FactsList>
        </Card>
    }
    .into_any()
}

/// What the decision bar needs to know.
fn shown(detail: &InboxDetail, beside: (Option<StageId>, Option<StageId>), chosen: Chosen) -> Shown {
    let InboxDetail { stage, asked_as, stands_in_for, request, signing, earlier_end, key, .. } = detail;
    let InboxQuery { filter, whose, .. } = chosen.query();
    let asked_as = asked_as.to_lowercase();
    let typed = typed::<Decide>;
    Shown {
        stage: stage.to_string(),
        version: request.version,
        hash: request.content_hash.clone(),
        key: key.to_string(),
        filter,
        whose,
        reload: chosen.line(*stage),
        previous: beside.0.map(|stage| chosen.line(stage)),
        next: beside.1.map(|stage| chosen.line(stage)),
        asked_as: match stands_in_for {
            Some(from) => format!("{asked_as}, for {}", from.name),
            None => asked_as,
        },
        signed: signing.as_ref().map(|signing| match &signing.proven_until {
            Some(until) => format!("Signed with your password, which is not asked for again before {}", until.text),
            None => "Asks for your password".to_owned(),
        }),
        password: signing.as_ref().is_some_and(|signing| signing.proven_until.is_none()),
        hint: signing.as_ref().and_then(|signing| signing.hint.clone()),
        ends: earlier_end.map(|room| (room.first.to_string(), room.last.map(|last| last.to_string()))),
        typed: (typed("verdict"), typed("comment"), typed("ends_on")),
    }
}

fn title(request: &RequestView) -> String {
    let what = match request.items.as_slice() {
        [] => "Access".to_owned(),
        [item] => item.name.clone(),
        [item, more @ ..] => format!("{} and {} more", item.name, more.len()),
    };
    format!("{what} for {}", request.subject.name)
}

fn period(request: &RequestView) -> String {
    let application = request.items.first().map(|item| item.application.clone()).unwrap_or_default();
    let end = request.effective_end;
    let until = until(end.map(day), end.map(|end| days_between(request.starts_on, end)));
    let asked = if end == request.ends_on {
        String::new()
    } else {
        format!("asked for: {}", request.ends_on.map_or_else(|| "no end".to_owned(), day))
    };
    [application, format!("From {}", day(request.starts_on)), until, asked]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

fn tiers(items: &[EntitlementCard]) -> Vec<RiskTier> {
    items.iter().map(|item| item.tier).max().into_iter().collect()
}

/// What the request would give, with what makes it risky, how many have it, and how long it usually
/// takes.
#[component]
pub fn Gives(items: Vec<EntitlementCard>, holders: i64, usual: UsualTime) -> impl IntoView {
    let columns = vec![
        Column::text("Entitlement"),
        Column::text("Data, logging"),
        Column::number("At most"),
        Column::number("Holders"),
        Column::text("Usual time"),
    ];
    let rows = items
        .into_iter()
        .map(|item| {
            let owner = match item.owner {
                Some(owner) => view! { <a href=paths::identity(owner.id)>{owner.name}</a> }.into_any(),
                None => view! { <span class="text-bad">"None recorded"</span> }.into_any(),
            };
            let longest = item.longest_days.map_or_else(|| "no limit".to_owned(), |days| format!("{days} days"));
            view! {
                <tr>
                    <th scope="row" class="min-w-40 wrap-anywhere">
                        <a href=paths::entitlement(item.id)>{item.name}</a>
                        <p class="text-ink-3 font-normal">"Owner: "{owner}</p>
                    </th>
                    <td>
                        <Tag tone=data_tone(item.classification) text=item.classification.label()/>" "
                        <Tag tone=logging_tone(item.logging) text=item.logging.label()/>
                    </td>
                    <td class="num">{longest}</td>
                    <td class="num">{holders}</td>
                    <td><span title=usual_time_basis(&usual)>{usual_time(&usual)}</span></td>
                </tr>
                <tr><td colspan="5"><p class="sticky left-3 max-w-[min(100%,calc(100vw-4rem))] text-ink-2">{item.description}</p></td></tr>
            }
        })
        .collect_view();
    view! { <Card title="What it gives" flush=true><DataTable caption="What it gives" columns=columns>{rows}</DataTable></Card> }.into_any()
}

fn data_tone(classification: Classification) -> Tone {
    match classification {
        Classification::Public | Classification::Internal => Tone::Plain,
        Classification::Confidential => Tone::Warn,
        Classification::Restricted => Tone::Bad,
    }
}

fn logging_tone(logging: Logging) -> Tone {
    match logging {
        Logging::Covered => Tone::Ok,
        Logging::Partial => Tone::Warn,
        Logging::Missing => Tone::Bad,
    }
}
