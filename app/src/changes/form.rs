//! The form that proposes a change. It goes to the page's own address; refused, it comes back as it
//! was typed, with what is in force now where somebody else was faster.

use super::port::{EditField, EditView, FieldShape};
use super::problem;
use super::refused::{RefusedProposal, input_name};
use crate::error::{AppError, Problem};
use crate::paths;
use crate::ui::{Button, ButtonKind, DateField, ErrorSummary, Notice, SelectField, SeveralField, TextArea, TextField, Tone};
use leptos::prelude::*;

/// What a field whose change needs a second person says beside its label.
const SECOND: &str = "needs a second person";
const SECOND_WHEN_WEAKER: &str = "a weaker value needs a second person";

/// The fields, the reason, the day, and the button.
pub fn proposal(record: &EditView, refused: Option<&RefusedProposal>) -> AnyView {
    let error = refused.map(|refused| &refused.error);
    let overtaken = refused.is_some_and(|refused| refused.form.base_version != record.version);
    let new = record.key.is_empty();
    let action = paths::record(record.kind, if new { paths::NEW } else { &record.key });
    let fields = record.fields.iter().filter(|field| new || !field.fixed).map(|field| control(field, refused, overtaken)).collect_view();
    let typed = |pick: fn(&RefusedProposal) -> &String| refused.map(pick).cloned().unwrap_or_default();
    let key = refused.map_or(record.idempotency, |refused| refused.form.key_of_proposal);
    let hint = if record.fields.iter().any(|field| field.needs_second) {
        "A day within a year. Empty: as soon as a second person has confirmed it, or at once where none is needed."
    } else {
        "A day within a year. Empty: at once."
    };
    let word = if new { "Propose this record" } else { "Propose the change" };
    view! {
        <div class="stack">
            <ErrorSummary errors=summary(record, error) title="The change was not proposed"/>
            {overtaken.then(|| changed(record.version))}
            <form method="post" action=action novalidate>
                <div class="form">
                    <input type="hidden" name="base_version" value=record.version.to_string()/>
                    <input type="hidden" name="key" value=key.to_string()/>
                    <div class="form-fields">{fields}</div>
                    <TextArea
                        name="reason"
                        label="Why"
                        hint="It stands beside the version for ever, and whoever confirms it reads it first. At most 2,000 characters."
                        required=true
                        rows=2
                        maxlength=2000
                        value=typed(|refused| &refused.form.reason)
                        error=at(error, "reason")
                    />
                    <DateField
                        name="effective_on"
                        label="In force from"
                        hint=hint
                        min=record.today.to_string()
                        value=typed(|refused| &refused.form.effective_on)
                        error=at(error, "effective_on")
                    />
                    <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>{word}</Button></div>
                </div>
            </form>
        </div>
    }
    .into_any()
}

/// Lines of the summary: one that names no field of the form leads nowhere.
fn summary(record: &EditView, error: Option<&AppError>) -> Signal<Vec<(String, String)>> {
    let known = |name: &str| ["reason", "effective_on"].contains(&name) || record.fields.iter().any(|field| field.name == name);
    let labelled = |name: &str, sentence: String| match record.fields.iter().find(|field| field.name == name) {
        Some(field) => format!("{}: {sentence}", field.label),
        None => sentence,
    };
    let found = match error {
        // The notice about the other version says it, with what to do.
        None | Some(AppError::Changed) => vec![],
        Some(error) if error.problems().is_empty() => vec![(String::new(), error.sentence().to_owned())],
        Some(error) => error
            .problems()
            .iter()
            .map(|problem| {
                let sentence = labelled(&problem.field, sentence(problem));
                (if known(&problem.field) { problem.field.clone() } else { String::new() }, sentence)
            })
            .collect(),
    };
    Signal::stored(found)
}

/// What is wrong, in the words of change control: other forms have the same codes.
fn sentence(problem: &Problem) -> String {
    if let Some(said) = problem::counted(&problem.code) {
        return said;
    }
    let (code, line) = problem.code.split_once('@').map_or((problem.code.as_str(), None), |(code, line)| (code, Some(line)));
    let said = problem::sentence(code).unwrap_or_else(|| problem.sentence());
    line.map_or_else(|| said.to_owned(), |line| format!("Line {line}: {said}"))
}

/// What is wrong at a field; of several things the first.
fn at(error: Option<&AppError>, field: &str) -> Option<String> {
    error?.problems().iter().find(|problem| problem.field == field).map(sentence)
}

fn changed(version: i32) -> AnyView {
    view! {
        <div role="alert">
            <Notice
                tone=Tone::Info
                title="Changed since you looked."
                text=format!("Version {version} is in force now. Nothing was recorded: what you typed is kept, and each field that differs says what is in force. Propose again when you have read it.")
            />
        </div>
    }
    .into_any()
}

