//! Words and marks of access, the same on every page.

use crate::paths;
use crate::ui::Tone;
use domain::grant::GrantPhase;
use domain::id::GrantId;
use leptos::prelude::*;

/// The mark and the words of where access stands.
#[must_use]
pub fn phase(phase: GrantPhase) -> (Tone, &'static str) {
    let tone = match phase {
        GrantPhase::Scheduled => Tone::Waiting,
        GrantPhase::Active => Tone::Ok,
        GrantPhase::Expiring | GrantPhase::Ending => Tone::Warn,
        GrantPhase::Ended => Tone::Plain,
    };
    (tone, phase.label())
}

/// The link from a line to why somebody has this.
#[must_use]
pub fn why(grant: GrantId, name: &str) -> AnyView {
    why_on(grant, name, "")
}

/// The same as of a day; an empty one is now.
#[must_use]
pub fn why_on(grant: GrantId, name: &str, on: &str) -> AnyView {
    let of = format!(" {name}");
    view! { <a href=paths::grant_on(grant, on)>"Why"<span class="sr-only">{of}</span></a> }.into_any()
}
