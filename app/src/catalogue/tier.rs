//! Changing the risk tier of an entitlement, for compliance.

use super::api::ChangeTier;
use crate::status::{at, failure, summary};
use crate::ui::{Button, Disclosure, ErrorSummary, SelectField, TextArea};
use domain::catalogue::RiskTier;
use domain::id::EntitlementId;
use leptos::prelude::*;

/// The folded form.
#[component]
pub fn TierForm(id: EntitlementId, version: i32, tier: RiskTier, action: ServerAction<ChangeTier>) -> impl IntoView {
    let refusal = failure(move || action.value().get());
    let open = refusal.with_untracked(Option::is_some);
    let error = move |field: &'static str| Signal::derive(move || refusal.with(|refusal| at(refusal.as_ref(), field)));
    let tiers = RiskTier::ALL.iter().map(|tier| (tier.word().to_owned(), tier.label().to_owned())).collect::<Vec<_>>();
    view! {
        <div class="no-print stack">
            <ErrorSummary errors=summary(refusal) title="The tier was not changed"/>
            <Disclosure summary="Change the risk tier" open=open id="change-tier">
                <ActionForm action=action>
                    <div class="form">
                        <input type="hidden" name="id" value=id.to_string()/>
                        <input type="hidden" name="version" value=version.to_string()/>
                        <SelectField name="tier" label="Tier" options=tiers value=tier.word() required=true error=error("tier")/>
                        <TextArea name="reason" label="Why" hint="It stands in the list of versions." required=true rows=2 maxlength=2000 error=error("reason")/>
                        <div class="form-actions"><Button submit=true>"Change the tier"</Button></div>
                    </div>
                </ActionForm>
            </Disclosure>
        </div>
    }
    .into_any()
}
