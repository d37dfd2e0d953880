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
use domain::id::{ChangeId, IdempotencyKey, IdentityId};
use domain::page::Page;
use jiff::civil::Date;
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
    /// Name in the form. `reason` and `effective_on` belong to the proposal itself.
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
    /// It does so only when it weakens the record: a longer limit, a lower tier, a wider audience.
    pub only_when_weaker: bool,
    /// Cannot be changed here (identifiers).
    pub fixed: bool,
}

/// A record open for editing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditView {
    /// What it is.
    pub kind: RecordKind,
    /// Its key; empty for a new one. No key is the word `new`, which is the address of the form for
    /// a new record.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Version shown, 0 for a new one.
    pub version: i32,
    /// Its fields.
    pub fields: Vec<EditField>,
    /// The caller may propose a change.
    pub may_edit: bool,
    /// The version in force; `None` for a new one.
    pub in_force: Option<VersionLine>,
    /// A page of its versions, newest first.
    pub versions: Vec<VersionLine>,
    /// The version below them, where there is one: the first of the next page.
    pub older: Option<VersionLine>,
    /// Changes that are not in force yet.
    pub open: Vec<ChangeLine>,
    /// Today in the installation's zone: the earliest day a change may be wanted for.
    pub today: Date,
    /// Key for one proposal.
    pub idempotency: IdempotencyKey,
}

/// Who proposed a change: a person, or a command of an operator with a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposer {
    /// The person; `None` for a command.
    pub id: Option<IdentityId>,
    /// Their name, or the command.
    pub name: String,
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
    pub proposed_by: Option<Proposer>,
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
    pub proposed_by: Proposer,
    /// When.
    pub proposed: When,
    /// From when it is to be in force; once it is, since when it is.
    pub effective: When,
    /// The time that it is wanted for has come.
    pub due: bool,
    /// It needs a second person.
    pub needs_second: bool,
    /// It waits, and the caller may be the second person.
    pub may_confirm: bool,
}

/// Changes with the filters of their list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// The changes, newest first.
    pub page: Page<ChangeLine>,
    /// Filters: value, label, how many changes each shows. `mine` waits for the caller as the
    /// second person, `open` is not in force yet, `all` is all of them; then the kinds of which
    /// something is open.
    pub filters: Vec<(String, String, i64)>,
    /// As of when.
    pub as_of: When,
}

/// One kind of record on the overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindLine {
    /// The kind.
    pub kind: RecordKind,
    /// Records of it that the caller may see here.
    pub records: i64,
    /// Changes to them that are not in force yet.
    pub open: i64,
    /// Of these, those that wait for a second person.
    pub waiting: i64,
    /// The caller may propose a new one.
    pub may_add: bool,
}

/// The kinds that the caller may see, and what waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesView {
    /// In the order of [`RecordKind::ALL`]; empty for callers without any record in their scope.
    pub kinds: Vec<KindLine>,
    /// Changes that wait for the caller as the second person, the oldest first, at most ten.
    pub mine: Vec<ChangeLine>,
    /// How many those are altogether.
    pub mine_total: i64,
    /// As of when.
    pub as_of: When,
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
    /// Open requests that keep the version pinned on them; `None` for kinds that requests do not pin.
    pub pinned_requests: Option<i64>,
    /// The caller may list all requests, so the number opens their list.
    pub lists_requests: bool,
    /// Who decided, when and with what words.
    pub decided: Option<(PersonRef, When, String)>,
    /// The version that it makes, once in force.
    pub version: Option<i32>,
    /// The record can be opened: it is there (a new one is not before it is in force), and the
    /// caller may see it.
    pub record_opens: bool,
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
    /// The kinds in the caller's scope and what waits for a second person.
    async fn overview(&self, caller: &Caller) -> Result<RulesView, AppError>;
    /// Records of a kind in the caller's scope; `q` filters by name, `after` pages.
    async fn records(&self, caller: &Caller, kind: RecordKind, q: String, after: String) -> Result<RecordsPage, AppError>;
    /// One record open for editing, with its versions below `before`; an empty key opens a new one.
    async fn open(&self, caller: &Caller, kind: RecordKind, key: String, before: Option<i32>) -> Result<EditView, AppError>;
    /// Proposes a change; without fields that need a second person it is in force at its time.
    async fn propose(&self, caller: &Caller, form: ProposalForm) -> Result<ChangeId, AppError>;
    /// Changes, newest first: `mine`, `open` (also when empty), `all`, or the word of a kind for what
    /// is open of it.
    async fn list(&self, caller: &Caller, filter: String, after: String) -> Result<ChangesPage, AppError>;
    /// One change.
    async fn show(&self, caller: &Caller, change: ChangeId) -> Result<ChangeView, AppError>;
    /// Confirms or refuses as the second person.
    async fn decide(&self, caller: &Caller, change: ChangeId, confirm: bool, reason: String) -> Result<(), AppError>;
    /// Takes a proposal back.
    async fn withdraw(&self, caller: &Caller, change: ChangeId) -> Result<(), AppError>;
}
