//! What has to hold when a decision is made, and again when it is recorded: it is on what was
//! shown, by somebody who may decide now, with the words and the end that the verdict allows.

use crate::store;
use crate::store::approvals::StageRow;
use crate::store::decisions::AtStake;
use crate::store::requests::RequestRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::planning;
use crate::usecase::shown;
use crate::usecase::work::Work;
use app::error::AppError;
use domain::approval::Verdict;
use domain::decision::{EndRoom, effective_end};
use domain::id::{DelegationId, IdentityId, RequestId, StageId};
use domain::request::RequestState;
use domain::text::Remark;
use domain::time::today;
use jiff::civil::Date;

/// What somebody wants to do, on what they had on the screen.
pub(super) struct Act<'a> {
    pub stage: StageId,
    pub by: IdentityId,
    pub shown_version: i32,
    pub shown_hash: &'a str,
}

/// What was found to hold.
pub(super) struct Standing {
    pub stage: StageRow,
    pub at_stake: AtStake,
    /// Whom they stand in for, and the delegation that says so.
    pub stands_in: Option<(IdentityId, DelegationId)>,
}

/// Checks an act on a request that is locked, by somebody who may decide on it at all. The words that go with it are checked by
/// [`words`] and [`earlier_end`].
///
/// # Errors
/// [`AppError::Changed`] when it is not what was shown; [`AppError::SeparationOfDuties`];
/// [`AppError::NotFound`] for those who are not asked.
pub(super) async fn check(work: &mut Work<'_>, base: &Base, row: &RequestRow, act: &Act<'_>) -> Result<Standing, UseCaseError> {
    let stages = store::approvals::stages(work.conn(), row.id, row.revision).await?;
    // A stage of an earlier revision is not among them.
    let stage = stages.into_iter().find(|stage| stage.id == act.stage && stage.state == "open").ok_or(AppError::Changed)?;
    // Law 5. The version says which state of the record was looked at; what was on the screen is in
    // the hash, which other people's approvals at the same step leave as it is (ADR 0009).
    let as_shown = act.shown_version <= row.version && shown::hex(&row.content_hash) == act.shown_hash;
    if !as_shown || row.state != RequestState::InApproval {
        return Err(AppError::Changed.into());
    }
    let stands_in = planning::standing_of(work, base, row, &stage, act.by).await?.stands_in;
    let at_stake = store::decisions::at_stake(work.conn(), row.id, row.revision).await?;
    Ok(Standing { stage, at_stake, stands_in })
}

/// The words that go with a verdict: needed for a question and a rejection.
///
/// # Errors
/// [`AppError::Invalid`] at `comment`.
pub(super) fn words(verdict: Verdict, typed: &str) -> Result<Option<String>, UseCaseError> {
    let remark = match verdict {
        Verdict::Approve => Remark::parse_optional("comment", typed)?,
        Verdict::Return | Verdict::Reject => {
            Some(Remark::parse("comment", typed, "Say why, so that the requester can do something about it.")?)
        }
    };
    Ok(remark.map(|remark| remark.as_str().to_owned()))
}

/// Between which days an earlier end of a request may lie now.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn end_room(work: &mut Work<'_>, base: &Base, request: RequestId, revision: i32) -> Result<EndRoom, UseCaseError> {
    let asked = store::revisions::find(work.conn(), request, revision).await?;
    let shortened = store::decisions::earliest_end(work.conn(), request, revision).await?;
    let at_stake = store::decisions::at_stake(work.conn(), request, revision).await?;
    // Access ends at the midnight that closes its last day, which is the date of the moment itself;
    // an extension ends later than that.
    let present_end = at_stake.extends_from.map(|end| today(end, &base.zone));
    Ok(EndRoom {
        first: present_end.map_or(asked.starts_on, |end| end.max(asked.starts_on)),
        effective: effective_end(asked.ends_on, shortened),
        today: today(work.now(), &base.zone),
    })
}

/// An earlier end as typed; nothing where none was and none is `wanted`.
///
/// # Errors
/// [`AppError::Invalid`] at `ends_on`.
pub(super) fn earlier_end(verdict: Verdict, wanted: bool, typed: &str, room: &EndRoom) -> Result<Option<Date>, UseCaseError> {
    match verdict {
        Verdict::Approve if wanted || !typed.trim().is_empty() => Ok(Some(room.parse(typed)?)),
        Verdict::Approve | Verdict::Return | Verdict::Reject => Ok(None),
    }
}
