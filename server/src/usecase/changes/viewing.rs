//! Reading: records open for editing with their versions, changes, and what waits.

use super::deciding::Standing;
use super::proposing::is_fixed;
use super::scope::{self, Scope, edit_action};
use crate::store;
use crate::store::changes::lists::{Filter, LineRow, Reader, Which};
use crate::store::changes::lookup;
use crate::store::changes::records::Record;
use crate::store::changes::versions::VersionRow;
use crate::usecase::Base;
use crate::usecase::authorise::{require, require_or_hide};
use crate::usecase::cursor;
use crate::usecase::error::UseCaseError;
use crate::usecase::search_words::without_nul;
use crate::usecase::work::Work;
use app::changes::port::{
    ChangeLine, ChangeView, ChangesPage, Difference, EditField, EditView, FieldShape, KindLine, RecordsPage, RulesView, VersionLine,
};
use app::error::AppError;
use app::record::PersonRef;
use app::when::When;
use domain::actor::Caller;
use domain::change::{ChangeLife, FieldSpec, Names, RecordKind, Shape, Typed, Weight, differences, say};
use domain::id::{ChangeId, IdempotencyKey};
use domain::page::{PAGE_SIZE, Page};
use domain::permission::{Action, Relation, permitted};
use domain::time::today;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Letters of a search looked at.
const LETTERS: usize = 100;
/// Changes that wait for the caller, on the overview.
const MINE_SHOWN: i64 = 10;
/// Open changes shown beside a record.
const OPEN_SHOWN: i64 = 50;

/// Records of a kind.
///
/// # Errors
/// [`AppError::Forbidden`] for those who see none of them.
pub async fn records(base: &Base, caller: &Caller, kind: RecordKind, q: &str, after: &str) -> Result<RecordsPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    let scope = scope::of(&mut work, caller).await?;
    let owns = kind.belongs_to_applications() && !scope.owned.is_empty();
    require(caller, Action::ReadChanges, if owns { &[Relation::ApplicationOwner] } else { &[] })?;
    let typed: String = without_nul(q.trim()).chars().take(LETTERS).collect();
    let (rows, total) = store::changes::lists::records(work.conn(), kind, &typed, &without_nul(after), &scope.reader(caller)).await?;
    let as_of = When::new(work.now(), &base.zone);
    work.commit().await?;
    Ok(RecordsPage { kind, page: Page::from_rows(rows, total, |row| row.key.clone()), may_add: scope.may_add(caller, kind), as_of })
}

/// The kinds that the caller may see, and what waits for them.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn overview(base: &Base, caller: &Caller) -> Result<RulesView, UseCaseError> {
    let mut work = Work::read(base).await?;
    let scope = scope::of(&mut work, caller).await?;
    let reader = scope.reader(caller);
    let kinds = store::changes::lists::tallies(work.conn(), &reader)
        .await?
        .into_iter()
        .filter(|tally| scope.reads(caller, tally.kind))
        .map(|tally| KindLine {
            kind: tally.kind,
            records: tally.records,
            open: tally.open,
            waiting: tally.waiting,
            may_add: scope.may_add(caller, tally.kind),
        })
        .collect();
    let filter = Filter { which: Which::Mine, record: None, after: None, oldest_first: true, limit: MINE_SHOWN };
    let mine = lines(&mut work, &filter, &reader, &base.zone).await?;
    let (mine_total, _, _) = store::changes::lists::counts(work.conn(), &reader).await?;
    let as_of = When::new(work.now(), &base.zone);
    work.commit().await?;
    Ok(RulesView { kinds, mine, mine_total, as_of })
}

