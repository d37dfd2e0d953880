//! The pages of change control in a browser that runs no script: who sees which record and which
//! form, what was typed stays typed, the second person reads the difference, every version stays
//! readable.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use domain::permission::Role;
use support::*;

/// Olga owns the ledger and Dora deputises; Ada administers, Cora keeps the rules, Alma audits, Sam
/// has nothing to do with it.
struct Scene {
    app: TestApp,
    olga: IdentityId,
    dora: IdentityId,
    ada: IdentityId,
    cora: IdentityId,
    alma: IdentityId,
    sam: IdentityId,
    read: EntitlementId,
}

impl Scene {
    async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let app = TestApp::new(pool, connect).await;
        app.specifications().await;
        let unit = app.unit("Ledger").await;
        let (olga, dora, sam) =
            (app.person("Olga", unit, None).await, app.person("Dora", unit, None).await, app.person("Sam", unit, None).await);
        let ada = app.person_with("Ada", Role::Administrator).await;
        let cora = app.person_with("Cora", Role::Compliance).await;
        let alma = app.person_with("Alma", Role::Auditor).await;
        let ledger = app.application("LEDGER", olga, Some(dora)).await;
        let read = app.entitlement(ledger, "Ledger Reader", "standard").await;
        Self { app, olga, dora, ada, cora, alma, sam, read }
    }

    async fn browser(&self, who: IdentityId) -> Browser {
        Browser::of(self.app.sign_in_as(who).await)
    }

    fn record(&self) -> String {
        format!("/rules/entitlement/{}", self.read)
    }

    /// Somebody's browser on the record, and its form.
    async fn form(&self, who: IdentityId) -> (Browser, Form) {
        let mut browser = self.browser(who).await;
        browser.open(&self.record()).await;
        assert_eq!(browser.status, 200, "{}", browser.page);
        let form = browser.form(&self.record(), "base_version");
        (browser, form)
    }

    /// Olga's browser on the change that makes the reader elevated.
    async fn proposed(&self) -> Browser {
        let (mut browser, form) = self.form(self.olga).await;
        browser.send(&form.fill("field.tier", "elevated").fill("field.tier_reason", "It shows salaries.").fill("reason", WHY)).await;
        assert!(browser.path.starts_with("/changes/") && browser.path.ends_with("?proposed"), "{} {}", browser.path, browser.text());
        browser
    }

    async fn changes(&self) -> i64 {
        self.app.count("select count(*) from catalogue_change").await
    }
}

const WHY: &str = "Found in the review of November.";

