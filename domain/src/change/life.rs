//! The life of a change. Every state carries the facts that make it so; moves consume the state and
//! may refuse.

use super::ChangeState;
use crate::error::InvalidTransition;
use crate::id::IdentityId;
use jiff::Timestamp;

/// Who decided as the second person, when, and with what words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Who.
    pub by: IdentityId,
    /// When.
    pub at: Timestamp,
    /// With what words.
    pub reason: String,
}

/// Where a change stands, with the facts of that state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeLife {
    /// Waits for a second person.
    Proposed,
    /// Waits for its time. Nobody had to confirm it when nothing in it needs a second person.
    Confirmed {
        /// The second person.
        second: Option<Decided>,
    },
    /// In force.
    InForce {
        /// The second person.
        second: Option<Decided>,
        /// Since when.
        at: Timestamp,
        /// The version that came of it.
        version: i32,
    },
    /// A second person said no.
    Refused(Decided),
    /// Its proposer took it back.
    Withdrawn(Decided),
    /// The record had changed meanwhile, or what it names is gone.
    Overtaken {
        /// The second person, if it was confirmed before.
        second: Option<Decided>,
    },
}

impl ChangeLife {
    /// How a change begins: waiting for a second person when something in it needs one.
    #[must_use]
    pub fn begin(needs_second: bool) -> Self {
        if needs_second { Self::Proposed } else { Self::Confirmed { second: None } }
    }

    /// The state as a word.
    #[must_use]
    pub fn state(&self) -> ChangeState {
        match self {
            Self::Proposed => ChangeState::Proposed,
            Self::Confirmed { .. } => ChangeState::Confirmed,
            Self::InForce { .. } => ChangeState::InForce,
            Self::Refused(_) => ChangeState::Refused,
            Self::Withdrawn(_) => ChangeState::Withdrawn,
            Self::Overtaken { .. } => ChangeState::Overtaken,
        }
    }

    /// Who decided it, if somebody did.
    #[must_use]
    pub fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Proposed => None,
            Self::Confirmed { second } | Self::InForce { second, .. } | Self::Overtaken { second } => second.as_ref(),
            Self::Refused(decided) | Self::Withdrawn(decided) => Some(decided),
        }
    }

    /// Since when it is in force, once it is: what is confirmed after the time that it was wanted for
    /// begins later than that.
    #[must_use]
    pub fn in_force_since(&self) -> Option<Timestamp> {
        match self {
            Self::InForce { at, .. } => Some(*at),
            Self::Proposed | Self::Confirmed { .. } | Self::Refused(_) | Self::Withdrawn(_) | Self::Overtaken { .. } => None,
        }
    }

    /// Neither in force nor given up.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Proposed | Self::Confirmed { .. })
    }

    fn refuse(&self, action: &'static str) -> InvalidTransition {
        InvalidTransition { noun: "change", from: self.state().word(), action }
    }

    /// A second person agrees.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless proposed.
    pub fn confirm(self, by: Decided) -> Result<Self, InvalidTransition> {
        match self {
            Self::Proposed => Ok(Self::Confirmed { second: Some(by) }),
            other => Err(other.refuse("be confirmed")),
        }
    }

    /// A second person says no.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless proposed.
    pub fn turn_down(self, by: Decided) -> Result<Self, InvalidTransition> {
        match self {
            Self::Proposed => Ok(Self::Refused(by)),
            other => Err(other.refuse("be refused")),
        }
    }

    /// The proposer takes it back.
    ///
    /// # Errors
    /// [`InvalidTransition`] once it is in force or given up.
    pub fn withdraw(self, by: Decided) -> Result<Self, InvalidTransition> {
        match self {
            Self::Proposed | Self::Confirmed { .. } => Ok(Self::Withdrawn(by)),
            other => Err(other.refuse("be taken back")),
        }
    }

    /// The record moved on.
    ///
    /// # Errors
    /// [`InvalidTransition`] once it is in force or given up.
    pub fn overtake(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Proposed => Ok(Self::Overtaken { second: None }),
            Self::Confirmed { second } => Ok(Self::Overtaken { second }),
            other => Err(other.refuse("be overtaken")),
        }
    }

    /// Its time has come.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless confirmed and due.
    pub fn put_in_force(self, at: Timestamp, due: Timestamp, version: i32) -> Result<Self, InvalidTransition> {
        match self {
            Self::Confirmed { second } if at >= due => Ok(Self::InForce { second, at, version }),
            other => Err(other.refuse("come into force")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided() -> Decided {
        Decided { by: IdentityId::new(Timestamp::UNIX_EPOCH, [1; 10]), at: Timestamp::UNIX_EPOCH, reason: "because".into() }
    }

    #[test]
    fn exactly_the_legal_moves_are_allowed() {
        let (at, due) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let every = [
            ChangeLife::Proposed,
            ChangeLife::Confirmed { second: Some(decided()) },
            ChangeLife::InForce { second: None, at, version: 2 },
            ChangeLife::Refused(decided()),
            ChangeLife::Withdrawn(decided()),
            ChangeLife::Overtaken { second: None },
        ];
        let mut allowed = Vec::new();
        for state in every {
            for (name, next) in [
                ("confirm", state.clone().confirm(decided())),
                ("turn_down", state.clone().turn_down(decided())),
                ("withdraw", state.clone().withdraw(decided())),
                ("overtake", state.clone().overtake()),
                ("put_in_force", state.clone().put_in_force(at, due, 2)),
            ] {
                if let Ok(next) = next {
                    allowed.push(format!("{} -{name}-> {}", state.state().word(), next.state().word()));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                "proposed -confirm-> confirmed",
                "proposed -turn_down-> refused",
                "proposed -withdraw-> withdrawn",
                "proposed -overtake-> overtaken",
                "confirmed -withdraw-> withdrawn",
                "confirmed -overtake-> overtaken",
                "confirmed -put_in_force-> in_force",
            ]
        );
    }

    #[test]
    fn nothing_comes_into_force_before_its_time_or_without_the_second_person_it_needs() {
        let (early, due) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(1).unwrap());
        assert!(ChangeLife::begin(false).put_in_force(early, due, 2).is_err());
        assert!(ChangeLife::begin(false).put_in_force(due, due, 2).is_ok());
        assert!(ChangeLife::begin(true).put_in_force(due, due, 2).is_err());
        let in_force = ChangeLife::begin(true).confirm(decided()).and_then(|life| life.put_in_force(due, due, 2)).unwrap();
        assert_eq!(in_force.decided(), Some(&decided()));
    }
}
