//! What the address of the request form says: the form as it was typed, and the request that it
//! would answer.

use super::api;
use super::port::{RequestDesk, RequestView};
use crate::error::AppError;
use crate::paths;
use domain::id::RequestId;
use domain::request::RequestForm;
use serde::{Deserialize, Serialize};

/// The address of the form, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The form, as far as the address has it.
    pub form: RequestForm,
    /// Id of the request to answer, or empty.
    pub answer: String,
    /// The person has typed something already; errors at fields are worth showing.
    pub typed: bool,
}

impl Asked {
    /// Reads a query string.
    #[must_use]
    pub fn from_search(search: &str) -> Self {
        let text = |name| paths::parameter(search, name);
        Self {
            form: RequestForm {
                entitlement: text("entitlement"),
                reason_code: text("reason_code"),
                justification: text("justification"),
                starts_on: text("starts_on"),
                ends_on: text("ends_on"),
            },
            answer: text("answer"),
            typed: ["reason_code", "justification", "starts_on", "ends_on"].into_iter().any(|name| paths::has_parameter(search, name)),
        }
    }
}

/// The address of the form with these values.
#[must_use]
pub fn address(form: &RequestForm, answering: Option<RequestId>) -> String {
    let RequestForm { entitlement, reason_code, justification, starts_on, ends_on } = form;
    let answer = answering.map(|id| id.to_string()).unwrap_or_default();
    // A field that was left empty has to stay empty: the reason's is enough to say "typed".
    let address = paths::with(
        paths::REQUEST,
        &[
            ("entitlement", entitlement),
            ("answer", &answer),
            ("justification", justification),
            ("starts_on", starts_on),
            ("ends_on", ends_on),
            ("reason_code", reason_code),
        ],
    );
    if reason_code.is_empty() { format!("{address}{}reason_code=", if address.contains('?') { '&' } else { '?' }) } else { address }
}

/// The form, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The form and the gates beside it.
    pub desk: RequestDesk,
    /// The request that it answers: id, number, version.
    pub answering: Option<(RequestId, String, i32)>,
}

/// Opens the form; `None` when nothing was chosen from the catalogue yet.
///
/// # Errors
/// As the server functions; [`AppError::NotPossible`] when there is no question to answer.
pub async fn open(asked: Asked) -> Result<Option<Opening>, AppError> {
    let Asked { form, answer, typed } = asked;
    if answer.is_empty() {
        if form.entitlement.is_empty() {
            return Ok(None);
        }
        return Ok(Some(Opening { desk: desk(form, String::new()).await?, answering: None }));
    }
    let id: RequestId = answer.parse().map_err(|_| AppError::NotFound)?;
    let view = api::show(id).await?;
    if !view.may_answer {
        return Err(AppError::NotPossible);
    }
    let form = if typed { RequestForm { entitlement: entitlement(&view), ..form } } else { as_it_was(&view) };
    Ok(Some(Opening { desk: desk(form, answer).await?, answering: Some((id, view.number, view.version)) }))
}

/// Asks for the gates on a form.
///
/// # Errors
/// As the server function.
pub async fn desk(form: RequestForm, answer: String) -> Result<RequestDesk, AppError> {
    let RequestForm { entitlement, reason_code, justification, starts_on, ends_on } = form;
    api::desk(entitlement, reason_code, justification, starts_on, ends_on, answer).await
}

fn entitlement(view: &RequestView) -> String {
    view.items.first().map(|item| item.id.to_string()).unwrap_or_default()
}

fn as_it_was(view: &RequestView) -> RequestForm {
    RequestForm {
        entitlement: entitlement(view),
        reason_code: view.reason.word().to_owned(),
        justification: view.justification.clone(),
        starts_on: view.starts_on.to_string(),
        ends_on: view.ends_on.map(|end| end.to_string()).unwrap_or_default(),
    }
}
