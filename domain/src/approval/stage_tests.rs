use super::*;
use jiff::Timestamp;
use proptest::prelude::*;

fn identity(n: u8) -> IdentityId {
    IdentityId::new(Timestamp::UNIX_EPOCH, [n; 10])
}

/// Accounts 10 and above are second accounts of the people below.
fn person(n: u8) -> PersonId {
    PersonId(identity(n % 10))
}

fn nominee(n: u8, active: bool, because: &str) -> Nominee {
    Nominee { identity: identity(n), person: person(n), name: format!("Person {n}"), active, because: because.into() }
}

/// A place that compliance gave to somebody.
fn given(from: u8, to: Nominee) -> Reassigned {
    Reassigned { from: Some(person(from)), to, by: person(8) }
}

fn delegation(n: u8) -> DelegationId {
    DelegationId::new(Timestamp::UNIX_EPOCH, [n; 10])
}

const OWNERS: &[ApproverSource] = &[ApproverSource::ApplicationOwner, ApproverSource::ApplicationDeputy];

fn rule(sources: &[ApproverSource]) -> StageRule<'_> {
    StageRule { sources, fallback: &[], escalate_to: &[], quorum: 1 }
}

struct Known {
    nominees: Nominees,
    stand_ins: Vec<StandIn>,
    concerned: Vec<PersonId>,
    decided: Vec<PersonId>,
    reassigned: Vec<Reassigned>,
    escalated: bool,
    approvals: i32,
}

impl Known {
    fn new(nominees: Vec<(ApproverSource, Nominee)>) -> Self {
        Self {
            nominees: Nominees(nominees),
            stand_ins: vec![],
            concerned: vec![person(9)],
            decided: vec![],
            reassigned: vec![],
            escalated: false,
            approvals: 0,
        }
    }

    fn facts(&self) -> StageFacts<'_> {
        StageFacts {
            nominees: &self.nominees,
            stand_ins: &self.stand_ins,
            concerned: &self.concerned,
            decided: &self.decided,
            approvals: self.approvals,
            escalated: self.escalated,
            reassigned: &self.reassigned,
        }
    }

    fn ids(&self, rule: &StageRule<'_>) -> Result<Vec<IdentityId>, String> {
        who_decides(rule, &self.facts()).map(|all| all.into_iter().map(|c| c.identity).collect())
    }
}

fn owners(owner: Nominee, deputy: Nominee) -> Known {
    Known::new(vec![(ApproverSource::ApplicationOwner, owner), (ApproverSource::ApplicationDeputy, deputy)])
}

#[test]
fn the_deputy_steps_in_for_an_owner_who_asks_is_away_or_has_decided_before() {
    for (owner, concerned, decided) in [
        (nominee(1, true, "owner"), vec![person(1)], vec![]),
        (nominee(1, false, "owner"), vec![], vec![]),
        (nominee(1, true, "owner"), vec![], vec![person(1)]),
        (nominee(11, true, "owner"), vec![person(1)], vec![]),
        (nominee(11, true, "owner"), vec![], vec![person(1)]),
    ] {
        let known = Known { concerned, decided, ..owners(owner, nominee(2, true, "deputy")) };
        assert_eq!(known.ids(&rule(OWNERS)), Ok(vec![identity(2)]));
    }
}

#[test]
fn without_anyone_who_may_decide_the_stage_is_held_and_says_why() {
    let lines = [ApproverSource::LineManager];
    let none = Known::new(vec![]);
    assert_eq!(none.ids(&rule(&lines)), Err("Nobody can decide: no line manager is recorded.".into()));
    let away = Known::new(vec![(ApproverSource::LineManager, nominee(1, false, "line manager"))]);
    assert_eq!(away.ids(&rule(&lines)), Err("Nobody can decide: Person 1 (line manager) is not active.".into()));
    let one = Known::new(vec![(ApproverSource::Group("security".into()), nominee(1, true, "member of security"))]);
    let group = [ApproverSource::Group("security".into())];
    assert_eq!(
        one.ids(&StageRule { quorum: 2, ..rule(&group) }),
        Err("2 people have to approve and only 1 can (Person 1): nobody else is on record.".into())
    );
}

