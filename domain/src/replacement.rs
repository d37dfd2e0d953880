//! Access that takes the place of other access: which of the two goes first.
//!
//! What is replaced is no conflict for what replaces it, because it goes. But unless one goes before
//! the other comes, there is a time in which both are held. Where no rule keeps them apart, that time
//! is wanted: nobody is without access while an operator works. Where one does, the old access has to
//! be gone, and its removal proven, before the new one begins.

use crate::conflict::{Conflict, ConflictFound, Standing, Standings, Wanted, conflicts_of};
use crate::grant::{EndReason, GrantState};
use crate::id::ReleaseId;

/// What comes next for access that takes the place of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The new access may be given; what it replaces begins to end with it, if it has not begun.
    Give {
        /// The old access is still there as it was.
        old_ends: bool,
    },
    /// The old access has to begin to end.
    Remove,
    /// Its removal has to be carried out.
    AwaitRemoval(ReleaseId),
    /// The old access ended for another reason: there is nothing to replace.
    Moot,
}

/// The conflicts there would be for as long as both are held, and not otherwise: `held` is what the
/// person holds without what is replaced, `held_with_old` the same with it. What is only pending is
/// no access; it is judged when it is released.
#[must_use]
pub fn kept_apart(wanted: &[Wanted], held: &[Standings], held_with_old: &[Standings], rules: &[Conflict]) -> Vec<ConflictFound> {
    let of = |standings: &[Standings]| {
        let held: Vec<Standings> = standings.iter().filter(|other| other.standing == Standing::Held).cloned().collect();
        conflicts_of(wanted, &held, rules)
    };
    let anyway = of(held);
    of(held_with_old).into_iter().filter(|found| !anyway.iter().any(|known| known.code == found.code && known.with == found.with)).collect()
}

/// What comes next, as the old access stands and given the conflicts of [`kept_apart`].
#[must_use]
pub fn next(old: &GrantState, apart: &[ConflictFound]) -> Next {
    match old {
        GrantState::Active if apart.is_empty() => Next::Give { old_ends: true },
        GrantState::Active => Next::Remove,
        GrantState::Ending { reason: EndReason::Replaced, removal, .. } if !apart.is_empty() => Next::AwaitRemoval(*removal),
        GrantState::Ending { reason: EndReason::Replaced, .. } | GrantState::Ended { reason: EndReason::Replaced, .. } => {
            Next::Give { old_ends: false }
        }
        GrantState::Ending { .. } | GrantState::Ended { .. } => Next::Moot,
    }
}

