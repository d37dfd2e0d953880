//! Separation of duties as a table: what somebody holds, what is pending, what is asked for
//! together, and what all of it includes, against rules about two sides and rules about a set.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers as well")]

mod support;

use domain::actor::Actor;
use domain::gate::{ApprovalFacts, Evaluation, Outcome, Phase, WishFacts};
use domain::id::{ConflictId, RequestId};
use server::usecase::facts::{Gathered, Question, evaluate, gather};
use server::usecase::work::Work;
use sqlx::query;
use std::collections::{BTreeMap, HashMap};
use support::*;

/// Names of entitlements and their ids.
struct Duties {
    app: TestApp,
    operator: IdentityId,
    unit: UnitId,
    ids: HashMap<&'static str, EntitlementId>,
}

impl Duties {
    /// Lead includes Pay; Head includes Lead and Approve. Pay and Approve are kept apart, of three
    /// keys nobody has more than two, and a retired rule would keep Pay and Read apart.
    async fn begin(pool: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let app = TestApp::new(pool, connect).await;
        app.specifications().await;
        let unit = app.unit("Finance").await;
        let operator = app.person("Olga", unit, None).await;
        let ledger = app.application("LEDGER", operator, None).await;
        let mut ids = HashMap::new();
        for name in ["Pay", "Approve", "Read", "Lead", "Head", "Key A", "Key B", "Key C", "Ring"] {
            ids.insert(name, app.entitlement(ledger, name, "standard").await);
        }
        let duties = Self { app, operator, unit, ids };
        duties.includes("Lead", &["Pay"]).await;
        duties.includes("Head", &["Lead", "Approve"]).await;
        duties.includes("Ring", &["Key A", "Key B", "Key C"]).await;
        duties.rule("SOD-001", "Pay and approve", "sides", 1, "a monthly review", "active", &[("Pay", "left"), ("Approve", "right")]).await;
        duties.rule("SOD-002", "Two keys", "set", 2, "", "active", &[("Key A", "any"), ("Key B", "any"), ("Key C", "any")]).await;
        duties.rule("SOD-003", "Long gone", "sides", 1, "", "retired", &[("Pay", "left"), ("Read", "right")]).await;
        duties
    }

    async fn includes(&self, name: &str, parts: &[&str]) {
        let parts: Vec<uuid::Uuid> = parts.iter().map(|part| self.ids[part].0).collect();
        query("update entitlement set includes = $2 where id = $1")
            .bind(self.ids[name].0)
            .bind(parts)
            .execute(&self.app.owner)
            .await
            .unwrap();
    }

    #[expect(clippy::too_many_arguments, reason = "a rule has as many parts")]
    async fn rule(&self, code: &str, title: &str, shape: &str, at_most: i32, mitigation: &str, state: &str, members: &[(&str, &str)]) {
        let id = ConflictId::new(self.app.now(), self.app.system.random());
        query("insert into conflict (id, code, title, severity, shape, at_most, mitigation, state) values ($1, $2, $3, 'high', $4, $5, $6, $7)")
            .bind(id.0)
            .bind(code)
            .bind(title)
            .bind(shape)
            .bind(at_most)
            .bind(mitigation)
            .bind(state)
            .execute(&self.app.owner)
            .await
            .unwrap();
        for (name, side) in members {
            query("insert into conflict_member (conflict_id, entitlement_id, side) values ($1, $2, $3)")
                .bind(id.0)
                .bind(self.ids[name].0)
                .bind(*side)
                .execute(&self.app.owner)
                .await
                .unwrap();
        }
    }

    async fn holds(&self, who: IdentityId, name: &str) {
        let request = self.app.asked(who, self.ids[name], "approved").await;
        self.app.given(request, self.operator).await;
    }

