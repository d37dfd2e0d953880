//! A release in full, as its page shows it: the moments it reached, the connection, what was planned
//! and found, its steps, and every call that was made for it.

use super::error::StoreError;
use app::record::PersonRef;
use app::releases::port::{CallView, ExchangeView, Found, Moments, SkipView, StepView};
use app::when::When;
use domain::id::{ConnectionId, IdentityId, ReleaseId};
use domain::saga::{StepOperation, StepState};
use domain::task::CallOutcome;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// What stands on the release itself.
#[derive(Clone, Debug)]
pub struct Record {
    /// When each state was reached.
    pub moments: Moments,
    /// The pinned connection, in its version, with name and kind.
    pub connection: Option<(ConnectionId, i32, String, String)>,
    /// The machine that gave what is taken or extended, where it is retired: no other one has it.
    pub retired_place: Option<String>,
    /// Planned, found, and how they differ; nothing before something was read or said.
    pub found: Option<Found>,
    /// Who took the second look.
    pub verified_by: Option<PersonRef>,
}

/// Reads it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn record(conn: &mut PgConnection, id: ReleaseId, zone: &TimeZone) -> Result<Record, StoreError> {
    let r = sqlx::query!(
        r#"select l.planned_at, l.gated_at, l.account_ready_at, l.executed_at, l.verified_at, l.closed_at, l.connection_id, l.connection_version,
                  c.name as "connection?", v.connector as "connector?", l.planned_entitlements, l.actual_entitlements, l.variance,
                  l.verified_by, i.display_name as "verifier?", l.found_said_by, s.display_name as "said_by?", p.name as "retired_place?"
           from release l
           left join connection c on c.id = l.connection_id
           left join connection_version v on v.connection_id = l.connection_id and v.version = l.connection_version
           left join identity i on i.id = l.verified_by
           left join identity s on s.id = l.found_said_by
           left join connection p on l.kind in ('remove', 'extend') and p.id = grant_place(l.grant_id) and p.state = 'retired'
           where l.id = $1"#,
        id.0
    )
    .fetch_one(conn)
    .await?;
    let when = |at: Option<jiff_sqlx::Timestamp>| at.map(|at| When::new(at.to_jiff(), zone));
    let words = |value: Option<&Value>| -> Vec<String> {
        value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let person = |id: Option<Uuid>, name: Option<String>| id.zip(name).map(|(id, name)| PersonRef { id: IdentityId(id), name });
    let found = r.actual_entitlements.as_ref().map(|actual| Found {
        planned: words(r.planned_entitlements.as_ref()),
        actual: words(Some(actual)),
        missing: words(r.variance.as_ref().and_then(|v| v.get("missing"))),
        unexpected: words(r.variance.as_ref().and_then(|v| v.get("unexpected"))),
        said_by: person(r.found_said_by, r.said_by),
    });
    Ok(Record {
        moments: Moments {
            planned: When::new(r.planned_at.to_jiff(), zone),
            gated: when(r.gated_at),
            account_ready: when(r.account_ready_at),
            activated: when(r.executed_at),
            verified: when(r.verified_at),
            closed: when(r.closed_at),
        },
        connection: match (r.connection_id, r.connection_version, r.connection, r.connector) {
            (Some(id), Some(version), Some(name), Some(kind)) => Some((ConnectionId(id), version, name, kind)),
            _ => None,
        },
        retired_place: r.retired_place,
        found,
        verified_by: person(r.verified_by, r.verifier),
    })
}

/// Every step of every round, in order.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn steps(conn: &mut PgConnection, id: ReleaseId, zone: &TimeZone) -> Result<Vec<StepView>, StoreError> {
    let rows = sqlx::query!(
        "select round, position, operation, state, began_at, ended_at from release_step where release_id = $1 order by round, position",
        id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(StepView {
                round: r.round,
                operation: r.operation.parse::<StepOperation>()?,
                state: r.state.parse::<StepState>()?,
                began: r.began_at.map(|at| When::new(at.to_jiff(), zone)),
                ended: r.ended_at.map(|at| When::new(at.to_jiff(), zone)),
            })
        })
        .collect()
}

/// Calls on a page; a release that was tried for months has many.
pub const CALLS_ON_A_PAGE: i64 = 100;

