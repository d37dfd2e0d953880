//! What the pages of connections ask of the server.

use crate::changes::port::{Difference, EditField};
use crate::error::AppError;
use crate::record::PersonRef;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::connection::{BreakerState, ConnectionState, ConnectorKind};
use domain::id::{ConnectionChangeId, ConnectionId, ReleaseId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A connection on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionLine {
    /// Which.
    pub id: ConnectionId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ConnectorKind,
    /// Whether it can be chosen.
    pub state: ConnectionState,
    /// Names of the applications that use it.
    pub applications: Vec<String>,
    /// Whether calls go through; none where people do the work.
    pub breaker: Option<(BreakerState, Option<When>)>,
    /// When a call last went well.
    pub last_well: Option<When>,
    /// When one last failed, and what was said.
    pub last_failed: Option<(When, String)>,
    /// Releases that are to be carried out through it.
    pub under_way: i64,
    /// Those of them that were begun through it.
    pub begun: i64,
    /// Access that was given through it and is not over.
    pub given: i64,
    /// It carries something, or will: a change of it needs a second person.
    pub in_use: bool,
    /// A change waits for a second person.
    pub waits: bool,
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionsPage {
    /// Those that the caller may see.
    pub lines: Vec<ConnectionLine>,
    /// Kinds of which the caller may make one.
    pub may_add: Vec<ConnectorKind>,
    /// As of when.
    pub as_of: When,
}

/// What is known of the secret: never the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretView {
    /// The kind has none.
    None,
    /// It has to be entered.
    Missing,
    /// It is there, since then where that is known.
    Set(Option<When>),
    /// It is there and cannot be opened with the keys of this server.
    Sealed(String),
}

/// A change that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingView {
    /// Which: whoever decides names the one they were shown.
    pub id: ConnectionChangeId,
    /// Who wrote it.
    pub by: PersonRef,
    /// When.
    pub at: When,
    /// Why.
    pub reason: String,
    /// What it would change; of the secret only that it would.
    pub differences: Vec<Difference>,
    /// The caller may be the second person.
    pub may_confirm: bool,
    /// The caller may refuse it or take it back.
    pub may_refuse: bool,
}

/// What a test found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestView {
    /// The version that was tested.
    pub version: i32,
    /// When.
    pub at: When,
    /// By whom.
    pub by: PersonRef,
    /// Whether each thing is well, and a sentence about it.
    pub findings: Vec<(bool, String)>,
}

/// A version of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionView {
    /// Which.
    pub version: i32,
    /// Since when.
    pub at: When,
    /// Who wrote it.
    pub by: Option<PersonRef>,
    /// Who confirmed it.
    pub confirmed_by: Option<PersonRef>,
    /// Why.
    pub reason: String,
}

/// What a machine says that it can: nothing else is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abilities {
    /// It makes accounts and closes them.
    pub accounts: bool,
    /// It says what is there.
    pub reads_back: bool,
    /// It undoes.
    pub undoes: bool,
    /// It may answer later.
    pub answers_later: bool,
}

/// A release that is to be carried out through it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// Which.
    pub id: ReleaseId,
    /// Its number.
    pub number: String,
    /// Where it stands, in words.
    pub state: String,
    /// Since when.
    pub since: When,
}

/// A connection, or the form for a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// The connection; none for a new one.
    pub line: Option<ConnectionLine>,
    /// Its kind.
    pub kind: ConnectorKind,
    /// Version in force, 0 for a new one.
    pub version: i32,
    /// Its fields.
    pub fields: Vec<EditField>,
    /// What it can; none where people do the work, and for a new one.
    pub can: Option<Abilities>,
    /// What is known of its secret.
    pub secret: SecretView,
    /// The caller may change, test and retire it.
    pub may_manage: bool,
    /// The caller may open releases.
    pub opens_releases: bool,
    /// What waits for a second person.
    pub pending: Option<PendingView>,
    /// The last test.
    pub tested: Option<TestView>,
    /// Releases under way, at most fifty.
    pub releases: Vec<UnderWay>,
    /// Versions, newest first.
    pub versions: Vec<VersionView>,
    /// Where a receiver that answers later sends what came of it.
    pub completions: Option<String>,
    /// Other connections to the same machine, with their names.
    pub also_through: Vec<(ConnectionId, String)>,
    /// As of when.
    pub as_of: When,
}

/// The form of a connection. The secret travels beside it, so that no copy of the form holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionForm {
    /// Which; none for a new one.
    pub connection: Option<ConnectionId>,
    /// Kind of a new one.
    pub kind: String,
    /// The version that was shown.
    pub base_version: i32,
    /// Its fields as typed.
    pub fields: BTreeMap<String, String>,
    /// Why.
    pub reason: String,
}

/// What became of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// A connection was made.
    Made(ConnectionId),
    /// The next version is in force.
    Changed(ConnectionId),
    /// Applications use it: the change waits for a second person.
    Proposed(ConnectionId),
}

/// Why a form was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSaved {
    /// As the status has it.
    pub error: AppError,
    /// Sentences at fields.
    pub problems: Vec<(String, String)>,
}

impl From<AppError> for NotSaved {
    fn from(error: AppError) -> Self {
        Self { error, problems: vec![] }
    }
}

/// What somebody does about a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Finds out whether it works.
    Test,
    /// Ends its rest, with a reason.
    CloseBreaker(String),
    /// Takes it out of use, with a reason.
    Retire(String),
    /// Confirms the change that was shown; one that is not named is not confirmed.
    Confirm(Option<ConnectionChangeId>),
    /// Refuses the change that was shown, or takes it back.
    Refuse(Option<ConnectionChangeId>),
}

/// Connections to other machines.
#[async_trait]
pub trait Connections: Send + Sync {
    /// The list.
    async fn list(&self, caller: &Caller) -> Result<ConnectionsPage, AppError>;
    /// One of them.
    async fn show(&self, caller: &Caller, id: ConnectionId) -> Result<ConnectionView, AppError>;
    /// The form for a new one.
    async fn blank(&self, caller: &Caller, kind: ConnectorKind) -> Result<ConnectionView, AppError>;
    /// Makes or changes one; an empty secret keeps the one that is there.
    async fn save(&self, caller: &Caller, form: ConnectionForm, secret: String) -> Result<Saved, NotSaved>;
    /// Does something about one that was seen in this version.
    async fn act(&self, caller: &Caller, id: ConnectionId, version: i32, step: Step) -> Result<(), AppError>;
}
