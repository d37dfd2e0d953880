//! Light, dark, or as the system has it.
//!
//! The choice lives in the cookie `theme`; the server reads it and prints `data-theme` on `<html>`
//! (none for "system"), so a page never flashes in the wrong colours. The switch is a form that
//! posts to `/theme`; with JavaScript it only sets the cookie and the attribute.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, location::Location};
use wasm_bindgen::JsCast;

/// The colours a person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the operating system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// All choices, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Reads the cookie's value; anything unknown is the system's choice.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// The cookie's value.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The value of `data-theme` on `<html>`; `None` leaves it to the system.
    #[must_use]
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

/// One year: a choice of colours does not need renewing.
const COOKIE_TAIL: &str = "; Path=/; Max-Age=31536000; SameSite=Lax";

fn shown_now() -> Option<Theme> {
    let root = document().document_element()?;
    Some(
        root.get_attribute("data-theme")
            .map_or(Theme::System, |word| Theme::from_word(&word)),
    )
}

fn apply(theme: Theme) {
    let Some(root) = document().document_element() else {
        return;
    };
    // Setting an attribute fails only for names that are not XML names; this one is.
    drop(match theme.attribute() {
        Some(word) => root.set_attribute("data-theme", word),
        None => root.remove_attribute("data-theme"),
    });
    let page: web_sys::HtmlDocument = document().unchecked_into();
    // Refused where cookies are blocked; the choice then lasts for this page.
    drop(page.set_cookie(&format!("theme={}{COOKIE_TAIL}", theme.word())));
}

/// The switch. `current` is what the server read from the cookie.
///
/// `<ThemeSwitch current=theme/>`
#[component]
pub fn ThemeSwitch(#[prop(optional)] current: Theme) -> impl IntoView {
    let chosen = RwSignal::new(current);
    Effect::new(move || {
        if let Some(theme) = shown_now()
            && theme != chosen.get_untracked()
        {
            chosen.set(theme);
        }
    });
    let Location {
        pathname, search, ..
    } = use_location();
    let here = move || {
        let search = search.get();
        let query = search.trim_start_matches('?');
        if query.is_empty() {
            pathname.get()
        } else {
            format!("{}?{query}", pathname.get())
        }
    };
    let buttons = Theme::ALL
        .into_iter()
        .map(|theme| {
            view! {
                <button
                    type="submit"
                    class="theme-choice"
                    name="theme"
                    value=theme.word()
                    aria-pressed=move || if chosen.get() == theme { "true" } else { "false" }
                    on:click=move |event| {
                        event.prevent_default();
                        apply(theme);
                        chosen.set(theme);
                    }
                >
                    {theme.label()}
                </button>
            }
        })
        .collect_view();
    view! {
        <form class="theme" method="post" action="/theme" aria-label="Colours">
            <input type="hidden" name="return_to" value=here/>
            {buttons}
        </form>
    }
    .into_any()
}
