//! What a catalogue file would change that a second person has to agree to.

use crate::store::error::StoreError;
use domain::change::Typed;
use domain::feed::wish::{Earlier, Wish};
use domain::id::EntitlementId;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// A known entitlement that the file would have otherwise.
#[derive(Clone, Debug)]
pub struct Wished {
    /// Which.
    pub entitlement: EntitlementId,
    /// How the file would have it.
    pub wish: Wish,
    /// The newest change that an import proposed for it.
    pub earlier: Option<Earlier>,
}

/// Known entitlements whose tier, limits or state the steps would change, in the order of the file.
/// One that an import brought closed, with the wish to open it that came to nothing because the
/// record moved on, is still wished open.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn wished(conn: &mut PgConnection) -> Result<Vec<Wished>, StoreError> {
    let rows = sqlx::query!(
        r#"
        select e.id, w.tier as "tier!", w.tier_reason as "tier_reason!", w.longest_days, w.review_every_days as "review_every_days!",
            w.state = 'active' as "active!", w.requestable as "requestable!",
            l.state as "earlier_state?", l.base_version as "earlier_version?", l.after as "earlier_after?: Json<Typed>"
        from import_role r
        join entitlement e on e.source_id = r.source_id and e.source = 'catalogue'
        left join import_role_step s on s.entitlement_id = e.id and s.action = 'change'
        left join lateral (
            select c.state, c.base_version, c.before, c.after from catalogue_change c
            where c.kind = 'entitlement' and c.record_key = e.id::text and c.proposed_by_command is not null
            order by c.proposed_at desc, c.id desc limit 1
        ) l on true
        cross join lateral (
            select coalesce(s.tier, e.tier) as tier, coalesce(s.tier_reason, e.tier_reason) as tier_reason,
                case when s.action is null then e.longest_days else s.longest_days end as longest_days,
                coalesce(s.review_every_days, e.review_every_days) as review_every_days, coalesce(s.state, e.state) as state,
                e.requestable or coalesce(l.state in ('proposed', 'overtaken') and l.before ->> 'requestable' = 'no' and l.after ->> 'requestable' = 'yes', false) as requestable
        ) w
        where r.usable
          and (w.tier, w.longest_days, w.review_every_days, w.state, w.requestable) is distinct from (e.tier, e.longest_days, e.review_every_days, e.state, e.requestable)
        order by r.entry
        "#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let earlier = match (r.earlier_state, r.earlier_version, r.earlier_after) {
                (Some(state), Some(base_version), Some(after)) => Some(Earlier { state: state.parse()?, base_version, after: after.0 }),
                _ => None,
            };
            Ok(Wished {
                entitlement: EntitlementId(r.id),
                wish: Wish {
                    tier: r.tier.parse()?,
                    tier_reason: r.tier_reason,
                    longest_days: r.longest_days,
                    review_every_days: r.review_every_days,
                    requestable: r.requestable,
                    active: r.active,
                },
                earlier,
            })
        })
        .collect()
}

/// Entitlements that this import added closed, because their application has somebody to answer for
/// it, in the order of the file.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn added_closed(conn: &mut PgConnection) -> Result<Vec<EntitlementId>, StoreError> {
    let ids: Vec<Uuid> = sqlx::query_scalar!(
        "select e.id from import_role_step s join entitlement e on e.id = s.entitlement_id where s.action = 'add' and not e.requestable order by s.entry"
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(EntitlementId).collect())
}

/// Empties the steps, so that they can be written down again.
///
/// # Errors
/// When the database refuses.
pub async fn clear_steps(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("delete from import_role_step").execute(conn).await?;
    Ok(())
}
