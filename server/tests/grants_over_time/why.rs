//! Why somebody has this, now and on a past day: from what was on record, never from today's state.

use super::steps::*;

pub async fn why(s: &Story, grant: &str, on: &str) -> Value {
    let reply = s.call(s.ana, "grants/why", &[("grant", grant), ("on", on)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// Every sentence under a question.
pub fn said(view: &Value, question: &str) -> String {
    let answers = view["answers"].as_array().unwrap();
    let answer = answers.iter().find(|answer| answer["question"] == question).unwrap_or_else(|| panic!("{question} in {view}"));
    answer["said"].as_array().unwrap().iter().map(|said| said["text"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

/// The whole course: given on 22 November, extended on 1 December to 10 January, given back on the 20th
/// of December, gone on the 21st.
async fn course(s: &Story) -> (String, String) {
    let request = s.granted().await;
    at(s, "2026-12-01T09:00:00Z");
    let longer = s.extension(&request, "2026-12-01", "2027-01-10").await;
    carry_out(s, &longer).await;
    at(s, "2026-12-20T09:00:00Z");
    give_back(s, &request).await;
    at(s, "2026-12-21T09:00:00Z");
    let removal = s.open_release(&request).await;
    assert!(s.execute(s.pol, &removal).await.status < 400);
    (request.clone(), grant_of(s, &request).await)
}

#[sqlx::test(migrations = "../migrations")]
async fn every_question_about_a_grant_is_answered_in_plain_words(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, grant) = course(&s).await;
    let view = why(&s, &grant, "").await;
    assert_eq!(
        (view["name"].as_str(), view["phase"].as_str(), view["may_extend"].as_bool()),
        (Some("Ledger Reader"), Some("ended"), Some(false))
    );
    for (question, parts) in [
        ("Who asked for it, and why?", vec!["Ana Example asked for themselves: incident.", crate::cast::WHY]),
        ("Were the rules met?", vec!["when it was asked for", "again, on fresh facts, when it was given", "No exception was used."]),
        (
            "Who decided, and as what?",
            vec!["By the approval plan standard, version 1.", "Mona Example approved as Line manager, line manager"],
        ),
        ("Who gave it, and what proves that?", vec!["Pia Example carried giving it out by hand. Proof: Seen in the console."]),
        ("Was it extended?", vec!["The end moved from 22 Dec 2026 00:00 to 11 Jan 2027 00:00: Ana Example asked, Mona Example approved."]),
        ("When does it end?", vec!["It began to end: given back.", "Pol Example carried the removal out by hand.", "It ended."]),
        ("Does anything else give the same?", vec!["No."]),
    ] {
        let text = said(&view, question);
        for part in parts {
            assert!(text.contains(part), "{question}: {text}");
        }
    }
    // The page says it without a script, and its links open.
    let mut browser = Browser::of(s.app.sign_in_as(s.ana).await);
    browser.open(&format!("/grants/{grant}")).await;
    assert!(browser.says("Why Ana Example had Ledger Reader") && browser.says("Who decided, and as what?"), "{}", browser.page);
    let all = browser.link("/identities/");
    browser.open(&all).await;
    assert_eq!(browser.status, 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_past_day_is_told_as_it_was_known_then(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, grant) = course(&s).await;
    at(&s, "2027-05-01T09:00:00Z");
    // Before the extension: the old end, and nothing of what came later.
    let view = why(&s, &grant, "2026-11-30").await;
    assert_eq!(view["phase"], "active");
    assert_eq!(said(&view, "When does it end?"), "By itself on 22 Dec 2026 00:00.");
    assert_eq!(said(&view, "Was it extended?"), "No.");
    assert!(
        view["short"].as_str().unwrap().starts_with("Held on that day, because Ana Example asked for it, Mona Example approved it"),
        "{view}"
    );
    // On the day of the extension: the new one.
    let view = why(&s, &grant, "2026-12-01").await;
    assert_eq!(said(&view, "When does it end?"), "By itself on 11 Jan 2027 00:00.");
    assert!(said(&view, "Was it extended?").contains("11 Jan 2027"));
    // Given back, and not gone yet; then gone in the course of the day.
    let view = why(&s, &grant, "2026-12-20").await;
    assert_eq!(view["phase"], "ending");
    assert!(said(&view, "When does it end?").contains("The removal waits to be carried out."), "{view}");
    let view = why(&s, &grant, "2026-12-21").await;
    assert_eq!(view["phase"], "ended");
    assert!(view["short"].as_str().unwrap().starts_with("Held on that day, and gone before it was over"), "{view}");
    // Days on which it was not held, and days of which nothing can be said.
    let view = why(&s, &grant, "2026-12-22").await;
    assert_eq!((view["phase"].is_null(), view["answers"].as_array().unwrap().len()), (true, 0));
    assert!(view["short"].as_str().unwrap().starts_with("It was not held any more on that day: it ended on 21 Dec 2026"), "{view}");
    for (on, sentence) in [
        ("2027-05-02", "2 May 2027 has not come: nobody can say what will be held then."),
        ("2026-05-01", "The first record is of 22 Nov 2026: of 1 May 2026 nothing is known."),
        ("yesterday", "This is no day: write it as year-month-day, for example 2026-05-01."),
        ("2026-02-30", "This is no day: write it as year-month-day, for example 2026-05-01."),
    ] {
        let view = why(&s, &grant, on).await;
        assert_eq!((view["on"]["nothing"].as_str(), view["answers"].as_array().unwrap().len()), (Some(sentence), 0), "{on}");
        let page = s.app.sign_in_as(s.ana).await.get(&format!("/grants/{grant}?on={on}")).await;
        assert_eq!(page.status, 200, "{on}");
        assert!(page.text().contains(sentence), "{on}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_person_held_on_a_past_day_is_listed_with_why(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, grant) = course(&s).await;
    at(&s, "2027-05-01T09:00:00Z");
    let second = approved(&s, "2027-05-01", "2027-05-20").await;
    carry_out(&s, &second).await;
    let ana = s.ana.to_string();
    let on =
        async |day: &str| s.call(s.ana, "grants/list", &[("query[of]", "identity"), ("query[id]", &ana), ("query[on]", day)]).await.json();
    for (day, held) in [
        ("2026-11-22", vec![(&request, "active", Some("2026-12-22T00:00:00Z"))]),
        ("2026-12-02", vec![(&request, "active", Some("2027-01-11T00:00:00Z"))]),
        ("2026-12-20", vec![(&request, "ending", Some("2027-01-11T00:00:00Z"))]),
        ("2026-12-21", vec![(&request, "ended", Some("2027-01-11T00:00:00Z"))]),
        ("2026-12-22", vec![]),
        ("2027-05-01", vec![(&second, "active", Some("2027-05-21T00:00:00Z"))]),
    ] {
        let page = on(day).await;
        let rows: Vec<_> = page["page"]["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                (
                    row["request"].as_str().unwrap().to_owned(),
                    row["phase"].as_str().unwrap().to_owned(),
                    row["ends"]["at"].as_str().map(str::to_owned),
                )
            })
            .collect();
        let held: Vec<_> = held.into_iter().map(|(id, phase, end)| (id.clone(), phase.to_owned(), end.map(str::to_owned))).collect();
        assert_eq!(rows, held, "{day}");
        assert_eq!(page["page"]["total"].as_i64().unwrap(), i64::try_from(rows.len()).unwrap(), "{day}");
        assert!(page["states"].as_array().unwrap().is_empty(), "no filter of today's");
    }
    assert_eq!(on("2026-12-02").await["page"]["rows"][0]["why"], "Asked for by Ana Example, approved by Mona Example");
    assert_eq!(on("2028-01-01").await["on"]["nothing"], "1 Jan 2028 has not come: nobody can say what will be held then.");
    let mut browser = Browser::of(s.app.sign_in_as(s.ana).await);
    browser.open(&format!("/identities/{ana}/access?on=2026-12-02")).await;
    assert!(browser.says("1 line · at any time on 2 Dec 2026"), "{}", browser.text());
    let why = browser.link(&format!("/grants/{grant}"));
    assert!(why.ends_with("?on=2026-12-02"), "{why}");
    browser.open(&why).await;
    assert!(browser.says("Why Ana Example had Ledger Reader"), "{}", browser.page);
    browser.open(&format!("/grants/{grant}?on=2028-01-01")).await;
    assert!(browser.says("Whether Ana Example had Ledger Reader") && !browser.says("Why Ana Example"), "{}", browser.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_else_gives_the_same_is_named(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (first, second) = twice(&s, false).await;
    let other = one(&s, "select number from request where id = $1::uuid", &second).await;
    let view = why(&s, &grant_of(&s, &first).await, "").await;
    let text = said(&view, "Does anything else give the same?");
    assert_eq!(text, format!("Yes, {other} gives the same: the access stays while either lasts."));
    // On the first day the second had not begun.
    let view = why(&s, &grant_of(&s, &first).await, "2026-11-22").await;
    assert_eq!(said(&view, "Does anything else give the same?"), "No.");
    // What includes it, too.
    sqlx::query("update entitlement set includes = array[$1] where id = $2")
        .bind(s.read.0)
        .bind(s.root.0)
        .execute(&s.app.owner)
        .await
        .unwrap();
    let asked = s.app.asked(s.ana, s.root, "approved").await;
    s.app.given(asked, s.pia).await;
    let view = why(&s, &grant_of(&s, &first).await, "").await;
    let text = said(&view, "Does anything else give the same?");
    assert!(text.contains("Yes, Ledger Root includes it, as the catalogue stands today."), "{text}");
    // When the first ends, its story says why nothing was taken away.
    at(&s, "2027-01-06T00:00:00Z");
    server::job::end_grants::run(&s.app.base).await.unwrap();
    let view = why(&s, &grant_of(&s, &first).await, "").await;
    assert!(said(&view, "When does it end?").contains(&format!("Nothing was taken away, because {other} still gives the same.")), "{view}");
}

#[sqlx::test(migrations = "../migrations")]
async fn why_is_one_click_from_every_line(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let request = s.granted().await;
    let grant = grant_of(&s, &request).await;
    for (who, page) in [
        (s.ana, "/".to_owned()),
        (s.ana, format!("/requests/{request}")),
        (s.mona, format!("/requests/{request}")),
        (s.mona, format!("/identities/{}", s.ana)),
        (s.mona, format!("/identities/{}/access", s.ana)),
        (s.olga, format!("/catalogue/{}/access", s.read)),
        (s.olga, format!("/catalogue/applications/{}/access", s.ledger)),
    ] {
        let mut browser = Browser::of(s.app.sign_in_as(who).await);
        browser.open(&page).await;
        assert_eq!(browser.status, 200, "{page}");
        let href = browser.link("/grants/");
        assert_eq!(href, format!("/grants/{grant}"), "{page}");
        browser.open(&href).await;
        assert_eq!(browser.status, 200, "{page}");
    }
    // The number of holders opens for who may see them, and for nobody else.
    let mut browser = Browser::of(s.app.sign_in_as(s.olga).await);
    browser.open(&format!("/catalogue/{}", s.read)).await;
    assert_eq!(browser.link(&format!("/catalogue/{}/access", s.read).replace("/access", "/a")), format!("/catalogue/{}/access", s.read));
    let mut browser = Browser::of(s.app.sign_in_as(s.stan).await);
    browser.open(&format!("/catalogue/{}", s.read)).await;
    assert!(!browser.page.contains(&format!("/catalogue/{}/access", s.read)));
}