/// Changes under a filter.
///
/// # Errors
/// [`AppError::Forbidden`] for those who see none and have proposed none.
pub async fn list(base: &Base, caller: &Caller, filter: &str, after: &str) -> Result<ChangesPage, UseCaseError> {
    let mut work = Work::read(base).await?;
    let scope = scope::of(&mut work, caller).await?;
    let reader = scope.reader(caller);
    let (mine, open, all) = store::changes::lists::counts(work.conn(), &reader).await?;
    // Who lost an application may still look at what they once proposed for it.
    let involved = !scope.owned.is_empty() || all > 0;
    require(caller, Action::ReadChanges, if involved { &[Relation::ApplicationOwner] } else { &[] })?;
    let which = match filter {
        "mine" => Which::Mine,
        "all" => Which::All,
        // A filter that does not exist shows what is open.
        other => other.parse().map_or(Which::Open, Which::OpenOf),
    };
    let mut filters = vec![
        ("mine".to_owned(), "Waiting for me".to_owned(), mine),
        ("open".to_owned(), "Not in force yet".to_owned(), open),
        ("all".to_owned(), "All".to_owned(), all),
    ];
    let total = match which {
        Which::Mine => mine,
        Which::Open => open,
        Which::All => all,
        Which::OpenOf(kind) => {
            let count = store::changes::lists::open_of(work.conn(), kind, &reader).await?;
            filters.push((kind.word().to_owned(), kind.label().to_owned(), count));
            count
        }
    };
    let filter = Filter { which, record: None, after: cursor::read_time(after), oldest_first: false, limit: PAGE_SIZE + 1 };
    let rows = lines(&mut work, &filter, &reader, &base.zone).await?;
    let as_of = When::new(work.now(), &base.zone);
    work.commit().await?;
    Ok(ChangesPage { page: Page::from_rows(rows, total, |row| cursor::write_time(row.proposed.at, row.id.0)), filters, as_of })
}

async fn lines(work: &mut Work<'_>, filter: &Filter<'_>, reader: &Reader, zone: &TimeZone) -> Result<Vec<ChangeLine>, UseCaseError> {
    let now = work.now();
    Ok(store::changes::lists::changes(work.conn(), filter, reader).await?.into_iter().map(|row| line(row, now, zone)).collect())
}

fn line(row: LineRow, now: Timestamp, zone: &TimeZone) -> ChangeLine {
    ChangeLine {
        id: row.id,
        number: row.number,
        kind: row.kind,
        record_key: row.key,
        record_name: row.name,
        state: row.state,
        proposed_by: row.proposed_by,
        proposed: When::new(row.proposed_at, zone),
        effective: When::new(row.effective_at, zone),
        due: row.effective_at <= now,
        needs_second: row.needs_second,
        may_confirm: row.may_confirm,
    }
}

/// One record open for editing, with a page of its versions, those below `before`; an empty key opens
/// a new one.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see it, and for a new one of a kind that they may not
/// add.
pub async fn open(base: &Base, caller: &Caller, kind: RecordKind, key: &str, before: Option<i32>) -> Result<EditView, UseCaseError> {
    let mut work = Work::read(base).await?;
    let scope = scope::of(&mut work, caller).await?;
    // Codes to choose from: no kind of record has both.
    let codes = match kind {
        RecordKind::Unit => lookup::calendars(work.conn()).await?,
        RecordKind::Application => lookup::connections(work.conn()).await?,
        _ => vec![],
    };
    let idempotency = work.id(IdempotencyKey::new);
    let today = today(work.now(), &base.zone);
    if key.is_empty() {
        if !scope.may_add(caller, kind) {
            return Err(if scope.reads(caller, kind) && kind != RecordKind::Specification {
                AppError::Forbidden
            } else {
                AppError::NotFound
            }
            .into());
        }
        work.commit().await?;
        let fields = kind.fields().iter().map(|spec| field(spec, beginning(kind, spec.name).to_owned(), false, &codes)).collect();
        let name = format!("New {}", kind.label().to_lowercase());
        return Ok(EditView {
            kind,
            key: String::new(),
            name,
            version: 0,
            fields,
            may_edit: true,
            in_force: None,
            versions: vec![],
            older: None,
            open: vec![],
            today,
            idempotency,
        });
    }
    let record = store::changes::records::find(work.conn(), kind, &without_nul(key)).await?.ok_or(AppError::NotFound)?;
    require_or_hide(caller, Action::ReadChanges, Action::ReadChanges, &scope.reading(kind, &record.applications))?;
    let may_edit = permitted(&caller.roles, edit_action(kind), &scope.changing(kind, &record.applications));
    let rows = store::changes::versions::of(work.conn(), kind, &record, before.unwrap_or(i32::MAX)).await?;
    // A page of older versions does not have the one in force, which is shown all the same.
    let now = rows.get(&record.version).cloned().unwrap_or_else(|| store::changes::versions::untold(record.since, record.body.text()));
    let texts: Vec<&Typed> = rows.values().chain([&now]).map(|row| &row.fields).collect();
    let names = names(&mut work, kind, &texts).await?;
    let filter = Filter { which: Which::Open, record: Some((kind, &record.key)), after: None, oldest_first: false, limit: OPEN_SHOWN };
    let open = lines(&mut work, &filter, &scope.reader(caller), &base.zone).await?;
    work.commit().await?;
    let text = record.body.text();
    let fields = kind
        .fields()
        .iter()
        .map(|spec| field(spec, text.get(spec.name).cloned().unwrap_or_default(), is_fixed(kind, &record, spec.name), &codes))
        .collect();
    let in_force = Some(version_line(kind, record.version, now, &names, &base.zone));
    let mut versions: Vec<VersionLine> =
        rows.into_iter().rev().map(|(version, row)| version_line(kind, version, row, &names, &base.zone)).collect();
    let older = if versions.len() > PAGE_SIZE as usize { versions.pop() } else { None };
    let Record { key, version, body, .. } = record;
    Ok(EditView { kind, key, name: body.name(), version, fields, may_edit, in_force, versions, older, open, today, idempotency })
}

