//! Facts that changed between asking and releasing, as far as those who approved would have wanted to
//! know: a release whose facts changed is held (laws 1, 5 and 6), even if every gate is still met.
//!
//! What makes the access less risky, what is only spelt otherwise, and what a gate alone decides is no
//! reason; the limits of the specification are a gate's own matter, so another version of it is none. The
//! way on is a new revision, on which everyone decides anew.

use crate::gate::{GateFacts, Named};

/// A sentence for each material change; empty when the approval still stands for what is there.
/// `asked` are the facts at submission, on which everyone decided; `fresh` those of the release.
#[must_use]
pub fn changed_since_asked(asked: &GateFacts, fresh: &GateFacts) -> Vec<String> {
    let mut reasons = Vec::new();
    let (was, is) = (&asked.entitlement, &fresh.entitlement);
    if is.tier > was.tier {
        reasons.push(format!("The tier is {} now; it was {} when this was asked for.", low(is.tier.label()), low(was.tier.label())));
    }
    if is.classification > was.classification {
        reasons.push(format!(
            "The data behind it is {} now; it was {} when this was asked for.",
            low(is.classification.label()),
            low(was.classification.label())
        ));
    }
    if was.requestable && !is.requestable {
        reasons.push(format!("{} was retired or closed for requests since this was asked for.", is.name));
    }
    // What is no longer given harms nobody.
    if let (Some(before), Some(now)) = (&was.contents, &is.contents) {
        let added: Vec<&str> =
            now.iter().filter(|part| before.iter().all(|known| known.id != part.id)).map(|part| part.name.as_str()).collect();
        if !added.is_empty() {
            reasons.push(format!("{} gives {} as well now; it did not when this was asked for.", is.name, added.join(", ")));
        }
    }
    // Whoever approved as the owner of then approved rightly; the owner of today has not seen it.
    if let Some(before) = &was.owner {
        moved(&mut reasons, "The owner of the application", before, is.owner.as_ref());
    }
    let (was, is) = (&asked.subject, &fresh.subject);
    if was.population != is.population {
        reasons.push(format!(
            "{} is in the population {} now; it was {} when this was asked for.",
            is.name,
            low(is.population.label()),
            low(was.population.label())
        ));
    }
    if let Some(before) = &was.unit {
        moved(&mut reasons, &format!("The unit of {}", is.name), before, is.unit.as_ref());
    }
    reasons
}

fn moved(reasons: &mut Vec<String>, what: &str, before: &Named, now: Option<&Named>) {
    if now.is_none_or(|now| now.id != before.id) {
        let name = now.map_or("none", |now| now.name.as_str());
        reasons.push(format!("{what} is {name} now; it was {} when this was asked for.", before.name));
    }
}

