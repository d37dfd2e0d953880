//! Server functions of finding.

use super::port::Found;
use crate::error::AppError;
use leptos::prelude::*;

/// What is found, for the page.
#[server(endpoint = "find/list")]
pub async fn find_records(#[server(default)] q: String) -> Result<Vec<Found>, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.finding.find(&caller()?, q).await
}

/// What is found, as the options of the palette: ready HTML, because a list of records would bring
/// its own reader and its own view into the browser.
#[server(endpoint = "find/search")]
pub async fn search_options(#[server(default)] q: String) -> Result<String, AppError> {
    use crate::{backend::backend, caller::caller};
    let found = backend()?.finding.find(&caller()?, q).await?;
    Ok(super::island::options(found))
}
