//! Server functions of the work queue.

use super::port::{QueueQuery, QueueView};
use crate::error::AppError;
use leptos::prelude::*;

/// The page.
#[server(endpoint = "admin/queue")]
pub async fn read_queue(#[server(default)] query: QueueQuery) -> Result<QueueView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.queue.overview(&caller()?, query).await
}

/// Tries a task that failed again (`how` is `retry`), or takes it out of the queue (`discard`).
#[server(endpoint = "admin/settle_task")]
pub async fn settle_task(task: String, #[server(default)] how: String, #[server(default)] reason: String) -> Result<(), AppError> {
    use super::port::Settlement;
    use crate::{admin::done, backend::backend, caller::caller, paths};
    let id = task.parse().map_err(|_| AppError::NotFound)?;
    let (settlement, said) = match how.as_str() {
        "retry" => (Settlement::Retry, "task_retried"),
        "discard" => (Settlement::Discard, "task_discarded"),
        _ => return Err(AppError::NotFound),
    };
    let done = backend()?.queue.settle(&caller()?, id, settlement, reason.clone()).await;
    match &done {
        Ok(()) => leptos_axum::redirect(&paths::with(paths::ADMIN_JOBS, &[(done::DONE, said)])),
        Err(error) => {
            let page = paths::with(paths::ADMIN_JOBS, &[("task", &task)]);
            crate::way_back::lead_with::<SettleTask>(&page, &[("reason", &reason)], error).await;
        }
    }
    done
}
