//! Server functions of the inbox. Permission, version and content hash are checked behind the port.

use super::port::{InboxDetail, InboxPage};
use crate::error::AppError;
use leptos::prelude::*;

/// What waits for the caller.
#[server(endpoint = "inbox/list")]
pub async fn list_inbox(#[server(default)] filter: String, #[server(default)] after: String) -> Result<InboxPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.inbox.list(&caller()?, super::port::InboxQuery { filter, after }).await
}

/// One decision with everything to weigh.
#[server(endpoint = "inbox/detail")]
pub async fn show_stage(stage: String) -> Result<InboxDetail, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.inbox.detail(&caller()?, stage.parse().map_err(|_| AppError::NotFound)?).await
}

/// Records a decision on what was shown, then leads back to the list.
#[server(endpoint = "inbox/decide")]
pub async fn decide(
    stage: String,
    verdict: String,
    #[server(default)] comment: String,
    shown_version: i32,
    shown_hash: String,
    key: String,
    #[server(default)] filter: String,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, inbox::decision};
    let form = decision::typed(&stage, verdict, comment, (shown_version, shown_hash), &key)?;
    backend()?.inbox.decide(&caller()?, form).await?;
    leptos_axum::redirect(&decision::back_to_list(&filter, &key));
    Ok(())
}