/// What a field of a new record begins with.
fn beginning(kind: RecordKind, field: &str) -> &'static str {
    match (kind, field) {
        (_, "state") => "active",
        (RecordKind::Unit, "calendar") => domain::change::STANDARD_CALENDAR,
        (RecordKind::Application, "classification") => "internal",
        (RecordKind::Application, "logging") => "missing",
        (RecordKind::Entitlement, "tier") => "standard",
        (RecordKind::Entitlement, "review_every_days") => "365",
        (RecordKind::Entitlement, "requestable") => "yes",
        (RecordKind::Conflict, "severity") => "high",
        (RecordKind::Conflict, "shape") => "sides",
        (RecordKind::Conflict, "at_most") => "1",
        (RecordKind::Plan, "stages") => {
            "1 | Line manager | line_manager | quorum 1 | fallback managers_manager | due 16 | remind 8 | escalate 24 to managers_manager"
        }
        (RecordKind::Calendar, "monday" | "tuesday" | "wednesday" | "thursday" | "friday") => "09:00-17:00",
        _ => "",
    }
}

pub(crate) fn field(spec: &FieldSpec, value: String, fixed: bool, codes: &[(String, String)]) -> EditField {
    let shape = match spec.shape {
        Shape::Line(most) => FieldShape::Line { most },
        Shape::Lines(most, rows) => FieldShape::Lines { most, rows },
        Shape::Number(least, most) => FieldShape::Number { least, most },
        Shape::One(_) => FieldShape::Choice { options: spec.options() },
        Shape::Any(_) => FieldShape::Several { options: spec.options() },
        Shape::CalendarCode | Shape::ConnectionCode => FieldShape::Choice { options: codes.to_vec() },
    };
    EditField {
        name: spec.name.to_owned(),
        label: spec.label.to_owned(),
        hint: spec.hint.to_owned(),
        shape,
        value,
        required: spec.required,
        needs_second: spec.may_need_second(),
        only_when_weaker: spec.weight == Weight::WhenWeaker,
        fixed,
    }
}

/// Names of the people and entitlements whose numbers and identifiers stand in these texts. No kind
/// of record names both.
async fn names(work: &mut Work<'_>, kind: RecordKind, texts: &[&Typed]) -> Result<HashMap<String, String>, UseCaseError> {
    let entitlements = named(kind, texts, Names::Entitlements);
    if !entitlements.is_empty() {
        return Ok(lookup::entitlement_names(work.conn(), &entitlements).await?);
    }
    let people = named(kind, texts, Names::People);
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(lookup::people_by_number(work.conn(), &people).await?.into_iter().map(|(number, somebody)| (number, somebody.name)).collect())
}

