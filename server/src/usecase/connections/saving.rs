//! Making a connection, and changing one.

use super::which_machine::{self, Choice};
use super::{facts, locked_to_change, settings};
use crate::machines::leads_elsewhere;
use crate::store;
use crate::store::connection_records::{LineRow, NewVersion, Record};
use crate::store::error::StoreError;
use crate::usecase::Base;
use crate::usecase::authorise::require;
use crate::usecase::error::UseCaseError;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::work::Work;
use app::connections::port::{ConnectionForm, NotSaved, Saved};
use app::error::AppError;
use connector::{Sealed, Secret};
use domain::actor::Caller;
use domain::change::{Form, Typed};
use domain::connection::{COMMON, ConnectionState, ConnectorKind, MACHINE, fields, read_code, read_secret};
use domain::error::FieldError;
use domain::event::EventKind;
use domain::id::{ConnectionChangeId, ConnectionId, IdentityId};
use domain::notification::NotificationKind;
use domain::permission::{Action, Role};
use domain::text::Remark;
use serde_json::{Value, json};

/// Why a form was not taken, before it is told.
enum Refused {
    Fields(Vec<FieldError>),
    Otherwise(UseCaseError),
}

impl From<UseCaseError> for Refused {
    fn from(error: UseCaseError) -> Self {
        Self::Otherwise(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Otherwise(error.into())
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        Self::Otherwise(error.into())
    }
}

impl From<Refused> for NotSaved {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Otherwise(error) => AppError::from(error).into(),
            Refused::Fields(errors) => {
                let sentence = |error: &FieldError| match error.code.split_once('@') {
                    Some((_, line)) => format!("Line {line}: {}", error.message),
                    None => error.message.clone(),
                };
                let problems = errors.iter().map(|error| (error.field.clone(), sentence(error))).collect();
                Self { error: AppError::invalid(&errors), problems }
            }
        }
    }
}

/// What was typed, read and checked.
struct Wanted {
    code: String,
    name: String,
    machine: Choice,
    settings: Value,
    secret: Option<Secret>,
    reason: String,
}

/// Makes a connection, or changes one: at once while nothing goes through it, otherwise for a second
/// person to confirm.
pub(super) async fn save(base: &Base, caller: &Caller, form: &ConnectionForm, secret: &str) -> Result<Saved, NotSaved> {
    let saved = match form.connection {
        None => make(base, caller, form, secret).await,
        Some(id) => change(base, caller, id, form, secret).await,
    };
    saved.map_err(NotSaved::from)
}

async fn make(base: &Base, caller: &Caller, form: &ConnectionForm, secret: &str) -> Result<Saved, Refused> {
    let mut work = Work::begin(base, caller.actor()).await?;
    require(caller, Action::ManageConnections, &[])?;
    let kind: ConnectorKind = form.kind.parse().map_err(|_| AppError::NotFound)?;
    if kind == ConnectorKind::Memory && !base.machines.offers_memory() {
        return Err(AppError::NotFound.into());
    }
    let choice = which_machine::chosen(&mut work, kind, form, None).await?;
    let wanted = read(base, kind, form, secret, None, choice)?;
    if store::connection_records::by_code(work.conn(), &wanted.code).await?.is_some() {
        return Err(Refused::Fields(vec![FieldError::new("code", "taken", "Another connection has this code: choose another.")]));
    }
    let machine = which_machine::led_to(&mut work, kind, wanted.machine, &wanted.settings, None).await?;
    let id = work.id(ConnectionId::new);
    let sealed = seal(base, id, wanted.secret.as_ref())?;
    let new = NewVersion {
        id,
        version: 1,
        name: &wanted.name,
        kind,
        settings: &wanted.settings,
        machine,
        secret: sealed.as_ref(),
        reason: &wanted.reason,
        by: caller.identity,
        confirmed_by: None,
        now: work.now(),
    };
    store::connection_records::insert(work.conn(), &wanted.code, &new).await?;
    let body = json!({ "code": wanted.code, "connector": kind.word(), "version": 1, "detail": wanted.reason });
    work.event(EventKind::ConnectionCreated, "connection", id.0, None, body).await?;
    if sealed.is_some() {
        let body = json!({ "code": wanted.code, "version": 1 });
        work.event(EventKind::ConnectionSecretSet, "connection", id.0, None, body).await?;
    }
    work.commit().await?;
    Ok(Saved::Made(id))
}

