//! Server functions of files. Uploading and downloading have routes of their own, because a file is
//! no form field.

use crate::error::AppError;
use leptos::prelude::*;

/// Takes a file away from a draft, then leads back to it.
#[server(endpoint = "attachments/remove")]
pub async fn remove_attachment(draft: String, attachment: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    let not_found = |_| AppError::NotFound;
    let draft = draft.parse().map_err(not_found)?;
    backend()?.attachments.remove(&caller()?, draft, attachment.parse().map_err(not_found)?).await?;
    leptos_axum::redirect(&format!("{}#{}", paths::draft(draft), super::files::CARD));
    Ok(())
}
