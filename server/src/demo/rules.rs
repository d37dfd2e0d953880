//! The rules of the demonstration: templates, questions, containment, a plan with two stages at
//! once, working time with holidays, and identities that are no employees.

use super::DemoError;
use super::organisation::Cast;
use crate::store::demo_rules::{self as rows, NewIdentity, NewTemplate};
use crate::usecase::work::Work;
use domain::event::EventKind;
use domain::id::{ConflictId, IdentityId, PlanId, TemplateId};
use domain::identity::Population;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

/// Code, name, what for, reason, days, entitlements.
type Pattern = (&'static str, &'static str, &'static str, &'static str, i32, &'static [&'static str]);

/// Standard patterns.
const TEMPLATES: &[Pattern] = &[
    (
        "on-call",
        "On-call support",
        "What somebody on the support rota needs to look into alerts.",
        "operations",
        90,
        &["Monitoring Reader", "Log Analytics Reader", "Support Request Contributor"],
    ),
    (
        "new-developer",
        "New developer",
        "Reading the platform and pulling images, for the first year in a development team.",
        "new_role",
        365,
        &["Reader", "AcrPull", "Monitoring Reader"],
    ),
    (
        "cost-review",
        "Cost review",
        "Reading cost and billing data for the quarterly review.",
        "audit",
        30,
        &["Cost Management Reader", "Billing Reader"],
    ),
];

/// What gives more than its name says.
const CONTAINMENT: &[(&str, &str)] = &[
    ("Owner", "Contributor"),
    ("Owner", "User Access Administrator"),
    ("Contributor", "Reader"),
    ("Storage Blob Data Owner", "Storage Blob Data Contributor"),
    ("Storage Blob Data Contributor", "Storage Blob Data Reader"),
    ("Backup Contributor", "Backup Operator"),
    ("Backup Operator", "Backup Reader"),
];

/// Writes the rules.
pub(super) async fn author(work: &mut Work<'_>, cast: &Cast) -> Result<(), DemoError> {
    let now = work.now();
    rows::add_to_group(work.conn(), "security", &cast.security.iter().map(|person| person.id).collect::<Vec<_>>()).await?;
    for (code, name, description, reason, days, entitlements) in TEMPLATES {
        let id = work.id(TemplateId::new);
        let template = NewTemplate { id, code, name, description, reason, days: *days, entitlements };
        rows::insert_template(work.conn(), &template, now).await?;
    }
    for (whole, part) in CONTAINMENT {
        rows::include(work.conn(), whole, part, now).await?;
    }
    for (entitlement, questions) in questions() {
        rows::ask(work.conn(), entitlement, &questions, now).await?;
    }
    let conflict = work.id(ConflictId::new);
    rows::insert_conflict_set(
        work.conn(),
        conflict,
        ("SOD-007", "At most one way to change what is stored", "A second person of the unit reviews the storage log every week."),
        &["Storage Blob Data Owner", "Storage Account Contributor", "Storage Queue Data Contributor"],
    )
    .await?;
    working_time(work, now).await?;
    let stages = json!([
        { "step": 1, "name": "Line manager", "sources": ["line_manager"], "quorum": 1, "fallback": ["managers_manager"], "due_hours": 16, "remind_hours": 8, "escalate_hours": 24, "escalate_to": ["managers_manager"] },
        { "step": 2, "name": "Application owner", "sources": ["application_owner", "application_deputy"], "quorum": 1, "fallback": [], "due_hours": 16, "remind_hours": 8, "escalate_hours": 24, "escalate_to": ["owners_manager"] },
        { "step": 2, "name": "Security", "sources": ["group:security"], "quorum": 1, "fallback": [], "due_hours": 16, "remind_hours": 8, "escalate_hours": null, "escalate_to": [] },
    ]);
    let plan = work.id(PlanId::new);
    rows::insert_application_plan(work.conn(), plan, ("key-vault", "Keys and secrets", "keyvault"), &stages, now).await?;
    others(work, cast).await
}

