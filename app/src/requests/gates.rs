//! The gates of a request as sentences: what is not met first, with what would clear it; what is
//! met folded away. The form, the request page, the inbox and the release show the same card.

use super::draft_api::SaveDraft;
use crate::ui::{Card, Disclosure, GateList, GateMark, Outcome, Tag, Tone};
use crate::when;
use domain::gate::{self, Evaluation, GateResult};
use jiff::civil::Date;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The card. `fill` turns suggestions into buttons that fill the field of the form
/// [`FORM_ID`] on the same page; without it they stay words.
#[component]
pub fn GatesCard(
    #[prop(default = "Gates".to_owned(), into)] title: String,
    #[prop(default = "gates".to_owned(), into)] id: String,
    evaluation: Evaluation,
    #[prop(optional)] fill: bool,
) -> impl IntoView {
    let (tone, text) = headline(&evaluation);
    let policy = short_hash(&evaluation.policy_hash);
    let rules = rules_in_words(&evaluation.rules);
    let (quiet, loud): (Vec<_>, Vec<_>) =
        evaluation.results.into_iter().partition(|gate| matches!(gate.outcome, gate::Outcome::Pass | gate::Outcome::NotApplicable));
    let mut loud = loud;
    loud.sort_by_key(|gate| (!gate.stops(), gate.outcome == gate::Outcome::Waived));
    let mut quiet = quiet;
    quiet.sort_by_key(|gate| gate.outcome == gate::Outcome::NotApplicable);
    let more = more_line(&quiet, loud.is_empty());
    let loud = (!loud.is_empty()).then(|| {
        let lines = loud.into_iter().map(|gate| line(gate, fill)).collect_view();
        view! { <GateList>{lines}</GateList> }
    });
    let quiet = quiet.into_iter().map(|gate| line(gate, false)).collect_view();
    view! {
        <Card title=title id=id flush=true aside=move || view! { <Tag tone=tone text=text/> }>
            {loud}
            <Disclosure summary=more><GateList>{quiet}</GateList></Disclosure>
            <p class="px-3.5 py-2 text-ink-3 text-xs">"Policy set "<span class="code">{policy}</span>{rules}</p>
        </Card>
    }
    .into_any()
}

/// The separation-of-duties rules that were looked at, each in its version.
fn rules_in_words(rules: &[(String, i32)]) -> Option<String> {
    let rules: Vec<String> = rules.iter().map(|(code, version)| format!("{code} version {version}")).collect();
    (!rules.is_empty()).then(|| format!(" · conflicts looked at: {}", rules.join(", ")))
}

/// The id of the form that suggestions fill.
pub const FORM_ID: &str = "request-form";

/// How the evaluation stands, in a few words.
#[must_use]
pub fn headline(evaluation: &Evaluation) -> (Tone, String) {
    let stopping = evaluation.blockers().count();
    let (met, applicable) = evaluation.met();
    match (stopping, evaluation.passes()) {
        (0, true) if met == applicable => (Tone::Ok, format!("All {applicable} met")),
        (0, true) => (Tone::Warn, format!("{met} of {applicable} met")),
        (0, false) => (Tone::Bad, "Not evaluated".to_owned()),
        (some, _) => (Tone::Bad, format!("{some} not met")),
    }
}

/// The sentence of a gate that stops or warns: what it saw and what would clear it.
#[must_use]
pub fn words(gate: &GateResult) -> String {
    format!("{} {}", gate.reason, gate.remedy).trim().to_owned()
}

fn more_line(quiet: &[GateResult], alone: bool) -> String {
    let met = quiet.iter().filter(|gate| gate.outcome == gate::Outcome::Pass).count();
    let apart = quiet.len() - met;
    let more = if alone { "" } else { " more" };
    if apart == 0 { format!("{met}{more} met") } else { format!("{met}{more} met, {apart} do not apply") }
}

/// A policy hash, short enough for a line.
#[must_use]
pub fn short_hash(hash: &str) -> String {
    hash.get(..8).unwrap_or(hash).to_owned()
}

