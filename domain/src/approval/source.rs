//! Where the approvers of a stage come from.

use crate::words::UnknownWord;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where approvers come from: records that say who, at the moment the question is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ApproverSource {
    /// The subject's line manager; for an account without one, that of whoever answers for it.
    LineManager,
    /// The line manager's line manager.
    ManagersManager,
    /// The owner of the application.
    ApplicationOwner,
    /// The deputy of the owner.
    ApplicationDeputy,
    /// The line manager of the owner.
    OwnersManager,
    /// The members of a named group, by its code.
    Group(String),
}

impl ApproverSource {
    /// Every source but the groups.
    pub const NAMED: &'static [Self] =
        &[Self::LineManager, Self::ManagersManager, Self::ApplicationOwner, Self::ApplicationDeputy, Self::OwnersManager];

    /// The word stored in the database.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::LineManager => "line_manager".to_owned(),
            Self::ManagersManager => "managers_manager".to_owned(),
            Self::ApplicationOwner => "application_owner".to_owned(),
            Self::ApplicationDeputy => "application_deputy".to_owned(),
            Self::OwnersManager => "owners_manager".to_owned(),
            Self::Group(code) => format!("group:{code}"),
        }
    }

    /// As what somebody from this source is asked: "line manager", "member of security".
    #[must_use]
    pub fn because(&self) -> String {
        match self {
            Self::LineManager => "line manager".to_owned(),
            Self::ManagersManager => "manager's manager".to_owned(),
            Self::ApplicationOwner => "owner".to_owned(),
            Self::ApplicationDeputy => "deputy".to_owned(),
            Self::OwnersManager => "owner's manager".to_owned(),
            Self::Group(code) => format!("member of {code}"),
        }
    }

    /// Why it gives nobody when nobody is on record.
    #[must_use]
    pub fn nobody(&self) -> String {
        match self {
            Self::LineManager => "no line manager is recorded".to_owned(),
            Self::ManagersManager => "the line manager has no manager on record".to_owned(),
            Self::ApplicationOwner => "the application has no owner".to_owned(),
            Self::ApplicationDeputy => "the application has no deputy".to_owned(),
            Self::OwnersManager => "the application's owner has no manager on record".to_owned(),
            Self::Group(code) => format!("the group {code} has no members"),
        }
    }

    /// The code of the group, if it is one.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        match self {
            Self::Group(code) => Some(code),
            _ => None,
        }
    }
}

impl fmt::Display for ApproverSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::LineManager => "Line manager".to_owned(),
            Self::ManagersManager => "Manager's manager".to_owned(),
            Self::ApplicationOwner => "Application owner".to_owned(),
            Self::ApplicationDeputy => "Deputy of the owner".to_owned(),
            Self::OwnersManager => "Owner's manager".to_owned(),
            Self::Group(code) => format!("Group {code}"),
        })
    }
}

impl From<ApproverSource> for String {
    fn from(source: ApproverSource) -> Self {
        source.word()
    }
}

impl FromStr for ApproverSource {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(named) = Self::NAMED.iter().find(|source| source.word() == text) {
            return Ok(named.clone());
        }
        // The shape of a code as the constraint on groups states it.
        let is_code = |code: &str| {
            let mut bytes = code.bytes();
            bytes.next().is_some_and(|b| b.is_ascii_lowercase())
                && (2..=41).contains(&code.len())
                && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
        };
        match text.strip_prefix("group:") {
            Some(code) if is_code(code) => Ok(Self::Group(code.to_owned())),
            _ => Err(UnknownWord { noun: "source of approvers", word: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for ApproverSource {
    type Error = UnknownWord;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_reads_back_from_its_word_and_nothing_else_does() {
        for source in ApproverSource::NAMED.iter().cloned().chain([ApproverSource::Group("security".into())]) {
            assert_eq!(source.word().parse(), Ok(source));
        }
        for wrong in ["", "manager", "group:", "group:S", "group:Security", "group:a b", "Line manager", "group:9x"] {
            assert!(wrong.parse::<ApproverSource>().is_err(), "{wrong}");
        }
    }
}
