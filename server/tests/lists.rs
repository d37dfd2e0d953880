//! Lists and counts agree with each other through the life of a request: home, inbox, requests,
//! releases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use app::error::AppError;
use app::home::port::Home;
use app::inbox::port::{DecisionForm, Extension, Inbox, InboxQuery};
use app::releases::port::{Releases, ReleasesQuery};
use app::requests::port::{Requests, RequestsQuery};
use domain::actor::Caller;
use domain::basket::BasketForm;
use domain::id::IdempotencyKey;
use domain::permission::Role;
use domain::request::ReasonCode;
use server::usecase::deciding::Proofs;
use server::usecase::home::HomeService;
use server::usecase::inbox::InboxService;
use server::usecase::releases::ReleaseService;
use server::usecase::requests::RequestService;
use support::*;

fn caller(app: &TestApp, identity: IdentityId, name: &str, roles: &[Role]) -> Caller {
    Caller {
        session: SessionId::new(app.now(), app.system.random()),
        identity,
        name: name.into(),
        roles: roles.to_vec(),
        applications: vec![],
    }
}

fn form(entitlement: EntitlementId) -> BasketForm {
    BasketForm {
        reason_code: "project".into(),
        justification: "Needed for the migration project until Christmas.".into(),
        starts_on: "2026-11-22".into(),
        ends_on: "2026-12-20".into(),
        ..BasketForm::of(entitlement)
    }
}

