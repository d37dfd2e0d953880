//! Signatures on decisions.

use super::error::{StoreError, one_row};
use domain::decision::SignatureMethod;
use domain::id::DecisionId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// A signature: who, when, what it means, and over what.
#[derive(Clone, Debug)]
pub struct SignatureRow {
    /// Name as it was printed.
    pub printed_name: String,
    /// What it means.
    pub meaning: String,
    /// When.
    pub at: Timestamp,
    /// Hash of what was shown.
    pub shown_hash: Vec<u8>,
    /// How it was proven that it was this person.
    pub method: SignatureMethod,
}

/// Writes a signature.
///
/// # Errors
/// [`StoreError`] when the database refuses.
pub async fn insert(conn: &mut PgConnection, decision: DecisionId, signature: &SignatureRow) -> Result<(), StoreError> {
    let done = sqlx::query!(
        "insert into signature (decision_id, printed_name, meaning, signed_at, shown_hash, method) values ($1, $2, $3, $4, $5, $6)",
        decision.0,
        signature.printed_name,
        signature.meaning,
        signature.at.to_sqlx() as _,
        signature.shown_hash,
        signature.method.word()
    )
    .execute(conn)
    .await?;
    one_row("signature", &done)
}
