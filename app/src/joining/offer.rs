//! The button that joins a request which asks for the same.

use super::api::JoinRequest;
use crate::ui::Button;
use domain::id::RequestId;
use leptos::prelude::*;

/// A plain form that joins a request: `<JoinForm request=id number=number/>`, beside the sentence that
/// says what was recognised. Not inside another form.
#[component]
pub fn JoinForm(request: RequestId, #[prop(into)] number: String) -> impl IntoView {
    let join = ServerAction::<JoinRequest>::new();
    view! {
        <ActionForm action=join>
            <input type="hidden" name="request" value=request.to_string()/>
            <p class="text-ink-3">"Who joins asks for it as well: they neither decide on it nor carry it out."</p>
            <Button submit=true>"Join "{number}" and hear about it"</Button>
        </ActionForm>
    }
    .into_any()
}
