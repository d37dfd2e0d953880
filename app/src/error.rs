//! What can go wrong, as the browser sees it: one closed list of codes for server functions and
//! pages.
//!
//! Errors carry codes, never sentences or personal data: without JavaScript an error travels in
//! the address of the page, where it is logged, and where anybody can write one. The sentences are
//! here, on the reading side. SQL and HTTP types do not belong here.

use domain::error::FieldError;
use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::codec::JsonEncoding;
use serde::{Deserialize, Serialize};

/// A field that was not accepted: its name and a stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Name of the form field.
    pub field: String,
    /// Code of [`FieldError`], or a control id such as `CS-EXP-01`.
    pub code: String,
}

/// Why something was not done. Nothing was changed unless the variant says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AppError {
    /// No live session.
    NotSignedIn,
    /// There is no such record, or the caller may not know of it: the same answer for both.
    NotFound,
    /// The caller knows the record and may not do this.
    Forbidden,
    /// Fields that cannot be accepted as typed.
    Invalid {
        /// Which, and why.
        problems: Vec<Problem>,
    },
    /// The record moved on since the page was made (law 5).
    Changed,
    /// What was sent was saved already, from another page than the one it came from.
    SavedAlready,
    /// The record's state does not allow this.
    NotPossible,
    /// Nobody decides or executes for themselves (laws 3 and 4).
    SeparationOfDuties,
    /// Somebody else of the team has taken the decision on.
    Claimed,
    /// Who stands in for somebody cannot give the decision to a third person.
    StandsIn,
    /// A machine carries this out.
    ByMachine,
    /// Before the requested start.
    TooEarly,
    /// An open request or grant for the same thing exists.
    AlreadyThere,
    /// Too many tries.
    TooMany,
    /// More than one form may hold.
    TooLarge,
    /// The policies could not be evaluated; everything is held (law 1).
    PoliciesUnavailable,
    /// A fault of the server; it is logged with the request id.
    Internal,
    /// The server could not be reached or answered strangely.
    Transport,
}

impl AppError {
    /// Problems at fields, from what the domain refused.
    #[must_use]
    pub fn invalid(errors: &[FieldError]) -> Self {
        Self::Invalid { problems: errors.iter().map(|e| Problem { field: e.field.clone(), code: e.code.clone() }).collect() }
    }

    /// One problem at one field.
    #[must_use]
    pub fn field(field: &str, code: &str) -> Self {
        Self::Invalid { problems: vec![Problem { field: field.to_owned(), code: code.to_owned() }] }
    }

    /// A refusal of a basket with one item, for callers that do not know of baskets: fields without
    /// their place, and one word for what is there or on its way already.
    #[must_use]
    pub fn of_one_item(self) -> Self {
        let Self::Invalid { problems } = self else { return self };
        if !problems.is_empty()
            && problems.iter().all(|p| p.field == "items.0.entitlement" && matches!(p.code.as_str(), "held" | "already_asked"))
        {
            return Self::AlreadyThere;
        }
        let bare = |p: Problem| Problem { field: p.field.strip_prefix("items.0.").map(str::to_owned).unwrap_or(p.field), code: p.code };
        Self::Invalid { problems: problems.into_iter().map(bare).collect() }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Invalid { .. } => "invalid",
            Self::Changed => "changed",
            Self::SavedAlready => "saved_already",
            Self::NotPossible => "not_possible",
            Self::SeparationOfDuties => "separation_of_duties",
            Self::Claimed => "claimed",
            Self::StandsIn => "stands_in",
            Self::ByMachine => "by_machine",
            Self::TooEarly => "too_early",
            Self::AlreadyThere => "already_there",
            Self::TooMany => "too_many",
            Self::TooLarge => "too_large",
            Self::PoliciesUnavailable => "policies_unavailable",
            Self::Internal => "internal",
            Self::Transport => "transport",
        }
    }

    /// HTTP status for callers that are not forms.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::NotSignedIn => 401,
            Self::NotFound => 404,
            Self::Forbidden | Self::SeparationOfDuties | Self::StandsIn => 403,
            Self::Invalid { .. } => 422,
            Self::Changed
            | Self::SavedAlready
            | Self::NotPossible
            | Self::AlreadyThere
            | Self::TooEarly
            | Self::Claimed
            | Self::ByMachine => 409,
            Self::TooMany => 429,
            Self::TooLarge => 413,
            Self::PoliciesUnavailable | Self::Transport => 503,
            Self::Internal => 500,
        }
    }

    /// What happened, what was kept, what to do.
    #[must_use]
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "You are not signed in, or your session ended. Nothing was changed: sign in and try again.",
            Self::NotFound => "There is nothing here, or it is not yours to see.",
            Self::Forbidden => "You may see this, but changing it is up to someone else. Nothing was changed.",
            Self::Invalid { .. } => "Some fields need another look. Nothing was changed.",
            Self::Changed => "Changed since you looked. Nothing was recorded: read what is new and decide again.",
            Self::SavedAlready => {
                "This was saved elsewhere meanwhile, and says the same. Nothing was submitted or overwritten: go on with what was saved."
            }
            Self::NotPossible => "The record has moved on and this step is no longer possible. Nothing was changed.",
            Self::SeparationOfDuties => {
                "Nobody decides on or carries out what concerns themselves, and who approved never carries it out. Nothing was changed: someone else has to."
            }
            Self::Claimed => "Somebody else of the team has taken this on. Nothing was recorded: ask them, or wait until it is given back.",
            Self::StandsIn => {
                "You stand in for somebody here: you may decide for them, and nobody hands that on. Nothing was changed: decide, or ask them or a compliance officer to give it to somebody else."
            }
            Self::ByMachine => {
                "A machine carries this out, and nobody else does it beside it. Nothing was recorded: have it tried again or rolled back, or switch the application to work by hand first."
            }
            Self::TooEarly => "This change may not be carried out before its start. Nothing was changed: come back then.",
            Self::AlreadyThere => "You already hold this, or an open request asks for it. Nothing was added.",
            Self::TooMany => "Too many tries in a short time. Nothing was changed: wait a minute and try again.",
            Self::TooLarge => {
                "This is more than the server takes in one form. Nothing was changed: go back with your browser, shorten what you typed and send it again."
            }
            Self::PoliciesUnavailable => {
                "The controls could not be evaluated, so everything is held. Nothing was changed: tell your administrator."
            }
            Self::Internal => "Something failed on the server. Nothing was changed: try again, and tell your administrator if it stays.",
            Self::Transport => {
                "No answer came from the server, so it is not known whether it was recorded. Check the connection and try again: nothing is recorded twice."
            }
        }
    }

    /// The problems at fields, if that is what went wrong.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems } => problems,
            _ => &[],
        }
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for AppError {}

