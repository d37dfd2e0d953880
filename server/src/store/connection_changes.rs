//! Changes to connections in use, which wait for a second person.

use super::connection_records::{NewVersion, sealed};
use super::error::{StoreError, one_row};
use app::record::PersonRef;
use connector::Sealed;
use domain::id::{ConnectionChangeId, ConnectionId, IdentityId, MachineId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;

/// A change that waits for a second person.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// Which.
    pub id: ConnectionChangeId,
    /// The version it was written on.
    pub base_version: i32,
    /// The name it would have.
    pub name: String,
    /// The settings it would have.
    pub settings: Value,
    /// The machine it would lead to.
    pub machine: MachineId,
    /// The new secret, if one was entered.
    pub secret: Option<Sealed>,
    /// Why.
    pub reason: String,
    /// Who wrote it.
    pub by: PersonRef,
    /// When.
    pub at: Timestamp,
}

/// The change of a connection that waits; with `lock` nobody else can decide it until this transaction
/// ends.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn open_change(conn: &mut PgConnection, id: ConnectionId, lock: bool) -> Result<Option<ChangeRow>, StoreError> {
    if lock {
        sqlx::query_scalar!("select id from connection_change where connection_id = $1 and state = 'proposed' for update", id.0)
            .fetch_optional(&mut *conn)
            .await?;
    }
    let row = sqlx::query!(
        r#"select p.id, p.base_version, p.name, p.settings, p.machine_id, p.secret_key_id, p.secret_sealed, p.reason, p.proposed_at, i.id as by_id, i.display_name as "by!"
           from connection_change p join identity i on i.id = p.proposed_by where p.connection_id = $1 and p.state = 'proposed'"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| ChangeRow {
        id: ConnectionChangeId(r.id),
        base_version: r.base_version,
        name: r.name,
        settings: r.settings,
        machine: MachineId(r.machine_id),
        secret: sealed(r.secret_key_id, r.secret_sealed),
        reason: r.reason,
        by: PersonRef { id: IdentityId(r.by_id), name: r.by },
        at: r.proposed_at.to_jiff(),
    }))
}

/// Writes a change that waits for a second person.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `connection_change_one_open`.
pub async fn insert_change(conn: &mut PgConnection, change: ConnectionChangeId, new: &NewVersion<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into connection_change (id, connection_id, base_version, name, settings, secret_sealed, secret_key_id, sets_secret, reason, proposed_by, proposed_at, machine_id)
         values ($1, $2, $3, $4, $5, $6, $7, $6::bytea is not null, $8, $9, $10, $11)",
        change.0,
        new.id.0,
        new.version - 1,
        new.name,
        new.settings,
        new.secret.map(|sealed| sealed.bytes.as_slice()),
        new.secret.map(|sealed| sealed.key_id.as_str()),
        new.reason,
        new.by.0,
        new.now.to_sqlx() as _,
        new.machine.0
    )
    .execute(conn)
    .await?;
    one_row("connection_change", &done)
}

/// Writes how a change was decided; its copy of the secret is gone with that.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `connection_change_second_person`.
pub async fn decide_change(
    conn: &mut PgConnection,
    change: ConnectionChangeId,
    confirmed: bool,
    by: IdentityId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update connection_change set state = $2, decided_by = $3, decided_at = $4, secret_sealed = null, secret_key_id = null where id = $1 and state = 'proposed'",
        change.0,
        if confirmed { "confirmed" } else { "refused" },
        by.0,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("connection_change", &done)
}

/// Puts the secret of a change that was sealed again in place of the same one.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn seal_change_again(conn: &mut PgConnection, change: ConnectionChangeId, secret: &Sealed) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update connection_change set secret_sealed = $2, secret_key_id = $3 where id = $1 and state = 'proposed'",
        change.0,
        secret.bytes,
        secret.key_id
    )
    .execute(conn)
    .await?;
    one_row("connection_change", &done)
}
