//! The settings of one connection to a SCIM server, as they are stored, and what makes them usable.

use super::path::AttributePath;
use crate::connector::Capabilities;
use crate::fault::Fault;
use crate::http::{Limits, Pace, Throughput};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// Our attributes that the settings may name. `identity` is our own id of a person, which never
/// changes; the others are in [`Subject::attributes`](crate::Subject::attributes).
pub const OWN_ATTRIBUTES: [&str; 8] = ["identity", "number", "login", "display_name", "mail", "unit", "title", "population"];

/// Answers may be this large, in bytes: a group of 20,000 members, read whole, is about 2 MiB.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

const LARGEST_PAGE: u32 = 1000;

/// Shortest time an answer has, in seconds.
const SHORTEST_TIMEOUT: u16 = 2;

/// Longest a call waits for its turn before the order is tried again later.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// All settings but the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimSettings {
    /// Where the server's endpoints begin: `https://directory.example/scim/v2`.
    pub base_url: String,
    /// How we prove who we are.
    #[serde(default)]
    pub authentication: Authentication,
    /// How the account of a person is found.
    pub matching: Matching,
    /// What a new account gets: the place in the SCIM record and our attribute.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// What an entitlement is over there.
    pub entitlement: EntitlementAs,
    /// What closing an account does.
    #[serde(default)]
    pub closing: Closing,
    /// Whether records are changed with PATCH.
    #[serde(default)]
    pub patch: Patch,
    /// Records asked for in one page.
    #[serde(default = "usual_page_size")]
    pub page_size: u32,
    /// Longest an answer may take, 2 to 50 seconds.
    #[serde(default = "usual_timeout")]
    pub timeout_seconds: u16,
    /// Most calls at the same time, 1 to 32.
    #[serde(default = "usual_at_once")]
    pub calls_at_once: u16,
    /// Most calls a second, over time, 1 to 100.
    #[serde(default = "usual_per_second")]
    pub calls_per_second: u16,
}

/// How we prove who we are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Authentication {
    /// The secret is a bearer token (RFC 6750).
    #[default]
    Bearer,
    /// The secret is the password of a user (RFC 7617).
    Basic {
        /// The user.
        user: String,
    },
}

/// How the account of a person is found: this place over there holds that attribute of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// `userName`, `externalId`, or any other path.
    pub path: String,
    /// One of [`OWN_ATTRIBUTES`].
    pub attribute: String,
}

/// What an entitlement is over there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case", deny_unknown_fields)]
pub enum EntitlementAs {
    /// Membership of a group.
    Group {
        /// What the entitlement's reference names.
        #[serde(default)]
        named_by: GroupName,
        /// How it is found out who is a member.
        #[serde(default)]
        lookup: MembershipLookup,
    },
    /// A value of an attribute of the account.
    Attribute {
        /// `entitlements`, `roles`, `roles[type eq "app"]`, or one of an extension.
        path: String,
    },
}

/// What names a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupName {
    /// `displayName`.
    #[default]
    DisplayName,
    /// `externalId`.
    ExternalId,
}

/// How it is found out who is a member of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MembershipLookup {
    /// By a filter, and by reading the members where the server cannot do that or where its no would
    /// count as proof that access is gone.
    #[default]
    Auto,
    /// By the filter `members.value eq "…"` alone: one small answer, however large the group, and a no
    /// that nothing verifies.
    Filter,
    /// By reading the group with all its members.
    Members,
    /// By the attribute `groups` of the account, which the server works out.
    GroupsOfUser,
}

/// What closing an account does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// `active` becomes false.
    #[default]
    Deactivate,
    /// The account is deleted.
    Delete,
    /// Nothing: accounts are not ours to close.
    Keep,
}

/// Whether records are changed with PATCH (RFC 7644 section 3.5.2) or by replacing them whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Patch {
    /// As the server says about itself (`ServiceProviderConfig`); with PATCH when it says nothing.
    #[default]
    Auto,
    /// With PATCH.
    Yes,
    /// By PUT of the whole record.
    No,
}

fn usual_page_size() -> u32 {
    100
}

fn usual_timeout() -> u16 {
    20
}

fn usual_at_once() -> u16 {
    4
}

/// One order takes up to about ten calls, most of them questions.
fn usual_per_second() -> u16 {
    20
}

/// What is wrong at a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field of [`ScimSettings`].
    pub field: &'static str,
    /// The part of it, when it has parts: `path`, or the key of a mapping.
    pub part: Option<String>,
    /// One sentence.
    pub why: String,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let why = match problem.part {
            Some(part) => format!("{part}: {}", problem.why),
            None => problem.why,
        };
        Self::Misconfigured { field: problem.field, why }
    }
}

/// The settings with their paths read.
#[derive(Clone, Debug)]
pub(super) struct Understood {
    pub matching: AttributePath,
    pub matching_attribute: String,
    pub attributes: Vec<(AttributePath, String)>,
    pub entitlement: UnderstoodEntitlement,
    pub closing: Closing,
    pub patch: Patch,
    pub page_size: u32,
}

/// What an entitlement is, with its path read.
#[derive(Clone, Debug)]
pub(super) enum UnderstoodEntitlement {
    Group { named_by: GroupName, lookup: MembershipLookup },
    Attribute(AttributePath),
}