/// How an outcome of a gate is drawn.
#[must_use]
pub fn shape(outcome: gate::Outcome) -> Outcome {
    match outcome {
        gate::Outcome::Pass => Outcome::Met,
        gate::Outcome::Fail => Outcome::NotMet,
        gate::Outcome::Waived => Outcome::Waived,
        gate::Outcome::NotApplicable => Outcome::NotApplicable,
        gate::Outcome::Error => Outcome::Failed,
    }
}

fn line(gate: GateResult, fill: bool) -> AnyView {
    let outcome = shape(gate.outcome);
    let stops = gate.stops();
    let GateResult { control, title, objective, reason, remedy, field, suggestion, exception, .. } = gate;
    let seen = match (reason.is_empty(), exception) {
        (false, Some(number)) => format!("{reason} Accepted by exception {number}."),
        (false, None) => reason,
        (true, _) => objective,
    };
    if matches!(outcome, Outcome::Met | Outcome::NotApplicable) {
        return view! { <GateMark outcome=outcome title=title seen=seen control=control/> }.into_any();
    }
    let button = field.zip(suggestion).filter(|_| fill).map(|(field, value)| suggestion_button(&field, &value));
    let note = (outcome == Outcome::NotMet && !stops).then_some("This does not stop the request; those who decide see it.");
    view! {
        <GateMark outcome=outcome title=title seen=seen control=control>
            <p>{remedy}</p>
            {button}
            {note.map(|note| view! { <p class="text-ink-3">{note}</p> })}
        </GateMark>
    }
    .into_any()
}

/// The button sends the form with the cure, which the server fills in before it looks again.
fn suggestion_button(field: &str, value: &str) -> AnyView {
    let word = value.parse::<Date>().map_or_else(|_| format!("Use “{value}”"), |date| format!("Set {}", when::day(date)));
    view! {
        <button type="submit" class="btn-link" form=FORM_ID formaction=SaveDraft::PATH formnovalidate=true name="cure" value=format!("{field} {value}")>
            {word}
        </button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::gate::{ControlKind, Phase};
    use domain::id::EvaluationId;
    use jiff::Timestamp;

    fn gate(kind: ControlKind, outcome: gate::Outcome) -> GateResult {
        GateResult {
            control: "CS-X-01".into(),
            title: "Title".into(),
            objective: "Objective.".into(),
            kind,
            outcome,
            reason: "Seen.".into(),
            remedy: "Do this.".into(),
            field: None,
            suggestion: None,
            exception: None,
        }
    }

    fn evaluation(results: Vec<GateResult>) -> Evaluation {
        Evaluation {
            id: EvaluationId::new(Timestamp::UNIX_EPOCH, [0; 10]),
            at: Timestamp::UNIX_EPOCH,
            phase: Phase::Preview,
            policy_hash: "0123456789".into(),
            rules: vec![],
            results,
            duration_us: 0,
        }
    }

    #[test]
    fn the_headline_counts_what_stops_and_never_calls_nothing_a_pass() {
        use ControlKind::{Compensating, Mandatory};
        use gate::Outcome::{Error, Fail, Pass};
        assert_eq!(headline(&evaluation(vec![])), (Tone::Bad, "Not evaluated".into()));
        assert_eq!(headline(&evaluation(vec![gate(Mandatory, Pass), gate(Mandatory, Pass)])), (Tone::Ok, "All 2 met".into()));
        assert_eq!(headline(&evaluation(vec![gate(Mandatory, Pass), gate(Compensating, Fail)])), (Tone::Warn, "1 of 2 met".into()));
        assert_eq!(headline(&evaluation(vec![gate(Mandatory, Fail), gate(Compensating, Error)])), (Tone::Bad, "2 not met".into()));
    }

    #[test]
    fn the_folded_line_says_how_many_it_hides() {
        use ControlKind::Mandatory;
        use gate::Outcome::{NotApplicable, Pass};
        let quiet = [gate(Mandatory, Pass), gate(Mandatory, NotApplicable), gate(Mandatory, Pass)];
        assert_eq!(more_line(&quiet, false), "2 more met, 1 do not apply");
        assert_eq!(more_line(&quiet[..1], true), "1 met");
    }
}
