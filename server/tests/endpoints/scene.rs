//! The scene that the rows are tried in.

use super::rows::Who::{Administrator, Ana, Auditor, Bea, Compliance, Operator, Sam};
use super::rows::{PROPOSAL_FIELDS, REQUEST_FIELDS, Row, Who};
use crate::support::*;
use domain::permission::Role;
use std::collections::BTreeMap;

/// A request waiting for its second approval and a release waiting for an operator, with people
/// around them.
pub struct Scene {
    pub people: BTreeMap<Who, Client>,
    records: BTreeMap<&'static str, String>,
}

impl Scene {
    pub async fn set(app: &TestApp) -> Self {
        app.specifications().await;
        let (unit, elsewhere) = (app.unit("Payments").await, app.unit("Elsewhere").await);
        let bea = app.person("Bea", unit, None).await;
        let (ana, sam, owner) =
            (app.person("Ana", unit, Some(bea)).await, app.person("Sam", elsewhere, None).await, app.person("Olga", elsewhere, None).await);
        let mut people = BTreeMap::new();
        for (who, name, role) in [
            (Operator, "Otto", Role::Operator),
            (Compliance, "Cora", Role::Compliance),
            (Auditor, "Alma", Role::Auditor),
            (Administrator, "Ada", Role::Administrator),
        ] {
            let person = app.person_with(name, role).await;
            people.insert(who, app.sign_in_as(person).await);
        }
        for (who, person) in [(Ana, ana), (Bea, bea), (Sam, sam)] {
            people.insert(who, app.sign_in_as(person).await);
        }
        app.account(sam, "sam", "blue tram to work").await;
        let owners = app.sign_in_as(owner).await;
        let ledger = app.application("LEDGER", owner, None).await;
        let (open, released) = (app.entitlement(ledger, "Read", "elevated").await, app.entitlement(ledger, "Export", "standard").await);
        let assignment: uuid::Uuid =
            sqlx::query_scalar("select id from role_assignment where role = 'operator'").fetch_one(&app.pool).await.unwrap();
        let (_, session) = app.insert_session(ana).await;

        // One request that everybody approved, and one that its manager approved.
        let requester = &people[&Ana];
        submit(requester, released, "0190b0f0-0000-7000-8000-00000000000a").await;
        while decide_first(app, &people[&Bea]).await || decide_first(app, &owners).await {}
        submit(requester, open, "0190b0f0-0000-7000-8000-00000000000b").await;
        assert!(decide_first(app, &people[&Bea]).await);
        let stage = owners.server_fn("inbox/list", &[]).await.json();
        let stage = first_stage(&stage).expect("the owner is asked next");
        let detail = owners.server_fn("inbox/detail", &[("stage", &stage)]).await.json();
        let change = propose(&owners, released).await;
        let release: uuid::Uuid = sqlx::query_scalar("select id from release").fetch_one(&app.owner).await.unwrap();
        let text = |pointer: &str| {
            detail.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {detail}")).to_string().trim_matches('"').to_owned()
        };
        let anas_draft = draft_of(app, ana).await;
        let olgas = Olgas::make(app, owner, &stage).await;
        let records = BTreeMap::from([
            ("entitlement", open.to_string()),
            ("application", ledger.to_string()),
            ("session", session.to_string()),
            ("assignment", assignment.to_string()),
            ("ana", ana.to_string()),
            ("sam", sam.to_string()),
            ("request", text("/request/id")),
            ("version", text("/request/version")),
            ("hash", text("/request/content_hash")),
            ("release", release.to_string()),
            ("evidence", evidence_on(app, release).await),
            ("stage", stage),
            ("change", change),
            ("grant", held(app).await),
            ("delegation", olgas.delegation),
            ("decision", olgas.decision),
            ("press", olgas.press),
            ("filter", olgas.filter),
            ("anas_draft", anas_draft.clone()),
            ("draft", anas_draft),
            ("attachment", file_on(app, &text("/request/id")).await),
            ("notification", tell(app, ana).await),
            ("connection_id", a_connection(app).await),
            ("kind", "entitlement".to_owned()),
            ("key", open.to_string()),
        ]);
        Self { people, records }
    }