fn low(label: &str) -> String {
    label.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Classification, RiskTier};
    use crate::gate::Phase;
    use crate::identity::Population;

    /// The facts of an ordinary request, as they are stored.
    fn facts() -> GateFacts {
        serde_json::from_value(serde_json::json!({
            "phase": "submission",
            "today": "2026-11-22",
            "subject": {
                "identity": "0190a000-0000-7000-8000-000000000001", "name": "Ana Example", "population": "employee", "active": true,
                "missing_attributes": [], "accountable_person": true, "mfa_in_force": true, "ends_on": null,
                "unit": { "id": "0190a000-0000-7000-8000-000000000002", "name": "Payments" }
            },
            "specification": {
                "version": 2, "highest_tier": "privileged", "longest_days": 365, "mfa_from": "elevated",
                "highest_classification": "restricted", "applications": []
            },
            "entitlement": {
                "id": "0190a000-0000-7000-8000-000000000003", "version": 1, "name": "Ledger Writer", "application": "LEDGER",
                "requestable": true, "tier": "elevated", "longest_days": null, "classification": "internal", "logging": "covered",
                "owned": true, "in_audience": true, "audience": "everyone",
                "owner": { "id": "0190a000-0000-7000-8000-000000000004", "name": "Olga Example" },
                "contents": [{ "id": "00000000-0000-0000-0000-000000000007", "name": "Ledger Lister" }]
            },
            "wish": { "reason_given": true, "justification_length": 40, "starts_on": "2026-11-22", "ends_on": null, "duration_days": null },
            "conflicts": [], "standing": { "held": 0, "pending": 0, "requested": 1 },
            "approval": { "stages": 0, "approved": 0, "approvers": 0, "unauthorised": [] }, "waivers": []
        }))
        .unwrap()
    }

    fn named(last: u8, name: &str) -> Option<Named> {
        Some(Named { id: uuid::Uuid::from_u128(u128::from(last)), name: name.to_owned() })
    }

    fn reasons(change: impl FnOnce(&mut GateFacts)) -> Vec<String> {
        let mut fresh = facts();
        fresh.phase = Phase::Release;
        change(&mut fresh);
        changed_since_asked(&facts(), &fresh)
    }

    #[test]
    fn the_same_facts_hold_nothing() {
        assert!(reasons(|_| ()).is_empty());
    }

    #[test]
    fn every_material_change_is_a_reason_of_its_own() {
        type Change = fn(&mut GateFacts);
        let table: [(Change, &str); 9] = [
            (
                |f| f.entitlement.contents = Some(named(7, "Ledger Lister").into_iter().chain(named(8, "Vault Keys")).collect()),
                "Ledger Writer gives Vault Keys as well now; it did not when this was asked for.",
            ),
            (|f| f.entitlement.tier = RiskTier::Privileged, "The tier is privileged now; it was elevated when this was asked for."),
            (
                |f| f.entitlement.classification = Classification::Restricted,
                "The data behind it is restricted now; it was internal when this was asked for.",
            ),
            (|f| f.entitlement.requestable = false, "Ledger Writer was retired or closed for requests since this was asked for."),
            (
                |f| f.entitlement.owner = named(9, "Dan Example"),
                "The owner of the application is Dan Example now; it was Olga Example when this was asked for.",
            ),
            (|f| f.entitlement.owner = None, "The owner of the application is none now; it was Olga Example when this was asked for."),
            (
                |f| f.subject.population = Population::Contractor,
                "Ana Example is in the population contractor now; it was employee when this was asked for.",
            ),
            (|f| f.subject.unit = named(9, "Audit"), "The unit of Ana Example is Audit now; it was Payments when this was asked for."),
            (|f| f.subject.unit = None, "The unit of Ana Example is none now; it was Payments when this was asked for."),
        ];
        for (change, expected) in table {
            assert_eq!(reasons(change), [expected]);
        }
    }

    #[test]
    fn what_is_less_risky_spelt_otherwise_or_a_gates_own_matter_holds_nothing() {
        type Change = fn(&mut GateFacts);
        let table: [Change; 10] = [
            |f| f.specification.version = 3,
            |f| f.entitlement.contents = Some(vec![]),
            |f| f.entitlement.tier = RiskTier::Standard,
            |f| f.entitlement.classification = Classification::Public,
            |f| f.entitlement.name = "Writer of the ledger".to_owned(),
            |f| f.entitlement.version = 2,
            |f| f.entitlement.owner = f.entitlement.owner.clone().map(|owner| Named { name: "Olga Other".to_owned(), ..owner }),
            |f| f.subject.unit = f.subject.unit.clone().map(|unit| Named { name: "Payments and more".to_owned(), ..unit }),
            |f| f.subject.mfa_in_force = false,
            |f| f.today = f.today.tomorrow().unwrap(),
        ];
        for change in table {
            assert!(reasons(change).is_empty());
        }
    }

    #[test]
    fn what_was_not_recorded_then_is_not_compared() {
        let mut asked = facts();
        (asked.subject.unit, asked.entitlement.owner, asked.entitlement.contents) = (None, None, None);
        assert!(changed_since_asked(&asked, &facts()).is_empty());
    }

    #[test]
    fn several_changes_are_all_said() {
        let all = reasons(|f| {
            f.entitlement.tier = RiskTier::Privileged;
            f.subject.unit = named(9, "Audit");
        });
        assert_eq!(all.len(), 2);
    }
}
