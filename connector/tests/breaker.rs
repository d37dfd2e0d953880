//! The circuit breaker.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

use connector::{Breaker, BreakerRules};
use jiff::Timestamp;
use proptest::prelude::*;
use std::num::NonZeroU32;
use std::time::Duration;

fn rules(faults: u32) -> BreakerRules {
    BreakerRules {
        faults: NonZeroU32::new(faults).unwrap(),
        window: Duration::from_secs(60),
        rest: Duration::from_secs(30),
        longest_rest: Duration::from_secs(200),
        lost_after: Duration::from_secs(90),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// The word under which it is stored.
fn word(breaker: &Breaker) -> String {
    serde_json::to_value(breaker).unwrap()["state"].as_str().unwrap().to_owned()
}

#[test]
fn it_opens_when_enough_faults_come_within_the_window_and_not_before() {
    let rules = rules(3);
    let two = Breaker::default().failed(at(0), &rules).failed(at(30), &rules);
    assert_eq!(word(&two), "closed");
    assert_eq!(two.clone().failed(at(60), &rules), Breaker::Closed { faults: vec![at(30), at(60)] });
    assert_eq!(two.clone().worked().failed(at(59), &rules), Breaker::Open { since: at(59), until: at(89), rests: 1 });
    assert_eq!(word(&Breaker::default().failed(at(0), &self::rules(1))), "open");
}

#[test]
fn after_the_rest_one_call_tries_and_the_others_wait() {
    let rules = rules(1);
    let open = Breaker::default().failed(at(0), &rules);
    assert_eq!(open.clone().ask(at(29), &rules), Err(at(30)));
    let trying = open.ask(at(30), &rules).unwrap();
    assert_eq!(trying, Breaker::Trying { since: at(30), rests: 1 });
    assert_eq!(trying.clone().ask(at(31), &rules), Err(at(120)));
    assert_eq!(trying.clone().worked(), Breaker::default());
    assert_eq!(trying.clone().failed(at(40), &rules), Breaker::Open { since: at(40), until: at(100), rests: 2 });
    assert_eq!(trying.ask(at(120), &rules), Ok(Breaker::Trying { since: at(120), rests: 1 }));
}

#[test]
fn rests_double_up_to_the_longest_and_begin_anew_after_a_call_that_worked() {
    let rules = rules(1);
    let mut breaker = Breaker::default().failed(at(0), &rules);
    let mut rests = Vec::new();
    for _ in 0..40 {
        let Breaker::Open { since, until, .. } = breaker else { panic!("{breaker:?}") };
        rests.push(until.as_second() - since.as_second());
        breaker = breaker.ask(until, &rules).unwrap().failed(until, &rules);
    }
    assert_eq!(rests[..5], [30, 60, 120, 200, 200]);
    assert!(rests[5..].iter().all(|rest| *rest == 200));
    let Breaker::Open { until, .. } = breaker else { panic!("{breaker:?}") };
    let again = breaker.ask(until, &rules).unwrap().worked().failed(until, &rules);
    assert!(matches!(again, Breaker::Open { rests: 1, .. }));
}

#[test]
fn a_try_that_called_nobody_is_given_back_to_the_next_one() {
    let rules = rules(1);
    let open = Breaker::default().failed(at(0), &rules);
    let trying = open.clone().ask(at(30), &rules).unwrap();
    let back = trying.not_called(at(31));
    assert_eq!(back, Breaker::Open { since: at(30), until: at(31), rests: 1 });
    let again = back.ask(at(31), &rules).unwrap();
    assert_eq!(again.clone().failed(at(32), &rules), Breaker::Open { since: at(32), until: at(92), rests: 2 }, "the rests go on counting");
    assert_eq!(again.worked(), Breaker::default());
    let closed = Breaker::default().failed(at(0), &self::rules(3));
    for other in [open, closed, Breaker::default()] {
        assert_eq!(other.clone().not_called(at(5)), other);
    }
}

#[test]
fn what_calls_from_before_report_does_not_disturb_the_rest() {
    let rules = rules(1);
    let open = Breaker::default().failed(at(0), &rules);
    assert_eq!(open.clone().worked(), open);
    assert_eq!(open.clone().failed(at(10), &rules), open);
}

#[test]
fn it_is_stored_in_words_that_can_be_shown() {
    let open = Breaker::default().failed(at(0), &rules(1));
    let stored = serde_json::to_value(&open).unwrap();
    assert_eq!(
        stored,
        serde_json::json!({ "state": "open", "since": "2027-01-15T08:00:00Z", "until": "2027-01-15T08:00:30Z", "rests": 1 })
    );
    assert_eq!(word(&Breaker::closed_by_hand()), "closed");
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    Asks,
    Works,
    Fails,
    CallsNobody,
}

proptest! {
    /// Whatever happens, in whatever order, with a clock that may also go back.
    #[test]
    fn its_laws_hold_in_every_history(
        faults in 1_u32..5,
        history in prop::collection::vec(
            (prop_oneof![Just(Happening::Asks), Just(Happening::Works), Just(Happening::Fails), Just(Happening::CallsNobody)], -10_i64..80),
            1..120,
        ),
    ) {
        let rules = rules(faults);
        let (mut breaker, mut now) = (Breaker::default(), 0_i64);
        let mut failed_at: Vec<i64> = Vec::new();
        let mut given_back = false;
        for (happening, passes) in history {
            now += passes;
            let before = breaker.clone();
            match happening {
                Happening::Asks => match breaker.clone().ask(at(now), &rules) {
                    Ok(next) => {
                        match &before {
                            Breaker::Closed { .. } => prop_assert_eq!(&next, &before),
                            Breaker::Open { until, .. } => prop_assert!(at(now) >= *until),
                            Breaker::Trying { since, .. } => prop_assert!(now - (since.as_second() - at(0).as_second()) >= 90),
                        }
                        // A second call at the same moment goes through only when it is closed.
                        prop_assert_eq!(next.clone().ask(at(now), &rules).is_ok(), word(&next) == "closed");
                        breaker = next;
                    }
                    Err(until) => {
                        prop_assert!(until > at(now));
                        prop_assert!(word(&before) != "closed");
                        // It is never shut for ever: asking at the time it names is enough.
                        prop_assert!(before.clone().ask(until, &rules).is_ok());
                    }
                },
                Happening::Works => {
                    breaker = breaker.worked();
                    prop_assert_eq!(word(&breaker) == "closed", word(&before) != "open");
                    if word(&before) == "trying" { failed_at.clear(); }
                }
                Happening::Fails => {
                    breaker = breaker.failed(at(now), &rules);
                    if word(&before) == "closed" {
                        failed_at.retain(|fault| fault + 60 > now);
                        failed_at.push(now);
                        prop_assert_eq!(word(&breaker) == "open", failed_at.len() >= faults as usize);
                    } else {
                        prop_assert_eq!(word(&breaker), "open");
                    }
                    if word(&breaker) == "open" { failed_at.clear(); }
                }
                Happening::CallsNobody => {
                    breaker = breaker.not_called(at(now));
                    prop_assert_eq!(breaker == before, word(&before) != "trying");
                    prop_assert!(word(&before) != "trying" || breaker.clone().ask(at(now), &rules).is_ok());
                }
            }
            if breaker != before {
                given_back = matches!(happening, Happening::CallsNobody);
            }
            if let Breaker::Open { since, until, rests } = &breaker {
                let rest = until.as_second() - since.as_second();
                prop_assert!(given_back || (30..=200).contains(&rest));
                prop_assert!(*rests >= 1);
            }
            if let Breaker::Closed { faults: kept } = &breaker {
                prop_assert!(kept.len() < faults as usize);
            }
            let stored = serde_json::to_string(&breaker).unwrap();
            prop_assert_eq!(serde_json::from_str::<Breaker>(&stored).unwrap(), breaker.clone());
        }
    }
}
