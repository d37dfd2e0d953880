//! The people around two applications, and what they do with changes.

use crate::support::*;
use domain::permission::Role;
use serde_json::Value;

/// Why, in enough words.
pub const WHY: &str = "Found in the review of November.";

/// Olga owns the ledger and Dan deputises; Vera owns the vault; Ada administers, Cora keeps the
/// rules, Alma audits, Sam has nothing to do with any of it.
pub struct Scene {
    pub app: TestApp,
    pub unit: UnitId,
    pub olga: IdentityId,
    pub dan: IdentityId,
    pub vera: IdentityId,
    pub ada: IdentityId,
    pub cora: IdentityId,
    pub alma: IdentityId,
    pub sam: IdentityId,
    pub ledger: ApplicationId,
    pub read: EntitlementId,
    pub write: EntitlementId,
    pub keys: EntitlementId,
}

/// A change that somebody wants.
#[derive(Clone, Default)]
pub struct Wish<'a> {
    pub kind: &'a str,
    pub key: &'a str,
    pub base: i32,
    pub fields: &'a [(&'a str, &'a str)],
    pub on: &'a str,
}

impl Scene {
    pub async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let app = TestApp::new(pool, connect).await;
        app.specifications().await;
        let unit = app.unit("Ledger").await;
        let person = async |name: &str| app.person(name, unit, None).await;
        let (olga, dan, vera, sam) = (person("Olga").await, person("Dan").await, person("Vera").await, person("Sam").await);
        let ada = app.person_with("Ada", Role::Administrator).await;
        let cora = app.person_with("Cora", Role::Compliance).await;
        let alma = app.person_with("Alma", Role::Auditor).await;
        let ledger = app.application("LEDGER", olga, Some(dan)).await;
        let vault = app.application("VAULT", vera, None).await;
        let read = app.entitlement(ledger, "Ledger Reader", "standard").await;
        let write = app.entitlement(ledger, "Ledger Writer", "elevated").await;
        let keys = app.entitlement(vault, "Vault Keys", "elevated").await;
        Self { app, unit, olga, dan, vera, ada, cora, alma, sam, ledger, read, write, keys }
    }

    /// Calls a server function as somebody.
    pub async fn call(&self, who: IdentityId, endpoint: &str, fields: &[(&str, &str)]) -> Reply {
        // A second passes between any two things people do.
        self.app.advance(SignedDuration::from_secs(1));
        self.app.sign_in_as(who).await.server_fn(endpoint, fields).await
    }

    pub async fn try_propose(&self, who: IdentityId, wish: &Wish<'_>) -> Reply {
        self.propose_with_key(who, wish, &crate::cast::uuid()).await
    }

    pub async fn propose_with_key(&self, who: IdentityId, wish: &Wish<'_>, key: &str) -> Reply {
        let base = wish.base.to_string();
        let names: Vec<String> = wish.fields.iter().map(|(name, _)| format!("fields[{name}]")).collect();
        let mut fields = vec![
            ("kind", wish.kind),
            ("record_key", wish.key),
            ("base_version", base.as_str()),
            ("reason", WHY),
            ("effective_on", wish.on),
            ("key", key),
        ];
        fields.extend(names.iter().zip(wish.fields).map(|(name, (_, value))| (name.as_str(), *value)));
        self.call(who, "changes/propose", &fields).await
    }

    /// Proposes and gives the id of the change.
    pub async fn propose(&self, who: IdentityId, wish: &Wish<'_>) -> String {
        let reply = self.try_propose(who, wish).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json().as_str().unwrap().to_owned()
    }

    /// Olga's wish to make the writer standard.
    pub async fn weaken(&self) -> String {
        let key = self.write.to_string();
        let fields = [("tier", "standard"), ("tier_reason", "It turned out to read only.")];
        self.propose(self.olga, &Wish { kind: "entitlement", key: &key, base: 1, fields: &fields, on: "" }).await
    }

    pub async fn decide(&self, who: IdentityId, change: &str, confirm: bool) -> Reply {
        let confirm = confirm.to_string();
        self.call(who, "changes/decide", &[("change", change), ("confirm", &confirm), ("reason", "Looked at it.")]).await
    }

    pub async fn confirm(&self, who: IdentityId, change: &str) {
        let reply = self.decide(who, change, true).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    /// The change as somebody sees it.
    pub async fn show(&self, who: IdentityId, change: &str) -> Value {
        let reply = self.call(who, "changes/show", &[("change", change)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    pub async fn state(&self, change: &str) -> String {
        sqlx::query_scalar("select state from catalogue_change where id = $1")
            .bind(change.parse::<uuid::Uuid>().unwrap())
            .fetch_one(&self.app.owner)
            .await
            .unwrap()
    }

    /// The record as somebody opens it.
    pub async fn open(&self, who: IdentityId, kind: &str, key: &str) -> Value {
        let reply = self.call(who, "changes/open", &[("kind", kind), ("key", key)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Version and tier of an entitlement in the table.
    pub async fn tier(&self, entitlement: EntitlementId) -> (i32, String) {
        sqlx::query_as("select version, tier from entitlement where id = $1").bind(entitlement.0).fetch_one(&self.app.owner).await.unwrap()
    }

    pub async fn number_of(&self, person: IdentityId) -> String {
        sqlx::query_scalar("select source_id from identity where id = $1").bind(person.0).fetch_one(&self.app.owner).await.unwrap()
    }

    pub async fn source_id(&self, entitlement: EntitlementId) -> String {
        sqlx::query_scalar("select source_id from entitlement where id = $1").bind(entitlement.0).fetch_one(&self.app.owner).await.unwrap()
    }

    pub async fn jobs(&self) {
        server::job::apply_changes::run(&self.app.base).await.unwrap();
    }

    /// Titles of what somebody was told, oldest first.
    pub async fn told(&self, who: IdentityId) -> Vec<String> {
        sqlx::query_scalar("select title from notification where recipient_id = $1 and kind = 'change' order by at, id")
            .bind(who.0)
            .fetch_all(&self.app.owner)
            .await
            .unwrap()
    }
}

/// The value of a field of an opened record.
pub fn value<'a>(record: &'a Value, name: &str) -> &'a str {
    let fields = record["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("no {name} in {record}"))["value"].as_str().unwrap()
}
