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
    RequesterIsInTheGroup,
    RequesterIsTheFallback,
    RequesterIsTheEscalationTarget,
    RequesterIsDeputy,
    RequestersSecondAccountIsTheOwner,
    RequestersSecondAccountIsInTheGroup,
    SponsorIsInTheGroup,
    SponsorIsTheFallback,
    FormerSponsorWroteTheRevision,
    FormerSponsorAnswered,
    SubjectsSecondAccountBecomesADelegate,
    SecondAccountIsTheFallback,
    SecondAccountIsTheEscalationTarget,
}

/// Asks the line manager, and instead of them theirs, or the owner of the application.
fn with_fallback() -> serde_json::Value {
    let mut plan = json!([stage(1, "Decision", &["line_manager"], 1)]);
    plan[0]["fallback"] = json!(["managers_manager", "application_owner"]);
    plan
}

/// A request of Ana's by which `who` is concerned as `arranged` says, once her manager, whose own manager
/// they are, is away.
async fn fallback(w: &World, who: IdentityId, arranged: impl AsyncFnOnce()) -> (String, IdentityId) {
    w.plan("standard", with_fallback()).await;
    w.sql("update identity set manager_id = $2 where id = $1", &[w.mona, who]).await;
    let request = w.ask(w.ana, w.read).await;
    arranged().await;
    w.app.set_state(w.mona, "suspended").await;
    w.jobs().await;
    (request, who)
}

/// The same once the time of her manager is over.
async fn next_level(w: &World, who: IdentityId, arranged: impl AsyncFnOnce()) -> (String, IdentityId) {
    w.sql("update identity set manager_id = $2 where id = $1", &[w.mona, who]).await;
    let request = w.ask(w.ana, w.read).await;
    arranged().await;
    w.at("2026-11-30T09:00:00Z").await;
    w.jobs().await;
    assert_eq!((w.events("stage.escalated").await, w.events("stage.not_escalated").await), (0, 1), "nobody was asked");
    (request, who)
}

/// The same in a group of two, of which `who` is one and Sue the other.
async fn group(w: &World, who: IdentityId, arranged: impl AsyncFnOnce()) -> (String, IdentityId) {
    w.plan("standard", json!([stage(1, "Decision", &["group:security"], 1)])).await;
    w.security(who).await;
    w.security(w.sue).await;
    let request = w.ask(w.ana, w.read).await;
    arranged().await;
    w.jobs().await;
    (request, who)
}

/// An account that is no person, for which `sponsor` answers, in place of who a request is about.
async fn about_an_account(w: &World, sponsor: IdentityId) {
    let robot = w.app.identity("Robot", "service_account", w.unit, Some(w.mona)).await;
    w.sql("update identity set owner_id = $2 where id = $1", &[robot, sponsor]).await;
    w.sql("update request set subject_id = $1", &[robot]).await;
}

/// Arranges the way; gives the request and who takes it.
async fn arrange(w: &World, route: Route) -> (String, IdentityId) {
    let by = |sources: &'static [&'static str]| json!([stage(1, "Decision", sources, 1)]);
    let (owner, requester) = ("update application set owner_id = $1", "update request set requester_id = $1");
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
        Route::SubjectIsTheFallback => fallback(w, w.ana, async || {}).await,
        Route::SubjectIsTheEscalationTarget => next_level(w, w.ana, async || {}).await,
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
        Route::RequesterIsInTheGroup => group(w, w.stan, async || w.sql(requester, &[w.stan]).await).await,
        Route::RequesterIsTheFallback => fallback(w, w.stan, async || w.sql(requester, &[w.stan]).await).await,
        Route::RequesterIsTheEscalationTarget => next_level(w, w.stan, async || w.sql(requester, &[w.stan]).await).await,
        Route::RequesterIsDeputy => {
            w.sql("update application set deputy_id = $1", &[w.stan]).await;
            let request = w.ask(w.ana, w.write).await;
            w.sql(requester, &[w.stan]).await;
            w.approve(w.mona, &request).await;
            (request, w.stan)
        }
        Route::RequestersSecondAccountIsTheOwner => {
            let second = w.second_account("Stanislaus", w.stan).await;
            w.sql(owner, &[second]).await;
            let request = w.ask(w.ana, w.write).await;
            w.sql(requester, &[w.stan]).await;
            w.approve(w.mona, &request).await;
            (request, second)
        }
        Route::RequestersSecondAccountIsInTheGroup => {
            let second = w.second_account("Stanislaus", w.stan).await;
            group(w, second, async || w.sql(requester, &[w.stan]).await).await
        }
        Route::SponsorIsInTheGroup => group(w, w.stan, async || about_an_account(w, w.stan).await).await,
        Route::SponsorIsTheFallback => fallback(w, w.stan, async || about_an_account(w, w.stan).await).await,
        Route::FormerSponsorWroteTheRevision => {
            let (request, who) = group(w, w.stan, async || about_an_account(w, w.stan).await).await;
            w.revise(who, &request, "It is about the ledger of the north branch alone.").await;
            w.sql("update identity set owner_id = $1 where population = 'service_account'", &[w.dan]).await;
            w.jobs().await;
            (request, who)
        }
        Route::FormerSponsorAnswered => {
            let (request, who) = group(w, w.stan, async || about_an_account(w, w.stan).await).await;
            let stage = w.open(&request).await;
            let asked = w.decide(w.sue, &request, &stage, "return").await;
            assert!(asked.status < 400, "{}", asked.text());
            w.answer(who, &request).await;
            w.sql("update identity set owner_id = $1 where population = 'service_account'", &[w.dan]).await;
            w.jobs().await;
            (request, who)
        }
        Route::SubjectsSecondAccountBecomesADelegate => {
            let second = w.second_account("Anastasia", w.ana).await;
            w.sql("update identity set email = 'second@example.org' where id = $1", &[second]).await;
            let request = w.ask(w.ana, w.read).await;
            assert_eq!(w.delegate(w.mona, "second@example.org").await.location(), "/account?delegated");
            w.jobs().await;
            (request, second)
        }
        Route::SecondAccountIsTheFallback => fallback(w, w.second_account("Anastasia", w.ana).await, async || {}).await,
        Route::SecondAccountIsTheEscalationTarget => next_level(w, w.second_account("Anastasia", w.ana).await, async || {}).await,
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
    not_as_a_requester_in_the_group: RequesterIsInTheGroup,
    not_as_a_requester_who_is_the_fallback: RequesterIsTheFallback,
    not_as_a_requester_who_is_the_next_level_of_an_escalation: RequesterIsTheEscalationTarget,
    not_as_a_requester_who_deputises_for_the_owner: RequesterIsDeputy,
    not_through_a_second_account_of_the_requester_that_owns_the_application: RequestersSecondAccountIsTheOwner,
    not_through_a_second_account_of_the_requester_in_the_group: RequestersSecondAccountIsInTheGroup,
    not_as_whoever_answers_for_the_account_in_the_group: SponsorIsInTheGroup,
    not_as_whoever_answers_for_the_account_as_the_fallback: SponsorIsTheFallback,
    not_as_whoever_answered_for_the_account_when_they_wrote_the_revision: FormerSponsorWroteTheRevision,
    not_as_whoever_answered_for_the_account_when_they_answered_the_question: FormerSponsorAnswered,
    not_through_a_second_account_that_becomes_a_delegate: SubjectsSecondAccountBecomesADelegate,
    not_through_a_second_account_that_is_the_fallback: SecondAccountIsTheFallback,
    not_through_a_second_account_that_is_the_next_level_of_an_escalation: SecondAccountIsTheEscalationTarget,
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
