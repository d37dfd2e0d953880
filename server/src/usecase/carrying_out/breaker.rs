//! The breaker of a connection: after several faults it rests, and one call tries it again.

use super::calling::Outcome;
use crate::store;
use crate::usecase::error::UseCaseError;
use crate::usecase::work::Work;
use connector::{Breaker, BreakerRules, Fault};
use domain::id::ConnectionId;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::time::Duration;

/// Five faults within five minutes let a connection rest for a minute, then twice as long, up to an hour.
const RULES: BreakerRules = BreakerRules {
    faults: NonZeroU32::new(5).unwrap(),
    window: Duration::from_secs(300),
    rest: Duration::from_secs(60),
    longest_rest: Duration::from_secs(3_600),
    lost_after: Duration::from_secs(60),
};

/// Asks the breaker of a connection for leave; the moment before which there is none otherwise.
pub(super) async fn ask(work: &mut Work<'_>, id: ConnectionId) -> Result<Result<(), Timestamp>, UseCaseError> {
    let now = work.now();
    let Some(stored) = store::connections::lock_breaker(work.conn(), id).await? else { return Ok(Ok(())) };
    let breaker = read(stored);
    match breaker.clone().ask(now, &RULES) {
        Err(until) => Ok(Err(until)),
        Ok(next) => {
            if next != breaker {
                store::connections::set_breaker(work.conn(), id, &json!(next), now).await?;
            }
            Ok(Ok(()))
        }
    }
}

fn read(stored: Value) -> Breaker {
    // One that cannot be read any more begins anew: it guards a machine, not a rule of ours.
    serde_json::from_value(stored).unwrap_or_default()
}

/// What a call says of how well the machine is.
#[derive(Debug, PartialEq, Eq)]
enum Says {
    /// It answered. A refusal is an answer, too.
    Well,
    /// A fault that counts against it, in words.
    Fails(String),
    /// Nothing: it was not asked, or what was to be asked went no further than our own house.
    Nothing,
}

/// What goes out is written down before it goes, behind our own gate and our own settings: where nothing
/// is written, nobody was called, whatever came of it.
fn says(outcome: &Outcome) -> Says {
    let said = &outcome.exchanges.0;
    match &outcome.gave {
        _ if said.is_empty() => Says::Nothing,
        // Every call was answered: what took too long was the wait for a turn at our own gate.
        Err(Fault::Unclear { .. }) if said.iter().all(|exchange| exchange.status.is_some()) => Says::Well,
        Err(fault) if fault.counts_against() => Says::Fails(fault.to_string()),
        Ok(_) | Err(_) if said.iter().any(|exchange| exchange.status.is_some()) => Says::Well,
        Ok(_) | Err(_) => Says::Nothing,
    }
}

/// Counts what came of a call. One that nobody made changes nothing, and gives the trial back that it may
/// have been.
pub(super) async fn count(work: &mut Work<'_>, id: ConnectionId, outcome: &Outcome) -> Result<(), UseCaseError> {
    let now = work.now();
    let breaker = store::connections::lock_breaker(work.conn(), id).await?.map_or_else(Breaker::default, read);
    let (next, said) = match says(outcome) {
        Says::Well => (breaker.worked(), None),
        Says::Fails(said) => (breaker.failed(now, &RULES), Some(said)),
        Says::Nothing => {
            let next = breaker.clone().not_called(now);
            if next != breaker {
                store::connections::set_breaker(work.conn(), id, &json!(next), now).await?;
            }
            return Ok(());
        }
    };
    Ok(store::connections::set_health(work.conn(), id, &json!(next), said.as_deref(), now).await?)
}

#[cfg(test)]
mod tests {
    use super::super::calling::Gave;
    use super::*;
    use connector::{Exchange, Exchanges, Plan};

    fn exchange(status: Option<u16>) -> Exchange {
        let word = |text: &str| text.to_owned();
        Exchange {
            purpose: word("find"),
            method: word("GET"),
            address: word("https://machine.example"),
            request: None,
            status,
            answer: None,
            took_ms: 1,
        }
    }

    #[test]
    fn only_what_left_the_house_says_how_well_a_machine_is() {
        let why = || "words".to_owned();
        let planned = || Gave::Plan(Plan { steps: vec![], account: None });
        let throttled = || Fault::Throttled { retry_after: None };
        let (unreachable, unclear) = (|| Fault::Unreachable { why: why() }, || Fault::Unclear { after: Duration::from_secs(20) });
        let fails = |fault: Fault| Says::Fails(fault.to_string());
        /// What happened, what came of it, the status of each exchange, and what that says.
        type Case = (&'static str, Result<Gave, Fault>, &'static [Option<u16>], Says);
        let cases: Vec<Case> = vec![
            ("it did what it was asked", Ok(planned()), &[Some(200)], Says::Well),
            ("it is known without asking", Ok(planned()), &[], Says::Nothing),
            ("it refuses", Err(Fault::Refused { said: why() }), &[Some(403)], Says::Well),
            ("it asks to wait", Err(throttled()), &[Some(429)], Says::Well),
            ("our own gate has no turn", Err(throttled()), &[], Says::Nothing),
            ("our own gate has no turn after an answer", Err(throttled()), &[Some(200)], Says::Well),
            ("the settings cannot work", Err(Fault::Misconfigured { field: "secret", why: why() }), &[], Says::Nothing),
            ("the address is not allowed", Err(Fault::NotAllowed { why: why() }), &[], Says::Nothing),
            ("what the name leads to is not allowed", Err(Fault::NotAllowed { why: why() }), &[None], Says::Nothing),
            ("the connection rests", Err(Fault::Resting), &[], Says::Nothing),
            ("the time is over before a turn came", Err(unclear()), &[], Says::Nothing),
            ("the time is over before the next turn came", Err(unclear()), &[Some(200)], Says::Well),
            ("it does not answer", Err(unclear()), &[None], fails(unclear())),
            ("it does not answer any more", Err(unclear()), &[Some(200), None], fails(unclear())),
            ("it cannot be reached", Err(unreachable()), &[None], fails(unreachable())),
            ("it cannot be reached any more", Err(unreachable()), &[Some(200), None], fails(unreachable())),
            ("it fails", Err(Fault::Broken { status: 502 }), &[Some(502)], fails(Fault::Broken { status: 502 })),
            ("it is not understood", Err(Fault::Garbled { why: why() }), &[Some(200)], fails(Fault::Garbled { why: why() })),
        ];
        for (case, gave, statuses, expected) in cases {
            let exchanges = Exchanges(statuses.iter().copied().map(exchange).collect());
            assert_eq!(says(&Outcome { gave, exchanges, took_ms: 1 }), expected, "{case}");
        }
    }
}
