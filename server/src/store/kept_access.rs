//! Access that several grants give one person: what a removal would take away although another grant
//! still gives it.

use super::error::{StoreError, one_row};
use super::releases::ReleaseRow;
use domain::id::{GrantId, ReleaseId};
use domain::release::ReleaseKind;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// The active grant that gives what a removal would take.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// Which.
    pub grant: GrantId,
    /// Number of the request that led to it.
    pub number: String,
}

/// The grant that keeps the access which a removal would take: of several the one that lasts longest.
/// What was given under another name over there, or by another machine, keeps nothing: the two are two. One
/// machine that serves several applications has it once.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn by(conn: &mut PgConnection, removal: &ReleaseRow) -> Result<Option<Keeper>, StoreError> {
    if removal.kind != ReleaseKind::Remove {
        return Ok(None);
    }
    let row = sqlx::query!(
        "select g.id, r.number from access_grant g join request r on r.id = g.request_id
         where g.identity_id = $1 and g.state = 'active' and g.id <> $2 and same_access(g.id, $2)
         order by g.ends_at desc nulls first, g.id limit 1",
        removal.subject.0,
        removal.grant.map(|id| id.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Keeper { grant: GrantId(r.id), number: r.number }))
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
pub async fn removals_not_needed(conn: &mut PgConnection, now: Timestamp, limit: i64) -> Result<Vec<ReleaseId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select l.id from release l
         where l.kind = 'remove' and l.state = 'planned'
           -- Whoever has it in hand may have taken it away already.
           and not (l.claimed_by is not null and l.claim_lapses_at > $2)
           -- The reference first: `same_access` is asked of few.
           and exists (select from access_grant h join entitlement_version t on t.entitlement_id = h.entitlement_id and t.version = h.entitlement_version
                       join access_grant g on g.identity_id = l.subject_id and g.state = 'active' and g.id <> h.id
                       join entitlement_version v on v.entitlement_id = g.entitlement_id and v.version = g.entitlement_version and lower(v.reference) = lower(t.reference)
                       where h.id = l.grant_id and same_access(g.id, h.id))
         order by l.not_before, l.id limit $1",
        limit,
        now.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ReleaseId).collect())
}

/// What a step would take away, as far as other access may rest on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// The account, on which any access on the machine rests.
    Account,
    /// The entitlement itself.
    Entitlement,
}

/// Access that rests on what a step would take away.
#[derive(Clone, Debug)]
pub struct Rests {
    /// Number of its request, or of the release that gives it.
    pub number: String,
    /// How far it is.
    pub given: Given,
}

/// How far access is on which something rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Proven.
    Proven,
    /// A machine is giving it, for this release.
    UnderWay(ReleaseId),
    /// People gave it, and nobody has looked at it yet.
    Unseen,
}

/// The number of the request or release of other access that rests on what a step of `release` would
/// take away from the machine that carries it out: a grant that is active, or an activation that is under
/// way or has begun. What another machine gives rests on nothing here.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn rests_on(conn: &mut PgConnection, release: ReleaseId, support: Support) -> Result<Option<Rests>, StoreError> {
    let row = sqlx::query!(
        r#"with mine as (
             select l.subject_id, l.connection_id, e.application_id, v.reference from release l
             join request_item t on t.id = l.item_id
             join entitlement e on e.id = l.entitlement_id
             join entitlement_version v on v.entitlement_id = e.id and v.version = t.entitlement_version
             where l.id = $1
           )
           (select r.number as "number!", null::uuid as "release?", false as "unseen!" from mine m
            join access_grant g on g.identity_id = m.subject_id and g.state = 'active'
            join entitlement e on e.id = g.entitlement_id
            join entitlement_version v on v.entitlement_id = g.entitlement_id and v.version = g.entitlement_version and ($2 or lower(v.reference) = lower(m.reference))
            join request r on r.id = g.request_id
            where same_target(e.application_id, grant_place(g.id), m.application_id, m.connection_id)
              and ($2 or same_reference(v.reference, m.reference, grant_place(g.id), m.connection_id))
            order by g.ends_at desc nulls first, g.id limit 1)
           union all
           -- What waits for a person, or failed before it changed anything, is done anew when it goes on; before
           -- its first step nothing rests on anything; and who was stopped is given nothing.
           (select l.number, l.id, l.executed_by is not null from mine m
            join identity i on i.id = m.subject_id and i.state not in ('suspended', 'retired')
            join release l on l.subject_id = m.subject_id and l.kind = 'activate' and l.id <> $1
            join request_item t on t.id = l.item_id
            join entitlement e on e.id = l.entitlement_id
            join entitlement_version v on v.entitlement_id = e.id and v.version = t.entitlement_version and ($2 or same_reference(v.reference, m.reference, l.connection_id, m.connection_id))
            -- What people did and nobody looked at yet may be anywhere.
            where (l.state = 'activated' and l.executed_by is not null and e.application_id = m.application_id)
               or ((l.state in ('gated', 'account_ready', 'activated') or (l.state = 'failed' and l.next_try_at is not null))
                   and l.connection_id is not null and same_place(l.connection_id, m.connection_id)
                   and exists (select from release_step s where s.release_id = l.id and s.round = l.round))
            order by l.planned_at, l.id limit 1)
           limit 1"#,
        release.0,
        support == Support::Account
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| {
        let given = match r.release {
            None => Given::Proven,
            Some(_) if r.unseen => Given::Unseen,
            Some(id) => Given::UnderWay(ReleaseId(id)),
        };
        Rests { number: r.number, given }
    }))
}

