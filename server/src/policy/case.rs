//! The cases of a control: facts in, expected outcome. They run every time a set is loaded, so a
//! policy that no longer does what its author wrote down is never put in force.

use super::PolicySet;
use super::control::Control;
use super::evaluate::Judgement;
use super::load::{base_facts, cases_file};
use super::placeholder::NOT_KNOWN;
use super::problem::Problem;
use super::source::{BASE_FACTS_FILE, CASES_SUFFIX, Files};
use domain::gate::{GateFacts, GateResult, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a case is there to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// The control is met.
    Pass,
    /// It is not met.
    Fail,
    /// Just on one side of a limit, or an unusual combination.
    Edge,
}

/// One case of a control.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows, as a sentence.
    pub name: String,
    /// What it is there for.
    pub kind: CaseKind,
    /// The outcome that is expected.
    pub expect: Outcome,
    /// The reason that is expected, where the case checks it.
    pub reason: Option<String>,
    /// The suggestion that is expected, where the case checks it.
    pub suggestion: Option<String>,
    /// How its facts differ from the base facts, for reading: `wish.duration_days = 31`.
    pub differs: Vec<String>,
    /// The facts.
    pub facts: GateFacts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CasesFile {
    control: String,
    cases: Vec<WrittenCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    name: String,
    kind: CaseKind,
    facts: Value,
    expect: Outcome,
    reason: Option<String>,
    suggestion: Option<String>,
}

/// Reads the cases of every control.
pub(super) fn read_all(files: &Files, controls: &mut [Control], problems: &mut Vec<Problem>) {
    for name in files.keys().filter(|name| name.ends_with(CASES_SUFFIX)) {
        if !controls.iter().any(|control| cases_file(&control.id) == *name) {
            problems.push(Problem::of_file(name, "has cases for a control that does not exist"));
        }
    }
    let base = match read_base(base_facts(files)) {
        Ok(base) => base,
        Err(message) => return problems.push(Problem::of_file(BASE_FACTS_FILE, message)),
    };
    for control in controls {
        let file = cases_file(&control.id);
        let Some(text) = files.get(&file) else {
            problems.push(Problem::of_file(&file, format!("is missing: {} has no cases", control.id)));
            continue;
        };
        match serde_json::from_str::<CasesFile>(text) {
            Ok(written) if written.control != control.id => {
                problems.push(Problem::of_file(&file, format!("says that it is for {}", written.control)))
            }
            Ok(written) => control.cases = read_cases(&file, written.cases, &base, problems),
            Err(error) => problems.push(Problem { file, line: Some(error.line()), subject: None, message: error.to_string() }),
        }
    }
}

fn read_base(text: &str) -> Result<Value, String> {
    let base: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    facts_from(&base)?;
    Ok(base)
}

fn read_cases(file: &str, written: Vec<WrittenCase>, base: &Value, problems: &mut Vec<Problem>) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for case in written {
        let mut merged = base.clone();
        merge(&mut merged, &case.facts);
        let mut refuse = |message: String| problems.push(Problem::of(file, None, &case.name, message));
        let fits_kind = match case.kind {
            CaseKind::Pass => case.expect == Outcome::Pass,
            CaseKind::Fail => case.expect == Outcome::Fail,
            CaseKind::Edge => true,
        };
        if !fits_kind {
            refuse(format!("is of kind {:?} and expects {}: call it an edge case", case.kind, case.expect.word()));
        }
        if cases.iter().any(|other| other.name == case.name) {
            refuse("there is another case with this name".to_owned());
        }
        match facts_from(&merged) {
            Ok(facts) => cases.push(Case {
                name: case.name,
                kind: case.kind,
                expect: case.expect,
                reason: case.reason,
                suggestion: case.suggestion,
                differs: differences("", &case.facts),
                facts,
            }),
            Err(message) => refuse(message),
        }
    }
    for (kind, shown) in [(CaseKind::Pass, "a pass"), (CaseKind::Fail, "a fail"), (CaseKind::Edge, "an edge")] {
        if !cases.iter().any(|case| case.kind == kind) {
            problems.push(Problem::of_file(file, format!("lacks {shown} case: a control has at least one each of pass, fail and edge")));
        }
    }
    cases
}

/// Facts from JSON. What does not come back out again was misspelt, and a misspelt fact would
/// leave the case showing something else than it says.
fn facts_from(value: &Value) -> Result<GateFacts, String> {
    let facts: GateFacts = serde_json::from_value(value.clone()).map_err(|error| format!("the facts are not complete: {error}"))?;
    let back = serde_json::to_value(&facts).map_err(|error| error.to_string())?;
    match stray("", value, &back) {
        Some(path) => Err(format!("“{path}” is not a fact")),
        None => Ok(facts),
    }
}

