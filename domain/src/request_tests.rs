//! Every move from every state, and forms with every kind of bad input.

use super::*;
use jiff::civil::date;
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

const MOVES: [&str; 8] = ["approve", "send_back", "reject", "resubmit", "withdraw", "release", "close", "lapse"];

fn make(state: RequestState, action: &str) -> Result<RequestState, InvalidTransition> {
    let reason = "because".to_owned();
    match action {
        "approve" => state.approve(),
        "send_back" => state.send_back(reason),
        "reject" => state.reject(reason),
        "resubmit" => state.resubmit(),
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
            "in_approval -withdraw-> withdrawn",
            "in_approval -lapse-> lapsed",
            "returned -resubmit-> in_approval",
            "returned -withdraw-> withdrawn",
            "returned -lapse-> lapsed",
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

    #[test]
    fn no_form_input_panics_and_errors_name_a_field(
        entitlement in ".{0,40}", reason_code in ".{0,12}", justification in ".{0,80}", starts_on in "[0-9T:-]{0,12}", ends_on in ".{0,12}",
    ) {
        let form = RequestForm { entitlement, reason_code, justification, starts_on, ends_on };
        if let Err(errors) = form.parse(date(2026, 11, 22)) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(["entitlement", "reason_code", "justification", "starts_on", "ends_on"].contains(&error.field.as_str()));
            }
        }
    }
}

#[test]
fn a_form_names_every_field_that_is_wrong_at_once() {
    let fields: Vec<String> =
        RequestForm::default().parse(date(2026, 11, 22)).err().unwrap_or_default().into_iter().map(|e| e.field).collect();
    assert_eq!(fields, ["entitlement", "reason_code", "justification", "starts_on"]);
}
