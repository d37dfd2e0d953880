//! Every address with everybody who is refused there, by area.

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
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

pub struct Row {
    pub method: &'static str,
    pub path: &'static str,
    /// People without a session may.
    pub open: bool,
    /// Form fields of a call that would be accepted from somebody who may; `{name}` stands for a
    /// record of the scene.
    pub fields: &'static [(&'static str, &'static str)],
    pub refused: &'static [(Who, u16)],
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

pub const REQUEST_FIELDS: &[(&str, &str)] = &[
    ("entitlement", "{entitlement}"),
    ("reason_code", "project"),
    ("justification", "Reconciling the card payments of November for the audit."),
    ("starts_on", "2026-11-23"),
    ("ends_on", "2026-12-23"),
    ("answer", ""),
    ("key", "0190b0f0-0000-7000-8000-000000000001"),
];

/// A change of the entitlement by somebody who may propose it.
pub const PROPOSAL_FIELDS: &[(&str, &str)] = &[
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
/// What is Olga's own does not exist for anybody else.
const EVERYBODY_404: &[(Who, u16)] =
    &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)];

/// A draft is its owner's alone, whatever the others' roles.
const DRAFT_OF_ANA: &[(Who, u16)] = &[(Sam, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)];

/// The stage waits for the owner; compliance may give it to anybody, those concerned and those who
/// have decided may not.
const NOT_REASSIGNING: &[(Who, u16)] = &[(Sam, 404), (Ana, 403), (Bea, 403), (Operator, 404), (Auditor, 403), (Administrator, 404)];
const REASSIGNMENT: &[(&str, &str)] = &[("version", "{version}"), ("from", ""), ("to", "otto@example.org"), ("reason", "For the test.")];
const NOT_KEEPING_HOLDS: &[(Who, u16)] = &[(Sam, 403), (Ana, 403), (Bea, 403), (Operator, 403)];

/// Whose access it is, who manages them, who owns the application and the keepers of the rules know of it.
const NOT_READING_ACCESS: &[(Who, u16)] = &[(Sam, 404), (Operator, 404), (Administrator, 404)];
/// Ana's request for it waits: nobody whom it concerns has any of it.
const NOBODYS_ACCESS_YET: &[(Who, u16)] = &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Administrator, 404)];

const NOT_ADMINISTRATORS: &[(Who, u16)] = &[(Sam, 403), (Ana, 403), (Bea, 403), (Operator, 403), (Compliance, 403), (Auditor, 403)];

/// Keepers of the rules and of the installation see what the server does by itself.
const NOT_SEEING_JOBS: &[(Who, u16)] = &[(Sam, 403), (Ana, 403), (Bea, 403), (Operator, 403)];

/// Whoever runs, keeps or carries out sees how machines are reached; owners see those of their applications.
const NOT_SEEING_CONNECTIONS: &[(Who, u16)] = &[(Sam, 403), (Ana, 403), (Bea, 403)];

/// Every row.
pub fn table() -> Vec<Row> {
    [at_the_door(), pages(), oneself(), asking(), deciding(), carrying_out(), catalogue_and_rules(), administration()]
        .into_iter()
        .flatten()
        .collect()
}

/// What strangers reach: the way in, and what browsers ask for by themselves.
fn at_the_door() -> Vec<Row> {
    vec![
        open("GET", "/sign-in"),
        open("GET", "/setup"),
        open("GET", "/healthz"),
        open("GET", "/metrics"),
        open("GET", "/favicon.ico"),
        open("POST", "/sign-in"),
        open("POST", "/sign-out"),
        open("POST", "/setup"),
        open("POST", "/theme"),
        open("POST", "/csp-report"),
        open("POST", "/api/account/demonstration_people"),
        open("POST", "/api/account/is_set_up"),
        // Answers to a signature alone.
        open("POST", "/connectors/{connection}/completions"),
    ]
}

