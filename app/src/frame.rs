//! What stands around every page: the top bar with the navigation that the caller's roles allow and
//! the counts of what waits for them, the person's menu, the footer, messages. Also the two things
//! that happen once for the whole application in the browser: the mark that says it is alive, and
//! moving the focus after a change of page.

use crate::home::{api, port::Frame};
use crate::paths;
use crate::ui::{Menu, NavItem, Theme, ThemeSwitch, ToastRegion, TopBar, provide_toasts};
use domain::permission::{Action, permitted};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The counts in the top bar, to be read again; [`use_standing`] finds it.
#[derive(Clone, Copy)]
pub struct Standing {
    version: RwSignal<u32>,
}

impl Standing {
    /// Reads the counts again, after something was done on a page that stays.
    pub fn refresh(self) {
        self.version.update(|version| *version = version.wrapping_add(1));
    }
}

/// The counts of the caller. Only inside [`Surroundings`].
#[must_use]
pub fn use_standing() -> Option<Standing> {
    use_context()
}

/// Reads the counts of the top bar again each time `version` (of an action) goes up.
pub fn refresh_after(version: impl Fn() -> usize + 'static) {
    let standing = use_standing();
    Effect::new(move |before: Option<usize>| {
        let now = version();
        if let Some(standing) = standing
            && before.is_some_and(|before| before != now)
        {
            standing.refresh();
        }
        now
    });
}

/// Every page stands inside this, once, directly below the router.
#[component]
pub fn Surroundings(children: Children) -> impl IntoView {
    provide_toasts();
    let pathname = use_location().pathname;
    let version = RwSignal::new(0_u32);
    let frame = Resource::new(move || (pathname.get(), version.get()), |_| api::read_frame());
    provide_context(Standing { version });
    mark_alive();
    follow_with_focus();
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
        <ToastRegion/>
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
    if may(Action::ReadControls) {
        items.push(NavItem::new(paths::CONTROLS, "Controls"));
    }
    if may(Action::ReadAdministration) {
        items.push(NavItem::new(paths::ADMIN, "Administration"));
    }
    items
}

fn right(frame: Option<Frame>) -> AnyView {
    let theme = use_context::<Theme>().unwrap_or_default();
    match frame {
        Some(Frame { identity, name, .. }) => view! {
            <Menu label=name>
                <ThemeSwitch current=theme/>
                <a href=paths::identity(identity)>"What is recorded about me"</a>
                <a href=paths::ACCOUNT>"Sessions and password"</a>
                <form method="post" action=paths::SIGN_OUT>
                    <button type="submit" class="btn">"Sign out"</button>
                </form>
            </Menu>
        }
        .into_any(),
        None => view! { <ThemeSwitch current=theme/> }.into_any(),
    }
}

/// Sets `data-hydrated` on `<html>` once the page reacts: browser tests wait for it.
fn mark_alive() {
    Effect::new(|| {
        if let Some(root) = document().document_element() {
            // Fails only for names that are not XML names; this one is.
            drop(root.set_attribute("data-hydrated", "true"));
        }
    });
}

/// After a change of page the focus goes to its content, as it would after a full load; the router
/// leaves it on a link that may be gone.
fn follow_with_focus() {
    let pathname = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = pathname.get();
        if before.is_some_and(|before| before != now) {
            request_animation_frame(|| {
                let main = document().get_element_by_id("main");
                if let Some(main) = main.and_then(|main| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(main).ok()) {
                    // The router scrolls; a focus that cannot be moved is where it was.
                    drop(main.focus());
                }
            });
        }
        now
    });
}
