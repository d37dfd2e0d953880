//! The other drafts of whoever writes one, as the lines that lead to them.

use super::body::Body;
use super::may_change;
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::requests::draft_port::DraftLine;
use app::when::When;
use domain::actor::Caller;
use domain::basket::BasketForm;
use domain::id::{DraftId, EntitlementId, IdentityId};

/// The caller's drafts apart from one, and from those of requests that they may not change any more,
/// newest first.
pub(super) async fn others(
    work: &mut Work<'_>,
    base: &Base,
    caller: &Caller,
    except: Option<DraftId>,
) -> Result<Vec<DraftLine>, UseCaseError> {
    let mut lines = Vec::new();
    for row in store::drafts::of(work.conn(), caller.identity).await? {
        if Some(row.id) == except {
            continue;
        }
        let body = Body::read(row.body)?;
        let what = match row.request {
            Some(request) if !may_change(work, caller, request).await? => continue,
            Some(request) => {
                let number = store::requests::find(work.conn(), request, false).await?.map(|row| row.number).unwrap_or_default();
                format!("Change of {number}")
            }
            None => names(work, &body.form).await?,
        };
        let subject = match body.form.subject.parse::<IdentityId>() {
            Ok(id) if id != caller.identity && !store::subjects::relations(work.conn(), id, caller.identity).await?.is_empty() => {
                store::subjects::name(work.conn(), id).await?
            }
            _ => None,
        };
        lines.push(DraftLine { id: row.id, what, subject, saved: When::new(row.updated_at, &base.zone) });
    }
    Ok(lines)
}

/// Names of the first items: "Reader, Writer and 3 more".
async fn names(work: &mut Work<'_>, form: &BasketForm) -> Result<String, UseCaseError> {
    let mut names = Vec::new();
    for item in form.items.iter().take(2) {
        if let Ok(id) = item.entitlement.parse::<EntitlementId>()
            && let Some(card) = store::cards::card(work.conn(), id).await?
        {
            names.push(card.name);
        }
    }
    let more = form.items.len().saturating_sub(names.len());
    Ok(match (names.is_empty(), more) {
        (true, _) => "Nothing chosen yet".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    })
}