#[test]
fn those_asked_at_a_stage_are_known_also_while_they_are_too_few_for_the_quorum() {
    let group = ApproverSource::Group("security".into());
    let members = vec![(group.clone(), nominee(1, true, "member")), (group.clone(), nominee(2, false, "member"))];
    let sources = [group];
    let rule = StageRule { quorum: 2, ..rule(&sources) };
    let held = Known::new(members.clone());
    assert!(held.ids(&rule).is_err());
    assert_eq!(asked_already(&rule, &held.facts()), [person(1)]);
    // Who gave their place away is asked no more.
    let by = given(1, nominee(3, true, "asked instead"));
    let given = Known { reassigned: vec![by], ..Known::new(members) };
    assert_eq!(asked_already(&rule, &given.facts()), [person(3)]);
}

#[test]
fn two_accounts_of_one_person_are_one_for_the_quorum() {
    let group = ApproverSource::Group("security".into());
    let known = Known::new(vec![(group.clone(), nominee(1, true, "member")), (group.clone(), nominee(11, true, "member"))]);
    let sources = [group];
    assert_eq!(known.ids(&rule(&sources)), Ok(vec![identity(1), identity(11)]));
    assert!(known.ids(&StageRule { quorum: 2, ..rule(&sources) }).is_err());
}

#[test]
fn the_fallback_is_asked_only_when_the_sources_give_too_few_and_in_its_order() {
    let sources = [ApproverSource::LineManager];
    let fallback = [ApproverSource::ManagersManager, ApproverSource::ApplicationOwner];
    let rule = StageRule { fallback: &fallback, ..rule(&sources) };
    let all = |active| {
        Known::new(vec![
            (ApproverSource::LineManager, nominee(1, active, "line manager")),
            (ApproverSource::ManagersManager, nominee(2, true, "manager's manager")),
            (ApproverSource::ApplicationOwner, nominee(3, true, "owner")),
        ])
    };
    assert_eq!(all(true).ids(&rule), Ok(vec![identity(1)]));
    assert_eq!(all(false).ids(&rule), Ok(vec![identity(2)]));
    let found = who_decides(&rule, &all(false).facts()).unwrap_or_default();
    assert_eq!(found[0].because, "manager's manager, next by rule");
    let conflicted = Known { concerned: vec![person(1), person(2)], ..all(true) };
    assert_eq!(conflicted.ids(&rule), Ok(vec![identity(3)]));
    assert_eq!(all(true).ids(&StageRule { quorum: 2, ..rule }), Ok(vec![identity(1), identity(2)]));
}

#[test]
fn escalation_adds_the_next_level_and_takes_nobody_away() {
    let sources = [ApproverSource::LineManager];
    let next = [ApproverSource::ManagersManager];
    let rule = StageRule { escalate_to: &next, ..rule(&sources) };
    let mut known = Known::new(vec![
        (ApproverSource::LineManager, nominee(1, true, "line manager")),
        (ApproverSource::ManagersManager, nominee(2, true, "manager's manager")),
    ]);
    assert_eq!(known.ids(&rule), Ok(vec![identity(1)]));
    known.escalated = true;
    assert_eq!(known.ids(&rule), Ok(vec![identity(1), identity(2)]));
    known.concerned = vec![person(2)];
    assert_eq!(known.ids(&rule), Ok(vec![identity(1)]), "an escalation target who asked for it is not asked");
}

#[test]
fn an_escalation_that_brings_nobody_says_why() {
    let (sources, next) = ([ApproverSource::LineManager], [ApproverSource::ManagersManager]);
    let rule = StageRule { escalate_to: &next, fallback: &next, ..rule(&sources) };
    let known = |line: bool, boss: Option<Nominee>| {
        let boss = boss.map(|boss| (ApproverSource::ManagersManager, boss));
        Known::new([(ApproverSource::LineManager, nominee(1, line, "line manager"))].into_iter().chain(boss).collect())
    };
    let boss = |active| Some(nominee(2, active, "manager's manager"));
    for (known, expected) in [
        (known(true, boss(true)), Ok(())),
        (known(true, None), Err("the line manager has no manager on record.")),
        (known(true, boss(false)), Err("Person 2 (manager's manager) is not active.")),
        (
            Known { concerned: vec![person(2)], ..known(true, boss(true)) },
            Err("Person 2 (manager's manager) cannot decide on their own request."),
        ),
        (
            Known { decided: vec![person(2)], ..known(true, boss(true)) },
            Err("Person 2 (manager's manager) has already decided on this request."),
        ),
        (known(false, boss(true)), Err("Person 2 (manager's manager) is asked already.")),
    ] {
        for escalated in [false, true] {
            let facts = StageFacts { escalated, ..known.facts() };
            assert_eq!(next_level(&rule, &facts), expected.map_err(str::to_owned));
        }
    }
}

