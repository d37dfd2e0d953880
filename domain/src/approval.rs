//! Approval: who has to decide, who may, and what a decision does.
//!
//! The plan: the line manager, then, above the standard tier, the application's owner (or deputy).
//! One person decides at one stage only; nobody decides for themselves; where nobody may decide,
//! the stage is held with a reason, never passed (laws 1 and 4).

use crate::catalogue::RiskTier;
use crate::error::RuleBroken;
use crate::id::IdentityId;
use crate::words::words;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

words! {
    /// By what authority a stage decides.
    pub enum Authority: "authority" {
        /// The subject's line manager.
        LineManager = "line_manager", "Line manager",
        /// The owner of the application, or the deputy.
        ApplicationOwner = "application_owner", "Application owner",
    }
}

words! {
    /// What was decided.
    pub enum Verdict: "verdict" {
        /// Yes.
        Approve = "approve", "Approved",
        /// Not yet: a question.
        Return = "return", "Returned",
        /// No.
        Reject = "reject", "Rejected",
    }
}

/// A person a stage might ask, as the store finds them at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nominee {
    /// Who.
    pub identity: IdentityId,
    /// Name, for the reason of a hold.
    pub name: String,
    /// Whether the identity is active now.
    pub active: bool,
    /// As what: "line manager", "owner", "deputy".
    pub because: String,
}

/// Who could decide on a request, before the rules are applied.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Nominees {
    /// The subject's manager, if recorded.
    pub line_manager: Option<Nominee>,
    /// The application's owner, then deputy, as far as recorded.
    pub application_owners: Vec<Nominee>,
}

/// One planned stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStage {
    /// By what authority it decides.
    pub authority: Authority,
    /// Who may decide, or why nobody may.
    pub candidates: Result<Vec<Nominee>, String>,
}

/// How long a stage may take before it counts as late (elapsed time).
pub const STAGE_DUE_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// When a stage opened at `opened_at` is due.
#[must_use]
pub fn due_at(opened_at: Timestamp) -> Timestamp {
    opened_at.saturating_add(STAGE_DUE_AFTER).unwrap_or(opened_at)
}

/// The stages a tier needs, in order.
#[must_use]
pub fn stages_for(tier: RiskTier) -> &'static [Authority] {
    match tier {
        RiskTier::Standard => &[Authority::LineManager],
        RiskTier::Elevated | RiskTier::Privileged => &[Authority::LineManager, Authority::ApplicationOwner],
    }
}

/// Plans one stage: of all nominees, those who are active, are not concerned (subject, requester)
/// and have not decided at an earlier stage.
#[must_use]
pub fn plan_stage(authority: Authority, nominees: &Nominees, concerned: &[IdentityId], decided: &[IdentityId]) -> PlannedStage {
    let all: &[Nominee] = match authority {
        Authority::LineManager => nominees.line_manager.as_slice(),
        Authority::ApplicationOwner => &nominees.application_owners,
    };
    let mut refusals = Vec::new();
    let mut candidates: Vec<Nominee> = Vec::new();
    for nominee in all {
        let refusal = if concerned.contains(&nominee.identity) {
            Some("cannot decide on their own request")
        } else if !nominee.active {
            Some("is not active")
        } else if decided.contains(&nominee.identity) {
            Some("has already decided at an earlier stage")
        } else {
            None
        };
        match refusal {
            Some(why) => refusals.push(format!("{} ({}) {why}", nominee.name, nominee.because)),
            None if candidates.iter().any(|c| c.identity == nominee.identity) => {}
            None => candidates.push(nominee.clone()),
        }
    }
    let candidates = if candidates.is_empty() {
        Err(match (refusals.is_empty(), authority) {
            (false, _) => format!("Nobody can decide: {}.", refusals.join("; ")),
            (true, Authority::LineManager) => "Nobody can decide: no line manager is recorded.".to_owned(),
            (true, Authority::ApplicationOwner) => "Nobody can decide: the application has neither owner nor deputy.".to_owned(),
        })
    } else {
        Ok(candidates)
    };
    PlannedStage { authority, candidates }
}

