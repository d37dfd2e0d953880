//! What the controls found, counted.

use super::error::StoreError;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// How often a control was looked at, and what came of it.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Id of the control.
    pub control: String,
    /// How often it applied.
    pub evaluations: i64,
    /// Of these, not met.
    pub failures: i64,
}

/// Figures of every control at submission and release since a moment. Where a control does not
/// apply it is not counted; what could not be checked counts as not met.
///
/// # Errors
/// [`StoreError`] when reading fails.
pub async fn figures(conn: &mut PgConnection, since: Timestamp) -> Result<Vec<Figures>, StoreError> {
    let rows = sqlx::query!(
        r#"select result ->> 'control' as "control!", count(*) as "evaluations!", count(*) filter (where result ->> 'outcome' in ('fail', 'error')) as "failures!"
           from gate_evaluation e cross join lateral jsonb_array_elements(e.results) result
           where e.phase in ('submission', 'release') and e.at >= $1 and result ->> 'outcome' <> 'not_applicable'
           group by 1"#,
        since.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|r| Figures { control: r.control, evaluations: r.evaluations, failures: r.failures }).collect())
}
