//! Releases that a machine carries out, against the directory in memory: the whole way, every fault at
//! every step, two workers, and what people do about it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop where it stands")]

#[path = "story/cast.rs"]
#[expect(dead_code, reason = "this program tells its own part of the story")]
mod cast;
#[path = "../../connector/tests/servers/mod.rs"]
#[expect(dead_code, reason = "this program needs its own part of the servers")]
mod servers;
mod support;
mod carrying_out {
    mod by_hand;
    mod carrier;
    mod declared;
    mod faults;
    mod killed;
    mod line;
    mod many;
    mod messages;
    mod one_at_a_time;
    mod pinned;
    mod process;
    mod real_server;
    mod receiver;
    mod relied_on;
    mod scene;
    mod spellings;
    mod unseen;
    mod ways;
    mod whose_account;
    mod words;
    mod workers;
}
