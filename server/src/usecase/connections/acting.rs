//! What is done about a connection besides changing it: testing, ending its rest, retiring it, and
//! deciding on a change that waits.

use super::{facts, locked, locked_to_change, saving};
use crate::store;
use crate::store::connection_changes::ChangeRow;
use crate::store::connection_records::{NewVersion, Record};
use crate::usecase::Base;
use crate::usecase::authorise::require;
use crate::usecase::error::UseCaseError;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::work::Work;
use app::error::AppError;
use connector::{Breaker, Exchanges, Fault};
use domain::actor::Caller;
use domain::connection::ConnectionState;
use domain::event::EventKind;
use domain::id::{ConnectionChangeId, ConnectionId, IdentityId};
use domain::notification::NotificationKind;
use domain::permission::{Action, Relation};
use domain::text::Remark;
use serde_json::json;
use std::time::Duration;

/// Longest a test may take: somebody waits for it in front of a page.
const TEST_WITHIN: Duration = Duration::from_secs(20);

/// Finds out whether the settings in force work, outside of any transaction, and keeps what was found.
pub(super) async fn test(base: &Base, caller: &Caller, id: ConnectionId, version: i32) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let record = locked(&mut work, caller, id, Action::ManageConnections).await?;
    seen(&record, version)?;
    if !record.kind.asks_a_machine() {
        return Err(AppError::NotPossible.into());
    }
    let row = store::connections::find(work.conn(), id, record.version).await?.ok_or(AppError::NotFound)?;
    work.commit().await?;

    let within = TEST_WITHIN.min(base.machines.call_within());
    let tested = async {
        let machine = base.machines.connector(&row)?;
        machine.test(&mut Exchanges::default()).await
    };
    let found = tokio::time::timeout(within, tested).await.unwrap_or(Err(Fault::Unclear { after: within }));
    let findings = found.map_or_else(|fault| vec![(false, fault.to_string())], |tested| tested.findings);
    let well = findings.iter().all(|(well, _)| *well);

    let mut work = Work::begin(base, caller.actor()).await?;
    let now = work.now();
    store::connection_trials::keep_test(work.conn(), id, record.version, (caller.identity, now), (well, &json!(findings))).await?;
    let mut body = facts(&record, if well { "It works." } else { "Something is not well." });
    if let Some(body) = body.as_object_mut() {
        body.insert("well".to_owned(), json!(well));
        body.insert("findings".to_owned(), json!(findings));
    }
    work.event(EventKind::ConnectionTested, "connection", id.0, None, body).await?;
    work.commit().await
}

fn seen(record: &Record, version: i32) -> Result<(), UseCaseError> {
    if record.version == version { Ok(()) } else { Err(AppError::Changed.into()) }
}

/// Ends the rest of a connection: the next call is made at once.
pub(super) async fn close_breaker(base: &Base, caller: &Caller, id: ConnectionId, reason: &str) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let record = locked(&mut work, caller, id, Action::ManageConnections).await?;
    let reason = Remark::parse("reason", reason, "Say why.")?;
    let breaker = store::connections::lock_breaker(work.conn(), id).await?;
    // One that cannot be read counts as closed everywhere.
    let breaker: Breaker = breaker.and_then(|breaker| serde_json::from_value(breaker).ok()).unwrap_or_default();
    if matches!(breaker, Breaker::Closed { .. }) {
        return Err(AppError::NotPossible.into());
    }
    let now = work.now();
    store::connections::set_breaker(work.conn(), id, &json!(Breaker::closed_by_hand()), now).await?;
    work.event(EventKind::ConnectionBreakerClosed, "connection", id.0, None, facts(&record, reason.as_str())).await?;
    work.commit().await
}

