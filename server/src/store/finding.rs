//! Finding people, entitlements, requests, releases and changes by a few letters: one statement a
//! kind, each with its index and its limit. Who may see what is given by the use-case.

use super::error::StoreError;
use domain::id::{ChangeId, EntitlementId, IdentityId, ReleaseId, RequestId};
use sqlx::PgConnection;

/// Gets the connection ready for looking by likeness, for the rest of the transaction: one wrong
/// letter in a name of five leaves a third of its trigrams. Without the typed text in sight the
/// planner takes the indexes.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn tolerate_typos(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!(
        "select set_config('pg_trgm.word_similarity_threshold', '0.33', true) as alike, set_config('plan_cache_mode', 'force_generic_plan', true) as plan"
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// Somebody: name, number in the source of truth, unit.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub id: IdentityId,
    /// Name.
    pub name: String,
    /// Number in the source of truth.
    pub source_id: String,
    /// Unit, or empty.
    pub unit: String,
}

/// People by name, exact number or exact mail address. Without `all` only the caller, who reports to
/// them, whom they answer for, and whose open requests they are asked about.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn people(conn: &mut PgConnection, typed: &str, caller: IdentityId, all: bool, limit: i64) -> Result<Vec<Person>, StoreError> {
    // Of the two branches only one is entered: `$3` does not depend on a row.
    let rows = sqlx::query!(
        r#"select i.id, i.display_name as "name!", i.source_id, coalesce(u.name, '') as "unit!"
           from (select id from identity where $3 and position('@' in $1) = 0 and $1::text <% display_name
                 union select id from identity where $3 and source_id = $1
                 union select id from identity where $3 and lower(email) = lower($1)
                 union select near.id from (
                     select $2::uuid as id
                     union select r.id from identity r where r.manager_id = $2
                     union select o.id from identity o where o.owner_id = $2 and o.population in ('service_account', 'privileged_admin')
                     union select q.subject_id from stage_candidate c join approval_stage t on t.id = c.stage_id and t.state = 'open' join request q on q.id = t.request_id
                           where c.identity_id = $2) near
                 join identity n on n.id = near.id
                 where not $3 and ((position('@' in $1) = 0 and $1 <% n.display_name) or n.source_id = $1 or lower(n.email) = lower($1))) hit
           join identity i on i.id = hit.id
           left join unit u on u.id = i.unit_id
           order by (i.source_id = $1 or coalesce(lower(i.email) = lower($1), false)) desc, (i.state = 'active') desc,
                    starts_with(lower(i.display_name), lower($1)) desc, word_similarity($1, i.display_name) desc, i.display_name, i.id
           limit $4"#,
        typed,
        caller.0,
        all,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| Person { id: IdentityId(r.id), name: r.name, source_id: r.source_id, unit: r.unit }).collect())
}

/// Active entitlements of active applications: those with every word first, then those whose names are spelt alike. Name and
/// application. Without `all`, what is meant for others is left out as in the catalogue: neither for
/// the caller, nor for somebody they answer for, nor held by them, nor of an application of theirs.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn entitlements(
    conn: &mut PgConnection,
    words: &str,
    typed: &str,
    caller: IdentityId,
    all: bool,
    limit: i64,
) -> Result<Vec<(EntitlementId, String, String)>, StoreError> {
    let rows = sqlx::query!(
        r#"with viewer as materialized (
             select i.id, i.population, i.unit_id from identity i
             where i.id = $3 or (i.state = 'active' and (i.manager_id = $3 or i.owner_id = $3))
           ), closed as materialized (
             select e.id from entitlement e join application a on a.id = e.application_id
             where a.state <> 'active' or (
               not $4::bool and (e.audience_populations <> '{}' or e.audience_units <> '{}')
               and not exists (select from viewer v where in_audience(v.population, v.unit_id, e.audience_populations, e.audience_units))
               and (a.owner_id = $3 or a.deputy_id = $3) is not true
               and not exists (select from access_grant g where g.identity_id = $3 and g.entitlement_id = e.id and g.state in ('active', 'ending')))
           ), exact as materialized (
             select e.id, e.name, e.application_id,
                    case when lower(e.name) = lower($2) then 3 when starts_with(lower(e.name), lower($2)) then 2 else ts_rank(e.search, $1::text::tsquery) end as score
             from entitlement e
             where $1 <> '' and e.state = 'active' and e.search @@ $1::text::tsquery and e.id not in (select id from closed)
             order by score desc, e.name, e.id limit $5
           ), alike as materialized (
             select e.id, e.name, e.application_id, word_similarity(lower($2), lower(e.name)) - 1 as score
             from entitlement e
             where (select count(*) from exact) < $5 and e.state = 'active' and lower($2::text) <% lower(e.name) 
               and e.id not in (select id from exact union all select id from closed)
             order by score desc, e.name, e.id limit $5
           )
           select h.id as "id!", h.name as "name!", a.name as "application!"
           from (select id, name, application_id, score from exact union all select id, name, application_id, score from alike) h
           join application a on a.id = h.application_id
           order by h.score desc, h.name, h.id limit $5"#,
        words,
        typed,
        caller.0,
        all,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (EntitlementId(r.id), r.name, r.application)).collect())
}

