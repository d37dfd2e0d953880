//! A decision: how long it can be undone, what an earlier end may be, when it is signed and what
//! the signature means, and what may be decided in bulk. Who may decide is in `approval`.

use crate::approval::Verdict;
use crate::catalogue::RiskTier;
use crate::error::{FieldError, InvalidTransition};
use crate::request::RequestState;
use crate::words::words;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

words! {
    /// How it was proven that a signature is the signer's.
    pub enum SignatureMethod: "signature method" {
        /// A password, typed for it or within the five minutes before.
        Password = "password", "Password",
        /// Nothing was proven: part of the history that the demonstration made up.
        Demonstration = "demonstration", "Made by the demonstration's history",
    }
}

words! {
    /// Why a signature no longer counts. It stays on record, struck through.
    pub enum Overtaken: "reason why a signature no longer counts" {
        /// A later revision than the signed one was made.
        Changed = "changed", "the request was changed after this was signed",
        /// The request was taken back.
        Withdrawn = "withdrawn", "the request was withdrawn after this was signed",
        /// Its period ran out before anything was released.
        Lapsed = "lapsed", "the request lapsed after this was signed",
        /// Somebody else said no.
        Rejected = "rejected", "the request was rejected after this was signed",
    }
}

/// Why the signature under a decision on `revision` no longer counts, on a request that is in
/// revision `present` and in `state` now; `None` while it does. What ended without a release has no
/// approval that counts, and the rejection that ended it does.
#[must_use]
pub fn overtaken(verdict: Verdict, revision: i32, present: i32, state: &RequestState) -> Option<Overtaken> {
    if revision < present {
        return Some(Overtaken::Changed);
    }
    match state {
        RequestState::Withdrawn { .. } => Some(Overtaken::Withdrawn),
        RequestState::Lapsed { .. } => Some(Overtaken::Lapsed),
        RequestState::Rejected { .. } => (verdict != Verdict::Reject).then_some(Overtaken::Rejected),
        RequestState::InApproval
        | RequestState::Returned { .. }
        | RequestState::Approved
        | RequestState::Released
        | RequestState::Closed => None,
    }
}

/// How long a decision can be undone before it is recorded as final.
pub const UNDO_FOR: SignedDuration = SignedDuration::from_secs(10);
/// Most requests that one press approves.
pub const BULK_MOST: usize = 50;
/// How long a proven password counts for further signatures.
pub const PROOF_COUNTS_FOR: SignedDuration = SignedDuration::from_mins(5);
/// A list that stood open for longer says nothing about the time somebody spent on it.
pub const LONGEST_LOOK_SECONDS: i32 = 86_400;

/// Where a decision stands between the press of the button and the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingState {
    /// Can be undone before this moment.
    Open {
        /// When it becomes final.
        final_at: Timestamp,
    },
    /// It is on record.
    Recorded,
    /// Taken back in time.
    Undone,
    /// Not recorded, because the request had moved on.
    Refused {
        /// Code of the refusal.
        code: String,
    },
}

impl PendingState {
    /// The word stored in the database.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Recorded => "recorded",
            Self::Undone => "undone",
            Self::Refused { .. } => "refused",
        }
    }

    /// Reads a state back; `None` for an impossible pair.
    #[must_use]
    pub fn from_stored(word: &str, final_at: Timestamp, refusal: Option<String>) -> Option<Self> {
        match (word, refusal) {
            ("open", None) => Some(Self::Open { final_at }),
            ("recorded", None) => Some(Self::Recorded),
            ("undone", None) => Some(Self::Undone),
            ("refused", Some(code)) => Some(Self::Refused { code }),
            _ => None,
        }
    }

    /// Whether it is due to be recorded at `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        matches!(self, Self::Open { final_at } if *final_at <= now)
    }

    /// The decider takes it back.
    ///
    /// # Errors
    /// [`InvalidTransition`] from the moment at which it is final.
    pub fn undo(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match self {
            Self::Open { final_at } if now < final_at => Ok(Self::Undone),
            other => other.refuse("be undone"),
        }
    }

    /// It goes on record.
    ///
    /// # Errors
    /// [`InvalidTransition`] before it is final, and when it is settled.
    pub fn record(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        if self.is_due(now) { Ok(Self::Recorded) } else { self.refuse("be recorded") }
    }

    /// It does not go on record, for the reason with this code.
    ///
    /// # Errors
    /// [`InvalidTransition`] before it is final, and when it is settled.
    pub fn turn_down(self, code: &str, now: Timestamp) -> Result<Self, InvalidTransition> {
        if self.is_due(now) { Ok(Self::Refused { code: code.to_owned() }) } else { self.refuse("be refused") }
    }

    fn refuse<T>(&self, action: &'static str) -> Result<T, InvalidTransition> {
        Err(InvalidTransition { noun: "decision", from: self.word(), action })
    }
}

