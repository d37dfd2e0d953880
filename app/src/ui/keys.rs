//! Single-key shortcuts for pages that are worked through by keyboard (`j` next, `k` previous,
//! `a` approve, `e` return with a question, `r` reject, `?` list of keys).
//!
//! A shortcut presses a button or follows a link that is on the page anyway, so it can do nothing
//! that the page does not offer, and the server never hears of it. Shortcuts are silent while
//! somebody types, while Ctrl, Alt or Meta is held, and while a dialog is open. They can be switched
//! off in the list of keys (WCAG 2.1.4); the choice is kept in this browser.
//!
//! ```ignore
//! use_shortcuts(vec![Shortcut::press("a", "Approve", "approve"), Shortcut::press("j", "Next request", "next")]);
//! view! { <KeyHelp/> <Button id="approve" kbd="a" submit=true>"Approve"</Button> }
//! ```

use super::dialog::Dialog;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

/// A key and what it does.
#[derive(Clone)]
pub struct Shortcut {
    key: &'static str,
    what: &'static str,
    act: Act,
}

#[derive(Clone)]
enum Act {
    Press(String),
    Run(Callback<()>),
}

impl Shortcut {
    /// Presses the button, or follows the link, with this id.
    #[must_use]
    pub fn press(key: &'static str, what: &'static str, id: impl Into<String>) -> Self {
        Self { key, what, act: Act::Press(id.into()) }
    }

    /// Runs a callback.
    #[must_use]
    pub const fn run(key: &'static str, what: &'static str, callback: Callback<()>) -> Self {
        Self { key, what, act: Act::Run(callback) }
    }

    fn perform(&self) {
        match &self.act {
            Act::Press(id) => {
                if let Some(element) = document().get_element_by_id(id)
                    && let Ok(element) = element.dyn_into::<web_sys::HtmlElement>()
                {
                    element.click();
                }
            }
            Act::Run(callback) => callback.run(()),
        }
    }
}

/// The keys of the page on screen, for [`KeyHelp`].
#[derive(Clone, Copy)]
struct Keys {
    list: RwSignal<Vec<Shortcut>>,
    help: RwSignal<bool>,
}

fn keys() -> Keys {
    use_context().unwrap_or_else(|| {
        let keys = Keys { list: RwSignal::new(Vec::new()), help: RwSignal::new(false) };
        provide_context(keys);
        keys
    })
}

const STORED_AS: &str = "countersign.keys";

fn switched_on() -> bool {
    let stored = window().local_storage().ok().flatten().and_then(|storage| storage.get_item(STORED_AS).ok().flatten());
    stored.as_deref() != Some("off")
}

fn switch(on: bool) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Full or forbidden storage only means that the choice is not remembered.
        drop(storage.set_item(STORED_AS, if on { "on" } else { "off" }));
    }
}

/// Whether a key pressed now belongs to a control rather than to the page.
fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| element.closest("input, select, textarea, dialog, [contenteditable]").ok().flatten().is_some())
}

/// Registers shortcuts for as long as the calling component is on the page. Does nothing on the
/// server.
pub fn use_shortcuts(shortcuts: Vec<Shortcut>) {
    let keys = keys();
    keys.list.set(shortcuts.clone());
    Effect::new(move || {
        let shortcuts = shortcuts.clone();
        let listener = window_event_listener(ev::keydown, move |event| {
            if event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat() || event.default_prevented() || is_typing(&event) {
                return;
            }
            let key = event.key();
            if key == "?" {
                event.prevent_default();
                keys.help.set(true);
            } else if let Some(shortcut) = shortcuts.iter().find(|shortcut| shortcut.key == key)
                && switched_on()
            {
                event.prevent_default();
                shortcut.perform();
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// The list of keys of this page, opened by `?`, with the switch to turn them off. Place it in the
/// component that calls [`use_shortcuts`], after that call.
#[component]
pub fn KeyHelp() -> impl IntoView {
    let keys = keys();
    let on = RwSignal::new(true);
    Effect::new(move || on.set(switched_on()));
    let lines = move || {
        keys.list
            .get()
            .into_iter()
            .map(|Shortcut { key, what, .. }| view! { <div><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div> })
            .collect_view()
    };
    view! {
        <Dialog id="key-help" title="Keys on this page" open=keys.help>
            <dl class="facts">{lines}<div><dt><kbd>"Ctrl K"</kbd></dt><dd>"Find anything, on every page"</dd></div><div><dt><kbd>"?"</kbd></dt><dd>"This list"</dd></div></dl>
            <div class="check mt-4">
                <input
                    type="checkbox"
                    class="check-box"
                    id="key-help-on"
                    prop:checked=move || on.get()
                    on:change=move |event| {
                        let wanted = event_target_checked(&event);
                        switch(wanted);
                        on.set(wanted);
                    }
                />
                <label for="key-help-on">"Use single keys in this browser"</label>
            </div>
        </Dialog>
    }
    .into_any()
}
