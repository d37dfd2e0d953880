//! What the operators' queue asks of the server.

use crate::attachments::port::{Download, Upload};
use crate::error::AppError;
use crate::record::PersonRef;
use crate::record::{EntitlementCard, ReleaseLine, TimelineEvent};
use crate::requests::port::StageView;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::gate::Evaluation;
use domain::id::{EvidenceId, IdempotencyKey, ReleaseId};
use domain::identity::Population;
use domain::manual::{ManualSettings, Piece};
use domain::page::Page;
use domain::release::moves::Moves;
use domain::saga::{StepOperation, StepState};
use domain::task::{CallOutcome, CallPurpose};
use serde::{Deserialize, Serialize};

/// Which releases the queue shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasesQuery {
    /// `open` (default) or another of the filters that the page names; one that does not exist is `open`.
    #[serde(default)]
    pub filter: String,
    /// Code of a connection: only what goes through it.
    #[serde(default)]
    pub connection: String,
    /// Code of an application: only what is about it.
    #[serde(default)]
    pub application: String,
    /// Start of the page, opaque.
    #[serde(default)]
    pub after: String,
}

/// The queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasesPage {
    /// Earliest first.
    pub page: Page<ReleaseLine>,
    /// Filters with their counts: value, label, count.
    pub filters: Vec<(String, String, i64)>,
    /// The name of the connection or application that narrows all of it, if one does.
    pub narrowed: Option<String>,
    /// As of when.
    pub as_of: When,
}

/// One release with both trails side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseView {
    /// The release.
    pub line: ReleaseLine,
    /// Version of the record; an execution carries it back.
    pub version: i32,
    /// What is planned.
    pub planned: EntitlementCard,
    /// The rules that its request pinned.
    pub pinned: PinnedRules,
    /// Who did it although a rule held it, until that is taken back or proven.
    pub may_be_there: Option<MayBeThere>,
    /// What is there: "not yet", "active since …", "removed …".
    pub actual: String,
    /// Who approved, in order.
    pub stages: Vec<StageView>,
    /// Gates of the newest attempt.
    pub gates: Option<Evaluation>,
    /// What happened to the request, both trails, oldest first.
    pub timeline: Vec<TimelineEvent>,
    /// Why the caller may not carry it out, if they may not.
    pub obstacle: Option<String>,
    /// Whether the caller may lend a hand with it: an operator whom it does not concern.
    pub lends_a_hand: bool,
    /// When each state was reached.
    pub moments: Moments,
    /// The connection and the version of its settings: the one that was used, or would be.
    pub connection: String,
    /// What should be there and what was found, once something was read or somebody said so.
    pub found: Option<Found>,
    /// The steps of all rounds.
    pub steps: Vec<StepView>,
    /// A page of the calls, oldest first.
    pub calls: Vec<CallView>,
    /// How many calls there are.
    pub calls_total: i64,
    /// How many of them are newer than those of the page.
    pub calls_newer: i64,
    /// Opaque start of the page with those before, if there are any.
    pub older_calls: Option<String>,
    /// What it waits for, where a machine carries it out and it could go on otherwise.
    pub waits_for: Option<WaitsFor>,
    /// What can be done about it where a machine carries it out.
    pub moves: Moves,
    /// A proposal to take something as done.
    pub skip: Option<SkipView>,
    /// Whether the caller may answer it as the second person.
    pub may_answer_skip: bool,
    /// How it is carried out by hand; nothing where a machine does.
    pub by_hand: Option<ByHandView>,
    /// What was given as evidence, in order.
    pub evidence: Vec<EvidenceLine>,
    /// Who took the second look.
    pub verified_by: Option<PersonRef>,
    /// Why the caller may not take the second look; nothing while none is due.
    pub second_look: Option<SecondLook>,
    /// Who has it, and until when.
    pub claim: Option<ClaimView>,
    /// By when it should be done.
    pub due: Option<When>,
    /// How late it is, in words.
    pub late: Option<String>,
    /// Key for one execution from this page.
    pub key: IdempotencyKey,
    /// As of when.
    pub as_of: When,
}

