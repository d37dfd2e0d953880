//! The pages without a session: signing in, and making the first administrator. Both are plain
//! forms that the HTTP room answers, because the answer sets a cookie; it leads back here with the
//! code of what was wrong.

use crate::account::api::demonstration_people;
use crate::account::port::DemoPerson;
use crate::error::Problem;
use crate::paths;
use crate::ui::{Button, ButtonKind, Card, ErrorSummary, Notice, Page, PasswordField, TextField, Tone};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// `/sign-in`
#[component]
pub fn SignInRoute() -> impl IntoView {
    let url = use_url();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    let return_to = Memo::new(move |_| paths::parameter(&search.get(), "return_to"));
    let errors = Signal::derive(move || {
        let code = paths::parameter(&search.get(), "error");
        if code.is_empty() { vec![] } else { vec![(String::new(), refused(&code).to_owned())] }
    });
    let people = Resource::new(|| (), |()| demonstration_people());
    let demonstration = move || {
        Suspend::new(async move {
            match people.await {
                Ok(people) if !people.is_empty() => demonstration(people, return_to.get_untracked()),
                // Outside demonstration mode, and when the list cannot be read, the form is enough.
                _ => ().into_any(),
            }
        })
    };
    view! {
        <Title text="Sign in"/>
        <Page title="Sign in" narrow=true>
            <div class="stack">
                <ErrorSummary errors=errors title="You are not signed in"/>
                {move || ended(&search.get())}
                <Card title="With your password">
                    <form class="form" method="post" action=paths::SIGN_IN>
                        <input type="hidden" name="return_to" value=move || return_to.get()/>
                        <TextField name="login" label="Sign-in name" autocomplete="username" required=true maxlength=254/>
                        <PasswordField name="password" label="Password" maxlength=128/>
                        <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Sign in"</Button></div>
                    </form>
                </Card>
                <Suspense>{demonstration}</Suspense>
            </div>
        </Page>
    }
    .into_any()
}

fn ended(search: &str) -> AnyView {
    let waiting = !paths::parameter(search, "return_to").is_empty() && paths::parameter(search, "error").is_empty();
    if waiting {
        view! { <Notice tone=Tone::Info title="Sign in to go on." text="Afterwards you come back to the page you asked for."/> }.into_any()
    } else {
        ().into_any()
    }
}

/// The same answer for a wrong name and a wrong password: nobody learns which names exist.
fn refused(code: &str) -> &'static str {
    match code {
        "too_many" => "Too many tries in a short time. Wait a few minutes and try again.",
        "expired" | "not_signed_in" => "Your session ended. Sign in again to go on.",
        "internal" | "policies_unavailable" | "transport" => {
            "Something failed on the server. Try again, and tell your administrator if it stays."
        }
        _ => "The sign-in name or the password is not right. Check both and try again.",
    }
}

fn demonstration(people: Vec<DemoPerson>, return_to: String) -> AnyView {
    let buttons = people
        .into_iter()
        .map(|DemoPerson { login, name, part }| {
            view! {
                <li>
                    <button type="submit" class="list-link w-full text-left cursor-pointer" name="demo_login" value=login>
                        <span class="line"><strong>{name}</strong><span class="text-ink-2">{part}</span></span>
                    </button>
                </li>
            }
        })
        .collect_view();
    view! {
        <Card title="As somebody of the demonstration" flush=true>
            <p class="px-3.5 py-2.5 text-ink-2">"These people are invented; no password is needed. Sign in as two of them in two browsers to see a request from both sides."</p>
            <form method="post" action=paths::SIGN_IN>
                <input type="hidden" name="return_to" value=return_to/>
                <ul class="border-t border-line" role="list">{buttons}</ul>
            </form>
        </Card>
    }
    .into_any()
}

/// `/setup`
#[component]
pub fn SetupRoute() -> impl IntoView {
    let url = use_url();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    let token = move || paths::parameter(&search.get(), "token");
    let problem = Memo::new(move |_| {
        let (code, field) = search.with(|search| (paths::parameter(search, "error"), paths::parameter(search, "field")));
        (!code.is_empty()).then_some((field, code))
    });
    let errors =
        Signal::derive(move || problem.get().map(|(field, code)| vec![(field.clone(), setup_refused(field, code))]).unwrap_or_default());
    let error = move |name: &'static str| {
        Signal::derive(move || problem.get().filter(|(field, _)| field == name).map(|(field, code)| setup_refused(field, code)))
    };
    let typed = move |name: &'static str| search.with_untracked(|search| paths::parameter(search, name));
    view! {
        <Title text="Set up"/>
        <Page title="Set up Countersign" subtitle="Make the first administrator. This page closes for good once there is one." narrow=true>
            <div class="stack">
                <ErrorSummary errors=errors title="Nothing was set up"/>
                <Card title="The first administrator">
                    <form class="form" method="post" action=paths::SETUP>
                        <input type="hidden" name="token" value=token/>
                        <div class="form-row">
                            <TextField name="given_name" label="Given name" hint="At most 100 characters." autocomplete="given-name" value=typed("given_name") required=true maxlength=100 error=error("given_name")/>
                            <TextField name="family_name" label="Family name" hint="At most 100 characters." autocomplete="family-name" value=typed("family_name") required=true maxlength=100 error=error("family_name")/>
                        </div>
                        <TextField name="login" label="Sign-in name" hint="1 to 254 letters, digits, or any of . _ - @ +." autocomplete="username" value=typed("login") required=true maxlength=254 error=error("login")/>
                        <PasswordField name="password" label="Password" autocomplete="new-password" hint="15 to 128 characters; a few unrelated words are easy to remember." maxlength=128 error=error("password")/>
                        <PasswordField name="password_again" label="Password again" autocomplete="new-password" maxlength=128 error=error("password_again")/>
                        <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Set up"</Button></div>
                    </form>
                </Card>
            </div>
        </Page>
    }
    .into_any()
}

fn setup_refused(field: String, code: String) -> String {
    match (field.as_str(), code.as_str()) {
        ("token" | "", "token" | "forbidden" | "not_found" | "expired" | "required") => {
            "This link is not, or no longer, the right one. Take the newest one from the server's log."
        }
        ("", "not_possible" | "already_there") => "There is an administrator already. Sign in instead.",
        ("", "too_many") => "Too many tries in a short time. Wait a few minutes and try again.",
        ("", _) => "Something failed on the server. Nothing was set up: try again.",
        _ => return Problem { field, code }.sentence().to_owned(),
    }
    .to_owned()
}
