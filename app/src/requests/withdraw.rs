//! Taking a request back: a folded form, with a reason if there is one.

use super::api::Withdraw;
use super::port::RequestView;
use crate::refused::typed;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Disclosure, ErrorSummary, TextArea};
use leptos::prelude::*;

/// The form, for a request that the caller may take back.
#[component]
pub fn WithdrawForm(view: RequestView, action: ServerAction<Withdraw>) -> impl IntoView {
    let refusal = failure(move || action.value().get());
    let open = refusal.with_untracked(Option::is_some);
    let reason = Signal::derive(move || refusal.with(|refusal| at(refusal.as_ref(), "reason")));
    let typed = typed::<Withdraw>("reason");
    view! {
        <div class="no-print stack">
            <ErrorSummary errors=summary(refusal) title="The request was not withdrawn"/>
            <Disclosure summary="Withdraw this request" open=open id="withdraw">
                <ActionForm action=action>
                    <div class="form">
                        <input type="hidden" name="request" value=view.id.to_string()/>
                        <input type="hidden" name="version" value=view.version.to_string()/>
                        <TextArea name="reason" label="Why is it no longer needed" hint="Those who were asked to decide see it. At most 2,000 characters." rows=2 maxlength=2000 value=typed error=reason/>
                        <div class="form-actions"><Button kind=ButtonKind::Danger submit=true>"Withdraw"</Button></div>
                    </div>
                </ActionForm>
            </Disclosure>
        </div>
    }
    .into_any()
}
