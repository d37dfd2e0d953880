//! Connections to other machines: settings in versions, the sealed secret, and how well each is.

use super::error::{StoreError, one_row};
use domain::id::{ApplicationId, ConnectionId, EntitlementId, IdentityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// A connection as a release uses it.
#[derive(Clone, Debug)]
pub struct ConnectionRow {
    /// Which.
    pub id: ConnectionId,
    /// Version of the settings.
    pub version: i32,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Kind of connector.
    pub connector: String,
    /// What the connector reads.
    pub settings: Value,
    /// The sealed secret of today, with the id of its key.
    pub secret: Option<(String, Vec<u8>)>,
}

/// The connection through which an entitlement is given, in its present version; `None`: by hand.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of_entitlement(conn: &mut PgConnection, entitlement: EntitlementId) -> Result<Option<ConnectionRow>, StoreError> {
    let row = sqlx::query!(
        "select c.id, c.version from entitlement e join application a on a.id = e.application_id join connection c on c.id = a.connection_id where e.id = $1",
        entitlement.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    match row {
        Some(r) => find(conn, ConnectionId(r.id), r.version).await,
        None => Ok(None),
    }
}

/// A connection with the settings of a version. The secret is always the present one.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn find(conn: &mut PgConnection, id: ConnectionId, version: i32) -> Result<Option<ConnectionRow>, StoreError> {
    let row = sqlx::query!(
        "select c.code, c.name, v.connector, v.settings, c.secret_key_id, c.secret_sealed
         from connection c join connection_version v on v.connection_id = c.id and v.version = $2 where c.id = $1",
        id.0,
        version
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| ConnectionRow {
        id,
        version,
        code: r.code,
        name: r.name,
        connector: r.connector,
        settings: r.settings,
        secret: r.secret_key_id.zip(r.secret_sealed),
    }))
}

/// How well a connection is.
#[derive(Clone, Debug)]
pub struct Health {
    /// The breaker as it was written.
    pub breaker: Value,
    /// Until when no call is made.
    pub rests_until: Option<Timestamp>,
}

/// Reads it, with a lock: breakers of several servers are one.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lock_health(conn: &mut PgConnection, id: ConnectionId) -> Result<Option<Health>, StoreError> {
    let row = sqlx::query!("select breaker, rests_until from connection_health where connection_id = $1 for update", id.0)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|r| Health { breaker: r.breaker, rests_until: r.rests_until.map(|t| t.to_jiff()) }))
}

/// Writes it; `failed` is what a fault said, `None` after a call that went well.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_health(
    conn: &mut PgConnection,
    id: ConnectionId,
    health: &Health,
    failed: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into connection_health (connection_id, breaker, rests_until, last_well_at, last_failed_at, last_said, changed_at)
         values ($1, $2, $3, case when $4::text is null then $5::timestamptz end, case when $4::text is not null then $5::timestamptz end, $4, $5)
         on conflict (connection_id) do update set breaker = excluded.breaker, rests_until = excluded.rests_until,
           last_well_at = coalesce(excluded.last_well_at, connection_health.last_well_at),
           last_failed_at = coalesce(excluded.last_failed_at, connection_health.last_failed_at),
           last_said = coalesce(excluded.last_said, connection_health.last_said), changed_at = excluded.changed_at",
        id.0,
        health.breaker,
        health.rests_until.map(ToSqlx::to_sqlx) as _,
        failed,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("connection_health", &done)
}

/// What another machine has to know of a subject and an entitlement.
#[derive(Clone, Debug)]
pub struct OrderFacts {
    /// Attributes of the identity that are known, by our names.
    pub attributes: BTreeMap<String, String>,
    /// Name of the entitlement.
    pub name: String,
    /// What it is called over there.
    pub reference: String,
    /// References of everything else that the subject has in this application and keeps, sorted.
    pub others: Vec<String>,
    /// The application.
    pub application: ApplicationId,
}

/// Reads what an order says.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn order_facts(conn: &mut PgConnection, subject: IdentityId, entitlement: EntitlementId) -> Result<OrderFacts, StoreError> {
    let r = sqlx::query!(
        r#"select i.source_id, i.given_name, i.family_name, i.display_name as "display_name!", i.email, i.title, i.population, u.name as "unit?", a.login as "login?",
                  e.name, coalesce(e.reference, e.name) as "reference!", e.application_id
           from identity i left join unit u on u.id = i.unit_id left join account a on a.identity_id = i.id, entitlement e
           where i.id = $1 and e.id = $2"#,
        subject.0,
        entitlement.0
    )
    .fetch_one(&mut *conn)
    .await?;
    // What is on its way out is not kept; access to the entitlement itself by another request is.
    let others = sqlx::query_scalar!(
        r#"select distinct coalesce(e.reference, e.name) as "reference!" from access_grant g join entitlement e on e.id = g.entitlement_id
           where g.identity_id = $1 and g.state = 'active' and e.application_id = $2 and e.id <> $3 order by 1"#,
        subject.0,
        r.application_id,
        entitlement.0
    )
    .fetch_all(conn)
    .await?;
    let known = [
        ("number", Some(r.source_id)),
        ("given_name", Some(r.given_name)),
        ("family_name", Some(r.family_name)),
        ("display_name", Some(r.display_name)),
        ("mail", r.email),
        ("title", r.title),
        ("population", Some(r.population)),
        ("unit", r.unit),
        ("login", r.login),
    ];
    Ok(OrderFacts {
        attributes: known
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.filter(|value| !value.is_empty())?)))
            .collect(),
        name: r.name,
        reference: r.reference,
        others,
        application: ApplicationId(r.application_id),
    })
}

/// Writes that one call tries a connection that rested.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn mark_trying(conn: &mut PgConnection, id: ConnectionId, breaker: &Value, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update connection_health set breaker = $2, rests_until = null, changed_at = $3 where connection_id = $1",
        id.0,
        breaker,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("connection_health", &done)
}
