//! Work by hand: who carries a release out, by when, and who has taken it on.
//!
//! Confirming is in `executing`, what shows it in [`evidence`], the other person's look in [`looking`],
//! and what is there by their word in [`saying`].

pub mod evidence;
pub mod looking;
pub(in crate::usecase) mod saying;

use super::Base;
use super::authorise::require_or_hide;
use super::business_time::calendar_of;
use super::carrying_out::{Locked, lock};
use super::error::UseCaseError;
use super::executing::checking::Checked;
use super::executing::{concerned, gates, hold, not_of_those_concerned};
use super::notifying::{Notice, tell};
use super::work::Work;
use crate::store;
use crate::store::connections::ConnectionRow;
use crate::store::error::StoreError;
use crate::store::releases::ReleaseRow;
use app::error::AppError;
use app::paths;
use app::releases::port::Claimed;
use app::when::When;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::id::{ConnectionId, EntitlementId, IdentityId, ReleaseId};
use domain::manual::ManualSettings;
use domain::notification::NotificationKind;
use domain::permission::{Action, Role};
use domain::release::ReleaseState;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// How long an operator may keep a release to themselves, in working hours; as one of a team of approvers.
const CLAIM_HOURS: i64 = 8;

/// Who carries a release out.
#[derive(Clone, Debug)]
pub enum Hands {
    /// Operators, by these settings.
    People(Box<ByHand>),
    /// A machine, through this connection.
    Machine(Box<ConnectionRow>),
}

/// How an application is served by hand.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// Instructions, checklist, evidence, due time, second look.
    pub settings: ManualSettings,
    /// The connection that these are the settings of; none for an application without one.
    pub connection: Option<(ConnectionId, i32)>,
    /// Its name.
    pub name: Option<String>,
}

impl ByHand {
    /// Which settings these are, in a word: a confirmation names those that were shown.
    #[must_use]
    pub fn shown_as(&self) -> String {
        self.connection.map_or_else(String::new, |(id, version)| format!("{id}.{version}"))
    }
}

/// Who carries a release out at this moment. What was begun through a connection goes on through it until
/// nothing of it is over there any more, whatever the application's connection is now.
///
/// # Errors
/// [`UseCaseError`] when reading fails or settings cannot be read.
pub async fn hands(work: &mut Work<'_>, release: &ReleaseRow) -> Result<Hands, UseCaseError> {
    of_connection(store::connections::of_release(work.conn(), release.id).await?)
}

fn of_connection(connection: Option<ConnectionRow>) -> Result<Hands, UseCaseError> {
    let Some(connection) = connection else {
        return Ok(Hands::People(Box::new(ByHand { settings: ManualSettings::default(), connection: None, name: None })));
    };
    if connection.connector != "manual" {
        return Ok(Hands::Machine(Box::new(connection)));
    }
    let settings = serde_json::from_value(connection.settings.clone())
        .map_err(|error| StoreError::inconsistent("connection", format!("{} cannot be read: {error}", connection.code)))?;
    Ok(Hands::People(Box::new(ByHand { settings, connection: Some((connection.id, connection.version)), name: Some(connection.name) })))
}

/// By when a release should be done that may be begun at `from`: working time of the subject's unit.
///
/// # Errors
/// [`UseCaseError`] when the calendar cannot be read.
pub async fn due_at(
    work: &mut Work<'_>,
    base: &Base,
    subject: IdentityId,
    entitlement: EntitlementId,
    from: Timestamp,
) -> Result<Timestamp, UseCaseError> {
    let hours = due_hours(work, entitlement).await?;
    working_hours(work, base, subject, from, hours).await
}

/// The same for access that begins to end: where no calendar can be used, its hours run by the clock.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn removal_due_at(
    work: &mut Work<'_>,
    base: &Base,
    subject: IdentityId,
    entitlement: EntitlementId,
    from: Timestamp,
) -> Result<Timestamp, UseCaseError> {
    let hours = due_hours(work, entitlement).await?;
    match working_hours(work, base, subject, from, hours).await {
        Ok(due) => Ok(due),
        // Access does not stay because nobody can read when people work.
        Err(error) => {
            tracing::error!(%subject, fault = %crate::queue::chain(&error), "hours by the clock, because the calendar cannot be used");
            Ok(from.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(from))
        }
    }
}

