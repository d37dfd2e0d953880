//! What operators have in hand, or did although a rule held it: nothing is cancelled under them, and no access
//! stays that nobody has on record.

use super::scene::*;

/// Ana has no second factor any more, and from now on everybody needs one.
async fn a_gate_is_not_met(s: &Story) {
    run(s, "update identity set mfa = 'absent' where id = $1::uuid", &s.ana.to_string()).await;
    run(s, "update identity_specification set mfa_from = 'standard' where $1::uuid is not null", &s.ana.to_string()).await;
}

async fn take_on(s: &Story, who: IdentityId, release: &str) {
    let reply = s.call(who, "releases/claim", &[("release", release)]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    assert!(one::<bool>(s, "select claimed_by is not null from release where id = $1::uuid", release).await, "{}", reply.text());
}

async fn withdraw(s: &Story, request: &str) -> Reply {
    let version = s.show(s.ana, request).await["version"].to_string();
    s.call(s.ana, "requests/withdraw", &[("request", request), ("version", &version), ("reason", "No longer needed.")]).await
}

/// The next revision, in other words than the one before.
async fn revise(s: &Story, request: &str) -> Reply {
    assert!(s.call(s.ana, "drafts/edit", &[("request", request)]).await.status < 400);
    let draft: uuid::Uuid = one(s, "select id from draft where request_id = $1::uuid", request).await;
    let draft = draft.to_string();
    let open = s.call(s.ana, "drafts/open", &[("draft", &draft)]).await.json();
    let view = &open["Open"];
    let (version, of) = (view["version"].to_string(), |name: &str| view["form"][name].as_str().unwrap_or_default().to_owned());
    let [subject, reason, starts_on, ends_on] = ["subject", "reason_code", "starts_on", "ends_on"].map(of);
    let fields = [
        ("draft", draft.as_str()),
        ("version", &version),
        ("subject", &subject),
        ("reason_code", &reason),
        ("justification", "It is about the ledger of the north branch alone."),
        ("starts_on", &starts_on),
        ("ends_on", &ends_on),
        ("items[0][kind]", ""),
    ];
    s.call(s.ana, "drafts/submit", &fields).await
}

async fn lapse(s: &Story) {
    let report = server::job::lapse_requests::run(&s.app.base).await.unwrap();
    assert_eq!(report.failed, 0, "{report:?}");
}

async fn end_what_is_due(s: &Story) {
    let report = server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!((report.changed, report.failed), (1, 0), "{report:?}");
}

/// A request of Ana about access that she has, approved by these people, and its release.
async fn about(s: &Story, first: &str, kind: &str, what: EntitlementId, approvers: &[IdentityId]) -> (String, String, String) {
    let grant: uuid::Uuid = one(s, "select id from access_grant where request_id = $1::uuid", first).await;
    let kind = format!("{kind}:{grant}");
    let reply = s.try_submit(s.ana, what, &[("kind", &kind), ("ends_on", "2026-12-31")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    let request = s.newest().await;
    for approver in approvers {
        s.approve(*approver, &request).await;
    }
    let release = s.open_release(&request).await;
    (grant.to_string(), request, release)
}

#[sqlx::test(migrations = "../migrations")]
async fn what_an_operator_has_in_hand_is_neither_withdrawn_nor_changed_under_them(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    take_on(&s, s.pia, &release).await;
    let mut ana = browser(&s, s.ana).await;
    ana.open(&format!("/requests/{request}")).await;
    let number: String = one(&s, "select number from release where id = $1::uuid", &release).await;
    assert!(ana.says(&format!("Pia Example has taken {number} on until ")) && ana.says("Ask them to give it back"), "{}", ana.text());
    assert!(!ana.has_form("/api/requests/withdraw", "") && !ana.has_form("/api/drafts/edit", ""), "{}", ana.page);
    for reply in [withdraw(&s, &request).await, revise(&s, &request).await] {
        assert_eq!((reply.status, refusal(&reply)), (409, json!("not_possible")));
    }
    assert_eq!((state(&s, &release).await.as_str(), s.state(&request).await.as_str()), ("planned", "approved"));
    // What she did counts, with a grant that ends.
    done(&s, s.pia, &release).await;
    assert_eq!((s.state(&request).await.as_str(), s.app.count("select count(*) from access_grant").await), ("released", 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_given_back_can_be_withdrawn_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    take_on(&s, s.pia, &release).await;
    assert_eq!(withdraw(&s, &request).await.status, 409);
    assert!(s.call(s.pia, "releases/give_back", &[("release", &release)]).await.status < 400);
    assert!(withdraw(&s, &request).await.status < 400);
    assert_eq!((state(&s, &release).await.as_str(), s.state(&request).await.as_str()), ("cancelled", "withdrawn"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_past_its_last_day_lapses_once_its_work_is_given_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    s.app.clock.set("2026-12-21T12:00:00Z".parse().unwrap());
    take_on(&s, s.pia, &release).await;
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    lapse(&s).await;
    assert_eq!((state(&s, &release).await.as_str(), s.state(&request).await.as_str()), ("planned", "approved"));
    assert!(s.call(s.pia, "releases/give_back", &[("release", &release)]).await.status < 400);
    lapse(&s).await;
    assert_eq!((state(&s, &release).await.as_str(), s.state(&request).await.as_str()), ("cancelled", "lapsed"));
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_moves_an_end_by_hand_is_told_when_the_access_ends_under_them(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    let (grant, longer, release) = about(&s, &first, "extend", s.read, &[s.mona]).await;
    take_on(&s, s.pia, &release).await;
    assert!(s.call(s.ana, "grants/give_back", &[("grant", &grant)]).await.status < 400);
    assert_eq!((state(&s, &release).await.as_str(), s.state(&longer).await.as_str()), ("cancelled", "withdrawn"));
    let told: Vec<uuid::Uuid> = sqlx::query_scalar("select recipient_id from notification where title like 'REL-% is not needed any more'")
        .fetch_all(&s.app.owner)
        .await
        .unwrap();
    assert_eq!(told, [s.pia.0]);
    assert!(one::<bool>(&s, "select claimed_by is null from release where id = $1::uuid", &release).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn other_access_that_somebody_is_giving_is_theirs_to_finish_when_the_old_one_goes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let first = s.granted().await;
    let (grant, other, release) = about(&s, &first, "change", s.write, &[s.mona, s.olga]).await;
    take_on(&s, s.pia, &release).await;
    assert!(s.call(s.ana, "grants/give_back", &[("grant", &grant)]).await.status < 400);
    assert_eq!((state(&s, &release).await.as_str(), s.state(&other).await.as_str()), ("planned", "approved"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_gates_run_before_anybody_takes_it_on(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    let mut pia = browser(&s, s.pia).await;
    pia.open(&format!("/releases/{release}")).await;
    let form = pia.form("/api/releases/claim", &release);
    a_gate_is_not_met(&s).await;
    pia.send(&form).await;
    assert_eq!(pia.path, format!("/releases/{release}?done=not_taken_on"));
    assert!(pia.says("Held, and not taken on.") && pia.says("Nothing was released.") && pia.says("factor"), "{}", pia.text());
    let free = "select state = 'held' and claimed_by is null and may_be_there_by is null from release where id = $1::uuid";
    assert!(one::<bool>(&s, free, &release).await);
    assert!(s.app.count("select count(*) from notification where kind = 'held' and body like 'Nothing was carried out.%'").await > 0);
    // Once it is met, somebody takes it on; and as nobody did anything, it could have been withdrawn.
    assert_eq!(s.show(s.ana, &request).await["may_withdraw"], json!(true));
    run(&s, "update identity set mfa = 'passkey' where id = $1::uuid", &s.ana.to_string()).await;
    take_on(&s, s.pia, &release).await;
    done(&s, s.pia, &release).await;
    assert_eq!(s.state(&request).await, "released");
}

/// Pia gives what she took on before a gate was not met any more, and confirms it.
async fn done_and_held(s: &Story) -> (String, String) {
    let (request, release) = approved(s).await;
    take_on(s, s.pia, &release).await;
    a_gate_is_not_met(s).await;
    assert_eq!(upload(s, s.pia, &release, "console.txt", "text/plain", NOTE).await.status, 303);
    let reply = confirm(s, s.pia, &release, &[("evidence", "Seen in the console.")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    assert_eq!(state(s, &release).await, "held");
    (request, release)
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_confirmed_and_held_stays_on_record_and_is_said_to_be_there(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = done_and_held(&s).await;
    let kept = "select count(*) from release_evidence x join release_attempt a on a.id = x.attempt_id and a.outcome = 'held' where x.release_id = $1::uuid";
    assert_eq!(one::<i64>(&s, kept, &release).await, 2, "the words and the file");
    let shown = view(&s, s.pol, &release).await;
    assert_eq!((&shown["found"]["said_by"]["name"], &shown["actual"]), (&json!("Pia Example"), &json!("It may be there.")));
    assert_eq!(s.app.count("select count(*) from notification where kind = 'held' and body like 'Nothing was carried out.%'").await, 0);
    let mut pia = browser(&s, s.pia).await;
    pia.open(&format!("/releases/{release}")).await;
    assert!(pia.says("so it may be there") && !pia.says("Nothing was released."), "{}", pia.text());
    // Confirmed once more when the gate is met, it is access like any other.
    run(&s, "update identity set mfa = 'passkey' where id = $1::uuid", &s.ana.to_string()).await;
    done(&s, s.pia, &release).await;
    assert_eq!(s.state(&request).await, "released");
    assert!(one::<bool>(&s, "select may_be_there_by is null from release where id = $1::uuid", &release).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_may_be_there_is_cancelled_only_after_somebody_says_that_it_was_taken_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = done_and_held(&s).await;
    assert!(s.call(s.pia, "releases/give_back", &[("release", &release)]).await.status < 400);
    let mut ana = browser(&s, s.ana).await;
    ana.open(&format!("/requests/{request}")).await;
    assert!(ana.says("so it may be there. Ask an operator to take it back"), "{}", ana.text());
    assert!(!ana.has_form("/api/requests/withdraw", ""), "{}", ana.page);
    for reply in [withdraw(&s, &request).await, look(&s, s.pol, &release, true, "It is there.").await] {
        assert_eq!((reply.status, refusal(&reply)), (409, json!("not_possible")));
    }
    for who in [s.mona, s.ana] {
        s.app.role(who, Role::Operator).await;
        assert_eq!(look(&s, who, &release, false, "It is gone.").await.status, 403, "who is concerned says nothing");
    }
    let mut pol = browser(&s, s.pol).await;
    pol.open(&format!("/releases/{release}")).await;
    let form = pol.form("/api/releases/look", "said");
    pol.send(&form.with("there", "false").fill("said", "Taken out of the group again.")).await;
    assert!(pol.says("Taken back by hand") && !pol.has_form("/api/releases/look", ""), "{}", pol.text());
    let reply = withdraw(&s, &request).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    assert_eq!((state(&s, &release).await.as_str(), s.app.count("select count(*) from access_grant").await), ("cancelled", 0));
}

/// How the access of a request stands, how its removal, and who gave it.
async fn stands(s: &Story, request: &str) -> String {
    let sql = "select g.state || ': ' || g.end_reason || ', ' || l.state || ', given by ' || p.given_name
               from access_grant g join release l on l.id = g.removal_release_id
               join release a on a.id = g.activation_release_id and a.state = 'closed' join identity p on p.id = a.executed_by
               where g.request_id = $1::uuid";
    one(s, sql, request).await
}

#[sqlx::test(migrations = "../migrations")]
async fn what_may_be_there_is_removed_when_whoever_has_it_is_suspended(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = done_and_held(&s).await;
    s.app.set_state(s.ana, "suspended").await;
    end_what_is_due(&s).await;
    assert_eq!(stands(&s, &request).await, "ending: identity_stopped, planned, given by Pia");
    assert_eq!(state(&s, &release).await, "closed");
    let removal = s.open_release(&request).await;
    done(&s, s.pol, &removal).await;
    assert_eq!(one::<String>(&s, "select state from access_grant where request_id = $1::uuid", &request).await, "ended");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_may_be_there_is_removed_although_whoever_gave_it_joined_the_request_since(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, _) = done_and_held(&s).await;
    sqlx::query("insert into request_watcher (request_id, identity_id, since) values ($1::uuid, $2, now())")
        .bind(&request)
        .bind(s.pia.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    s.app.set_state(s.ana, "suspended").await;
    end_what_is_due(&s).await;
    assert_eq!(stands(&s, &request).await, "ending: identity_stopped, planned, given by Pia");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_confirmed_after_its_last_day_is_removed_and_the_request_does_not_lapse_over_it(
    pool: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = approved(&s).await;
    s.app.clock.set("2026-12-21T12:00:00Z".parse().unwrap());
    take_on(&s, s.pia, &release).await;
    s.app.clock.set("2026-12-22T00:00:00Z".parse().unwrap());
    assert!(confirm(&s, s.pia, &release, &[("evidence", "Seen in the console.")]).await.status < 400);
    let reasons = view(&s, s.pia, &release).await["line"]["state"]["reasons"].to_string();
    assert!(reasons.contains("The approved period has ended."), "{reasons}");
    lapse(&s).await;
    assert_eq!(s.state(&request).await, "approved", "what may be there goes first");
    end_what_is_due(&s).await;
    assert_eq!(stands(&s, &request).await, "ending: expired, planned, given by Pia");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_concerned_gives_their_word_in_the_database_either(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, release) = approved(&s).await;
    for who in [s.mona, s.ana] {
        let forced = sqlx::query("update release set may_be_there_by = $2, may_be_there_at = now() where id = $1::uuid")
            .bind(&release)
            .bind(who.0)
            .execute(&s.app.owner)
            .await;
        let constraint = forced.unwrap_err().as_database_error().and_then(|error| error.constraint().map(str::to_owned)).unwrap();
        assert!(constraint.starts_with("release_hand_not_by_"), "{constraint}");
    }
}
