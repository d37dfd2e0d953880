//! Lists of records and of changes, each only as far as the reader may see.

use crate::store::error::StoreError;
use app::changes::port::{Proposer, RecordLine};
use domain::change::{ChangeState, RecordKind};
use domain::id::{ApplicationId, ChangeId, IdentityId};
use domain::identity::Population;
use domain::page::PAGE_SIZE;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Who reads: everything, or what belongs to applications of theirs.
#[derive(Clone, Debug)]
pub struct Reader {
    /// They see every record.
    pub all: bool,
    /// Applications they own or deputise for.
    pub applications: Vec<ApplicationId>,
    /// All their accounts.
    pub accounts: Vec<IdentityId>,
    /// They may be the second person everywhere, not only for their applications.
    pub confirms_all: bool,
}

impl Reader {
    fn applications(&self) -> Vec<Uuid> {
        self.applications.iter().map(|id| id.0).collect()
    }

    fn accounts(&self) -> Vec<Uuid> {
        self.accounts.iter().map(|id| id.0).collect()
    }
}

/// Records of a kind by name, one more than a page holds, and how many there are.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn records(
    conn: &mut PgConnection,
    kind: RecordKind,
    q: &str,
    after: &str,
    reader: &Reader,
) -> Result<(Vec<RecordLine>, i64), StoreError> {
    let pattern = format!("%{}%", q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let rows = sqlx::query!(
        r#"with found as materialized (
             select r.* from change_record r
             where r.kind = $1 and ($2 = '%%' or r.name ilike $2 or r.about ilike $2 or r.key = $3) and ($4 or r.application_ids && $5)
           )
           select f.key as "key!", f.name as "name!", f.about as "about!", f.version as "version!", f.state as "state!",
                  exists (select from catalogue_change c where c.kind = $1 and c.record_key = f.key and c.state in ('proposed', 'confirmed')) as "waits!",
                  (select count(*) from found) as "total!"
           from found f
           where not exists (select from found where key = $6) or (f.name, f.key) > (select name, key from found where key = $6)
           order by f.name, f.key limit $7"#,
        kind.word(),
        pattern,
        q,
        reader.all,
        &reader.applications(),
        after,
        PAGE_SIZE + 1
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let lines = rows
        .into_iter()
        .map(|r| RecordLine {
            name: name(kind, r.name),
            key: r.key,
            about: r.about,
            version: r.version,
            state: r.state,
            change_waits: r.waits,
        })
        .collect();
    Ok((lines, total))
}

/// The name of a specification is the label of its population.
fn name(kind: RecordKind, name: String) -> String {
    match kind {
        RecordKind::Specification => name.parse().map_or(name, |population: Population| population.label().to_owned()),
        _ => name,
    }
}

/// How many records of a kind the reader sees, and how many open changes they have.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The kind.
    pub kind: RecordKind,
    /// Records.
    pub records: i64,
    /// Open changes.
    pub open: i64,
    /// Of these, how many wait for a second person.
    pub waiting: i64,
}

/// Tallies of all kinds, in their order.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn tallies(conn: &mut PgConnection, reader: &Reader) -> Result<Vec<Tally>, StoreError> {
    let rows = sqlx::query!(
        r#"select k.kind as "kind!", coalesce(r.n, 0) as "records!", coalesce(c.open, 0) as "open!", coalesce(c.waiting, 0) as "waiting!"
           from unnest($3::text[]) with ordinality k (kind, place)
           left join (select kind, count(*) as n from change_record where $1 or application_ids && $2 group by kind) r on r.kind = k.kind
           left join (select kind, count(*) as open, count(*) filter (where state = 'proposed') as waiting from catalogue_change
                      where state in ('proposed', 'confirmed') and ($1 or application_ids && $2) group by kind) c on c.kind = k.kind
           order by k.place"#,
        reader.all,
        &reader.applications(),
        &RecordKind::ALL.iter().map(|kind| kind.word().to_owned()).collect::<Vec<_>>()
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|r| Ok(Tally { kind: r.kind.parse()?, records: r.records, open: r.open, waiting: r.waiting })).collect()
}

/// Which changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that wait for the reader as the second person.
    Mine,
    /// Those that are not in force yet.
    Open,
    /// Those that are not in force yet, of one kind.
    OpenOf(RecordKind),
    /// All.
    All,
}

