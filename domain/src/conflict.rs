//! Separation of duties: which combinations of access one person must not have.
//!
//! What counts is what access gives, not what it is called: an entitlement that includes others
//! brings them along, on the side of what is asked for as on the side of what is held. And people
//! count, not accounts: what somebody has on one account is looked at when they ask on another.

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

impl Severity {
    /// What a mitigation on record does to a rule of this severity; what it is follows after a colon.
    /// None lifts a rule of high severity: that stops a request until there is an exception.
    #[must_use]
    pub fn mitigation_means(self) -> &'static str {
        match self {
            Self::Low | Self::Medium => "Bearable with",
            Self::High => "Of high severity, so not lifted by",
        }
    }
}

/// What a rule keeps apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Something of one side together with something of the other breaks the rule.
    Sides {
        /// One side.
        left: Vec<EntitlementId>,
        /// The other side.
        right: Vec<EntitlementId>,
    },
    /// More than so many of the members break it.
    Set {
        /// The members.
        members: Vec<EntitlementId>,
        /// How many one person may have.
        at_most: usize,
    },
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its id.
    pub id: ConflictId,
    /// Human code, for example `SOD-003`.
    pub code: String,
    /// What the rule keeps apart.
    pub title: String,
    /// Its version.
    pub version: i32,
    /// How bad.
    pub severity: Severity,
    /// What may make the combination bearable, in words; empty where nothing is named.
    pub mitigation: String,
    /// What it keeps apart.
    pub shape: Shape,
}

words! {
    /// How a person comes to have an entitlement that a conflict looks at.
    pub enum Standing: "standing" {
        /// They hold it now.
        Held = "held", "already held",
        /// It is on its way in another request.
        Pending = "pending", "pending in another request",
        /// They are asking for it here: in the same basket, or inside the same entitlement.
        Requested = "requested", "asked for here",
    }
}

/// Something that is asked for, by name or because it is included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub entitlement: EntitlementId,
    /// Its name.
    pub name: String,
    /// Name of what includes it, unless it is asked for itself.
    pub through: Option<String>,
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
    /// Name of what includes it, unless they have it itself.
    pub through: Option<String>,
    /// The account that has it, unless it is the one that is asked for.
    pub account: Option<String>,
}

/// One rule that the wished-for access would break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictFound {
    /// Code of the rule.
    pub code: String,
    /// Version of the rule; `None` in facts that were stored before versions were kept with them.
    #[serde(default)]
    pub version: Option<i32>,
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
    /// Name of what gives them that, unless they have it itself.
    #[serde(default)]
    pub with_through: Option<String>,
    /// The account of the same person that has it, unless it is the one that is asked for.
    #[serde(default)]
    pub with_account: Option<String>,
    /// Name of the included entitlement that clashes, unless it is the one asked for.
    #[serde(default)]
    pub because_of: Option<String>,
    /// What may make the combination bearable, in words; empty where nothing is named.
    #[serde(default)]
    pub mitigation: String,
    /// For a rule about a set: how many one person may have.
    #[serde(default)]
    pub at_most: Option<usize>,
}

