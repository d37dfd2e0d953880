//! The catalogue card of one entitlement, as forms and pages show it.

use super::error::StoreError;
use app::record::{EntitlementCard, PersonRef};
use domain::id::{EntitlementId, IdentityId};
use sqlx::PgConnection;

/// The entitlement in its current version.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn card(conn: &mut PgConnection, id: EntitlementId) -> Result<Option<EntitlementCard>, StoreError> {
    let row = sqlx::query!(
        r#"select e.version, e.name, e.description, e.tier, e.longest_days, a.name as application, a.classification, a.logging,
                  o.id as "owner_id?", o.display_name as "owner_name?"
           from entitlement e join application a on a.id = e.application_id left join identity o on o.id = a.owner_id
           where e.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(EntitlementCard {
            id,
            version: r.version,
            name: r.name,
            description: r.description,
            application: r.application,
            tier: r.tier.parse()?,
            classification: r.classification.parse()?,
            logging: r.logging.parse()?,
            owner: r.owner_id.zip(r.owner_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
            longest_days: r.longest_days,
        })
    })
    .transpose()
}
