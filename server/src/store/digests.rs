//! Mails on their way: which notifications each of them carries, who is sending it, what came of it.

use super::error::{StoreError, one_row};
use crate::mail::Entry;
use app::admin::port::MailLine;
use app::when::When;
use domain::id::{DigestId, IdentityId};
use domain::notification::NotificationKind;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// People and kinds with something to be mailed and no mail of the kind made after `quiet_since`,
/// longest waiting first.
///
/// # Errors
/// [`StoreError`] when reading fails or a kind is unknown.
pub async fn waiting(
    conn: &mut PgConnection,
    quiet_since: Timestamp,
    limit: i64,
) -> Result<Vec<(IdentityId, NotificationKind)>, StoreError> {
    let rows = sqlx::query!(
        "select n.recipient_id, n.kind from notification n
         where n.mail and n.digest_id is null
           and not exists (select from mail_digest d where d.recipient_id = n.recipient_id and d.kind = n.kind and d.created_at > $1)
         group by n.recipient_id, n.kind order by min(n.at), n.recipient_id, n.kind limit $2",
        quiet_since.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| Ok((IdentityId(r.recipient_id), r.kind.parse()?))).collect()
}

/// The recipient of a mail that is about to be made.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Mail address as recorded.
    pub email: Option<String>,
    /// Whether they are active.
    pub active: bool,
    /// When the last mail of the kind was made.
    pub last: Option<Timestamp>,
}

/// Locks a recipient, so that one server at a time makes mails for them; `None` when another one
/// is at it, or something is being done with the person.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock_recipient(conn: &mut PgConnection, person: IdentityId, kind: NotificationKind) -> Result<Option<Recipient>, StoreError> {
    let row =
        sqlx::query!("select email, state = 'active' as \"active!\" from identity where id = $1 for no key update skip locked", person.0)
            .fetch_optional(&mut *conn)
            .await?;
    let Some(r) = row else { return Ok(None) };
    // A statement of its own: it has to see what was committed before the lock was granted.
    let last = sqlx::query_scalar!("select max(created_at) from mail_digest where recipient_id = $1 and kind = $2", person.0, kind.word())
        .fetch_one(conn)
        .await?;
    Ok(Some(Recipient { email: r.email, active: r.active, last: last.map(|t| t.to_jiff()) }))
}

/// Takes notifications out of the way to the mail: nobody can be sent them.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn leave_out(conn: &mut PgConnection, person: IdentityId, kind: NotificationKind) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "update notification set mail = false where recipient_id = $1 and kind = $2 and mail and digest_id is null",
        person.0,
        kind.word()
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The same for what was read in the application before it was mailed.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn leave_out_what_was_read(conn: &mut PgConnection, person: IdentityId, kind: NotificationKind) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "update notification set mail = false where recipient_id = $1 and kind = $2 and mail and digest_id is null and read_at is not null",
        person.0,
        kind.word()
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Makes a mail of everything of a kind that waits for a person, at most `limit`; says how much that
/// was. Without any no mail is made.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn make(
    conn: &mut PgConnection,
    id: DigestId,
    person: IdentityId,
    kind: NotificationKind,
    address: &str,
    now: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    let some = sqlx::query_scalar!(
        r#"select exists (select from notification where recipient_id = $1 and kind = $2 and mail and digest_id is null) as "some!""#,
        person.0,
        kind.word()
    )
    .fetch_one(&mut *conn)
    .await?;
    if !some {
        return Ok(0);
    }
    let done = sqlx::query!(
        "insert into mail_digest (id, recipient_id, kind, address, created_at, next_attempt_at) values ($1, $2, $3, $4, $5, $5)",
        id.0,
        person.0,
        kind.word(),
        address,
        now.to_sqlx() as _
    )
    .execute(&mut *conn)
    .await?;
    one_row("mail_digest", &done)?;
    let taken = sqlx::query!(
        "update notification set digest_id = $1
         where id in (select id from notification where recipient_id = $2 and kind = $3 and mail and digest_id is null order by at, id limit $4)",
        id.0,
        person.0,
        kind.word(),
        limit
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected())
}

