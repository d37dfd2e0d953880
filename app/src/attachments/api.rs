//! Server functions of files. Uploading and downloading have routes of their own, because a file is
//! no form field.

use crate::error::AppError;
use domain::basket::BasketForm;
use domain::id::{AttachmentId, DraftId};
use leptos::prelude::*;

/// Keeps what was typed into the form of a draft and takes a file away from it, then leads back to it.
#[server(endpoint = "attachments/remove")]
pub async fn remove_attachment(
    draft: DraftId,
    version: i32,
    #[server(flatten)] typed: BasketForm,
    attachment: AttachmentId,
) -> Result<(), AppError> {
    use super::{files::CARD, port::Typed};
    use crate::{backend::backend, caller::caller, paths, way_back};
    let typed = Typed { version, form: typed };
    let removed = backend()?.attachments.remove(&caller()?, draft, typed, attachment).await;
    match &removed {
        Ok(()) => leptos_axum::redirect(&format!("{}#{CARD}", paths::draft(draft))),
        Err(error) => way_back::lead::<RemoveAttachment>(&paths::draft(draft), error),
    }
    removed
}
