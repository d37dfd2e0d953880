//! Files: taken to a draft, put on the requests that the draft becomes, and given out to those who may
//! read one of them. What is taken is decided by `domain::attachment`.

use super::Base;
use super::drafts::{self, DraftService};
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use app::attachments::port::{AttachmentLine, Attachments, Download, Typed, Upload};
use app::error::AppError;
use app::requests::draft_port::{Drafts as _, Step};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::attachment::{FIELD, MOST_FILES, accept};
use domain::event::EventKind;
use domain::id::{AttachmentId, DraftId, RequestId};
use domain::permission::{Action, permitted};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Files.
#[derive(Clone)]
pub struct AttachmentService {
    base: Base,
}

impl AttachmentService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    /// Keeps what was typed into the draft's form, in a unit of its own: whatever becomes of the file loses
    /// nothing of it.
    async fn keep_typed(&self, caller: &Caller, draft: DraftId, typed: Typed) -> Result<(), AppError> {
        let Typed { version, form } = typed;
        match DraftService::new(self.base.clone()).save(caller, draft, version, form, Step::Keep).await {
            // Nothing differs, as when the same form is sent again: then only the file is left to do.
            Err(AppError::SavedAlready) => Ok(()),
            kept => kept,
        }
    }

    async fn keep(&self, caller: &Caller, draft: DraftId, file: &Upload) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        // A draft is its owner's alone; locked, so that two tabs cannot both add the fifth file.
        drafts::own(&mut work, caller, draft, true).await?.ok_or(AppError::NotFound)?;
        let accepted = accept(&file.name, &file.declared, &file.content)?;
        let sha256 = Sha256::digest(&file.content);
        // Sent again, as a browser does when somebody goes back: it is there.
        if store::attachments::stands_on(work.conn(), draft, &accepted.name, &sha256).await? {
            return Ok(());
        }
        if usize::try_from(store::attachments::count(work.conn(), draft).await?).unwrap_or(usize::MAX) >= MOST_FILES {
            return Err(AppError::field(FIELD, "too_many").into());
        }
        let new = store::attachments::New {
            id: work.id(AttachmentId::new),
            name: &accepted.name,
            kind: accepted.kind,
            sha256: &sha256,
            content: &file.content,
            by: caller.identity,
            at: work.now(),
        };
        store::attachments::insert(work.conn(), draft, &new).await?;
        // No event: a draft is no record. The event comes with the submission.
        work.commit().await
    }

    async fn take_away(&self, caller: &Caller, draft: DraftId, file: AttachmentId) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        drafts::own(&mut work, caller, draft, true).await?.ok_or(AppError::NotFound)?;
        // One that is gone already is where it should be.
        store::attachments::remove(work.conn(), draft, file).await?;
        work.commit().await
    }

    async fn give_out(&self, caller: &Caller, file: AttachmentId) -> Result<Download, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        if !may_read(&mut work, caller, file).await? {
            return Err(AppError::NotFound.into());
        }
        let download = store::attachments::content(work.conn(), file).await?.ok_or(AppError::NotFound)?;
        work.commit().await?;
        Ok(download)
    }
}

/// Whether the caller may read a request that the file stands on, or, where it stands on none yet, writes
/// the draft it stands on. The draft of a next revision has the files of its request as well, and gives
/// none of them to who may not read that any more.
async fn may_read(work: &mut Work<'_>, caller: &Caller, file: AttachmentId) -> Result<bool, UseCaseError> {
    let requests = store::attachments::requests_of(work.conn(), file).await?;
    if requests.is_empty() {
        return Ok(store::attachments::on_draft_of(work.conn(), file, caller.identity).await?);
    }
    for request in requests {
        let relations = store::requests::relations(work.conn(), request, caller.identity).await?;
        if permitted(&caller.roles, Action::ReadRequest, &relations) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts the files of a draft on a revision that comes of it, with an event for each. Part of the
/// submission's own transaction.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn attach(work: &mut Work<'_>, draft: DraftId, request: RequestId, revision: i32) -> Result<Vec<AttachmentLine>, UseCaseError> {
    let files = store::attachments::attach(work.conn(), draft, request, revision).await?;
    for file in &files {
        // Not its name: what people call their files does not belong on a trail that is never erased.
        let body = json!({ "attachment": file.id.to_string(), "revision": revision, "sha256": file.sha256, "detail": format!("{}, {}", file.kind, file.size) });
        work.event(EventKind::AttachmentAdded, "request", request.0, Some(request), body).await?;
    }
    Ok(files)
}

#[async_trait]
impl Attachments for AttachmentService {
    async fn add(&self, caller: &Caller, draft: DraftId, typed: Option<Typed>, file: Result<Upload, AppError>) -> Result<(), AppError> {
        if let Some(typed) = typed {
            self.keep_typed(caller, draft, typed).await?;
        }
        Ok(self.keep(caller, draft, &file?).await?)
    }

    async fn remove(&self, caller: &Caller, draft: DraftId, typed: Typed, file: AttachmentId) -> Result<(), AppError> {
        self.keep_typed(caller, draft, typed).await?;
        Ok(self.take_away(caller, draft, file).await?)
    }

    async fn download(&self, caller: &Caller, file: AttachmentId) -> Result<Download, AppError> {
        Ok(self.give_out(caller, file).await?)
    }
}
