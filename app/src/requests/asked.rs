//! Facts of what is asked that the page of a request and the decision on it both show: what kind of
//! change it is and of which access, what was answered, and by which rules it goes.

use super::port::RequestView;
use crate::ui::Fact;
use domain::request::RequestKind;
use leptos::prelude::*;

/// New access, an extension or a change, with the access that it extends or takes the place of and
/// what else there is to say of that.
pub(crate) fn kind(request: &RequestView, note: Option<String>) -> AnyView {
    let kind = request.kind;
    let changes = request.changes.clone().map(|(name, ends)| {
        let ends = ends.map_or_else(|| "without an end".to_owned(), |ends| format!("which ends {}", ends.text));
        let term = if kind == RequestKind::Extend { "Extends" } else { "In place of" };
        let note = note.map(|note| view! { <p>{note}</p> });
        view! { <Fact term=term>{name}<span class="text-ink-3">", "{ends}</span>{note}</Fact> }
    });
    view! { <Fact term="Kind">{kind.label()}</Fact>{changes} }.into_any()
}

/// The entitlement's questions with what was answered.
pub(crate) fn answers(request: &RequestView) -> AnyView {
    let answers = request.answers.clone().into_iter();
    answers
        .map(|(question, answer)| view! { <Fact term=question><p class="whitespace-pre-line">{answer}</p></Fact> })
        .collect_view()
        .into_any()
}

/// The identity specification and the approval plan by which it goes, and the template it came from.
pub(crate) fn rules(request: &RequestView) -> AnyView {
    let (population, version) = request.specification.clone();
    let plan = request.plan.clone().map(|plan| view! { <Fact term="Approval plan">{plan}</Fact> });
    let template = request.template.clone();
    let template = template.map(|(name, version)| view! { <Fact term="Template">{name}", version "{version.to_string()}</Fact> });
    view! { <Fact term="Specification">{population}", version "{version.to_string()}</Fact>{plan}{template} }.into_any()
}
