//! A receiver that took a step on says what came of it.

use super::settling::{self, Settling};
use super::taking_on::{Purpose, Task, order};
use super::{Locked, account, actor, by_hand, lock};
use crate::store;
use crate::store::release_calls::NewCall;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::webhook::completion::{Completion, NotTaken, Outcome as Came};
use connector::webhook::signing::{Rejected, SigningSecrets};
use connector::{Applied, Exchange, Exchanges, Fault};
use domain::id::{ConnectionId, EventId, ReleaseId};
use domain::saga::StepState;
use http::HeaderMap;
use serde_json::json;

/// What became of a completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completed {
    /// It is on record, and carrying out goes on.
    Taken,
    /// It came before; nothing changed.
    TakenBefore,
    /// It was not signed, too large, or not what the protocol says.
    NotTaken(NotTaken),
    /// No connection can have this code.
    NoSuchConnection,
    /// No step is awaited that it could be for.
    NotAwaited,
    /// The release has gone another way since the step was asked for: which, as a sentence.
    Overtaken(String),
    /// The step is in a worker's hands: the answer that announced this may not be on record yet.
    NotNow,
}

/// Verifies, reads and records a completion that came for the connection with this code.
///
/// # Errors
/// [`UseCaseError`] when our own database refuses.
pub async fn complete(base: &Base, code: &str, headers: &HeaderMap, body: &[u8]) -> Result<Completed, UseCaseError> {
    if code.len() > 40 || !code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Ok(Completed::NoSuchConnection);
    }
    let mut work = Work::begin(base, actor()).await?;
    let connection = store::connection_records::by_code(work.conn(), code).await?;
    let secrets = match connection {
        Some(id) => secrets(base, &mut work, id).await?,
        None => None,
    };
    // Whether there is such a connection is not told to somebody who cannot sign for it.
    let Some((id, secrets)) = connection.zip(secrets) else { return Ok(Completed::NotTaken(Rejected::Unsigned.into())) };
    let completion = match Completion::read(&secrets, headers, body, work.now().as_second()) {
        Ok(completion) => completion,
        Err(not_taken) => return Ok(Completed::NotTaken(not_taken)),
    };
    record(base, work, id, completion).await
}

/// The secrets that a receiver signs with; none where the connection has none that opens.
async fn secrets(base: &Base, work: &mut Work<'_>, id: ConnectionId) -> Result<Option<SigningSecrets>, UseCaseError> {
    let record = store::connection_records::find(work.conn(), id, false).await?;
    let sealed = record.filter(|record| record.kind == domain::connection::ConnectorKind::Webhook).and_then(|record| record.secret);
    let opened = sealed.and_then(|sealed| {
        base.machines.open(id, &sealed).map_err(|fault| tracing::error!(connection = %id, %fault, "a completion cannot be verified")).ok()
    });
    Ok(opened.and_then(|secret| SigningSecrets::parse(&secret).ok()))
}

async fn record(base: &Base, mut work: Work<'_>, id: ConnectionId, completion: Completion) -> Result<Completed, UseCaseError> {
    let release = ReleaseId(completion.release);
    if store::connector_messages::message_taken(work.conn(), id, &completion.message).await? {
        return Ok(Completed::TakenBefore);
    }
    let Some(Locked { request, release }) = lock(&mut work, release).await? else { return Ok(Completed::NotAwaited) };
    let now = work.now();
    let carrying = store::release_steps::carrying(work.conn(), release.id).await?;
    let Some((_, version)) = carrying.connection.filter(|(connection, _)| *connection == id) else { return Ok(Completed::NotAwaited) };
    // Behind the lock of the release: the same message twice at once is taken once.
    if store::connector_messages::message_taken(work.conn(), id, &completion.message).await? {
        return Ok(Completed::TakenBefore);
    }
    let steps = store::release_steps::of_round(work.conn(), release.id, carrying.round).await?;
    let is_meant = |step: &store::release_steps::StepRow| {
        step.record.state == StepState::Awaited
            && super::taking_on::operation(step.record.operation) == completion.operation
            && step.reference.as_deref() == Some(completion.reference.as_str())
    };
    let Some(position) = steps.iter().position(is_meant) else {
        // The answer that announces it may be on its way, or lost with its worker and about to be asked for.
        let begun = steps.iter().any(|step| {
            step.record.state == StepState::Begun && super::taking_on::operation(step.record.operation) == completion.operation
        });
        let at_work = begun || carrying.worked_until.is_some_and(|until| until > now);
        return Ok(if at_work { Completed::NotNow } else { Completed::NotAwaited });
    };
    if !release.state.is_under_way() {
        let stands = release.state.label();
        return Ok(Completed::Overtaken(format!("{} does not wait for this any more. It stands at: {stands}.", release.number)));
    }
    let Some(connection) = store::connections::find(work.conn(), id, version).await? else { return Ok(Completed::NotAwaited) };
    store::connector_messages::take_message(work.conn(), id, &completion.message, release.id, now).await?;
    let facts = store::connections::order_facts(work.conn(), release.id).await?;
    let call = work.id(EventId::new).0;
    let new = NewCall {
        id: call,
        release: release.id,
        round: carrying.round,
        position: steps.get(position).map(|step| step.position),
        purpose: "completion",
        connection: id,
        connector: &connection.connector,
        key: None,
        fence: carrying.fence,
        at: now,
    };
    store::release_calls::begin_call(work.conn(), &new).await?;
    let (gave, word, said) = match &completion.outcome {
        Came::Done { account, found } => (Ok(Applied::Done { account: account.clone(), found: *found }), "done", None),
        Came::Failed { detail } => {
            let said = format!("The receiver says that it failed: {detail}");
            (Err(Fault::Refused { said: said.clone() }), "refused", Some(said))
        }
    };
    let exchanges = json!(came(&completion).0);
    store::release_calls::end_call(work.conn(), call, word, said.as_deref(), &exchanges, 0, now).await?;
    let subject = account::subject(&mut work, &release, connection.id, &steps, &facts.attributes).await?;
    let task = Task {
        release: release.id,
        kind: release.kind,
        fence: carrying.fence,
        round: carrying.round,
        call,
        purpose: Purpose::Apply(position),
        order: order(&release, subject, &facts),
        connection,
        facts,
        steps,
    };
    let id = release.id;
    let mut settling = Settling { base, request, release, carrying, task };
    match gave {
        Ok(applied) => {
            settling.applied(&mut work, applied).await?;
            by_hand::queue(&mut work, id, Some(now)).await?;
        }
        Err(fault) => {
            settling.failed(&mut work, &fault).await?;
            // With the key before, the receiver would announce once more what has failed.
            let (round, key) = (settling.task.round, settling::new_key(base));
            if let Some(step) = settling.task.steps.get(position) {
                store::release_steps::renew_key(work.conn(), id, round, step.position, key).await?;
            }
        }
    }
    work.commit().await?;
    Ok(Completed::Taken)
}

/// The message as the record of the release shows it.
fn came(completion: &Completion) -> Exchanges {
    let (outcome, detail) = match &completion.outcome {
        Came::Done { .. } => ("done", None),
        Came::Failed { detail } => ("failed", Some(detail)),
    };
    Exchanges(vec![Exchange {
        purpose: "completion".to_owned(),
        method: "POST".to_owned(),
        address: "to Countersign".to_owned(),
        request: Some(json!({ "id": completion.message, "reference": completion.reference, "outcome": outcome, "detail": detail })),
        status: Some(200),
        answer: None,
        took_ms: 0,
    }])
}
