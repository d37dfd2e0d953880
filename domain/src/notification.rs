//! What somebody should know: the kinds of notification, which can be chosen one by one and are
//! grouped by kind into mails. No texts with facts here: those are written where the fact happens.

use crate::words::words;
use jiff::{SignedDuration, Timestamp};

/// A person gets at most one mail of a kind in this time; what happens meanwhile waits for the next.
pub const DIGEST_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// How long a mail waits after each failure. After one failure more it is given up.
const WAITS: [SignedDuration; 4] =
    [SignedDuration::from_mins(1), SignedDuration::from_mins(5), SignedDuration::from_mins(30), SignedDuration::from_hours(2)];

words! {
    /// Why somebody is told something.
    pub enum NotificationKind: "notification kind" {
        /// A decision waits for them.
        DecisionWaiting = "decision_waiting", "A decision waits for you",
        /// A decision that waits is due soon or late.
        Reminder = "reminder", "Something of yours is due",
        /// They were asked as the next level.
        Escalated = "escalated", "A decision was escalated to you",
        /// An approver asks something.
        Question = "question", "A question on your request",
        /// The requester answered.
        Answered = "answered", "Your question was answered",
        /// A request of theirs was decided, released or ended.
        RequestMoved = "request_moved", "Your request moved on",
        /// A decision of theirs was not recorded.
        NotRecorded = "not_recorded", "Your decision was not recorded",
        /// Access of theirs ends soon or has ended.
        AccessEnds = "access_ends", "Your access ends",
        /// Nobody can decide, or a rule holds something.
        Held = "held", "Something is held",
        /// A change waits for a second person, or one of theirs was decided.
        Change = "change", "A change to the catalogue or the rules",
        /// Somebody lets them decide, or ended that.
        Delegation = "delegation", "Deciding for somebody else",
        /// What the server does by itself stands still.
        WorkLate = "work_late", "Work is late",
    }
}

impl NotificationKind {
    /// Whether something stands still until its recipient acts, or believes in a decision that is
    /// none: such a kind always shows in the application. Mail about it may be switched off.
    #[must_use]
    pub const fn always_shows(self) -> bool {
        match self {
            Self::DecisionWaiting | Self::Escalated | Self::Question | Self::NotRecorded => true,
            Self::Reminder
            | Self::Answered
            | Self::RequestMoved
            | Self::AccessEnds
            | Self::Held
            | Self::Change
            | Self::Delegation
            | Self::WorkLate => false,
        }
    }

    /// When it is sent, in a sentence.
    #[must_use]
    pub const fn explained(self) -> &'static str {
        match self {
            Self::DecisionWaiting => "You are asked to decide on a request.",
            Self::Reminder => "A decision that waits for you is due soon or late, or work by hand is late.",
            Self::Escalated => "A decision was not made in time and you are the next level.",
            Self::Question => "Somebody who decides asks you something; the request waits for your answer.",
            Self::Answered => "Somebody answered what you asked on a request.",
            Self::RequestMoved => "A request of yours, or one you watch, was decided, carried out or ended.",
            Self::NotRecorded => "A decision of yours was not recorded because the request had moved on.",
            Self::AccessEnds => "Access of yours ends soon or has ended.",
            Self::Held => "Something is held because nobody can decide or a rule is not met.",
            Self::Change => "A change to the catalogue or the rules waits for you, or one of yours was decided.",
            Self::Delegation => "Somebody lets you decide for them, or ended that.",
            Self::WorkLate => {
                "What the server does by itself is late: tasks wait, or a job did not run or keeps failing. For administrators."
            }
        }
    }

    /// Subject of a mail with so many of them: a number and plain words, because subjects show on
    /// locked screens and in the logs of every server on the way.
    #[must_use]
    pub fn subject(self, count: usize) -> String {
        let (one, many) = match self {
            Self::DecisionWaiting => ("1 decision waits for you", "decisions wait for you"),
            Self::Reminder => ("1 decision is due", "decisions are due"),
            Self::Escalated => ("1 decision was escalated to you", "decisions were escalated to you"),
            Self::Question => ("1 question waits for your answer", "questions wait for your answer"),
            Self::Answered => ("1 question of yours was answered", "questions of yours were answered"),
            Self::RequestMoved => ("1 piece of news about your requests", "pieces of news about your requests"),
            Self::NotRecorded => ("1 decision of yours was not recorded", "decisions of yours were not recorded"),
            Self::AccessEnds => ("1 access of yours ends", "accesses of yours end"),
            Self::Held => ("1 thing is held", "things are held"),
            Self::Change => ("1 piece of news about changes", "pieces of news about changes"),
            Self::Delegation => ("1 piece of news about deciding for others", "pieces of news about deciding for others"),
            Self::WorkLate => ("1 warning that work is late", "warnings that work is late"),
        };
        if count == 1 { format!("Countersign: {one}") } else { format!("Countersign: {count} {many}") }
    }
}

