//! Files that show what was done by hand: the form that adds one to a release, and their downloads.

use super::answer;
use super::changes::{Sent, last};
use super::file_transfer::{FileForm, give_out, lead_back, way_back};
use crate::state::AppState;
use crate::usecase::accounts::Handover;
use app::caller::MaybeCaller;
use app::error::AppError;
use app::paths;
use app::refused::{RefusedForm, RefusedForms, TYPED};
use app::releases::api::ExecuteRelease;
use app::releases::confirm::{TICKED, joined};
use app::releases::evidence::{CARD, REFUSED};
use axum::Extension;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::HeaderMap;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use domain::actor::Caller;
use domain::id::{EvidenceId, RefusedFormId, ReleaseId};
use domain::manual::{LINK, TEXT};
use leptos::server_fn::ServerFn as _;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the form that adds a file goes.
pub const PATH: &str = paths::RELEASE_FILES;
/// Where a file is given out.
pub const ONE: &str = "/release-files/{id}";
/// What the lines of the confirmation are called that can be ticked.
const TICKS: &str = "ticked[]";

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

/// Adds a file to a release and leads back to it, also when it is refused: then with the code. What was typed
/// into the confirmation meanwhile comes back with it.
async fn upload(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Query(target): Query<Target>,
    headers: HeaderMap,
    FileForm { text, file }: FileForm,
) -> Response {
    let Some(caller) = caller else { return answer::refuse(&AppError::NotSignedIn, PATH, &headers) };
    let Ok(release) = target.release.parse::<ReleaseId>() else { return answer::refuse(&AppError::NotFound, PATH, &headers) };
    let backend = state.backend(Handover::default());
    // Far too long, or where the database fails, it is lost; the file is not.
    let kept = keep(backend.refused.as_ref(), &caller, &text).await.ok().flatten().map(|kept| kept.to_string());
    let added = match file {
        Ok(file) => backend.releases.add_file(&caller, release, file).await,
        Err(error) => Err(error),
    };
    let back = |code: &str| way_back(&paths::release(release), &[(REFUSED, code), (TYPED, kept.as_deref().unwrap_or_default())], CARD);
    lead_back(added, back, (PATH, &headers))
}

/// Keeps what was typed into the confirmation and ticked there; nothing where there is none of it.
async fn keep(refused: &dyn RefusedForms, caller: &Caller, text: &Sent) -> Result<Option<RefusedFormId>, AppError> {
    let ticked: Vec<usize> = text.iter().filter(|(name, _)| name == TICKS).filter_map(|(_, line)| line.parse().ok()).collect();
    let typed = [(TEXT, last(text, TEXT)), (LINK, last(text, LINK)), (TICKED, joined(&ticked))];
    // No page can show a NUL again: it is what browsers leave out, too.
    let typed: BTreeMap<String, String> =
        typed.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value.replace('\0', ""))).collect();
    if typed.is_empty() {
        return Ok(None);
    }
    refused.keep(caller, RefusedForm { form: ExecuteRelease::PATH.to_owned(), typed }).await.map(Some)
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
