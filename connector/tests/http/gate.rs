//! How many calls go through, and how.

use crate::bench::{get, out, reach, throughput};
use crate::machine::Machine;
use crate::support::RuntimeTime;
use connector::http::{Ask, Gate, HttpOut, Limits, MachineNames, Pass};
use connector::{Exchanges, Fault};
use reqwest::Method;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

#[test]
fn a_time_to_connect_that_is_not_shorter_than_the_whole_is_refused() {
    let limits = Limits { connect: Duration::from_secs(20), ..Limits::default() };
    let surroundings = Arc::new(Frozen);
    let gate = Arc::new(Gate::new(throughput(1, 1, 1, 1), surroundings.clone()));
    let came = HttpOut::new(limits, reach(&[]), gate, surroundings, Arc::new(MachineNames));
    assert!(matches!(came.err(), Some(Fault::Misconfigured { field: "timeouts", .. })));
}

struct Frozen;

impl connector::Surroundings for Frozen {
    fn micros(&self) -> u64 {
        0
    }
    fn unix_seconds(&self) -> i64 {
        0
    }
}

#[test]
fn a_proxy_from_the_environment_is_not_used() {
    // The environment belongs to the whole program, so the call is made in one of its own.
    if std::env::var_os("CALLS_THE_MACHINE").is_some() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (machine, proxy) =
        runtime.block_on(async { (Machine::answering("200 OK", "", "{}").await, Machine::answering("200 OK", "", "{}").await) });
    let proxied = proxy.url("127.0.0.1");
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "gate::calls_the_machine_of_the_environment"])
        .env("CALLS_THE_MACHINE", machine.url("machine.example"))
        .envs([("HTTP_PROXY", &proxied), ("http_proxy", &proxied), ("ALL_PROXY", &proxied), ("all_proxy", &proxied)])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert_eq!((machine.heard().len(), proxy.heard().len()), (1, 0));
}

/// The inner half of the test above; by itself it calls a machine of its own.
#[tokio::test]
async fn calls_the_machine_of_the_environment() {
    let machine = Machine::answering("200 OK", "", "{}").await;
    let url = std::env::var("CALLS_THE_MACHINE").unwrap_or_else(|_| machine.url("machine.example"));
    assert_eq!(get(&out(), &url).await, Ok(200));
}

#[tokio::test(start_paused = true)]
async fn a_gate_lets_a_burst_through_and_then_keeps_the_pace() {
    let time = RuntimeTime::new();
    let gate = Gate::new(throughput(100, 2, 3, 60), time.clone());
    let start = tokio::time::Instant::now();
    let mut passed = Vec::new();
    for _ in 0..7 {
        drop(gate.pass().await.unwrap());
        passed.push(start.elapsed().as_millis());
    }
    for (passed, due) in passed.iter().zip([0, 0, 0, 500, 1000, 1500, 2000]) {
        assert!(passed.abs_diff(due) <= 2, "{passed} instead of {due}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_lets_no_more_calls_through_at_once_than_allowed() {
    let gate = Gate::new(throughput(2, 1000, 1000, 5), RuntimeTime::new());
    let first = gate.pass().await.unwrap();
    let _second = gate.pass().await.unwrap();
    let fault = gate.pass().await.unwrap_err();
    assert_eq!(fault, Fault::Throttled { retry_after: Some(Duration::from_secs(5)) });
    assert!(!fault.counts_against());
    drop(first);
    assert!(gate.pass().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_would_wait_too_long_is_given_back_at_once() {
    let gate = Gate::new(throughput(100, 1, 1, 2), RuntimeTime::new());
    let start = tokio::time::Instant::now();
    let passes = futures::future::join_all((0..5).map(|_| gate.pass())).await;
    assert_eq!(passes.iter().filter(|pass| pass.is_ok()).count(), 3);
    assert!(start.elapsed() < Duration::from_millis(2100));
    assert!(matches!(passes[4], Err(Fault::Throttled { retry_after: Some(wait) }) if wait > Duration::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_gets_no_turn_is_not_on_record() {
    let gate = Arc::new(Gate::new(throughput(1, 1000, 1000, 5), RuntimeTime::new()));
    let (reach, names) = (reach(&["127.0.0.1"]), Arc::new(MachineNames));
    let out = HttpOut::new(Limits::default(), reach, gate.clone(), RuntimeTime::new(), names).unwrap();
    let _busy = gate.pass().await.unwrap();
    let mut log = Exchanges::default();
    let came = out.send(Ask::new("look", Method::GET, Url::parse("http://127.0.0.1:9/").unwrap()), &mut log).await;
    assert!(matches!(came.err(), Some(Fault::Throttled { .. })));
    assert_eq!(log, Exchanges::default());
}

/// Takes every place that is free, and none twice.
async fn all(gate: &Gate) -> Vec<Pass> {
    let mut taken = Vec::new();
    while let Ok(pass) = gate.pass().await {
        taken.push(pass);
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn other_limits_hold_at_once_and_places_in_use_count() {
    let gate = Gate::new(throughput(4, 1000, 1000, 1), RuntimeTime::new());
    let mut taken = all(&gate).await;
    assert_eq!(taken.len(), 4);
    // Fewer than are in use: two of them are not given back.
    gate.change(throughput(2, 1000, 1000, 1));
    for (left, free) in [(3, 0), (2, 0), (1, 1), (0, 2)] {
        taken.truncate(left);
        assert_eq!(all(&gate).await.len(), free, "{left} in use");
    }
    // More than there were, while some are still to go.
    let taken = all(&gate).await;
    gate.change(throughput(1, 1000, 1000, 1));
    gate.change(throughput(5, 1000, 1000, 1));
    assert_eq!((taken.len(), all(&gate).await.len()), (2, 3));
    drop(taken);
    assert_eq!(all(&gate).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn another_pace_holds_from_the_next_call_on() {
    let gate = Gate::new(throughput(100, 10, 1, 60), RuntimeTime::new());
    let start = tokio::time::Instant::now();
    let mut passed = Vec::new();
    for call in 0..5 {
        if call == 2 {
            gate.change(throughput(100, 2, 1, 60));
        }
        drop(gate.pass().await.unwrap());
        passed.push(start.elapsed().as_millis());
    }
    for (passed, due) in passed.iter().zip([0, 100, 200, 700, 1200]) {
        assert!(passed.abs_diff(due) <= 2, "{passed} instead of {due}");
    }
}