    /// Asks the gates, as the form does.
    async fn ask(&self, who: IdentityId, name: &str, together: &[&str], request: Option<RequestId>) -> (Gathered, Evaluation) {
        let mut work = Work::begin(&self.app.base, Actor::System { job: "test".into() }).await.unwrap();
        let day = "2026-11-23".parse().ok();
        let question = Question {
            subject: who,
            entitlement: self.ids[name],
            together: together.iter().map(|name| self.ids[name]).collect(),
            replaces: None,
            wish: WishFacts { reason_given: true, justification_length: 40, starts_on: day, ends_on: day, duration_days: Some(0) },
            phase: Phase::Submission,
            request,
            approval: ApprovalFacts::default(),
        };
        let gathered = gather(&mut work, &self.app.base, question).await.unwrap();
        let evaluation = evaluate(&work, &self.app.base, &gathered.facts);
        (gathered, evaluation)
    }

    /// What the line of the inbox counts: each rule that is touched, with the names of what is in its way.
    async fn on_the_line(&self, who: IdentityId, name: &str) -> Vec<(String, Vec<String>)> {
        let touched = "select c.code, t.has from conflicts_of($1, $2, null) t join conflict c on c.id = t.conflict_id where t.has <> '{}' order by c.code";
        sqlx::query_as(touched).bind(who.0).bind(self.ids[name].0).fetch_all(&self.app.owner).await.unwrap()
    }
}

/// The same, as the gates found it.
fn with_names(gathered: &Gathered) -> Vec<(String, Vec<String>)> {
    let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for clash in &gathered.facts.conflicts {
        rules.entry(clash.code.clone()).or_default().push(clash.with_name.clone());
    }
    for names in rules.values_mut() {
        names.sort();
    }
    rules.into_iter().collect()
}

fn outcome(evaluation: &Evaluation, control: &str) -> Outcome {
    evaluation.results.iter().find(|result| result.control == control).unwrap().outcome
}

