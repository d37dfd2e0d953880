//! An organisation in which people ask and decide, each step one call.

use crate::support::*;
use domain::permission::Role;
use serde_json::{Value, json};
use sqlx::query;
use uuid::Uuid;

/// Ana reports to Mona, who reports to Boss. Olga owns the ledger and reports to Boss; Dan
/// deputises. Stan and Sue have no part. Cora keeps the rules, Audra reads them.
pub struct World {
    pub app: TestApp,
    pub unit: UnitId,
    pub boss: IdentityId,
    pub mona: IdentityId,
    pub ana: IdentityId,
    pub olga: IdentityId,
    pub dan: IdentityId,
    pub stan: IdentityId,
    pub sue: IdentityId,
    pub cora: IdentityId,
    pub audra: IdentityId,
    pub ledger: ApplicationId,
    pub read: EntitlementId,
    pub write: EntitlementId,
}

impl World {
    pub async fn begin(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let app = TestApp::new(pool, connect).await;
        // A Monday morning: working time and elapsed time begin together.
        app.clock.set("2026-11-23T09:00:00Z".parse().unwrap());
        let Ledger { unit, boss, mona, ana, olga, dan, stan, ledger, read, write, .. } = app.ledger().await;
        let sue = app.person("Sue", unit, Some(boss)).await;
        let cora = app.person_with("Cora", Role::Compliance).await;
        let audra = app.person_with("Audra", Role::Auditor).await;
        Self { app, unit, boss, mona, ana, olga, dan, stan, sue, cora, audra, ledger, read, write }
    }

    /// A further account of a person, linked to them.
    pub async fn second_account(&self, name: &str, of: IdentityId) -> IdentityId {
        let account = self.app.person(name, self.unit, None).await;
        self.sql("update identity set person_id = $2 where id = $1", &[account, of]).await;
        account
    }

    /// A statement with ids as parameters.
    pub async fn sql(&self, text: &'static str, ids: &[IdentityId]) {
        let mut statement = query(text);
        for id in ids {
            statement = statement.bind(id.0);
        }
        statement.execute(&self.app.owner).await.unwrap();
    }

    /// The stages of the plan of a tier.
    pub async fn plan(&self, tier: &str, stages: Value) {
        query("update approval_plan set stages = $2, version = version + 1 where code = $1")
            .bind(tier)
            .bind(stages)
            .execute(&self.app.owner)
            .await
            .unwrap();
    }

    /// A member of the group security.
    pub async fn security(&self, who: IdentityId) {
        self.sql(
            "insert into approver_group_member (group_id, identity_id) select id, $1 from approver_group where code = 'security'",
            &[who],
        )
        .await;
    }

    pub async fn call(&self, who: IdentityId, endpoint: &str, fields: &[(&str, &str)]) -> Reply {
        self.app.advance(SignedDuration::from_secs(1));
        self.app.sign_in_as(who).await.server_fn(endpoint, fields).await
    }

    /// Sends a plain form to a page.
    pub async fn post(&self, who: IdentityId, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.app.advance(SignedDuration::from_secs(1));
        self.app.sign_in_as(who).await.post_form(path, fields).await
    }

    /// Asks for something for a month; gives the request.
    pub async fn ask(&self, who: IdentityId, what: EntitlementId) -> String {
        let what = what.to_string();
        let begun = self.call(who, "drafts/add", &[("entitlement", &what)]).await;
        assert!(begun.status < 400, "{}", begun.text());
        let opened = self.call(who, "drafts/open", &[]).await.json();
        let draft = opened.get("Open").unwrap_or_else(|| unreachable!("{opened}"));
        let (id, version) = (draft["id"].as_str().unwrap().to_owned(), draft["version"].to_string());
        let sent = self
            .call(
                who,
                "drafts/submit",
                &[
                    ("draft", &id),
                    ("version", &version),
                    ("reason_code", "incident"),
                    ("justification", "Needed to look into the failed night run of the ledger."),
                    ("starts_on", &domain::time::today(self.app.now(), &jiff::tz::TimeZone::UTC).to_string()),
                    ("ends_on", "2026-12-20"),
                    ("items[0][kind]", ""),
                ],
            )
            .await;
        assert!(sent.status < 400, "{}", sent.text());
        let id: Uuid = sqlx::query_scalar("select id from request order by submitted_at desc, number desc limit 1")
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
        id.to_string()
    }

