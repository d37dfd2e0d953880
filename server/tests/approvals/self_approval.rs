//! Nobody decides for themselves, by any route: a table of cases. Each arranges a way to one's own
//! request, and whoever takes it is refused, twice by the server and once by the database.

use super::world::{World, stage};
use crate::support::*;
use serde_json::json;

/// A way to one's own request.
#[derive(Clone, Copy, Debug)]
enum Route {
    SubjectOwnsTheApplication,
    SubjectIsDeputy,
    SubjectIsInTheGroup,
    SubjectIsTheFallback,
    SubjectIsTheEscalationTarget,
    SubjectBecomesADelegate,
    SecondAccountIsTheOwner,
    AccountWithTheSameMailboxIsTheOwner,
    SecondAccountBecomesTheManager,
    SecondAccountIsInTheGroup,
    RequesterBecomesTheManager,
    RequesterIsTheOwner,
    DelegateOfTheRequester,
    SponsorOwnsTheApplication,
    SamePersonAtTwoStages,
    DelegateAtTwoStages,
    RequesterOfARevisionThatTheSubjectMade,
    RequesterBecomesADelegateOfWhoIsAsked,
    ManagerJoins,
}

/// Arranges the way; gives the request and who takes it.
async fn arrange(w: &World, route: Route) -> (String, IdentityId) {
    let by = |sources: &'static [&'static str]| json!([stage(1, "Decision", sources, 1)]);
    let owner = "update application set owner_id = $1";
    match route {
        Route::SubjectOwnsTheApplication => {
            w.plan("standard", by(&["application_owner", "application_deputy"])).await;
            w.sql(owner, &[w.ana]).await;
            (w.ask(w.ana, w.read).await, w.ana)
        }
        Route::SubjectIsDeputy => {
            w.plan("standard", by(&["application_owner", "application_deputy"])).await;
            w.sql("update application set deputy_id = $1", &[w.ana]).await;
            (w.ask(w.ana, w.read).await, w.ana)
        }
        Route::SubjectIsInTheGroup => {
            w.plan("standard", by(&["group:security"])).await;
            w.security(w.stan).await;
            w.security(w.ana).await;
            (w.ask(w.ana, w.read).await, w.ana)
        }
        Route::SubjectIsTheFallback => {
            let mut plan = by(&["line_manager"]);
            plan[0]["fallback"] = json!(["managers_manager", "application_owner"]);
            w.plan("standard", plan).await;
            w.sql("update identity set manager_id = $2 where id = $1", &[w.mona, w.ana]).await;
            let request = w.ask(w.ana, w.read).await;
            w.app.set_state(w.mona, "suspended").await;
            w.jobs().await;
            (request, w.ana)
        }
        Route::SubjectIsTheEscalationTarget => {
            w.sql("update identity set manager_id = $2 where id = $1", &[w.mona, w.ana]).await;
            let request = w.ask(w.ana, w.read).await;
            w.at("2026-11-30T09:00:00Z").await;
            w.jobs().await;
            assert_eq!((w.events("stage.escalated").await, w.events("stage.not_escalated").await), (0, 1), "nobody was asked");
            (request, w.ana)
        }
        Route::SubjectBecomesADelegate => {
            let request = w.ask(w.ana, w.read).await;
            assert_eq!(w.delegate(w.mona, "ana@example.org").await.location(), "/account?delegated");
            w.jobs().await;
            (request, w.ana)
        }
        Route::SecondAccountIsTheOwner => {
            w.plan("standard", by(&["application_owner", "application_deputy"])).await;
            let second = w.second_account("Anastasia", w.ana).await;
            w.sql(owner, &[second]).await;
            (w.ask(w.ana, w.read).await, second)
        }
        Route::AccountWithTheSameMailboxIsTheOwner => {
            w.plan("standard", by(&["application_owner", "application_deputy"])).await;
            let second = w.app.person("Anna", w.unit, None).await;
            w.sql("update identity set email = 'ANA@example.org' where id = $1", &[second]).await;
            w.sql(owner, &[second]).await;
            (w.ask(w.ana, w.read).await, second)
        }
        Route::SecondAccountBecomesTheManager => {
            let second = w.second_account("Anastasia", w.ana).await;
            let request = w.ask(w.ana, w.read).await;
            w.sql("update identity set manager_id = $2 where id = $1", &[w.ana, second]).await;
            w.sql("update identity set manager_id = $2 where id = $1", &[second, w.boss]).await;
            w.jobs().await;
            (request, second)
        }
        Route::SecondAccountIsInTheGroup => {
            w.plan("standard", by(&["group:security"])).await;
            let second = w.second_account("Anastasia", w.ana).await;
            w.security(w.stan).await;
            w.security(second).await;
            (w.ask(w.ana, w.read).await, second)
        }
        Route::RequesterBecomesTheManager => {
            let request = w.ask(w.ana, w.read).await;
            w.sql("update request set requester_id = $1", &[w.stan]).await;
            w.sql("update identity set manager_id = $2 where id = $1", &[w.ana, w.stan]).await;
            w.jobs().await;
            (request, w.stan)
        }
        Route::RequesterIsTheOwner => {
            let request = w.ask(w.ana, w.write).await;
            w.sql("update request set requester_id = $1", &[w.olga]).await;
            w.approve(w.mona, &request).await;
            (request, w.olga)
        }
        Route::DelegateOfTheRequester => {
            let request = w.ask(w.ana, w.write).await;
            w.sql("update request set requester_id = $1", &[w.olga]).await;
            assert_eq!(w.delegate(w.olga, "stan@example.org").await.location(), "/account?delegated");
            w.approve(w.mona, &request).await;
            (request, w.stan)
        }
        Route::SponsorOwnsTheApplication => {
            let robot = w.app.identity("Robot", "service_account", w.unit, Some(w.mona)).await;
            w.sql("update identity set owner_id = $2 where id = $1", &[robot, w.olga]).await;
            let request = w.ask(w.ana, w.write).await;
            w.sql("update request set subject_id = $1", &[robot]).await;
            w.approve(w.mona, &request).await;
            (request, w.olga)
        }
        Route::SamePersonAtTwoStages => {
            let second = w.second_account("Monika", w.mona).await;
            w.sql(owner, &[second]).await;
            let request = w.ask(w.ana, w.write).await;
            w.approve(w.mona, &request).await;
            (request, second)
        }
        Route::DelegateAtTwoStages => {
            w.sql(owner, &[w.stan]).await;
            assert_eq!(w.delegate(w.mona, "stan@example.org").await.location(), "/account?delegated");
            let request = w.ask(w.ana, w.write).await;
            w.approve(w.stan, &request).await;
            (request, w.stan)
        }
        Route::RequesterOfARevisionThatTheSubjectMade => {
            let request = w.ask(w.ana, w.read).await;
            w.sql("update request set requester_id = $1", &[w.mona]).await;
            w.revise(w.ana, &request, "It is about the ledger of the north branch alone.").await;
            let by: uuid::Uuid =
                sqlx::query_scalar("select submitted_by from request_revision where revision = 2").fetch_one(&w.app.owner).await.unwrap();
            assert_eq!(by, w.ana.0);
            (request, w.mona)
        }
        Route::RequesterBecomesADelegateOfWhoIsAsked => {
            let request = w.ask(w.ana, w.read).await;
            w.sql("update request set requester_id = $1", &[w.stan]).await;
            assert_eq!(w.delegate(w.mona, "stan@example.org").await.location(), "/account?delegated");
            w.jobs().await;
            (request, w.stan)
        }
        Route::ManagerJoins => {
            let request = w.ask(w.ana, w.read).await;
            let joined = w.call(w.mona, "requests/join", &[("request", &request)]).await;
            assert!(joined.status < 400, "{}", joined.text());
            (request, w.mona)
        }
    }
}

