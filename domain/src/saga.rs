//! Carrying a release out by machine, step by step: what comes next, given what is on record.
//!
//! Every step is written down before it is begun and again when it ended; whoever takes over after a
//! crash reads the same record and comes to the same next move. A step that was begun and never ended
//! is begun again with the same key: connectors read before they write. Steps are undone backwards. A
//! saga in the sense of Garcia-Molina and Salem, "Sagas", SIGMOD 1987: each step with its compensation,
//! and a compensation that fails is a state with a name ([`crate::release::ReleaseState::Stuck`]).
//!
//! Belongs here: the order of moves, waits, and when to give up. Does not belong here: calling anybody.

use crate::release::{ReleaseKind, ReleaseState};
use crate::words::words;
use jiff::{SignedDuration, Timestamp};

words! {
    /// What a step does.
    pub enum StepOperation: "step" {
        /// The account is there and active.
        ReadyAccount = "ready_account", "Make the account ready",
        /// The entitlement is given.
        Give = "give", "Give the entitlement",
        /// The entitlement is taken.
        Take = "take", "Take the entitlement",
        /// The account is closed.
        CloseAccount = "close_account", "Close the account",
    }
}

words! {
    /// Where a step stands.
    pub enum StepState: "step state" {
        /// Not begun.
        Waiting = "waiting", "Waits",
        /// It was there already.
        NotNeeded = "not_needed", "Was there already",
        /// Begun; what came of it is not on record.
        Begun = "begun", "Under way",
        /// The other side said that it will answer later.
        Awaited = "awaited", "The answer is awaited",
        /// It came to nothing.
        Failed = "failed", "Failed",
        /// Done, says the other side.
        Done = "done", "Done",
        /// A person did it, or found it unnecessary; a second one confirmed.
        Skipped = "skipped", "Done by a person",
        /// Not done, or not undone: other access of the person rests on it.
        Kept = "kept", "Kept for other access",
        /// Being undone; what came of it is not on record.
        Undoing = "undoing", "Being undone",
        /// Undone.
        Undone = "undone", "Undone",
        /// Could not be undone.
        UndoFailed = "undo_failed", "Could not be undone",
    }
}

/// A step as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// What it does.
    pub operation: StepOperation,
    /// Where it stands.
    pub state: StepState,
    /// What it wants was there when it was planned. It may be done again, and is never undone.
    pub was_there: bool,
}

/// What comes next on the way forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask what is there, and plan the steps.
    Plan,
    /// Do the step at this position.
    Apply(usize),
    /// Wait for the answer to the step at this position.
    Await(usize),
    /// Everything is done: ask anew what is there.
    ReadBack,
}

/// What comes next on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextUndo {
    /// Undo the step at this position.
    Undo(usize),
    /// A person did the step at this position, so people take it back and say so.
    ByHand(usize),
    /// Nothing is left of what was done.
    RolledBack,
}

/// The next move forward. No steps on record means that nothing was planned yet.
#[must_use]
pub fn next(steps: &[StepRecord]) -> Next {
    if steps.is_empty() || steps.iter().any(|step| matches!(step.state, StepState::Undone)) {
        return Next::Plan;
    }
    for (position, step) in steps.iter().enumerate() {
        match step.state {
            StepState::Waiting | StepState::Begun | StepState::Failed => return Next::Apply(position),
            StepState::Awaited => return Next::Await(position),
            // What could not be undone stands as it was done.
            StepState::Done | StepState::NotNeeded | StepState::Skipped | StepState::Kept | StepState::UndoFailed | StepState::Undoing => {}
            StepState::Undone => return Next::Plan,
        }
    }
    Next::ReadBack
}

/// Whether a call was made for a step, so that something of it may be over there.
fn was_begun(state: StepState) -> bool {
    matches!(
        state,
        StepState::Begun | StepState::Awaited | StepState::Failed | StepState::Done | StepState::Undoing | StepState::UndoFailed
    )
}

/// The next move back: the last step of which something may be there. One that failed or was begun may
/// have had its effect, so it is undone, too; what was there before is never touched.
#[must_use]
pub fn next_undo(steps: &[StepRecord]) -> NextUndo {
    let last = steps.iter().enumerate().rev().filter(|(_, step)| !step.was_there).find_map(|(position, step)| match step.state {
        StepState::Skipped => Some(NextUndo::ByHand(position)),
        state if was_begun(state) => Some(NextUndo::Undo(position)),
        _ => None,
    });
    last.unwrap_or(NextUndo::RolledBack)
}

