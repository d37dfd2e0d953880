//! The port of change control: editing the catalogue and the rules, with versions, a second person
//! and a time from which a change is in force.
//!
//! Locks are taken in the order record, change. What a change needs is worked out from the record and
//! the change by `domain::change`; nothing here knows a field by name.

mod deciding;
mod force;
mod proposing;
mod resolving;
mod scope;
mod telling;
mod viewing;

pub(crate) use viewing::field;

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use app::changes::port::{ChangeView, Changes, ChangesPage, EditView, ProposalForm, RecordsPage, RulesView};
use app::error::AppError;
use async_trait::async_trait;
use domain::actor::{Actor, Caller};
use domain::change::{ChangeLife, RecordKind};
use domain::id::ChangeId;

/// Editing the catalogue and the rules.
#[derive(Clone)]
pub struct ChangeService {
    base: Base,
}

impl ChangeService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }
}

/// Whether the caller may read a change: for finding it by its number.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn may_read(work: &mut Work<'_>, caller: &Caller, id: ChangeId) -> Result<bool, UseCaseError> {
    let Some(change) = store::changes::find(work.conn(), id, false).await? else { return Ok(false) };
    let scope = scope::of(work, caller).await?;
    Ok(deciding::Standing::of(caller, &scope, &change).reads)
}

#[async_trait]
impl Changes for ChangeService {
    async fn overview(&self, caller: &Caller) -> Result<RulesView, AppError> {
        Ok(viewing::overview(&self.base, caller).await?)
    }

    async fn records(&self, caller: &Caller, kind: RecordKind, q: String, after: String) -> Result<RecordsPage, AppError> {
        Ok(viewing::records(&self.base, caller, kind, &q, &after).await?)
    }

    async fn open(&self, caller: &Caller, kind: RecordKind, key: String, before: Option<i32>) -> Result<EditView, AppError> {
        Ok(viewing::open(&self.base, caller, kind, &key, before).await?)
    }

    async fn propose(&self, caller: &Caller, form: ProposalForm) -> Result<ChangeId, AppError> {
        Ok(proposing::propose(&self.base, caller, form).await?)
    }

    async fn list(&self, caller: &Caller, filter: String, after: String) -> Result<ChangesPage, AppError> {
        Ok(viewing::list(&self.base, caller, &filter, &after).await?)
    }

    async fn show(&self, caller: &Caller, change: ChangeId) -> Result<ChangeView, AppError> {
        Ok(viewing::show(&self.base, caller, change).await?)
    }

    async fn decide(&self, caller: &Caller, change: ChangeId, confirm: bool, reason: String) -> Result<(), AppError> {
        Ok(deciding::decide(&self.base, caller, change, confirm, &reason).await?)
    }

    async fn withdraw(&self, caller: &Caller, change: ChangeId) -> Result<(), AppError> {
        Ok(deciding::withdraw(&self.base, caller, change).await?)
    }
}

/// Brings one change up to date with the present: in force when it is confirmed and due, overtaken
/// when its record has moved on. Gives whether something was done.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; then the change is as it was.
pub async fn settle(base: &Base, id: ChangeId, job: &str) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: job.to_owned() }).await?;
    let Some(change) = force::lock(&mut work, id).await? else { return Ok(false) };
    if !change.life.is_open() {
        return Ok(false);
    }
    let due = matches!(change.life, ChangeLife::Confirmed { .. }) && change.effective_at <= work.now();
    if due {
        force::put_in_force(&mut work, base, change).await?;
    } else if force::has_moved_on(&mut work, &change).await? {
        force::overtake_as_stale(&mut work, change).await?;
    } else {
        return Ok(false);
    }
    work.commit().await?;
    Ok(true)
}

/// Changes that a job has to look at: due ones, and those whose record has moved on.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn unsettled(base: &Base) -> Result<Vec<ChangeId>, UseCaseError> {
    let mut work = Work::read(base).await?;
    let now = work.now();
    let mut ids = store::changes::due(work.conn(), now).await?;
    for id in store::changes::stale(work.conn()).await? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    work.commit().await?;
    Ok(ids)
}

/// Keeps the present version of the application with this code, if there is one: for who changes an
/// application without change control, with a shell on the machine.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn keep_version_of_application(work: &mut Work<'_>, code: &str) -> Result<(), UseCaseError> {
    let found = store::changes::lookup::applications(work.conn(), &[code.to_owned()]).await?;
    let Some(id) = found.get(code) else { return Ok(()) };
    let Some(record) = store::changes::records::find(work.conn(), RecordKind::Application, &id.to_string()).await? else { return Ok(()) };
    // The first version has stood since the application came, any other since now.
    let since = if record.version == 1 { record.since } else { work.now() };
    let (version, fields) = (record.version, record.body.text());
    store::changes::versions::keep(work.conn(), RecordKind::Application, &record.key, version, &fields, since, None).await?;
    Ok(())
}