#[test]
fn an_escalation_to_a_delegate_of_whoever_is_asked_brings_nobody_while_they_stand_in() {
    let (sources, next) = ([ApproverSource::LineManager], [ApproverSource::ManagersManager]);
    let rule = StageRule { escalate_to: &next, ..rule(&sources) };
    let boss = nominee(2, true, "manager's manager");
    let mona = |active| {
        let nominees =
            vec![(ApproverSource::LineManager, nominee(1, active, "line manager")), (ApproverSource::ManagersManager, boss.clone())];
        Known { stand_ins: vec![StandIn { delegation: delegation(1), from: identity(1), to: boss.clone() }], ..Known::new(nominees) }
    };
    assert_eq!(next_level(&rule, &mona(true).facts()), Err("Person 2 (manager's manager) is asked already.".into()));
    let ended = Known { stand_ins: vec![], ..mona(true) };
    assert_eq!(next_level(&rule, &ended.facts()), Ok(()));
    // Where whoever is away may not decide either, or the stage is held, nobody stands in for anybody.
    assert_eq!(next_level(&rule, &mona(false).facts()), Ok(()));
    assert_eq!(next_level(&StageRule { quorum: 2, ..rule }, &mona(true).facts()), Ok(()));
}

#[test]
fn a_delegate_stands_beside_whoever_is_away_and_never_adds_an_approval() {
    let sources = [ApproverSource::LineManager];
    let mut known = Known::new(vec![(ApproverSource::LineManager, nominee(1, true, "line manager"))]);
    known.stand_ins = vec![StandIn { delegation: delegation(1), from: identity(1), to: nominee(2, true, "delegate") }];
    let found = who_decides(&rule(&sources), &known.facts()).unwrap_or_default();
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].stands_in, Some((identity(1), delegation(1))));
    assert!(known.ids(&StageRule { quorum: 2, ..rule(&sources) }).is_err(), "one authority is one approval");
    for (concerned, decided, active) in [(vec![person(2)], vec![], true), (vec![], vec![person(2)], true), (vec![], vec![], false)] {
        known.concerned = concerned;
        known.decided = decided;
        known.stand_ins[0].to.active = active;
        assert_eq!(known.ids(&rule(&sources)), Ok(vec![identity(1)]));
    }
    known.stand_ins[0].to = nominee(2, true, "delegate");
    known.concerned = vec![person(1)];
    assert!(known.ids(&rule(&sources)).is_err(), "nobody stands in for somebody who may not decide");
}

#[test]
fn whoever_was_replaced_is_not_asked_again_and_whoever_replaced_them_is() {
    let sources = [ApproverSource::LineManager];
    let mut known = Known::new(vec![(ApproverSource::LineManager, nominee(1, true, "line manager"))]);
    known.reassigned = vec![given(1, nominee(2, true, "reassigned"))];
    assert_eq!(known.ids(&rule(&sources)), Ok(vec![identity(2)]));
    known.reassigned.push(given(2, nominee(3, true, "reassigned")));
    assert_eq!(known.ids(&rule(&sources)), Ok(vec![identity(3)]));
    known.concerned = vec![person(3)];
    let held = known.ids(&rule(&sources)).unwrap_err();
    assert_eq!(
        held,
        "Nobody can decide: Person 1 (line manager) was replaced by Person 2; Person 3 (reassigned) cannot decide on their own request."
    );
}

#[test]
fn a_claim_keeps_the_others_out_while_whoever_made_it_may_decide() {
    let known = owners(nominee(1, true, "owner"), nominee(2, true, "deputy"));
    let all = who_decides(&rule(OWNERS), &known.facts()).unwrap_or_default();
    let ask = |by: u8, claimed: Option<u8>| may_decide(identity(by), person(by), &all, &[], &[], claimed.map(identity)).map(|c| c.identity);
    assert_eq!(ask(1, None), Ok(identity(1)));
    assert_eq!(ask(1, Some(1)), Ok(identity(1)));
    assert_eq!(ask(1, Some(2)), Err(RuleBroken::ClaimedByAnother));
    assert_eq!(ask(1, Some(3)), Ok(identity(1)), "a claim of somebody who is not asked any more");
    assert_eq!(ask(3, Some(2)), Err(RuleBroken::NotACandidate));
}

