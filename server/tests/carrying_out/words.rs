//! A word that stands in the database, in what a connector says and on a page is one word.

use connector::{Breaker, Fault, Operation};
use domain::connection::{BreakerState, ConnectorKind};
use domain::manual::Piece;
use domain::saga::{StepOperation, StepState};
use domain::task::{CallOutcome, CallPurpose};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// The words that a constraint allows.
async fn allowed(pool: &sqlx::PgPool, constraint: &str) -> BTreeSet<String> {
    let text: String = sqlx::query_scalar("select pg_get_constraintdef(oid) from pg_constraint where conname = $1")
        .bind(constraint)
        .fetch_one(pool)
        .await
        .unwrap();
    text.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_allows_the_words_of_the_rules_and_no_others(pool: sqlx::PgPool) {
    macro_rules! agree {
        ($($constraint:literal => $words:ty),+ $(,)?) => {$({
            let words: BTreeSet<String> = <$words>::ALL.iter().map(|value| value.word().to_owned()).collect();
            assert_eq!(allowed(&pool, $constraint).await, words, $constraint);
        })+};
    }
    agree! {
        "connection_connector_known" => ConnectorKind,
        "connection_version_connector_known" => ConnectorKind,
        "release_call_outcome_known" => CallOutcome,
        "release_call_purpose_known" => CallPurpose,
        "release_evidence_kind_known" => Piece,
        "release_step_operation_known" => StepOperation,
        "release_step_state_known" => StepState,
    }
}

#[test]
fn every_word_of_a_connector_is_one_of_the_rules() {
    let words = || String::from("words");
    let faults = [
        Fault::Refused { said: words() },
        Fault::Unreachable { why: words() },
        Fault::Unclear { after: Duration::ZERO },
        Fault::Throttled { retry_after: None },
        Fault::Broken { status: 500 },
        Fault::Garbled { why: words() },
        Fault::NotAllowed { why: words() },
        Fault::Misconfigured { field: "url", why: words() },
        Fault::Resting,
    ];
    let faults: BTreeSet<CallOutcome> = faults.iter().map(|fault| fault.word().parse().unwrap()).collect();
    let others = [CallOutcome::Done, CallOutcome::Awaited, CallOutcome::Lost];
    assert_eq!(faults.into_iter().chain(others).collect::<BTreeSet<_>>(), CallOutcome::ALL.iter().copied().collect());

    let operations = [Operation::ReadyAccount, Operation::Give, Operation::Take, Operation::CloseAccount];
    let operations: Vec<StepOperation> = operations.iter().map(|operation| operation.word().parse().unwrap()).collect();
    assert_eq!(operations, StepOperation::ALL);

    let at = Timestamp::UNIX_EPOCH;
    let breakers = [Breaker::default(), Breaker::Open { since: at, until: at, rests: 1 }, Breaker::Trying { since: at, rests: 1 }];
    let breakers: Vec<BreakerState> =
        breakers.iter().map(|breaker| serde_json::to_value(breaker).unwrap()["state"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(breakers, BreakerState::ALL);
}
