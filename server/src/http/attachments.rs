//! Files on a request: the form of a draft that adds one to it, and their downloads.

use super::answer;
use super::changes::Sent;
use super::file_transfer::{FileForm, give_out, lead_back, way_back};
use crate::state::AppState;
use crate::usecase::accounts::Handover;
use app::attachments::files::{CARD, REFUSED};
use app::attachments::port::Typed;
use app::caller::MaybeCaller;
use app::error::AppError;
use app::paths;
use app::requests::draft_api::SaveDraft;
use app::way_back::address;
use axum::Extension;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::header::HeaderMap;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use domain::id::{AttachmentId, DraftId};
use leptos::server_fn::ServerFn as _;
use leptos::server_fn::codec::{FromReq, PostUrl};
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

/// Keeps what was typed into the form of a draft, adds a file to it and leads back to it, also when one of
/// the two is refused: then with the code.
async fn upload(
    State(state): State<AppState>,
    Extension(MaybeCaller(caller)): Extension<MaybeCaller>,
    Query(target): Query<Target>,
    headers: HeaderMap,
    FileForm { text, file }: FileForm,
) -> Response {
    let Some(caller) = caller else { return answer::refuse(&AppError::NotSignedIn, PATH, &headers) };
    let Ok(draft) = target.draft.parse::<DraftId>() else { return answer::refuse(&AppError::NotFound, PATH, &headers) };
    let typed = match typed(&text).await {
        Ok(typed) => typed,
        Err(error) => return answer::refuse(&error, PATH, &headers),
    };
    let came_along = typed.is_some();
    match state.backend(Handover::default()).attachments.add(&caller, draft, typed, file).await {
        // Nothing is wrong with the file: the page of the draft says what it is, as after a save.
        Err(error) if came_along && error.problems().is_empty() => {
            let page = paths::draft(draft);
            answer::see_other(&address(SaveDraft::PATH, &page, error, None).unwrap_or(page))
        }
        added => lead_back(added, |code| way_back(&paths::draft(draft), &[(REFUSED, code)], CARD), (PATH, &headers)),
    }
}

/// What stood in the form of the draft, read as a save reads it; nothing where a file came alone.
async fn typed(text: &Sent) -> Result<Option<Typed>, AppError> {
    if text.is_empty() {
        return Ok(None);
    }
    let fields: Vec<String> = text.iter().map(|(name, value)| format!("{}={}", paths::encode(name), paths::encode(value))).collect();
    let form = Request::new(Body::from(fields.join("&")));
    let SaveDraft { version, typed, .. } = <SaveDraft as FromReq<PostUrl, Request, AppError>>::from_req(form).await?;
    Ok(Some(Typed { version, form: typed }))
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
