//! Roles, people and jobs on the administration page; an identity's page, stopping and resuming.

mod support;

use app::admin::port::Administration;
use app::admin::queue::port::{QueueQuery, WorkQueue};
use app::controls::port::Controls;
use app::error::AppError;
use app::identities::port::Identities;
use domain::actor::Caller;
use domain::identity::IdentityState;
use domain::permission::Role;
use domain::specification::{Attribute, Fault};
use server::usecase::administration::AdministrationService;
use server::usecase::controls::ControlService;
use server::usecase::identities::IdentityService;
use server::usecase::queue::QueueService;
use sqlx::query;
use support::*;

fn caller(app: &TestApp, identity: IdentityId, roles: &[Role]) -> Caller {
    Caller {
        session: SessionId::new(app.now(), app.system.random()),
        identity,
        name: "Somebody".into(),
        roles: roles.to_vec(),
        applications: vec![],
    }
}

async fn administrator(app: &TestApp) -> Caller {
    let id = app.person_with("Adam", Role::Administrator).await;
    caller(app, id, &[Role::Administrator])
}

#[sqlx::test(migrations = "../migrations")]
async fn a_role_is_given_to_somebody_else_and_ended_again(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (adam, unit) = (administrator(&app).await, app.unit("Payments").await);
    let (ana, gone) = (app.person("Ana", unit, None).await, app.person("Gone", unit, None).await);
    app.set_state(gone, "retired").await;
    let service = AdministrationService::new(app.base.clone());
    let give = async |who: &Caller, to: IdentityId, role: &str| service.assign_role(who, to, role.into()).await;

    assert_eq!(give(&caller(&app, ana, &[]), ana, "administrator").await, Err(AppError::SeparationOfDuties));
    assert_eq!(give(&caller(&app, ana, &[Role::Auditor]), gone, "operator").await, Err(AppError::Forbidden));
    assert_eq!(give(&adam, adam.identity, "operator").await, Err(AppError::SeparationOfDuties));
    assert_eq!(give(&adam, ana, "employee").await, Err(AppError::field("role", "required")));
    assert_eq!(give(&adam, gone, "operator").await, Err(AppError::NotPossible));
    assert_eq!(give(&adam, IdentityId::new(app.now(), [9; 10]), "operator").await, Err(AppError::NotFound));
    assert_eq!(give(&adam, ana, "operator").await, Ok(()));
    assert_eq!(give(&adam, ana, "operator").await, Err(AppError::AlreadyThere));

    let view = service.overview(&adam, String::new()).await.unwrap();
    let line = view.assignments.iter().find(|line| line.person.id == ana).unwrap();
    assert_eq!((line.role, line.granted_by.as_ref().map(|by| by.id)), (Role::Operator, Some(adam.identity)));
    let own = view.assignments.iter().find(|line| line.person.id == adam.identity).unwrap();
    assert_eq!(service.end_role(&adam, own.id).await, Err(AppError::SeparationOfDuties));
    assert_eq!(service.end_role(&caller(&app, gone, &[]), line.id).await, Err(AppError::Forbidden));
    assert_eq!(service.end_role(&adam, line.id).await, Ok(()));
    assert_eq!(service.end_role(&adam, line.id).await, Err(AppError::NotPossible));
    assert_eq!(
        app.count("select count(*) from audit_event where kind in ('role.granted', 'role.ended') and actor_kind = 'person'").await,
        2
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_nobody_does_to_themselves_they_do_not_do_to_another_account_of_theirs(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (adam, unit) = (administrator(&app).await, app.unit("Payments").await);
    let second = app.identity("Adamo", "privileged_admin", unit, None).await;
    query("update identity set person_id = $2 where id = $1").bind(second.0).bind(adam.identity.0).execute(&app.owner).await.unwrap();
    let (roles, identities) = (AdministrationService::new(app.base.clone()), IdentityService::new(app.base.clone()));
    let refused = Err(AppError::SeparationOfDuties);
    assert_eq!(roles.assign_role(&adam, second, "compliance".into()).await, refused);
    app.role(second, Role::Operator).await;
    let view = roles.overview(&adam, String::new()).await.unwrap();
    let held = view.assignments.iter().find(|line| line.person.id == second).unwrap();
    assert_eq!(roles.end_role(&adam, held.id).await, refused);
    assert_eq!(identities.suspend(&adam, second, "To see whether it works.".into()).await, refused);
    app.set_state(second, "suspended").await;
    assert_eq!(identities.resume(&adam, second).await, refused);
    assert!(!identities.show(&adam, second).await.unwrap().may_stop, "and no button says otherwise");
    assert_eq!(app.count("select count(*) from audit_event where actor_kind = 'person'").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_is_for_administrators_and_auditors(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let adam = administrator(&app).await;
    let service = AdministrationService::new(app.base.clone());
    server::job::run_due(&app.base).await.unwrap();
    let auditor = caller(&app, adam.identity, &[Role::Auditor]);
    let view = service.overview(&auditor, String::new()).await.unwrap();
    assert_eq!((view.may_change, view.identities, view.people.len()), (false, (1, 1), 0));
    let queue = QueueService::new(app.base.clone()).overview(&auditor, QueueQuery::default()).await.unwrap();
    assert_eq!(queue.jobs.len(), server::job::JOBS.len());
    let every = |name: &str| queue.jobs.iter().find(|job| job.name == name).map(|job| job.every.as_str());
    assert_eq!(
        [every("end-due-grants"), every("end-idle-sessions"), every("lapse-stale-requests")],
        [Some("1 min"), Some("5 min"), Some("1 h")]
    );
    for roles in [&[][..], &[Role::Operator], &[Role::Compliance]] {
        assert_eq!(service.overview(&caller(&app, adam.identity, roles), String::new()).await.map(|_| ()), Err(AppError::Forbidden));
    }
    let controls = ControlService::new(app.base.clone());
    assert!(!controls.list(&auditor).await.unwrap().controls.is_empty());
    assert_eq!(controls.list(&caller(&app, adam.identity, &[Role::Operator])).await.map(|_| ()), Err(AppError::Forbidden));
}

#[sqlx::test(migrations = "../migrations")]
async fn people_are_found_by_name_with_a_typo_by_number_and_by_address(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (adam, unit) = (administrator(&app).await, app.unit("Payments").await);
    for name in ["Shahaf", "Leon", "Leonie"] {
        app.person(name, unit, None).await;
    }
    query("update identity set source_id = '10228' where given_name = 'Shahaf'").execute(&app.owner).await.unwrap();
    let service = AdministrationService::new(app.base.clone());
    for (typed, first) in [
        ("leon", "Leon Example"),
        ("Shahef", "Shahaf Example"),
        ("10228", "Shahaf Example"),
        ("LEONIE@example.org", "Leonie Example"),
        (" sha ", "Shahaf Example"),
    ] {
        let found = service.overview(&adam, typed.into()).await.unwrap().people;
        assert_eq!(found.first().map(|hit| hit.person.name.as_str()), Some(first), "{typed}");
    }
    for odd in ["\0", "%", "'; --", "🦀"] {
        assert!(service.overview(&adam, odd.into()).await.is_ok(), "{odd:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_job_is_made_due_by_an_administrator(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let adam = administrator(&app).await;
    let service = AdministrationService::new(app.base.clone());
    server::job::run_due(&app.base).await.unwrap();
    app.advance(SignedDuration::from_secs(1));
    assert_eq!(service.run_job(&caller(&app, adam.identity, &[Role::Auditor]), "end-due-grants".into()).await, Err(AppError::Forbidden));
    assert_eq!(service.run_job(&adam, "make-coffee\0".into()).await, Err(AppError::NotFound));
    assert_eq!(service.run_job(&adam, "lapse-stale-requests".into()).await, Ok(()));
    assert_eq!(server::job::run_due(&app.base).await.unwrap().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_identity_is_seen_by_those_who_have_to_do_with_it(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let bea = app.person("Bea", unit, None).await;
    let (ana, ben) = (app.person("Ana", unit, Some(bea)).await, app.person("Ben", unit, Some(bea)).await);
    app.specifications().await;
    query("update identity_specification set required_attributes = '{email,manager,ends_on}'").execute(&app.owner).await.unwrap();
    let service = IdentityService::new(app.base.clone());
    for (reader, roles, sees) in
        [(ana, &[][..], true), (bea, &[], true), (ben, &[], false), (ben, &[Role::Operator], true), (ben, &[Role::Auditor], true)]
    {
        let seen = service.show(&caller(&app, reader, roles), ana).await.map(|_| ());
        assert_eq!(seen, if sees { Ok(()) } else { Err(AppError::NotFound) });
    }
    let view = service.show(&caller(&app, bea, &[]), ana).await.unwrap();
    let specification = view.specification.unwrap();
    assert_eq!((specification.version, specification.may_open), (2, false));
    assert_eq!((view.manager.map(|m| m.id), view.may_stop), (Some(bea), false));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_identity_is_compared_with_its_specification_attribute_by_attribute(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let bea = app.person("Bea", unit, None).await;
    let ana = app.person("Ana", unit, Some(bea)).await;
    app.specifications().await;
    query("update identity_specification set required_attributes = '{email,manager,ends_on}'").execute(&app.owner).await.unwrap();
    let service = IdentityService::new(app.base.clone());
    // (what is done to the record, the line that shows it: recorded, fault, begin of the cure)
    for (change, attribute, seen, fault, cure) in [
        ("select 1", Attribute::EndsOn, "not recorded", Some(Fault::Missing), "The people feed adds the last day"),
        ("select 1", Attribute::Manager, "Bea Example", None, ""),
        (
            "update identity set ends_on = '2026-11-21' where given_name = 'Ana'",
            Attribute::EndsOn,
            "21 Nov 2026",
            Some(Fault::Over),
            "The people feed moves the last day",
        ),
        ("update identity set ends_on = '2028-02-29' where given_name = 'Ana'", Attribute::EndsOn, "29 Feb 2028", None, ""),
        (
            "update identity set state = 'retired', state_reason = 'Left' where given_name = 'Bea'",
            Attribute::Manager,
            "Bea Example, not active",
            Some(Fault::NotActive),
            "The people feed names another line manager",
        ),
        (
            "update identity set manager_id = null where given_name = 'Ana'",
            Attribute::Manager,
            "not recorded",
            Some(Fault::Missing),
            "The people feed names the line manager",
        ),
        (
            "update identity set email = 'ana' where given_name = 'Ana'",
            Attribute::Email,
            "ana",
            Some(Fault::NotAnAddress),
            "The people feed corrects the mail address",
        ),
        (
            "update identity set source = 'local', email = null where given_name = 'Ana'",
            Attribute::Email,
            "not recorded",
            Some(Fault::Missing),
            "This record was made here",
        ),
    ] {
        query(change).execute(&app.owner).await.unwrap();
        let view = service.show(&caller(&app, ana, &[Role::Auditor]), ana).await.unwrap();
        let line = view.conformity.iter().find(|c| c.attribute == attribute).unwrap();
        assert_eq!((line.seen.as_str(), line.fault), (seen, fault), "after {change}");
        assert!(line.cure.starts_with(cure) && (fault.is_some() != line.cure.is_empty()), "after {change}: {}", line.cure);
        assert!(view.specification.unwrap().may_open);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_an_identity_holds_is_compared_with_the_limits_of_its_specification(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let (bea, otto) = (app.person("Bea", unit, None).await, app.person_with("Otto", Role::Operator).await);
    let ana = app.person("Ana", unit, Some(bea)).await;
    app.specifications().await;
    let ledger = app.application("LEDGER", bea, None).await;
    let read = app.entitlement(ledger, "Ledger Reader", "standard").await;
    let inside = app.entitlement(ledger, "Ledger Table", "standard").await;
    query("update entitlement set includes = array[$2] where id = $1").bind(read.0).bind(inside.0).execute(&app.owner).await.unwrap();
    query("update identity_specification set longest_days = null").execute(&app.owner).await.unwrap();
    let service = IdentityService::new(app.base.clone());
    let seen = async || service.show(&caller(&app, ana, &[Role::Auditor]), ana).await.unwrap().access_conformity.unwrap();
    let nothing = seen().await;
    assert_eq!((nothing.held, nothing.second_factor.required, nothing.beyond.len()), (0, false, 0));
    let grant = app.given(app.asked(ana, read, "in_approval").await, otto).await;
    // (what changes after the access was given, the second factor is met, the limits it is beyond, a part of the cure)
    for (change, met, beyond, cure) in [
        ("update identity set mfa = 'unknown' where given_name = 'Ana'", true, &[][..], ""),
        ("update entitlement set tier = 'elevated' where name = 'Ledger Table'", false, &[], "countersign second-factor"),
        ("update identity set mfa = 'passkey' where given_name = 'Ana'", true, &[], ""),
        ("update identity_specification set highest_tier = 'standard'", true, &["Elevated, above standard"], "gives it back"),
        (
            "update identity_specification set highest_classification = 'public'",
            true,
            &["Elevated, above standard", "Internal data, above public"],
            "compliance changes the limit",
        ),
        (
            "update identity_specification set highest_tier = 'privileged', highest_classification = 'restricted', applications = '{VAULT}'",
            true,
            &["The application LEDGER is not among those of the specification"],
            "gives it back",
        ),
        (
            "update identity_specification set applications = '{}', longest_days = 90",
            true,
            &["Without an end; at most 90 days"],
            "asks for it again for at most 90 days",
        ),
    ] {
        query(change).execute(&app.owner).await.unwrap();
        let view = seen().await;
        assert_eq!(view.second_factor.met(), met, "after {change}");
        let said: Vec<String> = view.beyond.iter().flat_map(|line| line.excesses.iter().map(app::identities::cure::said)).collect();
        assert_eq!(said, beyond, "after {change}");
        assert!(view.beyond.iter().all(|line| line.grant == grant && line.name == "Ledger Reader"), "after {change}");
        let cures = view.beyond.iter().map(|line| line.cure.clone()).chain([view.second_factor_cure.clone()]).collect::<String>();
        assert!(cures.contains(cure) && cures.is_empty() == cure.is_empty(), "after {change}: {cures}");
        let page = app.sign_in_as(ana).await.get(&format!("/identities/{ana}")).await.text();
        for text in beyond.iter().chain(&["Second factor"]) {
            assert!(page.contains(text), "after {change}: {text}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn suspending_ends_every_session_and_resuming_gives_none_back(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (adam, unit) = (administrator(&app).await, app.unit("Payments").await);
    let ana = app.person("Ana", unit, None).await;
    app.insert_session(ana).await;
    app.insert_session(ana).await;
    app.insert_session(adam.identity).await;
    let service = IdentityService::new(app.base.clone());
    assert_eq!(service.suspend(&caller(&app, ana, &[Role::Operator]), adam.identity, "Spite".into()).await, Err(AppError::Forbidden));
    assert_eq!(service.suspend(&adam, adam.identity, "Holiday".into()).await, Err(AppError::SeparationOfDuties));
    assert_eq!(service.suspend(&adam, ana, "  ".into()).await, Err(AppError::field("reason", "required")));
    assert_eq!(service.resume(&adam, ana).await, Err(AppError::NotPossible));
    assert_eq!(service.suspend(&adam, ana, "Lost laptop".into()).await, Ok(()));
    assert_eq!(service.suspend(&adam, ana, "Twice".into()).await, Err(AppError::NotPossible));
    assert_eq!(app.count("select count(*) from session where end_reason = 'identity_stopped'").await, 2);
    let view = service.show(&adam, ana).await.unwrap();
    assert!(matches!(&view.state, IdentityState::Suspended { reason, .. } if reason == "Lost laptop"));
    assert_eq!(
        view.timeline.iter().map(|e| (e.what.as_str(), e.detail.as_deref())).collect::<Vec<_>>(),
        [("Suspended", Some("Lost laptop"))]
    );
    assert_eq!(service.resume(&adam, ana).await, Ok(()));
    assert_eq!(app.count("select count(*) from session where ended_at is null").await, 1);
    assert_eq!(service.show(&adam, ana).await.unwrap().state, IdentityState::Active);
}