/// Whether something may be there that the release brought about, or that it began to change.
#[must_use]
pub fn touched(steps: &[StepRecord]) -> bool {
    steps.iter().any(|step| step.state == StepState::Skipped || was_begun(step.state))
}

/// What a worker finds when it looks at a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Nothing for a machine to do: it waits for people, or is over.
    Rests,
    /// Nothing before this moment.
    Waits(Timestamp),
    /// To be begun, or begun again after it failed: its gates come first.
    Begins(Next),
    /// Under way.
    GoesOn(Next),
    /// Being undone.
    Undoes(NextUndo),
}

/// Where a release stands for a worker that looks at it now.
#[must_use]
pub fn stand(kind: ReleaseKind, state: &ReleaseState, steps: &[StepRecord], now: Timestamp) -> Stand {
    // An extension changes nothing over there: it is only asked whether the access is there.
    let forward = || if kind == ReleaseKind::Extend { Next::ReadBack } else { next(steps) };
    match state {
        ReleaseState::Failed { next_try: Some(at), .. } | ReleaseState::Undoing { next_try: Some(at), .. } if *at > now => {
            Stand::Waits(*at)
        }
        ReleaseState::Planned | ReleaseState::Failed { next_try: Some(_), .. } => Stand::Begins(forward()),
        ReleaseState::Gated | ReleaseState::AccountReady | ReleaseState::Activated { by: None, .. } => Stand::GoesOn(forward()),
        ReleaseState::Undoing { .. } => Stand::Undoes(next_undo(steps)),
        ReleaseState::Failed { next_try: None, .. }
        | ReleaseState::Held { .. }
        | ReleaseState::Activated { by: Some(_), .. }
        | ReleaseState::Stuck { .. }
        | ReleaseState::RolledBack { .. }
        | ReleaseState::Closed { .. }
        | ReleaseState::Cancelled => Stand::Rests,
    }
}

/// How often giving is tried by itself before a person has to look.
pub const MOST_TRIES: u32 = 8;

/// When a failed release is tried again by itself; `None`: a person has to look. Giving up is for what
/// gives access. A removal goes on being tried for as long as it takes (law 7): nobody has to notice
/// for access to go.
///
/// `wait` is the back-off with its jitter, `asked` what the other side asked for (`Retry-After`).
#[must_use]
pub fn next_try(
    kind: ReleaseKind,
    tries: u32,
    may_try_again: bool,
    wait: SignedDuration,
    asked: Option<SignedDuration>,
    now: Timestamp,
) -> Option<Timestamp> {
    let goes_on = match kind {
        ReleaseKind::Remove => true,
        ReleaseKind::Activate | ReleaseKind::Extend => may_try_again && tries < MOST_TRIES,
    };
    // What a removal was refused for good is looked at by a person and tried again each hour meanwhile.
    let wait = if may_try_again { wait } else { SignedDuration::from_hours(1) };
    goes_on.then(|| now.saturating_add(asked.map_or(wait, |asked| asked.max(wait))).unwrap_or(now))
}

/// How what is there differs from what was planned, as far as this release goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variance {
    /// Planned and not there.
    pub missing: Vec<String>,
    /// There and not planned.
    pub unexpected: Vec<String>,
}

/// Compares what should be there with what is: references, sorted.
#[must_use]
pub fn variance<'a>(planned: impl IntoIterator<Item = &'a str>, actual: impl IntoIterator<Item = &'a str>) -> Variance {
    let planned: std::collections::BTreeSet<&str> = planned.into_iter().collect();
    let actual: std::collections::BTreeSet<&str> = actual.into_iter().collect();
    let words = |found: Vec<&&str>| found.into_iter().map(|word| (*word).to_owned()).collect();
    Variance { missing: words(planned.difference(&actual).collect()), unexpected: words(actual.difference(&planned).collect()) }
}