    fn filled(&self, text: &str) -> String {
        self.records.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// A page's address with a record in place of what varies.
    fn address(&self, path: &str) -> String {
        let id = match path.split('/').nth(1) {
            Some("catalogue") if path.contains("/applications/") => "application",
            Some("catalogue") => "entitlement",
            Some("grants") => "grant",
            Some("identities") => "ana",
            Some("releases") => "release",
            Some("changes") => "change",
            Some("admin") => "connection_id",
            Some("attachments") => "attachment",
            Some("release-files") => "evidence",
            _ => "request",
        };
        self.filled(&path.replace("{id}", &format!("{{{id}}}")))
    }

    pub async fn attempt(&self, client: &Client, row: &Row) -> Reply {
        let fields: Vec<(&str, String)> = row.fields.iter().map(|(name, value)| (*name, self.filled(value))).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match (row.method, row.path.strip_prefix("/api/")) {
            (_, Some(name)) => client.server_fn(name, &fields).await,
            ("GET", None) => client.get(&self.address(row.path)).await,
            (_, None) => client.post_form(&self.address(row.path), &fields).await,
        }
    }
}

/// What is Olga's alone: a delegation that has not begun, a decision that can still be undone, with the
/// press of the button that made it, and a saved filter.
struct Olgas {
    delegation: String,
    decision: String,
    press: String,
    filter: String,
}

impl Olgas {
    async fn make(app: &TestApp, olga: IdentityId, stage: &str) -> Self {
        let delegation: uuid::Uuid = sqlx::query_scalar(
            "insert into delegation (id, from_id, to_id, starts_at, ends_at, reason, created_by, created_at)
             select gen_random_uuid(), $1, i.id, '2027-01-04', '2027-01-08', 'On holiday.', $1, now() from identity i where i.given_name = 'Otto' returning id",
        )
        .bind(olga.0)
        .fetch_one(&app.owner)
        .await
        .unwrap();
        let (decision, press): (uuid::Uuid, uuid::Uuid) = sqlx::query_as(
            "with press as (
                 insert into bulk_decision (id, decided_by, decided_at, seconds_spent, results, idempotency_key)
                 values (gen_random_uuid(), $1, $3, 30, '[{}]', gen_random_uuid()) returning id)
             insert into pending_decision (id, stage_id, request_id, revision, decided_by, verdict, bulk, bulk_id, shown_version, shown_hash, decided_at, final_at, state, idempotency_key)
             select gen_random_uuid(), s.id, s.request_id, s.revision, $1, 'approve', true, press.id, 1, sha256(''), $3, $3 + interval '10 seconds', 'open', gen_random_uuid()
             from approval_stage s, press where s.id = $2::uuid returning id, bulk_id",
        )
        .bind(olga.0)
        .bind(stage)
        .bind(jiff_sqlx::ToSqlx::to_sqlx(app.now()))
        .fetch_one(&app.owner)
        .await
        .unwrap();
        let filter: uuid::Uuid = sqlx::query_scalar(
            "insert into saved_filter (id, owner_id, page, name, query, created_at) values (gen_random_uuid(), $1, 'inbox', 'Late', 'whose=mine', now()) returning id",
        )
        .bind(olga.0)
        .fetch_one(&app.owner)
        .await
        .unwrap();
        Self { delegation: delegation.to_string(), decision: decision.to_string(), press: press.to_string(), filter: filter.to_string() }
    }
}

/// A connection that no application uses.
async fn a_connection(app: &TestApp) -> String {
    let id: uuid::Uuid = sqlx::query_scalar(
        "with made as (insert into connection (id, code, name, connector, settings, changed_at) values (gen_random_uuid(), 'desk', 'Desk', 'manual', '{}', now()) returning id)
         insert into connection_version (connection_id, version, connector, settings, recorded_at) select id, 1, 'manual', '{}', now() from made returning connection_id",
    )
    .fetch_one(&app.owner)
    .await
    .unwrap();
    id.to_string()
}

/// Access of Ana, as if the release that waits had been carried out.
async fn held(app: &TestApp) -> String {
    let id: uuid::Uuid = sqlx::query_scalar(
        "insert into access_grant (id, identity_id, entitlement_id, entitlement_version, request_id, item_id, activation_release_id, state, active_since)
         select gen_random_uuid(), subject_id, entitlement_id, 1, request_id, item_id, id, 'active', planned_at from release returning id",
    )
    .fetch_one(&app.owner)
    .await
    .unwrap();
    id.to_string()
}

