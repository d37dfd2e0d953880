//! The fields that hold for every item of a basket: for whom, why, and for how long. Their limits
//! stand at the field; what is wrong comes with the draft.

use super::draft_port::{DraftView, PeopleFound};
use super::form_people::{FindButton, WhoIsFound};
use crate::ui::{Card, DateField, SelectField, TextArea, TextField};
use domain::request::ReasonCode;
use domain::text::JUSTIFICATION_MAX;
use leptos::prelude::*;

/// What is wrong at a field.
pub(super) fn wrong(view: &DraftView, field: &str) -> MaybeProp<String> {
    let found = view.problems.iter().find(|(name, _)| name == field).map(|(_, sentence)| sentence.clone());
    MaybeProp::derive(move || found.clone())
}

/// The card with the fields; `actions` are the buttons below them.
#[component]
pub(super) fn CommonFields(view: DraftView, #[prop(into)] actions: ViewFnOnce) -> impl IntoView {
    let reasons = ReasonCode::ALL.iter().map(|reason| (reason.word().to_owned(), reason.label().to_owned())).collect::<Vec<_>>();
    let form = view.form.clone();
    let several = view.items.len() > 1;
    let title = if several { "For whom, why and for how long: all items" } else { "For whom, why and for how long" };
    let end = match (view.needs_end, several) {
        (true, _) => "This access has to end. It ends by itself after this day.",
        (false, false) => "Access ends by itself after this day. Leave it empty for access without an end.",
        (false, true) => "Access ends by itself after this day. Leave it empty for access without an end: none of the items needs one.",
    };
    let end = format!("{end} At most ten years after the start.");
    let today = view.today.to_string();
    let after = form.starts_on.clone();
    view! {
        <Card title=title>
            <div class="form">
                {for_whom(&view)}
                <SelectField name="reason_code" label="Reason" options=reasons value=form.reason_code empty="Choose a reason" required=true error=wrong(&view, "reason_code")/>
                <TextArea name="justification" label="Why is it needed" hint="Someone who does not know you should understand it in a year. 20 to 2,000 characters." required=true maxlength=limit() value=form.justification error=wrong(&view, "justification")/>
                <div class="form-row">
                    <DateField name="starts_on" label="From" hint="Today or later, within ten years: access begins that day, also when it is approved earlier." required=true min=today value=form.starts_on error=wrong(&view, "starts_on")/>
                    <DateField name="ends_on" label="Until" hint=end required=view.needs_end min=after value=form.ends_on error=wrong(&view, "ends_on")/>
                </div>
                {actions.run()}
            </div>
        </Card>
    }
    .into_any()
}

fn limit() -> u32 {
    u32::try_from(JUSTIFICATION_MAX).unwrap_or(u32::MAX)
}

/// Who gets the access. Somebody else's rules and plan apply then, so the page is loaded again.
fn for_whom(view: &DraftView) -> AnyView {
    if view.revises.is_some() {
        let name = view.subject.as_ref().map(|subject| subject.name.clone()).unwrap_or_default();
        return view! { <p>"For "<strong>{name}</strong></p> }.into_any();
    }
    if let Some(found) = view.subjects_found.clone() {
        return among_many(view, found);
    }
    if view.subjects.len() < 2 && view.subject.is_some() {
        let name = view.subject.as_ref().map(|subject| subject.name.clone()).unwrap_or_default();
        return view! { <p>"For "<strong>{name}</strong>" (yourself)"</p> }.into_any();
    }
    let chosen = view.subject.as_ref().map(|subject| subject.id.to_string()).unwrap_or_default();
    let empty = view.subject.is_none().then(|| "Choose for whom".to_owned());
    view! {
        <div data-reload="">
            <SelectField name="subject" label="For whom" hint="You can ask for yourself, for who reports to you, and for accounts that you answer for." options=view.subjects.clone() value=chosen empty=empty required=true error=wrong(view, "subject")/>
        </div>
    }
    .into_any()
}

/// Who gets the access, where there are too many for a list: somebody is looked for and chosen, and
/// until then it stays as it is.
fn among_many(view: &DraftView, found: PeopleFound) -> AnyView {
    let own = if view.on_behalf { "" } else { " (yourself)" };
    let now = view.subject.as_ref().map(|subject| view! { <p>"For "<strong>{subject.name.clone()}</strong>{own}</p> });
    let hint = format!(
        "You can ask for yourself, for who reports to you, and for accounts that you answer for: {} in all. Type a name, a number or a work e-mail of at most 200 characters, then choose.",
        view.subjects_total
    );
    let error = wrong(view, "subject");
    view! {
        <div class="stack">
            {now}
            <TextField name="find" id="field-subject" label="For somebody else" hint=hint maxlength=200 value=view.form.find.clone() bare=true error=error/>
            <FindButton field="subject".to_owned() label="For somebody else".to_owned()/>
            <WhoIsFound field="subject".to_owned() found=found nobody="Nobody you can ask for is found by this."/>
        </div>
    }
    .into_any()
}