/// Whether a reading proves the release: what it gives is there on an active account, what it takes is
/// gone. Other differences are recorded and shown; they are no reason to call this one unproven.
#[must_use]
pub fn proves(kind: ReleaseKind, reference: &str, account_active: bool, actual: &[String]) -> bool {
    let there = actual.iter().any(|found| found == reference);
    match kind {
        ReleaseKind::Activate | ReleaseKind::Extend => there && account_active,
        ReleaseKind::Remove => !there,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Failure;
    use proptest::prelude::*;

    fn step(state: StepState) -> StepRecord {
        StepRecord { operation: StepOperation::Give, state, was_there: state == StepState::NotNeeded }
    }

    #[test]
    fn the_next_move_follows_from_what_is_on_record() {
        use StepState as S;
        for (states, forward, back) in [
            (vec![], Next::Plan, NextUndo::RolledBack),
            (vec![S::Waiting, S::Waiting], Next::Apply(0), NextUndo::RolledBack),
            (vec![S::Begun, S::Waiting], Next::Apply(0), NextUndo::Undo(0)),
            (vec![S::NotNeeded, S::Waiting], Next::Apply(1), NextUndo::RolledBack),
            (vec![S::Done, S::Failed], Next::Apply(1), NextUndo::Undo(1)),
            (vec![S::Done, S::Awaited], Next::Await(1), NextUndo::Undo(1)),
            (vec![S::Done, S::Skipped], Next::ReadBack, NextUndo::ByHand(1)),
            (vec![S::Skipped, S::Done], Next::ReadBack, NextUndo::Undo(1)),
            (vec![S::Done, S::Kept], Next::ReadBack, NextUndo::Undo(0)),
            (vec![S::Kept, S::Undone], Next::Plan, NextUndo::RolledBack),
            (vec![S::Done, S::Done], Next::ReadBack, NextUndo::Undo(1)),
            (vec![S::Done, S::Undone], Next::Plan, NextUndo::Undo(0)),
            (vec![S::Undone, S::Undone], Next::Plan, NextUndo::RolledBack),
            (vec![S::NotNeeded, S::NotNeeded], Next::ReadBack, NextUndo::RolledBack),
            (vec![S::Undoing, S::Undone], Next::Plan, NextUndo::Undo(0)),
            (vec![S::UndoFailed, S::Undone], Next::Plan, NextUndo::Undo(0)),
        ] {
            let steps: Vec<_> = states.iter().copied().map(step).collect();
            assert_eq!((next(&steps), next_undo(&steps)), (forward, back), "{states:?}");
        }
    }

    #[test]
    fn what_was_there_before_may_be_done_again_and_is_never_undone() {
        for state in StepState::ALL {
            let steps = [StepRecord { was_there: true, ..step(*state) }];
            assert_eq!(next_undo(&steps), NextUndo::RolledBack, "{state:?}");
        }
        let again = [StepRecord { was_there: true, ..step(StepState::Waiting) }];
        assert_eq!((next(&again), touched(&again)), (Next::Apply(0), false));
        assert!(touched(&[StepRecord { was_there: true, ..step(StepState::Begun) }]), "a call was made");
    }

    #[test]
    fn a_worker_finds_what_the_state_and_the_steps_say() {
        use StepState as S;
        let now = Timestamp::UNIX_EPOCH;
        let later = now.saturating_add(SignedDuration::from_mins(1)).unwrap_or(now);
        let failure = || Failure { step: "give".into(), fault: "refused".into(), said: "No.".into(), at: now };
        let failed = |next_try| ReleaseState::Failed { failure: failure(), next_try };
        let undoing = |next_try| ReleaseState::Undoing { failure: failure(), next_try };
        let by_hand = Some(crate::id::IdentityId::new(now, [1; 10]));
        let activated = |by| ReleaseState::Activated { by, at: now, evidence: None };
        for (kind, state, states, expected) in [
            (ReleaseKind::Activate, ReleaseState::Planned, vec![], Stand::Begins(Next::Plan)),
            (ReleaseKind::Activate, failed(Some(now)), vec![S::Done, S::Failed], Stand::Begins(Next::Apply(1))),
            (ReleaseKind::Activate, failed(Some(later)), vec![S::Failed], Stand::Waits(later)),
            (ReleaseKind::Activate, failed(None), vec![S::Failed], Stand::Rests),
            (ReleaseKind::Activate, ReleaseState::Gated, vec![S::Awaited], Stand::GoesOn(Next::Await(0))),
            (ReleaseKind::Activate, ReleaseState::AccountReady, vec![S::Done, S::Waiting], Stand::GoesOn(Next::Apply(1))),
            (ReleaseKind::Remove, activated(None), vec![S::Done], Stand::GoesOn(Next::ReadBack)),
            (ReleaseKind::Remove, activated(by_hand), vec![], Stand::Rests),
            (ReleaseKind::Extend, ReleaseState::Planned, vec![], Stand::Begins(Next::ReadBack)),
            (ReleaseKind::Extend, ReleaseState::Gated, vec![], Stand::GoesOn(Next::ReadBack)),
            (ReleaseKind::Activate, undoing(None), vec![S::Awaited], Stand::Undoes(NextUndo::Undo(0))),
            (ReleaseKind::Activate, undoing(Some(later)), vec![S::UndoFailed], Stand::Waits(later)),
            (ReleaseKind::Activate, undoing(Some(now)), vec![S::Undone], Stand::Undoes(NextUndo::RolledBack)),
            (ReleaseKind::Activate, ReleaseState::Held { reasons: vec![] }, vec![], Stand::Rests),
            (ReleaseKind::Activate, ReleaseState::Stuck { failure: failure() }, vec![S::UndoFailed], Stand::Rests),
            (ReleaseKind::Activate, ReleaseState::RolledBack { failure: failure() }, vec![], Stand::Rests),
            (ReleaseKind::Activate, ReleaseState::Closed { by: None, at: now, evidence: "read".into() }, vec![], Stand::Rests),
            (ReleaseKind::Activate, ReleaseState::Cancelled, vec![], Stand::Rests),
        ] {
            let steps: Vec<_> = states.iter().copied().map(step).collect();
            assert_eq!(stand(kind, &state, &steps, now), expected, "{kind:?} {state:?} {states:?}");
        }
    }

    proptest! {
        #[test]
        fn undoing_goes_backwards_ends_and_touches_nothing_that_was_there_before(states in proptest::collection::vec(0usize..StepState::ALL.len(), 0..6)) {
            let mut steps: Vec<_> = states.iter().map(|n| step(StepState::ALL[*n])).collect();
            let before = steps.clone();
            let mut last = steps.len();
            while let NextUndo::Undo(position) | NextUndo::ByHand(position) = next_undo(&steps) {
                prop_assert!(position < last);
                prop_assert!(!matches!(before[position].state, StepState::NotNeeded | StepState::Waiting | StepState::Kept));
                last = position;
                steps[position].state = StepState::Undone;
            }
        }

        #[test]
        fn going_forward_ends_in_a_reading(count in 1usize..6) {
            let mut steps = vec![step(StepState::Waiting); count];
            for expected in 0..count {
                prop_assert_eq!(next(&steps), Next::Apply(expected));
                steps[expected].state = StepState::Done;
            }
            prop_assert_eq!(next(&steps), Next::ReadBack);
        }
    }

    #[test]
    fn giving_gives_up_and_a_removal_never_does() {
        let now = Timestamp::UNIX_EPOCH;
        let minute = SignedDuration::from_mins(1);
        let at = |seconds: i64| Timestamp::from_second(seconds).ok();
        for (kind, tries, may, asked, expected) in [
            (ReleaseKind::Activate, 1, true, None, at(60)),
            (ReleaseKind::Activate, 1, true, Some(SignedDuration::from_secs(90)), at(90)),
            (ReleaseKind::Activate, 1, true, Some(SignedDuration::from_secs(5)), at(60)),
            (ReleaseKind::Activate, MOST_TRIES, true, None, None),
            (ReleaseKind::Activate, 1, false, None, None),
            (ReleaseKind::Extend, 1, false, None, None),
            (ReleaseKind::Remove, 1, true, None, at(60)),
            (ReleaseKind::Remove, 1_000, true, None, at(60)),
            (ReleaseKind::Remove, 1, false, None, at(3_600)),
        ] {
            assert_eq!(next_try(kind, tries, may, minute, asked, now), expected, "{kind:?} {tries} {may} {asked:?}");
        }
    }

    #[test]
    fn a_reading_proves_what_the_release_was_for_and_nothing_else() {
        let there = vec!["a".to_owned(), "b".to_owned()];
        for (kind, reference, active, proven) in [
            (ReleaseKind::Activate, "a", true, true),
            (ReleaseKind::Activate, "a", false, false),
            (ReleaseKind::Activate, "c", true, false),
            (ReleaseKind::Remove, "a", true, false),
            (ReleaseKind::Remove, "a", false, false),
            (ReleaseKind::Remove, "c", true, true),
            (ReleaseKind::Extend, "b", true, true),
        ] {
            assert_eq!(proves(kind, reference, active, &there), proven, "{kind:?} {reference} {active}");
        }
    }

    #[test]
    fn the_variance_names_what_is_missing_and_what_nobody_planned() {
        let found = variance(["a", "b"], ["b", "c"]);
        assert_eq!((found.missing, found.unexpected), (vec!["a".to_owned()], vec!["c".to_owned()]));
    }
}
