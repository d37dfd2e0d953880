//! The shipped controls: that they say what they should, and that whatever goes wrong stops an
//! item instead of letting it through. What loading refuses is in `policies/loading.rs`.

#![expect(clippy::panic, reason = "a helper that cannot go on fails the test that called it")]

#[path = "policies/loading.rs"]
mod loading;

use domain::catalogue::{Classification, Logging, RiskTier};
use domain::conflict::{ConflictFound, Severity, Standing};
use domain::gate::{ControlKind, Evaluation, GateFacts, GateResult, Outcome, Phase};
use domain::id::{EntitlementId, EvaluationId};
use domain::identity::Population;
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use server::policy::{CaseKind, PolicySet, SHIPPED};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Files = BTreeMap<String, Vec<u8>>;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

fn shipped() -> PolicySet {
    PolicySet::builtin().unwrap_or_else(|error| panic!("{error}"))
}

fn shipped_files() -> Files {
    SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

fn load(files: &Files) -> Result<PolicySet, String> {
    PolicySet::from_files(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))).map_err(|error| error.to_string())
}

fn base() -> GateFacts {
    let text = SHIPPED.iter().find(|(name, _)| *name == "base-facts.json").map_or("", |(_, text)| *text);
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn evaluate(set: &PolicySet, facts: &GateFacts) -> Evaluation {
    set.evaluate(facts, EvaluationId::new(Timestamp::UNIX_EPOCH, [0; 10]), Timestamp::UNIX_EPOCH, &|| 0)
}

fn result<'e>(evaluation: &'e Evaluation, control: &str) -> &'e GateResult {
    evaluation.results.iter().find(|result| result.control == control).unwrap_or_else(|| panic!("{control} gave no result"))
}

/// One control, the base facts and its three cases.
fn small_set(policy: &str, cases: &str) -> Files {
    let mut files: Files =
        shipped_files().into_iter().filter(|(name, _)| name == "schema.cedarschema" || name == "base-facts.json").collect();
    files.insert("CS-TEST-01.cedar".to_owned(), policy.as_bytes().to_vec());
    files.insert("CS-TEST-01.cases.json".to_owned(), cases.as_bytes().to_vec());
    files
}

const TEST_HEAD: &str = r#"@id("CS-TEST-01") @title("Short") @objective("Access is short.") @remedy("Shorten it.") @kind("compensating")
@waivable("no") @frameworks("SOC2:CC6.3") @owner("Compliance") @saw("Short.") @saw_unmet("Long.")
forbid (principal, action == Action::"release", resource)
"#;

/// Multiplies so that more than 20 days overflow, which no case shows.
fn overflowing_set() -> PolicySet {
    let policy =
        format!("{TEST_HEAD}when {{ context has duration_days && context.duration_days * 461168601842738790 > 4611686018427387900 }};");
    let cases = r#"{"control": "CS-TEST-01", "cases": [
        {"name": "five", "kind": "pass", "expect": "pass", "facts": {"wish": {"duration_days": 5}}},
        {"name": "twenty", "kind": "fail", "expect": "fail", "facts": {}},
        {"name": "ten", "kind": "edge", "expect": "pass", "facts": {"wish": {"duration_days": 10}}}]}"#;
    load(&small_set(&policy, cases)).unwrap_or_else(|error| panic!("{error}"))
}

fn conflict(severity: Severity, standing: Standing) -> ConflictFound {
    ConflictFound {
        code: "SOD-001".into(),
        version: Some(1),
        title: "Pay and approve".into(),
        severity,
        with: EntitlementId::new(Timestamp::UNIX_EPOCH, [9; 10]),
        with_name: "Payment Approver".into(),
        standing,
        with_through: None,
        with_account: None,
        because_of: None,
        mitigation: String::new(),
        at_most: None,
    }
}

