//! The port of the identity page: an identity against its specification, stopping and resuming it.

use super::Base;
use super::accounts::end_sessions;
use super::authorise::{relation_to, require, require_or_hide};
use super::error::UseCaseError;
use super::reading::timeline;
use super::work::Work;
use crate::store;
use crate::store::error::StoreError;
use crate::store::facts::SpecificationRow;
use crate::store::grants::Of;
use crate::store::holdings::HoldingRow;
use crate::store::identities::IdentityRow;
use crate::store::request_lists::{Filter, Reader};
use app::error::AppError;
use app::identities::cure::{cure, cure_access, cure_second_factor};
use app::identities::port::{AccessBeyond, AccessConformity, Conformity, Identities, IdentityView, SpecificationRef};
use app::record::PersonRef;
use app::when::{When, day};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::id::IdentityId;
use domain::identity::IdentityState;
use domain::permission::{Action, Relation, permitted};
use domain::specification::holding::{excesses, second_factor};
use domain::specification::{Attribute, AttributeConformity, Fault, Recorded, conformity};
use domain::text::Remark;
use domain::time::today;
use jiff::civil::Date;
use serde_json::json;

/// Requests on an identity's page.
const REQUESTS_SHOWN: i64 = 20;

/// Identities.
#[derive(Clone)]
pub struct IdentityService {
    base: Base,
}

impl IdentityService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn view(&self, caller: &Caller, id: IdentityId) -> Result<IdentityView, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        let row = store::identities::find(work.conn(), id, caller.identity).await?.ok_or(AppError::NotFound)?;
        require_or_hide(caller, Action::ReadIdentity, Action::ReadIdentity, &row.relations)?;
        let (now, zone) = (work.now(), &self.base.zone);
        let specification = store::facts::specification(work.conn(), row.population, now).await?;
        let grants = store::grants::lines(work.conn(), Of::Living(id), now, zone).await?;
        let holdings = store::holdings::of(work.conn(), id, zone).await?;
        let past_grants = store::grants::lines(work.conn(), Of::Ended(id), now, zone).await?;
        // Being asked about one request opens the page, not the person's other requests.
        let near: Vec<Relation> = row.relations.iter().copied().filter(|r| *r != Relation::Approver).collect();
        let known_to = (!permitted(&caller.roles, Action::ReadRequest, &near)).then_some(caller.identity);
        let filter = Filter { concerned: Some(id), known_to, limit: REQUESTS_SHOWN, ..Filter::default() };
        let requests = store::request_lists::lines(work.conn(), &filter, Reader { identity: caller.identity, now, zone }).await?;
        let also = store::identities::other_accounts(work.conn(), id).await?;
        let events = store::events::of_subject(work.conn(), "identity", id.0).await?;
        let relations = relation_to(&mut work, caller, id).await?;
        work.commit().await?;
        let stoppable = !matches!(row.state, IdentityState::Retired { .. });
        Ok(IdentityView {
            own: id == caller.identity,
            may_act: permitted(&caller.roles, Action::GiveBack, &row.relations),
            may_read_access: permitted(&caller.roles, Action::ReadAccess, &near),
            also,
            conformity: against(&row, specification.as_ref(), today(now, zone))?,
            access_conformity: specification.as_ref().map(|specification| held_against(&row, &holdings, specification)),
            specification: specification.map(|s| SpecificationRef {
                version: s.facts.version,
                highest_tier: s.facts.highest_tier,
                control_owner: s.control_owner,
                may_open: permitted(&caller.roles, Action::ReadChanges, &[]),
            }),
            may_stop: stoppable && permitted(&caller.roles, Action::StopIdentity, &relations),
            person: PersonRef { id, name: row.name },
            source_id: row.source_id,
            source: row.source,
            population: row.population,
            state: row.state,
            since: When::new(row.since, zone),
            email: row.email,
            title: row.title,
            unit: row.unit,
            manager: row.manager.map(|(person, _)| person),
            reports: row.reports,
            mfa: row.mfa,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            roles: row.roles,
            grants,
            past_grants,
            requests,
            timeline: timeline(events, zone),
        })
    }

    async fn stop(&self, caller: &Caller, id: IdentityId, reason: &str) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let relations = relation_to(&mut work, caller, id).await?;
        require(caller, Action::StopIdentity, &relations)?;
        let reason = Remark::parse("reason", reason, "Say why.")?;
        let state = store::identities::lock(work.conn(), id).await?.ok_or(AppError::NotFound)?;
        let now = work.now();
        let state = state.suspend(now, reason.to_string())?;
        store::identities::set_state(work.conn(), id, &state, now).await?;
        // Their access ends through the job that looks for people who are no longer active.
        end_sessions(&mut work, id, None, "identity_stopped").await?;
        let body = json!({ "reason": reason.as_str(), "detail": reason.as_str() });
        work.event(EventKind::IdentitySuspended, "identity", id.0, None, body).await?;
        work.commit().await
    }

    async fn start_again(&self, caller: &Caller, id: IdentityId) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let relations = relation_to(&mut work, caller, id).await?;
        require(caller, Action::StopIdentity, &relations)?;
        let state = store::identities::lock(work.conn(), id).await?.ok_or(AppError::NotFound)?;
        let was = match &state {
            IdentityState::Suspended { reason, .. } => Some(reason.clone()),
            IdentityState::Staged | IdentityState::Active | IdentityState::Retired { .. } => None,
        };
        let state = state.resume()?;
        let now = work.now();
        store::identities::set_state(work.conn(), id, &state, now).await?;
        work.event(EventKind::IdentityResumed, "identity", id.0, None, json!({ "was_suspended_because": was })).await?;
        work.commit().await
    }
}

