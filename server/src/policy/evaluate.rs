//! Running every control over the facts of one item. The answer of Cedar as a whole (allow or
//! deny) is not used: each control is judged by which of its own rules fired, and an error counts
//! for the control it belongs to, or for all of them where that cannot be told.

use super::PolicySet;
use super::control::{Control, Rule};
use super::request::{self, Ask, FactsRefused};
use cedar_policy::{AuthorizationError, Authorizer};
use domain::gate::{Evaluation, GateFacts, GateResult, Outcome};
use domain::id::EvaluationId;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What the policies answered.
struct Answers {
    /// Rules that fire with the exceptions in force.
    fired: BTreeSet<String>,
    /// Rules that would fire without them.
    without_waivers: BTreeSet<String>,
    /// Policies that say that their control applies.
    applies: BTreeSet<String>,
    /// Policies that could not be evaluated.
    broken: BTreeSet<String>,
}

/// What one control comes to, before it is put into words.
pub(super) struct Judgement<'a> {
    pub(super) outcome: Outcome,
    /// The rules that are not met, waived or not.
    pub(super) unmet: Vec<&'a Rule>,
}

impl PolicySet {
    /// Runs all controls over the facts. It never fails: what cannot be evaluated comes out as
    /// [`Outcome::Error`], which stops the item.
    ///
    /// `micros` counts microseconds from any fixed moment and never goes back; it is read before
    /// and after, for the duration that is stored.
    #[must_use]
    pub fn evaluate(&self, facts: &GateFacts, id: EvaluationId, now: Timestamp, micros: &dyn Fn() -> u64) -> Evaluation {
        let started = micros();
        let results = self.results(facts);
        let duration_us = i64::try_from(micros().saturating_sub(started)).unwrap_or(i64::MAX);
        Evaluation { id, at: now, phase: facts.phase, policy_hash: self.hash.clone(), rules: facts.rules.clone(), results, duration_us }
    }

    fn results(&self, facts: &GateFacts) -> Vec<GateResult> {
        let mut results: Vec<GateResult> = match self.judge(facts) {
            Ok(judged) => judged.iter().map(|(control, judgement)| in_words(control, judgement, facts)).collect(),
            Err(error) => {
                tracing::error!(%error, "no control could be evaluated");
                self.controls.iter().map(could_not_be_checked).collect()
            }
        };
        agree_on_an_end_date(&mut results);
        results
    }

    /// What one control comes to, with its words: for its cases.
    pub(super) fn try_control<'a>(&'a self, control: &'a Control, facts: &GateFacts) -> Result<(Judgement<'a>, GateResult), FactsRefused> {
        let answers = self.ask_all(facts)?;
        let judgement = answers.judge(control, facts);
        let result = in_words(control, &judgement, facts);
        Ok((judgement, result))
    }

    /// What every control comes to.
    fn judge(&self, facts: &GateFacts) -> Result<Vec<(&Control, Judgement<'_>)>, FactsRefused> {
        let answers = self.ask_all(facts)?;
        let known = |id: &String| self.controls.iter().any(|control| control.owns(id));
        if let Some(stray) = answers.broken.iter().find(|id| !known(id)) {
            tracing::error!(policy = %stray, "an error belongs to no control, so it counts for all of them");
            return Ok(self.controls.iter().map(|control| (control, Judgement { outcome: Outcome::Error, unmet: Vec::new() })).collect());
        }
        Ok(self.controls.iter().map(|control| (control, answers.judge(control, facts))).collect())
    }

    fn ask_all(&self, facts: &GateFacts) -> Result<Answers, FactsRefused> {
        let mut broken = BTreeSet::new();
        let fired = self.ask(facts, Ask::Release, &mut broken)?;
        let without_waivers =
            if facts.waivers.is_empty() { fired.clone() } else { self.ask(facts, Ask::ReleaseWithoutWaivers, &mut broken)? };
        let applies = self.ask(facts, Ask::Applies, &mut broken)?;
        Ok(Answers { fired, without_waivers, applies, broken })
    }

    /// The policies that fired. Cedar passes over a policy that errs, so a broken prohibition
    /// would let through; those are collected in `broken`.
    fn ask(&self, facts: &GateFacts, ask: Ask, broken: &mut BTreeSet<String>) -> Result<BTreeSet<String>, FactsRefused> {
        let question = request::question(&self.schema, facts, ask)?;
        let response = Authorizer::new().is_authorized(&question.request, &self.policies, &question.entities);
        for error in response.diagnostics().errors() {
            tracing::error!(?ask, %error, "a control could not be evaluated");
            let AuthorizationError::PolicyEvaluationError(error) = error;
            broken.insert(error.policy_id().to_string());
        }
        Ok(response.diagnostics().reason().map(ToString::to_string).collect())
    }
}

