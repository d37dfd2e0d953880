//! What people may do about a release that a machine carries out, and why not where they may not.

use super::{ReleaseKind, ReleaseState};
use crate::saga::{self, Next, NextUndo, StepRecord};
use serde::{Deserialize, Serialize};

/// Whether a move is open to somebody who may lend a hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "offer", content = "why", rename_all = "snake_case")]
pub enum Offer {
    /// There is nothing that it could be about.
    Nothing,
    /// It can be done.
    Open,
    /// It cannot, for this reason.
    Not(String),
}

impl Offer {
    fn not(why: &str) -> Self {
        Self::Not(why.to_owned())
    }

    /// Whether it can be done.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

/// What is known besides the state.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// A machine carries it out, or began to.
    pub by_machine: bool,
    /// A worker has it at this moment.
    pub at_work: bool,
    /// The steps of this round.
    pub steps: &'a [StepRecord],
    /// A proposal to take something as done waits for its answer.
    pub proposed: bool,
}

/// The moves, each with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moves {
    /// Try again now: forward, or backward where rolling back got stuck.
    pub retry: Offer,
    /// Undo what was done.
    pub roll_back: Offer,
    /// Take what failed as done.
    pub skip: Offer,
}

/// A step or the proof, as far as a person may take it as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The step at this position.
    Step(usize),
    /// The reading that should have proven it, or that it was undone.
    Proof,
    /// The step at this position, which has to be taken back.
    Undo(usize),
}

/// What failed and may be taken as done, forward or backward; nothing unless something failed, and before
/// anything was planned. A removal may be proven also where nobody can ask the machine what there is: access
/// that has to go does not wait for that.
#[must_use]
pub fn failed_at(kind: ReleaseKind, state: &ReleaseState, steps: &[StepRecord]) -> Option<Failed> {
    let failure = match state {
        ReleaseState::Failed { failure, .. } => failure,
        // What is undone again later may be confirmed meanwhile: not every machine can undo, or be read.
        ReleaseState::Stuck { .. } | ReleaseState::Undoing { next_try: Some(_), .. } => {
            return match saga::next_undo(steps) {
                NextUndo::Undo(position) | NextUndo::ByHand(position) => Some(Failed::Undo(position)),
                NextUndo::ReadBack => Some(Failed::Proof),
                NextUndo::RolledBack => None,
            };
        }
        _ => return None,
    };
    match saga::next(steps) {
        Next::Plan => (kind == ReleaseKind::Remove).then_some(Failed::Proof),
        Next::Apply(position) if failure.step != "read_back" => Some(Failed::Step(position)),
        Next::Apply(_) | Next::Await(_) | Next::ReadBack => Some(Failed::Proof),
    }
}

impl Moves {
    /// What may be done about a release.
    #[must_use]
    pub fn of(kind: ReleaseKind, state: &ReleaseState, about: &Circumstances<'_>) -> Self {
        use ReleaseState as S;
        if !about.by_machine {
            // By hand there is nothing to undo and nothing to skip: it is confirmed anew.
            let retry = if matches!(state, S::Failed { .. } | S::RolledBack { .. }) { Offer::Open } else { Offer::Nothing };
            return Self { retry, roll_back: Offer::Nothing, skip: Offer::Nothing };
        }
        let moves = Self { retry: retry(state, about), roll_back: roll_back(kind, state), skip: skip(kind, state, about) };
        if about.at_work {
            let busy =
                |offer: Offer| if offer.is_open() { Offer::not("A worker has it at this moment. Look again in a minute.") } else { offer };
            return Self { retry: busy(moves.retry), roll_back: busy(moves.roll_back), skip: busy(moves.skip) };
        }
        moves
    }
}

fn retry(state: &ReleaseState, about: &Circumstances<'_>) -> Offer {
    use ReleaseState as S;
    match state {
        S::Stuck { .. } if matches!(saga::next_undo(about.steps), NextUndo::ByHand(_)) => {
            Offer::not("A person did this step by hand, so a person takes it back and says so.")
        }
        S::Held { .. } | S::Failed { .. } | S::RolledBack { .. } | S::Stuck { .. } => Offer::Open,
        S::Gated | S::AccountReady | S::Activated { .. } | S::Undoing { .. } => {
            Offer::not("It is under way: what fails is tried again by itself, and can be tried again by hand then.")
        }
        S::Planned | S::Closed { .. } | S::Cancelled => Offer::Nothing,
    }
}

