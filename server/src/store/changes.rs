//! Change control: proposed changes, the records they are about, and every version as it stood.

pub mod lists;
pub mod lookup;
pub mod records;
pub mod versions;
pub mod write;

use super::error::{StoreError, one_row};
use app::changes::port::Proposer;
use domain::change::{ChangeLife, ChangeState, Decided, RecordKind, Typed};
use domain::id::{ApplicationId, ChangeId, IdempotencyKey, IdentityId, human_number};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// A change as recorded.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// Which.
    pub id: ChangeId,
    /// Human number.
    pub number: String,
    /// What it changes.
    pub kind: RecordKind,
    /// Key of the record.
    pub key: String,
    /// Name of the record.
    pub name: String,
    /// Applications that the record belongs to, before and after.
    pub applications: Vec<ApplicationId>,
    /// Whom it makes approvers.
    pub named: Vec<IdentityId>,
    /// The record before; nothing for a new one.
    pub before: Option<Typed>,
    /// The record after.
    pub after: Typed,
    /// Version that `before` was.
    pub base_version: i32,
    /// Changed fields that need a second person.
    pub needs_second: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: Proposer,
    /// When.
    pub proposed_at: Timestamp,
    /// From when it is to be in force.
    pub effective_at: Timestamp,
    /// Where it stands.
    pub life: ChangeLife,
    /// Name of who decided.
    pub decided_by: Option<String>,
}

/// Who proposes a change.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// A person.
    Person(IdentityId),
    /// A command of an operator with a shell.
    Command(&'a str),
}

/// A change about to be written.
#[derive(Clone, Debug)]
pub struct NewChange<'a> {
    /// Its id.
    pub id: ChangeId,
    /// Its number.
    pub number: &'a str,
    /// What it changes.
    pub kind: RecordKind,
    /// Key of the record.
    pub key: &'a str,
    /// Name of the record.
    pub name: &'a str,
    /// Applications that the record belongs to, before and after.
    pub applications: &'a [ApplicationId],
    /// Whom it makes approvers.
    pub named: &'a [IdentityId],
    /// The record before.
    pub before: Option<&'a Typed>,
    /// The record after.
    pub after: &'a Typed,
    /// Version that `before` was; 0 for a new record.
    pub base_version: i32,
    /// Changed fields that need a second person.
    pub needs_second: &'a [String],
    /// Why.
    pub reason: &'a str,
    /// Who proposes it.
    pub by: By<'a>,
    /// When.
    pub at: Timestamp,
    /// From when it is to be in force.
    pub effective_at: Timestamp,
    /// Where it begins.
    pub state: ChangeState,
    /// Key of the proposal.
    pub idempotency: IdempotencyKey,
}

/// The next human number.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn next_number(conn: &mut PgConnection, year: i16) -> Result<String, StoreError> {
    let sequence = sqlx::query_scalar!(r#"select nextval('change_number') as "n!""#).fetch_one(conn).await?;
    Ok(human_number("CHG", year, sequence))
}

/// Lets one change of a record be decided or put in force at a time, until this transaction ends.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock_record(conn: &mut PgConnection, kind: RecordKind, key: &str) -> Result<(), StoreError> {
    // Imports lock these tables before their rows; so does this, or the two could wait for each other.
    if matches!(kind, RecordKind::Application | RecordKind::Entitlement) {
        sqlx::query!("lock table application, entitlement in row exclusive mode").execute(&mut *conn).await?;
    }
    if kind == RecordKind::Unit {
        sqlx::query!("lock table unit in row exclusive mode").execute(&mut *conn).await?;
    }
    let name = format!("change:{}:{key}", kind.word());
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0)) is null as locked", name).fetch_one(conn).await?;
    Ok(())
}

/// Lets one change of what includes what, and of which tier, be put in force at a time, until this
/// transaction ends: two at once could each fit and together make a circle, or put something inside of what
/// has a lower tier. Taken after the lock on the record.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn lock_containment(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('change:containment', 0)) is null as locked").fetch_one(conn).await?;
    Ok(())
}

