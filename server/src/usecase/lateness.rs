//! Work that is late: what it is, and the incident about it, in which administrators are told of each thing
//! once when it becomes late, and again when it was on time meanwhile.

use super::Base;
use super::error::UseCaseError;
use super::notifying::{Notice, tell};
use super::work::Work;
use crate::job::JOBS;
use crate::queue::{Kind, kinds};
use crate::store;
use crate::store::incidents::Open;
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

/// Something that is late.
struct Late {
    /// What, in words that stay the same for as long as it is late: an incident keeps it by them.
    what: String,
    /// For how long, the rest of the sentence.
    how_long: String,
}

impl Late {
    fn sentence(&self) -> String {
        format!("{} {}", self.what, self.how_long)
    }
}

/// What is late at this moment, one sentence each; empty where nothing is. A recurring job that keeps
/// failing is late as well: what it should have done is not done.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub async fn find(work: &mut Work<'_>, kinds: &[Kind]) -> Result<Vec<String>, UseCaseError> {
    Ok(look(work, kinds).await?.iter().map(Late::sentence).collect())
}

async fn look(work: &mut Work<'_>, kinds: &[Kind]) -> Result<Vec<Late>, UseCaseError> {
    let mut late = Vec::new();
    for counts in store::queue::counts(work.conn()).await? {
        if let Some(seconds) = counts.oldest_due_seconds.filter(|seconds| *seconds > LATE_AFTER_SECONDS) {
            let kind = kinds.iter().find(|kind| kind.name == counts.name).map_or(counts.name.as_str(), |kind| kind.what);
            let what = format!("{kind}: the oldest task that is due");
            late.push(Late { what, how_long: format!("has waited for {}.", duration(seconds)) });
        }
    }
    let (now, names) = (work.now(), JOBS.iter().map(|job| job.name.to_owned()).collect::<Vec<_>>());
    for (job, seconds) in store::jobs::late(work.conn(), &names, LATE_AFTER_SECONDS, now).await? {
        late.push(Late { what: format!("The job {job} should have run"), how_long: format!("{} ago.", duration(seconds)) });
    }
    // After a failure its next time is set as after a success, so that it never misses it.
    for (job, seconds) in store::jobs::failing(work.conn(), &names, now).await? {
        late.push(Late { what: format!("The job {job} keeps failing;"), how_long: format!("its last run was {} ago.", duration(seconds)) });
    }
    Ok(late)
}

/// Begins an incident where something is late, keeps in it what is late by now, or ends the one that is over.
///
/// # Errors
/// [`UseCaseError`] when the database refuses.
pub async fn watch(base: &Base) -> Result<(), UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: "watch-queue".to_owned() }).await?;
    let late = look(&mut work, &kinds()).await?;
    let open = store::incidents::open(work.conn()).await?;
    let changed = match (open, late.is_empty()) {
        (None, true) => false,
        (None, false) => begin(&mut work, &late).await?,
        (Some(open), false) => go_on(&mut work, &open, &late).await?,
        (Some(open), true) => end(&mut work, &open).await?,
    };
    if changed {
        work.commit().await?;
    }
    Ok(())
}

async fn begin(work: &mut Work<'_>, late: &[Late]) -> Result<bool, UseCaseError> {
    let (id, now, what) = (work.id(IncidentId::new), work.now(), sentences(late.iter()));
    if !store::incidents::begin(work.conn(), id, &names(late), &what, now).await? {
        return Ok(false);
    }
    say(work, id, "Work is late", &what).await?;
    Ok(true)
}

/// Who was told of the one thing does not know of the other, nor that what was on time again is late once more.
async fn go_on(work: &mut Work<'_>, open: &Open, late: &[Late]) -> Result<bool, UseCaseError> {
    let names = names(late);
    let more = sentences(late.iter().filter(|late| !open.late.contains(&late.what)));
    if names == open.late || !store::incidents::go_on(work.conn(), open, &names, &more).await? {
        return Ok(false);
    }
    if !more.is_empty() {
        say(work, open.id, "More work is late", &more).await?;
    }
    Ok(true)
}

async fn end(work: &mut Work<'_>, open: &Open) -> Result<bool, UseCaseError> {
    let now = work.now();
    if !store::incidents::end(work.conn(), open.id, now).await? {
        return Ok(false);
    }
    let lasted = span(open.began_at, now);
    work.event(EventKind::WorkOnTime, "work_incident", open.id.0, None, json!({ "detail": format!("It was late for {lasted}.") })).await?;
    Ok(true)
}

/// Puts it on record and tells administrators.
async fn say(work: &mut Work<'_>, id: IncidentId, title: &str, what: &str) -> Result<(), UseCaseError> {
    work.event(EventKind::WorkLate, "work_incident", id.0, None, json!({ "detail": what })).await?;
    let administrators = store::roles::holders(work.conn(), Role::Administrator).await?;
    let notice = Notice { kind: NotificationKind::WorkLate, title, body: what, href: paths::ADMIN_JOBS, request: None };
    tell(work, &administrators, &notice).await
}

fn sentences<'a>(late: impl Iterator<Item = &'a Late>) -> String {
    late.map(Late::sentence).collect::<Vec<_>>().join(" ")
}

/// What is late, in an order that does not depend on how it was found.
fn names(late: &[Late]) -> Vec<String> {
    let mut names: Vec<String> = late.iter().map(|late| late.what.clone()).collect();
    names.sort_unstable();
    names
}

fn duration(seconds: i64) -> String {
    if seconds < 60 {
        return format!("{seconds} s");
    }
    let zero = Timestamp::UNIX_EPOCH;
    span(zero, zero.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(zero))
}
