//! A release whose facts changed since the approval is held with the reason, whoever carries it out.

use super::scene::*;

/// What changes, by the id of the subject (`$1`), and what is said.
const CHANGES: [(&str, &str); 7] = [
    (
        "update entitlement set tier = 'elevated' where id = (select entitlement_id from release) and $1::uuid is not null",
        "The tier is elevated now; it was standard when this was asked for.",
    ),
    (
        "update entitlement set includes = array(select id from entitlement where name = 'Ledger Writer') where id = (select entitlement_id from release) and $1::uuid is not null",
        "Ledger Reader gives Ledger Writer as well now; it did not when this was asked for.",
    ),
    (
        "update application set classification = 'restricted' where $1::uuid is not null",
        "The data behind it is restricted now; it was internal when this was asked for.",
    ),
    (
        "update entitlement set requestable = false where id = (select entitlement_id from release) and $1::uuid is not null",
        "Ledger Reader was retired or closed for requests since this was asked for.",
    ),
    (
        "update application set owner_id = (select id from identity where given_name = 'Stan') where $1::uuid is not null",
        "The owner of the application is Stan Example now; it was Olga Example when this was asked for.",
    ),
    (
        "with u as (insert into unit (id, name) values (gen_random_uuid(), 'Audit') returning id) update identity set unit_id = (select id from u) where id = $1::uuid",
        "The unit of Ana Example is Audit now; it was",
    ),
    (
        "update identity set population = 'contractor' where id = $1::uuid",
        "Ana Example is in the population contractor now; it was employee when this was asked for.",
    ),
];

