//! Templates: for whom they are offered, what of them is shown, what they fill in, and what is
//! remembered of them.

use super::desk::Desk;
use crate::support::*;
use serde_json::{Value, json};

/// A template in its third version, with a reason and 30 days.
async fn template(s: &Desk, id: u128, code: &str, populations: &[&str], units: &[UnitId], of: &[EntitlementId]) -> String {
    let id = uuid::Uuid::from_u128(id);
    sqlx::query(
        "insert into request_template (id, code, name, description, reason_code, days, audience_populations, audience_units, entitlement_ids, version, updated_at)
         values ($1, $2, $2, 'For tests', 'new_role', 30, $3, $4, $5, 3, now())",
    )
    .bind(id)
    .bind(code)
    .bind(populations)
    .bind(units.iter().map(|unit| unit.0).collect::<Vec<_>>())
    .bind(of.iter().map(|entitlement| entitlement.0).collect::<Vec<_>>())
    .execute(&s.app.owner)
    .await
    .unwrap();
    id.to_string()
}

/// Names of the templates that somebody is offered who writes nothing yet.
async fn offered(s: &Desk, who: IdentityId) -> Vec<String> {
    let reply = s.call(who, "drafts/templates", &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json().as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect()
}

async fn use_it(s: &Desk, who: IdentityId, template: &str) -> String {
    let reply = s.call(who, "drafts/add_template", &[("template", template)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    s.newest_draft(who).await
}

/// The template that the newest submission recorded.
async fn recorded(s: &Desk) -> Option<i32> {
    sqlx::query_scalar("select template_version from submission order by submitted_at desc limit 1").fetch_one(&s.app.owner).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn templates_for_those_one_answers_for_are_offered_as_well(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let (elsewhere, nowhere) = (s.app.unit("Elsewhere").await, s.app.unit("Nowhere").await);
    let far = s.app.person("Far", elsewhere, Some(s.mona)).await;
    s.app.identity("Con", "contractor", s.unit, Some(s.mona)).await;
    let robot = s.app.identity("Robot", "service_account", s.unit, None).await;
    sqlx::query("update identity set owner_id = $2 where id = $1").bind(robot.0).bind(s.ben.0).execute(&s.app.owner).await.unwrap();
    let gone = s.app.person("Gone", nowhere, Some(s.mona)).await;
    s.app.set_state(gone, "suspended").await;
    let unit = template(&s, 1, "of the unit elsewhere", &[], &[elsewhere], &[s.read]).await;
    template(&s, 2, "of contractors", &["contractor"], &[], &[s.read]).await;
    template(&s, 3, "of robots", &["service_account"], &[], &[s.read]).await;
    template(&s, 4, "of nowhere", &[], &[nowhere], &[s.read]).await;

    assert_eq!(offered(&s, s.mona).await, ["of contractors", "of the unit elsewhere"]);
    assert_eq!(offered(&s, s.ben).await, ["of robots"]);
    assert_eq!(offered(&s, far).await, ["of the unit elsewhere"]);
    assert_eq!(offered(&s, s.stan).await, Vec::<String>::new());
    assert_eq!(s.call(s.stan, "drafts/add_template", &[("template", &unit)]).await.status, 404);

    let mut browser = s.browser(s.mona).await;
    browser.open("/request").await;
    assert!(browser.says("Meant for people you answer for"), "{}", browser.page);
    let draft = use_it(&s, s.mona, &unit).await;
    let request = s.submit(s.mona, &draft, &[("subject", &far.to_string())]).await.remove(0);
    let view = s.show(far, &request).await;
    assert_eq!((view["subject"]["name"].as_str(), &view["template"]), (Some("Far Example"), &json!(["of the unit elsewhere", 3])));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_meant_for_others_has_no_name_in_a_template_and_is_left_out(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let elsewhere = s.app.unit("Elsewhere").await;
    sqlx::query("update entitlement set audience_units = array[$2] where id = $1")
        .bind(s.write.0)
        .bind(elsewhere.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    let mixed = template(&s, 1, "mixed", &[], &[], &[s.read, s.write]).await;
    let closed = template(&s, 2, "closed", &[], &[], &[s.write]).await;
    let mut browser = s.browser(s.ana).await;
    browser.open("/request").await;
    assert!(browser.says("Ledger Reader. One more is meant for others, and left out"), "{}", browser.page);
    assert!(!browser.page.contains("Ledger Writer"), "{}", browser.page);
    assert_eq!(offered(&s, s.ana).await, ["mixed"], "nothing of the other is hers to see");
    assert_eq!(s.call(s.ana, "drafts/add_template", &[("template", &closed)]).await.status, 404);
    let draft = use_it(&s, s.ana, &mixed).await;
    let view = s.open(s.ana, &draft).await;
    let items: Vec<&str> = view["items"].as_array().unwrap().iter().map(|item| item["card"]["name"].as_str().unwrap()).collect();
    assert_eq!(items, ["Ledger Reader"]);
    // Who owns the application sees it, as in the catalogue.
    assert_eq!(offered(&s, s.olga).await, ["closed", "mixed"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_names_its_template_on_its_page_and_in_its_file(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let joiner = template(&s, 1, "joiner", &[], &[], &[s.read, s.write]).await;
    let draft = use_it(&s, s.ana, &joiner).await;
    let request = s.submit(s.ana, &draft, &[]).await.remove(0);
    // The template moves on; the request keeps the version that it came from.
    sqlx::query("update request_template set version = 4").execute(&s.app.owner).await.unwrap();
    let mut browser = s.browser(s.mona).await;
    browser.open(&format!("/requests/{request}")).await;
    assert!(browser.says("Templatejoiner, version 3"), "{}", browser.text());
    let file = s.app.sign_in_as(s.mona).await.get(&format!("/requests/{request}/record")).await.json();
    assert_eq!(file["record"]["template"], json!(["joiner", 3]));
    let own = s.ask(s.ben, s.read).await;
    assert_eq!(s.show(s.ben, &own).await["template"], Value::Null);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_template_is_remembered_for_as_long_as_everything_asked_for_comes_from_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let joiner = template(&s, 1, "joiner", &[], &[], &[s.read, s.write]).await;
    // The basket was not empty, and what was in it is of the template.
    s.add(s.ana, s.read).await;
    let draft = use_it(&s, s.ana, &joiner).await;
    assert_eq!(s.open(s.ana, &draft).await["template"], "joiner");
    // Something else joins it, so that the whole is not the template any more.
    s.add(s.ana, s.root).await;
    assert_eq!(s.open(s.ana, &draft).await["template"], Value::Null);
    let removed = s.send(s.ana, "drafts/remove_item", &draft, &[("remove", "2")]).await;
    assert!(removed.status < 400, "{}", removed.text());
    assert_eq!(s.open(s.ana, &draft).await["template"], "joiner");
    s.submit(s.ana, &draft, &[]).await;
    assert_eq!(recorded(&s).await, Some(3));

    s.add(s.ben, s.root).await;
    let draft = use_it(&s, s.ben, &joiner).await;
    assert_eq!(s.open(s.ben, &draft).await["template"], Value::Null);
    s.submit(s.ben, &draft, &[]).await;
    assert_eq!(recorded(&s).await, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_period_of_a_template_takes_the_place_of_a_proposed_one_and_not_of_a_typed_one(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Desk::set(pool, connect).await;
    let joiner = template(&s, 1, "joiner", &[], &[], &[s.read, s.write]).await;
    let period = async |who, draft: &str| {
        let view = s.open(who, draft).await;
        (view["form"]["starts_on"].as_str().unwrap().to_owned(), view["form"]["ends_on"].as_str().unwrap().to_owned())
    };
    let dates = |starts_on: &str, ends_on: &str| (starts_on.to_owned(), ends_on.to_owned());
    let draft = s.add(s.ana, s.read).await;
    assert_eq!(period(s.ana, &draft).await, dates("2026-11-22", "2027-11-23"), "proposed from the limits");
    use_it(&s, s.ana, &joiner).await;
    assert_eq!(period(s.ana, &draft).await, dates("2026-11-22", "2026-12-22"));

    let draft = s.add(s.ben, s.read).await;
    s.send(s.ben, "drafts/save", &draft, &[("starts_on", "2026-12-01"), ("ends_on", "2026-12-10")]).await;
    use_it(&s, s.ben, &joiner).await;
    assert_eq!(period(s.ben, &draft).await, dates("2026-12-01", "2026-12-10"));
    // Only the start was typed: the days are counted from there.
    s.send(s.ben, "drafts/save", &draft, &[("starts_on", "2026-12-01"), ("ends_on", "")]).await;
    use_it(&s, s.ben, &joiner).await;
    assert_eq!(period(s.ben, &draft).await, dates("2026-12-01", "2026-12-31"));
}
