//! One unit of work: a transaction with the time, the author and the entropy that belong to it.
//!
//! begin -> authorise -> act -> event -> commit. A unit that is dropped rolls back, so a use-case
//! that returns early has changed nothing (law 2).

use super::Base;
use super::error::UseCaseError;
use super::notifying::Telling;
use crate::queue::TaskKind;
use crate::store;
use crate::store::events::Event;
use domain::actor::Actor;
use domain::event::EventKind;
use domain::id::{EventId, RequestId};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

/// A transaction in progress.
pub struct Work<'a> {
    base: &'a Base,
    transaction: Transaction<'static, Postgres>,
    actor: Actor,
    now: Timestamp,
    events: u16,
}

impl<'a> Work<'a> {
    /// Begins a unit of work that changes something on behalf of `actor`.
    ///
    /// # Errors
    /// [`UseCaseError`] when the database cannot be reached.
    pub async fn begin(base: &'a Base, actor: Actor) -> Result<Self, UseCaseError> {
        let transaction = base.pool.begin().await.map_err(store::error::StoreError::from)?;
        Ok(Self { base, transaction, actor, now: base.system.now(), events: 0 })
    }

    /// Begins a unit that only reads: everything in it sees one snapshot, because what is shown
    /// together must be true together.
    ///
    /// # Errors
    /// [`UseCaseError`] when the database cannot be reached.
    pub async fn read(base: &'a Base) -> Result<Self, UseCaseError> {
        let transaction =
            base.pool.begin_with("begin isolation level repeatable read, read only").await.map_err(store::error::StoreError::from)?;
        Ok(Self { base, transaction, actor: Actor::System { job: "read".to_owned() }, now: base.system.now(), events: 0 })
    }

    /// What the unit works with besides its transaction.
    #[must_use]
    pub fn base(&self) -> &'a Base {
        self.base
    }

    /// The connection, for the store.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// The moment this unit began; everything in it happens at this moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The person on whose behalf this unit works, if it is one.
    #[must_use]
    pub fn author(&self) -> Option<domain::id::IdentityId> {
        self.actor.identity()
    }

    /// The connection, with what telling people needs besides.
    pub(super) fn telling(&mut self) -> (&mut PgConnection, Telling<'_>) {
        let Self { base, transaction, now, .. } = self;
        (transaction, Telling { system: &base.system, now: *now, sends_mail: base.mail.is_some() })
    }

    /// A fresh id: pass the constructor, `work.id(RequestId::new)`.
    pub fn id<T>(&self, make: impl Fn(Timestamp, [u8; 10]) -> T) -> T {
        make(self.now, self.base.system.random())
    }

    /// Appends an event to the audit trail, in this transaction.
    ///
    /// # Errors
    /// [`UseCaseError`] when it cannot be written; then nothing of the unit may be kept.
    pub async fn event(
        &mut self,
        kind: EventKind,
        subject_kind: &'static str,
        subject_id: Uuid,
        request: Option<RequestId>,
        body: Value,
    ) -> Result<(), UseCaseError> {
        // All events of a unit happen at one moment; their order is kept in the twelve bits after
        // the milliseconds of the id (RFC 9562, section 6.2, method 1: a dedicated counter).
        let mut random: [u8; 10] = self.base.system.random();
        random[..2].copy_from_slice(&(self.events & 0x0FFF).to_be_bytes());
        self.events = self.events.saturating_add(1);
        let event =
            Event { id: EventId::new(self.now, random), at: self.now, kind, actor: &self.actor, subject_kind, subject_id, request, body };
        store::events::append(&mut self.transaction, &event).await?;
        Ok(())
    }

    /// Queues a task for now, in this transaction: what rolls back was never queued. Last in the unit,
    /// after every lock on records.
    ///
    /// # Errors
    /// [`UseCaseError`] when the database refuses.
    pub async fn enqueue<T: TaskKind>(&mut self, task: &T) -> Result<(), UseCaseError> {
        self.enqueue_at(task, self.now).await
    }

    /// The same for a moment. The queue runs on the database's clock, so it is told how long to wait;
    /// a handler that finds that it is early queues itself again.
    ///
    /// # Errors
    /// [`UseCaseError`] when the database refuses.
    pub async fn enqueue_at<T: TaskKind>(&mut self, task: &T, due: Timestamp) -> Result<(), UseCaseError> {
        let ids = serde_json::to_value(task)
            .map_err(|error| store::error::StoreError::inconsistent("graphile_worker.jobs", error.to_string()))?;
        let wait = due.duration_since(self.now).max(SignedDuration::ZERO);
        store::queue::add(&mut self.transaction, T::NAME, &ids, &task.key(), wait).await?;
        Ok(())
    }

    /// Keeps everything.
    ///
    /// # Errors
    /// [`UseCaseError`] when the database refuses; then nothing was kept.
    pub async fn commit(self) -> Result<(), UseCaseError> {
        self.transaction.commit().await.map_err(store::error::StoreError::from)?;
        Ok(())
    }
}
