//! The main paths in a browser that runs no script: it reads the forms out of the pages, fills them
//! in, sends them and follows where they lead. What is said has to stand in the page.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use support::*;

/// Why, in enough words.
const WHY: &str = "Needed to look into the failed night run of the ledger.";
const PASSWORD: &str = "blue tram to work";

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split('>').next()?.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

/// The first address in the page that begins like this.
fn link(browser: &Browser, begins: &str) -> String {
    let addresses = browser.page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found = addresses.into_iter().find(|href| href.starts_with(begins) && href.len() > begins.len());
    found.unwrap_or_else(|| panic!("no link to {begins} in {}", browser.page)).to_owned()
}

/// Ana asks for the ledger; Mona is her manager.
struct Scene {
    app: TestApp,
    ana: IdentityId,
    mona: IdentityId,
    read: EntitlementId,
}

impl Scene {
    async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let app = TestApp::new(pool, connect).await;
        let Ledger { ana, mona, read, .. } = app.ledger().await;
        Self { app, ana, mona, read }
    }

    async fn browser(&self, who: IdentityId) -> Browser {
        Browser::of(self.app.sign_in_as(who).await)
    }

    /// The form for the ledger, filled in.
    async fn filled(&self, browser: &mut Browser) -> Form {
        browser.open(&format!("/catalogue/{}", self.read)).await;
        let button = browser.form("/api/drafts/add", &self.read.to_string());
        browser.send(&button).await;
        assert!(browser.path.starts_with("/request/"), "{} {}", browser.path, browser.status);
        browser
            .form("/api/drafts/save", "justification")
            .fill("reason_code", "incident")
            .fill("justification", WHY)
            .fill("ends_on", "2026-12-21")
    }

    /// Ana's browser on her submitted request.
    async fn submitted(&self) -> Browser {
        let mut browser = self.browser(self.ana).await;
        let form = self.filled(&mut browser).await;
        browser.press("/api/drafts/submit", &form).await;
        assert!(browser.path.starts_with("/requests/") && browser.path.ends_with("?submitted"), "{}", browser.path);
        browser
    }

    /// Mona's browser on the decision that waits for her.
    async fn to_decide(&self) -> Browser {
        let mut browser = self.browser(self.mona).await;
        browser.open("/inbox").await;
        let stage = link(&browser, "/inbox/");
        browser.open(&stage).await;
        assert_eq!(browser.status, 200);
        browser
    }

    /// Lets decisions that were made become final.
    async fn become_final(&self) {
        self.app.advance(SignedDuration::from_secs(11));
        server::job::finalise_decisions::run(&self.app.base).await.unwrap();
    }

    async fn state(&self) -> String {
        sqlx::query_scalar("select state from request").fetch_one(&self.app.owner).await.unwrap()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn signing_in_leads_to_the_page_that_was_asked_for_and_signing_out_ends_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    scene.app.account(scene.ana, "ana", PASSWORD).await;
    let mut browser = Browser::of(scene.app.stranger());
    browser.open("/requests?state=closed").await;
    assert_eq!(browser.path, "/sign-in?return_to=/requests%3Fstate%3Dclosed");
    let form = browser.form("/sign-in", "password");
    browser.send(&form.clone().fill("login", "ana").fill("password", "not the right one")).await;
    assert!(browser.says("The sign-in name or the password is not right."), "{}", browser.page);
    let form = browser.form("/sign-in", "password");
    assert_eq!(form.value("return_to"), "/requests?state=closed");
    browser.send(&form.fill("login", "ana").fill("password", PASSWORD)).await;
    assert_eq!((browser.path.as_str(), browser.status), ("/requests?state=closed", 200));
    let form = browser.form("/sign-out", "Sign out");
    browser.send(&form).await;
    assert_eq!(browser.path, "/sign-in");
    browser.open("/").await;
    assert!(browser.path.starts_with("/sign-in"), "{}", browser.path);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_that_is_refused_comes_back_as_typed_with_a_sentence_at_each_field(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut browser = scene.browser(scene.ana).await;
    let form = scene.filled(&mut browser).await;
    let wrong = form.clone().fill("reason_code", "").fill("justification", "R&D <b>").fill("ends_on", "2028-12-21");
    browser.press("/api/drafts/submit", &wrong).await;
    assert!(browser.path.starts_with("/request/"), "{}", browser.path);
    assert!(browser.says("The request was not submitted"), "{}", browser.page);
    assert!(browser.error("reason_code").contains("Choose a reason from the list."));
    assert!(browser.error("justification").contains("at least 20 characters"));
    assert!(browser.error("ends_on").contains("Choose an end date of "));
    let again = browser.form("/api/drafts/save", "justification");
    assert_eq!((again.value("justification"), again.value("ends_on")), ("R&D <b>", "2028-12-21"));
    assert_eq!(scene.app.count("select count(*) from request").await, 0);
    let right = again.fill("reason_code", "incident").fill("justification", WHY).fill("ends_on", "2026-12-21");
    browser.press("/api/drafts/submit", &right).await;
    assert!(browser.path.ends_with("?submitted"), "{}", browser.path);
    assert!(browser.says("Submitted.") && browser.says("Line manager decides next: Mona Example"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_gates_are_asked_by_a_button_and_the_remedy_is_another_of_the_same_form(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut browser = scene.browser(scene.ana).await;
    let form = scene.filled(&mut browser).await.fill("ends_on", "2028-12-21");
    assert!(browser.says("At most ten years after the start."), "{}", browser.page);
    browser.send(&form).await;
    assert!(browser.error("ends_on").contains("at most 366 are allowed"), "{}", browser.error("ends_on"));
    assert!(browser.says("1 not met"));
    let button = browser.page.split("<button").skip(1).find(|button| attribute(button, "name").as_deref() == Some("cure")).unwrap();
    let (cure, of) = (attribute(button, "value").unwrap(), attribute(button, "form").unwrap());
    assert!(browser.page.contains(&format!("id=\"{of}\"")), "{button}");
    let form = browser.form("/api/drafts/save", "justification");
    browser.press("/api/drafts/save", &form.with("cure", &cure)).await;
    assert!(!browser.says("1 not met"), "{}", browser.page);
    let cured = browser.form("/api/drafts/save", "justification");
    assert_eq!((format!("ends_on {}", cured.value("ends_on")), cured.value("justification")), (cure, WHY));
    browser.press("/api/drafts/submit", &cured).await;
    assert!(browser.path.ends_with("?submitted"), "{}", browser.path);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_manager_approves_and_sending_the_form_twice_records_once(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    scene.submitted().await;
    let mut browser = scene.to_decide().await;
    let form = browser.form("/api/inbox/decide", "value=\"approve\"");
    for _ in 0..2 {
        browser.send(&form).await;
        assert!(browser.path.starts_with("/inbox?decided="), "{}", browser.path);
        assert!(browser.says("Decided. It becomes final in a few seconds"), "{}", browser.page);
    }
    scene.become_final().await;
    assert_eq!(scene.state().await, "approved");
    assert_eq!(scene.app.count("select count(*) from decision").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rejection_needs_its_reason_and_the_requester_reads_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut ana = scene.submitted().await;
    let mut browser = scene.to_decide().await;
    let form = browser.form("/api/inbox/decide", "value=\"reject\"");
    browser.send(&form).await;
    assert!(browser.says("Say why, so that the requester can do something about it."), "{}", browser.page);
    assert_eq!(scene.state().await, "in_approval");
    let form = browser.form("/api/inbox/decide", "value=\"reject\"").fill("comment", "The reports have it.");
    browser.send(&form).await;
    assert!(browser.path.starts_with("/inbox?decided="), "{}", browser.path);
    scene.become_final().await;
    assert_eq!(scene.state().await, "rejected");
    let path = ana.path.clone();
    ana.open(&path).await;
    assert!(ana.says("Rejected") && ana.says("The reports have it."), "{}", ana.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_question_is_answered_and_a_decision_on_the_revision_before_is_not_recorded(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut ana = scene.submitted().await;
    let mut browser = scene.to_decide().await;
    let old = browser.form("/api/inbox/decide", "value=\"approve\"");
    let stage = browser.path.clone();
    let question = browser.form("/api/inbox/decide", "value=\"return\"").fill("comment", "Which ledger is it?");
    browser.send(&question).await;
    assert!(browser.path.starts_with("/inbox?decided="), "{}", browser.path);
    scene.become_final().await;

    ana.open("/").await;
    let answer = link(&ana, "/requests/");
    ana.open(answer.split('#').next().unwrap()).await;
    assert!(ana.says("Which ledger is it?"), "{}", ana.page);
    let change = ana.form("/api/drafts/edit", "Change the request");
    ana.send(&change).await;
    let form = ana.form("/api/drafts/save", "justification");
    assert_eq!(form.value("justification"), WHY);
    ana.press("/api/drafts/submit", &form.fill("justification", "It is the ledger of the north branch.")).await;
    assert!(ana.path.ends_with("?submitted"), "{}", ana.path);
    assert!(ana.says("revision 2"));

    // The page of the first revision was still open, with a key of its own.
    browser.path = stage;
    browser.send(&old.fill("key", "01930000-0000-7000-8000-000000000001")).await;
    assert!(browser.says("Changed since you looked") && browser.says("Nothing was recorded."), "{} {}", browser.path, browser.page);
    assert_eq!(scene.app.count("select count(*) from decision").await, 1);
    let mut browser = scene.to_decide().await;
    let form = browser.form("/api/inbox/decide", "value=\"approve\"");
    browser.send(&form).await;
    scene.become_final().await;
    assert_eq!(scene.state().await, "approved");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_is_taken_back_with_a_reason(pool: PgPoolOptions, connect: PgConnectOptions) {
    let scene = Scene::set(pool, connect).await;
    let mut browser = scene.submitted().await;
    let form = browser.form("/api/requests/withdraw", "reason");
    browser.send(&form.fill("reason", "Settled another way.")).await;
    assert!(browser.path.ends_with("?withdrawn"), "{}", browser.path);
    assert!(browser.says("Withdrawn.") && browser.says("Settled another way."), "{}", browser.page);
    assert_eq!(scene.state().await, "withdrawn");
}
