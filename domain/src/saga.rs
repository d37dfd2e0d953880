//! Carrying a release out by machine, step by step: what comes next, given what is on record.
//!
//! Every step is written down before it is begun and again when it ended; whoever takes over after a
//! crash reads the same record and comes to the same next move. A step that was begun and never ended
//! is begun again with the same key: connectors read before they write. Steps are undone backwards. A
//! saga in the sense of Garcia-Molina and Salem, "Sagas", SIGMOD 1987: each step with its compensation,
//! and a compensation that fails is a state with a name ([`crate::release::ReleaseState::Stuck`]).
//!
//! Belongs here: the order of moves, waits, and when to give up. Does not belong here: calling anybody.

use crate::release::{ReleaseKind, ReleaseState};
use crate::words::words;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

words! {
    /// What a step does.
    pub enum StepOperation: "step" {
        /// The account is there and active.
        ReadyAccount = "ready_account", "Make the account ready",
        /// The entitlement is given.
        Give = "give", "Give the entitlement",
        /// The entitlement is taken.
        Take = "take", "Take the entitlement",
        /// The account is closed.
        CloseAccount = "close_account", "Close the account",
    }
}

words! {
    /// Where a step stands.
    pub enum StepState: "step state" {
        /// Not begun.
        Waiting = "waiting", "Waits",
        /// It was there already.
        NotNeeded = "not_needed", "Was there already",
        /// Begun; what came of it is not on record.
        Begun = "begun", "Under way",
        /// The other side said that it will answer later.
        Awaited = "awaited", "The answer is awaited",
        /// It came to nothing.
        Failed = "failed", "Failed",
        /// Done, says the other side.
        Done = "done", "Done",
        /// A person did it, or found it unnecessary; a second one confirmed.
        Skipped = "skipped", "Done by a person",
        /// Not done, or not undone: other access of the person rests on it.
        Kept = "kept", "Kept for other access",
        /// Being undone; what came of it is not on record.
        Undoing = "undoing", "Being undone",
        /// Undone, says the other side.
        Undone = "undone", "Undone",
        /// A person took it back; a second one confirmed.
        TakenBack = "taken_back", "Taken back by a person",
        /// Could not be undone.
        UndoFailed = "undo_failed", "Could not be undone",
    }
}

/// A step as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// What it does.
    pub operation: StepOperation,
    /// Where it stands.
    pub state: StepState,
    /// What it wants was there when it was planned. It may be done again, and is never undone.
    pub was_there: bool,
}

/// What comes next on the way forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask what is there, and plan the steps.
    Plan,
    /// Do the step at this position.
    Apply(usize),
    /// Wait for the answer to the step at this position.
    Await(usize),
    /// Everything is done: ask anew what is there.
    ReadBack,
}

/// What comes next on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextUndo {
    /// Undo the step at this position.
    Undo(usize),
    /// A person did the step at this position, so people take it back and say so.
    ByHand(usize),
    /// Everything was undone: ask anew what is there.
    ReadBack,
    /// Nothing had to be undone.
    RolledBack,
}

/// The next move forward. No steps on record means that nothing was planned yet.
#[must_use]
pub fn next(steps: &[StepRecord]) -> Next {
    if steps.is_empty() || steps.iter().any(|step| was_undone(step.state)) {
        return Next::Plan;
    }
    for (position, step) in steps.iter().enumerate() {
        match step.state {
            StepState::Waiting | StepState::Begun | StepState::Failed => return Next::Apply(position),
            StepState::Awaited => return Next::Await(position),
            // What could not be undone stands as it was done.
            StepState::Done | StepState::NotNeeded | StepState::Skipped | StepState::Kept | StepState::UndoFailed | StepState::Undoing => {}
            StepState::Undone | StepState::TakenBack => return Next::Plan,
        }
    }
    Next::ReadBack
}

/// Whether a call was made for a step, so that something of it may be over there.
fn was_begun(state: StepState) -> bool {
    matches!(
        state,
        StepState::Begun | StepState::Awaited | StepState::Failed | StepState::Done | StepState::Undoing | StepState::UndoFailed
    )
}

/// Whether a step is said to be taken back. A reading proves it and ends the round, so a round with such
/// a step is not proven yet.
fn was_undone(state: StepState) -> bool {
    matches!(state, StepState::Undone | StepState::TakenBack)
}

/// The next move back: the last step of which something may be there. One that failed or was begun may
/// have had its effect, so it is undone, too; what was there before is never touched.
#[must_use]
pub fn next_undo(steps: &[StepRecord]) -> NextUndo {
    let last = steps.iter().enumerate().rev().filter(|(_, step)| !step.was_there).find_map(|(position, step)| match step.state {
        StepState::Skipped => Some(NextUndo::ByHand(position)),
        state if was_begun(state) => Some(NextUndo::Undo(position)),
        _ => None,
    });
    last.unwrap_or(if steps.iter().any(|step| was_undone(step.state)) { NextUndo::ReadBack } else { NextUndo::RolledBack })
}

