//! Connections as people keep them: the record and its versions. What waits for a second person is in
//! `connection_changes`, what a test found in `connection_trials`, what a release reads in `connections`.

use super::error::{StoreError, one_row};
use app::record::PersonRef;
use connector::Sealed;
use domain::connection::{ConnectionState, ConnectorKind};
use domain::id::{ApplicationId, ConnectionId, IdentityId, MachineId, ReleaseId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A connection.
#[derive(Clone, Debug)]
pub struct Record {
    /// Which.
    pub id: ConnectionId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind, which never changes.
    pub kind: ConnectorKind,
    /// What the connector reads.
    pub settings: Value,
    /// The sealed secret.
    pub secret: Option<Sealed>,
    /// When the secret was entered.
    pub secret_set_at: Option<Timestamp>,
    /// Whether it can be chosen.
    pub state: ConnectionState,
    /// Version in force.
    pub version: i32,
    /// The machine it leads to.
    pub machine: MachineId,
}

pub(super) fn sealed(key_id: Option<String>, bytes: Option<Vec<u8>>) -> Option<Sealed> {
    key_id.zip(bytes).map(|(key_id, bytes)| Sealed { key_id, bytes })
}

/// One connection; `lock` keeps everybody else from changing or choosing it until the commit.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn find(conn: &mut PgConnection, id: ConnectionId, lock: bool) -> Result<Option<Record>, StoreError> {
    if lock {
        sqlx::query!("select id from connection where id = $1 for update", id.0).fetch_optional(&mut *conn).await?;
    }
    let row = sqlx::query!(
        "select code, name, connector, settings, secret_key_id, secret_sealed, secret_set_at, state, version, machine_id from connection where id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(Record {
            id,
            code: r.code,
            name: r.name,
            kind: r.connector.parse()?,
            settings: r.settings,
            secret: sealed(r.secret_key_id, r.secret_sealed),
            secret_set_at: r.secret_set_at.map(|at| at.to_jiff()),
            state: r.state.parse()?,
            version: r.version,
            machine: MachineId(r.machine_id),
        })
    })
    .transpose()
}

/// The connection with this code.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by_code(conn: &mut PgConnection, code: &str) -> Result<Option<ConnectionId>, StoreError> {
    Ok(sqlx::query_scalar!("select id from connection where code = $1", code).fetch_optional(conn).await?.map(ConnectionId))
}

/// Applications that use a connection: id and name, by name.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn applications(conn: &mut PgConnection, id: ConnectionId) -> Result<Vec<(ApplicationId, String)>, StoreError> {
    let rows =
        sqlx::query!("select id, name from application where connection_id = $1 order by name, id limit 500", id.0).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|r| (ApplicationId(r.id), r.name)).collect())
}

/// A connection on the list, with how well it is.
#[derive(Clone, Debug)]
pub struct LineRow {
    /// Which.
    pub id: ConnectionId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ConnectorKind,
    /// Whether it can be chosen.
    pub state: ConnectionState,
    /// Names of the applications that use it.
    pub applications: Vec<String>,
    /// The breaker as it was written.
    pub breaker: Option<Value>,
    /// When a call last went well.
    pub last_well_at: Option<Timestamp>,
    /// When one last failed.
    pub last_failed_at: Option<Timestamp>,
    /// What it said.
    pub last_said: Option<String>,
    /// Releases that are to be carried out through it.
    pub under_way: i64,
    /// Those of them that were begun through it, so that something of them may be over there.
    pub begun: i64,
    /// Access that was given through it and is not over.
    pub given: i64,
    /// A change waits for a second person.
    pub waits: bool,
}

impl LineRow {
    /// Whether it carries anything, or will: an application chooses it, a release goes through it, or access
    /// was given through it and is taken through it.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        !self.applications.is_empty() || self.under_way > 0 || self.given > 0
    }
}

