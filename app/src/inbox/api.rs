//! Server functions of the inbox. Permission, version, content hash and password are checked behind
//! the port.

#![expect(clippy::too_many_arguments, reason = "the fields of a form, flat, so that a plain form can send them")]

use super::port::{InboxDetail, InboxPage, InboxQuery};
use crate::error::AppError;
use domain::id::RequestId;
use leptos::prelude::*;

/// What waits for the caller.
#[server(endpoint = "inbox/list")]
pub async fn list_inbox(#[server(default)] query: InboxQuery) -> Result<InboxPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.inbox.list(&caller()?, query).await
}

/// One decision with everything to weigh.
#[server(endpoint = "inbox/detail")]
pub async fn show_stage(stage: String) -> Result<InboxDetail, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.inbox.detail(&caller()?, stage.parse().map_err(|_| AppError::NotFound)?).await
}

/// Makes a decision on what was shown, which becomes final in ten seconds, then leads back to the
/// list, where it can be undone.
#[server(endpoint = "inbox/decide")]
pub async fn decide(
    stage: String,
    verdict: String,
    #[server(default)] comment: String,
    #[server(default)] ends_on: String,
    #[server(default)] password: String,
    shown_version: i32,
    shown_hash: String,
    key: String,
    #[server(default)] filter: String,
    #[server(default)] whose: String,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, inbox::decision};
    let typed = super::port::Typed { verdict, comment, ends_on };
    let made = async {
        let form = decision::form(&stage, typed.clone(), password, (shown_version, shown_hash), &key)?;
        backend()?.inbox.decide(&caller()?, form).await
    };
    decision::finish::<Decide>(made.await.map(drop), &stage, &typed, &decision::Way { filter, whose }, &key).await
}

/// Takes a decision back before it is final.
#[server(endpoint = "inbox/undo")]
pub async fn undo(decision: String, #[server(default)] filter: String, #[server(default)] whose: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, inbox::decision as way};
    let id = decision.parse().map_err(|_| AppError::NotFound)?;
    backend()?.inbox.undo(&caller()?, id).await?;
    leptos_axum::redirect(&way::Way { filter, whose }.after_undoing(&decision));
    Ok(())
}

/// Approves what was selected; each becomes final in ten seconds. `items` are stage, version and
/// hash as shown, joined by `~`.
#[server(endpoint = "inbox/approve_selected")]
pub async fn approve_selected(
    #[server(default)] items: Vec<String>,
    shown_at: jiff::Timestamp,
    key: String,
    #[server(default)] filter: String,
    #[server(default)] whose: String,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, inbox::decision};
    let form = decision::selected(&items, shown_at, &key)?;
    let press = backend()?.inbox.approve_selected(&caller()?, form).await?;
    leptos_axum::redirect(&decision::Way { filter, whose }.to_outcome(press));
    Ok(())
}

/// Takes back what of a press is not final yet.
#[server(endpoint = "inbox/undo_selected")]
pub async fn undo_selected(press: String, #[server(default)] filter: String, #[server(default)] whose: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, inbox::decision};
    backend()?.inbox.undo_selected(&caller()?, press.parse().map_err(|_| AppError::NotFound)?).await?;
    leptos_axum::redirect(&decision::Way { filter, whose }.after_undoing(&press));
    Ok(())
}

/// Keeps the present filter under a name.
#[server(endpoint = "inbox/save_filter")]
pub async fn save_filter(
    #[server(default)] name: String,
    #[server(default)] filter: String,
    #[server(default)] whose: String,
) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, inbox::decision};
    let query = InboxQuery { filter: filter.clone(), whose: whose.clone(), ..InboxQuery::default() };
    let kept = backend()?.inbox.save_filter(&caller()?, name.clone(), query).await;
    let way = decision::Way { filter, whose };
    match &kept {
        Ok(()) => leptos_axum::redirect(&way.to_list()),
        Err(error) => crate::way_back::lead_with::<SaveFilter>(&way.to_list(), &[("name", &name)], error).await,
    }
    kept
}

/// Forgets a kept filter.
#[server(endpoint = "inbox/forget_filter")]
pub async fn forget_filter(id: String, #[server(default)] filter: String, #[server(default)] whose: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, inbox::decision};
    backend()?.inbox.forget_filter(&caller()?, id.parse().map_err(|_| AppError::NotFound)?).await?;
    leptos_axum::redirect(&decision::Way { filter, whose }.to_list());
    Ok(())
}

/// Answers the question on a returned request in words; the same revision goes on.
#[server(endpoint = "requests/answer_question")]
pub async fn answer_question(request: RequestId, version: i32, #[server(default)] answer: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, requests::conversation};
    let made = backend()?.inbox.answer_question(&caller()?, request, version, answer.clone()).await;
    conversation::finish::<AnswerQuestion>(made, request, &answer).await
}
