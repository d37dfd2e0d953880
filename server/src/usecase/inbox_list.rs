//! What waits for the caller to decide, what they decided a moment ago, and their kept filters.

use super::Base;
use super::cursor;
use super::deciding;
use super::error::UseCaseError;
use super::inbox::FILTER_PAGE;
use super::work::Work;
use crate::store;
use crate::store::inbox::{Facets, Wanted};
use crate::store::pending_decisions::RecentRow;
use crate::store::saved_filters::SavedFilterRow;
use app::error::AppError;
use app::inbox::port::{Choice, InboxPage, InboxQuery, RecentLine, SavedFilter};
use app::paths;
use app::when::When;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::decision::PendingState;
use domain::id::IdempotencyKey;
use domain::page::Page;
use domain::time::{Period, today};
use jiff::{SignedDuration, Timestamp};

/// How long the list says that a decision was not recorded; the notification stays.
const REFUSALS_SHOWN_FOR: SignedDuration = SignedDuration::from_hours(1);

/// One page of what waits for the caller. No permission is asked for: who is not among those who
/// may decide has an empty list.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn list(base: &Base, caller: &Caller, query: InboxQuery) -> Result<InboxPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    let (me, now) = (caller.identity, work.now());
    let day = today(now, &base.zone);
    let midnight = Period::from_stored(day, Some(day)).ends_at(&base.zone).unwrap_or(now);
    // A filter that does not exist filters nothing.
    let wanted = Wanted { me, whose: known(WHOSE, &query.whose), filter: known(FILTERS, &query.filter), now, midnight };
    let wanted = Wanted { filter: if wanted.filter.is_empty() { "all" } else { wanted.filter }, ..wanted };
    let facets = store::inbox::facets(work.conn(), wanted).await?;
    let (filters, whose) = choices(&facets);
    let total = filters.iter().find(|(word, ..)| word == wanted.filter).map_or(facets.all, |(_, _, count)| *count);
    let rows = store::inbox::lines(work.conn(), wanted, cursor::read_time(&query.after), &base.zone).await?;
    let since = now.saturating_sub(REFUSALS_SHOWN_FOR).unwrap_or(now);
    let recent = store::pending_decisions::recent(work.conn(), me, since).await?;
    let bulk = match query.bulk.parse() {
        Ok(id) => deciding::bulk_outcome(&mut work, base, caller, id).await?,
        Err(_) => None,
    };
    let saved = store::saved_filters::of(work.conn(), me, FILTER_PAGE).await?;
    let key = work.id(IdempotencyKey::new);
    work.commit().await?;
    let page = Page::from_rows(rows, total, |(due, line)| cursor::write_time(*due, line.stage.0));
    Ok(InboxPage {
        page: Page { rows: page.rows.into_iter().map(|(_, line)| line).collect(), total: page.total, next: page.next },
        filters,
        whose,
        recent: recent.into_iter().map(|row| recent_line(row, now)).collect(),
        bulk,
        saved: saved.into_iter().map(saved_filter).collect(),
        key,
        as_of: When::new(now, &base.zone),
    })
}

const FILTERS: &[&str] = &["all", "late", "today", "standard", "elevated", "privileged"];
const WHOSE: &[&str] = &["mine", "team", "claimed", "delegated"];

/// The word, if it is one of those that are known.
fn known(words: &[&'static str], word: &str) -> &'static str {
    words.iter().find(|known| **known == word).copied().unwrap_or_default()
}

fn choices(facets: &Facets) -> (Vec<Choice>, Vec<Choice>) {
    let choice = |word: &str, label: &str, count: i64| (word.to_owned(), label.to_owned(), count);
    let mut filters =
        vec![choice("all", "All", facets.all), choice("late", "Late", facets.late), choice("today", "Due today", facets.today)];
    filters.extend(RiskTier::ALL.iter().zip(facets.tiers).map(|(tier, count)| choice(tier.word(), tier.label(), count)));
    let whose = vec![
        choice("", "Everything", facets.anyone),
        choice("mine", "Mine", facets.mine),
        choice("team", "Team queue", facets.team),
        choice("claimed", "Taken on by me", facets.claimed),
        choice("delegated", "Standing in", facets.delegated),
    ];
    (filters, whose)
}

fn recent_line(row: RecentRow, now: Timestamp) -> RecentLine {
    let seconds_left = match &row.state {
        // Half a second is still one to press in.
        PendingState::Open { final_at } if now < *final_at => {
            let millis = final_at.duration_since(now).as_millis();
            u32::try_from(millis.div_euclid(1_000) + i128::from(millis.rem_euclid(1_000) > 0)).ok()
        }
        _ => None,
    };
    RecentLine {
        id: row.id,
        request: row.request,
        number: row.number,
        what: format!("{} for {}", row.entitlement, row.subject),
        verdict: row.verdict,
        seconds_left,
        refusal: if let PendingState::Refused { code } = row.state { Some(code) } else { None },
        bulk: row.bulk,
    }
}

/// A filter as it is kept: only words that are known go into it.
#[must_use]
pub fn address_of(query: &InboxQuery) -> String {
    let filter = known(FILTERS, &query.filter);
    let filter = if filter == "all" { "" } else { filter };
    let address = paths::with("", &[("filter", filter), ("whose", known(WHOSE, &query.whose))]);
    address.trim_start_matches('?').to_owned()
}

fn saved_filter(row: SavedFilterRow) -> SavedFilter {
    SavedFilter {
        id: row.id,
        name: row.name,
        filter: known(FILTERS, &paths::parameter(&row.query, "filter")).to_owned(),
        whose: known(WHOSE, &paths::parameter(&row.query, "whose")).to_owned(),
    }
}

/// Refuses what is no filter of the inbox, so that nothing else is ever kept.
///
/// # Errors
/// [`AppError::Invalid`] at `filter`.
pub fn must_be_known(query: &InboxQuery) -> Result<(), AppError> {
    let fits = |words: &[&'static str], word: &str| word.is_empty() || words.contains(&word);
    if fits(FILTERS, &query.filter) && fits(WHOSE, &query.whose) { Ok(()) } else { Err(AppError::field("filter", "unknown")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_filter_reads_back_and_holds_nothing_else() {
        let query = |filter: &str, whose: &str| InboxQuery { filter: filter.into(), whose: whose.into(), ..InboxQuery::default() };
        assert_eq!(address_of(&query("late", "team")), "filter=late&whose=team");
        assert_eq!(address_of(&query("all", "")), "");
        assert_eq!(address_of(&query("//evil", "x&y=1")), "");
        assert!(must_be_known(&query("late", "team")).is_ok() && must_be_known(&query("", "")).is_ok());
        assert!(must_be_known(&query("//evil", "")).is_err() && must_be_known(&query("", "theirs")).is_err());
    }
}
