//! The request form: one item from the catalogue, the reason, the period, and beside it the gates
//! and the people who would decide. The same page answers a question on a returned request.

use super::api::{Answer, Submit};
use super::asked::{Asked, Opening, open};
use super::gates::{FORM_ID, GatesCard, headline};
use super::live::Live;
use super::port::{PlanLine, RequestDesk};
use crate::paths;
use crate::record::EntitlementCard;
use crate::status::{Failed, failure};
use crate::ui::{
    Button, ButtonKind, Card, Columns, DateField, EmptyState, ErrorSummary, Notice, Page, SelectField, Skeleton, SkeletonShape, Step,
    StepState, Steps, TextArea, TierTag, Tone,
};
use domain::id::{IdempotencyKey, RequestId};
use domain::request::ReasonCode;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// `/request`
#[component]
pub fn RequestRoute() -> impl IntoView {
    let url = use_url();
    let asked = Memo::new(move |_| url.with(|url| Asked::from_search(url.search())));
    let opening = Resource::new(move || asked.get(), open);
    let page = move || {
        Suspend::new(async move {
            match opening.await {
                Ok(Some(opening)) => view! { <Desk opening=opening typed=asked.get_untracked().typed/> }.into_any(),
                Ok(None) => choose(),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Request access"/>
        <Suspense fallback=|| view! { <Page title="Request access"><Skeleton shape=SkeletonShape::Card/></Page> }>{page}</Suspense>
    }
    .into_any()
}

fn choose() -> AnyView {
    view! {
        <Page title="Request access" narrow=true>
            <EmptyState title="Choose what you need first" text="Find the entitlement in the catalogue; its page leads back here." action="Find what you need in the catalogue" href=paths::CATALOGUE/>
        </Page>
    }
    .into_any()
}

/// The form beside its gates: an island, because the gates are asked again while somebody types.
#[island]
fn Desk(opening: Opening, typed: bool) -> impl IntoView {
    let submit = ServerAction::<Submit>::new();
    let answer = ServerAction::<Answer>::new();
    let refusal = match &opening.answering {
        Some(_) => failure(move || answer.value().get()),
        None => failure(move || submit.value().get()),
    };
    let live = Live::new(&opening, typed, refusal);
    let Opening { desk: RequestDesk { card, today, key, held, pending, question, .. }, answering } = opening;
    let title = if answering.is_some() { "Answer the question" } else { "Request access" };
    let fill = Callback::new(move |(field, value): (String, String)| live.fill(&field, value));
    let errors = live.lines();
    let what = what_is_asked(card.clone());
    let fields = fields(live, today.to_string());
    let answered = answering.as_ref().map(|(id, ..)| *id);
    let form = match answering {
        Some((id, _, version)) => answer_form(answer, id, version, card.id.to_string(), fields),
        None => submit_form(submit, key, card.id.to_string(), fields),
    };
    let aside = move || {
        view! {
            {move || { let evaluation = live.checked.get().evaluation; view! { <GatesCard evaluation=evaluation fill=fill/> } }}
            {move || plan(live.checked.get().plan)}
        }
    };
    view! {
        <Page title=title subtitle="For yourself. The gates beside the form are asked again while you type.">
            <div class="stack">
                <ErrorSummary errors=errors title="The request was not submitted"/>
                {question.map(|(text, number)| view! { <Notice tone=Tone::Warn title=format!("{number} was returned with a question:") text=text/> })}
                {standing(held, pending, answered)}
                <Columns aside=aside>{what}{form}</Columns>
            </div>
        </Page>
    }
    .into_any()
}

fn submit_form(action: ServerAction<Submit>, key: IdempotencyKey, entitlement: String, fields: AnyView) -> AnyView {
    let view = view! {
        <ActionForm action=action attr:id=FORM_ID attr:novalidate=true>
            <input type="hidden" name="entitlement" value=entitlement/>
            <input type="hidden" name="key" value=key.to_string()/>
            {fields}
        </ActionForm>
    };
    card_around(view.into_any())
}

fn answer_form(action: ServerAction<Answer>, id: RequestId, version: i32, entitlement: String, fields: AnyView) -> AnyView {
    let view = view! {
        <ActionForm action=action attr:id=FORM_ID attr:novalidate=true>
            <input type="hidden" name="entitlement" value=entitlement/>
            <input type="hidden" name="request" value=id.to_string()/>
            <input type="hidden" name="version" value=version.to_string()/>
            // For "Check the gates", which is a GET to this page.
            <input type="hidden" name="answer" value=id.to_string()/>
            {fields}
        </ActionForm>
    };
    card_around(view.into_any())
}

fn card_around(form: AnyView) -> AnyView {
    view! { <Card title="Why and for how long">{form}</Card> }.into_any()
}

fn what_is_asked(card: EntitlementCard) -> AnyView {
    let EntitlementCard { id, name, description, application, tier, owner, classification, .. } = card;
    let owner = owner.map(|owner| format!(" · owner {}", owner.name)).unwrap_or_default();
    view! {
        <Card title="What is asked for" aside=|| view! { <a href=paths::CATALOGUE>"Choose something else"</a> }>
            <div class="line">
                <a class="font-semibold" href=paths::entitlement(id)>{name}</a>
                <TierTag tier=tier.word()/>
            </div>
            <p>{description}</p>
            <p class="text-ink-3">{application}{owner}" · data: "{classification.label()}</p>
        </Card>
    }
    .into_any()
}

fn fields(live: Live, today: String) -> AnyView {
    let reasons = ReasonCode::ALL.iter().map(|reason| (reason.word().to_owned(), reason.label().to_owned())).collect::<Vec<_>>();
    let starts_on = live.starts_on;
    view! {
        <div class="form">
            <SelectField name="reason_code" label="Reason" options=reasons empty="Choose a reason" required=true live=live.reason_code error=live.error("reason_code")/>
            <TextArea name="justification" label="Why is it needed" hint="Someone who does not know you should understand it in a year. At least 20 characters." required=true maxlength=2000 live=live.justification error=live.error("justification")/>
            <div class="form-row">
                <DateField name="starts_on" label="From" required=true min=today live=live.starts_on error=live.error("starts_on")/>
                <DateField name="ends_on" label="Until" hint="Access ends by itself after this day." min=Signal::derive(move || Some(starts_on.get())) live=live.ends_on error=live.error("ends_on")/>
            </div>
            <div class="form-actions">
                <Button kind=ButtonKind::Primary submit=true>"Submit"</Button>
                <button
                    type="submit"
                    class="btn"
                    formmethod="get"
                    formaction=paths::REQUEST
                    on:click=move |event| {
                        event.prevent_default();
                        live.check();
                    }
                >
                    "Check the gates"
                </button>
                <p class="text-ink-2" role="status">{move || note(live)}</p>
            </div>
        </div>
    }
    .into_any()
}

fn note(live: Live) -> String {
    if let Some(error) = live.stale.get() {
        return format!("The gates could not be asked again. {}", error.sentence());
    }
    let (tone, text) = live.checked.with(|checked| headline(&checked.evaluation));
    match tone {
        Tone::Bad => format!("Gates: {text}. The request cannot be submitted like this."),
        _ => format!("Gates: {text}."),
    }
}

fn standing(held: bool, pending: Option<RequestId>, answering: Option<RequestId>) -> AnyView {
    match pending.filter(|id| answering != Some(*id)) {
        Some(id) => view! {
            <Notice tone=Tone::Info title="You have already asked for this." text="One open request at a time is enough.">
                <a href=paths::request(id)>"See the open request"</a>
            </Notice>
        }
        .into_any(),
        None if held => view! { <Notice tone=Tone::Info title="You hold this already." text="See on the home page when it ends."><a href=paths::HOME>"My access"</a></Notice> }.into_any(),
        None => ().into_any(),
    }
}

fn plan(plan: Vec<PlanLine>) -> AnyView {
    let held = plan.iter().any(|stage| stage.held);
    let what = match (held, plan.len()) {
        (true, _) => "Somebody has to be put on record first: until then the request would be held, not passed.",
        (false, 0 | 1) => {
            "One person decides, within two days. An operator then sets up the access, and it ends by itself after the last day."
        }
        (false, _) => {
            "They decide one after the other, each within two days. An operator then sets up the access, and it ends by itself after the last day."
        }
    };
    let steps = plan
        .into_iter()
        .map(|PlanLine { authority, who, held }| view! { <Step state=if held { StepState::Stopped } else { StepState::Next } title=authority text=who/> })
        .collect_view();
    view! {
        <Card title="What happens next">
            <Steps>{steps}</Steps>
            <p class="text-ink-2">{what}</p>
        </Card>
    }
    .into_any()
}
