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
