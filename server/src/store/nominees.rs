//! Who the records name for deciding, at this moment: by source, by delegation, by person.

use super::error::StoreError;
use app::record::PersonRef;
use domain::approval::{ApproverSource, Nominee, Nominees, PersonId, Reassigned, StandIn};
use domain::catalogue::RiskTier;
use domain::id::{ApplicationId, DelegationId, IdentityId, RequestId, StageId, UnitId};
use domain::identity::Population;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// What planning needs to know of a subject.
#[derive(Clone, Debug)]
pub struct About {
    /// Population, which decides the plan.
    pub population: Population,
    /// Unit, whose calendar counts.
    pub unit: Option<UnitId>,
    /// Whoever answers for a subject that is no person, or for a second account.
    pub answers_for: Option<IdentityId>,
}

/// What planning needs to know of a subject.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn about(conn: &mut PgConnection, subject: IdentityId) -> Result<Option<About>, StoreError> {
    let row = sqlx::query!("select population, unit_id, owner_id from identity where id = $1", subject.0).fetch_optional(conn).await?;
    row.map(|r| {
        let population: Population = r.population.parse()?;
        let answered_for = matches!(population, Population::ServiceAccount | Population::PrivilegedAdmin);
        Ok(About { population, unit: r.unit_id.map(UnitId), answers_for: r.owner_id.filter(|_| answered_for).map(IdentityId) })
    })
    .transpose()
}

/// Tier and application of what a revision asks for; the tier that is at stake.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn asked_for(
    conn: &mut PgConnection,
    request: RequestId,
    revision: i32,
) -> Result<Option<(RiskTier, ApplicationId)>, StoreError> {
    let row = sqlx::query!(
        r#"select tier_at_stake(i.entitlement_id, i.entitlement_version) as "tier!", e.application_id
           from request_item i join entitlement e on e.id = i.entitlement_id
           where i.request_id = $1 and i.revision = $2 order by i.position limit 1"#,
        request.0,
        revision
    )
    .fetch_optional(conn)
    .await?;
    row.map(|r| Ok((r.tier.parse()?, ApplicationId(r.application_id)))).transpose()
}

/// Everybody the sources name for a subject and an application; groups by their codes.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn named(
    conn: &mut PgConnection,
    subject: IdentityId,
    application: ApplicationId,
    groups: &[String],
) -> Result<Nominees, StoreError> {
    let rows = sqlx::query!(
        r#"with subject as (
               select coalesce(i.manager_id, case when i.population in ('service_account', 'privileged_admin') then o.manager_id end) as manager_id
               from identity i left join identity o on o.id = i.owner_id where i.id = $1
           ),
           named (source, identity_id, because) as (
               select 'line_manager', s.manager_id, null from subject s
               union all select 'managers_manager', m.manager_id, null from subject s join identity m on m.id = s.manager_id
               union all select 'application_owner', a.owner_id, null from application a where a.id = $2
               union all select 'application_deputy', a.deputy_id, null from application a where a.id = $2
               union all select 'owners_manager', o.manager_id, null from application a join identity o on o.id = a.owner_id where a.id = $2
               union all select 'group:' || g.code, m.identity_id, 'member of ' || g.name
                         from approver_group g join approver_group_member m on m.group_id = g.id where g.code = any ($3)
           )
           select n.source as "source!", n.because, i.id, i.display_name as "name!", i.state = 'active' as "active!", person_of(i.id) as "person!"
           from named n join identity i on i.id = n.identity_id order by n.source, i.display_name, i.id"#,
        subject.0,
        application.0,
        groups
    )
    .fetch_all(conn)
    .await?;
    let named: Result<Vec<(ApproverSource, Nominee)>, StoreError> = rows
        .into_iter()
        .map(|r| {
            let source: ApproverSource = r.source.parse()?;
            let because = r.because.unwrap_or_else(|| source.because());
            let nominee =
                Nominee { identity: IdentityId(r.id), person: PersonId(IdentityId(r.person)), name: r.name, active: r.active, because };
            Ok((source, nominee))
        })
        .collect();
    Ok(Nominees(named?))
}

/// The natural person behind an identity.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn person_of(conn: &mut PgConnection, identity: IdentityId) -> Result<PersonId, StoreError> {
    let id = sqlx::query_scalar!(r#"select person_of($1) as "person""#, identity.0).fetch_one(conn).await?;
    Ok(PersonId(id.map_or(identity, IdentityId)))
}

