//! What to weigh beside the gates: what colleagues have, what the person had and has, what would
//! conflict, their second factor.

use super::port::{ComparisonLine, ConflictLine, EarlierLine, Weigh};
use crate::paths;
use crate::record::GrantLine;
use crate::requests::words::tone as state_tone;
use crate::ui::{Card, Column, DataTable, Meter, Status, Tag, TierTag, Tone};
use domain::conflict::Severity;
use leptos::prelude::*;

/// The facts that no gate decides on.
#[component]
pub fn WeighCard(weigh: Weigh) -> impl IntoView {
    let Weigh { unit, peers, peers_holding, holds, held_before, last_ended, mfa, mfa_in_force, earlier, .. } = weigh;
    let peers_view = if peers == 0 {
        view! { <p>{format!("Nobody else in {unit} to compare with.")}</p> }.into_any()
    } else {
        let text = format!("{peers_holding} of {peers} peers in {unit} hold this");
        view! { <Meter part=figure(peers_holding) whole=figure(peers) text=text/> }.into_any()
    };
    let before = before(held_before, last_ended.map(|ended| ended.text));
    let (tone, word) = if mfa_in_force { (Tone::Ok, "in force") } else { (Tone::Warn, "not in force") };
    view! {
        <Card title="To weigh">
            {peers_view}
            <p>{before}</p>
            {history(earlier)}
            <p class="line"><span>"Second factor: "{mfa}</span><Status tone=tone text=word/></p>
            {held(holds)}
        </Card>
    }
    .into_any()
}

/// Earlier requests of this person for this entitlement.
fn history(earlier: Vec<EarlierLine>) -> AnyView {
    if earlier.is_empty() {
        return view! { <p>"Has not asked for it before"</p> }.into_any();
    }
    let summary = match earlier.len() {
        1 => "Asked for it once before".to_owned(),
        many => format!("Asked for it {many} times before"),
    };
    let lines = earlier
        .into_iter()
        .map(|line| {
            let EarlierLine { request, number, submitted, state, decided, held } = line;
            let (tone, word) = (state_tone(&state), state.label());
            let why = state.reason().map(|reason| view! { <p class="text-ink-2">{reason.to_owned()}</p> });
            let decided = decided.map(|(by, verdict)| format!("{} by {by}. ", verdict.label()));
            let held = held.map(|(since, ended)| match ended {
                Some(ended) => format!("Held from {} until {}.", since.text, ended.text),
                None => format!("Held since {}.", since.text),
            });
            view! {
                <li class="py-1">
                    <p class="line"><a class="code" href=paths::request(request)>{number}</a><Status tone=tone text=word/></p>
                    <p class="text-ink-3">"Asked "{submitted.text}". "{decided}{held}</p>
                    {why}
                </li>
            }
        })
        .collect_view();
    view! { <details open=true><summary>{summary}</summary><ul role="list" class="mt-1">{lines}</ul></details> }.into_any()
}

fn held(holds: Vec<GrantLine>) -> AnyView {
    if holds.is_empty() {
        return view! { <p>"Holds nothing else now."</p> }.into_any();
    }
    let summary = match holds.len() {
        1 => "Holds 1 entitlement now".to_owned(),
        many => format!("Holds {many} entitlements now"),
    };
    let lines = holds
        .into_iter()
        .map(|grant| {
            let ends = grant.ends.map_or_else(|| "no end".to_owned(), |ends| format!("until {}", ends.text));
            view! {
                <li class="py-1">
                    <p class="line"><span>{grant.name}</span><TierTag tier=grant.tier.word()/></p>
                    <p class="text-ink-3">{grant.application}" · "{ends}</p>
                </li>
            }
        })
        .collect_view();
    view! { <details><summary>{summary}</summary><ul role="list" class="mt-1">{lines}</ul></details> }.into_any()
}

/// What the request gives, with everything inside of it, beside what the person holds in the same
/// application.
#[component]
pub fn Comparison(lines: Vec<ComparisonLine>) -> impl IntoView {
    let columns = vec![Column::text("Entitlement"), Column::text("Tier"), Column::text("This request"), Column::text("They hold it")];
    let rows = lines
        .into_iter()
        .map(|line| {
            let gives = match (line.gives, &line.through) {
                (true, Some(through)) => format!("Gives it, inside of {through}"),
                (true, None) => "Gives it".to_owned(),
                (false, _) => "–".to_owned(),
            };
            let holds = match (line.holds, line.until) {
                (true, Some(until)) => format!("Until {}", until.text),
                (true, None) => "Without an end".to_owned(),
                (false, _) => "No".to_owned(),
            };
            view! {
                <tr>
                    <th scope="row"><a href=paths::entitlement(line.entitlement)>{line.name}</a></th>
                    <td><TierTag tier=line.tier.word()/></td>
                    <td>{gives}</td>
                    <td>{holds}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="Compared with what they hold" id="comparison" flush=true>
            <DataTable caption="What the request gives and what they hold in the same application" columns=columns>{rows}</DataTable>
        </Card>
    }
    .into_any()
}

/// Rules that name what is asked for, those that are touched first.
#[component]
pub fn Conflicts(lines: Vec<ConflictLine>) -> impl IntoView {
    if lines.is_empty() {
        return view! { <Card title="Conflicts" id="conflicts"><p>"No rule against combinations names this access."</p></Card> }.into_any();
    }
    let (touched, quiet): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| !line.has.is_empty());
    let lines = touched.into_iter().chain(quiet).map(conflict).collect_view();
    view! { <Card title="Conflicts" id="conflicts" flush=true><ul role="list" class="divide-y divide-line">{lines}</ul></Card> }.into_any()
}

fn conflict(line: ConflictLine) -> AnyView {
    let ConflictLine { code, title, severity, mitigation, has } = line;
    let (tone, word) = if has.is_empty() { (Tone::Ok, "Not touched") } else { (Tone::Bad, "Touched") };
    let text = if has.is_empty() {
        "With what they keep and have asked for, this does not break it.".to_owned()
    } else {
        format!("They have or have asked for {}.", has.join(", "))
    };
    let severity_tone = if severity == Severity::High { Tone::Bad } else { Tone::Warn };
    view! {
        <li class="grid gap-1 px-3.5 py-2.5">
            <p class="line"><strong>{title}</strong><Status tone=tone text=word/></p>
            <p>{text}</p>
            {(!mitigation.is_empty()).then(|| view! { <p class="text-ink-2">{severity.mitigation_means()}": "{mitigation}</p> })}
            <p class="line text-ink-3"><span class="code">{code}</span><Tag tone=severity_tone text=severity.label()/></p>
        </li>
    }
    .into_any()
}

fn before(times: i64, ended: Option<String>) -> String {
    let ended = ended.map(|ended| format!(", last until {ended}")).unwrap_or_default();
    match times {
        ..=0 => "Has not held it before".to_owned(),
        1 => format!("Held it once before{ended}"),
        2 => format!("Held it twice before{ended}"),
        many => format!("Held it {many} times before{ended}"),
    }
}

fn figure(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_access_is_counted_in_words() {
        assert_eq!(before(0, None), "Has not held it before");
        assert_eq!(before(2, Some("1 Sep 2026 00:00".into())), "Held it twice before, last until 1 Sep 2026 00:00");
        assert_eq!(before(3, None), "Held it 3 times before");
    }
}
