//! Who has a release that people carry out, and the buttons that take it on and give it back.

use super::api::{ClaimRelease, GiveBackRelease};
use super::port::ReleaseView;
use crate::requests::trails::moment;
use crate::status::{failure, summary};
use crate::ui::{Button, Card, ErrorSummary, Fact, FactsList, Status, Tone};
use domain::release::ReleaseState;
use leptos::prelude::*;

/// The card; nothing where a machine carries it out, and once it is done.
#[component]
pub fn ClaimCard(release: ReleaseView) -> impl IntoView {
    let to_do = matches!(release.line.state, ReleaseState::Planned | ReleaseState::Held { .. }) && release.by_hand.is_some();
    if !to_do {
        return ().into_any();
    }
    let (claim, give_back) = (ServerAction::<ClaimRelease>::new(), ServerAction::<GiveBackRelease>::new());
    let error = failure(move || claim.value().get().or_else(|| give_back.value().get()));
    let id = release.line.id.to_string();
    let who = match &release.claim {
        Some(claim) => {
            let name = if claim.mine { "You".to_owned() } else { claim.by.name.clone() };
            view! { {name}" until "{moment(&claim.until)} }.into_any()
        }
        None => view! { <span class="text-ink-2">"Nobody yet"</span> }.into_any(),
    };
    let due = release.due.clone().map(|due| {
        let late = release.late.clone().map(|late| view! { " "<Status tone=Tone::Bad text=format!("{late} late")/> });
        view! { <Fact term="Due">{moment(&due)}{late}</Fact> }
    });
    let button = match &release.claim {
        _ if !release.lends_a_hand => ().into_any(),
        None if release.waits_for.is_some() => ().into_any(),
        Some(claim) if claim.mine => view! {
            <ActionForm action=give_back>
                <input type="hidden" name="release" value=id/>
                <Button submit=true>"Give it back"</Button>
            </ActionForm>
        }
        .into_any(),
        Some(_) => ().into_any(),
        None => view! {
            <ActionForm action=claim>
                <input type="hidden" name="release" value=id/>
                <Button submit=true>"Take it on"</Button>
            </ActionForm>
        }
        .into_any(),
    };
    view! {
        <Card title="Who does it" id="claim">
            <ErrorSummary errors=summary(error) title="Nothing was changed"/>
            <FactsList><Fact term="Taken on by">{who}</Fact>{due}</FactsList>
            {button}
        </Card>
    }
    .into_any()
}