#[test]
fn the_shipped_set_is_the_directory_and_names_the_gates_of_the_product() {
    let compiled = shipped();
    let read = PolicySet::load(&directory()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(compiled.hash(), read.hash());
    assert_eq!(compiled.hash().len(), 64);
    let mut in_directory: Files = Files::new();
    for entry in std::fs::read_dir(directory()).unwrap() {
        let entry = entry.unwrap();
        in_directory.insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap());
    }
    in_directory.remove("README.md");
    assert_eq!(in_directory.keys().collect::<Vec<_>>(), shipped_files().keys().collect::<Vec<_>>(), "update server/src/policy/shipped.rs");
    assert_eq!(in_directory, shipped_files());

    let ids: Vec<&str> = compiled.controls().iter().map(|control| control.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "CS-APR-01",
            "CS-DATA-01",
            "CS-EXP-01",
            "CS-EXP-02",
            "CS-JUS-01",
            "CS-LOG-01",
            "CS-LOG-02",
            "CS-MFA-01",
            "CS-PRIV-01",
            "CS-SCP-01",
            "CS-SOD-01",
            "CS-SOD-02",
            "CS-SPN-01",
            "CS-SPN-02",
            "CS-SRC-01",
            "CS-SRC-02",
            "CS-TIER-01"
        ]
    );
}

#[test]
fn every_shipped_case_comes_out_as_its_author_wrote() {
    let set = shipped();
    for control in set.controls() {
        for kind in [CaseKind::Pass, CaseKind::Fail, CaseKind::Edge] {
            assert!(control.cases.iter().any(|case| case.kind == kind), "{} lacks {kind:?}", control.id);
        }
        for case in &control.cases {
            let evaluation = evaluate(&set, &case.facts);
            let got = result(&evaluation, &control.id);
            assert_eq!(got.outcome, case.expect, "{}: {}: {}", control.id, case.name, got.reason);
            assert_eq!(got.outcome == Outcome::Fail, !got.remedy.is_empty(), "{}: {}", control.id, case.name);
        }
    }
}

#[test]
fn an_ordinary_request_meets_every_control() {
    let evaluation = evaluate(&shipped(), &base());
    assert!(evaluation.passes(), "{:?}", evaluation.blockers().collect::<Vec<_>>());
    let mut at_release = base();
    at_release.phase = Phase::Release;
    let evaluation = evaluate(&shipped(), &at_release);
    assert_eq!(evaluation.blockers().map(|result| result.control.as_str()).collect::<Vec<_>>(), ["CS-APR-01"], "nobody approved");
}

#[test]
fn an_end_date_that_is_too_late_is_explained_with_a_date_that_clears_it() {
    let set = shipped();
    let mut facts = base();
    facts.entitlement.tier = RiskTier::Privileged;
    facts.entitlement.longest_days = Some(60);
    facts.wish.ends_on = Some(date(2027, 2, 21));
    facts.wish.duration_days = Some(90);
    let evaluation = evaluate(&set, &facts);
    let limit = result(&evaluation, "CS-EXP-01");
    assert_eq!(limit.title, "Ends within the limit");
    assert_eq!(limit.reason, "Ends after 90 days; at most 60 are allowed.");
    assert_eq!(limit.remedy, "Choose an end date of 22 Jan 2027 or earlier.");
    assert_eq!(limit.field.as_deref(), Some("ends_on"));
    for control in ["CS-EXP-01", "CS-PRIV-01"] {
        assert_eq!(result(&evaluation, control).suggestion.as_deref(), Some("2026-12-23"), "one choice clears both: {control}");
    }
    facts.wish.ends_on = Some(date(2026, 12, 23));
    facts.wish.duration_days = Some(30);
    assert!(evaluate(&set, &facts).passes());
}

#[test]
fn an_exception_waives_its_control_and_no_other() {
    let set = shipped();
    let mut facts = base();
    facts.conflicts = vec![conflict(Severity::High, Standing::Pending)];
    facts.entitlement.owned = false;
    facts.waivers = vec![("CS-SOD-01".into(), "EXC-2026-000007".into())];
    let evaluation = evaluate(&set, &facts);
    let waived = result(&evaluation, "CS-SOD-01");
    assert_eq!((waived.outcome, waived.exception.as_deref(), waived.remedy.as_str()), (Outcome::Waived, Some("EXC-2026-000007"), ""));
    assert!(waived.reason.contains("pending in another request"), "{}", waived.reason);
    assert_eq!(result(&evaluation, "CS-SPN-02").outcome, Outcome::Fail);
    assert_eq!(evaluation.blockers().count(), 1);
}

