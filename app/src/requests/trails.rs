//! What happened, and what access came of it: the two trails side by side, a list of events on one
//! trail, grants as a table, and a moment as an element.

use crate::grants::words;
use crate::paths;
use crate::record::{GrantLine, TimelineEvent};
use crate::ui::{Column, DataTable, Status, Timeline, TimelineEntry, Tone, Trail as Side};
use crate::when::When;
use domain::event::Trail;
use leptos::prelude::*;

/// Decision trail and execution trail side by side, never mixed. Events that run the installation
/// itself belong to neither and stand below under their own name.
///
/// `<Trails events=view.timeline/>`, inside a card.
#[component]
pub fn Trails(events: Vec<TimelineEvent>) -> impl IntoView {
    let (others, both): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.trail == Trail::Administration);
    if both.is_empty() && others.is_empty() {
        return view! { <p class="text-ink-2">"Nothing has happened yet."</p> }.into_any();
    }
    let entries: Vec<_> = both.into_iter().map(entry).collect();
    let some = !entries.is_empty();
    view! {
        {some.then(|| view! { <Timeline entries=entries/> })}
        {(!others.is_empty()).then(|| view! {
            <h3 class="mt-3">"Administration"</h3>
            <EventList events=others/>
        })}
    }
    .into_any()
}

fn entry(event: TimelineEvent) -> TimelineEntry {
    let TimelineEvent { at, trail, what, who, detail } = event;
    let tone = tone(&what);
    TimelineEntry {
        trail: if trail == Trail::Execution { Side::Execution } else { Side::Decision },
        datetime: at.at.to_string(),
        at: at.text,
        // What happened leads; the name follows. "Approved · Leon DasSarma".
        who: what,
        what: format!("· {who}"),
        detail,
        tone,
    }
}

/// Events of one trail, oldest first.
#[component]
pub fn EventList(events: Vec<TimelineEvent>) -> impl IntoView {
    let lines = events
        .into_iter()
        .map(|event| {
            let TimelineEvent { at, what, who, detail, .. } = event;
            view! {
                <li class="py-1.5">
                    <p><strong>{what}</strong>" · "{who}</p>
                    {detail.map(|detail| view! { <p class="text-ink-2">{detail}</p> })}
                    <p class="text-ink-3 text-xs">{moment(&at)}</p>
                </li>
            }
        })
        .collect_view();
    view! { <ol role="list">{lines}</ol> }.into_any()
}

/// The mark follows the word of the event kind (`domain::event`); an unknown word stays plain.
fn tone(what: &str) -> Tone {
    let what = what.to_ascii_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| what.starts_with(word));
    if starts(&["approved", "all approvals", "carried out", "access active", "access given", "proven"]) {
        Tone::Ok
    } else if starts(&["rejected", "held", "submission refused", "failed", "rolling back failed", "second look: not there"]) {
        Tone::Bad
    } else if starts(&["returned", "lapsed", "withdrawn", "release cancelled"]) {
        Tone::Warn
    } else if starts(&["asked to decide", "put into"]) {
        Tone::Waiting
    } else {
        Tone::Plain
    }
}

/// A moment as an element that machines can read too.
#[must_use]
pub fn moment(when: &When) -> AnyView {
    view! { <time datetime=when.at.to_string()>{when.text.clone()}</time> }.into_any()
}

/// When a grant ends or ended, and why.
fn grant_end(grant: &GrantLine) -> AnyView {
    let why = grant.end_reason.map(|reason| view! { <p class="text-ink-3">{reason.label()}</p> });
    let when = match (&grant.ended, &grant.ends) {
        (Some(ended), _) => moment(ended),
        (None, Some(ends)) => moment(ends),
        (None, None) => view! { <span class="text-ink-2">"No end"</span> }.into_any(),
    };
    view! { {when}{why} }.into_any()
}

/// One grant as a row of [`GrantsTable`].
#[must_use]
pub fn grant_line(grant: &GrantLine, why: bool) -> AnyView {
    let (tone, word) = words::phase(grant.state);
    let request = paths::request(grant.request);
    let why = why.then(|| view! { <p>{words::why(grant.id, &grant.name)}</p> });
    view! {
        <tr>
            {words::what(grant)}
            <td><Status tone=tone text=word/></td>
            <td>{grant_end(grant)}{words::since(&grant.since)}</td>
            <td class="whitespace-nowrap"><a class="code" href=request>{grant.request_number.clone()}</a>{why}</td>
        </tr>
    }
    .into_any()
}

/// Grants with their ends and the request behind each.
///
/// `<GrantsTable caption="Access now" grants=view.grants why=true/>`, in a card with `flush=true`.
#[component]
pub fn GrantsTable(
    #[prop(into)] caption: String,
    grants: Vec<GrantLine>,
    /// The reader may know why: each line leads there.
    why: bool,
) -> impl IntoView {
    let columns = vec![Column::text("Access"), Column::text("Status"), Column::text("End"), Column::text("Request")];
    let rows = grants.iter().map(|grant| grant_line(grant, why)).collect_view();
    view! { <DataTable caption=caption columns=columns>{rows}</DataTable> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::EventKind;

    #[test]
    fn every_decision_and_refusal_has_its_mark() {
        assert_eq!(tone(EventKind::DecisionApproved.label()), Tone::Ok);
        assert_eq!(tone(EventKind::ReleaseExecuted.label()), Tone::Ok);
        assert_eq!(tone(EventKind::DecisionRejected.label()), Tone::Bad);
        assert_eq!(tone(EventKind::ReleaseHeld.label()), Tone::Bad);
        assert_eq!(tone(EventKind::ReleaseNotThere.label()), Tone::Bad);
        assert_eq!(tone(EventKind::ReleaseStuck.label()), Tone::Bad);
        assert_eq!(tone(EventKind::ReleaseVerified.label()), Tone::Ok);
        assert_eq!(tone(EventKind::DecisionReturned.label()), Tone::Warn);
        assert_eq!(tone(EventKind::RequestSubmitted.label()), Tone::Plain);
    }
}
