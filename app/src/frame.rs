//! What stands around every page: the top bar with the navigation that the caller's roles allow and
//! the counts of what waits for them, the person's menu, and the footer.

use crate::home::{api, port::Frame};
use crate::notifications::bell::Bell;
use crate::palette::island::Palette;
use crate::paths;
use crate::ui::{Menu, NavItem, Theme, ThemeSwitch, TopBar};
use domain::permission::{Action, permitted};
use leptos::prelude::*;

/// Every page stands inside this, once, directly below the router.
#[component]
pub fn Surroundings(children: Children) -> impl IntoView {
    let frame = Resource::new(|| (), |()| api::read_frame());
    let bar = move || {
        Suspend::new(async move {
            let frame = frame.await.ok();
            let items = frame.as_ref().map(navigation).unwrap_or_default();
            view! { <TopBar items=items right=move || right(frame)/> }
        })
    };
    view! {
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <Transition fallback=bare>{bar}</Transition>
        <main id="main" class="main" tabindex="-1">{children()}</main>
        <footer class="no-print border-t border-line px-4 py-3 text-ink-3 text-xs">
            "Countersign. Every decision and every change leaves a record here that nobody can delete."
        </footer>
    }
    .into_any()
}

fn bare() -> AnyView {
    let items: Vec<NavItem> = vec![];
    view! { <TopBar items=items/> }.into_any()
}

fn count(waiting: i64) -> u32 {
    u32::try_from(waiting).unwrap_or(0)
}

/// The entries that the caller's roles allow, in the order of the work.
fn navigation(frame: &Frame) -> Vec<NavItem> {
    let may = |action| permitted(&frame.roles, action, &[]);
    let mut items = vec![
        NavItem::new(paths::HOME, "Home"),
        NavItem::new(paths::CATALOGUE, "Catalogue"),
        NavItem::new(paths::REQUESTS, "Requests"),
        NavItem::new(paths::INBOX, "Inbox").counting(count(frame.decisions)),
    ];
    if may(Action::ReadRelease) {
        items.push(NavItem::new(paths::RELEASES, "Releases").counting(count(frame.releases)));
    }
    if may(Action::ReadHolds) {
        items.push(NavItem::new(paths::HOLDS, "Held"));
    }
    if may(Action::ReadControls) {
        items.push(NavItem::new(paths::CONTROLS, "Controls"));
    }
    if let Some(changes) = frame.changes {
        items.push(NavItem::new(paths::RULES, "Rules").counting(count(changes)));
    }
    if may(Action::ReadAdministration) {
        items.push(NavItem::new(paths::ADMIN, "Administration"));
    } else if may(Action::ReadJobs) {
        items.push(NavItem::new(paths::ADMIN_JOBS, "Jobs"));
    }
    items
}

fn right(frame: Option<Frame>) -> AnyView {
    let theme = use_context::<Theme>().unwrap_or_default();
    match frame {
        Some(Frame { identity, name, unread, .. }) => view! {
            <Palette/>
            <Bell unread=unread/>
            <Menu label=name>
                <ThemeSwitch current=theme/>
                <a href=paths::identity(identity)>"What is recorded about me"</a>
                <a href=paths::ACCOUNT>"Account"</a>
                <form method="post" action=paths::SIGN_OUT>
                    <button type="submit" class="btn">"Sign out"</button>
                </form>
            </Menu>
        }
        .into_any(),
        None => view! { <ThemeSwitch current=theme/> }.into_any(),
    }
}
