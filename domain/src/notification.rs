//! What somebody should know: the kinds of notification, which can be chosen one by one and are
//! grouped by kind into mails. No texts with facts here: those are written where the fact happens.

use crate::words::words;

words! {
    /// Why somebody is told something.
    pub enum NotificationKind: "notification kind" {
        /// A decision waits for them.
        DecisionWaiting = "decision_waiting", "A decision waits for you",
        /// A decision that waits is due soon or late.
        Reminder = "reminder", "A decision is due",
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
    }
}
