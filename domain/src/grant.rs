//! A grant: access that somebody has, is about to lose, or had.
//!
//! Recorded are three states: active, ending, ended. What people see besides follows from the moment at
//! which they look ([`Course::phase`]): scheduled before it begins, expiring from the first reminder of
//! its end on ([`End`]).
//!
//! Several grants may give one person the same: each has a request and an end of its own, and the
//! access is there while any of them is active.

use crate::error::InvalidTransition;
use crate::id::ReleaseId;
use crate::words::words;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

words! {
    /// Why a grant ends.
    pub enum EndReason: "end reason" {
        /// Its end was reached.
        Expired = "expired", "Reached its end",
        /// The person left or was suspended.
        IdentityStopped = "identity_stopped", "The person is no longer active",
        /// Given back by the holder, or by who answers for them.
        GivenBack = "given_back", "Given back",
        /// Other access took its place.
        Replaced = "replaced", "Replaced by other access",
    }
}

/// Where a grant stands, with the facts of that state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum GrantState {
    /// The access is there.
    Active,
    /// Its end was reached; the removal waits in the operators' queue.
    Ending {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: EndReason,
        /// The release that removes it.
        removal: ReleaseId,
    },
    /// Gone, and the removal is proven.
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        reason: EndReason,
        /// The release that removed it.
        removal: ReleaseId,
    },
}

impl GrantState {
    /// The word stored in the database.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ending { .. } => "ending",
            Self::Ended { .. } => "ended",
        }
    }

    /// The end is reached: the removal is planned.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless active.
    pub fn start_ending(self, since: Timestamp, reason: EndReason, removal: ReleaseId) -> Result<Self, InvalidTransition> {
        match self {
            Self::Active => Ok(Self::Ending { since, reason, removal }),
            other => Err(InvalidTransition { noun: "grant", from: other.word(), action: "start to end" }),
        }
    }

    /// The removal was carried out.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless ending.
    pub fn end(self, at: Timestamp) -> Result<Self, InvalidTransition> {
        match self {
            Self::Ending { reason, removal, .. } => Ok(Self::Ended { at, reason, removal }),
            other => Err(InvalidTransition { noun: "grant", from: other.word(), action: "be ended" }),
        }
    }
}

words! {
    /// Where access stands in the eyes of people, at one moment.
    pub enum GrantPhase: "phase of access" {
        /// Approved, and its start has not come.
        Scheduled = "scheduled", "Scheduled",
        /// There.
        Active = "active", "Active",
        /// There, and so near its end that people are reminded of it.
        Expiring = "expiring", "Ends soon",
        /// Its removal is under way.
        Ending = "ending", "Being removed",
        /// Gone, and that is proven.
        Ended = "ended", "Ended",
    }
}

/// What is known of the course of access: enough to say where it stood at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// Since when it is there; for what is scheduled, from when on.
    pub since: Timestamp,
    /// Since when people are reminded of its end.
    pub expiring_from: Option<Timestamp>,
    /// Since when it is being removed.
    pub ending_since: Option<Timestamp>,
    /// When it was gone.
    pub ended_at: Option<Timestamp>,
}

impl Course {
    /// Where it stands at a moment. What happened after that moment makes no difference.
    #[must_use]
    pub fn phase(&self, at: Timestamp) -> GrantPhase {
        let reached = |moment: Option<Timestamp>| moment.is_some_and(|moment| moment <= at);
        if reached(self.ended_at) {
            GrantPhase::Ended
        } else if reached(self.ending_since) {
            GrantPhase::Ending
        } else if self.since > at {
            GrantPhase::Scheduled
        } else if reached(self.expiring_from) {
            GrantPhase::Expiring
        } else {
            GrantPhase::Active
        }
    }
}

words! {
    /// When somebody is reminded that access of theirs ends.
    pub enum Reminder: "reminder of an end" {
        /// A third of the time is left that there was when the end was set.
        Third = "third", "a third of its time is left",
        /// A week is left.
        Week = "week", "a week is left",
        /// A day is left.
        Day = "day", "a day is left",
    }
}

/// The end of access, and since when it is its end: an extension sets another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When it was set: when the access began, or was extended.
    pub set_at: Timestamp,
    /// When the access ends by itself.
    pub at: Timestamp,
}

