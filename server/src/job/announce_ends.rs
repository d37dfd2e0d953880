//! Tells people that access of theirs ends soon, early enough to ask for an extension. Once for
//! each end: an extension moves the end, and the new one is told when its time comes.

use super::{JobReport, Tally};
use crate::store;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::work::Work;
use app::when::When;
use domain::actor::Actor;
use domain::id::GrantId;
use domain::notification::NotificationKind;

/// Name in the job table.
pub const NAME: &str = "announce-ends";

/// Grants looked at in one run; the rest follow in the next.
const BATCH: i64 = 500;

/// Runs once.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; what was told before that stays told.
pub async fn run(base: &Base) -> Result<JobReport, UseCaseError> {
    let mut work = Work::read(base).await?;
    let now = work.now();
    let ending = store::grants::ending_soon(work.conn(), now, BATCH).await?;
    work.commit().await?;
    let mut tally = Tally::new(NAME);
    for grant in ending {
        tally.count(grant, announce(base, grant).await);
    }
    Ok(tally.report(format!("{} ends were announced", tally.changed())))
}

async fn announce(base: &Base, grant: GrantId) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let now = work.now();
    // Somebody else was quicker, or the grant has begun to end.
    let Some(ending) = store::grants::announce_end(work.conn(), grant, now).await? else { return Ok(false) };
    let body = format!(
        "{}: until {}. If it is needed for longer, ask for an extension before then.",
        ending.number,
        When::new(ending.ends_at, &base.zone).text
    );
    let href = app::paths::request(ending.request);
    let notice = Notice {
        kind: NotificationKind::AccessEnds,
        title: "Access of yours ends soon",
        body: &body,
        href: &href,
        request: Some(ending.request),
    };
    tell(&mut work, &ending.people, &notice).await?;
    work.commit().await?;
    Ok(true)
}
