//! Two servers share five hundred releases.

use super::scene::*;
use server::queue::{Server, TaskKind as _, kinds};
use server::usecase::carrying_out::by_hand::CarryOut;

/// Four hundred and ninety-nine more people with the same approved request and its planned release.
const THE_OTHERS: &str = "
    create temp table made as
      select gen_random_uuid() person, gen_random_uuid() submission, gen_random_uuid() request, gen_random_uuid() item, gen_random_uuid() stage,
             gen_random_uuid() decision, gen_random_uuid() release, n from generate_series(1, 499) n;
    insert into identity (id, source_id, source, population, given_name, family_name, email, unit_id, title, manager_id, mfa, state, state_since, updated_at)
      select m.person, 'N' || m.n, i.source, i.population, 'Person', m.n::text, 'person' || m.n || '@example.org', i.unit_id, i.title, i.manager_id, i.mfa, i.state, i.state_since, i.updated_at
      from made m, request r join identity i on i.id = r.subject_id;
    insert into submission (id, subject_id, requester_id, submitted_at, idempotency_key)
      select m.submission, m.person, m.person, s.submitted_at, gen_random_uuid() from made m, submission s where s.id not in (select submission from made);
    insert into request (id, number, subject_id, requester_id, state, state_since, revision, version, content_hash, submitted_at, submission_id, place, kind)
      select m.request, 'REQ-N-' || m.n, m.person, m.person, r.state, r.state_since, r.revision, r.version, r.content_hash, r.submitted_at, m.submission, r.place, r.kind
      from made m, request r where r.id not in (select request from made);
    insert into request_revision (request_id, revision, reason_code, justification, starts_on, ends_on, specification_population, specification_version, policy_hash, submitted_by, submitted_at, answers, plan_code, plan_version)
      select m.request, v.revision, v.reason_code, v.justification, v.starts_on, v.ends_on, v.specification_population, v.specification_version, v.policy_hash, m.person, v.submitted_at, v.answers, v.plan_code, v.plan_version
      from made m, request_revision v where v.request_id not in (select request from made);
    insert into request_item (id, request_id, revision, position, entitlement_id, entitlement_version)
      select m.item, m.request, i.revision, i.position, i.entitlement_id, i.entitlement_version from made m, request_item i where i.id not in (select item from made);
    insert into approval_stage (id, request_id, revision, position, state, opened_at, due_at, closed_at, step, name, sources, fallback, quorum, due_hours, escalate_to, calendar_code, calendar_version)
      select m.stage, m.request, t.revision, t.position, t.state, t.opened_at, t.due_at, t.closed_at, t.step, t.name, t.sources, t.fallback, t.quorum, t.due_hours, t.escalate_to, t.calendar_code, t.calendar_version
      from made m, approval_stage t where t.id not in (select stage from made);
    insert into stage_candidate (stage_id, identity_id, because) select m.stage, c.identity_id, c.because from made m, stage_candidate c where c.stage_id not in (select stage from made);
    insert into decision (id, stage_id, request_id, revision, decided_by, verdict, shown_version, shown_hash, decided_at, idempotency_key)
      select m.decision, m.stage, m.request, d.revision, d.decided_by, d.verdict, d.shown_version, d.shown_hash, d.decided_at, gen_random_uuid()
      from made m, decision d where d.id not in (select decision from made);
    insert into gate_evaluation (id, at, phase, subject_id, entitlement_id, request_id, revision, policy_hash, passed, facts, results, duration_us)
      select gen_random_uuid(), g.at, g.phase, m.person, g.entitlement_id, m.request, g.revision, g.policy_hash, g.passed, g.facts, g.results, g.duration_us
      from made m, gate_evaluation g where g.phase = 'submission' and g.request_id not in (select request from made);
    insert into release (id, number, kind, request_id, revision, item_id, subject_id, entitlement_id, state, not_before, planned_at, state_since)
      select m.release, 'REL-N-' || m.n, l.kind, m.request, l.revision, m.item, m.person, l.entitlement_id, l.state, l.not_before, l.planned_at, l.state_since
      from made m, release l where l.id not in (select release from made);
";

#[sqlx::test(migrations = "../migrations")]
async fn two_servers_carry_out_five_hundred_releases_and_none_of_them_twice(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let directory = s.app.in_memory(s.ledger).await;
    let scene = Scene { s, directory };
    scene.approved().await;
    sqlx::raw_sql(THE_OTHERS).execute(&scene.s.app.owner).await.unwrap();
    server::job::resume_releases::run(&scene.s.app.base).await.unwrap();
    let bases = [scene.s.app.base.clone(), scene.s.app.beside().await];
    let servers = bases.clone().map(|base| Server::new(base.clone(), base.pool, kinds()));
    scene.s.app.drain_by(&servers).await;
    let shares = bases.map(|base| base.measures.all().get(&(CarryOut::NAME, true)).map_or(0, |tasks| tasks.count));
    assert!(shares.iter().all(|share| *share > 0) && shares.iter().sum::<u64>() >= 500, "both had a part in it: {shares:?}");
    let closed: i64 =
        sqlx::query_scalar("select count(*) from release where state = 'closed'").fetch_one(&scene.s.app.owner).await.unwrap();
    let grants: i64 =
        sqlx::query_scalar("select count(*) from access_grant where state = 'active'").fetch_one(&scene.s.app.owner).await.unwrap();
    assert_eq!((closed, grants, scene.directory.people().len()), (500, 500, 500));
    // An account made and an entitlement given, for each of them once.
    assert_eq!(scene.directory.all_effects(), 2 * 500);
    let releases: Vec<uuid::Uuid> = sqlx::query_scalar("select id from release").fetch_all(&scene.s.app.owner).await.unwrap();
    for release in releases {
        for operation in [Operation::ReadyAccount, Operation::Give] {
            assert_eq!(scene.directory.effects(release, Moment::Apply(operation)), 1);
        }
    }
}
