//! Every address of the application, in one place: pages take their links from here instead of
//! writing them.

mod query;

pub use query::{encode, has_parameter, parameter, with};

use crate::catalogue::port::CatalogueQuery;
use crate::grants::port::{AccessOf, AccessQuery};
use crate::notifications::port::NotificationsQuery;
use crate::requests::port::RequestsQuery;
use domain::change::RecordKind;
use domain::id::{
    AttachmentId, ChangeId, ConnectionId, DraftId, EntitlementId, EvidenceId, GrantId, IdentityId, ReleaseId, RequestId, StageId,
};

/// Home.
pub const HOME: &str = "/";
/// The catalogue.
pub const CATALOGUE: &str = "/catalogue";
/// The request form.
pub const REQUEST: &str = "/request";
/// Requests.
pub const REQUESTS: &str = "/requests";
/// Decisions that wait.
pub const INBOX: &str = "/inbox";
/// Decisions at which nobody can decide.
pub const HOLDS: &str = "/holds";
/// Releases.
pub const RELEASES: &str = "/releases";
/// Controls.
pub const CONTROLS: &str = "/controls";
/// The catalogue and the rules as records under change control.
pub const RULES: &str = "/rules";
/// Changes to them.
pub const CHANGES: &str = "/changes";
/// Administration.
pub const ADMIN: &str = "/admin";
/// The work queue: tasks, recurring jobs, servers.
pub const ADMIN_JOBS: &str = "/admin/jobs";
/// Connections to other machines.
pub const CONNECTIONS: &str = "/admin/connections";
/// The caller's own account.
pub const ACCOUNT: &str = "/account";
/// The part of it that says how somebody is told what happens.
pub const NOTIFICATION_CHOICES: &str = "/account#notifications";
/// The same, right after the choices were kept.
pub const NOTIFICATION_CHOICES_SAVED: &str = "/account?told#notifications";
/// Id of that part.
pub const NOTIFICATIONS_CARD: &str = "notifications";
/// What somebody was told.
pub const NOTIFICATIONS: &str = "/notifications";
/// Finding anything by a few letters.
pub const FIND: &str = "/find";
/// Signing in: the page, and where its form goes.
pub const SIGN_IN: &str = "/sign-in";
/// Signing out: a form goes there.
pub const SIGN_OUT: &str = "/sign-out";
/// Making the first administrator: the page, and where its form goes.
pub const SETUP: &str = "/setup";

/// An entitlement.
#[must_use]
pub fn entitlement(id: EntitlementId) -> String {
    format!("{CATALOGUE}/{id}")
}

/// One version of an entitlement, as it stood then.
#[must_use]
pub fn entitlement_version(id: EntitlementId, version: i32) -> String {
    at_version(&entitlement(id), version)
}

/// The place on a returned request where its question is answered.
#[must_use]
pub fn answer(id: RequestId) -> String {
    format!("{REQUESTS}/{id}#answer")
}

/// The request form on a draft.
#[must_use]
pub fn draft(id: DraftId) -> String {
    format!("{REQUEST}/{id}")
}

/// The request form on a draft, at one of its fields; at its top for what is no name of a field.
#[must_use]
pub fn draft_at(id: DraftId, field: &str) -> String {
    let named = !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if named { format!("{}#field-{field}", draft(id)) } else { draft(id) }
}

/// Where a form puts something into a draft.
pub const ADD_TO_DRAFT: &str = "/api/drafts/add";
/// Files: the form that adds one goes there, and below it each is given out.
pub const ATTACHMENTS: &str = "/attachments";

/// Where the form goes that adds a file to a draft.
#[must_use]
pub fn upload(draft: DraftId) -> String {
    with(ATTACHMENTS, &[("draft", &draft.to_string())])
}

/// Releases that can be carried out now.
#[must_use]
pub fn releases_ready() -> String {
    with(RELEASES, &[("filter", "ready")])
}

/// Files that show what was done by hand: the form that adds one goes there, and below it each is given out.
pub const RELEASE_FILES: &str = "/release-files";