async fn draft_of(app: &TestApp, owner: IdentityId) -> String {
    let id: uuid::Uuid = sqlx::query_scalar(
        "insert into draft (id, owner_id, body, created_at, updated_at, idempotency_key) values (gen_random_uuid(), $1, '{}', now(), now(), gen_random_uuid()) returning id",
    )
    .bind(owner.0)
    .fetch_one(&app.owner)
    .await
    .unwrap();
    id.to_string()
}

/// A file that the operator added to a release.
async fn evidence_on(app: &TestApp, release: uuid::Uuid) -> String {
    let id: uuid::Uuid = sqlx::query_scalar(
        "insert into release_evidence (id, release_id, kind, said, added_by, added_at, media_type, size, sha256, content)
         select gen_random_uuid(), $1, 'file', 'note.txt', identity_id, now(), 'text/plain', 4, sha256('text'), 'text' from role_assignment where role = 'operator' returning id",
    )
    .bind(release)
    .fetch_one(&app.owner)
    .await
    .unwrap();
    id.to_string()
}

/// A file on the first revision of a request.
async fn file_on(app: &TestApp, request: &str) -> String {
    let id: uuid::Uuid = sqlx::query_scalar(
        "with file as (insert into attachment (id, sha256, name, media_type, size, content, uploaded_by, uploaded_at)
                       select gen_random_uuid(), sha256('text'), 'note.txt', 'text/plain', 4, 'text', requester_id, now() from request where id = $1::uuid returning id)
         insert into request_attachment (request_id, revision, attachment_id) select $1::uuid, 1, id from file returning attachment_id",
    )
    .bind(request)
    .fetch_one(&app.owner)
    .await
    .unwrap();
    id.to_string()
}

async fn submit(client: &Client, entitlement: EntitlementId, key: &str) {
    let entitlement = entitlement.to_string();
    let mut fields = REQUEST_FIELDS.to_vec();
    fields[0].1 = &entitlement;
    fields[6].1 = key;
    let reply = client.server_fn("requests/submit", &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Somebody is told something: the notification.
async fn tell(app: &TestApp, who: IdentityId) -> String {
    let id = domain::id::NotificationId::new(app.now(), app.system.random());
    sqlx::query("insert into notification (id, recipient_id, kind, title, href, at) values ($1, $2, 'request_moved', 'For the test', '/requests', '2026-11-22T09:00:00Z')")
        .bind(id.0)
        .bind(who.0)
        .execute(&app.owner)
        .await
        .unwrap();
    id.to_string()
}

/// The owner proposes another tier for an entitlement: it waits for a second person.
async fn propose(client: &Client, entitlement: EntitlementId) -> String {
    let entitlement = entitlement.to_string();
    let mut fields = PROPOSAL_FIELDS.to_vec();
    fields[1].1 = &entitlement;
    let reply = client.server_fn("changes/propose", &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json().as_str().expect("the change's id").to_owned()
}

fn first_stage(list: &serde_json::Value) -> Option<String> {
    list.pointer("/page/rows/0/stage")?.as_str().map(str::to_owned)
}

/// Approves the first request in somebody's inbox, if there is one.
async fn decide_first(app: &TestApp, client: &Client) -> bool {
    let list = client.server_fn("inbox/list", &[]).await;
    assert_eq!(list.status, 200, "{}", list.text());
    let Some(stage) = first_stage(&list.json()) else { return false };
    let detail = client.server_fn("inbox/detail", &[("stage", &stage)]).await.json();
    let text =
        |pointer: &str| detail.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {detail}")).to_string().trim_matches('"').to_owned();
    let (version, hash, key) = (text("/request/version"), text("/request/content_hash"), text("/key"));
    let fields = [
        ("stage", stage.as_str()),
        ("verdict", "approve"),
        ("comment", "Fits the work."),
        ("shown_version", &version),
        ("shown_hash", &hash),
        ("key", &key),
    ];
    let reply = client.server_fn("inbox/decide", &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    app.advance(SignedDuration::from_secs(11));
    server::job::finalise_decisions::run(&app.base).await.unwrap();
    true
}
