//! Pages and server functions: the routes that `app` declares, and what they find in context.

use super::answer;
use super::cookie;
use super::headers::PageNonce;
use crate::state::AppState;
use crate::usecase::accounts::Handover;
use app::caller::MaybeCaller;
use app::error::AppError;
use app::refused::RefusedForm;
use app::routes::App;
use app::ui::Theme;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use leptos::nonce::Nonce;
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, generate_route_list, render_app_async_with_context};
use std::sync::LazyLock;

/// The routes of the pages, worked out once in a process: while Leptos works them out, a page that
/// renders at the same moment would wait for its data for ever (leptos-rs/leptos#4773).
pub fn list() -> Vec<AxumRouteListing> {
    static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));
    ROUTES.clone()
}

/// What every render and every server function finds in context: the caller, the ports, the nonce
/// of this answer, the colours, and what was typed into a form that was refused.
pub fn context(state: AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let Some(parts) = use_context::<Parts>() else { return };
        provide_context(parts.extensions.get::<MaybeCaller>().cloned().unwrap_or_default());
        provide_context(state.backend(parts.extensions.get::<Handover>().cloned().unwrap_or_default()));
        provide_context(cookie::theme_word(&parts.headers).map_or(Theme::System, |word| Theme::from_word(&word)));
        if let Some(refused) = parts.extensions.get::<RefusedForm>() {
            provide_context(refused.clone());
        }
        if let Some(PageNonce(nonce)) = parts.extensions.get() {
            provide_context(Nonce::from_value(nonce.as_str()));
        }
    }
}

/// The whole HTML page.
pub fn shell(state: &AppState) -> impl Fn() -> AnyView + Clone + Send + Sync + 'static {
    let assets = state.site.assets.clone();
    move || app::shell::shell(assets.clone()).into_any()
}

/// A page that says that there is nothing, with the status that says so too.
pub async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    if request.uri().path().starts_with(answer::API) {
        return answer::refuse(&AppError::NotFound, request.uri().path(), request.headers());
    }
    let mut response = render_app_async_with_context(context(state.clone()), shell(&state))(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
