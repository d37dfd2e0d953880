//! Connections to other machines, as people keep them.
//!
//! Whoever points a connection somewhere else can carry away what goes through it. So a connection that
//! applications use, or that access was given through, changes only when a second person says so; a secret that was entered for one address
//! is not taken along to another; and what waits is not tried out, because that would send the secret.

mod acting;
mod saving;
mod settings;
mod viewing;
mod which_machine;

use super::Base;
use super::authorise::require_or_hide;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::connection_records::Record;
use app::connections::port::{ConnectionForm, ConnectionView, Connections, ConnectionsPage, NotSaved, Saved, Step};
use app::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::connection::ConnectorKind;
use domain::id::{ConnectionId, IdentityId};
use domain::permission::{Action, Relation};
use serde_json::{Value, json};

/// Making, changing, testing and retiring connections.
#[derive(Clone)]
pub struct ConnectionService {
    base: Base,
}

impl ConnectionService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }
}

/// How the caller stands to a connection: they answer for an application that uses it, or not.
async fn relations(work: &mut Work<'_>, caller: &Caller, id: ConnectionId) -> Result<Vec<Relation>, UseCaseError> {
    let owned = store::changes::lookup::owned_by(work.conn(), caller.identity).await?;
    let uses = store::connection_records::applications(work.conn(), id).await?;
    Ok(if uses.iter().any(|(application, _)| owned.contains(application)) { vec![Relation::ApplicationOwner] } else { vec![] })
}

/// A connection on which the caller may do something, locked.
async fn locked(work: &mut Work<'_>, caller: &Caller, id: ConnectionId, action: Action) -> Result<Record, UseCaseError> {
    let record = store::connection_records::find(work.conn(), id, true).await?.ok_or(AppError::NotFound)?;
    let relations = relations(work, caller, id).await?;
    require_or_hide(caller, action, Action::ReadConnections, &relations)?;
    Ok(record)
}

/// A connection about to be changed, locked, with the people who are locked with it: whose releases under way
/// know an account through it, which is forgotten where the connection is led elsewhere.
async fn locked_to_change(
    work: &mut Work<'_>,
    caller: &Caller,
    id: ConnectionId,
    action: Action,
) -> Result<(Record, Vec<IdentityId>), UseCaseError> {
    // People before the connection, as carrying out has it: it locks person, request and release, and then refers
    // to the connection. The other way round, a release that begins at this moment would wait for the
    // connection, and the change, which writes to that release, for the release.
    let people = store::account_references::lock_people(work.conn(), id).await?;
    Ok((locked(work, caller, id, action).await?, people))
}

/// What every event of a connection says.
fn facts(record: &Record, detail: &str) -> Value {
    json!({ "code": record.code, "version": record.version, "detail": detail })
}

#[async_trait]
impl Connections for ConnectionService {
    async fn list(&self, caller: &Caller) -> Result<ConnectionsPage, AppError> {
        Ok(viewing::list(&self.base, caller).await?)
    }

    async fn show(&self, caller: &Caller, id: ConnectionId) -> Result<ConnectionView, AppError> {
        Ok(viewing::show(&self.base, caller, id).await?)
    }

    async fn blank(&self, caller: &Caller, kind: ConnectorKind) -> Result<ConnectionView, AppError> {
        Ok(viewing::blank(&self.base, caller, kind).await?)
    }

    async fn save(&self, caller: &Caller, form: ConnectionForm, secret: String) -> Result<Saved, NotSaved> {
        saving::save(&self.base, caller, &form, &secret).await
    }

    async fn act(&self, caller: &Caller, id: ConnectionId, version: i32, step: Step) -> Result<(), AppError> {
        Ok(match step {
            Step::Test => acting::test(&self.base, caller, id, version).await,
            Step::CloseBreaker(reason) => acting::close_breaker(&self.base, caller, id, &reason).await,
            Step::Retire(reason) => acting::retire(&self.base, caller, id, version, &reason).await,
            Step::Confirm(change) => acting::confirm(&self.base, caller, id, version, change).await,
            Step::Refuse(change) => acting::refuse(&self.base, caller, id, change).await,
        }?)
    }
}
