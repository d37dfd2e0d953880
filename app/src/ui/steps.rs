//! Stages in order: who decides, what comes next.

use super::text::Text;
use leptos::prelude::*;

/// Where a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Behind us.
    Done,
    /// It waits here.
    Now,
    /// Still to come.
    Next,
    /// It stopped here.
    Stopped,
}

/// The list around [`Step`]s.
///
/// `<Steps><Step state=StepState::Now title="Application owner: you" text="one of 2 · due 14:15"/></Steps>`
#[component]
pub fn Steps(children: Children) -> impl IntoView {
    view! { <ol class="steps" role="list">{children()}</ol> }.into_any()
}

/// One stage.
#[component]
pub fn Step(state: StepState, #[prop(into)] title: String, #[prop(optional, into)] text: Text) -> impl IntoView {
    let (class, word) = match state {
        StepState::Done => ("step step-done", "Done: "),
        StepState::Now => ("step step-now", "Now: "),
        StepState::Next => ("step step-next", "Next: "),
        StepState::Stopped => ("step step-stopped", "Stopped: "),
    };
    view! {
        <li class=class aria-current=(state == StepState::Now).then_some("step")>
            <span class="step-dot" aria-hidden="true"></span>
            <div class="min-w-0">
                <p class="step-title"><span class="sr-only">{word}</span>{title}</p>
                {text.map(|text| view! { <p class="text-ink-3">{text}</p> })}
            </div>
        </li>
    }
    .into_any()
}