/// Connections by name, those in use first, at most five hundred: one of them, or all; of these only
/// those of `of_applications`, where it is given.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn lines(
    conn: &mut PgConnection,
    only: Option<ConnectionId>,
    of_applications: Option<&[ApplicationId]>,
) -> Result<Vec<LineRow>, StoreError> {
    let applications: Option<Vec<Uuid>> = of_applications.map(|ids| ids.iter().map(|id| id.0).collect());
    let rows = sqlx::query!(
        r#"select c.id, c.code, c.name, c.connector, c.state, h.breaker as "breaker?", h.last_well_at as "last_well_at?",
                  h.last_failed_at as "last_failed_at?", h.last_said as "last_said?",
                  array(select a.name from application a where a.connection_id = c.id order by a.name limit 500) as "applications!",
                  coalesce(u.releases, 0) as "under_way!", coalesce(u.begun, 0) as "begun!", coalesce(w.grants, 0) as "given!",
                  exists (select from connection_change p where p.connection_id = c.id and p.state = 'proposed') as "waits!"
           from connection c left join connection_health h on h.connection_id = c.id
           left join (select k.connection_id, count(*) as releases, count(l.connection_id) as begun from release l join release_carrier k on k.release_id = l.id
                      where l.state not in ('closed', 'cancelled') group by k.connection_id) u on u.connection_id = c.id
           left join (select p.connection_id, count(*) as grants from (
                        select g.id, l.connection_id from access_grant g
                        join release l on l.grant_id = g.id and l.kind = 'activate' and l.state = 'closed' where g.state <> 'ended'
                        union
                        -- What it gave is still there for other access.
                        select g.id, grant_place(g.id) from access_grant g join release l on l.kept_by = g.id where g.state <> 'ended') p
                      group by p.connection_id) w on w.connection_id = c.id and c.connector <> 'manual'
           where ($1::uuid is null or c.id = $1)
             and ($2::uuid[] is null or exists (select from application a where a.connection_id = c.id and a.id = any($2)))
           order by c.state, c.name, c.id limit 500"#,
        only.map(|id| id.0),
        applications.as_deref()
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(LineRow {
                id: ConnectionId(r.id),
                code: r.code,
                name: r.name,
                kind: r.connector.parse()?,
                state: r.state.parse()?,
                applications: r.applications,
                breaker: r.breaker,
                last_well_at: r.last_well_at.map(|at| at.to_jiff()),
                last_failed_at: r.last_failed_at.map(|at| at.to_jiff()),
                last_said: r.last_said,
                under_way: r.under_way,
                begun: r.begun,
                given: r.given,
                waits: r.waits,
            })
        })
        .collect()
}

/// Releases that are to be carried out through a connection, the earliest first: id, number, state,
/// since when.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn under_way(
    conn: &mut PgConnection,
    id: ConnectionId,
    limit: i64,
) -> Result<Vec<(ReleaseId, String, String, Timestamp)>, StoreError> {
    let rows = sqlx::query!(
        "select l.id, l.number, l.state, l.state_since from release l join release_carrier k on k.release_id = l.id
         where l.state not in ('closed', 'cancelled') and k.connection_id = $1
         order by l.not_before, l.id limit $2",
        id.0,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (ReleaseId(r.id), r.number, r.state, r.state_since.to_jiff())).collect())
}

/// A version about to be in force.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    /// Of which connection.
    pub id: ConnectionId,
    /// The number, 1 for a new connection.
    pub version: i32,
    /// Its name.
    pub name: &'a str,
    /// Its kind.
    pub kind: ConnectorKind,
    /// What the connector reads.
    pub settings: &'a Value,
    /// The machine it leads to.
    pub machine: MachineId,
    /// A new secret; none keeps the present one.
    pub secret: Option<&'a Sealed>,
    /// Why.
    pub reason: &'a str,
    /// Who wrote it.
    pub by: IdentityId,
    /// Who confirmed it.
    pub confirmed_by: Option<IdentityId>,
    /// Since when.
    pub now: Timestamp,
}

/// Makes a connection, in its first version.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `connection_code_unique` for a code that is taken.
pub async fn insert(conn: &mut PgConnection, code: &str, new: &NewVersion<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into connection (id, code, name, connector, settings, secret_sealed, secret_key_id, secret_set_at, version, changed_at, machine_id)
         values ($1, $2, $3, $4, $5, $6, $7, case when $6::bytea is not null then $8::timestamptz end, $9, $8, $10)",
        new.id.0,
        code,
        new.name,
        new.kind.word(),
        new.settings,
        new.secret.map(|sealed| sealed.bytes.as_slice()),
        new.secret.map(|sealed| sealed.key_id.as_str()),
        new.now.to_sqlx() as _,
        new.version,
        new.machine.0
    )
    .execute(&mut *conn)
    .await?;
    one_row("connection", &done)?;
    keep_version(conn, new).await
}