/// Writes a change.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, new: &NewChange<'_>) -> Result<(), StoreError> {
    let applications: Vec<Uuid> = new.applications.iter().map(|id| id.0).collect();
    let named: Vec<Uuid> = new.named.iter().map(|id| id.0).collect();
    // A record of one application says so; a rule over several belongs to none of them.
    let application = match (new.kind, applications.as_slice()) {
        (RecordKind::Application | RecordKind::Entitlement, [one]) => Some(*one),
        _ => None,
    };
    let (person, command) = match new.by {
        By::Person(person) => (Some(person.0), None),
        By::Command(command) => (None, Some(command)),
    };
    let done = sqlx::query!(
        "insert into catalogue_change (id, number, kind, record_key, record_name, application_id, before, after, base_version, needs_second, reason,
             proposed_by, proposed_at, effective_at, state, idempotency_key, application_ids, named, proposed_by_command)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        new.id.0,
        new.number,
        new.kind.word(),
        new.key,
        new.name,
        application,
        new.before.map(Json) as _,
        Json(new.after) as _,
        new.base_version,
        new.needs_second,
        new.reason,
        person,
        new.at.to_sqlx() as _,
        new.effective_at.to_sqlx() as _,
        new.state.word(),
        new.idempotency.0,
        &applications,
        &named,
        command
    )
    .execute(conn)
    .await?;
    one_row("catalogue_change", &done)
}

/// The change that a proposal with this key became.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by_key(conn: &mut PgConnection, by: IdentityId, key: IdempotencyKey) -> Result<Option<ChangeId>, StoreError> {
    let id = sqlx::query_scalar!("select id from catalogue_change where proposed_by = $1 and idempotency_key = $2", by.0, key.0)
        .fetch_optional(conn)
        .await?;
    Ok(id.map(ChangeId))
}

/// Reads a change; with `lock` nobody else can move it until this transaction ends.
///
/// # Errors
/// [`StoreError`] when reading fails or the row cannot be.
pub async fn find(conn: &mut PgConnection, id: ChangeId, lock: bool) -> Result<Option<ChangeRow>, StoreError> {
    if lock {
        sqlx::query_scalar!("select id from catalogue_change where id = $1 for update", id.0).fetch_optional(&mut *conn).await?;
    }
    let row = sqlx::query!(
        r#"select c.number, c.kind, c.record_key, c.record_name, c.application_ids, c.named, c.before as "before: Json<Typed>", c.after as "after: Json<Typed>",
                  c.base_version, c.needs_second, c.reason, c.proposed_by, coalesce(p.display_name, c.proposed_by_command) as "proposer!", c.proposed_at, c.effective_at, c.state,
                  c.decided_by, d.display_name as "decider?", c.decided_at, c.decision_reason, c.in_force_at, c.version
           from catalogue_change c left join identity p on p.id = c.proposed_by left join identity d on d.id = c.decided_by
           where c.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        let decided = r.decided_by.zip(r.decided_at).map(|(by, at)| Decided {
            by: IdentityId(by),
            at: at.to_jiff(),
            reason: r.decision_reason.clone().unwrap_or_default(),
        });
        let state: ChangeState = r.state.parse()?;
        let in_force = r.in_force_at.map(|at| at.to_jiff()).zip(r.version);
        Ok(ChangeRow {
            id,
            life: life(state, decided, in_force)
                .ok_or_else(|| StoreError::inconsistent("catalogue_change", format!("{} is {state}", r.number)))?,
            number: r.number,
            kind: r.kind.parse()?,
            key: r.record_key,
            name: r.record_name,
            applications: r.application_ids.into_iter().map(ApplicationId).collect(),
            named: r.named.into_iter().map(IdentityId).collect(),
            before: r.before.map(|before| before.0),
            after: r.after.0,
            base_version: r.base_version,
            needs_second: r.needs_second,
            reason: r.reason,
            proposed_by: Proposer { id: r.proposed_by.map(IdentityId), name: r.proposer },
            proposed_at: r.proposed_at.to_jiff(),
            effective_at: r.effective_at.to_jiff(),
            decided_by: r.decider,
        })
    })
    .transpose()
}

