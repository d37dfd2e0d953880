//! Connections as they are shown. Secrets are not read here, except to find out whether they open.

use super::{settings, which_machine};
use crate::store;
use crate::store::connection_changes::ChangeRow;
use crate::store::connection_machines::Way;
use crate::store::connection_records::{LineRow, Record};
use crate::usecase::Base;
use crate::usecase::authorise::{require, require_or_hide};
use crate::usecase::changes::field;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use app::changes::port::{Difference, EditField};
use app::connections::port::{
    Abilities, ConnectionLine, ConnectionView, ConnectionsPage, PendingView, SecretView, TestView, UnderWay, VersionView,
};
use app::error::AppError;
use app::paths;
use app::when::When;
use connector::memory::MemorySettings;
use connector::scim::ScimSettings;
use connector::webhook::WebhookSettings;
use connector::{Breaker, Capabilities};
use domain::actor::Caller;
use domain::change::{Typed, say};
use domain::connection::{BreakerState, COMMON, ConnectionState, ConnectorKind, MACHINE, fields};
use domain::id::ConnectionId;
use domain::permission::{Action, Relation, permitted};
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Releases shown on the page of a connection.
const RELEASES_SHOWN: i64 = 50;

/// The connections that the caller may see.
pub(super) async fn list(base: &Base, caller: &Caller) -> Result<ConnectionsPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    let owned = store::changes::lookup::owned_by(work.conn(), caller.identity).await?;
    let all = permitted(&caller.roles, Action::ReadConnections, &[]);
    require(caller, Action::ReadConnections, if owned.is_empty() { &[] } else { &[Relation::ApplicationOwner] })?;
    let rows = store::connection_records::lines(work.conn(), None, (!all).then_some(owned.as_slice())).await?;
    let as_of = When::new(work.now(), &base.zone);
    work.commit().await?;
    let manages = permitted(&caller.roles, Action::ManageConnections, &[]);
    let offered = ConnectorKind::ALL.iter().copied().filter(|kind| *kind != ConnectorKind::Memory || base.machines.offers_memory());
    Ok(ConnectionsPage {
        lines: rows.into_iter().map(|row| line(row, &base.zone)).collect(),
        may_add: if manages { offered.collect() } else { vec![] },
        as_of,
    })
}

fn line(row: LineRow, zone: &TimeZone) -> ConnectionLine {
    let in_use = row.is_in_use();
    let breaker = row.breaker.and_then(|breaker| serde_json::from_value::<Breaker>(breaker).ok()).unwrap_or_default();
    let shown = match breaker {
        Breaker::Closed { .. } => (BreakerState::Closed, None),
        Breaker::Open { until, .. } => (BreakerState::Open, Some(When::new(until, zone))),
        Breaker::Trying { .. } => (BreakerState::Trying, None),
    };
    ConnectionLine {
        id: row.id,
        code: row.code,
        name: row.name,
        kind: row.kind,
        state: row.state,
        in_use,
        applications: row.applications,
        breaker: row.kind.asks_a_machine().then_some(shown),
        last_well: row.last_well_at.map(|at| When::new(at, zone)),
        last_failed: row.last_failed_at.map(|at| (When::new(at, zone), row.last_said.unwrap_or_default())),
        under_way: row.under_way,
        begun: row.begun,
        given: row.given,
        waits: row.waits,
    }
}

/// The form for a new connection.
pub(super) async fn blank(base: &Base, caller: &Caller, kind: ConnectorKind) -> Result<ConnectionView, UseCaseError> {
    let mut work = Work::read(base).await?;
    require(caller, Action::ManageConnections, &[])?;
    if kind == ConnectorKind::Memory && !base.machines.offers_memory() {
        return Err(AppError::NotFound.into());
    }
    let ways = store::connection_machines::ways(work.conn(), None).await?;
    let as_of = When::new(work.now(), &base.zone);
    work.commit().await?;
    Ok(ConnectionView {
        line: None,
        kind,
        version: 0,
        fields: edit_fields(kind, &settings::beginning(kind), &which_machine::offered(&ways)),
        can: None,
        secret: if kind.has_secret() { SecretView::Missing } else { SecretView::None },
        may_manage: true,
        opens_releases: false,
        pending: None,
        tested: None,
        releases: vec![],
        versions: vec![],
        completions: None,
        also_through: vec![],
        as_of,
    })
}

