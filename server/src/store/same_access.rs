//! Other access of a person that gives what a grant gives, by the rule that decides whether a removal takes
//! anything away: one reference in one place, as [`kept_access`](super::kept_access) has it.

use super::error::StoreError;
use domain::id::GrantId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// How other access is like a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It is the same entitlement, and one thing over there.
    Same,
    /// It is another entitlement, and one thing over there.
    OtherName,
    /// It includes it, and keeps nothing of it.
    Includes,
}

/// Other access of the same holder that gives the same.
#[derive(Clone, Debug)]
pub struct Alike {
    /// Which.
    pub grant: GrantId,
    /// The request that led to it.
    pub number: String,
    /// Name of its entitlement in the version that was given, with its application where that is another one.
    pub name: String,
    /// How it is like it.
    pub likeness: Likeness,
}

/// What else gave the same at a moment, as far as it was on record by then and was not being removed: grants
/// that keep the access when this one ends, and grants of what includes it, as the catalogue stands today.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn alike(conn: &mut PgConnection, id: GrantId, at: Timestamp) -> Result<Vec<Alike>, StoreError> {
    let rows = sqlx::query!(
        r#"select o.id, r.number, case when e.application_id = f.application_id then v.name else v.name || ' of ' || a.name end as "name!",
                  o.entitlement_id = g.entitlement_id as "same_name!", k.kept as "kept!"
           from access_grant g
           join entitlement f on f.id = g.entitlement_id
           join access_grant o on o.identity_id = g.identity_id and o.id <> g.id and (o.ending_since is null or o.ending_since > $2)
           -- It counts from the moment in which it was given, and was on record only when that was proven.
           join release l on l.id = o.activation_release_id and l.closed_at <= $2
           join entitlement e on e.id = o.entitlement_id
           join entitlement_version v on v.entitlement_id = o.entitlement_id and v.version = o.entitlement_version
           join application a on a.id = e.application_id
           join request r on r.id = o.request_id
           cross join lateral (select same_access(o.id, g.id) as kept) k
           where g.id = $1
             and (k.kept or g.entitlement_id in (select c.entitlement_id from entitlement_contents(array[o.entitlement_id]) c))
           order by k.kept desc, o.entitlement_id <> g.entitlement_id, o.active_since, o.id limit 20"#,
        id.0,
        at.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let likeness = match (r.kept, r.same_name) {
                (false, _) => Likeness::Includes,
                (true, true) => Likeness::Same,
                (true, false) => Likeness::OtherName,
            };
            Alike { grant: GrantId(r.id), number: r.number, name: r.name, likeness }
        })
        .collect())
}

/// The grant that gave the access further after this one had ended and nothing was taken away, and that was
/// not gone by `from`: the one that kept it, or what kept the access when that ended.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn given_further(conn: &mut PgConnection, id: GrantId, from: Timestamp) -> Result<Option<Alike>, StoreError> {
    let row = sqlx::query!(
        r#"with recursive kept as (
             select l.kept_by as id from access_grant g join release l on l.id = g.removal_release_id where g.id = $1 and l.kept_by is not null
             union
             select l.kept_by from kept k join access_grant g on g.id = k.id join release l on l.id = g.removal_release_id where l.kept_by is not null
           )
           select o.id as "id!", r.number as "number!", case when e.application_id = f.application_id then v.name else v.name || ' of ' || a.name end as "name!",
                  o.entitlement_id = g.entitlement_id as "same_name!"
           from access_grant g
           join entitlement f on f.id = g.entitlement_id
           join access_grant o on o.id in (select k.id from kept k) and (o.ended_at is null or o.ended_at > $2)
           join entitlement e on e.id = o.entitlement_id
           join entitlement_version v on v.entitlement_id = o.entitlement_id and v.version = o.entitlement_version
           join application a on a.id = e.application_id
           join request r on r.id = o.request_id
           where g.id = $1
           order by o.ended_at nulls last, o.id limit 1"#,
        id.0,
        from.to_sqlx() as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| {
        let likeness = if r.same_name { Likeness::Same } else { Likeness::OtherName };
        Alike { grant: GrantId(r.id), number: r.number, name: r.name, likeness }
    }))
}