impl Understood {
    /// The attribute of ours that a new account has as its `externalId`, by which we know what we made:
    /// the one that the settings put there, otherwise our own id of the person.
    pub(super) fn marked_by(&self) -> &str {
        let matching = std::iter::once((&self.matching, &self.matching_attribute));
        let mapped = self.attributes.iter().map(|(path, attribute)| (path, attribute));
        matching.chain(mapped).find(|(path, _)| path.is("externalId")).map_or("identity", |(_, attribute)| attribute)
    }
}

impl ScimSettings {
    /// What every SCIM server can do.
    pub const CAPABILITIES: Capabilities = Capabilities { accounts: true, reads_back: true, undoes: true, answers_later: false };

    /// Everything that is wrong, field by field; nothing when the settings can be used. The address is
    /// looked at more closely by the way out ([`crate::http::HttpOut::address`]), which knows where it
    /// may go.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.understand().err().unwrap_or_default()
    }

    fn pace(&self) -> Pace {
        let Self { timeout_seconds, calls_at_once, calls_per_second, .. } = *self;
        Pace { timeout_seconds, calls_at_once, calls_per_second }
    }

    /// How long and how much, for the way out.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.pace().limits(LARGEST_ANSWER)
    }

    /// How many calls, for the gate.
    #[must_use]
    pub fn throughput(&self) -> Throughput {
        self.pace().throughput(LONGEST_WAIT)
    }

    pub(super) fn understand(&self) -> Result<Understood, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |field, part: Option<&str>, why: String| problems.push(Problem { field, part: part.map(str::to_owned), why });

        if let Some(why) = why_not_base(&self.base_url) {
            wrong("base_url", None, why.to_owned());
        }
        if let Authentication::Basic { user } = &self.authentication
            && (user.trim().is_empty() || user.contains(':'))
        {
            wrong("authentication", Some("user"), "It is empty, or holds a colon, which separates user and password.".to_owned());
        }
        let matching = self.matching.path.parse::<AttributePath>();
        if let Err(why) = &matching {
            wrong("matching", Some("path"), why.to_string());
        }
        if !OWN_ATTRIBUTES.contains(&self.matching.attribute.as_str()) {
            wrong("matching", Some("attribute"), unknown_attribute());
        }
        let mut attributes = Vec::new();
        for (place, attribute) in &self.attributes {
            if !OWN_ATTRIBUTES.contains(&attribute.as_str()) {
                wrong("attributes", Some(place), unknown_attribute());
            }
            match place.parse::<AttributePath>() {
                Err(why) => wrong("attributes", Some(place), why.to_string()),
                Ok(path) if ["id", "meta", "active", "schemas", "groups", "password"].iter().any(|name| path.is(name)) => {
                    wrong("attributes", Some(place), "This attribute is not for filling in.".to_owned());
                }
                Ok(path) => attributes.push((path, attribute.clone())),
            }
        }
        let has_user_name = matching.iter().chain(attributes.iter().map(|(path, _)| path)).any(|path| path.is("userName"));
        if !has_user_name && matching.is_ok() {
            wrong(
                "attributes",
                None,
                "No attribute goes to userName, without which no account can be made (RFC 7643 section 4.1.1).".to_owned(),
            );
        }
        let entitlement = match &self.entitlement {
            EntitlementAs::Group { named_by, lookup } => Some(UnderstoodEntitlement::Group { named_by: *named_by, lookup: *lookup }),
            EntitlementAs::Attribute { path } => match value_path(path).parse::<AttributePath>() {
                Ok(read) if read.may_hold_several() && !read.name().eq_ignore_ascii_case("groups") => {
                    Some(UnderstoodEntitlement::Attribute(read))
                }
                Ok(_) | Err(_) => {
                    let why = "It is no attribute with several values, such as entitlements, roles or roles[type eq \"app\"].";
                    wrong("entitlement", Some("path"), why.to_owned());
                    None
                }
            },
        };
        if !(1..=LARGEST_PAGE).contains(&self.page_size) {
            wrong("page_size", None, format!("It must lie between 1 and {LARGEST_PAGE}."));
        }
        for (field, possible) in self.pace().out_of_range(SHORTEST_TIMEOUT) {
            wrong(field, None, format!("It must lie between {} and {}.", possible.start(), possible.end()));
        }
        match (matching, entitlement) {
            (Ok(matching), Some(entitlement)) if problems.is_empty() => Ok(Understood {
                matching,
                matching_attribute: self.matching.attribute.clone(),
                attributes,
                entitlement,
                closing: self.closing,
                patch: self.patch,
                page_size: self.page_size,
            }),
            _ => Err(problems),
        }
    }
}

fn why_not_base(written: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(written.trim()) else {
        return Some("It is not an address such as https://directory.example/scim/v2.");
    };
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Some("It begins with https:// and the name of a machine.");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some("It ends before any “?” or “#”: questions are added to it.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("It holds a user or a password; those belong into the fields for them.");
    }
    None
}

/// `roles` means its values, `roles.value`.
fn value_path(written: &str) -> String {
    let written = written.trim();
    if written.ends_with(".value") { written.to_owned() } else { format!("{written}.value") }
}

fn unknown_attribute() -> String {
    format!("It is none of our attributes: {}.", OWN_ATTRIBUTES.join(", "))
}
