//! A question instead of a decision, and its answer in words. The stages stay open with their
//! clocks stopped; whoever was asked before is asked still.

use crate::store;
use crate::store::messages::NewMessage;
use crate::store::pending_decisions::PendingRow;
use crate::store::requests::RequestRow;
use crate::usecase::Base;
use crate::usecase::authorise::require_or_hide;
use crate::usecase::error::UseCaseError;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::planning;
use crate::usecase::shown;
use crate::usecase::work::Work;
use app::error::AppError;
use app::paths;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::id::{MessageId, RequestId};
use domain::notification::NotificationKind;
use domain::permission::Action;
use domain::request::RequestState;
use domain::text::Remark;
use serde_json::json;

/// Puts a question to whoever asked for the access, as part of recording it.
pub(super) async fn ask(
    work: &mut Work<'_>,
    base: &Base,
    row: &RequestRow,
    pending: &PendingRow,
    question: &str,
) -> Result<RequestState, UseCaseError> {
    let stands_in_for = pending.stands_in.map(|(from, _)| from);
    let message = NewMessage {
        id: work.id(MessageId::new),
        request: row.id,
        revision: row.revision,
        stage: Some(pending.stage),
        question: true,
        author: pending.by,
        delegated_by: stands_in_for,
        body: question,
        at: work.now(),
    };
    store::messages::insert(work.conn(), &message).await?;
    planning::pause(work, base, row.id).await?;
    Ok(row.state.clone().send_back(question.to_owned())?)
}

/// Answers the question on a returned request without changing what is asked for: the same revision
/// goes on, with the working time that its stages had left, and who can decide is asked anew.
///
/// # Errors
/// [`AppError::NotFound`] for anyone not involved; [`AppError::Forbidden`] for those who did not ask;
/// [`AppError::Invalid`] at `answer`; [`AppError::Changed`]; [`AppError::NotPossible`] unless
/// returned.
pub async fn answer(base: &Base, caller: &Caller, id: RequestId, version: i32, typed: &str) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
    require_or_hide(caller, Action::AnswerRequest, Action::ReadRequest, &relations)?;
    let row = store::requests::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    let words = Remark::parse("answer", typed, "Write your answer.")?;
    if row.version != version {
        return Err(AppError::Changed.into());
    }
    let state = row.state.clone().answer()?;
    let asked = store::messages::of_request(work.conn(), id).await?.into_iter().rfind(|message| message.question);
    let stage = asked.as_ref().and_then(|question| question.stage);
    let message = NewMessage {
        id: work.id(MessageId::new),
        request: id,
        revision: row.revision,
        stage,
        question: false,
        author: caller.identity,
        delegated_by: None,
        body: words.as_str(),
        at: work.now(),
    };
    store::messages::insert(work.conn(), &message).await?;
    let due = planning::resume(&mut work, base, id).await?;
    let now = work.now();
    store::requests::set_state(work.conn(), id, row.version, row.revision, &state, now).await?;
    let body = json!({ "number": row.number, "revision": row.revision, "due": due, "detail": words.as_str() });
    work.event(EventKind::QuestionAnswered, "request", id.0, Some(id), body).await?;
    // While the stages stood still, those asked may have left.
    planning::ask_again(&mut work, base, id).await?;
    shown::refresh(&mut work, id).await?;
    if let Some(question) = asked {
        let title = format!("Your question on {} was answered", row.number);
        let href = paths::request(id);
        let notice = Notice { kind: NotificationKind::Answered, title: &title, body: "", href: &href, request: Some(id) };
        tell(&mut work, &[question.author.id], &notice).await?;
    }
    work.commit().await
}
