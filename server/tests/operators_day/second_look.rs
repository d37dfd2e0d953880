//! The second look: another person than the one who did it says whether it is there.

use super::scene::*;

const LOOKS: &str = r#"{"second_look": ["standard"]}"#;

async fn waiting(s: &Story) -> (String, String) {
    by_hand(s, &serde_json::from_str(LOOKS).unwrap()).await;
    let (request, release) = approved(s).await;
    let reply = confirm(s, s.pia, &release, &[("evidence", "Seen in the console.")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    (request, release)
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_counts_before_another_person_has_looked(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = waiting(&s).await;
    assert_eq!((state(&s, &release).await.as_str(), s.state(&request).await.as_str()), ("activated", "approved"));
    assert_eq!(s.app.count("select count(*) from access_grant").await, 0);
    s.app.advance(SignedDuration::from_hours(3));
    let reply = look(&s, s.pol, &release, true, "She is in the group.").await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    assert_eq!((state(&s, &release).await.as_str(), s.state(&request).await.as_str()), ("closed", "released"));
    let begins = "select g.active_since = l.executed_at and l.verified_at > l.executed_at and l.verified_by <> l.executed_by and l.evidence like '%Second look: She is in the group.' from release l join access_grant g on g.id = l.grant_id where l.id = $1::uuid";
    assert!(one::<bool>(&s, begins, &release).await, "the access counts from the moment in which it was given");
    let view = view(&s, s.pia, &release).await;
    assert_eq!((&view["verified_by"]["name"], &view["line"]["executed_by"]["name"]), (&json!("Pol Example"), &json!("Pia Example")));
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_did_it_approved_it_or_gets_it_never_takes_the_second_look(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, release) = waiting(&s).await;
    // Another account of Pia's.
    let unit = s.app.unit("Elsewhere").await;
    let other = s.app.person("Piana", unit, None).await;
    sqlx::query("update identity set email = (select email from identity where id = $1) where id = $2")
        .bind(s.pia.0)
        .bind(other.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    for who in [other, s.mona, s.ana] {
        s.app.role(who, Role::Operator).await;
    }
    for who in [s.pia, other, s.mona, s.ana] {
        let reply = look(&s, who, &release, true, "It is there.").await;
        assert_eq!((reply.status, refusal(&reply)), (403, json!("separation_of_duties")));
        let mut page = browser(&s, who).await;
        page.open(&format!("/releases/{release}")).await;
        assert!(page.says("Waits for a second look, which is not yours.") && !page.has_form("/api/releases/look", ""), "{}", page.text());
        let forced =
            sqlx::query("update release set verified_by = $2 where id = $1::uuid").bind(&release).bind(who.0).execute(&s.app.owner).await;
        assert!(forced.is_err(), "the database says it again");
    }
    assert_eq!(look(&s, s.stan, &release, true, "It is there.").await.status, 404);
    assert_eq!(s.call(s.pia, "releases/retry", &[("release", &release), ("version", "2")]).await.status, 409);
    assert_eq!(state(&s, &release).await, "activated");
}

#[sqlx::test(migrations = "../migrations")]
async fn not_there_goes_back_to_the_operators_with_the_reason(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = waiting(&s).await;
    let mut pol = browser(&s, s.pol).await;
    pol.open(&format!("/releases/{release}")).await;
    let form = pol.form("/api/releases/look", "said");
    pol.send(&form.clone().with("there", "false").fill("said", " ")).await;
    assert!(pol.error("said").contains("in your own words"), "{}", pol.text());
    let long = "x".repeat(2_001);
    pol.send(&form.clone().with("there", "false").fill("said", &long)).await;
    assert_eq!(pol.form("/api/releases/look", "said").value("said"), long);
    pol.send(&form.with("there", "false").fill("said", "The group has no such member.")).await;
    assert_eq!((pol.status, state(&s, &release).await.as_str()), (200, "planned"));
    assert!(pol.says("The group has no such member.") && pol.says("Second look: not there"), "{}", pol.text());
    assert_eq!(s.app.count("select count(*) from access_grant").await, 0);
    done(&s, s.pol, &release).await;
    let reply = look(&s, s.pia, &release, true, "Now she is a member.").await;
    assert!(reply.status < 400, "{}", reply.text());
    assert_eq!(s.state(&request).await, "released");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_is_looked_at_too_and_the_access_ends_with_the_look(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, release) = waiting(&s).await;
    assert!(look(&s, s.pol, &release, true, "She is in the group.").await.status < 400);
    let grant: uuid::Uuid = one(&s, "select id from access_grant where request_id = $1::uuid", &request).await;
    let reply = s.call(s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    let removal = s.open_release(&request).await;
    done(&s, s.pol, &removal).await;
    assert_eq!(one::<String>(&s, "select state from access_grant where request_id = $1::uuid", &request).await, "ending");
    assert_eq!(look(&s, s.pia, &removal, false, "She is still a member.").await.status / 100, 2);
    done(&s, s.pol, &removal).await;
    assert_eq!(look(&s, s.pia, &removal, true, "She is gone from the group.").await.status / 100, 2);
    assert_eq!(
        (
            one::<String>(&s, "select state from access_grant where request_id = $1::uuid", &request).await.as_str(),
            s.state(&request).await.as_str()
        ),
        ("ended", "closed")
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn without_settings_privileged_access_is_looked_at_and_other_access_is_not(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, release) = approved(&s).await;
    done(&s, s.pia, &release).await;
    assert_eq!(state(&s, &release).await, "closed");
    s.plan("privileged", json!([{ "step": 1, "name": "Manager", "sources": ["line_manager"], "quorum": 1, "due_hours": 16 }])).await;
    s.app.account(s.mona, "mona", "blue tram to work").await;
    let request = s.submit(s.ana, s.root).await;
    let shown = s.shown(s.mona, &request).await;
    let reply = s.decide_with(s.mona, &shown, "approve", &[("password", "blue tram to work")]).await;
    assert!(reply.status < 400, "{}", reply.text());
    s.become_final().await;
    let release = s.open_release(&request).await;
    done(&s, s.pia, &release).await;
    assert_eq!(state(&s, &release).await, "activated");
    assert!(look(&s, s.pol, &release, true, "The role is assigned.").await.status < 400);
    assert_eq!(s.state(&request).await, "released");
}

/// Planned, said, missing, not planned, and by whom, as the page has it.
async fn said(s: &Story, release: &str) -> (Value, Value, Value, Value, Value) {
    let found = view(s, s.pia, release).await["found"].clone();
    let [planned, actual, missing, unexpected] = ["planned", "actual", "missing", "unexpected"].map(|name| found[name].clone());
    (planned, actual, missing, unexpected, found["said_by"]["name"].clone())
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_there_after_work_by_hand_is_shown_by_the_word_of_whoever_says_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    // Something else that she has there, and keeps.
    let other = s.app.asked(s.ana, s.write, "approved").await;
    s.app.given(other, s.pia).await;
    let (request, release) = waiting(&s).await;
    let (both, one_of_them, nothing) = (json!(["Ledger Reader", "Ledger Writer"]), json!(["Ledger Writer"]), json!([]));
    let reader = json!(["Ledger Reader"]);
    let (pia, pol) = (json!("Pia Example"), json!("Pol Example"));
    let well = |by: &Value| (both.clone(), both.clone(), nothing.clone(), nothing.clone(), by.clone());
    assert_eq!(said(&s, &release).await, well(&pia), "whoever confirms it says that it is there");
    assert!(look(&s, s.pol, &release, false, "The group has no such member.").await.status < 400);
    assert_eq!(said(&s, &release).await, (both.clone(), one_of_them.clone(), reader.clone(), nothing.clone(), pol.clone()));
    let mut page = browser(&s, s.pia).await;
    page.open(&format!("/releases/{release}")).await;
    for words in ["Said to be there", "Missing", "Pol Example, about this change; no machine read it"] {
        assert!(page.says(words) && !page.says("Read over there"), "{words} in {}", page.text());
    }
    done(&s, s.pol, &release).await;
    assert!(look(&s, s.pia, &release, true, "Now she is a member.").await.status < 400);
    assert_eq!(said(&s, &release).await, well(&pia));
    page.open(&format!("/releases/{release}")).await;
    assert!(page.says("Said to be there") && page.says("No difference"), "{}", page.text());

    let grant: uuid::Uuid = one(&s, "select id from access_grant where request_id = $1::uuid", &request).await;
    assert!(s.call(s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await.status < 400);
    let removal = s.open_release(&request).await;
    assert_eq!(view(&s, s.pia, &removal).await["found"], Value::Null, "nobody has said anything yet");
    done(&s, s.pol, &removal).await;
    assert!(look(&s, s.pia, &removal, false, "She is still a member.").await.status < 400);
    assert_eq!(said(&s, &removal).await, (one_of_them.clone(), both.clone(), nothing.clone(), reader, pia));
    done(&s, s.pia, &removal).await;
    assert!(look(&s, s.pol, &removal, true, "She is gone from the group.").await.status < 400);
    assert_eq!(said(&s, &removal).await, (one_of_them.clone(), one_of_them, nothing.clone(), nothing, pol));
}
