//! Words of change control: what each kind of record governs, and where a change stands.

use super::port::{ChangeLine, ChangeView};
use crate::paths;
use crate::ui::Tone;
use domain::change::{ChangeState, RecordKind};

/// What records of a kind govern, in one sentence.
#[must_use]
pub fn governs(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Unit => "Where people stand, and which calendar counts their working time.",
        RecordKind::Application => "What access is given to, who owns it and who deputises.",
        RecordKind::Entitlement => "What may be asked for: risk tier, limits, audience, what it includes.",
        RecordKind::Conflict => "What nobody may hold together, how severe it is, what may make it bearable.",
        RecordKind::Template => "Standard patterns that are asked for together.",
        RecordKind::Specification => "What each population must conform to, and how far its access may reach.",
        RecordKind::Plan => "Who decides on which requests, in which order, by when.",
        RecordKind::Calendar => "Working hours and holidays, which due times count in.",
        RecordKind::Group => "Named people who decide, for example security.",
    }
}

/// The mark that belongs to a state.
#[must_use]
pub fn tone(state: ChangeState) -> Tone {
    match state {
        ChangeState::Proposed => Tone::Waiting,
        ChangeState::Confirmed => Tone::Info,
        ChangeState::InForce => Tone::Ok,
        ChangeState::Refused => Tone::Bad,
        ChangeState::Withdrawn => Tone::Plain,
        ChangeState::Overtaken => Tone::Warn,
    }
}

/// What happened, right after it did: the first line of the page that follows a step.
#[must_use]
pub fn happened(search: &str, view: &ChangeView) -> Option<String> {
    let ChangeLine { number, state, effective, .. } = &view.line;
    let said = |step: &str| paths::has_parameter(search, step);
    let stands = match state {
        ChangeState::Proposed => "waits for a second person".to_owned(),
        ChangeState::Confirmed => format!("will be in force from {}", effective.text),
        ChangeState::InForce => match view.version {
            Some(version) => format!("is in force as version {version}"),
            None => "is in force".to_owned(),
        },
        ChangeState::Refused => "was refused; nothing changed".to_owned(),
        ChangeState::Withdrawn => "was taken back; nothing changed".to_owned(),
        ChangeState::Overtaken => "was overtaken by another change; nothing changed".to_owned(),
    };
    let what = if said("proposed") {
        format!("Proposed. {number} {stands}.")
    } else if said("confirmed") {
        format!("Confirmed. {number} {stands}.")
    } else if said("refused") || said("withdrawn") {
        format!("Recorded. {number} {stands}.")
    } else {
        return None;
    };
    Some(what)
}

/// "3 records", "1 record".
#[must_use]
pub fn number(number: i64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// How many open requests keep what was in force when they were made.
#[must_use]
pub fn pinned(requests: i64) -> String {
    match requests {
        0 => "None is open".to_owned(),
        1 => "1 keeps the version it was made with".to_owned(),
        many => format!("{many} keep the version they were made with"),
    }
}
