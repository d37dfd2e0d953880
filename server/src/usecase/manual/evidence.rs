//! What shows that work by hand was done: files before the confirmation, everything else with it.

use super::{not_taken_by_another, operated, to_do};
use crate::store;
use crate::store::release_evidence::New;
use crate::store::releases::ReleaseRow;
use crate::usecase::Base;
use crate::usecase::authorise::require_or_hide;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::attachments::port::{Download, Upload};
use app::error::AppError;
use domain::actor::Caller;
use domain::attachment::{FIELD, FileKind, MOST_FILES, accept};
use domain::event::EventKind;
use domain::id::{EvidenceId, IdentityId, ReleaseId};
use domain::manual::{Evidence, Piece};
use domain::permission::Action;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Adds a file that shows what was done. It stays on the record, also if it is never confirmed with.
///
/// # Errors
/// As [`super::claim`]; [`AppError::Invalid`] at the file when it is not taken.
pub async fn add_file(base: &Base, caller: &Caller, id: ReleaseId, file: &Upload) -> Result<(), UseCaseError> {
    let (mut work, locked) = operated(base, caller, id).await?;
    to_do(&mut work, &locked.release).await?;
    not_taken_by_another(&mut work, caller.identity, id).await?;
    if store::release_evidence::waiting_files(work.conn(), id, caller.identity).await?.len() >= MOST_FILES {
        return Err(AppError::field(FIELD, "too_many").into());
    }
    let accepted = accept(&file.name, &file.declared, &file.content)?;
    let sha256 = Sha256::digest(&file.content);
    let new = New {
        id: work.id(EvidenceId::new),
        release: id,
        kind: Piece::File,
        said: &accepted.name,
        by: caller.identity,
        at: work.now(),
        attempt: None,
        file: Some((accepted.kind, &sha256, &file.content)),
    };
    store::release_evidence::insert(work.conn(), &new).await?;
    // Not its name: what people call their files does not belong on a trail that is never erased.
    let hash: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let body = json!({ "number": locked.release.number, "evidence": new.id.to_string(), "sha256": hash, "detail": described(accepted.kind, &locked.release) });
    work.event(EventKind::ReleaseEvidenceAdded, "release", id.0, Some(locked.release.request), body).await?;
    work.commit().await
}

fn described(kind: FileKind, release: &ReleaseRow) -> String {
    format!("{}: {}", release.number, kind.label())
}

/// Gives such a file out.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not read the release.
pub async fn file(base: &Base, caller: &Caller, id: EvidenceId) -> Result<Download, UseCaseError> {
    let mut work = Work::read(base).await?;
    let (release, download) = store::release_evidence::file(work.conn(), id).await?.ok_or(AppError::NotFound)?;
    let row = store::releases::find(work.conn(), release, false).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), row.request, caller.identity).await?;
    require_or_hide(caller, Action::ReadRelease, Action::ReadRelease, &relations)?;
    work.commit().await?;
    Ok(download)
}

/// Records what somebody confirmed with, and ties their files to it.
pub(in crate::usecase) async fn record(
    work: &mut Work<'_>,
    release: ReleaseId,
    by: IdentityId,
    attempt: Uuid,
    evidence: &Evidence,
) -> Result<(), UseCaseError> {
    let at = work.now();
    let text = evidence.text.iter().map(|text| (Piece::Text, text.as_str()));
    let link = evidence.link.iter().map(|link| (Piece::Link, link.as_str()));
    let ticked = evidence.ticked.iter().map(|line| (Piece::Check, line.as_str()));
    for (kind, said) in text.chain(link).chain(ticked) {
        let new = New { id: work.id(EvidenceId::new), release, kind, said, by, at, attempt: Some(attempt), file: None };
        store::release_evidence::insert(work.conn(), &new).await?;
    }
    Ok(store::release_evidence::tie_files(work.conn(), release, by, attempt).await?)
}
