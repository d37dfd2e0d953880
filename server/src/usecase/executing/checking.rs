//! What has to hold before access is given or lasts longer: the gates on fresh facts, and a period
//! that has not ended. The end is the earliest of what was asked for and what each approver allowed.

use crate::store;
use crate::store::releases::ReleaseRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::facts::{self, Question, wish_facts};
use crate::usecase::work::Work;
use domain::changed_facts::changed_since_asked;
use domain::decision::effective_end;
use domain::gate::{ApprovalFacts, Evaluation, Phase};
use domain::time::{Period, today};
use jiff::Timestamp;

/// What the check found.
pub struct Checked {
    /// The stored run of the gates.
    pub evaluation: Evaluation,
    /// When the access would end.
    pub ends_at: Option<Timestamp>,
    /// Why it cannot be released now; empty when it can.
    pub obstacles: Vec<String>,
}

/// Runs the gates of a release and stores the run.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn check(work: &mut Work<'_>, base: &Base, release: &ReleaseRow) -> Result<Checked, UseCaseError> {
    let revision = store::revisions::find(work.conn(), release.request, release.revision).await?;
    let period = approved_period(work, release).await?;
    let approval = approval_facts(work, release).await?;
    let (kind, about) = store::plans::kind_of_request(work.conn(), release.request).await?;
    let question = Question {
        subject: release.subject,
        entitlement: release.entitlement,
        together: vec![],
        replaces: about,
        wish: wish_facts(kind, &revision.justification, period, today(work.now(), &base.zone)),
        phase: Phase::Release,
        request: Some(release.request),
        approval,
    };
    let gathered = facts::gather(work, base, question).await?;
    let evaluation = facts::evaluate_and_store(work, base, &gathered.facts, Some((release.request, release.revision))).await?;
    let ends_at = period.ends_at(&base.zone);
    let asked = store::evaluations::facts_at(work.conn(), Phase::Submission, release.request, release.revision).await?;
    let mut obstacles: Vec<String> = evaluation.blockers().map(|gate| format!("{}: {}", gate.title, gate.reason)).collect();
    if evaluation.results.is_empty() {
        obstacles.push("No control could be evaluated.".to_owned());
    }
    if ends_at.is_some_and(|end| end <= work.now()) {
        obstacles.push("The approved period has ended.".to_owned());
    }
    // Laws 1 and 5: who approved saw other facts. Without any on record there is nothing to compare, and
    // nothing is released.
    match asked {
        Some(asked) => obstacles.extend(changed_since_asked(&asked, &gathered.facts)),
        None => obstacles.push("The facts of the submission are not on record.".to_owned()),
    }
    Ok(Checked { evaluation, ends_at, obstacles })
}

/// The period that was approved: what was asked for, ended no later than each approver allowed.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn approved_period(work: &mut Work<'_>, release: &ReleaseRow) -> Result<Period, UseCaseError> {
    let revision = store::revisions::find(work.conn(), release.request, release.revision).await?;
    let allowed = store::decisions::earliest_end(work.conn(), release.request, release.revision).await?;
    Ok(Period::from_stored(revision.starts_on, effective_end(revision.ends_on, allowed)))
}

/// What the authority gate looks at: on today's facts, not on those of the day of the decision, and
/// counting people, not accounts.
async fn approval_facts(work: &mut Work<'_>, release: &ReleaseRow) -> Result<ApprovalFacts, UseCaseError> {
    let (request, revision) = (release.request, release.revision);
    let stages = store::approvals::stages(work.conn(), request, revision).await?;
    let approvals = store::releases::approvals(work.conn(), request, revision).await?;
    let mut people: Vec<_> = approvals.iter().map(|approval| approval.person).collect();
    people.sort_unstable();
    people.dedup();
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    Ok(ApprovalFacts {
        stages: count(stages.len()),
        approved: count(stages.iter().filter(|s| s.state == "approved").count()),
        approvers: count(people.len()),
        unauthorised: approvals.into_iter().filter(|approval| !approval.authorised).map(|approval| approval.name).collect(),
    })
}
