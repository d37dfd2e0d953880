//! Every way from one state of a release to the next, and none besides.

use super::{Failure, ReleaseKind, ReleaseState};
use crate::error::InvalidTransition;
use crate::id::IdentityId;
use jiff::Timestamp;
use proptest::prelude::*;

fn person(n: u8) -> IdentityId {
    IdentityId::new(Timestamp::UNIX_EPOCH, [n; 10])
}

fn failure() -> Failure {
    Failure { step: "give".into(), fault: "refused".into(), said: "No.".into(), at: Timestamp::UNIX_EPOCH }
}

/// Every move, by number.
fn moved(state: ReleaseState, action: u8, kind: ReleaseKind) -> Result<ReleaseState, InvalidTransition> {
    let at = Timestamp::UNIX_EPOCH;
    match action {
        0 => state.gate(),
        1 => state.ready_account(),
        2 => state.activate(at),
        3 => state.activate_by_hand(person(1), at, "seen".into()),
        4 => state.close(Some("read back".into())),
        5 => state.fail(failure(), Some(at)),
        6 => state.fail(failure(), None),
        7 => state.hold(vec!["a gate".into()]),
        8 => state.roll_back(kind, failure()),
        9 => state.rolled_back(Some("read back".into())),
        10 => state.stick(failure()),
        11 => state.retry(),
        12 => state.undo_again(failure(), at),
        13 => state.not_needed(at, "kept".into()),
        14 => state.leave_to_people(),
        15 => state.undo_now(),
        _ => state.cancel(false),
    }
}

fn every_state() -> Vec<ReleaseState> {
    let at = Timestamp::UNIX_EPOCH;
    vec![
        ReleaseState::Planned,
        ReleaseState::Held { reasons: vec!["a gate".into()] },
        ReleaseState::Gated,
        ReleaseState::AccountReady,
        ReleaseState::Activated { by: None, at, evidence: None },
        ReleaseState::Activated { by: Some(person(1)), at, evidence: Some("seen".into()) },
        ReleaseState::Failed { failure: failure(), next_try: Some(at) },
        ReleaseState::Failed { failure: failure(), next_try: None },
        ReleaseState::Undoing { failure: failure(), next_try: None },
        ReleaseState::Stuck { failure: failure() },
        ReleaseState::RolledBack { failure: failure(), evidence: None },
        ReleaseState::Closed { by: None, at, evidence: "read back".into() },
        ReleaseState::Cancelled,
    ]
}

#[test]
fn every_state_can_be_left_in_exactly_these_ways() {
    let table: Vec<String> = every_state()
        .into_iter()
        .map(|state| {
            let ways: Vec<String> = (0..=16)
                .filter_map(|action| moved(state.clone(), action, ReleaseKind::Activate).ok())
                .map(|next| next.word().to_owned())
                .collect();
            format!("{}: {}", state.word(), ways.join(" "))
        })
        .collect();
    assert_eq!(
        table,
        [
            "planned: gated activated held closed cancelled",
            "held: gated activated held undoing planned cancelled",
            "gated: account_ready activated failed failed undoing",
            "account_ready: activated failed failed undoing",
            "activated: closed failed failed undoing",
            "activated: closed failed failed planned",
            "failed: gated failed failed held undoing planned closed planned cancelled",
            "failed: gated failed failed held undoing planned closed cancelled",
            "undoing: rolled_back stuck undoing undoing",
            "stuck: undoing undoing",
            "rolled_back: gated held planned cancelled",
            "closed: ",
            "cancelled: ",
        ]
    );
}

#[test]
fn what_is_in_hand_or_may_be_there_is_never_just_cancelled() {
    for state in every_state() {
        assert!(state.cancel(true).is_err());
    }
}

#[test]
fn nothing_is_closed_without_proof() {
    let done = ReleaseState::Activated { by: None, at: Timestamp::UNIX_EPOCH, evidence: None };
    assert!(done.close(None).is_err());
}

proptest! {
    #[test]
    fn a_closed_or_cancelled_release_never_moves_again(moves in proptest::collection::vec(0u8..=16, 0..40)) {
        let mut state = ReleaseState::Planned;
        for action in moves {
            let over = state.is_over();
            let next = moved(state.clone(), action, ReleaseKind::Activate);
            prop_assert!(!(over && next.is_ok()), "{} moved", state.word());
            if let Ok(next) = next { state = next; }
        }
    }

    #[test]
    fn a_removal_is_never_undone(moves in proptest::collection::vec(0u8..=16, 0..40)) {
        let mut state = ReleaseState::Planned;
        for action in moves {
            if let Ok(next) = moved(state.clone(), action, ReleaseKind::Remove) { state = next; }
            let undone = matches!(state, ReleaseState::Undoing { .. } | ReleaseState::RolledBack { .. } | ReleaseState::Stuck { .. });
            prop_assert!(!undone, "{}", state.word());
        }
    }
}
