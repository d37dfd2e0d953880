//! What history and colleagues say about an entitlement, in words.

use super::port::Peers;
use domain::elapsed::in_days;
use domain::lead_time::{FEWEST_CASES, Reached, UsualTime};

/// "1 d 4 h, nine of ten within 3 d": for a line of a list.
#[must_use]
pub fn usual_time(usual: &UsualTime) -> String {
    match usual {
        UsualTime::NoData { .. } => "no data".to_owned(),
        UsualTime::Known { median, ninetieth, .. } => match (median, ninetieth) {
            (Reached::Within(half), Reached::Within(nine)) => format!("{}, nine of ten within {}", in_days(*half), in_days(*nine)),
            (Reached::Within(half), Reached::NotWithin(watched)) => {
                format!("{}, one of ten longer than {}", in_days(*half), in_days(*watched))
            }
            (Reached::NotWithin(watched), _) => format!("half take longer than {}", in_days(*watched)),
        },
    }
}

/// On what the usual time rests: "32 requests, 3 of them open".
#[must_use]
pub fn usual_time_basis(usual: &UsualTime) -> String {
    match usual {
        UsualTime::NoData { cases: 0 } => "Nobody has asked for it yet".to_owned(),
        UsualTime::NoData { cases: 1 } => format!("1 request; {FEWEST_CASES} are needed to say"),
        UsualTime::NoData { cases } => format!("{cases} requests; {FEWEST_CASES} are needed to say"),
        UsualTime::Known { cases, open: 0, .. } => format!("{cases} requests"),
        UsualTime::Known { cases, open, .. } => format!("{cases} requests, {open} of them open"),
    }
}

/// "3 of 12 in your unit hold it".
#[must_use]
pub fn colleagues(peers: &Peers) -> String {
    match peers {
        Peers { of: 0, .. } => "Nobody else is in your unit".to_owned(),
        Peers { hold, of } => format!("{hold} of {of} in your unit hold it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn the_usual_time_says_how_sure_it_is() {
        let hours = SignedDuration::from_hours;
        let known = |median, ninetieth| UsualTime::Known { cases: 12, open: 2, median, ninetieth };
        for (usual, words) in [
            (UsualTime::NoData { cases: 9 }, "no data"),
            (known(Reached::Within(hours(28)), Reached::Within(hours(72))), "1 d 4 h, nine of ten within 3 d"),
            (known(Reached::Within(hours(28)), Reached::NotWithin(hours(72))), "1 d 4 h, one of ten longer than 3 d"),
            (known(Reached::NotWithin(hours(72)), Reached::NotWithin(hours(72))), "half take longer than 3 d"),
        ] {
            assert_eq!(usual_time(&usual), words);
        }
        assert_eq!(usual_time_basis(&known(Reached::Within(hours(1)), Reached::Within(hours(2)))), "12 requests, 2 of them open");
        assert_eq!(usual_time_basis(&UsualTime::NoData { cases: 0 }), "Nobody has asked for it yet");
    }
}
