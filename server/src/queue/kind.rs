//! Kinds of task, and what is the same for all of them: how one is carried out, measured and refused.

use super::{Claim, chain, in_words};
use crate::store::error::StoreError;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use app::error::AppError;
use futures::FutureExt;
use graphile_worker::{IntoTaskHandlerResult, JobDefinition, TaskHandler, WorkerContext};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::panic::AssertUnwindSafe;

/// Who carries a task out. Each crew has its own slots, so that tasks that wait for other machines
/// hold up nobody's decision and no end of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crew {
    /// Works on our own records.
    House,
    /// Waits for other machines.
    Outside,
}

impl Crew {
    /// Both.
    pub const ALL: [Self; 2] = [Self::House, Self::Outside];

    /// Tasks of this crew that a server carries out at once.
    #[must_use]
    pub const fn slots(self) -> usize {
        match self {
            // Two of the recurring jobs may take long: mail, and asking anew at every open stage.
            Self::House => 4,
            Self::Outside => 8,
        }
    }
}

/// A kind of task: a struct of ids (constraint `task_holds_ids_only`).
pub trait TaskKind: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the queue. Stored; a kind that is renamed leaves its tasks behind.
    const NAME: &'static str;
    /// What it does, for the page, without a full stop.
    const WHAT: &'static str;
    /// Who carries it out.
    const CREW: Crew;

    /// What is the same task: one with this key waits at most once. Queued again while it runs it
    /// waits beside the one that runs, and may begin before that ends.
    fn key(&self) -> String;

    /// Carries it out. An error is a fault of ours (the database, a refusal that nobody expected): the
    /// queue tries again, waiting e, e², e³ … seconds, and gives up after
    /// [`ATTEMPTS`](crate::store::queue::ATTEMPTS). A handler that knows better when to try again queues
    /// itself for that moment and returns `Ok`.
    ///
    /// # Errors
    /// [`UseCaseError`] as above.
    fn run(self, base: Base, claim: Claim) -> impl Future<Output = Result<(), UseCaseError>> + Send + 'static;
}

/// A kind as the workers know it.
#[derive(Clone)]
pub struct Kind {
    /// Its name in the queue.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// Who carries it out.
    pub crew: Crew,
    pub(super) definition: JobDefinition,
}

impl Kind {
    /// The kind `T`.
    #[must_use]
    pub fn of<T: TaskKind>() -> Self {
        Self { name: T::NAME, what: T::WHAT, crew: T::CREW, definition: JobDefinition::of::<Carried<T>>() }
    }
}

/// What handlers work with, as the library carries it along (it may print it).
#[derive(Clone)]
pub(super) struct Hands(pub(super) Base);

impl fmt::Debug for Hands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hands")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Carried<T>(T);

impl<T: TaskKind> TaskHandler for Carried<T> {
    const IDENTIFIER: &'static str = T::NAME;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let Some(base) = context.get_ext::<Hands>().map(|hands| hands.0.clone()) else {
            return Err(Said("The worker was put together wrongly.".to_owned()));
        };
        carry_out(base, self.0, Claim::of(&context)).await
    }
}

/// A sentence that the library writes down as it is (it uses `Debug`).
struct Said(String);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

async fn carry_out<T: TaskKind>(base: Base, task: T, claim: Claim) -> Result<(), Said> {
    let began = base.system.micros();
    let outcome = match AssertUnwindSafe(task.run(base.clone(), claim.clone())).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(_) => {
            tracing::error!(task = T::NAME, "a task panicked");
            Err(AppError::Internal.into())
        }
    };
    // The library crosses a task off by its number alone. One that came back after it was taken for
    // dead must not cross off what another server has in hand; as a failure it changes nothing.
    let outcome = match outcome {
        Ok(()) => keep_if_ours(&base, &claim).await,
        failed => failed,
    };
    base.measures.record(T::NAME, outcome.is_ok(), base.system.micros().saturating_sub(began));
    outcome.map_err(|error| {
        tracing::error!(task = T::NAME, fault = %chain(&error), "a task failed");
        Said(in_words(&error))
    })
}

async fn keep_if_ours(base: &Base, claim: &Claim) -> Result<(), UseCaseError> {
    let mut conn = base.pool.acquire().await.map_err(StoreError::from)?;
    if claim.is_ours(&mut conn).await? {
        return Ok(());
    }
    tracing::warn!(?claim, "a task was given to another server while it ran here");
    Err(AppError::Changed.into())
}
