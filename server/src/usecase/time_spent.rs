//! How long a request and its stages have been waiting: on the wall, in working time, and for the
//! requester, with the version of the calendar that it was counted with.

use super::Base;
use super::business_time::{Calendar, calendar_of, calendar_version, due};
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::approvals::StageRow;
use crate::store::requests::RequestRow;
use app::requests::port::TimeSpent;
use app::when::When;
use domain::elapsed::{Course, Spent};
use domain::id::StageId;
use jiff::SignedDuration;
use std::collections::{BTreeMap, HashMap};

/// The calendars that were read so far, by code and version.
#[derive(Default)]
struct Calendars(HashMap<(String, i32), Calendar>);

impl Calendars {
    async fn read(&mut self, work: &mut Work<'_>, base: &Base, code: &str, version: i32) -> Result<&Calendar, UseCaseError> {
        match self.0.entry((code.to_owned(), version)) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(place) => Ok(place.insert(calendar_version(work, base, code, version).await?)),
        }
    }
}

/// How long a stage took or has taken, and when it is due, both by its own calendar.
pub struct OfStage {
    /// How long.
    pub spent: TimeSpent,
    /// When it is due.
    pub due: Option<When>,
}

/// How long each of the stages took or has taken; nothing for a stage that never opened, and for one
/// whose calendar cannot be used any more: who has to act on a release does not wait for that.
pub async fn of_stages(work: &mut Work<'_>, base: &Base, stages: &[StageRow]) -> HashMap<StageId, OfStage> {
    let (now, mut calendars, mut times) = (work.now(), Calendars::default(), HashMap::new());
    for stage in stages {
        let (Some(course), Some((code, version))) = (course(stage), &stage.calendar) else { continue };
        match calendars.read(work, base, code, *version).await {
            Ok(calendar) => {
                let spent = told(&Spent::of(&course, &calendar.calendar, now), calendar);
                times.insert(stage.id, OfStage { spent, due: stage.due_at.map(|at| due(at, &calendar.calendar, base)) });
            }
            Err(error) => {
                tracing::error!(stage = %stage.id, fault = %crate::queue::chain(&error), "no times, because the calendar cannot be used")
            }
        }
    }
    times
}

/// How long the request took until the access was given or it ended otherwise, or has taken. It is
/// counted with the calendar of its first stage, or, before there is one, with that of the
/// subject's unit.
///
/// # Errors
/// [`UseCaseError`] when a calendar cannot be read.
pub async fn of_request(work: &mut Work<'_>, base: &Base, row: &RequestRow) -> Result<TimeSpent, UseCaseError> {
    let (now, mut calendars) = (work.now(), Calendars::default());
    let mut first = None;
    // Stages of one step wait for the requester at the same time: that time counts once.
    let mut waited: BTreeMap<(i32, i32), SignedDuration> = BTreeMap::new();
    for revision in 1..=row.revision {
        for stage in store::approvals::stages(work.conn(), row.id, revision).await? {
            let (Some(course), Some((code, version))) = (course(&stage), stage.calendar.clone()) else { continue };
            let calendar = calendars.read(work, base, &code, version).await?;
            let waiting = Spent::of(&course, &calendar.calendar, now).waiting;
            let of_step = waited.entry((revision, stage.step)).or_default();
            *of_step = waiting.max(*of_step);
            first.get_or_insert((code, version));
        }
    }
    let given_at = store::lead_times::given_at(work.conn(), row.id).await?;
    let course = Course {
        opened_at: row.submitted_at,
        closed_at: given_at.or_else(|| (!row.state.is_pending()).then_some(row.since)),
        paused_at: None,
        waited: waited.into_values().fold(SignedDuration::ZERO, SignedDuration::saturating_add),
    };
    if let Some((code, version)) = first {
        let calendar = calendars.read(work, base, &code, version).await?;
        return Ok(told(&Spent::of(&course, &calendar.calendar, now), calendar));
    }
    let unit = store::facts::subject(work.conn(), row.subject.id).await?.and_then(|subject| subject.unit_id);
    let calendar = calendar_of(work, base, unit).await?;
    Ok(told(&Spent::of(&course, &calendar.calendar, now), &calendar))
}

fn course(stage: &StageRow) -> Option<Course> {
    Some(Course {
        opened_at: stage.opened_at?,
        closed_at: stage.closed_at,
        paused_at: stage.paused_at,
        waited: SignedDuration::from_secs(stage.waited_seconds),
    })
}

fn told(spent: &Spent, calendar: &Calendar) -> TimeSpent {
    TimeSpent { words: spent.words(), calendar: format!("{}, version {}", calendar.name, calendar.version) }
}