/// What fields that name something of this sort hold, each once.
fn named(kind: RecordKind, texts: &[&Typed], names: Names) -> Vec<String> {
    let mut numbers: Vec<String> = kind
        .fields()
        .iter()
        .filter(|spec| spec.names == names)
        .flat_map(|spec| texts.iter().filter_map(|text| text.get(spec.name)))
        .flat_map(|text| text.lines())
        .map(str::to_owned)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn person(names: &HashMap<String, String>) -> impl Fn(&str) -> String {
    |number| names.get(number).map_or_else(|| number.to_owned(), |name| format!("{name} ({number})"))
}

fn version_line(kind: RecordKind, version: i32, row: VersionRow, names: &HashMap<String, String>, zone: &TimeZone) -> VersionLine {
    let person = person(names);
    let fields = kind
        .fields()
        .iter()
        .filter_map(|spec| row.fields.get(spec.name).map(|text| (spec.label.to_owned(), say(spec, text, &person))))
        .collect();
    VersionLine {
        version,
        effective: When::new(row.effective, zone),
        change: row.change,
        proposed_by: row.proposed_by,
        confirmed_by: row.confirmed_by,
        fields,
    }
}

/// One change with everything on it.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see it.
pub async fn show(base: &Base, caller: &Caller, id: ChangeId) -> Result<ChangeView, UseCaseError> {
    let mut work = Work::read(base).await?;
    let scope: Scope = scope::of(&mut work, caller).await?;
    let change = store::changes::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let standing = Standing::of(caller, &scope, &change);
    if !standing.reads {
        return Err(AppError::NotFound.into());
    }
    let zone = &base.zone;
    let texts: Vec<&Typed> = change.before.iter().chain([&change.after]).collect();
    let names = names(&mut work, change.kind, &texts).await?;
    let record = store::changes::records::find(work.conn(), change.kind, &change.key).await?;
    // What was in force before it, for changes that are in force and for those that are not yet.
    let pinned_requests =
        if change.kind.is_pinned_by_requests() { Some(store::changes::pinned_requests(work.conn(), id).await?) } else { None };
    let now = work.now();
    work.commit().await?;
    let record_opens =
        record.is_some_and(|record| permitted(&caller.roles, Action::ReadChanges, &scope.reading(change.kind, &record.applications)));
    let (may_confirm, may_withdraw) = (standing.may_confirm(caller, &change), standing.proposer && change.life.is_open());
    let version = match change.life {
        ChangeLife::InForce { version, .. } => Some(version),
        _ => None,
    };
    let differences = differences(change.kind, change.before.as_ref(), &change.after, &change.needs_second, &person(&names))
        .into_iter()
        .map(|difference| Difference {
            label: difference.label.to_owned(),
            before: difference.before,
            after: difference.after,
            needs_second: difference.needs_second,
        })
        .collect();
    let decided = change
        .life
        .decided()
        .zip(change.decided_by.clone())
        .map(|(decided, name)| (PersonRef { id: decided.by, name }, When::new(decided.at, zone), decided.reason.clone()));
    Ok(ChangeView {
        line: ChangeLine {
            id,
            number: change.number,
            kind: change.kind,
            record_key: change.key,
            record_name: change.name,
            state: change.life.state(),
            proposed_by: change.proposed_by,
            proposed: When::new(change.proposed_at, zone),
            effective: When::new(change.life.in_force_since().unwrap_or(change.effective_at), zone),
            due: change.effective_at <= now,
            needs_second: !change.needs_second.is_empty(),
            may_confirm,
        },
        reason: change.reason,
        differences,
        pinned_requests,
        lists_requests: permitted(&caller.roles, Action::ListAllRequests, &[]),
        decided,
        version,
        record_opens,
        may_confirm,
        may_withdraw,
    })
}