async fn due_hours(work: &mut Work<'_>, entitlement: EntitlementId) -> Result<i64, UseCaseError> {
    let connection = store::connections::of_entitlement(work.conn(), entitlement).await?;
    let hours = match of_connection(connection) {
        Ok(Hands::People(by_hand)) => by_hand.settings.due_hours,
        // A machine has as long as people would have, before somebody should ask.
        Ok(Hands::Machine(_)) => ManualSettings::default().due_hours,
        // Access does not stay because nobody can read how long its removal may take.
        Err(error) => {
            tracing::error!(%entitlement, fault = %crate::queue::chain(&error), "usual hours, because settings of work by hand cannot be read");
            ManualSettings::default().due_hours
        }
    };
    Ok(i64::from(hours))
}

async fn working_hours(
    work: &mut Work<'_>,
    base: &Base,
    subject: IdentityId,
    from: Timestamp,
    hours: i64,
) -> Result<Timestamp, UseCaseError> {
    let about = store::nominees::about(work.conn(), subject).await?;
    let calendar = calendar_of(work, base, about.and_then(|about| about.unit)).await?;
    Ok(calendar.calendar.add_working(from, SignedDuration::from_hours(hours)))
}

/// A release that an operator acts on, with everything about it locked. Whether they are concerned by it
/// is not looked at yet.
///
/// # Errors
/// [`AppError::NotFound`] for those who may not see it, [`AppError::Forbidden`].
pub(super) async fn opened<'a>(base: &'a Base, caller: &Caller, id: ReleaseId) -> Result<(Work<'a>, Locked), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    let seen = store::releases::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
    let relations = store::requests::relations(work.conn(), seen.request, caller.identity).await?;
    require_or_hide(caller, Action::ExecuteRelease, Action::ReadRelease, &relations)?;
    let locked = lock(&mut work, id).await?.ok_or(AppError::NotFound)?;
    Ok((work, locked))
}

/// The same for those who are not concerned by it.
///
/// # Errors
/// As [`opened`]; [`AppError::SeparationOfDuties`].
pub(super) async fn operated<'a>(base: &'a Base, caller: &Caller, id: ReleaseId) -> Result<(Work<'a>, Locked), UseCaseError> {
    let (mut work, locked) = opened(base, caller, id).await?;
    not_of_those_concerned(&mut work, caller.identity, &locked.release).await?;
    Ok((work, locked))
}

/// Refuses while somebody else has it.
///
/// # Errors
/// [`AppError::Claimed`].
pub async fn not_taken_by_another(work: &mut Work<'_>, caller: IdentityId, release: ReleaseId) -> Result<(), UseCaseError> {
    let now = work.now();
    let hand = store::release_hands::hand(work.conn(), release).await?;
    match hand.claim {
        Some(claim) if claim.by != caller && claim.lapses_at > now => Err(AppError::Claimed.into()),
        _ => Ok(()),
    }
}

/// Work by hand that has not been done yet.
async fn to_do(work: &mut Work<'_>, release: &ReleaseRow) -> Result<Box<ByHand>, UseCaseError> {
    let Hands::People(by_hand) = hands(work, release).await? else { return Err(AppError::ByMachine.into()) };
    if matches!(release.state, ReleaseState::Planned | ReleaseState::Held { .. }) { Ok(by_hand) } else { Err(AppError::NotPossible.into()) }
}

/// Takes work by hand on, or holds it and says why: the gates run before anybody acts. Taken on twice is
/// taken on once.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::SeparationOfDuties`]; [`AppError::Claimed`] while another
/// operator has it; [`AppError::ByMachine`]; [`AppError::NotPossible`] once it is done, while its opposite is
/// under way, and where other access keeps what it would take.
pub async fn claim(base: &Base, caller: &Caller, id: ReleaseId) -> Result<Claimed, UseCaseError> {
    let (mut work, locked) = operated(base, caller, id).await?;
    to_do(&mut work, &locked.release).await?;
    not_taken_by_another(&mut work, caller.identity, id).await?;
    let now = work.now();
    let had = store::release_hands::hand(work.conn(), id).await?.claim;
    if had.is_some_and(|claim| claim.by == caller.identity && claim.lapses_at > now) {
        return Ok(Claimed::Yours);
    }
    // What other access keeps closes by itself.
    if store::kept_access::opposite_under_way(work.conn(), &locked.release, now).await?.is_some()
        || store::kept_access::by(work.conn(), &locked.release).await?.is_some()
    {
        return Err(AppError::NotPossible.into());
    }
    // Before its start nobody may act, and what holds it today may be cleared by then.
    let checked = if now < locked.release.not_before { None } else { gates(&mut work, base, &locked.release).await? };
    if let Some(Checked { evaluation, obstacles, .. }) = checked.filter(|checked| !checked.obstacles.is_empty()) {
        hold(work, &locked.request, &locked.release, &evaluation, obstacles.clone()).await?;
        return Ok(Claimed::Held { reasons: obstacles });
    }
    let lapses_at = working_hours(&mut work, base, locked.release.subject, now, CLAIM_HOURS).await?;
    store::release_hands::claim(work.conn(), id, caller.identity, now, lapses_at).await?;
    let until = When::new(lapses_at, &base.zone).text;
    claim_event(&mut work, &locked.release, &format!("taken on until {until}")).await?;
    work.commit().await?;
    Ok(Claimed::Yours)
}

