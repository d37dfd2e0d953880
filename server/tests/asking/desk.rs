//! The people who ask and what they ask for, and drafts as a script or a browser handles them.

pub use crate::support::refusal;

use crate::support::*;
use domain::permission::Role;
use serde_json::Value;

/// Why, in enough words.
pub const WHY: &str = "Needed to look into the failed night run of the ledger.";

/// Ana and Ben report to Mona; Olga owns the ledger, Dan deputises; Pia is an operator; Stan has
/// nothing to do with any of it.
pub struct Desk {
    pub app: TestApp,
    pub ana: IdentityId,
    pub ben: IdentityId,
    pub mona: IdentityId,
    pub olga: IdentityId,
    pub dan: IdentityId,
    pub pia: IdentityId,
    pub stan: IdentityId,
    pub unit: UnitId,
    pub ledger: ApplicationId,
    pub read: EntitlementId,
    pub write: EntitlementId,
    pub root: EntitlementId,
}

impl Desk {
    pub async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let app = TestApp::new(pool, connect).await;
        let Ledger { unit, boss, mona, ana, olga, dan, stan, ledger, read, write, root } = app.ledger().await;
        let (ben, pia) = (app.person("Ben", unit, Some(mona)).await, app.person("Pia", unit, Some(boss)).await);
        app.role(pia, Role::Operator).await;
        Self { app, ana, ben, mona, olga, dan, pia, stan, unit, ledger, read, write, root }
    }

    /// Calls a server function as somebody.
    pub async fn call(&self, who: IdentityId, endpoint: &str, fields: &[(&str, &str)]) -> Reply {
        // A second passes between any two things people do.
        self.app.advance(SignedDuration::from_secs(1));
        self.app.sign_in_as(who).await.server_fn(endpoint, fields).await
    }

    /// Somebody's browser without script.
    pub async fn browser(&self, who: IdentityId) -> Browser {
        Browser::of(self.app.sign_in_as(who).await)
    }

    /// Puts something into somebody's basket; gives the draft.
    pub async fn add(&self, who: IdentityId, what: EntitlementId) -> String {
        self.add_with(who, what, &[]).await
    }

    pub async fn add_with(&self, who: IdentityId, what: EntitlementId, more: &[(&str, &str)]) -> String {
        let what = what.to_string();
        let mut fields = vec![("entitlement", what.as_str())];
        fields.extend_from_slice(more);
        let reply = self.call(who, "drafts/add", &fields).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        self.newest_draft(who).await
    }

    pub async fn newest_draft(&self, who: IdentityId) -> String {
        let id: uuid::Uuid = sqlx::query_scalar("select id from draft where owner_id = $1 order by updated_at desc, id desc limit 1")
            .bind(who.0)
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
        id.to_string()
    }

    pub async fn version(&self, draft: &str) -> String {
        let version: i32 =
            sqlx::query_scalar("select version from draft where id = $1::uuid").bind(draft).fetch_one(&self.app.owner).await.unwrap();
        version.to_string()
    }

    /// Everything that the form sends, with changes and additions.
    pub async fn send(&self, who: IdentityId, endpoint: &str, draft: &str, changes: &[(&str, &str)]) -> Reply {
        let version = self.version(draft).await;
        let fields = vec![
            ("draft", draft),
            ("version", version.as_str()),
            ("reason_code", "incident"),
            ("justification", WHY),
            ("starts_on", "2026-11-22"),
            ("ends_on", "2026-12-21"),
        ];
        self.call(who, endpoint, &with(fields, changes)).await
    }

    /// Submits a draft, filled in; gives the requests.
    pub async fn submit(&self, who: IdentityId, draft: &str, changes: &[(&str, &str)]) -> Vec<String> {
        let reply = self.send(who, "drafts/submit", draft, changes).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json().as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// Adds, fills in and submits one item.
    pub async fn ask(&self, who: IdentityId, what: EntitlementId) -> String {
        let draft = self.add(who, what).await;
        self.submit(who, &draft, &[]).await.remove(0)
    }

    /// A draft as its owner sees it.
    pub async fn open(&self, who: IdentityId, draft: &str) -> Value {
        let reply = self.call(who, "drafts/open", &[("draft", draft)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["Open"].clone()
    }

    /// What is wrong with a draft: field and sentence.
    pub async fn problems(&self, who: IdentityId, draft: &str) -> Vec<(String, String)> {
        let view = self.open(who, draft).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        view["problems"].as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
    }

    /// The request as somebody sees it.
    pub async fn show(&self, who: IdentityId, request: &str) -> Value {
        let reply = self.call(who, "requests/show", &[("request", request)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Approves as somebody, until it is final.
    pub async fn approve(&self, who: IdentityId, request: &str) {
        let view = self.show(who, request).await;
        let text = |name: &str| view[name].as_str().unwrap_or_default().to_owned();
        let (stage, version, hash, key) = (text("may_decide"), view["version"].to_string(), text("content_hash"), text("key"));
        let fields = [
            ("stage", stage.as_str()),
            ("verdict", "approve"),
            ("comment", ""),
            ("shown_version", &version),
            ("shown_hash", &hash),
            ("key", &key),
        ];
        let reply = self.call(who, "inbox/decide", &fields).await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        self.app.advance(SignedDuration::from_secs(11));
        server::job::finalise_decisions::run(&self.app.base).await.unwrap();
    }

    /// Carries out the one open release of a request.
    pub async fn execute(&self, request: &str) {
        let release: uuid::Uuid = sqlx::query_scalar("select id from release where request_id = $1::uuid and state in ('planned', 'held')")
            .bind(request)
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
        let (release, key) = (release.to_string(), uuid());
        let version = self.call(self.pia, "releases/show", &[("release", &release)]).await.json()["version"].to_string();
        let fields = [("release", release.as_str()), ("version", &version), ("evidence", "Seen in the console."), ("key", &key)];
        let reply = self.call(self.pia, "releases/execute", &fields).await;
        assert!(reply.status < 400, "{}", reply.text());
    }

    /// Ana holds the reader; gives the request and the grant.
    pub async fn held(&self) -> (String, String) {
        let request = self.ask(self.ana, self.read).await;
        self.approve(self.mona, &request).await;
        self.execute(&request).await;
        let grant: uuid::Uuid = sqlx::query_scalar("select id from access_grant").fetch_one(&self.app.owner).await.unwrap();
        (request, grant.to_string())
    }

    pub async fn state(&self, request: &str) -> String {
        sqlx::query_scalar("select state from request where id = $1::uuid").bind(request).fetch_one(&self.app.owner).await.unwrap()
    }

    /// Everything that a refusal must leave alone, as one number.
    pub async fn records(&self) -> i64 {
        self.app.count("select (select count(*) from request) * 1000000 + (select count(*) from request_revision) * 10000 + (select count(*) from approval_stage) * 100 + (select count(*) from submission)").await
    }

    /// Gives an entitlement questions.
    pub async fn questions(&self, what: EntitlementId, questions: Value) {
        sqlx::query("update entitlement set questions = $2 where id = $1")
            .bind(what.0)
            .bind(questions)
            .execute(&self.app.owner)
            .await
            .unwrap();
    }
}
