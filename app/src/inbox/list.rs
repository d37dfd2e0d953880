//! The list of decisions that wait: the facts on the line, in the order a decision needs them.

use super::api::{ApproveSelected, Undo, UndoSelected};
use super::decision::{self, BULK, DECIDED, UNDONE, Way};
use super::port::{BulkItem, Choice, Extension, InboxLine, InboxPage, InboxQuery};
use super::recent::{BulkResult, Recent};
use super::saved::SavedFilters;
use crate::error::AppError;
use crate::paths;
use crate::status::{Failed, lines as sentences};
use crate::ui::{Button, CountLine, EmptyState, NextPage, Notice, Skeleton, SkeletonShape, Tag, TierTag, Tone, facets, known};
use crate::when::day;
use domain::decision::{BULK_MOST, bulk_allowed};
use domain::request::RequestKind;
use leptos::prelude::*;

/// The form that the boxes on the lines belong to.
const BULK_FORM: &str = "approve-selected";

/// What the address says about the list.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// The stage whose detail is open.
    pub stage: Memo<Option<String>>,
    /// The whole query.
    pub search: Memo<String>,
}

impl Chosen {
    /// What the list is asked for.
    #[must_use]
    pub fn query(self) -> InboxQuery {
        self.search.with(|search| InboxQuery {
            filter: paths::parameter(search, "filter"),
            whose: paths::parameter(search, "whose"),
            after: paths::parameter(search, "after"),
            bulk: paths::parameter(search, BULK),
        })
    }

    /// The list to come back to.
    #[must_use]
    pub fn way(self) -> Way {
        let InboxQuery { filter, whose, .. } = self.query();
        Way { filter, whose }
    }

    /// The address of a decision in this list.
    #[must_use]
    pub fn line(self, stage: domain::id::StageId) -> String {
        let InboxQuery { filter, whose, after, .. } = self.query();
        paths::with(&paths::stage(stage), &[("filter", &filter), ("whose", &whose), ("after", &after)])
    }

    fn says(self, parameter: &str) -> bool {
        self.search.with(|search| paths::has_parameter(search, parameter))
    }
}

/// The list with its head.
#[component]
pub fn InboxList(chosen: Chosen, list: Resource<Result<InboxPage, AppError>>) -> impl IntoView {
    let open = move || chosen.stage.with(Option::is_some);
    let said = move || {
        if chosen.says(DECIDED) {
            Some("Decided. It becomes final in a few seconds; until then you can undo it below.")
        } else if chosen.says(UNDONE) {
            Some("Undone. Nothing was recorded; it waits for you again.")
        } else if chosen.says("reassigned") {
            Some("Reassigned. Whoever shall decide now has it in their inbox and was told.")
        } else {
            None
        }
    };
    let refused = [
        ServerAction::<Undo>::new().value().get_untracked().and_then(Result::err).map(|error| ("It was not undone.", error)),
        ServerAction::<UndoSelected>::new().value().get_untracked().and_then(Result::err).map(|error| ("Nothing was undone.", error)),
        ServerAction::<ApproveSelected>::new().value().get_untracked().and_then(Result::err).map(|error| ("Nothing was approved.", error)),
    ];
    let refused = refused.into_iter().flatten().map(|(title, error)| refusal(title, &error)).collect_view();
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
            {refused}
        </div>
        <Transition fallback=|| view! { <Skeleton rows=7 shape=SkeletonShape::List/> }>{lines}</Transition>
    }
    .into_any()
}

fn refusal(title: &'static str, error: &AppError) -> AnyView {
    let text = match error {
        AppError::NotPossible => {
            "It is final by now. A new request, or a word with those who carry it out, can still change what comes of it.".to_owned()
        }
        error => sentences(error).into_iter().map(|(_, sentence)| sentence).collect::<Vec<_>>().join(" "),
    };
    view! { <div role="alert"><Notice tone=Tone::Bad title=title text=text/></div> }.into_any()
}

