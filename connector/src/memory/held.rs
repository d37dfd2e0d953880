//! Stopping a call at a point, for tests of what happens when the caller dies or another comes first.

use super::trouble::Moment;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Where in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Nothing has happened yet.
    BeforeEffect,
    /// It has happened, and nobody was told.
    AfterEffect,
}

/// A call that is stopped, or will be. Dropping this lets it go on.
#[derive(Debug)]
pub struct Held {
    reached: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl Held {
    /// Waits until a call is at the point. False when none can come any more.
    #[must_use = "when no call came, the test says nothing"]
    pub async fn reached(&mut self) -> bool {
        (&mut self.reached).await.is_ok()
    }

    /// Lets the call go on.
    pub fn release(self) {
        // The caller may have given up by now; then there is nothing to let go.
        let _ = self.release.send(());
    }
}

/// The other end, in the directory.
#[derive(Debug)]
pub(super) struct Hold {
    moment: Moment,
    release: Option<Uuid>,
    point: Point,
    reached: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

impl Hold {
    pub(super) fn new(moment: Moment, release: Option<Uuid>, point: Point) -> (Self, Held) {
        let (reached, is_reached) = oneshot::channel();
        let (let_go, go) = oneshot::channel();
        (Self { moment, release, point, reached, go }, Held { reached: is_reached, release: let_go })
    }

    pub(super) fn is_for(&self, moment: Moment, release: Option<Uuid>, point: Point) -> bool {
        self.moment == moment && self.point == point && (self.release.is_none() || self.release == release)
    }

    pub(super) async fn wait(self) {
        // Whoever holds may be gone; both mean to go on.
        let _ = self.reached.send(());
        let _ = self.go.await;
    }
}