/// Pages, and the forms that are sent to the page they stand on.
fn pages() -> Vec<Row> {
    vec![
        page("/", &[]),
        page("/account", &[]),
        page("/admin", &[(Sam, 403), (Operator, 403), (Compliance, 403)]),
        page("/admin/jobs", NOT_SEEING_JOBS),
        page("/admin/connections", NOT_SEEING_CONNECTIONS),
        page("/admin/connections/{id}", &[(Sam, 404), (Ana, 404), (Bea, 404)]),
        function(
            "/admin/connections/{id}",
            &[("base_version", "1"), ("step", "test")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 403), (Compliance, 403), (Auditor, 403)],
        ),
        page("/catalogue", &[]),
        page("/catalogue/{id}", &[]),
        page("/changes", OUTSIDE_CHANGES),
        page("/changes/{id}", HIDDEN_CHANGES),
        page("/controls", &[(Sam, 403), (Operator, 403)]),
        page("/holds", NOT_KEEPING_HOLDS),
        page("/identities/{id}", &[(Sam, 404)]),
        page("/identities/{id}/access", NOT_READING_ACCESS),
        page("/catalogue/{id}/access", NOBODYS_ACCESS_YET),
        page("/catalogue/applications/{id}/access", NOT_READING_ACCESS),
        page("/grants/{id}", NOT_READING_ACCESS),
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
        page("/requests/{id}/record", &[(Sam, 404), (Administrator, 404)]),
        // Whoever has nothing in scope is shown that nothing is.
        page("/rules", &[]),
        page("/rules/{kind}", OUTSIDE_CHANGES),
        page("/rules/{kind}/{key}", HIDDEN_CHANGES),
        function("/account", &[("to", "sam@example.org")], &[(Sam, 422), (Auditor, 422)]),
        function("/reassign/{stage}", REASSIGNMENT, NOT_REASSIGNING),
        function("/rules/{kind}/{key}", PROPOSAL_FORM, NOT_EDITING),
        function("/changes/{id}", &[("step", "confirm")], NOT_SECOND),
        page("/attachments/{id}", &[(Sam, 404), (Operator, 404), (Administrator, 404)]),
        // Without a file and a draft of one's own nothing is taken from anybody.
        function(
            "/attachments",
            &[],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)],
        ),
        page("/release-files/{id}", &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404)]),
        // Without a file and a release that one carries out nothing is taken from anybody.
        function(
            "/release-files",
            &[],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)],
        ),
        page("/request/{draft}", DRAFT_OF_ANA),
    ]
}

/// Home, the own account, what one is told, finding.
fn oneself() -> Vec<Row> {
    vec![
        function("/api/account/view", &[], &[]),
        function("/api/account/end_session", &[("session", "{session}")], &[(Sam, 404), (Administrator, 404)]),
        function("/api/account/end_other_sessions", &[], &[]),
        function("/api/account/change_password", &[("current_password", "x"), ("password", "x"), ("password_again", "x")], &[(Sam, 422)]),
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
    ]
}