fn roll_back(kind: ReleaseKind, state: &ReleaseState) -> Offer {
    use ReleaseState as S;
    match (kind, state) {
        (_, S::Planned | S::RolledBack { .. } | S::Closed { .. } | S::Cancelled | S::Activated { by: Some(_), .. }) => Offer::Nothing,
        (ReleaseKind::Remove, _) => Offer::not("A removal is not rolled back: access that is on its way out does not come back."),
        (ReleaseKind::Extend, _) => Offer::not("Nothing was changed over there that could be rolled back."),
        (ReleaseKind::Activate, S::Undoing { .. }) => Offer::not("It is being rolled back already."),
        (ReleaseKind::Activate, S::Stuck { .. }) => {
            Offer::not("Rolling back got stuck. Trying again goes on with it, and so does what is taken back by hand.")
        }
        (ReleaseKind::Activate, S::Held { .. } | S::Gated | S::AccountReady | S::Failed { .. } | S::Activated { by: None, .. }) => {
            Offer::Open
        }
    }
}

fn skip(kind: ReleaseKind, state: &ReleaseState, about: &Circumstances<'_>) -> Offer {
    let failed =
        matches!(state, ReleaseState::Failed { .. } | ReleaseState::Stuck { .. } | ReleaseState::Undoing { next_try: Some(_), .. });
    if !failed {
        return Offer::Nothing;
    }
    match failed_at(kind, state, about.steps) {
        None => Offer::not("Nothing was planned yet over there, so there is no step to take as done."),
        Some(_) if about.proposed => Offer::not("Somebody has proposed it already. A second person answers."),
        Some(Failed::Proof) if kind == ReleaseKind::Extend => {
            Offer::not("Whether access lasts longer is decided here alone, once the access is there.")
        }
        Some(_) => Offer::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdentityId;
    use crate::release::Failure;
    use crate::saga::{StepOperation, StepState};
    use jiff::Timestamp;

    fn failure(step: &str) -> Failure {
        Failure { step: step.into(), fault: "refused".into(), said: "No.".into(), at: Timestamp::UNIX_EPOCH }
    }

    fn every_state() -> Vec<ReleaseState> {
        let at = Timestamp::UNIX_EPOCH;
        let by = Some(IdentityId::new(at, [1; 10]));
        vec![
            ReleaseState::Planned,
            ReleaseState::Held { reasons: vec!["a gate".into()] },
            ReleaseState::Gated,
            ReleaseState::AccountReady,
            ReleaseState::Activated { by: None, at, evidence: None },
            ReleaseState::Activated { by, at, evidence: Some("seen".into()) },
            ReleaseState::Failed { failure: failure("give"), next_try: Some(at) },
            ReleaseState::Failed { failure: failure("give"), next_try: None },
            ReleaseState::Undoing { failure: failure("give"), next_try: None },
            ReleaseState::Undoing { failure: failure("give"), next_try: Some(at) },
            ReleaseState::Stuck { failure: failure("give") },
            ReleaseState::RolledBack { failure: failure("give"), evidence: None },
            ReleaseState::Closed { by, at, evidence: "seen".into() },
            ReleaseState::Cancelled,
        ]
    }

    fn steps(states: &[StepState]) -> Vec<StepRecord> {
        states.iter().map(|state| StepRecord { operation: StepOperation::Give, state: *state, was_there: false }).collect()
    }

    #[test]
    fn what_is_offered_is_what_the_state_allows() {
        let steps = steps(&[StepState::Done, StepState::Failed]);
        for kind in ReleaseKind::ALL {
            for state in every_state() {
                let about = Circumstances { by_machine: true, at_work: false, steps: &steps, proposed: false };
                let moves = Moves::of(*kind, &state, &about);
                let second_look = matches!(state, ReleaseState::Activated { by: Some(_), .. });
                let stuck = matches!(state, ReleaseState::Stuck { .. });
                let retries = (state.clone().retry().is_ok() && !second_look) || stuck;
                assert_eq!(moves.retry.is_open(), retries, "{state:?}");
                let rolls = state.clone().roll_back(*kind, failure("by_hand")).is_ok() && !stuck;
                assert_eq!(moves.roll_back.is_open(), rolls, "{kind:?} {state:?}");
                let undone_later = matches!(state, ReleaseState::Undoing { next_try: Some(_), .. });
                assert_eq!(moves.skip.is_open(), matches!(state, ReleaseState::Failed { .. }) || stuck || undone_later, "{state:?}");
            }
        }
    }

    #[test]
    fn where_a_worker_has_it_nothing_is_open_and_the_sentence_says_so() {
        for state in every_state() {
            let about = Circumstances { by_machine: true, at_work: true, steps: &[], proposed: false };
            let moves = Moves::of(ReleaseKind::Activate, &state, &about);
            assert!(!moves.retry.is_open() && !moves.roll_back.is_open() && !moves.skip.is_open(), "{state:?}");
        }
    }

    #[test]
    fn by_hand_only_what_failed_or_was_rolled_back_goes_back_into_the_queue() {
        for state in every_state() {
            let about = Circumstances { by_machine: false, at_work: false, steps: &[], proposed: false };
            let moves = Moves::of(ReleaseKind::Activate, &state, &about);
            let back = matches!(state, ReleaseState::Failed { .. } | ReleaseState::RolledBack { .. });
            assert_eq!((moves.retry.is_open(), moves.roll_back, moves.skip), (back, Offer::Nothing, Offer::Nothing), "{state:?}");
        }
    }

    #[test]
    fn what_may_be_taken_as_done_is_the_step_that_failed_or_the_proof() {
        use StepState as S;
        let failed = |step: &str| ReleaseState::Failed { failure: failure(step), next_try: None };
        for (state, states, expected) in [
            (failed("plan"), vec![], None),
            (failed("give"), vec![S::Done, S::Failed], Some(Failed::Step(1))),
            (failed("read_back"), vec![S::Failed, S::Failed], Some(Failed::Proof)),
            (failed("read_back"), vec![S::Done, S::Done], Some(Failed::Proof)),
            (failed("gates"), vec![S::Undone], None),
            (ReleaseState::Stuck { failure: failure("give") }, vec![S::Done, S::UndoFailed], Some(Failed::Undo(1))),
            (ReleaseState::Stuck { failure: failure("give") }, vec![S::Done, S::Skipped], Some(Failed::Undo(1))),
            (ReleaseState::Stuck { failure: failure("give") }, vec![S::NotNeeded], None),
            (ReleaseState::Planned, vec![S::Waiting], None),
        ] {
            assert_eq!(failed_at(ReleaseKind::Activate, &state, &steps(&states)), expected, "{state:?}");
        }
        assert_eq!(
            failed_at(ReleaseKind::Remove, &failed("plan"), &[]),
            Some(Failed::Proof),
            "access does not stay because nobody answers"
        );
    }

    #[test]
    fn what_a_person_did_by_hand_is_taken_back_by_hand() {
        let steps = steps(&[StepState::Done, StepState::Skipped]);
        let state = ReleaseState::Stuck { failure: failure("give") };
        let moves =
            Moves::of(ReleaseKind::Activate, &state, &Circumstances { by_machine: true, at_work: false, steps: &steps, proposed: false });
        assert!(matches!(moves.retry, Offer::Not(why) if why.ends_with('.')));
        assert!(moves.skip.is_open());
    }

    #[test]
    fn every_refusal_says_why() {
        let histories = [vec![], steps(&[StepState::Failed]), steps(&[StepState::Done, StepState::Skipped]), steps(&[StepState::Done])];
        let mut whys = std::collections::BTreeSet::new();
        for kind in ReleaseKind::ALL {
            for state in every_state() {
                for steps in &histories {
                    for (at_work, proposed) in [(false, false), (false, true), (true, false)] {
                        let about = Circumstances { by_machine: true, at_work, steps, proposed };
                        let Moves { retry, roll_back, skip } = Moves::of(*kind, &state, &about);
                        for offer in [retry, roll_back, skip] {
                            if let Offer::Not(why) = offer {
                                assert!(why.ends_with('.') && why.starts_with(char::is_uppercase), "{kind:?} {state:?}: {why:?}");
                                whys.insert(why);
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(whys.len(), 10, "each for a reason of its own: {whys:#?}");
    }
}