/// Whether a machine is at this moment giving what `release` takes, or people gave it and nobody has looked
/// at it yet; or a machine or a person is taking what it gives, or a machine what that rests on. The two would
/// undo each other, so the later one waits: the number of the other one.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn opposite_under_way(conn: &mut PgConnection, release: &ReleaseRow, now: Timestamp) -> Result<Option<String>, StoreError> {
    let opposite = match release.kind {
        ReleaseKind::Activate => ReleaseKind::Remove,
        ReleaseKind::Remove => ReleaseKind::Activate,
        ReleaseKind::Extend => return Ok(None),
    };
    Ok(sqlx::query_scalar!(
        r#"with mine as (
             select o.application_id, release_reference(m.id) as reference,
                    coalesce((select k.connection_id from release_carrier k where k.release_id = m.id and k.by_machine), grant_place(m.grant_id)) as place
             from release m join entitlement o on o.id = m.entitlement_id where m.id = $3
           )
           select l.number from mine m
           join release l on l.subject_id = $1 and l.id <> $3 join entitlement e on e.id = l.entitlement_id join identity i on i.id = l.subject_id
           where
             l.state not in ('closed', 'cancelled')
             and (
             -- What people do is where it was given, or anywhere, and what they have in hand may be done; who was stopped
             -- keeps nothing.
             (l.kind = $2
              and ((l.state = 'activated' and l.executed_by is not null and ($4 or i.state not in ('suspended', 'retired')))
                   or ($4 and l.state in ('planned', 'held') and l.claimed_by is not null and l.claim_lapses_at > $5))
              and same_reference(release_reference(l.id), m.reference, grant_place(l.grant_id), m.place)
              and same_target(e.application_id, grant_place(l.grant_id), m.application_id, m.place))
             or (l.connection_id is not null and same_target(e.application_id, l.connection_id, m.application_id, m.place)
                 and (-- Two entitlements may be one thing over there. What is undone goes anyway, and no removal waits for that.
                      (same_reference(release_reference(l.id), m.reference, l.connection_id, m.place)
                       and ((l.kind = $2 and (l.state in ('gated', 'account_ready') or (l.state = 'activated' and l.executed_by is null)))
                            or ($4 and l.state = 'undoing')
                            -- It was asked for, and nobody knows what came of that: it may be done late.
                            or ($4 and l.kind = $2 and l.state = 'failed' and exists (
                                  select from release_step s where s.release_id = l.id and s.round = l.round and s.operation = 'take'
                                    and s.state in ('begun', 'awaited', 'failed') and s.asked_as is not null))))
                      -- Its account may be closed late, because nobody knows what came of asking for that.
                      or ($4 and l.state = 'failed' and l.failure ->> 'fault' in ('unclear', 'broken', 'garbled')
                          and exists (select from release_step s where s.release_id = l.id and s.round = l.round and s.operation = 'close_account'
                                        and s.state in ('begun', 'awaited', 'failed')))
                      -- Its account is about to be closed, or to be brought back to what it was before and read.
                      or ($4 and (l.state in ('gated', 'account_ready', 'undoing') or (l.state = 'activated' and l.executed_by is null))
                          and exists (
                            select from release_step s
                            where s.release_id = l.id and s.round = l.round
                              and ((s.operation = 'close_account' and s.state in ('waiting', 'begun', 'awaited', 'failed'))
                                   or (l.state = 'undoing' and s.operation = 'ready_account' and not s.was_there
                                       and s.state in ('begun', 'awaited', 'failed', 'done', 'undoing', 'undo_failed', 'undone', 'taken_back'))))))))
           order by l.planned_at, l.id limit 1"#,
        release.subject.0,
        opposite.word(),
        release.id.0,
        release.kind == ReleaseKind::Activate,
        now.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?)
}
