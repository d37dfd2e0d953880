//! Reminds people that access of theirs ends: when a third of its time is left, a week and a day before
//! (`domain::grant::End`), early enough to ask for an extension. Each reminder of an end is told once; a
//! server that stood still tells the nearest one only. An extension sets another end, which is told anew.

use super::{JobReport, Tally};
use crate::store;
use crate::store::grant_reminders::Ending;
use crate::usecase::Base;
use crate::usecase::error::UseCaseError;
use crate::usecase::notifying::{Notice, tell};
use crate::usecase::work::Work;
use app::when::{When, span};
use domain::actor::Actor;
use domain::event::EventKind;
use domain::grant::Reminder;
use domain::id::GrantId;
use domain::notification::NotificationKind;
use serde_json::json;

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
    let due = store::grant_reminders::due(work.conn(), now, BATCH).await?;
    work.commit().await?;
    let mut tally = Tally::new(NAME);
    for grant in due {
        tally.count(grant, remind(base, grant).await);
    }
    Ok(tally.report(format!("{} reminders of an end were told", tally.changed())))
}

async fn remind(base: &Base, grant: GrantId) -> Result<bool, UseCaseError> {
    let mut work = Work::begin(base, Actor::System { job: NAME.to_owned() }).await?;
    let now = work.now();
    // It has begun to end.
    let Some(ending) = store::grant_reminders::lock(work.conn(), grant).await? else { return Ok(false) };
    let told = match ending.end.due(now) {
        // Nothing is lost at an end that other access outlives.
        Some(reminder) if !ending.outlived => {
            store::grant_reminders::told(work.conn(), grant, ending.end.at, reminder, now).await?.then_some(reminder)
        }
        _ => None,
    };
    if let Some(reminder) = told {
        let detail = format!("{}, until {}", reminder.label(), When::new(ending.end.at, &base.zone).text);
        let body = json!({ "reminder": reminder.word(), "ends_at": ending.end.at.to_string(), "detail": detail });
        work.event(EventKind::GrantReminded, "grant", grant.0, Some(ending.request), body).await?;
        say(&mut work, base, grant, &ending, reminder).await?;
    }
    store::grant_reminders::set_next(work.conn(), grant, ending.end.next_after(now)).await?;
    work.commit().await?;
    Ok(told.is_some())
}

/// The link leads to where an extension is one press away.
async fn say(work: &mut Work<'_>, base: &Base, grant: GrantId, ending: &Ending, reminder: Reminder) -> Result<(), UseCaseError> {
    let now = work.now();
    let until = format!("{}: until {}, in {}.", ending.number, When::new(ending.end.at, &base.zone).text, span(now, ending.end.at));
    let what = match &ending.extension {
        Some(number) => format!("{number} asks for a later end already."),
        None => "If it is needed for longer, ask for an extension before then.".to_owned(),
    };
    let title = match reminder {
        Reminder::Day => "Access of yours ends within a day",
        Reminder::Week => "Access of yours ends within a week",
        Reminder::Third => "Access of yours ends",
    };
    let href = app::paths::extend(grant);
    let notice =
        Notice { kind: NotificationKind::AccessEnds, title, body: &format!("{until} {what}"), href: &href, request: Some(ending.request) };
    tell(work, &ending.people, &notice).await
}
