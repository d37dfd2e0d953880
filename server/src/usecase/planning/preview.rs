//! Who would decide, and why by that plan: before anything is asked for.

use super::super::error::UseCaseError;
use super::super::work::Work;
use super::asking::Facts;
use super::names;
use crate::store;
use crate::store::facts::EntitlementRow;
use app::error::AppError;
use app::requests::port::PlanLine;
use domain::approval::{ApproverSource, Case, PersonId, PlanStage, StageRule, fitting, who_decides};
use domain::id::{IdentityId, RequestId};

/// The plan that would apply.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Its code.
    pub plan_code: String,
    /// Its name.
    pub plan_name: String,
    /// Its version.
    pub plan_version: i32,
    /// Why this plan, one sentence.
    pub why: String,
    /// Who would decide, in order.
    pub stages: Vec<PlanLine>,
}

/// Works out who would decide if `requester` asked for `entitlement` for `subject` now, as the next
/// revision of a request if `revised` names one; nothing when no plan fits, so that it could not be asked
/// for (law 1).
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn preview(
    work: &mut Work<'_>,
    subject: IdentityId,
    requester: IdentityId,
    entitlement: &EntitlementRow,
    revised: Option<RequestId>,
) -> Result<Option<Preview>, UseCaseError> {
    let about = store::nominees::about(work.conn(), subject).await?.ok_or(AppError::NotFound)?;
    let case = Case { tier: entitlement.facts.tier, population: about.population, application: entitlement.application };
    let plans = store::plans::could_fit(work.conn(), case.tier, case.population, case.application).await?;
    let Some(plan) = fitting(&plans, &case) else { return Ok(None) };
    let sources: Vec<&ApproverSource> = plan.stages.iter().flat_map(|s| s.sources.iter().chain(&s.fallback)).collect();
    let mut facts = Facts::of(work, subject, requester, case.tier, case.application, &sources).await?;
    if let Some(request) = revised {
        facts.asked_as_well(work, request).await?;
    }
    let mut decided: Vec<PersonId> = Vec::new();
    let mut stages = Vec::new();
    for stage in &plan.stages {
        let rule = StageRule { sources: &stage.sources, fallback: &stage.fallback, escalate_to: &stage.escalate_to, quorum: stage.quorum };
        let (who, held) = match who_decides(&rule, &facts.stage_facts(&decided, &[], 0, false)) {
            Ok(candidates) => {
                let people: Vec<&_> = candidates.iter().filter(|c| c.stands_in.is_none()).collect();
                // Where all of them are needed it is known who will have decided by the next stage.
                if candidates.len() == people.len() && i32::try_from(people.len()).ok() == Some(stage.quorum) {
                    decided.extend(people.iter().map(|c| c.person));
                }
                (names(&candidates.iter().map(|c| c.name.as_str()).collect::<Vec<_>>()), false)
            }
            Err(reason) => (reason, true),
        };
        stages.push(PlanLine {
            name: stage.name.clone(),
            step: stage.step,
            parallel: parallel(&plan.stages, stage),
            quorum: stage.quorum,
            who,
            held,
        });
    }
    let card = store::cards::card(work.conn(), entitlement.facts.id).await?;
    let application = card.map_or_else(|| entitlement.facts.application.clone(), |card| card.application);
    Ok(Some(Preview {
        plan_code: plan.code.clone(),
        plan_name: plan.name.clone(),
        plan_version: plan.version,
        why: plan.scope.why(&application),
        stages,
    }))
}

fn parallel(all: &[PlanStage], stage: &PlanStage) -> bool {
    all.iter().filter(|other| other.step == stage.step).count() > 1
}
