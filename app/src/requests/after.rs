//! Where the browser goes after something was done to a draft. What was typed is in the draft, so a
//! refusal only has to lead back to its page, which says what is wrong; what is no matter of a field
//! travels along as a code.

use crate::error::AppError;
use crate::{paths, way_back};
use domain::id::{DraftId, RequestId};
use leptos::server_fn::ServerFn;

/// To the draft that something was put into; a refusal to the form, with its reason.
pub(super) fn begun<F: ServerFn<Error = AppError>>(made: Result<DraftId, AppError>) -> Result<(), AppError> {
    match made {
        Ok(draft) => {
            leptos_axum::redirect(&paths::draft(draft));
            Ok(())
        }
        Err(error) => {
            way_back::lead::<F>(paths::REQUEST, &beside_fields(&error));
            Err(error)
        }
    }
}

/// Back to the draft: to the field that a remedy has filled in, where there is one.
pub(super) fn back_to<F: ServerFn<Error = AppError>>(draft: DraftId, field: &str, done: Result<(), AppError>) -> Result<(), AppError> {
    match done {
        Ok(()) => {
            leptos_axum::redirect(&paths::draft_at(draft, field));
            Ok(())
        }
        Err(error) => {
            way_back::lead::<F>(&paths::draft(draft), &beside_fields(&error));
            Err(error)
        }
    }
}

/// To the first request that was made, which names the others.
pub(super) fn submitted<F: ServerFn<Error = AppError>>(
    draft: DraftId,
    made: Result<Vec<RequestId>, AppError>,
) -> Result<Vec<RequestId>, AppError> {
    match made {
        Ok(made) => {
            let first = made.first().ok_or(AppError::NotFound)?;
            leptos_axum::redirect(&paths::request_after(*first, "submitted"));
            Ok(made)
        }
        Err(error) => {
            way_back::lead::<F>(&paths::draft(draft), &beside_fields(&error));
            Err(error)
        }
    }
}

/// What the draft does not say by itself. What is wrong at its fields can be more than an address
/// holds, and stands at each of them anyway.
fn beside_fields(error: &AppError) -> AppError {
    match error {
        AppError::Invalid { problems } => {
            AppError::Invalid { problems: problems.iter().filter(|problem| problem.field == "items").cloned().collect() }
        }
        other => other.clone(),
    }
}
