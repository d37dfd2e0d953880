//! The request form: a basket that somebody is writing. Everything typed is kept in the draft, so a
//! reload, a refusal or signing out loses nothing. With JavaScript it is kept while somebody types
//! (`ui::AutoSave`); without, by the button.

use super::ask::TemplatesCard;
use super::differences::Differences;
use super::draft_api::{DiscardDraft, SaveDraft, SettleDraft, SubmitDraft, open_desk};
use super::draft_port::{Desk, DraftLine, DraftView, MadeLine, Revises, TemplateLine};
use super::form_fields::CommonFields;
use super::form_items::{Findings, Item, Joins};
use super::gates::FORM_ID;
use super::made::made_card;
use crate::attachments::files::{AttachmentsOfDraft, REFUSED};
use crate::error::AppError;
use crate::paths;
use crate::status::{Failed, answer_with};
use crate::ui::{AutoSave, Button, ButtonKind, Card, Columns, EmptyState, ErrorSummary, Notice, Page, Skeleton, SkeletonShape, Tone};
use domain::basket::item_field;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// `/request` and `/request/:draft`
#[component]
pub fn RequestRoute() -> impl IntoView {
    let (params, url) = (use_params_map(), use_url());
    let draft = move || params.with(|params| params.get("draft")).unwrap_or_default();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    let desk = Resource::new(move || (draft(), search.get()), |(draft, _)| open_desk(draft));
    let page = move || {
        Suspend::new(async move {
            let search = search.get_untracked();
            match desk.await {
                Ok(Desk::Open(view)) => view! { <Form view=view search=search/> }.into_any(),
                Ok(Desk::Submitted(made)) => submitted(made),
                Ok(Desk::Empty { templates }) => empty(templates, &search),
                Err(AppError::NotFound) if refusal(&search) == Some(AppError::NotFound) => not_theirs(),
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

fn empty(templates: Vec<TemplateLine>, search: &str) -> AnyView {
    let gone = paths::has_parameter(search, "discarded").then(|| view! { <Notice tone=Tone::Ok title="The draft was discarded."/> });
    let failed = failed(search);
    view! {
        <Page title="Request access" narrow=true>
            <div class="stack">
                {gone}
                {failed}
                <EmptyState title="Choose what you need first" text="What you choose in the catalogue is collected here until you submit it." action="Find what you need in the catalogue" href=paths::CATALOGUE/>
                <TemplatesCard templates=templates/>
            </div>
        </Page>
    }
    .into_any()
}

/// What became of a draft: the way back after submitting leads here.
fn submitted(made: Vec<MadeLine>) -> AnyView {
    view! {
        <Page title="This was submitted" narrow=true>
            <div class="stack">
                <Notice tone=Tone::Ok title="This was submitted already." text="Nothing is asked for twice. To change something, open the request.">
                    <a href=paths::CATALOGUE>"Ask for something else"</a>
                </Notice>
                {made_card("What was asked for", made)}
            </div>
        </Page>
    }
    .into_any()
}

/// Sent to a draft that is not there for whoever sent it.
fn not_theirs() -> AnyView {
    answer_with(&AppError::NotFound, paths::SIGN_IN);
    let (title, text) = (
        "Nothing was submitted, and what you typed was not saved.",
        "The draft was discarded, or changing its request is up to somebody else by now, as when somebody else answers for the account. To use what you typed, go back with your browser and copy it.",
    );
    view! {
        <Page title="This is not yours to change" narrow=true>
            <Notice tone=Tone::Bad title=title text=text><a href=paths::REQUESTS>"See your requests"</a></Notice>
        </Page>
    }
    .into_any()
}

/// Why what was sent from the form was refused.
fn refusal(search: &str) -> Option<AppError> {
    let code = paths::parameter(search, "__err");
    (!code.is_empty()).then(|| ServerFnUrlError::decode_err(&code))
}

/// A refusal that is no matter of a field. Fields that are wrong are said by the draft itself.
fn failed(search: &str) -> Option<AnyView> {
    let title = match refusal(search)? {
        AppError::Changed | AppError::SavedAlready => return None,
        AppError::NotFound => {
            "What you pressed was not done: it is about something that is not there any more, or not yours. Nothing was submitted."
        }
        error @ AppError::Invalid { .. } => {
            let known = error.problems().iter().find(|problem| problem.field == "items")?;
            known.sentence()
        }
        error => error.sentence(),
    };
    Some(view! { <Notice tone=Tone::Bad title=title/> }.into_any())
}

#[component]
fn Form(view: DraftView, search: String) -> impl IntoView {
    let title = if view.revises.is_some() { "Change the request" } else { "Request access" };
    let subtitle = match (&view.revises, &view.subject, view.on_behalf) {
        (Some(revises), ..) => format!("{}, next revision {}", revises.number, revises.next),
        (None, Some(subject), true) => format!("For {}. Everything typed is kept in this draft.", subject.name),
        _ => "For yourself. Everything typed is kept in this draft.".to_owned(),
    };
    let places = 0..view.items.len();
    let items = places.clone().map(|place| view! { <Item view=view.clone() place=place/> }).collect_view();
    let beside = view.clone();
    let refused = paths::parameter(&search, REFUSED);
    let files = view! { <AttachmentsOfDraft draft=view.id form=FORM_ID files=view.files.clone() refused=refused/> };
    let aside = move || {
        let findings = places.map(|place| view! { <Findings view=beside.clone() place=place/> }).collect_view();
        view! { {findings}{files} }
    };
    let fields = view.clone();
    let actions = actions(&view);
    let nothing = view.items.is_empty().then(|| {
        view! { <Card title="What is asked for"><EmptyState title="Nothing chosen yet" text="What you choose in the catalogue is collected here." action="Find what you need in the catalogue" href=paths::CATALOGUE/></Card> }
    });
    let more = view.revises.is_none();
    let template = view.template.clone().map(|name| view! { <p class="text-ink-2">"From the template "<strong>{name}</strong></p> });
    view! {
        <Page title=title subtitle=subtitle actions=move || more.then(|| view! { <a class="btn" href=paths::CATALOGUE>"Add something else"</a> })>
            <div class="stack">
                {failed(&search)}
                {question(view.revises.as_ref())}
                {two_tabs(&view, refusal(&search).as_ref())}
                <div id="draft-summary" data-refresh="">{summary(&view)}</div>
                {template}
                <Joins view=view.clone()/>
                <Columns aside=aside>
                    <form id=FORM_ID method="post" action=SaveDraft::PATH novalidate=true class="stack">
                        // What the Enter key presses is the first button of a form: it keeps, and removes nothing.
                        <button type="submit" class="sr-only" tabindex="-1" aria-hidden="true" formnovalidate=true>"Save"</button>
                        <input type="hidden" name="draft" value=view.id.to_string()/>
                        <input type="hidden" name="version" id="draft-version" value=view.version.to_string()/>
                        {nothing}
                        {items}
                        <CommonFields view=fields actions=move || actions/>
                    </form>
                    {discard(&view)}
                    {others(view.others.clone())}
                </Columns>
            </div>
        </Page>
    }
    .into_any()
}

fn actions(view: &DraftView) -> AnyView {
    let count = view.items.len();
    let word = match (view.revises.is_some(), count) {
        (true, _) => "Submit the next revision".to_owned(),
        (false, 0 | 1) => "Submit".to_owned(),
        (false, count) => format!("Submit {count} requests"),
    };
    let stopped: usize =
        view.items.iter().filter_map(|item| item.evaluation.as_ref()).map(|evaluation| evaluation.blockers().count()).sum();
    let gates = match stopped {
        0 => "All gates that stop a request are met.".to_owned(),
        1 => "1 gate is not met: it cannot be submitted like this.".to_owned(),
        more => format!("{more} gates are not met: it cannot be submitted like this."),
    };
    let undecidable = view.items.iter().any(|item| item.evaluation.is_some() && item.plan.is_empty());
    let gates = if undecidable { "No approval plan fits: it cannot be submitted at present.".to_owned() } else { gates };
    let gates = (count > 0).then_some(gates);
    view! {
        <div class="form-actions">
            <Button kind=ButtonKind::Primary submit=true formaction=SubmitDraft::PATH>{word}</Button>
            <Button submit=true formnovalidate=true>"Save and check the gates"</Button>
            <p class="text-ink-2" id="draft-standing" data-refresh="" role="status">{gates}</p>
            <AutoSave form=FORM_ID.to_owned() leads_to=format!("{}/", paths::REQUEST)/>
        </div>
        <p class="text-ink-3" id="draft-saved" data-refresh="">"Saved "{view.saved.text.clone()}</p>
    }
    .into_any()
}

/// Everything that is wrong, above the form, once a submission was refused.
fn summary(view: &DraftView) -> AnyView {
    if !view.tried || view.problems.is_empty() {
        return ().into_any();
    }
    let lines: Vec<(String, String)> =
        view.problems.iter().map(|(field, sentence)| (field.clone(), asked_about(view, field, sentence))).collect();
    view! { <ErrorSummary errors=Signal::stored(lines) title="The request was not submitted"/> }.into_any()
}

/// A sentence about an answer with its question before it: several of them read alike.
fn asked_about(view: &DraftView, field: &str, sentence: &str) -> String {
    let mut questions =
        view.items.iter().enumerate().flat_map(|(place, item)| item.questions.iter().map(move |question| (place, question)));
    let asked = questions.find(|(place, question)| item_field(*place, &format!("answers.{}", question.id)) == field);
    asked.map_or_else(|| sentence.to_owned(), |(_, question)| format!("{}: {sentence}", question.label))
}

fn question(revises: Option<&Revises>) -> AnyView {
    let Some(Revises { request, number, question, decisions, .. }) = revises.cloned() else { return ().into_any() };
    let title = match &question {
        Some(_) => format!("{number} was returned with a question:"),
        None => format!("This changes {number}."),
    };
    let void = match decisions {
        0 => "Nobody has decided on it yet.".to_owned(),
        1 => "One decision on it will no longer count.".to_owned(),
        more => format!("{more} decisions on it will no longer count."),
    };
    let text = question.map_or_else(|| format!("Everyone decides on the next revision. {void}"), |question| format!("“{question}”"));
    view! { <Notice tone=Tone::Warn title=title text=text><a href=paths::request(request)>"See the request"</a></Notice> }.into_any()
}

/// The same draft was saved elsewhere, or what it would change was changed: both are shown, and one is
/// chosen.
fn two_tabs(view: &DraftView, refusal: Option<&AppError>) -> AnyView {
    let inside = match (view.aside.is_empty() && view.gone.is_empty(), refusal) {
        (false, _) => both(view, matches!(refusal, Some(AppError::Changed | AppError::SavedAlready))),
        (true, Some(AppError::SavedAlready)) => overtaken(
            view,
            "This draft was saved elsewhere meanwhile. Nothing was submitted or overwritten.",
            "What you typed says the same as what was saved there.",
        ),
        (true, Some(AppError::Changed)) => overtaken(
            view,
            "It was changed elsewhere; what you pressed was not done.",
            "Nothing was submitted or overwritten. What is there now stands below.",
        ),
        // The part stays, so that it can be filled while somebody types.
        (true, _) => ().into_any(),
    };
    view! { <div id="draft-aside" data-refresh="">{inside}</div> }.into_any()
}

/// Refused, and nothing lies beside the draft.
fn overtaken(view: &DraftView, title: &'static str, text: &'static str) -> AnyView {
    let draft = paths::draft(view.id);
    view! {
        <Notice tone=Tone::Warn title=title text=text>
            <a href=draft>"Go on with what was saved"</a>
        </Notice>
    }
    .into_any()
}

fn both(view: &DraftView, refused: bool) -> AnyView {
    let lines: Vec<_> = view.aside.iter().chain(&view.gone).cloned().collect();
    let made = view.revises.as_ref().filter(|_| view.overtaken).map(|revises| revises.next - 1);
    let [title, said, shows, before, after, take, keep] = match made {
        Some(_) => [
            "Changed by somebody else",
            "",
            "The form shows what is asked for now. What you had typed before is kept beside it:",
            "Asked for now",
            "What you had typed",
            "Take what you had typed",
            "Keep what is asked for now",
        ],
        None => [
            "Changed in another tab",
            if refused { "Changed in another tab. Nothing was overwritten." } else { "There are two versions of this draft." },
            if refused {
                "What was saved there stays in the draft. This was typed here and is kept beside it; nothing else that you pressed was done:"
            } else {
                "What was saved there stays in the draft. This was typed here and is kept beside it:"
            },
            "Saved in the other tab",
            "Typed in this one",
            "Take what was typed here",
            "Keep what was saved there",
        ],
    };
    let said = made.map_or_else(|| said.to_owned(), |made| format!("Revision {made} was made meanwhile. Nothing you typed was lost."));
    let gone = (!view.gone.is_empty()).then(|| {
        view! { <p>"What was typed for something that is not in the draft any more goes into neither version. It is gone once you press a button here: to use it, copy it first, then add that again and fill it in."</p> }
    });
    // Where nothing can be taken, there is only reading it.
    let take = (!view.aside.is_empty()).then(|| settle(view, true, take));
    let keep = settle(view, false, keep);
    view! {
        <Card title=title flush=true>
            <div class="grid gap-2 px-3.5 py-2.5">
                <Notice tone=Tone::Warn title=said text=shows/>
                <Differences caption="What differs" before=before after=after lines=lines/>
                {gone}
                <div class="form-actions">{take}{keep}</div>
            </div>
        </Card>
    }
    .into_any()
}

fn settle(view: &DraftView, take: bool, word: &'static str) -> AnyView {
    let (draft, version) = (view.id.to_string(), view.version.to_string());
    view! {
        <form method="post" action=SettleDraft::PATH>
            <input type="hidden" name="draft" value=draft/>
            <input type="hidden" name="version" value=version/>
            <input type="hidden" name="take" value=take.to_string()/>
            <Button submit=true>{word}</Button>
        </form>
    }
    .into_any()
}

fn discard(view: &DraftView) -> AnyView {
    view! {
        <form method="post" action=DiscardDraft::PATH class="no-print">
            <input type="hidden" name="draft" value=view.id.to_string()/>
            <Button kind=ButtonKind::Danger submit=true>"Discard this draft"</Button>
        </form>
    }
    .into_any()
}

fn others(others: Vec<DraftLine>) -> AnyView {
    if others.is_empty() {
        return ().into_any();
    }
    let number = others.len().to_string();
    let lines = others
        .into_iter()
        .map(|DraftLine { id, what, subject, saved }| {
            let subject = subject.map(|subject| format!(", for {subject}")).unwrap_or_default();
            view! { <li class="line px-3.5 py-2.5"><span><a href=paths::draft(id)>{what}</a>{subject}</span><span class="text-ink-3">"saved "{saved.text}</span></li> }
        })
        .collect_view();
    view! { <Card title="Your other drafts" flush=true aside=move || number><ul class="divide-y divide-line" role="list">{lines}</ul></Card> }.into_any()
}
