//! Files that show what was done by hand: the form that adds one to a release, and their downloads.

use super::answer;
use super::file_transfer::{give_out, take_in, way_back};
use crate::state::AppState;
use crate::usecase::accounts::Handover;
use app::caller::MaybeCaller;
use app::error::AppError;
use app::paths;
use app::releases::evidence::{CARD, REFUSED};
use axum::Extension;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::Uri;
use axum::http::header::HeaderMap;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use domain::id::{EvidenceId, ReleaseId};
use serde::Deserialize;

/// Where the form that adds a file goes.
pub const PATH: &str = paths::RELEASE_FILES;
/// Where a file is given out.
pub const ONE: &str = "/release-files/{id}";

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
    release: String,
}

/// The release that the address of the form names.
pub(super) fn release_of(form: &Uri) -> Option<ReleaseId> {
    Query::<Target>::try_from_uri(form).ok().and_then(|Query(target)| target.release.parse().ok())
}

/// The page of a release, after a refusal with its code.
pub(super) fn back(release: ReleaseId, code: Option<&str>) -> String {
    way_back(&paths::release(release), REFUSED, code, CARD)
}

/// Adds a file to a release and leads back to it, also when it is refused: then with the code.
async fn upload(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Query(target): Query<Target>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(caller) = caller else { return answer::refuse(&AppError::NotSignedIn, PATH, &headers) };
    let Ok(release) = target.release.parse::<ReleaseId>() else { return answer::refuse(&AppError::NotFound, PATH, &headers) };
    let releases = state.backend(Handover::default()).releases;
    let add = |file| async move { releases.add_file(&caller, release, file).await };
    take_in(form, add, |code| back(release, code), (PATH, &headers)).await
}

/// Gives a file out.
async fn download(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let releases = state.backend(Handover::default()).releases;
    let read = |caller, id: EvidenceId| async move { releases.file(&caller, id).await };
    give_out(caller, &id, read, (PATH, &headers)).await
}
