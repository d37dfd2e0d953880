//! Work by hand that waits for its second look is told as what it is: done, and not proven.

use super::steps::*;
use super::unproven::{confirm, given_by_hand, look};
use super::why::{said, why};

const GAVE: &str = "Who gave it, and what proves that?";
const ENDS: &str = "When does it end?";

/// Given on 22 November and looked at on the 25th; gives the request and the grant.
async fn looked_at_on_the_25th(s: &Story) -> (String, String) {
    let (request, release) = given_by_hand(s).await;
    at(s, "2026-11-25T09:00:00Z");
    let reply = look(s, s.pol, &release).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    let grant = grant_of(s, &request).await;
    (request, grant)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_day_before_the_second_look_says_who_gave_it_and_since_when_that_is_on_record(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (_, grant) = looked_at_on_the_25th(&s).await;
    at(&s, "2026-11-27T09:00:00Z");
    for day in ["2026-11-22", "2026-11-24"] {
        let view = why(&s, &grant, day).await;
        assert_eq!(view["phase"], "active", "{day}");
        let short = view["short"].as_str().unwrap();
        assert!(
            short.starts_with("Held on that day, as is on record since 25 Nov 2026 09:00, because Ana Example asked for it"),
            "{day}: {short}"
        );
        let gave = "Pia Example carried giving it out by hand; Pol Example took the second look that proves it on 25 Nov 2026 09:00.";
        assert_eq!(said(&view, GAVE), gave, "{day}");
        assert!(!view.to_string().contains("waits to be carried out"), "{day}: {view}");
    }
    let view = why(&s, &grant, "2026-11-25").await;
    assert!(view["short"].as_str().unwrap().starts_with("Held on that day, because Ana Example asked for it"), "{view}");
    let gave = said(&view, GAVE);
    assert!(gave.starts_with("Pia Example carried giving it out by hand. Pol Example took the second look. Proof: "), "{gave}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_that_waits_for_its_second_look_is_told_with_who_carried_it_out(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, grant) = looked_at_on_the_25th(&s).await;
    at(&s, "2026-12-01T09:00:00Z");
    give_back(&s, &request).await;
    let waits = "The removal waits to be carried out.";
    let done = "The removal was carried out by Pol Example and waits for a second look.";
    assert!(said(&why(&s, &grant, "").await, ENDS).contains(waits));
    at(&s, "2026-12-02T09:00:00Z");
    let removal = s.open_release(&request).await;
    confirm(&s, s.pol, &removal).await;
    let view = why(&s, &grant, "").await;
    let ends = said(&view, ENDS);
    assert!(view["phase"] == "ending" && ends.contains(done) && !ends.contains(waits), "{view}");
    at(&s, "2026-12-04T09:00:00Z");
    let reply = look(&s, s.pia, &removal).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    at(&s, "2026-12-10T09:00:00Z");
    // Of a past day what was known by then is told.
    for (day, phase, sentence) in [
        ("2026-12-01", "ending", waits),
        ("2026-12-02", "ending", done),
        ("2026-12-03", "ending", done),
        ("2026-12-04", "ended", "Pol Example carried the removal out by hand. Pia Example took the second look."),
    ] {
        let view = why(&s, &grant, day).await;
        let ends = said(&view, ENDS);
        assert!(view["phase"] == phase && ends.contains(sentence), "{day}: {view}");
        assert_eq!(ends.contains("waits"), phase == "ending", "{day}: {ends}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_nobody_looked_at_before_its_end_is_told_as_that(pool: PgPoolOptions, connect: PgConnectOptions) {
    let s = Story::begin(pool, connect).await;
    let (request, _) = given_by_hand(&s).await;
    at(&s, END);
    server::job::end_grants::run(&s.app.base).await.unwrap();
    assert_eq!(grant_state(&s, &request).await, "ending: expired");
    let view = why(&s, &grant_of(&s, &request).await, "2026-11-30").await;
    assert!(view["short"].as_str().unwrap().starts_with("Held on that day, as is on record since 22 Dec 2026 00:00, because"), "{view}");
    let gave = "Pia Example carried giving it out by hand; nobody had taken the second look when it went on record on 22 Dec 2026 00:00.";
    assert_eq!(said(&view, GAVE), gave);
}
