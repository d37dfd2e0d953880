//! What answers mean. Everything but 200, 202, 204, 409 and 410 has been made a [`Fault`] by the way
//! out (`http::mapping`) before it comes here.

use super::{LONGEST_DETAIL, LONGEST_NAME};
use crate::connector::Applied;
use crate::fault::Fault;
use crate::http::{Answer, plain_words};
use crate::order::{Account, Actual};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Refusals that say more than "no".
pub(super) const WITH_A_MEANING: &[u16] = &[409, 410];

/// The refusal in an answer with one of these statuses.
pub(super) fn refusal(answer: &Answer) -> Option<Fault> {
    let meaning = match answer.status() {
        409 => "409: what is there contradicts this step, so nothing was changed.",
        410 => "410: the receiver takes no messages at this address any more. Enter its new address, or stop using this connection.",
        _ => return None,
    };
    let detail = answer
        .json::<Map<String, Value>>()
        .ok()
        .and_then(|body| body.get("detail").and_then(Value::as_str).map(|text| plain_words(text, LONGEST_DETAIL)))
        .filter(|text| !text.is_empty());
    let said = match detail {
        Some(detail) => format!("{meaning} It says: {detail}"),
        None => meaning.to_owned(),
    };
    Some(Fault::Refused { said })
}

/// What came of a step.
pub(super) fn applied(answer: &Answer, may_answer_later: bool) -> Result<Applied, Fault> {
    if answer.status() != 202 {
        return done(answer).map(|Told { account, found }| Applied::Done { account, found });
    }
    if !may_answer_later {
        return garbled("it is 202, but this connection is not set to answer later.");
    }
    let body: Map<String, Value> = answer.json()?;
    match name(&body, "reference")? {
        Some(reference) => Ok(Applied::Awaited { reference }),
        None => garbled("it is 202 without a reference."),
    }
}

/// What an answer tells that says that something was done.
#[derive(Default)]
pub(super) struct Told {
    /// The account's id.
    pub account: Option<String>,
    /// How the receiver found an account that it did not make for this step.
    pub found: Option<Account>,
}

/// What an answer tells that says that something was done. A body that is no JSON object is no such
/// answer: a proxy's page with status 200 proves nothing.
pub(super) fn done(answer: &Answer) -> Result<Told, Fault> {
    match answer.status() {
        204 => Ok(Told::default()),
        200 if answer.is_empty() => Ok(Told::default()),
        200 => {
            let body = answer.json()?;
            Ok(Told { account: name(&body, "account")?, found: found(&body)? })
        }
        202 => garbled("it is 202, but only steps may be answered later."),
        status => garbled(&format!("its status is {status}; 200, 202 and 204 have a meaning.")),
    }
}

fn found(body: &Map<String, Value>) -> Result<Option<Account>, Fault> {
    match body.get("found").map(|value| serde_json::from_value(value.clone())) {
        None | Some(Ok(None)) => Ok(None),
        Some(Ok(Some(state))) if is_there(state) => Ok(Some(state)),
        Some(Ok(Some(_)) | Err(_)) => garbled("found must be active or inactive."),
    }
}

/// Whether there is an account that can have been found.
pub(super) fn is_there(state: Account) -> bool {
    state != Account::Absent
}

#[derive(Deserialize)]
struct State {
    account: Account,
    #[serde(default)]
    account_id: Option<String>,
    entitlements: Vec<String>,
}

/// What is there.
pub(super) fn actual(answer: &Answer) -> Result<Actual, Fault> {
    if answer.status() != 200 {
        return garbled(&format!("its status is {}; a question is answered with 200.", answer.status()));
    }
    // By way of a map, because a list would pass for a structure.
    let body: Map<String, Value> = answer.json()?;
    let Ok(State { account, account_id, entitlements }) = serde_json::from_value(Value::Object(body)) else {
        return garbled("account must be absent, inactive or active, and entitlements a list of texts.");
    };
    if account_id.as_deref().is_some_and(|id| !is_name(id)) {
        return garbled("account_id is empty, too long or holds characters that cannot be seen.");
    }
    if account == Account::Absent && !entitlements.is_empty() {
        return garbled("it names entitlements of an account that is absent.");
    }
    Ok(Actual { account, account_id, entitlements: entitlements.into_iter().collect::<BTreeSet<_>>() })
}

/// A text that stands for something over there: visible and short.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && plain_words(text, LONGEST_NAME) == text
}

fn name(body: &Map<String, Value>, field: &str) -> Result<Option<String>, Fault> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if is_name(text) => Ok(Some(text.clone())),
        Some(_) => garbled(&format!("{field} must be one line of 1 to {LONGEST_NAME} characters.")),
    }
}

fn garbled<T>(why: &str) -> Result<T, Fault> {
    Err(Fault::Garbled { why: why.to_owned() })
}
