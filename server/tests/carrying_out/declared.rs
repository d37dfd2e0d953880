//! What a connection is not set to do is not asked of it: people have it at once. What it says all the same
//! is not believed.

use super::receiver::{Manner, Receiver};
use super::scene::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOT_READ: &str = "This connection does not say what is there; somebody has to look.";

/// The ledger served by a receiver that is not set to do this.
async fn served_without(ability: &str, pool: PgPoolOptions, connect: PgConnectOptions) -> (Scene, Receiver) {
    let scene = Scene::set(pool, connect).await;
    let receiver = Receiver::start(SECRET).await;
    let mut settings = receiver.settings();
    settings[ability] = json!(false);
    scene.s.app.connect(scene.s.ledger, "hook", "webhook", &settings, Some(SECRET)).await;
    (scene, receiver)
}

async fn roll_back(scene: &Scene, release: &str) {
    let reply = scene.act(scene.s.pia, "releases/roll_back", release, &[("reason", "The wrong role.")]).await;
    assert!(reply.status < 400, "{} {}", reply.status, reply.text());
    scene.s.app.drain().await;
}

/// Two people say that something was done by hand, or is as it should be.
async fn by_two(scene: &Scene, release: &str, reason: &str) {
    assert!(scene.act(scene.s.pia, "releases/propose_skip", release, &[("reason", reason)]).await.status < 400);
    assert!(scene.act(scene.s.pol, "releases/answer_skip", release, &[("confirm", "true")]).await.status < 400);
    scene.s.app.drain().await;
}

/// A release as it stands, and what people read about it.
async fn stands(scene: &Scene, release: &str) -> (String, bool, String) {
    let Stands { state, again, said } = scene.stands(release).await;
    (state, again, said.unwrap_or_default())
}

fn rests(state: &str, said: &str) -> (String, bool, String) {
    (state.to_owned(), false, said.to_owned())
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_connection_does_not_undo_is_taken_back_by_people_without_a_message(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver) = served_without("undoes", pool, connect).await;
    let (_, release) = scene.approved().await;
    receiver.behave(Manner::SaysSo);
    scene.s.app.drain().await;
    let asked = receiver.asked();
    roll_back(&scene, &release).await;
    assert_eq!(stands(&scene, &release).await, rests("stuck", "This connection does not undo; somebody has to do it by hand."));
    assert_eq!(receiver.asked(), asked);
    assert!(scene.page(&release).await.says("Could not be undone"));
    by_two(&scene, &release, "Nothing of it is in the console.").await;
    assert_eq!((scene.state(&release).await.as_str(), receiver.asked()), ("rolled_back", asked + 1), "it is read");
}

#[sqlx::test(migrations = "../migrations")]
async fn where_a_connection_does_not_say_what_is_there_two_people_do(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver) = served_without("reads_back", pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.s.app.drain().await;
    assert_eq!(stands(&scene, &release).await, rests("failed", NOT_READ));
    let steps = "select string_agg(operation || ' ' || state, ', ' order by position) from release_step where release_id = $1::uuid";
    assert_eq!(scene.one::<String>(steps, &release).await, "give done", "it makes no accounts");
    by_two(&scene, &release, "Seen in the console, ticket 4711.").await;
    assert_eq!((scene.state(&release).await.as_str(), receiver.applied().len(), receiver.asked()), ("closed", 1, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_undone_through_such_a_connection_is_not_read_either(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver) = served_without("reads_back", pool, connect).await;
    let (_, release) = scene.approved().await;
    scene.s.app.drain().await;
    roll_back(&scene, &release).await;
    assert_eq!(stands(&scene, &release).await, rests("stuck", NOT_READ));
    assert_eq!((receiver.asked(), receiver.holds("Ledger Reader")), (2, false), "given and undone");
    by_two(&scene, &release, "Looked in the console: nothing is left.").await;
    assert_eq!((scene.state(&release).await.as_str(), receiver.asked()), ("rolled_back", 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_is_announced_where_none_may_follow_is_not_waited_for(pool: PgPoolOptions, connect: PgConnectOptions) {
    let (scene, receiver) = served_without("answers_later", pool, connect).await;
    let (_, release) = scene.approved().await;
    receiver.behave(Manner::Later);
    scene.s.app.drain().await;
    let said = "The answer cannot be understood: it is 202, but this connection is not set to answer later.";
    assert_eq!(stands(&scene, &release).await, ("failed".to_owned(), true, said.to_owned()));
    assert_eq!(scene.one::<String>("select state from release_step where release_id = $1::uuid", &release).await, "failed");
}
