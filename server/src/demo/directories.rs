//! How the demonstration's applications are reached: most by hand, some by a directory in the memory of
//! the server, one of which refuses at first, so that it can be seen how a release fails and goes on.

use super::DemoError;
use super::organisation::Cast;
use crate::store;
use crate::store::connection_records::NewVersion;
use crate::usecase::Base;
use crate::usecase::work::Work;
use connector::Account;
use connector::memory::{MemorySettings, Person, Standing, Stumbles};
use domain::actor::Actor;
use domain::catalogue::RiskTier;
use domain::connection::ConnectorKind;
use domain::event::EventKind;
use domain::id::{ConnectionId, MachineId};
use domain::manual::{EvidenceKind, ManualSettings};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Code, name, kind, what for, settings, codes of applications.
type Pattern = (&'static str, &'static str, ConnectorKind, &'static str, Value, &'static [&'static str]);

fn patterns() -> Vec<Pattern> {
    let memory = |stumbles| json!(MemorySettings { matching: "number".to_owned(), stumbles, ..MemorySettings::default() });
    let by_hand = ManualSettings {
        instructions: "Open the health console, choose the workspace that the request names, and assign the role there.".to_owned(),
        checklist: vec![
            "The workspace is the one that was asked for".to_owned(),
            "The assignment ends on the day of the request".to_owned(),
        ],
        evidence: vec![EvidenceKind::Link],
        second_look: vec![RiskTier::Privileged],
        ..ManualSettings::default()
    };
    vec![
        (
            "directory",
            "Cloud directory",
            ConnectorKind::Memory,
            "Roles of these applications are assigned by the directory itself.",
            memory(Stumbles::Never),
            &["cognitiveservices", "healthbot", "security"],
        ),
        (
            "field-directory",
            "Field directory",
            ConnectorKind::Memory,
            "An old directory of the field service that refuses before it obeys.",
            memory(Stumbles::AtFirst),
            &["mixedreality"],
        ),
        (
            "health-console",
            "Health console",
            ConnectorKind::Manual,
            "This application knows no other way in than its console.",
            json!(by_hand),
            &["healthcareapis"],
        ),
    ]
}

/// Makes the connections and lets applications use them. What was carried out by hand before stays.
pub(super) async fn connect(base: &Base, cast: &Cast) -> Result<(), DemoError> {
    let mut work = Work::begin(base, Actor::Operator { command: "demo".to_owned() }).await?;
    for (code, name, kind, reason, settings, applications) in patterns() {
        let id = work.id(ConnectionId::new);
        let by = cast.administrator.id;
        let now = work.now();
        let machine = work.id(MachineId::new);
        let new =
            NewVersion { id, version: 1, name, kind, settings: &settings, machine, secret: None, reason, by, confirmed_by: None, now };
        store::connection_records::insert(work.conn(), code, &new).await?;
        let body = json!({ "code": code, "connector": kind.word(), "version": 1, "detail": reason });
        work.event(EventKind::ConnectionCreated, "connection", id.0, None, body).await?;
        store::demo::use_connection(work.conn(), id, applications).await?;
    }
    work.commit().await?;
    Ok(())
}

/// Fills the directories with what is on record as given: they are empty whenever the server starts.
///
/// # Errors
/// [`DemoError::Store`] when reading fails.
pub async fn fill(base: &Base) -> Result<(), DemoError> {
    let mut conn = base.pool.acquire().await.map_err(store::error::StoreError::from)?;
    let mut people: BTreeMap<(String, String), Person> = BTreeMap::new();
    for held in store::demo::held_in_memory(&mut conn).await? {
        let id = format!("account-of-{}", held.number);
        let person = people.entry((held.connection, held.number)).or_insert_with(|| Person {
            id,
            state: Account::Active,
            leaving: false,
            attributes: BTreeMap::new(),
            entitlements: BTreeMap::new(),
        });
        person.entitlements.insert(held.reference, Standing::Effective);
    }
    for ((connection, number), person) in people {
        base.machines.directory(&connection).put(&number, person);
    }
    Ok(())
}
