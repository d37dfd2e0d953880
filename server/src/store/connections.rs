//! Connections to other machines: settings in versions, the sealed secret, and how well each is.

use super::error::{StoreError, one_row};
use domain::id::{ConnectionId, EntitlementId, ReleaseId};
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
    /// The settings that the secret was entered with, where that is a later version than this one.
    pub secret_entered_for: Option<Value>,
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

/// The connection that carries a release out, in the version that it was begun with; `None`: by hand.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn of_release(conn: &mut PgConnection, release: ReleaseId) -> Result<Option<ConnectionRow>, StoreError> {
    let row = sqlx::query!(
        r#"select connection_id as "connection!", version as "version!" from release_carrier where release_id = $1"#,
        release.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    match row {
        Some(r) => find(conn, ConnectionId(r.connection), r.version).await,
        None => Ok(None),
    }
}

/// The newest version of the settings of a connection.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn newest_version(conn: &mut PgConnection, id: ConnectionId) -> Result<i32, StoreError> {
    Ok(sqlx::query_scalar!("select version from connection where id = $1", id.0).fetch_one(conn).await?)
}

/// A connection with the settings of a version. The secret is always the present one, and it is said
/// where it was entered for settings after these.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn find(conn: &mut PgConnection, id: ConnectionId, version: i32) -> Result<Option<ConnectionRow>, StoreError> {
    let row = sqlx::query!(
        r#"select c.code, c.name, v.connector, v.settings, c.secret_key_id, c.secret_sealed, e.settings as "entered_for?"
           from connection c join connection_version v on v.connection_id = c.id and v.version = $2
           left join connection_version e on e.connection_id = c.id and e.version = c.secret_version and e.version > v.version
           where c.id = $1"#,
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
        secret_entered_for: r.entered_for,
    }))
}

/// Reads the breaker of a connection as it was written, with a lock: breakers of several servers are one.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn lock_breaker(conn: &mut PgConnection, id: ConnectionId) -> Result<Option<Value>, StoreError> {
    // The connection first, as whoever closes the breaker by hand does; what is written next refers to it.
    sqlx::query!("select id from connection where id = $1 for key share", id.0).fetch_optional(&mut *conn).await?;
    Ok(sqlx::query_scalar!("select breaker from connection_health where connection_id = $1 for update", id.0).fetch_optional(conn).await?)
}

/// Writes how well a connection is after a call; `failed` is what a fault said, `None` after a call that went well.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_health(
    conn: &mut PgConnection,
    id: ConnectionId,
    breaker: &Value,
    failed: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into connection_health (connection_id, breaker, last_well_at, last_failed_at, last_said, changed_at)
         values ($1, $2, case when $3::text is null then $4::timestamptz end, case when $3::text is not null then $4::timestamptz end, $3, $4)
         on conflict (connection_id) do update set breaker = excluded.breaker,
           last_well_at = coalesce(excluded.last_well_at, connection_health.last_well_at),
           last_failed_at = coalesce(excluded.last_failed_at, connection_health.last_failed_at),
           last_said = coalesce(excluded.last_said, connection_health.last_said), changed_at = excluded.changed_at",
        id.0,
        breaker,
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
    /// Name of the entitlement, in the version that was approved.
    pub name: String,
    /// What it is called over there, in that version.
    pub reference: String,
    /// References of everything else that the subject has and keeps on the machine that carries the release
    /// out, whichever applications it serves, or, by hand, in this application; sorted, each in the version in
    /// which it was given.
    pub others: Vec<String>,
    /// Nothing of that is proven: nothing is there, or only what people gave and nobody has looked at yet.
    pub last: bool,
}

/// Reads what the order of a release says. What is given is what its request pinned; what is read,
/// kept or taken is what the grant was given as, whatever the entitlement is called over there by now.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn order_facts(conn: &mut PgConnection, release: ReleaseId) -> Result<OrderFacts, StoreError> {
    let r = sqlx::query!(
        r#"select i.source_id, i.given_name, i.family_name, i.display_name as "display_name!", i.email, i.title, i.population, u.name as "unit?", a.login as "login?",
                  v.name, v.reference, e.application_id, l.subject_id, l.entitlement_id
           from release l
           join request_item t on t.id = l.item_id
           left join access_grant g on g.id = l.grant_id
           join entitlement_version v on v.entitlement_id = l.entitlement_id and v.version = coalesce(g.entitlement_version, t.entitlement_version)
           join entitlement e on e.id = l.entitlement_id
           join identity i on i.id = l.subject_id left join unit u on u.id = i.unit_id left join account a on a.identity_id = i.id
           where l.id = $1"#,
        release.0
    )
    .fetch_one(&mut *conn)
    .await?;
    // What is on its way out is not kept. The same entitlement may have been called otherwise when
    // another request gave it.
    let others = sqlx::query!(
        r#"with mine as (select (select k.connection_id from release_carrier k where k.release_id = $5 and k.by_machine) as place)
         select o.reference as "reference!", bool_or(o.proven) as "proven!" from (
         select v.reference, true as proven from mine m
         join access_grant g on g.identity_id = $1 and g.state = 'active'
         join entitlement e on e.id = g.entitlement_id
         join entitlement_version v on v.entitlement_id = g.entitlement_id and v.version = g.entitlement_version
         where (e.id <> $3 or not same_reference(v.reference, $4, grant_place(g.id), m.place))
           and same_target(e.application_id, grant_place(g.id), $2, m.place)
         union
         -- People gave it, and nobody has looked at it yet.
         select release_reference(l.id), false from mine m cross join release l join entitlement e on e.id = l.entitlement_id
         where l.subject_id = $1 and e.application_id = $2 and l.id <> $5 and l.kind = 'activate' and l.state = 'activated' and l.executed_by is not null
           and not same_reference(release_reference(l.id), $4, null, m.place)) o
         group by o.reference order by o.reference"#,
        r.subject_id,
        r.application_id,
        r.entitlement_id,
        r.reference,
        release.0
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
        last: !others.iter().any(|other| other.proven),
        others: others.into_iter().map(|other| other.reference).collect(),
    })
}

/// What a machine was found to have, as `planned` writes it: what is one thing over there in two spellings is no
/// difference.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn as_planned(
    conn: &mut PgConnection,
    id: ConnectionId,
    planned: &[String],
    found: &[String],
) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select distinct coalesce(p.name, f.name) as "name!" from unnest($3::text[]) f (name)
           left join unnest($2::text[]) p (name) on lower(p.name) = lower(f.name) and same_reference(p.name, f.name, $1, null)"#,
        id.0,
        planned,
        found
    )
    .fetch_all(conn)
    .await?)
}

/// Writes its breaker alone: one call tries a connection that rested, or its rest was ended.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn set_breaker(conn: &mut PgConnection, id: ConnectionId, breaker: &Value, now: Timestamp) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "update connection_health set breaker = $2, changed_at = $3 where connection_id = $1",
        id.0,
        breaker,
        now.to_sqlx() as _
    )
    .execute(conn)
    .await?;
    one_row("connection_health", &done)
}
