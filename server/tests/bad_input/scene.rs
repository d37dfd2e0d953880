//! Records at which something can be typed, and what must not change.

use crate::cast::{self, Story};
use crate::support::*;
use domain::permission::Role;
use std::collections::BTreeMap;

/// A request that waits for Mona, one that came back with a question, a release and a change of the
/// catalogue that wait, and Ada, who administers.
pub struct Scene {
    pub s: Story,
    pub request: String,
    pub release: String,
    pub returned: String,
    pub change: String,
    pub stage: Vec<(&'static str, String)>,
    pub ada: IdentityId,
}

/// What opens Ana's account.
pub const PASSWORD: &str = "blue tram to work";

impl Scene {
    pub async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let s = Story::begin(pool, connect).await;
        let ada = s.app.person_with("Ada", Role::Administrator).await;
        s.app.account(s.ana, "ana", PASSWORD).await;
        let released = s.submit(s.ana, s.read).await;
        s.approve(s.mona, &released).await;
        let release = s.open_release(&released).await;
        let returned = s.submit(s.stan, s.read).await;
        let boss = sqlx::query_scalar::<_, uuid::Uuid>("select manager_id from identity where id = $1")
            .bind(s.stan.0)
            .fetch_one(&s.app.owner)
            .await
            .unwrap();
        let asked = s.decide(IdentityId(boss), &returned, "return", "Which of the two?").await;
        assert!(asked.status < 400, "{}", asked.text());
        assert_eq!(s.state(&returned).await, "returned");
        let submitted = s.try_submit(s.ana, s.write, &[("starts_on", "2026-11-25")]).await;
        assert!(submitted.status < 400, "{}", submitted.text());
        let request = s.newest().await;
        let stage = s.shown(s.mona, &request).await;
        let change = Self::proposed(&s).await;
        Self { s, request, release, returned, change, stage, ada }
    }

    /// Olga proposes another tier for the ledger's root; it waits for a second person.
    async fn proposed(s: &Story) -> String {
        let (key, root) = (cast::uuid(), s.root.to_string());
        let fields = [
            ("kind", "entitlement"),
            ("record_key", root.as_str()),
            ("base_version", "1"),
            ("fields[tier]", "elevated"),
            ("fields[tier_reason]", "It can do less than it seemed."),
            ("reason", "Found in the review."),
            ("key", &key),
        ];
        let reply = s.call(s.olga, "changes/propose", &fields).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json().as_str().unwrap().to_owned()
    }

    /// Somebody's browser without script.
    pub async fn browser(&self, who: IdentityId) -> Browser {
        Browser::of(self.s.app.sign_in_as(who).await)
    }

    /// The stage that Mona is asked at.
    pub fn stage_id(&self) -> &str {
        self.stage.iter().find(|(name, _)| *name == "stage").map(|(_, id)| id.as_str()).unwrap()
    }

    /// See [`crate::support::rows`].
    pub async fn rows(&self) -> BTreeMap<String, i64> {
        rows(&self.s.app).await
    }

    /// Versions of the requests as those who would type see them.
    pub async fn versions(&self) -> BTreeMap<&'static str, String> {
        let mut versions = BTreeMap::new();
        for (name, who, request) in [("request", self.s.ana, &self.request), ("returned", self.s.stan, &self.returned)] {
            versions.insert(name, self.s.show(who, request).await["version"].to_string());
        }
        versions
    }
}
