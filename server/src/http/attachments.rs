//! Files on a request: the form that adds one to a draft, and their downloads.

use super::answer;
use super::file_transfer::{give_out, take_in, way_back};
use crate::state::AppState;
use crate::usecase::accounts::Handover;
use app::attachments::files::{CARD, REFUSED};
use app::caller::MaybeCaller;
use app::error::AppError;
use app::paths;
use axum::Extension;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::Uri;
use axum::http::header::HeaderMap;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use domain::id::{AttachmentId, DraftId};
use serde::Deserialize;

/// Where the form that adds a file goes.
pub const PATH: &str = paths::ATTACHMENTS;
/// Where a file is given out.
pub const ONE: &str = "/attachments/{id}";

/// The route that takes files. The limit of its body stands in [`super::detach`].
pub fn upload_route() -> MethodRouter<AppState> {
    post(upload).layer(DefaultBodyLimit::disable())
}

/// The route that gives files out.
pub fn download_route() -> MethodRouter<AppState> {
    get(download)
}

/// What the address of the form says.
#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    draft: String,
}

/// The draft that the address of the form names.
pub(super) fn draft_of(form: &Uri) -> Option<DraftId> {
    Query::<Target>::try_from_uri(form).ok().and_then(|Query(target)| target.draft.parse().ok())
}

/// Adds a file to a draft and leads back to it, also when it is refused: then with the code.
async fn upload(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Query(target): Query<Target>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(caller) = caller else { return answer::refuse(&AppError::NotSignedIn, PATH, &headers) };
    let Ok(draft) = target.draft.parse::<DraftId>() else { return answer::refuse(&AppError::NotFound, PATH, &headers) };
    let attachments = state.backend(Handover::default()).attachments;
    let add = |file| async move { attachments.add(&caller, draft, file).await };
    take_in(form, add, |code| back(draft, code), (PATH, &headers)).await
}

/// The page of a draft, after a refusal with its code.
pub(super) fn back(draft: DraftId, code: Option<&str>) -> String {
    way_back(&paths::draft(draft), REFUSED, code, CARD)
}

/// Gives a file out.
async fn download(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let attachments = state.backend(Handover::default()).attachments;
    let read = |caller, id: AttachmentId| async move { attachments.download(&caller, id).await };
    give_out(caller, &id, read, (PATH, &headers)).await
}