/// A test for each route, on a database of its own.
macro_rules! nobody_decides_for_themselves {
    ($($sentence:ident: $route:ident,)+) => {$(
        #[sqlx::test(migrations = "../migrations")]
        async fn $sentence(pool: PgPoolOptions, connect: PgConnectOptions) {
            refused(&World::begin(pool, connect).await, Route::$route).await;
        }
    )+};
}

nobody_decides_for_themselves! {
    not_as_the_owner_of_the_application: SubjectOwnsTheApplication,
    not_as_the_deputy_of_the_owner: SubjectIsDeputy,
    not_as_a_member_of_the_group: SubjectIsInTheGroup,
    not_as_the_fallback: SubjectIsTheFallback,
    not_as_the_next_level_of_an_escalation: SubjectIsTheEscalationTarget,
    not_as_the_delegate_of_an_approver: SubjectBecomesADelegate,
    not_through_a_second_account_that_owns_the_application: SecondAccountIsTheOwner,
    not_through_an_account_with_the_same_mailbox: AccountWithTheSameMailboxIsTheOwner,
    not_through_a_second_account_that_becomes_the_manager: SecondAccountBecomesTheManager,
    not_through_a_second_account_in_the_group: SecondAccountIsInTheGroup,
    not_as_a_requester_who_becomes_the_manager_after_submission: RequesterBecomesTheManager,
    not_as_a_requester_who_owns_the_application: RequesterIsTheOwner,
    not_as_the_delegate_of_the_requester: DelegateOfTheRequester,
    not_as_whoever_answers_for_an_account_that_is_no_person: SponsorOwnsTheApplication,
    not_at_two_stages_through_two_accounts: SamePersonAtTwoStages,
    not_at_two_stages_once_as_a_delegate: DelegateAtTwoStages,
    not_on_a_revision_that_the_subject_made_of_what_they_asked_for: RequesterOfARevisionThatTheSubjectMade,
    not_as_a_delegate_made_after_they_asked: RequesterBecomesADelegateOfWhoIsAsked,
    not_as_a_manager_who_joined_the_request: ManagerJoins,
}