/// The last day that counts: the earliest of what was asked for and what approvers allowed.
#[must_use]
pub fn effective_end(requested: Option<Date>, approved: impl IntoIterator<Item = Date>) -> Option<Date> {
    requested.into_iter().chain(approved).min()
}

/// Between which days an earlier end may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndRoom {
    /// First day of the period, or, for an extension, the day after the present end.
    pub first: Date,
    /// The present effective end, which an earlier one lies before; `None` without an end.
    pub effective: Option<Date>,
    /// Today.
    pub today: Date,
}

impl EndRoom {
    /// The earliest day that can be chosen.
    #[must_use]
    pub fn earliest(&self) -> Date {
        self.first.max(self.today)
    }

    /// The latest day that can be chosen, if there is an end to stay before.
    #[must_use]
    pub fn latest(&self) -> Option<Date> {
        self.effective.and_then(|end| end.yesterday().ok())
    }

    /// Whether there is any day to choose.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.latest().is_none_or(|latest| self.earliest() <= latest)
    }

    /// Parses an earlier end as typed into `ends_on`.
    ///
    /// # Errors
    /// `required`, `not_a_date`, `in_the_past`, `ends_before_start` or `not_earlier` at `ends_on`.
    pub fn parse(&self, text: &str) -> Result<Date, FieldError> {
        let refuse = |code: &str, sentence: String| Err(FieldError::new("ends_on", code, sentence));
        let text = text.trim();
        if text.is_empty() {
            return refuse("required", "Choose the last day.".to_owned());
        }
        // `parse` of a civil date also takes a date with a time behind it; a form sends ten characters.
        let Ok(day) = text.parse::<Date>().map_err(drop).and_then(|day| if text.len() == 10 { Ok(day) } else { Err(()) }) else {
            return refuse("not_a_date", "Enter a date as year-month-day.".to_owned());
        };
        if day < self.today {
            refuse("in_the_past", format!("Choose {} or later.", self.earliest()))
        } else if day < self.first {
            refuse("ends_before_start", format!("Choose {} or later.", self.earliest()))
        } else if self.effective.is_some_and(|end| day >= end) {
            refuse("not_earlier", "Choose a day before the end that stands now.".to_owned())
        } else {
            Ok(day)
        }
    }
}

/// Whether a decision is signed with a password: every decision on the matter where the access is
/// privileged. A question decides nothing.
#[must_use]
pub fn is_signed(tier: RiskTier, verdict: Verdict) -> bool {
    tier == RiskTier::Privileged && verdict != Verdict::Return
}

/// What a signature means, as it is printed beside the name.
#[must_use]
pub fn meaning(verdict: Verdict, revision: i32, ends_on: Option<Date>) -> String {
    match (verdict, ends_on) {
        (Verdict::Approve, None) => format!("I approve this access in revision {revision} as shown."),
        (Verdict::Approve, Some(day)) => format!("I approve this access in revision {revision} as shown, with {day} as its last day."),
        (Verdict::Reject, _) => format!("I refuse this access in revision {revision} as shown."),
        (Verdict::Return, _) => format!("I ask a question about revision {revision} as shown."),
    }
}

/// Whether access of this tier may be approved in bulk.
#[must_use]
pub fn bulk_allowed(tier: RiskTier) -> bool {
    tier == RiskTier::Standard
}

