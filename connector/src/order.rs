//! What is to be carried out, and what was found.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Whose account. Attributes have the names of our own records (`number`, `login`, `display_name`,
/// `mail`, `unit`, `title`, `population`); the mapping of an application says what they are called
/// over there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The identity, in our records.
    pub identity: Uuid,
    /// Its attributes; what is unknown is absent.
    pub attributes: BTreeMap<String, String>,
    /// The account that is known to be theirs, by its id over there. It is looked for first: what
    /// accounts are matched by may have changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whether `account` was made for the release that the order carries out.
    #[serde(skip)]
    pub made_for_release: bool,
    /// The attributes with which the account was asked for before: one whose making was not answered is
    /// there under these. Empty when it was not asked for, or nothing came of that.
    #[serde(skip)]
    pub asked_as: BTreeMap<String, String>,
}

impl Subject {
    /// Somebody of whom no account is known.
    #[must_use]
    pub fn new(identity: Uuid, attributes: BTreeMap<String, String>) -> Self {
        Self { identity, attributes, account: None, made_for_release: false, asked_as: BTreeMap::new() }
    }

    /// Whether an account, by its id over there, was made for this release.
    #[must_use]
    pub fn is_made_for_release(&self, account: &str) -> bool {
        self.made_for_release && self.account.as_deref() == Some(account)
    }

    /// One attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// What is given or taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entitlement {
    /// The entitlement, in our records.
    pub id: Uuid,
    /// What it is called over there (a group's name, a role's value).
    pub reference: String,
    /// Its name on our pages.
    pub name: String,
}

/// Give or take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Access is given.
    Give,
    /// Access is taken.
    Take,
}

/// One change to one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The release it carries out.
    pub release: Uuid,
    /// The release's human number.
    pub number: String,
    /// Give or take.
    pub change: Change,
    /// Whose account.
    pub subject: Subject,
    /// What.
    pub entitlement: Entitlement,
    /// For a removal: no other access in this application is left, so the account itself may go, too.
    pub last: bool,
}

/// A step. The order in a plan is the order of carrying out; undoing goes backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The account is there and active.
    ReadyAccount,
    /// The entitlement is there.
    Give,
    /// The entitlement is gone.
    Take,
    /// The account is inactive, or gone, as the settings say.
    CloseAccount,
}

impl Operation {
    /// The word stored in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ReadyAccount => "ready_account",
            Self::Give => "give",
            Self::Take => "take",
            Self::CloseAccount => "close_account",
        }
    }

    /// The word for undoing it, in records of what was asked.
    #[must_use]
    pub fn undo_word(self) -> &'static str {
        match self {
            Self::ReadyAccount => "undo_ready_account",
            Self::Give => "undo_give",
            Self::Take => "undo_take",
            Self::CloseAccount => "undo_close_account",
        }
    }
}

/// An account over there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// There is none.
    Absent,
    /// It is there and cannot be used.
    Inactive,
    /// It is there and can be used.
    Active,
}

/// What a step found before it; undoing restores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Before {
    /// An account in this state.
    Account {
        /// Its state.
        state: Account,
    },
    /// The entitlement was there, or not.
    Entitlement {
        /// Whether it was there.
        held: bool,
    },
    /// The machine on the other side does not say; a step is always needed.
    Unknown,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    pub operation: Operation,
    /// What was found when it was planned.
    pub before: Before,
    /// Whether anything has to change; a step that is not needed is recorded and not done.
    pub needed: bool,
}

/// What has to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// The account's id over there, when there is one already.
    pub account: Option<String>,
}

/// What is there, as the other side says when it is asked anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actual {
    /// The account.
    pub account: Account,
    /// The account's id over there.
    pub account_id: Option<String>,
    /// References of everything the account has in this application.
    pub entitlements: BTreeSet<String>,
}