/// One change on a list.
#[derive(Clone, Debug)]
pub struct LineRow {
    /// Which.
    pub id: ChangeId,
    /// Human number.
    pub number: String,
    /// What it changes.
    pub kind: RecordKind,
    /// Key of the record.
    pub key: String,
    /// Name of the record.
    pub name: String,
    /// Where it stands.
    pub state: ChangeState,
    /// Who proposed it.
    pub proposed_by: Proposer,
    /// When.
    pub proposed_at: Timestamp,
    /// From when it is wanted, and once it is in force, since when.
    pub effective_at: Timestamp,
    /// It needs a second person.
    pub needs_second: bool,
    /// The reader may be that person now.
    pub may_confirm: bool,
}

/// What of the changes to read.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// Which of them.
    pub which: Which,
    /// Only those of one record: kind and key.
    pub record: Option<(RecordKind, &'a str)>,
    /// After this one (by time and id).
    pub after: Option<(Timestamp, Uuid)>,
    /// Oldest first.
    pub oldest_first: bool,
    /// Most of them.
    pub limit: i64,
}

/// Changes under a filter.
///
/// # Errors
/// [`StoreError`] when reading fails or a word is unknown.
pub async fn changes(conn: &mut PgConnection, filter: &Filter<'_>, reader: &Reader) -> Result<Vec<LineRow>, StoreError> {
    let which = match filter.which {
        Which::Mine => "mine",
        Which::Open | Which::OpenOf(_) => "open",
        Which::All => "all",
    };
    let kind = match (filter.which, filter.record) {
        (Which::OpenOf(kind), _) | (_, Some((kind, _))) => kind.word(),
        _ => "",
    };
    let rows = sqlx::query!(
        r#"select c.id, c.number, c.kind, c.record_key, c.record_name, c.state, c.proposed_by, coalesce(p.display_name, c.proposed_by_command) as "proposer!", c.proposed_at, coalesce(c.in_force_at, c.effective_at) as "effective_at!",
                  cardinality(c.needs_second) > 0 as "needs_second!", m.mine as "mine!"
           from catalogue_change c left join identity p on p.id = c.proposed_by
           cross join lateral (select c.state = 'proposed' and (c.proposed_by = any($3)) is not true and not (c.named && $3)
               and ($4 or (cardinality(c.application_ids) > 0 and c.application_ids <@ $2)) as mine) m
           where ($1 or c.application_ids && $2 or c.proposed_by = any($3))
             and ($5 = 'all' or ($5 = 'open' and c.state in ('proposed', 'confirmed')) or ($5 = 'mine' and m.mine))
             and ($6 = '' or c.kind = $6) and ($7 = '' or c.record_key = $7)
             and ($8::timestamptz is null or (c.proposed_at, c.id) < ($8, $9))
           order by case when $10 then c.proposed_at end, c.proposed_at desc, c.id desc limit $11"#,
        reader.all,
        &reader.applications(),
        &reader.accounts(),
        reader.confirms_all,
        which,
        kind,
        filter.record.map_or("", |(_, key)| key),
        filter.after.map(|(at, _)| at.to_sqlx()) as _,
        filter.after.map(|(_, id)| id),
        filter.oldest_first,
        filter.limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(LineRow {
                id: ChangeId(r.id),
                number: r.number,
                kind: r.kind.parse()?,
                key: r.record_key,
                name: r.record_name,
                state: r.state.parse()?,
                proposed_by: Proposer { id: r.proposed_by.map(IdentityId), name: r.proposer },
                proposed_at: r.proposed_at.to_jiff(),
                effective_at: r.effective_at.to_jiff(),
                needs_second: r.needs_second,
                may_confirm: r.mine,
            })
        })
        .collect()
}

/// How many changes the reader sees: those that wait for them, open ones, all.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn counts(conn: &mut PgConnection, reader: &Reader) -> Result<(i64, i64, i64), StoreError> {
    let row = sqlx::query!(
        r#"select count(*) filter (where c.state = 'proposed' and (c.proposed_by = any($3)) is not true and not (c.named && $3)
                      and ($4 or (cardinality(c.application_ids) > 0 and c.application_ids <@ $2))) as "mine!",
                  count(*) filter (where c.state in ('proposed', 'confirmed')) as "open!", count(*) as "all!"
           from catalogue_change c where $1 or c.application_ids && $2 or c.proposed_by = any($3)"#,
        reader.all,
        &reader.applications(),
        &reader.accounts(),
        reader.confirms_all
    )
    .fetch_one(conn)
    .await?;
    Ok((row.mine, row.open, row.all))
}

/// How many open changes of a kind the reader sees.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn open_of(conn: &mut PgConnection, kind: RecordKind, reader: &Reader) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "n!" from catalogue_change c
           where c.kind = $4 and c.state in ('proposed', 'confirmed') and ($1 or c.application_ids && $2 or c.proposed_by = any($3))"#,
        reader.all,
        &reader.applications(),
        &reader.accounts(),
        kind.word()
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}
