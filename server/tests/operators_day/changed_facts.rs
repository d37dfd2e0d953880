//! A release whose facts changed since the approval is held with the reason, whoever carries it out.

use super::scene::*;

/// What changes, by the id of the subject (`$1`), and what is said.
const CHANGES: [(&str, &str); 7] = [
    ("update entitlement set tier = 'elevated' where id = (select entitlement_id from release) and $1::uuid is not null", "The tier is elevated now; it was standard when this was approved."),
    ("update application set classification = 'restricted' where $1::uuid is not null", "The data behind it is restricted now; it was internal when this was approved."),
    ("update entitlement set requestable = false where id = (select entitlement_id from release) and $1::uuid is not null", "Ledger Reader was retired or closed for requests since this was approved."),
    ("update application set owner_id = (select id from identity where given_name = 'Stan') where $1::uuid is not null", "The owner of the application is Stan Example now; it was Olga Example when this was approved."),
    ("with u as (insert into unit (id, name) values (gen_random_uuid(), 'Audit') returning id) update identity set unit_id = (select id from u) where id = $1::uuid", "The unit of Ana Example is Audit now; it was"),
    (
        "insert into identity_specification (population, version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, review_every_days, termination_within_hours, control_owner, evidence_source, effective_from)
         select population, version + 1, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, review_every_days, termination_within_hours, control_owner, evidence_source, effective_from
         from identity_specification where population = 'employee' and $1::uuid is not null order by version desc limit 1",
        "of the identity specification is in force now; it was version",
    ),
    ("update identity set population = 'contractor' where id = $1::uuid", "Ana Example is in the population contractor now; it was employee when this was approved."),
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
    assert!(confirm(&s, s.pia, &release, &[("evidence", "Seen.")]).await.status < 400);
    let mut ana = browser(&s, s.ana).await;
    ana.open(&format!("/requests/{request}")).await;
    assert!(ana.says("The data behind it is restricted now"), "{}", ana.text());
    s.edit(s.ana, &request, &[("justification", "Needed to look into the failed night run; I know of the new class.")]).await;
    assert_eq!(state(&s, &release).await, "cancelled");
    s.approve(s.mona, &request).await;
    let next = s.open_release(&request).await;
    done(&s, s.pia, &next).await;
    assert_eq!(s.state(&request).await, "released");
}
