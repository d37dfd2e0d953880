//! What a refusal must not change: every table of records.

use super::TestApp;
use std::collections::BTreeMap;

/// Tables that are no records: sessions, which every call of a test begins or uses, and what comes back
/// to a page that was refused.
const NO_RECORDS: [&str; 2] = ["session", "refused_form"];

/// How many rows each table of records has.
pub async fn rows(app: &TestApp) -> BTreeMap<String, i64> {
    let counts = of_each(app, "select count(*)::text as n from %I").await;
    counts.into_iter().map(|(table, n)| (table, n.parse().unwrap())).collect()
}

/// What stands in each table of records, as a hash of all its rows: the same only while nothing was
/// added, changed or removed.
pub async fn contents(app: &TestApp) -> BTreeMap<String, String> {
    of_each(app, "select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) as n from %I t").await
}

/// The one value `n` of a statement about each table.
async fn of_each(app: &TestApp, statement: &str) -> BTreeMap<String, String> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "select table_name::text, (xpath('/row/n/text()', query_to_xml(format($1, table_name), false, true, '')))[1]::text
         from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all ($2)",
    )
    .bind(statement)
    .bind(NO_RECORDS)
    .fetch_all(&app.owner)
    .await
    .unwrap();
    found.into_iter().collect()
}