/// The people a request concerns: nobody of them decides on it, through whatever account.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn people(conn: &mut PgConnection, identities: &[IdentityId]) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<uuid::Uuid> = identities.iter().map(|id| id.0).collect();
    let rows = sqlx::query_scalar!(r#"select distinct person_of(i.id) as "person!" from unnest($1::uuid[]) as i (id)"#, &ids)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|id| PersonId(IdentityId(id))).collect())
}

/// The people who decided on a revision, or in whose name somebody did. A question decides nothing.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn decided(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<PersonId>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"select distinct person_of(i.id) as "person!"
           from decision d, unnest(array_remove(array[d.decided_by, d.delegated_by], null)) as i (id)
           where d.request_id = $1 and d.revision = $2 and d.verdict <> 'return'"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|id| PersonId(IdentityId(id))).collect())
}

/// Delegations in force at `now` for requests of a tier and application. Only those of people who
/// are active: who is suspended decides nothing, and nobody does for them.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn stand_ins(
    conn: &mut PgConnection,
    tier: RiskTier,
    application: ApplicationId,
    from: &[IdentityId],
    now: Timestamp,
) -> Result<Vec<StandIn>, StoreError> {
    let from: Vec<uuid::Uuid> = from.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select d.id, d.from_id, d.to_id, t.display_name as "name!", t.state = 'active' as "active!", person_of(d.to_id) as "person!"
           from delegation d join identity t on t.id = d.to_id join identity f on f.id = d.from_id
           where d.from_id = any ($1) and d.revoked_at is null and d.starts_at <= $4 and d.ends_at > $4 and f.state = 'active'
             and (d.tiers = '{}' or $2 = any (d.tiers)) and (d.application_ids = '{}' or $3 = any (d.application_ids))
           order by d.created_at, d.id"#,
        &from,
        tier.word(),
        application.0,
        now.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| StandIn {
            delegation: DelegationId(r.id),
            from: IdentityId(r.from_id),
            to: Nominee {
                identity: IdentityId(r.to_id),
                person: PersonId(IdentityId(r.person)),
                name: r.name,
                active: r.active,
                because: "delegate".to_owned(),
            },
        })
        .collect())
}

/// A reassignment as recorded.
#[derive(Clone, Debug)]
pub struct ReassignmentRow {
    /// At which stage.
    pub stage: StageId,
    /// Who is no longer asked.
    pub from: Option<PersonRef>,
    /// The natural person behind that account.
    pub from_person: Option<PersonId>,
    /// Who is asked.
    pub to: Nominee,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: PersonRef,
    /// The natural person behind that account.
    pub by_person: PersonId,
    /// When.
    pub at: Timestamp,
}

impl ReassignmentRow {
    /// What planning looks at.
    #[must_use]
    pub fn facts(&self) -> Reassigned {
        Reassigned { from: self.from_person, to: self.to.clone(), by: self.by_person }
    }
}

/// The reassignments of a revision's stages, oldest first.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn reassignments(conn: &mut PgConnection, request: RequestId, revision: i32) -> Result<Vec<ReassignmentRow>, StoreError> {
    let rows = sqlx::query!(
        r#"select a.stage_id, a.from_id, f.display_name as "from_name?", case when a.from_id is not null then person_of(a.from_id) end as from_person, a.to_id, t.display_name as "to_name!", t.state = 'active' as "active!",
                  person_of(a.to_id) as "person!", a.reason, a.reassigned_by, b.display_name as "by_name!",
                  person_of(a.reassigned_by) as "by_person!", a.reassigned_at
           from approval_stage s join stage_reassignment a on a.stage_id = s.id
           left join identity f on f.id = a.from_id join identity t on t.id = a.to_id join identity b on b.id = a.reassigned_by
           where s.request_id = $1 and s.revision = $2 order by a.reassigned_at, a.id"#,
        request.0,
        revision
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ReassignmentRow {
            stage: StageId(r.stage_id),
            from: r.from_id.zip(r.from_name).map(|(id, name)| PersonRef { id: IdentityId(id), name }),
            from_person: r.from_person.map(|id| PersonId(IdentityId(id))),
            to: Nominee {
                identity: IdentityId(r.to_id),
                person: PersonId(IdentityId(r.person)),
                name: r.to_name,
                active: r.active,
                because: "reassigned".to_owned(),
            },
            reason: r.reason,
            by: PersonRef { id: IdentityId(r.reassigned_by), name: r.by_name },
            by_person: PersonId(IdentityId(r.by_person)),
            at: r.reassigned_at.to_jiff(),
        })
        .collect())
}