    /// Asks for what a team of three decides: Stan, Sue and Dan, and after 24 working hours Boss as
    /// well. Gives the request and its stage.
    pub async fn ask_team(&self) -> (String, String) {
        for who in [self.stan, self.sue, self.dan] {
            self.security(who).await;
        }
        self.plan("standard", json!([stage(1, "Security", &["group:security"], 1)])).await;
        let request = self.ask(self.ana, self.read).await;
        let stage = self.open(&request).await;
        (request, stage)
    }

    /// Answers the question on a request.
    pub async fn answer(&self, who: IdentityId, request: &str) {
        let version = self.show(who, request).await["version"].to_string();
        let fields = [("request", request), ("version", &version), ("answer", "It is about the north branch.")];
        let answered = self.call(who, "requests/answer_question", &fields).await;
        assert!(answered.status < 400, "{}", answered.text());
    }

    /// Makes the next revision of a request, with another reason in words.
    pub async fn revise(&self, who: IdentityId, request: &str, why: &str) {
        let begun = self.call(who, "drafts/edit", &[("request", request)]).await;
        assert!(begun.status < 400, "{}", begun.text());
        let draft: Uuid = sqlx::query_scalar("select id from draft where request_id = $1::uuid and owner_id = $2")
            .bind(request)
            .bind(who.0)
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
        let draft = draft.to_string();
        let opened = self.call(who, "drafts/open", &[("draft", &draft)]).await.json();
        let view = &opened["Open"];
        let kept = |name: &str| view["form"][name].as_str().unwrap_or_default().to_owned();
        let (version, subject, reason) = (view["version"].to_string(), kept("subject"), kept("reason_code"));
        let (starts_on, ends_on) = (kept("starts_on"), kept("ends_on"));
        let fields = [
            ("draft", draft.as_str()),
            ("version", &version),
            ("subject", &subject),
            ("reason_code", &reason),
            ("justification", why),
            ("starts_on", &starts_on),
            ("ends_on", &ends_on),
            ("items[0][kind]", ""),
        ];
        let sent = self.call(who, "drafts/submit", &fields).await;
        assert!(sent.status < 400, "{}", sent.text());
    }

