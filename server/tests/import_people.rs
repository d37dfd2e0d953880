//! The people import against a real database: the story of two feeds, and every way a feed can be
//! wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod importing;

use domain::feed::columns::ColumnMap;
use domain::feed::limit::Counts;
use importing::{Feed, bad, number, system};
use jiff::civil::date;
use server::import::progress::Silent;
use server::import::{ApplyOptions, ImportError, ImportReport, PeopleOptions, Refusal, import_people};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::path::Path;

const HEADER: &str = "employee_number,given_name,family_name,email,department,title,manager_employee_number,hire_date,end_date,worker_type";
const FIRST_FEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/people-2000-12-31.csv");
const NEXT_FEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/people-2001-12-31.csv");

/// The two circle members of the demonstration feed are its only bad rows.
const CIRCLE: [&str; 2] = [
    "line 40, manager_employee_number \"10228\": closes a circle of managers: 10039 → 10228 → 10039",
    "line 229, manager_employee_number \"10039\": closes a circle of managers: 10039 → 10228 → 10039",
];

impl Feed {
    fn rows(rows: &str) -> Self {
        Self::of(format!("{HEADER}\n{rows}"))
    }
}

fn apply() -> PeopleOptions {
    PeopleOptions {
        apply: ApplyOptions { apply: true, ..ApplyOptions::default() },
        as_of: Some(date(2001, 1, 1)),
        ..PeopleOptions::default()
    }
}

fn skip_bad() -> PeopleOptions {
    let mut options = apply();
    options.apply.skip_bad = true;
    options
}

fn confirmed() -> PeopleOptions {
    let mut options = skip_bad();
    options.apply.confirm_mass_change = true;
    options
}

async fn import(pool: &PgPool, file: &Path, options: &PeopleOptions) -> Result<ImportReport, ImportError> {
    import_people(pool, &system(), file, options, &Silent).await
}

async fn applied(pool: &PgPool, rows: &str) -> ImportReport {
    let feed = Feed::rows(rows);
    let report = import(pool, &feed.0, &confirmed()).await.unwrap();
    assert!(report.applied, "{report}");
    report
}

/// Everything an import could leave behind, in one line.
async fn everything(pool: &PgPool) -> [i64; 7] {
    [
        number(pool, "select count(*) from identity").await,
        number(pool, "select count(*) from unit").await,
        number(pool, "select count(*) from audit_event").await,
        number(pool, "select count(*) from import_run").await,
        number(pool, "select count(*) from import_person").await,
        number(pool, "select count(*) from import_person_step").await,
        number(pool, "select count(*) from identity where state = 'retired'").await,
    ]
}

