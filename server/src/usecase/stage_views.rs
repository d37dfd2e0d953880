//! The stages of a request as pages show them: who is asked and as what, how far the quorum is, what
//! was moved, claimed, escalated or is waiting for the requester.

use super::Base;
use super::delegations;
use super::error::UseCaseError;
use super::shown;
use super::time_spent::{self, OfStage};
use super::work::Work;
use crate::store;
use crate::store::approvals::StageRow;
use crate::store::approvals::asked::CandidateRow;
use crate::store::decisions::DecisionRow;
use crate::store::nominees::ReassignmentRow;
use app::record::PersonRef;
use app::requests::port::{CandidateView, DecisionView, DelegationNote, ReassignmentView, SignatureView, StageView};
use app::when::{When, span};
use domain::approval::Verdict;
use domain::id::{IdentityId, RequestId, StageId};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// Everything on record about the stages of a revision.
struct Record {
    candidates: Vec<CandidateRow>,
    decisions: Vec<DecisionRow>,
    reassignments: Vec<ReassignmentRow>,
    times: HashMap<StageId, OfStage>,
    now: Timestamp,
    zone: TimeZone,
}

/// The approval plan of a revision as it stands.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn of_revision(work: &mut Work<'_>, base: &Base, id: RequestId, revision: i32) -> Result<Vec<StageView>, UseCaseError> {
    let rows = store::approvals::stages(work.conn(), id, revision).await?;
    let record = Record {
        candidates: store::approvals::asked::candidates(work.conn(), id, revision).await?,
        decisions: store::decisions::of_revision(work.conn(), id, revision).await?,
        reassignments: store::nominees::reassignments(work.conn(), id, revision).await?,
        times: time_spent::of_stages(work, base, &rows).await,
        now: work.now(),
        zone: base.zone.clone(),
    };
    let steps: Vec<i32> = rows.iter().map(|row| row.step).collect();
    Ok(rows.into_iter().map(|row| record.view(row, &steps)).collect())
}

/// The stage at which somebody may decide, as it is on record: the first that is open, asks them and
/// is not claimed by another, or asks them as the next level, which no claim binds. Nobody decides on
/// two stages of a request.
#[must_use]
pub fn waits_for(stages: &[StageView], who: IdentityId) -> Option<&StageView> {
    let decided = stages.iter().flat_map(|s| &s.decisions).any(|d| d.by.id == who && d.verdict != Verdict::Return);
    if decided {
        return None;
    }
    stages.iter().find(|stage| {
        let claimed = stage.claimed.as_ref().is_some_and(|(claimant, _)| claimant.id != who);
        stage.state == "open" && stage.candidates.iter().any(|c| c.person.id == who && (c.next_level || !claimed))
    })
}

impl Record {
    fn view(&self, row: StageRow, steps: &[i32]) -> StageView {
        let when = |at: Timestamp| When::new(at, &self.zone);
        let decisions: Vec<DecisionView> = self.decisions.iter().filter(|d| d.stage == row.id).map(|d| self.decision(d)).collect();
        let decided = |who: IdentityId| decisions.iter().any(|d| d.by.id == who && d.verdict != Verdict::Return);
        let held = row.state == "held";
        let paused = row.paused_at.zip(row.remaining_seconds).map(|(at, left)| (when(at), working(left)));
        StageView {
            id: row.id,
            step: row.step,
            parallel: steps.iter().filter(|step| **step == row.step).count() > 1,
            quorum: row.quorum,
            approvals: i32::try_from(decisions.iter().filter(|d| d.verdict == Verdict::Approve).count()).unwrap_or(i32::MAX),
            // A stage whose clock stands still is not late, unless it was when it stopped.
            late: row.state == "open" && row.due_at.is_some_and(|due| due < row.paused_at.unwrap_or(self.now)),
            candidates: self
                .candidates
                .iter()
                .filter(|c| c.stage == row.id && !decided(c.person.id))
                .map(|c| CandidateView {
                    person: c.person.clone(),
                    because: c.because.clone(),
                    next_level: c.next_level,
                    stands_in_for: c.delegated_by.clone(),
                })
                .collect(),
            paused,
            waited: if row.waited_seconds > 0 { working(row.waited_seconds) } else { String::new() },
            time: self.times.get(&row.id).map(|times| times.spent.clone()),
            reminded: row.reminded_at.map(when),
            escalated: row.escalated_at.map(when),
            next_level_missing: row.next_level_missing,
            // While the requester is asked, no claim lapses.
            claimed: row
                .claim
                .filter(|(_, lapses_at)| *lapses_at > row.paused_at.unwrap_or(self.now))
                .map(|(who, lapses_at)| (who, when(lapses_at))),
            claimed_since: row.claimed_at.map(when),
            held: row.held_at.map(when),
            reassignments: self
                .reassignments
                .iter()
                .filter(|r| r.stage == row.id)
                .map(|r| ReassignmentView {
                    from: r.from.clone(),
                    to: PersonRef { id: r.to.identity, name: r.to.name.clone() },
                    by: r.by.clone(),
                    reason: r.reason.clone(),
                    at: when(r.at),
                })
                .collect(),
            decisions,
            name: row.name,
            state: row.state,
            hold_reason: row.hold_reason,
            opened: row.opened_at.map(when),
            // A stage that is held has no due time until it opens again.
            due: self.times.get(&row.id).map_or_else(|| row.due_at.map(when), |times| times.due.clone()).filter(|_| !held),
        }
    }

    fn decision(&self, row: &DecisionRow) -> DecisionView {
        let when = |at: Timestamp| When::new(at, &self.zone);
        DecisionView {
            by: row.by.clone(),
            stood_in_for: row.delegated_by.clone(),
            delegation: row.delegation.as_ref().map(|delegation| DelegationNote {
                id: delegation.id,
                scope: delegations::scope(&delegation.tiers, &delegation.applications),
                starts: when(delegation.starts_at),
                ends: when(delegation.ends_at),
            }),
            verdict: row.verdict,
            comment: row.comment.clone(),
            ends_on: row.ends_on,
            bulk: row.bulk.then(|| row.seconds_spent.unwrap_or(0)),
            at: when(row.at),
            shown_hash: shown::hex(&row.shown_hash),
            signature: row.signature.as_ref().map(|signature| SignatureView {
                name: signature.printed_name.clone(),
                at: when(signature.at),
                meaning: signature.meaning.clone(),
                hash: shown::hex(&signature.shown_hash),
                method: signature.method,
                overtaken: row.overtaken,
            }),
        }
    }
}

/// Working time in words.
fn working(seconds: i64) -> String {
    let zero = Timestamp::UNIX_EPOCH;
    let end = zero.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(zero);
    // Hours, not days: a day of working time is not a day.
    let hours = seconds / 3_600;
    if hours < 24 { span(zero, end) } else { format!("{hours} h") }
}
