//! Comparing wished-for access with what else a person has or will have: which rules it would break.

use super::{Conflict, ConflictFound, Severity, Shape, Standing, Standings, Wanted};
use crate::id::EntitlementId;

/// All rules that `wanted` would break, given everything else the person has or will have. `wanted`
/// is one thing that is asked for together with all it includes.
#[must_use]
pub fn conflicts_of(wanted: &[Wanted], others: &[Standings], rules: &[Conflict]) -> Vec<ConflictFound> {
    let mut found: Vec<ConflictFound> = Vec::new();
    for rule in rules {
        let clashes = match &rule.shape {
            Shape::Sides { left, right } => between_sides(wanted, others, left, right),
            Shape::Set { members, at_most } => within_set(wanted, others, members, *at_most),
        };
        for clash in clashes {
            // One line for each thing it clashes with: what is held comes first and is the stronger reason.
            if !found.iter().any(|known| known.code == rule.code && known.with == clash.with) {
                found.push(ConflictFound {
                    code: rule.code.clone(),
                    version: Some(rule.version),
                    title: rule.title.clone(),
                    severity: rule.severity,
                    mitigation: rule.mitigation.clone(),
                    ..clash
                });
            }
        }
    }
    found
}

fn between_sides(wanted: &[Wanted], others: &[Standings], left: &[EntitlementId], right: &[EntitlementId]) -> Vec<ConflictFound> {
    let mut clashes = Vec::new();
    let sides = |id: EntitlementId| (left.contains(&id), right.contains(&id));
    for mine in wanted {
        let opposite = match sides(mine.entitlement) {
            (true, false) => right,
            (false, true) => left,
            // On both sides the rule would forbid the entitlement by itself; it keeps nothing apart.
            (true, true) | (false, false) => continue,
        };
        let others = others.iter().filter(|other| other.entitlement != mine.entitlement && opposite.contains(&other.entitlement));
        clashes.extend(others.map(|other| clash(mine, other, None)));
    }
    // An entitlement that includes both sides breaks the rule by itself.
    for mine in wanted.iter().filter(|mine| sides(mine.entitlement) == (true, false)) {
        let inside = wanted.iter().filter(|other| sides(other.entitlement) == (false, true));
        clashes.extend(inside.map(|other| clash(mine, &as_requested(other), None)));
    }
    clashes
}

fn within_set(wanted: &[Wanted], others: &[Standings], members: &[EntitlementId], at_most: usize) -> Vec<ConflictFound> {
    let mine: Vec<&Wanted> = wanted.iter().filter(|mine| members.contains(&mine.entitlement)).collect();
    let Some(first) = mine.first() else { return Vec::new() };
    let mut theirs: Vec<Standings> = Vec::new();
    let rest = mine.iter().skip(1).map(|other| as_requested(other));
    for other in others.iter().filter(|other| members.contains(&other.entitlement)).cloned().chain(rest) {
        if other.entitlement != first.entitlement && !theirs.iter().any(|known| known.entitlement == other.entitlement) {
            theirs.push(other);
        }
    }
    if theirs.len() < at_most {
        return Vec::new();
    }
    theirs.iter().map(|other| clash(first, other, Some(at_most))).collect()
}

fn as_requested(wanted: &Wanted) -> Standings {
    Standings {
        entitlement: wanted.entitlement,
        name: wanted.name.clone(),
        standing: Standing::Requested,
        through: wanted.through.clone(),
        account: None,
    }
}

fn clash(mine: &Wanted, other: &Standings, at_most: Option<usize>) -> ConflictFound {
    ConflictFound {
        code: String::new(),
        version: None,
        title: String::new(),
        severity: Severity::High,
        with: other.entitlement,
        with_name: other.name.clone(),
        standing: other.standing,
        with_through: other.through.clone(),
        with_account: other.account.clone(),
        because_of: mine.through.as_ref().map(|_| mine.name.clone()),
        mitigation: String::new(),
        at_most,
    }
}
