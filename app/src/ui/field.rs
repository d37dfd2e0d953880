//! Form fields. Label, hint and error are tied to the control by id, so that they are read out
//! with it; every field works as plain HTML and keeps what was typed before hydration.
//!
//! The id of a field is `field-` and its name; [`ErrorSummary`] links to it.

use super::status::{Tone, shape};
use super::text::Text;
use leptos::{html, prelude::*};

pub(super) fn field_id(id: Text, name: &str) -> String {
    id.into_inner().unwrap_or_else(|| format!("field-{name}"))
}

/// Which elements describe a control, and whether its value is refused.
#[derive(Clone)]
pub(super) struct Described {
    id: String,
    hint: bool,
    error: MaybeProp<String>,
}

impl Described {
    pub(super) fn new(id: &str, hint: bool, error: MaybeProp<String>) -> Self {
        Self { id: id.to_owned(), hint, error }
    }

    pub(super) fn ids(&self) -> impl Fn() -> Option<String> + Send + Sync + Clone + 'static {
        let Self { id, hint, error } = self.clone();
        move || match (hint, error.get().is_some()) {
            (true, true) => Some(format!("{id}-error {id}-hint")),
            (true, false) => Some(format!("{id}-hint")),
            (false, true) => Some(format!("{id}-error")),
            (false, false) => None,
        }
    }

    pub(super) fn invalid(&self) -> impl Fn() -> Option<&'static str> + Send + Sync + Clone + 'static {
        let error = self.error;
        move || error.get().map(|_| "true")
    }
}

fn hint_line(id: &str, hint: Text) -> Option<AnyView> {
    hint.map(|hint| view! { <p class="field-hint" id=format!("{id}-hint")>{hint}</p> }.into_any())
}

fn error_line(id: String, error: MaybeProp<String>) -> impl Fn() -> Option<AnyView> + Send + 'static {
    move || {
        let id = format!("{id}-error");
        error.get().map(|error| {
            view! {
                <p class="field-error" id=id>
                    <span class="sr-only">"Error: "</span>
                    {error}
                </p>
            }
            .into_any()
        })
    }
}

/// What stands around a control: label above, error and hint below.
pub(super) struct Frame {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) hint: Text,
    pub(super) error: MaybeProp<String>,
    pub(super) optional: bool,
    pub(super) mark: Text,
}

/// What a field's label says besides its name: a shape and words, read out with the label.
pub(super) fn mark_line(mark: Text) -> Option<AnyView> {
    mark.map(|mark| view! { " "<span class="field-mark">{shape(Tone::Waiting)}<span class="sr-only">", "</span>{mark}</span> }.into_any())
}

impl Frame {
    pub(super) fn around(self, control: AnyView) -> AnyView {
        let Self { id, label, hint, error, optional, mark } = self;
        view! {
            <div class="field">
                <label class="field-label" for=id.clone()>
                    {label}
                    {optional.then(|| view! { <span class="field-optional">" optional"</span> })}
                    {mark_line(mark)}
                </label>
                {control}
                <div class="field-notes">
                    {error_line(id.clone(), error)}
                    {hint_line(&id, hint)}
                </div>
            </div>
        }
        .into_any()
    }
}

/// A control whose text can be read and written.
pub(super) trait Control {
    fn read(&self) -> String;
    fn write(&self, text: &str);
}

macro_rules! control {
    ($($element:ty),*) => {$(
        impl Control for $element {
            fn read(&self) -> String { self.value() }
            fn write(&self, text: &str) { self.set_value(text); }
        }
    )*};
}
control!(web_sys::HtmlInputElement, web_sys::HtmlSelectElement, web_sys::HtmlTextAreaElement);

/// Ties a control to a signal. What stands in the control when the page comes to life wins, because
/// somebody may have typed before; from then on the control follows the signal.
pub(super) fn keep_in_step<C: Control + 'static>(control: impl Fn() -> Option<C> + 'static, live: RwSignal<String>) {
    Effect::new(move |alive: Option<bool>| {
        let Some(control) = control() else {
            return false;
        };
        let wanted = live.get();
        let shown = control.read();
        if shown != wanted {
            if alive == Some(true) {
                control.write(&wanted);
            } else {
                live.set(shown);
            }
        }
        true
    });
}

