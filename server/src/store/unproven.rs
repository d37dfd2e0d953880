//! Access that was given and not proven: releases under which something may be there that has to go.

use super::error::StoreError;
use domain::grant::EndReason;
use domain::id::ReleaseId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Releases that gave something, or may have, that nothing proved and that has to go: the approved
/// period is over, or the subject is no longer active; and extensions that wait for a second look while
/// their access goes. What is in a worker's hands is left to it.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn due(conn: &mut PgConnection, today: Date, now: Timestamp, limit: i64) -> Result<Vec<ReleaseId>, StoreError> {
    Ok(read(conn, None, today, now, limit).await?.into_iter().map(|(id, _)| id).collect())
}

/// Why a release is one of those that [`due`] names; nothing when it is none.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn why(conn: &mut PgConnection, id: ReleaseId, today: Date, now: Timestamp) -> Result<Option<EndReason>, StoreError> {
    Ok(read(conn, Some(id), today, now, 1).await?.pop().map(|(_, reason)| reason))
}

async fn read(
    conn: &mut PgConnection,
    only: Option<ReleaseId>,
    today: Date,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(ReleaseId, EndReason)>, StoreError> {
    // By hand it is there once it was confirmed, and may be there although a rule held that; by machine as soon as a step may have had its effect.
    let rows = sqlx::query!(
        r#"select l.id, i.state in ('suspended', 'retired') as "stopped!"
           from release l join identity i on i.id = l.subject_id
           left join access_grant g on g.id = l.grant_id
           where (l.state in ('held', 'gated', 'account_ready', 'activated', 'failed')
                  or (l.state in ('planned', 'rolled_back') and l.may_be_there_by is not null)
                  -- Rolling back was given up while it could still stay; what only a person can take back is theirs.
                  or (l.state = 'stuck' and l.failure ->> 'fault' <> 'by_hand')) and ($1::uuid is null or l.id = $1)
             and coalesce(l.worked_until, $3) <= $3
             and case l.kind
                 when 'activate' then
                   release_has_to_go(l.subject_id, l.request_id, l.revision, $2)
                   and (l.executed_by is not null or l.may_be_there_by is not null
                        or exists (select from release_step s where s.release_id = l.id and s.round = l.round and s.state not in ('waiting', 'not_needed', 'kept')))
                 when 'extend' then l.executed_by is not null and g.state <> 'active'
                 else false end
           order by l.not_before, l.id limit $4"#,
        only.map(|id| id.0),
        today.to_sqlx() as _,
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (ReleaseId(r.id), if r.stopped { EndReason::IdentityStopped } else { EndReason::Expired })).collect())
}

/// Whether access that a release gives has to be gone by now, proven or not.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn has_to_go(conn: &mut PgConnection, id: ReleaseId, today: Date) -> Result<bool, StoreError> {
    let goes = sqlx::query_scalar!(
        r#"select release_has_to_go(l.subject_id, l.request_id, l.revision, $2) as "goes!" from release l where l.id = $1"#,
        id.0,
        today.to_sqlx() as _
    )
    .fetch_one(conn)
    .await?;
    Ok(goes)
}
