//! What the page of a request says of the access, once it was extended, changed or given back.

use crate::Held;
use crate::support::*;

/// The page of a request as Ana reads it.
async fn page(h: &Held, request: &str) -> Browser {
    let mut browser = Browser::of(h.s.app.sign_in_as(h.s.ana).await);
    browser.open(&format!("/requests/{request}")).await;
    assert_eq!(browser.status, 200, "{}", browser.page);
    browser
}

/// The request that led to the first access.
async fn first(h: &Held) -> String {
    let id: uuid::Uuid = sqlx::query_scalar("select request_id from access_grant where id = $1::uuid")
        .bind(&h.grant)
        .fetch_one(&h.s.app.owner)
        .await
        .unwrap();
    id.to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_extension_that_was_carried_out_says_where_the_end_is_now(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (extension, release) = h.extension().await;
    assert!(h.s.execute(h.s.pia, &release).await.status < 400);
    assert_eq!(h.s.state(&extension).await, "closed");
    let moved = "the end of Ledger Reader was moved to 1 Feb 2027 00:00";
    let said = page(&h, &extension).await;
    assert!(said.says(moved) && said.says("The access is there; what becomes of it is told on REQ-"), "{}", said.page);
    assert!(!said.says("the access has ended"), "{}", said.page);
    assert!(page(&h, &first(&h).await).await.says("It ends by itself 1 Feb 2027 00:00"));

    h.s.app.clock.set("2027-02-01T00:00:00Z".parse().unwrap());
    h.s.jobs().await;
    let said = page(&h, &extension).await;
    assert!(said.says(moved) && said.says("It is being removed now."), "{}", said.page);
    assert!(page(&h, &first(&h).await).await.says("The end was reached. It is being removed now"));
    let removal = h.s.open_release(&first(&h).await).await;
    assert!(h.s.execute(h.s.pol, &removal).await.status < 400);
    assert!(page(&h, &extension).await.says("It has ended since, and its removal is proven."));
    assert!(page(&h, &first(&h).await).await.says("the access has ended and its removal is proven"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_tells_the_end_of_the_new_access_and_not_of_the_one_it_replaced(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let (change, release) = h.change("2026-11-22").await;
    assert!(h.s.execute(h.s.pia, &release).await.status < 400);
    let said = page(&h, &change).await;
    assert!(said.says("The access is there. It ends by itself 1 Jan 2027 00:00"), "{}", said.page);
    let said = page(&h, &first(&h).await).await;
    assert!(said.says("Other access took the place of this one. It is being removed now"), "{}", said.page);
    assert!(!said.says("The access is there."), "{}", said.page);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_given_back_is_said_to_be_on_its_way_out(pool: PgPoolOptions, connect: PgConnectOptions) {
    let h = Held::begin(pool, connect).await;
    let request = first(&h).await;
    assert!(page(&h, &request).await.says("The access is there. It ends by itself 22 Dec 2026 00:00"));
    assert!(h.s.call(h.s.ana, "grants/give_back", &[("grant", &h.grant)]).await.status < 400);
    let said = page(&h, &request).await;
    assert!(said.says("The access was given back. It is being removed now"), "{}", said.page);
    assert!(!said.says("The access is there."), "{}", said.page);
}
