//! Request templates as people use them. How they are edited is change control's.

use super::error::StoreError;
use domain::id::{EntitlementId, IdentityId, TemplateId};
use domain::request::ReasonCode;
use sqlx::PgConnection;

/// A template that can be used.
#[derive(Clone, Debug)]
pub struct TemplateRow {
    /// Which.
    pub id: TemplateId,
    /// Its version.
    pub version: i32,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Reason it proposes.
    pub reason: Option<ReasonCode>,
    /// Days it proposes.
    pub days: Option<i32>,
    /// What it asks for, in order.
    pub entitlements: Vec<EntitlementId>,
    /// It is meant for the caller, and not only for somebody they answer for.
    pub for_caller: bool,
}

/// Templates in force that are meant for the caller, or for somebody active who reports to them or whom
/// they answer for, by name; with `only` just that one.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn for_caller(conn: &mut PgConnection, caller: IdentityId, only: Option<TemplateId>) -> Result<Vec<TemplateRow>, StoreError> {
    let rows = sqlx::query!(
        r#"with viewer as materialized (
             -- The caller, and those they answer for, each kind of person once.
             select distinct i.id = $1 as self, i.population, i.unit_id from identity i
             where i.id = $1 or (i.state = 'active' and (i.manager_id = $1 or i.owner_id = $1))
           )
           select t.id, t.version, t.name, t.description, t.reason_code, t.days, t.entitlement_ids, bool_or(v.self) as "for_caller!"
           from request_template t join viewer v on in_audience(v.population, v.unit_id, t.audience_populations, t.audience_units)
           where t.state = 'active' and ($2::uuid is null or t.id = $2)
           group by t.id order by t.name, t.id limit 100"#,
        caller.0,
        only.map(|id| id.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(TemplateRow {
                id: TemplateId(r.id),
                version: r.version,
                name: r.name,
                description: r.description,
                reason: r.reason_code.map(|word| word.parse()).transpose()?,
                days: r.days,
                entitlements: r.entitlement_ids.into_iter().map(EntitlementId).collect(),
                for_caller: r.for_caller,
            })
        })
        .collect()
}

/// The name of a template, whoever it is meant for.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn name(conn: &mut PgConnection, id: TemplateId) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!("select name from request_template where id = $1", id.0).fetch_optional(conn).await?)
}
