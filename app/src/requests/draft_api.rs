//! Server functions of the request form. It sends the fields of [`BasketForm`] flat and by their
//! names; those of an item are `items[0][kind]` and so on. Every one of them leads back to a page.

use super::draft_port::{Desk, TemplateLine};
use crate::error::AppError;
use domain::basket::BasketForm;
use domain::id::{DraftId, RequestId};
use leptos::prelude::*;

/// The draft of an id, or, with an empty one, the newest.
#[server(endpoint = "drafts/open")]
pub async fn open_desk(#[server(default)] draft: String) -> Result<Desk, AppError> {
    use crate::{backend::backend, caller::caller};
    let draft = if draft.is_empty() { None } else { Some(draft.parse().map_err(|_| AppError::NotFound)?) };
    backend()?.drafts.open(&caller()?, draft).await
}

/// Templates meant for the caller.
#[server(endpoint = "drafts/templates")]
pub async fn read_templates() -> Result<Vec<TemplateLine>, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.drafts.templates(&caller()?).await
}

/// Puts something into the basket.
#[server(endpoint = "drafts/add")]
pub async fn add_item(
    entitlement: String,
    #[server(default)] kind: String,
    #[server(default)] grant: String,
    #[server(default)] subject: String,
) -> Result<(), AppError> {
    use super::{after::begun, draft_port::Addition};
    use crate::{backend::backend, caller::caller};
    let entitlement = entitlement.parse().map_err(|_| AppError::NotFound)?;
    let grant = if grant.is_empty() { None } else { Some(grant.parse().map_err(|_| AppError::NotFound)?) };
    let addition = Addition { entitlement, kind, grant, subject };
    begun::<AddItem>(backend()?.drafts.add(&caller()?, addition).await)
}

/// Puts everything of a template into the basket.
#[server(endpoint = "drafts/add_template")]
pub async fn add_template(template: String) -> Result<(), AppError> {
    use super::after::begun;
    use crate::{backend::backend, caller::caller};
    let template = template.parse().map_err(|_| AppError::NotFound)?;
    begun::<AddTemplate>(backend()?.drafts.add_template(&caller()?, template).await)
}

/// Begins, or goes on with, the change of a request.
#[server(endpoint = "drafts/edit")]
pub async fn edit_request(request: RequestId) -> Result<(), AppError> {
    use super::after::begun;
    use crate::{backend::backend, caller::caller};
    begun::<EditRequest>(backend()?.drafts.edit(&caller()?, request).await)
}

/// Keeps what was typed. `cure` is a field and a value for it: what a gate's remedy fills in, or
/// somebody who was found. `at` is the field to come back to.
#[server(endpoint = "drafts/save")]
pub async fn save_draft(
    draft: DraftId,
    version: i32,
    #[server(flatten)] typed: BasketForm,
    #[server(default)] cure: String,
    #[server(default)] at: String,
) -> Result<(), AppError> {
    use super::{after::back_to, draft_port::Step};
    use crate::{backend::backend, caller::caller};
    let filled = cure.split_once(' ');
    let step = filled.map_or(Step::Keep, |(field, value)| Step::Fill(field.to_owned(), value.to_owned()));
    back_to::<SaveDraft>(
        draft,
        filled.map_or(&at, |(field, _)| field),
        backend()?.drafts.save(&caller()?, draft, version, typed, step).await,
    )
}

/// Keeps what was typed and takes an item out.
#[server(endpoint = "drafts/remove_item")]
pub async fn remove_item(draft: DraftId, version: i32, #[server(flatten)] typed: BasketForm, remove: u32) -> Result<(), AppError> {
    use super::{after::back_to, draft_port::Step};
    use crate::{backend::backend, caller::caller};
    let step = Step::Remove(usize::try_from(remove).unwrap_or(usize::MAX));
    back_to::<RemoveItem>(draft, "", backend()?.drafts.save(&caller()?, draft, version, typed, step).await)
}

/// Takes over what was typed in another tab (`take`), or lets it go.
#[server(endpoint = "drafts/settle")]
pub async fn settle_draft(draft: DraftId, version: i32, #[server(default)] take: bool) -> Result<(), AppError> {
    use super::after::back_to;
    use crate::{backend::backend, caller::caller};
    back_to::<SettleDraft>(draft, "", backend()?.drafts.settle(&caller()?, draft, version, take).await)
}

/// Lets a draft go.
#[server(endpoint = "drafts/discard")]
pub async fn discard_draft(draft: DraftId) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.drafts.discard(&caller()?, draft).await?;
    leptos_axum::redirect(&format!("{}?discarded", paths::REQUEST));
    Ok(())
}

/// Submits all of it, or nothing; gives the requests, in the order of the basket.
#[server(endpoint = "drafts/submit")]
pub async fn submit_draft(draft: DraftId, version: i32, #[server(flatten)] typed: BasketForm) -> Result<Vec<RequestId>, AppError> {
    use super::after::submitted;
    use crate::{backend::backend, caller::caller};
    submitted::<SubmitDraft>(draft, backend()?.drafts.submit(&caller()?, draft, version, typed).await)
}