/// Takes a connection out of use that no application uses and nothing was begun through. What it gave and is
/// not over yet is ended through another way to the same machine, or by people: no other machine had it. That
/// holds for removals, too, for which nobody could ask it any more.
pub(super) async fn retire(base: &Base, caller: &Caller, id: ConnectionId, version: i32, reason: &str) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let record = locked(&mut work, caller, id, Action::ManageConnections).await?;
    seen(&record, version)?;
    let reason = Remark::parse("reason", reason, "Say why.")?;
    let line = store::connection_records::lines(work.conn(), Some(id), None).await?.pop().ok_or(AppError::NotFound)?;
    if !line.applications.is_empty() || line.begun > 0 || line.waits || line.state == ConnectionState::Retired {
        return Err(AppError::NotPossible.into());
    }
    let now = work.now();
    store::connection_records::retire(work.conn(), id, now).await?;
    work.event(EventKind::ConnectionRetired, "connection", id.0, None, facts(&record, reason.as_str())).await?;
    work.commit().await
}

/// A change that waits, as its page showed it, about to be decided.
struct Waiting {
    /// None when it was decided since, or taken back and written anew.
    change: Option<ChangeRow>,
    /// The caller, by whatever account, wrote it.
    own: bool,
}

/// Reads it; the caller holds the lock of the connection.
async fn waiting(
    work: &mut Work<'_>,
    caller: &Caller,
    id: ConnectionId,
    shown: Option<ConnectionChangeId>,
) -> Result<Waiting, UseCaseError> {
    let change = store::connection_changes::open_change(work.conn(), id, true).await?;
    let own = match &change {
        Some(change) => store::identities::accounts_of(work.conn(), &[change.by.id]).await?.contains(&caller.identity),
        None => false,
    };
    Ok(Waiting { change: change.filter(|change| Some(change.id) == shown), own })
}

/// Puts the change that was shown in force, as the second person.
pub(super) async fn confirm(
    base: &Base,
    caller: &Caller,
    id: ConnectionId,
    version: i32,
    shown: Option<ConnectionChangeId>,
) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let (record, people) = locked_to_change(&mut work, caller, id, Action::ReadConnections).await?;
    let Waiting { change, own } = waiting(&mut work, caller, id, shown).await?;
    require(caller, Action::ConfirmConnection, if own { &[Relation::Requester] } else { &[] })?;
    let change = change.ok_or(AppError::Changed)?;
    seen(&record, version)?;
    if change.base_version != record.version {
        return Err(AppError::Changed.into());
    }
    let now = work.now();
    let new = NewVersion {
        id,
        version: record.version + 1,
        name: &change.name,
        kind: record.kind,
        settings: &change.settings,
        machine: change.machine,
        secret: change.secret.as_ref(),
        reason: &change.reason,
        by: change.by.id,
        confirmed_by: Some(caller.identity),
        now,
    };
    // Something may have been given through it since it was proposed.
    let line = store::connection_records::lines(work.conn(), Some(id), None).await?.pop().ok_or(AppError::NotFound)?;
    if saving::moves_what_it_gave(&record, &line, &new) {
        return Err(AppError::NotPossible.into());
    }
    saving::in_force(&mut work, &record, &new, &people).await?;
    store::connection_changes::decide_change(work.conn(), change.id, true, caller.identity, now).await?;
    told(&mut work, &record, change.by.id, "is in force").await?;
    work.commit().await
}

/// Refuses the change that was shown, or takes it back.
pub(super) async fn refuse(base: &Base, caller: &Caller, id: ConnectionId, shown: Option<ConnectionChangeId>) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let record = locked(&mut work, caller, id, Action::ReadConnections).await?;
    let Waiting { change, own } = waiting(&mut work, caller, id, shown).await?;
    if !own {
        require(caller, Action::ConfirmConnection, &[])?;
    }
    let change = change.ok_or(AppError::Changed)?;
    let now = work.now();
    store::connection_changes::decide_change(work.conn(), change.id, false, caller.identity, now).await?;
    let detail = if own { "taken back" } else { "refused" };
    work.event(EventKind::ConnectionChangeRefused, "connection", id.0, None, facts(&record, detail)).await?;
    told(&mut work, &record, change.by.id, "was refused").await?;
    work.commit().await
}

/// Tells whoever wrote a change what became of it.
async fn told(work: &mut Work<'_>, record: &Record, who: IdentityId, what: &str) -> Result<(), UseCaseError> {
    let (title, href) = (format!("Your change to the connection {} {what}", record.code), app::paths::connection(record.id));
    tell(work, &[who], &Notice { kind: NotificationKind::Change, title: &title, body: "", href: &href, request: None }).await
}
