//! How many calls go through, and how.

use crate::bench::{get, out, reach, throughput};
use crate::machine::Machine;
use crate::support::RuntimeTime;
use connector::Fault;
use connector::http::{Gate, HttpOut, Limits, MachineNames};
use std::sync::Arc;
use std::time::Duration;

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
