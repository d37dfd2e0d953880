//! The port of the catalogue: searching it, and one entitlement.

use super::Base;
use super::authorise::require;
use super::error::UseCaseError;
use super::lead_times::usual_times;
use super::work::Work;
use super::{cursor, search_words};
use crate::store;
use crate::store::catalogue::{Search, Tally};
use crate::store::catalogue_entry::{EntitlementRow, ReaderRow};
use app::catalogue::port::{
    Catalogue, CatalogueHit, CatalogueQuery, CatalogueResults, EntitlementVersion, EntitlementView, Facet, Peers, Reach, Replaced,
};
use app::error::AppError;
use app::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::catalogue::RiskTier;
use domain::change::{RecordKind, say};
use domain::id::{EntitlementId, GrantId};
use domain::lead_time::UsualTime;
use domain::page::{PAGE_SIZE, Page};
use domain::permission::{Action, Relation, permitted};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

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
        // What takes the place of access has to be of the same application.
        let replaced = match query.replaces.parse::<GrantId>() {
            Ok(grant) => store::asking::replaceable(work.conn(), grant, caller.identity).await?,
            Err(_) => None,
        };
        let (application, replaced) = match replaced {
            Some((code, name, application)) => (code, Some(Replaced { name, application })),
            None => (search_words::without_nul(&query.application), None),
        };
        let search = Search {
            application,
            // A tier that does not exist filters nothing.
            tier: query.tier.parse().map_or("", RiskTier::word),
            whole: permitted(&caller.roles, Action::ReadClosedCatalogue, &[]),
            after: cursor::read(&query.after),
            ..search_words::search(&query.q)
        };
        store::catalogue::tolerate_typos(work.conn(), &search).await?;
        let (mut rows, tallies) = store::catalogue::search(work.conn(), &search, caller.identity).await?;
        let found: Vec<EntitlementId> = rows.iter().map(|(_, hit)| hit.card.id).collect();
        let usual = usual_times(&mut work, &self.base, &found).await?;
        work.commit().await?;
        for (_, CatalogueHit { card, usual: time, .. }) in &mut rows {
            *time = usual.get(&card.id).copied().unwrap_or(*time);
        }
        let in_application = |t: &&Tally| search.application.is_empty() || t.code == search.application;
        let in_tier = |t: &&Tally| search.tier.is_empty() || t.tier.word() == search.tier;
        let total = tallies.iter().filter(in_application).filter(in_tier).map(|t| t.count).sum();
        let page = Page::from_rows(rows, total, |(score, hit)| cursor::write(*score, hit.card.id.0));
        Ok(CatalogueResults {
            page: Page { rows: page.rows.into_iter().map(|(_, hit)| hit).collect(), total: page.total, next: page.next },
            applications: applications(tallies.iter().filter(in_tier), &search.application),
            tiers: tiers(tallies.iter().filter(in_application), search.tier),
            replaced,
        })
    }

    async fn view(&self, caller: &Caller, id: EntitlementId, before: Option<i32>) -> Result<EntitlementView, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        require(caller, Action::ReadCatalogue, &[])?;
        let row = store::catalogue_entry::entitlement(work.conn(), id).await?.ok_or(AppError::NotFound)?;
        let reader = store::catalogue_entry::reader(work.conn(), id, caller.identity).await?;
        let relations = relations(caller, &row, &reader);
        // Neither that it exists nor what it is called is for those it is not meant for.
        if !reader.for_reader && !permitted(&caller.roles, Action::ReadClosedCatalogue, &relations) {
            return Err(AppError::NotFound.into());
        }
        let (versions, versions_below) = versions(&mut work, id, before, &self.base.zone).await?;
        let whole = permitted(&caller.roles, Action::ReadClosedCatalogue, &[]);
        let conflicts = store::catalogue_entry::conflicts(work.conn(), id, caller.identity, whole).await?;
        let (gives, part_of) = store::catalogue_entry::containment(work.conn(), id, caller.identity, whole).await?;
        let usual = usual_times(&mut work, &self.base, &[id]).await?;
        work.commit().await?;
        let owner: &[Relation] = if caller.applications.contains(&row.application) { &[Relation::ApplicationOwner] } else { &[] };
        let access_to = permitted(&caller.roles, Action::ReadAccess, owner).then_some(row.application);
        Ok(EntitlementView {
            card: row.card,
            application_code: row.application_code,
            tier_reason: row.tier_reason,
            tier_guessed: row.tier_guessed,
            actions: row.actions,
            data_actions: row.data_actions,
            holders: row.holders,
            access_to,
            review_every_days: row.review_every_days,
            closed: row.closed,
            versions,
            versions_below,
            conflicts,
            gives,
            part_of,
            audience: (!row.audience.is_everyone()).then(|| row.audience.words(&row.unit_names)),
            reach: Reach::of(reader.for_reader, reader.for_reports || reader.for_owned),
            held_inside: reader.held_inside,
            held_since: reader.held_since.map(|at| When::new(at, &self.base.zone)),
            pending: reader.pending,
            peers: reader.peers.map(|(hold, of)| Peers { hold, of }),
            usual: usual.get(&id).copied().unwrap_or(UsualTime::NoData { cases: 0 }),
            may_edit: permitted(&caller.roles, Action::EditApplication, &relations),
            may_read_changes: permitted(&caller.roles, Action::ReadChanges, &relations),
        })
    }
}

/// A page of the versions below `before`, newest first, and below which the next page begins. What it
/// is called in the machine that gives it is for those who keep the record.
async fn versions(
    work: &mut Work<'_>,
    id: EntitlementId,
    before: Option<i32>,
    zone: &TimeZone,
) -> Result<(Vec<EntitlementVersion>, Option<i32>), UseCaseError> {
    let mut rows = store::changes::versions::entitlement(work.conn(), &id.to_string(), before.unwrap_or(i32::MAX)).await?;
    let more = rows.len() > PAGE_SIZE as usize;
    rows.truncate(PAGE_SIZE as usize);
    let below = rows.last().filter(|_| more).map(|(version, ..)| *version);
    let mut included: Vec<String> =
        rows.iter().filter_map(|(_, _, fields)| fields.get("includes")).flat_map(|text| text.lines()).map(str::to_owned).collect();
    included.sort_unstable();
    included.dedup();
    let names = store::changes::lookup::entitlement_names(work.conn(), &included).await?;
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let told = RecordKind::Entitlement.fields().iter().filter(|spec| !["application", "source_id", "reference"].contains(&spec.name));
    let versions = rows
        .into_iter()
        .map(|(version, since, fields)| EntitlementVersion {
            version,
            since: When::new(since, zone),
            fields: told
                .clone()
                .filter_map(|spec| fields.get(spec.name).map(|text| (spec.label.to_owned(), say(spec, text, &name))))
                .collect(),
        })
        .collect();
    Ok((versions, below))
}

/// How the caller stands to an entry.
fn relations(caller: &Caller, row: &EntitlementRow, reader: &ReaderRow) -> Vec<Relation> {
    [
        (reader.held_since.is_some() || reader.pending.is_some(), Relation::Subject),
        (reader.for_reports, Relation::Manager),
        (reader.for_owned, Relation::Sponsor),
        (reader.decides, Relation::Approver),
        (caller.applications.contains(&row.application), Relation::ApplicationOwner),
    ]
    .into_iter()
    .filter_map(|(holds, relation)| holds.then_some(relation))
    .collect()
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

    async fn entitlement(&self, caller: &Caller, id: EntitlementId, before: Option<i32>) -> Result<EntitlementView, AppError> {
        Ok(self.view(caller, id, before).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
