//! Fields where something is chosen rather than typed.

use super::field::{Described, Frame, field_id, keep_in_step};
use super::text::Text;
use leptos::{html, prelude::*};

/// A choice out of a list. `options` are value and word.
///
/// `<SelectField name="reason" label="Reason" options=reasons value="project" required=true error=error/>`
#[component]
pub fn SelectField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<(String, String)>,
    /// The value chosen to begin with.
    #[prop(optional, into)]
    value: String,
    /// A first line with an empty value, for example "Choose a reason".
    #[prop(optional, into)]
    empty: Text,
    #[prop(optional, into)] hint: Text,
    #[prop(optional, into)] error: MaybeProp<String>,
    #[prop(optional)] required: bool,
    /// Leaves out the word "optional".
    #[prop(optional)]
    bare: bool,
    /// What else the label says, beside a shape ("needs a second person").
    #[prop(optional, into)]
    mark: Text,
    #[prop(optional)] live: Option<RwSignal<String>>,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
    #[prop(optional, into)] id: Text,
) -> impl IntoView {
    let id = field_id(id, &name);
    let described = Described::new(&id, hint.is_some(), error);
    let node = NodeRef::<html::Select>::new();
    let chosen = live.map_or(value, |live| live.get_untracked());
    if let Some(live) = live {
        keep_in_step(move || node.get(), live);
    }
    let options = empty
        .map(|word| (String::new(), word))
        .into_iter()
        .chain(options)
        .map(|(value, word)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{word}</option> }
        })
        .collect_view();
    let control = view! {
        <select
            node_ref=node
            class="input input-select"
            id=id.clone()
            name=name
            required=required
            aria-describedby=described.ids()
            aria-invalid=described.invalid()
            on:change=move |event| {
                let chosen = event_target_value(&event);
                if let Some(live) = live {
                    live.set(chosen.clone());
                }
                if let Some(on_input) = on_input {
                    on_input.run(chosen);
                }
            }
        >
            {options}
        </select>
    }
    .into_any();
    Frame { id, label, hint, error, optional: !required && !bare, mark }.around(control)
}

/// One box to tick; sends `value` (by default `true`) when ticked and nothing otherwise.
///
/// `<CheckField name="confirm" label="I have read what changed" required=true error=error/>`
#[component]
pub fn CheckField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(default = "true".to_owned(), into)] value: String,
    #[prop(optional)] checked: bool,
    #[prop(optional, into)] hint: Text,
    #[prop(optional, into)] error: MaybeProp<String>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] on_change: Option<Callback<bool>>,
    /// Needed when several boxes share a name, as in a bulk list.
    #[prop(optional, into)]
    id: Text,
) -> impl IntoView {
    let id = field_id(id, &name);
    let described = Described::new(&id, hint.is_some(), error);
    let error_id = format!("{id}-error");
    let hint_id = format!("{id}-hint");
    view! {
        <div class="field">
            <div class="check">
                <input
                    type="checkbox"
                    class="check-box"
                    id=id.clone()
                    name=name
                    value=value
                    checked=checked
                    required=required
                    aria-describedby=described.ids()
                    aria-invalid=described.invalid()
                    on:change=move |event| {
                        if let Some(on_change) = on_change {
                            on_change.run(event_target_checked(&event));
                        }
                    }
                />
                <label for=id>{label}</label>
            </div>
            {move || {
                let error_id = error_id.clone();
                error.get().map(|error| view! {
                    <p class="field-error" id=error_id><span class="sr-only">"Error: "</span>{error}</p>
                })
            }}
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// A few alternatives, all visible. `options` are value and word.
///
/// `<RadioField name="decision" label="Decision" options=decisions value="approve" required=true/>`
#[component]
pub fn RadioField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<(String, String)>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Text,
    #[prop(optional, into)] error: MaybeProp<String>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    let id = field_id(Text::default(), &name);
    let described = Described::new(&id, hint.is_some(), error);
    let error_id = format!("{id}-error");
    let hint_id = format!("{id}-hint");
    let options = options
        .into_iter()
        .enumerate()
        .map(|(index, (option, word))| {
            // The first alternative carries the field's own id: the error summary leads there.
            let id = if index == 0 { id.clone() } else { format!("{id}-{option}") };
            let checked = option == value;
            view! {
                <div class="check">
                    <input
                        type="radio"
                        class="check-box"
                        id=id.clone()
                        name=name.clone()
                        value=option
                        checked=checked
                        required=required
                        on:change=move |event| {
                            if let Some(on_input) = on_input {
                                on_input.run(event_target_value(&event));
                            }
                        }
                    />
                    <label for=id>{word}</label>
                </div>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field" aria-describedby=described.ids() aria-invalid=described.invalid()>
            <legend class="field-label">{label}</legend>
            <div class="check-group">{options}</div>
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

/// What is wrong with a form, above it: a list that leads to the fields. Pairs of field name and
/// message; an empty name makes a line without a link. Shows nothing while the list is empty, and
/// takes the focus when it first fills in the browser.
///
/// `<ErrorSummary errors=errors/>`
#[component]
pub fn ErrorSummary(
    #[prop(into)] errors: Signal<Vec<(String, String)>>,
    #[prop(default = "This needs your attention".to_owned(), into)] title: String,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |filled: Option<bool>| {
        let fills = !errors.with(Vec::is_empty);
        if filled == Some(false)
            && fills
            && let Some(element) = node.get()
        {
            // Focus is a courtesy; the alert role has announced it already.
            drop(element.focus());
        }
        fills
    });
    move || {
        let errors = errors.get();
        let title = title.clone();
        (!errors.is_empty()).then(|| {
            let lines = errors
                .into_iter()
                .map(|(name, message)| {
                    if name.is_empty() {
                        view! { <li>{message}</li> }.into_any()
                    } else {
                        view! { <li><a href=format!("#field-{name}") rel="external">{message}</a></li> }.into_any()
                    }
                })
                .collect_view();
            view! {
                <div class="notice notice-bad" role="alert" tabindex="-1" node_ref=node>
                    <div>
                        <h2 class="notice-title">{title}</h2>
                        <ul class="notice-list">{lines}</ul>
                    </div>
                </div>
            }
            .into_any()
        })
    }
}
