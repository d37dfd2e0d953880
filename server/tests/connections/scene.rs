//! Ada and Adam administer, Cora keeps the rules; around them the people of the story.

pub use crate::cast::{Story, refusal};
pub use crate::support::*;
pub use serde_json::{Value, json};

use domain::permission::Role;

/// What is entered as a secret and must be seen nowhere.
pub const TOKEN: &str = "token-8412-blue-tram";

pub struct Scene {
    pub s: Story,
    pub ada: IdentityId,
    pub adam: IdentityId,
    pub cora: IdentityId,
}

/// Names of a form with the mark of fields of the record.
pub type Fields<'a> = Vec<(&'a str, &'a str)>;

/// The form of a SCIM connection as a browser sends it, filled in well.
pub fn scim<'a>(changes: &[(&'a str, &'a str)]) -> Fields<'a> {
    let usual = vec![
        ("step", "save"),
        ("kind", "scim"),
        ("base_version", "0"),
        ("field.code", "ledger-scim"),
        ("field.name", "Ledger directory"),
        ("field.base_url", "http://127.0.0.1:9/scim/v2"),
        ("field.authentication", "bearer"),
        ("field.user", ""),
        ("field.matching_path", "userName"),
        ("field.matching_attribute", "login"),
        ("field.attributes", "displayName = display_name\r\nemails[type eq \"work\"].value = mail"),
        ("field.entitlement", "group_display_name"),
        ("field.entitlement_path", ""),
        ("field.membership", "auto"),
        ("field.closing", "deactivate"),
        ("field.patch", "auto"),
        ("field.page_size", "100"),
        ("field.timeout_seconds", "20"),
        ("field.calls_at_once", "4"),
        ("field.calls_per_second", "20"),
        ("secret", TOKEN),
        ("reason", "The ledger moves to the directory."),
    ];
    with(usual, changes)
}

/// The same of a receiver of signed messages.
pub fn webhook<'a>(changes: &[(&'a str, &'a str)]) -> Fields<'a> {
    let usual = vec![
        ("step", "save"),
        ("kind", "webhook"),
        ("base_version", "0"),
        ("field.code", "ledger-hook"),
        ("field.name", "Ledger receiver"),
        ("field.url", "http://127.0.0.1:9/access"),
        ("field.read_url", ""),
        ("field.accounts", "no"),
        ("field.reads_back", "yes"),
        ("field.undoes", "no"),
        ("field.answers_later", "yes"),
        ("field.timeout_seconds", "20"),
        ("field.calls_at_once", "4"),
        ("field.calls_per_second", "100"),
        ("secret", super::far_side::SECRET),
        ("reason", "The ledger gets a receiver."),
    ];
    with(usual, changes)
}

impl Scene {
    pub async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        Self::set_with(pool, connect, &[]).await
    }

    /// The same on a server with these settings.
    pub async fn set_with(pool: PgPoolOptions, connect: PgConnectOptions, settings: &[(&'static str, &'static str)]) -> Self {
        let s = Story::begin_with(pool, connect, Setup { settings: settings.to_vec(), ..Setup::default() }).await;
        let ada = s.app.person_with("Ada", Role::Administrator).await;
        let adam = s.app.person_with("Adam", Role::Administrator).await;
        let cora = s.app.person_with("Cora", Role::Compliance).await;
        Self { s, ada, adam, cora }
    }

    /// Sends a plain form to the page of a connection, or of a new one.
    pub async fn post(&self, who: IdentityId, id: &str, fields: &Fields<'_>) -> Reply {
        self.s.app.advance(SignedDuration::from_secs(1));
        let kind = fields.iter().find(|(name, _)| *name == "kind").map_or("", |(_, kind)| kind);
        let path = if id == "new" { format!("/admin/connections/new?kind={kind}") } else { format!("/admin/connections/{id}") };
        self.s.app.sign_in_as(who).await.post_form(&path, fields).await
    }

    /// Makes a connection and gives its id.
    pub async fn make(&self, fields: &Fields<'_>) -> String {
        let reply = self.post(self.ada, "new", fields).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        let path = reply.location().strip_prefix("/admin/connections/").unwrap();
        path.strip_suffix("?done=made").unwrap().to_owned()
    }

    /// Takes a step on the version that is in force, and on the change that waits.
    pub async fn step(&self, who: IdentityId, id: &str, step: &str, reason: &str) -> Reply {
        let change = self.waiting(id).await;
        self.step_on(who, id, step, reason, &change).await
    }

    /// The same on a change that was shown.
    pub async fn step_on(&self, who: IdentityId, id: &str, step: &str, reason: &str, change: &str) -> Reply {
        let version = self.version(id).await.to_string();
        self.post(who, id, &vec![("base_version", version.as_str()), ("step", step), ("reason", reason), ("change", change)]).await
    }

    /// The change that waits; empty where none does.
    pub async fn waiting(&self, id: &str) -> String {
        let open =
            "select coalesce(max(id::text) filter (where state = 'proposed'), '') from connection_change where connection_id = $1::uuid";
        self.one(open, id).await
    }

    pub async fn page(&self, who: IdentityId, id: &str) -> String {
        let reply = self.s.app.sign_in_as(who).await.get(&format!("/admin/connections/{id}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text()
    }

    pub async fn show(&self, who: IdentityId, id: &str) -> Value {
        let reply = self.s.call(who, "connections/show", &[("connection", id)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    pub async fn version(&self, id: &str) -> i32 {
        self.one("select version from connection where id = $1::uuid", id).await
    }

    /// One value of one row.
    pub async fn one<T>(&self, sql: &'static str, id: &str) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query_scalar(sql).bind(id).fetch_one(&self.s.app.owner).await.unwrap()
    }

    /// Lets the ledger be served by a connection.
    pub async fn use_it(&self, id: &str) {
        sqlx::query("update application set connection_id = $1::uuid where id = $2")
            .bind(id)
            .bind(self.s.ledger.0)
            .execute(&self.s.app.owner)
            .await
            .unwrap();
    }

    /// Kinds of events of a connection, oldest first.
    pub async fn events(&self, id: &str) -> Vec<String> {
        sqlx::query_scalar("select kind from audit_event where subject_kind = 'connection' and subject_id = $1::uuid order by at, id")
            .bind(id)
            .fetch_all(&self.s.app.owner)
            .await
            .unwrap()
    }
}

/// The sentence at a field of a page.
pub fn sentence_at(page: &str, field: &str) -> Option<String> {
    let start = page.find(&format!("id=\"field-{field}-error\""))?;
    let rest = &page[start..];
    let end = rest.find("</p>")?;
    Some(rest[..end].rsplit_once("</span>").map_or(&rest[..end], |(_, text)| text).replace("<!>", ""))
}
