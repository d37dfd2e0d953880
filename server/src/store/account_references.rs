//! What machines call the accounts of people: kept with the release through which it became known; and with
//! which attributes they were asked for.

use super::error::{StoreError, one_row};
use domain::id::{ConnectionId, IdentityId, ReleaseId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// An account that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAccount {
    /// Its id over there.
    pub reference: String,
    /// The release itself found or made it; otherwise another one of the same person did.
    pub own: bool,
}

/// The account that is known of the person of a release on the machine to which a connection leads, as
/// connections of its kind call it: what the release itself found or made, otherwise what was seen last for
/// another one, whichever application that was for.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn known(conn: &mut PgConnection, release: ReleaseId, connection: ConnectionId) -> Result<Option<KnownAccount>, StoreError> {
    let row = sqlx::query!(
        r#"select o.account_reference as "reference!", o.id = l.id as "own!"
           from release l
           join connection c on c.id = $2
           join connection w on w.machine_id = c.machine_id and w.connector = c.connector
           join release o on o.subject_id = l.subject_id and o.account_connection_id = w.id
           where l.id = $1
           order by o.id = l.id desc, o.account_seen_at desc, o.id limit 1"#,
        release.0,
        connection.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| KnownAccount { reference: r.reference, own: r.own }))
}

/// Writes that a release found or made an account, or forgets what it knew of one.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set(
    conn: &mut PgConnection,
    release: ReleaseId,
    account: Option<(ConnectionId, &str)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release set account_connection_id = $2::uuid, account_reference = $3, account_seen_at = case when $2::uuid is not null then $4::timestamptz end where id = $1",
        release.0,
        account.map(|(connection, _)| connection.0),
        account.map(|(_, reference)| reference),
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("release", &done)
}

/// Forgets the account that a release made in a round and that was undone: that it is gone says nothing of
/// others.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn forget_unmade(conn: &mut PgConnection, release: ReleaseId, round: i32) -> Result<(), StoreError> {
    sqlx::query!(
        "update release l set account_connection_id = null, account_reference = null, account_seen_at = null
         where l.id = $1 and exists (select from release_step s where s.release_id = l.id and s.round = $2 and s.operation = 'ready_account'
                                       and s.state in ('undone', 'taken_back') and not s.was_there and s.before ->> 'state' = 'absent')",
        release.0,
        round
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose releases under way know an account through a connection.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn people(conn: &mut PgConnection, connection: ConnectionId) -> Result<Vec<IdentityId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select distinct subject_id from release where account_connection_id = $1 and state not in ('closed', 'cancelled')",
        connection.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}

/// Locks them, each with every account of theirs, as carrying out does first of all; gives who they are.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock_people(conn: &mut PgConnection, connection: ConnectionId) -> Result<Vec<IdentityId>, StoreError> {
    let people = people(&mut *conn, connection).await?;
    let ids: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    // In the order of ids, so that nobody waits for each other.
    sqlx::query!("select id from identity where id in (select p.identity_id from same_people($1) p) order by id for no key update", &ids)
        .fetch_all(conn)
        .await?;
    Ok(people)
}

/// Forgets every account that became known through a connection: another machine answers there from now on,
/// which knows none of them. Whoever does that has locked the people with [`lock_people`] before the connection.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn forget_all(conn: &mut PgConnection, connection: ConnectionId) -> Result<(), StoreError> {
    sqlx::query!(
        "update release set account_connection_id = null, account_reference = null, account_seen_at = null where account_connection_id = $1",
        connection.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes with which attributes a step is asked for, unless that is on record from before.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn ask_as(conn: &mut PgConnection, id: ReleaseId, round: i32, position: i32, attributes: &Value) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_step set asked_as = coalesce(asked_as, $4) where release_id = $1 and round = $2 and position = $3",
        id.0,
        round,
        position,
        attributes
    )
    .execute(conn)
    .await?;
    one_row("release_step", &done)
}

/// Forgets with which attributes a step was asked for: it is known that nothing came of it.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn asked_in_vain(conn: &mut PgConnection, id: ReleaseId, round: i32, position: i32) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update release_step set asked_as = null where release_id = $1 and round = $2 and position = $3",
        id.0,
        round,
        position
    )
    .execute(conn)
    .await?;
    one_row("release_step", &done)
}
