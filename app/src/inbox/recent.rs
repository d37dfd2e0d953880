//! What was decided a moment ago: each line can be undone while it counts down, and says so when it
//! was not recorded.

use super::api::{Undo, UndoSelected};
use super::decision::Way;
use super::port::{BulkOutcome, RecentLine};
use crate::paths;
use crate::ui::{Button, Card, Notice, Tone};
use domain::approval::Verdict;
use leptos::prelude::*;
use std::time::Duration;

/// The list; nothing when nothing was decided lately.
#[component]
pub fn Recent(lines: Vec<RecentLine>, way: Way) -> impl IntoView {
    if lines.is_empty() {
        return ().into_any();
    }
    let undo = ServerAction::<Undo>::new();
    let lines = lines.into_iter().map(|line| recent(line, &way, undo)).collect_view();
    view! { <ul role="list" class="recent" aria-label="Decided a moment ago">{lines}</ul> }.into_any()
}

fn recent(line: RecentLine, way: &Way, undo: ServerAction<Undo>) -> AnyView {
    let RecentLine { id, request, number, what, verdict, seconds_left, refusal, .. } = line;
    let verdict = match verdict {
        Verdict::Approve => "Approved",
        Verdict::Return => "Returned with a question",
        Verdict::Reject => "Rejected",
    };
    let Way { filter, whose } = way.clone();
    let about = number.clone();
    let state = match (refusal, seconds_left) {
        (Some(code), _) => view! { <p class="text-bad">"Not recorded: "{why(&code)}</p> }.into_any(),
        (None, Some(seconds)) => view! {
            <Countdown seconds=seconds>
                <ActionForm action=undo>
                    <input type="hidden" name="decision" value=id.to_string()/>
                    <input type="hidden" name="filter" value=filter/>
                    <input type="hidden" name="whose" value=whose/>
                    <button type="submit" class="btn">"Undo"<span class="sr-only">" the decision on "{about}</span></button>
                </ActionForm>
            </Countdown>
        }
        .into_any(),
        (None, None) => view! { <p class="text-ink-2">"Final; it is being recorded."</p> }.into_any(),
    };
    view! {
        <li class="recent-line">
            <p class="min-w-0"><strong>{verdict}</strong>": "<a href=paths::request(request)>{number}</a>" "{what}</p>
            {state}
        </li>
    }
    .into_any()
}

/// Shows its children while something can be undone, and how long that is. Without JavaScript the
/// children stay, and the server refuses what comes too late.
#[island]
fn Countdown(seconds: u32, children: Children) -> impl IntoView {
    let left = RwSignal::new(seconds);
    Effect::new(move || {
        if let Ok(tick) = set_interval_with_handle(move || left.update(|left| *left = left.saturating_sub(1)), Duration::from_secs(1)) {
            on_cleanup(move || tick.clear());
        }
    });
    let text = move || match left.get() {
        0 => "Final; it is being recorded.".to_owned(),
        1 => "1 second left".to_owned(),
        more => format!("{more} seconds left"),
    };
    view! {
        <div class="line">
            <span class="text-ink-2 num">{text}</span>
            <div hidden=move || left.get() == 0>{children()}</div>
        </div>
    }
    .into_any()
}

/// What came of a press that decided many, line by line.
#[component]
pub fn BulkResult(outcome: BulkOutcome, can_undo: bool, way: Way) -> impl IntoView {
    let BulkOutcome { id, at, seconds_spent, lines } = outcome;
    let undo = ServerAction::<UndoSelected>::new();
    let (refused, approved): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.refusal.is_some());
    let title = match (approved.len(), refused.len()) {
        (approved, 0) => format!("{approved} approved."),
        (approved, refused) => format!("{approved} approved, {refused} not."),
    };
    let refused = refused
        .into_iter()
        .map(|line| {
            let name = if line.number.is_empty() { "A request that is not yours to decide".to_owned() } else { line.number };
            let name = match line.href {
                Some(href) => view! { <a href=href>{name}</a> }.into_any(),
                None => name.into_any(),
            };
            view! { <li>{name}": "{why(&line.refusal.unwrap_or_default())}</li> }
        })
        .collect::<Vec<_>>();
    let list = (!refused.is_empty()).then(|| view! { <ul class="notice-list">{refused}</ul> });
    let text = format!("Pressed {} after {} on the list; marked as decided in bulk.", at.text, seconds(seconds_spent));
    view! {
        <Card title="Decided together">
            <Notice tone=if list.is_some() { Tone::Warn } else { Tone::Ok } title=title text=text/>
            {list}
            {can_undo.then(|| view! {
                <ActionForm action=undo>
                    <input type="hidden" name="press" value=id.to_string()/>
                    <input type="hidden" name="filter" value=way.filter/>
                    <input type="hidden" name="whose" value=way.whose/>
                    <Button submit=true>"Undo all of them"</Button>
                </ActionForm>
            })}
        </Card>
    }
    .into_any()
}

fn seconds(spent: i32) -> String {
    match spent {
        1 => "1 second".to_owned(),
        0..60 => format!("{spent} seconds"),
        _ => format!("{} min {} s", spent / 60, spent % 60),
    }
}

/// The sentence for the code of a refusal.
#[must_use]
pub fn why(code: &str) -> &'static str {
    match code {
        "changed" => "the request changed since you looked. Read what is new and decide again.",
        "separation_of_duties" => "nobody decides for themselves or twice. Somebody else has to.",
        "claimed" => "somebody else of the team has taken it on.",
        "not_standard" => "only standard access is approved in bulk. Open it and decide by itself.",
        "not_possible" => "another decision of yours on it can still be undone.",
        "not_found" | "forbidden" => "you are not asked to decide on it, or not any more.",
        "invalid" => "what was recorded with it is no longer accepted. Decide again.",
        _ => "the rules that hold now do not allow it.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spent_is_said_in_words() {
        for (spent, text) in [(0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (61, "1 min 1 s")] {
            assert_eq!(seconds(spent), text);
        }
    }
}
