//! Looks up what the texts of a record name, and puts numbers where names were typed.

use crate::store;
use crate::store::changes::lookup::{self, Somebody};
use crate::store::changes::records::Record;
use crate::store::changes::write::Ids;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use domain::change::{Body, EntitlementBody, RecordKind, Shape, Typed};
use domain::error::FieldError;
use domain::id::ApplicationId;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// A record whose names were all found.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// With numbers in place of names, and sets in order.
    pub body: Body,
    /// Ids of what it names.
    pub ids: Ids,
    /// Applications it belongs to.
    pub applications: Vec<ApplicationId>,
    /// Applications of what it gives from now on besides what is theirs: their owners have a say in it,
    /// too.
    pub reached: Vec<ApplicationId>,
}

/// Problems while looking up, each at the line where the name was typed.
struct Problems<'a> {
    typed: &'a Typed,
    kind: RecordKind,
    errors: Vec<FieldError>,
}

impl Problems<'_> {
    fn add(&mut self, field: &str, text: &str, code: &str, message: &str) {
        let one_line = self
            .kind
            .fields()
            .iter()
            .any(|spec| spec.name == field && matches!(spec.shape, Shape::Line(_) | Shape::CalendarCode | Shape::ConnectionCode));
        let line = self.typed.get(field).and_then(|all| all.lines().position(|line| line.trim() == text));
        let code = match line {
            Some(at) if !one_line => format!("{code}@{}", at + 1),
            _ => code.to_owned(),
        };
        self.errors.push(FieldError::new(field, &code, message));
    }
}

/// Looks up everything that `body` names. `typed` is what was typed, for the lines of problems; what
/// `before` named already may have left or been retired meanwhile.
///
/// # Errors
/// [`UseCaseError`] when reading fails. Names that are not found are the inner error.
pub async fn resolve(
    work: &mut Work<'_>,
    body: Body,
    typed: &Typed,
    before: Option<&Record>,
    key: &str,
) -> Result<Result<Resolved, Vec<FieldError>>, UseCaseError> {
    let mut problems = Problems { typed, kind: body.kind(), errors: Vec::new() };
    let mut ids = Ids::default();
    let body = match people(work, &mut problems, &mut ids, body, before).await? {
        Ok(body) => body,
        Err(errors) => return Ok(Err(errors)),
    };
    let mut applications = named_applications(work, &mut problems, &mut ids, &body).await?;
    let named = entitlements(work, &mut problems, &mut ids, &body, before, key).await?;
    // What an entitlement includes may belong elsewhere; it belongs to its own application only.
    let reached = if let Body::Entitlement(_) = body {
        named.into_iter().filter(|id| !applications.contains(id)).collect()
    } else {
        applications.extend(named);
        vec![]
    };
    units(work, &mut problems, &mut ids, &body, before).await?;
    if let (Body::Unit(_), Ok(id)) = (&body, key.parse())
        && before.is_some_and(|record| in_use(&record.body))
        && !in_use(&body)
    {
        problems.errors.extend(lookup::unit_needs(work.conn(), id).await?.problems());
    }
    others(work, &mut problems, &mut ids, &body).await?;
    unique(work, &mut problems, &ids, &body, key).await?;
    if let Body::Application(_) = body {
        applications = key.parse().map(ApplicationId).into_iter().collect();
    } else if !body.kind().belongs_to_applications() {
        applications.clear();
    }
    applications.sort_unstable();
    applications.dedup();
    if problems.errors.is_empty() {
        Ok(body.sorted().map(|body| Resolved { body, ids, applications, reached }))
    } else {
        Ok(Err(problems.errors))
    }
}

/// People by number, or by a name that only one of them has. Whoever is named anew is at work.
async fn people(
    work: &mut Work<'_>,
    problems: &mut Problems<'_>,
    ids: &mut Ids,
    body: Body,
    before: Option<&Record>,
) -> Result<Result<Body, Vec<FieldError>>, UseCaseError> {
    let named = body.references().people;
    if named.is_empty() {
        return Ok(Ok(body));
    }
    let was: Vec<(&str, String)> = before
        .map(|record| record.body.references().people.into_iter().map(|(field, _, number)| (field, number)).collect())
        .unwrap_or_default();
    let texts: Vec<String> = named.iter().map(|(_, _, text)| text.clone()).collect();
    let by_number = lookup::people_by_number(work.conn(), &texts).await?;
    let mut text = body.text();
    for (field, _, typed) in named {
        let found = match by_number.get(&typed) {
            Some(somebody) => Some(somebody.clone()),
            None => by_name(work, problems, field, &typed).await?,
        };
        let Some(somebody) = found else { continue };
        if !was.contains(&(field, somebody.number.clone())) {
            if !somebody.active {
                problems.add(field, &typed, "not_active", "This person is not at work: name somebody who is.");
            } else if !somebody.human {
                problems.add(field, &typed, "not_a_person", "This is an account of a machine: name a person.");
            }
        }
        if let Some(lines) = text.get_mut(field) {
            *lines = lines.lines().map(|line| if line == typed { somebody.number.as_str() } else { line }).collect::<Vec<_>>().join("\n");
        }
        ids.people.insert(somebody.number.clone(), somebody.id);
    }
    if !problems.errors.is_empty() {
        return Ok(Err(std::mem::take(&mut problems.errors)));
    }
    // Two names for one person only show now.
    Ok(Body::parse(body.kind(), &text, false))
}

