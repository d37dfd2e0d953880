//! From files to a checked policy set: schema, policies, annotations, strict validation with
//! warnings as errors, cases. Each step reports everything it finds; a later step runs only on
//! what an earlier one accepted.

use super::control::{self, Control, NamedPolicy};
use super::problem::{PolicyLoadError, Problem};
use super::source::{self, BASE_FACTS_FILE, CASES_SUFFIX, Files, POLICY_SUFFIX, SCHEMA_FILE};
use super::{PolicySet, case};
use cedar_policy::ffi::DetailedError;
use cedar_policy::{Policy, PolicyId, Schema, ValidationMode, Validator};
use std::collections::BTreeMap;

/// Builds and checks a set.
pub(super) fn assemble(files: Files) -> Result<PolicySet, PolicyLoadError> {
    let schema = read_schema(&files)?;
    let (policies, places, mut controls) = read_policies(&files)?;
    validate(&schema, &policies, &places, &files)?;
    let mut problems = Vec::new();
    case::read_all(&files, &mut controls, &mut problems);
    PolicyLoadError::none_of(problems)?;
    let set = PolicySet { hash: source::hash(&files), schema, policies, controls };
    let mut problems = Vec::new();
    case::check_all(&set, &mut problems);
    PolicyLoadError::none_of(problems)?;
    Ok(set)
}

fn read_schema(files: &Files) -> Result<Schema, PolicyLoadError> {
    let text = files.get(SCHEMA_FILE).map_or("", String::as_str);
    match Schema::from_cedarschema_str(text) {
        Ok((schema, warnings)) => {
            PolicyLoadError::none_of(warnings.map(|warning| Problem::of_file(SCHEMA_FILE, warning.to_string())).collect())?;
            Ok(schema)
        }
        Err(error) => {
            let mut problems = Vec::new();
            describe(SCHEMA_FILE, text, None, &DetailedError::from(&error), &mut problems);
            Err(PolicyLoadError { problems })
        }
    }
}

/// Where a policy stands, by its id.
type Places = BTreeMap<String, (String, usize)>;

fn read_policies(files: &Files) -> Result<(cedar_policy::PolicySet, Places, Vec<Control>), PolicyLoadError> {
    let mut all = cedar_policy::PolicySet::new();
    let mut places = Places::new();
    let mut controls = Vec::new();
    let mut problems = Vec::new();
    for (file, text) in files.iter().filter(|(name, _)| name.ends_with(POLICY_SUFFIX)) {
        let Some(named) = parse_file(file, text, &mut problems) else { continue };
        for policy in &named {
            let place = (file.clone(), policy.line);
            if let Some((other, line)) = places.insert(policy.id.clone(), place) {
                problems.push(Problem::of(
                    file,
                    Some(policy.line),
                    &policy.id,
                    format!("there is another policy with this id in {other}, line {line}"),
                ));
            } else if let Err(error) = all.add(policy.policy.clone()) {
                problems.push(Problem::of(file, Some(policy.line), &policy.id, error.to_string()));
            }
        }
        controls.extend(control::read(file, text, &named, &mut problems));
    }
    PolicyLoadError::none_of(problems)?;
    Ok((all, places, controls))
}

/// Parses one file and gives every policy the id of its `@id` (Cedar numbers them otherwise).
fn parse_file(file: &str, text: &str, problems: &mut Vec<Problem>) -> Option<Vec<NamedPolicy>> {
    let parsed = match text.parse::<cedar_policy::PolicySet>() {
        Ok(parsed) => parsed,
        Err(error) => {
            describe(file, text, None, &DetailedError::from(&error), problems);
            return None;
        }
    };
    if parsed.templates().next().is_some() {
        problems.push(Problem::of_file(file, "has a template (?principal or ?resource): a control is complete in itself"));
    }
    if parsed.is_empty() {
        problems.push(Problem::of_file(file, "has no policy in it"));
        return None;
    }
    let mut named: Vec<NamedPolicy> = Vec::new();
    for policy in parsed.policies() {
        match name(text, policy) {
            Some(policy) => named.push(policy),
            None => problems.push(Problem::of_file(
                file,
                format!("has a policy without @id: {}", policy.to_string().lines().next().unwrap_or_default()),
            )),
        }
    }
    named.sort_by(|a, b| (a.line, &a.id).cmp(&(b.line, &b.id)));
    Some(named)
}

fn name(text: &str, policy: &Policy) -> Option<NamedPolicy> {
    let id = policy.annotation("id").filter(|id| !id.is_empty())?;
    let line = text.find(&format!("@id(\"{id}\")")).map_or(1, |offset| source::line_of(text, offset));
    Some(NamedPolicy { id: id.to_owned(), line, policy: policy.new_id(PolicyId::new(id)) })
}

/// Checks every policy against the schema; a warning counts as an error, because the warnings
/// (a condition that is never true, letters that look alike) are what a slip looks like.
fn validate(schema: &Schema, policies: &cedar_policy::PolicySet, places: &Places, files: &Files) -> Result<(), PolicyLoadError> {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let mut problems = Vec::new();
    let findings = result
        .validation_errors()
        .map(|error| (error.policy_id(), DetailedError::from(error)))
        .chain(result.validation_warnings().map(|warning| (warning.policy_id(), DetailedError::from(warning))));
    for (id, detail) in findings {
        let id: &str = id.as_ref();
        let (file, line) = places.get(id).map_or(("policy set", None), |(file, line)| (file.as_str(), Some(*line)));
        let text = files.get(file).map_or("", String::as_str);
        describe(file, text, line.map(|line| (id, line)), &detail, &mut problems);
    }
    if problems.is_empty() && !result.validation_passed_without_warnings() {
        problems.push(Problem::of_file("policy set", "did not pass validation"));
    }
    PolicyLoadError::none_of(problems)
}

/// One problem for an error of Cedar and each error that came with it.
fn describe(file: &str, text: &str, policy: Option<(&str, usize)>, detail: &DetailedError, problems: &mut Vec<Problem>) {
    let line = detail.source_locations.first().map(|label| source::line_of(text, label.loc.start)).or(policy.map(|(_, line)| line));
    let mut message = detail.message.clone();
    if let Some(help) = &detail.help {
        message = format!("{message} ({help})");
    }
    problems.push(Problem { file: file.to_owned(), line, subject: policy.map(|(id, _)| id.to_owned()), message });
    for related in &detail.related {
        describe(file, text, policy, related, problems);
    }
}

/// The name of the file with the cases of a control.
pub(super) fn cases_file(control: &str) -> String {
    format!("{control}{CASES_SUFFIX}")
}

/// The text of the base facts.
pub(super) fn base_facts(files: &Files) -> &str {
    files.get(BASE_FACTS_FILE).map_or("", String::as_str)
}
