//! Putting a change in force: the version before is kept, the record and the tables that requests
//! pin get the new one, and whatever else was proposed on top of the old one is overtaken. All in the
//! caller's transaction.

use super::resolving::resolve;
use super::telling;
use crate::store;
use crate::store::changes::records::{self, Record};
use crate::store::changes::write::{Ids, NewVersion, put};
use crate::store::changes::{ChangeRow, versions};
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use domain::change::{Body, ChangeLife, RecordKind, Typed};
use domain::error::FieldError;
use domain::event::EventKind;
use domain::id::ChangeId;
use serde_json::{Value, json};

/// Why a change cannot come into force any more.
const MOVED_ON: &str = "The record has changed since it was proposed.";
const GONE: &str = "Something that it names is not there any more, is taken, or no longer fits.";

/// Puts a confirmed change in force, or marks it as overtaken when the record has moved on or when
/// what it names is gone. Who calls this holds the locks on the record and on the change.
///
/// # Errors
/// [`UseCaseError`] when the change is not due, or the database refuses.
pub async fn put_in_force(work: &mut Work<'_>, base: &Base, change: ChangeRow) -> Result<ChangeLife, UseCaseError> {
    let now = work.now();
    let record = records::find(work.conn(), change.kind, &change.key).await?;
    if is_other_than(record.as_ref(), &change) {
        return overtake(work, change, MOVED_ON).await;
    }
    if change.kind == RecordKind::Entitlement {
        store::changes::lock_containment(work.conn()).await?;
    }
    let resolved = match Body::parse(change.kind, &change.after, false) {
        Ok(body) => resolve(work, body, &change.after, record.as_ref(), &change.key).await?,
        Err(errors) => Err(errors),
    };
    let resolved = match resolved {
        Ok(resolved) => resolved,
        Err(errors) => {
            let why = why_not(&change, &errors);
            return overtake(work, change, &why).await;
        }
    };
    let version = change.base_version + 1;
    let life = change.life.clone().put_in_force(now, change.effective_at, version)?;
    if let Some(record) = &record {
        let was = record.body.text();
        versions::keep(work.conn(), change.kind, &change.key, record.version, &was, record.since, None).await?;
    }
    let new = NewVersion {
        key: &change.key,
        version,
        before: record.as_ref().map(|record| &record.body),
        ids: &resolved.ids,
        change: change.id,
        by_import: change.proposed_by.id.is_none(),
        now,
    };
    put(work.conn(), &new, &resolved.body).await?;
    versions::keep_new(work.conn(), change.kind, &change.key, version, &change.after, now, change.id).await?;
    store::changes::set_life(work.conn(), change.id, &life).await?;
    let body = json!({
        "number": change.number, "kind": change.kind.word(), "record": change.key, "version": version,
        "difference": difference(change.before.as_ref(), &change.after), "detail": format!("{}, version {version}", change.number),
    });
    work.event(EventKind::ChangeInForce, "change", change.id.0, None, body).await?;
    tell_of_the_record(work, &change, &resolved.ids, version).await?;
    for other in store::changes::open_beside(work.conn(), change.kind, &change.key, change.id).await? {
        if let Some(other) = store::changes::find(work.conn(), other, true).await?
            && other.life.is_open()
            && other.base_version < version
        {
            overtake(work, other, MOVED_ON).await?;
        }
    }
    let since = app::when::When::new(now, &base.zone).text;
    telling::proposer(work, &change, "is in force", &format!("Since {since}, as version {version}.")).await?;
    Ok(life)
}

/// Why a change cannot come into force: what needs a unit that it retires, or in general.
fn why_not(change: &ChangeRow, errors: &[FieldError]) -> String {
    if change.kind == RecordKind::Unit && !errors.is_empty() && errors.iter().all(|error| error.field == "state") {
        let needs: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        return format!("The unit is needed by now. {}", needs.join(" "));
    }
    GONE.to_owned()
}

