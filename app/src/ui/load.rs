//! What stands in place of content: while it loads, when there is none, when it failed. Each says
//! what to do next; none makes the page jump.

use super::text::Text;
use super::{
    button::{ButtonKind, LinkButton},
    status::{Tone, shape},
};
use leptos::prelude::*;

/// The shape of the content to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SkeletonShape {
    /// Rows of a table.
    #[default]
    Table,
    /// A card with a few lines.
    Card,
    /// The list of a `ListDetail`: three lines an entry.
    List,
}

/// Grey bars in the final shape, for the fallback of `Suspense` and `Transition`.
///
/// `<Suspense fallback=|| view! { <Skeleton rows=8/> }>...</Suspense>`
#[component]
pub fn Skeleton(#[prop(default = 6)] rows: u32, #[prop(optional)] shape: SkeletonShape) -> impl IntoView {
    let (class, row) = match shape {
        SkeletonShape::Table => ("skeleton", "skeleton-row"),
        SkeletonShape::Card => ("skeleton card", "skeleton-line"),
        SkeletonShape::List => ("skeleton", "skeleton-entry"),
    };
    let bars = (0..rows)
        .map(|_| view! { <div class=row><span class="skeleton-bar"></span><span class="skeleton-bar"></span></div> })
        .collect_view();
    view! {
        <div class=class aria-busy="true">
            <p class="sr-only" role="status">"Loading"</p>
            <div aria-hidden="true">{bars}</div>
        </div>
    }
    .into_any()
}

/// Nothing here, and what to do about it.
///
/// `<EmptyState title="Nothing waits for you" text="Requests appear here when a decision is yours." action="See all requests" href="/requests"/>`
#[component]
pub fn EmptyState(
    #[prop(into)] title: String,
    /// Why it is empty and what would fill it.
    #[prop(into)]
    text: String,
    /// The word on the link; needs `href`.
    #[prop(optional, into)]
    action: Text,
    #[prop(optional, into)] href: Text,
) -> impl IntoView {
    view! {
        <div class="state">
            <p class="state-title">{title}</p>
            <p class="text-ink-2">{text}</p>
            {action.into_inner().zip(href.into_inner()).map(|(action, href)| view! { <p><LinkButton href=href>{action}</LinkButton></p> })}
        </div>
    }
    .into_any()
}

/// Something failed: what happened, what was kept, what to do, and a code to name to somebody.
///
/// `<ErrorState title="The request was not sent" kept="Your draft is saved." todo="Try again in a minute." code="E-TRANSPORT" retry_href="/request"/>`
#[component]
pub fn ErrorState(
    /// What happened.
    #[prop(into)]
    title: String,
    /// What was kept of the person's work.
    #[prop(optional, into)]
    kept: Text,
    /// What to do now.
    #[prop(into)]
    todo: String,
    /// The error's stable code.
    #[prop(optional, into)]
    code: Text,
    #[prop(optional, into)] retry_href: Text,
    #[prop(default = "Try again".to_owned(), into)] retry: String,
) -> impl IntoView {
    view! {
        <div class="state state-bad" role="alert">
            <p class="state-title">{shape(Tone::Bad)}{title}</p>
            {kept.map(|kept| view! { <p>{kept}</p> })}
            <p class="text-ink-2">{todo}</p>
            {retry_href.map(|href| view! {
                <p><LinkButton href=href kind=ButtonKind::Plain>{retry}</LinkButton></p>
            })}
            {code.map(|code| view! { <p class="code text-ink-3">"Code "{code}</p> })}
        </div>
    }
    .into_any()
}
