//! Rows of sessions. A session is found by the hash of its token; whether it may still be used is
//! decided in `usecase::accounts`.

use super::error::{StoreError, one_row};
use domain::id::{ApplicationId, IdentityId, SessionId};
use domain::permission::Role;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A session with what is known of its owner.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub identity: IdentityId,
    /// The owner's name.
    pub name: String,
    /// The owner is active and has been since they were let in.
    pub active: bool,
    /// The owner's assigned roles.
    pub roles: Vec<Role>,
    /// Applications the owner owns or deputises for.
    pub applications: Vec<ApplicationId>,
    /// When this token was made.
    pub created_at: Timestamp,
    /// Last request, to the minute.
    pub last_seen_at: Timestamp,
    /// When the owner was last let in.
    pub authenticated_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it ended, and why.
    pub ended: Option<(Timestamp, String)>,
}

/// The session with this token, ended or not.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn find(conn: &mut PgConnection, token_hash: &[u8; 32]) -> Result<Option<Found>, StoreError> {
    let row = sqlx::query!(
        r#"select s.id, s.identity_id, i.display_name as "name!", i.state = 'active' and i.state_since <= s.authenticated_at as "active!",
                  array(select r.role from role_assignment r where r.identity_id = i.id and r.ended_at is null order by r.role) as "roles!",
                  array(select a.id from application a where a.owner_id = i.id or a.deputy_id = i.id order by a.id) as "applications!",
                  s.created_at, s.last_seen_at, s.authenticated_at, s.expires_at, s.ended_at, s.end_reason
           from session s join identity i on i.id = s.identity_id
           where s.token_hash = $1"#,
        token_hash.as_slice()
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Found {
        id: SessionId(row.id),
        identity: IdentityId(row.identity_id),
        name: row.name,
        active: row.active,
        roles: row.roles.iter().map(|word| word.parse()).collect::<Result<_, _>>()?,
        applications: row.applications.into_iter().map(ApplicationId).collect(),
        created_at: row.created_at.to_jiff(),
        last_seen_at: row.last_seen_at.to_jiff(),
        authenticated_at: row.authenticated_at.to_jiff(),
        expires_at: row.expires_at.to_jiff(),
        ended: row.ended_at.map(|at| at.to_jiff()).zip(row.end_reason),
    }))
}

/// The live session that carries on a rotated one: same owner, let in at the same time, same latest
/// end.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn successor(conn: &mut PgConnection, of: &Found) -> Result<Option<SessionId>, StoreError> {
    let id = sqlx::query_scalar!(
        "select id from session
         where identity_id = $1 and authenticated_at = $2 and expires_at = $3 and ended_at is null
         order by created_at desc limit 1",
        of.identity.0,
        of.authenticated_at.to_sqlx() as _,
        of.expires_at.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(SessionId))
}

/// A session about to be made.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Which.
    pub id: SessionId,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// The session that this sign-in began with: itself, or the first of those it carries on.
    pub sign_in: SessionId,
    /// Whose.
    pub identity: IdentityId,
    /// Now.
    pub created_at: Timestamp,
    /// When the owner was let in.
    pub authenticated_at: Timestamp,
    /// When a password was last proven in this sign-in; nothing where none was.
    pub password_proven_at: Option<Timestamp>,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// The client's address.
    pub address: Option<&'a str>,
    /// The browser, as it names itself.
    pub user_agent: Option<&'a str>,
}

/// Makes a session.
///
/// # Errors
/// [`StoreError`] when the row is refused.
pub async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into session (id, token_hash, sign_in_id, identity_id, created_at, last_seen_at, authenticated_at, password_proven_at, expires_at, address, user_agent)
         values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10)",
        new.id.0,
        new.token_hash.as_slice(),
        new.sign_in.0,
        new.identity.0,
        new.created_at.to_sqlx() as _,
        new.authenticated_at.to_sqlx() as _,
        new.password_proven_at.map(|at| at.to_sqlx()) as _,
        new.expires_at.to_sqlx() as _,
        new.address,
        new.user_agent
    )
    .execute(conn)
    .await?;
    one_row("session", &done)
}

/// What a session hands on to its successor.
#[derive(Clone, Debug)]
pub struct HandedOn {
    /// The session that the sign-in began with.
    pub sign_in: SessionId,
    /// When a password was last proven in this sign-in.
    pub password_proven_at: Option<Timestamp>,
    /// The client's address.
    pub address: Option<String>,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
}

/// What a session hands on to its successor.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn handed_on(conn: &mut PgConnection, id: SessionId) -> Result<HandedOn, StoreError> {
    let row =
        sqlx::query!("select sign_in_id, password_proven_at, address, user_agent from session where id = $1", id.0).fetch_one(conn).await?;
    Ok(HandedOn {
        sign_in: SessionId(row.sign_in_id),
        password_proven_at: row.password_proven_at.map(|at| at.to_jiff()),
        address: row.address,
        user_agent: row.user_agent,
    })
}

/// Notes a request.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub async fn touch(conn: &mut PgConnection, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    // Zero rows when it ended meanwhile.
    sqlx::query!("update session set last_seen_at = $2 where id = $1 and ended_at is null and last_seen_at < $2", id.0, now.to_sqlx() as _)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a live session of `identity`; `false` when there is none by this id.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub async fn end(conn: &mut PgConnection, id: SessionId, identity: IdentityId, now: Timestamp, reason: &str) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update session set ended_at = $3, end_reason = $4 where id = $1 and identity_id = $2 and ended_at is null",
        id.0,
        identity.0,
        now.to_sqlx() as _,
        reason
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends every live session of `identity` but `keep`, and says which they were.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub async fn end_all(
    conn: &mut PgConnection,
    identity: IdentityId,
    keep: Option<SessionId>,
    now: Timestamp,
    reason: &str,
) -> Result<Vec<SessionId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "update session set ended_at = $3, end_reason = $4
         where identity_id = $1 and ended_at is null and id is distinct from $2
         returning id",
        identity.0,
        keep.map(|id| id.0),
        now.to_sqlx() as _,
        reason
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(SessionId).collect())
}

/// A session as its owner sees it.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which.
    pub id: SessionId,
    /// When the owner was last let in.
    pub authenticated_at: Timestamp,
    /// Last request, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// The client's address.
    pub address: Option<String>,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
}

/// The sessions of `identity` that can still be used, newest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn usable(conn: &mut PgConnection, identity: IdentityId, now: Timestamp, seen_after: Timestamp) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query!(
        "select id, authenticated_at, last_seen_at, expires_at, address, user_agent from session
         where identity_id = $1 and ended_at is null and expires_at > $2 and last_seen_at > $3
         order by authenticated_at desc, id desc limit 100",
        identity.0,
        now.to_sqlx() as _,
        seen_after.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Line {
            id: SessionId(row.id),
            authenticated_at: row.authenticated_at.to_jiff(),
            last_seen_at: row.last_seen_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
            address: row.address,
            user_agent: row.user_agent,
        })
        .collect())
}

/// When a password was last proven in a live session of `identity`; nothing where none was.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn password_proven_at(conn: &mut PgConnection, id: SessionId, identity: IdentityId) -> Result<Option<Timestamp>, StoreError> {
    let at = sqlx::query_scalar!(
        "select password_proven_at from session where id = $1 and identity_id = $2 and ended_at is null",
        id.0,
        identity.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(at.flatten().map(|at| at.to_jiff()))
}
