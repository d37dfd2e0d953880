//! The order of moves, what proves a release, and when giving up, as tables.

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
        (vec![S::Kept, S::Undone], Next::Plan, NextUndo::ReadBack),
        (vec![S::Undone, S::TakenBack], Next::Plan, NextUndo::ReadBack),
        (vec![S::Done, S::TakenBack], Next::Plan, NextUndo::Undo(0)),
        (vec![S::NotNeeded, S::Kept], Next::ReadBack, NextUndo::RolledBack),
        (vec![S::Done, S::Done], Next::ReadBack, NextUndo::Undo(1)),
        (vec![S::Done, S::Undone], Next::Plan, NextUndo::Undo(0)),
        (vec![S::Undone, S::Undone], Next::Plan, NextUndo::ReadBack),
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
        let said_undone = matches!(state, StepState::Undone | StepState::TakenBack);
        assert_eq!(next_undo(&steps), if said_undone { NextUndo::ReadBack } else { NextUndo::RolledBack }, "{state:?}");
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
        (ReleaseKind::Activate, undoing(Some(now)), vec![S::Undone], Stand::Undoes(NextUndo::ReadBack)),
        (ReleaseKind::Activate, undoing(None), vec![S::Waiting], Stand::Undoes(NextUndo::RolledBack)),
        (ReleaseKind::Activate, ReleaseState::Held { reasons: vec![] }, vec![], Stand::Rests),
        (ReleaseKind::Activate, ReleaseState::Stuck { failure: failure() }, vec![S::UndoFailed], Stand::Rests),
        (ReleaseKind::Activate, ReleaseState::RolledBack { failure: failure(), evidence: None }, vec![], Stand::Rests),
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
    let there = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    for (kind, reference, account, proven) in [
        (ReleaseKind::Activate, "a", AccountRead::Active, true),
        (ReleaseKind::Activate, "a", AccountRead::Closed, false),
        (ReleaseKind::Activate, "c", AccountRead::Active, false),
        (ReleaseKind::Activate, "c", AccountRead::NeverKnown, false),
        (ReleaseKind::Remove, "a", AccountRead::Active, false),
        (ReleaseKind::Remove, "a", AccountRead::Closed, false),
        (ReleaseKind::Remove, "c", AccountRead::Active, true),
        (ReleaseKind::Remove, "c", AccountRead::Closed, true),
        (ReleaseKind::Remove, "c", AccountRead::NeverKnown, false),
        (ReleaseKind::Extend, "b", AccountRead::Active, true),
        (ReleaseKind::Extend, "b", AccountRead::Closed, false),
    ] {
        assert_eq!(proves(kind, reference, account, &there), proven, "{kind:?} {reference} {account:?}");
    }
}

#[test]
fn the_variance_names_what_is_missing_and_what_nobody_planned() {
    let found = variance(["a", "b"], ["b", "c"]);
    assert_eq!((found.missing, found.unexpected), (vec!["a".to_owned()], vec!["c".to_owned()]));
}
