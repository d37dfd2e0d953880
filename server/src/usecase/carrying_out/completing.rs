//! A receiver that took a step on says what came of it.

use super::settling::{self, Settling};
use super::taking_on::{Purpose, Task, operation, order, step_operation};
use super::{Locked, account, actor, by_hand, failing, lock};
use crate::store;
use crate::store::release_calls::NewCall;
use crate::store::release_steps::{Carrying, StepRow};
use crate::store::releases::ReleaseRow;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::webhook::completion::{Completion, NotTaken, Outcome};
use connector::webhook::signing::{Rejected, SigningSecrets};
use connector::{Account, Applied, Exchange, Exchanges, Fault, Operation};
use domain::connection::ConnectorKind;
use domain::event::EventKind;
use domain::id::{ConnectionId, EventId, ReleaseId};
use domain::release::ReleaseState;
use domain::saga::StepState;
use http::HeaderMap;
use serde_json::json;
use uuid::Uuid;

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
    let sealed = record.filter(|record| record.kind == ConnectorKind::Webhook).and_then(|record| record.secret);
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
    // Behind the lock of the release: the same message twice at once is taken once.
    if store::connector_messages::message_taken(work.conn(), id, &completion.message).await? {
        return Ok(Completed::TakenBefore);
    }
    let Some((_, version)) = carrying.connection.filter(|(connection, _)| *connection == id) else {
        return overtaken(work, id, &release, carrying, &completion).await;
    };
    let steps = store::release_steps::of_round(work.conn(), release.id, carrying.round).await?;
    let Some((position, step)) = steps.iter().enumerate().find(|(_, step)| is_meant(&release.state, step, &completion)) else {
        // The answer that announces it may be on its way, or lost with its worker and about to be asked for.
        let begun =
            steps.iter().any(|step| step.record.state == StepState::Begun && operation(step.record.operation) == completion.operation);
        let at_work = begun || carrying.worked_until.is_some_and(|until| until > now);
        return if at_work { Ok(Completed::NotNow) } else { overtaken(work, id, &release, carrying, &completion).await };
    };
    let (place, given_up) = (step.position, step.record.state == StepState::Failed);
    let Some(connection) = store::connections::find(work.conn(), id, version).await? else { return Ok(Completed::NotAwaited) };
    store::connector_messages::take_message(work.conn(), id, &completion.message, release.id, now).await?;
    let facts = store::connections::order_facts(work.conn(), release.id).await?;
    let came = Came { release: release.id, connection: id, round: carrying.round, position: place, fence: carrying.fence };
    let call = came.keep(&mut work, &completion, 200, None).await?;
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
    match completion.outcome {
        Outcome::Done { account, found } => {
            if given_up {
                done_late(&settling, &mut work, position, account.as_deref(), found).await?;
            } else {
                settling.applied(&mut work, Applied::Done { account, found }).await?;
            }
            by_hand::queue(&mut work, id, Some(now)).await?;
        }
        Outcome::Failed { detail } => {
            // What is about to be tried again has not failed once more.
            if !given_up || matches!(settling.release.state, ReleaseState::Failed { .. }) {
                settling.failed(&mut work, &Fault::Refused { said: says_it_failed(&detail) }).await?;
            }
            // With the key before, the receiver would announce once more what has failed.
            store::release_steps::renew_key(work.conn(), id, settling.task.round, place, settling::new_key(base)).await?;
        }
    }
    work.commit().await?;
    Ok(Completed::Taken)
}

/// Whether a completion is about this step: one that is awaited, or that was given up and is not taken back.
/// Of one that failed in any other way the receiver has had its say, and the reference is gone with the key.
fn is_meant(state: &ReleaseState, step: &StepRow, completion: &Completion) -> bool {
    let can_be_taken = match step.record.state {
        StepState::Awaited => state.is_under_way(),
        StepState::Failed => matches!(state, ReleaseState::Planned | ReleaseState::Held { .. } | ReleaseState::Failed { .. }),
        _ => false,
    };
    can_be_taken
        && operation(step.record.operation) == completion.operation
        && step.reference.as_deref() == Some(completion.reference.as_str())
}

