//! What would cure a gap in a record, and who can.

use domain::identity::Population;
use domain::specification::holding::{Excess, SecondFactor};
use domain::specification::{Attribute, Fault};

/// Who can cure the fault and how, as a sentence. Records that come from the people feed are
/// changed there; the next import brings the change.
#[must_use]
pub fn cure(attribute: Attribute, fault: Fault, population: Population, from_feed: bool) -> String {
    let what = name(attribute, population);
    let names = match (attribute, fault) {
        (Attribute::Manager | Attribute::Owner, Fault::NotActive) => format!("names another {what} who is active"),
        (Attribute::Manager | Attribute::Owner | Attribute::Unit, _) => format!("names the {what}"),
        (_, Fault::Missing) => format!("adds the {what}"),
        (Attribute::EndsOn, Fault::Over) => "moves the last day, if it has been extended".to_owned(),
        _ => format!("corrects the {what}"),
    };
    let who = if from_feed {
        format!("The people feed {names}, and an administrator imports it.")
    } else {
        format!("This record was made here: the people feed takes it over and {names}, and an administrator imports it.")
    };
    match fault {
        Fault::Over => format!("{who} Otherwise an administrator suspends the identity, and its access ends."),
        Fault::NotActive => format!("{who} Where the {what} was only suspended, an administrator can resume them."),
        Fault::StillToCome => {
            format!("{who} If the day is right, the identity should not be active yet: an administrator suspends it until then.")
        }
        Fault::Missing | Fault::NotAnAddress | Fault::BeforeFirstDay => who,
    }
}

/// Who can cure that a second factor is missing, and how; nothing where it is not.
#[must_use]
pub fn cure_second_factor(found: &SecondFactor, number: &str) -> String {
    if found.met() {
        return String::new();
    }
    format!(
        "Once one is in force, an operator with a shell records it: countersign second-factor {number} passkey. Until then, access from tier {} on is given back.",
        found.needed_from.label().to_lowercase()
    )
}

/// Who can cure that a grant is beyond limits, and how.
#[must_use]
pub fn cure_access(excesses: &[Excess], ending: bool) -> String {
    if ending {
        return "Nothing: it is being removed already.".to_owned();
    }
    let time = excesses.iter().find_map(|excess| match excess {
        Excess::NoEnd { most } | Excess::Days { most, .. } => Some(*most),
        Excess::Tier { .. } | Excess::Classification { .. } | Excess::Application { .. } => None,
    });
    let holder = match (time, excesses.len()) {
        (Some(most), 1) => {
            format!("Whoever holds it, or answers for them, gives it back and asks for it again for at most {}.", days(most))
        }
        (_, _) => "Whoever holds it, or answers for them, gives it back.".to_owned(),
    };
    format!("{holder} Or compliance changes the limit of the specification, and a second person confirms it.")
}

/// A limit that a grant is beyond, in words.
#[must_use]
pub fn said(excess: &Excess) -> String {
    match excess {
        Excess::Tier { held, most } => format!("{}, above {}", held.label(), most.label().to_lowercase()),
        Excess::Classification { held, most } => format!("{} data, above {}", held.label(), most.label().to_lowercase()),
        Excess::Application { code } => format!("The application {code} is not among those of the specification"),
        Excess::NoEnd { most } => format!("Without an end; at most {}", days(*most)),
        Excess::Days { held, most } => format!("Given for {}; at most {}", days(*held), days(*most)),
    }
}

fn days(count: i32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

fn name(attribute: Attribute, population: Population) -> &'static str {
    match (attribute, population) {
        (Attribute::Email, _) => "mail address",
        (Attribute::Unit, _) => "unit",
        (Attribute::Title, _) => "title",
        (Attribute::Manager, Population::Contractor | Population::Vendor) => "sponsor",
        (Attribute::Manager, _) => "line manager",
        (Attribute::Owner, _) => "owner",
        (Attribute::StartsOn, _) => "first day",
        (Attribute::EndsOn, _) => "last day",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gap_says_who_can_cure_it_and_how() {
        use Population::{Contractor, Employee, ServiceAccount};
        for (attribute, fault, population, from_feed, expected) in [
            (
                Attribute::Manager,
                Fault::Missing,
                Employee,
                true,
                "The people feed names the line manager, and an administrator imports it.",
            ),
            (
                Attribute::Manager,
                Fault::NotActive,
                Contractor,
                true,
                "The people feed names another sponsor who is active, and an administrator imports it. Where the sponsor was only suspended, an administrator can resume them.",
            ),
            (Attribute::Owner, Fault::Missing, ServiceAccount, true, "The people feed names the owner, and an administrator imports it."),
            (
                Attribute::Email,
                Fault::Missing,
                Employee,
                false,
                "This record was made here: the people feed takes it over and adds the mail address, and an administrator imports it.",
            ),
            (
                Attribute::Email,
                Fault::NotAnAddress,
                Employee,
                true,
                "The people feed corrects the mail address, and an administrator imports it.",
            ),
            (Attribute::EndsOn, Fault::Missing, Contractor, true, "The people feed adds the last day, and an administrator imports it."),
            (
                Attribute::EndsOn,
                Fault::Over,
                Contractor,
                true,
                "The people feed moves the last day, if it has been extended, and an administrator imports it. Otherwise an administrator suspends the identity, and its access ends.",
            ),
            (
                Attribute::EndsOn,
                Fault::BeforeFirstDay,
                Contractor,
                true,
                "The people feed corrects the last day, and an administrator imports it.",
            ),
            (
                Attribute::StartsOn,
                Fault::StillToCome,
                Employee,
                true,
                "The people feed corrects the first day, and an administrator imports it. If the day is right, the identity should not be active yet: an administrator suspends it until then.",
            ),
        ] {
            assert_eq!(cure(attribute, fault, population, from_feed), expected);
        }
    }
}
