//! A search field that is a plain GET form: the result has an address.

use leptos::prelude::*;

/// Most characters that are looked for.
const LONGEST: u32 = 200;

/// A search field with its button.
///
/// `<SearchField action="/requests" label="Search requests" value=query/>`
#[component]
pub fn SearchField(
    /// The page that shows the result.
    #[prop(into)]
    action: String,
    #[prop(into)] label: String,
    #[prop(default = "q")] name: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(default = "search")] id: &'static str,
    /// Hidden fields that keep other filters.
    #[prop(optional)]
    keep: Vec<(String, String)>,
) -> impl IntoView {
    let limit = format!("{id}-limit");
    let kept = keep.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <form class="search" role="search" method="get" action=action>
            {kept}
            <label class="sr-only" for=id>{label.clone()}</label>
            <input class="input" type="search" id=id name=name value=value placeholder=label maxlength=LONGEST.to_string() aria-describedby=limit.clone()/>
            <span class="sr-only" id=limit>{format!("At most {LONGEST} characters.")}</span>
            <button class="btn btn-quiet" type="submit">"Search"</button>
        </form>
    }
    .into_any()
}
