//! What has to be known of an entitlement and of its subject while somebody asks.

use super::error::StoreError;
use app::record::PersonRef;
use domain::catalogue::RiskTier;
use domain::id::{ApplicationId, EntitlementId, GrantId, IdentityId, RequestId};
use domain::question::Question;
use domain::request::{RequestKind, RequestState};
use domain::time::Period;
use jiff::Timestamp;
use sqlx::PgConnection;

/// An entitlement as whoever asks for it meets it.
#[derive(Clone, Debug)]
pub struct AskedRow {
    /// Neither it nor its application is retired.
    pub active: bool,
    /// The highest tier of it and of what it includes.
    pub tier: RiskTier,
    /// Owner of its application.
    pub owner: Option<PersonRef>,
    /// Its application.
    pub application: ApplicationId,
    /// What it asks.
    pub questions: Vec<Question>,
}

/// An entitlement as it is now.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn entitlement(conn: &mut PgConnection, id: EntitlementId) -> Result<Option<AskedRow>, StoreError> {
    let row = sqlx::query!(
        r#"select e.state = 'active' and a.state = 'active' as "active!", tier_at_stake(e.id, null) as "tier!", e.application_id, e.questions,
                  o.id as "owner_id?", o.display_name as "owner_name?"
           from entitlement e join application a on a.id = e.application_id left join identity o on o.id = a.owner_id
           where e.id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(AskedRow {
            active: r.active,
            tier: r.tier.parse()?,
            owner: r.owner_id.zip(r.owner_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
            application: ApplicationId(r.application_id),
            questions: serde_json::from_value(r.questions)
                .map_err(|e| StoreError::inconsistent("entitlement", format!("questions of {id}: {e}")))?,
        })
    })
    .transpose()
}

/// Access that the subject has now.
#[derive(Clone, Debug)]
pub struct HeldRow {
    /// The grant.
    pub grant: GrantId,
    /// What.
    pub entitlement: EntitlementId,
    /// Its name.
    pub name: String,
    /// Of which application.
    pub application: ApplicationId,
    /// It is not on its way out.
    pub active: bool,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself.
    pub ends_at: Option<Timestamp>,
}

/// Everything that a subject holds now, by name.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn held(conn: &mut PgConnection, subject: IdentityId) -> Result<Vec<HeldRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select g.id, g.entitlement_id, e.name, e.application_id, g.state = 'active' as "active!", g.active_since, g.ends_at
           from access_grant g join entitlement e on e.id = g.entitlement_id
           where g.identity_id = $1 and g.state in ('active', 'ending') order by e.name, g.id"#,
        subject.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| HeldRow {
            grant: GrantId(r.id),
            entitlement: EntitlementId(r.entitlement_id),
            name: r.name,
            application: ApplicationId(r.application_id),
            active: r.active,
            since: r.active_since.to_jiff(),
            ends_at: r.ends_at.map(|t| t.to_jiff()),
        })
        .collect())
}

/// An open request that asks for the same.
#[derive(Clone, Debug)]
pub struct OpenRow {
    /// Which.
    pub id: RequestId,
    /// Its number.
    pub number: String,
    /// Who asked.
    pub requester: PersonRef,
    /// Who else answers for the subject, where that is an account that is no person.
    pub sponsor: Option<PersonRef>,
    /// When.
    pub submitted_at: Timestamp,
    /// Where it stands.
    pub state: RequestState,
    /// What kind of change it asks for.
    pub kind: RequestKind,
    /// For when, ended no later than each approver allowed.
    pub period: Period,
    /// Names of those who are asked to decide now.
    pub asked: Vec<String>,
}