#[test]
fn a_claim_does_not_bind_the_next_level_nor_who_stands_in_for_it() {
    let (sources, next) = ([ApproverSource::LineManager, ApproverSource::ApplicationOwner], [ApproverSource::ManagersManager]);
    let rule = StageRule { escalate_to: &next, ..rule(&sources) };
    let known = Known {
        escalated: true,
        stand_ins: vec![StandIn { delegation: delegation(1), from: identity(3), to: nominee(4, true, "delegate") }],
        ..Known::new(vec![
            (ApproverSource::LineManager, nominee(1, true, "line manager")),
            (ApproverSource::ApplicationOwner, nominee(2, true, "owner")),
            (ApproverSource::ManagersManager, nominee(3, true, "manager's manager")),
        ])
    };
    let all = who_decides(&rule, &known.facts()).unwrap_or_default();
    for (by, expected) in [(1, Ok(identity(1))), (2, Err(RuleBroken::ClaimedByAnother)), (3, Ok(identity(3))), (4, Ok(identity(4)))] {
        let answer = may_decide(identity(by), person(by), &all, &[], &[], Some(identity(1))).map(|c| c.identity);
        assert_eq!(answer, expected, "{by}");
    }
}

#[test]
fn a_claim_binds_the_members_of_a_group_whatever_the_group_is_called() {
    let sources = [ApproverSource::Group("security".into())];
    let member = |n| (sources[0].clone(), nominee(n, true, "member of Security, next level"));
    let known = Known {
        stand_ins: vec![StandIn { delegation: delegation(1), from: identity(2), to: nominee(3, true, "delegate") }],
        ..Known::new(vec![member(1), member(2)])
    };
    let all = who_decides(&rule(&sources), &known.facts()).unwrap_or_default();
    assert_eq!(all.iter().map(|c| (c.identity, c.next_level)).collect::<Vec<_>>(), [1, 2, 3].map(|n| (identity(n), false)));
    for (by, expected) in [(1, Ok(identity(1))), (2, Err(RuleBroken::ClaimedByAnother)), (3, Err(RuleBroken::ClaimedByAnother))] {
        let answer = may_decide(identity(by), person(by), &all, &[], &[], Some(identity(1))).map(|c| c.identity);
        assert_eq!(answer, expected, "{by}");
    }
    // Asked as the next level they are that, by what the plan says.
    let lines = [ApproverSource::LineManager];
    let rule = StageRule { escalate_to: &sources, ..rule(&lines) };
    let line = (ApproverSource::LineManager, nominee(4, true, "line manager"));
    let escalated = Known { escalated: true, ..Known::new(vec![line, member(1)]) };
    let all = who_decides(&rule, &escalated.facts()).unwrap_or_default();
    assert_eq!(all.iter().map(|c| (c.identity, c.next_level)).collect::<Vec<_>>(), [(identity(4), false), (identity(1), true)]);
}

#[test]
fn a_delegate_has_no_place_to_give_away_so_that_a_quorum_of_two_stays_two_of_those_named() {
    let sources = [ApproverSource::Group("security".into())];
    let rule = StageRule { quorum: 2, ..rule(&sources) };
    let group = |n| (sources[0].clone(), nominee(n, true, "member of security"));
    let mut known = Known::new(vec![group(1), group(2)]);
    known.stand_ins = vec![StandIn { delegation: delegation(1), from: identity(1), to: nominee(3, true, "delegate") }];
    let all = who_decides(&rule, &known.facts()).unwrap_or_default();
    for (n, expected) in [(1, Ok(())), (2, Ok(())), (3, Err(RuleBroken::HandsOn))] {
        let candidate = all.iter().find(|c| c.identity == identity(n)).unwrap();
        assert_eq!(candidate.may_give_away(), expected, "{n}");
    }
    // Whoever the delegate stood in for goes with their place, and so does the delegate.
    known.reassigned = vec![given(1, nominee(4, true, "reassigned"))];
    assert_eq!(known.ids(&rule), Ok(vec![identity(2), identity(4)]));
}

