//! Finding somebody among many for a field of the form: the button that looks, and who was found,
//! each with a button that chooses them. Plain buttons of the form, so that nothing is chosen by
//! passing over it with the keyboard, and the same without JavaScript.

use super::draft_port::{PeopleFound, PersonFound};
use crate::ui::Button;
use leptos::prelude::*;

/// The button that keeps what was typed and leads back to the field with who was found.
#[component]
pub(super) fn FindButton(
    /// The field as errors name it.
    field: String,
    /// What the field is called, for who does not see it beside the button.
    label: String,
) -> impl IntoView {
    view! { <p><Button submit=true formnovalidate=true name="at" value=field>"Find"<span class="sr-only">": "{label}</span></Button></p> }
        .into_any()
}

/// Who is meant by what stands in a field, or who could be.
#[component]
pub(super) fn WhoIsFound(
    /// The field that choosing somebody fills in, as errors name it.
    field: String,
    found: PeopleFound,
    /// What to say when nobody is found.
    nobody: &'static str,
) -> impl IntoView {
    let said = said(&found, nobody);
    let people = found.people.into_iter().map(|person| line(&field, person)).collect::<Vec<_>>();
    let people = (!people.is_empty()).then(|| view! { <ul class="divide-y divide-line" role="list">{people}</ul> });
    view! {
        <div id=format!("{field}-found") data-refresh="">
            <p class="text-ink-2" role="status">{said}</p>
            {people}
        </div>
    }
    .into_any()
}

fn line(field: &str, person: PersonFound) -> AnyView {
    let PersonFound { value, name, what } = person;
    let unseen = format!(" {name}, {what}");
    view! {
        <li class="line py-1.5">
            <span>{name}" "<span class="text-ink-2">{what}</span></span>
            <Button submit=true formnovalidate=true name="cure" value=format!("{field} {value}")>"Choose"<span class="sr-only">{unseen}</span></Button>
        </li>
    }
    .into_any()
}

fn said(found: &PeopleFound, nobody: &str) -> String {
    let shown = i64::try_from(found.people.len()).unwrap_or(i64::MAX);
    match (&found.chosen, found.looked, found.total) {
        (Some(who), ..) => format!("This is {who}."),
        (None, false, _) => String::new(),
        (None, true, 0) => nobody.to_owned(),
        (None, true, 1) => "1 is found: choose them if you mean them.".to_owned(),
        (None, true, total) if total > shown => format!("{total} are found, the first {shown} are shown: type more to narrow the search."),
        (None, true, total) => format!("{total} are found: choose one."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_said_with_how_many_there_are() {
        let somebody = PersonFound { value: "1".into(), name: "Ana".into(), what: "Specialist, 1".into() };
        let found = |chosen: Option<&str>, looked, people: usize, total| PeopleFound {
            chosen: chosen.map(str::to_owned),
            looked,
            people: vec![somebody.clone(); people],
            total,
        };
        for (found, sentence) in [
            (found(Some("Ana, 1"), true, 0, 1), "This is Ana, 1."),
            (found(None, false, 0, 0), ""),
            (found(None, true, 0, 0), "Nobody."),
            (found(None, true, 1, 1), "1 is found: choose them if you mean them."),
            (found(None, true, 2, 2), "2 are found: choose one."),
            (found(None, true, 2, 1_400), "1400 are found, the first 2 are shown: type more to narrow the search."),
        ] {
            assert_eq!(said(&found, "Nobody."), sentence);
        }
    }
}
