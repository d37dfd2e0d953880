//! Any number of alternatives out of a list: boxes to tick that share a name.

use super::field::{Described, field_id, mark_line};
use super::text::Text;
use leptos::prelude::*;

/// Longer lists scroll in a box of their own, what is ticked first.
const LONG: usize = 12;

/// Boxes to tick. `options` are value and word; every ticked value is sent under the name, which is
/// also sent empty, so that the server sees the field when nothing is ticked.
///
/// `<SeveralField name="populations" label="Who may ask" options=populations values=chosen/>`
#[component]
pub fn SeveralField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<(String, String)>,
    /// The values ticked to begin with.
    #[prop(optional)]
    values: Vec<String>,
    #[prop(optional, into)] hint: Text,
    #[prop(optional, into)] error: MaybeProp<String>,
    #[prop(optional)] required: bool,
    /// What else the label says, beside a shape ("needs a second person").
    #[prop(optional, into)]
    mark: Text,
    #[prop(optional, into)] id: Text,
) -> impl IntoView {
    let id = field_id(id, &name);
    let described = Described::new(&id, hint.is_some(), error);
    let (error_id, hint_id) = (format!("{id}-error"), format!("{id}-hint"));
    let long = options.len() > LONG;
    let mut options: Vec<(bool, String, String)> =
        options.into_iter().map(|(value, word)| (values.contains(&value), value, word)).collect();
    if long {
        options.sort_by_key(|(ticked, ..)| !ticked);
    }
    let ticked = options.iter().filter(|(ticked, ..)| *ticked).count();
    let shown = long.then(|| view! { <p class="field-hint">{format!("{ticked} of {} chosen", options.len())}</p> });
    let boxes = options
        .into_iter()
        .enumerate()
        .map(|(index, (ticked, value, word))| {
            // The first box carries the field's own id: the error summary leads there.
            let id = if index == 0 { id.clone() } else { format!("{id}-{index}") };
            view! {
                <div class="check">
                    <input type="checkbox" class="check-box" id=id.clone() name=name.clone() value=value checked=ticked/>
                    <label for=id>{word}</label>
                </div>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field" aria-describedby=described.ids() aria-invalid=described.invalid()>
            <legend class="field-label">
                {label}
                {(!required).then(|| view! { <span class="field-optional">" optional"</span> })}
                {mark_line(mark)}
            </legend>
            <input type="hidden" name=name.clone() value=""/>
            {shown}
            <div class=if long { "check-list check-list-long" } else { "check-list" }>{boxes}</div>
            {move || {
                let error_id = error_id.clone();
                error.get().map(|error| view! {
                    <p class="field-error" id=error_id><span class="sr-only">"Error: "</span>{error}</p>
                })
            }}
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </fieldset>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn printed(values: &[&str], count: usize) -> String {
        let options = (1..=count).map(|n| (format!("v{n}"), format!("Word {n}"))).collect::<Vec<_>>();
        let values = values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        Owner::new().with(|| view! { <SeveralField name="who" label="Who" options=options values=values/> }.to_html())
    }

    #[test]
    fn what_is_ticked_is_ticked_and_nothing_ticked_is_still_sent() {
        let html = printed(&["v2"], 3);
        assert_eq!(html.matches(" checked").count(), 1, "{html}");
        assert!(html.contains("type=\"hidden\" name=\"who\" value=\"\""), "{html}");
    }

    #[test]
    fn a_long_list_shows_what_is_ticked_first() {
        let html = printed(&["v20"], 30);
        assert!(html.contains("1 of 30 chosen"), "{html}");
        assert!(html.find("Word 20") < html.find("Word 1<"), "{html}");
    }
}
