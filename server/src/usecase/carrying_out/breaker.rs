//! The breaker of a connection: after several faults it rests, and one call tries it again.

use super::calling::Gave;
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

/// Counts what came of a call.
pub(super) async fn count(work: &mut Work<'_>, id: ConnectionId, gave: &Result<Gave, Fault>) -> Result<(), UseCaseError> {
    let now = work.now();
    let breaker = store::connections::lock_breaker(work.conn(), id).await?.map_or_else(Breaker::default, read);
    let (next, said) = match gave {
        Err(fault) if fault.counts_against() => (breaker.failed(now, &RULES), Some(fault.to_string())),
        // A refusal is an answer: the machine is well.
        _ => (breaker.worked(), None),
    };
    Ok(store::connections::set_health(work.conn(), id, &json!(next), said.as_deref(), now).await?)
}
