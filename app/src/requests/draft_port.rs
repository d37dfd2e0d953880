//! What the request form asks of the server: drafts, which are baskets that somebody is writing.

use super::port::PlanLine;
use crate::attachments::port::AttachmentLine;
use crate::error::AppError;
use crate::record::{EntitlementCard, PersonRef};
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::basket::BasketForm;
use domain::gate::Evaluation;
use domain::id::{DraftId, EntitlementId, GrantId, RequestId, TemplateId};
use domain::question::Question;
use domain::request::RequestState;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the address of the form leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one of it for a page, and it is moved once")]
pub enum Desk {
    /// Nothing is being written: what one could begin with.
    Empty {
        /// Templates meant for the caller or for somebody they answer for.
        templates: Vec<TemplateLine>,
    },
    /// A draft.
    Open(DraftView),
    /// The draft was submitted: what was made of it.
    Submitted(Vec<MadeLine>),
}

/// A template on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateLine {
    /// Which.
    pub id: TemplateId,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Names of what it asks for.
    pub entitlements: Vec<String>,
    /// How much more it asks for that is meant for others, and is left out.
    pub closed: usize,
    /// It is not meant for the caller, but for somebody they answer for.
    pub for_others: bool,
}

/// A draft on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftLine {
    /// Which.
    pub id: DraftId,
    /// What it is, in words: names of its items, or the number of the request that it would change.
    pub what: String,
    /// For whom, where that is somebody else.
    pub subject: Option<String>,
    /// When it was last saved.
    pub saved: When,
}

/// A request that came of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeLine {
    /// Which.
    pub id: RequestId,
    /// Human number.
    pub number: String,
    /// What it asks for.
    pub name: String,
    /// Where it stands.
    pub state: RequestState,
}

/// A draft with everything that the server says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftView {
    /// Which.
    pub id: DraftId,
    /// Version; goes up with every save.
    pub version: i32,
    /// When it was last saved.
    pub saved: When,
    /// As typed.
    pub form: BasketForm,
    /// For whom the caller may ask: id and words, themselves first; empty where there are too many
    /// for a list.
    pub subjects: Vec<(String, String)>,
    /// How many there are.
    pub subjects_total: i64,
    /// Where they are too many for a list: who was found among them.
    pub subjects_found: Option<PeopleFound>,
    /// Name of the subject, where the caller may know it.
    pub subject: Option<PersonRef>,
    /// The caller asks for somebody else.
    pub on_behalf: bool,
    /// The items.
    pub items: Vec<ItemView>,
    /// What is wrong: field and sentence, in the order of the form.
    pub problems: Vec<(String, String)>,
    /// A submission of this draft was refused, so everything that is wrong is worth saying.
    pub tried: bool,
    /// The gates want an end.
    pub needs_end: bool,
    /// The request that it would change.
    pub revises: Option<Revises>,
    /// What was typed and is not in the draft, beside what is.
    pub aside: Vec<Difference>,
    /// What was typed there for items that are not in the draft any more.
    pub gone: Vec<Difference>,
    /// That was typed for a revision that is not the newest any more; otherwise in another tab.
    pub overtaken: bool,
    /// Name of the template that everything in it came from.
    pub template: Option<String>,
    /// Files beside it.
    pub files: Vec<AttachmentLine>,
    /// Today in the installation's zone.
    pub today: Date,
    /// The caller's other drafts.
    pub others: Vec<DraftLine>,
}

/// Who is or could be meant at a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleFound {
    /// Who is meant by what stands in the field, in words.
    pub chosen: Option<String>,
    /// Something was looked for.
    pub looked: bool,
    /// Those who could be meant, the likeliest first.
    pub people: Vec<PersonFound>,
    /// How many could be, in all.
    pub total: i64,
}

/// Somebody who could be meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFound {
    /// What the field takes for them.
    pub value: String,
    /// Name.
    pub name: String,
    /// Title and number, to tell namesakes apart.
    pub what: String,
}

/// The request that a draft would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revises {
    /// Which.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// The revision that would be made.
    pub next: i32,
    /// The question that was asked, if one is open.
    pub question: Option<String>,
    /// How many decisions would no longer count.
    pub decisions: i64,
}