fn control(field: &EditField, refused: Option<&RefusedProposal>, overtaken: bool) -> AnyView {
    let EditField { name, label, hint, shape, value, required, needs_second, only_when_weaker, .. } = field.clone();
    let error = at(refused.map(|refused| &refused.error), &name);
    let typed = refused.and_then(|refused| refused.form.fields.get(&name)).cloned();
    let hint = with_limit(hint, &shape);
    let in_force = (overtaken && typed.as_ref().is_some_and(|typed| *typed != value)).then(|| in_words(&shape, &value));
    let hint = match in_force {
        Some(words) => format!("In force now: {words}. {hint}"),
        None => hint,
    };
    let value = typed.unwrap_or(value);
    let mark = needs_second.then_some(if only_when_weaker { SECOND_WHEN_WEAKER } else { SECOND });
    let (id, name) = (format!("field-{name}"), input_name(&name));
    match shape {
        FieldShape::Line { most } => {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            line(false, view! { <TextField name=name label=label id=id value=value hint=hint error=error required=required mark=mark maxlength=most/> }.into_any())
        }
        FieldShape::Lines { most, rows } => {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            line(true, view! { <TextArea name=name label=label id=id value=value hint=hint error=error required=required mark=mark rows=rows maxlength=most/> }.into_any())
        }
        FieldShape::Number { .. } => {
            // Plain text with a number pad: a browser would throw away what is no number.
            line(false, view! { <TextField name=name label=label id=id value=value hint=hint error=error required=required mark=mark inputmode="numeric" maxlength=20/> }.into_any())
        }
        FieldShape::Choice { options } => {
            let none = options.iter().find(|(value, _)| value.is_empty()).map(|(_, label)| label.clone());
            let empty = none.unwrap_or_else(|| if required { "Choose one" } else { "None" }.to_owned());
            let options = with_present(options, &value);
            line(false, view! { <SelectField name=name label=label id=id options=options value=value empty=empty hint=hint error=error required=required mark=mark/> }.into_any())
        }
        FieldShape::Several { options } => {
            let values: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
            line(true, view! { <SeveralField name=name label=label id=id options=options values=values hint=hint error=error required=required mark=mark/> }.into_any())
        }
    }
}

fn line(wide: bool, control: AnyView) -> AnyView {
    view! { <div class=if wide { "form-wide" } else { "" }>{control}</div> }.into_any()
}

/// A list on which the present value stands, or choosing nothing would silently choose something
/// else.
fn with_present(mut options: Vec<(String, String)>, value: &str) -> Vec<(String, String)> {
    options.retain(|(option, _)| !option.is_empty());
    if !value.is_empty() && !options.iter().any(|(option, _)| option == value) {
        options.push((value.to_owned(), format!("{value} (no longer on the list)")));
    }
    options
}

/// The hint with the limit of the field, where its own words do not name it.
pub(crate) fn with_limit(hint: String, shape: &FieldShape) -> String {
    let (most, limit) = match shape {
        FieldShape::Line { most } | FieldShape::Lines { most, .. } => {
            let most = grouped(i64::try_from(*most).unwrap_or(i64::MAX));
            (most.clone(), format!("At most {most} characters."))
        }
        FieldShape::Number { least, most } => (grouped(*most), format!("A whole number from {} to {}.", grouped(*least), grouped(*most))),
        FieldShape::Choice { .. } | FieldShape::Several { .. } => return hint,
    };
    if hint.contains(&most) { hint } else { format!("{hint} {limit}").trim_start().to_owned() }
}

/// A number with commas between its thousands.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len() - place;
        if place > 0 && left.is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A value as people read it.
