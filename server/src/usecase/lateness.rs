//! Work that is late: what it is, and the incident about it, of which administrators are told once.

use super::Base;
use super::error::UseCaseError;
use super::notifying::{Notice, tell};
use super::work::Work;
use crate::job::JOBS;
use crate::queue::{Kind, kinds};
use crate::store;
use app::paths;
use app::when::span;
use domain::actor::Actor;
use domain::event::EventKind;
use domain::id::IncidentId;
use domain::notification::NotificationKind;
use domain::permission::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// A task that has been due for longer is late, and so is a recurring job that missed its time by this
/// and by twice its period.
pub const LATE_AFTER_SECONDS: i64 = 60;

/// What is late at this moment, one sentence each; empty where nothing is.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn find(work: &mut Work<'_>, kinds: &[Kind]) -> Result<Vec<String>, UseCaseError> {
    let mut late = Vec::new();
    for counts in store::queue::counts(work.conn()).await? {
        if let Some(seconds) = counts.oldest_due_seconds.filter(|seconds| *seconds > LATE_AFTER_SECONDS) {
            let what = kinds.iter().find(|kind| kind.name == counts.name).map_or(counts.name.as_str(), |kind| kind.what);
            late.push(format!("{what}: the oldest task that is due has waited for {}.", duration(seconds)));
        }
    }
    let (now, names) = (work.now(), JOBS.iter().map(|job| job.name.to_owned()).collect::<Vec<_>>());
    for (job, seconds) in store::jobs::late(work.conn(), &names, LATE_AFTER_SECONDS, now).await? {
        late.push(format!("The job {job} should have run {} ago.", duration(seconds)));
    }
    Ok(late)
}

/// Begins an incident where something is late, or ends the one that is over.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn watch(base: &Base) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: "watch-queue".to_owned() }).await?;
    let late = find(&mut work, &kinds()).await?;
    let now = work.now();
    let changed = match (store::incidents::open(work.conn()).await?, late.first()) {
        (None, Some(_)) => begin(&mut work, &late.join(" ")).await?,
        (Some(open), None) if store::incidents::end(work.conn(), open.id, now).await? => {
            let lasted = span(open.began_at, now);
            work.event(EventKind::WorkOnTime, "work_incident", open.id.0, None, json!({ "detail": format!("It was late for {lasted}.") }))
                .await?;
            true
        }
        _ => false,
    };
    if changed {
        work.commit().await?;
    }
    Ok(())
}

async fn begin(work: &mut Work<'_>, what: &str) -> Result<bool, UseCaseError> {
    let (id, now) = (work.id(IncidentId::new), work.now());
    if !store::incidents::begin(work.conn(), id, what, now).await? {
        return Ok(false);
    }
    work.event(EventKind::WorkLate, "work_incident", id.0, None, json!({ "detail": what })).await?;
    let administrators = store::roles::holders(work.conn(), Role::Administrator).await?;
    let notice = Notice { kind: NotificationKind::WorkLate, title: "Work is late", body: what, href: paths::ADMIN_JOBS, request: None };
    tell(work, &administrators, &notice).await?;
    Ok(true)
}

fn duration(seconds: i64) -> String {
    if seconds < 60 {
        return format!("{seconds} s");
    }
    let zero = Timestamp::UNIX_EPOCH;
    span(zero, zero.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(zero))
}
