//! Roles of a catalogue file: what a usable one is, which application it belongs to, and the
//! limits that follow from its tier.

use super::line_problem;
use crate::catalogue::RiskTier;
use std::collections::BTreeMap;

/// Most characters of an identifier in the source catalogue.
pub const SOURCE_ID_MAX: usize = 100;
/// Most characters of a role's name.
pub const NAME_MAX: usize = 200;
/// Most characters of a description.
pub const DESCRIPTION_MAX: usize = 4_000;
/// Most characters of one action.
pub const ACTION_MAX: usize = 500;
/// Most actions, and most data actions, of one role.
pub const ACTIONS_MAX: usize = 5_000;
/// Most characters of a provider that can be an application.
const PROVIDER_MAX: usize = 60;
/// A provider gets an application of its own when at least so many roles of the file are its.
pub const ROLES_FOR_AN_APPLICATION: usize = 3;

/// Code of the application that takes the roles that belong to no provider in particular.
pub const GENERAL_CODE: &str = "azure-general";
/// Its name.
pub const GENERAL_NAME: &str = "Azure, several services";

/// A role as the file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// The id the source catalogue knows it by.
    pub source_id: String,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it may do to configuration.
    pub actions: Vec<String>,
    /// What it may do to data.
    pub data_actions: Vec<String>,
}

/// What cannot be used about a role: the field, its value and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleProblem {
    /// Field as in the file.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Checks the contents of a role and gives every problem.
#[must_use]
pub fn problems(role: &Role) -> Vec<RoleProblem> {
    let mut found = Vec::new();
    let mut report = |field, value: &str, problem| found.push(RoleProblem { field, value: value.to_owned(), problem });
    for (field, value, longest) in [("name", &role.source_id, SOURCE_ID_MAX), ("roleName", &role.name, NAME_MAX)] {
        if value.is_empty() {
            report(field, value, "is blank".to_owned());
        } else if let Some(problem) = line_problem(value, longest) {
            report(field, value, problem);
        }
    }
    let length = role.description.chars().count();
    if let Some(c) = role.description.chars().find(|c| crate::text::is_forbidden(*c)) {
        report("description", &role.description, format!("contains the character U+{:04X}, which is refused", u32::from(c)));
    } else if length > DESCRIPTION_MAX {
        report("description", &role.description, format!("has {length} characters; at most {DESCRIPTION_MAX} fit"));
    }
    for (field, actions) in [("actions", &role.actions), ("dataActions", &role.data_actions)] {
        if actions.len() > ACTIONS_MAX {
            report(field, "", format!("has {} entries; at most {ACTIONS_MAX} fit", actions.len()));
        }
        for action in actions {
            if action.is_empty() {
                report(field, action, "contains a blank entry".to_owned());
            } else if let Some(problem) = line_problem(action, ACTION_MAX) {
                report(field, action, problem);
            }
        }
    }
    found
}

/// The provider a role mostly works on, in lower case; `None` when there is none.
///
/// Nearly every role carries the same few companions (reading its own scope, deployments, support
/// tickets, alerts); they say nothing about what it is for and count only when there is nothing
/// else. The provider with most of the other actions wins if it has at least a third of them and
/// more than any other; a role that may do the same to everything belongs to no provider.
#[must_use]
pub fn provider(role: &Role) -> Option<String> {
    let all = || role.actions.iter().chain(&role.data_actions).map(|a| a.to_ascii_lowercase());
    if all().any(|a| a == "*") {
        return None;
    }
    let mut telling: Vec<String> = all().filter(|a| !is_companion(a)).collect();
    if telling.is_empty() {
        telling = all().filter(|a| !a.starts_with('*')).collect();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for action in &telling {
        *counts.entry(action.split('/').next().unwrap_or(action)).or_default() += 1;
    }
    let (name, most) = counts.iter().max_by_key(|(_, count)| **count)?;
    let alone = counts.values().filter(|count| *count == most).count() == 1;
    let plain = name.len() <= PROVIDER_MAX && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    (plain && alone && most * 3 >= telling.len()).then(|| (*name).to_owned())
}

fn is_companion(action: &str) -> bool {
    if action.starts_with("microsoft.authorization/") {
        return action.ends_with("/read");
    }
    const COMPANIONS: [&str; 8] = [
        "*",
        "microsoft.features/",
        "microsoft.insights/alertrules",
        "microsoft.insights/diagnosticsettings",
        "microsoft.insights/metric",
        "microsoft.resourcehealth/",
        "microsoft.resources/",
        "microsoft.support/",
    ];
    COMPANIONS.iter().any(|c| action.starts_with(c))
}

/// The code of a provider's application: `microsoft.keyvault` is `keyvault`, `oracle.database` is
/// `oracle-database`.
#[must_use]
pub fn application_code(provider: &str) -> String {
    provider.strip_prefix("microsoft.").unwrap_or(provider).replace('.', "-")
}

/// A readable name from a provider as it is spelled in the file: `Microsoft.KeyVault` is
/// "Key Vault". A few names cannot be had by splitting words.
#[must_use]
pub fn application_name(spelled: &str) -> String {
    let own = match spelled.get(..10) {
        Some(start) if start.eq_ignore_ascii_case("microsoft.") => &spelled[10..],
        _ => spelled,
    };
    match own.to_ascii_lowercase().as_str() {
        "agfoodplatform" => "Agriculture and Food Platform".to_owned(),
        "apicenter" => "API Center".to_owned(),
        "apimanagement" => "API Management".to_owned(),
        "app" => "Container Apps".to_owned(),
        "cdn" => "Content Delivery Network".to_owned(),
        "containerservice" => "Kubernetes Service".to_owned(),
        "dbformysql" => "Database for MySQL".to_owned(),
        "dbforpostgresql" => "Database for PostgreSQL".to_owned(),
        "documentdb" => "Cosmos DB".to_owned(),
        "elasticsan" => "Elastic SAN".to_owned(),
        "hdinsight" => "HDInsight".to_owned(),
        "healthcareapis" => "Healthcare APIs".to_owned(),
        "iotfirmwaredefense" => "IoT Firmware Defense".to_owned(),
        "loadtestservice" => "Load Test Service".to_owned(),
        "netapp" => "NetApp".to_owned(),
        "scvmm" => "System Center Virtual Machine Manager".to_owned(),
        "signalrservice" => "SignalR Service".to_owned(),
        "sql" => "SQL".to_owned(),
        _ => split_words(own),
    }
}

/// Puts spaces where the case of letters says that a word begins; dots become spaces.
fn split_words(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|b| chars.get(b));
        let after = chars.get(i + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|b| b.is_lowercase() || b.is_numeric() || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase())));
        if *c == '.' {
            out.push(' ');
            continue;
        }
        if begins {
            out.push(' ');
        }
        if i == 0 { out.extend(c.to_uppercase()) } else { out.push(*c) }
    }
    out
}