/// Marks an open change as overtaken and tells its proposer.
///
/// # Errors
/// [`UseCaseError`] when it is not open, or the database refuses.
pub async fn overtake(work: &mut Work<'_>, change: ChangeRow, why: &str) -> Result<ChangeLife, UseCaseError> {
    let life = change.life.clone().overtake()?;
    store::changes::set_life(work.conn(), change.id, &life).await?;
    work.event(EventKind::ChangeOvertaken, "change", change.id.0, None, json!({ "number": change.number, "detail": why })).await?;
    telling::proposer(
        work,
        &change,
        "was overtaken",
        &format!("{why} Nothing of it is in force: look at the record and propose it again."),
    )
    .await?;
    Ok(life)
}

/// Whether the record has moved on since the change was proposed.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn has_moved_on(work: &mut Work<'_>, change: &ChangeRow) -> Result<bool, UseCaseError> {
    let record = records::find(work.conn(), change.kind, &change.key).await?;
    Ok(is_other_than(record.as_ref(), change))
}

/// Whether the record is not the one that the change was proposed for: of another version, or, where
/// an import retired it without a new version, with other fields.
fn is_other_than(record: Option<&Record>, change: &ChangeRow) -> bool {
    match (record, &change.before) {
        (None, None) => false,
        (Some(record), Some(before)) => record.version != change.base_version || record.body.text() != *before,
        (Some(_), None) | (None, Some(_)) => true,
    }
}

/// Marks an open change as overtaken because its record has moved on.
///
/// # Errors
/// As [`overtake`].
pub async fn overtake_as_stale(work: &mut Work<'_>, change: ChangeRow) -> Result<ChangeLife, UseCaseError> {
    overtake(work, change, MOVED_ON).await
}

/// Every changed field, from and to, as texts.
fn difference(before: Option<&Typed>, after: &Typed) -> Value {
    let changed = after.iter().filter_map(|(name, now)| {
        let was = before.and_then(|before| before.get(name));
        (was != Some(now)).then(|| (name.clone(), json!({ "from": was, "to": now })))
    });
    Value::Object(changed.collect())
}

/// The record's own events: that it was added or changed, and what has a kind of event of its own.
async fn tell_of_the_record(work: &mut Work<'_>, change: &ChangeRow, ids: &Ids, version: i32) -> Result<(), UseCaseError> {
    let text = |typed: Option<&Typed>, name: &str| typed.and_then(|typed| typed.get(name)).cloned().unwrap_or_default();
    let changed = |name: &str| text(change.before.as_ref(), name) != text(Some(&change.after), name);
    // Specifications and calendars have no id of their own: their events stand at the change.
    let subject = change.key.parse().unwrap_or(change.id.0);
    let kind = if change.base_version == 0 { EventKind::RecordAdded } else { EventKind::RecordChanged };
    let body = json!({ "change": change.number, "record": change.key, "version": version, "detail": change.number });
    work.event(kind, change.kind.word(), subject, None, body).await?;
    if change.kind == RecordKind::Entitlement && change.base_version > 0 && changed("tier") {
        let (from, to) = (text(change.before.as_ref(), "tier"), text(Some(&change.after), "tier"));
        let body = json!({ "from": from, "to": to, "version": version, "change": change.number, "detail": format!("{from} to {to}: {}", change.reason) });
        work.event(EventKind::EntitlementTierChanged, "entitlement", subject, None, body).await?;
    }
    if change.kind == RecordKind::Application && (changed("owner") || changed("deputy")) {
        let person = |name: &str| ids.people.get(&text(Some(&change.after), name)).map(ToString::to_string);
        let body = json!({ "owner": person("owner"), "deputy": person("deputy"), "change": change.number });
        work.event(EventKind::ApplicationOwnersNamed, "application", subject, None, body).await?;
    }
    Ok(())
}

/// Takes the locks on a change and its record, in this order: record, change. `None` when there is
/// no such change.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn lock(work: &mut Work<'_>, id: ChangeId) -> Result<Option<ChangeRow>, UseCaseError> {
    let Some(seen) = store::changes::find(work.conn(), id, false).await? else { return Ok(None) };
    store::changes::lock_record(work.conn(), seen.kind, &seen.key).await?;
    Ok(store::changes::find(work.conn(), id, true).await?)
}
