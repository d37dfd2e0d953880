//! Server functions of connections. What changes something goes to the page's own address as a plain
//! form (`server`'s `http/connections.rs`).

use super::port::{ConnectionView, ConnectionsPage};
use crate::error::AppError;
use leptos::prelude::*;

/// The list.
#[server(endpoint = "connections/list")]
pub async fn list_connections() -> Result<ConnectionsPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.connections.list(&caller()?).await
}

/// One connection.
#[server(endpoint = "connections/show")]
pub async fn show_connection(connection: String) -> Result<ConnectionView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.connections.show(&caller()?, connection.parse().map_err(|_| AppError::NotFound)?).await
}

/// The form for a new one.
#[server(endpoint = "connections/blank")]
pub async fn new_connection(kind: String) -> Result<ConnectionView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.connections.blank(&caller()?, kind.parse().map_err(|_| AppError::NotFound)?).await
}
