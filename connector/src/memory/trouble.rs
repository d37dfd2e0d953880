//! What can be told to go wrong, and where.

use crate::order::Operation;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// A call, as scripts name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The settings are tried.
    Test,
    /// It is read what is there before anything is done.
    Plan,
    /// A step is done.
    Apply(Operation),
    /// It is read what is there afterwards.
    ReadBack,
    /// A step is undone.
    Undo(Operation),
}

impl Moment {
    /// One word for the record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Plan => "plan",
            Self::Apply(operation) => operation.word(),
            Self::ReadBack => "read_back",
            Self::Undo(operation) => operation.undo_word(),
        }
    }

    /// Whether something is changed then.
    #[must_use]
    pub fn changes(self) -> bool {
        matches!(self, Self::Apply(_) | Self::Undo(_))
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It understands and says no. Nothing happens.
    Refuse,
    /// Nothing happens and no answer ever comes; the caller has to stop waiting.
    Hang,
    /// It is done after this time.
    Slow(Duration),
    /// Status 500. Nothing happens.
    Fail,
    /// Status 429, with how long it wants to be left alone. Nothing happens.
    Throttle(Option<Duration>),
    /// The first of two parts happens, then status 500. A reading breaks off.
    HalfDone,
    /// It is done, and the answer is status 500.
    DoneButSaysFailed,
    /// Nothing happens, and the answer says that it was done. A reading is as of before the last
    /// change.
    SaysDoneButNot,
    /// It is done, and no answer ever comes.
    DoneThenHangs,
}

impl Trouble {
    /// One of each, for tables of tests.
    pub const EACH: [Self; 9] = [
        Self::Refuse,
        Self::Hang,
        Self::Slow(Duration::from_secs(2)),
        Self::Fail,
        Self::Throttle(Some(Duration::from_secs(7))),
        Self::HalfDone,
        Self::DoneButSaysFailed,
        Self::SaysDoneButNot,
        Self::DoneThenHangs,
    ];
}

/// Troubles drawn by chance. What is drawn depends on the seed, the release, the moment and how often
/// it was called, and not on which of several tasks came first: the same seed gives the same run.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    pub(super) seed: u64,
    pub(super) per_mille: u16,
    pub(super) troubles: Vec<Trouble>,
}

impl Drawing {
    pub(super) fn draw(&self, release: Option<Uuid>, moment: Moment, call: u32) -> Option<Trouble> {
        let (high, low) = release.unwrap_or_default().as_u64_pair();
        let which = u64::from(moment.word().bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))));
        let number = [high, low, which, u64::from(call)].into_iter().fold(mixed(self.seed), |state, part| mixed(state ^ part));
        let choices = u64::try_from(self.troubles.len()).ok().filter(|choices| *choices > 0)?;
        if number % 1000 >= u64::from(self.per_mille) {
            return None;
        }
        let choice = usize::try_from(mixed(number) % choices).ok()?;
        self.troubles.get(choice).copied()
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014).
fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