/// Seconds between showing a list and deciding on it, within bounds that a clock or a form could
/// otherwise leave.
#[must_use]
pub fn seconds_between(shown_at: Timestamp, now: Timestamp) -> i32 {
    let seconds = now.as_second().saturating_sub(shown_at.as_second()).clamp(0, i64::from(LONGEST_LOOK_SECONDS));
    i32::try_from(seconds).unwrap_or(LONGEST_LOOK_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn a_decision_can_be_undone_until_the_moment_at_which_it_is_final_and_recorded_from_then_on() {
        let open = PendingState::Open { final_at: at(10) };
        assert_eq!(open.clone().undo(at(9)), Ok(PendingState::Undone));
        assert!(open.clone().undo(at(10)).is_err());
        assert!(open.clone().record(at(9)).is_err());
        assert_eq!(open.clone().record(at(10)), Ok(PendingState::Recorded));
        assert_eq!(open.turn_down("changed", at(10)), Ok(PendingState::Refused { code: "changed".into() }));
    }

    #[test]
    fn what_is_settled_stays_as_it_is() {
        for settled in [PendingState::Recorded, PendingState::Undone, PendingState::Refused { code: "changed".into() }] {
            assert!(settled.clone().undo(at(0)).is_err());
            assert!(settled.clone().record(at(99)).is_err());
            assert!(settled.clone().turn_down("changed", at(99)).is_err());
            let refusal = if let PendingState::Refused { code } = &settled { Some(code.clone()) } else { None };
            assert_eq!(PendingState::from_stored(settled.word(), at(10), refusal), Some(settled));
        }
        assert_eq!(PendingState::from_stored("refused", at(10), None), None);
        assert_eq!(PendingState::from_stored("open", at(10), Some("changed".into())), None);
    }

    #[test]
    fn the_earliest_of_all_ends_counts() {
        let (early, late) = (day("2026-12-01"), day("2026-12-21"));
        assert_eq!(effective_end(None, []), None);
        assert_eq!(effective_end(Some(late), []), Some(late));
        assert_eq!(effective_end(Some(late), [early, late]), Some(early));
        assert_eq!(effective_end(None, [late, early]), Some(early));
    }

    #[test]
    fn an_earlier_end_lies_before_the_present_one_and_neither_before_the_start_nor_today() {
        let room = EndRoom { first: day("2026-11-25"), effective: Some(day("2026-12-21")), today: day("2026-11-22") };
        for (text, expected) in [
            ("", Err("required")),
            ("soon", Err("not_a_date")),
            ("2026-02-29", Err("not_a_date")),
            ("2026-12-01T10:00", Err("not_a_date")),
            ("0001-01-01", Err("in_the_past")),
            ("2026-11-21", Err("in_the_past")),
            ("2026-11-24", Err("ends_before_start")),
            ("2026-11-25", Ok("2026-11-25")),
            (" 2026-12-20 ", Ok("2026-12-20")),
            ("2026-12-21", Err("not_earlier")),
            ("9999-12-31", Err("not_earlier")),
        ] {
            assert_eq!(room.parse(text).map_err(|e| e.code), expected.map(day).map_err(str::to_owned), "{text}");
        }
        let without_end = EndRoom { effective: None, ..room };
        assert_eq!(without_end.parse("2027-06-30").map_err(|e| e.code), Ok(day("2027-06-30")));
        assert!(room.is_open());
        assert!(!EndRoom { first: day("2026-12-21"), ..room }.is_open());
    }

    #[test]
    fn privileged_decisions_are_signed_and_questions_are_not() {
        for tier in RiskTier::ALL {
            for verdict in Verdict::ALL {
                let expected = *tier == RiskTier::Privileged && *verdict != Verdict::Return;
                assert_eq!(is_signed(*tier, *verdict), expected, "{tier} {verdict}");
            }
        }
        assert_eq!(meaning(Verdict::Approve, 2, None), "I approve this access in revision 2 as shown.");
    }

    #[test]
    fn a_signature_counts_until_the_record_moves_on_and_the_reason_is_named() {
        let why = String::from("why");
        let states = [
            (RequestState::InApproval, None, None),
            (RequestState::Returned { reason: why.clone() }, None, None),
            (RequestState::Approved, None, None),
            (RequestState::Released, None, None),
            (RequestState::Closed, None, None),
            (RequestState::Withdrawn { reason: why.clone() }, Some(Overtaken::Withdrawn), Some(Overtaken::Withdrawn)),
            (RequestState::Lapsed { reason: why.clone() }, Some(Overtaken::Lapsed), Some(Overtaken::Lapsed)),
            (RequestState::Rejected { reason: why }, Some(Overtaken::Rejected), None),
        ];
        for (state, approval, rejection) in states {
            assert_eq!(overtaken(Verdict::Approve, 2, 2, &state), approval, "{state:?}");
            assert_eq!(overtaken(Verdict::Reject, 2, 2, &state), rejection, "{state:?}");
            // Whatever became of it: what was signed is not what is asked for any more.
            assert_eq!(overtaken(Verdict::Approve, 1, 2, &state), Some(Overtaken::Changed), "{state:?}");
        }
    }

    #[test]
    fn only_the_standard_tier_is_approved_in_bulk() {
        assert_eq!(RiskTier::ALL.iter().filter(|tier| bulk_allowed(**tier)).collect::<Vec<_>>(), [&RiskTier::Standard]);
    }

    #[test]
    fn time_spent_is_bounded_whatever_the_form_says() {
        for (shown, now, seconds) in [
            (0, 75, 75),
            (100, 75, 0),
            (9_000_000_000, 75, 0),
            (0, 1_000_000, LONGEST_LOOK_SECONDS),
            (-9_000_000_000, 75, LONGEST_LOOK_SECONDS),
        ] {
            assert_eq!(seconds_between(at(shown), at(now)), seconds);
        }
    }
}
