//! Whether somebody may decide at a stage, at this very moment.

use super::super::Base;
use super::super::error::UseCaseError;
use super::super::work::Work;
use super::asking::Facts;
use crate::store;
use crate::store::approvals::StageRow;
use crate::store::requests::RequestRow;
use app::error::AppError;
use domain::approval::{Candidate, may_decide};
use domain::id::{DelegationId, IdentityId};

/// As what somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whom they stand in for, and the delegation that says so.
    pub stands_in: Option<(IdentityId, DelegationId)>,
}

/// Whether `person` may decide at an open stage now. Who was asked when the stage opened does not
/// count: managers, owners, members of groups, delegations, escalation and reassignments are read
/// again.
///
/// # Errors
/// [`AppError::SeparationOfDuties`] for those concerned and for people who have decided, through
/// whatever account; [`AppError::Claimed`] while another of the team has it; [`AppError::NotFound`]
/// for everybody else; [`AppError::Changed`] when the stage is not open.
pub async fn standing_of(
    work: &mut Work<'_>,
    _base: &Base,
    row: &RequestRow,
    stage: &StageRow,
    person: IdentityId,
) -> Result<Standing, UseCaseError> {
    Ok(Standing { stands_in: candidate_of(work, row, stage, person).await?.stands_in })
}

/// Whether `person` may decide at an open stage now in a place that is theirs to give away.
///
/// # Errors
/// As [`standing_of`]; [`AppError::StandsIn`] for a delegate.
pub async fn own_place(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow, person: IdentityId) -> Result<(), UseCaseError> {
    Ok(candidate_of(work, row, stage, person).await?.may_give_away()?)
}

/// The candidate that somebody is now.
async fn candidate_of(work: &mut Work<'_>, row: &RequestRow, stage: &StageRow, person: IdentityId) -> Result<Candidate, UseCaseError> {
    if stage.state != "open" {
        return Err(AppError::Changed.into());
    }
    let facts = Facts::gather(work, row, std::slice::from_ref(stage)).await?;
    let who = store::nominees::person_of(work.conn(), person).await?;
    // A stage at which too few may decide now will be held; until then nobody decides there.
    let candidates = facts.candidates(stage).unwrap_or_default();
    let claimed_by = stage.claim.as_ref().filter(|(_, lapses_at)| *lapses_at > work.now()).map(|(claimant, _)| claimant.id);
    Ok(may_decide(person, who, &candidates, &facts.concerned, &facts.decided, claimed_by)?.clone())
}
