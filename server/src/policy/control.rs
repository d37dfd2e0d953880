//! A control as its policy text states it: annotations read once, into types.

use super::case::Case;
use super::problem::Problem;
use super::template::Template;
use cedar_policy::{ActionConstraint, Effect, Policy, PrincipalConstraint, ResourceConstraint};
use domain::gate::ControlKind;

/// A requirement of a framework that a control serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameworkReference {
    /// Framework with its edition, for example `NIST-CSF-2.0`.
    pub framework: String,
    /// Its requirement, for example `PR.AA-05`.
    pub requirement: String,
}

/// One control of the set.
#[derive(Clone, Debug)]
pub struct Control {
    /// Its id, for example `CS-EXP-01`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// One testable sentence.
    pub objective: String,
    /// What clears it, without the values of a case.
    pub remedy: String,
    /// Whether it stops a request when unmet.
    pub kind: ControlKind,
    /// Whether an exception can waive it (single rules of it may still refuse that).
    pub waivable: bool,
    /// What it serves.
    pub frameworks: Vec<FrameworkReference>,
    /// The role that answers for it.
    pub owner: String,
    /// File it stands in.
    pub file: String,
    /// The whole policy text.
    pub source: String,
    /// Its cases, all of which came out as expected when the set was loaded.
    pub cases: Vec<Case>,
    pub(super) saw: Template,
    pub(super) rules: Vec<Rule>,
    /// What to say where it does not apply; `None` if it always applies.
    pub(super) otherwise: Option<Template>,
}

/// One `forbid` of a control: one way not to meet it, with its own sentence.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) line: usize,
    pub(super) waivable: bool,
    pub(super) saw_unmet: Template,
    pub(super) remedy: Template,
    pub(super) field: Option<String>,
    pub(super) suggest: Option<Template>,
}

/// A policy of a file with its id and the line where it begins.
pub(super) struct NamedPolicy {
    pub(super) id: String,
    pub(super) line: usize,
    pub(super) policy: Policy,
}

/// The fields of the request form that a control may point at.
const FIELDS: &[&str] = &["entitlement", "reason_code", "justification", "starts_on", "ends_on"];
const OF_THE_CONTROL: &[&str] = &["title", "objective", "kind", "waivable", "frameworks", "owner", "saw"];
const OF_A_RULE: &[&str] = &["id", "saw_unmet", "remedy", "field", "suggest", "waivable"];
const OF_APPLIES: &[&str] = &["id", "saw_otherwise"];
/// Frameworks with their edition; a reference without one cannot be looked up by an auditor.
const FRAMEWORKS: &[&str] = &["NIST-CSF-2.0", "ISO-27001-2022", "SOC2", "NIST-800-53r5", "PCI-DSS-4.0", "OWASP-NHI-2025"];