async fn change(base: &Base, caller: &Caller, id: ConnectionId, form: &ConnectionForm, secret: &str) -> Result<Saved, Refused> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let (record, people) = locked_to_change(&mut work, caller, id, Action::ManageConnections).await?;
    if record.version != form.base_version {
        return Err(AppError::Changed.into());
    }
    let waits = store::connection_changes::open_change(work.conn(), id, false).await?.is_some();
    if waits || record.state == ConnectionState::Retired {
        return Err(AppError::NotPossible.into());
    }
    let choice = which_machine::chosen(&mut work, record.kind, form, Some(&record)).await?;
    let wanted = read(base, record.kind, form, secret, Some(&record), choice)?;
    let machine = which_machine::led_to(&mut work, record.kind, wanted.machine, &wanted.settings, Some(&record)).await?;
    let same = wanted.name == record.name && wanted.settings == record.settings && machine == record.machine;
    if same && wanted.secret.is_none() {
        let nothing = FieldError::new("", "nothing_changed", "Nothing differs from what is in force: change something first.");
        return Err(Refused::Fields(vec![nothing]));
    }
    let sealed = seal(base, id, wanted.secret.as_ref())?;
    let new = NewVersion {
        id,
        version: record.version + 1,
        name: &wanted.name,
        kind: record.kind,
        settings: &wanted.settings,
        machine,
        secret: sealed.as_ref(),
        reason: &wanted.reason,
        by: caller.identity,
        confirmed_by: None,
        now: work.now(),
    };
    let line = store::connection_records::lines(work.conn(), Some(id), None).await?.pop().ok_or(AppError::NotFound)?;
    if moves_what_it_gave(&record, &line, &new) {
        let why = "Access was given through this connection, or is being given, so it is not led to another machine: make another connection, and let the application choose that. If it is the same machine at another address, choose “A machine of its own”.";
        return Err(Refused::Fields(vec![FieldError::new(MACHINE, "in_use", why)]));
    }
    let saved = if line.is_in_use() {
        propose(&mut work, &record, &new).await?;
        Saved::Proposed(id)
    } else {
        in_force(&mut work, &record, &new, &people).await?;
        Saved::Changed(id)
    };
    work.commit().await?;
    Ok(saved)
}

/// Whether access that was given through a connection, or is being given, would be looked for at another machine.
pub(super) fn moves_what_it_gave(record: &Record, line: &LineRow, new: &NewVersion<'_>) -> bool {
    (line.given > 0 || line.begun > 0) && new.machine != record.machine && leads_elsewhere(record.kind, &record.settings, new.settings)
}

/// Puts a version in force, with its events; `locked` are the people who were locked before the connection.
pub(super) async fn in_force(
    work: &mut Work<'_>,
    record: &Record,
    new: &NewVersion<'_>,
    locked: &[IdentityId],
) -> Result<(), UseCaseError> {
    store::connection_records::update(work.conn(), new).await?;
    let now = Record { version: new.version, ..record.clone() };
    let mut body = facts(&now, new.reason);
    let fields = changed_fields(record, new);
    if fields.iter().any(|field| matches!(field.as_str(), "base_url" | "url" | MACHINE)) {
        // An account of somebody else became known before the connection was locked. They are not waited for
        // behind that lock, where they may wait for the connection: it is done again.
        let people = store::account_references::people(work.conn(), record.id).await?;
        if people.iter().any(|person| !locked.contains(person)) {
            return Err(AppError::Changed.into());
        }
        store::account_references::forget_all(work.conn(), record.id).await?;
    }
    if let Some(body) = body.as_object_mut() {
        body.insert("fields".to_owned(), json!(fields));
        body.insert("proposed_by".to_owned(), json!(new.by.to_string()));
    }
    work.event(EventKind::ConnectionChanged, "connection", record.id.0, None, body).await?;
    if new.secret.is_some() {
        work.event(EventKind::ConnectionSecretSet, "connection", record.id.0, None, facts(&now, "")).await?;
    }
    Ok(())
}

/// Writes a change down for a second person, and tells those who can be it.
async fn propose(work: &mut Work<'_>, record: &Record, new: &NewVersion<'_>) -> Result<(), UseCaseError> {
    let change = work.id(ConnectionChangeId::new);
    store::connection_changes::insert_change(work.conn(), change, new).await?;
    let mut body = facts(record, new.reason);
    if let Some(body) = body.as_object_mut() {
        body.insert("fields".to_owned(), json!(changed_fields(record, new)));
        body.insert("sets_secret".to_owned(), json!(new.secret.is_some()));
    }
    work.event(EventKind::ConnectionChangeProposed, "connection", record.id.0, None, body).await?;
    let mut people = store::roles::holders(work.conn(), Role::Administrator).await?;
    people.extend(store::roles::holders(work.conn(), Role::Compliance).await?);
    let (title, href) =
        (format!("A change to the connection {} waits for a second person", record.code), app::paths::connection(record.id));
    let body = "Until somebody else confirms it, releases use the settings before.";
    tell(work, &people, &Notice { kind: NotificationKind::Change, title: &title, body, href: &href, request: None }).await
}