/// Where the form goes that adds a file to a release.
#[must_use]
pub fn release_upload(release: ReleaseId) -> String {
    with(RELEASE_FILES, &[("release", &release.to_string())])
}

/// A file that shows what was done by hand.
#[must_use]
pub fn release_file(id: EvidenceId) -> String {
    format!("{RELEASE_FILES}/{id}")
}

/// A file.
#[must_use]
pub fn attachment(id: AttachmentId) -> String {
    format!("{ATTACHMENTS}/{id}")
}

/// The catalogue, to choose what takes the place of access that is held.
#[must_use]
pub fn replacement_for(grant: GrantId) -> String {
    with(CATALOGUE, &[(REPLACES, &grant.to_string())])
}

/// The parameter of the catalogue that names the grant which the choice replaces.
pub const REPLACES: &str = "replaces";

/// A request.
#[must_use]
pub fn request(id: RequestId) -> String {
    format!("{REQUESTS}/{id}")
}

/// A request as a file.
pub fn request_record(id: RequestId) -> String {
    format!("{REQUESTS}/{id}/record")
}

/// A request, right after something was done to it; `done` is `submitted`, `answered` or
/// `withdrawn`.
#[must_use]
pub fn request_after(id: RequestId, done: &str) -> String {
    format!("{REQUESTS}/{id}?{done}")
}

/// A stage in the inbox.
#[must_use]
pub fn stage(id: StageId) -> String {
    format!("{INBOX}/{id}")
}

/// Giving the decision at a stage to somebody else.
#[must_use]
pub fn reassign(id: StageId) -> String {
    format!("/reassign/{id}")
}

/// A connection to another machine.
#[must_use]
pub fn connection(id: ConnectionId) -> String {
    format!("{CONNECTIONS}/{id}")
}

/// The form for a new connection of a kind.
#[must_use]
pub fn new_connection(kind: &str) -> String {
    with(&format!("{CONNECTIONS}/{NEW}"), &[("kind", kind)])
}

/// Where a receiver that answers later sends what came of it.
#[must_use]
pub fn completions(code: &str) -> String {
    format!("/connectors/{code}/completions")
}

/// The account, right after something was done there.
#[must_use]
pub fn account_after(done: &str) -> String {
    format!("{ACCOUNT}?{done}")
}

/// Why somebody has access.
#[must_use]
pub fn grant(id: GrantId) -> String {
    format!("/grants/{id}")
}

/// Why somebody had access on a day, `YYYY-MM-DD`; now for an empty one.
#[must_use]
pub fn grant_on(id: GrantId, on: &str) -> String {
    with(&grant(id), &[("on", on)])
}

/// Where an extension of access is asked for with one press.
#[must_use]
pub fn extend(id: GrantId) -> String {
    format!("{}#extend", grant(id))
}

/// A list of access under filters.
#[must_use]
pub fn access(query: &AccessQuery) -> String {
    let AccessQuery { of, id, state, within, tier, unit, connection, on, after } = query;
    let page = match of {
        AccessOf::Identity => format!("{IDENTITIES}/{}/access", encode(id)),
        AccessOf::Application => format!("{CATALOGUE}/applications/{}/access", encode(id)),
        AccessOf::Entitlement => format!("{CATALOGUE}/{}/access", encode(id)),
    };
    let filters =
        [("state", state), ("within", within), ("tier", tier), ("unit", unit), ("connection", connection), ("on", on), ("after", after)];
    with(&page, &filters.map(|(name, value)| (name, value.as_str())))
}

/// All access of one record.
#[must_use]
pub fn access_of(of: AccessOf, id: impl std::fmt::Display) -> String {
    access(&AccessQuery { of, id: id.to_string(), ..AccessQuery::default() })
}

/// A release.
#[must_use]
pub fn release(id: ReleaseId) -> String {
    format!("{RELEASES}/{id}")
}

/// Name of the parameter that says where a release's page of calls starts.
pub const CALLS: &str = "calls";

