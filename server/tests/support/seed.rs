//! Records for tests, straight into the tables.

use super::TestApp;
use domain::id::{ApplicationId, AssignmentId, EntitlementId, IdentityId, UnitId};
use domain::permission::Role;
use jiff_sqlx::ToSqlx as _;
use server::password::NO_PASSWORD;
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

    /// An active identity of a population, with a passkey.
    pub async fn identity(&self, given_name: &str, population: &str, unit: UnitId, manager: Option<IdentityId>) -> IdentityId {
        let id = IdentityId::new(self.now(), self.system.random());
        query(
            "insert into identity (id, source_id, source, population, given_name, family_name, email, unit_id, title, manager_id, mfa, state, state_since, updated_at)
             values ($1, $2, 'feed', $3, $4, 'Example', $5, $6, 'Specialist', $7, 'passkey', 'active', $8, $8)",
        )
        .bind(id.0)
        .bind(format!("E{id}"))
        .bind(population)
        .bind(given_name)
        .bind(format!("{}@example.org", given_name.to_lowercase()))
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
        server::store::accounts::insert(&mut self.pool.acquire().await.unwrap(), identity, login, &hash, self.now()).await.unwrap();
    }

    /// An account that no password opens, as the demonstration's people have.
    pub async fn account_without_password(&self, identity: IdentityId, login: &str) {
        server::store::accounts::insert(&mut self.pool.acquire().await.unwrap(), identity, login, NO_PASSWORD, self.now()).await.unwrap();
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
            "insert into entitlement (id, application_id, source_id, name, description, tier, tier_reason, tier_origin, review_every_days, updated_at, search)
             values ($1, $2, $3, $4, 'For tests', $5, 'it only reads', 'guessed', 365, $6, to_tsvector('simple', $4))",
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
            "insert into entitlement_version (entitlement_id, version, tier, tier_reason, requestable, name, description, recorded_at)
             values ($1, 1, $2, 'it only reads', true, $3, 'For tests', $4)",
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
}
