//! A share as words and a bar. The bar is an SVG with attributes: the server's content policy
//! allows no inline style.

use leptos::prelude::*;

/// A share of a whole: the sentence says it, the bar repeats it.
///
/// `<Meter part=2 whole=31 text="2 of 31 peers in Development hold this"/>`
#[component]
pub fn Meter(part: u32, whole: u32, #[prop(into)] text: String) -> impl IntoView {
    view! { <div class="meter"><span>{text}</span><Bar part=part whole=whole/></div> }.into_any()
}

/// The bar alone, for table cells that already hold the number. `faint=true` for the trivial many.
///
/// `<Bar part=61 whole=143/>`
#[component]
pub fn Bar(part: u32, whole: u32, #[prop(optional)] faint: bool) -> impl IntoView {
    let share = if whole == 0 { 0.0 } else { (f64::from(part) * 100.0 / f64::from(whole)).min(100.0) };
    view! {
        <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="bar-whole" width="100" height="6"></rect>
            <rect class=if faint { "bar-part bar-faint" } else { "bar-part" } width=format!("{share:.1}") height="6"></rect>
        </svg>
    }
    .into_any()
}
