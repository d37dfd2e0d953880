//! The authored layer: who owns the applications, who has which role, what must not be combined,
//! who has a second factor. Chosen by rule from the imported people, so that it fits any feed of
//! the same shape.

use super::DemoError;
use crate::store;
use crate::store::demo::{Candidate, NewConflict};
use crate::usecase::Base;
use crate::usecase::work::Work;
use domain::actor::Actor;
use domain::event::EventKind;
use domain::id::{AssignmentId, ConflictId, IdentityId};
use domain::permission::Role;
use serde_json::json;

/// The people the demonstration is about.
pub(super) struct Cast {
    /// Asks for access.
    pub employee: Candidate,
    /// Their line manager.
    pub manager: Candidate,
    /// Owners of applications, in turn; the first is offered at sign-in.
    pub owners: Vec<Candidate>,
    /// Carry out what others approved.
    pub operators: Vec<Candidate>,
    /// Decide last on privileged access; the first is offered at sign-in.
    pub security: Vec<Candidate>,
    /// Keeps the rules.
    pub compliance: Candidate,
    /// Reads everything.
    pub auditor: Candidate,
    /// Runs the installation.
    pub administrator: Candidate,
    /// Everyone else who asks for something in the course of the year.
    pub crowd: Vec<Candidate>,
}

/// Separation of duties: code, title, words in the names of the left and of the right side.
const CONFLICTS: &[(&str, &str, &str, &str)] = &[
    ("SOD-001", "Who manages keys does not use them", "Key Vault Administrator", "Key Vault Crypto User"),
    ("SOD-002", "Who manages backups does not delete what they protect", "Backup Contributor", "Storage Account Contributor"),
    ("SOD-003", "Who writes to registries does not sign what is in them", "AcrPush", "AcrImageSigner"),
    ("SOD-004", "Who reads cost data does not change billing", "Cost Management Contributor", "Billing Reader"),
    ("SOD-005", "Who runs the security centre does not audit it", "Security Admin", "Security Reader"),
    ("SOD-006", "Who manages networks does not watch over them alone", "Network Contributor", "Monitoring Contributor"),
];

/// Writes the authored layer.
pub(super) async fn author(base: &Base) -> Result<Cast, DemoError> {
    let mut work = Work::begin(base, Actor::Operator { command: "demo".to_owned() }).await?;
    let people = store::demo::active_people(work.conn()).await?;
    let cast = choose(people)?;
    store::demo::set_mfa(work.conn()).await?;
    for person in [&cast.employee, &cast.manager, &cast.compliance, &cast.auditor, &cast.administrator]
        .into_iter()
        .chain(&cast.owners)
        .chain(&cast.operators)
        .chain(&cast.security)
    {
        store::demo::give_passkey(work.conn(), person.id).await?;
    }
    let owners: Vec<IdentityId> = cast.owners.iter().map(|o| o.id).collect();
    store::demo::assign_owners(work.conn(), &owners).await?;
    for (code, title, left, right) in CONFLICTS {
        let conflict = NewConflict { id: work.id(ConflictId::new), code, title, left, right };
        store::demo::insert_conflict(work.conn(), &conflict).await?;
    }
    let roles = [(&cast.compliance, Role::Compliance), (&cast.auditor, Role::Auditor), (&cast.administrator, Role::Administrator)];
    for (person, role) in roles.into_iter().chain(cast.operators.iter().map(|o| (o, Role::Operator))) {
        let id = work.id(AssignmentId::new);
        let now = work.now();
        store::demo::assign_role(work.conn(), id, person.id, role, now).await?;
        work.event(EventKind::RoleGranted, "identity", person.id.0, None, json!({ "role": role.word(), "assignment": id.to_string() }))
            .await?;
    }
    super::rules::author(&mut work, &cast).await?;
    work.commit().await?;
    Ok(cast)
}

/// Gives the cast accounts without a password: they can only be entered from the demonstration's
/// sign-in page. The history is complete by then.
pub(super) async fn open_doors(base: &Base, cast: &Cast) -> Result<(), DemoError> {
    let mut work = Work::begin(base, Actor::Operator { command: "demo".to_owned() }).await?;
    let first_owner = cast.owners.first().ok_or_else(|| missing("application owner"))?;
    let first_of_security = cast.security.first().ok_or_else(|| missing("member of security"))?;
    let parts = [
        (&cast.employee, "Employee"),
        (&cast.manager, "Line manager"),
        (first_owner, "Application owner"),
        (first_of_security, "Security"),
        (&cast.compliance, "Compliance"),
        (&cast.auditor, "Auditor"),
        (&cast.administrator, "Administrator"),
    ];
    let now = work.now();
    for (place, (person, part)) in (1..).zip(parts.into_iter().chain(cast.operators.iter().map(|o| (o, "Operator")))) {
        store::demo::insert_account(work.conn(), person.id, &person.source_id, part, place, now).await?;
        work.event(EventKind::AccountCreated, "identity", person.id.0, None, json!({ "login": person.source_id, "part": part })).await?;
    }
    work.commit().await?;
    Ok(())
}

fn missing(what: &str) -> DemoError {
    DemoError::Missing(what.to_owned())
}

/// Casts the parts: an engineer whose manager is at work, senior people as owners, and the rest
/// from units that take no part in the story.
fn choose(people: Vec<Candidate>) -> Result<Cast, DemoError> {
    let employee = people
        .iter()
        .find(|p| p.manager.is_some() && p.unit == "Development")
        .cloned()
        .ok_or_else(|| missing("engineer with a manager"))?;
    let manager = people.iter().find(|p| Some(p.id) == employee.manager).cloned().ok_or_else(|| missing("line manager at work"))?;
    let managers: Vec<IdentityId> = people.iter().filter_map(|p| p.manager).collect();
    let mut free = people.iter().filter(|p| p.id != employee.id && !managers.contains(&p.id));
    let mut of_unit = |unit: &str, n: usize| -> Result<Vec<Candidate>, DemoError> {
        let found: Vec<Candidate> = free.by_ref().filter(|p| p.unit == unit && p.manager.is_some()).take(n).cloned().collect();
        if found.len() == n { Ok(found) } else { Err(missing(&format!("{n} people in {unit}"))) }
    };
    let owners = of_unit("Development", 12)?;
    let operators = of_unit("Quality Management", 2)?;
    let mut finance = of_unit("Finance", 2)?.into_iter();
    let mut hr = of_unit("Human Resources", 1)?.into_iter();
    let compliance = finance.next().ok_or_else(|| missing("compliance officer"))?;
    let auditor = finance.next().ok_or_else(|| missing("auditor"))?;
    let administrator = hr.next().ok_or_else(|| missing("administrator"))?;
    // Last, so that the others are who they would be without them.
    let security = of_unit("Quality Management", 3)?;
    let named: Vec<IdentityId> = owners
        .iter()
        .chain(&operators)
        .chain(&security)
        .map(|p| p.id)
        .chain([employee.id, compliance.id, auditor.id, administrator.id])
        .collect();
    // Spread over the whole feed, people whose manager is at work and who have no part yet.
    let crowd = people.iter().filter(|p| p.manager.is_some() && !named.contains(&p.id)).step_by(41).take(140).cloned().collect();
    Ok(Cast { employee, manager, owners, operators, security, compliance, auditor, administrator, crowd })
}