/// The calls of a release: the page that starts at `from`, or the newest.
#[must_use]
pub fn release_calls(id: ReleaseId, from: Option<&str>) -> String {
    format!("{}#calls", with(&release(id), &[(CALLS, from.unwrap_or_default())]))
}

/// An identity.
#[must_use]
pub fn identity(id: IdentityId) -> String {
    format!("{IDENTITIES}/{id}")
}

const IDENTITIES: &str = "/identities";

/// Records of a kind under change control.
#[must_use]
pub fn records(kind: RecordKind) -> String {
    format!("{RULES}/{}", kind.word())
}

/// A record under change control.
#[must_use]
pub fn record(kind: RecordKind, key: &str) -> String {
    format!("{RULES}/{}/{}", kind.word(), encode(key))
}

/// One version of a record: the page of its versions that begins with it.
#[must_use]
pub fn record_version(kind: RecordKind, key: &str, version: i32) -> String {
    at_version(&record(kind, key), version)
}

/// The parameter that names the version before which a list of versions begins.
pub const VERSIONS_BEFORE: &str = "before";

fn at_version(path: &str, version: i32) -> String {
    format!("{}#version-{version}", with(path, &[(VERSIONS_BEFORE, &version.saturating_add(1).to_string())]))
}

/// What stands in place of the key in the address of the form for a new record.
pub const NEW: &str = "new";

/// Changes under a filter.
#[must_use]
pub fn changes(filter: &str) -> String {
    with(CHANGES, &[("filter", filter)])
}

/// A change.
#[must_use]
pub fn change(id: ChangeId) -> String {
    format!("{CHANGES}/{id}")
}

/// A change, right after something was done to it; `done` is `proposed`, `confirmed`, `refused` or
/// `withdrawn`.
#[must_use]
pub fn change_after(id: ChangeId, done: &str) -> String {
    format!("{CHANGES}/{id}?{done}")
}

/// The sign-in page, which leads back to `return_to` afterwards.
#[must_use]
pub fn sign_in(return_to: &str) -> String {
    with(SIGN_IN, &[("return_to", if return_to == HOME { "" } else { return_to })])
}

/// A search of the catalogue.
#[must_use]
pub fn catalogue(query: &CatalogueQuery) -> String {
    let CatalogueQuery { q, application, tier, after, replaces } = query;
    with(CATALOGUE, &[("q", q), ("application", application), ("tier", tier), ("after", after), (REPLACES, replaces)])
}

/// A list of requests.
#[must_use]
pub fn requests(query: &RequestsQuery) -> String {
    let RequestsQuery { scope, state, change, after } = query;
    with(REQUESTS, &[("scope", scope), ("state", state), ("change", change), ("after", after)])
}

/// A list of notifications.
#[must_use]
pub fn notifications(query: &NotificationsQuery) -> String {
    let NotificationsQuery { show, after } = query;
    with(NOTIFICATIONS, &[("show", show), ("after", after)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_without_a_value_are_left_out() {
        let query = CatalogueQuery { q: "key vault & more".into(), ..CatalogueQuery::default() };
        assert_eq!(catalogue(&query), "/catalogue?q=key%20vault%20%26%20more");
        assert_eq!(catalogue(&CatalogueQuery::default()), "/catalogue");
        assert_eq!(sign_in("/requests?state=returned"), "/sign-in?return_to=/requests%3Fstate%3Dreturned");
    }

    #[test]
    fn only_the_name_of_a_field_becomes_a_place_on_the_draft() {
        let id: DraftId = "0190a000-0000-7000-8000-000000000000".parse().unwrap();
        assert_eq!(draft_at(id, "ends_on"), format!("/request/{id}#field-ends_on"));
        assert_eq!(draft_at(id, "items.0.kind"), format!("/request/{id}#field-items.0.kind"));
        for none in ["", "a\r\nb", "a b", "ü", "<a>"] {
            assert_eq!(draft_at(id, none), format!("/request/{id}"));
        }
    }
}
