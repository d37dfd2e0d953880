//! Facts as Cedar sees them: entities and context in the words of `policies/schema.cedarschema`.
//! Everything is checked against the schema when it is built; what does not fit is an error, and
//! an error stops the item.

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression as Value, Schema};
use domain::conflict::Severity;
use domain::gate::GateFacts;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

/// Why facts could not be put to the policies. For the log; people see that it stopped.
#[derive(Debug, thiserror::Error)]
#[error("the facts do not fit the schema: {0}")]
pub(super) struct FactsRefused(String);

fn refused(error: impl std::fmt::Display) -> FactsRefused {
    FactsRefused(error.to_string())
}

/// One question to the policies.
pub(super) struct Question {
    pub(super) request: Request,
    pub(super) entities: Entities,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Which rules forbid it, with the exceptions that are in force.
    Release,
    /// Which rules would forbid it if no exception were in force.
    ReleaseWithoutWaivers,
    /// Which controls have something to say about the case.
    Applies,
}

/// Puts the facts into a question.
pub(super) fn question(schema: &Schema, facts: &GateFacts, ask: Ask) -> Result<Question, FactsRefused> {
    let subject = uid("Identity", &facts.subject.identity.to_string())?;
    let entitlement = uid("Entitlement", &facts.entitlement.id.to_string())?;
    let entities = [
        Entity::new(subject.clone(), subject_attributes(facts)?, HashSet::new()).map_err(refused)?,
        Entity::new(entitlement.clone(), entitlement_attributes(facts)?, HashSet::new()).map_err(refused)?,
    ];
    let context = Context::from_pairs(context(facts, ask)?).map_err(refused)?;
    let action = match ask {
        Ask::Release | Ask::ReleaseWithoutWaivers => "release",
        Ask::Applies => "applies",
    };
    Ok(Question {
        request: Request::new(subject, uid("Action", action)?, entitlement, context, Some(schema)).map_err(refused)?,
        entities: Entities::from_entities(entities, Some(schema)).map_err(refused)?,
    })
}

fn subject_attributes(facts: &GateFacts) -> Result<HashMap<String, Value>, FactsRefused> {
    let subject = &facts.subject;
    let mut attributes = Pairs::default();
    attributes.set("population", word("Population", subject.population.word())?);
    attributes.set("active", Value::new_bool(subject.active));
    attributes.set("missing_attributes", strings(&subject.missing_attributes));
    attributes.set("accountable_person", Value::new_bool(subject.accountable_person));
    attributes.set("mfa_in_force", Value::new_bool(subject.mfa_in_force));
    attributes.set_if("ends_on", subject.ends_on.map(day));
    Ok(attributes.0)
}

fn entitlement_attributes(facts: &GateFacts) -> Result<HashMap<String, Value>, FactsRefused> {
    let entitlement = &facts.entitlement;
    let mut attributes = Pairs::default();
    attributes.set("version", number(entitlement.version));
    attributes.set("application", Value::new_string(entitlement.application.clone()));
    attributes.set("requestable", Value::new_bool(entitlement.requestable));
    attributes.set("owned", Value::new_bool(entitlement.owned));
    attributes.set("in_audience", Value::new_bool(entitlement.in_audience));
    attributes.set("tier", word("Tier", entitlement.tier.word())?);
    attributes.set("tier_rank", rank(domain::catalogue::RiskTier::ALL, entitlement.tier)?);
    attributes.set_if("longest_days", entitlement.longest_days.map(number));
    attributes.set("classification", word("Classification", entitlement.classification.word())?);
    attributes.set("classification_rank", rank(domain::catalogue::Classification::ALL, entitlement.classification)?);
    attributes.set("logging", word("Logging", entitlement.logging.word())?);
    Ok(attributes.0)
}

fn specification(facts: &GateFacts) -> Result<Value, FactsRefused> {
    let specification = &facts.specification;
    let mut attributes = Pairs::default();
    attributes.set("version", number(specification.version));
    attributes.set("highest_tier", word("Tier", specification.highest_tier.word())?);
    attributes.set("highest_tier_rank", rank(domain::catalogue::RiskTier::ALL, specification.highest_tier)?);
    attributes.set("mfa_from", word("Tier", specification.mfa_from.word())?);
    attributes.set("mfa_from_rank", rank(domain::catalogue::RiskTier::ALL, specification.mfa_from)?);
    attributes.set("highest_classification", word("Classification", specification.highest_classification.word())?);
    attributes.set("highest_classification_rank", rank(domain::catalogue::Classification::ALL, specification.highest_classification)?);
    attributes.set_if("longest_days", specification.longest_days.map(number));
    attributes.set("applications", strings(&specification.applications));
    Value::new_record(attributes.0).map_err(refused)
}

fn approval(facts: &GateFacts) -> Result<Value, FactsRefused> {
    let approval = &facts.approval;
    let mut attributes = Pairs::default();
    attributes.set("stages", number(approval.stages));
    attributes.set("approved", number(approval.approved));
    attributes.set("approvers", number(approval.approvers));
    attributes.set("unauthorised", strings(&approval.unauthorised));
    Value::new_record(attributes.0).map_err(refused)
}

fn context(facts: &GateFacts, ask: Ask) -> Result<HashMap<String, Value>, FactsRefused> {
    let wish = &facts.wish;
    let mut pairs = Pairs::default();
    pairs.set("phase", word("Phase", facts.phase.word())?);
    pairs.set("today", day(facts.today));
    pairs.set("specification", specification(facts)?);
    pairs.set("approval", approval(facts)?);
    pairs.set("reason_given", Value::new_bool(wish.reason_given));
    pairs.set("justification_length", number(wish.justification_length));
    pairs.set_if("starts_on", wish.starts_on.map(day));
    pairs.set_if("ends_on", wish.ends_on.map(day));
    pairs.set_if("duration_days", wish.duration_days.map(number));
    for (name, severity) in [("high_conflicts", Severity::High), ("medium_conflicts", Severity::Medium), ("low_conflicts", Severity::Low)] {
        let codes: Vec<String> =
            facts.conflicts.iter().filter(|found| found.severity == severity).map(|found| found.code.clone()).collect();
        pairs.set(name, strings(&codes));
    }
    pairs.set("held", number(facts.standing.held));
    pairs.set("pending", number(facts.standing.pending));
    pairs.set("requested", number(facts.standing.requested));
    let waived: Vec<String> = match ask {
        Ask::ReleaseWithoutWaivers => Vec::new(),
        Ask::Release | Ask::Applies => facts.waivers.iter().map(|(control, _)| control.clone()).collect(),
    };
    pairs.set("waived", strings(&waived));
    Ok(pairs.0)
}

/// Attributes while they are gathered.
#[derive(Default)]
struct Pairs(HashMap<String, Value>);

impl Pairs {
    fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn set_if(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, FactsRefused> {
    let kind: EntityTypeName = kind.parse().map_err(refused)?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn word(kind: &str, word: &str) -> Result<Value, FactsRefused> {
    uid(kind, word).map(Value::new_entity_uid)
}

fn number(n: i32) -> Value {
    Value::new_long(i64::from(n))
}

fn rank<T: PartialEq>(all: &[T], value: T) -> Result<Value, FactsRefused> {
    let place = all.iter().position(|other| *other == value).ok_or_else(|| refused("a word outside its list"))?;
    i64::try_from(place).map(Value::new_long).map_err(refused)
}

fn day(date: Date) -> Value {
    Value::new_datetime(date.to_string())
}

fn strings(list: &[String]) -> Value {
    Value::new_set(list.iter().map(|text| Value::new_string(text.clone())))
}