/// The address of the page without what was done.
fn address(browser: &Browser) -> String {
    browser.path.split('?').next().unwrap().to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_record_is_for_those_in_scope_and_its_form_for_those_who_may_change_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    for (who, name, form) in [
        (scene.ada, "administrator", true),
        (scene.olga, "owner", true),
        (scene.dora, "deputy", true),
        (scene.cora, "compliance", false),
        (scene.alma, "auditor", false),
    ] {
        let mut browser = scene.browser(who).await;
        browser.open(&scene.record()).await;
        assert_eq!((browser.status, browser.has_form(&scene.record(), "base_version")), (200, form), "{name}: {}", browser.text());
        assert!(browser.says("In force") && browser.says("Version 1"), "{name}: {}", browser.text());
    }
    let mut browser = scene.browser(scene.sam).await;
    browser.open("/rules").await;
    assert!(browser.status == 200 && browser.says("Nothing here is in your scope"), "{} {}", browser.status, browser.text());
    for path in [scene.record(), "/rules/entitlement".to_owned(), "/changes".to_owned()] {
        browser.open(&path).await;
        assert!([403, 404].contains(&browser.status), "{path}: {}", browser.status);
        assert!(!browser.says("Ledger Reader"), "{}", browser.text());
    }
    browser.open("/").await;
    assert!(!browser.page.contains("href=\"/rules\""), "{}", browser.page);
    let mut browser = scene.browser(scene.olga).await;
    browser.open("/").await;
    assert!(browser.page.contains("href=\"/rules\""), "{}", browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_sends_the_form_of_a_record_that_they_may_only_read_is_told_who_may_change_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let unit = scene.app.unit("Vault").await;
    let vera = scene.app.person("Vera", unit, None).await;
    let vault = scene.app.application("VAULT", vera, None).await;
    let keys = scene.app.entitlement(vault, "Vault Keys", "standard").await;
    scene.app.conflict("Read and keys", scene.read, keys).await;
    let key = async |text: &'static str| sqlx::query_scalar::<_, String>(text).fetch_one(&scene.app.owner).await.unwrap();
    let conflict = key("select id::text from conflict").await;
    let plan = key("select id::text from approval_plan where code = 'standard'").await;
    for (who, record, may) in [
        (scene.cora, scene.record(), "Its owner, the deputy and administrators may."),
        // Olga owns one of the two applications that it names, and Vera the other.
        (scene.olga, format!("/rules/conflict/{conflict}"), "and whoever owns or deputises for every application it names."),
        (scene.alma, format!("/rules/conflict/{conflict}"), "Administrators and compliance may, and whoever owns"),
        (scene.alma, format!("/rules/plan/{plan}"), "Administrators and compliance may. Nothing was changed."),
    ] {
        let fields = [("base_version", "1"), ("reason", WHY), ("key", &uuid())];
        let reply = scene.app.sign_in_as(who).await.post_form(&record, &fields).await;
        assert_eq!(reply.status, 403, "{record}: {}", reply.text());
        assert!(reply.text().contains("You may read this and not change it.") && reply.text().contains(may), "{record}: {}", reply.text());
    }
    assert_eq!(scene.changes().await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn kinds_and_records_are_counted_searched_and_linked(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut browser = scene.browser(scene.ada).await;
    browser.open("/rules").await;
    assert_eq!(browser.status, 200);
    for kind in domain::change::RecordKind::ALL {
        assert!(browser.page.contains(&format!("href=\"/rules/{}\"", kind.word())), "{kind}");
        assert!(browser.says(kind.plural()), "{kind}");
    }
    browser.open("/rules/entitlement?q=ledger").await;
    assert!(browser.says("1 entitlement · “ledger”"), "{}", browser.text());
    assert!(browser.page.contains(&format!("href=\"{}\"", scene.record())), "{}", browser.page);
    browser.open("/rules/entitlement?q=zzzz").await;
    assert!(browser.says("Nothing found") && browser.says("0 entitlements"), "{}", browser.text());
    for unknown in ["/rules/dragon", "/rules/dragon/1", "/rules/entitlement/nothing", "/changes/nothing"] {
        browser.open(unknown).await;
        assert_eq!(browser.status, 404, "{unknown}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_form_comes_back_whole_however_long_it_is(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (mut browser, form) = scene.form(scene.olga).await;
    // Longer than any address may be, with what would become markup if it were printed as it is.
    let long = format!("R&D </textarea><b>{}", "Grüße, straße; ".repeat(250));
    let typed = form
        .fill("field.name", "")
        .fill("field.description", &long)
        .fill("field.longest_days", "soon")
        .tick("field.audience_populations", "vendor")
        .fill("reason", "x & y")
        .fill("effective_on", "2026-02-30");
    browser.send(&typed).await;
    assert_eq!((browser.status, browser.path.as_str()), (422, scene.record().as_str()));
    assert!(browser.says("The change was not proposed"), "{}", browser.text());
    for field in ["name", "longest_days", "effective_on"] {
        assert!(!browser.error(field).is_empty(), "{field}");
        assert!(browser.page.contains(&format!("href=\"#field-{field}\"")), "{field}");
    }
    let again = browser.form(&scene.record(), "base_version");
    assert_eq!(again.value("field.description"), long);
    assert_eq!((again.value("field.longest_days"), again.value("reason"), again.value("effective_on")), ("soon", "x & y", "2026-02-30"));
    assert_eq!(again.values("field.audience_populations"), ["", "vendor"]);
    assert_eq!(again.value("key"), typed.value("key"));
    assert_eq!((scene.changes().await, scene.app.count("select count(*) from audit_event").await), (0, 0));

    let cured = again
        .fill("field.name", "Ledger Reader")
        .fill("field.longest_days", "")
        .fill("effective_on", "")
        .fill("field.description", "Short.");
    browser.send(&cured).await;
    assert!(browser.path.starts_with("/changes/"), "{} {}", browser.path, browser.text());
    browser.send(&cured).await;
    assert!(browser.path.starts_with("/changes/"), "{} {}", browser.path, browser.text());
    assert_eq!(scene.changes().await, 1, "sent twice, proposed once");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_second_person_reads_the_difference_and_confirms_and_the_proposer_cannot(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let olga = scene.proposed().await;
    assert!(olga.says("waits for a second person."), "{}", olga.text());
    let change = address(&olga);
    assert!(!olga.has_form(&change, "value=\"confirm\"") && olga.has_form(&change, "value=\"withdraw\""), "{}", olga.page);

    let mut cora = scene.browser(scene.cora).await;
    for list in ["/rules", "/changes?filter=mine", "/changes", "/"] {
        cora.open(list).await;
        assert!(cora.page.contains(if list == "/" { "href=\"/changes?filter=mine\"" } else { &change }), "{list}: {}", cora.text());
    }
    cora.open(&scene.record()).await;
    assert!(cora.says("A change is open") && cora.page.contains(&change), "{}", cora.text());
    cora.open(&change).await;
    for said in ["Risk tier", "Standard", "Elevated", "Second person", "It shows salaries.", WHY, "Olga Example"] {
        assert!(cora.says(said), "{said}: {}", cora.text());
    }
    assert!(!cora.has_form(&change, "value=\"withdraw\""), "{}", cora.page);
    let confirm = cora.form(&change, "value=\"confirm\"");
    let mut forged = scene.browser(scene.olga).await;
    forged.open(&change).await;
    forged.send(&confirm).await;
    assert_eq!(forged.status, 403, "{}", forged.text());
    assert!(forged.says("Nothing was recorded."), "{}", forged.text());
    let mut alma = scene.browser(scene.alma).await;
    alma.open(&change).await;
    assert_eq!((alma.status, alma.has_form(&change, "step")), (200, false));

    cora.send(&confirm).await;
    assert!(cora.path.ends_with("?confirmed") && cora.says("is in force as version 2."), "{} {}", cora.path, cora.text());
    let mut olga = scene.browser(scene.olga).await;
    olga.open(&scene.record()).await;
    for said in ["Version 2", "Version 1", "proposed by Olga Example", "confirmed by Cora Example", "the first"] {
        assert!(olga.says(said), "{said}: {}", olga.text());
    }
    let (_, first) = olga.page.split_once("id=\"version-1\"").unwrap();
    assert!(first.contains("Standard") && first.contains("it only reads"), "the first version is readable in full: {first}");
    cora.open("/").await;
    assert!(!cora.page.contains("href=\"/changes?filter=mine\""), "{}", cora.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_needs_its_reason_and_keeps_what_was_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let olga = scene.proposed().await;
    let change = address(&olga);
    let mut cora = scene.browser(scene.cora).await;
    cora.open(&change).await;
    let refuse = cora.form(&change, "value=\"refuse\"");
    cora.send(&refuse).await;
    assert_eq!((cora.status, cora.path.as_str()), (422, change.as_str()));
    assert!(!cora.error("reason").is_empty());
    let long = "x".repeat(2_001);
    cora.send(&refuse.clone().fill("reason", &long)).await;
    assert_eq!(cora.status, 422);
    assert_eq!(cora.form(&change, "value=\"refuse\"").value("reason"), long);
    cora.send(&refuse.fill("reason", "The reports show less.")).await;
    assert!(cora.path.ends_with("?refused") && cora.says("was refused; nothing changed."), "{} {}", cora.path, cora.text());
    let mut olga = scene.browser(scene.olga).await;
    olga.open(&change).await;
    assert!(olga.says("The reports show less.") && olga.says("Never in force"), "{}", olga.text());
    assert!(!olga.has_form(&change, "step"), "{}", olga.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_proposal_is_taken_back_by_whoever_made_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut olga = scene.proposed().await;
    let change = address(&olga);
    let form = olga.form(&change, "value=\"withdraw\"");
    olga.send(&form).await;
    assert!(olga.path.ends_with("?withdrawn") && olga.says("was taken back; nothing changed."), "{} {}", olga.path, olga.text());
    olga.open("/changes").await;
    assert!(olga.says("Nothing is open here"), "{}", olga.text());
    olga.open("/changes?filter=all").await;
    assert!(olga.page.contains(&change) && olga.says("Taken back"), "{}", olga.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn who_proposes_on_an_older_version_sees_what_is_in_force_now_beside_what_they_typed(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (mut olga, first) = scene.form(scene.olga).await;
    let (mut dora, second) = scene.form(scene.dora).await;
    olga.send(&first.fill("field.name", "Ledger Auditor").fill("reason", WHY)).await;
    assert!(olga.says("is in force as version 2."), "a name needs nobody else: {}", olga.text());
    dora.send(&second.fill("field.name", "Ledger Viewer").fill("reason", WHY)).await;
    assert_eq!(dora.status, 409, "{}", dora.text());
    assert!(dora.says("Changed since you looked.") && dora.says("In force now: Ledger Auditor."), "{}", dora.text());
    let again = dora.form(&scene.record(), "base_version");
    assert_eq!((again.value("field.name"), again.value("base_version")), ("Ledger Viewer", "2"));
    dora.send(&again).await;
    assert!(dora.says("is in force as version 3."), "{}", dora.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_for_a_later_day_says_from_when(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let (mut olga, form) = scene.form(scene.olga).await;
    olga.send(&form.fill("field.name", "Ledger Auditor").fill("reason", WHY).fill("effective_on", "2026-12-01")).await;
    assert!(olga.says("will be in force from 1 Dec 2026") && olga.says("Waits for its time"), "{}", olga.text());
    olga.open(&scene.record()).await;
    assert!(olga.says("A change is open") && olga.says("version 1"), "{}", olga.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_record_has_a_form_of_its_own(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut ada = scene.browser(scene.ada).await;
    ada.open("/rules/group").await;
    assert!(ada.page.contains("href=\"/rules/group/new\""), "{}", ada.page);
    ada.open("/rules/group/new").await;
    let form = ada.form("/rules/group/new", "base_version");
    ada.send(&form.clone().fill("field.name", "Payments board")).await;
    assert_eq!((ada.status, ada.path.as_str()), (422, "/rules/group/new"));
    assert_eq!(ada.form("/rules/group/new", "base_version").value("field.name"), "Payments board");
    let members = format!("E{}", scene.olga);
    let whole =
        form.fill("field.code", "payments").fill("field.name", "Payments board").fill("field.members", &members).fill("reason", WHY);
    ada.send(&whole).await;
    assert!(
        ada.path.starts_with("/changes/") && ada.says("Payments board") && ada.says("waits for a second person."),
        "{} {}",
        ada.path,
        ada.text()
    );
    assert!(!ada.page.contains("href=\"/rules/group/payments"), "what is not there yet is not linked: {}", ada.page);
    let mut alma = scene.browser(scene.alma).await;
    alma.open("/rules/group").await;
    assert!(!alma.page.contains("/rules/group/new"), "{}", alma.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_record_names_is_said_with_its_name(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let application = sqlx::query_scalar("select application_id from entitlement").fetch_one(&scene.app.owner).await.unwrap();
    let write = scene.app.entitlement(ApplicationId(application), "Ledger Writer", "standard").await;
    let (mut olga, form) = scene.form(scene.olga).await;
    olga.send(&form.fill("field.includes", &format!("S{write}")).fill("reason", WHY)).await;
    assert!(olga.says(&format!("Ledger Writer (S{write})")), "{}", olga.text());
}