/// Names of the fields that differ.
fn changed_fields(record: &Record, new: &NewVersion<'_>) -> Vec<String> {
    let (was, is) = (settings::text(record.kind, &record.settings), settings::text(record.kind, new.settings));
    let mut changed: Vec<String> = is.iter().filter(|(name, text)| was.get(*name) != Some(text)).map(|(name, _)| name.clone()).collect();
    if new.name != record.name {
        changed.push("name".to_owned());
    }
    if new.machine != record.machine {
        changed.push(MACHINE.to_owned());
    }
    changed
}

/// Reads a form; `before` is the connection that it changes.
fn read(
    base: &Base,
    kind: ConnectorKind,
    form: &ConnectionForm,
    typed_secret: &str,
    before: Option<&Record>,
    machine: Result<Choice, FieldError>,
) -> Result<Wanted, Refused> {
    let mut errors = Vec::new();
    let mut keep = |found: Vec<FieldError>| errors.extend(found);
    // What a form does not send stays as it is.
    let mut typed: Typed = before.map(|record| settings::text(kind, &record.settings)).unwrap_or_default();
    let known = |name: &str| fields(kind).iter().chain(COMMON).any(|field| field.name == name);
    typed.extend(form.fields.iter().filter(|(name, _)| known(name)).map(|(name, text)| (name.clone(), text.clone())));
    if let Some(record) = before {
        typed.insert("code".to_owned(), record.code.clone());
        typed.entry("name".to_owned()).or_insert_with(|| record.name.clone());
    }
    let mut common = Form::new(&typed, COMMON, before.is_none());
    let (code, name) = (read_code(&mut common), common.name("name"));
    let common = common.finish((code, name)).map_err(&mut keep).ok();
    let machine = machine.map_err(|error| keep(vec![error])).ok();
    let settings = settings::read(kind, &typed).map_err(&mut keep).ok();
    let reason = Remark::parse("reason", &form.reason, "Say why.").map_err(|error| keep(vec![error])).ok();
    let secret = read_secret(typed_secret).map_err(|error| keep(vec![error])).ok().flatten().filter(|_| kind.has_secret()).map(Secret::new);
    let found = settings.as_ref().and_then(|settings| secret_problem(base, kind, settings, secret.as_ref(), before));
    keep(found.into_iter().collect());
    match (common, machine, settings, reason) {
        (Some((code, name)), Some(machine), Some(settings), Some(reason)) if errors.is_empty() => {
            Ok(Wanted { code, name, machine, settings, secret, reason: reason.to_string() })
        }
        _ => Err(Refused::Fields(errors)),
    }
}

/// What is wrong with the secret, or with settings and secret together: addresses that are not allowed.
fn secret_problem(
    base: &Base,
    kind: ConnectorKind,
    settings: &Value,
    secret: Option<&Secret>,
    before: Option<&Record>,
) -> Option<FieldError> {
    if !kind.has_secret() {
        return None;
    }
    let problem = |code: &str, message: &str| Some(FieldError::new("secret", code, message));
    let present = match (secret, before.and_then(|record| record.secret.as_ref().map(|sealed| (record, sealed)))) {
        (Some(_), _) if base.machines.ring().is_none() => {
            return problem("connector", "This server has no key to seal it with: set connector_keys.");
        }
        (Some(entered), _) => entered.clone(),
        (None, None) => return problem("required", "This is needed."),
        (None, Some((record, _))) if leads_elsewhere(kind, &record.settings, settings) => {
            return problem("connector", "The address or the authentication is another one now: enter the secret for it.");
        }
        (None, Some((record, sealed))) => match base.machines.open(record.id, sealed) {
            Ok(present) => present,
            Err(_) => return problem("connector", "The one that is there cannot be opened with the keys of this server: enter it again."),
        },
    };
    base.machines.check(kind.word(), settings, &present).err().map(|fault| settings::of_fault(kind, &fault))
}

fn seal(base: &Base, id: ConnectionId, secret: Option<&Secret>) -> Result<Option<Sealed>, Refused> {
    let Some((secret, ring)) = secret.zip(base.machines.ring()) else { return Ok(None) };
    let sealed = ring.seal(id.0, secret, base.system.random());
    sealed.map(Some).map_err(|fault| Refused::Fields(vec![FieldError::new("secret", "connector", format!("{fault}."))]))
}