#[sqlx::test(migrations = "../migrations")]
async fn duties_are_kept_apart_whatever_gives_them(pool: PgPoolOptions, connect: PgConnectOptions) {
    let duties = Duties::begin(pool, connect).await;
    let review = "; of high severity, so not lifted by: a monthly review";
    let apart = |rest: &str| format!("“Pay and approve” (SOD-001){rest}{review}");
    let keys = |rest: &str| format!("“Two keys” (SOD-002){rest} (at most 2 of the set)");
    // (held, pending and in which state, asked for together, asked for, what is found)
    for (n, (held, pending, together, wanted, found)) in [
        (vec![], vec![], vec![], "Approve", vec![]),
        (vec!["Pay"], vec![], vec![], "Approve", vec![apart(" with Pay, already held")]),
        (vec!["Approve"], vec![], vec![], "Pay", vec![apart(" with Approve, already held")]),
        (vec![], vec![("Pay", "in_approval")], vec![], "Approve", vec![apart(" with Pay, pending in another request")]),
        (vec![], vec![("Pay", "returned")], vec![], "Approve", vec![apart(" with Pay, pending in another request")]),
        (vec![], vec![("Pay", "approved")], vec![], "Approve", vec![apart(" with Pay, pending in another request")]),
        (vec![], vec![("Pay", "withdrawn"), ("Pay", "rejected"), ("Pay", "lapsed")], vec![], "Approve", vec![]),
        (vec![], vec![], vec!["Pay"], "Approve", vec![apart(" with Pay, asked for here")]),
        (vec![], vec![], vec!["Read"], "Approve", vec![]),
        // What is held includes it, over one step and over two.
        (vec!["Lead"], vec![], vec![], "Approve", vec![apart(" with Pay, already held through Lead")]),
        (vec!["Head"], vec![], vec![], "Pay", vec![apart(" with Approve, already held through Head")]),
        (vec![], vec![("Lead", "in_approval")], vec![], "Approve", vec![apart(" with Pay, pending in another request through Lead")]),
        (vec![], vec![], vec!["Lead"], "Approve", vec![apart(" with Pay, asked for here as part of Lead")]),
        // What is asked for includes it.
        (vec!["Approve"], vec![], vec![], "Lead", vec![apart(": Pay, which it includes, with Approve, already held")]),
        (vec![], vec![], vec![], "Head", vec![apart(": Pay, which it includes, with Approve, asked for here as part of Head")]),
        // A rule that was retired keeps nothing apart any more.
        (vec!["Pay"], vec![], vec![], "Read", vec![]),
        // Of a set, two are allowed and a third is not, wherever it comes from.
        (vec!["Key A"], vec![], vec![], "Key B", vec![]),
        (vec!["Key A", "Key B"], vec![], vec![], "Key C", vec![keys(" with Key A, already held"), keys(" with Key B, already held")]),
        (
            vec!["Key A"],
            vec![("Key B", "in_approval")],
            vec![],
            "Key C",
            vec![keys(" with Key A, already held"), keys(" with Key B, pending in another request")],
        ),
        (vec!["Key A"], vec![], vec!["Key B"], "Key C", vec![keys(" with Key A, already held"), keys(" with Key B, asked for here")]),
        (
            vec![],
            vec![],
            vec![],
            "Ring",
            vec![
                keys(": Key A, which it includes, with Key B, asked for here as part of Ring"),
                keys(": Key A, which it includes, with Key C, asked for here as part of Ring"),
            ],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        // Somebody else each time, with a mailbox of their own.
        let who = duties.app.person(&format!("Ana{n}"), duties.unit, Some(duties.operator)).await;
        for name in &held {
            duties.holds(who, name).await;
        }
        for (name, state) in &pending {
            duties.app.asked(who, duties.ids[name], state).await;
        }
        let (gathered, evaluation) = duties.ask(who, wanted, &together, None).await;
        let shown: Vec<String> = gathered.facts.conflicts.iter().map(|conflict| conflict.describe()).collect();
        let case = format!("{wanted} with {held:?} held, {pending:?} pending, {together:?} together");
        assert_eq!(shown, found, "{case}");
        let expected = if found.is_empty() { Outcome::Pass } else { Outcome::Fail };
        assert_eq!(outcome(&evaluation, "CS-SOD-01"), expected, "{case}");
        if together.is_empty() {
            assert_eq!(duties.on_the_line(who, wanted).await, with_names(&gathered), "{case}");
        }
        // What is inside of something else is counted with it.
        let open = pending.iter().filter(|(_, state)| ["in_approval", "returned", "approved"].contains(state)).count();
        let standing = gathered.facts.standing;
        let counts = [standing.held, standing.pending, standing.requested].map(|n| usize::try_from(n).unwrap());
        assert_eq!(counts, [held.len(), open, together.len() + 1], "{case}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_line_of_the_inbox_agrees_about_what_is_on_both_sides(pool: PgPoolOptions, connect: PgConnectOptions) {
    let duties = Duties::begin(pool, connect).await;
    let members = [("Read", "left"), ("Lead", "left"), ("Read", "right"), ("Key A", "right"), ("Key B", "right")];
    duties.rule("SOD-004", "On both sides", "sides", 1, "", "active", &members).await;
    // (held, asked for, what is in its way)
    for (n, (held, wanted, found)) in [
        ("Key A", "Read", None),
        ("Lead", "Read", None),
        ("Read", "Lead", Some("Read")),
        ("Read", "Key A", Some("Read")),
        ("Key A", "Key B", None),
        ("Key A", "Lead", Some("Key A")),
    ]
    .into_iter()
    .enumerate()
    {
        let who = duties.app.person(&format!("Ana{n}"), duties.unit, Some(duties.operator)).await;
        duties.holds(who, held).await;
        let (gathered, _) = duties.ask(who, wanted, &[], None).await;
        let found: Vec<_> = found.map(|name| ("SOD-004".to_owned(), vec![name.to_owned()])).into_iter().collect();
        assert_eq!((with_names(&gathered), duties.on_the_line(who, wanted).await), (found.clone(), found), "{wanted} with {held} held");
    }
}

/// What makes two accounts one person's, and what does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    OtherBelongsToAsked,
    AskedBelongsToOther,
    BothBelongToAThird,
    OneMailbox,
    OneNameOnly,
}

impl Tie {
    async fn tie(self, duties: &Duties, asked: IdentityId, other: IdentityId, third: IdentityId) {
        let belongs = "update identity set person_id = $2 where id = $1";
        for (statement, one, two) in match self {
            Self::OtherBelongsToAsked => vec![(belongs, other, asked)],
            Self::AskedBelongsToOther => vec![(belongs, asked, other)],
            Self::BothBelongToAThird => vec![(belongs, asked, third), (belongs, other, third)],
            Self::OneMailbox => {
                vec![("update identity set email = (select upper(email) from identity where id = $2) where id = $1", other, asked)]
            }
            Self::OneNameOnly => {
                vec![("update identity set given_name = (select given_name from identity where id = $2) where id = $1", other, asked)]
            }
        } {
            query(statement).bind(one.0).bind(two.0).execute(&duties.app.owner).await.unwrap();
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_splits_a_forbidden_combination_over_two_accounts(pool: PgPoolOptions, connect: PgConnectOptions) {
    let duties = Duties::begin(pool, connect).await;
    let apart = |with: &str| vec![format!("“Pay and approve” (SOD-001) with {with}; of high severity, so not lifted by: a monthly review")];
    let keys = |with: [&str; 2]| with.map(|with| format!("“Two keys” (SOD-002) with {with} (at most 2 of the set)")).to_vec();
    let (by, pending) = (
        "already held by another account of the same person, OTHER",
        "pending in another request for another account of the same person, OTHER",
    );
    // (tie, what the asking account holds, what the other has and how, what is asked for, what is found, how much counts as held and pending)
    for (n, (tie, own, theirs, wanted, found, counts)) in [
        (Tie::OtherBelongsToAsked, vec![], vec![("Pay", "held")], "Approve", apart(&format!("Pay, {by}")), (1, 0)),
        (Tie::AskedBelongsToOther, vec![], vec![("Pay", "held")], "Approve", apart(&format!("Pay, {by}")), (1, 0)),
        (Tie::BothBelongToAThird, vec![], vec![("Pay", "held")], "Approve", apart(&format!("Pay, {by}")), (1, 0)),
        (Tie::OneMailbox, vec![], vec![("Pay", "held")], "Approve", apart(&format!("Pay, {by}")), (1, 0)),
        (Tie::OneNameOnly, vec![], vec![("Pay", "held")], "Approve", vec![], (0, 0)),
        (Tie::OtherBelongsToAsked, vec![], vec![("Pay", "in_approval")], "Approve", apart(&format!("Pay, {pending}")), (0, 1)),
        (Tie::OtherBelongsToAsked, vec![], vec![("Pay", "withdrawn")], "Approve", vec![], (0, 0)),
        (
            Tie::OtherBelongsToAsked,
            vec![],
            vec![("Lead", "held")],
            "Approve",
            apart("Pay, already held through Lead by another account of the same person, OTHER"),
            (1, 0),
        ),
        // What the asking account has itself is the nearer reason, and what both have is one thing.
        (Tie::OtherBelongsToAsked, vec!["Pay"], vec![("Pay", "held")], "Approve", apart("Pay, already held"), (1, 0)),
        (
            Tie::OtherBelongsToAsked,
            vec!["Key A"],
            vec![("Key B", "held")],
            "Key C",
            keys(["Key A, already held", &format!("Key B, {by}")]),
            (2, 0),
        ),
        (Tie::OneNameOnly, vec!["Key A"], vec![("Key B", "held")], "Key C", vec![], (1, 0)),
    ]
    .into_iter()
    .enumerate()
    {
        let person = |name: &'static str| {
            let duties = &duties;
            async move { duties.app.person(&format!("{name}{n}"), duties.unit, Some(duties.operator)).await }
        };
        let (asked, other, third) = (person("Ana").await, person("Anaadm").await, person("Anathird").await);
        tie.tie(&duties, asked, other, third).await;
        for name in &own {
            duties.holds(asked, name).await;
        }
        for (name, how) in &theirs {
            match *how {
                "held" => duties.holds(other, name).await,
                state => {
                    duties.app.asked(other, duties.ids[name], state).await;
                }
            }
        }
        let account: String = sqlx::query_scalar("select display_name || ' (' || source_id || ')' from identity where id = $1")
            .bind(other.0)
            .fetch_one(&duties.app.owner)
            .await
            .unwrap();
        let (gathered, evaluation) = duties.ask(asked, wanted, &[], None).await;
        let shown: Vec<String> = gathered.facts.conflicts.iter().map(|conflict| conflict.describe()).collect();
        let found: Vec<String> = found.iter().map(|sentence| sentence.replace("OTHER", &account)).collect();
        let case = format!("{tie:?}: {wanted} with {own:?} held, {theirs:?} on the other account");
        assert_eq!(shown, found, "{case}");
        assert_eq!(outcome(&evaluation, "CS-SOD-01") == Outcome::Fail, !found.is_empty(), "{case}");
        assert_eq!(duties.on_the_line(asked, wanted).await, with_names(&gathered), "{case}");
        assert_eq!((gathered.facts.standing.held, gathered.facts.standing.pending), counts, "{case}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn who_locks_a_person_for_a_change_locks_all_their_accounts(pool: PgPoolOptions, connect: PgConnectOptions) {
    let duties = Duties::begin(pool, connect).await;
    let app = &duties.app;
    let (ana, admin, stan) = (
        app.person("Ana", duties.unit, None).await,
        app.person("Anaadm", duties.unit, None).await,
        app.person("Stan", duties.unit, None).await,
    );
    Tie::OtherBelongsToAsked.tie(&duties, ana, admin, stan).await;
    for account in [ana, admin] {
        let mut work = Work::begin(&app.base, Actor::System { job: "test".into() }).await.unwrap();
        assert!(server::store::facts::lock_person(work.conn(), account).await.unwrap());
        let free: Vec<uuid::Uuid> = sqlx::query_scalar("select id from identity where id = any ($1) for no key update skip locked")
            .bind(vec![ana.0, admin.0, stan.0])
            .fetch_all(&app.owner)
            .await
            .unwrap();
        assert_eq!(free, [stan.0]);
    }
    let mut work = Work::begin(&app.base, Actor::System { job: "test".into() }).await.unwrap();
    let nobody = IdentityId::new(app.now(), app.system.random());
    assert!(!server::store::facts::lock_person(work.conn(), nobody).await.unwrap(), "there is nobody to lock");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_is_never_pending_against_itself(pool: PgPoolOptions, connect: PgConnectOptions) {
    let duties = Duties::begin(pool, connect).await;
    let who = duties.app.person("Ana", duties.unit, Some(duties.operator)).await;
    let own = duties.app.asked(who, duties.ids["Pay"], "approved").await;
    assert_eq!(duties.ask(who, "Approve", &[], Some(own)).await.0.facts.conflicts, []);
    assert_eq!(duties.ask(who, "Approve", &[], None).await.0.facts.conflicts.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_gets_what_is_meant_for_others(pool: PgPoolOptions, connect: PgConnectOptions) {
    let duties = Duties::begin(pool, connect).await;
    let app = &duties.app;
    let sales = app.unit("Sales").await;
    let employee = app.person("Ana", duties.unit, Some(duties.operator)).await;
    let seller = app.person("Sara", sales, Some(duties.operator)).await;
    let contractor = app.identity("Carl", "contractor", duties.unit, Some(duties.operator)).await;
    let set = "update entitlement set audience_populations = $2, audience_units = $3 where id = $1";
    for (populations, units, allowed, refusal) in [
        (vec![], vec![], vec![employee, seller, contractor], ""),
        (vec!["employee"], vec![], vec![employee, seller], "Read is meant for employees, and Carl Example is not among them."),
        (vec![], vec![sales.0], vec![seller], "Read is meant for everyone of Sales, and Carl Example is not among them."),
        (vec!["contractor"], vec![sales.0], vec![], "Read is meant for contractors of Sales, and Carl Example is not among them."),
        (vec!["contractor", "vendor"], vec![sales.0, duties.unit.0], vec![contractor], ""),
    ] {
        query(set).bind(duties.ids["Read"].0).bind(populations.clone()).bind(units.clone()).execute(&app.owner).await.unwrap();
        for who in [employee, seller, contractor] {
            let (_, evaluation) = duties.ask(who, "Read", &[], None).await;
            let expected = if allowed.contains(&who) { Outcome::Pass } else { Outcome::Fail };
            assert_eq!(outcome(&evaluation, "CS-SCP-01"), expected, "{populations:?} {units:?}");
            if who == contractor && !refusal.is_empty() {
                let result = evaluation.results.iter().find(|result| result.control == "CS-SCP-01").unwrap();
                assert_eq!(result.reason, refusal);
            }
        }
    }
}
