//! The second person: which changes need one, and who cannot be it.
//!
//! An owner can never weaken his own item alone: whatever weakens a record, or names who decides,
//! needs somebody else, who is neither the proposer nor an approver by this very change.

use super::body::Body;
use super::field::Weight;
use crate::id::IdentityId;

/// Names of the changed fields that need a second person, in the order of the form; none of them:
/// nobody else is needed. `before` is nothing for a new record.
#[must_use]
pub fn needs_second(before: Option<&Body>, after: &Body) -> Vec<String> {
    let (was, now) = (before.map(Body::text).unwrap_or_default(), after.text());
    let changed =
        |name: &str| was.get(name).map(String::as_str).unwrap_or_default() != now.get(name).map(String::as_str).unwrap_or_default();
    after
        .kind()
        .fields()
        .iter()
        .filter(|field| match field.weight {
            Weight::Never => false,
            Weight::Always => changed(field.name),
            Weight::WhenWeaker => changed(field.name) && after.weaker(field.name, before),
        })
        .map(|field| field.name.to_owned())
        .collect()
}

/// Numbers of the people whom a change makes approvers: owner, deputy, or member of a group, and
/// were not before.
#[must_use]
pub fn newly_named(before: Option<&Body>, after: &Body) -> Vec<String> {
    let named = |body: &Body| body.references().people.into_iter().map(|(field, _, number)| (field, number)).collect::<Vec<_>>();
    let was = before.map(named).unwrap_or_default();
    let mut new: Vec<String> = named(after).into_iter().filter(|one| !was.contains(one)).map(|(_, number)| number).collect();
    new.sort();
    new.dedup();
    new
}

/// Whether somebody can be the second person of a change, where `own` are all accounts of that
/// person: not of what they proposed themselves through any of them, and not of what makes them an
/// approver. A command has no proposer among the people.
#[must_use]
pub fn may_be_second(own: &[IdentityId], proposed_by: Option<IdentityId>, named: &[IdentityId]) -> bool {
    !own.is_empty() && !proposed_by.is_some_and(|person| own.contains(&person)) && !named.iter().any(|person| own.contains(person))
}
