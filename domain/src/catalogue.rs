//! The catalogue: risk tiers, data classification, and the first guess at how risky an imported
//! role is.

use crate::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// How much harm an entitlement can do. Ordered: later is riskier.
    pub enum RiskTier: "risk tier" {
        /// Reading and everyday work.
        Standard = "standard", "Standard",
        /// Changing or deleting within one service.
        Elevated = "elevated", "Elevated",
        /// Granting access, reading secrets, or everything at once.
        Privileged = "privileged", "Privileged",
    }
}

words! {
    /// How sensitive the data behind an entitlement is. Ordered: later is more sensitive.
    pub enum Classification: "classification" {
        /// May be seen by anyone.
        Public = "public", "Public",
        /// For people who work here.
        Internal = "internal", "Internal",
        /// For those who need it.
        Confidential = "confidential", "Confidential",
        /// For named people.
        Restricted = "restricted", "Restricted",
    }
}

words! {
    /// Whether what is done with the access is logged centrally.
    pub enum Logging: "logging coverage" {
        /// Every use.
        Covered = "covered", "Covered",
        /// Some of it.
        Partial = "partial", "Partly covered",
        /// Nothing.
        Missing = "missing", "Not covered",
    }
}

/// A guessed tier with the sentence that says why; both are stored, both can be edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierGuess {
    /// The guess.
    pub tier: RiskTier,
    /// Why, naming the action that decided it.
    pub reason: String,
}

/// Guesses the risk tier of a role from the breadth of its actions (`Provider/type/verb` patterns,
/// `*` is a wildcard; `data_actions` work on data, not on configuration).
///
/// The rule, strongest first: everything (`*`), granting access, or reading secrets and keys is
/// privileged; a wildcard over a whole provider, deleting, or any data wildcard is elevated;
/// writing anything in more than three services is elevated; the rest is standard.
#[must_use]
pub fn guess_tier(actions: &[String], data_actions: &[String]) -> TierGuess {
    let privileged = |reason: String| TierGuess { tier: RiskTier::Privileged, reason };
    let elevated = |reason: String| TierGuess { tier: RiskTier::Elevated, reason };
    let all = || actions.iter().chain(data_actions);

    if let Some(action) = all().find(|a| a.as_str() == "*" || a.as_str() == "*/*") {
        return privileged(format!("{action} allows every action of every service"));
    }
    if let Some(action) = all().find(|a| grants_access(a)) {
        return privileged(format!("{action} can give access to others"));
    }
    if let Some(action) = all().find(|a| reads_secrets(a)) {
        return privileged(format!("{action} reaches secrets or keys"));
    }
    if let Some(action) = all().find(|a| is_whole_provider(a)) {
        return elevated(format!("{action} covers a whole service"));
    }
    if let Some(action) = data_actions.iter().find(|a| a.contains('*') && !a.to_ascii_lowercase().ends_with("/read")) {
        return elevated(format!("{action} changes data through a wildcard"));
    }
    if let Some(action) = all().find(|a| a.to_ascii_lowercase().ends_with("/delete")) {
        return elevated(format!("{action} can delete"));
    }
    let written: std::collections::BTreeSet<String> = all().filter(|a| !is_read(a)).map(|a| provider(a)).collect();
    if written.len() > 3 {
        return elevated(format!("it changes things in {} services", written.len()));
    }
    if written.is_empty() {
        TierGuess { tier: RiskTier::Standard, reason: "it only reads".to_owned() }
    } else {
        TierGuess { tier: RiskTier::Standard, reason: "it changes single settings and cannot delete".to_owned() }
    }
}

fn provider(action: &str) -> String {
    action.split('/').next().unwrap_or(action).to_ascii_lowercase()
}

fn is_read(action: &str) -> bool {
    let lower = action.to_ascii_lowercase();
    lower.ends_with("/read") || lower.ends_with("/list/action") || lower == "*/read"
}

fn grants_access(action: &str) -> bool {
    let lower = action.to_ascii_lowercase();
    lower.starts_with("microsoft.authorization/") && !is_read(action)
}

fn reads_secrets(action: &str) -> bool {
    let lower = action.to_ascii_lowercase();
    (lower == "microsoft.keyvault/vaults/*"
        || lower.contains("/secrets/")
        || lower.contains("listkeys")
        || lower.contains("/vaults/keys/")
        || lower.contains("credential"))
        && !lower.ends_with("/readmetadata/action")
}

fn is_whole_provider(action: &str) -> bool {
    // `Microsoft.Support/*` only opens and follows support cases; nearly every role carries it.
    action.split_once('/').is_some_and(|(provider, rest)| rest == "*" && !provider.eq_ignore_ascii_case("Microsoft.Support"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(actions: &[&str], data_actions: &[&str]) -> TierGuess {
        let own = |list: &[&str]| list.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>();
        guess_tier(&own(actions), &own(data_actions))
    }

    #[test]
    fn a_tier_is_guessed_from_the_widest_action_and_says_which() {
        for (actions, data, tier, named) in [
            (&["*"][..], &[][..], RiskTier::Privileged, "every action"),
            (&["Microsoft.Authorization/roleAssignments/write"], &[], RiskTier::Privileged, "access to others"),
            (&["Microsoft.Storage/storageAccounts/listKeys/action"], &[], RiskTier::Privileged, "secrets"),
            (&[], &["Microsoft.KeyVault/vaults/*"], RiskTier::Privileged, "secrets"),
            (&["Microsoft.Compute/*"], &[], RiskTier::Elevated, "whole service"),
            (&["Microsoft.Compute/disks/delete"], &[], RiskTier::Elevated, "delete"),
            (&[], &["Microsoft.Storage/blobs/*"], RiskTier::Elevated, "wildcard"),
            (&["Microsoft.Support/*", "Microsoft.Insights/alertRules/read"], &[], RiskTier::Standard, "single settings"),
            (&["Microsoft.Compute/disks/write"], &[], RiskTier::Standard, "single settings"),
            (&["Microsoft.Compute/*/read", "*/read"], &[], RiskTier::Standard, "only reads"),
            (&["Microsoft.Authorization/*/read"], &[], RiskTier::Standard, "only reads"),
            (&[], &[], RiskTier::Standard, "only reads"),
        ] {
            let guessed = guess(actions, data);
            assert_eq!(guessed.tier, tier, "{actions:?} {data:?}");
            assert!(guessed.reason.contains(named), "{} should say {named}", guessed.reason);
        }
    }
}
