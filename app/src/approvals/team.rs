//! A decision that several people could take: one of them takes it on, so that two do not read the
//! same; and whoever is asked can give it to somebody else. Plain forms, for the inbox's detail.

use super::api::{Claim, GiveBack};
use crate::paths;
use crate::requests::port::StageView;
use crate::status::failure;
use crate::ui::{Button, ButtonKind, LinkButton, Notice, Tone};
use domain::id::IdentityId;
use leptos::prelude::*;

/// Claim, give back and reassign, as far as each applies to `stage` for `me`.
#[component]
pub fn StageTools(stage: StageView, me: IdentityId) -> impl IntoView {
    let id = stage.id;
    let mine = stage.claimed.as_ref().is_some_and(|(claimant, _)| claimant.id == me);
    let team = stage.candidates.len() > 1;
    let own = stage.candidates.iter().find(|candidate| candidate.person.id == me);
    // No claim binds the next level, and a delegate has no place to give away.
    let free = stage.claimed.is_none() || (!mine && own.is_some_and(|candidate| candidate.next_level));
    let gives_away = own.is_some_and(|candidate| candidate.stands_in_for.is_none());
    let (take, back) = (ServerAction::<Claim>::new(), ServerAction::<GiveBack>::new());
    let refused = [failure(move || take.value().get()), failure(move || back.value().get())]
        .into_iter()
        .find_map(|refusal| refusal.get_untracked())
        .map(|error| view! { <Notice tone=Tone::Warn title="Nothing was changed." text=error.sentence()/> });
    let claimed = mine.then(|| {
        let until = stage.claimed.as_ref().map(|(_, until)| until.text.clone()).unwrap_or_default();
        view! {
            <ActionForm action=back>
                <input type="hidden" name="stage" value=id.to_string()/>
                <Button submit=true>"Give back to the team"</Button>
                <span class="text-ink-3">" Yours until "{until}</span>
            </ActionForm>
        }
    });
    let claim = (team && free).then(|| {
        view! {
            <ActionForm action=take>
                <input type="hidden" name="stage" value=id.to_string()/>
                <Button submit=true>"Take it on"</Button>
            </ActionForm>
        }
    });
    view! {
        {refused}
        <div class="no-print flex flex-wrap items-center gap-2">
            {claim}
            {claimed}
            {gives_away.then(|| view! { <LinkButton href=paths::reassign(id) kind=ButtonKind::Quiet>"Give it to somebody else"</LinkButton> })}
        </div>
    }
    .into_any()
}