/// A page of the calls of a release.
#[derive(Clone, Debug)]
pub struct Calls {
    /// At most [`CALLS_ON_A_PAGE`], oldest first.
    pub rows: Vec<CallView>,
    /// How many there are.
    pub total: i64,
    /// How many are newer than these.
    pub newer: i64,
    /// The oldest of these, where there are older ones.
    pub older: Option<(Timestamp, Uuid)>,
}

/// The newest calls of those that were begun before `before`; without it, the newest of all.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn calls(
    conn: &mut PgConnection,
    id: ReleaseId,
    before: Option<(Timestamp, Uuid)>,
    zone: &TimeZone,
) -> Result<Calls, StoreError> {
    let (at, call) = before.unzip();
    let at = at.map(ToSqlx::to_sqlx);
    let counts = sqlx::query!(
        r#"select count(*) as "all!", count(*) filter (where (began_at, id) >= ($2::timestamptz, $3::uuid)) as "newer!"
           from release_call where release_id = $1"#,
        id.0,
        at as _,
        call
    )
    .fetch_one(&mut *conn)
    .await?;
    let mut rows = sqlx::query!(
        r#"select k.id, k.purpose, k.round, s.operation as "operation?", c.name as "connection!", k.key, k.began_at, k.took_ms, k.outcome, k.said, k.exchanges
           from release_call k
           join connection c on c.id = k.connection_id
           left join release_step s on s.release_id = k.release_id and s.round = k.round and s.position = k.position
           where k.release_id = $1 and ($2::timestamptz is null or (k.began_at, k.id) < ($2, $3::uuid))
           order by k.began_at desc, k.id desc limit $4"#,
        id.0,
        at as _,
        call,
        CALLS_ON_A_PAGE + 1
    )
    .fetch_all(conn)
    .await?;
    let fits = usize::try_from(CALLS_ON_A_PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > fits;
    rows.truncate(fits);
    let older = rows.last().filter(|_| more).map(|oldest| (oldest.began_at.to_jiff(), oldest.id));
    let rows = rows
        .into_iter()
        .rev()
        .map(|r| {
            Ok(CallView {
                purpose: r.purpose.parse()?,
                round: r.round,
                operation: r.operation.map(|word| word.parse::<StepOperation>()).transpose()?,
                connection: r.connection,
                key: r.key.map(|key| key.to_string()),
                began: When::new(r.began_at.to_jiff(), zone),
                took_ms: r.took_ms,
                outcome: r.outcome.map(|word| word.parse::<CallOutcome>()).transpose()?,
                said: r.said,
                exchanges: exchanges(r.exchanges),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Calls { rows, total: counts.all, newer: counts.newer, older })
}

/// What went out and came back, as text; secrets were removed before it was written.
fn exchanges(stored: Option<Value>) -> Vec<ExchangeView> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let Some(Value::Array(all)) = stored else { return vec![] };
    all.iter()
        .map(|one| ExchangeView {
            line: line(one),
            request: one.get("request").map(text).unwrap_or_default(),
            answer: one.get("answer").map(text).unwrap_or_default(),
        })
        .collect()
}

/// One exchange in a line: what for, the address, the status, how long it took.
fn line(one: &Value) -> String {
    let word = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
    let status = one.get("status").and_then(Value::as_u64).map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let took = one.get("took_ms").and_then(Value::as_u64).unwrap_or_default();
    format!("{}: {} {}, {status}, {took} ms", word("purpose").replace('_', " "), word("method"), word("address"))
}

/// The proposal to take something as done that waits for its answer.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn open_skip(conn: &mut PgConnection, id: ReleaseId, zone: &TimeZone) -> Result<Option<SkipView>, StoreError> {
    let row = sqlx::query!(
        r#"select k.reason, k.proposed_by, k.proposed_at, i.display_name as "name!", s.operation as "operation?",
                  (k.connection_id, k.connection_version) is distinct from (c.connection_id, c.version) as "overtaken!"
           from release_skip k join identity i on i.id = k.proposed_by left join release_carrier c on c.release_id = k.release_id
           left join release_step s on s.release_id = k.release_id and s.round = k.round and s.position = k.position
           where k.release_id = $1 and k.confirmed_at is null and k.refused_at is null and k.overtaken_at is null"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(SkipView {
            what: r.operation.map(|word| word.parse::<StepOperation>()).transpose()?,
            reason: r.reason,
            by: PersonRef { id: IdentityId(r.proposed_by), name: r.name },
            at: When::new(r.proposed_at.to_jiff(), zone),
            overtaken: r.overtaken,
        })
    })
    .transpose()
}