async fn decide(app: &TestApp, who: &Caller, verdict: &str, comment: &str) {
    let inbox = InboxService::new(app.base.clone(), Proofs::by(app.state.accounts.clone()));
    let stage = inbox.list(who, InboxQuery::default()).await.unwrap().page.rows[0].stage;
    let detail = inbox.detail(who, stage).await.unwrap();
    let form = DecisionForm {
        stage,
        verdict: verdict.into(),
        comment: comment.into(),
        ends_on: String::new(),
        password: String::new(),
        shown_version: detail.request.version,
        shown_hash: detail.request.content_hash,
        key: detail.key,
    };
    inbox.decide(who, form).await.unwrap();
    app.advance(SignedDuration::from_secs(11));
    server::job::finalise_decisions::run(&app.base).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn counts_and_lists_follow_a_request_to_the_operators(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let bea = app.person("Bea", unit, None).await;
    let (ana, ora) = (app.person("Ana", unit, Some(bea)).await, app.person("Ora", unit, Some(bea)).await);
    let ledger = app.application("LEDGER", bea, None).await;
    let read = app.entitlement(ledger, "Read", "standard").await;
    app.specifications().await;
    let (ana, bea, ora) =
        (caller(&app, ana, "Ana Example", &[]), caller(&app, bea, "Bea Example", &[]), caller(&app, ora, "Ora Example", &[Role::Operator]));
    let (home, requests, inbox, releases) = (
        HomeService::new(app.base.clone()),
        RequestService::new(app.base.clone()),
        InboxService::new(app.base.clone(), Proofs::by(app.state.accounts.clone())),
        ReleaseService::new(app.base.clone()),
    );

    let asked = BasketForm { starts_on: "2026-11-25".into(), ends_on: "2026-12-23".into(), ..form(read) };
    requests.submit(&ana, asked, IdempotencyKey::new(app.now(), app.system.random())).await.unwrap();
    let mine = requests.list(&ana, RequestsQuery::default()).await.unwrap();
    assert_eq!((mine.page.total, mine.page.rows[0].holder.as_str(), mine.may_list_all), (1, "Bea Example", false));
    assert_eq!(
        requests.list(&ana, RequestsQuery { scope: "all".into(), ..RequestsQuery::default() }).await.map(|_| ()),
        Err(AppError::Forbidden)
    );
    assert_eq!((home.frame(&bea).await.unwrap().decisions, home.frame(&ana).await.unwrap().decisions), (1, 0));
    // Sixteen working hours after a Sunday are Tuesday at five.
    app.advance(SignedDuration::from_hours(55));
    let list = inbox.list(&bea, InboxQuery::default()).await.unwrap();
    assert_eq!((list.page.rows[0].due.as_str(), list.page.rows[0].late, list.page.rows[0].duration_days), ("Due in 1 h", false, Some(28)));
    app.advance(SignedDuration::from_hours(3));
    let list = inbox.list(&bea, InboxQuery { filter: "late".into(), ..InboxQuery::default() }).await.unwrap();
    assert_eq!((list.page.rows[0].due.as_str(), list.page.total), ("Overdue 2 h", 1));
    let counts: Vec<_> = list.filters.iter().map(|(word, _, count)| (word.as_str(), *count)).collect();
    assert_eq!(counts, [("all", 1), ("late", 1), ("today", 1), ("standard", 1), ("elevated", 0), ("privileged", 0)]);
    let weigh = inbox.detail(&bea, list.page.rows[0].stage).await.unwrap().weigh;
    assert_eq!((weigh.unit.as_str(), weigh.peers, weigh.peers_holding, weigh.held_before, weigh.mfa_in_force), ("Payments", 2, 0, 0, true));

    decide(&app, &bea, "return", "Which team is it for?").await;
    let back = home.home(&ana).await.unwrap();
    assert_eq!((back.returned.len(), back.returned[0].holder.as_str(), back.open_requests_total), (1, "you", 1));
    let id = back.returned[0].id;
    let version = requests.show(&ana, id).await.unwrap().version;
    inbox.answer_question(&ana, id, version, "It is for team Ledger.".into()).await.unwrap();
    decide(&app, &bea, "approve", "").await;

    let mine = requests.list(&ana, RequestsQuery { state: "approved".into(), ..RequestsQuery::default() }).await.unwrap();
    assert_eq!((mine.page.total, mine.page.rows[0].holder.as_str(), mine.states.len()), (1, "operators", 1));
    let auditor = caller(&app, ora.identity, "Ora Example", &[Role::Auditor]);
    for state in ["", "approved"] {
        let all =
            requests.list(&auditor, RequestsQuery { scope: "all".into(), state: state.into(), ..RequestsQuery::default() }).await.unwrap();
        assert_eq!((all.page.rows.len(), all.page.total, all.may_list_all), (1, 1, true));
    }

    assert_eq!(releases.list(&ana, ReleasesQuery::default()).await.map(|_| ()), Err(AppError::Forbidden));
    let queue = releases.list(&ora, ReleasesQuery::default()).await.unwrap();
    assert_eq!((queue.page.rows.len(), queue.page.total), (1, 1));
    let counts: Vec<_> = queue.filters.iter().map(|(word, _, count)| (word.as_str(), *count)).collect();
    assert_eq!(
        counts,
        [
            ("open", 1),
            ("ready", 0),
            ("mine", 0),
            ("needs_person", 0),
            ("failed", 0),
            ("second_look", 0),
            ("late", 0),
            ("by_machine", 0),
            ("held", 0),
            ("activate", 1),
            ("remove", 0),
            ("extend", 0),
            ("closed", 0)
        ]
    );
    for (filter, rows) in [("activate", 1), ("remove", 0), ("held", 0), ("closed", 0), ("junk", 1)] {
        assert_eq!(
            releases
                .list(&ora, ReleasesQuery { filter: filter.into(), after: "junk".into(), ..ReleasesQuery::default() })
                .await
                .unwrap()
                .page
                .rows
                .len(),
            rows,
            "{filter}"
        );
    }
    assert_eq!(home.frame(&ora).await.unwrap().releases, 1, "as the list that it opens");
    assert_eq!(home.home(&ora).await.unwrap().releases, 0, "it may not begin before the 25th");
    app.advance(SignedDuration::from_hours(48));
    assert_eq!(home.home(&ora).await.unwrap().releases, 1);
    assert_eq!((home.frame(&ora).await.unwrap().releases, home.frame(&bea).await.unwrap().releases), (1, 0));
    assert_eq!(home.frame(&ora).await.unwrap().initials, "OE");
}

/// Addresses of the links with these words on a page.
fn links(page: &str, words: &str) -> Vec<String> {
    let links = page.split("<a ").skip(1).filter(|link| link.split("</a>").next().unwrap().contains(words));
    links.map(|link| link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&")).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_filter_that_shows_nothing_is_seen_and_taken_away_without_losing_the_others(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Finance").await;
    let (boss, ana) = (app.person("Boss", unit, None).await, app.person("Ana", unit, None).await);
    let auditor = app.person_with("Aud", Role::Auditor).await;
    let ledger = app.application("LEDGER", boss, None).await;
    let read = app.entitlement(ledger, "Ledger Reader", "standard").await;
    app.given(app.asked(ana, read, "in_approval").await, boss).await;
    // (the page, the link that takes the filter away, where it leads, whether the filter is one)
    for (address, words, wider) in [
        ("/requests?scope=all&state=rejected".to_owned(), "Show any state", "/requests?scope=all"),
        ("/requests?scope=all&state=rejected".to_owned(), "Any state", "/requests?scope=all"),
        ("/catalogue?q=ledger&tier=privileged".to_owned(), "Any tier", "/catalogue?q=ledger"),
        ("/catalogue?tier=standard&application=NONE".to_owned(), "Any application", "/catalogue?tier=standard"),
        (format!("/identities/{ana}/access?state=ended&tier=standard"), "Any state", "access?tier=standard"),
    ] {
        let page = app.sign_in_as(auditor).await.get(&address).await;
        assert_eq!(page.status, 200, "{address}");
        let text = page.text();
        let found = links(&text, words);
        assert!(found.iter().any(|href| href.ends_with(wider)), "{address}: {words} leads to {found:?}");
        assert!(text.contains("aria-current=\"true\""), "{address}");
    }
    let marked = async |address: &str| {
        let page = app.sign_in_as(auditor).await.get(address).await.text();
        let chips =
            page.split("<a ").filter(|link| link.contains("class=\"chip\"") && link.split('>').next().unwrap().contains("aria-current"));
        chips.map(|chip| chip.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // What filters shows as chosen, also with nothing behind it; what is no filter is not one.
    assert_eq!(marked("/catalogue?application=NONE&tier=none").await, ["NONE"]);
    assert_eq!(marked("/catalogue?tier=none").await, ["Any tier", "Any application"]);
    assert_eq!(marked(&format!("/identities/{ana}/access?state=ended&within=5&tier=none")).await[..1], ["Ended"]);
    assert_eq!(marked("/requests?scope=all&state=none").await[1..], ["Any state"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_of_requests_show_each_once_newest_first(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let unit = app.unit("Payments").await;
    let bea = app.person("Bea", unit, None).await;
    let ana = app.person("Ana", unit, Some(bea)).await;
    let ledger = app.application("LEDGER", bea, None).await;
    app.specifications().await;
    let ana = caller(&app, ana, "Ana Example", &[Role::Auditor]);
    let requests = RequestService::new(app.base.clone());
    for n in 0..52 {
        let entitlement = app.entitlement(ledger, &format!("Read {n}"), "standard").await;
        requests.submit(&ana, form(entitlement), IdempotencyKey::new(app.now(), app.system.random())).await.unwrap();
        // Two of them at the same moment.
        app.advance(SignedDuration::from_secs(i64::from(n % 2)));
    }
    for scope in ["mine", "all"] {
        let query = |after: &str, state: &str| RequestsQuery {
            scope: scope.into(),
            state: state.into(),
            after: after.into(),
            ..RequestsQuery::default()
        };
        for state in ["", "in_approval"] {
            let first = requests.list(&ana, query("", state)).await.unwrap().page;
            let second = requests.list(&ana, query(first.next.as_deref().unwrap(), state)).await.unwrap().page;
            assert_eq!((first.rows.len(), second.rows.len(), first.total, second.next), (50, 2, 52, None));
            let mut numbers: Vec<_> = first.rows.iter().chain(&second.rows).map(|line| (line.submitted.at, line.id)).collect();
            assert!(numbers.is_sorted_by(|a, b| a > b));
            numbers.dedup();
            assert_eq!(numbers.len(), 52);
        }
    }
    let bea = caller(&app, bea, "Bea Example", &[]);
    let inbox = InboxService::new(app.base.clone(), Proofs::by(app.state.accounts.clone()));
    let first = inbox.list(&bea, InboxQuery::default()).await.unwrap().page;
    let second = inbox.list(&bea, InboxQuery { after: first.next.unwrap(), ..InboxQuery::default() }).await.unwrap().page;
    assert_eq!((first.rows.len(), second.rows.len(), second.next), (50, 2, None));
    assert_eq!(second.rows.iter().filter(|line| first.rows.iter().any(|other| other.stage == line.stage)).count(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_line_says_why_what_colleagues_have_what_it_touches_and_how_much_longer(pool: PgPoolOptions, connect: PgConnectOptions) {
    let app = TestApp::new(pool, connect).await;
    let (unit, elsewhere) = (app.unit("Payments").await, app.unit("Elsewhere").await);
    let bea = app.person("Bea", unit, None).await;
    let (ana, cem) = (app.person("Ana", unit, Some(bea)).await, app.person("Cem", unit, Some(bea)).await);
    let (ora, far) = (app.person("Ora", unit, Some(bea)).await, app.person("Far", elsewhere, None).await);
    let ledger = app.application("LEDGER", bea, None).await;
    let (read, post) = (app.entitlement(ledger, "Read", "standard").await, app.entitlement(ledger, "Post", "standard").await);
    app.specifications().await;
    // Ana has Read until 21 December, after one extension; so has somebody of another unit, who does
    // not count. Cem has Post.
    let first = app.asked(ana, read, "approved").await;
    let held = app.given(first, ora).await;
    for (who, what) in [(far, read), (cem, post)] {
        let request = app.asked(who, what, "approved").await;
        app.given(request, ora).await;
    }
    sqlx::query("insert into grant_extension (grant_id, request_id, new_ends_at, extended_at) values ($1, $2, '2026-12-22T00:00:00Z', '2026-11-22T09:00:00Z')")
        .bind(held.0)
        .bind(first.0)
        .execute(&app.owner)
        .await
        .unwrap();
    sqlx::query("update access_grant set ends_at = '2026-12-22T00:00:00Z' where id = $1").bind(held.0).execute(&app.owner).await.unwrap();

    let requests = RequestService::new(app.base.clone());
    let key = || IdempotencyKey::new(app.now(), app.system.random());
    requests.submit(&caller(&app, cem, "Cem Example", &[]), form(read), key()).await.unwrap();
    let mut longer = BasketForm { reason_code: "incident".into(), ends_on: "2027-01-31".into(), ..form(read) };
    longer.items[0].kind = format!("extend:{held}");
    requests.submit(&caller(&app, ana, "Ana Example", &[]), longer, key()).await.unwrap();
    // Made after Cem asked: a gate would have refused him.
    app.conflict("Reads what he posts", read, post).await;

    let manager = caller(&app, bea, "Bea Example", &[]);
    let inbox = InboxService::new(app.base.clone(), Proofs::by(app.state.accounts.clone()));
    let lines = inbox.list(&manager, InboxQuery::default()).await.unwrap().page.rows;
    let line = |name: &str| lines.iter().find(|line| line.subject == name).unwrap().clone();
    let (new, more) = (line("Cem Example"), line("Ana Example"));
    assert_eq!((new.reason, new.peers_holding, new.peers, new.conflicts, new.extension), (ReasonCode::Project, 1, 3, 1, None));
    let added = Extension { days: Some(41), number: 2 };
    assert_eq!((more.reason, more.peers_holding, more.peers, more.conflicts, more.extension), (ReasonCode::Incident, 0, 3, 0, Some(added)));
    for line in [&new, &more] {
        let weigh = inbox.detail(&manager, line.stage).await.unwrap().weigh;
        let touched = weigh.conflicts.iter().filter(|conflict| !conflict.has.is_empty()).count();
        assert_eq!(
            (weigh.peers_holding, weigh.peers, touched),
            (line.peers_holding, line.peers, line.conflicts as usize),
            "line and detail agree"
        );
        assert_eq!(weigh.holders, 2, "in whatever unit");
    }

    let mut browser = Browser::of(app.sign_in_as(bea).await);
    browser.open("/inbox").await;
    assert!(browser.says("Project work · 1 of 3 colleagues have it · touches 1 conflict"), "{}", browser.text());
    assert!(browser.says("· 0 of 3 colleagues have it") && browser.says("Extension: Read"), "{}", browser.text());
    assert!(browser.says("Until 31 Jan 2027 · +41 days · 2nd extension"), "{}", browser.text());
}
