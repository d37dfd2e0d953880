//! Every fault at every step: where the release stands, what really happened, what people read.

mod extending;
mod giving;
mod taking;
mod undoing;

use super::scene::*;
use std::time::Duration;

/// Everything that can go wrong, and a call that is slow and in time.
fn troubles() -> Vec<(&'static str, Trouble)> {
    let slow = Trouble::Slow(Duration::from_millis(1));
    Trouble::EACH.into_iter().chain([slow]).map(|trouble| (name(trouble), trouble)).collect()
}

fn name(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Refuse => "refuse",
        Trouble::Hang => "hang",
        Trouble::Slow(time) if time < Duration::from_millis(50) => "slow",
        Trouble::Slow(_) => "too slow",
        Trouble::Fail => "500",
        Trouble::Throttle(_) => "429",
        Trouble::HalfDone => "half done",
        Trouble::DoneButSaysFailed => "done but says failed",
        Trouble::SaysDoneButNot => "says done but not",
        Trouble::DoneThenHangs => "done then hangs",
    }
}

/// How a release stands after the first look; its page says so, and why, in the same words.
async fn seen(scene: &Scene, release: &str) -> Stands {
    let stands = scene.stands(release).await;
    let page = scene.page(release).await;
    if let Some(said) = &stands.said {
        assert!(page.says(said), "{said} {}", page.page);
    }
    stands
}

/// One row of a table.
fn told(moment: Moment, name: &str, first: &Stands, then: &str, last: &str, effects: impl std::fmt::Debug) -> String {
    let said = first.said.as_ref().map(|said| format!("; {said}")).unwrap_or_default();
    format!("{} {name}: {} -> {last}{then}, effects {effects:?}{said}", moment.word(), first.state)
}

/// One fault at one moment on the way forward: what stands after the first look, whether an operator had
/// to help, and how it ends.
async fn row(scene: &Scene, release: &str, moment: Moment, (name, trouble): (&str, Trouble), effects: impl Fn() -> [u32; 2]) -> String {
    scene.directory.script(moment, trouble, 1);
    scene.s.app.drain().await;
    let first = seen(scene, release).await;
    let then = match (first.state.as_str(), first.again) {
        ("closed", _) => "",
        (_, true) => {
            scene.drain_at_next_try(release).await;
            " by itself"
        }
        (_, false) => {
            let reply = scene.act(scene.s.pia, "releases/retry", release, &[]).await;
            assert!(reply.status < 400, "{name}: {} {}", reply.status, reply.text());
            scene.s.app.drain().await;
            " by an operator"
        }
    };
    let last = scene.state(release).await;
    scene.directory.recover();
    told(moment, name, &first, then, &last, effects())
}

/// How often each of two steps really changed something for a release.
fn effects<'a>(scene: &'a Scene, release: &'a str, of: fn(Operation) -> Moment, operations: [Operation; 2]) -> impl Fn() -> [u32; 2] + 'a {
    move || operations.map(|operation| scene.effects(release, of(operation)))
}

/// The next row begins without access, without an account, and with a connection that nothing failed on.
async fn clean_up(scene: &Scene) {
    for login in scene.directory.people().keys() {
        scene.directory.remove(login);
    }
    sqlx::query("delete from connection_health").execute(&scene.s.app.owner).await.unwrap();
}