/// How long an entitlement of this tier may be held at most, in days.
#[must_use]
pub fn longest_days(tier: RiskTier) -> Option<i32> {
    match tier {
        RiskTier::Standard => None,
        RiskTier::Elevated => Some(365),
        RiskTier::Privileged => Some(30),
    }
}

/// How often somebody has to confirm that it is still needed, in days.
#[must_use]
pub fn review_every_days(tier: RiskTier) -> i32 {
    match tier {
        RiskTier::Standard => 365,
        RiskTier::Elevated => 90,
        RiskTier::Privileged => 30,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(actions: &[&str], data_actions: &[&str]) -> Role {
        let own = |list: &[&str]| list.iter().map(|a| (*a).to_owned()).collect();
        Role { source_id: "1".into(), name: "One".into(), actions: own(actions), data_actions: own(data_actions), ..Role::default() }
    }

    #[test]
    fn a_role_belongs_to_the_provider_it_mostly_works_on_companions_apart() {
        for (actions, data, expected) in [
            (
                &[
                    "Microsoft.Authorization/*/read",
                    "Microsoft.Resources/deployments/*",
                    "Microsoft.Support/*",
                    "Microsoft.ApiManagement/service/*",
                ][..],
                &[][..],
                Some("microsoft.apimanagement"),
            ),
            (&["*"], &[], None),
            (&["*/read"], &[], None),
            (
                &["*/read", "Microsoft.OperationalInsights/workspaces/search/action", "Microsoft.Support/*"],
                &[],
                Some("microsoft.operationalinsights"),
            ),
            (&["A.One/x/read", "B.Two/x/read"], &[], None),
            (&["a.One/x/read", "A.ONE/x/write", "B.Two/x/read"], &[], Some("a.one")),
            (&["Microsoft.Support/*"], &[], Some("microsoft.support")),
            (&[], &["Microsoft.KeyVault/vaults/secrets/getSecret/action"], Some("microsoft.keyvault")),
            (&["no provider/x"], &[], None),
            (&[], &[], None),
        ] {
            assert_eq!(provider(&role(actions, data)).as_deref(), expected, "{actions:?} {data:?}");
        }
    }

    #[test]
    fn a_provider_gets_a_readable_name_and_a_short_code() {
        for (spelled, name, code) in [
            ("Microsoft.KeyVault", "Key Vault", "keyvault"),
            ("MICROSOFT.QUOTA", "QUOTA", "quota"),
            ("Oracle.Database", "Oracle Database", "oracle-database"),
            ("Microsoft.SCVMMThing", "SCVMM Thing", "scvmmthing"),
            ("Microsoft.DocumentDB", "Cosmos DB", "documentdb"),
            ("microsoft.devices", "Devices", "devices"),
        ] {
            assert_eq!(application_name(spelled), name);
            assert_eq!(application_code(&spelled.to_ascii_lowercase()), code);
        }
    }

    #[test]
    fn what_cannot_be_used_about_a_role_is_named_by_field() {
        let mut bad = role(&["", "a\u{7}"], &[]);
        bad.name = String::new();
        bad.source_id = "x".repeat(101);
        bad.description = "ä".repeat(4_001);
        let named: Vec<_> = problems(&bad).into_iter().map(|p| format!("{} {}", p.field, p.problem)).collect();
        assert_eq!(
            named,
            [
                "name has 101 characters; at most 100 fit",
                "roleName is blank",
                "description has 4001 characters; at most 4000 fit",
                "actions contains a blank entry",
                "actions contains the character U+0007, which is refused",
            ]
        );
        bad.description = "ä".repeat(4_000);
        assert!(!problems(&bad).iter().any(|p| p.field == "description"));
    }
}