impl Control {
    fn applies_id(&self) -> String {
        format!("{}.applies", self.id)
    }

    fn owns(&self, policy: &str) -> bool {
        self.rules.iter().any(|rule| rule.id == policy) || (self.otherwise.is_some() && policy == self.applies_id())
    }
}

impl Answers {
    fn judge<'a>(&self, control: &'a Control, facts: &GateFacts) -> Judgement<'a> {
        let among = |ids: &BTreeSet<String>| control.rules.iter().filter(|rule| ids.contains(&rule.id)).collect::<Vec<_>>();
        let (fired, without_waivers) = (among(&self.fired), among(&self.without_waivers));
        let (outcome, unmet) = if self.broken.iter().any(|id| control.owns(id)) {
            (Outcome::Error, Vec::new())
        } else if control.otherwise.is_some() && !self.applies.contains(&control.applies_id()) {
            (Outcome::NotApplicable, Vec::new())
        } else if !fired.is_empty() {
            (Outcome::Fail, fired)
        } else if without_waivers.is_empty() {
            (Outcome::Pass, Vec::new())
        } else if exception(control, facts).is_some() {
            (Outcome::Waived, without_waivers)
        } else {
            // A rule let itself be waived by the exception of another control.
            (Outcome::Fail, without_waivers)
        };
        Judgement { outcome, unmet }
    }
}

fn exception<'f>(control: &Control, facts: &'f GateFacts) -> Option<&'f str> {
    facts.waivers.iter().find(|(id, _)| *id == control.id).map(|(_, number)| number.as_str())
}

fn blank(control: &Control, outcome: Outcome, reason: String) -> GateResult {
    GateResult {
        control: control.id.clone(),
        title: control.title.clone(),
        objective: control.objective.clone(),
        kind: control.kind,
        outcome,
        reason,
        remedy: String::new(),
        field: None,
        suggestion: None,
        exception: None,
    }
}

fn could_not_be_checked(control: &Control) -> GateResult {
    let mut result = blank(control, Outcome::Error, "This could not be checked, so it counts as not met.".to_owned());
    result.remedy = format!("You cannot clear this yourself: tell {} that control {} fails.", control.owner, control.id);
    result
}

fn in_words(control: &Control, judgement: &Judgement<'_>, facts: &GateFacts) -> GateResult {
    let reasons = || join(judgement.unmet.iter().map(|rule| rule.saw_unmet.sentence(facts)));
    match judgement.outcome {
        Outcome::Pass => blank(control, Outcome::Pass, control.saw.sentence(facts)),
        Outcome::NotApplicable => blank(
            control,
            Outcome::NotApplicable,
            control.otherwise.as_ref().map(|otherwise| otherwise.sentence(facts)).unwrap_or_default(),
        ),
        Outcome::Waived => {
            let number = exception(control, facts).unwrap_or_default();
            let mut result = blank(control, Outcome::Waived, format!("{} Accepted by exception {number}.", reasons()));
            result.exception = Some(number.to_owned());
            result
        }
        Outcome::Fail => {
            let mut result = blank(control, Outcome::Fail, reasons());
            result.remedy = join(judgement.unmet.iter().map(|rule| rule.remedy.sentence(facts)));
            if let Some(rule) = judgement.unmet.iter().find(|rule| rule.field.is_some()) {
                result.field.clone_from(&rule.field);
                result.suggestion = rule.suggest.as_ref().and_then(|suggest| suggest.field_value(facts));
            }
            result
        }
        Outcome::Error => could_not_be_checked(control),
    }
}

/// Sentences one after the other, each once.
fn join(sentences: impl Iterator<Item = String>) -> String {
    let mut kept: Vec<String> = Vec::new();
    for sentence in sentences {
        if !kept.contains(&sentence) {
            kept.push(sentence);
        }
    }
    kept.join(" ")
}

/// Where several controls suggest an end date, all suggest the earliest: one choice clears them
/// all, instead of each moving the date to where the next one stops it.
fn agree_on_an_end_date(results: &mut [GateResult]) {
    let suggests = |result: &GateResult| result.field.as_deref() == Some("ends_on") && result.suggestion.is_some();
    let earliest = results.iter().filter(|result| suggests(result)).filter_map(|result| result.suggestion.clone()).min();
    for result in results.iter_mut().filter(|result| suggests(result)) {
        result.suggestion.clone_from(&earliest);
    }
}
