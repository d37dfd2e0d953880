//! One task that failed, and the form that tries it again or discards it, with the reason.

use super::api::SettleTask;
use super::port::TaskLine;
use super::tasks::subject;
use crate::refused::typed;
use crate::requests::trails::moment;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Card, ErrorSummary, Fact, FactsList, TextArea};
use leptos::prelude::*;

/// The card.
#[component]
pub fn Settle(task: TaskLine, may_change: bool, action: ServerAction<SettleTask>) -> impl IntoView {
    let TaskLine { id, what, about, state, since, attempts, reason, may_settle, .. } = task;
    let error = failure(move || action.value().get());
    let at_reason = Signal::derive(move || error.with(|error| at(error.as_ref(), "reason")));
    let form = (may_change && may_settle).then(|| {
        let typed = typed::<SettleTask>("reason");
        view! {
            <ErrorSummary errors=summary(error) title="Nothing was changed"/>
            <ActionForm action=action attr:class="form">
                <input type="hidden" name="task" value=id.to_string()/>
                <TextArea name="reason" label="Why" hint="It stands on the record for good. At most 2,000 characters." value=typed error=at_reason required=true maxlength=2000 rows=2/>
                <p class="text-ink-2">"Discarding takes the task out of the queue and undoes nothing: what it was about stays as it is. What is still due comes back within a minute, such as a release that a machine carries out; what may be done about that stands on the page of the release."</p>
                <div class="form-actions">
                    <Button kind=ButtonKind::Primary submit=true name="how" value="retry">"Run it again"</Button>
                    <Button kind=ButtonKind::Danger submit=true name="how" value="discard">"Discard it"</Button>
                </div>
            </ActionForm>
        }
    });
    view! {
        <Card title=what id="settle">
            <FactsList>
                <Fact term="About">{about.into_iter().map(subject).collect_view()}</Fact>
                <Fact term="State">{state.label()}</Fact>
                <Fact term="Queued">{moment(&since)}</Fact>
                <Fact term="Attempts">{format!("{} of {}", attempts.0, attempts.1)}</Fact>
                <Fact term="What went wrong last">{reason.unwrap_or_else(|| "Nothing".to_owned())}</Fact>
            </FactsList>
            {form}
        </Card>
    }
    .into_any()
}
