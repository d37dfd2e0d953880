//! The people of the story and what they do, each step one call.

pub use crate::support::{refusal, uuid};

use crate::support::*;
use domain::permission::Role;
use serde_json::Value;

/// Why, in enough words.
pub const WHY: &str = "Needed to look into the failed night run of the ledger.";

/// The organisation of the story: Ana reports to Mona; Olga owns the ledger, Dan deputises; Pia and
/// Pol are operators; Stan has nothing to do with any of it.
pub struct Story {
    pub app: TestApp,
    pub ana: IdentityId,
    pub mona: IdentityId,
    pub olga: IdentityId,
    pub dan: IdentityId,
    pub pia: IdentityId,
    pub pol: IdentityId,
    pub stan: IdentityId,
    pub ledger: ApplicationId,
    pub read: EntitlementId,
    pub write: EntitlementId,
    pub root: EntitlementId,
}

impl Story {
    pub async fn begin(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        Self::begin_with(pool, connect, Setup::default()).await
    }

    /// The same on a server set up in another way.
    pub async fn begin_with(pool: PgPoolOptions, connect: PgConnectOptions, setup: Setup) -> Self {
        let app = TestApp::with(pool, connect, setup).await;
        let Ledger { unit, boss, mona, ana, olga, dan, stan, ledger, read, write, root } = app.ledger().await;
        let pia = app.person("Pia", unit, Some(boss)).await;
        let pol = app.person("Pol", unit, Some(boss)).await;
        app.role(pia, Role::Operator).await;
        app.role(pol, Role::Operator).await;
        Self { app, ana, mona, olga, dan, pia, pol, stan, ledger, read, write, root }
    }

    /// Calls a server function as somebody.
    pub async fn call(&self, who: IdentityId, endpoint: &str, fields: &[(&str, &str)]) -> Reply {
        // A second passes between any two things people do.
        self.app.advance(SignedDuration::from_secs(1));
        self.app.sign_in_as(who).await.server_fn(endpoint, fields).await
    }

    /// A submission for 29 days from today.
    pub async fn try_submit(&self, who: IdentityId, what: EntitlementId, changes: &[(&str, &str)]) -> Reply {
        let (what, key) = (what.to_string(), uuid());
        let fields = vec![
            ("entitlement", what.as_str()),
            ("reason_code", "incident"),
            ("justification", WHY),
            ("starts_on", "2026-11-22"),
            ("ends_on", "2026-12-21"),
            ("key", key.as_str()),
        ];
        self.call(who, "requests/submit", &with(fields, changes)).await
    }

    /// Submits and gives the id of the newest request.
    pub async fn submit(&self, who: IdentityId, what: EntitlementId) -> String {
        let reply = self.try_submit(who, what, &[]).await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        self.newest().await
    }

    pub async fn newest(&self) -> String {
        let id: uuid::Uuid =
            sqlx::query_scalar("select id from request order by number desc limit 1").fetch_one(&self.app.owner).await.unwrap();
        id.to_string()
    }

