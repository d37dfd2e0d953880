//! The items of a basket: what each one is, how it is asked for, what it asks, and beside the form
//! its gates and who would decide.

use super::draft_api::RemoveItem;
use super::draft_port::{DraftView, ItemView, Standing};
use super::form_fields::wrong;
use super::form_people::{FindButton, WhoIsFound};
use super::gates::GatesCard;
use super::port::PlanLine;
use crate::joining::offer::JoinForm;
use crate::paths;
use crate::record::EntitlementCard;
use crate::ui::{
    Button, ButtonKind, Card, CheckField, DateField, Notice, SelectField, Step, StepState, Steps, TextArea, TextField, TierTag, Tone,
};
use domain::basket::item_field;
use domain::question::{Question, QuestionKind};
use jiff::civil::Date;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Name of a field of an item as the form sends it.
fn name(place: usize, field: &str) -> String {
    format!("items[{place}][{field}]")
}

/// The id of a field of an item: what errors link to.
fn id(place: usize, field: &str) -> String {
    format!("field-{}", item_field(place, field))
}

/// One item in the form.
#[component]
pub(super) fn Item(view: DraftView, place: usize) -> impl IntoView {
    let Some(item) = view.items.get(place).cloned() else { return ().into_any() };
    let answers = view.form.items.get(place).map(|item| item.answers.clone()).unwrap_or_default();
    let today = view.today;
    let questions = item
        .questions
        .iter()
        .map(|question| {
            let value = answers.get(&question.id).cloned().unwrap_or_default();
            ask(&view, place, question.clone(), value, today)
        })
        .collect::<Vec<_>>();
    let (title, what) = match item.card.clone() {
        Some(card) => (card.name.clone(), described(card)),
        None => (
            "Not in the catalogue for you".to_owned(),
            view! { <p>"The catalogue does not have this any more, or has it for others only: remove it."</p> }.into_any(),
        ),
    };
    let record = item.card.as_ref().map(|card| paths::entitlement(card.id));
    let remove = view.revises.is_none().then(|| {
        let (place, unseen) = (place.to_string(), title.clone());
        move || {
            view! {
                <Button kind=ButtonKind::Quiet submit=true formnovalidate=true name="remove" value=place formaction=RemoveItem::PATH>
                    "Remove"<span class="sr-only">" "{unseen}</span>
                </Button>
            }
            .into_any()
        }
    });
    let aside = move || remove.map(|remove| remove());
    let trouble = trouble(&view, place);
    let changed = changed(&view, place, &item);
    let way = way(&view, place, &item);
    // What is typed for it stays its own, wherever it stands in the draft by then.
    let which = view.form.items.get(place).map(|item| item.entitlement.clone()).unwrap_or_default();
    view! {
        <Card title=title href=record id=id(place, "entitlement") aside=aside>
            <div class="form">
                <input type="hidden" name=name(place, "entitlement") value=which/>
                <div>{what}</div>
                <div id=format!("item-{place}-trouble") data-refresh="">{trouble}</div>
                {changed}
                {way}
                {questions}
            </div>
        </Card>
    }
    .into_any()
}

fn described(card: EntitlementCard) -> AnyView {
    let EntitlementCard { description, application, tier, owner, classification, .. } = card;
    let owner = owner.map(|owner| format!(" · owner {}", owner.name)).unwrap_or_default();
    view! {
        <p>{description}" "<TierTag tier=tier.word()/></p>
        <p class="text-ink-3">{application}{owner}" · data: "{classification.label()}</p>
    }
    .into_any()
}

/// What is wrong with the item as a whole, with the way out where there is one.
fn trouble(view: &DraftView, place: usize) -> AnyView {
    let of_item = [item_field(place, "entitlement"), item_field(place, "gates")];
    let lines = view
        .problems
        .iter()
        .filter(|(field, _)| of_item.contains(field))
        .map(|(_, sentence)| view! { <p class="field-error"><span class="sr-only">"Error: "</span>{sentence.clone()}</p> })
        .collect::<Vec<_>>();
    let standing = view.items.get(place).map(|item| item.standing.clone()).unwrap_or(Standing::New);
    let extends = view.form.items.get(place).is_some_and(|item| item.kind.starts_with("extend:"));
    let instead = match standing {
        Standing::Held { grant: Some(grant), ends: Some(_), .. } if !extends && view.revises.is_none() => {
            let cure = format!("{} extend:{grant}", item_field(place, "kind"));
            view! { <p><Button submit=true formnovalidate=true name="cure" value=cure>"Ask for a later end instead"</Button></p> }
                .into_any()
        }
        _ => ().into_any(),
    };
    let goes_first = view.items.get(place).and_then(|item| item.goes_first.clone());
    let goes_first = goes_first.map(|why| view! { <p class="text-ink-2">{why}" In between there is neither of the two."</p> });
    view! { {lines}{standing_line(view, place)}{goes_first}{instead} }.into_any()
}

