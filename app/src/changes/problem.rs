//! Sentences for what a field of a record can have: codes of `domain::change` and of looking up what
//! it names.

use super::words::number;

/// The sentence for a code, if it is one of change control's.
#[must_use]
pub fn sentence(code: &str) -> Option<&'static str> {
    Some(match code {
        "nothing_changed" => "Nothing differs from what is in force: change something first.",
        "not_a_number" => "Enter a whole number in digits.",
        "out_of_range" => "This is outside of what is allowed: see the limits at the field.",
        "not_an_option" => "Choose from the list.",
        "not_a_date" => "This is not a date: enter year-month-day, for example 2026-12-25.",
        "in_the_past" => "A change cannot take effect in the past: choose today or later.",
        "too_far" => "Choose a day within a year.",
        "not_a_code" => "Use letters, digits and the few signs named at the field, without spaces.",
        "taken" => "Another record has this already: choose another.",
        "same_case" => "Another plan in use is made for the same circumstances: change that one, or retire it first.",
        "unknown_person" => "Nobody has this employee number, or exactly this name.",
        "ambiguous_person" => "More than one person has this name: enter the employee number.",
        "not_active" => "This person is not at work: name somebody who is.",
        "not_a_person" => "This is the account of a machine: name a person.",
        "same_person" => "Owner and deputy have to be two people.",
        "unknown_entitlement" => "There is no entitlement with this identifier.",
        "unknown_unit" => "There is no unit with this name.",
        "unknown_application" => "There is no application with this code.",
        "unknown_calendar" => "There is no calendar with this code.",
        "unknown_connection" => "There is no connection with this code.",
        "unknown_group" => "There is no group with this code.",
        "retired" => "This is retired: remove it.",
        "no_unit_in_use" => "None of these units is in use, so nobody would be left: name one that is.",
        "twice" => "This stands there twice: remove one of them.",
        "same_words" => "A question before it has the same words: whoever answers could not tell them apart.",
        "too_many" => "These are too many: see the limits at the field.",
        "cycle" => "An entitlement cannot include itself, not even through others.",
        "higher_tier" => "This gives access of a higher tier, itself or through others: choose that tier above, or remove it.",
        "inside_lower" => "Something of a lower tier includes this: raise the tier of that first, or take this out of it.",
        "privileged_limit" => "Privileged access is held for at most 30 days: enter 30 or less.",
        "on_both_sides" => "An entitlement on both sides would be kept apart from itself: remove it from one.",
        "not_of_this_shape" => "A rule has either two sides or a set: empty this, or choose the other shape.",
        "too_few" => "Name more entitlements than one person may have of them.",
        "not_a_question" => "Write id | question | kind | required, then its limits: see the example at the field.",
        "unknown_kind" => "The kinds are text, choice, date, person and number.",
        "id" => "The id is a lower-case letter, then letters, digits and _.",
        "label" => "The question needs 1 to 200 characters.",
        "help" => "The explanation has at most 500 characters.",
        "options" => "A choice needs 2 to 30 different alternatives.",
        "range" => "The lower limit lies above the upper one, or outside of what is possible.",
        "not_a_stage" => "Write step | name | who, then quorum, fallback, due, remind, escalate: see the example at the field.",
        "unknown_source" => "This is no source of approvers: see the list at the field.",
        "sources" => "Say who decides.",
        "quorum" => "Between 1 and 10 people have to approve.",
        "unreachable" => "The sources of this stage never give so many people: name more, or lower the quorum.",
        "step" => "Steps count from 1 without gaps; stages of one step stand together.",
        "count" => "A plan has 1 to 10 stages.",
        "name" => "Give it a name; see the limits at the field.",
        "due" => "Say after how many working hours it is due, 1 to 480.",
        "remind" => "Remind before it is due.",
        "escalate" => "Say after how many working hours, 1 to 480, and who is asked then.",
        "holiday_year" => "This day is too far away: choose one from 2000 to 2100.",
        "no_working_time" => "Without any working hour nothing would ever be due: give at least one interval.",
        "not_a_time" => "Enter hours and minutes, for example 09:00-17:00.",
        "ends_before_start" => "The end of the interval is not after its start.",
        "overlap" => "Two intervals overlap: join them or move one.",
        "unknown_zone" => "This time zone is not known: enter a name such as Europe/Berlin, or leave it empty.",
        _ => return None,
    })
}

/// The sentence for a code that carries a number, `people_belong#3`, if it is one.
#[must_use]
pub fn counted(code: &str) -> Option<String> {
    let (code, count) = code.split_once('#')?;
    let count: i64 = count.parse().ok()?;
    Some(match code {
        "people_belong" => {
            let who = number(count, "person who has not left belongs", "people who have not left belong");
            format!("{who} to this unit: it can be retired when they have left or belong to another.")
        }
        "only_unit_of_entitlements" => {
            let what = number(count, "entitlement is", "entitlements are");
            format!("{what} meant for this unit and no other in use: change who may ask first, or retire what is not needed.")
        }
        "only_unit_of_templates" => {
            let what = number(count, "request template is", "request templates are");
            format!("{what} meant for this unit and no other in use: change who sees it first, or retire what is not needed.")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::counted;
    use crate::error::Problem;

    #[test]
    fn a_reason_with_a_number_says_it_in_its_sentence() {
        let text = |code: &str| Problem { field: "state".into(), code: code.into() }.text();
        assert_eq!(
            text("people_belong#1"),
            "1 person who has not left belongs to this unit: it can be retired when they have left or belong to another."
        );
        assert_eq!(
            text("only_unit_of_entitlements#2"),
            "2 entitlements are meant for this unit and no other in use: change who may ask first, or retire what is not needed."
        );
        assert_eq!(
            text("only_unit_of_templates#1"),
            "1 request template is meant for this unit and no other in use: change who sees it first, or retire what is not needed."
        );
        // An address can be written by anybody.
        assert_eq!([counted("people_belong"), counted("people_belong#many"), counted("taken#3")], [None, None, None]);
    }

    #[test]
    fn a_problem_in_one_line_of_many_says_which() {
        let text = |field: &str, code: &str| Problem { field: field.into(), code: code.into() }.text();
        assert_eq!(text("stages", "unknown_source@3"), "Line 3: This is no source of approvers: see the list at the field.");
        assert_eq!(text("includes", "cycle"), "An entitlement cannot include itself, not even through others.");
        assert_eq!(
            text("tier", "same_case"),
            "Another plan in use is made for the same circumstances: change that one, or retire it first."
        );
        assert_eq!(
            text("includes", "higher_tier@1"),
            "Line 1: This gives access of a higher tier, itself or through others: choose that tier above, or remove it."
        );
        assert_eq!(text("left", "unheard_of"), "This cannot be accepted as typed.");
    }
}
