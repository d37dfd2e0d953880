//! How long requests for an entitlement took, and have taken so far.

use super::error::StoreError;
use domain::id::{EntitlementId, RequestId};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::PgConnection;

/// The newest requests for an entitlement that count.
const NEWEST: i64 = 50;

/// One request in the history of an entitlement.
#[derive(Clone, Debug)]
pub struct HistoryRow {
    /// For what.
    pub entitlement: EntitlementId,
    /// When it was asked for.
    pub submitted_at: Timestamp,
    /// First day that was asked for.
    pub starts_on: Date,
    /// When the access was given; `None` while it is open.
    pub released_at: Option<Timestamp>,
}

/// The newest fifty requests for each of the entitlements that led to access or are open. What
/// was rejected, withdrawn or lapsed never came to the end that is measured, and stays out.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn history(conn: &mut PgConnection, entitlements: &[EntitlementId]) -> Result<Vec<HistoryRow>, StoreError> {
    let ids: Vec<uuid::Uuid> = entitlements.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select e.id as "entitlement!", h.submitted_at as "submitted_at!", h.starts_on as "starts_on!", h.released_at
           from unnest($1::uuid[]) as e (id)
           cross join lateral (
             select r.submitted_at, v.starts_on,
                    (select min(x.executed_at) from release x where x.request_id = r.id and x.kind = 'activate' and x.state = 'closed') as released_at
             from request_item i
             join request r on r.id = i.request_id and r.revision = i.revision
             join request_revision v on v.request_id = r.id and v.revision = r.revision
             where i.entitlement_id = e.id and r.kind <> 'extend' and r.state in ('in_approval', 'returned', 'approved', 'released', 'closed')
             order by i.id desc limit $2
           ) h"#,
        &ids,
        NEWEST
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| HistoryRow {
            entitlement: EntitlementId(r.entitlement),
            submitted_at: r.submitted_at.to_jiff(),
            starts_on: r.starts_on.to_jiff(),
            released_at: r.released_at.map(|t| t.to_jiff()),
        })
        .collect())
}

/// When a request led to what it asked for.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn given_at(conn: &mut PgConnection, request: RequestId) -> Result<Option<Timestamp>, StoreError> {
    let at = sqlx::query_scalar!(
        "select min(executed_at) from release where request_id = $1 and kind in ('activate', 'extend') and state = 'closed'",
        request.0
    )
    .fetch_one(conn)
    .await?;
    Ok(at.map(|at| at.to_jiff()))
}
