//! What to weigh beside the gates: what colleagues have, what the person had and has, their second
//! factor.

use super::port::Weigh;
use crate::record::GrantLine;
use crate::ui::{Card, Meter, Status, TierTag, Tone};
use leptos::prelude::*;

/// The facts that no gate decides on.
#[component]
pub fn WeighCard(weigh: Weigh) -> impl IntoView {
    let Weigh { unit, peers, peers_holding, holds, held_before, last_ended, mfa, mfa_in_force } = weigh;
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
            <p class="line"><span>"Second factor: "{mfa}</span><Status tone=tone text=word/></p>
            {held(holds)}
        </Card>
    }
    .into_any()
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