    pub async fn show(&self, who: IdentityId, request: &str) -> Value {
        let reply = self.call(who, "requests/show", &[("request", request)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Version and hash as anybody who may read it sees them.
    async fn shown(&self, request: &str) -> (String, String) {
        let view = self.show(self.cora, request).await;
        (view["version"].to_string(), view["content_hash"].as_str().unwrap().to_owned())
    }

    /// Presses the button at a stage.
    pub async fn press(&self, who: IdentityId, request: &str, stage: &str, verdict: &str) -> Reply {
        let (version, hash) = self.shown(request).await;
        let fields = [
            ("stage", stage),
            ("verdict", verdict),
            ("comment", if verdict == "approve" { "" } else { "Which ledger is it about?" }),
            ("shown_version", &version),
            ("shown_hash", &hash),
            ("key", &uuid()),
        ];
        self.call(who, "inbox/decide", &fields).await
    }

    /// Decides and waits until it is on record.
    pub async fn decide(&self, who: IdentityId, request: &str, stage: &str, verdict: &str) -> Reply {
        let reply = self.press(who, request, stage, verdict).await;
        self.app.advance(SignedDuration::from_secs(11));
        server::job::finalise_decisions::run(&self.app.base).await.unwrap();
        reply
    }

    /// Approves at the one open stage.
    pub async fn approve(&self, who: IdentityId, request: &str) {
        let stage = self.open(request).await;
        let before = self.decisions(request).await;
        let reply = self.decide(who, request, &stage, "approve").await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        assert_eq!(self.decisions(request).await, before + 1, "the approval is on record");
    }

    /// Id of the first open stage.
    pub async fn open(&self, request: &str) -> String {
        let id: Uuid =
            sqlx::query_scalar("select id from approval_stage where request_id = $1 and state = 'open' order by position limit 1")
                .bind(request.parse::<Uuid>().unwrap())
                .fetch_one(&self.app.owner)
                .await
                .unwrap();
        id.to_string()
    }

    pub async fn decisions(&self, request: &str) -> i64 {
        sqlx::query_scalar("select count(*) from decision where request_id = $1")
            .bind(request.parse::<Uuid>().unwrap())
            .fetch_one(&self.app.owner)
            .await
            .unwrap()
    }

    pub async fn state(&self, request: &str) -> String {
        sqlx::query_scalar("select state from request where id = $1")
            .bind(request.parse::<Uuid>().unwrap())
            .fetch_one(&self.app.owner)
            .await
            .unwrap()
    }

    /// States of the stages, in order.
    pub async fn stages(&self, request: &str) -> Vec<String> {
        sqlx::query_scalar("select state from approval_stage where request_id = $1 order by revision, position")
            .bind(request.parse::<Uuid>().unwrap())
            .fetch_all(&self.app.owner)
            .await
            .unwrap()
    }

    /// Due time of the stage with this name, as day and hour; empty when nothing is due.
    pub async fn due(&self, stage: &str) -> String {
        sqlx::query_scalar("select coalesce(to_char(due_at at time zone 'UTC', 'DD HH24:MI'), '') from approval_stage where name = $1")
            .bind(stage)
            .fetch_one(&self.app.owner)
            .await
            .unwrap()
    }

    /// Working seconds that the stages waited for the requester, in order.
    pub async fn waited(&self) -> Vec<i64> {
        sqlx::query_scalar("select waited_seconds from approval_stage order by position").fetch_all(&self.app.owner).await.unwrap()
    }

    /// Given names of those asked at the open stages, by place; "Stan for Mona" for a delegate.
    pub async fn asked(&self, request: &str) -> Vec<String> {
        sqlx::query_scalar(
            "select i.given_name || coalesce(' for ' || f.given_name, '') from approval_stage s join stage_candidate c on c.stage_id = s.id
             join identity i on i.id = c.identity_id left join identity f on f.id = c.delegated_by
             where s.request_id = $1 and s.state = 'open'
               and not exists (select from decision d where d.stage_id = s.id and d.decided_by = c.identity_id and d.verdict <> 'return')
             order by s.position, f.given_name nulls first, i.given_name",
        )
        .bind(request.parse::<Uuid>().unwrap())
        .fetch_all(&self.app.owner)
        .await
        .unwrap()
    }

    /// Why the held stage is held.
    pub async fn held(&self, request: &str) -> String {
        sqlx::query_scalar("select hold_reason from approval_stage where request_id = $1 and state = 'held' order by position limit 1")
            .bind(request.parse::<Uuid>().unwrap())
            .fetch_one(&self.app.owner)
            .await
            .unwrap()
    }

    /// Asks again who can decide, and does what the clock says.
    pub async fn jobs(&self) {
        server::job::replan_stages::run(&self.app.base).await.unwrap();
        server::job::remind_and_escalate::run(&self.app.base).await.unwrap();
    }

    pub async fn at(&self, moment: &str) {
        self.app.clock.set(moment.parse().unwrap());
    }

    /// Lets somebody decide for somebody, for all of the week.
    pub async fn delegate(&self, from: IdentityId, to: &str) -> Reply {
        self.delegate_with(from, to, &[]).await
    }

    pub async fn delegate_with(&self, from: IdentityId, to: &str, changes: &[(&str, &str)]) -> Reply {
        let fields = vec![("to", to), ("starts_on", "2026-11-23"), ("ends_on", "2026-11-29"), ("reason", "On holiday.")];
        self.post(from, "/account", &with(fields, changes)).await
    }

    /// Kinds of what somebody was told, in order.
    pub async fn told(&self, who: IdentityId) -> Vec<String> {
        sqlx::query_scalar("select kind from notification where recipient_id = $1 order by at, id")
            .bind(who.0)
            .fetch_all(&self.app.owner)
            .await
            .unwrap()
    }

    pub async fn events(&self, kind: &'static str) -> i64 {
        sqlx::query_scalar("select count(*) from audit_event where kind = $1").bind(kind).fetch_one(&self.app.owner).await.unwrap()
    }
}

/// One stage of a plan.
pub fn stage(step: i32, name: &str, sources: &[&str], quorum: i32) -> Value {
    json!({ "step": step, "name": name, "sources": sources, "quorum": quorum, "fallback": [], "due_hours": 16, "remind_hours": 8, "escalate_hours": 24, "escalate_to": ["managers_manager"] })
}
