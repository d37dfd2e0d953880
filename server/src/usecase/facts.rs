//! Gathers the facts that gates look at, runs the gates, and stores the run.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::facts::{EntitlementRow, SubjectRow};
use app::error::AppError;
use domain::basket::BasketForm;
use domain::conflict::{Conflict, ConflictFound, Standing, Standings, conflicts_of};
use domain::gate::{ApprovalFacts, Evaluation, GateFacts, Named, Phase, StandingCounts, SubjectFacts, WishFacts};
use domain::id::{EntitlementId, EvaluationId, GrantId, IdentityId, RequestId};
use domain::identity::Population;
use domain::request::{ReasonCode, RequestKind};
use domain::specification::{Fault, conformity};
use domain::time::{Period, today};
use jiff::civil::Date;

/// What is asked, about whom, and where in the request's life.
pub struct Question {
    /// The person who would get the access.
    pub subject: IdentityId,
    /// What is asked for.
    pub entitlement: EntitlementId,
    /// What is asked for together with it, in the same basket.
    pub together: Vec<EntitlementId>,
    /// The grant that it extends or takes the place of: it does not count as held beside it.
    pub replaces: Option<GrantId>,
    /// How it is asked for.
    pub wish: WishFacts,
    /// When in the request's life.
    pub phase: Phase,
    /// The request itself, which does not count as "pending" against itself.
    pub request: Option<RequestId>,
    /// What has been decided so far.
    pub approval: ApprovalFacts,
}

/// Facts with what planning needs of them.
pub struct Gathered {
    /// What the gates look at.
    pub facts: GateFacts,
    /// The subject as recorded.
    pub subject: SubjectRow,
    /// The entitlement as recorded.
    pub entitlement: EntitlementRow,
}

/// Reads all facts in the present transaction. Who calls this to change something holds the lock
/// of [`store::facts::lock_person`] first.
///
/// # Errors
/// [`AppError::NotFound`] for an unknown person or entitlement; [`AppError::PoliciesUnavailable`]
/// when no specification is in force for the population (law 1).
pub async fn gather(work: &mut Work<'_>, base: &Base, question: Question) -> Result<Gathered, UseCaseError> {
    let now = work.now();
    let subject = store::facts::subject(work.conn(), question.subject).await?.ok_or(AppError::NotFound)?;
    let entitlement = store::facts::entitlement(work.conn(), question.entitlement, subject.population, subject.unit_id)
        .await?
        .ok_or(AppError::field("entitlement", "required"))?;
    let specification = store::facts::specification(work.conn(), subject.population, now).await?.ok_or(AppError::PoliciesUnavailable)?;
    let together: Vec<EntitlementId> = question.together.iter().copied().filter(|id| *id != question.entitlement).collect();
    let Duties { others, rules, found } =
        duties(work, question.subject, question.entitlement, question.request, &together, question.replaces).await?;
    let today = today(now, &base.zone);
    // What is recorded and wrong has gates of its own: who answers, the state, the last day.
    let missing_attributes = conformity(&subject.recorded(), &specification.required_attributes, today)
        .map_err(|word| store::error::StoreError::inconsistent("identity_specification", word.to_string()))?
        .into_iter()
        .filter(|attribute| attribute.fault == Some(Fault::Missing))
        .map(|attribute| attribute.attribute.label().to_owned())
        .collect();
    // What comes inside of something else is looked at, and counted with what it is inside of.
    let count = |standing: Standing| {
        i32::try_from(others.iter().filter(|other| other.standing == standing && other.through.is_none()).count()).unwrap_or(i32::MAX)
    };
    let facts = GateFacts {
        phase: question.phase,
        today,
        subject: SubjectFacts {
            identity: subject.id,
            name: subject.name.clone(),
            population: subject.population,
            active: subject.active,
            missing_attributes,
            accountable_person: if subject.population == Population::ServiceAccount {
                subject.owner_active
            } else {
                subject.manager_active
            },
            mfa_in_force: subject.mfa.in_force(),
            ends_on: subject.ends_on,
            unit: subject.unit_id.zip(subject.unit.clone()).map(|(id, name)| Named { id: id.0, name }),
        },
        specification: specification.facts,
        entitlement: entitlement.facts.clone(),
        wish: question.wish,
        conflicts: found,
        rules: rules.iter().map(|rule| (rule.code.clone(), rule.version)).collect(),
        standing: StandingCounts {
            held: count(Standing::Held),
            pending: count(Standing::Pending),
            requested: count(Standing::Requested).saturating_add(1),
        },
        approval: question.approval,
        waivers: vec![],
    };
    Ok(Gathered { facts, subject, entitlement })
}

