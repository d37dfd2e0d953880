//! Words and marks of access, the same on every page.

use crate::paths;
use crate::record::GrantLine;
use crate::requests::trails::moment;
use crate::ui::{TierTag, Tone};
use crate::when::When;
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

/// The cell that names a line of access: what it is, its tier, and of which application. A name longer
/// than the cell breaks, so that the columns beside it stay in sight.
#[must_use]
pub fn what(grant: &GrantLine) -> AnyView {
    view! {
        <th scope="row" class="min-w-44 wrap-anywhere">
            <a href=paths::entitlement(grant.entitlement)>{grant.name.clone()}</a>" "<TierTag tier=grant.tier.word()/>
            <p class="text-ink-3 font-normal">{grant.application.clone()}</p>
        </th>
    }
    .into_any()
}

/// Since when somebody has it, below its end.
#[must_use]
pub fn since(since: &When) -> AnyView {
    view! { <p class="text-ink-3 text-xs whitespace-nowrap">"Since "{moment(since)}</p> }.into_any()
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
