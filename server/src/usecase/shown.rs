//! What is shown of a request, as one hash: a decision carries it back, and if it differs by then,
//! nothing is recorded (law 5). What belongs into it, and what does not: ADR 0009.

use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::decisions::{DecisionRow, PlanLine};
use crate::store::error::StoreError;
use domain::approval::Verdict;
use domain::decision::effective_end;
use domain::gate::Phase;
use domain::id::RequestId;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Computes and stores the hash over everything a decision depends on: who, what in which version,
/// why, from when to when, what the gates found, the plan, the conversation, and what was decided at
/// the steps before. SHA-256 over canonical JSON (RFC 8785). Called as the last step of every change
/// to a request.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn refresh(work: &mut Work<'_>, request: RequestId) -> Result<(), UseCaseError> {
    let row = store::requests::find(work.conn(), request, false)
        .await?
        .ok_or_else(|| StoreError::inconsistent("request", "vanished inside its own transaction"))?;
    let revision = store::revisions::find(work.conn(), request, row.revision).await?;
    let more = store::decisions::asked_besides(work.conn(), request, row.revision).await?;
    let items = store::revisions::items(work.conn(), request, row.revision).await?;
    let gates = store::evaluations::newest(work.conn(), request, row.revision, Phase::Submission).await?;
    let plan = store::decisions::plan(work.conn(), request, row.revision).await?;
    let decisions = store::decisions::of_revision(work.conn(), request, row.revision).await?;
    let before = of_steps_before(&plan, &decisions);
    let messages = store::messages::of_request(work.conn(), request).await?;
    let content = json!({
        "request": request.to_string(),
        "number": row.number,
        "revision": row.revision,
        "state": row.state.word(),
        "subject": row.subject.id.to_string(),
        "requester": row.requester.id.to_string(),
        "kind": more.kind,
        "grant": more.grant.map(|id| id.to_string()),
        "reason": revision.reason.word(),
        "justification": revision.justification,
        "answers": more.answers,
        "attachments": more.attachments.iter().map(|(name, sha256)| json!([name, hex(sha256)])).collect::<Vec<_>>(),
        "starts_on": revision.starts_on.to_string(),
        "ends_on": revision.ends_on.map(|d| d.to_string()),
        "effective_end": effective_end(revision.ends_on, before.iter().filter_map(|d| d.ends_on)).map(|d| d.to_string()),
        "specification": [revision.population.word(), revision.specification_version.to_string()],
        "policy": revision.policy_hash,
        "items": items.iter().map(|i| json!({ "entitlement": i.card.id.to_string(), "version": i.card.version })).collect::<Vec<_>>(),
        "gates": gates.map(|g| g.results.iter().map(|r| json!([r.control, r.outcome.word(), r.reason])).collect::<Vec<_>>()),
        "plan": plan.iter().map(|s| json!([s.step, s.position, s.name, s.sources, s.quorum])).collect::<Vec<_>>(),
        "decisions": before.iter().map(|d| json!([d.by.id.to_string(), d.verdict.word(), d.comment, d.ends_on.map(|d| d.to_string())])).collect::<Vec<_>>(),
        "messages": messages.iter().map(|m| json!([m.author.id.to_string(), m.question, m.body])).collect::<Vec<_>>(),
    });
    let canonical = serde_json_canonicalizer::to_string(&content).map_err(|e| StoreError::inconsistent("request", e.to_string()))?;
    store::requests::set_content_hash(work.conn(), request, &Sha256::digest(canonical.as_bytes())).await?;
    Ok(())
}

/// The decisions that are settled for everyone who decides now: those of the steps before, and, once
/// no step is under way, all. An approval at the step that is under way only lets the others be
/// fewer or the end be earlier, so it takes nothing from what they saw.
fn of_steps_before<'a>(plan: &[PlanLine], decisions: &'a [DecisionRow]) -> Vec<&'a DecisionRow> {
    let present = plan.iter().filter(|line| line.undecided).map(|line| line.step).min();
    // A question and its answer stand among the messages.
    decisions.iter().filter(|d| d.verdict != Verdict::Return && present.is_none_or(|present| d.step < present)).collect()
}

/// Bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
