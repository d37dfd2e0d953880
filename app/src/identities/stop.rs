//! Suspending and resuming an identity, for those who may.

use super::api::{ResumeIdentity, SuspendIdentity};
use crate::paths;
use crate::refused::typed;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Card, Disclosure, ErrorSummary, Notice, TextArea, Tone};
use domain::id::IdentityId;
use domain::identity::IdentityState;
use leptos::prelude::*;

/// The parameter that says what was done.
pub const DONE: &str = "done";

/// The two changes that can be made.
#[derive(Clone, Copy)]
pub struct Changes {
    /// Stop for now.
    pub suspend: ServerAction<SuspendIdentity>,
    /// Come back.
    pub resume: ServerAction<ResumeIdentity>,
}

impl Changes {
    /// Both, idle.
    #[must_use]
    pub fn new() -> Self {
        Self { suspend: ServerAction::new(), resume: ServerAction::new() }
    }

    /// Goes up each time one of them succeeded, so that the page is read again then and only then.
    #[must_use]
    pub fn settled(self) -> Memo<usize> {
        let Self { suspend, resume } = self;
        // The newest versions at which each had succeeded.
        let suspended = Memo::new(move |before: Option<&usize>| match suspend.value().get() {
            Some(Ok(())) => suspend.version().get(),
            _ => before.copied().unwrap_or(0),
        });
        let resumed = Memo::new(move |before: Option<&usize>| match resume.value().get() {
            Some(Ok(())) => resume.version().get(),
            _ => before.copied().unwrap_or(0),
        });
        Memo::new(move |_| suspended.get() + resumed.get())
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

/// The identity after a change.
#[must_use]
pub fn after(identity: IdentityId, done: &str) -> String {
    paths::with(&paths::identity(identity), &[(DONE, done)])
}

/// What was done, from the address.
#[must_use]
pub fn said(done: &str) -> Option<AnyView> {
    let text = match done {
        "suspended" => "Suspended. All sessions have ended and all access is being removed.",
        "resumed" => "Resumed. Access that ended stays ended: it has to be asked for again.",
        _ => return None,
    };
    Some(view! { <Notice tone=Tone::Ok title="Recorded." text=text/> }.into_any())
}

/// The form that fits the state; nothing for retired identities.
#[component]
pub fn Stop(identity: IdentityId, state: IdentityState, changes: Changes) -> impl IntoView {
    let Changes { suspend, resume } = changes;
    match state {
        IdentityState::Active | IdentityState::Staged => {
            let error = failure(move || suspend.value().get());
            let reason = Signal::derive(move || error.with(|error| at(error.as_ref(), "reason")));
            let failed = error.with_untracked(Option::is_some);
            let typed = typed::<SuspendIdentity>("reason");
            view! {
                <Card title="Stop" id="stop" flush=true>
                    <Disclosure summary="Suspend this identity" open=failed>
                        <ErrorSummary errors=summary(error) title="Nothing was changed"/>
                        <p>"All their sessions end at once, and all their access goes to the operators to be removed."</p>
                        <ActionForm action=suspend attr:class="form">
                            <input type="hidden" name="identity" value=identity.to_string()/>
                            <TextArea name="reason" label="Why" hint="It stands on the record for good. At most 2,000 characters." value=typed error=reason required=true maxlength=2000 rows=2/>
                            <div class="form-actions"><Button kind=ButtonKind::Danger submit=true>"Suspend now"</Button></div>
                        </ActionForm>
                    </Disclosure>
                </Card>
            }
            .into_any()
        }
        IdentityState::Suspended { .. } => {
            let error = failure(move || resume.value().get());
            view! {
                <Card title="Stop" id="stop">
                    <ErrorSummary errors=summary(error) title="Nothing was changed"/>
                    <p>"Suspended. Resuming lets them sign in again; access that was removed stays removed."</p>
                    <ActionForm action=resume attr:class="form-actions">
                        <input type="hidden" name="identity" value=identity.to_string()/>
                        <Button submit=true>"Resume this identity"</Button>
                    </ActionForm>
                </Card>
            }
            .into_any()
        }
        IdentityState::Retired { .. } => ().into_any(),
    }
}
