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
