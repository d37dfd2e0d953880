//! Requests that came of one submission, as a list.

use super::draft_port::MadeLine;
use super::words::tone;
use crate::paths;
use crate::ui::{Card, Status};
use leptos::prelude::*;

/// Each with its number, what it asks for and where it stands.
pub fn made_card(title: &'static str, made: Vec<MadeLine>) -> AnyView {
    let lines = made
        .into_iter()
        .map(|MadeLine { id, number, name, state }| {
            view! {
                <li class="line px-3.5 py-2.5">
                    <span><a class="code" href=paths::request(id)>{number}</a>" "{name}</span>
                    <Status tone=tone(&state) text=state.label()/>
                </li>
            }
        })
        .collect_view();
    view! { <Card title=title flush=true><ul class="divide-y divide-line" role="list">{lines}</ul></Card> }.into_any()
}