/// How somebody wants to be told about a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preference {
    /// In the list and at the bell.
    pub in_app: bool,
    /// By mail.
    pub mail: bool,
}

impl Preference {
    /// What holds for those who chose nothing: told in both ways.
    pub const UNCHOSEN: Self = Self { in_app: true, mail: true };

    /// The choice as it holds for a kind: what waits for somebody always shows.
    #[must_use]
    pub const fn for_kind(self, kind: NotificationKind) -> Self {
        Self { in_app: self.in_app || kind.always_shows(), mail: self.mail }
    }

    /// Whether anything is to be written at all.
    #[must_use]
    pub const fn tells(self) -> bool {
        self.in_app || self.mail
    }
}

/// Whether the next mail of a kind may be made, when the last one was made at `last`.
#[must_use]
pub fn may_make_digest(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| now.duration_since(last) >= DIGEST_EVERY)
}

/// How long a mail waits after its `attempts`-th attempt failed; `None` when it is given up.
#[must_use]
pub fn wait_after_attempt(attempts: i32) -> Option<SignedDuration> {
    usize::try_from(attempts).ok()?.checked_sub(1).and_then(|at| WAITS.get(at)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_somebody_always_shows_and_the_rest_can_be_switched_off() {
        let off = Preference { in_app: false, mail: false };
        for kind in NotificationKind::ALL {
            assert_eq!(off.for_kind(*kind).tells(), kind.always_shows(), "{kind:?}");
            assert_eq!(Preference::UNCHOSEN.for_kind(*kind), Preference::UNCHOSEN);
        }
        assert!(off.for_kind(NotificationKind::DecisionWaiting).in_app && !off.for_kind(NotificationKind::DecisionWaiting).mail);
    }

    #[test]
    fn a_mail_of_a_kind_comes_at_most_once_an_hour() {
        let last: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let after = |minutes| last.saturating_add(SignedDuration::from_mins(minutes)).unwrap();
        assert!(may_make_digest(None, last));
        for (minutes, may) in [(0, false), (59, false), (60, true), (61, true)] {
            assert_eq!(may_make_digest(Some(last), after(minutes)), may, "{minutes} min");
        }
    }

    #[test]
    fn a_failed_mail_waits_longer_each_time_and_is_given_up_after_the_fifth_attempt() {
        let minutes: Vec<Option<i64>> = (0..7).map(|attempts| wait_after_attempt(attempts).map(|wait| wait.as_mins())).collect();
        assert_eq!(minutes, [None, Some(1), Some(5), Some(30), Some(120), None, None]);
    }

    #[test]
    fn a_subject_is_a_number_and_plain_words() {
        assert_eq!(NotificationKind::DecisionWaiting.subject(1), "Countersign: 1 decision waits for you");
        assert_eq!(NotificationKind::DecisionWaiting.subject(3), "Countersign: 3 decisions wait for you");
        for kind in NotificationKind::ALL {
            for count in [1, 2, 20] {
                let subject = kind.subject(count);
                assert!(subject.is_ascii() && subject.len() < 70 && subject.contains(&count.to_string()), "{subject}");
            }
        }
    }
}