/// Whether this is the form of a control id: `CS-`, capitals, `-`, two digits.
pub(super) fn is_control_id(id: &str) -> bool {
    let Some((subject, number)) = id.strip_prefix("CS-").and_then(|rest| rest.split_once('-')) else { return false };
    !subject.is_empty()
        && subject.bytes().all(|b| b.is_ascii_uppercase())
        && number.len() == 2
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// Reads the annotations of one policy and collects what is wrong with them.
struct Reader<'a> {
    file: &'a str,
    named: &'a NamedPolicy,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, message: impl Into<String>) {
        self.problems.push(Problem::of(self.file, Some(self.named.line), &self.named.id, message));
    }

    fn refuse_others(&mut self, known: &[&[&str]]) {
        let unknown: Vec<String> =
            self.named.policy.annotations().map(|(key, _)| key.to_owned()).filter(|key| !known.concat().contains(&key.as_str())).collect();
        for key in unknown {
            self.problem(format!("the annotation @{key} does not belong here; there are: @{}", known.concat().join(", @")));
        }
    }

    fn optional(&self, key: &str) -> Option<String> {
        self.named.policy.annotation(key).map(|text| text.trim().to_owned())
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let found = self.optional(key).filter(|text| !text.is_empty());
        if found.is_none() {
            self.problem(format!("the annotation @{key} is missing or empty"));
        }
        found
    }

    fn template(&mut self, key: &str) -> Option<Template> {
        let text = self.text(key)?;
        self.parse(key, &text)
    }

    fn parse(&mut self, key: &str, text: &str) -> Option<Template> {
        Template::parse(text).map_err(|message| self.problem(format!("in @{key}: {message}"))).ok()
    }

    fn kind(&mut self) -> Option<ControlKind> {
        let text = self.text("kind")?;
        text.parse()
            .map_err(|error: domain::words::UnknownWord| self.problem(format!("in @kind: {error}; there are mandatory and compensating")))
            .ok()
    }

    fn waivable(&mut self) -> Option<bool> {
        match self.text("waivable")?.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            other => {
                self.problem(format!("in @waivable: “{other}” is neither yes nor no"));
                None
            }
        }
    }

    /// `NIST-CSF-2.0:PR.AA-05 ISO-27001-2022:A.5.15/A.5.18`.
    fn frameworks(&mut self) -> Option<Vec<FrameworkReference>> {
        let text = self.text("frameworks")?;
        let mut references = Vec::new();
        for part in text.split_whitespace() {
            match part.split_once(':') {
                Some((framework, requirements)) if FRAMEWORKS.contains(&framework) => {
                    for requirement in requirements.split('/') {
                        if requirement.is_empty() {
                            self.problem(format!("in @frameworks: “{part}” names no requirement"));
                        } else if framework == "NIST-CSF-2.0" && requirement.starts_with("PR.AC-") {
                            self.problem(format!("in @frameworks: {requirement} is an id of CSF 1.1; in CSF 2.0 it is PR.AA-05"));
                        } else {
                            references.push(FrameworkReference { framework: framework.to_owned(), requirement: requirement.to_owned() });
                        }
                    }
                }
                _ => self.problem(format!("in @frameworks: “{part}” is not framework:requirement with one of {}", FRAMEWORKS.join(", "))),
            }
        }
        Some(references)
    }

    /// `remedy` and `waivable` of the whole control stand in for what a rule leaves out.
    fn rule(&mut self, remedy_of_control: Option<&Template>, waivable_of_control: bool) -> Option<Rule> {
        let remedy = if self.optional("remedy").is_some() { self.template("remedy") } else { remedy_of_control.cloned() };
        let waivable = if self.optional("waivable").is_some() { self.waivable()? } else { waivable_of_control };
        let saw_unmet = self.template("saw_unmet");
        let field = self.optional("field");
        if let Some(field) = field.as_deref().filter(|field| !FIELDS.contains(field)) {
            self.problem(format!("in @field: “{field}” is not a field of the request form; there are: {}", FIELDS.join(", ")));
        }
        let suggest = if self.optional("suggest").is_some() { self.template("suggest") } else { None };
        if suggest.as_ref().is_some_and(|suggest| !suggest.is_single_placeholder()) {
            self.problem("in @suggest: a value for a form field is one placeholder and nothing else");
        }
        if suggest.is_some() && field.is_none() {
            self.problem("@suggest needs @field: the form has to know where the value goes");
        }
        if waivable && !waivable_of_control {
            self.problem("in @waivable: a rule cannot be waived when its control cannot");
        }
        Some(Rule { id: self.named.id.clone(), line: self.named.line, waivable, saw_unmet: saw_unmet?, remedy: remedy?, field, suggest })
    }

    /// A policy looks at everything or it is not a control: no exceptions hidden in its head.
    fn check_scope(&mut self, effect: Effect, action: &str) {
        let policy = &self.named.policy;
        let named_action = matches!(policy.action_constraint(), ActionConstraint::Eq(uid) if uid.id().unescaped() == action);
        let scope_ok = named_action
            && policy.principal_constraint() == PrincipalConstraint::Any
            && policy.resource_constraint() == ResourceConstraint::Any;
        if policy.effect() != effect || !scope_ok {
            let word = if effect == Effect::Forbid { "forbid" } else { "permit" };
            self.problem(format!("must begin {word} (principal, action == Action::\"{action}\", resource)"));
        }
    }
}

/// Reads the control of one file from its policies, in the order in which they stand there.
pub(super) fn read(file: &str, source: &str, policies: &[NamedPolicy], problems: &mut Vec<Problem>) -> Option<Control> {
    let id = file.strip_suffix(super::source::POLICY_SUFFIX).unwrap_or(file);
    if !is_control_id(id) {
        problems.push(Problem::of_file(file, "the file is not named after a control: expected for example CS-EXP-01.cedar"));
        return None;
    }
    let applies_id = format!("{id}.applies");
    let (applies, forbids): (Vec<_>, Vec<_>) = policies.iter().partition(|named| named.id == applies_id);
    for named in &forbids {
        let belongs =
            named.id == id || named.id.strip_prefix(id).and_then(|rest| rest.strip_prefix('.')).is_some_and(|n| n.parse::<u8>().is_ok());
        if !belongs {
            problems.push(Problem::of(
                file,
                Some(named.line),
                &named.id,
                format!("does not belong in this file: expected {id}, {id}.1, {id}.2 ... or {applies_id}"),
            ));
        }
    }
    let Some(head) = forbids.iter().find(|named| named.id == id).or_else(|| forbids.iter().find(|named| named.id == format!("{id}.1")))
    else {
        problems.push(Problem::of_file(file, format!("there is no policy {id} or {id}.1 to carry the annotations of the control")));
        return None;
    };
    let mut reader = Reader { file, named: head, problems };
    let (title, objective, kind, waivable) = (reader.text("title"), reader.text("objective"), reader.kind(), reader.waivable());
    let (frameworks, owner, saw, remedy) = (reader.frameworks(), reader.text("owner"), reader.template("saw"), reader.template("remedy"));
    let waivable = waivable?;

    let mut rules = Vec::new();
    for named in &forbids {
        let mut reader = Reader { file, named, problems };
        reader.check_scope(Effect::Forbid, "release");
        reader.refuse_others(if named.id == head.id { &[OF_A_RULE, OF_THE_CONTROL] } else { &[OF_A_RULE] });
        rules.extend(reader.rule(remedy.as_ref(), waivable));
    }
    let mut otherwise = None;
    for named in &applies {
        let mut reader = Reader { file, named, problems };
        reader.check_scope(Effect::Permit, "applies");
        reader.refuse_others(&[OF_APPLIES]);
        otherwise = reader.template("saw_otherwise");
    }
    Some(Control {
        id: id.to_owned(),
        title: title?,
        objective: objective?,
        remedy: remedy?.in_general(),
        kind: kind?,
        waivable,
        frameworks: frameworks?,
        owner: owner?,
        file: file.to_owned(),
        source: source.to_owned(),
        cases: Vec::new(),
        saw: saw?,
        rules,
        otherwise,
    })
}