async fn person(pool: &PgPool, number: &str) -> Option<(String, Option<String>, Option<String>)> {
    sqlx::query_as(
        "select i.state, i.state_reason, m.source_id from identity i left join identity m on m.id = i.manager_id where i.source_id = $1",
    )
    .bind(number)
    .fetch_optional(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_real_feed_is_planned_first_and_the_plan_changes_nothing(pool: PgPool) {
    let options = PeopleOptions { as_of: Some(date(2000, 12, 31)), ..PeopleOptions::default() };
    let report = import(&pool, Path::new(FIRST_FEED), &options).await.unwrap();
    assert_eq!(report.counts, Counts { added: 10_000, ..Counts::default() });
    assert_eq!(bad(&report), CIRCLE);
    assert_eq!(report.refusals, [Refusal::BadRows]);
    assert!(!report.applied && !report.is_refused());
    assert_eq!(everything(&pool).await, [0; 7]);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_real_feed_is_imported_once_and_a_second_time_changes_nothing(pool: PgPool) {
    let mut options = skip_bad();
    options.as_of = Some(date(2000, 12, 31));
    let first = import(&pool, Path::new(FIRST_FEED), &options).await.unwrap();
    assert!(first.applied, "{first}");
    assert_eq!(first.counts, Counts { added: 10_000, ..Counts::default() });
    assert_eq!(number(&pool, "select count(*) from identity where source = 'feed'").await, 10_000);
    assert_eq!(number(&pool, "select count(*) from unit").await, 9);
    assert_eq!(number(&pool, "select count(*) from identity where manager_id is null").await, 2, "the two of the circle");
    assert_eq!(number(&pool, "select count(*) from identity where (state = 'retired') <> (ends_on < '2000-12-31')").await, 0);
    assert_eq!(number(&pool, "select count(*) from audit_event where kind = 'identity.added'").await, 10_000);
    assert_eq!(number(&pool, "select count(*) from audit_event").await, 10_000 + 9 + 1);
    assert_eq!(number(&pool, "select count(distinct id) from identity where substr(id::text, 15, 1) = '7'").await, 10_000);

    let before = everything(&pool).await;
    let second = import(&pool, Path::new(FIRST_FEED), &options).await.unwrap();
    assert!(second.applied);
    assert_eq!(second.counts, Counts { unchanged: 10_000, ..Counts::default() });
    let mut after = everything(&pool).await;
    assert_eq!(after[3], before[3] + 1, "that the file was imported is recorded");
    after[3] = before[3];
    assert_eq!(after, before, "nothing else is");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_feed_of_the_next_year_moves_people_and_retires_those_who_left(pool: PgPool) {
    let mut options = skip_bad();
    options.as_of = Some(date(2000, 12, 31));
    assert!(import(&pool, Path::new(FIRST_FEED), &options).await.unwrap().applied);
    let active = number(&pool, "select count(*) from identity where state = 'active'").await;
    options.as_of = Some(date(2001, 12, 31));
    let report = import(&pool, Path::new(NEXT_FEED), &options).await.unwrap();
    assert!(report.applied, "{report}");
    let columns: std::collections::BTreeMap<_, _> = report.columns.iter().cloned().collect();
    let retired = number(&pool, "select count(*) from audit_event where kind = 'identity.retired'").await;
    assert_eq!(number(&pool, "select count(*) from identity where state = 'active'").await, active - retired);
    assert_eq!(number(&pool, "select count(*) from identity where state = 'retired' and not (ends_on < '2001-12-31')").await, 0);
    assert_eq!(report.counts.removed, u64::try_from(retired).unwrap());
    assert_eq!(report.counts.added + report.counts.skipped, 0);
    assert_eq!(report.counts.changed + report.counts.removed + report.counts.unchanged, 10_000);
    assert_eq!(columns.get("department"), Some(&106), "{report}");
    assert!(columns.contains_key("title") && columns.contains_key("manager_employee_number") && columns.contains_key("end_date"));
    assert_eq!(
        number(&pool, "select count(*) from audit_event where kind = 'identity.changed'").await,
        i64::try_from(report.counts.changed).unwrap()
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn every_bad_row_is_named_with_line_column_and_value_and_nothing_is_applied(pool: PgPool) {
    let feed = Feed::rows(
        "1,Ada,Lovelace,ada@example.com,Maths,Head,,2000-01-01,,employee\n\
         2,,Hopper,grace@example.com,Navy,,1,2000-01-01,,employee\n\
         3,Alan,Turing,alan@,Maths,,1,2000-01-01,,employee\n\
         4,Kurt,Goedel,kurt@example.com,Maths,,1,2000-13-01,,employee\n\
         5,Emmy,Noether,emmy@example.com,Maths,,1,2000-01-01,1999-01-01,employee\n\
         6,Paul,Erdos,paul@example.com,Maths,,1,2000-01-01,,guest\n\
         1,Ada,Again,again@example.com,Maths,,,2000-01-01,,employee\n\
         8,Ada,Byron,ADA@example.com,Maths,,1,2000-01-01,,vendor\n\
         9,Own,Boss,own@example.com,Maths,,9,2000-01-01,,contractor\n\
         10,Lost,Soul,lost@example.com,Maths,,999,2000-01-01,,employee\n\
         11,A,B,ab@example.com,Maths,,12,2000-01-01,,employee\n\
         12,C,D,cd@example.com,Maths,,11,2000-01-01,,employee\n\
         13,Short\n\
         14,\u{202e}Evil,X,x@example.com,Maths,,1,2000-01-01,,employee\n",
    );
    let report = import(&pool, &feed.0, &apply()).await.unwrap();
    assert!(report.is_refused());
    assert_eq!(report.refusals, [Refusal::BadRows]);
    assert_eq!(
        bad(&report),
        [
            "line 3, given_name \"\": is blank",
            "line 4, email \"alan@\": is not an email address",
            "line 5, hire_date \"2000-13-01\": is not a date of the form year-month-day, for example 2026-12-23",
            "line 6, end_date \"1999-01-01\": lies before the hire date 2000-01-01",
            "line 7, worker_type \"guest\": is not employee, contractor or vendor",
            "line 8, employee_number \"1\": is already on line 2",
            "line 9, email \"ADA@example.com\": is already on line 2",
            "line 10, manager_employee_number \"9\": is the person's own number",
            "line 11, manager_employee_number \"999\": is not the number of anybody in the file or in the records",
            "line 12, manager_employee_number \"12\": closes a circle of managers: 11 → 12 → 11",
            "line 13, manager_employee_number \"11\": closes a circle of managers: 11 → 12 → 11",
            "line 14, row \"13,Short\": has 2 values where the header has 10",
            "line 15, given_name \"\\u{202e}Evil\": contains the character U+202E, which is refused",
        ]
    );
    assert_eq!(everything(&pool).await, [0; 7]);
    let shown = report.to_string();
    assert!(shown.contains(&format!("{}, line 5, hire_date \"2000-13-01\": is not a date", feed.0.display())), "{shown}");
    assert!(shown.contains("Nothing of a file with bad rows is applied."), "{shown}");

    let report = import(&pool, &feed.0, &skip_bad()).await.unwrap();
    assert!(report.applied);
    assert_eq!((report.counts.added, report.counts.skipped), (5, 9), "{report}");
    assert!(report.to_string().contains("Skipped rows: 13"));
    for (known, manager) in [("1", None), ("9", None), ("10", None), ("11", None), ("12", None)] {
        assert_eq!(person(&pool, known).await, Some(("active".to_owned(), None, manager)), "{known}");
    }
    assert_eq!(number(&pool, "select count(*) from identity").await, 5);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_long_circle_is_found_and_those_below_it_keep_their_managers(pool: PgPool) {
    let mut rows = String::from("b,Below,Circle,,,,p3,,,employee\n");
    for i in 0..50 {
        rows.push_str(&format!("p{i},Person,Number{i},,,,p{},,,employee\n", (i + 1) % 50));
    }
    let feed = Feed::rows(&rows);
    let report = import(&pool, &feed.0, &skip_bad()).await.unwrap();
    assert_eq!(report.bad.len(), 50);
    assert_eq!(
        bad(&report)[0],
        "line 3, manager_employee_number \"p1\": closes a circle of 50 managers: p0 → p1 → p2 → p3 → p4 → p5 → … → p0"
    );
    assert_eq!(report.counts.added, 51);
    assert_eq!(person(&pool, "b").await, Some(("active".to_owned(), None, Some("p3".to_owned()))));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_circle_that_closes_through_a_row_that_was_skipped_is_found_too(pool: PgPool) {
    applied(&pool, "1,A,B,,,,,,,employee\n2,C,D,,,,1,,,employee\n").await;
    let feed = Feed::rows("1,A,B,,,,2,,,employee\n2,C,D,,,,,,,boss\n");
    let report = import(&pool, &feed.0, &skip_bad()).await.unwrap();
    assert_eq!(
        bad(&report),
        [
            "line 2, manager_employee_number \"2\": closes a circle of 2 managers, 1 of them not in this file",
            "line 3, worker_type \"boss\": is not employee, contractor or vendor",
        ]
    );
    assert_eq!(person(&pool, "2").await, Some(("active".to_owned(), None, Some("1".to_owned()))), "the skipped person is not missing");
}

#[sqlx::test(migrations = "../migrations")]
async fn changes_are_told_apart_by_column_and_written_to_the_trail_as_canonical_json(pool: PgPool) {
    applied(&pool, "1,A,B,a@example.com,Sales,Clerk,,2000-01-01,,employee\n2,C,D,,Sales,,1,,,employee\n").await;
    let report =
        applied(&pool, "1,A,Bee,b@example.com,\"R\\D \"\"x\"\"\",Clerk,2,2000-01-01,2030-01-01,vendor\n2,C,D,,Sales,,,,,employee\n").await;
    assert_eq!(report.counts, Counts { changed: 2, ..Counts::default() });
    let bodies: Vec<String> =
        sqlx::query_scalar("select body from audit_event where kind = 'identity.changed' order by body").fetch_all(&pool).await.unwrap();
    let import = report.import;
    assert_eq!(
        bodies,
        [
            format!(
                r#"{{"changed":{{"department":{{"from":"Sales","to":"R\\D \"x\""}},"email":true,"end_date":{{"from":null,"to":"2030-01-01"}},"family_name":true,"manager_employee_number":{{"from":null,"to":"2"}},"worker_type":{{"from":"employee","to":"vendor"}}}},"import":"{import}","line":2}}"#
            ),
            format!(r#"{{"changed":{{"manager_employee_number":{{"from":"1","to":null}}}},"import":"{import}","line":3}}"#),
        ]
    );
    for body in sqlx::query_scalar::<_, String>("select body from audit_event").fetch_all(&pool).await.unwrap() {
        let value: std::collections::BTreeMap<String, serde_json::Value> = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), body, "sorted and without spaces");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn people_start_and_leave_by_their_dates_and_their_sessions_end_with_them(pool: PgPool) {
    applied(&pool, "1,A,B,,,,,2000-01-01,2001-01-01,employee\n2,C,D,,,,,2001-01-02,,employee\n3,E,F,,,,,,,employee\n4,G,H,,,,,1999-01-01,2000-12-31,employee\n").await;
    let state = |n: &'static str| {
        let pool = pool.clone();
        async move { person(&pool, n).await.map(|(state, reason, _)| (state, reason)) }
    };
    assert_eq!(state("1").await, Some(("active".into(), None)), "the last day is a working day");
    assert_eq!(state("2").await, Some(("staged".into(), None)));
    assert_eq!(state("4").await, Some(("retired".into(), Some("The end date 2000-12-31 has passed.".into()))));
    sqlx::query(
        "insert into session (id, token_hash, sign_in_id, identity_id, created_at, last_seen_at, authenticated_at, expires_at)
         select id, sha256(id::text::bytea), id, id, now(), now(), now(), now() + interval '1 hour' from identity where source_id in ('1', '2', '3')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let feed = Feed::rows("1,A,B,,,,,2000-01-01,2001-01-01,employee\n2,C,D,,,,,2001-01-02,,employee\n");
    let mut options = confirmed();
    options.as_of = Some(date(2001, 1, 2));
    let report = import(&pool, &feed.0, &options).await.unwrap();
    assert_eq!(report.counts, Counts { changed: 1, removed: 2, ..Counts::default() }, "{report}");
    assert!(report.notes.contains(&"Sessions that end because their people left: 2.".to_owned()), "{report}");
    assert_eq!(state("1").await, Some(("retired".into(), Some("The end date 2001-01-01 has passed.".into()))));
    assert_eq!(state("2").await, Some(("active".into(), None)));
    assert_eq!(state("3").await, Some(("retired".into(), Some("Missing from the people feed of 2001-01-02.".into()))));
    assert_eq!(number(&pool, "select count(*) from session where ended_at is not null and end_reason = 'identity_stopped'").await, 2);
    assert_eq!(number(&pool, "select count(*) from session where ended_at is null").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_was_retired_does_not_come_back_under_the_same_number(pool: PgPool) {
    applied(&pool, "1,A,B,,,,,,,employee\n2,C,D,,,,,,,employee\n").await;
    applied(&pool, "1,A,B,,,,,,,employee\n").await;
    let feed = Feed::rows("1,A,B,,,,,,,employee\n2,C,D,,,,,,,employee\n");
    let report = import(&pool, &feed.0, &apply()).await.unwrap();
    assert!(report.is_refused());
    assert_eq!(bad(&report), ["line 3, employee_number \"2\": was retired on 2026-11-22; who comes back needs a new number"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_put_into_a_retired_unit_and_who_has_left_may_stay_in_it(pool: PgPool) {
    applied(&pool, "1,A,B,,Sales,,,2000-01-01,,employee\n2,C,D,,Maths,,,2000-01-01,2000-12-31,employee\n").await;
    let retire = "update unit set state = 'retired' where name = 'Maths'";
    sqlx::query(retire).execute(&pool).await.unwrap();
    let before = everything(&pool).await;
    let feed = Feed::rows(
        "1,A,B,,Maths,,,2000-01-01,,employee\n\
         2,C,Dee,,Maths,,,2000-01-01,2000-12-31,employee\n\
         3,E,F,,Maths,,,2001-02-01,,contractor\n\
         4,G,H,,Maths,,,2000-01-01,2001-01-01,vendor\n\
         5,I,J,,Maths,,,2000-01-01,2000-12-31,employee\n\
         6,K,L,,Sales,,,2000-01-01,,employee\n",
    );
    let report = import(&pool, &feed.0, &apply()).await.unwrap();
    assert_eq!(report.refusals, [Refusal::BadRows]);
    assert_eq!(
        bad(&report),
        [2, 4, 5]
            .map(|line| format!("line {line}, department \"Maths\": is a retired unit; name one in use, or have it put back in use first"))
    );
    assert!(report.to_string().contains(&format!("{}, line 2, department \"Maths\": is a retired unit", feed.0.display())), "{report}");
    assert_eq!(everything(&pool).await, before);

    let report = import(&pool, &feed.0, &skip_bad()).await.unwrap();
    assert!(report.applied, "{report}");
    assert_eq!(report.counts, Counts { added: 2, changed: 1, skipped: 3, ..Counts::default() });
    let units: Vec<(String, String, String)> =
        sqlx::query_as("select i.source_id, i.state, u.name from identity i join unit u on u.id = i.unit_id order by i.source_id")
            .fetch_all(&pool)
            .await
            .unwrap();
    let expected = [("1", "active", "Sales"), ("2", "retired", "Maths"), ("5", "retired", "Maths"), ("6", "active", "Sales")];
    assert_eq!(units, expected.map(|(number, state, unit)| (number.to_owned(), state.to_owned(), unit.to_owned())));
    assert_eq!(number(&pool, "select count(*) from unit").await, 2, "no second unit of the same name");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_suspended_person_stays_suspended_and_local_identities_are_not_touched(pool: PgPool) {
    applied(&pool, "1,A,B,,,,,,,employee\n").await;
    sqlx::query("update identity set state = 'suspended', state_reason = 'Lost laptop.'").execute(&pool).await.unwrap();
    sqlx::query("insert into identity (id, source_id, source, population, given_name, family_name, state, state_since, updated_at) values (gen_random_uuid(), 'admin', 'local', 'employee', 'First', 'Admin', 'active', now(), now())")
        .execute(&pool)
        .await
        .unwrap();
    applied(&pool, "1,A,Bee,,,,,,,employee\n").await;
    assert_eq!(person(&pool, "1").await, Some(("suspended".into(), Some("Lost laptop.".into()), None)));
    assert_eq!(person(&pool, "admin").await, Some(("active".into(), None, None)));
    let feed = Feed::rows("1,A,Bee,,,,admin,,,employee\nadmin,X,Y,,,,,,,employee\n");
    let report = import(&pool, &feed.0, &apply()).await.unwrap();
    assert_eq!(
        bad(&report),
        ["line 3, employee_number \"admin\": belongs to an identity that was made in Countersign and is not the feed's"]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_feed_that_removes_too_many_stops_until_it_is_confirmed(pool: PgPool) {
    let rows: Vec<String> = (0..20).map(|i| format!("{i},Given,Family{i},,,,,,,employee\n")).collect();
    applied(&pool, &rows.concat()).await;
    let feed = Feed::rows(&rows[..17].concat());
    let before = everything(&pool).await;
    let report = import(&pool, &feed.0, &apply()).await.unwrap();
    assert!(report.is_refused());
    assert_eq!(report.refusals, [Refusal::MassChange { removed: 3, of: 20, limit: domain::feed::limit::Share::TENTH }]);
    assert!(report.to_string().contains("would remove 3 of 20 people, more than 10 %"), "{report}");
    assert_eq!(everything(&pool).await, before);

    let ended = Feed::rows(&rows.iter().map(|r| r.replace(",,employee", ",2000-06-01,employee")).collect::<String>());
    let report = import(&pool, &ended.0, &apply()).await.unwrap();
    assert!(report.is_refused(), "end dates remove people as well");
    assert_eq!(everything(&pool).await, before);

    let mut options = apply();
    options.apply.removal_limit = "15".parse().unwrap();
    assert!(import(&pool, &feed.0, &options).await.unwrap().applied);
    options.apply.confirm_mass_change = true;
    let almost_empty = Feed::rows(&rows[0]);
    assert!(import(&pool, &almost_empty.0, &options).await.unwrap().applied);
    assert_eq!(number(&pool, "select count(*) from identity where state = 'active'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn while_a_row_has_no_readable_number_nobody_counts_as_missing(pool: PgPool) {
    applied(&pool, "1,A,B,,,,,,,employee\n2,C,D,,,,,,,employee\n").await;
    let report = applied(&pool, "1,A,B,,,,,,,employee\n,C,D,,,,,,,employee\n").await;
    assert_eq!(report.counts, Counts { unchanged: 1, skipped: 1, ..Counts::default() });
    assert!(report.notes.iter().any(|n| n.contains("nobody is taken to be missing")), "{report}");
}

#[sqlx::test(migrations = "../migrations")]
async fn byte_order_mark_carriage_returns_quotes_blank_lines_and_other_titles_are_understood(pool: PgPool) {
    let feed = Feed::of(
        "\u{feff}PersonalNr,given_name,family_name,email,department,title,manager_employee_number,hire_date,end_date,worker_type,badge\r\n\
         1,\"Zoë\",\"O\"\"Neil, Jr.\",zoe@example.com,\"Sales, West\",,,2000-01-01,,employee,x\r\n\r\n\
         2,Bad,Date,,,,,yesterday,,employee,y",
    );
    let mut options = skip_bad();
    options.columns = ColumnMap::parse(&["employee_number=PersonalNr"]).unwrap();
    let report = import(&pool, &feed.0, &options).await.unwrap();
    assert_eq!(bad(&report), ["line 4, hire_date \"yesterday\": is not a date of the form year-month-day, for example 2026-12-23"]);
    assert!(report.notes.contains(&"Columns that mean nothing here: badge.".to_owned()));
    let name: String = sqlx::query_scalar("select display_name || ' / ' || u.name from identity i join unit u on u.id = i.unit_id")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(name, "Zoë O\"Neil, Jr. / Sales, West");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_cannot_be_used_at_all_is_refused_with_the_reason(pool: PgPool) {
    let refusal = async |bytes: &[u8]| {
        let feed = Feed::of(bytes);
        let error = import(&pool, &feed.0, &confirmed()).await.unwrap_err().to_string();
        error.replace(&feed.0.display().to_string(), "F")
    };
    let mut latin = format!("{HEADER}\n1,M").into_bytes();
    latin.extend(b"\xfcller,B,,,,,,,employee\n");
    let offset = HEADER.len() + 4;
    assert_eq!(
        refusal(&latin).await,
        format!(
            "F, line 2: byte {offset} of the file (0xfc) is not UTF-8. Nothing was changed. Export the file as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8."
        )
    );
    assert!(refusal(b"").await.starts_with("F contains no header and no rows. Nothing was changed"));
    assert!(refusal(format!("{HEADER}\n").as_bytes()).await.starts_with("F contains no rows below its header. Nothing was changed"));
    assert!(
        refusal(b"employee_number;given_name\n1;A\n").await.starts_with("F, line 1: the header has no column employee_number, given_name")
    );
    let unclosed = format!("{HEADER}\n1,\"A{}", "x".repeat(1_100_000));
    assert!(
        refusal(unclosed.as_bytes())
            .await
            .starts_with("F, line 2: the row is longer than a million bytes; a quotation mark is probably not closed.")
    );
    let many = format!("{HEADER}\n{}", "1,A,B,,,,,,,boss\n".repeat(10_001));
    assert!(refusal(many.as_bytes()).await.starts_with("F has more than 10000 bad values; reading stopped. Nothing was changed. This is usually one mistake in the export: the first is line 2, worker_type: is not employee"));
    let nowhere = import(&pool, Path::new("/nowhere.csv"), &apply()).await.unwrap_err().to_string();
    assert!(nowhere.starts_with("/nowhere.csv cannot be read: No such file"), "{nowhere}");
    assert_eq!(everything(&pool).await, [0; 7]);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_imports_do_not_run_at_the_same_time(pool: PgPool) {
    let mut other = pool.begin().await.unwrap();
    assert!(server::store::import_people::staging::try_lock(&mut other).await.unwrap());
    let feed = Feed::rows("1,A,B,,,,,,,employee\n");
    assert!(matches!(import(&pool, &feed.0, &apply()).await, Err(ImportError::Busy)));
    other.rollback().await.unwrap();
    assert!(import(&pool, &feed.0, &apply()).await.unwrap().applied);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_role_the_server_works_as_may_import(options: PgPoolOptions, database: PgConnectOptions) {
    let as_server = database.options([("role", "countersign_app")]);
    let pool = options.connect_with(as_server).await.unwrap();
    let mut options = confirmed();
    options.as_of = Some(date(2000, 12, 31));
    assert!(import(&pool, Path::new(FIRST_FEED), &options).await.unwrap().applied);
    options.as_of = Some(date(2001, 12, 31));
    assert!(import(&pool, Path::new(NEXT_FEED), &options).await.unwrap().applied);
}