async fn by_name(work: &mut Work<'_>, problems: &mut Problems<'_>, field: &str, name: &str) -> Result<Option<Somebody>, UseCaseError> {
    let mut found = lookup::people_by_name(work.conn(), name).await?;
    match found.len() {
        1 => return Ok(found.pop()),
        0 => problems.add(field, name, "unknown_person", "Nobody has this number or exactly this name."),
        _ => problems.add(field, name, "ambiguous_person", "More than one person has this name: enter the employee number."),
    }
    Ok(None)
}

async fn named_applications(
    work: &mut Work<'_>,
    problems: &mut Problems<'_>,
    ids: &mut Ids,
    body: &Body,
) -> Result<Vec<ApplicationId>, UseCaseError> {
    let named = body.references().applications;
    let codes: Vec<String> = named.iter().map(|(_, _, code)| code.clone()).collect();
    ids.applications = lookup::applications(work.conn(), &codes).await?;
    for (field, _, code) in &named {
        if !ids.applications.contains_key(code) {
            problems.add(field, code, "unknown_application", "There is no application with this code.");
        }
    }
    Ok(ids.applications.values().copied().collect())
}

async fn entitlements(
    work: &mut Work<'_>,
    problems: &mut Problems<'_>,
    ids: &mut Ids,
    body: &Body,
    before: Option<&Record>,
    key: &str,
) -> Result<Vec<ApplicationId>, UseCaseError> {
    let named = body.references().entitlements;
    let was: Vec<String> =
        before.map(|record| record.body.references().entitlements.into_iter().map(|(_, _, id)| id).collect()).unwrap_or_default();
    let texts: Vec<String> = named.iter().map(|(_, _, id)| id.clone()).collect();
    let found = lookup::entitlements(work.conn(), &texts).await?;
    let mut applications = Vec::new();
    for (field, _, id) in &named {
        match found.get(id) {
            None => problems.add(field, id, "unknown_entitlement", "There is no entitlement with this identifier."),
            // A rule may look back on what is no longer given; what is given anew has to be there.
            Some((_, _, false)) if body.kind() != RecordKind::Conflict && !was.contains(id) => {
                problems.add(field, id, "retired", "This entitlement is retired.");
            }
            // Who included it before had a say in it then.
            Some(_) if body.kind() == RecordKind::Entitlement && was.contains(id) => {}
            Some((_, application, _)) => applications.push(*application),
        }
    }
    ids.entitlements = found.into_iter().map(|(source, (id, _, _))| (source, id)).collect();
    if let (Body::Entitlement(body), Ok(own)) = (body, key.parse()) {
        let included: Vec<_> = body.includes.iter().filter_map(|id| ids.entitlements.get(id)).map(|id| id.0).collect();
        if lookup::includes_it(work.conn(), &included, own).await? {
            problems.add("includes", "", "cycle", "An entitlement cannot include itself, not even through others.");
        }
        tiers(work, problems, body, &included, own).await?;
    }
    Ok(applications)
}

/// What includes others is decided on, limited and reviewed by its own tier, so nothing inside may
/// have a higher one.
async fn tiers(
    work: &mut Work<'_>,
    problems: &mut Problems<'_>,
    body: &EntitlementBody,
    included: &[uuid::Uuid],
    own: uuid::Uuid,
) -> Result<(), UseCaseError> {
    let mut refused: Vec<String> = Vec::new();
    for (id, tier) in lookup::tiers_within(work.conn(), included).await? {
        if tier > body.tier && !refused.contains(&id) {
            problems.add("includes", &id, "higher_tier", "It gives access of a higher tier, itself or through others.");
            refused.push(id);
        }
    }
    if body.active && lookup::tiers_around(work.conn(), own).await?.iter().any(|tier| body.tier > *tier) {
        problems.add("tier", "", "inside_lower", "Something of a lower tier includes it.");
    }
    Ok(())
}

