//! A decision as it travels: from the fields of a form to what the port takes, and the addresses
//! that lead on from it. No elements here.

use super::port::{BulkForm, BulkItem, DecisionForm, Typed};
use crate::error::AppError;
use crate::paths;
use domain::id::BulkDecisionId;
use jiff::Timestamp;

/// The word that the form for an earlier end sends as its verdict.
pub const APPROVE_UNTIL: &str = "approve_until";
/// The parameter that says that a decision was made.
pub const DECIDED: &str = "decided";
/// The parameter that says that one was taken back.
pub const UNDONE: &str = "undone";
/// The parameter that names a press that decided many.
pub const BULK: &str = "bulk";

/// The fields of the form as a decision; `shown` is the version and the content hash of what was on
/// the screen.
///
/// # Errors
/// [`AppError::NotFound`] when the stage is not an id, [`AppError::Invalid`] when the key is not.
pub fn form(stage: &str, typed: Typed, password: String, shown: (i32, String), key: &str) -> Result<DecisionForm, AppError> {
    let (shown_version, shown_hash) = shown;
    let Typed { verdict, comment, ends_on } = typed;
    Ok(DecisionForm {
        stage: stage.parse().map_err(|_| AppError::NotFound)?,
        verdict,
        comment,
        ends_on,
        password,
        shown_version,
        shown_hash,
        key: key.parse().map_err(|_| AppError::field("key", "invalid"))?,
    })
}

/// What one line sends when it is selected.
#[must_use]
pub fn item(line: &BulkItem) -> String {
    format!("{}~{}~{}", line.stage, line.shown_version, line.shown_hash)
}

/// What was selected.
///
/// # Errors
/// [`AppError::Invalid`] at `selected` when one is not as [`item`] writes it.
pub fn selected(items: &[String], shown_at: Timestamp, key: &str) -> Result<BulkForm, AppError> {
    let read = |text: &String| {
        let (stage, rest) = text.split_once('~')?;
        let (version, hash) = rest.split_once('~')?;
        Some(BulkItem { stage: stage.parse().ok()?, shown_version: version.parse().ok()?, shown_hash: hash.to_owned() })
    };
    let items = items.iter().map(read).collect::<Option<Vec<_>>>().ok_or(AppError::field("selected", "invalid"))?;
    Ok(BulkForm { items, shown_at, key: key.parse().map_err(|_| AppError::field("key", "invalid"))? })
}

/// The list that a form stood beside, to come back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Filter by time or tier.
    pub filter: String,
    /// Whose decisions.
    pub whose: String,
}

impl Way {
    /// The list.
    #[must_use]
    pub fn to_list(&self) -> String {
        self.with(paths::INBOX, &[])
    }

    /// The list after a decision. The code differs from decision to decision, so that the list is
    /// read again each time, and says nothing about anybody.
    #[must_use]
    pub fn after_deciding(&self, key: &str) -> String {
        self.with(paths::INBOX, &[(DECIDED, &code(key))])
    }

    /// The list after a decision was taken back.
    #[must_use]
    pub fn after_undoing(&self, id: &str) -> String {
        self.with(paths::INBOX, &[(UNDONE, &code(id))])
    }

    /// The list with what came of a press that decided many.
    #[must_use]
    pub fn to_outcome(&self, press: BulkDecisionId) -> String {
        self.with(paths::INBOX, &[(BULK, &press.to_string())])
    }

    fn with(&self, path: &str, more: &[(&str, &str)]) -> String {
        let all: Vec<(&str, &str)> = [("filter", &*self.filter), ("whose", &*self.whose)].into_iter().chain(more.iter().copied()).collect();
        paths::with(path, &all)
    }
}

fn code(id: &str) -> String {
    id.chars().rev().filter(char::is_ascii_alphanumeric).take(8).collect()
}

/// Leads on: after a decision to the list; without JavaScript and when refused back to the decision,
/// with everything that was typed but the password.
#[cfg(feature = "ssr")]
pub(super) async fn finish<F: leptos::server_fn::ServerFn<Error = AppError>>(
    made: Result<(), AppError>,
    stage: &str,
    typed: &Typed,
    way: &Way,
    key: &str,
) -> Result<(), AppError> {
    if let Err(error) = &made {
        let address = format!("{}/{stage}", paths::INBOX);
        let typed = [("verdict", &*typed.verdict), ("comment", &*typed.comment), ("ends_on", &*typed.ends_on)];
        crate::way_back::lead_with::<F>(&way.with(&address, &[]), &typed, error).await;
    } else {
        leptos_axum::redirect(&way.after_deciding(key));
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190a000-0000-7000-8000-000000000000";

    #[test]
    fn ids_that_are_none_are_refused_before_anything_is_asked() {
        let decide = |stage: &str, key: &str| form(stage, Typed::default(), String::new(), (1, "ab".into()), key).map(|_| ());
        assert!(decide(ID, ID).is_ok());
        assert_eq!(decide("x", ID), Err(AppError::NotFound));
        assert_eq!(decide(ID, "x").map_err(|error| error.code()), Err("invalid"));
    }

    #[test]
    fn a_selected_line_reads_back_and_anything_else_is_refused() {
        let line = BulkItem { stage: ID.parse().unwrap(), shown_version: 7, shown_hash: "ab12".into() };
        let form = selected(&[item(&line)], Timestamp::UNIX_EPOCH, ID).unwrap();
        assert_eq!(form.items, [line]);
        for wrong in ["", "x~1~a", &format!("{ID}~x~a"), ID] {
            assert!(selected(&[wrong.to_owned()], Timestamp::UNIX_EPOCH, ID).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_way_back_keeps_the_filter_and_carries_no_name() {
        let way = |filter: &str, whose: &str| Way { filter: filter.into(), whose: whose.into() };
        let key = "0190a000-0000-7000-8000-0000abcd1234";
        assert_eq!(way("late", "team").after_deciding(key), "/inbox?filter=late&whose=team&decided=4321dcba");
        assert_eq!(way("", "").after_deciding("&x=1"), "/inbox?decided=1x");
        assert_eq!(way("late", "").to_list(), "/inbox?filter=late");
    }
}
