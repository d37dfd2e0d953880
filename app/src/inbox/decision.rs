//! A decision as it travels: from the fields of a form to what the port takes, and the address
//! that says that it was recorded. No elements here.

use super::port::DecisionForm;
use crate::error::AppError;
use crate::paths;

/// The parameter that says that a decision was recorded.
pub const DECIDED: &str = "decided";

/// The fields of the form as a decision; `shown` is the version and the content hash of what was on
/// the screen.
///
/// # Errors
/// [`AppError::NotFound`] when the stage is not an id, [`AppError::Invalid`] when the key is not.
pub fn typed(stage: &str, verdict: String, comment: String, shown: (i32, String), key: &str) -> Result<DecisionForm, AppError> {
    let (shown_version, shown_hash) = shown;
    Ok(DecisionForm {
        stage: stage.parse().map_err(|_| AppError::NotFound)?,
        verdict,
        comment,
        shown_version,
        shown_hash,
        key: key.parse().map_err(|_| AppError::field("key", "invalid"))?,
    })
}

/// The list after a decision. The code differs from decision to decision, so that the list is read
/// again each time, and says nothing about anybody.
#[must_use]
pub fn back_to_list(filter: &str, key: &str) -> String {
    let code: String = key.chars().rev().filter(char::is_ascii_alphanumeric).take(8).collect();
    paths::with(paths::INBOX, &[("filter", filter), (DECIDED, &code)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_none_are_refused_before_anything_is_asked() {
        let id = "0190a000-0000-7000-8000-000000000000";
        let decide = |stage: &str, key: &str| typed(stage, "approve".into(), String::new(), (1, "ab".into()), key);
        assert!(decide(id, id).is_ok());
        assert_eq!(decide("x", id), Err(AppError::NotFound));
        assert_eq!(decide(id, "x").map_err(|error| error.code()), Err("invalid"));
    }

    #[test]
    fn the_way_back_keeps_the_filter_and_carries_no_name() {
        assert_eq!(back_to_list("late", "0190a000-0000-7000-8000-0000abcd1234"), "/inbox?filter=late&decided=4321dcba");
        assert_eq!(back_to_list("", "&x=1"), "/inbox?decided=1x");
    }
}