/// Units of an audience. Whatever is named anew is in use, and a change leaves no audience in use without a
/// unit in use: nobody would be in it.
async fn units(
    work: &mut Work<'_>,
    problems: &mut Problems<'_>,
    ids: &mut Ids,
    body: &Body,
    before: Option<&Record>,
) -> Result<(), UseCaseError> {
    let named = body.references().units;
    let was: Vec<String> =
        before.map(|record| record.body.references().units.into_iter().map(|(_, _, name)| name).collect()).unwrap_or_default();
    let names: Vec<String> = named.iter().map(|(_, _, name)| name.clone()).collect();
    let found = lookup::units(work.conn(), &names).await?;
    for (field, _, name) in &named {
        match found.get(name) {
            None => problems.add(field, name, "unknown_unit", "There is no unit with this name."),
            Some((_, false)) if !was.contains(name) => problems.add(field, name, "retired", "This unit is retired."),
            Some(_) => {}
        }
    }
    let all_retired = names.iter().all(|name| was.contains(name) && found.get(name).is_some_and(|(_, active)| !active));
    let stood_so = was.len() == names.len() && before.is_some_and(|record| in_use(&record.body));
    if let Some((field, _, _)) = named.first()
        && in_use(body)
        && all_retired
        && !stood_so
    {
        problems.add(field, "", "no_unit_in_use", "None of these units is in use: name one that is.");
    }
    ids.units = found.into_iter().map(|(name, (id, _))| (name, id)).collect();
    Ok(())
}

/// Whether a unit, or what names units, is in use.
fn in_use(body: &Body) -> bool {
    match body {
        Body::Unit(body) => body.active,
        Body::Entitlement(body) => body.active,
        Body::Template(body) => body.active,
        _ => false,
    }
}

async fn others(work: &mut Work<'_>, problems: &mut Problems<'_>, ids: &mut Ids, body: &Body) -> Result<(), UseCaseError> {
    let named = body.references();
    if !named.calendars.is_empty() {
        let known = lookup::calendars(work.conn()).await?;
        for (field, _, code) in &named.calendars {
            if !known.iter().any(|(known, _)| known == code) {
                problems.add(field, code, "unknown_calendar", "There is no calendar with this code.");
            }
        }
    }
    let codes: Vec<String> = named.connections.iter().map(|(_, _, code)| code.clone()).collect();
    if !codes.is_empty() {
        let known = lookup::connections_by_code(work.conn(), &codes).await?;
        for (field, _, code) in &named.connections {
            match known.get(code) {
                None => problems.add(field, code, "unknown_connection", "There is no connection with this code."),
                Some((_, false)) => problems.add(field, code, "retired", "This connection is retired: choose another."),
                Some((id, true)) => drop(ids.connections.insert(code.clone(), *id)),
            }
        }
    }
    if let Body::Plan(plan) = body {
        let codes: Vec<String> = named.groups.iter().map(|(_, _, code)| code.clone()).collect();
        let groups = lookup::groups(work.conn(), &codes).await?;
        problems.errors.extend(stages_without_people(plan, &named.groups, &groups));
    }
    if let Body::Calendar(calendar) = body
        && calendar.written.zone.as_deref().is_some_and(|zone| TimeZone::get(zone).is_err())
    {
        problems.add("zone", "", "unknown_zone", "This time zone is not known: enter a name such as Europe/Berlin.");
    }
    Ok(())
}

/// Stages that name a group that is not there, or want more people than there are.
fn stages_without_people(
    plan: &domain::change::PlanBody,
    named: &[(&'static str, usize, String)],
    groups: &HashMap<String, usize>,
) -> Vec<FieldError> {
    let mut errors: Vec<FieldError> = named
        .iter()
        .filter(|(_, _, code)| !groups.contains_key(code))
        .map(|(field, stage, _)| FieldError::new(field, &format!("unknown_group@{stage}"), "There is no group with this code."))
        .collect();
    if errors.is_empty() {
        let beyond = plan.beyond_reach(|code| groups.get(code).copied().unwrap_or(0));
        errors.extend(beyond.into_iter().map(|stage| {
            FieldError::new(
                "stages",
                &format!("unreachable@{stage}"),
                "Its sources never give so many people: name more, or lower the quorum.",
            )
        }));
    }
    errors
}

/// What only one record may have.
async fn unique(work: &mut Work<'_>, problems: &mut Problems<'_>, ids: &Ids, body: &Body, key: &str) -> Result<(), UseCaseError> {
    let (field, text) = match body {
        Body::Unit(body) => ("name", &body.name),
        Body::Application(body) => ("code", &body.code),
        Body::Entitlement(body) => ("source_id", &body.source_id),
        Body::Conflict(body) => ("code", &body.code),
        Body::Template(body) => ("code", &body.code),
        Body::Plan(body) => ("code", &body.code),
        Body::Calendar(body) => ("code", &body.code),
        Body::Group(body) => ("code", &body.code),
        Body::Specification(_) => return Ok(()),
    };
    if lookup::is_taken(work.conn(), body.kind(), text, key).await? {
        problems.add(field, "", "taken", "Another record has this already.");
    }
    if let Body::Plan(plan) = body
        && plan.active
    {
        let application = plan.application.as_ref().and_then(|code| ids.applications.get(code)).map(|id| id.0);
        let (tier, population) = (plan.tier.map(|tier| tier.word()), plan.population.map(|population| population.word()));
        if store::changes::lookup::plan_for_same_case(work.conn(), tier, population, application, key).await? {
            problems.add("tier", "", "same_case", "Another plan in use is made for the same circumstances.");
        }
    }
    Ok(())
}
