//! Server functions of change control. The pages send their forms to their own addresses
//! (`server/src/http/changes.rs`), so that a refused form comes back as it was typed; those that
//! write are for callers with a script.

use super::port::{ChangeView, ChangesPage, EditView, RecordsPage, RulesView};
use crate::error::AppError;
use domain::change::RecordKind;
use domain::id::{ChangeId, IdempotencyKey};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The kinds of records and what waits for a second person.
#[server(endpoint = "changes/overview")]
pub async fn overview() -> Result<RulesView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.changes.overview(&caller()?).await
}

/// Records of a kind.
#[server(endpoint = "changes/records")]
pub async fn records(kind: RecordKind, #[server(default)] q: String, #[server(default)] after: String) -> Result<RecordsPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.changes.records(&caller()?, kind, q, after).await
}

/// One record open for editing, with its newest versions, or those below `before`; without a key a new
/// one.
#[server(endpoint = "changes/open")]
pub async fn open(kind: RecordKind, #[server(default)] key: String, #[server(default)] before: Option<i32>) -> Result<EditView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.changes.open(&caller()?, kind, key, before).await
}

/// Changes under a filter.
#[server(endpoint = "changes/list")]
pub async fn list(#[server(default)] filter: String, #[server(default)] after: String) -> Result<ChangesPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.changes.list(&caller()?, filter, after).await
}

/// One change.
#[server(endpoint = "changes/show")]
pub async fn show(change: ChangeId) -> Result<ChangeView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.changes.show(&caller()?, change).await
}

/// Proposes a change; answers with its id.
#[server(endpoint = "changes/propose")]
pub async fn propose(
    kind: RecordKind,
    #[server(default)] record_key: String,
    base_version: i32,
    #[server(default)] fields: BTreeMap<String, String>,
    #[server(default)] reason: String,
    #[server(default)] effective_on: String,
    key: IdempotencyKey,
) -> Result<ChangeId, AppError> {
    use crate::{backend::backend, caller::caller};
    let form = super::port::ProposalForm { kind, key: record_key, base_version, fields, reason, effective_on, key_of_proposal: key };
    backend()?.changes.propose(&caller()?, form).await
}

/// Confirms (or refuses) as the second person.
#[server(endpoint = "changes/decide")]
pub async fn decide(change: ChangeId, confirm: bool, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.changes.decide(&caller()?, change, confirm, reason).await
}

/// Takes a proposal back.
#[server(endpoint = "changes/withdraw")]
pub async fn withdraw(change: ChangeId) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.changes.withdraw(&caller()?, change).await
}