/// What separation of duties looks at, and what it finds.
pub struct Duties {
    /// What else the person has or will have.
    pub others: Vec<Standings>,
    /// The rules in force that name what is asked for, or something inside of it.
    pub rules: Vec<Conflict>,
    /// Which of them would be broken, and by what.
    pub found: Vec<ConflictFound>,
}

/// Compares an entitlement with everything else that the person has or will have: apart from what
/// `request` asks for, beside what is asked for `together`, and without the grant that it `replaces`.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn duties(
    work: &mut Work<'_>,
    subject: IdentityId,
    entitlement: EntitlementId,
    request: Option<RequestId>,
    together: &[EntitlementId],
    replaces: Option<GrantId>,
) -> Result<Duties, UseCaseError> {
    let wanted = store::facts::wanted(work.conn(), entitlement).await?;
    let others = store::facts::standings(work.conn(), subject, request, together, replaces).await?;
    let named: Vec<EntitlementId> = wanted.iter().map(|part| part.entitlement).collect();
    let rules = store::facts::conflicts_naming(work.conn(), &named).await?;
    let found = conflicts_of(&wanted, &others, &rules);
    Ok(Duties { others, rules, found })
}

/// Runs the gates over the facts.
pub fn evaluate(work: &Work<'_>, base: &Base, facts: &GateFacts) -> Evaluation {
    let id = work.id(EvaluationId::new);
    base.policies.evaluate(facts, id, work.now(), &|| base.system.micros())
}

/// Runs the gates and stores the run, in the present transaction.
///
/// # Errors
/// [`UseCaseError`] when it cannot be stored.
pub async fn evaluate_and_store(
    work: &mut Work<'_>,
    base: &Base,
    facts: &GateFacts,
    request: Option<(RequestId, i32)>,
) -> Result<Evaluation, UseCaseError> {
    let evaluation = evaluate(work, base, facts);
    store::evaluations::insert(work.conn(), &evaluation, facts, request).await?;
    Ok(evaluation)
}

/// A form as typed so far, as far as it can be understood, for what is asked for in this way.
#[must_use]
pub fn wish_of_form(form: &BasketForm, kind: RequestKind, today: Date) -> WishFacts {
    // Each date counts by itself, so that the gates can speak while the other is still wrong.
    let period = |ends_on: &str| Period::parse(&form.starts_on, ends_on, today).ok().map(|period| counted(period, kind, today));
    let starts_on = period("").map(|p| p.starts_on());
    let whole = period(&form.ends_on);
    WishFacts {
        reason_given: form.reason_code.parse::<ReasonCode>().is_ok(),
        justification_length: i32::try_from(form.justification.trim().chars().count()).unwrap_or(i32::MAX),
        starts_on,
        ends_on: whole.and_then(|p| p.ends_on()),
        duration_days: whole.and_then(|p| p.duration_days()),
    }
}

/// A well-formed wish of this kind: `justification` and `period` as they were asked for.
#[must_use]
pub fn wish_facts(kind: RequestKind, justification: &str, period: Period, today: Date) -> WishFacts {
    let period = counted(period, kind, today);
    WishFacts {
        reason_given: true,
        justification_length: i32::try_from(justification.chars().count()).unwrap_or(i32::MAX),
        starts_on: Some(period.starts_on()),
        ends_on: period.ends_on(),
        duration_days: period.duration_days(),
    }
}

/// The days that limits count.
fn counted(period: Period, kind: RequestKind, today: Date) -> Period {
    match kind {
        RequestKind::Extend => period.without_a_break(today),
        RequestKind::Grant | RequestKind::Change => period,
    }
}