/// Typed questions of some entitlements.
fn questions() -> Vec<(&'static str, Value)> {
    vec![
        (
            "Key Vault Administrator",
            json!([
                { "id": "vault", "label": "Which vault", "kind": "text", "required": true, "most": 80, "help": "Its name as in the portal." },
                { "id": "stage", "label": "Which environment", "kind": "choice", "required": true, "options": ["Test", "Acceptance", "Production"] },
                { "id": "second", "label": "Who watches over the work", "kind": "person", "required": true, "help": "Somebody who is present when keys are changed." },
            ]),
        ),
        (
            "Virtual Machine Contributor",
            json!([
                { "id": "machines", "label": "How many machines", "kind": "number", "required": true, "least": 1, "most": 200 },
                { "id": "cutover", "label": "Day of the cut-over", "kind": "date", "required": false },
            ]),
        ),
    ]
}

/// The standard week with the holidays of two years, and a longer week for those who support.
async fn working_time(work: &mut Work<'_>, now: Timestamp) -> Result<(), DemoError> {
    let year = now.to_zoned(TimeZone::UTC).year();
    let holidays: Vec<Value> = (year..=year + 2)
        .flat_map(|year| {
            [(1, 1, "New Year's Day"), (5, 1, "Labour Day"), (12, 25, "Christmas Day"), (12, 26, "Second Christmas Day")]
                .map(|(month, day, name)| json!({ "date": format!("{year:04}-{month:02}-{day:02}"), "name": name }))
        })
        .collect();
    let (holidays, none) = (Value::from(holidays), json!([]));
    let (week, long) = (json!([["09:00", "17:00"]]), json!([["07:00", "12:00"], ["13:00", "21:00"]]));
    let standard = json!([week, week, week, week, week, none, none]);
    let support = json!([long, long, long, long, long, long, none]);
    rows::insert_calendar(work.conn(), ("standard", 2, "Monday to Friday, 9 to 17"), &standard, &holidays, now).await?;
    rows::insert_calendar(work.conn(), ("support", 1, "Monday to Saturday, 7 to 21"), &support, &holidays, now).await?;
    rows::set_unit_calendar(work.conn(), "Customer Service", "support").await?;
    Ok(())
}

/// A contractor with a sponsor, a service account with an owner, and a second account of the
/// employee for administration.
async fn others(work: &mut Work<'_>, cast: &Cast) -> Result<(), DemoError> {
    let now = work.now();
    let today: Date = now.to_zoned(TimeZone::UTC).date();
    // The history runs for a year; whoever is here today stays a little longer.
    let end = today.saturating_add(18.months());
    let (given, family) = cast.employee.name.split_once(' ').unwrap_or((cast.employee.name.as_str(), "Admin"));
    let new = |id: IdentityId, source_id: &'static str, population| NewIdentity {
        id,
        source_id,
        population,
        name: ("", ""),
        email: None,
        title: None,
        manager: cast.manager.id,
        owner: None,
        person: None,
        starts_on: today,
        ends_on: None,
    };
    let ids = [work.id(IdentityId::new), work.id(IdentityId::new), work.id(IdentityId::new)];
    let identities = [
        NewIdentity {
            name: ("Ines", "Ferreira"),
            email: Some("ines.ferreira@partner.example"),
            title: Some("Migration specialist"),
            ends_on: Some(end),
            ..new(ids[0], "C-2001", Population::Contractor)
        },
        NewIdentity { name: ("Order", "Import"), owner: Some(cast.manager.id), ..new(ids[1], "SVC-ORDERS", Population::ServiceAccount) },
        NewIdentity {
            name: (given, family),
            title: Some("Platform administration"),
            person: Some(cast.employee.id),
            ..new(ids[2], "ADM-10001", Population::PrivilegedAdmin)
        },
    ];
    for identity in &identities {
        rows::insert_identity(work.conn(), identity, now).await?;
        work.event(
            EventKind::IdentityAdded,
            "identity",
            identity.id.0,
            None,
            json!({ "number": identity.source_id, "population": identity.population.word() }),
        )
        .await?;
    }
    Ok(())
}
