//! Buttons and links that look like buttons. One filled button a page: the thing to do.

use super::text::Text;
use leptos::{ev::MouseEvent, prelude::*};

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one thing to do on this page: filled.
    Primary,
    /// Any other action: outlined.
    #[default]
    Plain,
    /// Refuses, ends or removes: outlined, in the colour of "bad".
    Danger,
    /// An action that should not compete: no outline until hovered.
    Quiet,
}

impl ButtonKind {
    /// The classes of whatever looks like such a button.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Primary => "btn btn-primary",
            Self::Plain => "btn",
            Self::Danger => "btn btn-danger",
            Self::Quiet => "btn btn-quiet",
        }
    }
}

fn key_cap(kbd: Option<&'static str>) -> Option<AnyView> {
    kbd.map(|key| view! { <kbd aria-hidden="true">{key}</kbd> }.into_any())
}

/// A button. Without `submit=true` it never sends a form.
///
/// `<Button kind=ButtonKind::Primary submit=true name="decision" value="approve" kbd="a">"Approve"</Button>`
#[component]
pub fn Button(
    #[prop(optional)] kind: ButtonKind,
    /// Sends the form it stands in.
    #[prop(optional)]
    submit: bool,
    #[prop(optional, into)] id: Text,
    #[prop(optional, into)] name: Text,
    #[prop(optional, into)] value: Text,
    /// The id of a form elsewhere on the page.
    #[prop(optional, into)]
    form: Text,
    /// Sends the form to another address, for a second action on the same fields.
    #[prop(optional, into)]
    formaction: Text,
    /// How the form is written when this button sends it; one with a file is `multipart/form-data`.
    #[prop(optional, into)]
    formenctype: Text,
    /// Sends the form without the browser's own checks (drafts, "back").
    #[prop(optional)]
    formnovalidate: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// The key that does the same, shown on the button; register it with `ui::keys`.
    #[prop(optional)]
    kbd: Option<&'static str>,
    #[prop(optional, into)] on_click: Option<Callback<MouseEvent>>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=kind.class()
            id=id.into_inner()
            name=name.into_inner()
            value=value.into_inner()
            form=form.into_inner()
            formaction=formaction.into_inner()
            formenctype=formenctype.into_inner()
            formnovalidate=formnovalidate
            disabled=move || disabled.get()
            aria-keyshortcuts=kbd
            on:click=move |event| {
                if let Some(on_click) = on_click {
                    on_click.run(event);
                }
            }
        >
            {children()}
            {key_cap(kbd)}
        </button>
    }
    .into_any()
}

/// A link drawn as a button, for going somewhere rather than doing something.
///
/// `<LinkButton href="/request" kind=ButtonKind::Primary>"Request access"</LinkButton>`
#[component]
pub fn LinkButton(
    #[prop(into)] href: String,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] id: Text,
    #[prop(optional)] kbd: Option<&'static str>,
    /// Leaves the single-page router alone (downloads, sign-out).
    #[prop(optional)]
    external: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <a class=kind.class() href=href id=id.into_inner() aria-keyshortcuts=kbd rel=external.then_some("external")>
            {children()}
            {key_cap(kbd)}
        </a>
    }
    .into_any()
}
