//! Lists of requests, newest first, and how many are in each state.

use super::error::StoreError;
use app::record::{PersonRef, RequestLine};
use app::when::{When, span};
use domain::id::{ChangeId, IdentityId, RequestId};
use domain::request::RequestState;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Which requests a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter<'a> {
    /// Only those about or by this person; without it, all.
    pub concerned: Option<IdentityId>,
    /// With those about accounts that this person answers for.
    pub with_accounts: bool,
    /// Of these, only those this person takes part in.
    pub known_to: Option<IdentityId>,
    /// Of all, only open ones that keep the version beside this change.
    pub beside: Option<ChangeId>,
    /// Words of states; empty means any.
    pub states: &'a [String],
    /// Start of the page.
    pub after: Option<(Timestamp, Uuid)>,
    /// Most rows.
    pub limit: i64,
}

/// For whom and when a list is written.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Who reads.
    pub identity: IdentityId,
    /// As of when.
    pub now: Timestamp,
    /// Zone of the texts.
    pub zone: &'a TimeZone,
}

/// Requests as lines, newest first.
///
/// # Errors
/// [`StoreError`] when reading fails or a row cannot be.
pub async fn lines(conn: &mut PgConnection, filter: &Filter<'_>, reader: Reader<'_>) -> Result<Vec<RequestLine>, StoreError> {
    // Each branch has its index, and only one of the four is entered. A page without a start
    // begins after every moment.
    let rows = sqlx::query!(
        r#"with chosen as (
             (select r.id from request r
              where $1::uuid is not null
                and (r.requester_id = $1 or r.subject_id = any (array(
                    select i.id from identity i
                    where i.id = $1 or ($8 and i.owner_id = $1 and i.population in ('service_account', 'privileged_admin')))))
                and (cardinality($3::text[]) = 0 or r.state = any($3))
                and ($2::uuid is null or $2 in (r.subject_id, r.requester_id)
                     or exists (select from approval_stage t join stage_candidate c on c.stage_id = t.id where t.request_id = r.id and t.state <> 'void' and c.identity_id = $2)
                     or exists (select from approval_stage t join stage_reassignment a on a.stage_id = t.id where t.request_id = r.id and $2 in (a.from_id, a.reassigned_by))
                     or exists (select from decision d where d.request_id = r.id and d.decided_by = $2))
                and (r.submitted_at, r.id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
              order by r.submitted_at desc, r.id desc limit $6)
             union all
             (select r.id from request r
              where $1::uuid is null and $7::uuid is null and cardinality($3::text[]) = 0
                and (r.submitted_at, r.id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
              order by r.submitted_at desc, r.id desc limit $6)
             union all
             (select r.id from request r
              where $1::uuid is null and $7::uuid is null and r.state = ($3::text[])[1]
                and (r.submitted_at, r.id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
              order by r.submitted_at desc, r.id desc limit $6)
             union all
             (select r.id from requests_beside_change($7) b join request r on r.id = b.request_id
              where $1::uuid is null and $7::uuid is not null and (cardinality($3::text[]) = 0 or r.state = any($3))
                and (r.submitted_at, r.id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
              order by r.submitted_at desc, r.id desc limit $6)
           )
           select r.id, r.number, r.subject_id, s.display_name as "subject!", r.requester_id, q.display_name as "requester!",
                  w.display_name as "sponsor?", w.id as "sponsor_id?",
                  v.name as entitlement, a.name as application, v.tier, r.kind, r.state, r.state_reason, r.state_since, r.submitted_at, n.ends_on,
                  array(select i.display_name from approval_stage t join stage_candidate c on c.stage_id = t.id join identity i on i.id = c.identity_id
                        where t.request_id = r.id and t.revision = r.revision and t.state = 'open' order by c.because desc, i.display_name) as "asked!"
           from chosen
           join request r on r.id = chosen.id
           join request_revision n on n.request_id = r.id and n.revision = r.revision
           join request_item m on m.request_id = r.id and m.revision = r.revision and m.position = 1
           join entitlement_version v on v.entitlement_id = m.entitlement_id and v.version = m.entitlement_version
           join entitlement e on e.id = m.entitlement_id
           join application a on a.id = e.application_id
           join identity s on s.id = r.subject_id
           join identity q on q.id = r.requester_id
           left join identity w on w.id = s.owner_id and w.id <> q.id and s.population in ('service_account', 'privileged_admin')
           order by r.submitted_at desc, r.id desc"#,
        filter.concerned.map(|id| id.0),
        filter.known_to.map(|id| id.0),
        filter.states,
        filter.after.map(|(at, _)| at.to_sqlx()) as _,
        filter.after.map(|(_, id)| id),
        filter.limit,
        filter.beside.map(|id| id.0),
        filter.with_accounts
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            let state = RequestState::from_stored(&r.state, r.state_reason)
                .ok_or_else(|| StoreError::inconsistent("request", format!("{} is {}", r.number, r.state)))?;
            let sponsor = r.sponsor_id.zip(r.sponsor);
            let sponsor = sponsor.as_ref().map(|(id, name)| (IdentityId(*id), name.as_str()));
            let holder = holder(&state, &r.asked, &who_answers((IdentityId(r.requester_id), &r.requester), sponsor, reader.identity));
            Ok(RequestLine {
                id: RequestId(r.id),
                number: r.number,
                subject: PersonRef { id: IdentityId(r.subject_id), name: r.subject },
                requester: PersonRef { id: IdentityId(r.requester_id), name: r.requester },
                kind: r.kind.parse()?,
                entitlement: r.entitlement,
                application: r.application,
                tier: r.tier.parse()?,
                state,
                holder,
                submitted: When::new(r.submitted_at.to_jiff(), reader.zone),
                age: span(r.state_since.to_jiff(), reader.now),
                ends_on: r.ends_on.map(|d| d.to_jiff()),
            })
        })
        .collect()
}

/// Who answers a question about a request, in words for `reader`: whoever asked for it, or, for an account
/// that is no person, whoever else answers for that.
pub(crate) fn who_answers(requester: (IdentityId, &str), sponsor: Option<(IdentityId, &str)>, reader: IdentityId) -> String {
    let word = |(id, name): (IdentityId, &str)| if id == reader { "you".to_owned() } else { name.to_owned() };
    match sponsor {
        Some(sponsor) => format!("{} or {}", word(requester), word(sponsor)),
        None => word(requester),
    }
}

/// Who has a request now, in words; `answers` is whoever answers a question about it.
pub(crate) fn holder(state: &RequestState, asked: &[String], answers: &str) -> String {
    match state {
        RequestState::InApproval if asked.is_empty() => "held: nobody can decide".to_owned(),
        RequestState::InApproval => asked.join(" or "),
        RequestState::Returned { .. } => answers.to_owned(),
        RequestState::Approved => "operators".to_owned(),
        RequestState::Released
        | RequestState::Closed
        | RequestState::Withdrawn { .. }
        | RequestState::Rejected { .. }
        | RequestState::Lapsed { .. } => String::new(),
    }
}

/// How many requests are in each state, by its word; of one person with the accounts that they answer
/// for, beside a change, or all.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn states(
    conn: &mut PgConnection,
    concerned: Option<IdentityId>,
    beside: Option<ChangeId>,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"select state as "state!", count(*) as "count!" from request where $1::uuid is not null
             and (requester_id = $1 or subject_id = any (array(
                 select i.id from identity i
                 where i.id = $1 or (i.owner_id = $1 and i.population in ('service_account', 'privileged_admin'))))) group by state
           union all
           select r.state, count(*) from requests_beside_change($2) b join request r on r.id = b.request_id where $1::uuid is null and $2::uuid is not null group by r.state
           union all
           select state, count(*) from request where $1::uuid is null and $2::uuid is null group by state"#,
        concerned.map(|id| id.0),
        beside.map(|id| id.0)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| (r.state, r.count)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_has_the_request_now() {
        let two = ["Shahaf Famili".to_owned(), "Leon DasSarma".to_owned()];
        let reason = || "Which team?".to_owned();
        for (state, asked, words) in [
            (RequestState::InApproval, &two[..], "Shahaf Famili or Leon DasSarma"),
            (RequestState::InApproval, &[], "held: nobody can decide"),
            (RequestState::Returned { reason: reason() }, &[], "you"),
            (RequestState::Approved, &[], "operators"),
            (RequestState::Closed, &[], ""),
            (RequestState::Rejected { reason: reason() }, &two, ""),
        ] {
            assert_eq!(holder(&state, asked, "you"), words);
        }
    }
}
