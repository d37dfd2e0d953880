//! The ledger of the story, served by a directory in memory.

pub use crate::cast::{Story, refusal};
pub use crate::support::*;
pub use connector::Operation;
pub use connector::memory::{Directory, Moment, Trouble};
pub use serde_json::json;

use domain::id::ReleaseId;

/// The story with its ledger served by machine.
pub struct Scene {
    pub s: Story,
    pub directory: Directory,
}

/// A release as it stands, for comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stands {
    pub state: String,
    /// Whether it is tried again by itself.
    pub again: bool,
    /// What people read about what went wrong.
    pub said: Option<String>,
}

impl Scene {
    /// Calls are given up after 50 ms, so that a directory that hangs holds nothing up.
    pub async fn set(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let within = std::time::Duration::from_millis(50);
        let s = Story::begin_with(pool, connect, Setup { call_within: Some(within), ..Setup::default() }).await;
        let directory = s.app.in_memory(s.ledger).await;
        Self { s, directory }
    }

    /// The same with calls that a test may hold for as long as it wants.
    pub async fn patient(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let s = Story::begin(pool, connect).await;
        let directory = s.app.in_memory(s.ledger).await;
        Self { s, directory }
    }

    /// An approved request of Ana for the reader, with its release, which nothing has looked at yet.
    pub async fn approved(&self) -> (String, String) {
        self.approved_for(self.s.read).await
    }

    /// The same for another entitlement.
    pub async fn approved_for(&self, what: domain::id::EntitlementId) -> (String, String) {
        let request = self.s.submit(self.s.ana, what).await;
        self.s.approve(self.s.mona, &request).await;
        let release = self.s.open_release(&request).await;
        (request, release)
    }

    /// Another entitlement of the ledger that is approved like the reader.
    pub async fn viewer(&self) -> domain::id::EntitlementId {
        self.s.app.entitlement(self.s.ledger, "Ledger Viewer", "standard").await
    }

    /// Access that Ana has through the directory, on its way out.
    pub async fn ending(&self) -> (String, String) {
        let (request, _) = self.approved().await;
        self.s.app.drain().await;
        let grant: uuid::Uuid = self.one("select id from access_grant where request_id = $1::uuid", &request).await;
        let reply = self.s.call(self.s.ana, "grants/give_back", &[("grant", &grant.to_string())]).await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        let release: uuid::Uuid = self.one("select id from release where request_id = $1::uuid and kind = 'remove'", &request).await;
        (request, release.to_string())
    }

    /// One value of one row.
    pub async fn one<T>(&self, sql: &'static str, id: &str) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query_scalar(sql).bind(id).fetch_one(&self.s.app.owner).await.unwrap()
    }

    pub async fn stands(&self, release: &str) -> Stands {
        let (state, again, said): (String, bool, Option<String>) =
            sqlx::query_as("select state, next_try_at is not null, failure ->> 'said' from release where id = $1::uuid")
                .bind(release)
                .fetch_one(&self.s.app.owner)
                .await
                .unwrap();
        Stands { state, again, said }
    }

    pub async fn state(&self, release: &str) -> String {
        self.stands(release).await.state
    }

    /// How often something was really changed over there for a release.
    pub fn effects(&self, release: &str, moment: Moment) -> u32 {
        self.directory.effects(release.parse::<ReleaseId>().unwrap().0, moment)
    }

    /// How often the directory was called for a release.
    pub fn calls(&self, release: &str, moment: Moment) -> usize {
        self.directory.calls_of(release.parse::<ReleaseId>().unwrap().0, moment)
    }

    /// The page of a release, as an operator sees it.
    pub async fn page(&self, release: &str) -> Browser {
        let mut browser = Browser::of(self.s.app.sign_in_as(self.s.pia).await);
        browser.open(&format!("/releases/{release}")).await;
        assert_eq!(browser.status, 200, "{}", browser.page);
        browser
    }

    /// Whether the directory says that Ana has the reader.
    pub fn ana_reads(&self) -> bool {
        self.directory.people().values().any(|person| person.holds("Ledger Reader"))
    }

    pub async fn version(&self, release: &str) -> i32 {
        self.one("select version from release where id = $1::uuid", release).await
    }

    /// What an operator does about a release.
    pub async fn act(&self, who: IdentityId, endpoint: &str, release: &str, more: &[(&str, &str)]) -> Reply {
        let version = self.version(release).await.to_string();
        let mut fields = vec![("release", release), ("version", &version)];
        fields.extend(more);
        self.s.call(who, endpoint, &fields).await
    }

    /// Moves the clock to the moment at which a release is tried again, and lets the worker look.
    pub async fn drain_at_next_try(&self, release: &str) {
        let next: jiff_sqlx::Timestamp = self.one("select next_try_at from release where id = $1::uuid", release).await;
        self.s.app.clock.set(next.to_jiff().max(self.s.app.now()));
        self.s.app.advance(SignedDuration::from_secs(1));
        self.s.app.drain().await;
    }

    /// Moves the clock over every wait and lets the worker look.
    pub async fn wait_and_drain(&self) {
        self.s.app.advance(SignedDuration::from_hours(2));
        self.s.app.drain().await;
    }

    /// Lets it be tried until nobody tries again by themselves.
    pub async fn until_given_up(&self, release: &str) {
        for _ in 0..domain::saga::MOST_TRIES {
            if self.stands(release).await.again {
                self.wait_and_drain().await;
            }
        }
        assert!(!self.stands(release).await.again);
    }
}

impl Story {
    /// An approved extension of what a request gave; gives the request that extends.
    pub async fn extension(&self, request: &str, starts_on: &str, ends_on: &str) -> String {
        let grant: uuid::Uuid = sqlx::query_scalar("select id from access_grant where request_id = $1::uuid")
            .bind(request)
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
        let kind = format!("extend:{grant}");
        let reply = self.try_submit(self.ana, self.read, &[("kind", &kind), ("starts_on", starts_on), ("ends_on", ends_on)]).await;
        assert!(reply.status < 400, "{} {}", reply.status, reply.text());
        let request = self.newest().await;
        self.approve(self.mona, &request).await;
        request
    }
}