fn lines(list: InboxPage, chosen: Chosen) -> AnyView {
    let InboxPage { page, filters, whose, recent, bulk, saved, key, as_of } = list;
    let way = chosen.way();
    let label = [label_of(&whose, &way.whose), label_of(&filters, &way.filter)].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let filtered = !way.filter.is_empty() || !way.whose.is_empty();
    let whose = chips("Whose decisions", whose, &way.whose, |value| Way { whose: value, ..way.clone() }.to_list());
    let filters = chips("Filter", filters, &way.filter, |value| Way { filter: value, ..way.clone() }.to_list());
    let next = page.next.map(|next| paths::with(paths::INBOX, &[("filter", &way.filter), ("whose", &way.whose), ("after", &next)]));
    let count = u64::try_from(page.total).unwrap_or(0);
    let can_undo = bulk.as_ref().is_some_and(|bulk| recent.iter().any(|line| line.bulk == Some(bulk.id) && line.seconds_left.is_some()));
    let bulk = bulk.map(|outcome| view! { <BulkResult outcome=outcome can_undo=can_undo way=way.clone()/> });
    let pick = page.rows.iter().any(|row| bulk_allowed(row.tier));
    let rest = if page.rows.is_empty() {
        nothing(filtered)
    } else {
        let rows = page.rows.into_iter().map(|row| line(row, chosen)).collect_view();
        view! {
            <ul role="list" class="picks">{rows}</ul>
            {pick.then(|| bulk_form(key.to_string(), as_of.at.to_string(), way.clone()))}
            <NextPage href=next what="decisions"/>
        }
        .into_any()
    };
    view! {
        <div class="split-head empty:hidden">
            {bulk}
            <Recent lines=recent way=way.clone()/>
        </div>
        <div class="split-head">
            {whose}
            {filters}
            <SavedFilters saved=saved present=way/>
            <CountLine count=count one="decision waits for you" many="decisions wait for you" filter=label as_of=as_of.text/>
        </div>
        {rest}
    }
    .into_any()
}

fn label_of(choices: &[Choice], value: &str) -> Option<String> {
    choices.iter().find(|(known, ..)| known == value).map(|(_, label, _)| label.clone()).filter(|_| !value.is_empty() && value != "all")
}

/// Every choice as a link that keeps the other filter as it is. The first of them takes the filter away,
/// and so does what is none of them.
fn chips(label: &'static str, choices: Vec<Choice>, present: &str, href: impl Fn(String) -> String) -> Option<AnyView> {
    let mut choices = choices.into_iter();
    let (_, any, whole) = choices.next()?;
    let choices = choices.collect::<Vec<_>>();
    let chosen = known(&choices, present);
    facets(label, (&any, Some(whole)), choices, chosen, |value| href(value.to_owned()))
}

/// The button below the list; the boxes on the lines belong to its form.
fn bulk_form(key: String, shown_at: String, way: Way) -> AnyView {
    let approve = ServerAction::<ApproveSelected>::new();
    view! {
        <div class="bulk-bar">
            <ActionForm action=approve attr:id=BULK_FORM>
                <input type="hidden" name="key" value=key/>
                <input type="hidden" name="shown_at" value=shown_at/>
                <input type="hidden" name="filter" value=way.filter/>
                <input type="hidden" name="whose" value=way.whose/>
                <Button submit=true>"Approve "<span class="bulk-count"></span>" selected"</Button>
            </ActionForm>
            <p class="text-ink-3 text-xs">{format!("Standard access only, at most {BULK_MOST} at once. Each is checked by itself and marked as decided in bulk.")}</p>
        </div>
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
        view! { <Tag tone=Tone::Bad text=row.due.clone()/> }.into_any()
    } else {
        view! { <span class="text-ink-2">{row.due.clone()}</span> }.into_any()
    };
    let end = row.ends_on.map(day);
    let until = row.extension.map_or_else(|| until(end.clone(), row.duration_days), |extension| longer(end.clone(), extension));
    let (peers, conflicts) = (peers(row.peers_holding, row.peers), conflicts(row.conflicts));
    let gates = unmet(row.gates_unmet);
    let notes = notes(&row);
    let pick = bulk_allowed(row.tier).then(|| pick(&row));
    let (kind, changed) = (kind_word(row.kind), row.changed);
    let InboxLine { subject, entitlement, application, tier, shortened, reason, .. } = row;
    let facts = view! {
        <span class="line"><strong>{subject}</strong>{due}</span>
        <span>{kind}{entitlement}" "<span class="text-ink-3">"· "{application}</span></span>
        <span class="line text-ink-2">
            <span>{until}{shortened.then_some(", made earlier")}{gates.map(|gates| view! { " · "<span class="text-warn">{gates}</span> })}</span>
            <span class="flex gap-1">{changed.then(|| view! { <Tag tone=Tone::Info text="Changed"/> })}<TierTag tier=tier.word()/></span>
        </span>
        <span class="text-ink-2">
            {reason.label()}
            {peers.map(|peers| format!(" · {peers}"))}
            {conflicts.map(|conflicts| view! { " · "<span class="text-bad font-semibold">{conflicts}</span> })}
        </span>
        {(!notes.is_empty()).then(|| view! { <span class="text-ink-3">{notes}</span> })}
    };
    let link = view! { <a class="list-link" href=href aria-current=move || current.get().then_some("true")>{facts}</a> };
    view! { <li class="pick-line">{pick}{link}</li> }.into_any()
}

