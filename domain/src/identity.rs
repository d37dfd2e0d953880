//! Identities: people and non-human accounts, their populations and their lives.

use crate::error::InvalidTransition;
use crate::words::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// Which specification applies to an identity.
    pub enum Population: "population" {
        /// On the payroll.
        Employee = "employee", "Employee",
        /// Working under a contract with an end.
        Contractor = "contractor", "Contractor",
        /// Working for a supplier.
        Vendor = "vendor", "Vendor",
        /// Not a person.
        ServiceAccount = "service_account", "Service account",
        /// A person's second, privileged account.
        PrivilegedAdmin = "privileged_admin", "Privileged administrator",
    }
}

words! {
    /// The second factor that is in force, as the source of truth reports it.
    pub enum Mfa: "mfa" {
        /// Not reported.
        Unknown = "unknown", "Not known",
        /// None.
        Absent = "absent", "None",
        /// A one-time code.
        OneTimeCode = "one_time_code", "One-time code",
        /// A passkey.
        Passkey = "passkey", "Passkey",
    }
}

impl Mfa {
    /// Whether a second factor is in force. Unknown counts as no: the product fails closed.
    #[must_use]
    pub fn in_force(self) -> bool {
        matches!(self, Self::OneTimeCode | Self::Passkey)
    }
}

/// The life of an identity. Suspended and retired identities hold no sessions and decide nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum IdentityState {
    /// Known, not yet started.
    Staged,
    /// At work.
    Active,
    /// Stopped for now.
    Suspended {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: String,
    },
    /// Gone; the record stays.
    Retired {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: String,
    },
}

impl IdentityState {
    /// The word stored in the database and shown on screen.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
            Self::Retired { .. } => "retired",
        }
    }

    /// Whether the identity may act and hold access.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }

    fn refuse(&self, action: &'static str) -> InvalidTransition {
        InvalidTransition { noun: "identity", from: self.word(), action }
    }

    /// Starts: only a staged identity can.
    ///
    /// # Errors
    /// [`InvalidTransition`] from any other state.
    pub fn activate(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Staged => Ok(Self::Active),
            other => Err(other.refuse("be activated")),
        }
    }

    /// Stops for now.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless active or staged.
    pub fn suspend(self, since: Timestamp, reason: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Active | Self::Staged => Ok(Self::Suspended { since, reason }),
            other => Err(other.refuse("be suspended")),
        }
    }

    /// Comes back from suspension.
    ///
    /// # Errors
    /// [`InvalidTransition`] unless suspended.
    pub fn resume(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Suspended { .. } => Ok(Self::Active),
            other => Err(other.refuse("be resumed")),
        }
    }

    /// Leaves for good.
    ///
    /// # Errors
    /// [`InvalidTransition`] when already retired.
    pub fn retire(self, since: Timestamp, reason: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Retired { .. } => Err(self.refuse("be retired")),
            Self::Staged | Self::Active | Self::Suspended { .. } => Ok(Self::Retired { since, reason }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOVES: [&str; 4] = ["activate", "suspend", "resume", "retire"];

    fn make(state: IdentityState, action: &str) -> Result<IdentityState, InvalidTransition> {
        let (since, reason) = (Timestamp::UNIX_EPOCH, "because".to_owned());
        match action {
            "activate" => state.activate(),
            "suspend" => state.suspend(since, reason),
            "resume" => state.resume(),
            _ => state.retire(since, reason),
        }
    }

    #[test]
    fn exactly_the_legal_moves_are_allowed() {
        let (since, reason) = (Timestamp::UNIX_EPOCH, "because".to_owned());
        let every = [
            IdentityState::Staged,
            IdentityState::Active,
            IdentityState::Suspended { since, reason: reason.clone() },
            IdentityState::Retired { since, reason },
        ];
        let mut allowed = Vec::new();
        for state in every {
            for action in MOVES {
                if let Ok(next) = make(state.clone(), action) {
                    allowed.push(format!("{} -{action}-> {}", state.word(), next.word()));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                "staged -activate-> active",
                "staged -suspend-> suspended",
                "staged -retire-> retired",
                "active -suspend-> suspended",
                "active -retire-> retired",
                "suspended -resume-> active",
                "suspended -retire-> retired",
            ]
        );
    }

    proptest! {
        #[test]
        fn nobody_comes_back_from_retirement(moves in proptest::collection::vec(0..MOVES.len(), 0..20)) {
            let mut state = IdentityState::Staged;
            for index in moves {
                let retired = matches!(state, IdentityState::Retired { .. });
                if let Ok(next) = make(state.clone(), MOVES[index]) {
                    prop_assert!(!retired, "{} after retirement", next.word());
                    state = next;
                }
            }
        }
    }
}
