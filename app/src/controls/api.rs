//! Server functions of the controls page.

use super::port::ControlsView;
use crate::error::AppError;
use leptos::prelude::*;

/// The policy set in force with its figures.
#[server(endpoint = "controls/list")]
pub async fn list_controls() -> Result<ControlsView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.controls.list(&caller()?).await
}