/// The box that selects a line for approving in bulk, with what was shown of it.
fn pick(row: &InboxLine) -> AnyView {
    let item = BulkItem { stage: row.stage, shown_version: row.shown_version, shown_hash: row.shown_hash.clone() };
    let label = format!("Select {} for {}", row.entitlement, row.subject);
    view! { <label class="pick"><input type="checkbox" class="check-box" form=BULK_FORM name="items[]" value=decision::item(&item) aria-label=label/></label> }
        .into_any()
}

/// Who else has to do with it, in words.
fn notes(row: &InboxLine) -> String {
    let mut notes = Vec::new();
    if let Some(from) = &row.stands_in_for {
        notes.push(format!("you stand in for {from}"));
    }
    if row.claimed_by_me {
        notes.push("taken on by you".to_owned());
    } else if let Some(who) = &row.claimed_by {
        notes.push(format!("taken on by {who}"));
    } else if row.team {
        notes.push(format!("{}: one of several", row.asked_as));
    }
    if row.asked_together > 1 {
        notes.push(format!("asked together with {} more", row.asked_together - 1));
    }
    notes.join(" · ")
}

fn kind_word(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Grant => "",
        RequestKind::Extend => "Extension: ",
        RequestKind::Change => "Change to: ",
    }
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

/// "Until 31 Jan 2027 · +60 days · 2nd extension".
fn longer(end: Option<String>, extension: Extension) -> String {
    let Extension { days, number } = extension;
    let days = match days {
        Some(1 | -1) => format!("{:+} day", days.unwrap_or_default()),
        Some(days) => format!("{days:+} days"),
        None => String::new(),
    };
    [until(end, None), days, format!("{} extension", ordinal(number))]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// "4 of 9 colleagues have it"; nothing where there is nobody to compare with.
fn peers(hold: i64, of: i64) -> Option<String> {
    match of {
        ..=0 => None,
        1 if hold > 0 => Some("the one colleague has it".to_owned()),
        1 => Some("the one colleague does not have it".to_owned()),
        _ => Some(format!("{hold} of {of} colleagues have it")),
    }
}

fn conflicts(touched: u32) -> Option<String> {
    match touched {
        0 => None,
        1 => Some("touches 1 conflict".to_owned()),
        many => Some(format!("touches {many} conflicts")),
    }
}

fn unmet(gates: i32) -> Option<String> {
    match gates {
        ..=0 => None,
        1 => Some("1 gate not met".to_owned()),
        many => Some(format!("{many} gates not met")),
    }
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
    fn an_extension_says_how_much_longer_and_the_how_manyth_it_is() {
        let end = || Some("31 Jan 2027".to_owned());
        assert_eq!(longer(end(), Extension { days: Some(60), number: 2 }), "Until 31 Jan 2027 · +60 days · 2nd extension");
        assert_eq!(longer(end(), Extension { days: Some(1), number: 1 }), "Until 31 Jan 2027 · +1 day · 1st extension");
        assert_eq!(longer(None, Extension { days: None, number: 3 }), "No end date · 3rd extension");
        assert_eq!([11, 12, 13, 21, 101, 111].map(ordinal), ["11th", "12th", "13th", "21st", "101st", "111th"]);
    }

    #[test]
    fn colleagues_and_conflicts_are_named_where_there_are_any() {
        assert_eq!((peers(4, 9).as_deref(), peers(0, 0)), (Some("4 of 9 colleagues have it"), None));
        assert_eq!(peers(0, 1).as_deref(), Some("the one colleague does not have it"));
        assert_eq!(
            (conflicts(0), conflicts(1).as_deref(), conflicts(2).as_deref()),
            (None, Some("touches 1 conflict"), Some("touches 2 conflicts"))
        );
    }

    #[test]
    fn gates_are_named_only_when_some_are_not_met() {
        assert_eq!(unmet(0), None);
        assert_eq!(unmet(1).as_deref(), Some("1 gate not met"));
        assert_eq!(unmet(2).as_deref(), Some("2 gates not met"));
    }
}