#[test]
fn a_policy_that_errs_stops_the_item_even_if_its_control_only_advises() {
    let set = overflowing_set();
    let mut facts = base();
    assert!(!result(&evaluate(&set, &facts), "CS-TEST-01").stops(), "a control that advises does not stop");
    facts.wish.duration_days = Some(21);
    let evaluation = evaluate(&set, &facts);
    let broken = result(&evaluation, "CS-TEST-01");
    assert_eq!((broken.outcome, broken.kind), (Outcome::Error, ControlKind::Compensating));
    assert!(!evaluation.passes());
    assert!(broken.remedy.contains("Compliance") && !broken.reason.contains("overflow"), "{broken:?}");
}

#[test]
fn facts_that_do_not_fit_stop_every_control() {
    let mut facts = base();
    facts.wish.ends_on = Some(date(-1, 1, 1));
    let evaluation = evaluate(&shipped(), &facts);
    assert_eq!(evaluation.results.len(), 17);
    assert!(evaluation.results.iter().all(|result| result.outcome == Outcome::Error));
}

#[test]
fn an_evaluation_carries_its_hash_phase_time_and_duration() {
    let set = shipped();
    let ticks = Cell::new(1_000_u64);
    let micros = || {
        let now = ticks.get();
        ticks.set(now + 250);
        now
    };
    let now: Timestamp = "2026-11-22T09:30:00Z".parse().unwrap();
    let id = EvaluationId::new(now, [3; 10]);
    let evaluation = set.evaluate(&base(), id, now, &micros);
    assert_eq!((evaluation.id, evaluation.at, evaluation.phase, evaluation.duration_us), (id, now, Phase::Submission, 250));
    assert_eq!(evaluation.policy_hash, set.hash());
}

#[test]
fn the_schema_knows_every_word_of_the_domain() {
    let set = shipped();
    let mut variants = Vec::new();
    variants.extend(Phase::ALL.iter().map(|phase| GateFacts { phase: *phase, ..base() }));
    for population in Population::ALL {
        let mut facts = base();
        facts.subject.population = *population;
        variants.push(facts);
    }
    for (tier, other) in RiskTier::ALL.iter().flat_map(|tier| RiskTier::ALL.iter().map(move |other| (tier, other))) {
        let mut facts = base();
        (facts.entitlement.tier, facts.specification.highest_tier, facts.specification.mfa_from) = (*tier, *other, *other);
        variants.push(facts);
    }
    for classification in Classification::ALL {
        let mut facts = base();
        (facts.entitlement.classification, facts.specification.highest_classification) = (*classification, *classification);
        variants.push(facts);
    }
    for logging in Logging::ALL {
        let mut facts = base();
        facts.entitlement.logging = *logging;
        variants.push(facts);
    }
    for facts in variants {
        let evaluation = evaluate(&set, &facts);
        assert!(evaluation.results.iter().all(|result| result.outcome != Outcome::Error), "{facts:?}");
        assert!(evaluation.results.iter().all(|result| !result.reason.is_empty()), "{facts:?}");
    }
}

#[test]
fn a_policy_set_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<PolicySet>();
}

#[test]
fn every_control_can_be_shown_with_its_text_and_cases() {
    let set = shipped();
    for control in set.controls() {
        assert!(control.source.contains(&format!("@title(\"{}\")", control.title)), "{}", control.id);
        assert_eq!(control.file, format!("{}.cedar", control.id));
        assert!(control.frameworks.iter().any(|reference| reference.framework == "NIST-CSF-2.0"), "{}", control.id);
        assert!(control.objective.ends_with('.') && control.remedy.ends_with('.') && !control.title.ends_with('.'), "{}", control.id);
        // The list of controls is about no case: it shows words, not the placeholders of a sentence.
        assert!(!control.remedy.contains(['{', '}']), "{}: {}", control.id, control.remedy);
    }
    let waivable_not: Vec<&str> = set.controls().iter().filter(|control| !control.waivable).map(|control| control.id.as_str()).collect();
    assert_eq!(waivable_not, ["CS-APR-01", "CS-JUS-01", "CS-SRC-02"]);
    assert_eq!(
        set.control("CS-TIER-01").unwrap().cases[2].differs,
        ["specification.highest_tier = elevated", "entitlement.tier = elevated"]
    );
}

