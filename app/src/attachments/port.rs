//! What pages and the upload and download routes ask of the server about files.

use crate::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::attachment::FileKind;
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
    /// Puts a file beside the caller's draft: [`AppError::Invalid`] at `file` when it is not taken.
    async fn add(&self, caller: &Caller, draft: DraftId, file: Upload) -> Result<(), AppError>;
    /// Takes a file away from the caller's draft.
    async fn remove(&self, caller: &Caller, draft: DraftId, file: AttachmentId) -> Result<(), AppError>;
    /// A file of a request that the caller may read, or of their own draft.
    async fn download(&self, caller: &Caller, file: AttachmentId) -> Result<Download, AppError>;
}
