//! Every move from every state.

use super::*;
use proptest::prelude::*;

fn every_state() -> Vec<RequestState> {
    let reason = "because".to_owned();
    vec![
        RequestState::InApproval,
        RequestState::Returned { reason: reason.clone() },
        RequestState::Approved,
        RequestState::Released,
        RequestState::Closed,
        RequestState::Withdrawn { reason: reason.clone() },
        RequestState::Rejected { reason: reason.clone() },
        RequestState::Lapsed { reason },
    ]
}

const MOVES: [&str; 9] = ["approve", "send_back", "reject", "revise", "answer", "withdraw", "release", "close", "lapse"];

fn make(state: RequestState, action: &str) -> Result<RequestState, InvalidTransition> {
    let reason = "because".to_owned();
    match action {
        "approve" => state.approve(),
        "send_back" => state.send_back(reason),
        "reject" => state.reject(reason),
        "revise" => state.revise(),
        "answer" => state.answer(),
        "withdraw" => state.withdraw(reason),
        "release" => state.release(),
        "close" => state.close(),
        "lapse" => state.lapse(reason),
        other => unreachable!("{other} is not a move"),
    }
}

#[test]
fn exactly_the_legal_moves_are_allowed() {
    let mut allowed = Vec::new();
    for state in every_state() {
        for action in MOVES {
            if let Ok(next) = make(state.clone(), action) {
                allowed.push(format!("{} -{action}-> {}", state.word(), next.word()));
            }
        }
    }
    assert_eq!(
        allowed,
        [
            "in_approval -approve-> approved",
            "in_approval -send_back-> returned",
            "in_approval -reject-> rejected",
            "in_approval -revise-> in_approval",
            "in_approval -withdraw-> withdrawn",
            "in_approval -lapse-> lapsed",
            "returned -revise-> in_approval",
            "returned -answer-> in_approval",
            "returned -withdraw-> withdrawn",
            "returned -lapse-> lapsed",
            "approved -revise-> in_approval",
            "approved -withdraw-> withdrawn",
            "approved -release-> released",
            "approved -lapse-> lapsed",
            "released -close-> closed",
        ]
    );
}

#[test]
fn a_state_reads_back_as_it_was_stored_and_an_impossible_row_is_none() {
    for state in every_state() {
        assert_eq!(RequestState::from_stored(state.word(), state.reason().map(ToOwned::to_owned)), Some(state));
    }
    assert_eq!(RequestState::from_stored("approved", Some("x".into())), None);
    assert_eq!(RequestState::from_stored("rejected", None), None);
    assert_eq!(RequestState::from_stored("draft", None), None);
}

proptest! {
    #[test]
    fn nothing_is_released_that_was_not_approved_and_ended_requests_never_move(moves in proptest::collection::vec(0..MOVES.len(), 0..40)) {
        let mut state = RequestState::InApproval;
        let mut before = state.clone();
        for index in moves {
            let ended = matches!(state, RequestState::Closed | RequestState::Withdrawn { .. } | RequestState::Rejected { .. } | RequestState::Lapsed { .. });
            match make(state.clone(), MOVES[index]) {
                Ok(next) => {
                    prop_assert!(!ended, "{} moved", state.word());
                    if next == RequestState::Released { prop_assert_eq!(&state, &RequestState::Approved); }
                    before = std::mem::replace(&mut state, next);
                }
                Err(refused) => prop_assert_eq!(refused.noun, "request"),
            }
        }
        prop_assert!(state != RequestState::Closed || before == RequestState::Released);
    }
}