async fn refused(w: &World, route: Route) {
    let (request, who) = arrange(w, route).await;
    let before = w.decisions(&request).await;
    let stage = w.open(&request).await;
    let given: String =
        sqlx::query_scalar("select given_name from identity where id = $1").bind(who.0).fetch_one(&w.app.owner).await.unwrap();
    let asked = w.asked(&request).await;
    assert!(!asked.is_empty() && !asked.iter().any(|name| name.starts_with(&given)), "{route:?}: {asked:?} are asked, not {given}");
    for verdict in ["approve", "reject", "return"] {
        let reply = w.decide(who, &request, &stage, verdict).await;
        let code = reply.code();
        assert!(
            ["separation_of_duties", "not_found", "forbidden"].contains(&code.as_str()),
            "{route:?} {verdict}: {} {}",
            reply.status,
            reply.text()
        );
    }
    // Nor with one press among many, nor by taking it on, and no list of theirs has it.
    let view = w.show(w.cora, &request).await;
    let line = format!("{stage}~{}~{}", view["version"], view["content_hash"].as_str().unwrap());
    let (shown_at, key) = (w.app.now().to_string(), uuid());
    w.call(who, "inbox/approve_selected", &[("items[0]", &line), ("shown_at", &shown_at), ("key", &key)]).await;
    let made = w.app.count("select count(*) from pending_decision where state = 'open'").await;
    assert_eq!(made, 0, "{route:?}: nothing was decided in bulk");
    let claimed = w.call(who, "approvals/claim", &[("stage", &stage)]).await;
    assert!(["separation_of_duties", "not_found", "forbidden"].contains(&claimed.code().as_str()), "{route:?}: {}", claimed.text());
    for whose in ["", "mine", "team", "claimed"] {
        let list = w.call(who, "inbox/list", &[("query[whose]", whose), ("query[filter]", "")]).await.json();
        assert_eq!(list["page"]["rows"].as_array().map(Vec::len), Some(0), "{route:?} {whose}: {list}");
    }
    // Even if they were put among those asked by hand.
    let by_hand = sqlx::query("insert into stage_candidate (stage_id, identity_id, because) values ($1::uuid, $2, 'by hand')")
        .bind(&stage)
        .bind(who.0)
        .execute(&w.app.owner)
        .await;
    if by_hand.is_ok() {
        let reply = w.decide(who, &request, &stage, "approve").await;
        assert!(reply.status >= 400, "{route:?}: {}", reply.text());
    }
    let (decisions, state) = (w.decisions(&request).await, w.state(&request).await);
    assert_eq!((decisions, state.as_str()), (before, "in_approval"), "{route:?}: nothing was recorded");
    // The database repeats the law for whoever else writes; who stands in for somebody is told apart
    // by the server alone.
    if !matches!(route, Route::DelegateOfTheRequester) {
        let written = sqlx::query(
            "insert into decision (id, stage_id, request_id, revision, decided_by, verdict, shown_version, shown_hash, decided_at, idempotency_key)
             select gen_random_uuid(), s.id, s.request_id, s.revision, $2, 'approve', 1, sha256(''), now(), gen_random_uuid()
             from approval_stage s where s.id = $1::uuid",
        )
        .bind(&stage)
        .bind(who.0)
        .execute(&w.app.owner)
        .await
        .unwrap_err();
        let constraint = written.as_database_error().and_then(|e| e.constraint()).unwrap_or_default().to_owned();
        assert!(["decision_not_by_those_concerned", "decision_distinct_people"].contains(&constraint.as_str()), "{route:?}: {written}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_given_their_own_request_and_nobody_gives_one_to_themselves(pool: PgPoolOptions, connect: PgConnectOptions) {
    let w = World::begin(pool, connect).await;
    let second = w.second_account("Anastasia", w.ana).await;
    w.sql("update identity set email = 'second@example.org' where id = $1", &[second]).await;
    let request = w.ask(w.ana, w.read).await;
    let (stage, path) = {
        let stage = w.open(&request).await;
        (stage.clone(), format!("/reassign/{stage}"))
    };
    let version = w.show(w.ana, &request).await["version"].to_string();
    let mona = w.mona.to_string();
    for (by, to, sentence) in [
        (w.mona, "ana@example.org", "The request concerns this person"),
        (w.cora, "second@example.org", "The request concerns this person"),
        (w.cora, "cora@example.org", "This is you"),
        (w.mona, "mona@example.org", "This is you"),
    ] {
        let fields = [("version", version.as_str()), ("from", mona.as_str()), ("to", to), ("reason", "I am away tomorrow.")];
        let reply = w.post(by, &path, &fields).await;
        let page = reply.text();
        assert_eq!(reply.status, 422, "{to}");
        assert!(page.contains(sentence), "{to}: {page}");
        assert!(page.contains("I am away tomorrow.") && page.contains(&format!("value=\"{to}\"")), "what was typed stands there: {page}");
    }
    for (by, to, constraint) in [
        (w.cora, w.ana, "reassignment_not_to_those_concerned"),
        (w.cora, second, "reassignment_not_to_those_concerned"),
        (w.cora, w.cora, "reassignment_not_to_oneself"),
    ] {
        let written = sqlx::query("insert into stage_reassignment (id, stage_id, to_id, reason, reassigned_by, reassigned_at) values (gen_random_uuid(), $1::uuid, $2, 'x', $3, now())")
            .bind(&stage)
            .bind(to.0)
            .bind(by.0)
            .execute(&w.app.owner)
            .await
            .unwrap_err();
        let found = written.as_database_error().and_then(|e| e.constraint()).unwrap_or_default().to_owned();
        assert!(found == constraint || found == "reassignment_not_to_those_concerned", "{written}");
    }
    assert_eq!(w.asked(&request).await, ["Mona"]);
    // Those it concerns do not move it either.
    for who in [w.ana, second] {
        let reply = w.post(who, &path, &[("version", &version), ("from", &mona), ("to", "stan@example.org"), ("reason", "x")]).await;
        assert!(reply.status >= 400, "{}", reply.text());
    }
    assert_eq!(w.events("stage.reassigned").await, 0);
}