/// One connection with everything on it.
pub(super) async fn show(base: &Base, caller: &Caller, id: ConnectionId) -> Result<ConnectionView, UseCaseError> {
    let mut work = Work::read(base).await?;
    let record = store::connection_records::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let relations = super::relations(&mut work, caller, id).await?;
    require_or_hide(caller, Action::ReadConnections, Action::ReadConnections, &relations)?;
    let zone = &base.zone;
    let row = store::connection_records::lines(work.conn(), Some(id), None).await?.pop().ok_or(AppError::NotFound)?;
    let change = store::connection_changes::open_change(work.conn(), id, false).await?;
    let own = match &change {
        Some(change) => store::identities::accounts_of(work.conn(), &[change.by.id]).await?.contains(&caller.identity),
        None => false,
    };
    let tested = store::connection_trials::last_test(work.conn(), id).await?;
    let releases = store::connection_records::under_way(work.conn(), id, RELEASES_SHOWN).await?;
    let versions = store::connection_records::versions(work.conn(), id).await?;
    let (ways, told) = ways(&mut work, caller, id).await?;
    let here = |way: &Way| way.machine == record.machine;
    let machine = if told.iter().any(here) && !ways.iter().any(here) {
        which_machine::in_words(&told, record.machine)
    } else {
        which_machine::typed(&mut work, &record, &ways).await?
    };
    let as_of = When::new(work.now(), zone);
    work.commit().await?;
    let mut text = settings::text(record.kind, &record.settings);
    text.insert("code".to_owned(), record.code.clone());
    text.insert("name".to_owned(), record.name.clone());
    text.insert(MACHINE.to_owned(), machine);
    Ok(ConnectionView {
        line: Some(line(row, zone)),
        kind: record.kind,
        version: record.version,
        fields: edit_fields(record.kind, &text, &which_machine::offered(&ways)),
        can: abilities(record.kind, &record.settings),
        secret: secret(base, &record),
        may_manage: permitted(&caller.roles, Action::ManageConnections, &[]) && record.state == ConnectionState::Active,
        opens_releases: permitted(&caller.roles, Action::ReadRelease, &[]),
        pending: change.map(|change| pending(&record, change, &told, (caller, own), zone)),
        tested: tested.map(|test| TestView {
            version: test.version,
            at: When::new(test.at, zone),
            by: test.by,
            findings: serde_json::from_value(test.findings).unwrap_or_default(),
        }),
        releases: releases
            .into_iter()
            .map(|(id, number, state, since)| UnderWay { id, number, state: in_words(&state), since: When::new(since, zone) })
            .collect(),
        versions: versions
            .into_iter()
            .map(|row| VersionView {
                version: row.version,
                at: When::new(row.at, zone),
                by: row.by,
                confirmed_by: row.confirmed_by,
                reason: row.reason.unwrap_or_default(),
            })
            .collect(),
        also_through: which_machine::others(&ways, record.machine),
        completions: (record.kind == ConnectorKind::Webhook).then(|| paths::completions(&record.code)),
        as_of,
    })
}