/// What was given up was done after all: it counts as done, and carrying out goes on behind it, with its
/// gates, up to its reading.
async fn done_late(
    settling: &Settling<'_>,
    work: &mut Work<'_>,
    position: usize,
    account: Option<&str>,
    found: Option<Account>,
) -> Result<(), UseCaseError> {
    let (now, release) = (work.now(), &settling.release);
    let Some(step) = settling.task.steps.get(position) else { return Ok(()) };
    store::release_steps::set_state(work.conn(), release.id, settling.task.round, step.position, StepState::Done, None, now).await?;
    settling.keep_account(work, account).await?;
    settling.keep_found(work, position, found).await?;
    let does = operation(step.record.operation);
    if matches!(does, Operation::Take | Operation::CloseAccount) {
        settling.gone(work, does).await?;
    }
    let carrying = Carrying { tries: 0, worked_until: None, ..settling.carrying };
    store::release_steps::set_carrying(work.conn(), release.id, &carrying).await?;
    // Where somebody had it tried again, it is about to go on already.
    if release.state != ReleaseState::Planned {
        let planned = release.state.clone().retry()?;
        store::releases::set_state(work.conn(), release.id, release.version, &planned, None, now).await?;
    }
    let detail = format!("“{}” was done after it had been given up", step.record.operation.label());
    let body = json!({ "number": release.number, "detail": detail });
    work.event(EventKind::ReleaseRetried, "release", release.id.0, Some(release.request), body).await
}

/// Nothing waits for what a receiver says. That it did something all the same is written down and told once.
async fn overtaken(
    mut work: Work<'_>,
    id: ConnectionId,
    release: &ReleaseRow,
    carrying: Carrying,
    completion: &Completion,
) -> Result<Completed, UseCaseError> {
    // What is under way gives the same, or takes it, and reads what is there.
    if release.state.is_under_way() {
        return Ok(Completed::NotAwaited);
    }
    if carrying.worked_until.is_some_and(|until| until > work.now()) {
        return Ok(Completed::NotNow);
    }
    let does = step_operation(completion.operation);
    let asked = store::connector_messages::asked_for(work.conn(), id, release.id, does, &completion.reference).await?;
    let Some(asked) = asked else { return Ok(Completed::NotAwaited) };
    let why = format!("{} does not wait for this any more. It stands at: {}.", release.number, release.state.label());
    if matches!(completion.outcome, Outcome::Done { .. }) && !asked.known_done {
        let came = Came { release: release.id, connection: id, round: asked.round, position: asked.position, fence: carrying.fence };
        came.keep(&mut work, completion, 409, Some(why.clone())).await?;
        failing::done_afterwards(&mut work, release, does.label()).await?;
        work.commit().await?;
    }
    Ok(Completed::Overtaken(why))
}

/// Where a message belongs on the record of a release.
struct Came {
    release: ReleaseId,
    connection: ConnectionId,
    round: i32,
    position: i32,
    fence: i64,
}

impl Came {
    /// Puts a message on record with our answer, and what is to be said of it where it is not that it failed.
    async fn keep(&self, work: &mut Work<'_>, completion: &Completion, status: u16, remark: Option<String>) -> Result<Uuid, UseCaseError> {
        let (now, call) = (work.now(), work.id(EventId::new).0);
        let new = NewCall {
            id: call,
            release: self.release,
            round: self.round,
            position: Some(self.position),
            purpose: "completion",
            connection: self.connection,
            connector: ConnectorKind::Webhook.word(),
            key: None,
            fence: self.fence,
            at: now,
        };
        store::release_calls::begin_call(work.conn(), &new).await?;
        let (word, said) = match &completion.outcome {
            Outcome::Done { .. } => ("done", remark),
            Outcome::Failed { detail } => ("refused", Some(says_it_failed(detail))),
        };
        let exchanges = json!(exchanges(completion, status).0);
        store::release_calls::end_call(work.conn(), call, word, said.as_deref(), &exchanges, 0, now).await?;
        Ok(call)
    }
}

fn says_it_failed(detail: &str) -> String {
    format!("The receiver says that it failed: {detail}")
}

/// The message as the record of the release shows it.
fn exchanges(completion: &Completion, status: u16) -> Exchanges {
    let (outcome, detail) = match &completion.outcome {
        Outcome::Done { .. } => ("done", None),
        Outcome::Failed { detail } => ("failed", Some(detail)),
    };
    Exchanges(vec![Exchange {
        purpose: "completion".to_owned(),
        method: "POST".to_owned(),
        address: "to Countersign".to_owned(),
        request: Some(json!({ "id": completion.message, "reference": completion.reference, "outcome": outcome, "detail": detail })),
        status: Some(status),
        answer: None,
        took_ms: 0,
    }])
}
