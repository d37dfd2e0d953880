//! Status is a word, a colour and a shape, in that order of importance: remove the colour and the
//! shape still differs, remove the shape and the word still says it.

use super::text::Text;
use leptos::prelude::*;

/// What a status means for the reader, not which colour it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Met, done, in force: a circle with a check.
    Ok,
    /// Stands, but deserves a look: a square.
    Warn,
    /// Not met, refused, overdue: a diamond.
    Bad,
    /// Worth knowing, no judgement: a ring.
    Info,
    /// Neutral: a short line.
    #[default]
    Plain,
    /// Somebody else's turn: a dashed ring.
    Waiting,
}

impl Tone {
    pub(super) const fn status_class(self) -> &'static str {
        match self {
            Self::Ok => "status status-ok",
            Self::Warn => "status status-warn",
            Self::Bad => "status status-bad",
            Self::Info => "status status-info",
            Self::Plain => "status status-plain",
            Self::Waiting => "status status-waiting",
        }
    }

    const fn tag_class(self) -> &'static str {
        match self {
            Self::Ok => "tag tag-ok",
            Self::Warn => "tag tag-warn",
            Self::Bad => "tag tag-bad",
            Self::Info => "tag tag-info",
            Self::Plain => "tag tag-plain",
            Self::Waiting => "tag tag-waiting",
        }
    }

    const fn mark_class(self) -> &'static str {
        match self {
            Self::Ok => "mark mark-ok",
            Self::Warn => "mark mark-warn",
            Self::Bad => "mark mark-bad",
            Self::Info => "mark mark-info",
            Self::Plain => "mark mark-plain",
            Self::Waiting => "mark mark-waiting",
        }
    }

    /// Outline and glyph in an 18 by 18 box. Paths only, so that every shape is one view type.
    const fn paths(self) -> (&'static str, &'static str) {
        match self {
            Self::Ok => ("M1.5 9a7.5 7.5 0 1 0 15 0a7.5 7.5 0 1 0-15 0", "M5.4 9.3l2.4 2.4 4.8-5.2"),
            Self::Warn => (
                "M4.5 2h9a2.5 2.5 0 0 1 2.5 2.5v9a2.5 2.5 0 0 1-2.5 2.5h-9a2.5 2.5 0 0 1-2.5-2.5v-9a2.5 2.5 0 0 1 2.5-2.5z",
                "M9 5.2v4.4M9 12.1v.9",
            ),
            Self::Bad => ("M9 .8 17.2 9 9 17.2.8 9z", "M6.8 6.8l4.4 4.4M11.2 6.8l-4.4 4.4"),
            Self::Info => ("M2.5 9a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0", "M9 8.3v4M9 5.4v.9"),
            Self::Plain => ("", "M5 9h8"),
            Self::Waiting => ("M2.5 9a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0", ""),
        }
    }
}

/// The shape alone, hidden from assistive technology. Always put the word beside it.
pub(super) fn shape(tone: Tone) -> AnyView {
    let (outline, glyph) = tone.paths();
    view! {
        <svg class=tone.mark_class() viewBox="0 0 18 18" width="18" height="18" aria-hidden="true" focusable="false">
            <path class="mark-outline" d=outline></path>
            <path class="mark-glyph" d=glyph></path>
        </svg>
    }
    .into_any()
}

/// Shape and word on a line, for the state of a record.
///
/// `<Status tone=Tone::Waiting text="Waits for approval"/>`
#[component]
pub fn Status(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=tone.status_class()>{shape(tone)}<span>{text}</span></span> }.into_any()
}

/// A short word on a soft ground, for a property of a record ("Restricted", "Overdue 2 h").
///
/// `<Tag tone=Tone::Bad text="Overdue 2 h"/>`
#[component]
pub fn Tag(#[prop(optional)] tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=tone.tag_class()>{text}</span> }.into_any()
}

/// The risk tier of an entitlement. Takes the tier's word in any case; an unknown word stays plain.
///
/// `<TierTag tier="privileged"/>`
#[component]
pub fn TierTag(#[prop(into)] tier: String) -> impl IntoView {
    let (tone, word) = match tier.to_ascii_lowercase().as_str() {
        "standard" => (Tone::Plain, "Standard".to_owned()),
        "elevated" => (Tone::Warn, "Elevated".to_owned()),
        "privileged" => (Tone::Bad, "Privileged".to_owned()),
        _ => (Tone::Plain, tier),
    };
    view! { <Tag tone=tone text=word/> }
}

/// The outcome of one gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gate passes.
    Met,
    /// The gate does not pass and stops the request.
    NotMet,
    /// An exception covers it.
    Waived,
    /// It cannot be said yet.
    Waiting,
    /// The gate does not concern this item.
    NotApplicable,
    /// The evaluation failed; the item is held.
    Failed,
}

impl Outcome {
    /// The colour and shape of this outcome.
    #[must_use]
    pub const fn tone(self) -> Tone {
        match self {
            Self::Met => Tone::Ok,
            Self::NotMet | Self::Failed => Tone::Bad,
            Self::Waived => Tone::Warn,
            Self::Waiting => Tone::Waiting,
            Self::NotApplicable => Tone::Plain,
        }
    }

    /// The word for this outcome.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "Met",
            Self::NotMet => "Not met",
            Self::Waived => "Waived",
            Self::Waiting => "Waiting",
            Self::NotApplicable => "Not applicable",
            Self::Failed => "Could not be evaluated",
        }
    }
}

/// One gate as a line of a [`GateList`]: shape, sentence, what was seen, remedy as an action.
///
/// `<GateMark outcome=Outcome::NotMet title="Privileged access is time-bound" seen="Ends after 90 days; at most 30." control="CS-PRIV-01"><a href="?until=2026-12-23">"Set 23 Dec 2026"</a></GateMark>`
#[component]
pub fn GateMark(
    outcome: Outcome,
    /// The control's title, read as a sentence.
    #[prop(into)]
    title: String,
    /// What the gate saw and why it says so.
    #[prop(optional, into)]
    seen: Text,
    /// The control's id, for example `CS-PRIV-01`.
    #[prop(optional, into)]
    control: Text,
    /// The remedy: a link or a small form.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let quiet = matches!(outcome, Outcome::Met | Outcome::NotApplicable);
    view! {
        <li class="gate">
            {shape(outcome.tone())}
            <div class="min-w-0">
                <span class=if quiet { "sr-only" } else { "gate-word" }>{outcome.word()}": "</span>
                <span class=if quiet { "" } else { "font-semibold" }>{title}</span>
                {seen.map(|seen| view! { <p class="text-ink-3">{seen}</p> })}
                {children.map(|children| view! { <div class="gate-remedy">{children()}</div> })}
            </div>
            {control.map(|control| view! { <span class="code text-ink-3">{control}</span> })}
        </li>
    }
    .into_any()
}

/// The list around [`GateMark`] lines.
#[component]
pub fn GateList(children: Children) -> impl IntoView {
    view! { <ul class="gates" role="list">{children()}</ul> }.into_any()
}
