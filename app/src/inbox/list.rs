//! The list of decisions that wait: the facts on the line, in the order a decision needs them.

use super::decision::DECIDED;
use super::port::{InboxLine, InboxPage};
use crate::error::AppError;
use crate::paths;
use crate::status::Failed;
use crate::ui::{Chip, Chips, CountLine, EmptyState, ListLink, NextPage, Skeleton, SkeletonShape, Tag, TierTag, Tone};
use crate::when::day;
use leptos::prelude::*;

/// What the address says about the list.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// The stage whose detail is open.
    pub stage: Memo<Option<String>>,
    /// The filter; empty shows all.
    pub filter: Memo<String>,
    /// The start of the page; empty is the first.
    pub after: Memo<String>,
    /// The code of a decision that was just recorded.
    pub decided: Memo<String>,
}

impl Chosen {
    /// The address of a decision in this list.
    #[must_use]
    pub fn line(self, stage: domain::id::StageId) -> String {
        paths::with(&paths::stage(stage), &[("filter", &self.filter.get()), ("after", &self.after.get())])
    }
}

/// The list with its head.
#[component]
pub fn InboxList(chosen: Chosen, list: Resource<Result<InboxPage, AppError>>) -> impl IntoView {
    let open = move || chosen.stage.with(Option::is_some);
    let said = move || (!chosen.decided.with(String::is_empty)).then_some("Recorded. It is on the request's decision trail.");
    let lines = move || {
        Suspend::new(async move {
            match list.await {
                Ok(page) => lines(page, chosen),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <div class="split-head">
            // The one first-level heading is the chosen record's, when one is open.
            {move || if open() { view! { <h2 class="text-xl">"Inbox"</h2> }.into_any() } else { view! { <h1>"Inbox"</h1> }.into_any() }}
            <p role="status" class="text-ok font-semibold empty:hidden">{said}</p>
        </div>
        <Transition fallback=|| view! { <Skeleton rows=7 shape=SkeletonShape::List/> }>{lines}</Transition>
    }
    .into_any()
}

fn lines(list: InboxPage, chosen: Chosen) -> AnyView {
    let InboxPage { page, filters, as_of } = list;
    let filter = chosen.filter.get();
    let label = filters.iter().find(|(value, ..)| *value == filter).map(|(_, label, _)| label.clone()).filter(|_| !filter.is_empty());
    let chips = filters
        .into_iter()
        .map(|(value, label, count)| {
            let current = value == filter || (filter.is_empty() && value == "all");
            let value = if value == "all" { String::new() } else { value };
            view! { <Chip href=paths::with(paths::INBOX, &[("filter", &value)]) label=label count=u32::try_from(count).unwrap_or(0) current=current/> }
        })
        .collect_view();
    let next = page.next.map(|next| paths::with(paths::INBOX, &[("filter", &filter), ("after", &next)]));
    let count = u64::try_from(page.total).unwrap_or(0);
    let rest = if page.rows.is_empty() {
        nothing(!filter.is_empty() && filter != "all")
    } else {
        let rows = page.rows.into_iter().map(|row| line(row, chosen)).collect_view();
        view! {
            <ul role="list">{rows}</ul>
            <NextPage href=next what="decisions"/>
        }
        .into_any()
    };
    view! {
        <div class="split-head">
            <Chips label="Filter">{chips}</Chips>
            <CountLine count=count one="decision waits for you" many="decisions wait for you" filter=label as_of=as_of.text/>
        </div>
        {rest}
    }
    .into_any()
}

fn nothing(filtered: bool) -> AnyView {
    if filtered {
        view! { <EmptyState title="Nothing under this filter" text="Other decisions may wait for you without it." action="Show all" href=paths::INBOX/> }.into_any()
    } else {
        view! { <EmptyState title="Nothing waits for you" text="Requests appear here when a decision on them is yours." action="See your requests" href=paths::REQUESTS/> }.into_any()
    }
}

fn line(row: InboxLine, chosen: Chosen) -> AnyView {
    let href = chosen.line(row.stage);
    let this = row.stage.to_string();
    let current = Signal::derive(move || chosen.stage.with(|stage| stage.as_ref() == Some(&this)));
    let due = if row.late {
        view! { <Tag tone=Tone::Bad text=row.due/> }.into_any()
    } else {
        view! { <span class="text-ink-2">{row.due}</span> }.into_any()
    };
    let until = until(row.ends_on.map(day), row.duration_days);
    let gates = unmet(row.gates_unmet);
    view! {
        <ListLink href=href current=current>
            <span class="line"><strong>{row.subject}</strong>{due}</span>
            <span>{row.entitlement}<span class="text-ink-3">" · "{row.application}</span></span>
            <span class="line text-ink-2">
                <span>{until}{gates.map(|gates| view! { " · "<span class="text-warn">{gates}</span> })}</span>
                <TierTag tier=row.tier.word()/>
            </span>
        </ListLink>
    }
    .into_any()
}

/// "Until 31 Jan 2027 · 30 days".
#[must_use]
pub fn until(end: Option<String>, days: Option<i32>) -> String {
    match (end, days) {
        (Some(end), Some(1)) => format!("Until {end} · 1 day"),
        (Some(end), Some(days)) => format!("Until {end} · {days} days"),
        (Some(end), None) => format!("Until {end}"),
        (None, _) => "No end date".to_owned(),
    }
}

fn unmet(gates: i32) -> Option<String> {
    match gates {
        ..=0 => None,
        1 => Some("1 gate not met".to_owned()),
        many => Some(format!("{many} gates not met")),
    }
}

/// Whether the address says that something was just recorded, and which code it has.
#[must_use]
pub fn decided(search: &str) -> String {
    paths::parameter(search, DECIDED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_until_when_and_for_how_long() {
        assert_eq!(until(Some("31 Jan 2027".into()), Some(30)), "Until 31 Jan 2027 · 30 days");
        assert_eq!(until(Some("31 Jan 2027".into()), Some(1)), "Until 31 Jan 2027 · 1 day");
        assert_eq!(until(None, None), "No end date");
    }

    #[test]
    fn gates_are_named_only_when_some_are_not_met() {
        assert_eq!(unmet(0), None);
        assert_eq!(unmet(1).as_deref(), Some("1 gate not met"));
        assert_eq!(unmet(2).as_deref(), Some("2 gates not met"));
    }
}