/// What is there or on its way, as a sentence.
fn standing_line(view: &DraftView, place: usize) -> AnyView {
    let Some(item) = view.items.get(place) else { return ().into_any() };
    match &item.standing {
        Standing::New => ().into_any(),
        Standing::Held { since, ends, .. } => {
            let ends = ends.as_ref().map_or_else(|| "without an end".to_owned(), |ends| format!("ends {}", ends.text));
            view! { <p class="text-ink-2">{format!("Held since {}, {ends}.", since.text)}</p> }.into_any()
        }
        Standing::Asked { number, requester, submitted, state, holder, readable, request, .. } => {
            let number = if *readable {
                view! { <a href=paths::request(*request)>{number.clone()}</a> }.into_any()
            } else {
                number.clone().into_any()
            };
            let with = if holder.is_empty() { String::new() } else { format!(", with {holder}") };
            view! { <p class="text-ink-2">{number}{format!(", asked for by {} {}: {state}{with}.", requester.name, submitted.text)}</p> }
                .into_any()
        }
    }
}

/// Offers to hear about requests that ask for the same, beside the form: a form cannot stand inside
/// another one.
#[component]
pub(super) fn Joins(view: DraftView) -> impl IntoView {
    let offers = view
        .items
        .into_iter()
        .filter_map(|item| {
            let name = item.card.map(|card| card.name)?;
            match item.standing {
                Standing::Asked { request, number, joinable: true, .. } => {
                    let title = format!("{name} was asked for already.");
                    Some(view! {
                        <Notice tone=Tone::Info title=title text="Nothing is added to what was asked. You can hear about that request instead.">
                            <JoinForm request=request number=number/>
                        </Notice>
                    })
                }
                _ => None,
            }
        })
        .collect_view();
    view! { <div id="draft-joins" data-refresh="" class="stack empty:hidden">{offers}</div> }.into_any()
}

/// A change since it was added, to be read before it is asked for.
fn changed(view: &DraftView, place: usize, item: &ItemView) -> AnyView {
    let field = "accepts";
    let Some((sentence, now)) = item.changed.clone() else {
        return view! { <div id=format!("item-{place}-changed") data-refresh=""></div> }.into_any();
    };
    let ticked = view.form.items.get(place).is_some_and(|item| item.accepts == now);
    let error = wrong(view, &item_field(place, field));
    view! {
        <div id=format!("item-{place}-changed") data-refresh="">
            <Notice tone=Tone::Warn title="Changed since you added it." text=sentence/>
            <CheckField name=name(place, field) id=id(place, field) label="I have read what changed" value=now checked=ticked required=true error=error/>
        </div>
    }
    .into_any()
}

/// How it is asked for: a choice only where there is one.
fn way(view: &DraftView, place: usize, item: &ItemView) -> AnyView {
    let typed = view.form.items.get(place).map(|item| item.kind.clone()).unwrap_or_default();
    let chosen = if typed.is_empty() { "grant".to_owned() } else { typed };
    let known = item.ways.iter().any(|(value, _)| *value == chosen);
    let only = item.ways.len() < 2 && known;
    if only || item.ways.is_empty() {
        let words =
            item.ways.iter().find(|(value, _)| *value == chosen && chosen != "grant").map(|(_, words)| view! { <p>{words.clone()}</p> });
        return view! { <input type="hidden" name=name(place, "kind") value=chosen/>{words} }.into_any();
    }
    let empty = (!known).then(|| "Choose how".to_owned());
    let error = wrong(view, &item_field(place, "kind"));
    view! {
        <div data-reload="">
            <SelectField name=name(place, "kind") id=id(place, "kind") label="How" options=item.ways.clone() value=chosen empty=empty required=true error=error/>
        </div>
    }
    .into_any()
}

