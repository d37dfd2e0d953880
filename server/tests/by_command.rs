//! What an operator with a shell does for an installation before its pages can.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use domain::identity::Mfa;
use server::config::Config;
use server::password::Hashing;
use server::usecase::by_command::{link_accounts, name_owners, open_account, record_second_factor, unlink_account};
use std::collections::HashMap;
use support::*;

fn hashing(app: &TestApp) -> Hashing {
    let cheap = [("COUNTERSIGN_ARGON2_MEMORY_KIB", "64"), ("COUNTERSIGN_ARGON2_PASSES", "1")];
    let environment: HashMap<String, String> = cheap.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Hashing::new(&app.system, &Config::read(None, environment, &[]).unwrap()).unwrap()
}

async fn number(app: &TestApp, id: IdentityId) -> String {
    sqlx::query_scalar("select source_id from identity where id = $1").bind(id.0).fetch_one(&app.owner).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_imported_person_gets_an_account_and_signs_in(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let ana = app.person("Ana", unit, None).await;
    let ana_number = number(&app, ana).await;
    let hashing = hashing(&app);
    for (login, password, says) in
        [("ana", "too short", "15 characters"), ("ana", "passwordpassword", "common"), ("a b", "plums on a windowsill", "sign-in name")]
    {
        let refused = open_account(&app.base, &hashing, 15, &ana_number, login, password.to_owned()).await.unwrap_err().to_string();
        assert!(refused.contains(says) && refused.contains("Nothing was changed"), "{refused}");
    }
    let nobody = open_account(&app.base, &hashing, 15, "no-such-number", "ana", "plums on a windowsill".to_owned()).await.unwrap_err();
    assert!(nobody.to_string().contains("no-such-number"));
    assert_eq!(app.count("select count(*) from account").await, 0);

    open_account(&app.base, &hashing, 15, &ana_number, "Ana", "plums on a windowsill".to_owned()).await.unwrap();
    let client = app.stranger();
    let reply = client.post_form("/sign-in", &[("login", "ana"), ("password", "plums on a windowsill"), ("return_to", "/")]).await;
    assert_eq!((reply.status, reply.location()), (303, "/"));
    open_account(&app.base, &hashing, 15, &ana_number, "ana", "pears on a windowsill".to_owned()).await.unwrap();
    assert_eq!(client.get("/").await.status, 303, "a new password ends the sessions of the old one");
    assert_eq!(app.count("select count(*) from audit_event where actor_process = 'account'").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_and_second_factors_are_recorded_with_their_events(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let (olga, dan) = (app.person("Olga", unit, None).await, app.person("Dan", unit, None).await);
    app.application("LEDGER", dan, None).await;
    sqlx::query("update application set owner_id = null").execute(&app.owner).await.unwrap();
    let (olga_number, dan_number) = (number(&app, olga).await, number(&app, dan).await);
    name_owners(&app.base, "LEDGER", &olga_number, Some(&dan_number)).await.unwrap();
    let owners: (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("select owner_id, deputy_id from application").fetch_one(&app.owner).await.unwrap();
    assert_eq!(owners, (olga.0, dan.0));
    for (code, owner, deputy, says) in [
        ("LEDGER", olga_number.as_str(), Some(olga_number.as_str()), "two people"),
        ("NONE", &olga_number, None, "NONE"),
        ("LEDGER", "none", None, "none"),
    ] {
        let refused = name_owners(&app.base, code, owner, deputy).await.unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
    }
    record_second_factor(&app.base, &olga_number, Mfa::Passkey).await.unwrap();
    let mfa: String = sqlx::query_scalar("select mfa from identity where id = $1").bind(olga.0).fetch_one(&app.owner).await.unwrap();
    assert_eq!(mfa, "passkey");
    app.set_state(dan, "suspended").await;
    assert!(record_second_factor(&app.base, &dan_number, Mfa::Passkey).await.unwrap_err().to_string().contains("not active"));
    assert_eq!(
        app.count("select count(*) from audit_event where kind in ('application.owners_named', 'identity.second_factor_recorded')").await,
        2
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_answers_for_an_application_at_work_is_not_replaced_by_a_command_alone(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let (olga, dan, eve) = (app.person("Olga", unit, None).await, app.person("Dan", unit, None).await, app.person("Eve", unit, None).await);
    app.application("LEDGER", olga, Some(dan)).await;
    let eve_number = number(&app, eve).await;
    for (owner, deputy, named) in
        [("active", "active", false), ("suspended", "active", false), ("active", "suspended", false), ("suspended", "suspended", true)]
    {
        app.set_state(olga, owner).await;
        app.set_state(dan, deputy).await;
        match name_owners(&app.base, "LEDGER", &eve_number, None).await {
            Ok(_) => assert!(named, "{owner} {deputy}"),
            Err(refused) => {
                let refused = refused.to_string();
                assert!(
                    !named && refused.contains("Nothing was changed") && refused.contains("Rules, Applications"),
                    "{owner} {deputy}: {refused}"
                );
            }
        }
    }
    assert_eq!(app.count("select count(*) from audit_event where kind = 'application.owners_named'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn accounts_of_one_person_are_linked_shown_and_parted_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let (ana, second, third, other) = (
        app.person("Ana", unit, None).await,
        app.person("Anaadm", unit, None).await,
        app.person("Anatwo", unit, None).await,
        app.person("Olga", unit, None).await,
    );
    let mut numbers = vec![];
    for id in [ana, second, third, other] {
        numbers.push(number(&app, id).await);
    }
    let [ana_number, second_number, third_number, _] = numbers.try_into().unwrap();
    // The third hangs on the second before the second hangs on the first: all three are one person.
    link_accounts(&app.base, &third_number, &second_number).await.unwrap();
    assert_eq!(link_accounts(&app.base, &second_number, &ana_number).await.unwrap(), "Anaadm Example and Ana Example");
    let of = |id: IdentityId| {
        let pool = app.owner.clone();
        async move {
            let mut all: Vec<uuid::Uuid> =
                sqlx::query_scalar("select identity_id from same_people(array[$1])").bind(id.0).fetch_all(&pool).await.unwrap();
            all.sort();
            all
        }
    };
    let mut three = vec![ana.0, second.0, third.0];
    three.sort();
    for id in [ana, second, third] {
        assert_eq!(of(id).await, three);
    }
    assert_eq!(of(other).await, [other.0]);
    for (account, person, says) in [
        (&ana_number, &ana_number, "one account already"),
        (&third_number, &ana_number, "one account already"),
        (&ana_number, &third_number, "one account already"),
        (&"none".to_owned(), &ana_number, "none"),
    ] {
        let refused = link_accounts(&app.base, account, person).await.unwrap_err().to_string();
        assert!(refused.contains(says) && refused.contains("Nothing was changed"), "{refused}");
    }
    assert_eq!(app.count("select count(*) from audit_event where kind = 'identity.accounts_linked'").await, 4);
    let page = app.sign_in_as(ana).await.get(&format!("/identities/{ana}")).await.text();
    assert!(page.contains("Anaadm Example") && page.contains("Anatwo Example") && !page.contains("Olga Example"), "{page}");

    unlink_account(&app.base, &third_number).await.unwrap();
    assert_eq!(of(third).await, [third.0]);
    assert!(unlink_account(&app.base, &third_number).await.unwrap_err().to_string().contains("not linked"));
}
