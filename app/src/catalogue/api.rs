//! Server functions of the catalogue.

use super::port::{CatalogueQuery, CatalogueResults, EntitlementView};
use crate::error::AppError;
use domain::id::EntitlementId;
use leptos::prelude::*;

/// A search as it stands in the address.
#[server(endpoint = "catalogue/search")]
pub async fn search(#[server(default)] query: CatalogueQuery) -> Result<CatalogueResults, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.catalogue.search(&caller()?, query).await
}

/// One entitlement with its newest versions, or those below `before`.
#[server(endpoint = "catalogue/entitlement")]
pub async fn entitlement(id: EntitlementId, #[server(default)] before: Option<i32>) -> Result<EntitlementView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.catalogue.entitlement(&caller()?, id, before).await
}
