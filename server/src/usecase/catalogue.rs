//! The port of the catalogue: searching it, one entitlement, changing its tier.

use super::Base;
use super::authorise::require;
use super::error::UseCaseError;
use super::work::Work;
use super::{cursor, search_words};
use crate::store;
use crate::store::catalogue::{Search, Tally};
use app::catalogue::port::{Catalogue, CatalogueQuery, CatalogueResults, EntitlementView, Facet};
use app::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::event::EventKind;
use domain::id::EntitlementId;
use domain::page::Page;
use domain::permission::{Action, permitted};
use domain::text::Remark;
use serde_json::json;
use std::collections::BTreeMap;

/// Privileged access is held for at most this many days at a time, whatever the entitlement allowed
/// in a lower tier.
const LONGEST_PRIVILEGED_DAYS: i32 = 30;
/// Applications offered as a filter.
const APPLICATIONS_SHOWN: usize = 20;

/// The catalogue.
#[derive(Clone)]
pub struct CatalogueService {
    base: Base,
}

impl CatalogueService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn find(&self, caller: &Caller, query: CatalogueQuery) -> Result<CatalogueResults, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        require(caller, Action::ReadCatalogue, &[])?;
        let search = Search {
            application: search_words::without_nul(&query.application),
            // A tier that does not exist filters nothing.
            tier: query.tier.parse().map_or("", RiskTier::word),
            after: cursor::read(&query.after),
            ..search_words::search(&query.q)
        };
        store::catalogue::tolerate_typos(work.conn(), &search).await?;
        let (rows, tallies) = store::catalogue::search(work.conn(), &search, caller.identity).await?;
        work.commit().await?;
        let in_application = |t: &&Tally| search.application.is_empty() || t.code == search.application;
        let in_tier = |t: &&Tally| search.tier.is_empty() || t.tier.word() == search.tier;
        let total = tallies.iter().filter(in_application).filter(in_tier).map(|t| t.count).sum();
        let page = Page::from_rows(rows, total, |(score, hit)| cursor::write(*score, hit.card.id.0));
        Ok(CatalogueResults {
            page: Page { rows: page.rows.into_iter().map(|(_, hit)| hit).collect(), total: page.total, next: page.next },
            applications: applications(tallies.iter().filter(in_tier), &search.application),
            tiers: tiers(tallies.iter().filter(in_application), search.tier),
        })
    }

    async fn view(&self, caller: &Caller, id: EntitlementId) -> Result<EntitlementView, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        require(caller, Action::ReadCatalogue, &[])?;
        let row = store::catalogue::entitlement(work.conn(), id).await?.ok_or(AppError::NotFound)?;
        let versions = store::catalogue::earlier_versions(work.conn(), id, row.card.version, &self.base.zone).await?;
        let conflicts = store::catalogue::conflicts(work.conn(), id).await?;
        work.commit().await?;
        Ok(EntitlementView {
            card: row.card,
            application_code: row.application_code,
            tier_reason: row.tier_reason,
            tier_guessed: row.tier_guessed,
            actions: row.actions,
            data_actions: row.data_actions,
            holders: row.holders,
            review_every_days: row.review_every_days,
            requestable: row.requestable,
            versions,
            conflicts,
            may_change_tier: row.active && permitted(&caller.roles, Action::ChangeTier, &[]),
        })
    }

    async fn set_tier(&self, caller: &Caller, id: EntitlementId, version: i32, tier: &str, reason: &str) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        require(caller, Action::ChangeTier, &[])?;
        let tier: RiskTier = tier.parse().map_err(|_| AppError::field("tier", "required"))?;
        let reason = Remark::parse("reason", reason, "Say why.")?;
        store::catalogue::lock(work.conn(), id).await?;
        let row = store::catalogue::entitlement(work.conn(), id).await?.ok_or(AppError::NotFound)?;
        if row.card.version != version {
            return Err(AppError::Changed.into());
        }
        if !row.active {
            return Err(AppError::NotPossible.into());
        }
        let longest_days = longest_days(tier, row.card.longest_days);
        let now = work.now();
        store::catalogue::set_tier(work.conn(), id, version, tier, reason.as_str(), longest_days, now).await?;
        let body = json!({ "from": row.card.tier.word(), "to": tier.word(), "version": version + 1, "reason": reason.as_str(), "detail": format!("{} to {}: {reason}", row.card.tier, tier) });
        work.event(EventKind::EntitlementTierChanged, "entitlement", id.0, None, body).await?;
        work.commit().await
    }
}

fn longest_days(tier: RiskTier, before: Option<i32>) -> Option<i32> {
    match tier {
        RiskTier::Privileged => Some(before.map_or(LONGEST_PRIVILEGED_DAYS, |days| days.min(LONGEST_PRIVILEGED_DAYS))),
        RiskTier::Standard | RiskTier::Elevated => before,
    }
}

/// Most hits first; the one that is chosen stays on offer.
fn applications<'a>(tallies: impl Iterator<Item = &'a Tally>, chosen: &str) -> Vec<Facet> {
    let mut counts: BTreeMap<&str, Facet> = BTreeMap::new();
    for tally in tallies {
        counts
            .entry(&tally.code)
            .or_insert_with(|| Facet { value: tally.code.clone(), label: tally.application.clone(), count: 0 })
            .count += tally.count;
    }
    let mut facets: Vec<Facet> = counts.into_values().collect();
    facets.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    let mut at = 0;
    facets.retain(|facet| {
        at += 1;
        at <= APPLICATIONS_SHOWN || facet.value == chosen
    });
    facets
}

fn tiers<'a>(tallies: impl Iterator<Item = &'a Tally> + Clone, chosen: &str) -> Vec<Facet> {
    let facet = |tier: &RiskTier| Facet {
        value: tier.word().to_owned(),
        label: tier.label().to_owned(),
        count: tallies.clone().filter(|t| t.tier == *tier).map(|t| t.count).sum(),
    };
    RiskTier::ALL.iter().map(facet).filter(|facet| facet.count > 0 || facet.value == chosen).collect()
}

#[async_trait]
impl Catalogue for CatalogueService {
    async fn search(&self, caller: &Caller, query: CatalogueQuery) -> Result<CatalogueResults, AppError> {
        Ok(self.find(caller, query).await?)
    }

    async fn entitlement(&self, caller: &Caller, id: EntitlementId) -> Result<EntitlementView, AppError> {
        Ok(self.view(caller, id).await?)
    }

    async fn change_tier(&self, caller: &Caller, id: EntitlementId, version: i32, tier: String, reason: String) -> Result<(), AppError> {
        Ok(self.set_tier(caller, id, version, &tier, &reason).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privileged_access_is_never_held_longer_than_thirty_days() {
        assert_eq!(longest_days(RiskTier::Privileged, None), Some(30));
        assert_eq!(longest_days(RiskTier::Privileged, Some(365)), Some(30));
        assert_eq!(longest_days(RiskTier::Privileged, Some(7)), Some(7));
        assert_eq!(longest_days(RiskTier::Elevated, None), None);
    }

    #[test]
    fn the_chosen_application_stays_on_offer_with_few_hits() {
        let tallies: Vec<_> = (1..=30)
            .map(|n| Tally { code: format!("app-{n}"), application: format!("Application {n}"), tier: RiskTier::Standard, count: n })
            .collect();
        let facets = applications(tallies.iter(), "app-2");
        assert_eq!(facets.len(), 21);
        assert_eq!(facets.first().map(|f| f.count), Some(30));
        assert_eq!(facets.last().map(|f| f.value.as_str()), Some("app-2"));
    }
}