fn in_words(shape: &FieldShape, value: &str) -> String {
    let label = |options: &[(String, String)], value: &str| {
        options.iter().find(|(option, _)| option == value).map_or_else(|| value.to_owned(), |(_, label)| label.clone())
    };
    match shape {
        _ if value.is_empty() => "nothing".to_owned(),
        FieldShape::Line { .. } | FieldShape::Lines { .. } | FieldShape::Number { .. } => value.to_owned(),
        FieldShape::Choice { options } => label(options, value),
        FieldShape::Several { options } => value.split_whitespace().map(|value| label(options, value)).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::changes::port::ProposalForm;
    use domain::change::RecordKind;
    use domain::id::IdempotencyKey;
    use jiff::civil::date;
    use std::collections::BTreeMap;

    const KEY: &str = "0190b0f0-0000-7000-8000-000000000001";

    #[test]
    fn every_typed_field_states_its_limit_once() {
        let line = FieldShape::Line { most: 1_200 };
        assert_eq!(with_limit("Who answers for it.".into(), &line), "Who answers for it. At most 1,200 characters.");
        assert_eq!(with_limit("Up to 1,200 characters.".into(), &line), "Up to 1,200 characters.");
        assert_eq!(with_limit("One a line, 1 to 25.".into(), &line), "One a line, 1 to 25. At most 1,200 characters.");
        assert_eq!(with_limit(String::new(), &FieldShape::Number { least: -1_000, most: 3_660 }), "A whole number from -1,000 to 3,660.");
        assert_eq!(with_limit("Whose it is.".into(), &FieldShape::Choice { options: vec![] }), "Whose it is.");
        assert_eq!(
            (grouped(0), grouped(999), grouped(20_000), grouped(1_000_000)),
            ("0".into(), "999".into(), "20,000".into(), "1,000,000".into())
        );
    }

    fn field(name: &str, label: &str, shape: FieldShape, value: &str, needs_second: bool) -> EditField {
        let hint = String::new();
        EditField {
            name: name.into(),
            label: label.into(),
            hint,
            shape,
            value: value.into(),
            required: true,
            needs_second,
            only_when_weaker: false,
            fixed: name == "code",
        }
    }

    fn key() -> IdempotencyKey {
        KEY.parse().unwrap_or_else(|_| unreachable!("a key"))
    }

    fn record() -> EditView {
        let tiers = vec![("standard".to_owned(), "Standard".to_owned()), ("elevated".to_owned(), "Elevated".to_owned())];
        EditView {
            kind: RecordKind::Entitlement,
            key: "k-1".into(),
            name: "Reader".into(),
            version: 4,
            fields: vec![
                field("code", "Code", FieldShape::Line { most: 40 }, "READ", false),
                field("name", "Name", FieldShape::Line { most: 40 }, "Reader", false),
                field("tier", "Risk tier", FieldShape::Choice { options: tiers }, "standard", true),
            ],
            may_edit: true,
            in_force: None,
            versions: vec![],
            older: None,
            open: vec![],
            today: date(2026, 11, 22),
            idempotency: key(),
        }
    }

    fn html(record: &EditView, refused: Option<&RefusedProposal>) -> String {
        Owner::new().with(|| proposal(record, refused).to_html())
    }

    fn refused(base_version: i32, error: AppError) -> RefusedProposal {
        let typed = [("name", "R&D <b>"), ("tier", "elevated")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        RefusedProposal {
            form: ProposalForm {
                kind: RecordKind::Entitlement,
                key: "k-1".into(),
                base_version,
                fields: BTreeMap::from(typed),
                reason: "Because".into(),
                effective_on: "2026-12-01".into(),
                key_of_proposal: key(),
            },
            error,
        }
    }

    #[test]
    fn each_field_says_when_a_second_person_is_needed_and_identifiers_are_not_sent() {
        let html = html(&record(), None);
        assert_eq!(html.matches(SECOND).count(), 1, "{html}");
        assert!(html.contains("name=\"field.name\"") && !html.contains("name=\"field.code\""), "{html}");
        assert!(html.contains("action=\"/rules/entitlement/k-1\"") && html.contains("method=\"post\""), "{html}");
        assert!(html.contains("name=\"base_version\" value=\"4\""), "{html}");
    }

    #[test]
    fn a_refused_form_stands_as_typed_with_the_sentence_at_its_field() {
        let html = html(&record(), Some(&refused(4, AppError::field("name", "too_long"))));
        assert!(html.contains("value=\"R&amp;D &lt;b&gt;\"") && html.contains("value=\"2026-12-01\""), "{html}");
        assert!(html.contains("id=\"field-name-error\"") && html.contains("href=\"#field-name\""), "{html}");
        assert!(!html.contains("In force now"), "{html}");
    }

    #[test]
    fn where_somebody_was_faster_the_fields_say_what_is_in_force_now() {
        let html = html(&record(), Some(&refused(3, AppError::Changed)));
        assert!(html.contains("In force now: Standard.") && html.contains("In force now: Reader."), "{html}");
        assert!(html.contains("Version 4 is in force now."), "{html}");
        assert!(html.contains("name=\"base_version\" value=\"4\""), "{html}");
    }

    #[test]
    fn a_sentence_is_of_change_control_and_names_the_line_that_is_meant() {
        let said = |code: &str| sentence(&Problem { field: "members".into(), code: code.into() });
        assert_eq!(said("twice@3"), "Line 3: This stands there twice: remove one of them.");
        assert_eq!(said("required"), "This is needed.");
    }

    #[test]
    fn a_value_that_left_the_list_stays_chosen() {
        let options = with_present(vec![("a".into(), "A".into())], "b");
        assert_eq!(options.last().map(|(value, _)| value.as_str()), Some("b"));
        assert_eq!(with_present(vec![("a".into(), "A".into())], "a").len(), 1);
    }
}
