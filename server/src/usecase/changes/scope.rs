//! How a caller stands to records under change control: what they own, and through which accounts.

use crate::store;
use crate::store::changes::lists::Reader;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use domain::actor::Caller;
use domain::change::RecordKind;
use domain::id::{ApplicationId, IdentityId};
use domain::permission::{Action, Relation, permitted};

/// What is known of the caller, as recorded now.
#[derive(Clone, Debug)]
pub struct Scope {
    /// All accounts of the person: what somebody may not do because they proposed it or are named by
    /// it, they may not do by any of them.
    pub accounts: Vec<IdentityId>,
    /// Applications that name the caller's own account as owner or deputy. A say in something is the
    /// named account's alone: unlike what forbids, what allows does not spread to the others.
    pub owned: Vec<ApplicationId>,
}

/// Reads the scope of the caller.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn of(work: &mut Work<'_>, caller: &Caller) -> Result<Scope, UseCaseError> {
    let accounts = store::identities::accounts_of(work.conn(), &[caller.identity]).await?;
    let owned = store::changes::lookup::owned_by(work.conn(), caller.identity).await?;
    Ok(Scope { accounts, owned })
}

/// What somebody does who proposes a change of this kind.
#[must_use]
pub fn edit_action(kind: RecordKind) -> Action {
    match kind {
        RecordKind::Application | RecordKind::Entitlement => Action::EditApplication,
        RecordKind::Unit
        | RecordKind::Conflict
        | RecordKind::Template
        | RecordKind::Specification
        | RecordKind::Plan
        | RecordKind::Calendar
        | RecordKind::Group => Action::EditRules,
    }
}

impl Scope {
    /// To read a record it is enough to own one of its applications.
    #[must_use]
    pub fn reading(&self, kind: RecordKind, applications: &[ApplicationId]) -> Vec<Relation> {
        owner(kind.belongs_to_applications() && applications.iter().any(|id| self.owned.contains(id)))
    }

    /// To change or confirm it, all of them have to be the caller's.
    #[must_use]
    pub fn changing(&self, kind: RecordKind, applications: &[ApplicationId]) -> Vec<Relation> {
        owner(kind.belongs_to_applications() && !applications.is_empty() && applications.iter().all(|id| self.owned.contains(id)))
    }

    /// Whether the caller may propose a new record of a kind (as far as can be said before it names
    /// its applications).
    #[must_use]
    pub fn may_add(&self, caller: &Caller, kind: RecordKind) -> bool {
        let relations = match kind {
            // Each population has its specification, and owners are named by others.
            RecordKind::Specification => return false,
            RecordKind::Application => vec![],
            _ => owner(kind.belongs_to_applications() && !self.owned.is_empty()),
        };
        permitted(&caller.roles, edit_action(kind), &relations)
    }

    /// What lists show to the caller.
    #[must_use]
    pub fn reader(&self, caller: &Caller) -> Reader {
        Reader {
            all: permitted(&caller.roles, Action::ReadChanges, &[]),
            applications: self.owned.clone(),
            accounts: self.accounts.clone(),
            confirms_all: permitted(&caller.roles, Action::ConfirmChange, &[]),
        }
    }

    /// Whether the caller may see records of a kind at all.
    #[must_use]
    pub fn reads(&self, caller: &Caller, kind: RecordKind) -> bool {
        permitted(&caller.roles, Action::ReadChanges, &owner(kind.belongs_to_applications() && !self.owned.is_empty()))
    }
}

fn owner(is: bool) -> Vec<Relation> {
    if is { vec![Relation::ApplicationOwner] } else { vec![] }
}
