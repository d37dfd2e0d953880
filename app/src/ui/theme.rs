//! Light, dark, or as the system has it.
//!
//! The choice lives in the cookie `theme`; the server reads it and prints `data-theme` on `<html>`
//! (none for "system"), so a page never flashes in the wrong colours. The switch is a form that
//! posts to `/theme` and comes back to the page.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, location::Location};

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

/// The switch. `current` is what the server read from the cookie.
///
/// `<ThemeSwitch current=theme/>`
#[component]
pub fn ThemeSwitch(#[prop(optional)] current: Theme) -> impl IntoView {
    let Location { pathname, search, .. } = use_location();
    let here = move || {
        let search = search.get();
        let query = search.trim_start_matches('?');
        if query.is_empty() { pathname.get() } else { format!("{}?{query}", pathname.get()) }
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
                    aria-pressed=if current == theme { "true" } else { "false" }
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