fn stray(path: &str, given: &Value, known: &Value) -> Option<String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => given.iter().find_map(|(key, value)| {
            let path = join_path(path, key);
            match known.get(key) {
                Some(known) => stray(&path, value, known),
                None => Some(path),
            }
        }),
        (Value::Array(given), Value::Array(known)) => given.iter().zip(known).find_map(|(given, known)| stray(path, given, known)),
        _ => None,
    }
}

/// Merges as RFC 7396 does, except that `null` means "no value" and stays.
fn merge(base: &mut Value, change: &Value) {
    match (base, change) {
        (Value::Object(base), Value::Object(change)) => {
            for (key, value) in change {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, change) => *base = change.clone(),
    }
}

fn differences(path: &str, change: &Value) -> Vec<String> {
    match change {
        Value::Object(fields) => fields.iter().flat_map(|(key, value)| differences(&join_path(path, key), value)).collect(),
        Value::Null => vec![format!("{path} = none")],
        Value::String(text) => vec![format!("{path} = {text}")],
        other => vec![format!("{path} = {other}")],
    }
}

fn join_path(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Runs every case, and beside them what the cases of a control have to cover: each of its rules,
/// that it does not apply (if that can be), and what an exception changes.
pub(super) fn check_all(set: &PolicySet, problems: &mut Vec<Problem>) {
    for control in &set.controls {
        let file = cases_file(&control.id);
        let mut shown: BTreeSet<&str> = BTreeSet::new();
        for case in &control.cases {
            let mut messages = Vec::new();
            match set.try_control(control, &case.facts) {
                Ok((judgement, got)) => {
                    compare(case, &got, &mut messages);
                    if messages.is_empty() && got.outcome == Outcome::Fail {
                        check_exceptions(set, control, case, &judgement, &mut messages);
                    }
                    shown.extend(judgement.unmet.iter().map(|rule| rule.id.as_str()));
                }
                Err(error) => messages.push(error.to_string()),
            }
            problems.extend(messages.into_iter().map(|message| Problem::of(&file, None, &case.name, message)));
        }
        for rule in control.rules.iter().filter(|rule| !shown.contains(rule.id.as_str())) {
            problems.push(Problem::of(&control.file, Some(rule.line), &rule.id, "no case shows this rule unmet"));
        }
        if control.otherwise.is_some() && !control.cases.iter().any(|case| case.expect == Outcome::NotApplicable) {
            problems.push(Problem::of_file(&file, "no case shows where the control does not apply"));
        }
    }
}

fn compare(case: &Case, got: &GateResult, messages: &mut Vec<String>) {
    if got.outcome != case.expect {
        messages.push(format!("expected {}, got {}: {}", case.expect.word(), got.outcome.word(), got.reason));
        return;
    }
    if let Some(reason) = case.reason.as_ref().filter(|reason| **reason != got.reason) {
        messages.push(format!("expected the reason “{reason}”, got “{}”", got.reason));
    }
    if case.suggestion.is_some() && case.suggestion != got.suggestion {
        let or_none = |suggestion: &Option<String>| suggestion.clone().unwrap_or_else(|| "none".to_owned());
        messages.push(format!("expected the suggestion {}, got {}", or_none(&case.suggestion), or_none(&got.suggestion)));
    }
    if format!("{} {}", got.reason, got.remedy).contains(NOT_KNOWN) {
        messages.push(format!("a sentence shows a fact that has no value here: “{}” “{}”", got.reason, got.remedy));
    }
}

/// An exception for the control waives exactly what says it can be waived; exceptions for other
/// controls change nothing.
fn check_exceptions(set: &PolicySet, control: &Control, case: &Case, judgement: &Judgement<'_>, messages: &mut Vec<String>) {
    let waivable = judgement.unmet.iter().all(|rule| rule.waivable);
    let expected = if waivable { Outcome::Waived } else { Outcome::Fail };
    let number = "EXC-2000-000001".to_owned();
    let own = vec![(control.id.clone(), number.clone())];
    let others = set.controls.iter().filter(|other| other.id != control.id).map(|other| (other.id.clone(), number.clone())).collect();
    for (waivers, expected, whose) in [(own, expected, "this control"), (others, Outcome::Fail, "all other controls")] {
        let facts = GateFacts { waivers, ..case.facts.clone() };
        let got = set.try_control(control, &facts).map_or(Outcome::Error, |(judgement, _)| judgement.outcome);
        if got != expected {
            messages.push(format!(
                "with an exception for {whose} it has to come out as {}, got {}: see @waivable and context.waived.contains(\"{}\")",
                expected.word(),
                got.word(),
                control.id
            ));
        }
    }
}
