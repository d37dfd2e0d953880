//! The page for an address that leads nowhere.

use crate::error::AppError;
use crate::status::Failed;
use leptos::prelude::*;

/// No route has this address.
#[component]
pub fn NotFound() -> impl IntoView {
    view! { <Failed error=AppError::NotFound/> }
}
