//! Audit events: what happened, by whom, to what, on which of the trails.
//!
//! Law 3: decision and execution are two trails, and each event belongs to exactly one. What runs
//! the installation itself (people, roles, the catalogue) is on a third.

use crate::words::words;

words! {
    /// The trail an event belongs to.
    pub enum Trail: "trail" {
        /// Who asked and who decided.
        Decision = "decision", "Decision",
        /// Who carried out what.
        Execution = "execution", "Execution",
        /// Who runs the installation.
        Administration = "administration", "Administration",
    }
}

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $trail:ident, $label:literal;)+) => {
        /// Everything that can happen. The word is stored, the trail follows from the kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $($(#[$doc])* $variant),+ }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word stored in the database.
            #[must_use]
            pub fn word(self) -> &'static str { match self { $(Self::$variant => $word),+ } }

            /// The trail it belongs to.
            #[must_use]
            pub fn trail(self) -> Trail { match self { $(Self::$variant => Trail::$trail),+ } }

            /// What the timeline says.
            #[must_use]
            pub fn label(self) -> &'static str { match self { $(Self::$variant => $label),+ } }

            /// Reads a stored word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> { match word { $($word => Some(Self::$variant),)+ _ => None } }
        }
    };
}

event_kinds! {
    /// A request was submitted, with the gates met.
    RequestSubmitted = "request.submitted", Decision, "Submitted";
    /// The requester answered a question with the next revision.
    RequestResubmitted = "request.resubmitted", Decision, "Answered with a new revision";
    /// A submission was refused because gates were not met.
    RequestRefused = "request.refused", Decision, "Submission refused";
    /// The requester changed it before anything was decided for good.
    RequestEdited = "request.edited", Decision, "Changed with a new revision";
    /// Somebody else wants to hear about it.
    RequestJoined = "request.joined", Decision, "Joined by somebody who asked for the same";
    /// The requester answered a question without changing the request.
    QuestionAnswered = "request.question_answered", Decision, "Question answered";
    /// A file was added.
    AttachmentAdded = "request.attachment_added", Decision, "File added";
    /// The requester took it back.
    RequestWithdrawn = "request.withdrawn", Decision, "Withdrawn";
    /// Its period ran out.
    RequestLapsed = "request.lapsed", Decision, "Lapsed";
    /// A stage opened and people were asked.
    StageOpened = "stage.opened", Decision, "Asked to decide";
    /// Nobody could be asked.
    StageHeld = "stage.held", Decision, "Held: nobody can decide";
    /// One of a team took it on.
    StageClaimed = "stage.claimed", Decision, "Taken on";
    /// It went back to the team.
    StageUnclaimed = "stage.unclaimed", Decision, "Given back to the team";
    /// Another person was asked instead.
    StageReassigned = "stage.reassigned", Decision, "Reassigned";
    /// The people asked were reminded.
    StageReminded = "stage.reminded", Decision, "Reminded";
    /// The next level was asked as well.
    StageEscalated = "stage.escalated", Decision, "Escalated";
    /// It was time for the next level, and nobody there could be asked.
    StageNotEscalated = "stage.not_escalated", Decision, "Next level could not be asked";
    /// Somebody decided; for a few seconds it can be undone.
    DecisionMade = "decision.made", Decision, "Decided, can be undone";
    /// The decider took it back in time.
    DecisionUndone = "decision.undone", Decision, "Decision undone";
    /// The request had moved on before the decision became final.
    DecisionNotRecorded = "decision.not_recorded", Decision, "Decision not recorded";
    /// Somebody approved.
    DecisionApproved = "decision.approved", Decision, "Approved";
    /// Somebody asked a question.
    DecisionReturned = "decision.returned", Decision, "Returned with a question";
    /// Somebody said no.
    DecisionRejected = "decision.rejected", Decision, "Rejected";
    /// Every stage approved.
    RequestApproved = "request.approved", Decision, "All approvals given";
    /// A change was put into the operators' queue.
    ReleasePlanned = "release.planned", Execution, "Release planned";
    /// It could not be released on the facts of that moment.
    ReleaseHeld = "release.held", Execution, "Held";
    /// A change was carried out.
    ReleaseExecuted = "release.executed", Execution, "Carried out";
    /// The gates are met and a machine is asked.
    ReleaseGated = "release.gated", Execution, "Begun";
    /// The account is there and active.
    ReleaseAccountReady = "release.account_ready", Execution, "Account ready";
    /// A machine says that it is done.
    ReleaseActivated = "release.activated", Execution, "Done, being proven";
    /// What is there was read and proves it.
    ReleaseVerified = "release.verified", Execution, "Proven";
    /// A step came to nothing.
    ReleaseFailed = "release.failed", Execution, "Failed";
    /// Somebody had it tried again.
    ReleaseRetried = "release.retried", Execution, "Tried again";
    /// What was done is being undone.
    ReleaseUndoing = "release.undoing", Execution, "Rolling back";
    /// Everything is undone.
    ReleaseRolledBack = "release.rolled_back", Execution, "Rolled back";
    /// Undoing failed.
    ReleaseStuck = "release.stuck", Execution, "Rolling back failed";
    /// Somebody proposes to skip a step that failed.
    ReleaseSkipProposed = "release.skip_proposed", Execution, "Skipping a step proposed";
    /// A second person answered that.
    ReleaseSkipAnswered = "release.skip_answered", Execution, "Skipping a step answered";
    /// An operator took it on, or gave it back.
    ReleaseClaimed = "release.claimed", Execution, "Taken on or given back";
    /// Work by hand is late, and those who could do it were told.
    ReleaseReminded = "release.reminded", Execution, "Reminded: late";
    /// A file that shows what was done was added.
    ReleaseEvidenceAdded = "release.evidence_added", Execution, "Evidence added";
    /// A second look found nothing; it goes back to the operators.
    ReleaseNotThere = "release.not_there", Execution, "Second look: not there";
    /// What somebody did although a rule held it was taken back over there.
    ReleaseTakenBack = "release.taken_back", Execution, "Taken back by hand";
    /// Nobody took the second look before the access had to go; a removal follows.
    ReleaseNotLookedAt = "release.not_looked_at", Execution, "No second look before its end";
    /// Nobody took back what somebody did although a rule held it, before the access had to go; a removal follows.
    ReleaseNotTakenBack = "release.not_taken_back", Execution, "Not taken back before its end";
    /// A step was not done, or not undone, because other access rests on it.
    ReleaseStepKept = "release.step_kept", Execution, "Left for other access";
    /// A machine had not begun, and people serve the application by now.
    ReleaseLeftToPeople = "release.left_to_people", Execution, "Left to people";
    /// A removal had nothing to take away.
    ReleaseNotNeeded = "release.not_needed", Execution, "Nothing to take away";
    /// A machine says that it did a step that nothing waits for any more.
    ReleaseDoneAfterwards = "release.done_afterwards", Execution, "Done when nothing waited for it any more";
    /// A change is not needed any more.
    ReleaseCancelled = "release.cancelled", Execution, "Release cancelled";
    /// Access is there.
    GrantActivated = "grant.activated", Execution, "Access active";
    /// The end of access was moved.
    GrantExtended = "grant.extended", Execution, "Access extended";
    /// People were reminded that access ends.
    GrantReminded = "grant.reminded", Execution, "Reminded of the end";
    /// Access ends: at its end, with its holder, given back, or replaced.
    GrantEnding = "grant.ending", Execution, "Access ends";
    /// A grant is over: its access is gone, unless another grant gives the same.
    GrantEnded = "grant.ended", Execution, "Access ended";
    /// The request is complete.
    RequestClosed = "request.closed", Execution, "Request closed";
    /// Somebody signed in.
    SessionStarted = "session.started", Administration, "Signed in";
    /// A session ended.
    SessionEnded = "session.ended", Administration, "Signed out";
    /// A password was changed.
    PasswordChanged = "account.password_changed", Administration, "Password changed";
    /// An account was made.
    AccountCreated = "account.created", Administration, "Account created";
    /// A role was given.
    RoleGranted = "role.granted", Administration, "Role given";
    /// A role was taken.
    RoleEnded = "role.ended", Administration, "Role ended";
    /// A job was asked to run at once.
    JobRequested = "job.requested", Administration, "Job asked to run now";
    /// A task that had failed was asked to run again.
    TaskRetried = "task.retried", Administration, "Task asked to run again";
    /// A task that had failed was taken out of the queue.
    TaskDiscarded = "task.discarded", Administration, "Task discarded";
    /// Work that was due stood still.
    WorkLate = "work.late", Administration, "Work is late";
    /// Nothing that is due stands still any more.
    WorkOnTime = "work.on_time", Administration, "Work is on time again";
    /// An identity was stopped.
    IdentitySuspended = "identity.suspended", Administration, "Suspended";
    /// An identity came back.
    IdentityResumed = "identity.resumed", Administration, "Resumed";
    /// The people feed brought somebody.
    IdentityAdded = "identity.added", Administration, "Came with the people feed";
    /// The people feed changed somebody.
    IdentityChanged = "identity.changed", Administration, "Changed by the people feed";
    /// Somebody left.
    IdentityRetired = "identity.retired", Administration, "Retired";
    /// The people feed brought a unit.
    UnitAdded = "unit.added", Administration, "Came with the people feed";
    /// The catalogue brought an application.
    ApplicationAdded = "application.added", Administration, "Came with the catalogue";
    /// The catalogue brought an entitlement.
    EntitlementAdded = "entitlement.added", Administration, "Came with the catalogue";
    /// The catalogue changed an entitlement.
    EntitlementChanged = "entitlement.changed", Administration, "Changed by the catalogue";
    /// The catalogue no longer has an entitlement.
    EntitlementRetired = "entitlement.retired", Administration, "Retired";
    /// A people feed was applied.
    PeopleImported = "import.people_applied", Administration, "People feed applied";
    /// A catalogue was applied.
    CatalogueImported = "import.catalogue_applied", Administration, "Catalogue applied";
    /// Owner and deputy of an application were named.
    ApplicationOwnersNamed = "application.owners_named", Administration, "Owners named";
    /// Somebody's second factor was recorded.
    SecondFactorRecorded = "identity.second_factor_recorded", Administration, "Second factor recorded";
    /// Accounts were recorded as those of one person.
    AccountsLinked = "identity.accounts_linked", Administration, "Linked to another account of the same person";
    /// A link between accounts was taken away.
    AccountUnlinked = "identity.account_unlinked", Administration, "No longer linked to another account";
    /// A tier was changed by hand.
    EntitlementTierChanged = "entitlement.tier_changed", Administration, "Risk tier changed";
    /// Somebody lets another person decide while away.
    DelegationMade = "delegation.made", Administration, "Delegation made";
    /// A delegation was ended before its time.
    DelegationRevoked = "delegation.revoked", Administration, "Delegation ended early";
    /// A change to the catalogue or the rules was proposed.
    ChangeProposed = "change.proposed", Administration, "Change proposed";
    /// A second person confirmed it.
    ChangeConfirmed = "change.confirmed", Administration, "Change confirmed";
    /// A second person said no.
    ChangeRefused = "change.refused", Administration, "Change refused";
    /// The proposer took it back.
    ChangeWithdrawn = "change.withdrawn", Administration, "Change taken back";
    /// The record had changed meanwhile.
    ChangeOvertaken = "change.overtaken", Administration, "Overtaken by another change";
    /// It is in force.
    ChangeInForce = "change.in_force", Administration, "Change in force";
    /// A record came with a change.
    RecordAdded = "record.added", Administration, "Added by a change";
    /// A record was changed by a change.
    RecordChanged = "record.changed", Administration, "Changed by a change";
    /// A connection to another machine was made.
    ConnectionCreated = "connection.created", Administration, "Connection made";
    /// A change to a connection in use waits for a second person.
    ConnectionChangeProposed = "connection.change_proposed", Administration, "Change to the connection proposed";
    /// A second person said no, or its proposer took it back.
    ConnectionChangeRefused = "connection.change_refused", Administration, "Change to the connection refused";
    /// Another version of its settings is in force.
    ConnectionChanged = "connection.changed", Administration, "Connection changed";
    /// Its secret was entered.
    ConnectionSecretSet = "connection.secret_set", Administration, "Secret entered";
    /// Its secret was sealed with the present key.
    ConnectionSecretSealed = "connection.secret_sealed", Administration, "Secret sealed with the present key";
    /// Somebody tried whether it works.
    ConnectionTested = "connection.tested", Administration, "Connection tested";
    /// Somebody ended its rest.
    ConnectionBreakerClosed = "connection.breaker_closed", Administration, "Rest ended by hand";
    /// It is not chosen any more.
    ConnectionRetired = "connection.retired", Administration, "Connection retired";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_from_its_word_and_words_are_unique() {
        let mut words: Vec<_> = EventKind::ALL.iter().map(|k| k.word()).collect();
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_word(kind.word()), Some(*kind));
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), EventKind::ALL.len());
    }

    #[test]
    fn who_decides_and_who_carries_out_are_never_on_the_same_trail() {
        for kind in EventKind::ALL {
            let word = kind.word();
            if word.starts_with("decision.") || word.starts_with("stage.") {
                assert_eq!(kind.trail(), Trail::Decision, "{word}");
            }
            if word.starts_with("release.") || word.starts_with("grant.") {
                assert_eq!(kind.trail(), Trail::Execution, "{word}");
            }
        }
    }
}