/// Why `old` goes first, as a sentence; `None` where nothing keeps the two apart.
#[must_use]
pub fn why_old_goes_first(old: &str, apart: &[ConflictFound]) -> Option<String> {
    let mut rules: Vec<String> = apart.iter().map(|found| format!("“{}” ({})", found.title, found.code)).collect();
    rules.dedup();
    (!rules.is_empty())
        .then(|| format!("{old} has to be removed first, because both must not be held at the same time: {}.", rules.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conflict::{Severity, Shape};
    use crate::id::{ConflictId, EntitlementId};
    use jiff::Timestamp;

    fn entitlement(n: u8) -> EntitlementId {
        EntitlementId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn rule(code: &str, shape: Shape) -> Conflict {
        Conflict {
            id: ConflictId::new(Timestamp::UNIX_EPOCH, [0; 10]),
            code: code.into(),
            title: "Pay and approve".into(),
            version: 1,
            severity: Severity::Low,
            mitigation: String::new(),
            shape,
        }
    }

    fn wanted(ids: &[u8]) -> Vec<Wanted> {
        ids.iter().map(|n| Wanted { entitlement: entitlement(*n), name: format!("Role {n}"), through: None }).collect()
    }

    fn standings(standing: Standing, ids: &[u8]) -> Vec<Standings> {
        ids.iter()
            .map(|n| Standings { entitlement: entitlement(*n), name: format!("Role {n}"), standing, through: None, account: None })
            .collect()
    }

    #[test]
    fn only_what_breaks_a_rule_while_both_are_held_keeps_them_apart() {
        let ids = |list: &[u8]| list.iter().copied().map(entitlement).collect::<Vec<_>>();
        let sides = || rule("SOD-001", Shape::Sides { left: ids(&[1]), right: ids(&[2, 3]) });
        let set = |at_most| rule("SOD-002", Shape::Set { members: ids(&[1, 2, 3]), at_most });
        // (rules, asked for with what it includes, held besides, pending, what is replaced with what it includes, rules that keep apart)
        for (rules, mine, held, pending, old, expected) in [
            (vec![], &[1][..], &[][..], &[][..], &[2][..], &[][..]),
            (vec![sides()], &[1], &[], &[], &[2], &["SOD-001"]),
            (vec![sides()], &[2], &[], &[], &[1], &["SOD-001"]),
            (vec![sides()], &[2], &[], &[], &[3], &[]),
            (vec![sides()], &[9, 1], &[], &[], &[8, 2], &["SOD-001"]),
            // There anyway: a conflict that the gates judge, and no matter of the order.
            (vec![sides()], &[1], &[2], &[], &[8, 2], &[]),
            (vec![sides()], &[1], &[2], &[], &[3], &["SOD-001"]),
            (vec![set(1)], &[1], &[], &[], &[2], &["SOD-002"]),
            (vec![set(2)], &[1], &[], &[], &[2], &[]),
            (vec![set(2)], &[1], &[3], &[], &[2], &["SOD-002", "SOD-002"]),
            // What is pending is not held yet.
            (vec![set(2)], &[1], &[], &[3], &[2], &[]),
            (vec![sides()], &[1], &[], &[2], &[8], &[]),
            // More of the same: what is replaced is inside of what replaces it.
            (vec![set(1)], &[1, 2], &[], &[], &[2], &[]),
            (vec![sides(), set(1)], &[1], &[], &[], &[2], &["SOD-001", "SOD-002"]),
        ] {
            let mut without = standings(Standing::Held, held);
            without.extend(standings(Standing::Pending, pending));
            let with: Vec<Standings> = standings(Standing::Held, old).into_iter().chain(without.clone()).collect();
            let found = kept_apart(&wanted(mine), &without, &with, &rules);
            let codes: Vec<&str> = found.iter().map(|found| found.code.as_str()).collect();
            assert_eq!(codes, expected, "{mine:?} in place of {old:?} beside {held:?}, pending {pending:?}");
        }
    }

    #[test]
    fn what_is_kept_apart_is_given_only_after_a_proven_removal_and_the_rest_without_a_gap() {
        let removal = ReleaseId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let (since, at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let apart = kept_apart(
            &wanted(&[1]),
            &[],
            &standings(Standing::Held, &[2]),
            &[rule("SOD-001", Shape::Set { members: vec![entitlement(1), entitlement(2)], at_most: 1 })],
        );
        for (old, free, kept) in [
            (GrantState::Active, Next::Give { old_ends: true }, Next::Remove),
            (
                GrantState::Ending { since, reason: EndReason::Replaced, removal },
                Next::Give { old_ends: false },
                Next::AwaitRemoval(removal),
            ),
            (
                GrantState::Ended { at, reason: EndReason::Replaced, removal },
                Next::Give { old_ends: false },
                Next::Give { old_ends: false },
            ),
        ] {
            assert_eq!((next(&old, &[]), next(&old, &apart)), (free, kept), "{}", old.word());
        }
        for reason in [EndReason::Expired, EndReason::IdentityStopped, EndReason::GivenBack] {
            for old in [GrantState::Ending { since, reason, removal }, GrantState::Ended { at, reason, removal }] {
                assert_eq!((next(&old, &[]), next(&old, &apart)), (Next::Moot, Next::Moot), "{}", reason.word());
            }
        }
    }

    #[test]
    fn the_reason_names_each_rule_once_and_there_is_none_without_a_rule() {
        let apart = kept_apart(
            &wanted(&[1]),
            &standings(Standing::Held, &[3]),
            &standings(Standing::Held, &[2, 3]),
            &[rule("SOD-002", Shape::Set { members: vec![entitlement(1), entitlement(2), entitlement(3)], at_most: 2 })],
        );
        assert_eq!(
            why_old_goes_first("Role 2", &apart).as_deref(),
            Some("Role 2 has to be removed first, because both must not be held at the same time: “Pay and approve” (SOD-002).")
        );
        assert_eq!(why_old_goes_first("Role 2", &[]), None);
    }
}
