//! What happened to a record: one list in order of time, each entry on exactly one of two trails.
//! Who decided and who carried out are never mixed: wide screens show them side by side, narrow
//! ones name the trail on every entry.

use super::status::{Tone, shape};
use leptos::prelude::*;

/// Which trail an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trail {
    /// Asked, judged, approved, refused.
    Decision,
    /// Planned, carried out, verified, rolled back.
    Execution,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// The trail it belongs to.
    pub trail: Trail,
    /// When, in the reader's form.
    pub at: String,
    /// When, for machines (RFC 3339).
    pub datetime: String,
    /// Who or what did it.
    pub who: String,
    /// What happened, as the rest of a sentence that begins with `who`.
    pub what: String,
    /// Why, with which evidence.
    pub detail: Option<String>,
    /// Its mark.
    pub tone: Tone,
}

/// The two trails.
///
/// `<Timeline entries=entries/>`
#[component]
pub fn Timeline(entries: Vec<TimelineEntry>) -> impl IntoView {
    let lines = entries
        .into_iter()
        .map(|entry| {
            let TimelineEntry { trail, at, datetime, who, what, detail, tone } = entry;
            let (class, word) = match trail {
                Trail::Decision => ("trail-entry trail-decision", "Decision"),
                Trail::Execution => ("trail-entry trail-execution", "Execution"),
            };
            view! {
                <li class=class>
                    {shape(tone)}
                    <div class="min-w-0">
                        <p><span class="trail-word">{word}</span><strong>{who}</strong>" "{what}</p>
                        {detail.map(|detail| view! { <p class="text-ink-2">{detail}</p> })}
                        <p class="text-ink-3 text-xs"><time datetime=datetime>{at}</time></p>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="trails">
            <div class="trail-heads" aria-hidden="true"><span>"Decision"</span><span>"Execution"</span></div>
            <ol class="trail-list" role="list">{lines}</ol>
        </div>
    }
    .into_any()
}
