//! Typed identifiers, one per noun, and the human numbers printed on records.
//!
//! Identifiers are UUIDv7 (RFC 9562, section 5.7) made from a timestamp and random bytes that the
//! caller supplies; human numbers are labels and never an ordering.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A time-ordered identifier (UUIDv7) from the current time and ten random bytes.
            #[must_use]
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                Self(uuid_v7(now, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::parse_str(text).map(Self) }
        }
    )+};
}

typed_ids! {
    /// A person or a non-human identity.
    IdentityId,
    /// A piece of evidence of work by hand.
    EvidenceId,
    /// An organisational unit.
    UnitId,
    /// An application that entitlements belong to.
    ApplicationId,
    /// Something that can be granted.
    EntitlementId,
    /// A separation-of-duties rule.
    ConflictId,
    /// An access request.
    RequestId,
    /// One line of an access request.
    ItemId,
    /// One press of the button that submits a basket.
    SubmissionId,
    /// Something somebody is still writing.
    DraftId,
    /// What was typed into a form that was refused.
    RefusedFormId,
    /// A file on a request.
    AttachmentId,
    /// A standard pattern of entitlements that are asked for together.
    TemplateId,
    /// A named group of approvers.
    GroupId,
    /// Who decides, as data.
    PlanId,
    /// A record that one person decides for another who is away.
    DelegationId,
    /// A change to the catalogue or the rules.
    ChangeId,
    /// A decision that can still be undone.
    PendingDecisionId,
    /// One press that decides many.
    BulkDecisionId,
    /// One message of the conversation on a request.
    MessageId,
    /// A filter somebody keeps.
    SavedFilterId,
    /// One thing somebody should know.
    NotificationId,
    /// One mail.
    DigestId,
    /// One stage of an approval plan.
    StageId,
    /// One recorded decision.
    DecisionId,
    /// One run of all gates over one item.
    EvaluationId,
    /// One planned or executed identity change.
    ReleaseId,
    /// Access that a person has, had or is about to lose.
    GrantId,
    /// A way to another machine.
    ConnectionId,
    /// A machine, to which several connections may lead.
    MachineId,
    /// A change to one that waits for a second person.
    ConnectionChangeId,
    /// A stretch of time in which work was late.
    IncidentId,
    /// An audit event.
    EventId,
    /// A sign-in session.
    SessionId,
    /// A role assignment in Countersign itself.
    AssignmentId,
    /// One run of a file import.
    ImportId,
    /// A key the browser sends with a change so that sending it twice changes once.
    IdempotencyKey,
}

/// UUIDv7: 48 bits of Unix milliseconds, then version, variant and 74 random bits.
fn uuid_v7(now: Timestamp, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// The human label of a record, for example `REQ-2026-000123`.
#[must_use]
pub fn human_number(prefix: &str, year: i16, sequence: i64) -> String {
    format!("{prefix}-{year:04}-{sequence:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_version_and_sorts_by_time() {
        let early = RequestId::new(Timestamp::UNIX_EPOCH, [255; 10]);
        let late = RequestId::new(Timestamp::from_millisecond(1).unwrap_or_default(), [0; 10]);
        assert_eq!(early.0.get_version_num(), 7);
        assert!(early < late);
    }

    #[test]
    fn a_human_number_is_padded_and_does_not_overflow_its_padding() {
        assert_eq!(human_number("REQ", 2026, 123), "REQ-2026-000123");
        assert_eq!(human_number("REL", 2026, 12_345_678), "REL-2026-12345678");
    }
}