    /// The request as somebody sees it.
    pub async fn show(&self, who: IdentityId, request: &str) -> Value {
        let reply = self.call(who, "requests/show", &[("request", request)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// What somebody would decide on: stage, version, hash and key as shown to them.
    pub async fn shown(&self, who: IdentityId, request: &str) -> Vec<(&'static str, String)> {
        let view = self.show(who, request).await;
        let stage = view["may_decide"].as_str().unwrap_or_default().to_owned();
        vec![
            ("stage", stage),
            ("shown_version", view["version"].to_string()),
            ("shown_hash", view["content_hash"].as_str().unwrap().to_owned()),
            ("key", view["key"].as_str().unwrap().to_owned()),
        ]
    }

    /// Makes a decision on what was shown; it can be undone for ten seconds.
    pub async fn decide_on(&self, who: IdentityId, shown: &[(&'static str, String)], verdict: &str, comment: &str) -> Reply {
        self.decide_with(who, shown, verdict, &[("comment", comment)]).await
    }

    /// The same with any fields.
    pub async fn decide_with(&self, who: IdentityId, shown: &[(&'static str, String)], verdict: &str, more: &[(&str, &str)]) -> Reply {
        let mut fields: Vec<(&str, &str)> = shown.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.push(("verdict", verdict));
        fields.extend(more);
        self.call(who, "inbox/decide", &fields).await
    }

    /// Decides on what is there now and lets the ten seconds pass, so that it is on record.
    pub async fn decide(&self, who: IdentityId, request: &str, verdict: &str, comment: &str) -> Reply {
        let shown = self.shown(who, request).await;
        let reply = self.decide_on(who, &shown, verdict, comment).await;
        self.become_final().await;
        reply
    }

    /// What the list would send for every line of `who`, when it was shown, and the key for one press.
    pub async fn lines(&self, who: IdentityId) -> (Vec<String>, String, String) {
        let list = self.call(who, "inbox/list", &[]).await.json();
        let items = list["page"]["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| format!("{}~{}~{}", row["stage"].as_str().unwrap(), row["shown_version"], row["shown_hash"].as_str().unwrap()));
        (items.collect(), list["as_of"]["at"].as_str().unwrap().to_owned(), list["key"].as_str().unwrap().to_owned())
    }

    /// Approves all of these lines with one press.
    pub async fn press(&self, who: IdentityId, items: &[String], shown_at: &str, key: &str) -> Reply {
        let names: Vec<String> = (0..items.len()).map(|n| format!("items[{n}]")).collect();
        let mut fields: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(items.iter().map(String::as_str)).collect();
        fields.extend([("shown_at", shown_at), ("key", key)]);
        self.call(who, "inbox/approve_selected", &fields).await
    }

    /// Lets decisions that were made become final.
    pub async fn become_final(&self) {
        self.app.advance(SignedDuration::from_secs(11));
        server::job::finalise_decisions::run(&self.app.base).await.unwrap();
    }

    /// The present plan of a tier, replaced.
    pub async fn plan(&self, tier: &str, stages: Value) {
        sqlx::query(
            "update approval_plan set stages = $2, version = version + 1 where tier = $1 and population is null and application_id is null",
        )
        .bind(tier)
        .bind(stages)
        .execute(&self.app.owner)
        .await
        .unwrap();
    }

    /// A group of approvers.
    pub async fn group(&self, code: &str, members: &[IdentityId]) {
        sqlx::query("insert into approver_group (id, code, name, updated_at) values (gen_random_uuid(), $1, $1, now()) on conflict (code) do nothing")
            .bind(code)
            .execute(&self.app.owner)
            .await
            .unwrap();
        for member in members {
            sqlx::query("insert into approver_group_member (group_id, identity_id) select id, $2 from approver_group where code = $1")
                .bind(code)
                .bind(member.0)
                .execute(&self.app.owner)
                .await
                .unwrap();
        }
    }

    pub async fn approve(&self, who: IdentityId, request: &str) {
        let reply = self.decide(who, request, "approve", "").await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        let refused = self.app.count("select count(*) from pending_decision where state = 'refused'").await;
        assert_eq!(refused, 0, "a decision was not recorded");
    }

    /// Changes a request: its next revision, with these fields as they are given.
    pub async fn edit(&self, who: IdentityId, request: &str, changes: &[(&str, &str)]) {
        let begun = self.call(who, "drafts/edit", &[("request", request)]).await;
        assert!(begun.status < 400, "{} {}", begun.status, begun.text());
        let draft: uuid::Uuid = sqlx::query_scalar("select id from draft where request_id = $1 and owner_id = $2")
            .bind(request.parse::<uuid::Uuid>().unwrap())
            .bind(who.0)
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
        let draft = draft.to_string();
        let open = self.call(who, "drafts/open", &[("draft", &draft)]).await.json();
        let view = &open["Open"];
        let version = view["version"].to_string();
        let mut fields = vec![("draft".to_owned(), draft), ("version".to_owned(), version)];
        for name in ["subject", "reason_code", "justification", "starts_on", "ends_on"] {
            let kept = view["form"][name].as_str().unwrap_or_default();
            let value = changes.iter().find(|(changed, _)| *changed == name).map_or(kept, |(_, value)| value);
            fields.push((name.to_owned(), value.to_owned()));
        }
        let kind = view["form"]["items"][0]["kind"].as_str().unwrap_or_default();
        fields.push(("items[0][kind]".to_owned(), kind.to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let sent = self.call(who, "drafts/submit", &fields).await;
        assert!(sent.status < 400, "{} {}", sent.status, sent.text());
    }

    /// The one open release of a request.
    pub async fn open_release(&self, request: &str) -> String {
        let id: uuid::Uuid = sqlx::query_scalar("select id from release where request_id = $1 and state in ('planned', 'held')")
            .bind(request.parse::<uuid::Uuid>().unwrap())
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
        id.to_string()
    }

    /// Carries a release out as it is shown now.
    pub async fn execute(&self, who: IdentityId, release: &str) -> Reply {
        let view = self.call(self.pol, "releases/show", &[("release", release)]).await.json();
        let version = view["version"].to_string();
        let key = uuid();
        self.call(
            who,
            "releases/execute",
            &[("release", release), ("version", &version), ("evidence", "Seen in the console."), ("key", &key)],
        )
        .await
    }

    /// A standard request all the way to active access; gives the request.
    pub async fn granted(&self) -> String {
        let request = self.submit(self.ana, self.read).await;
        self.approve(self.mona, &request).await;
        let release = self.open_release(&request).await;
        let reply = self.execute(self.pia, &release).await;
        assert!(reply.status < 400, "{}", reply.text());
        request
    }

    /// The newest decision that was made.
    pub async fn pending(&self) -> String {
        let id: uuid::Uuid = sqlx::query_scalar("select id from pending_decision order by decided_at desc, id desc limit 1")
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
        id.to_string()
    }

    pub async fn state(&self, request: &str) -> String {
        sqlx::query_scalar("select state from request where id = $1")
            .bind(request.parse::<uuid::Uuid>().unwrap())
            .fetch_one(&self.app.owner)
            .await
            .unwrap()
    }

    /// Runs what the jobs would do at this moment.
    pub async fn jobs(&self) {
        server::job::finalise_decisions::run(&self.app.base).await.unwrap();
        server::job::end_grants::run(&self.app.base).await.unwrap();
        server::job::replan_stages::run(&self.app.base).await.unwrap();
        server::job::lapse_requests::run(&self.app.base).await.unwrap();
    }

    /// Kinds of the events of a request, in order.
    pub async fn events(&self, request: &str) -> Vec<(String, String)> {
        sqlx::query_as("select trail, kind from audit_event where request_id = $1 order by at, id")
            .bind(request.parse::<uuid::Uuid>().unwrap())
            .fetch_all(&self.app.owner)
            .await
            .unwrap()
    }
}
