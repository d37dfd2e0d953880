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
            way_back::lead::<F>(paths::REQUEST, &error);
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
            way_back::lead::<F>(&paths::draft(draft), &error);
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
            way_back::lead::<F>(&paths::draft(draft), &error);
            Err(error)
        }
    }
}