/// Other connections: those that the caller may see, and all of them, of which the rest have no names.
/// Whoever answers for applications alone is told of their connections alone.
async fn ways(work: &mut Work<'_>, caller: &Caller, except: ConnectionId) -> Result<(Vec<Way>, Vec<Way>), UseCaseError> {
    let all = store::connection_machines::ways(work.conn(), Some(except)).await?;
    if permitted(&caller.roles, Action::ReadConnections, &[]) {
        return Ok((all.clone(), all));
    }
    let owned = store::changes::lookup::owned_by(work.conn(), caller.identity).await?;
    let seen: Vec<_> = store::connection_records::lines(work.conn(), None, Some(&owned)).await?.into_iter().map(|line| line.id).collect();
    let told = |way: &Way| if seen.contains(&way.id) { way.clone() } else { Way { name: "another connection".to_owned(), ..way.clone() } };
    let told = all.iter().map(told).collect();
    Ok((all.into_iter().filter(|way| seen.contains(&way.id)).collect(), told))
}

/// A stored word as people read it: `account_ready` as “Account ready”.
fn in_words(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}", letters.as_str().replace('_', " "))
}

fn edit_fields(kind: ConnectorKind, text: &Typed, machines: &[(String, String)]) -> Vec<EditField> {
    let value = |name: &str| text.get(name).cloned().unwrap_or_default();
    let specs = COMMON.iter().chain(fields(kind)).chain(domain::connection::which_machine(kind));
    specs.map(|spec| field(spec, value(spec.name), spec.fixed, machines)).collect()
}

/// What a machine with these settings says that it can.
fn abilities(kind: ConnectorKind, settings: &Value) -> Option<Abilities> {
    fn read<T: DeserializeOwned>(settings: &Value) -> Option<T> {
        serde_json::from_value(settings.clone()).ok()
    }
    let Capabilities { accounts, reads_back, undoes, answers_later } = match kind {
        ConnectorKind::Scim => ScimSettings::CAPABILITIES,
        ConnectorKind::Webhook => read::<WebhookSettings>(settings)?.capabilities(),
        ConnectorKind::Memory => read::<MemorySettings>(settings)?.capabilities(),
        ConnectorKind::Manual => return None,
    };
    Some(Abilities { accounts, reads_back, undoes, answers_later })
}

fn secret(base: &Base, record: &Record) -> SecretView {
    match &record.secret {
        _ if !record.kind.has_secret() => SecretView::None,
        None => SecretView::Missing,
        Some(sealed) => match base.machines.open(record.id, sealed) {
            Ok(_) => SecretView::Set(record.secret_set_at.map(|at| When::new(at, &base.zone))),
            Err(fault) => SecretView::Sealed(fault.to_string()),
        },
    }
}

fn pending(record: &Record, change: ChangeRow, ways: &[Way], (caller, own): (&Caller, bool), zone: &TimeZone) -> PendingView {
    let (mut was, mut is) = (settings::text(record.kind, &record.settings), settings::text(record.kind, &change.settings));
    was.insert("name".to_owned(), record.name.clone());
    is.insert("name".to_owned(), change.name);
    let nobody = |name: &str| name.to_owned();
    let mut differences: Vec<Difference> = COMMON
        .iter()
        .chain(fields(record.kind))
        .filter_map(|spec| {
            let (before, after) = (was.get(spec.name)?, is.get(spec.name)?);
            (before != after).then(|| Difference {
                label: spec.label.to_owned(),
                before: say(spec, before, &nobody),
                after: say(spec, after, &nobody),
                needs_second: false,
            })
        })
        .collect();
    if change.machine != record.machine {
        let (before, after) = (which_machine::in_words(ways, record.machine), which_machine::in_words(ways, change.machine));
        differences.push(Difference { label: "Machine".to_owned(), before, after, needs_second: false });
    }
    if change.secret.is_some() {
        let (before, after) = ("the one that is there".to_owned(), "another one, which nobody is shown".to_owned());
        differences.push(Difference { label: "Secret".to_owned(), before, after, needs_second: false });
    }
    let relation: &[Relation] = if own { &[Relation::Requester] } else { &[] };
    let may_confirm = permitted(&caller.roles, Action::ConfirmConnection, relation);
    PendingView {
        id: change.id,
        by: change.by,
        at: When::new(change.at, zone),
        reason: change.reason,
        differences,
        may_confirm,
        may_refuse: may_confirm || own,
    }
}
