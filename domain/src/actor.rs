//! Who acts: a signed-in person, the system's own jobs, or an import from a file.

use crate::id::{ApplicationId, IdentityId, SessionId};
use crate::permission::Role;
use serde::{Deserialize, Serialize};

/// The author of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in person.
    Person {
        /// Their identity.
        identity: IdentityId,
    },
    /// A job of the product itself.
    System {
        /// The job's name.
        job: String,
    },
    /// Someone with a shell on the machine, importing a file or setting up.
    Operator {
        /// The command they ran.
        command: String,
    },
}

impl Actor {
    /// The word stored in the database.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person { .. } => "person",
            Self::System { .. } => "system",
            Self::Operator { .. } => "operator",
        }
    }

    /// The person, if it is one.
    #[must_use]
    pub fn identity(&self) -> Option<IdentityId> {
        match self {
            Self::Person { identity } => Some(*identity),
            Self::System { .. } | Self::Operator { .. } => None,
        }
    }

    /// The job or command, if it is not a person.
    #[must_use]
    pub fn process(&self) -> Option<&str> {
        match self {
            Self::Person { .. } => None,
            Self::System { job } => Some(job),
            Self::Operator { command } => Some(command),
        }
    }
}

/// The signed-in person on whose behalf a page or a change is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The session the caller arrived with.
    pub session: SessionId,
    /// Who they are.
    pub identity: IdentityId,
    /// Name to show.
    pub name: String,
    /// Roles assigned in the product (never contains derived roles).
    pub roles: Vec<Role>,
    /// Applications they own or deputise for, by id.
    pub applications: Vec<ApplicationId>,
}

impl Caller {
    /// Whether the role is assigned.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The caller as the author of an event.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Person { identity: self.identity }
    }
}