/// Drafts, requests and their files, and access that is held.
fn asking() -> Vec<Row> {
    vec![
        function(
            "/api/attachments/remove",
            &[("draft", "{anas_draft}"), ("version", "1"), ("attachment", "{attachment}")],
            &[(Sam, 404), (Bea, 404), (Operator, 404), (Compliance, 404), (Auditor, 404), (Administrator, 404)],
        ),
        function(
            "/api/grants/give_back",
            &[("grant", "{grant}")],
            &[(Sam, 404), (Operator, 403), (Compliance, 403), (Auditor, 403), (Administrator, 403)],
        ),
        function("/api/grants/list", &[("query[of]", "identity"), ("query[id]", "{ana}")], NOT_READING_ACCESS),
        function("/api/grants/why", &[("grant", "{grant}")], NOT_READING_ACCESS),
        function(
            "/api/requests/answer_question",
            &[("request", "{request}"), ("version", "1"), ("answer", "It is the north branch.")],
            &[(Sam, 404), (Operator, 404), (Administrator, 404), (Bea, 403), (Compliance, 403), (Auditor, 403)],
        ),
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

/// The inbox, and who decides instead.
fn deciding() -> Vec<Row> {
    vec![
        function("/api/approvals/delegations", &[], &[]),
        function("/api/approvals/revoke", &[("delegation", "{delegation}")], EVERYBODY_404),
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
        function("/api/inbox/undo", &[("decision", "{decision}")], EVERYBODY_404),
        function("/api/inbox/undo_selected", &[("press", "{press}")], EVERYBODY_404),
        function(
            "/api/inbox/approve_selected",
            &[("shown_at", "2026-11-22T09:00:00Z"), ("key", "0190b0f0-0000-7000-8000-000000000006")],
            &[(Sam, 422), (Ana, 422), (Auditor, 422)],
        ),
        function("/api/inbox/save_filter", &[("name", " ")], &[(Sam, 422)]),
        function("/api/inbox/forget_filter", &[("id", "{filter}")], EVERYBODY_404),
    ]
}

/// Releases.
fn carrying_out() -> Vec<Row> {
    vec![
        function("/api/releases/list", &[], &[(Sam, 403), (Bea, 403), (Administrator, 403)]),
        function("/api/releases/show", &[("release", "{release}")], &[(Sam, 404), (Bea, 404), (Administrator, 404)]),
        function(
            "/api/releases/execute",
            &[("release", "{release}"), ("version", "1"), ("evidence", "Ticket 4711"), ("key", "0190b0f0-0000-7000-8000-000000000003")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        function(
            "/api/releases/claim",
            &[("release", "{release}")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        function(
            "/api/releases/give_back",
            &[("release", "{release}")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        function(
            "/api/releases/look",
            &[("release", "{release}"), ("version", "1"), ("there", "true"), ("said", "It is there.")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        function(
            "/api/releases/retry",
            &[("release", "{release}"), ("version", "1")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        function(
            "/api/releases/roll_back",
            &[("release", "{release}"), ("version", "1"), ("reason", "Not needed.")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        function(
            "/api/releases/propose_skip",
            &[("release", "{release}"), ("version", "1"), ("reason", "Done by hand.")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
        function(
            "/api/releases/answer_skip",
            &[("release", "{release}"), ("version", "1"), ("confirm", "true")],
            &[(Sam, 404), (Ana, 404), (Bea, 404), (Administrator, 404), (Compliance, 403), (Auditor, 403)],
        ),
    ]
}

/// The catalogue, changes to it, controls.
fn catalogue_and_rules() -> Vec<Row> {
    vec![
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
    ]
}

/// Identities and administration.
fn administration() -> Vec<Row> {
    vec![
        function("/api/admin/overview", &[("q", "")], &[(Sam, 403), (Bea, 403), (Operator, 403), (Compliance, 403)]),
        function("/api/admin/assign_role", &[("identity", "{sam}"), ("role", "operator")], NOT_ADMINISTRATORS),
        function("/api/admin/end_role", &[("assignment", "{assignment}")], NOT_ADMINISTRATORS),
        function("/api/admin/send_mail_again", &[], NOT_ADMINISTRATORS),
        function("/api/admin/queue", &[("query[state]", "failed")], NOT_SEEING_JOBS),
        function("/api/admin/settle_task", &[("task", "1"), ("how", "retry"), ("reason", "For the test")], NOT_ADMINISTRATORS),
        function("/api/connections/list", &[], NOT_SEEING_CONNECTIONS),
        function("/api/connections/show", &[("connection", "{connection_id}")], &[(Sam, 404), (Ana, 404), (Bea, 404)]),
        function("/api/connections/blank", &[("kind", "scim")], NOT_ADMINISTRATORS),
        function("/api/admin/run_job", &[("name", "replan-stages")], NOT_ADMINISTRATORS),
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
    ]
}
