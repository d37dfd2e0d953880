//! Filters as links: the address says what is shown, with or without JavaScript.

use leptos::prelude::*;

/// A row of [`Chip`]s.
///
/// `<Chips label="Filter"><Chip href="?" label="Mine" count=7 current=true/></Chips>`
#[component]
pub fn Chips(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! { <nav aria-label=label><ul class="chips" role="list">{children()}</ul></nav> }.into_any()
}

/// One filter with its count.
#[component]
pub fn Chip(
    #[prop(into)] href: String,
    #[prop(into)] label: String,
    #[prop(optional)] count: Option<u32>,
    #[prop(optional)] current: bool,
) -> impl IntoView {
    view! {
        <li>
            <a class="chip" href=href aria-current=current.then_some("true")>
                {label}
                {count.map(|count| view! { <span class="chip-count">" "{count.to_string()}</span> })}
            </a>
        </li>
    }
    .into_any()
}
