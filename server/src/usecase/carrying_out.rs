//! Carrying a release out by machine.
//!
//! [`advance`] moves one release as far as it goes now. Each move has three parts: a transaction that
//! decides what comes next and writes it down ([`taking_on`], with what has to be clear before anything
//! is given in [`clearing`] and what is left for other access in [`keeping`]), a call to the other machine
//! outside of any transaction ([`calling`]), and a transaction that writes down what came of it
//! ([`settling`], [`failing`]).
//! Whoever takes over after a crash reads the same record and makes the same move again, with the same
//! key. A lease keeps two workers apart; the fence, a number that counts up with each worker, keeps one
//! that was taken for dead from writing anything.
//!
//! What people do about it (try again, skip, roll back) is in [`by_hand`].

mod account;
mod breaker;
pub mod by_hand;
mod calling;
mod clearing;
pub mod completing;
mod failing;
pub mod keeping;
mod settling;
mod taking_on;

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::store::release_steps::Carrying;
use crate::store::requests::RequestRow;
use crate::store::{self, releases::ReleaseRow};
use domain::actor::Actor;
use domain::id::ReleaseId;
use domain::saga::{self, StepRecord};
use jiff::{SignedDuration, Timestamp};
use taking_on::TakenOn;

/// Who it is on the execution trail.
pub const NAME: &str = "carry-out";
/// How long a worker has a release for one move. A call is given up well before.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How long an answer that was announced may take.
pub const AWAITED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// When a release looks again that waits for its opposite to be over, or for a second look.
const OPPOSITE_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// How far a release went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing more for a machine to do: over, by hand, or a person has to look.
    Rests,
    /// Goes on at this moment; it is queued for then.
    At(Timestamp),
}

/// Moves a release as far as it goes now.
///
/// # Errors
/// [`UseCaseError`] when our own database refuses. What the other machine says is no error: it is on
/// the record.
pub async fn advance(base: &Base, id: ReleaseId) -> Result<Progress, UseCaseError> {
    let mut fence = None;
    loop {
        match taking_on::take_on(base, id, fence).await? {
            TakenOn::Rest(progress) => return Ok(progress),
            TakenOn::Move(task) => {
                fence = Some(task.fence);
                let outcome = calling::call(base, &task).await;
                if !settling::settle(base, *task, outcome).await? {
                    return Ok(Progress::Rests);
                }
            }
        }
    }
}

/// A release with its request, locked in the order that holds everywhere: person, request, release, and
/// then the connection.
pub(super) struct Locked {
    pub(super) request: RequestRow,
    pub(super) release: ReleaseRow,
}

pub(super) async fn lock(work: &mut Work<'_>, id: ReleaseId) -> Result<Option<Locked>, UseCaseError> {
    let Some(seen) = store::releases::find(work.conn(), id, false).await? else { return Ok(None) };
    store::facts::lock_person(work.conn(), seen.subject).await?;
    let request = store::requests::find(work.conn(), seen.request, true).await?;
    let release = store::releases::find(work.conn(), id, true).await?;
    Ok(request.zip(release).map(|(request, release)| Locked { request, release }))
}

/// What is known of a release that rests: where nothing of it is over there, the next try goes through
/// whatever connection the application then has.
fn let_go(carrying: Carrying, steps: &[StepRecord]) -> Carrying {
    let connection = carrying.connection.filter(|_| saga::touched(steps));
    Carrying { connection, worked_until: None, ..carrying }
}

fn actor() -> Actor {
    Actor::System { job: NAME.to_owned() }
}
