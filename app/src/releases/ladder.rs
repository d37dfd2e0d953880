//! How far a release is: planned, gated, account ready, activated, verified, closed, each with the
//! moment it was reached. Only what gives access makes an account ready.

use super::port::Moments;
use crate::ui::{Card, Step, StepState, Steps};
use crate::when::When;
use domain::release::{ReleaseKind, ReleaseState};
use leptos::prelude::*;

/// The rungs, and the moments at which they were reached.
fn rungs(kind: ReleaseKind, moments: &Moments) -> Vec<(&'static str, Option<When>)> {
    let done = match kind {
        ReleaseKind::Activate => "Activated",
        ReleaseKind::Remove => "Removed",
        ReleaseKind::Extend => "End moved",
    };
    let mut rungs = vec![("Planned", Some(moments.planned.clone())), ("Gates met", moments.gated.clone())];
    if kind == ReleaseKind::Activate {
        rungs.push(("Account ready", moments.account_ready.clone()));
    }
    rungs.extend([(done, moments.activated.clone()), ("Verified", moments.verified.clone()), ("Closed", moments.closed.clone())]);
    rungs
}

/// The last rung that a state stands on, counting from zero.
fn stands_on(kind: ReleaseKind, state: &ReleaseState, moments: &Moments) -> usize {
    let of_all = match state {
        ReleaseState::Planned | ReleaseState::Held { .. } | ReleaseState::RolledBack { .. } | ReleaseState::Cancelled => 0,
        ReleaseState::Gated => 1,
        ReleaseState::AccountReady => 2,
        ReleaseState::Activated { .. } => 3,
        ReleaseState::Closed { .. } => 5,
        // What failed or is being undone stands where it came to.
        ReleaseState::Failed { .. } | ReleaseState::Undoing { .. } | ReleaseState::Stuck { .. } => {
            if moments.account_ready.is_some() {
                2
            } else {
                usize::from(moments.gated.is_some())
            }
        }
    };
    match kind {
        ReleaseKind::Activate => of_all,
        ReleaseKind::Remove | ReleaseKind::Extend => of_all - usize::from(of_all >= 2),
    }
}

fn step_of(place: usize, stands: usize, state: &ReleaseState) -> StepState {
    let stopped = state.needs_a_person() || matches!(state, ReleaseState::Cancelled | ReleaseState::Undoing { .. });
    match place {
        place if place <= stands => StepState::Done,
        place if place == stands + 1 && stopped => StepState::Stopped,
        place if place == stands + 1 => StepState::Now,
        _ => StepState::Next,
    }
}

/// The ladder as a card.
#[component]
pub fn Ladder(kind: ReleaseKind, state: ReleaseState, moments: Moments) -> impl IntoView {
    let stands = stands_on(kind, &state, &moments);
    let steps = rungs(kind, &moments)
        .into_iter()
        .enumerate()
        .map(|(place, (title, at))| {
            let step = step_of(place, stands, &state);
            let text = match (step, at) {
                (StepState::Done, Some(at)) => Some(at.text),
                (StepState::Done, None) => Some("no step of its own".to_owned()),
                // From a round before this one.
                (_, Some(at)) => Some(format!("last reached {}", at.text)),
                (StepState::Stopped, None) => Some(state.label().to_owned()),
                (_, None) => None,
            };
            view! { <Step state=step title=title text=text/> }
        })
        .collect_view();
    view! { <Card title="How far it is" id="ladder"><Steps>{steps}</Steps></Card> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::release::Failure;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    fn moments(gated: bool, ready: bool) -> Moments {
        let when = When::new(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        let at = |reached: bool| reached.then(|| when.clone());
        Moments { planned: when.clone(), gated: at(gated), account_ready: at(ready), activated: None, verified: None, closed: None }
    }

    fn steps(state: &ReleaseState, moments: &Moments) -> Vec<StepState> {
        (0..6).map(|place| step_of(place, stands_on(ReleaseKind::Activate, state, moments), state)).collect()
    }

    #[test]
    fn a_release_stands_where_it_came_to() {
        use StepState::{Done as D, Next as X, Now as N, Stopped as S};
        let failure = || Failure { step: "give".into(), fault: "refused".into(), said: "No.".into(), at: Timestamp::UNIX_EPOCH };
        let at = Timestamp::UNIX_EPOCH;
        for (state, gated, ready, expected) in [
            (ReleaseState::Planned, false, false, [D, N, X, X, X, X]),
            (ReleaseState::Held { reasons: vec![] }, false, false, [D, S, X, X, X, X]),
            (ReleaseState::Gated, true, false, [D, D, N, X, X, X]),
            (ReleaseState::AccountReady, true, true, [D, D, D, N, X, X]),
            (ReleaseState::Activated { by: None, at, evidence: None }, true, true, [D, D, D, D, N, X]),
            (ReleaseState::Failed { failure: failure(), next_try: None }, true, true, [D, D, D, S, X, X]),
            (ReleaseState::Failed { failure: failure(), next_try: Some(at) }, true, false, [D, D, N, X, X, X]),
            (ReleaseState::RolledBack { failure: failure(), evidence: None }, true, true, [D, S, X, X, X, X]),
            (ReleaseState::Closed { by: None, at, evidence: "read".into() }, true, false, [D; 6]),
        ] {
            assert_eq!(steps(&state, &moments(gated, ready)), expected, "{state:?}");
        }
    }

    #[test]
    fn the_rungs_are_named_after_what_the_release_does() {
        for (kind, names) in [
            (ReleaseKind::Activate, &["Planned", "Gates met", "Account ready", "Activated", "Verified", "Closed"][..]),
            (ReleaseKind::Remove, &["Planned", "Gates met", "Removed", "Verified", "Closed"]),
            (ReleaseKind::Extend, &["Planned", "Gates met", "End moved", "Verified", "Closed"]),
        ] {
            let moments = moments(true, false);
            let shown: Vec<_> = rungs(kind, &moments).into_iter().map(|(name, _)| name).collect();
            assert_eq!(shown, names);
            let at = Timestamp::UNIX_EPOCH;
            for (state, name) in [
                (ReleaseState::Gated, "Gates met"),
                (ReleaseState::Activated { by: None, at, evidence: None }, names[names.len() - 3]),
                (ReleaseState::Closed { by: None, at, evidence: "read".into() }, "Closed"),
            ] {
                assert_eq!(shown[stands_on(kind, &state, &moments)], name, "{kind:?} {state:?}");
            }
        }
    }
}
