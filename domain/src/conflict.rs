//! Separation of duties: which combinations of access one person must not have.

use crate::id::{ConflictId, EntitlementId};
use crate::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// How bad a combination is.
    pub enum Severity: "severity" {
        /// Worth a look.
        Low = "low", "Low",
        /// To be avoided.
        Medium = "medium", "Medium",
        /// Never without an exception.
        High = "high", "High",
    }
}

/// Holding something of one side together with something of the other breaks the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its id.
    pub id: ConflictId,
    /// Human code, for example `SOD-003`.
    pub code: String,
    /// What the rule keeps apart.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// One side.
    pub left: Vec<EntitlementId>,
    /// The other side.
    pub right: Vec<EntitlementId>,
}

/// How a person comes to have an entitlement that a conflict looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They hold it now.
    Held,
    /// It is on its way in another request.
    Pending,
    /// They are asking for it in this request.
    Requested,
}

/// Something the person has or will have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standings {
    /// Which.
    pub entitlement: EntitlementId,
    /// Its name.
    pub name: String,
    /// How they come to have it.
    pub standing: Standing,
}

/// One rule that the wished-for access would break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictFound {
    /// Code of the rule.
    pub code: String,
    /// What the rule keeps apart.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// What it clashes with.
    pub with: EntitlementId,
    /// Its name.
    pub with_name: String,
    /// How the person has it.
    pub standing: Standing,
}

/// All rules that `wanted` would break, given everything else the person has or will have.
#[must_use]
pub fn conflicts_of(wanted: EntitlementId, others: &[Standings], rules: &[Conflict]) -> Vec<ConflictFound> {
    let mut found = Vec::new();
    for rule in rules {
        let opposite = match (rule.left.contains(&wanted), rule.right.contains(&wanted)) {
            (true, false) => &rule.right,
            (false, true) => &rule.left,
            // On both sides the rule would forbid the entitlement by itself; it keeps nothing apart.
            (true, true) | (false, false) => continue,
        };
        for other in others {
            if other.entitlement != wanted && opposite.contains(&other.entitlement) {
                found.push(ConflictFound {
                    code: rule.code.clone(),
                    title: rule.title.clone(),
                    severity: rule.severity,
                    with: other.entitlement,
                    with_name: other.name.clone(),
                    standing: other.standing,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn entitlement(n: u8) -> EntitlementId {
        EntitlementId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn other(n: u8, standing: Standing) -> Standings {
        Standings { entitlement: entitlement(n), name: format!("Role {n}"), standing }
    }

    #[test]
    fn a_conflict_counts_from_either_side_and_names_the_standing() {
        let rule = Conflict {
            id: ConflictId::new(Timestamp::UNIX_EPOCH, [0; 10]),
            code: "SOD-001".into(),
            title: "Pay and approve".into(),
            severity: Severity::High,
            left: vec![entitlement(1), entitlement(2)],
            right: vec![entitlement(3)],
        };
        let rules = [rule];
        assert_eq!(conflicts_of(entitlement(1), &[other(2, Standing::Held)], &rules), []);
        for (wanted, clashing, standing) in [(1, 3, Standing::Held), (3, 2, Standing::Pending), (3, 1, Standing::Requested)] {
            let found = conflicts_of(entitlement(wanted), &[other(clashing, standing)], &rules);
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].with, found[0].standing), (entitlement(clashing), standing));
            assert_eq!(found[0].with_name, format!("Role {clashing}"));
        }
    }
}
