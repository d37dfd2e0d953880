//! Which application each role of a file goes to.

use crate::store::import_catalogue::NewApplication;
use domain::feed::role::{self, Role};
use std::collections::{BTreeMap, BTreeSet};

/// The code for each role, in the order of the roles, and every application that is mentioned.
pub(super) struct Assigned {
    pub(super) codes: Vec<String>,
    pub(super) wanted: Vec<NewApplication>,
}

/// Gives every role the application of its provider. A provider has one when it exists already or
/// when enough roles of the file are the provider's; all other roles share the general one.
pub(super) fn assign(roles: &[(u64, Role)], existing: &[String]) -> Assigned {
    let providers: Vec<Option<String>> = roles.iter().map(|(_, r)| role::provider(r)).collect();
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for provider in providers.iter().flatten() {
        *sizes.entry(provider).or_default() += 1;
    }
    let existing: BTreeSet<&str> = existing.iter().map(String::as_str).collect();
    let spelled = spellings(roles);
    let mut wanted: BTreeMap<String, NewApplication> = BTreeMap::new();
    let mut codes = Vec::with_capacity(roles.len());
    for provider in &providers {
        let own = provider.as_deref().map(|p| (p, role::application_code(p)));
        let own =
            own.filter(|(p, code)| existing.contains(code.as_str()) || sizes.get(p).is_some_and(|n| *n >= role::ROLES_FOR_AN_APPLICATION));
        let application = match own {
            Some((provider, code)) => {
                let spelled = spelled.get(provider).map_or(provider, String::as_str);
                NewApplication { code, name: role::application_name(spelled), description: format!("Azure resource provider {spelled}.") }
            }
            None => NewApplication {
                code: role::GENERAL_CODE.to_owned(),
                name: role::GENERAL_NAME.to_owned(),
                description: "Roles that work on several Azure services, or on one with few roles of its own.".to_owned(),
            },
        };
        codes.push(application.code.clone());
        wanted.insert(application.code.clone(), application);
    }
    Assigned { codes, wanted: wanted.into_values().collect() }
}

/// How each provider is most often spelled: `Microsoft.Quota` and `MICROSOFT.QUOTA` are one.
fn spellings(roles: &[(u64, Role)]) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for action in roles.iter().flat_map(|(_, r)| r.actions.iter().chain(&r.data_actions)) {
        let provider = action.split('/').next().unwrap_or(action);
        *counts.entry(provider.to_ascii_lowercase()).or_default().entry(provider).or_default() += 1;
    }
    let most = |spelled: BTreeMap<&str, usize>| spelled.into_iter().max_by_key(|(_, n)| *n).map(|(s, _)| s.to_owned());
    counts.into_iter().filter_map(|(provider, spelled)| most(spelled).map(|s| (provider, s))).collect()
}
