//! Lists of access with their filters: who has what, in whose eyes.
//!
//! Compliance and auditors see everything; whoever owns an application, everybody's access to it; the
//! rest their own, that of people who report to them, and of the accounts they answer for. Where
//! nothing of it is for them, the list does not exist.

use super::Base;
use super::as_of::{self, AsOf};
use super::cursor;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::access_lists::{About, BY_HAND, Filter, Scope, Tally, WITHIN};
use app::catalogue::port::Facet;
use app::error::AppError;
use app::grants::port::{AccessOf, AccessPage, AccessQuery};
use app::when::When;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::grant::GrantPhase;
use domain::page::Page;
use domain::permission::{Action, Relation, permitted};
use std::collections::BTreeMap;

/// What of all access the caller may see.
fn scope(caller: &Caller) -> Scope {
    Scope {
        whole: permitted(&caller.roles, Action::ReadAccess, &[]),
        reader: caller.identity,
        applications: caller.applications.iter().map(|id| id.0).collect(),
    }
}

/// How the caller stands to a list as a whole.
async fn relations(work: &mut Work<'_>, caller: &Caller, about: About) -> Result<Vec<Relation>, UseCaseError> {
    let application = match about {
        About::Identity(id) => return Ok(store::subjects::relations(work.conn(), id, caller.identity).await?),
        About::Application(id) => Some(id),
        About::Entitlement(id) => store::access_lists::application_of(work.conn(), id).await?,
    };
    Ok(if application.is_some_and(|id| caller.applications.contains(&id)) { vec![Relation::ApplicationOwner] } else { vec![] })
}

fn about(query: &AccessQuery) -> Result<About, AppError> {
    let not_found = |_| AppError::NotFound;
    Ok(match query.of {
        AccessOf::Identity => About::Identity(query.id.parse().map_err(not_found)?),
        AccessOf::Application => About::Application(query.id.parse().map_err(not_found)?),
        AccessOf::Entitlement => About::Entitlement(query.id.parse().map_err(not_found)?),
    })
}

/// One page of a list, with the filters and their counts in the same snapshot.
///
/// # Errors
/// [`AppError::NotFound`] for what does not exist, and for those who may see nothing of it.
pub async fn list(base: &Base, caller: &Caller, query: AccessQuery) -> Result<AccessPage, UseCaseError> {
    let about = about(&query)?;
    let mut work = Work::read(base).await?;
    let (now, zone) = (work.now(), &base.zone);
    let name = store::access_lists::name(work.conn(), about).await?.ok_or(AppError::NotFound)?;
    let scope = scope(caller);
    let tallies = store::access_lists::tallies(work.conn(), about, &scope, now).await?;
    let whole = scope.whole || permitted(&caller.roles, Action::ReadAccess, &relations(&mut work, caller, about).await?);
    if !whole && tallies.is_empty() {
        return Err(AppError::NotFound.into());
    }
    let as_of = match about {
        About::Identity(_) => as_of::read(&mut work, base, &query.on).await?,
        About::Application(_) | About::Entitlement(_) => AsOf::Now,
    };
    let after = cursor::read_time(&query.after);
    let filter = read(&query, &tallies);
    let (rows, total) = match (&as_of, about) {
        (AsOf::Nothing { .. }, _) => (vec![], 0),
        (AsOf::Day { from, at, .. }, About::Identity(id)) => {
            store::access_lists::held_then(work.conn(), id, &scope, (*from, *at), after, zone).await?
        }
        (AsOf::Now | AsOf::Day { .. }, _) => {
            let rows = store::access_lists::lines(work.conn(), about, &scope, &filter, after, now, zone).await?;
            (rows, count(&tallies, &filter, None))
        }
    };
    work.commit().await?;
    let page = Page::from_rows(rows, total, |(id, line)| cursor::write_time(line.since.at, *id));
    let past = !matches!(as_of, AsOf::Now);
    let facets = |facets: Vec<Facet>| if past { vec![] } else { facets };
    Ok(AccessPage {
        name,
        page: Page { rows: page.rows.into_iter().map(|(_, line)| line).collect(), total: page.total, next: page.next },
        states: facets(states(&tallies, &filter)),
        withins: facets(withins(&tallies, &filter)),
        tiers: facets(tiers(&tallies, &filter)),
        units: facets(units(&tallies, &filter)),
        connections: facets(connections(&tallies, &filter)),
        on: as_of.told(&query.on),
        partial: !whole,
        as_of: When::new(now, zone),
    })
}

/// The filters of a query; what does not exist filters nothing.
fn read(query: &AccessQuery, tallies: &[Tally]) -> Filter {
    Filter {
        state: query.state.parse().ok(),
        within: query.within.parse().ok().filter(|days| WITHIN.contains(days)),
        tier: query.tier.parse().map_or("", RiskTier::word).to_owned(),
        unit: query.unit.parse().ok(),
        connection: tallies.iter().map(code).find(|code| *code == query.connection).unwrap_or_default().to_owned(),
    }
}

/// Code of a connection; what was given by hand has none.
fn code(tally: &Tally) -> &str {
    tally.connection.as_ref().map_or("-", |(code, _)| code)
}

/// A part of a filter, left out when the facet of that part is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    State,
    Within,
    Tier,
    Unit,
    Connection,
}

