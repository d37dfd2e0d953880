//! Rows of accounts: sign-in names and password hashes, and the set-up link of the first
//! administrator.

use super::error::{StoreError, one_row};
use domain::id::{AssignmentId, IdentityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose.
    pub identity: IdentityId,
    /// Sign-in name.
    pub login: String,
    /// The password that opens it; nothing where none does.
    pub password: Option<Password>,
    /// The owner is active.
    pub active: bool,
}

/// A password as it is kept.
#[derive(Clone, Debug)]
pub struct Password {
    /// Its hash.
    pub hash: String,
    /// When it was chosen.
    pub changed_at: Timestamp,
}

impl Account {
    /// Hash of the password; nothing where no password opens the account.
    #[must_use]
    pub fn password_hash(&self) -> Option<&str> {
        self.password.as_ref().map(|password| password.hash.as_str())
    }
}

/// The account with this sign-in name.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by_login(conn: &mut PgConnection, login: &str) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query!(
        r#"select a.identity_id, a.login, a.password_hash, a.password_changed_at, i.state = 'active' as "active!"
           from account a join identity i on i.id = a.identity_id where a.login = $1"#,
        login
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Account {
        identity: IdentityId(row.identity_id),
        login: row.login,
        password: row.password_hash.zip(row.password_changed_at).map(|(hash, at)| Password { hash, changed_at: at.to_jiff() }),
        active: row.active,
    }))
}

/// The account of an identity.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of(conn: &mut PgConnection, identity: IdentityId) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query!(
        r#"select a.identity_id, a.login, a.password_hash, a.password_changed_at, i.state = 'active' as "active!"
           from account a join identity i on i.id = a.identity_id where a.identity_id = $1"#,
        identity.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Account {
        identity: IdentityId(row.identity_id),
        login: row.login,
        password: row.password_hash.zip(row.password_changed_at).map(|(hash, at)| Password { hash, changed_at: at.to_jiff() }),
        active: row.active,
    }))
}

/// The account of an active identity, held.
#[derive(Clone, Debug)]
pub struct Held {
    /// Hash of the password in force; nothing where no password opens the account.
    pub password_hash: Option<String>,
}

/// The account of an active identity. Until the transaction ends nobody can change the password or
/// stop the identity.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn hold(conn: &mut PgConnection, identity: IdentityId) -> Result<Option<Held>, StoreError> {
    let row = sqlx::query!(
        "select a.password_hash from account a join identity i on i.id = a.identity_id
         where i.id = $1 and i.state = 'active' for share of i for update of a",
        identity.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Held { password_hash: row.password_hash }))
}

/// Makes an account; without a hash it is one that no password opens.
///
/// # Errors
/// [`StoreError`] when the row is refused; constraint `account_login_unique` when the sign-in name
/// is taken.
pub async fn insert(
    conn: &mut PgConnection,
    identity: IdentityId,
    login: &str,
    password_hash: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into account (identity_id, login, password_hash, password_changed_at, created_at)
         values ($1, $2, $3, case when $3::text is not null then $4::timestamptz end, $4)",
        identity.0,
        login,
        password_hash,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("account", &done)
}

/// Stores a hash of the same password at another cost.
///
/// # Errors
/// [`StoreError`] when there is no such account.
pub async fn rehash(conn: &mut PgConnection, identity: IdentityId, password_hash: &str) -> Result<(), StoreError> {
    let done =
        sqlx::query!("update account set password_hash = $2 where identity_id = $1", identity.0, password_hash).execute(conn).await?;
    one_row("account", &done)
}

/// Stores the hash of a new password.
///
/// # Errors
/// [`StoreError`] when there is no such account.
pub async fn change_password(conn: &mut PgConnection, identity: IdentityId, password_hash: &str, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update account set password_hash = $2, password_changed_at = $3 where identity_id = $1",
        identity.0,
        password_hash,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("account", &done)
}

/// A person made here and not by an import: the first administrator.
#[derive(Clone, Debug)]
pub struct LocalPerson<'a> {
    /// Which.
    pub id: IdentityId,
    /// Number in place of the one a source of truth gives.
    pub source_id: &'a str,
    /// Given name.
    pub given_name: &'a str,
    /// Family name.
    pub family_name: &'a str,
}

/// Makes an active person.
///
/// # Errors
/// [`StoreError`] when the row is refused.
pub async fn insert_local_person(conn: &mut PgConnection, person: &LocalPerson<'_>, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into identity (id, source_id, source, population, given_name, family_name, state, state_since, updated_at)
         values ($1, $2, 'local', 'employee', $3, $4, 'active', $5, $5)",
        person.id.0,
        person.source_id,
        person.given_name,
        person.family_name,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("identity", &done)
}

/// Gives the first administrator the role; there is nobody yet who could.
///
/// # Errors
/// [`StoreError`] when the row is refused.
pub async fn make_administrator(
    conn: &mut PgConnection,
    assignment: AssignmentId,
    identity: IdentityId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into role_assignment (id, identity_id, role, granted_at) values ($1, $2, 'administrator', $3)",
        assignment.0,
        identity.0,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("role_assignment", &done)
}

/// Whether somebody active who has an account is administrator.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn administrator_exists(conn: &mut PgConnection) -> Result<bool, StoreError> {
    let exists = sqlx::query_scalar!(
        r#"select exists (
               select 1 from role_assignment r join identity i on i.id = r.identity_id join account a on a.identity_id = i.id
               where r.role = 'administrator' and r.ended_at is null and i.state = 'active') as "exists!""#
    )
    .fetch_one(conn)
    .await?;
    Ok(exists)
}

/// Keeps a set-up link and closes all earlier ones.
///
/// # Errors
/// [`StoreError`] when writing fails.
pub async fn replace_setup_link(
    conn: &mut PgConnection,
    token_hash: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!("update setup_link set expires_at = $1 where used_at is null and expires_at > $1", now.to_sqlx() as _)
        .execute(&mut *conn)
        .await?;
    let done = sqlx::query!(
        "insert into setup_link (token_hash, created_at, expires_at) values ($1, $2, $3)",
        token_hash.as_slice(),
        now.to_sqlx() as _,
        expires_at.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("setup_link", &done)
}

/// Whether a set-up link can still be used. With the transaction of somebody who is using it, this
/// waits until that ended.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn hold_setup_link(conn: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
    let row = sqlx::query_scalar!(
        "select token_hash from setup_link where token_hash = $1 and used_at is null and expires_at > $2 for update",
        token_hash.as_slice(),
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Marks a set-up link as used.
///
/// # Errors
/// [`StoreError`] when there is no such link.
pub async fn use_setup_link(conn: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update setup_link set used_at = $2 where token_hash = $1 and used_at is null",
        token_hash.as_slice(),
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("setup_link", &done)
}
