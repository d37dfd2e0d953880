//! What the pages of change control ask of the server: the catalogue and the rules as records with
//! fields, their versions, and changes that a second person confirms.
//!
//! All kinds go through one set of pages. A kind describes its fields; pages render what they are
//! given and know no kind by name.

use crate::error::AppError;
use crate::record::PersonRef;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::change::{ChangeState, RecordKind};
use domain::id::{ChangeId, IdempotencyKey};
use domain::page::Page;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a field is typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldShape {
    /// One line.
    Line {
        /// Most characters.
        most: usize,
    },
    /// Several lines.
    Lines {
        /// Most characters.
        most: usize,
        /// Lines shown.
        rows: u32,
    },
    /// A whole number; empty means none where the field is not required.
    Number {
        /// Smallest.
        least: i64,
        /// Largest.
        most: i64,
    },
    /// One of a list: value and label.
    Choice {
        /// The list.
        options: Vec<(String, String)>,
    },
    /// Any of a list, sent as words separated by spaces.
    Several {
        /// The list.
        options: Vec<(String, String)>,
    },
}

/// One field of a record, with its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditField {
    /// Name in the form.
    pub name: String,
    /// Label.
    pub label: String,
    /// Hint: limits and format, in words.
    pub hint: String,
    /// How it is typed.
    pub shape: FieldShape,
    /// Value as text.
    pub value: String,
    /// May not be empty.
    pub required: bool,
    /// A change of it needs a second person.
    pub needs_second: bool,
    /// Cannot be changed here (identifiers).
    pub fixed: bool,
}

/// A record open for editing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditView {
    /// What it is.
    pub kind: RecordKind,
    /// Its key; empty for a new one.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Version shown, 0 for a new one.
    pub version: i32,
    /// Its fields.
    pub fields: Vec<EditField>,
    /// The caller may propose a change.
    pub may_edit: bool,
    /// Versions, newest first.
    pub versions: Vec<VersionLine>,
    /// Changes that are not in force yet.
    pub open: Vec<ChangeLine>,
    /// Key for one proposal.
    pub idempotency: IdempotencyKey,
}

/// One version of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionLine {
    /// Which.
    pub version: i32,
    /// Since when in force.
    pub effective: When,
    /// The change that made it, with its number.
    pub change: Option<(ChangeId, String)>,
    /// Who proposed it.
    pub proposed_by: Option<PersonRef>,
    /// Who confirmed it.
    pub confirmed_by: Option<PersonRef>,
    /// Every field as it stood: label, value in words.
    pub fields: Vec<(String, String)>,
}

/// One changed field in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Label of the field.
    pub label: String,
    /// Before, in words.
    pub before: String,
    /// After, in words.
    pub after: String,
    /// It needs a second person.
    pub needs_second: bool,
}

/// One change on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeLine {
    /// Which.
    pub id: ChangeId,
    /// Human number, `CHG-2026-000001`.
    pub number: String,
    /// What it changes.
    pub kind: RecordKind,
    /// Key of the record.
    pub record_key: String,
    /// Name of the record.
    pub record_name: String,
    /// Where it stands.
    pub state: ChangeState,
    /// Who proposed it.
    pub proposed_by: PersonRef,
    /// When.
    pub proposed: When,
    /// From when it is to be in force.
    pub effective: When,
    /// It needs a second person.
    pub needs_second: bool,
}

/// One change with everything on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// The line.
    pub line: ChangeLine,
    /// Why.
    pub reason: String,
    /// What changes.
    pub differences: Vec<Difference>,
    /// Open requests that keep the version pinned on them.
    pub pinned_requests: i64,
    /// Who decided, when and with what words.
    pub decided: Option<(PersonRef, When, String)>,
    /// The caller may confirm or refuse it.
    pub may_confirm: bool,
    /// The caller may take it back.
    pub may_withdraw: bool,
}

/// One record on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// A few words beside it.
    pub about: String,
    /// Its version.
    pub version: i32,
    /// `active` or `retired`, empty where the kind has no states.
    pub state: String,
    /// A change to it waits.
    pub change_waits: bool,
}

/// Records of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordsPage {
    /// The kind.
    pub kind: RecordKind,
    /// The records the caller may see here.
    pub page: Page<RecordLine>,
    /// The caller may propose a new one.
    pub may_add: bool,
    /// As of when.
    pub as_of: When,
}

/// A proposal as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalForm {
    /// What it is.
    pub kind: RecordKind,
    /// Its key; empty for a new one.
    pub key: String,
    /// Version that was shown.
    pub base_version: i32,
    /// Fields by name, as typed.
    pub fields: BTreeMap<String, String>,
    /// Why.
    pub reason: String,
    /// From which day it shall be in force (`YYYY-MM-DD`), empty for at once.
    pub effective_on: String,
    /// Proposing twice with one key proposes once.
    pub key_of_proposal: IdempotencyKey,
}

/// Editing the catalogue and the rules.
#[async_trait]
pub trait Changes: Send + Sync {
    /// Records of a kind in the caller's scope; `q` filters by name, `after` pages.
    async fn records(&self, caller: &Caller, kind: RecordKind, q: String, after: String) -> Result<RecordsPage, AppError>;
    /// One record open for editing; an empty key opens a new one.
    async fn open(&self, caller: &Caller, kind: RecordKind, key: String) -> Result<EditView, AppError>;
    /// Proposes a change; without fields that need a second person it is in force at its time.
    async fn propose(&self, caller: &Caller, form: ProposalForm) -> Result<ChangeId, AppError>;
    /// Changes: `open` or `all` of them, newest first.
    async fn list(&self, caller: &Caller, filter: String, after: String) -> Result<Page<ChangeLine>, AppError>;
    /// One change.
    async fn show(&self, caller: &Caller, change: ChangeId) -> Result<ChangeView, AppError>;
    /// Confirms or refuses as the second person.
    async fn decide(&self, caller: &Caller, change: ChangeId, confirm: bool, reason: String) -> Result<(), AppError>;
    /// Takes a proposal back.
    async fn withdraw(&self, caller: &Caller, change: ChangeId) -> Result<(), AppError>;
}