impl ConflictFound {
    /// What clashes with what, as part of a sentence: "“Pay and approve” (SOD-001) with Payment
    /// Approver, already held through Finance Lead".
    #[must_use]
    pub fn describe(&self) -> String {
        let because = self.because_of.as_ref().map(|name| format!(": {name}, which it includes,")).unwrap_or_default();
        let through = match (&self.with_through, self.standing) {
            (None, _) => String::new(),
            // What is inside of what is asked for needs no more than its name.
            (Some(name), Standing::Requested) => format!(" as part of {name}"),
            (Some(name), Standing::Held | Standing::Pending) => format!(" through {name}"),
        };
        let account = match (&self.with_account, self.standing) {
            (None, _) => String::new(),
            (Some(account), Standing::Held) => format!(" by another account of the same person, {account}"),
            (Some(account), Standing::Pending | Standing::Requested) => format!(" for another account of the same person, {account}"),
        };
        let at_most = self.at_most.map(|most| format!(" (at most {most} of the set)")).unwrap_or_default();
        let mitigation = if self.mitigation.is_empty() {
            String::new()
        } else {
            format!("; {}: {}", self.severity.mitigation_means().to_lowercase(), self.mitigation)
        };
        format!(
            "“{}” ({}){because} with {}, {}{through}{account}{at_most}{mitigation}",
            self.title,
            self.code,
            self.with_name,
            self.standing.label()
        )
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn entitlement(n: u8) -> EntitlementId {
        EntitlementId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn ids(list: &[u8]) -> Vec<EntitlementId> {
        list.iter().copied().map(entitlement).collect()
    }

    fn rule(shape: Shape) -> Conflict {
        Conflict {
            id: ConflictId::new(Timestamp::UNIX_EPOCH, [0; 10]),
            code: "SOD-001".into(),
            title: "Pay and approve".into(),
            version: 3,
            severity: Severity::Medium,
            mitigation: "a second signature".into(),
            shape,
        }
    }

    /// `"3 4@7"`: role 3 itself, and role 4 which role 7 includes.
    fn parts(text: &str) -> impl Iterator<Item = (u8, Option<String>)> + '_ {
        text.split_whitespace().map(|part| match part.split_once('@') {
            Some((id, through)) => (id.parse().unwrap(), Some(format!("Role {through}"))),
            None => (part.parse().unwrap(), None),
        })
    }

    fn wanted(text: &str) -> Vec<Wanted> {
        parts(text).map(|(id, through)| Wanted { entitlement: entitlement(id), name: format!("Role {id}"), through }).collect()
    }

    fn others(standing: Standing, text: &str) -> Vec<Standings> {
        parts(text)
            .map(|(id, through)| Standings { entitlement: entitlement(id), name: format!("Role {id}"), standing, through, account: None })
            .collect()
    }

    fn sides() -> Shape {
        Shape::Sides { left: ids(&[1, 2]), right: ids(&[3, 4]) }
    }

    fn set(at_most: usize) -> Shape {
        Shape::Set { members: ids(&[1, 2, 3, 4]), at_most }
    }

    #[test]
    fn a_rule_is_broken_by_what_is_held_pending_or_asked_for_here_from_either_side_and_through_what_includes_it() {
        let (h, p, r) = (Standing::Held, Standing::Pending, Standing::Requested);
        for (shape, mine, theirs, expected) in [
            (sides(), "1", vec![(h, "3")], vec!["Role 3 held"]),
            (sides(), "3", vec![(h, "1")], vec!["Role 1 held"]),
            (sides(), "1", vec![(p, "4")], vec!["Role 4 pending"]),
            (sides(), "1", vec![(r, "3")], vec!["Role 3 requested"]),
            (sides(), "1", vec![(h, "2")], vec![]),
            (sides(), "9", vec![(h, "1"), (p, "3")], vec![]),
            (sides(), "1", vec![(h, "3 4")], vec!["Role 3 held", "Role 4 held"]),
            // What is on both sides keeps nothing apart.
            (Shape::Sides { left: ids(&[1, 2]), right: ids(&[1, 3]) }, "1", vec![(h, "2 3")], vec![]),
            (Shape::Sides { left: ids(&[1]), right: ids(&[1]) }, "1", vec![(h, "1")], vec![]),
            // Contained in what is held, in what is asked for, in both.
            (sides(), "1", vec![(h, "3@7")], vec!["Role 3 held through Role 7"]),
            (sides(), "8 1@8", vec![(h, "3")], vec!["Role 3 held because of Role 1"]),
            (sides(), "8 1@8", vec![(p, "7 3@7")], vec!["Role 3 pending through Role 7 because of Role 1"]),
            (sides(), "8 1@8 3@8", vec![], vec!["Role 3 requested through Role 8 because of Role 1"]),
            (sides(), "1 3@1", vec![], vec!["Role 3 requested through Role 1"]),
            // Held and inside as well is said once, as held.
            (sides(), "8 1@8 3@8", vec![(h, "3")], vec!["Role 3 held because of Role 1"]),
            // A set counts different things, each once.
            (set(1), "1", vec![], vec![]),
            (set(1), "1", vec![(h, "2")], vec!["Role 2 held"]),
            (set(1), "1", vec![(h, "1")], vec![]),
            (set(2), "1", vec![(h, "2")], vec![]),
            (set(2), "1", vec![(h, "2 3")], vec!["Role 2 held", "Role 3 held"]),
            (set(2), "1", vec![(h, "2"), (p, "2 2@7")], vec![]),
            (set(2), "1", vec![(h, "2"), (p, "3"), (r, "4@7")], vec!["Role 2 held", "Role 3 pending", "Role 4 requested through Role 7"]),
            (set(1), "8 1@8 2@8", vec![], vec!["Role 2 requested through Role 8 because of Role 1"]),
            (set(1), "9", vec![(h, "1 2")], vec![]),
        ] {
            let theirs: Vec<Standings> = theirs.into_iter().flat_map(|(standing, text)| others(standing, text)).collect();
            let found = conflicts_of(&wanted(mine), &theirs, &[rule(shape.clone())]);
            let shown: Vec<String> = found
                .iter()
                .map(|f| {
                    let through = f.with_through.as_ref().map(|name| format!(" through {name}")).unwrap_or_default();
                    let because = f.because_of.as_ref().map(|name| format!(" because of {name}")).unwrap_or_default();
                    format!("{} {}{through}{because}", f.with_name, f.standing.word())
                })
                .collect();
            assert_eq!(shown, expected, "{mine} against {theirs:?} under {shape:?}");
            assert!(found.iter().all(|f| f.mitigation == "a second signature"
                && f.severity == Severity::Medium
                && f.code == "SOD-001"
                && f.version == Some(3)));
        }
    }

    #[test]
    fn a_mitigation_is_said_to_bear_only_what_it_can() {
        for (severity, mitigation, expected) in [
            (Severity::Low, "a review", "; bearable with: a review"),
            (Severity::Medium, "a review", "; bearable with: a review"),
            (Severity::High, "a review", "; of high severity, so not lifted by: a review"),
            (Severity::High, "", ""),
        ] {
            let rule = Conflict { severity, mitigation: mitigation.into(), ..rule(sides()) };
            let found = conflicts_of(&wanted("1"), &others(Standing::Held, "3"), &[rule])[0].describe();
            assert_eq!(found, format!("“Pay and approve” (SOD-001) with Role 3, already held{expected}"), "{severity}");
        }
    }

    #[test]
    fn a_finding_says_through_what_on_which_account_and_what_would_make_it_bearable() {
        let find = |mine: &str, theirs: Vec<Standings>, shape| conflicts_of(&wanted(mine), &theirs, &[rule(shape)])[0].describe();
        assert_eq!(
            find("1", others(Standing::Held, "3"), sides()),
            "“Pay and approve” (SOD-001) with Role 3, already held; bearable with: a second signature"
        );
        assert_eq!(
            find("8 1@8", others(Standing::Pending, "3@7"), sides()),
            "“Pay and approve” (SOD-001): Role 1, which it includes, with Role 3, pending in another request through Role 7; bearable with: a second signature"
        );
        assert_eq!(
            find("1", others(Standing::Held, "2"), set(1)),
            "“Pay and approve” (SOD-001) with Role 2, already held (at most 1 of the set); bearable with: a second signature"
        );
        let elsewhere = |standing, text: &str| -> Vec<Standings> {
            others(standing, text).into_iter().map(|other| Standings { account: Some("Ana Admin (A-17)".into()), ..other }).collect()
        };
        assert_eq!(
            find("1", elsewhere(Standing::Held, "3@7"), sides()),
            "“Pay and approve” (SOD-001) with Role 3, already held through Role 7 by another account of the same person, Ana Admin (A-17); bearable with: a second signature"
        );
        assert_eq!(
            find("1", elsewhere(Standing::Pending, "2"), set(1)),
            "“Pay and approve” (SOD-001) with Role 2, pending in another request for another account of the same person, Ana Admin (A-17) (at most 1 of the set); bearable with: a second signature"
        );
    }
}