impl End {
    /// Every reminder with its moment, in order of time. One that would come when the end was set, or
    /// before, is none; of two at one moment the more urgent one stays.
    #[must_use]
    pub fn reminders(self) -> Vec<(Reminder, Timestamp)> {
        let left = self.at.duration_since(self.set_at);
        let before = |reminder: Reminder| match reminder {
            Reminder::Third => SignedDuration::from_secs(left.as_secs() / 3),
            Reminder::Week => SignedDuration::from_hours(7 * 24),
            Reminder::Day => SignedDuration::from_hours(24),
        };
        let mut moments: Vec<(Reminder, Timestamp)> = Reminder::ALL
            .iter()
            .map(|reminder| (*reminder, before(*reminder)))
            .filter(|(_, before)| before.is_positive() && *before < left)
            .filter_map(|(reminder, before)| self.at.checked_sub(before).ok().map(|moment| (reminder, moment)))
            .collect();
        moments.sort_by_key(|(reminder, moment)| (*moment, *reminder));
        moments.dedup_by(|later, earlier| {
            let same = later.1 == earlier.1;
            if same {
                *earlier = *later;
            }
            same
        });
        moments
    }

    /// From when on the access is about to end: its first reminder.
    #[must_use]
    pub fn expiring_from(self) -> Option<Timestamp> {
        self.reminders().first().map(|(_, moment)| *moment)
    }

    /// The reminder that is told at `now`, unless it was: the nearest whose moment has come, so that a
    /// server that stood still tells one and not all of them. None once the end is there.
    #[must_use]
    pub fn due(self, now: Timestamp) -> Option<Reminder> {
        let come = self.reminders().into_iter().rfind(|(_, moment)| *moment <= now);
        come.filter(|_| now < self.at).map(|(reminder, _)| reminder)
    }

    /// When the next reminder after `now` is due.
    #[must_use]
    pub fn next_after(self, now: Timestamp) -> Option<Timestamp> {
        self.reminders().into_iter().map(|(_, moment)| moment).find(|moment| *moment > now)
    }
}

/// Whether access that begins at `begins` would be held beside what ends at `ends_at`. Access that is
/// there is extended instead of being asked for a second time; what begins when it has ended is new.
#[must_use]
pub fn held_beside(ends_at: Option<Timestamp>, begins: Timestamp) -> bool {
    ends_at.is_none_or(|end| begins < end)
}

/// Why an extension cannot be carried out now. The sentences are for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotExtended {
    /// The access is on its way out or gone: what ends does not come back (law 7).
    #[error("The access has ended or is being removed, so there is nothing to extend: it has to be asked for anew.")]
    Ended,
    /// The end that was approved has passed.
    #[error("The approved period has ended.")]
    Past,
}

