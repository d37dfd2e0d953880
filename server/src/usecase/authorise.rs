//! The one place a permission is checked: what the table in `domain::permission` says, turned into
//! the answer the caller may hear.

use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use app::error::AppError;
use domain::actor::Caller;
use domain::id::IdentityId;
use domain::permission::{Action, Relation, forbidden, permitted};

/// Refuses with [`AppError::Forbidden`] (or, where laws 3 and 4 forbid it, with
/// [`AppError::SeparationOfDuties`]): for records whose existence the caller may know.
///
/// # Errors
/// The refusal.
pub fn require(caller: &Caller, action: Action, relations: &[Relation]) -> Result<(), UseCaseError> {
    if permitted(&caller.roles, action, relations) {
        Ok(())
    } else if relations.iter().any(|relation| forbidden(action, *relation)) {
        Err(AppError::SeparationOfDuties.into())
    } else {
        Err(AppError::Forbidden.into())
    }
}

/// Refuses with [`AppError::NotFound`] when the caller may not even read the record: for anyone
/// not involved the answer is the same as for an id that does not exist.
///
/// # Errors
/// The refusal.
pub fn require_or_hide(caller: &Caller, action: Action, read: Action, relations: &[Relation]) -> Result<(), UseCaseError> {
    if permitted(&caller.roles, read, relations) { require(caller, action, relations) } else { Err(AppError::NotFound.into()) }
}

/// Refuses where relations alone do not allow an act: for what is carried out later for somebody
/// who is not there, so that no role can stand in for being asked.
///
/// # Errors
/// The refusal.
pub fn require_by_relation(action: Action, relations: &[Relation]) -> Result<(), UseCaseError> {
    if permitted(&[], action, relations) {
        Ok(())
    } else if relations.iter().any(|relation| forbidden(action, *relation)) {
        Err(AppError::SeparationOfDuties.into())
    } else {
        Err(AppError::NotFound.into())
    }
}

/// How the caller stands to an identity that something is done to: what nobody may do to
/// themselves, they may not do to another account of theirs.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn relation_to(work: &mut Work<'_>, caller: &Caller, identity: IdentityId) -> Result<Vec<Relation>, UseCaseError> {
    let own = store::identities::accounts_of(work.conn(), &[caller.identity]).await?;
    Ok(if own.contains(&identity) { vec![Relation::Subject] } else { vec![] })
}