#[test]
fn whoever_was_replaced_is_not_asked_through_another_account_either() {
    let group = ApproverSource::Group("security".into());
    let sources = [group.clone()];
    let mut known = Known::new([1, 11, 2].map(|n| (group.clone(), nominee(n, true, "member of security"))).into_iter().collect());
    known.reassigned = vec![given(1, nominee(3, true, "reassigned"))];
    assert_eq!(known.ids(&rule(&sources)), Ok(vec![identity(2), identity(3)]));
    // Replaced again, through the other account.
    known.reassigned.push(given(13, nominee(4, true, "reassigned")));
    assert_eq!(known.ids(&rule(&sources)), Ok(vec![identity(2), identity(4)]));
}

#[test]
fn who_gives_a_place_to_somebody_does_not_get_it_back_by_standing_in_for_them() {
    let sources = [ApproverSource::LineManager];
    let stand_in = |n, to| StandIn { delegation: delegation(n), from: identity(2), to: nominee(to, true, "delegate") };
    let known = Known {
        reassigned: vec![given(1, nominee(2, true, "reassigned"))],
        // Through another account neither.
        stand_ins: vec![stand_in(1, 8), stand_in(2, 18), stand_in(3, 3)],
        ..Known::new(vec![(ApproverSource::LineManager, nominee(1, true, "line manager"))])
    };
    assert_eq!(known.ids(&rule(&sources)), Ok(vec![identity(2), identity(3)]));
}

proptest! {
    #[test]
    fn no_plan_ever_lets_those_concerned_or_an_earlier_approver_decide(
        named in proptest::collection::vec((0usize..5, 0u8..20, any::<bool>()), 0..8),
        sources in proptest::collection::vec(0usize..5, 1..3),
        fallback in proptest::collection::vec(0usize..5, 0..3),
        stand_ins in proptest::collection::vec((0u8..20, 0u8..20, any::<bool>()), 0..5),
        reassigned in proptest::collection::vec((proptest::option::of(0u8..20), 0u8..20, any::<bool>(), 0u8..20), 0..3),
        concerned in proptest::collection::vec(0u8..10, 1..3),
        decided in proptest::collection::vec(0u8..10, 0..3),
        escalated in any::<bool>(),
        quorum in 1i32..4,
        by in 0u8..20,
    ) {
        let pick = |places: &[usize]| places.iter().map(|p| ApproverSource::NAMED[*p].clone()).collect::<Vec<_>>();
        let (sources, fallback) = (pick(&sources), pick(&fallback));
        let rule = StageRule { sources: &sources, fallback: &fallback, escalate_to: &fallback, quorum };
        let known = Known {
            nominees: Nominees(named.into_iter().map(|(s, n, active)| (ApproverSource::NAMED[s].clone(), nominee(n, active, "x"))).collect()),
            stand_ins: stand_ins.into_iter().map(|(from, to, active)| StandIn { delegation: delegation(from), from: identity(from), to: nominee(to, active, "x") }).collect(),
            concerned: concerned.into_iter().map(person).collect(),
            decided: decided.into_iter().map(person).collect(),
            reassigned: reassigned.into_iter().map(|(from, to, active, by)| Reassigned { from: from.map(person), to: nominee(to, active, "x"), by: person(by) }).collect(),
            escalated,
            approvals: 0,
        };
        match who_decides(&rule, &known.facts()) {
            Ok(all) => {
                let mut authorities: Vec<_> = all.iter().filter(|c| c.stands_in.is_none()).map(|c| c.person).collect();
                authorities.sort_unstable();
                authorities.dedup();
                prop_assert!(authorities.len() >= usize::try_from(quorum).unwrap());
                for c in &all {
                    prop_assert!(!known.concerned.contains(&c.person) && !known.decided.contains(&c.person));
                    if let Some((from, _)) = c.stands_in {
                        prop_assert!(all.iter().any(|d| d.identity == from && d.stands_in.is_none()), "nobody stands in for a delegate");
                        prop_assert!(known.reassigned.iter().all(|r| r.by != c.person), "nobody gives a place to themselves");
                    }
                }
                let answer = may_decide(identity(by), person(by), &all, &known.concerned, &known.decided, None);
                prop_assert_eq!(answer.is_ok(), all.iter().any(|c| c.identity == identity(by)));
            }
            Err(reason) => prop_assert!(reason.ends_with('.') && reason.contains(" can"), "{}", reason),
        }
    }
}
