//! The work queue: what is queued with a transaction, what a task may hold, how servers share tasks and
//! take over from one another, what is late, and what the pages and monitoring show of it.
//!
//! Workers run in real time here. Nobody sleeps: tasks tell a channel of the database what they did, and
//! tests wait for that.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers as well")]

mod support;

mod work_queue {
    mod pages;
    mod queueing;
    mod scene;
    mod sharing;
}
