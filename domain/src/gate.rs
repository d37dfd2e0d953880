//! Gates: the facts that controls look at, and what each control found.
//!
//! A control is policy text (Cedar, under `policies/`); evaluating it is the server's work. What
//! goes in and what comes out is defined here, so that the same words stand in the form, on the
//! request page, in the release and in the evidence.

use crate::catalogue::{Classification, Logging, RiskTier};
use crate::conflict::ConflictFound;
use crate::id::{EntitlementId, EvaluationId, IdentityId};
use crate::identity::Population;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

words! {
    /// When in the life of a request the gates ran.
    pub enum Phase: "phase" {
        /// While the form is being filled in.
        Preview = "preview", "While asking",
        /// When it was submitted.
        Submission = "submission", "At submission",
        /// In the transaction that releases it, on fresh facts.
        Release = "release", "At release",
    }
}

words! {
    /// Whether an unmet control stops the request.
    pub enum ControlKind: "control kind" {
        /// Unmet: the request stops.
        Mandatory = "mandatory", "Mandatory",
        /// Unmet: the request goes on, and those who decide see it.
        Compensating = "compensating", "Compensating",
    }
}

words! {
    /// What a control found.
    pub enum Outcome: "gate outcome" {
        /// Met.
        Pass = "pass", "Met",
        /// Not met.
        Fail = "fail", "Not met",
        /// Not met, and an exception in force accepts that.
        Waived = "waived", "Waived",
        /// The control says nothing about this case.
        NotApplicable = "not_applicable", "Does not apply",
        /// It could not be evaluated, which counts as not met.
        Error = "error", "Could not be checked",
    }
}

/// Everything the controls may look at, gathered under one lock for the person concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateFacts {
    /// When in the request's life this is.
    pub phase: Phase,
    /// The day of the evaluation in the installation's zone.
    pub today: Date,
    /// The person or account that would get the access.
    pub subject: SubjectFacts,
    /// The specification of the subject's population that is in force.
    pub specification: SpecificationFacts,
    /// What is asked for.
    pub entitlement: EntitlementFacts,
    /// How it is asked for.
    pub wish: WishFacts,
    /// Separation-of-duties rules the access would break.
    pub conflicts: Vec<ConflictFound>,
    /// Every separation-of-duties rule that was looked at, kept or broken: its code and its version.
    #[serde(default)]
    pub rules: Vec<(String, i32)>,
    /// How many entitlements the subject holds, has pending, and asks for here.
    pub standing: StandingCounts,
    /// What has been decided so far; empty before anyone decided.
    pub approval: ApprovalFacts,
    /// Controls for which an exception is in force: control id, then exception number.
    pub waivers: Vec<(String, String)>,
}

/// Facts about the subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectFacts {
    /// Who.
    pub identity: IdentityId,
    /// Name as shown.
    pub name: String,
    /// Which population.
    pub population: Population,
    /// Whether the identity is active at this moment.
    pub active: bool,
    /// Required attributes of the specification that the source of truth leaves empty.
    pub missing_attributes: Vec<String>,
    /// Whether an active manager or sponsor is recorded (for people) or an owner (for the rest).
    pub accountable_person: bool,
    /// Whether a second factor is in force.
    pub mfa_in_force: bool,
    /// Last day of employment or contract, if the source knows one.
    pub ends_on: Option<Date>,
    /// The unit. Not a fact for controls: a release is held when it changed since it was asked for.
    #[serde(default)]
    pub unit: Option<Named>,
}

/// A record with the name that it had at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Which.
    pub id: Uuid,
    /// Its name then.
    pub name: String,
}

/// Facts about the identity specification in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecificationFacts {
    /// Its version.
    pub version: i32,
    /// Highest tier this population may hold.
    pub highest_tier: RiskTier,
    /// Longest time access may last for this population, in days, if limited.
    pub longest_days: Option<i32>,
    /// From which tier on a second factor is needed.
    pub mfa_from: RiskTier,
    /// Most sensitive data this population may reach.
    pub highest_classification: Classification,
    /// Codes of applications this population may ask for; empty means all.
    pub applications: Vec<String>,
}

/// Facts about the entitlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementFacts {
    /// Which.
    pub id: EntitlementId,
    /// Its version.
    pub version: i32,
    /// Name as shown.
    pub name: String,
    /// Code of its application.
    pub application: String,
    /// Whether it may be asked for at all (not retired, open for requests).
    pub requestable: bool,
    /// The highest tier of it and of everything that it includes.
    pub tier: RiskTier,
    /// Longest time it may be held at a time, in days, if limited.
    pub longest_days: Option<i32>,
    /// How sensitive the data behind it and behind everything that it includes is, at most.
    pub classification: Classification,
    /// Whether its use is logged.
    pub logging: Logging,
    /// Whether its application has an active owner or deputy.
    pub owned: bool,
    /// Whether the subject is among those it is meant for.
    pub in_audience: bool,
    /// Whom it is meant for, in words.
    pub audience: String,
    /// The owner of its application. Not a fact for controls, as the subject's unit.
    #[serde(default)]
    pub owner: Option<Named>,
    /// Everything that it gives besides itself, by name; `None` in facts that did not keep it. Not a fact
    /// for controls, as the owner.
    #[serde(default)]
    pub contents: Option<Vec<Named>>,
}

