//! What the clock does to decisions and work by hand that wait: those asked are reminded once, then the
//! next level is asked as well, and what somebody has taken on and not done goes back to the team. Clocks stand
//! still while the requester is asked.

use super::{JobReport, Tally};
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::manual;
use crate::usecase::stage_queue;
use crate::usecase::work::Work;
use domain::actor::Actor;

/// Name in the job table.
pub const NAME: &str = "remind-and-escalate";

/// Stages of each kind in one run; the rest follow in the next.
const BATCH: i64 = 500;

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; stages done before that stay done.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut work = Work::read(base).await?;
    let now = work.now();
    let lapsed = store::holds::lapsed_claims(work.conn(), now, BATCH).await?;
    let to_escalate = store::holds::to_escalate(work.conn(), now, BATCH).await?;
    let to_remind = store::holds::to_remind(work.conn(), now, BATCH).await?;
    let lapsed_work = store::release_hands::lapsed_claims(work.conn(), now, BATCH).await?;
    let late_work = store::release_hands::late(work.conn(), now, BATCH).await?;
    work.commit().await?;
    let mut tally = Tally::new(NAME);
    for stage in lapsed {
        let mut work = begin(base).await?;
        let outcome = stage_queue::lapse_claim(&mut work, stage).await;
        tally.count(stage, keep(work, outcome).await);
    }
    for release in lapsed_work {
        let mut work = begin(base).await?;
        let outcome = manual::lapse_claim(&mut work, release).await;
        tally.count(release, keep(work, outcome).await);
    }
    let back = tally.changed();
    for stage in to_remind {
        let mut work = begin(base).await?;
        let outcome = stage_queue::remind(&mut work, base, stage).await;
        tally.count(stage, keep(work, outcome).await);
    }
    for release in late_work {
        let mut work = begin(base).await?;
        let outcome = manual::remind(&mut work, base, release).await;
        tally.count(release, keep(work, outcome).await);
    }
    let reminded = tally.changed() - back;
    for stage in to_escalate {
        let mut work = begin(base).await?;
        let outcome = stage_queue::escalate(&mut work, base, stage).await;
        tally.count(stage, keep(work, outcome).await);
    }
    let escalated = tally.changed() - back - reminded;
    Ok(tally.report(format!("{reminded} reminded, {escalated} escalated, {back} given back")))
}

/// Commits what changed something; everything else rolls back.
async fn keep(work: Work<'_>, outcome: Result<bool, UseCaseError>) -> Result<bool, UseCaseError> {
    let changed = outcome?;
    if changed {
        work.commit().await?;
    }
    Ok(changed)
}

async fn begin(base: &Base) -> Result<Work<'_>, UseCaseError> {
    Work::begin(base, Actor::System { job: NAME.to_owned() }).await
}
