//! Every address of the server, taken from the running router, with who is refused there. An
//! address without a row fails the first test; the others walk the rows.
//!
//! To add an endpoint: add its row to [`table`]. `refused` names everyone who may not, with the
//! status they get; where every signed-in person may, it stays empty and strangers are refused.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a scene that cannot be set fails the test that needs it")]

mod support;

use axum::body::Body;
use axum::http::Request;
use domain::permission::Role;
use server::http::{Endpoint, endpoints};
use std::collections::{BTreeMap, BTreeSet};
use support::*;

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// An employee who has nothing to do with any of it.
    Sam,
    /// The requester.
    Ana,
    /// Her manager, who approved.
    Bea,
    Operator,
    Compliance,
    Auditor,
    Administrator,
}
use Who::{Administrator, Ana, Auditor, Bea, Compliance, Operator, Sam};

struct Row {
    method: &'static str,
    path: &'static str,
    /// People without a session may.
    open: bool,
    /// Form fields of a call that would be accepted from somebody who may; `{name}` stands for a
    /// record of the scene.
    fields: &'static [(&'static str, &'static str)],
    refused: &'static [(Who, u16)],
}

const fn page(path: &'static str, refused: &'static [(Who, u16)]) -> Row {
    Row { method: "GET", path, open: false, fields: &[], refused }
}

const fn open(method: &'static str, path: &'static str) -> Row {
    Row { method, path, open: true, fields: &[], refused: &[] }
}

const fn function(path: &'static str, fields: &'static [(&'static str, &'static str)], refused: &'static [(Who, u16)]) -> Row {
    Row { method: "POST", path, open: false, fields, refused }
}

const REQUEST_FIELDS: &[(&str, &str)] = &[
    ("entitlement", "{entitlement}"),
    ("reason_code", "project"),
    ("justification", "Reconciling the card payments of November for the audit."),
    ("starts_on", "2026-11-23"),
    ("ends_on", "2026-12-23"),
    ("answer", ""),
    ("key", "0190b0f0-0000-7000-8000-000000000001"),
];

/// A change of the entitlement by somebody who may propose it.
const PROPOSAL_FIELDS: &[(&str, &str)] = &[
    ("kind", "entitlement"),
    ("record_key", "{entitlement}"),
    ("base_version", "1"),
    ("fields[tier]", "privileged"),
    ("fields[tier_reason]", "It can change more than it seemed."),
    ("fields[longest_days]", "30"),
    ("reason", "Found in the review."),
    ("key", "0190b0f0-0000-7000-8000-000000000004"),
];
const PROPOSAL_FORM: &[(&str, &str)] = &[
    ("base_version", "1"),
    ("field.name", "Another name"),
    ("reason", "Found in the review."),
    ("key", "0190b0f0-0000-7000-8000-000000000005"),
];
/// Neither owner nor keeper of the rules: they see no list of records.
const OUTSIDE_CHANGES: &[(Who, u16)] = &[(Sam, 403), (Ana, 403), (Bea, 403), (Operator, 403)];
/// The same for one record.
const HIDDEN_CHANGES: &[(Who, u16)] = &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404)];
const NOT_EDITING: &[(Who, u16)] = &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Compliance, 403), (Auditor, 403)];
const NOT_SECOND: &[(Who, u16)] = &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Auditor, 403)];
const NOT_PROPOSER: &[(Who, u16)] =
    &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Compliance, 403), (Auditor, 403), (Administrator, 403)];

/// Ana was told; what others are told is nobody's, whatever their roles.
const NOT_TOLD: &[(Who, u16)] = &[(Sam, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)];

/// An id that no record has.
const NOBODYS: &str = "0190b0f0-0000-7000-8000-0000000000ff";
/// What is somebody's own does not exist for anybody else.
const EVERYBODY_404: &[(Who, u16)] =
    &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)];

/// A draft is its owner's alone, whatever the others' roles.
const DRAFT_OF_ANA: &[(Who, u16)] = &[(Sam, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)];

