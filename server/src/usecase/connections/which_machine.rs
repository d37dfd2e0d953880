//! Which machine a connection leads to, as it is said in its form.

use crate::store;
use crate::store::connection_machines::Way;
use crate::store::connection_records::Record;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::connections::port::ConnectionForm;
use domain::connection::{ConnectorKind, MACHINE, OWN_MACHINE};
use domain::error::FieldError;
use domain::id::{ConnectionId, MachineId};
use serde_json::Value;

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Nothing: it stays as it is.
    Unsaid,
    /// The machine at its address.
    ByAddress,
    /// One to which no other connection leads.
    Own,
    /// The one to which another connection leads.
    SameAs(MachineId),
}

/// Reads what was chosen; the inner error is told at the field.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub(super) async fn chosen(
    work: &mut Work<'_>,
    kind: ConnectorKind,
    form: &ConnectionForm,
    before: Option<&Record>,
) -> Result<Result<Choice, FieldError>, UseCaseError> {
    let Some(typed) = form.fields.get(MACHINE).filter(|_| kind.asks_a_machine()) else { return Ok(Ok(Choice::Unsaid)) };
    let code = match typed.trim() {
        "" => return Ok(Ok(Choice::ByAddress)),
        OWN_MACHINE => return Ok(Ok(Choice::Own)),
        code => code,
    };
    let ways = store::connection_machines::ways(work.conn(), before.map(|record| record.id)).await?;
    let way = ways.into_iter().find(|way| way.code == code);
    Ok(way.map(|way| Choice::SameAs(way.machine)).ok_or_else(|| FieldError::new(MACHINE, "not_an_option", "Choose from the list.")))
}

/// The machine that this comes to, with settings that are about to be in force.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub(super) async fn led_to(
    work: &mut Work<'_>,
    kind: ConnectorKind,
    choice: Choice,
    settings: &Value,
    before: Option<&Record>,
) -> Result<MachineId, UseCaseError> {
    let id = before.map(|record| record.id);
    match (choice, before) {
        (Choice::SameAs(machine), _) => return Ok(machine),
        (Choice::Unsaid, Some(record)) => return Ok(record.machine),
        (Choice::Own, _) => {}
        (Choice::ByAddress | Choice::Unsaid, _) => {
            if let Some(machine) = store::connection_machines::at_address(work.conn(), kind, settings, id).await? {
                return Ok(machine);
            }
            // At another address it is another machine, unless somebody says that it is this one.
            if before.is_some_and(|record| address(&record.settings) != address(settings)) {
                return Ok(work.id(MachineId::new));
            }
        }
    }
    // A machine of its own: the one that it has already, if nobody else leads there.
    let present = before.map(|record| record.machine);
    let shared = match present {
        Some(machine) => store::connection_machines::ways(work.conn(), id).await?.iter().any(|way| way.machine == machine),
        None => false,
    };
    Ok(present.filter(|_| !shared).unwrap_or_else(|| work.id(MachineId::new)))
}

fn address(settings: &Value) -> Option<&str> {
    ["base_url", "url"].into_iter().find_map(|name| settings.get(name)).and_then(Value::as_str)
}

/// A machine in words: the connections that lead there besides.
pub(super) fn in_words(ways: &[Way], machine: MachineId) -> String {
    let names: Vec<&str> = ways.iter().filter(|way| way.machine == machine).map(|way| way.name.as_str()).collect();
    if names.is_empty() { "A machine of its own".to_owned() } else { format!("The same as {}", names.join(", ")) }
}

/// What stands in the form of a connection: the first of the others that lead to its machine; otherwise that
/// it is one of its own, where its address alone would not say so.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub(super) async fn typed(work: &mut Work<'_>, record: &Record, ways: &[Way]) -> Result<String, UseCaseError> {
    if let Some(way) = ways.iter().find(|way| way.machine == record.machine) {
        return Ok(way.code.clone());
    }
    let elsewhere = store::connection_machines::at_address(work.conn(), record.kind, &record.settings, Some(record.id)).await?;
    Ok(elsewhere.map(|_| OWN_MACHINE.to_owned()).unwrap_or_default())
}

/// What the form offers.
pub(super) fn offered(ways: &[Way]) -> Vec<(String, String)> {
    let own = [(String::new(), "By its address".to_owned()), (OWN_MACHINE.to_owned(), "A machine of its own".to_owned())];
    let others = ways.iter().map(|way| {
        let retired = if way.retired { ", retired" } else { "" };
        (way.code.clone(), format!("The same as {} ({}{retired})", way.name, way.code))
    });
    own.into_iter().chain(others).collect()
}

/// The others that lead to a machine, with their names.
pub(super) fn others(ways: &[Way], machine: MachineId) -> Vec<(ConnectionId, String)> {
    ways.iter().filter(|way| way.machine == machine).map(|way| (way.id, way.name.clone())).collect()
}