/// The rules that were in force when the revision was submitted that a release carries out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedRules {
    /// Population whose identity specification it was.
    pub population: Population,
    /// Version of the specification.
    pub specification: i32,
    /// The reader may open the specification.
    pub opens_specification: bool,
    /// Hash of the policy set.
    pub policy_hash: String,
    /// The same policy set is in force now.
    pub policy_in_force: bool,
    /// The reader may open the policy set in force.
    pub opens_controls: bool,
}

/// When a release reached each state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// Put into the queue.
    pub planned: When,
    /// Its gates were met.
    pub gated: Option<When>,
    /// The account was there.
    pub account_ready: Option<When>,
    /// Done.
    pub activated: Option<When>,
    /// Proven.
    pub verified: Option<When>,
    /// Closed.
    pub closed: Option<When>,
}

/// What should be there after a release, and what was read there or said to be: references of the other
/// side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What should be there.
    pub planned: Vec<String>,
    /// What is there.
    pub actual: Vec<String>,
    /// Planned and not there.
    pub missing: Vec<String>,
    /// There and not planned.
    pub unexpected: Vec<String>,
    /// Who said so; nothing where a machine was asked.
    pub said_by: Option<PersonRef>,
}

/// A step of carrying out by machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// In which round, counting from one.
    pub round: i32,
    /// What it does.
    pub operation: StepOperation,
    /// Where it stands.
    pub state: StepState,
    /// When it was begun.
    pub began: Option<When>,
    /// When it ended.
    pub ended: Option<When>,
}

/// One call to another machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// What for.
    pub purpose: CallPurpose,
    /// In which round.
    pub round: i32,
    /// For which step.
    pub operation: Option<StepOperation>,
    /// Through which connection.
    pub connection: String,
    /// The idempotency key that it carried.
    pub key: Option<String>,
    /// When it was begun.
    pub began: When,
    /// How long it took, in milliseconds.
    pub took_ms: Option<i64>,
    /// What came of it; nothing while it is under way.
    pub outcome: Option<CallOutcome>,
    /// What the other side said, in a sentence.
    pub said: Option<String>,
    /// What went out and came back.
    pub exchanges: Vec<ExchangeView>,
}

/// A request and its answer, secrets removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeView {
    /// Both in a line.
    pub line: String,
    /// What went out; empty when it had no body.
    pub request: String,
    /// What came back; empty when nothing did.
    pub answer: String,
}

/// For which other release of the person one waits that a machine carries out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitsFor {
    /// One that gives or takes the same at this moment, by its number.
    Opposite(String),
    /// One that people carried out and nobody has looked at yet, by its number.
    SecondLook(String),
}

/// A proposal to take something as done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipView {
    /// The step; nothing where the proof itself is meant.
    pub what: Option<StepOperation>,
    /// What was done, and what shows it.
    pub reason: String,
    /// By whom.
    pub by: PersonRef,
    /// When.
    pub at: When,
    /// Something else carries the release out by now than when it was proposed: it can only be refused.
    pub overtaken: bool,
}

/// How an application is served by hand, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHandView {
    /// Instructions, checklist, what evidence is asked for.
    pub settings: ManualSettings,
    /// Which settings these are: a confirmation carries it back.
    pub shown_as: String,
    /// Whether another person has to look afterwards.
    pub second_look: bool,
    /// Files of the caller that wait for the confirmation: how many more fit.
    pub room_for_files: usize,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceLine {
    /// Which.
    pub id: EvidenceId,
    /// What it is.
    pub kind: Piece,
    /// Words, address, name of the file, or the line that was ticked.
    pub said: String,
    /// By whom.
    pub by: PersonRef,
    /// When.
    pub at: When,
    /// Whether it belongs to a confirmation; a file may wait for one.
    pub confirmed: bool,
    /// How large a file is, in words.
    pub size: Option<String>,
    /// Its SHA-256, hexadecimal.
    pub sha256: Option<String>,
}

