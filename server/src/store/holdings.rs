//! What an identity holds, as the limits of its specification look at it.

use super::error::StoreError;
use domain::catalogue::{Classification, RiskTier};
use domain::id::{GrantId, IdentityId};
use domain::specification::holding::Holding;
use domain::time::{days_between, last_day};
use domain::words::UnknownWord;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

/// A living grant.
#[derive(Clone, Debug)]
pub struct HoldingRow {
    /// Which.
    pub grant: GrantId,
    /// Name of what is held.
    pub name: String,
    /// It is being removed already.
    pub ending: bool,
    /// What the limits look at.
    pub holding: Holding,
}

/// Everything that an identity has or is about to lose, by name. Tier and classification are today's,
/// of it and of everything that it includes; the days are those of the request that set its end.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn of(conn: &mut PgConnection, identity: IdentityId, zone: &TimeZone) -> Result<Vec<HoldingRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select g.id, g.state, g.ends_at, e.name, a.code, v.starts_on as "starts_on!",
                  array(select t.tier from entitlement t where t.id = any (given.ids)) as "tiers!",
                  array(select b.classification from entitlement t join application b on b.id = t.application_id where t.id = any (given.ids)) as "classifications!"
           from access_grant g
           join entitlement e on e.id = g.entitlement_id
           join application a on a.id = e.application_id
           left join lateral (select x.request_id from grant_extension x where x.grant_id = g.id order by x.extended_at desc, x.request_id desc limit 1) x on true
           join lateral (select v.starts_on from request_revision v where v.request_id = coalesce(x.request_id, g.request_id) order by v.revision desc limit 1) v on true
           cross join lateral (select array(select e.id union select c.entitlement_id from entitlement_contents(array[e.id]) c) as ids) given
           where g.identity_id = $1 and g.state in ('active', 'ending')
           order by e.name, g.id"#,
        identity.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let tiers = r.tiers.iter().map(|word| word.parse::<RiskTier>()).collect::<Result<Vec<_>, UnknownWord>>()?;
            let data = r.classifications.iter().map(|word| word.parse::<Classification>()).collect::<Result<Vec<_>, UnknownWord>>()?;
            let (tier, classification) = tiers
                .into_iter()
                .max()
                .zip(data.into_iter().max())
                .ok_or_else(|| StoreError::inconsistent("entitlement", format!("what {} gives has no tier", r.name)))?;
            let starts_on = r.starts_on.to_jiff();
            Ok(HoldingRow {
                grant: GrantId(r.id),
                name: r.name,
                ending: r.state == "ending",
                holding: Holding {
                    tier,
                    classification,
                    application: r.code,
                    days: r.ends_at.map(|end| days_between(starts_on, last_day(end.to_jiff(), zone))),
                },
            })
        })
        .collect()
}
