//! Whoever decides for somebody and whoever is decided for count as the people they are, whatever
//! accounts they have and whoever writes.

use super::world::World;
use crate::support::*;
use domain::actor::Actor;
use server::usecase::work::Work;

/// The name of the rule that refused a statement.
fn refused_by(written: Result<sqlx::postgres::PgQueryResult, sqlx::Error>) -> String {
    let error = written.unwrap_err();
    error.as_database_error().and_then(|e| e.constraint()).unwrap_or_default().to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_counts_twice_by_deciding_and_being_decided_for_whoever_writes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let monika = w.second_account("Monika", w.mona).await;
    assert_eq!(w.delegate(w.mona, "stan@example.org").await.location(), "/account?delegated");
    let request = w.ask(w.ana, w.write).await;
    w.approve(w.stan, &request).await;
    let stage = w.open(&request).await;
    let write = async |by: IdentityId, instead_of: Option<IdentityId>| {
        sqlx::query(
            "insert into decision (id, stage_id, request_id, revision, decided_by, delegated_by, delegation_id, verdict, shown_version, shown_hash, decided_at, idempotency_key)
             select gen_random_uuid(), s.id, s.request_id, s.revision, $2, $3::uuid, case when $3::uuid is not null then d.id end, 'approve', 1, sha256(''), now(), gen_random_uuid()
             from approval_stage s, delegation d where s.id = $1::uuid",
        )
        .bind(&stage)
        .bind(by.0)
        .bind(instead_of.map(|who| who.0))
        .execute(&w.app.owner)
        .await
    };
    // Stan decided for Mona: neither of them does once more, nor anybody for either of them.
    for (by, instead_of) in [
        (w.stan, None),
        (w.mona, None),
        (monika, None),
        (w.olga, Some(w.mona)),
        (w.olga, Some(monika)),
        (w.olga, Some(w.stan)),
        (w.stan, Some(w.olga)),
    ] {
        assert_eq!(refused_by(write(by, instead_of).await), "decision_distinct_people", "{by} {instead_of:?}");
    }
    assert_eq!(w.decisions(&request).await, 1);
    write(w.olga, None).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_gives_a_decision_to_themselves_by_way_of_somebody_they_stand_in_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let corinna = w.second_account("Corinna", w.cora).await;
    for to in ["cora@example.org", "corinna@example.org", "dan@example.org"] {
        assert_eq!(w.delegate(w.sue, to).await.location(), "/account?delegated");
    }
    let request = w.ask(w.ana, w.read).await;
    let stage = w.open(&request).await;
    let (version, mona) = (w.show(w.ana, &request).await["version"].to_string(), w.mona.to_string());
    let fields = [("version", version.as_str()), ("from", mona.as_str()), ("to", "sue@example.org"), ("reason", "Mona is away.")];
    assert_eq!(w.post(w.cora, &format!("/reassign/{stage}"), &fields).await.location(), "/holds?reassigned");
    w.jobs().await;
    assert_eq!(w.asked(&request).await, ["Sue", "Dan for Sue"]);
    for who in [w.cora, corinna] {
        let reply = w.decide(who, &request, &stage, "approve").await;
        assert!(reply.status >= 400, "{}", reply.text());
        let written = sqlx::query(
            "insert into stage_candidate (stage_id, identity_id, because, delegated_by, delegation_id)
             select $1::uuid, d.to_id, 'by hand', d.from_id, d.id from delegation d where d.to_id = $2",
        )
        .bind(&stage)
        .bind(who.0)
        .execute(&w.app.owner)
        .await;
        assert_eq!(refused_by(written), "candidate_not_by_own_reassignment");
    }
    assert_eq!(w.decisions(&request).await, 0);
    w.approve(w.dan, &request).await;
    assert_eq!(w.state(&request).await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn no_chain_of_delegations_is_made_through_another_account(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (monika, stanley) = (w.second_account("Monika", w.mona).await, w.second_account("Stanley", w.stan).await);
    assert_eq!(w.delegate(w.mona, "stan@example.org").await.location(), "/account?delegated");
    for (from, to, sentence) in [
        (stanley, "dan@example.org", "You decide for somebody else in this time"),
        (w.dan, "monika@example.org", "They let somebody else decide in this time"),
    ] {
        let reply = w.delegate(from, to).await;
        assert!(reply.status == 422 && reply.text().contains(sentence), "{to}: {}", reply.text());
    }
    let write = async |from: IdentityId, to: IdentityId| {
        sqlx::query(
            "insert into delegation (id, from_id, to_id, starts_at, ends_at, reason, created_by, created_at)
             select gen_random_uuid(), $1, $2, d.starts_at, d.ends_at, 'x', $1, d.created_at from delegation d",
        )
        .bind(from.0)
        .bind(to.0)
        .execute(&w.app.owner)
        .await
    };
    for (from, to) in [(w.stan, w.dan), (stanley, w.dan), (w.dan, w.mona), (w.dan, monika)] {
        assert_eq!(refused_by(write(from, to).await), "delegation_is_no_chain", "{from} {to}");
    }
    // Two people who decide for one make none.
    write(monika, w.dan).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn who_makes_a_delegation_locks_every_account_of_both(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let (monika, stanley) = (w.second_account("Monika", w.mona).await, w.second_account("Stanley", w.stan).await);
    let mut work = Work::begin(&w.app.base, Actor::System { job: "test".into() }).await.unwrap();
    server::store::delegations::lock_both(work.conn(), monika, w.stan).await.unwrap();
    let free: Vec<uuid::Uuid> = sqlx::query_scalar("select id from identity where id = any ($1) for no key update skip locked")
        .bind([w.mona, monika, w.stan, stanley, w.dan].map(|who| who.0).to_vec())
        .fetch_all(&w.app.owner)
        .await
        .unwrap();
    assert_eq!(free, [w.dan.0]);
}