/// The new end of a grant whose extension is carried out at `now`: what was approved, never the
/// past, and only while the access is there (law 9).
///
/// # Errors
/// [`NotExtended`], for which the release is held.
pub fn extend(state: &GrantState, approved: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, NotExtended> {
    if *state != GrantState::Active {
        return Err(NotExtended::Ended);
    }
    match approved {
        Some(end) if end <= now => Err(NotExtended::Past),
        end => Ok(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_grant_ends_only_through_a_planned_removal(moves in proptest::collection::vec(any::<bool>(), 0..12)) {
            let removal = ReleaseId::new(Timestamp::UNIX_EPOCH, [1; 10]);
            let mut state = GrantState::Active;
            for ending in moves {
                let before = state.clone();
                let next = if ending {
                    state.clone().start_ending(Timestamp::UNIX_EPOCH, EndReason::Expired, removal)
                } else {
                    state.clone().end(Timestamp::UNIX_EPOCH)
                };
                if let Ok(next) = next {
                    match &next {
                        GrantState::Active => prop_assert!(false, "nothing becomes active again"),
                        GrantState::Ending { .. } => prop_assert_eq!(before, GrantState::Active),
                        GrantState::Ended { .. } => prop_assert!(matches!(before, GrantState::Ending { .. }), "ended from {}", before.word()),
                    }
                    state = next;
                }
            }
        }
    }

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap_or_default()
    }

    #[test]
    fn only_access_that_is_there_is_extended_and_never_into_the_past() {
        let removal = ReleaseId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let ending = GrantState::Ending { since: second(1), reason: EndReason::Expired, removal };
        let ended = GrantState::Ended { at: second(1), reason: EndReason::GivenBack, removal };
        for (state, approved, outcome) in [
            (&GrantState::Active, Some(101), Ok(Some(101))),
            (&GrantState::Active, None, Ok(None)),
            (&GrantState::Active, Some(100), Err(NotExtended::Past)),
            (&GrantState::Active, Some(99), Err(NotExtended::Past)),
            (&ending, Some(101), Err(NotExtended::Ended)),
            (&ended, None, Err(NotExtended::Ended)),
        ] {
            assert_eq!(
                extend(state, approved.map(second), second(100)),
                outcome.map(|end| end.map(second)),
                "{} {approved:?}",
                state.word()
            );
        }
    }

    /// Hours before the end at which each reminder comes, for access of so many hours.
    fn reminded(hours: i64) -> Vec<(&'static str, i64)> {
        let end = End { set_at: second(0), at: second(hours * 3_600) };
        end.reminders().into_iter().map(|(reminder, moment)| (reminder.word(), end.at.duration_since(moment).as_hours())).collect()
    }

    #[test]
    fn people_are_reminded_a_third_a_week_and_a_day_before_the_end() {
        for (days, expected) in [
            (365, vec![("third", 2_920), ("week", 168), ("day", 24)]),
            (30, vec![("third", 240), ("week", 168), ("day", 24)]),
            // A third of three weeks is a week.
            (21, vec![("week", 168), ("day", 24)]),
            (12, vec![("week", 168), ("third", 96), ("day", 24)]),
            (7, vec![("third", 56), ("day", 24)]),
            (3, vec![("day", 24)]),
            (2, vec![("day", 24), ("third", 16)]),
            (1, vec![("third", 8)]),
            (0, vec![]),
        ] {
            assert_eq!(reminded(days * 24), expected, "{days} days");
        }
    }

    #[test]
    fn a_server_that_stood_still_tells_the_nearest_reminder_only() {
        let day = 24 * 3_600;
        let end = End { set_at: second(0), at: second(30 * day) };
        for (at, told, next) in [
            (20 * day - 1, None, Some(20 * day)),
            (20 * day, Some(Reminder::Third), Some(23 * day)),
            (23 * day, Some(Reminder::Week), Some(29 * day)),
            (29 * day, Some(Reminder::Day), None),
            (30 * day - 1, Some(Reminder::Day), None),
            (30 * day, None, None),
        ] {
            assert_eq!((end.due(second(at)), end.next_after(second(at))), (told, next.map(second)), "{at}");
        }
    }

    proptest! {
        #[test]
        fn reminders_lie_between_setting_the_end_and_the_end_and_no_two_at_one_moment(left in 0i64..400_000_000) {
            let end = End { set_at: second(7), at: second(7 + left) };
            let moments: Vec<_> = end.reminders().into_iter().map(|(_, moment)| moment).collect();
            prop_assert!(moments.iter().all(|moment| *moment > end.set_at && *moment < end.at));
            prop_assert!(moments.windows(2).all(|pair| matches!(pair, [one, two] if one < two)));
            prop_assert_eq!(end.expiring_from(), moments.first().copied());
        }
    }

    #[test]
    fn access_is_seen_as_it_stood_at_the_moment_that_is_asked_about() {
        let course =
            Course { since: second(10), expiring_from: Some(second(20)), ending_since: Some(second(30)), ended_at: Some(second(40)) };
        for (at, phase) in [
            (9, GrantPhase::Scheduled),
            (10, GrantPhase::Active),
            (19, GrantPhase::Active),
            (20, GrantPhase::Expiring),
            (29, GrantPhase::Expiring),
            (30, GrantPhase::Ending),
            (40, GrantPhase::Ended),
        ] {
            assert_eq!(course.phase(second(at)), phase, "{at}");
        }
        // Given back before anybody was reminded.
        let early = Course { ending_since: Some(second(15)), ended_at: Some(second(25)), ..course };
        assert_eq!((early.phase(second(22)), early.phase(second(25))), (GrantPhase::Ending, GrantPhase::Ended));
    }

    #[test]
    fn what_begins_when_the_other_has_ended_is_not_held_beside_it() {
        for (ends, begins, beside) in [(Some(100), 99, true), (Some(100), 100, false), (Some(100), 101, false), (None, 1_000, true)] {
            assert_eq!(held_beside(ends.map(second), second(begins)), beside, "{ends:?} {begins}");
        }
    }
}