/// A request: number, whose, and for what.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which.
    pub id: RequestId,
    /// Its number.
    pub number: String,
    /// Whose access it is about.
    pub subject: String,
    /// What is asked for.
    pub entitlement: String,
}

/// Requests by their number, by the name of their subject or of what they ask for, newest first.
/// Without `all` only those that the caller takes part in: as subject, requester, watcher, line
/// manager or sponsor of the subject, owner or deputy of the application, or as somebody who was
/// asked or has decided.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn requests(
    conn: &mut PgConnection,
    number: &str,
    typed: &str,
    caller: IdentityId,
    all: bool,
    limit: i64,
) -> Result<Vec<Asked>, StoreError> {
    let rows = sqlx::query!(
        r#"with named as materialized (
             select r.id from request r where r.number = $1
             union
             (select r.id from request r where $4 and r.subject_id in (select id from identity where $2::text <% display_name limit 50)
              order by r.submitted_at desc, r.id desc limit $5)
             union
             (select m.request_id from request_item m where $4 and m.entitlement_id in (select id from entitlement where lower($2::text) <% lower(name) limit 50)
              order by m.request_id desc limit $5)
             union
             (select r.id from (
                  select id from request where subject_id = $3
                  union select id from request where requester_id = $3
                  union select request_id from request_watcher where identity_id = $3
                  union select t.request_id from stage_candidate c join approval_stage t on t.id = c.stage_id where c.identity_id = $3
                  union select t.request_id from stage_reassignment a join approval_stage t on t.id = a.stage_id where $3 in (a.from_id, a.reassigned_by)
                  union select request_id from decision where decided_by = $3
                  union select q.id from identity s join request q on q.subject_id = s.id where s.manager_id = $3
                  union select q.id from identity s join request q on q.subject_id = s.id where s.owner_id = $3 and s.population in ('service_account', 'privileged_admin')
                  union select m.request_id from application a join entitlement e on e.application_id = a.id join request_item m on m.entitlement_id = e.id
                        where $3 in (a.owner_id, a.deputy_id)) mine
              join request r on r.id = mine.id
              join request_item m on m.request_id = r.id and m.revision = r.revision and m.position = 1
              join entitlement e on e.id = m.entitlement_id
              join identity s on s.id = r.subject_id
              where not $4 and ($2 <% s.display_name or lower($2) <% lower(e.name))
              order by r.submitted_at desc, r.id desc limit $5)
           )
           select r.id, r.number, s.display_name as "subject!", v.name as entitlement
           from named
           join request r on r.id = named.id
           join request_item m on m.request_id = r.id and m.revision = r.revision and m.position = 1
           join entitlement_version v on v.entitlement_id = m.entitlement_id and v.version = m.entitlement_version
           join identity s on s.id = r.subject_id
           order by (r.number = $1) desc, r.submitted_at desc, r.id desc limit $5"#,
        number,
        typed,
        caller.0,
        all,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| Asked { id: RequestId(r.id), number: r.number, subject: r.subject, entitlement: r.entitlement }).collect())
}

/// The release with a number: which, and whose access it is about.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn release(conn: &mut PgConnection, number: &str) -> Result<Option<(ReleaseId, String)>, StoreError> {
    let row = sqlx::query!(
        r#"select l.id, s.display_name as "subject!" from release l join identity s on s.id = l.subject_id where l.number = $1"#,
        number
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| (ReleaseId(r.id), r.subject)))
}

/// The change with a number: which, and the record it is about.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn change(conn: &mut PgConnection, number: &str) -> Result<Option<(ChangeId, String)>, StoreError> {
    let row = sqlx::query!("select id, record_name from catalogue_change where number = $1", number).fetch_optional(conn).await?;
    Ok(row.map(|r| (ChangeId(r.id), r.record_name)))
}
