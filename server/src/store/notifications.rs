//! What people should know, what of it they have read, and how they want to be told.

use super::error::{StoreError, one_row};
use domain::id::{IdentityId, NotificationId, RequestId};
use domain::notification::{NotificationKind, Preference};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Something somebody should know.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: NotificationId,
    /// Who.
    pub recipient: IdentityId,
    /// Why.
    pub kind: NotificationKind,
    /// One line without anything sensitive.
    pub title: &'a str,
    /// A sentence more; may be empty.
    pub body: &'a str,
    /// Path inside the application.
    pub href: &'a str,
    /// The request it belongs to.
    pub request: Option<RequestId>,
    /// When.
    pub at: Timestamp,
    /// Where it is told.
    pub told: Preference,
}

/// Writes one.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into notification (id, recipient_id, kind, title, body, href, request_id, at, in_app, mail) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id.0,
        new.recipient.0,
        new.kind.word(),
        new.title,
        new.body,
        new.href,
        new.request.map(|id| id.0),
        new.at.to_sqlx() as _,
        new.told.in_app,
        new.told.mail
    )
    .execute(conn)
    .await?;
    one_row("notification", &done)
}

/// How these people chose to be told about a kind; who chose nothing is not in it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn preferences_for(
    conn: &mut PgConnection,
    people: &[IdentityId],
    kind: NotificationKind,
) -> Result<HashMap<IdentityId, Preference>, StoreError> {
    let people: Vec<Uuid> = people.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select identity_id, in_app, mail from notification_preference where kind = $1 and identity_id = any($2)",
        kind.word(),
        &people
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (IdentityId(r.identity_id), Preference { in_app: r.in_app, mail: r.mail })).collect())
}

/// Everything one person chose.
///
/// # Errors
/// [`StoreError`] when reading fails or a kind is unknown.
pub async fn preferences_of(conn: &mut PgConnection, person: IdentityId) -> Result<HashMap<NotificationKind, Preference>, StoreError> {
    let rows =
        sqlx::query!("select kind, in_app, mail from notification_preference where identity_id = $1", person.0).fetch_all(conn).await?;
    rows.into_iter().map(|r| Ok((r.kind.parse()?, Preference { in_app: r.in_app, mail: r.mail }))).collect()
}

/// Keeps one choice.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn prefer(conn: &mut PgConnection, person: IdentityId, kind: NotificationKind, choice: Preference) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into notification_preference (identity_id, kind, in_app, mail) values ($1, $2, $3, $4)
         on conflict (identity_id, kind) do update set in_app = excluded.in_app, mail = excluded.mail",
        person.0,
        kind.word(),
        choice.in_app,
        choice.mail
    )
    .execute(conn)
    .await?;
    one_row("notification_preference", &done)
}

/// One of the caller's notifications.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which.
    pub id: NotificationId,
    /// Why.
    pub kind: NotificationKind,
    /// One line.
    pub title: String,
    /// A sentence more.
    pub body: String,
    /// Path inside the application.
    pub href: String,
    /// When.
    pub at: Timestamp,
    /// It was read.
    pub read: bool,
}

/// A person's notifications, newest first, after `after` where a page before ended.
///
/// # Errors
/// [`StoreError`] when reading fails or a kind is unknown.
pub async fn page(
    conn: &mut PgConnection,
    person: IdentityId,
    unread_only: bool,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, kind, title, body, href, at, read_at is not null as "read!" from notification
           where recipient_id = $1 and in_app and (not $2 or read_at is null)
             and (at, id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           order by at desc, id desc limit $5"#,
        person.0,
        unread_only,
        after.map(|(at, _)| at.to_sqlx()) as _,
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Row {
                id: NotificationId(r.id),
                kind: r.kind.parse()?,
                title: r.title,
                body: r.body,
                href: r.href,
                at: r.at.to_jiff(),
                read: r.read,
            })
        })
        .collect()
}

/// How many notifications a person has, and how many of them are unread.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn count(conn: &mut PgConnection, person: IdentityId) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query!(
        r#"select count(*) as "all!", count(*) filter (where read_at is null) as "unread!" from notification where recipient_id = $1 and in_app"#,
        person.0
    )
    .fetch_one(conn)
    .await?;
    Ok((row.all, row.unread))
}

/// Marks one as read and says where it leads; `None` when the person has no such notification.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn open(conn: &mut PgConnection, person: IdentityId, id: NotificationId, now: Timestamp) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "update notification set read_at = coalesce(read_at, $3) where id = $1 and recipient_id = $2 and in_app returning href",
        id.0,
        person.0,
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?)
}

/// Marks everything as read that the person had been told by `until`; says how much that was.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn read_all(conn: &mut PgConnection, person: IdentityId, until: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "update notification set read_at = $3 where recipient_id = $1 and in_app and read_at is null and at <= $2",
        person.0,
        until.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// A person's mail address as recorded.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn address(conn: &mut PgConnection, person: IdentityId) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!("select email from identity where id = $1", person.0).fetch_optional(conn).await?.flatten())
}
