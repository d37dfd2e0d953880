//! When something did not work: what a page shows instead of its content, which HTTP status goes
//! with it, and how an error is told at a form.

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod server;

#[cfg(not(feature = "ssr"))]
pub(crate) use browser::answer_with;
#[cfg(feature = "ssr")]
pub(crate) use server::answer_with;

use crate::error::{AppError, Problem};
use crate::paths;
use crate::ui::{EmptyState, ErrorState, Page};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// The address that is being looked at, with its query.
#[must_use]
pub fn here() -> String {
    let location = use_location();
    let search = location.search.get_untracked();
    let search = search.trim_start_matches('?');
    let path = location.pathname.get_untracked();
    if search.is_empty() { path } else { format!("{path}?{search}") }
}

/// A page that could not be shown. Sets the HTTP status of a render on the server; without a
/// session it leads to the sign-in page, and from there back.
#[component]
pub fn Failed(error: AppError) -> impl IntoView {
    answer_with(&error, &paths::sign_in(&here()));
    let (title, body) = match error {
        AppError::NotFound => (
            "There is nothing here",
            elsewhere(
                "The record does not exist, or it is not yours to see.",
                "Check the address, or start from the home page.",
                "Go to the home page",
                paths::HOME.to_owned(),
            ),
        ),
        AppError::Forbidden => (
            "This page is for other roles",
            elsewhere(
                "Your roles do not include this page.",
                "An administrator can tell you which do. Go on from the home page.",
                "Go to the home page",
                paths::HOME.to_owned(),
            ),
        ),
        AppError::NotSignedIn => (
            "You are not signed in",
            elsewhere("Your session ended, or you have not signed in yet.", "Sign in to go on here.", "Sign in", paths::sign_in(&here())),
        ),
        _ => {
            let (todo, code) = (error.sentence(), error.code());
            (
                "This page could not be shown",
                view! { <ErrorState title="It is not available at the moment." todo=todo code=code retry_href=here()/> }.into_any(),
            )
        }
    };
    view! {
        <Title text=title/>
        <Page title=title narrow=true>{body}</Page>
    }
    .into_any()
}

fn elsewhere(what: &'static str, todo: &'static str, word: &'static str, href: String) -> AnyView {
    view! { <EmptyState title=what text=todo action=word href=href/> }.into_any()
}

/// An error as lines of `ui::ErrorSummary`: pairs of field name and sentence.
#[must_use]
pub fn lines(error: &AppError) -> Vec<(String, String)> {
    match error.problems() {
        [] => vec![(String::new(), error.sentence().to_owned())],
        problems => problems.iter().map(|problem| (problem.field.clone(), problem.text())).collect(),
    }
}

/// The sentence for one field, if it is among the problems.
#[must_use]
pub fn at(error: Option<&AppError>, field: &str) -> Option<String> {
    error?.problems().iter().find(|problem| problem.field == field).map(Problem::text)
}

/// The error of the last call of an action; nothing while there is none.
#[must_use]
pub fn failure<T: Clone + Send + Sync + 'static>(
    value: impl Fn() -> Option<Result<T, AppError>> + Send + Sync + 'static,
) -> Signal<Option<AppError>> {
    Signal::derive(move || value().and_then(Result::err))
}

/// The lines of an error signal, for `ui::ErrorSummary`.
#[must_use]
pub fn summary(error: Signal<Option<AppError>>) -> Signal<Vec<(String, String)>> {
    Signal::derive(move || error.with(|error| error.as_ref().map(lines).unwrap_or_default()))
}
