//! Changing the caller's password.

use super::api::ChangePassword;
use crate::status::{at, failure, summary};
use crate::ui::{Button, ButtonKind, Card, ErrorSummary, PasswordField};
use leptos::prelude::*;

/// The form. `login` is there for password managers, which look for it.
#[component]
pub fn PasswordForm(login: String, action: ServerAction<ChangePassword>) -> impl IntoView {
    let refusal = failure(move || action.value().get());
    let error = move |field: &'static str| Signal::derive(move || refusal.with(|refusal| at(refusal.as_ref(), field)));
    view! {
        <ErrorSummary errors=summary(refusal) title="The password was not changed"/>
        <Card title="Change the password" id="password">
            <ActionForm action=action>
                <div class="form max-w-md">
                    <input class="sr-only" type="text" name="username" value=login autocomplete="username" readonly=true tabindex="-1" aria-hidden="true"/>
                    <PasswordField name="current_password" label="Present password" hint="At most 128 characters." maxlength=128 error=error("current_password")/>
                    <PasswordField name="password" label="New password" autocomplete="new-password" hint="15 to 128 characters; a few unrelated words are easy to remember." maxlength=128 error=error("password")/>
                    <PasswordField name="password_again" label="New password again" autocomplete="new-password" hint="The same once more, 15 to 128 characters." maxlength=128 error=error("password_again")/>
                    <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Change the password"</Button></div>
                    <p class="text-ink-3">"Every other session of yours ends with it."</p>
                </div>
            </ActionForm>
        </Card>
    }
    .into_any()
}