/// The stage waits for the owner; compliance may give it to anybody, those concerned and those who
/// have decided may not.
const NOT_REASSIGNING: &[(Who, u16)] = &[(Sam, 404), (Ana, 403), (Bea, 403), (Operator, 404), (Auditor, 403), (Administrator, 404)];
const REASSIGNMENT: &[(&str, &str)] = &[("version", "{version}"), ("from", ""), ("to", "otto@example.org"), ("reason", "For the test.")];
const NOT_KEEPING_HOLDS: &[(Who, u16)] = &[(Sam, 403), (Ana, 403), (Bea, 403), (Operator, 403)];

const NOT_ADMINISTRATORS: &[(Who, u16)] = &[(Sam, 403), (Ana, 403), (Bea, 403), (Operator, 403), (Compliance, 403), (Auditor, 403)];

fn table() -> Vec<Row> {
    vec![
        page("/", &[]),
        page("/account", &[]),
        page("/admin", &[(Sam, 403), (Operator, 403), (Compliance, 403)]),
        page("/catalogue", &[]),
        page("/catalogue/{id}", &[]),
        page("/changes", OUTSIDE_CHANGES),
        page("/changes/{id}", HIDDEN_CHANGES),
        page("/controls", &[(Sam, 403), (Operator, 403)]),
        page("/holds", NOT_KEEPING_HOLDS),
        page("/identities/{id}", &[(Sam, 404)]),
        page("/find", &[]),
        page("/inbox", &[]),
        page("/inbox/{stage}", &[(Sam, 404), (Ana, 404), (Operator, 404), (Auditor, 404), (Administrator, 404)]),
        page("/notifications", &[]),
        page("/reassign/{stage}", NOT_REASSIGNING),
        page("/releases", &[(Sam, 403), (Bea, 403), (Administrator, 403)]),
        page("/releases/{id}", &[(Sam, 404), (Administrator, 404)]),
        page("/request", &[]),
        page("/requests", &[]),
        page("/requests/{id}", &[(Sam, 404), (Administrator, 404)]),
        // Whoever has nothing in scope is shown that nothing is.
        page("/rules", &[]),
        page("/rules/{kind}", OUTSIDE_CHANGES),
        page("/rules/{kind}/{key}", HIDDEN_CHANGES),
        function("/account", &[("to", "sam@example.org")], &[(Sam, 422), (Auditor, 422)]),
        function("/reassign/{stage}", REASSIGNMENT, NOT_REASSIGNING),
        function("/rules/{kind}/{key}", PROPOSAL_FORM, NOT_EDITING),
        function("/changes/{id}", &[("step", "confirm")], NOT_SECOND),
        open("GET", "/sign-in"),
        open("GET", "/setup"),
        open("GET", "/healthz"),
        open("GET", "/favicon.ico"),
        open("POST", "/sign-in"),
        open("POST", "/sign-out"),
        open("POST", "/setup"),
        open("POST", "/theme"),
        open("POST", "/csp-report"),
        open("POST", "/api/account/demonstration_people"),
        function("/api/account/view", &[], &[]),
        function("/api/account/end_session", &[("session", "{session}")], &[(Sam, 404), (Administrator, 404)]),
        function("/api/account/end_other_sessions", &[], &[]),
        function("/api/account/change_password", &[("current_password", "x"), ("password", "x"), ("password_again", "x")], &[(Sam, 422)]),
        function("/api/admin/overview", &[("q", "")], &[(Sam, 403), (Bea, 403), (Operator, 403), (Compliance, 403)]),
        function("/api/admin/assign_role", &[("identity", "{sam}"), ("role", "operator")], NOT_ADMINISTRATORS),
        function("/api/admin/end_role", &[("assignment", "{assignment}")], NOT_ADMINISTRATORS),
        function("/api/admin/send_mail_again", &[], NOT_ADMINISTRATORS),
        function("/api/admin/run_job", &[("name", "replan-held-stages")], NOT_ADMINISTRATORS),
        function("/api/approvals/delegations", &[], &[]),
        function("/api/approvals/revoke", &[("delegation", NOBODYS)], EVERYBODY_404),
        function("/api/approvals/holds", &[], NOT_KEEPING_HOLDS),
        function(
            "/api/approvals/claim",
            &[("stage", "{stage}")],
            &[(Sam, 404), (Ana, 403), (Bea, 403), (Operator, 404), (Compliance, 403), (Auditor, 403), (Administrator, 404)],
        ),
        function(
            "/api/approvals/give_back",
            &[("stage", "{stage}")],
            &[(Sam, 404), (Ana, 403), (Bea, 409), (Operator, 404), (Compliance, 403), (Auditor, 403), (Administrator, 404)],
        ),
        function("/api/approvals/reassignable", &[("stage", "{stage}")], NOT_REASSIGNING),
        page("/attachments/{id}", &[(Sam, 404), (Operator, 404), (Administrator, 404)]),
        // Without a file and a draft of one's own nothing is taken from anybody.
        function(
            "/attachments",
            &[],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)],
        ),
        function(
            "/api/attachments/remove",
            &[("draft", "{anas_draft}"), ("attachment", "{attachment}")],
            &[(Sam, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)],
        ),
        function(
            "/api/grants/give_back",
            &[("grant", "{grant}")],
            &[(Sam, 404), (Operator, 403), (Compliance, 403), (Auditor, 403), (Administrator, 403)],
        ),
        function("/api/catalogue/search", &[], &[]),
        function("/api/catalogue/entitlement", &[("id", "{entitlement}")], &[]),
        function("/api/changes/overview", &[], &[]),
        function("/api/changes/records", &[("kind", "entitlement")], OUTSIDE_CHANGES),
        function("/api/changes/open", &[("kind", "entitlement"), ("key", "{entitlement}")], HIDDEN_CHANGES),
        function("/api/changes/list", &[], OUTSIDE_CHANGES),
        function("/api/changes/show", &[("change", "{change}")], HIDDEN_CHANGES),
        function("/api/changes/propose", PROPOSAL_FIELDS, NOT_EDITING),
        function("/api/changes/decide", &[("change", "{change}"), ("confirm", "true")], NOT_SECOND),
        function("/api/changes/withdraw", &[("change", "{change}")], NOT_PROPOSER),
        function("/api/controls/list", &[], &[(Sam, 403), (Operator, 403)]),
        function("/api/find/list", &[("q", "ledger")], &[]),
        function("/api/find/search", &[("q", "ledger")], &[]),
        function("/api/notifications/list", &[], &[]),
        function("/api/notifications/open", &[("id", "{notification}")], NOT_TOLD),
        function("/api/notifications/read", &[("id", "{notification}")], NOT_TOLD),
        function("/api/notifications/read_all", &[("until", "2026-11-22T09:00:00Z")], &[]),
        function("/api/notifications/choices", &[], &[]),
        function("/api/notifications/choose", &[("in_app[]", "reminder"), ("mail[]", "reminder")], &[]),
        function("/api/home/frame", &[], &[]),
        function("/api/home/view", &[], &[]),
        function("/api/identities/show", &[("identity", "{ana}")], &[(Sam, 404)]),
        function(
            "/api/identities/suspend",
            &[("identity", "{sam}"), ("reason", "For the test")],
            &[(Ana, 403), (Bea, 403), (Operator, 403), (Compliance, 403), (Auditor, 403)],
        ),
        function(
            "/api/identities/resume",
            &[("identity", "{sam}")],
            &[(Ana, 403), (Bea, 403), (Operator, 403), (Compliance, 403), (Auditor, 403)],
        ),
        function("/api/inbox/list", &[], &[]),
        function(
            "/api/inbox/detail",
            &[("stage", "{stage}")],
            &[(Sam, 404), (Ana, 404), (Operator, 404), (Auditor, 404), (Administrator, 404)],
        ),
        function(
            "/api/inbox/decide",
            &[
                ("stage", "{stage}"),
                ("verdict", "approve"),
                ("shown_version", "{version}"),
                ("shown_hash", "{hash}"),
                ("key", "0190b0f0-0000-7000-8000-000000000002"),
            ],
            &[(Sam, 404), (Operator, 404), (Administrator, 404), (Ana, 403), (Compliance, 403), (Auditor, 403)],
        ),
        function("/api/inbox/undo", &[("decision", NOBODYS)], EVERYBODY_404),
        function("/api/inbox/undo_selected", &[("press", NOBODYS)], EVERYBODY_404),
        function(
            "/api/inbox/approve_selected",
            &[("shown_at", "2026-11-22T09:00:00Z"), ("key", "0190b0f0-0000-7000-8000-000000000006")],
            &[(Sam, 422), (Ana, 422), (Auditor, 422)],
        ),
        function("/api/inbox/save_filter", &[("name", " ")], &[(Sam, 422)]),
        function("/api/inbox/forget_filter", &[("id", NOBODYS)], EVERYBODY_404),
        function(
            "/api/requests/answer_question",
            &[("request", "{request}"), ("version", "1"), ("answer", "It is the north branch.")],
            &[(Sam, 404), (Operator, 404), (Administrator, 404), (Bea, 403), (Compliance, 403), (Auditor, 403)],
        ),
        function("/api/releases/list", &[], &[(Sam, 403), (Bea, 403), (Administrator, 403)]),
        function("/api/releases/show", &[("release", "{release}")], &[(Sam, 404), (Bea, 404), (Administrator, 404)]),
        function(
            "/api/releases/execute",
            &[("release", "{release}"), ("version", "1"), ("evidence", "Ticket 4711"), ("key", "0190b0f0-0000-7000-8000-000000000003")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        page("/request/{draft}", DRAFT_OF_ANA),
        function("/api/drafts/open", &[("draft", "{anas_draft}")], DRAFT_OF_ANA),
        function("/api/drafts/templates", &[], &[]),
        function("/api/drafts/add", &[("entitlement", NOBODYS)], &[(Sam, 404), (Ana, 404), (Administrator, 404)]),
        function("/api/drafts/add_template", &[("template", NOBODYS)], &[(Sam, 404), (Ana, 404), (Administrator, 404)]),
        function(
            "/api/drafts/edit",
            &[("request", "{request}")],
            &[(Sam, 404), (Operator, 404), (Administrator, 404), (Bea, 403), (Compliance, 403), (Auditor, 403)],
        ),
        function("/api/drafts/save", &[("draft", "{anas_draft}"), ("version", "1")], DRAFT_OF_ANA),
        function("/api/drafts/remove_item", &[("draft", "{anas_draft}"), ("version", "1"), ("remove", "0")], DRAFT_OF_ANA),
        function("/api/drafts/settle", &[("draft", "{anas_draft}"), ("version", "1"), ("take", "true")], DRAFT_OF_ANA),
        function("/api/drafts/discard", &[("draft", "{anas_draft}")], DRAFT_OF_ANA),
        function("/api/drafts/submit", &[("draft", "{anas_draft}"), ("version", "1")], DRAFT_OF_ANA),
        function("/api/requests/submit", REQUEST_FIELDS, &[]),
        function(
            "/api/requests/withdraw",
            &[("request", "{request}"), ("version", "1"), ("reason", "Not needed")],
            &[(Sam, 404), (Operator, 404), (Administrator, 404), (Bea, 403), (Compliance, 403), (Auditor, 403)],
        ),
        function("/api/requests/list", &[("query[scope]", "all")], &[(Sam, 403), (Operator, 403), (Administrator, 403)]),
        function(
            "/api/requests/join",
            &[("request", "{request}")],
            &[(Sam, 404), (Operator, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        function("/api/requests/show", &[("request", "{request}")], &[(Sam, 404), (Administrator, 404)]),
    ]
}

fn endpoint(row: &Row) -> Endpoint {
    Endpoint { method: row.method.to_owned(), path: row.path.to_owned() }
}

/// A request waiting for its second approval and a release waiting for an operator, with people
/// around them.
struct Scene {
    people: BTreeMap<Who, Client>,
    records: BTreeMap<&'static str, String>,
}

impl Scene {
    async fn set(app: &TestApp) -> Self {
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
        let records = BTreeMap::from([
            ("entitlement", open.to_string()),
            ("session", session.to_string()),
            ("assignment", assignment.to_string()),
            ("ana", ana.to_string()),
            ("sam", sam.to_string()),
            ("request", text("/request/id")),
            ("version", text("/request/version")),
            ("hash", text("/request/content_hash")),
            ("release", release.to_string()),
            ("stage", stage),
            ("change", change),
            ("grant", held(app).await),
            ("anas_draft", anas_draft.clone()),
            ("draft", anas_draft),
            ("attachment", file_on(app, &text("/request/id")).await),
            ("notification", tell(app, ana).await),
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
            Some("catalogue") => "entitlement",
            Some("identities") => "ana",
            Some("releases") => "release",
            Some("changes") => "change",
            Some("attachments") => "attachment",
            _ => "request",
        };
        self.filled(&path.replace("{id}", &format!("{{{id}}}")))
    }

    async fn attempt(&self, client: &Client, row: &Row) -> Reply {
        let fields: Vec<(&str, String)> = row.fields.iter().map(|(name, value)| (*name, self.filled(value))).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match (row.method, row.path.strip_prefix("/api/")) {
            (_, Some(name)) => client.server_fn(name, &fields).await,
            ("GET", None) => client.get(&self.address(row.path)).await,
            (_, None) => client.post_form(&self.address(row.path), &fields).await,
        }
    }
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

#[tokio::test]
async fn every_endpoint_has_a_row_and_every_row_an_endpoint() {
    let rows: BTreeSet<Endpoint> = table().iter().map(endpoint).collect();
    let running: BTreeSet<Endpoint> = endpoints().into_iter().collect();
    assert_eq!(running.difference(&rows).collect::<Vec<_>>(), Vec::<&Endpoint>::new(), "endpoints without a row: who is refused there?");
    assert_eq!(rows.difference(&running).collect::<Vec<_>>(), Vec::<&Endpoint>::new(), "rows without an endpoint");
    assert_eq!(rows.len(), table().len(), "an endpoint has two rows");
}

#[tokio::test]
async fn server_functions_are_posts() {
    let other: Vec<Endpoint> = endpoints().into_iter().filter(|e| e.path.starts_with("/api/") && e.method != "POST").collect();
    assert_eq!(other, vec![], "a function that GET reaches passes the guard: keep it POST, or prove that it only reads");
}

#[sqlx::test(migrations = "../migrations")]
async fn strangers_are_refused_everywhere_but_at_the_door(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let scene = Scene::set(&app).await;
    let stranger = app.stranger();
    for row in table() {
        let reply = scene.attempt(&stranger, &row).await;
        let what = format!("{} {}", row.method, row.path);
        if row.open {
            assert!(!reply.location().starts_with("/sign-in?return_to"), "{what} is open");
            assert_ne!(reply.status, 401, "{what}");
        } else if row.path.starts_with("/api/") {
            assert_eq!((reply.status, reply.code().as_str()), (401, "not_signed_in"), "{what}");
        } else {
            assert_eq!(reply.status, 303, "{what}");
            assert!(reply.location().starts_with("/sign-in"), "{what}: {}", reply.location());
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_may_not_is_refused_and_nothing_changes(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let scene = Scene::set(&app).await;
    let state = "select (select count(*) from audit_event) * 1000000 + (select count(*) from decision) * 10000 + (select count(*) from release_attempt) * 1000 + (select count(*) from session where ended_at is null)";
    let before = app.count(state).await;
    let mut wrong = vec![];
    for row in table() {
        for (who, status) in row.refused {
            let reply = scene.attempt(&scene.people[who], &row).await;
            if reply.status != *status {
                wrong.push(format!("{} {} as {who:?}: {} instead of {status}: {:.200}", row.method, row.path, reply.status, reply.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(app.count(state).await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn no_change_is_accepted_from_another_site(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let person = app.person("Ana", unit, None).await;
    let client = app.sign_in_as(person).await;
    let from: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example")],
        &[],
    ];
    for row in table().iter().filter(|row| row.method != "GET") {
        for headers in from {
            let request = headers
                .iter()
                .fold(Request::post(row.path).header("content-type", "application/x-www-form-urlencoded"), |request, (name, value)| {
                    request.header(*name, *value)
                });
            assert_eq!(client.send(request, Body::from("x=y")).await.status, 403, "{} with {headers:?}", row.path);
        }
        let reply = client.send(Request::get(row.path).header("x-http-method-override", "POST"), Body::empty()).await;
        assert!([200, 404, 405].contains(&reply.status), "{}: GET is answered with {}", row.path, reply.status);
    }
    assert_eq!(app.count("select count(*) from session where ended_at is null").await, 1);
    assert_eq!(app.count("select count(*) from audit_event").await, 0);
}