#[sqlx::test(migrations = "../migrations")]
async fn every_material_change_since_the_approval_holds_the_release_and_says_what_it_was(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    for (sql, expected) in CHANGES {
        run(&s, sql, &s.ana.to_string()).await;
        let reply = confirm(&s, s.pia, &release, &[("evidence", "Seen.")]).await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        let held = view(&s, s.pia, &release).await;
        let reasons = held["line"]["state"]["reasons"].to_string();
        assert!(state(&s, &release).await == "held" && reasons.contains(expected), "{expected} in {reasons}");
    }
    assert_eq!((s.app.count("select count(*) from access_grant").await, s.state(&request).await.as_str()), (0, "approved"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_became_less_risky_holds_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    run(&s, "update application set classification = 'public', deputy_id = null where $1::uuid is not null", &s.ana.to_string()).await;
    done(&s, s.pia, &release).await;
    assert_eq!(s.state(&request).await, "released");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_longer_inside_holds_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let lister = s.app.entitlement(s.ledger, "Ledger Lister", "standard").await;
    run(&s, "update entitlement set includes = array[$1::uuid] where name = 'Ledger Reader'", &lister.to_string()).await;
    let (request, release) = approved(&s).await;
    run(&s, "update entitlement set includes = '{}' where name = 'Ledger Reader' and $1::uuid is not null", &lister.to_string()).await;
    done(&s, s.pia, &release).await;
    assert_eq!(s.state(&request).await, "released");
}

/// The next version of the employees' specification, with one thing in it another one.
const OTHER_SPECIFICATION: &str = "insert into identity_specification (population, version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, review_every_days, termination_within_hours, control_owner, evidence_source, effective_from)
     select population, version + 1, required_attributes, highest_tier, case when $1 = 'longest_days' then 7 else longest_days end, mfa_from, highest_classification, review_every_days, termination_within_hours,
            case when $1 = 'control_owner' then 'Security' else control_owner end, evidence_source, effective_from
     from identity_specification where population = 'employee' order by version desc limit 1";

#[sqlx::test(migrations = "../migrations")]
async fn another_version_of_the_specification_holds_only_what_its_limits_hold(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    run(&s, OTHER_SPECIFICATION, "control_owner").await;
    done(&s, s.pia, &release).await;
    assert_eq!(s.state(&request).await, "released", "who answers for the specification says nothing about what was approved");

    let request = s.submit(s.ana, s.write).await;
    s.approve(s.mona, &request).await;
    s.approve(s.olga, &request).await;
    let release = s.open_release(&request).await;
    run(&s, OTHER_SPECIFICATION, "longest_days").await;
    assert!(confirm(&s, s.pia, &release, &[("evidence", "Seen.")]).await.status < 400);
    let reasons = view(&s, s.pia, &release).await["line"]["state"]["reasons"].to_string();
    assert!(state(&s, &release).await == "held" && !reasons.contains("specification is in force now"), "{reasons}");
}

/// The policy set that a request (`$1`) pinned is another one than the one in force.
const OTHER_POLICIES: &str =
    "with other as (insert into policy_set (hash, sources, first_seen_at) values (repeat('ab', 32), '{}', now()) returning hash)
     update request_revision set policy_hash = (select hash from other) where request_id = $1::uuid";

#[sqlx::test(migrations = "../migrations")]
async fn the_page_names_the_rules_that_the_request_pinned_whatever_is_in_force_now(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let cora = s.app.person_with("Cora", Role::Compliance).await;
    let (request, release) = approved(&s).await;
    let page = async |who| {
        let mut browser = browser(&s, who).await;
        browser.open(&format!("/releases/{release}")).await;
        assert_eq!(browser.status, 200, "{}", browser.page);
        browser
    };
    run(&s, OTHER_SPECIFICATION, "control_owner").await;
    let pinned: i32 = one(&s, "select specification_version from request_revision where request_id = $1::uuid", &request).await;
    let (name, hash) = (format!("Employee, version {pinned}"), s.app.base.policies.hash());
    let shown = format!("<span class=\"code break-all\">{hash}");
    let led = format!("<a href=\"/controls\">{shown}");
    let seen = page(cora).await;
    assert!(seen.says(&name) && seen.page.contains(&led), "{}", seen.page);
    let version = format!("/rules/specification/employee?before={}#version-{pinned}", pinned + 1);
    assert_eq!(seen.link("/rules/specification/"), version);
    assert_eq!(seen.link(&format!("/catalogue/{}?", s.read)), format!("/catalogue/{}?before=2#version-1", s.read));
    // Operators read neither the rules nor the controls, so that nothing leads them there.
    let seen = page(s.pia).await;
    assert!(seen.says(&name) && seen.page.contains(&shown) && !seen.page.contains(&led), "{}", seen.page);
    assert!(!seen.page.contains("/rules/specification/"), "{}", seen.page);

    run(&s, OTHER_POLICIES, &request).await;
    let seen = page(cora).await;
    let other = format!("{}, another one is in force now", "ab".repeat(32));
    assert!(seen.says(&other) && !seen.page.contains(&led), "{}", seen.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_machine_is_not_asked_either_when_facts_changed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let directory = s.app.in_memory(s.ledger).await;
    let (_, release) = approved(&s).await;
    run(&s, "update application set classification = 'restricted' where $1::uuid is not null", &s.ana.to_string()).await;
    s.app.drain().await;
    assert_eq!((state(&s, &release).await.as_str(), directory.people().len()), ("held", 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_next_revision_clears_it_because_everyone_decides_on_what_is_so_now(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    run(&s, "update application set classification = 'restricted' where $1::uuid is not null", &s.ana.to_string()).await;
    // Held before anybody does anything over there.
    assert!(s.call(s.pia, "releases/claim", &[("release", &release)]).await.status < 400);
    let mut ana = browser(&s, s.ana).await;
    ana.open(&format!("/requests/{request}")).await;
    assert!(ana.says("The data behind it is restricted now"), "{}", ana.text());
    assert!(ana.says("submit the next revision, even without another word") && !ana.says("An operator tries again"), "{}", ana.text());
    let mut mona = browser(&s, s.mona).await;
    mona.open(&format!("/requests/{request}")).await;
    assert!(mona.says("Ana Example has to ask for it again with the facts of today"), "{}", mona.text());
    // Not a word is another one, a day after the start that was asked for.
    s.app.advance(SignedDuration::from_hours(24));
    s.edit(s.ana, &request, &[]).await;
    assert_eq!(state(&s, &release).await, "cancelled");
    s.approve(s.mona, &request).await;
    let next = s.open_release(&request).await;
    done(&s, s.pia, &next).await;
    assert_eq!(s.state(&request).await, "released");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_release_that_a_gate_alone_holds_waits_for_the_gate_and_voids_nothing(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    run(&s, "update identity set mfa = 'absent' where id = $1::uuid", &s.ana.to_string()).await;
    run(&s, "update identity_specification set mfa_from = 'standard' where $1::uuid is not null", &s.ana.to_string()).await;
    assert!(confirm(&s, s.pia, &release, &[("evidence", "Seen.")]).await.status < 400);
    assert_eq!(state(&s, &release).await, "held");
    let mut ana = browser(&s, s.ana).await;
    ana.open(&format!("/requests/{request}")).await;
    assert!(ana.says("An operator tries again once it is met"), "{}", ana.text());
}
