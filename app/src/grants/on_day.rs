//! The form that asks how something stood on a past day.

use crate::ui::{Button, Card, DateField};
use leptos::prelude::*;

/// The card with it, for the page at `now`, which shows the present without a day. `typed` is what
/// stands in the field; `past`: a day is shown, so there is a way back.
pub fn on_a_day(now: String, typed: String, past: bool, hint: &'static str) -> AnyView {
    let back = past.then(|| view! { <a class="btn btn-quiet" href=now.clone()>"Show now"</a> });
    view! {
        <Card title="On a day in the past">
            <form method="get" action=now class="form">
                <DateField name="on" label="Day" value=typed hint=hint/>
                <div class="form-actions"><Button submit=true>"Show"</Button>{back}</div>
            </form>
        </Card>
    }
    .into_any()
}
