//! What changed on a request since somebody last had it on the screen.

use super::Base;
use super::error::UseCaseError;
use super::reading::timeline;
use super::request_history;
use super::work::Work;
use crate::store;
use crate::store::inbox_looks::Before;
use app::inbox::port::SinceLook;
use app::when::When;
use domain::id::{IdentityId, RequestId};

/// What differs between a revision that was looked at and the present one, and what others did
/// since; nothing when neither is anything.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn since_look(
    work: &mut Work<'_>,
    base: &Base,
    me: IdentityId,
    request: RequestId,
    revision: i32,
    before: Before,
) -> Result<Option<SinceLook>, UseCaseError> {
    let fields = match before.revision {
        same if same == revision => vec![],
        then => request_history::between(work, request, then, revision).await?,
    };
    let events = store::events::of_request(work.conn(), request).await?;
    let since = events.into_iter().filter(|event| event.at > before.at && event.by != Some(me)).collect();
    let events = timeline(since, &base.zone);
    let nothing = fields.is_empty() && events.is_empty();
    Ok((!nothing).then(|| SinceLook { looked: When::new(before.at, &base.zone), revision: before.revision, fields, events }))
}
