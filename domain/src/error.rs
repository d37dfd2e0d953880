//! What a broken rule looks like: an error at a field, a rule of the whole record, a move that the
//! state does not allow. The texts are for the person at the screen; nothing internal is in them.

use serde::{Deserialize, Serialize};

/// One field that cannot be accepted as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Name of the form field, as in the HTML `name` attribute.
    pub field: String,
    /// Stable code, for example `too_long` or a control id such as `CS-EXP-01`.
    pub code: String,
    /// One sentence that says what is wrong and what to do.
    pub message: String,
}

impl FieldError {
    /// An error at `field`.
    #[must_use]
    pub fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code: code.to_owned(), message: message.into() }
    }
}

/// A move that the record's present state does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {noun} that is {from} cannot {action}")]
pub struct InvalidTransition {
    /// The record's noun, for example `request`.
    pub noun: &'static str,
    /// The state it is in.
    pub from: &'static str,
    /// What was asked of it.
    pub action: &'static str,
}

/// A rule of the product that the action would break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleBroken {
    /// The state does not allow it.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// Law 4: nobody decides for themselves.
    #[error("nobody decides on their own access")]
    SelfApproval,
    /// One person decides at one stage only.
    #[error("you have already decided at another stage of this request")]
    AlreadyDecided,
    /// The person is not among those who may decide at this stage.
    #[error("you are not among the people who decide at this stage")]
    NotACandidate,
    /// Another of those asked has taken it on.
    #[error("somebody else of the team has taken this on")]
    ClaimedByAnother,
    /// A delegate gives the decision to a third person.
    #[error("who stands in for somebody decides for them and hands nothing on")]
    HandsOn,
    /// Law 3: who approved never executes the same item.
    #[error("who approved a request never carries it out; another operator has to")]
    ApproverExecutes,
    /// Law 3 again: nobody executes their own access.
    #[error("nobody carries out a change to their own access")]
    SubjectExecutes,
    /// Released before the requested start.
    #[error("this change may not be carried out before its start date")]
    TooEarly,
}