/// Whether the caller may take the second look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondLook {
    /// They may.
    Open,
    /// They may not, for this reason.
    Not(String),
}

/// What is there by somebody's word alone, because a rule holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayBeThere {
    /// Whose word it is.
    pub by: PersonRef,
    /// When they gave it.
    pub at: When,
    /// The caller may say that it was taken back.
    pub may_take_back: bool,
}

/// Who has a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimView {
    /// Who.
    pub by: PersonRef,
    /// When it goes back to everybody.
    pub until: When,
    /// Whether it is the caller.
    pub mine: bool,
}

/// What an operator confirms with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The words.
    pub evidence: String,
    /// The link.
    pub link: String,
    /// The lines of the checklist that are ticked, counting from zero.
    pub ticked: Vec<usize>,
    /// The settings that were shown ([`ByHandView::shown_as`]).
    pub shown_as: String,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Execution {
    /// It is done.
    Executed,
    /// It is done, and another person looks before it counts.
    WaitsForSecondLook,
    /// Gates were not met on fresh facts; nothing counts as released, and what was done may be there.
    Held {
        /// One sentence for each gate.
        reasons: Vec<String>,
    },
}

/// What came of taking work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Claimed {
    /// The caller has it.
    Yours,
    /// Gates were not met on fresh facts: nobody has it, and it is held.
    Held {
        /// One sentence for each gate.
        reasons: Vec<String>,
    },
}

/// Carrying out.
#[async_trait]
pub trait Releases: Send + Sync {
    /// The queue.
    async fn list(&self, caller: &Caller, query: ReleasesQuery) -> Result<ReleasesPage, AppError>;
    /// One release, with the page of its calls that starts at `calls`; empty for the newest.
    async fn show(&self, caller: &Caller, release: ReleaseId, calls: &str) -> Result<ReleaseView, AppError>;
    /// Carries it out with evidence. The gates of an activation run again, in this transaction.
    async fn execute(
        &self,
        caller: &Caller,
        release: ReleaseId,
        version: i32,
        confirmation: Confirmation,
        key: IdempotencyKey,
    ) -> Result<Execution, AppError>;
    /// Takes work by hand on, for eight working hours, or holds it where a gate is not met.
    async fn claim(&self, caller: &Caller, release: ReleaseId) -> Result<Claimed, AppError>;
    /// Gives it back to the other operators.
    async fn give_back(&self, caller: &Caller, release: ReleaseId) -> Result<(), AppError>;
    /// Adds a file that shows what was done.
    async fn add_file(&self, caller: &Caller, release: ReleaseId, file: Upload) -> Result<(), AppError>;
    /// Gives such a file out.
    async fn file(&self, caller: &Caller, file: EvidenceId) -> Result<Download, AppError>;
    /// The second look: it is there, or not, in the looker's own words. Of what was done although a gate
    /// held it, it says that it was taken back.
    async fn look(&self, caller: &Caller, release: ReleaseId, version: i32, there: bool, said: String) -> Result<(), AppError>;
    /// Has one that a machine carries out tried again at once.
    async fn retry(&self, caller: &Caller, release: ReleaseId, version: i32) -> Result<(), AppError>;
    /// Begins to undo what a machine did for it.
    async fn roll_back(&self, caller: &Caller, release: ReleaseId, version: i32, reason: String) -> Result<(), AppError>;
    /// Proposes to take what failed as done by a person.
    async fn propose_skip(&self, caller: &Caller, release: ReleaseId, version: i32, reason: String) -> Result<(), AppError>;
    /// Answers such a proposal, as a second person.
    async fn answer_skip(&self, caller: &Caller, release: ReleaseId, version: i32, confirm: bool) -> Result<(), AppError>;
}
