//! One request with everything on it: what is asked, the gates, who decides, what was carried out,
//! and everything that happened. Prints as a record.

use super::api::{Withdraw, show};
use super::asked;
use super::conversation::{AnswerForm, Conversation};
use super::draft_api::EditRequest;
use super::draft_port::MadeLine;
use super::gates::GatesCard;
use super::made::made_card;
use super::outcome::{Grants, Releases};
use super::port::{RequestView, UnderWay};
use super::revisions::Revisions;
use super::stages::{StagesCard, waits_for};
use super::trails::Trails;
use super::withdraw::WithdrawForm;
use super::words::tone;
use crate::attachments::files::AttachmentsOfRequest;
use crate::error::AppError;
use crate::paths;
use crate::record::EntitlementCard;
use crate::status::Failed;
use crate::ui::{
    Button, ButtonKind, Card, Columns, Fact, FactsList, LinkButton, Notice, Page, Skeleton, SkeletonShape, Status, TierTag, Tone,
};
use crate::when;
use domain::grant::{EndReason, GrantPhase};
use domain::id::RequestId;
use domain::release::ReleaseState;
use domain::request::{RequestKind, RequestState};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// `/requests/:id`
#[component]
pub fn RequestDetailRoute() -> impl IntoView {
    let (params, url) = (use_params_map(), use_url());
    let id = move || params.with(|params| params.get("id")).unwrap_or_default();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    let withdraw = ServerAction::<Withdraw>::new();
    // The query is part of the key: every change leads back here with another one.
    let request = Resource::new(
        move || (id(), search.get(), withdraw.version().get()),
        |(id, ..)| async move {
            match id.parse::<RequestId>() {
                Ok(id) => show(id).await,
                Err(_) => Err(AppError::NotFound),
            }
        },
    );
    let body = move || {
        Suspend::new(async move {
            match request.await {
                Ok(request) => view! { <Record request=request search=search.get_untracked() withdraw=withdraw/> }.into_any(),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Page title="Request"><Skeleton shape=SkeletonShape::Card/></Page> }>{body}</Transition> }
        .into_any()
}

#[component]
fn Record(request: RequestView, search: String, withdraw: ServerAction<Withdraw>) -> impl IntoView {
    let names = request.items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>().join(", ");
    let title = format!("{names} for {}", request.subject.name);
    let overline =
        format!("{} · revision {} · submitted by {} {}", request.number, request.revision, request.requester.name, request.submitted.text);
    let (state_tone, state_word) = (tone(&request.state), request.state.label());
    let expected = expected(&request);
    let notice = done(&search).map(|(title, tone)| view! { <Notice tone=tone title=title text=expected.clone()/> });
    let actions = actions(&request);
    let answer = request.may_answer.then(|| view! { <AnswerForm view=request.clone()/> });
    let withdrawal = request.may_withdraw.then(|| view! { <WithdrawForm view=request.clone() action=withdraw/> });
    let stays = request.under_way.as_ref().map(stays);
    let RequestView {
        number,
        stages,
        releases,
        grants,
        timeline,
        gates,
        release_gates,
        as_of,
        content_hash,
        messages,
        together,
        revisions,
        files,
        ..
    } = request.clone();
    let main = view! {
        {facts(&request)}
        <AttachmentsOfRequest files=files/>
        {gates.map(|evaluation| view! { <GatesCard title="Gates at submission" evaluation=evaluation/> })}
        {release_gates.map(|evaluation| view! { <GatesCard title="Gates at release" id="release-gates" evaluation=evaluation/> })}
        <Conversation messages=messages/>
        <Revisions revisions=revisions/>
        <Card title="What happened" id="trails"><Trails events=timeline/></Card>
    };
    let aside = move || view! { <StagesCard stages=stages/>{asked_together(together)}<Releases releases=releases/><Grants grants=grants/> };
    view! {
        <Title text=number/>
        <Page title=title overline=overline tags=move || view! { <Status tone=state_tone text=state_word/> } actions=move || actions>
            <div class="stack">
                {notice.is_none().then(|| view! { <p class="text-ink-2">{expected}</p> })}
                {notice}
                {answer}
                {withdrawal}
                {stays.map(|why| view! { <p class="text-ink-2">{why}</p> })}
                <Columns aside=aside>{main}</Columns>
                <p class="count-line">"As of "{as_of.text}" · content "<span class="code">{content_hash.get(..16).unwrap_or_default().to_owned()}</span></p>
            </div>
        </Page>
    }
    .into_any()
}

/// Why it can neither be withdrawn nor changed, and who can do something about that.
fn stays(under_way: &UnderWay) -> String {
    let why = match under_way {
        UnderWay::Begun { release } => format!("{release} is under way. An operator can roll it back; after that it can be."),
        UnderWay::InHand { release, by, until } => {
            format!("{by} has taken {release} on until {} and may be doing it. Ask them to give it back; after that it can be.", until.text)
        }
        UnderWay::MayBeThere { release, by } => format!(
            "{by} did {release} although a rule holds it, so it may be there. Ask an operator to take it back and to say so on the release; after that it can be."
        ),
    };
    format!("It cannot be withdrawn or changed now: {why}")
}

/// The other requests of the same submission.
fn asked_together(together: Vec<MadeLine>) -> AnyView {
    if together.is_empty() { ().into_any() } else { made_card("Asked for together with", together) }
}

/// What was just done, from the address that the form led to.
fn done(search: &str) -> Option<(&'static str, Tone)> {
    [
        ("submitted", "Submitted."),
        ("answered_question", "Answered. Those who were asked go on deciding."),
        ("withdrawn", "Withdrawn."),
        ("joined", "Joined. You hear when this request moves."),
    ]
    .into_iter()
    .find(|(word, _)| paths::has_parameter(search, word))
    .map(|(_, title)| (title, Tone::Ok))
}

fn actions(request: &RequestView) -> AnyView {
    let answer = request
        .may_answer
        .then(|| view! { <LinkButton href=paths::answer(request.id) kind=ButtonKind::Primary>"Answer the question"</LinkButton> });
    let decide =
        request.may_decide.map(|stage| view! { <LinkButton href=paths::stage(stage) kind=ButtonKind::Primary>"Decide"</LinkButton> });
    let edit = request.may_edit.then(|| {
        view! {
            <form method="post" action=EditRequest::PATH>
                <input type="hidden" name="request" value=request.id.to_string()/>
                <Button submit=true>"Change the request"</Button>
            </form>
        }
    });
    let record =
        view! { <LinkButton href=paths::request_record(request.id) kind=ButtonKind::Quiet external=true>"Save as a file"</LinkButton> };
    view! { {record}{edit}{answer}{decide} }.into_any()
}

fn facts(request: &RequestView) -> AnyView {
    let (kind, answers, rules) = (asked::kind(request, request.goes_first.clone()), asked::answers(request), asked::rules(request));
    let RequestView { reason, justification, starts_on, ends_on, effective_end, state, items, subject, requester, since, time, .. } =
        request.clone();
    let (why, term, label) = (state.reason().map(str::to_owned), why_term(&state), state.label());
    let items = items.into_iter().map(item).collect_view();
    let on_behalf = (subject.id != requester.id)
        .then(|| view! { <Fact term="Asked by"><a href=paths::identity(requester.id)>{requester.name}</a></Fact> });
    view! {
        <Card title="What is asked">
            <FactsList>
                <Fact term="For"><a href=paths::identity(subject.id)>{subject.name}</a></Fact>
                {on_behalf}
                <Fact term="What">{items}</Fact>
                {kind}
                <Fact term="From">{when::day(starts_on)}</Fact>
                <Fact term="Until">{ends_on.map_or_else(|| "No end".to_owned(), when::day)}</Fact>
                {effective_end.filter(|end| ends_on != Some(*end)).map(|end| view! {
                    <Fact term="Approved until">{when::day(end)}<span class="text-ink-3">", earlier than what was asked for"</span></Fact>
                })}
                <Fact term="Reason">{reason.label()}</Fact>
                <Fact term="Justification"><p class="whitespace-pre-line">{justification}</p></Fact>
                {answers}
                <Fact term="State">{label}" since "{since.text}</Fact>
                {why.map(|why| view! { <Fact term=term><p class="whitespace-pre-line">{why}</p></Fact> })}
                <Fact term="Time">{time.words}" "<span class="text-ink-3">"Calendar: "{time.calendar}</span></Fact>
                {rules}
            </FactsList>
        </Card>
    }
    .into_any()
}

fn why_term(state: &RequestState) -> &'static str {
    if matches!(state, RequestState::Returned { .. }) { "Question" } else { "Why" }
}

fn item(card: EntitlementCard) -> AnyView {
    let EntitlementCard { id, version, name, application, tier, classification, .. } = card;
    view! {
        <p><a href=paths::entitlement(id)>{name}</a>" "<TierTag tier=tier.word()/></p>
        <p class="text-ink-3">{application}" · "<a href=paths::entitlement_version(id, version)>"version "{version.to_string()}</a>" · data: "{classification.label()}</p>
    }
    .into_any()
}

/// Whose turn it is and what comes then, as a sentence.
fn expected(request: &RequestView) -> String {
    match &request.state {
        RequestState::InApproval => {
            // Of stages that are asked at the same time, each is waited for.
            let waits: Vec<String> = request.stages.iter().filter_map(waits_for).collect();
            if waits.is_empty() { "The next people to decide are being asked.".to_owned() } else { waits.join(" ") }
        }
        RequestState::Returned { .. } if request.may_answer => {
            "It is your turn: answer the question, or change the request. An answer lets those who were asked go on; a change makes the next revision, and everyone decides on that one.".to_owned()
        }
        RequestState::Returned { .. } => {
            format!("{} has to answer the question, or change the request. The clock of those who decide stands still.", goes_on(request))
        }
        RequestState::Approved => approved(request),
        RequestState::Released => released(request),
        RequestState::Closed if request.kind == RequestKind::Extend => extended(request),
        RequestState::Closed => "Nothing more is expected: the access has ended and its removal is proven.".to_owned(),
        RequestState::Withdrawn { .. } => "Nothing more is expected. Ask again when it is needed.".to_owned(),
        RequestState::Rejected { .. } => {
            "Nothing more is expected. The reason says what would have to be different in a new request.".to_owned()
        }
        RequestState::Lapsed { .. } => "Nothing more is expected. Ask again with a new period if it is still needed.".to_owned(),
    }
}

/// Who goes on with a request: whoever asked, or whoever answers by now for the account it is about.
fn goes_on(request: &RequestView) -> String {
    match &request.sponsor {
        Some(sponsor) if *sponsor != request.requester => format!("{} or {}", request.requester.name, sponsor.name),
        _ => request.requester.name.clone(),
    }
}

/// How it stands with the access that came of the request, and of no other.
fn released(request: &RequestView) -> String {
    let own = request.grants.iter().find(|grant| grant.request == request.id);
    let why = match own.and_then(|grant| grant.end_reason) {
        Some(EndReason::Expired) => "The end was reached.".to_owned(),
        Some(EndReason::GivenBack) => "The access was given back.".to_owned(),
        Some(EndReason::Replaced) => "Other access took the place of this one.".to_owned(),
        Some(EndReason::IdentityStopped) => format!("{} is no longer active.", request.subject.name),
        None => {
            return match own.and_then(|grant| grant.ends.as_ref()) {
                Some(ends) => {
                    format!("The access is there. It ends by itself {}; it is then removed, and that is proven here.", ends.text)
                }
                None => "The access is there and has no end. It is looked at in every review.".to_owned(),
            };
        }
    };
    format!("{why} It is being removed now, and that is proven here.")
}

/// What an extension did, and what became of the access, which stays with the request that led to it.
fn extended(request: &RequestView) -> String {
    let name = request.changes.as_ref().map_or("the access", |(name, _)| name.as_str());
    let moved = match &request.extended_to {
        Some(end) => format!("Carried out: the end of {name} was moved to {}.", end.text),
        None => format!("Carried out: {name} has no end any more."),
    };
    let since = match request.grants.first() {
        Some(grant) if grant.state == GrantPhase::Ended => "It has ended since, and its removal is proven.".to_owned(),
        Some(grant) if grant.state == GrantPhase::Ending => "It is being removed now.".to_owned(),
        Some(grant) => format!("The access is there; what becomes of it is told on {}.", grant.request_number),
        None => "Nothing more is expected.".to_owned(),
    };
    format!("{moved} {since}")
}

fn approved(request: &RequestView) -> String {
    let waiting = request.releases.iter().find(|release| !release.state.is_over());
    match waiting {
        Some(release) if !release.state.is_untouched() => {
            format!("The release is under way: {}. The release card says more.", release.state.label().to_lowercase())
        }
        Some(_) if request.outdated && request.may_edit => {
            "The release is held: what was approved is not what is so now, and the release card says what changed. Ask for it again with the facts of today: choose “Change the request” and submit the next revision, even without another word. Everyone then decides on that.".to_owned()
        }
        Some(_) if request.outdated => format!(
            "The release is held: what was approved is not what is so now, and the release card says what changed. {} has to ask for it again with the facts of today, as the next revision, on which everyone decides.",
            goes_on(request)
        ),
        Some(release) if matches!(release.state, ReleaseState::Held { .. }) => {
            "A gate holds the release on fresh facts; the release card says which. An operator tries again once it is met.".to_owned()
        }
        Some(release) => format!(
            "An operator who has not approved it carries it out, not before {}. The gates run once more then.",
            release.not_before.text
        ),
        None => "An operator carries it out next.".to_owned(),
    }
}