/// One item of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemView {
    /// What it is; nothing when the catalogue does not have it any more.
    pub card: Option<EntitlementCard>,
    /// How it may be asked for: value and words.
    pub ways: Vec<(String, String)>,
    /// What it asks.
    pub questions: Vec<Question>,
    /// The gates on it, once the subject is known.
    pub evaluation: Option<Evaluation>,
    /// Who would decide, in order.
    pub plan: Vec<PlanLine>,
    /// Why that plan applies, as a sentence.
    pub why_plan: String,
    /// The subject has it, or somebody asked for it.
    pub standing: Standing,
    /// Why what it replaces has to be removed before the new access is given, where it has to.
    pub goes_first: Option<String>,
    /// Who is or could be meant by an answer, by the id of its question.
    pub meant: BTreeMap<String, PeopleFound>,
    /// It changed since it was added: the sentence, and the value that says it was read.
    pub changed: Option<(String, String)>,
}

/// How the subject stands to an item already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Not at all.
    New,
    /// They hold it.
    Held {
        /// The grant, if it is not ending already.
        grant: Option<GrantId>,
        /// Since when.
        since: When,
        /// When it ends by itself.
        ends: Option<When>,
    },
    /// An open request asks for it.
    Asked {
        /// Which.
        request: RequestId,
        /// Its number.
        number: String,
        /// Who asked.
        requester: PersonRef,
        /// When.
        submitted: When,
        /// Where it stands.
        state: String,
        /// Who has it now, in words.
        holder: String,
        /// The caller may read it.
        readable: bool,
        /// The caller may ask to hear about it.
        joinable: bool,
    },
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What the field is called.
    pub field: String,
    /// As it was.
    pub before: String,
    /// As it is.
    pub after: String,
}

/// What a save does besides keeping what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Keep,
    /// Takes an item out.
    Remove(usize),
    /// Fills a field: name and value.
    Fill(String, String),
}

/// Something to put into a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// What.
    pub entitlement: EntitlementId,
    /// Word of the kind of request; empty means new access.
    pub kind: String,
    /// The grant to extend or replace.
    pub grant: Option<GrantId>,
    /// For whom, if that is to be decided now; otherwise as the draft has it.
    pub subject: String,
}

/// What people are writing. A draft is its owner's alone: for everybody else it does not exist.
#[async_trait]
pub trait Drafts: Send + Sync {
    /// The given draft, or the newest one.
    async fn open(&self, caller: &Caller, draft: Option<DraftId>) -> Result<Desk, AppError>;
    /// Templates meant for the caller.
    async fn templates(&self, caller: &Caller) -> Result<Vec<TemplateLine>, AppError>;
    /// Puts something into the newest open draft, or into a new one. Full ones stay as they are.
    async fn add(&self, caller: &Caller, addition: Addition) -> Result<DraftId, AppError>;
    /// Puts everything of a template into the newest open draft, or into a new one.
    async fn add_template(&self, caller: &Caller, template: TemplateId) -> Result<DraftId, AppError>;
    /// The draft of the next revision of a request.
    async fn edit(&self, caller: &Caller, request: RequestId) -> Result<DraftId, AppError>;
    /// Keeps what was typed, right or wrong; items stay what they are, whatever the form says.
    /// [`AppError::Changed`] when the draft was saved elsewhere meanwhile: then the step is not taken, and
    /// what was typed is kept beside the draft where it differs; [`AppError::SavedAlready`] when nothing
    /// differs and there was no step.
    async fn save(&self, caller: &Caller, draft: DraftId, version: i32, typed: BasketForm, step: Step) -> Result<(), AppError>;
    /// Takes over what was typed in another tab, or lets it go.
    async fn settle(&self, caller: &Caller, draft: DraftId, version: i32, take: bool) -> Result<(), AppError>;
    /// Lets a draft go.
    async fn discard(&self, caller: &Caller, draft: DraftId) -> Result<(), AppError>;
    /// Submits all of it, or nothing. The same draft gives the same requests.
    async fn submit(&self, caller: &Caller, draft: DraftId, version: i32, typed: BasketForm) -> Result<Vec<RequestId>, AppError>;
}
