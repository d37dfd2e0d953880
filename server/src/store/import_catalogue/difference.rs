//! The difference between a catalogue file and the catalogue.

use crate::store::import_people::IdSeed;
use sqlx::PgConnection;
use uuid::Uuid;

/// The limits a tier has unless somebody changes them.
#[derive(Clone, Debug)]
pub struct TierLimits {
    /// The tier's word.
    pub tier: &'static str,
    /// Longest period, in days.
    pub longest_days: Option<i32>,
    /// Days between reviews.
    pub review_every_days: i32,
}

/// What the steps leave as it is, because a second person has to agree first.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Entitlements that keep their tier, with its reason and limits.
    pub tiers: Vec<Uuid>,
    /// Entitlements that keep their state.
    pub states: Vec<Uuid>,
}

/// Writes down what is to be done for every usable role that is new or different, except for what is
/// held.
///
/// A tier that somebody edited is kept, with its reason. Limits follow a changed tier only where
/// they still were the old tier's usual ones: anything else was set by hand. The application of a
/// known entitlement is kept. A retired entitlement that is in the file again is active again.
/// What somebody changed under change control stands as they set it, field by field, and what was
/// made there is not the file's at all.
///
/// # Errors
/// When the database refuses.
pub async fn write_steps(conn: &mut PgConnection, ids: &IdSeed, import: Uuid, limits: &[TierLimits], held: &Held) -> sqlx::Result<u64> {
    let tiers: Vec<String> = limits.iter().map(|l| l.tier.to_owned()).collect();
    // `unnest` has no way to take optional numbers from a slice of numbers; zero stands for none.
    let longest: Vec<i32> = limits.iter().map(|l| l.longest_days.unwrap_or(0)).collect();
    let reviews: Vec<i32> = limits.iter().map(|l| l.review_every_days).collect();
    let done = sqlx::query!(
        r#"
        with usual as (
            select tier, nullif(longest, 0) as longest_days, review as review_every_days from unnest($4::text[], $5::int[], $6::int[]) u (tier, longest, review)
        ), wanted as (
            select r.*, e.id as entitlement_id, e.version as old_version, e.state as old_state, e.name as old_name, e.tier as old_tier,
                e.longest_days as old_longest, e.review_every_days as old_review, usual.longest_days as usual_longest, usual.review_every_days as usual_review,
                coalesce(e.application_id, a.id) as application_id,
                case when e.tier_origin = 'edited' or e.id = any ($7) then e.tier else r.tier end as new_tier,
                case when e.tier_origin = 'edited' or e.id = any ($7) then e.tier_reason else r.tier_reason end as new_reason,
                e.tier_reason as old_reason, coalesce(e.source, 'catalogue') as source, coalesce(e.edited, '{}') as edited,
                e.name is distinct from r.name and not 'name' = any (coalesce(e.edited, '{}')) as d_name,
                e.description is distinct from r.description and not 'description' = any (coalesce(e.edited, '{}')) as d_description,
                e.actions is distinct from r.actions as d_actions, e.data_actions is distinct from r.data_actions as d_data
            from import_role r
            left join entitlement e on e.source_id = r.source_id
            left join application a on a.code = r.application_code
            left join usual on usual.tier = e.tier
            where r.usable
        ), compared as (
            select w.*, old_tier is distinct from new_tier as d_tier, old_reason is distinct from new_reason as d_reason, old_state is distinct from 'active' and not 'state' = any (edited) and (entitlement_id = any ($8)) is not true as d_state
            from wanted w
        )
        insert into import_role_step (entry, entitlement_id, event_id, action, application_id, tier, tier_reason, longest_days, review_every_days, state, version, changed, event_kind, body)
        select c.entry, coalesce(c.entitlement_id, import_uuid($1, $2, 'entitlement', c.entry)), import_uuid($1, $2, 'event', c.entry),
            kind.action, c.application_id, c.new_tier, c.new_reason,
            case when c.entitlement_id is null or (d_tier and c.old_longest is not distinct from c.usual_longest and not 'longest_days' = any (c.edited)) then c.longest_days else c.old_longest end,
            case when c.entitlement_id is null or (d_tier and c.old_review = c.usual_review and not 'review_every_days' = any (c.edited)) then c.review_every_days else c.old_review end,
            case when 'state' = any (c.edited) or c.entitlement_id = any ($8) then c.old_state else 'active' end, kind.version,
            case when kind.action = 'add' then '{}' else array_remove(array[
                case when d_name then 'name' end, case when d_description then 'description' end, case when d_actions then 'actions' end,
                case when d_data then 'data actions' end, case when d_tier then 'tier' end, case when d_reason then 'reason of the tier' end,
                case when d_state then 'state' end], null) end,
            case kind.action when 'add' then 'entitlement.added' else 'entitlement.changed' end,
            case when kind.action = 'add'
                then '{"entry":' || c.entry || ',"import":' || json_text($3::uuid::text) || ',"tier":"' || c.new_tier || '"}'
                else '{"changed":{' || concat_ws(',',
                    case when d_actions then '"actions":true' end,
                    case when d_data then '"data_actions":true' end,
                    case when d_description then '"description":true' end,
                    case when d_name then '"name":{"from":' || json_text(c.old_name) || ',"to":' || json_text(c.name) || '}' end,
                    case when d_state then '"state":{"from":"' || c.old_state || '","to":"active"}' end,
                    case when d_tier then '"tier":{"from":"' || c.old_tier || '","to":"' || c.new_tier || '"}' end,
                    case when d_reason then '"tier_reason":true' end)
                || '},"entry":' || c.entry || ',"import":' || json_text($3::uuid::text) || ',"version":' || kind.version || '}'
            end
        from compared c
        cross join lateral (select
            case when c.source = 'local' then null when c.entitlement_id is null then 'add' when d_name or d_description or d_actions or d_data or d_tier or d_reason or d_state then 'change' end as action,
            case when c.entitlement_id is null then 1 when d_name or d_description or d_actions or d_data or d_tier or d_reason or d_state then c.old_version + 1 else c.old_version end as version
        ) kind
        where kind.action is not null
        "#,
        ids.millis,
        ids.seed,
        import,
        &tiers,
        &longest,
        &reviews,
        &held.tiers,
        &held.states,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Writes down the end of every entitlement that is not in the file.
///
/// # Errors
/// When the database refuses.
pub async fn write_missing(conn: &mut PgConnection, ids: &IdSeed, import: Uuid) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into import_role_step (entitlement_id, event_id, action, application_id, tier, tier_reason, longest_days, review_every_days, state, version, changed, event_kind, body)
        select e.id, import_uuid($1, $2, 'missing', row_number() over (order by e.id)), 'retire', e.application_id, e.tier, e.tier_reason, e.longest_days, e.review_every_days,
            'retired', e.version + 1, '{}', 'entitlement.retired',
            '{"import":' || json_text($3::uuid::text) || ',"reason":"Missing from the catalogue file.","version":' || e.version + 1 || '}'
        from entitlement e
        where e.state <> 'retired' and e.source = 'catalogue' and not 'state' = any (e.edited) and not exists (select from import_role r where r.source_id = e.source_id)
        "#,
        ids.millis,
        ids.seed,
        import,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// What the steps come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Usable entries of the file.
    pub usable: i64,
    /// New.
    pub added: i64,
    /// Different.
    pub changed: i64,
    /// Missing.
    pub missing: i64,
    /// Entitlements that were not retired before.
    pub before: i64,
}

/// Counts the steps.
///
/// # Errors
/// When the database cannot be asked.
pub async fn totals(conn: &mut PgConnection) -> sqlx::Result<Totals> {
    sqlx::query_as!(
        Totals,
        r#"
        select
            (select count(*) from import_role where usable) as "usable!",
            count(*) filter (where action = 'add') as "added!",
            count(*) filter (where action = 'change') as "changed!",
            count(*) filter (where action = 'retire') as "missing!",
            (select count(*) from entitlement where state <> 'retired' and source = 'catalogue') as "before!"
        from import_role_step
        "#
    )
    .fetch_one(conn)
    .await
}

/// In how many entitlements each column changes.
///
/// # Errors
/// When the database cannot be asked.
pub async fn changed_columns(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select c as "column!", count(*) as "count!" from import_role_step, unnest(changed) c group by c order by count(*) desc, c"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.column, r.count)).collect())
}

/// How many usable roles of the file have each guessed tier.
///
/// # Errors
/// When the database cannot be asked.
pub async fn guessed_tiers(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, i64)>> {
    let rows =
        sqlx::query!(r#"select tier as "tier!", count(*) as "count!" from import_role where usable group by tier order by count(*) desc"#)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|r| (r.tier, r.count)).collect())
}

/// A tier that somebody set and the file would guess differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTier {
    /// Name of the entitlement.
    pub name: String,
    /// Its tier.
    pub tier: String,
    /// What would be guessed.
    pub guess: String,
    /// Why.
    pub reason: String,
}

/// Every tier that is kept because somebody set it, by name.
///
/// # Errors
/// When the database cannot be asked.
pub async fn kept_tiers(conn: &mut PgConnection) -> sqlx::Result<Vec<KeptTier>> {
    sqlx::query_as!(
        KeptTier,
        r#"
        select e.name, e.tier, r.tier as "guess!", r.tier_reason as "reason!"
        from entitlement e join import_role r on r.source_id = e.source_id and r.usable
        where e.tier_origin = 'edited' and e.tier <> r.tier order by e.name
        "#
    )
    .fetch_all(conn)
    .await
}

/// One step, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// `add`, `change` or `retire`.
    pub action: String,
    /// Name.
    pub name: String,
    /// Tier.
    pub tier: String,
    /// Why it has this tier.
    pub tier_reason: String,
    /// Columns that change.
    pub changed: Vec<String>,
}

/// The first few steps of each kind.
///
/// # Errors
/// When the database cannot be asked.
pub async fn examples(conn: &mut PgConnection, of_each: i64) -> sqlx::Result<Vec<Example>> {
    sqlx::query_as!(
        Example,
        r#"
        with numbered as (select s.*, row_number() over (partition by s.action order by s.entry, s.entitlement_id) as n from import_role_step s)
        select s.action, coalesce(r.name, e.name) as "name!", s.tier, s.tier_reason, s.changed
        from numbered s left join import_role r on r.entry = s.entry and r.usable left join entitlement e on e.id = s.entitlement_id
        where s.n <= $1 order by s.action, s.n
        "#,
        of_each,
    )
    .fetch_all(conn)
    .await
}