/// All that the one-line fields share.
#[derive(Default)]
struct OneLine {
    kind: &'static str,
    class: &'static str,
    name: String,
    label: String,
    value: String,
    hint: Text,
    error: MaybeProp<String>,
    required: bool,
    bare: bool,
    mark: Text,
    autocomplete: Option<&'static str>,
    inputmode: Option<&'static str>,
    maxlength: Option<u32>,
    min: MaybeProp<String>,
    max: MaybeProp<String>,
    live: Option<RwSignal<String>>,
    on_input: Option<Callback<String>>,
    id: Text,
}

impl OneLine {
    fn view(self) -> AnyView {
        let Self {
            kind,
            class,
            name,
            label,
            value,
            hint,
            error,
            required,
            bare,
            mark,
            autocomplete,
            inputmode,
            maxlength,
            min,
            max,
            live,
            on_input,
            id,
        } = self;
        let id = field_id(id, &name);
        let described = Described::new(&id, hint.is_some(), error);
        let node = NodeRef::<html::Input>::new();
        let value = live.map_or(value, |live| live.get_untracked());
        if let Some(live) = live {
            keep_in_step(move || node.get(), live);
        }
        let control = view! {
            <input
                node_ref=node
                type=kind
                class=class
                id=id.clone()
                name=name
                value=value
                required=required
                autocomplete=autocomplete
                inputmode=inputmode
                maxlength=maxlength
                min=move || min.get()
                max=move || max.get()
                aria-describedby=described.ids()
                aria-invalid=described.invalid()
                on:input=move |event| {
                    let typed = event_target_value(&event);
                    if let Some(live) = live {
                        live.set(typed.clone());
                    }
                    if let Some(on_input) = on_input {
                        on_input.run(typed);
                    }
                }
            />
        }
        .into_any();
        Frame { id, label, hint, error, optional: !required && !bare, mark }.around(control)
    }
}

/// A one-line text field.
///
/// `<TextField name="email" label="Work e-mail" kind="email" autocomplete="username" required=true error=error/>`
#[component]
pub fn TextField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// `text`, `email`, `search`, `tel`, `url` or `number`.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Text,
    #[prop(optional, into)] error: MaybeProp<String>,
    #[prop(optional)] required: bool,
    /// Leaves out the word "optional".
    #[prop(optional)]
    bare: bool,
    /// What else the label says, beside a shape ("needs a second person").
    #[prop(optional, into)]
    mark: Text,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] maxlength: Option<u32>,
    /// Two-way: follows the typing, and the field follows it.
    #[prop(optional)]
    live: Option<RwSignal<String>>,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
    #[prop(optional, into)] id: Text,
) -> impl IntoView {
    OneLine {
        kind,
        class: "input",
        name,
        label,
        value,
        hint,
        error,
        required,
        bare,
        mark,
        autocomplete,
        inputmode,
        maxlength,
        live,
        on_input,
        id,
        ..OneLine::default()
    }
    .view()
}

/// A password. Never carries a value from the server.
///
/// `<PasswordField name="password" label="Password" autocomplete="current-password" required=true/>`
#[component]
pub fn PasswordField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(default = "current-password")] autocomplete: &'static str,
    #[prop(optional, into)] hint: Text,
    #[prop(optional, into)] error: MaybeProp<String>,
    #[prop(default = true)] required: bool,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
    #[prop(optional, into)] id: Text,
) -> impl IntoView {
    OneLine {
        kind: "password",
        class: "input",
        name,
        label,
        hint,
        error,
        required,
        autocomplete: Some(autocomplete),
        maxlength,
        on_input,
        id,
        ..OneLine::default()
    }
    .view()
}

/// A date as `YYYY-MM-DD`.
///
/// `<DateField name="until" label="Until" value="2026-12-23" min="2026-11-23" max=limit error=error/>`
#[component]
pub fn DateField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] min: MaybeProp<String>,
    #[prop(optional, into)] max: MaybeProp<String>,
    #[prop(optional, into)] hint: Text,
    #[prop(optional, into)] error: MaybeProp<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] bare: bool,
    #[prop(optional)] live: Option<RwSignal<String>>,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
    #[prop(optional, into)] id: Text,
) -> impl IntoView {
    OneLine {
        kind: "date",
        class: "input input-date",
        name,
        label,
        value,
        hint,
        error,
        required,
        bare,
        min,
        max,
        live,
        on_input,
        id,
        ..OneLine::default()
    }
    .view()
}