/// The open requests of a subject for an entitlement, apart from `except`, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn open_requests(
    conn: &mut PgConnection,
    subject: IdentityId,
    entitlement: EntitlementId,
    except: Option<RequestId>,
) -> Result<Vec<OpenRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select r.id, r.number, r.requester_id, q.display_name as "requester!", r.submitted_at, r.state, r.state_reason, r.kind, v.starts_on,
                  least(v.ends_on, (select min(d.ends_on) from decision d
                                    where d.request_id = r.id and d.revision = r.revision and d.verdict = 'approve')) as ends_on,
                  w.id as "sponsor_id?", w.display_name as "sponsor?",
                  array(select i.display_name from approval_stage t join stage_candidate c on c.stage_id = t.id join identity i on i.id = c.identity_id
                        where t.request_id = r.id and t.revision = r.revision and t.state = 'open' order by t.position, i.display_name) as "asked!"
           from request r
           join request_revision v on v.request_id = r.id and v.revision = r.revision
           join request_item i on i.request_id = r.id and i.revision = r.revision
           join identity q on q.id = r.requester_id
           join identity p on p.id = r.subject_id
           left join identity w on w.id = p.owner_id and w.id <> q.id and p.population in ('service_account', 'privileged_admin')
           where r.subject_id = $1 and i.entitlement_id = $2 and r.state in ('in_approval', 'returned', 'approved') and r.id is distinct from $3
           order by r.submitted_at, r.id"#,
        subject.0,
        entitlement.0,
        except.map(|id| id.0)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let state = RequestState::from_stored(&r.state, r.state_reason)
                .ok_or_else(|| StoreError::inconsistent("request", format!("{} is {}", r.number, r.state)))?;
            Ok(OpenRow {
                id: RequestId(r.id),
                number: r.number,
                requester: PersonRef { id: IdentityId(r.requester_id), name: r.requester },
                sponsor: r.sponsor_id.zip(r.sponsor).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
                submitted_at: r.submitted_at.to_jiff(),
                state,
                kind: r.kind.parse()?,
                period: Period::from_stored(r.starts_on.to_jiff(), r.ends_on.map(|d| d.to_jiff())),
                asked: r.asked,
            })
        })
        .collect()
}

/// Number of the open request that extends or replaces a grant already, apart from `except`.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn changing(conn: &mut PgConnection, grant: GrantId, except: Option<RequestId>) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "select number from request where grant_id = $1 and state in ('in_approval', 'returned', 'approved') and id is distinct from $2 limit 1",
        grant.0,
        except.map(|id| id.0)
    )
    .fetch_optional(conn)
    .await?)
}

/// Name of what a grant gives, and when it ends by itself.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn grant(conn: &mut PgConnection, grant: GrantId) -> Result<Option<(String, Option<Timestamp>)>, StoreError> {
    let row =
        sqlx::query!("select e.name, g.ends_at from access_grant g join entitlement e on e.id = g.entitlement_id where g.id = $1", grant.0)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|r| (r.name, r.ends_at.map(|t| t.to_jiff()))))
}

/// Who has a grant.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn holder(conn: &mut PgConnection, grant: GrantId) -> Result<Option<IdentityId>, StoreError> {
    Ok(sqlx::query_scalar!("select identity_id from access_grant where id = $1", grant.0).fetch_optional(conn).await?.map(IdentityId))
}

/// Access that is held by somebody, or by somebody they answer for: code of its application, name of
/// the entitlement, name of the application. `None` for any other.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn replaceable(
    conn: &mut PgConnection,
    grant: GrantId,
    caller: IdentityId,
) -> Result<Option<(String, String, String)>, StoreError> {
    let row = sqlx::query!(
        "select a.code, e.name, a.name as application
         from access_grant g join identity i on i.id = g.identity_id join entitlement e on e.id = g.entitlement_id join application a on a.id = e.application_id
         where g.id = $1 and g.state = 'active' and (i.id = $2 or i.manager_id = $2 or i.owner_id = $2)",
        grant.0,
        caller.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| (r.code, r.name, r.application)))
}

/// Whose decision stands on a revision, or who was asked for one: those who should hear that it no
/// longer counts.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn deciders(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<IdentityId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select c.identity_id as "id!" from approval_stage t join stage_candidate c on c.stage_id = t.id
           where t.request_id = $1 and t.revision = $2 and t.state = 'open'
           union
           select d.decided_by from decision d where d.request_id = $1 and d.revision = $2"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(IdentityId).collect())
}

/// How many decisions stand on a revision.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn decisions(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from decision where request_id = $1 and revision = $2 and verdict <> 'return'"#,
        request.0,
        revision
    )
    .fetch_one(conn)
    .await?)
}
