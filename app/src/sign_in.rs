//! The pages without a session: signing in, and making the first administrator. Both are plain
//! forms that the HTTP room answers, because the answer sets a cookie. A refused sign-in leads back
//! here with the code of what was wrong; a refused set-up is answered with its page.

use crate::account::api::{demonstration_people, is_set_up};
use crate::account::port::DemoPerson;
use crate::error::AppError;
use crate::paths;
use crate::status::{Failed, at, lines};
use crate::ui::{
    Button, ButtonKind, Card, ErrorSummary, LinkButton, Notice, Page, PasswordField, Skeleton, SkeletonShape, TextField, Tone,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// `/sign-in`
#[component]
pub fn SignInRoute() -> impl IntoView {
    let url = use_url();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    let return_to = Memo::new(move |_| paths::parameter(&search.get(), "return_to"));
    let typed = search.with_untracked(|search| paths::parameter(search, "login"));
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
                        <TextField name="login" label="Sign-in name" hint="At most 254 characters." autocomplete="username" value=typed required=true maxlength=254/>
                        <PasswordField name="password" label="Password" hint="At most 128 characters." maxlength=128/>
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

/// A set-up that was refused, as typed but for the passwords. The server puts it into the context of
/// the render that answers the form: nobody is signed in yet, so nothing can be kept for them.
#[derive(Clone, Debug)]
pub struct RefusedSetUp {
    /// Token of the link.
    pub token: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Sign-in name.
    pub login: String,
    /// Why.
    pub error: AppError,
}

/// `/setup`
#[component]
pub fn SetupRoute() -> impl IntoView {
    let refused = use_context::<RefusedSetUp>();
    let token = use_url().with_untracked(|url| paths::parameter(url.search(), "token"));
    let done = Resource::new(|| (), |()| is_set_up());
    let body = move || {
        let (refused, token) = (refused.clone(), token.clone());
        Suspend::new(async move {
            match done.await {
                Ok(true) => set_up_already(refused.as_ref()),
                Ok(false) => set_up_form(refused, token),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Set up"/>
        <Suspense fallback=|| view! { <Page title="Set up Countersign" narrow=true><Skeleton shape=SkeletonShape::Card/></Page> }>{body}</Suspense>
    }
    .into_any()
}

fn set_up_already(refused: Option<&RefusedSetUp>) -> AnyView {
    let errors = Signal::stored(refused.map(|refused| setup_refused(&refused.error)).unwrap_or_default());
    view! {
        <Page title="Countersign is set up" subtitle="There is an administrator, so nobody is made the first one here." narrow=true>
            <div class="stack">
                <ErrorSummary errors=errors title="Nothing was set up"/>
                <Card title="How you get in">
                    <div class="stack">
                        <p>"Sign in with your account. If you have none, an administrator can tell you how to get one."</p>
                        <p class="text-ink-2">
                            "If no active administrator is left, run "<span class="code">"countersign setup-link"</span>
                            " on the server: it prints a new link, which opens the form for the next one."
                        </p>
                        <p><LinkButton href=paths::SIGN_IN kind=ButtonKind::Primary>"Sign in"</LinkButton></p>
                    </div>
                </Card>
            </div>
        </Page>
    }
    .into_any()
}

fn set_up_form(refused: Option<RefusedSetUp>, token: String) -> AnyView {
    let errors = Signal::stored(refused.as_ref().map(|refused| setup_refused(&refused.error)).unwrap_or_default());
    let at_field = |name: &'static str| at(refused.as_ref().map(|refused| &refused.error), name);
    let [given_error, family_error, login_error, password_error, again_error] =
        ["given_name", "family_name", "login", "password", "password_again"].map(|name| Signal::stored(at_field(name)));
    let (token, given_name, family_name, login) = match refused {
        Some(RefusedSetUp { token, given_name, family_name, login, .. }) => (token, given_name, family_name, login),
        None => (token, <_>::default(), <_>::default(), <_>::default()),
    };
    view! {
        <Page title="Set up Countersign" subtitle="Make the first administrator. This page closes once there is one." narrow=true>
            <div class="stack">
                <ErrorSummary errors=errors title="Nothing was set up"/>
                <Card title="The first administrator">
                    <form class="form" method="post" action=paths::SETUP>
                        <input type="hidden" name="token" value=token/>
                        <div class="form-row">
                            <TextField name="given_name" label="Given name" hint="At most 100 characters." autocomplete="given-name" value=given_name required=true maxlength=100 error=given_error/>
                            <TextField name="family_name" label="Family name" hint="At most 100 characters." autocomplete="family-name" value=family_name required=true maxlength=100 error=family_error/>
                        </div>
                        <TextField name="login" label="Sign-in name" hint="1 to 254 letters, digits, or any of . _ - @ +." autocomplete="username" value=login required=true maxlength=254 error=login_error/>
                        <PasswordField name="password" label="Password" autocomplete="new-password" hint="15 to 128 characters; a few unrelated words are easy to remember." maxlength=128 error=password_error/>
                        <PasswordField name="password_again" label="Password again" autocomplete="new-password" hint="The same once more, 15 to 128 characters." maxlength=128 error=again_error/>
                        <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Set up"</Button></div>
                    </form>
                </Card>
            </div>
        </Page>
    }
    .into_any()
}

/// Sentences for the summary, each with its field.
fn setup_refused(error: &AppError) -> Vec<(String, String)> {
    let sentence = match error {
        AppError::Invalid { .. } => return lines(error),
        AppError::NotFound => "This link is not, or no longer, the right one. Take the newest one from the server's log.",
        AppError::TooMany => "Too many tries in a short time. Wait a few minutes and try again.",
        _ => "Something failed on the server. Nothing was set up: try again.",
    };
    vec![(String::new(), sentence.to_owned())]
}
