//! The manager chain: everybody has at most one manager, so the only way to be wrong for ever is a
//! circle.

/// Finds every circle among `edges`, pairs of (person, manager) sorted by person, one pair a
/// person. Each circle starts at its smallest member; circles come in that order.
///
/// Each person is walked over once: the time is linear but for looking the manager up.
#[must_use]
pub fn circles(edges: &[(i64, i64)]) -> Vec<Vec<i64>> {
    /// Not walked over yet; otherwise the number of the walk that came here first.
    const UNSEEN: u32 = 0;
    let mut seen_in = vec![UNSEEN; edges.len()];
    let find = |person: i64| edges.binary_search_by_key(&person, |(p, _)| *p).ok();
    let mut found = Vec::new();
    let mut walk = UNSEEN;
    for start in 0..edges.len() {
        if seen_in[start] != UNSEEN {
            continue;
        }
        walk += 1;
        let mut at = Some(start);
        while let Some(i) = at {
            if seen_in[i] == walk {
                found.push(circle_through(edges, i, find));
                break;
            }
            if seen_in[i] != UNSEEN {
                break;
            }
            seen_in[i] = walk;
            at = find(edges[i].1);
        }
    }
    found.sort_unstable();
    found
}

/// The circle that `start` is known to lie on, from its smallest member.
fn circle_through(edges: &[(i64, i64)], start: usize, find: impl Fn(i64) -> Option<usize>) -> Vec<i64> {
    let mut members = vec![edges[start].0];
    let mut at = find(edges[start].1);
    while let Some(i) = at.filter(|i| *i != start) {
        members.push(edges[i].0);
        at = find(edges[i].1);
    }
    let smallest = members.iter().enumerate().min_by_key(|(_, m)| **m).map_or(0, |(i, _)| i);
    members.rotate_left(smallest);
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn circles_are_found_and_those_who_only_lead_into_one_are_not_in_it() {
        assert_eq!(circles(&[(1, 2), (2, 3), (3, 2), (4, 1), (5, 9)]), [vec![2, 3]]);
        assert_eq!(circles(&[(1, 1), (7, 9), (8, 7), (9, 8)]), [vec![1], vec![7, 9, 8]]);
        assert!(circles(&[(1, 2), (2, 3), (3, 4)]).is_empty());
    }

    #[test]
    fn a_chain_of_a_million_is_walked_once() {
        let mut chain: Vec<(i64, i64)> = (0..1_000_000).map(|i| (i, i + 1)).collect();
        assert!(circles(&chain).is_empty());
        chain.push((1_000_000, 0));
        assert_eq!(circles(&chain).first().map(Vec::len), Some(1_000_001));
    }

    proptest! {
        #[test]
        fn a_person_is_in_a_circle_exactly_when_their_chain_leads_back_to_them(managers in proptest::collection::vec(0_i64..20, 1..20)) {
            let edges: Vec<(i64, i64)> = managers.iter().enumerate().map(|(i, m)| (i64::try_from(i).unwrap(), *m)).collect();
            let in_circle: std::collections::BTreeSet<i64> = circles(&edges).into_iter().flatten().collect();
            for (person, manager) in &edges {
                let mut at = Some(*manager);
                let mut back = false;
                for _ in 0..edges.len() {
                    back |= at == Some(*person);
                    at = at.and_then(|a| edges.get(usize::try_from(a).unwrap())).map(|(_, m)| *m);
                }
                prop_assert_eq!(back, in_circle.contains(person), "{} in {:?}", person, edges);
            }
        }
    }
}
