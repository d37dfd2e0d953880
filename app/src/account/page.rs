//! The caller's own account: live sessions and the password.

use super::api::{ChangePassword, EndOtherSessions, EndSession, read_account};
use super::password::PasswordForm;
use super::port::AccountView;
use super::sessions::Sessions;
use crate::approvals::delegations::Delegations;
use crate::notifications::choices::NotificationChoices;
use crate::paths;
use crate::status::Failed;
use crate::ui::{Card, Fact, FactsList, Notice, Page, Skeleton, Tone};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// `/account`
#[component]
pub fn AccountRoute() -> impl IntoView {
    let url = use_url();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    let end = ServerAction::<EndSession>::new();
    let end_others = ServerAction::<EndOtherSessions>::new();
    let change = ServerAction::<ChangePassword>::new();
    let account = Resource::new(move || (search.get(), end.version().get(), end_others.version().get()), |_| read_account());
    let body = move || {
        Suspend::new(async move {
            match account.await {
                Ok(account) => page(account, &search.get_untracked(), end, end_others, change),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Account"/>
        <Transition fallback=|| view! { <Page title="Account"><Skeleton/></Page> }>{body}</Transition>
    }
    .into_any()
}

fn page(
    account: AccountView,
    search: &str,
    end: ServerAction<EndSession>,
    end_others: ServerAction<EndOtherSessions>,
    change: ServerAction<ChangePassword>,
) -> AnyView {
    let AccountView { name, login, identity, password_changed, sessions } = account;
    let changed = paths::has_parameter(search, "changed")
        .then(|| view! { <Notice tone=Tone::Ok title="The password was changed." text="Every other session has ended."/> });
    let told = paths::has_parameter(search, "told");
    let delegated = [
        ("delegated", "Delegated.", "They were told, and are asked beside you in that time."),
        ("delegation_ended", "The delegation has ended.", "They were told, and are not asked any more."),
    ]
    .into_iter()
    .find(|(done, ..)| paths::has_parameter(search, done))
    .map(|(_, title, text)| view! { <Notice tone=Tone::Ok title=title text=text/> });
    let form = login.clone().map(|login| view! { <PasswordForm login=login action=change/> });
    view! {
        <Page title="Account" subtitle=name>
            <div class="stack">
                {changed}
                {delegated}
                <Card title="Signing in" aside=move || view! { <a href=paths::identity(identity)>"What is recorded about me"</a> }>
                    <FactsList>
                        <Fact term="Sign-in name">{login.unwrap_or_else(|| "None: you do not sign in with a password".to_owned())}</Fact>
                        <Fact term="Password changed">{password_changed.map_or_else(|| "Never".to_owned(), |changed| changed.text)}</Fact>
                    </FactsList>
                </Card>
                <Sessions sessions=sessions end=end end_others=end_others/>
                {form}
                <Delegations/>
                <NotificationChoices saved=told/>
            </div>
        </Page>
    }
    .into_any()
}