/// Checks that `by` may decide at an open stage.
///
/// # Errors
/// The rule that stands against it: [`RuleBroken::SelfApproval`] before
/// [`RuleBroken::AlreadyDecided`] before [`RuleBroken::NotACandidate`].
pub fn may_decide(by: IdentityId, candidates: &[IdentityId], concerned: &[IdentityId], decided: &[IdentityId]) -> Result<(), RuleBroken> {
    if concerned.contains(&by) {
        Err(RuleBroken::SelfApproval)
    } else if decided.contains(&by) {
        Err(RuleBroken::AlreadyDecided)
    } else if candidates.contains(&by) {
        Ok(())
    } else {
        Err(RuleBroken::NotACandidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(n: u8) -> IdentityId {
        IdentityId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn nominee(n: u8, active: bool) -> Nominee {
        Nominee { identity: person(n), name: format!("Person {n}"), active, because: "owner".into() }
    }

    #[test]
    fn above_the_standard_tier_the_application_owner_decides_after_the_line_manager() {
        assert_eq!(stages_for(RiskTier::Standard), [Authority::LineManager]);
        assert_eq!(stages_for(RiskTier::Elevated), [Authority::LineManager, Authority::ApplicationOwner]);
        assert_eq!(stages_for(RiskTier::Privileged), [Authority::LineManager, Authority::ApplicationOwner]);
    }

    #[test]
    fn the_deputy_steps_in_for_an_owner_who_asks_is_away_or_has_decided_before() {
        for (owner, concerned, decided) in [
            (nominee(1, true), vec![person(1)], vec![]),
            (nominee(1, false), vec![person(9)], vec![]),
            (nominee(1, true), vec![person(9)], vec![person(1)]),
        ] {
            let nominees = Nominees { line_manager: None, application_owners: vec![owner, nominee(2, true)] };
            let stage = plan_stage(Authority::ApplicationOwner, &nominees, &concerned, &decided);
            assert_eq!(stage.candidates, Ok(vec![nominee(2, true)]));
        }
    }

    #[test]
    fn without_anyone_who_may_decide_the_stage_is_held_and_says_why() {
        let stage = plan_stage(Authority::LineManager, &Nominees::default(), &[person(9)], &[]);
        assert_eq!(stage.candidates, Err("Nobody can decide: no line manager is recorded.".into()));
        let nominees = Nominees { line_manager: None, application_owners: vec![nominee(1, false)] };
        let stage = plan_stage(Authority::ApplicationOwner, &nominees, &[person(9)], &[]);
        assert_eq!(stage.candidates, Err("Nobody can decide: Person 1 (owner) is not active.".into()));
    }

    proptest! {
        #[test]
        fn no_plan_ever_lets_those_concerned_or_an_earlier_approver_decide(
            manager in proptest::option::of((0u8..6, any::<bool>())),
            owners in proptest::collection::vec((0u8..6, any::<bool>()), 0..4),
            concerned in proptest::collection::vec(0u8..6, 1..3),
            decided in proptest::collection::vec(0u8..6, 0..3),
            by in 0u8..6,
        ) {
            let nominees = Nominees {
                line_manager: manager.map(|(n, active)| nominee(n, active)),
                application_owners: owners.into_iter().map(|(n, active)| nominee(n, active)).collect(),
            };
            let concerned: Vec<_> = concerned.into_iter().map(person).collect();
            let decided: Vec<_> = decided.into_iter().map(person).collect();
            for authority in [Authority::LineManager, Authority::ApplicationOwner] {
                match plan_stage(authority, &nominees, &concerned, &decided).candidates {
                    Ok(candidates) => {
                        prop_assert!(!candidates.is_empty());
                        for c in &candidates {
                            prop_assert!(c.active && !concerned.contains(&c.identity) && !decided.contains(&c.identity));
                        }
                        let ids: Vec<_> = candidates.iter().map(|c| c.identity).collect();
                        let answer = may_decide(person(by), &ids, &concerned, &decided);
                        prop_assert_eq!(answer.is_ok(), ids.contains(&person(by)));
                    }
                    Err(reason) => prop_assert!(reason.starts_with("Nobody can decide: ")),
                }
            }
        }
    }
}
