//! What a machine was asked for a release: the steps, and every call with what came of it. Secrets were
//! removed before it was written. And what is there, as a machine or a person says.

use super::port::{CallView, ExchangeView, Found, ReleaseView, StepView};
use crate::paths;
use crate::requests::trails::moment;
use crate::ui::{Card, Disclosure, Fact, FactsList, Status, Tone};
use domain::saga::StepState;
use domain::task::CallOutcome;
use leptos::prelude::*;

/// What should be there and what was found, with the difference, and who says so; nothing before that.
#[must_use]
pub fn found(found: Option<Found>) -> AnyView {
    let Some(Found { planned, actual, missing, unexpected, said_by }) = found else { return ().into_any() };
    let same = missing.is_empty() && unexpected.is_empty();
    let differs = if same {
        view! { <Status tone=Tone::Ok text="No difference"/> }.into_any()
    } else {
        let line = |word: &'static str, all: Vec<String>| {
            (!all.is_empty()).then(|| view! { <p><Status tone=Tone::Warn text=word/>" "{list(all)}</p> })
        };
        view! { {line("Missing", missing)}{line("Not planned", unexpected)} }.into_any()
    };
    let (title, term) = if said_by.is_some() { ("Said to be there", "Said") } else { ("Read over there", "Found") };
    let by = said_by.map(|person| {
        view! {
            <Fact term="Said by">
                <a href=paths::identity(person.id)>{person.name}</a>", about this change; no machine read it, and the rest is as our records have it"
            </Fact>
        }
    });
    view! {
        <Card title=title id="found">
            <FactsList>
                <Fact term="Planned">{list(planned)}</Fact>
                <Fact term=term>{list(actual)}</Fact>
                <Fact term="Difference">{differs}</Fact>
                {by}
            </FactsList>
        </Card>
    }
    .into_any()
}

fn list(all: Vec<String>) -> AnyView {
    if all.is_empty() {
        view! { <span class="text-ink-2">"nothing"</span> }.into_any()
    } else {
        view! { <span class="break-words">{all.join(", ")}</span> }.into_any()
    }
}

/// The steps in order; nothing before they were planned.
#[must_use]
pub fn steps(steps: Vec<StepView>) -> AnyView {
    if steps.is_empty() {
        return ().into_any();
    }
    let rounds = steps.iter().any(|step| step.round > 1);
    let lines = steps.into_iter().map(|step| {
        let StepView { round, operation, state, began, ended } = step;
        let began = began.map(|at| view! { "begun "{moment(&at)} });
        let ended = ended.map(|at| view! { ", ended "{moment(&at)} });
        let round = rounds.then(|| format!("Round {round}: "));
        view! {
            <li class="grid gap-1 px-3.5 py-2.5">
                <div class="line"><h3>{round}{operation.label()}</h3><Status tone=tone(state) text=state.label()/></div>
                <p class="text-ink-3">{began}{ended}</p>
            </li>
        }
    });
    let lines = lines.collect_view();
    view! { <Card title="Steps" flush=true id="steps"><ol class="divide-y divide-line" role="list">{lines}</ol></Card> }.into_any()
}

fn tone(state: StepState) -> Tone {
    match state {
        StepState::Done | StepState::NotNeeded | StepState::Skipped | StepState::Kept => Tone::Ok,
        StepState::Failed | StepState::UndoFailed => Tone::Bad,
        StepState::Begun | StepState::Awaited | StepState::Undoing => Tone::Waiting,
        StepState::Waiting | StepState::Undone | StepState::TakenBack => Tone::Plain,
    }
}

/// A page of the calls, newest last, with the ways to those before and to the newest; nothing where none
/// was made.
#[must_use]
pub fn calls(release: &ReleaseView) -> AnyView {
    let ReleaseView { calls, calls_total: total, calls_newer: newer, older_calls, line, .. } = release;
    if *total == 0 {
        return ().into_any();
    }
    let shown = i64::try_from(calls.len()).unwrap_or(i64::MAX);
    let last = total - newer;
    let count = if shown == *total { total.to_string() } else { format!("{} to {last} of {total}", last - shown + 1) };
    let lines = calls.iter().cloned().map(call).collect_view();
    let older = older_calls.as_ref().map(|from| {
        view! { <a class="btn" href=paths::release_calls(line.id, Some(from.as_str())) rel="next">"Older calls"</a> }
    });
    let newest = (*newer > 0).then(|| view! { <a class="btn" href=paths::release_calls(line.id, None)>"Newest calls"</a> });
    let ways = (older.is_some() || newest.is_some()).then(|| view! { <p class="next-page flex flex-wrap gap-2">{older}{newest}</p> });
    view! {
        <Card title="Calls" flush=true id="calls" aside=move || count><ol class="divide-y divide-line" role="list">{lines}</ol>{ways}</Card>
    }
    .into_any()
}

fn call(call: CallView) -> AnyView {
    let what = match call.operation {
        Some(operation) => format!("{}: {}", call.purpose.label(), operation.label()),
        None => call.purpose.label().to_owned(),
    };
    let (tone, outcome) = outcome(call.outcome);
    let took = call.took_ms.map(|ms| format!(", {ms} ms"));
    let key = call.key.map(|key| view! { <p class="code text-ink-3 text-xs break-all">"Key "{key}</p> });
    let exchanges = (!call.exchanges.is_empty()).then(|| {
        let all = call.exchanges.into_iter().map(exchange).collect_view();
        view! { <Disclosure summary="Request and answer">{all}</Disclosure> }
    });
    view! {
        <li class="grid gap-1 px-3.5 py-2.5">
            <div class="line"><h3>{what}</h3><Status tone=tone text=outcome/></div>
            {call.said.map(|said| view! { <p class="break-words">{said}</p> })}
            <p class="text-ink-3">{moment(&call.began)}{took}", through "{call.connection}</p>
            {key}
            {exchanges}
        </li>
    }
    .into_any()
}

fn exchange(exchange: ExchangeView) -> AnyView {
    let body = |label: &'static str, text: String| {
        (!text.is_empty())
            .then(|| view! { <p class="text-ink-3 text-xs">{label}</p><pre class="code whitespace-pre-wrap break-all">{text}</pre> })
    };
    view! { <div class="py-1.5"><p class="break-words">{exchange.line}</p>{body("Request", exchange.request)}{body("Answer", exchange.answer)}</div> }.into_any()
}

fn outcome(outcome: Option<CallOutcome>) -> (Tone, &'static str) {
    let Some(outcome) = outcome else { return (Tone::Waiting, "No answer yet") };
    let tone = match outcome {
        CallOutcome::Done => Tone::Ok,
        CallOutcome::Awaited => Tone::Waiting,
        CallOutcome::Throttled | CallOutcome::Resting | CallOutcome::Lost => Tone::Warn,
        CallOutcome::Refused
        | CallOutcome::Unreachable
        | CallOutcome::Unclear
        | CallOutcome::Broken
        | CallOutcome::Garbled
        | CallOutcome::NotAllowed
        | CallOutcome::Misconfigured => Tone::Bad,
    };
    (tone, outcome.label())
}
