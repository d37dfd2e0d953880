//! Usual time: how long something takes, told from its own history with what is still open counted.
//!
//! The median of finished cases alone flatters: whatever takes long is not among them yet. The
//! product-limit estimator counts an open case for as long as it has been open (E. L. Kaplan and
//! P. Meier, "Nonparametric Estimation from Incomplete Observations", Journal of the American
//! Statistical Association 53 (1958), 457–481). A quantile is the smallest time at which the share
//! that still waits has fallen to what the quantile leaves over.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Fewer cases than this say nothing.
pub const FEWEST_CASES: usize = 10;

/// Shares are products of fractions; what differs by less than this is equal.
const ROUNDING: f64 = 1e-9;

/// One case: how long it took, or how long it has been open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// From its begin to its end, or until now.
    pub lasted: SignedDuration,
    /// It came to its end; otherwise it is still open.
    pub finished: bool,
}

/// From `time` on, `waiting` of all cases are not finished.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Since when.
    pub time: SignedDuration,
    /// Share from 0 to 1.
    pub waiting: f64,
}

/// The product-limit estimate: one step for each time at which something was finished. A case that
/// was open for exactly as long as another took was still waiting when that one was finished.
#[must_use]
pub fn still_waiting(cases: &[Case]) -> Vec<Step> {
    let mut cases = cases.to_vec();
    cases.sort_by_key(|case| case.lasted);
    let mut steps = Vec::new();
    let (mut at, mut waiting) = (0, 1.0);
    while let Some(first) = cases.get(at) {
        let together = cases[at..].iter().take_while(|case| case.lasted == first.lasted);
        let (of_this_time, finished) = together.fold((0, 0), |(all, done), case| (all + 1, done + usize::from(case.finished)));
        if finished > 0 {
            let at_risk = cases.len() - at;
            waiting *= ratio(at_risk - finished, at_risk);
            steps.push(Step { time: first.lasted, waiting });
        }
        at += of_this_time;
    }
    steps
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases are far below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The smallest time at which no more than `left_over` (a share) still waits; `None` when the
/// curve does not come down so far.
#[must_use]
pub fn time_until(steps: &[Step], left_over: f64) -> Option<SignedDuration> {
    steps.iter().find(|step| step.waiting <= left_over + ROUNDING).map(|step| step.time)
}

/// A time that so many cases did not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// They were finished within this time.
    Within(SignedDuration),
    /// They were not within the longest time that has been watched.
    NotWithin(SignedDuration),
}

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsualTime {
    /// Too few cases to say.
    NoData {
        /// How many there are.
        cases: usize,
    },
    /// What history says.
    Known {
        /// How many cases.
        cases: usize,
        /// How many of them are open.
        open: usize,
        /// Half of all cases.
        median: Reached,
        /// Nine of ten.
        ninetieth: Reached,
    },
}