/// Puts the next version in force.
///
/// # Errors
/// [`StoreError::NotOneRow`] when the connection is not at the version before.
pub async fn update(conn: &mut PgConnection, new: &NewVersion<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update connection set name = $2, settings = $3, version = $4, changed_at = $5, machine_id = $8, secret_sealed = coalesce($6, secret_sealed), secret_key_id = coalesce($7, secret_key_id),
                secret_set_at = case when $6::bytea is not null then $5 else secret_set_at end,
                secret_version = case when $6::bytea is not null then $4 else secret_version end
         where id = $1 and version = $4 - 1 and state = 'active'",
        new.id.0,
        new.name,
        new.settings,
        new.version,
        new.now.to_sqlx() as _,
        new.secret.map(|sealed| sealed.bytes.as_slice()),
        new.secret.map(|sealed| sealed.key_id.as_str()),
        new.machine.0
    )
    .execute(&mut *conn)
    .await?;
    one_row("connection", &done)?;
    keep_version(conn, new).await
}

async fn keep_version(conn: &mut PgConnection, new: &NewVersion<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into connection_version (connection_id, version, connector, settings, recorded_at, recorded_by, confirmed_by, reason, machine_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.0,
        new.version,
        new.kind.word(),
        new.settings,
        new.now.to_sqlx() as _,
        new.by.0,
        new.confirmed_by.map(|id| id.0),
        new.reason,
        new.machine.0
    )
    .execute(conn)
    .await?;
    one_row("connection_version", &done)
}

/// Retires a connection that no application uses and no release under way.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `connection_in_use_stays`.
pub async fn retire(conn: &mut PgConnection, id: ConnectionId, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update connection set state = 'retired', changed_at = $2 where id = $1 and state = 'active'",
        id.0,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("connection", &done)
}

/// A version as it is listed.
#[derive(Clone, Debug)]
pub struct VersionRow {
    /// Which.
    pub version: i32,
    /// Since when.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: Option<PersonRef>,
    /// Who confirmed it.
    pub confirmed_by: Option<PersonRef>,
    /// Why.
    pub reason: Option<String>,
}

/// The last hundred versions, newest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn versions(conn: &mut PgConnection, id: ConnectionId) -> Result<Vec<VersionRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select v.version, v.recorded_at, v.reason, p.id as "by_id?", p.display_name as "by?", s.id as "second_id?", s.display_name as "second?"
           from connection_version v left join identity p on p.id = v.recorded_by left join identity s on s.id = v.confirmed_by
           where v.connection_id = $1 order by v.version desc limit 100"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| VersionRow {
            version: r.version,
            at: r.recorded_at.to_jiff(),
            by: person(r.by_id, r.by),
            confirmed_by: person(r.second_id, r.second),
            reason: r.reason,
        })
        .collect())
}

fn person(id: Option<Uuid>, name: Option<String>) -> Option<PersonRef> {
    id.zip(name).map(|(id, name)| PersonRef { id: IdentityId(id), name })
}

/// Connections with a secret, their own or that of a change that waits, sealed with another key.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn sealed_with_another_key(conn: &mut PgConnection, key_id: &str, limit: i64) -> Result<Vec<ConnectionId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id!" from connection where secret_key_id <> $1
           union select connection_id from connection_change where secret_key_id <> $1 order by 1 limit $2"#,
        key_id,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ConnectionId).collect())
}

/// Puts a secret that was sealed again in place of the same one.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn seal_again(conn: &mut PgConnection, id: ConnectionId, secret: &Sealed) -> Result<(), StoreError> {
    let done =
        sqlx::query!("update connection set secret_sealed = $2, secret_key_id = $3 where id = $1", id.0, secret.bytes, secret.key_id)
            .execute(conn)
            .await?;
    one_row("connection", &done)
}