fn fits(tally: &Tally, filter: &Filter, except: Option<Part>) -> bool {
    let counts = |part: Part, fits: bool| except == Some(part) || fits;
    counts(Part::State, filter.state.is_none_or(|state| tally.phase == state))
        && counts(Part::Within, filter.within.is_none_or(|days| tally.within.is_some_and(|within| within <= days)))
        && counts(Part::Tier, filter.tier.is_empty() || tally.tier == filter.tier)
        && counts(Part::Unit, filter.unit.is_none_or(|unit| tally.unit.as_ref().is_some_and(|(id, _)| *id == unit)))
        && counts(Part::Connection, filter.connection.is_empty() || code(tally) == filter.connection)
}

fn count(tallies: &[Tally], filter: &Filter, except: Option<Part>) -> i64 {
    tallies.iter().filter(|tally| fits(tally, filter, except)).map(|tally| tally.count).sum()
}

fn states(tallies: &[Tally], filter: &Filter) -> Vec<Facet> {
    let facet = |phase: &GrantPhase| Facet {
        value: phase.word().to_owned(),
        label: phase.label().to_owned(),
        count: count(tallies, &Filter { state: Some(*phase), ..filter.clone() }, None),
    };
    GrantPhase::ALL
        .iter()
        .map(facet)
        .filter(|facet| facet.count > 0 || filter.state.is_some_and(|state| state.word() == facet.value))
        .collect()
}

fn withins(tallies: &[Tally], filter: &Filter) -> Vec<Facet> {
    let facet = |days: &i32| Facet {
        value: days.to_string(),
        label: format!("Ends within {days} days"),
        count: count(tallies, &Filter { within: Some(*days), ..filter.clone() }, None),
    };
    WITHIN.iter().map(facet).filter(|facet| facet.count > 0 || filter.within.is_some_and(|days| days.to_string() == facet.value)).collect()
}

fn tiers(tallies: &[Tally], filter: &Filter) -> Vec<Facet> {
    let facet = |tier: &RiskTier| Facet {
        value: tier.word().to_owned(),
        label: tier.label().to_owned(),
        count: count(tallies, &Filter { tier: tier.word().to_owned(), ..filter.clone() }, None),
    };
    RiskTier::ALL.iter().map(facet).filter(|facet| facet.count > 0 || facet.value == filter.tier).collect()
}

/// By name; the one that is chosen stays on offer.
fn named<'a>(
    tallies: &'a [Tally],
    filter: &Filter,
    part: Part,
    of: impl Fn(&'a Tally) -> Option<(String, String)>,
    chosen: impl Fn(&str) -> bool,
) -> Vec<Facet> {
    let mut facets: BTreeMap<(String, String), i64> = BTreeMap::new();
    for tally in tallies {
        if let Some((value, label)) = of(tally) {
            *facets.entry((label, value)).or_default() += if fits(tally, filter, Some(part)) { tally.count } else { 0 };
        }
    }
    facets
        .into_iter()
        .map(|((label, value), count)| Facet { value, label, count })
        .filter(|facet| facet.count > 0 || chosen(&facet.value))
        .collect()
}

fn units(tallies: &[Tally], filter: &Filter) -> Vec<Facet> {
    let chosen = filter.unit.map(|unit| unit.to_string());
    let unit = |tally: &Tally| tally.unit.as_ref().map(|(id, name)| (id.to_string(), name.clone()));
    named(tallies, filter, Part::Unit, unit, |value| chosen.as_deref() == Some(value))
}

fn connections(tallies: &[Tally], filter: &Filter) -> Vec<Facet> {
    let connection = |tally: &Tally| Some(tally.connection.clone().unwrap_or_else(|| ("-".to_owned(), BY_HAND.to_owned())));
    named(tallies, filter, Part::Connection, connection, |value| filter.connection == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(phase: GrantPhase, within: Option<i32>, tier: &str, connection: Option<&str>, count: i64) -> Tally {
        let connection = connection.map(|code| (code.to_owned(), code.to_uppercase()));
        Tally { phase, within, tier: tier.to_owned(), unit: None, connection, count }
    }

    #[test]
    fn each_facet_is_counted_under_the_other_filters() {
        let tallies = [
            tally(GrantPhase::Active, None, "standard", None, 5),
            tally(GrantPhase::Expiring, Some(7), "standard", Some("scim"), 3),
            tally(GrantPhase::Expiring, Some(30), "elevated", Some("scim"), 2),
        ];
        let filter = Filter { state: Some(GrantPhase::Expiring), tier: "standard".to_owned(), ..Filter::default() };
        let shown = |facets: Vec<Facet>| facets.into_iter().map(|facet| (facet.value, facet.count)).collect::<Vec<_>>();
        let pairs = |pairs: &[(&str, i64)]| pairs.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect::<Vec<_>>();
        assert_eq!(count(&tallies, &filter, None), 3);
        assert_eq!(shown(states(&tallies, &filter)), pairs(&[("active", 5), ("expiring", 3)]));
        assert_eq!(shown(tiers(&tallies, &filter)), pairs(&[("standard", 3), ("elevated", 2)]));
        assert_eq!(shown(connections(&tallies, &filter)), pairs(&[("scim", 3)]));
        // What ends within a week ends within a month as well.
        let all = Filter::default();
        assert_eq!(shown(withins(&tallies, &all)), pairs(&[("7", 3), ("30", 5), ("90", 5)]));
    }
}