/// Gives work back to the other operators.
///
/// # Errors
/// As [`claim`]; [`AppError::NotPossible`] unless the caller has it.
pub async fn give_back(base: &Base, caller: &Caller, id: ReleaseId) -> Result<(), UseCaseError> {
    let (mut work, locked) = operated(base, caller, id).await?;
    let had = store::release_hands::hand(work.conn(), id).await?.claim;
    if had.is_none_or(|claim| claim.by != caller.identity) {
        return Err(AppError::NotPossible.into());
    }
    store::release_hands::unclaim(work.conn(), id).await?;
    claim_event(&mut work, &locked.release, "given back").await?;
    work.commit().await
}

async fn claim_event(work: &mut Work<'_>, release: &ReleaseRow, detail: &str) -> Result<(), UseCaseError> {
    let body = json!({ "number": release.number, "detail": format!("{}: {detail}", release.number) });
    work.event(EventKind::ReleaseClaimed, "release", release.id.0, Some(release.request), body).await
}

/// Gives work back whose claim has lapsed. Gives whether it was so.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn lapse_claim(work: &mut Work<'_>, id: ReleaseId) -> Result<bool, UseCaseError> {
    let Some(locked) = lock(work, id).await? else { return Ok(false) };
    let now = work.now();
    let had = store::release_hands::hand(work.conn(), id).await?.claim;
    if had.is_none_or(|claim| claim.lapses_at > now) {
        return Ok(false);
    }
    store::release_hands::unclaim(work.conn(), id).await?;
    claim_event(work, &locked.release, "the claim lapsed").await?;
    Ok(true)
}

/// Tells operators of work that is late, once: whoever has it, or all who may do it or look after the
/// machine that does. Gives whether it was due.
///
/// # Errors
/// [`UseCaseError`] when reading or writing fails.
pub async fn remind(work: &mut Work<'_>, base: &Base, id: ReleaseId) -> Result<bool, UseCaseError> {
    let Some(Locked { release, .. }) = lock(work, id).await? else { return Ok(false) };
    let now = work.now();
    let hand = store::release_hands::hand(work.conn(), id).await?;
    let Some(due) = hand.due_at.filter(|due| *due <= now && hand.reminded_at.is_none()) else { return Ok(false) };
    let by_machine = matches!(hands(work, &release).await?, Hands::Machine(_));
    let by = match &release.state {
        ReleaseState::Planned | ReleaseState::Held { .. } => None,
        ReleaseState::Activated { by: Some(by), .. } => Some(*by),
        ReleaseState::Gated
        | ReleaseState::AccountReady
        | ReleaseState::Activated { by: None, .. }
        | ReleaseState::Failed { next_try: Some(_), .. }
            if by_machine =>
        {
            None
        }
        _ => return Ok(false),
    };
    store::release_hands::set_reminded(work.conn(), id, now).await?;
    let mut never = concerned(work, &release).await?;
    if let Some(by) = by {
        never.extend(store::identities::accounts_of(work.conn(), &[by]).await?);
    }
    let mut people = store::roles::holders(work.conn(), Role::Operator).await?;
    people.retain(|person| !never.contains(person));
    if let Some(claim) = hand.claim.filter(|claim| claim.lapses_at > now) {
        people.retain(|person| *person == claim.by);
    }
    let due = When::new(due, &base.zone).text;
    let body = json!({ "number": release.number, "people": people.len(), "detail": format!("{}, due {due}", release.number) });
    work.event(EventKind::ReleaseReminded, "release", id.0, Some(release.request), body).await?;
    let (title, text) = match by {
        None if by_machine => (
            format!("{} is late", release.number),
            format!("A machine carries it out, and it was due {due}. What holds it up stands on the release and on its connection."),
        ),
        None => (format!("{} still waits to be carried out", release.number), format!("It was due {due}.")),
        Some(_) => (format!("{} still waits for a second look", release.number), format!("It was done by hand; the look was due {due}.")),
    };
    let href = paths::release(id);
    let notice = Notice { kind: NotificationKind::Reminder, title: &title, body: &text, href: &href, request: Some(release.request) };
    tell(work, &people, &notice).await?;
    Ok(true)
}