/// The record against its specification: what is required, and what is recorded beyond that.
fn against(row: &IdentityRow, specification: Option<&SpecificationRow>, today: Date) -> Result<Vec<Conformity>, UseCaseError> {
    let Some(specification) = specification else { return Ok(vec![]) };
    let active = |person: &Option<(PersonRef, bool)>| person.as_ref().is_some_and(|(_, active)| *active);
    let record = Recorded {
        values: &row.attributes(),
        manager_active: active(&row.manager),
        owner_active: active(&row.owner),
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        active: matches!(row.state, IdentityState::Active),
        retired: matches!(row.state, IdentityState::Retired { .. }),
    };
    let found = conformity(&record, &specification.required_attributes, today).map_err(StoreError::from)?;
    Ok(found.into_iter().filter(|c| c.required || c.seen.is_some()).map(|c| line(row, c)).collect())
}

/// What is held against the limits of the specification.
fn held_against(row: &IdentityRow, holdings: &[HoldingRow], specification: &SpecificationRow) -> AccessConformity {
    let held: Vec<_> = holdings.iter().map(|row| row.holding.clone()).collect();
    let second_factor = second_factor(&held, &specification.facts, row.mfa);
    let beyond = |held: &HoldingRow| {
        let excesses = excesses(&held.holding, &specification.facts);
        (!excesses.is_empty()).then(|| AccessBeyond {
            grant: held.grant,
            name: held.name.clone(),
            cure: cure_access(&excesses, held.ending),
            excesses,
        })
    };
    AccessConformity {
        second_factor_cure: cure_second_factor(&second_factor, &row.source_id),
        second_factor,
        held: holdings.len(),
        beyond: holdings.iter().filter_map(beyond).collect(),
    }
}

fn line(row: &IdentityRow, found: AttributeConformity) -> Conformity {
    let seen = match (found.attribute, found.fault) {
        (_, Some(Fault::Missing)) => "not recorded".to_owned(),
        (Attribute::StartsOn, _) => row.starts_on.map(day).unwrap_or_default(),
        (Attribute::EndsOn, _) => row.ends_on.map(day).unwrap_or_default(),
        (_, Some(Fault::NotActive)) => format!("{}, not active", found.seen.unwrap_or_default()),
        _ => found.seen.unwrap_or_default(),
    };
    Conformity {
        attribute: found.attribute,
        seen,
        required: found.required,
        fault: found.fault,
        cure: found.fault.map(|fault| cure(found.attribute, fault, row.population, row.source == "feed")).unwrap_or_default(),
    }
}

#[async_trait]
impl Identities for IdentityService {
    async fn show(&self, caller: &Caller, identity: IdentityId) -> Result<IdentityView, AppError> {
        Ok(self.view(caller, identity).await?)
    }

    async fn suspend(&self, caller: &Caller, identity: IdentityId, reason: String) -> Result<(), AppError> {
        Ok(self.stop(caller, identity, &reason).await?)
    }

    async fn resume(&self, caller: &Caller, identity: IdentityId) -> Result<(), AppError> {
        Ok(self.start_again(caller, identity).await?)
    }
}