/// What `cases` say about how long it takes.
#[must_use]
pub fn usual_time(cases: &[Case]) -> UsualTime {
    if cases.len() < FEWEST_CASES {
        return UsualTime::NoData { cases: cases.len() };
    }
    let steps = still_waiting(cases);
    let longest = cases.iter().map(|case| case.lasted).max().unwrap_or_default();
    let reached = |left_over| time_until(&steps, left_over).map_or(Reached::NotWithin(longest), Reached::Within);
    UsualTime::Known {
        cases: cases.len(),
        open: cases.iter().filter(|case| !case.finished).count(),
        median: reached(0.5),
        ninetieth: reached(0.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weeks(n: i64) -> SignedDuration {
        SignedDuration::from_hours(n * 7 * 24)
    }

    /// `23` is finished, `25+` is open.
    fn cases(text: &str) -> Vec<Case> {
        text.split_whitespace()
            .map(|word| Case { lasted: weeks(word.trim_end_matches('+').parse().unwrap()), finished: !word.ends_with('+') })
            .collect()
    }

    /// Weeks in remission: E. J. Freireich et al., Blood 21 (1963), 699–716; the values of the
    /// estimate stand in E. A. Gehan, Biometrika 52 (1965), and in every textbook since.
    const MERCAPTOPURINE: &str = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+";
    const PLACEBO: &str = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23";

    #[test]
    fn the_estimate_is_that_of_the_leukaemia_trial_to_the_digit() {
        let steps = still_waiting(&cases(MERCAPTOPURINE));
        let shown: Vec<_> = steps.iter().map(|step| (step.time.as_hours() / 168, format!("{:.4}", step.waiting))).collect();
        let expected = [(6, "0.8571"), (7, "0.8067"), (10, "0.7529"), (13, "0.6902"), (16, "0.6275"), (22, "0.5378"), (23, "0.4482")];
        assert_eq!(shown, expected.map(|(week, share)| (week, share.to_owned())));

        let placebo = still_waiting(&cases(PLACEBO));
        let shown: Vec<_> = placebo.iter().map(|step| (step.time.as_hours() / 168, format!("{:.4}", step.waiting))).collect();
        let expected = [
            (1, "0.9048"),
            (2, "0.8095"),
            (3, "0.7619"),
            (4, "0.6667"),
            (5, "0.5714"),
            (8, "0.3810"),
            (11, "0.2857"),
            (12, "0.1905"),
            (15, "0.1429"),
            (17, "0.0952"),
            (22, "0.0476"),
            (23, "0.0000"),
        ];
        assert_eq!(shown, expected.map(|(week, share)| (week, share.to_owned())));
    }

    #[test]
    fn usual_times_count_what_is_still_open() {
        for (history, median, ninetieth, why) in [
            (MERCAPTOPURINE, Reached::Within(weeks(23)), Reached::NotWithin(weeks(35)), "the trial: the finished alone would say 10"),
            (PLACEBO, Reached::Within(weeks(8)), Reached::Within(weeks(17)), "the placebo group"),
            ("1 9+ 9+ 9+ 9+ 9+ 9+ 9+ 9+ 9+", Reached::NotWithin(weeks(9)), Reached::NotWithin(weeks(9)), "one was fast, nine wait"),
            ("1 2 3 4 5 6 7 8 9 10", Reached::Within(weeks(5)), Reached::Within(weeks(9)), "a step that comes down to the share exactly"),
            ("4+ 4+ 4+ 4+ 4+ 4+ 4+ 4+ 4+ 4+", Reached::NotWithin(weeks(4)), Reached::NotWithin(weeks(4)), "nothing was ever finished"),
            ("3 3 3 3 3 3 3 3 3 3+", Reached::Within(weeks(3)), Reached::Within(weeks(3)), "open for as long as the others took"),
        ] {
            let UsualTime::Known { median: half, ninetieth: nine, .. } = usual_time(&cases(history)) else { panic!("{why}") };
            assert_eq!((half, nine), (median, ninetieth), "{why}");
        }
    }

    #[test]
    fn nine_cases_say_nothing_and_ten_do() {
        assert_eq!(usual_time(&[]), UsualTime::NoData { cases: 0 });
        assert_eq!(usual_time(&cases("1 2 3 4 5 6 7 8 9")), UsualTime::NoData { cases: 9 });
        assert!(matches!(usual_time(&cases("1 2 3 4 5 6 7 8 9 10+")), UsualTime::Known { cases: 10, open: 1, .. }));
    }

    proptest! {
        /// Without open cases the estimate is the plain share of those that took longer.
        #[test]
        fn without_open_cases_it_is_the_share_that_took_longer(times in proptest::collection::vec(0_i64..40, 1..60)) {
            let history: Vec<Case> = times.iter().map(|t| Case { lasted: weeks(*t), finished: true }).collect();
            for step in still_waiting(&history) {
                let longer = history.iter().filter(|case| case.lasted > step.time).count();
                prop_assert!((step.waiting - ratio(longer, history.len())).abs() < 1e-9);
            }
        }

        /// Calling a finished case open never makes the history look faster.
        #[test]
        fn an_open_case_never_makes_it_look_faster(times in proptest::collection::vec((0_i64..40, any::<bool>()), 10..60), which in 0_usize..60) {
            let mut history: Vec<Case> = times.iter().map(|(t, finished)| Case { lasted: weeks(*t), finished: *finished }).collect();
            let half = |history: &[Case]| time_until(&still_waiting(history), 0.5).unwrap_or(SignedDuration::MAX);
            let before = half(&history);
            let at = which % history.len();
            history[at].finished = false;
            prop_assert!(half(&history) >= before);
        }
    }
}