proptest! {
    // One evaluation in an unoptimised build takes about a millisecond.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn privileged_access_beyond_thirty_days_never_passes(days in 31_i32..=3_660, limit in proptest::option::of(1_i32..4_000), population in 0_usize..5, mfa in any::<bool>()) {
        let set = shipped_once();
        let mut facts = base();
        facts.entitlement.tier = RiskTier::Privileged;
        facts.entitlement.longest_days = limit;
        facts.subject.population = Population::ALL[population];
        facts.subject.mfa_in_force = mfa;
        facts.wish.ends_on = facts.wish.starts_on.and_then(|start| start.checked_add(days.days()).ok());
        facts.wish.duration_days = Some(days);
        let evaluation = evaluate(set, &facts);
        prop_assert_eq!(result(&evaluation, "CS-PRIV-01").outcome, Outcome::Fail);
        prop_assert!(!evaluation.passes());
    }

    #[test]
    fn a_serious_conflict_never_passes_however_the_access_came_about(standing in 0_usize..3, held in 0_i32..500, pending in 0_i32..50, requested in 1_i32..20, lesser in 0_usize..3) {
        let set = shipped_once();
        let mut facts = base();
        facts.standing = domain::gate::StandingCounts { held, pending, requested };
        facts.conflicts = vec![conflict(Severity::Medium, Standing::Held); lesser];
        facts.conflicts.push(conflict(Severity::High, [Standing::Held, Standing::Pending, Standing::Requested][standing]));
        let evaluation = evaluate(set, &facts);
        let found = result(&evaluation, "CS-SOD-01");
        prop_assert_eq!(found.outcome, Outcome::Fail);
        let checked = format!("Checked against {held} held, {pending} pending, {requested} requested.");
        prop_assert!(found.reason.ends_with(&checked), "{}", found.reason);
        prop_assert!(!evaluation.passes());
    }

    #[test]
    fn a_suggested_end_date_clears_every_control_on_the_end(tier in 0_usize..3, population_limit in proptest::option::of(1_i32..200), limit in proptest::option::of(1_i32..200), contract in proptest::option::of(0_i32..200), wished in proptest::option::of(0_i32..400)) {
        let set = shipped_once();
        let mut facts = base();
        let start = date(2026, 11, 23);
        let after = |days: i32| start.checked_add(days.days()).ok();
        facts.entitlement.tier = RiskTier::ALL[tier];
        facts.specification.longest_days = population_limit;
        facts.entitlement.longest_days = limit;
        facts.subject.ends_on = contract.and_then(after);
        facts.wish.ends_on = wished.and_then(after);
        facts.wish.duration_days = wished;
        let evaluation = evaluate(set, &facts);
        if let Some(suggestion) = evaluation.blockers().find_map(|result| result.suggestion.clone()) {
            let end: jiff::civil::Date = suggestion.parse().map_err(|_| TestCaseError::fail("not a date"))?;
            facts.wish.ends_on = Some(end);
            facts.wish.duration_days = Some(domain::time::days_between(start, end));
            let evaluation = evaluate(set, &facts);
            prop_assert!(evaluation.passes(), "{:?}", evaluation.blockers().collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sentence_shows_a_fact_that_has_no_value(tier in 0_usize..3, population_limit in proptest::option::of(0_i32..200), limit in proptest::option::of(0_i32..200), contract in proptest::option::of(-50_i32..200), start in proptest::option::of(0_i32..100), length in proptest::option::of(-5_i32..400)) {
        let mut facts = base();
        let after = |days: i32| facts.today.checked_add(days.days()).ok();
        let (starts_on, ends_on) = (start.and_then(after), length.and_then(|length| after(start.unwrap_or(0) + length)));
        facts.subject.ends_on = contract.and_then(after);
        facts.entitlement.tier = RiskTier::ALL[tier];
        facts.specification.longest_days = population_limit;
        facts.entitlement.longest_days = limit;
        facts.wish.starts_on = starts_on;
        facts.wish.ends_on = ends_on;
        facts.wish.duration_days = starts_on.and(length);
        for result in evaluate(shipped_once(), &facts).results {
            prop_assert!(result.outcome != Outcome::Error);
            prop_assert!(!format!("{} {}", result.reason, result.remedy).contains("not known)"), "{}: {} {}", result.control, result.reason, result.remedy);
        }
    }
}

/// Loading runs every case; once is enough for the properties.
fn shipped_once() -> &'static PolicySet {
    static SET: std::sync::OnceLock<PolicySet> = std::sync::OnceLock::new();
    SET.get_or_init(shipped)
}
