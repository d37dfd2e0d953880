//! What somebody does on the page of a connection: test it, end its rest, decide on what waits, retire it.

use super::port::{ConnectionLine, ConnectionView, PendingView, TestView};
use super::refused::RefusedAct;
use crate::paths;
use crate::requests::trails::moment;
use crate::ui::{Button, ButtonKind, Card, Column, DataTable, Notice, Status, TextArea, Tone};
use domain::connection::{BreakerState, ConnectionState};
use leptos::prelude::*;

fn post(line: &ConnectionLine, version: i32, controls: AnyView) -> AnyView {
    view! {
        <form method="post" action=paths::connection(line.id) novalidate>
            <div class="form">
                <input type="hidden" name="base_version" value=version.to_string()/>
                {controls}
            </div>
        </form>
    }
    .into_any()
}

/// A reason as it was typed, and what was wrong with it.
fn reason(step: &str, hint: &'static str, refused: Option<&RefusedAct>) -> AnyView {
    let refused = refused.filter(|refused| refused.step == step);
    let value = refused.map(|refused| refused.reason.clone()).unwrap_or_default();
    let error = refused.and_then(|refused| crate::status::at(Some(&refused.error), "reason"));
    let id = format!("{step}-reason");
    view! { <TextArea name="reason" label="Why" id=id hint=hint required=true rows=2 maxlength=2000 value=value error=error/> }.into_any()
}

/// The last test, and the button for the next.
pub(super) fn test(view: &ConnectionView) -> Option<AnyView> {
    let line = view.line.as_ref().filter(|_| view.kind.asks_a_machine())?;
    let last = match &view.tested {
        None => view! { <p class="text-ink-2">"It was not tested yet."</p> }.into_any(),
        Some(tested) => found(tested),
    };
    let button = view.may_manage.then(|| {
        let controls = view! {
            <p class="text-ink-2">"Asks the machine, with the settings in force. Nothing is changed there."</p>
            <div class="form-actions"><Button submit=true name="step" value="test">"Test"</Button></div>
        };
        post(line, view.version, controls.into_any())
    });
    Some(view! { <Card title="Test" id="test"><div class="stack">{last}{button}</div></Card> }.into_any())
}

fn found(tested: &TestView) -> AnyView {
    let lines = tested
        .findings
        .iter()
        .map(|(well, sentence)| {
            let (tone, word) = if *well { (Tone::Ok, "Well") } else { (Tone::Bad, "Not well") };
            view! { <li class="wrap-anywhere"><Status tone=tone text=word/>" "{sentence.clone()}</li> }
        })
        .collect_view();
    view! {
        <p>"Version "{tested.version}", "{moment(&tested.at)}", "<a href=paths::identity(tested.by.id)>{tested.by.name.clone()}</a></p>
        <ul class="stack" role="list">{lines}</ul>
    }
    .into_any()
}

/// Ending the rest, where it rests.
pub(super) fn close_breaker(view: &ConnectionView, refused: Option<&RefusedAct>) -> Option<AnyView> {
    let line = view.line.as_ref().filter(|_| view.may_manage)?;
    let (state, _) = line.breaker.as_ref()?;
    (*state != BreakerState::Closed).then(|| {
        let controls = view! {
            <p>"After several failures nothing is asked for a while. If the machine is well again, its rest can be ended now."</p>
            {reason("close_breaker", "What was put right. At most 2,000 characters.", refused)}
            <div class="form-actions"><Button submit=true name="step" value="close_breaker">"End the rest"</Button></div>
        };
        let form = post(line, view.version, controls.into_any());
        view! { <Card title="It rests" id="breaker">{form}</Card> }.into_any()
    })
}

/// A change that waits for a second person.
pub(super) fn pending(view: &ConnectionView) -> Option<AnyView> {
    let (line, pending) = (view.line.as_ref()?, view.pending.as_ref()?);
    let PendingView { id, by, at, reason, differences, may_confirm, may_refuse } = pending;
    let rows = differences
        .iter()
        .map(|difference| {
            view! {
                <tr>
                    <th scope="row">{difference.label.clone()}</th>
                    <td class="whitespace-pre-line wrap-anywhere text-ink-2">{difference.before.clone()}</td>
                    <td class="whitespace-pre-line wrap-anywhere">{difference.after.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    let confirm =
        may_confirm.then(|| view! { <Button kind=ButtonKind::Primary submit=true name="step" value="confirm">"Confirm"</Button> });
    let refuse = may_refuse.then(|| {
        let word = if *may_confirm { "Refuse" } else { "Take it back" };
        view! { <Button submit=true name="step" value="refuse">{word}</Button> }
    });
    let buttons = (*may_refuse).then(|| {
        let controls = view! {
            <input type="hidden" name="change" value=id.to_string()/>
            <div class="form-actions">{confirm}{refuse}</div>
        };
        post(line, view.version, controls.into_any())
    });
    let columns = vec![Column::text("Field"), Column::text("In force"), Column::text("Proposed")];
    let (person, name, at, reason) = (paths::identity(by.id), by.name.clone(), moment(at), reason.clone());
    Some(
        view! {
            <Card title="A change waits for a second person" id="pending">
                <div class="stack">
                    <p><a href=person>{name}</a>", "{at}</p>
                    <p class="whitespace-pre-line">{reason}</p>
                    <DataTable caption="What it would change" columns=columns>{rows}</DataTable>
                    {buttons}
                </div>
            </Card>
        }
        .into_any(),
    )
}

/// Taking it out of use.
pub(super) fn retire(view: &ConnectionView, refused: Option<&RefusedAct>) -> Option<AnyView> {
    let line = view.line.as_ref().filter(|line| view.may_manage && line.state == ConnectionState::Active)?;
    let body = if line.applications.is_empty() && line.begun == 0 && view.pending.is_none() {
        let given = (line.given > 0).then(|| {
            let given = format!("Access that was given through it and is not over: {}.", line.given);
            // Another way to the same machine ends it where the application has gone over to that.
            let (title, then) = if view.also_through.is_empty() {
                ("People end what it gave.", "From then on people take it away there when it ends, and say what shows it: no other machine had it.")
            } else {
                ("What it gave stays.", "From then on it is ended through another connection to the same machine where the application uses one; otherwise people take it away there, and say what shows it.")
            };
            view! { <Notice tone=Tone::Warn title=title text=format!("{given} {then}")/> }
        });
        let controls = view! {
            <p>"No application chooses it again."</p>
            {given}
            {reason("retire", "At most 2,000 characters.", refused)}
            <div class="form-actions"><Button kind=ButtonKind::Danger submit=true name="step" value="retire">"Retire it"</Button></div>
        };
        post(line, view.version, controls.into_any())
    } else {
        view! { <p class="text-ink-2">"It can be retired when no application uses it, no release that was begun goes through it and no change waits."</p> }.into_any()
    };
    Some(view! { <Card title="Retire" id="retire">{body}</Card> }.into_any())
}
