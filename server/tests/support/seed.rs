//! Records for tests, straight into the tables.

use super::TestApp;
use domain::id::{ApplicationId, AssignmentId, ConflictId, EntitlementId, GrantId, IdentityId, ItemId, ReleaseId, RequestId, UnitId};
use domain::permission::Role;
use jiff_sqlx::ToSqlx as _;
use sqlx::query;

impl TestApp {
    /// A unit.
    pub async fn unit(&self, name: &str) -> UnitId {
        let id = UnitId::new(self.now(), self.system.random());
        query("insert into unit (id, name) values ($1, $2)").bind(id.0).bind(name).execute(&self.pool).await.unwrap();
        id
    }

    /// An active employee with a passkey.
    pub async fn person(&self, given_name: &str, unit: UnitId, manager: Option<IdentityId>) -> IdentityId {
        self.identity(given_name, "employee", unit, manager).await
    }

    /// An active identity of a population, with a passkey and a mailbox of their own.
    pub async fn identity(&self, given_name: &str, population: &str, unit: UnitId, manager: Option<IdentityId>) -> IdentityId {
        let id = IdentityId::new(self.now(), self.system.random());
        let email = format!("{}@example.org", given_name.to_lowercase());
        // Two accounts with one mailbox are one person: who means that says so with an update.
        let taken: bool = sqlx::query_scalar("select exists (select from identity where lower(email) = $1)")
            .bind(&email)
            .fetch_one(&self.pool)
            .await
            .unwrap();
        assert!(!taken, "{email} is somebody's already: give each person of a test a name of their own");
        query(
            "insert into identity (id, source_id, source, population, given_name, family_name, email, unit_id, title, manager_id, mfa, state, state_since, updated_at)
             values ($1, $2, 'feed', $3, $4, 'Example', $5, $6, 'Specialist', $7, 'passkey', 'active', $8, $8)",
        )
        .bind(id.0)
        .bind(format!("E{id}"))
        .bind(population)
        .bind(given_name)
        .bind(email)
        .bind(unit.0)
        .bind(manager.map(|manager| manager.0))
        .bind(self.now().to_sqlx())
        .execute(&self.pool)
        .await
        .unwrap();
        id
    }

