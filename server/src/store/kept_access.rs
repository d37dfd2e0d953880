//! Access that several grants give one person: what a removal would take away although another grant
//! still gives it.

use super::error::{StoreError, one_row};
use super::releases::ReleaseRow;
use domain::id::{GrantId, ReleaseId, RequestId};
use domain::release::ReleaseKind;
use jiff::Timestamp;
use sqlx::PgConnection;

/// The active grant that gives what a removal would take, and its request.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// Which.
    pub grant: GrantId,
    /// The request that led to it.
    pub request: RequestId,
    /// Number of that request.
    pub number: String,
    /// When it ends by itself.
    pub ends_at: Option<Timestamp>,
}

/// The grant that keeps the access which a removal would take: of several the one that lasts longest.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by(conn: &mut PgConnection, removal: &ReleaseRow) -> Result<Option<Keeper>, StoreError> {
    if removal.kind != ReleaseKind::Remove {
        return Ok(None);
    }
    let row = sqlx::query!(
        "select g.id, g.request_id, r.number, g.ends_at from access_grant g join request r on r.id = g.request_id
         where g.identity_id = $1 and g.entitlement_id = $2 and g.state = 'active' and g.id is distinct from $3
         order by g.ends_at desc nulls first, g.id limit 1",
        removal.subject.0,
        removal.entitlement.0,
        removal.grant.map(|id| id.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Keeper {
        grant: GrantId(r.id),
        request: RequestId(r.request_id),
        number: r.number,
        ends_at: r.ends_at.map(|t| t.to_jiff()),
    }))
}

/// Names the grant because of which a removal takes nothing away.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_keeper(conn: &mut PgConnection, removal: ReleaseId, keeper: GrantId) -> Result<(), StoreError> {
    let done = sqlx::query!("update release set kept_by = $2 where id = $1", removal.0, keeper.0).execute(conn).await?;
    one_row("release", &done)
}

/// Removals that nobody has begun and that take nothing away any more, because access of the same kind
/// began since they were planned.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn removals_not_needed(conn: &mut PgConnection, limit: i64) -> Result<Vec<ReleaseId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select l.id from release l
         where l.kind = 'remove' and l.state = 'planned'
           and exists (select from access_grant g
                       where g.identity_id = l.subject_id and g.entitlement_id = l.entitlement_id and g.state = 'active' and g.id <> l.grant_id)
         order by l.not_before, l.id limit $1",
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ReleaseId).collect())
}

/// Whether a machine is at this moment giving what `release` takes, or taking what it gives: the two
/// would undo each other, so the later one waits.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn opposite_under_way(conn: &mut PgConnection, release: &ReleaseRow) -> Result<bool, StoreError> {
    let opposite = match release.kind {
        ReleaseKind::Activate => ReleaseKind::Remove,
        ReleaseKind::Remove => ReleaseKind::Activate,
        ReleaseKind::Extend => return Ok(false),
    };
    Ok(sqlx::query_scalar!(
        r#"select exists (select from release l
                          where l.subject_id = $1 and l.entitlement_id = $2 and l.kind = $3 and l.id <> $4
                            and (l.state in ('gated', 'account_ready', 'undoing') or (l.state = 'activated' and l.executed_by is null))) as "under_way!""#,
        release.subject.0,
        release.entitlement.0,
        opposite.word(),
        release.id.0
    )
    .fetch_one(conn)
    .await?)
}
