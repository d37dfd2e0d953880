//! Seals secrets of connections with the present key that were sealed with one before it, so that the
//! old key can be left out.

use super::{JobReport, Tally};
use crate::store;
use crate::store::error::StoreError;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::{KeyRing, Sealed};
use domain::actor::Actor;
use domain::event::EventKind;
use domain::id::ConnectionId;
use serde_json::json;

/// Name in the job table.
pub const NAME: &str = "seal-secrets";

/// Connections in one run; the rest follow in the next.
const BATCH: i64 = 500;

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses. A secret that does not open is counted as failed and left
/// as it is.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut tally = Tally::new(NAME);
    let Some(ring) = base.machines.ring() else { return Ok(tally.report("there is no key to seal with".to_owned())) };
    let mut work = Work::read(base).await?;
    let due = store::connection_records::sealed_with_another_key(work.conn(), ring.current_id(), BATCH).await?;
    work.commit().await?;
    for id in due {
        tally.count(id, seal(base, ring, id).await);
    }
    let what = format!("{} connections sealed with the present key", tally.changed());
    Ok(tally.report(what))
}

async fn seal(base: &Base, ring: &KeyRing, id: ConnectionId) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let Some(record) = store::connection_records::find(work.conn(), id, true).await? else { return Ok(false) };
    let again = |sealed: &Sealed| {
        let opened = ring.open(id.0, sealed).and_then(|secret| ring.seal(id.0, &secret, base.system.random()));
        opened.map_err(|fault| StoreError::inconsistent("connection", fault.to_string()))
    };
    let mut changed = false;
    if let Some(sealed) = record.secret.as_ref().filter(|sealed| !ring.is_current(sealed)) {
        store::connection_records::seal_again(work.conn(), id, &again(sealed)?).await?;
        changed = true;
    }
    if let Some(change) = store::connection_changes::open_change(work.conn(), id, true).await?
        && let Some(sealed) = change.secret.as_ref().filter(|sealed| !ring.is_current(sealed))
    {
        store::connection_changes::seal_change_again(work.conn(), change.id, &again(sealed)?).await?;
        changed = true;
    }
    if changed {
        let body = json!({ "code": record.code, "version": record.version, "key": ring.current_id() });
        work.event(EventKind::ConnectionSecretSealed, "connection", id.0, None, body).await?;
    }
    work.commit().await?;
    Ok(changed)
}