/// Whether something may be there that the release brought about, or that it began to change.
#[must_use]
pub fn touched(steps: &[StepRecord]) -> bool {
    steps.iter().any(|step| step.state == StepState::Skipped || was_begun(step.state) || was_undone(step.state))
}

/// What a worker finds when it looks at a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Nothing for a machine to do: it waits for people, or is over.
    Rests,
    /// Nothing before this moment.
    Waits(Timestamp),
    /// To be begun, or begun again after it failed: its gates come first.
    Begins(Next),
    /// Under way.
    GoesOn(Next),
    /// Being undone.
    Undoes(NextUndo),
}

/// Where a release stands for a worker that looks at it now.
#[must_use]
pub fn stand(kind: ReleaseKind, state: &ReleaseState, steps: &[StepRecord], now: Timestamp) -> Stand {
    // An extension changes nothing over there: it is only asked whether the access is there.
    let forward = || if kind == ReleaseKind::Extend { Next::ReadBack } else { next(steps) };
    match state {
        ReleaseState::Failed { next_try: Some(at), .. } | ReleaseState::Undoing { next_try: Some(at), .. } if *at > now => {
            Stand::Waits(*at)
        }
        ReleaseState::Planned | ReleaseState::Failed { next_try: Some(_), .. } => Stand::Begins(forward()),
        ReleaseState::Gated | ReleaseState::AccountReady | ReleaseState::Activated { by: None, .. } => Stand::GoesOn(forward()),
        ReleaseState::Undoing { .. } => Stand::Undoes(next_undo(steps)),
        ReleaseState::Failed { next_try: None, .. }
        | ReleaseState::Held { .. }
        | ReleaseState::Activated { by: Some(_), .. }
        | ReleaseState::Stuck { .. }
        | ReleaseState::RolledBack { .. }
        | ReleaseState::Closed { .. }
        | ReleaseState::Cancelled => Stand::Rests,
    }
}

/// How often giving is tried by itself before a person has to look.
pub const MOST_TRIES: u32 = 8;

/// When a failed release is tried again by itself; `None`: a person has to look. Giving up is for what
/// gives access. A removal goes on being tried for as long as it takes (law 7): nobody has to notice
/// for access to go.
///
/// `wait` is the back-off with its jitter, `asked` what the other side asked for (`Retry-After`).
#[must_use]
pub fn next_try(
    kind: ReleaseKind,
    tries: u32,
    may_try_again: bool,
    wait: SignedDuration,
    asked: Option<SignedDuration>,
    now: Timestamp,
) -> Option<Timestamp> {
    let goes_on = match kind {
        ReleaseKind::Remove => true,
        ReleaseKind::Activate | ReleaseKind::Extend => may_try_again && tries < MOST_TRIES,
    };
    // What a removal was refused for good is looked at by a person and tried again each hour meanwhile.
    let wait = if may_try_again { wait } else { SignedDuration::from_hours(1) };
    goes_on.then(|| now.saturating_add(asked.map_or(wait, |asked| asked.max(wait))).unwrap_or(now))
}

/// How what is there differs from what was planned, as far as this release goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variance {
    /// Planned and not there.
    pub missing: Vec<String>,
    /// There and not planned.
    pub unexpected: Vec<String>,
}

/// Compares what should be there with what is: references, sorted.
#[must_use]
pub fn variance<'a>(planned: impl IntoIterator<Item = &'a str>, actual: impl IntoIterator<Item = &'a str>) -> Variance {
    let planned: BTreeSet<&str> = planned.into_iter().collect();
    let actual: BTreeSet<&str> = actual.into_iter().collect();
    let words = |found: Vec<&&str>| found.into_iter().map(|word| (*word).to_owned()).collect();
    Variance { missing: words(planned.difference(&actual).collect()), unexpected: words(actual.difference(&planned).collect()) }
}

/// What a reading has to look at to prove that a release was undone: the steps that are said to be taken
/// back, by position. What was kept for other access, and what was never begun, is not among them.
pub fn undone(steps: &[StepRecord]) -> impl Iterator<Item = (usize, &StepRecord)> {
    steps.iter().enumerate().filter(|(_, step)| !step.was_there && was_undone(step.state))
}

/// The account of a person, as a reading has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRead {
    /// It can be used.
    Active,
    /// It cannot be used, or is gone and was there.
    Closed,
    /// There is none, and none is known to have been there: it may be another one than was looked for.
    NeverKnown,
}

/// Whether a reading proves the release: what it gives is there on an active account, what it takes is
/// gone from an account that is known. Other differences are recorded and shown; they are no reason to call this one unproven.
#[must_use]
pub fn proves(kind: ReleaseKind, reference: &str, account: AccountRead, actual: &BTreeSet<String>) -> bool {
    let there = actual.contains(reference);
    match kind {
        ReleaseKind::Activate | ReleaseKind::Extend => there && account == AccountRead::Active,
        ReleaseKind::Remove => !there && account != AccountRead::NeverKnown,
    }
}

#[cfg(test)]
mod tests;