/// One total match from columns to a state.
fn life(state: ChangeState, decided: Option<Decided>, in_force: Option<(Timestamp, i32)>) -> Option<ChangeLife> {
    match (state, decided, in_force) {
        (ChangeState::Proposed, None, None) => Some(ChangeLife::Proposed),
        (ChangeState::Confirmed, second, None) => Some(ChangeLife::Confirmed { second }),
        (ChangeState::InForce, second, Some((at, version))) => Some(ChangeLife::InForce { second, at, version }),
        (ChangeState::Refused, Some(decided), None) => Some(ChangeLife::Refused(decided)),
        (ChangeState::Withdrawn, Some(decided), None) => Some(ChangeLife::Withdrawn(decided)),
        (ChangeState::Overtaken, second, None) => Some(ChangeLife::Overtaken { second }),
        _ => None,
    }
}

/// Writes where a change stands now.
///
/// # Errors
/// [`StoreError`] when the database refuses; constraint `change_not_confirmed_by_those_concerned`.
pub async fn set_life(conn: &mut PgConnection, id: ChangeId, to: &ChangeLife) -> Result<(), StoreError> {
    let decided = to.decided();
    let (in_force_at, version) = match to {
        ChangeLife::InForce { at, version, .. } => (Some(*at), Some(*version)),
        _ => (None, None),
    };
    let done = sqlx::query!(
        "update catalogue_change set state = $2, decided_by = $3, decided_at = $4, decision_reason = $5, in_force_at = $6, version = $7 where id = $1",
        id.0,
        to.state().word(),
        decided.map(|decided| decided.by.0),
        decided.map(|decided| decided.at.to_sqlx()) as _,
        decided.map(|decided| decided.reason.as_str()).filter(|reason| !reason.is_empty()),
        in_force_at.map(ToSqlx::to_sqlx) as _,
        version
    )
    .execute(conn)
    .await?;
    one_row("catalogue_change", &done)
}

/// Confirmed changes whose time has come, in the order of their times, at most two hundred.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn due(conn: &mut PgConnection, now: Timestamp) -> Result<Vec<ChangeId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from catalogue_change where state = 'confirmed' and effective_at <= $1 order by effective_at, proposed_at, id limit 200",
        now.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ChangeId).collect())
}

/// Open changes on top of a version that is not the record's any more, at most two hundred.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn stale(conn: &mut PgConnection) -> Result<Vec<ChangeId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select c.id from catalogue_change c left join change_record r on r.kind = c.kind and r.key = c.record_key
         where c.state in ('proposed', 'confirmed') and c.base_version <> coalesce(r.version, 0) order by c.proposed_at, c.id limit 200"
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ChangeId).collect())
}

/// Other open changes of a record.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn open_beside(conn: &mut PgConnection, kind: RecordKind, key: &str, except: ChangeId) -> Result<Vec<ChangeId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select id from catalogue_change where kind = $1 and record_key = $2 and state in ('proposed', 'confirmed') and id <> $3 order by proposed_at, id",
        kind.word(),
        key,
        except.0
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ChangeId).collect())
}

/// How many open requests keep what is in force now when the record changes. Kinds of which a request
/// pins nothing have none.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn pinned_requests(conn: &mut PgConnection, id: ChangeId) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"select count(*) as "n!" from requests_beside_change($1)"#, id.0).fetch_one(conn).await?;
    Ok(count)
}

/// The human number of a change.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn number(conn: &mut PgConnection, id: ChangeId) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!("select number from catalogue_change where id = $1", id.0).fetch_optional(conn).await?)
}
