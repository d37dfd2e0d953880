//! Letting somebody else decide while away: made by the person themselves, ended by them.

use super::Base;
use super::authorise::require;
use super::error::UseCaseError;
use super::notifying::{Notice, tell};
use super::work::Work;
use crate::store;
use crate::store::delegations::DelegationRow;
use app::approvals::port::{DelegationLine, DelegationsView};
use app::error::AppError;
use app::paths;
use app::when::When;
use domain::actor::Caller;
use domain::approval::Nominee;
use domain::catalogue::RiskTier;
use domain::delegation::DelegationForm;
use domain::event::EventKind;
use domain::id::{DelegationId, IdentityId};
use domain::notification::NotificationKind;
use domain::permission::{Action, Relation};
use domain::time::today;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

/// The caller's delegations.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn view(base: &Base, caller: &Caller) -> Result<DelegationsView, UseCaseError> {
    let mut work = Work::read(base).await?;
    require(caller, Action::Delegate, &[Relation::Subject])?;
    let now = work.now();
    let rows = store::delegations::of_person(work.conn(), caller.identity).await?;
    let applications = store::delegations::applications(work.conn()).await?;
    work.commit().await?;
    let (given, received): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.from.id == caller.identity);
    let lines = |rows: Vec<DelegationRow>, given| rows.into_iter().map(|row| line(row, given, now, &base.zone)).collect();
    Ok(DelegationsView {
        given: lines(given, true),
        received: lines(received, false),
        applications,
        today: today(now, &base.zone).to_string(),
    })
}

/// What a delegation covers, in words: "everything", "elevated tier of Ledger".
pub(super) fn scope(tiers: &[RiskTier], applications: &[String]) -> String {
    let tiers = tiers.iter().map(|tier| tier.label().to_lowercase()).collect::<Vec<_>>().join(", ");
    match (tiers.is_empty(), applications.is_empty()) {
        (true, true) => "everything".to_owned(),
        (false, true) => format!("{tiers} tier"),
        (true, false) => applications.join(", "),
        (false, false) => format!("{tiers} tier of {}", applications.join(", ")),
    }
}

fn line(row: DelegationRow, given: bool, now: Timestamp, zone: &TimeZone) -> DelegationLine {
    let scope = scope(&row.tiers, &row.applications);
    let state = match row.revoked_at {
        Some(_) => "revoked",
        None if now < row.starts_at => "coming",
        None if now < row.ends_at => "running",
        None => "over",
    };
    DelegationLine {
        id: row.id,
        person: if given { row.to } else { row.from },
        starts: When::new(row.starts_at, zone),
        ends: When::new(row.revoked_at.unwrap_or(row.ends_at), zone),
        scope,
        reason: row.reason,
        state: state.to_owned(),
        may_revoke: given && matches!(state, "coming" | "running"),
    }
}

/// Lets somebody decide for the caller. The same sent again (a page gone back to) is done already: the
/// delegation stands once, and ending it ends it.
///
/// # Errors
/// [`AppError::Invalid`] at every bad field at once.
pub async fn delegate(base: &Base, caller: &Caller, form: &DelegationForm) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    require(caller, Action::Delegate, &[Relation::Subject])?;
    let now = work.now();
    let terms = form.parse(today(now, &base.zone), &base.zone);
    let found = named(&mut work, "to", &form.to).await?;
    let (terms, to) = match (terms, found) {
        (Ok(terms), Ok(to)) => (terms, to),
        (Err(mut problems), Err(AppError::Invalid { problems: named })) => {
            problems.extend(named.into_iter().map(|p| domain::error::FieldError::new(&p.field, &p.code, "")));
            return Err(problems.into());
        }
        (Err(problems), _) => return Err(problems.into()),
        (_, Err(error)) => return Err(error.into()),
    };
    // In the order of ids: of two people who delegate to each other at once, the second finds what
    // the first recorded.
    store::delegations::lock_both(work.conn(), caller.identity, to.identity).await?;
    let from = store::nominees::person_of(work.conn(), caller.identity).await?;
    let others = store::delegations::standings(work.conn(), caller.identity, to.identity, now).await?;
    terms.check(from, to.person, to.active, &others)?;
    if store::delegations::stands(work.conn(), caller.identity, to.identity, &terms).await? {
        return Ok(());
    }
    let id = work.id(DelegationId::new);
    store::delegations::insert(work.conn(), id, caller.identity, to.identity, &terms, now).await?;
    let body = json!({
        "from": caller.identity.to_string(),
        "to": to.identity.to_string(),
        "starts_at": terms.starts_at.to_string(),
        "ends_at": terms.ends_at.to_string(),
        "tiers": terms.tiers.iter().map(|tier| tier.word()).collect::<Vec<_>>(),
        "applications": terms.applications.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "detail": terms.reason.as_str(),
    });
    work.event(EventKind::DelegationMade, "delegation", id.0, None, body).await?;
    let until = When::new(terms.ends_at, &base.zone).text;
    told(
        &mut work,
        to.identity,
        "You can decide for somebody who is away",
        &format!("Until {until}. What it covers stands on your account page."),
    )
    .await?;
    work.commit().await
}

/// Ends a delegation of the caller's early. Ended twice is ended once.
///
/// # Errors
/// [`AppError::NotFound`] unless it is the caller's own; [`AppError::NotPossible`] when it is over.
pub async fn revoke(base: &Base, caller: &Caller, id: DelegationId) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, caller.actor()).await?;
    require(caller, Action::Delegate, &[Relation::Subject])?;
    let row = store::delegations::lock(work.conn(), id).await?.filter(|row| row.from.id == caller.identity).ok_or(AppError::NotFound)?;
    if row.revoked_at.is_some() {
        return Ok(());
    }
    let now = work.now();
    if row.ends_at <= now {
        return Err(AppError::NotPossible.into());
    }
    store::delegations::revoke(work.conn(), id, caller.identity, now).await?;
    let body = json!({ "from": row.from.id.to_string(), "to": row.to.id.to_string() });
    work.event(EventKind::DelegationRevoked, "delegation", id.0, None, body).await?;
    told(&mut work, row.to.id, "You no longer decide for somebody who was away", "The delegation was ended early.").await?;
    work.commit().await
}

async fn told(work: &mut Work<'_>, who: IdentityId, title: &str, body: &str) -> Result<(), UseCaseError> {
    let notice = Notice { kind: NotificationKind::Delegation, title, body, href: paths::ACCOUNT, request: None };
    tell(work, &[who], &notice).await
}

/// The one person a form names; the inner error is the problem at `field`.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn named(work: &mut Work<'_>, field: &str, typed: &str) -> Result<Result<Nominee, AppError>, UseCaseError> {
    let typed = match domain::text::clean(field, typed, 254) {
        Ok(typed) if typed.is_empty() => return Ok(Err(AppError::field(field, "required"))),
        Ok(typed) => typed,
        Err(error) => return Ok(Err(AppError::field(field, &error.code))),
    };
    let found = store::delegations::named(work.conn(), &typed).await?;
    // Of several, those who are active are meant.
    let active = found.iter().filter(|nominee| nominee.active).count();
    Ok(match found.first() {
        None => Err(AppError::field(field, "unknown_person")),
        Some(_) if active > 1 || (active == 0 && found.len() > 1) => Err(AppError::field(field, "several_people")),
        Some(nominee) => Ok(nominee.clone()),
    })
}