impl Problem {
    /// The sentence, and in front of it the line where only one of many is meant.
    #[must_use]
    pub fn text(&self) -> String {
        match self.code.split_once('@') {
            Some((_, line)) => format!("Line {line}: {}", self.sentence()),
            None => crate::changes::problem::counted(&self.code).unwrap_or_else(|| self.sentence().to_owned()),
        }
    }

    /// The sentence for a code that a field can have. Control ids have no sentence here: the page
    /// shows the gate's own words for them.
    #[must_use]
    pub fn sentence(&self) -> &'static str {
        // Where one line of a field is meant, or circumstances that are taken, only change control
        // knows the words.
        let (code, line) = self.code.split_once('@').map_or((self.code.as_str(), None), |(code, line)| (code, Some(line)));
        if line.is_some() || code == "same_case" {
            return crate::changes::problem::sentence(code).unwrap_or("This cannot be accepted as typed.");
        }
        match (self.field.as_str(), code) {
            ("items", "too_many") => "The basket is full: at most 25 items fit. Submit it first, or remove something.",
            ("items", "too_many_drafts") => "You have 50 drafts already: submit or discard some first.",
            ("items", "nothing_changed") => "Nothing was changed: a new revision would only void what was decided.",
            ("subject", _) => "You can ask for yourself, for who reports to you, and for accounts that you answer for: choose one of them.",
            (_, "already_asked") => "An open request asks for this already. Nothing is added: join it, or remove this item.",
            (_, "held") => "This is held already: ask for a later end instead, choose a start after its end, or remove this item.",
            (_, "retired") => "This has been retired and cannot be asked for any more: remove it.",
            (_, "meant_for_others") => "This is meant for others by now and cannot be asked for any more: remove it.",
            (_, "retiered") => "Its risk tier changed since you added it: read who decides now.",
            (_, "reowned") => "Its owner changed since you added it: read who answers for it now.",
            (_, "twice") => "This is in the basket already: remove one of the two.",
            (_, "not_held") => "What this would extend or replace is not held any more: choose another way.",
            (field, "required") if field == "kind" || field.ends_with(".kind") => "Choose how you want it from the list.",
            ("verdict", _) => "Choose what you decide.",
            ("selected", "invalid") => "This selection cannot be read: tick the requests again.",
            ("in_app" | "mail", _) => "Choose from the list.",
            (_, "not_the_same") => "This cannot take the place of what is held: choose another way.",
            (_, "already_changing") => "Another request changes the same access already: wait for it, or choose another way.",
            (_, "no_end") => "This has no end that could be moved: remove the item.",
            (_, "not_later") => "It ends then or later already: choose a later end.",
            ("entitlement", _) => "Choose what you need from the catalogue.",
            ("reason_code", _) => "Choose a reason from the list.",
            ("justification", "too_short") => {
                "Say in at least 20 characters what the access is for: someone who does not know you should understand it in a year."
            }
            ("starts_on" | "ends_on", "required" | "not_a_date") => "Enter a date as year-month-day, for example 2026-12-23.",
            ("starts_on", "in_the_past") => "Nothing can start in the past: choose today or later.",
            ("starts_on", "too_far") => "Choose a start within the next ten years.",
            ("starts_on", "over_a_year_away") => "Choose a start within the next year.",
            ("ends_on", "not_earlier") => "Choose a day before the end that stands now: an approver shortens and never lengthens.",
            ("ends_on", "in_the_past") => "Choose today or a later day.",
            ("ends_on", "ends_before_start") => "The end lies before the start: choose a later end.",
            ("ends_on", "too_far") => "Choose an end within ten years of the start.",
            ("comment", "required") => "Say why, so that the requester can do something about it.",
            (_, "unknown_person") => "Nobody on record has this mail address, number or full name: check the spelling.",
            (_, "several_people") => "Several people have this name: use the mail address.",
            ("to", "oneself") => "This is you, or another account of yours: choose somebody else.",
            ("to", "not_active") => "This person is not active and cannot decide: choose somebody else.",
            ("to", "is_delegate") => "You decide for somebody else in this time, and a delegate does not delegate.",
            ("to", "delegates") => "They let somebody else decide in this time, so they cannot decide for you.",
            ("to", "concerned") => "The request concerns this person: nobody decides for themselves. Choose somebody else.",
            ("to", "decided") => "This person has already decided on the request: choose somebody else.",
            ("to", "asked") => "This person is asked already: choose somebody else.",
            ("from", "not_asked") => "Only the place of somebody who is asked now can be taken.",
            ("tiers", "unknown") => "Choose tiers from the list.",
            ("applications", "unknown") => "Choose applications from the list.",
            ("applications", "too_many") => "Choose at most 50 applications; none means all.",
            ("ends_on", "too_long") => "At most 366 days: choose an earlier last day.",
            ("evidence", "required") => "Say what shows that the change was made: a ticket, a log line, what you saw.",
            ("link", "required") => "Give the link where it can be seen.",
            ("link", _) => "Give a whole link that begins with https://, without a name or password in it.",
            ("said", "required") => "Say in your own words what you looked at and what you saw.",
            (field, "required") if field.starts_with("ticked.") => "Tick this once it is done.",
            ("reason", "required") => "Say why.",
            ("password", "wrong") => "This is not your password. What you typed besides it is kept.",
            ("password", "required") => "Give your password: you sign this decision with it.",
            ("answer", "required") => "Write your answer.",
            ("selected", "required") => "Nothing is selected: tick the requests first.",
            ("selected", "too_many") => "More than 50 are selected: untick some and press again.",
            ("name", "too_many") => "You keep 20 filters already: forget one first.",
            ("current_password", _) => "This is not your present password.",
            ("password", "too_short") => "Use at least 15 characters; a few unrelated words are easy to remember.",
            ("password", "too_long") => "Use at most 128 characters.",
            ("password", "common") => "This password is on the list of common ones: choose another.",
            ("password_again", _) => "The two entries differ: type the same password twice.",
            ("login", "taken") => "This sign-in name is taken: choose another.",
            ("login", _) => "Use 1 to 254 letters, digits, or any of . _ - @ +.",
            ("tier", _) => "Choose a tier from the list.",
            ("role", _) => "Choose a role from the list.",
            ("file", "required") => "Choose a file.",
            ("file", "empty") => "This file is empty: choose another.",
            ("file", "too_large") => "This file is too large: at most 5 MiB fit.",
            ("file", "too_many") => "These are five files, and no more fit: remove one to add another.",
            ("file", "kind_not_taken") => "Files of this kind are not taken: send a PDF, a PNG or JPEG image, plain text, or a CSV table.",
            ("file", "kind_differs") => "This file is not what its name or its type says: save it again in the right format.",
            ("file", "not_whole") => "This file is cut off, or something hangs behind its end: save it again.",
            ("file", "runs_something") => {
                "This file holds markup, a script or a formula that could run when it is opened: send plain text or a PDF."
            }
            (_, "mixed_scripts") => "One word here mixes letters of different scripts that look alike: type it in one script.",
            (_, "lookalike") => "This looks like a name in Latin letters and is not: type it in Latin letters.",
            (_, "forbidden_character") => "This contains a character that cannot be used here: remove it and type the text again.",
            (_, "too_long") => "This is too long: shorten it.",
            (_, "too_short") => "This is too short: see the limits at the field.",
            (_, "nobody") => "Nobody who works here has this address: enter a work e-mail.",
            (_, "required") => "This is needed.",
            (_, code) => crate::changes::problem::sentence(code).unwrap_or("This cannot be accepted as typed."),
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            // Faults on the way, seen by the browser.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) | ServerFnErrorErr::Deserialization(_) => Self::Transport,
            // A call that does not carry the arguments the function asks for.
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Invalid { problems: vec![] },
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Serialization(_) => Self::Internal,
        }
    }
}