    /// Gives a role, as set-up does.
    pub async fn role(&self, identity: IdentityId, role: Role) {
        let id = AssignmentId::new(self.now(), self.system.random());
        query("insert into role_assignment (id, identity_id, role, granted_at) values ($1, $2, $3, $4)")
            .bind(id.0)
            .bind(identity.0)
            .bind(role.word())
            .bind(self.now().to_sqlx())
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// A person with a role, in a unit of their own.
    pub async fn person_with(&self, given_name: &str, role: Role) -> IdentityId {
        let unit = self.unit(&format!("Unit of {given_name}")).await;
        let person = self.person(given_name, unit, None).await;
        self.role(person, role).await;
        person
    }

    /// An account with a password.
    pub async fn account(&self, identity: IdentityId, login: &str, password: &str) {
        let hash = server::password::Hashing::new(&self.system, &self.state.config).unwrap().hash(password.to_owned()).await.unwrap();
        server::store::accounts::insert(&mut self.pool.acquire().await.unwrap(), identity, login, Some(&hash), self.now()).await.unwrap();
    }

    /// An account that no password opens, as the demonstration's people have.
    pub async fn account_without_password(&self, identity: IdentityId, login: &str) {
        server::store::accounts::insert(&mut self.pool.acquire().await.unwrap(), identity, login, None, self.now()).await.unwrap();
    }

    /// Stops an identity in the table, without the use-case that would end its sessions.
    pub async fn set_state(&self, identity: IdentityId, state: &str) {
        let reason = (state == "suspended" || state == "retired").then_some("for the test");
        query("update identity set state = $2, state_reason = $3, state_since = $4 where id = $1")
            .bind(identity.0)
            .bind(state)
            .bind(reason)
            .bind(self.now().to_sqlx())
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// An application for internal data whose use is logged.
    pub async fn application(&self, code: &str, owner: IdentityId, deputy: Option<IdentityId>) -> ApplicationId {
        let id = ApplicationId::new(self.now(), self.system.random());
        query("insert into application (id, code, name, owner_id, deputy_id, classification, logging) values ($1, $2, $2, $3, $4, 'internal', 'covered')")
            .bind(id.0)
            .bind(code)
            .bind(owner.0)
            .bind(deputy.map(|deputy| deputy.0))
            .execute(&self.pool)
            .await
            .unwrap();
        id
    }

    /// An entitlement of a tier (`standard`, `elevated`, `privileged`), version 1.
    pub async fn entitlement(&self, application: ApplicationId, name: &str, tier: &str) -> EntitlementId {
        let id = EntitlementId::new(self.now(), self.system.random());
        let now = self.now().to_sqlx();
        query(
            "insert into entitlement (id, application_id, source_id, name, description, tier, tier_reason, tier_origin, review_every_days, updated_at, search, reference)
             values ($1, $2, $3, $4, 'For tests', $5, 'it only reads', 'guessed', 365, $6, to_tsvector('simple', $4), $4)",
        )
        .bind(id.0)
        .bind(application.0)
        .bind(format!("S{id}"))
        .bind(name)
        .bind(tier)
        .bind(now)
        .execute(&self.pool)
        .await
        .unwrap();
        query(
            "insert into entitlement_version (entitlement_id, version, tier, tier_reason, requestable, name, description, recorded_at, reference)
             values ($1, 1, $2, 'it only reads', true, $3, 'For tests', $4, $3)",
        )
        .bind(id.0)
        .bind(tier)
        .bind(name)
        .bind(now)
        .execute(&self.pool)
        .await
        .unwrap();
        id
    }

    /// A conflict between two entitlements.
    pub async fn conflict(&self, title: &str, left: EntitlementId, right: EntitlementId) {
        query(
            "with made as (insert into conflict (id, code, title, severity) values ($1, 'SOD-001', $2, 'high'))
             insert into conflict_member (conflict_id, entitlement_id, side) values ($1, $3, 'left'), ($1, $4, 'right')",
        )
        .bind(ConflictId::new(self.now(), self.system.random()).0)
        .bind(title)
        .bind(left.0)
        .bind(right.0)
        .execute(&self.owner)
        .await
        .unwrap();
    }

    /// Specifications for every population that allow everything up to a year; a second factor is
    /// needed from `elevated` on. Narrow them with an update in the test.
    pub async fn specifications(&self) {
        for population in ["employee", "contractor", "vendor", "service_account", "privileged_admin"] {
            query(
                "insert into identity_specification (population, version, required_attributes, highest_tier, longest_days, mfa_from, highest_classification, review_every_days, termination_within_hours, control_owner, evidence_source, effective_from)
                 select $1, coalesce(max(version), 0) + 1, '{}', 'privileged', 366, 'elevated', 'restricted', 365, 24, 'Compliance', 'People feed', $2
                 from identity_specification where population = $1",
            )
            .bind(population)
            .bind(self.now().to_sqlx())
            .execute(&self.owner)
            .await
            .unwrap();
        }
    }

    /// A request of `subject` for themselves, submitted at this moment and now in `state`.
    pub async fn asked(&self, subject: IdentityId, what: EntitlementId, state: &str) -> RequestId {
        let id = RequestId::new(self.now(), self.system.random());
        let item = ItemId::new(self.now(), self.system.random());
        query(
            "with submitted as (
               insert into submission (id, subject_id, requester_id, submitted_at, idempotency_key) values ($1, $2, $2, $5, $1)
             ), asked as (
               insert into request (id, number, subject_id, requester_id, state, state_since, state_reason, revision, version, content_hash, submitted_at, submission_id)
               values ($1, 'REQ-' || $1::text, $2, $2, $6, $5, case when $6 in ('returned', 'withdrawn', 'rejected', 'lapsed') then 'Because.' end, 1, 1, sha256(''), $5, $1)
             ), revised as (
               insert into request_revision (request_id, revision, reason_code, justification, starts_on, specification_population, specification_version, policy_hash, submitted_by, submitted_at)
               values ($1, 1, 'other', 'Needed for what the test is about.', ($5::timestamptz at time zone 'UTC')::date, 'employee', 1, $7, $2, $5)
             )
             insert into request_item (id, request_id, revision, position, entitlement_id, entitlement_version) values ($3, $1, 1, 1, $4, 1)",
        )
        .bind(id.0)
        .bind(subject.0)
        .bind(item.0)
        .bind(what.0)
        .bind(self.now().to_sqlx())
        .bind(state)
        .bind(self.base.policies.hash())
        .execute(&self.owner)
        .await
        .unwrap();
        id
    }

    /// Gives what a request asked for, at this moment, by the hand of `operator`.
    pub async fn given(&self, request: RequestId, operator: IdentityId) -> GrantId {
        let id = GrantId::new(self.now(), self.system.random());
        let release = ReleaseId::new(self.now(), self.system.random());
        query(
            "with asked as (
               update request set state = 'released', state_since = $4, version = version + 1 where id = $2 returning id, subject_id
             ), done as (
               insert into release (id, number, kind, request_id, revision, item_id, subject_id, entitlement_id, grant_id, state, not_before, evidence, executed_by, executed_at, verified_at, closed_at, planned_at, state_since)
               select $3, 'REL-' || $3::text, 'activate', a.id, 1, i.id, a.subject_id, i.entitlement_id, $1, 'closed', $4, 'Seen.', $5, $4, $4, $4, $4, $4
               from asked a join request_item i on i.request_id = a.id
             )
             insert into access_grant (id, identity_id, entitlement_id, entitlement_version, request_id, item_id, activation_release_id, state, active_since)
             select $1, r.subject_id, i.entitlement_id, 1, r.id, i.id, $3, 'active', $4 from request r join request_item i on i.request_id = r.id where r.id = $2",
        )
        .bind(id.0)
        .bind(request.0)
        .bind(release.0)
        .bind(self.now().to_sqlx())
        .bind(operator.0)
        .execute(&self.owner)
        .await
        .unwrap();
        id
    }
}
