//! Filters that somebody keeps under a name.

use super::api::{ForgetFilter, SaveFilter};
use super::decision::Way;
use super::port::SavedFilter;
use crate::refused::typed;
use crate::status::{at, failure};
use crate::ui::{Button, ButtonKind, Disclosure, TextField};
use leptos::prelude::*;

/// Kept filters as links, and the form that keeps the present one.
#[component]
pub fn SavedFilters(saved: Vec<SavedFilter>, present: Way) -> impl IntoView {
    let save = ServerAction::<SaveFilter>::new();
    let forget = ServerAction::<ForgetFilter>::new();
    let refusal = failure(move || save.value().get());
    let error = Signal::derive(move || refusal.with(|refusal| at(refusal.as_ref(), "name")));
    let open = refusal.with_untracked(Option::is_some);
    let here = present.clone();
    let typed = typed::<SaveFilter>("name");
    let lines = saved
        .into_iter()
        .map(|SavedFilter { id, name, filter, whose }| {
            let kept = Way { filter, whose };
            let current = kept == present;
            let Way { filter, whose } = present.clone();
            view! {
                <li class="line">
                    <a href=kept.to_list() aria-current=current.then_some("true")>{name.clone()}</a>
                    <ActionForm action=forget>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <input type="hidden" name="filter" value=filter/>
                        <input type="hidden" name="whose" value=whose/>
                        <button type="submit" class="btn-link">"Forget"<span class="sr-only">" the filter "{name}</span></button>
                    </ActionForm>
                </li>
            }
        })
        .collect::<Vec<_>>();
    let summary = if lines.is_empty() { "Keep this filter".to_owned() } else { format!("Kept filters ({})", lines.len()) };
    view! {
        <Disclosure summary=summary open=open id="kept-filters">
            {(!lines.is_empty()).then(|| view! { <ul role="list" class="mb-3">{lines}</ul> })}
            <ActionForm action=save attr:class="form">
                <input type="hidden" name="filter" value=here.filter/>
                <input type="hidden" name="whose" value=here.whose/>
                <TextField name="name" label="Name for the filter that is on now" hint="At most 60 characters. Only you see it. A name that is kept already is replaced." value=typed maxlength=60 required=true error=error/>
                <div class="form-actions"><Button kind=ButtonKind::Plain submit=true>"Keep it"</Button></div>
            </ActionForm>
        </Disclosure>
    }
    .into_any()
}