fn ask(view: &DraftView, place: usize, question: Question, value: String, today: Date) -> AnyView {
    let field = format!("answers.{}", question.id);
    let (name, id) = (format!("items[{place}][answers][{}]", question.id), id(place, &field));
    let error = wrong(view, &item_field(place, &field));
    let hint = question.hint(today);
    let hint = (!hint.is_empty()).then_some(hint);
    let Question { label, kind, required, options, .. } = question.clone();
    match kind {
        QuestionKind::Text => {
            let most = u32::try_from(question.longest()).ok();
            if question.longest() > 120 {
                view! { <TextArea name=name id=id label=label hint=hint required=required rows=2 maxlength=most.unwrap_or(500) value=value error=error/> }.into_any()
            } else {
                view! { <TextField name=name id=id label=label hint=hint required=required maxlength=most.unwrap_or(120) value=value error=error/> }.into_any()
            }
        }
        QuestionKind::Choice => {
            let options = options.into_iter().map(|option| (option.clone(), option)).collect::<Vec<_>>();
            view! { <SelectField name=name id=id label=label hint=hint required=required options=options empty="Choose" value=value error=error/> }.into_any()
        }
        QuestionKind::Date => {
            let (first, last) = question.days(today);
            let (first, last) = (first.map(|day| day.to_string()), last.map(|day| day.to_string()));
            view! { <DateField name=name id=id label=label hint=hint required=required min=first max=last value=value error=error/> }.into_any()
        }
        QuestionKind::Person => {
            let found = view.items.get(place).and_then(|item| item.meant.get(&question.id)).cloned().unwrap_or_default();
            let field = item_field(place, &field);
            view! {
                <div class="stack">
                    <TextField name=name id=id label=label.clone() hint=hint required=required maxlength=200 value=value error=error/>
                    <FindButton field=field.clone() label=label/>
                    <WhoIsFound field=field found=found nobody="Nobody who works here is found by this."/>
                </div>
            }
            .into_any()
        }
        QuestionKind::Number => {
            view! { <TextField name=name id=id label=label hint=hint required=required inputmode="numeric" maxlength=16 value=value error=error/> }.into_any()
        }
    }
}

/// Gates and plan of one item, beside the form.
#[component]
pub(super) fn Findings(view: DraftView, place: usize) -> impl IntoView {
    let several = view.items.len() > 1;
    let item = view.items.into_iter().nth(place);
    let name = item.as_ref().and_then(|item| item.card.as_ref()).map(|card| card.name.clone()).unwrap_or_default();
    let of = |title: &str| if several { format!("{title}: {name}") } else { title.to_owned() };
    let (gates, plan) = match item {
        Some(ItemView { evaluation, plan, why_plan, .. }) => {
            let gates_id = if place == 0 { "gates".to_owned() } else { format!("gates-{place}") };
            let title = of("Gates");
            let gates = evaluation.map(|evaluation| view! { <GatesCard title=title id=gates_id evaluation=evaluation fill=true/> });
            (gates, (!why_plan.is_empty()).then(|| plan_card(of("Who will decide"), plan, why_plan)))
        }
        None => (None, None),
    };
    view! {
        // Errors of gates that no field clears lead here.
        <div class="stack empty:hidden" id=id(place, "gates")>
            <div id=format!("item-{place}-gates") data-refresh="">{gates}</div>
            <div id=format!("item-{place}-plan") data-refresh="">{plan}</div>
        </div>
    }
    .into_any()
}

fn plan_card(title: String, plan: Vec<PlanLine>, why: String) -> AnyView {
    if plan.is_empty() {
        return view! { <Notice tone=Tone::Warn title=title text=why/> }.into_any();
    }
    let held = plan.iter().any(|stage| stage.held);
    let last = if held {
        "Somebody has to be put on record first: until then the request would be held, not passed."
    } else {
        "After the last of them an operator carries it out."
    };
    let steps = plan
        .into_iter()
        .map(|PlanLine { name, parallel, quorum, who, held, .. }| {
            let together = if parallel { ", at the same time as the others of its step" } else { "" };
            let several = if quorum > 1 { format!(", {quorum} of them") } else { String::new() };
            let text = format!("{who}{several}{together}");
            view! { <Step state=if held { StepState::Stopped } else { StepState::Next } title=name text=text/> }
        })
        .collect_view();
    view! {
        <Card title=title>
            <p class="text-ink-2">{why}</p>
            <Steps>{steps}</Steps>
            <p class="text-ink-2">{last}</p>
        </Card>
    }
    .into_any()
}