/// Facts about how the access is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishFacts {
    /// Whether a reason was chosen.
    pub reason_given: bool,
    /// Characters of the justification.
    pub justification_length: i32,
    /// First day, once a valid one is given.
    pub starts_on: Option<Date>,
    /// Last day, once a valid one is given.
    pub ends_on: Option<Date>,
    /// Days between them.
    pub duration_days: Option<i32>,
}

/// How many entitlements were looked at for separation of duties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StandingCounts {
    /// Held now.
    pub held: i32,
    /// In other open requests.
    pub pending: i32,
    /// In this request, and in the others that are submitted together with it.
    pub requested: i32,
}

/// What has been decided, as the authority gate sees it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApprovalFacts {
    /// Stages in the plan.
    pub stages: i32,
    /// Stages approved.
    pub approved: i32,
    /// Different people who approved.
    pub approvers: i32,
    /// Names of people who approved and, on today's facts, may not have: the subject, the
    /// requester, somebody suspended or retired, somebody who was not among those asked.
    pub unauthorised: Vec<String>,
}

/// What one control found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateResult {
    /// Control id, for example `CS-EXP-01`.
    pub control: String,
    /// Its title.
    pub title: String,
    /// Its objective, one testable sentence.
    pub objective: String,
    /// Whether it stops the request when unmet.
    pub kind: ControlKind,
    /// What it found.
    pub outcome: Outcome,
    /// What it saw, in plain words.
    pub reason: String,
    /// What would clear it; empty when met.
    pub remedy: String,
    /// Name of the form field that would clear it, if there is one.
    pub field: Option<String>,
    /// A value for that field that would clear it, if there is one (a date as `YYYY-MM-DD`).
    pub suggestion: Option<String>,
    /// Number of the exception that waives it.
    pub exception: Option<String>,
}

impl GateResult {
    /// Whether this result stops the request. An error stops it whatever the kind (law 1).
    #[must_use]
    pub fn stops(&self) -> bool {
        match self.outcome {
            Outcome::Fail => self.kind == ControlKind::Mandatory,
            Outcome::Error => true,
            Outcome::Pass | Outcome::Waived | Outcome::NotApplicable => false,
        }
    }
}

/// One run of all gates over one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Its id.
    pub id: EvaluationId,
    /// When it ran.
    pub at: Timestamp,
    /// When in the request's life.
    pub phase: Phase,
    /// Hash of the policy set that was in force, hexadecimal.
    pub policy_hash: String,
    /// The separation-of-duties rules that it looked at: code and version.
    #[serde(default)]
    pub rules: Vec<(String, i32)>,
    /// What each control found, in control order.
    pub results: Vec<GateResult>,
    /// How long it took, in microseconds.
    pub duration_us: i64,
}

impl Evaluation {
    /// Whether every mandatory control is met. An evaluation without any control is not a pass.
    #[must_use]
    pub fn passes(&self) -> bool {
        !self.results.is_empty() && !self.results.iter().any(GateResult::stops)
    }

    /// The results that stop the request.
    pub fn blockers(&self) -> impl Iterator<Item = &GateResult> {
        self.results.iter().filter(|result| result.stops())
    }

    /// How many controls are met, of how many that apply.
    #[must_use]
    pub fn met(&self) -> (usize, usize) {
        let applicable = self.results.iter().filter(|r| r.outcome != Outcome::NotApplicable);
        let met = applicable.clone().filter(|r| matches!(r.outcome, Outcome::Pass | Outcome::Waived)).count();
        (met, applicable.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(kind: ControlKind, outcome: Outcome) -> GateResult {
        GateResult {
            control: "CS-X-01".into(),
            title: String::new(),
            objective: String::new(),
            kind,
            outcome,
            reason: String::new(),
            remedy: String::new(),
            field: None,
            suggestion: None,
            exception: None,
        }
    }

    #[test]
    fn an_error_stops_the_request_even_in_a_compensating_control() {
        assert!(result(ControlKind::Compensating, Outcome::Error).stops());
        assert!(!result(ControlKind::Compensating, Outcome::Fail).stops());
        assert!(result(ControlKind::Mandatory, Outcome::Fail).stops());
        assert!(!result(ControlKind::Mandatory, Outcome::Waived).stops());
    }

    #[test]
    fn an_evaluation_of_nothing_does_not_pass() {
        let mut evaluation = Evaluation {
            id: EvaluationId::new(Timestamp::UNIX_EPOCH, [0; 10]),
            at: Timestamp::UNIX_EPOCH,
            phase: Phase::Release,
            policy_hash: String::new(),
            rules: vec![],
            results: vec![],
            duration_us: 0,
        };
        assert!(!evaluation.passes());
        evaluation.results.push(result(ControlKind::Mandatory, Outcome::Pass));
        assert!(evaluation.passes());
    }
}