/// A mail that this server may send now.
#[derive(Clone, Debug)]
pub struct Leased {
    /// Which.
    pub id: DigestId,
    /// Why it is sent.
    pub kind: NotificationKind,
    /// Where to.
    pub address: String,
    /// When it was made.
    pub made: Timestamp,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// Leases the mail that waits longest; `None` when none is due. The attempt counts from here, so
/// that a mail that brings a server down is not tried for ever.
///
/// # Errors
/// [`StoreError`] when the database refuses or a kind is unknown.
pub async fn lease(conn: &mut PgConnection, now: Timestamp, until: Timestamp) -> Result<Option<Leased>, StoreError> {
    let row = sqlx::query!(
        "update mail_digest set leased_until = $2, attempts = attempts + 1
         where id = (select id from mail_digest
                     where sent_at is null and given_up_at is null and next_attempt_at <= $1 and (leased_until is null or leased_until <= $1)
                     order by next_attempt_at, id limit 1 for update skip locked)
         returning id, kind, address, created_at, attempts",
        now.to_sqlx() as _,
        until.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(Leased { id: DigestId(r.id), kind: r.kind.parse()?, address: r.address, made: r.created_at.to_jiff(), attempts: r.attempts })
    })
    .transpose()
}

/// Everything a mail carries, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn entries(conn: &mut PgConnection, id: DigestId) -> Result<Vec<Entry>, StoreError> {
    let rows =
        sqlx::query!("select title, body, href, at from notification where digest_id = $1 order by at, id", id.0).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|r| Entry { title: r.title, body: r.body, href: r.href, at: r.at.to_jiff() }).collect())
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub enum Outcome<'a> {
    /// The next server accepted it.
    Sent,
    /// To be tried again.
    Later {
        /// When.
        at: Timestamp,
        /// Why it failed.
        error: &'a str,
    },
    /// Not to be tried again.
    GivenUp {
        /// Why it failed.
        error: &'a str,
    },
}

/// Records what came of an attempt and ends the lease; `false` when the lease had run out and
/// another server has the mail.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn finish(
    conn: &mut PgConnection,
    id: DigestId,
    lease: Timestamp,
    outcome: &Outcome<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (sent, next, given_up, error) = match outcome {
        Outcome::Sent => (Some(now), None, None, None),
        Outcome::Later { at, error } => (None, Some(*at), None, Some(*error)),
        Outcome::GivenUp { error } => (None, None, Some(now), Some(*error)),
    };
    let done = sqlx::query!(
        "update mail_digest set leased_until = null, sent_at = $3, next_attempt_at = coalesce($4, next_attempt_at), given_up_at = $5, last_error = $6
         where id = $1 and leased_until = $2 and sent_at is null and given_up_at is null",
        id.0,
        lease.to_sqlx() as _,
        sent.map(|t| t.to_sqlx()) as _,
        next.map(|t| t.to_sqlx()) as _,
        given_up.map(|t| t.to_sqlx()) as _,
        error
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts everything that was given up back into the line; says how much that was.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn try_again(conn: &mut PgConnection, now: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "update mail_digest set given_up_at = null, attempts = 0, next_attempt_at = $1 where given_up_at is not null",
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// How many mails wait, were sent since `since`, and were given up.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn figures(conn: &mut PgConnection, since: Timestamp) -> Result<[i64; 3], StoreError> {
    let row = sqlx::query!(
        r#"select (select count(*) from mail_digest where sent_at is null and given_up_at is null) as "waiting!",
                  (select count(*) from mail_digest where sent_at >= $1) as "sent!",
                  (select count(*) from mail_digest where given_up_at is not null) as "given_up!""#,
        since.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?;
    Ok([row.waiting, row.sent, row.given_up])
}

/// Mails that failed at least once and were not sent, newest first, at most twenty.
///
/// # Errors
/// [`StoreError`] when reading fails or a kind is unknown.
pub async fn failed(conn: &mut PgConnection, zone: &TimeZone) -> Result<Vec<MailLine>, StoreError> {
    let rows = sqlx::query!(
        r#"select d.kind, i.display_name as "name!", d.created_at, d.attempts, d.next_attempt_at, d.given_up_at is not null as "given_up!", d.last_error as "error!"
           from ((select id from mail_digest where given_up_at is not null order by given_up_at desc limit 20)
                 union all (select id from mail_digest where sent_at is null and given_up_at is null and last_error is not null order by next_attempt_at limit 20)) f
           join mail_digest d on d.id = f.id join identity i on i.id = d.recipient_id
           order by d.created_at desc, d.id desc limit 20"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(MailLine {
                kind: r.kind.parse::<NotificationKind>()?.label().to_owned(),
                recipient: r.name,
                made: When::new(r.created_at.to_jiff(), zone),
                attempts: r.attempts,
                next: (!r.given_up).then(|| When::new(r.next_attempt_at.to_jiff(), zone)),
                error: r.error,
            })
        })
        .collect()
}
