//! What pages and the upload and download routes ask of the server about files.

use crate::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::attachment::FileKind;
use domain::basket::BasketForm;
use domain::id::{AttachmentId, DraftId};
use serde::{Deserialize, Serialize};

/// A file on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentLine {
    /// Which.
    pub id: AttachmentId,
    /// Name it is kept under.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// How large, in words.
    pub size: String,
    /// SHA-256 of its content, as hexadecimal.
    pub sha256: String,
}

/// A file as it came.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Name that it came with.
    pub name: String,
    /// Media type that the browser declared.
    pub declared: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// What stood in the form of a draft when a file was added to it or taken away.
#[derive(Clone, Debug)]
pub struct Typed {
    /// Version of the draft that it was typed over.
    pub version: i32,
    /// As typed.
    pub form: BasketForm,
}

/// A file as it is given out.
#[derive(Clone, Debug)]
pub struct Download {
    /// Name it is kept under.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Files.
#[async_trait]
pub trait Attachments: Send + Sync {
    /// Keeps what was typed into the form of the caller's draft, where it came along, then puts a file
    /// beside the draft: [`AppError::Invalid`] at `file` when it is not taken, or could not even be read.
    /// [`AppError::Changed`] when the draft was saved elsewhere meanwhile: then the file is not added, and
    /// what was typed is kept beside the draft.
    async fn add(&self, caller: &Caller, draft: DraftId, typed: Option<Typed>, file: Result<Upload, AppError>) -> Result<(), AppError>;
    /// Keeps what was typed into the form of the caller's draft, then takes a file away from the draft;
    /// [`AppError::Changed`] as above.
    async fn remove(&self, caller: &Caller, draft: DraftId, typed: Typed, file: AttachmentId) -> Result<(), AppError>;
    /// A file of a request that the caller may read, or of their own draft.
    async fn download(&self, caller: &Caller, file: AttachmentId) -> Result<Download, AppError>;
}
