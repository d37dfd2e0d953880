//! Short messages about what just happened. They stay until the person closes them or goes on to
//! another page: nothing disappears while it is being read.

use super::status::{Tone, shape};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

#[derive(Clone)]
struct Toast {
    id: u32,
    tone: Tone,
    text: String,
    /// How many changes of page it outlives.
    pages: u8,
}

/// The messages of this visit; [`use_toasts`] finds it.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    /// Says something on this page.
    pub fn say(self, tone: Tone, text: impl Into<String>) {
        self.push(tone, text.into(), 0);
    }

    /// Says something that should still stand on the page the person is being taken to.
    pub fn say_after_moving(self, tone: Tone, text: impl Into<String>) {
        self.push(tone, text.into(), 1);
    }

    fn push(self, tone: Tone, text: String, pages: u8) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.list.update(|list| {
            list.push(Toast {
                id,
                tone,
                text,
                pages,
            })
        });
    }

    fn close(self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
    }

    fn turn_page(self) {
        if self.list.with_untracked(Vec::is_empty) {
            return;
        }
        self.list.update(|list| {
            list.retain_mut(|toast| {
                let stays = toast.pages > 0;
                toast.pages = toast.pages.saturating_sub(1);
                stays
            });
        });
    }
}

/// Makes [`Toasts`] available; call it once, in the app's root component.
pub fn provide_toasts() {
    provide_context(Toasts {
        list: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
    });
}

/// The messages of this visit. Outside the app's root (tests) they go nowhere.
#[must_use]
pub fn use_toasts() -> Toasts {
    use_context().unwrap_or_else(|| Toasts {
        list: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
    })
}

/// Where messages appear and are read out. `Frame` already contains it.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            toasts.turn_page();
        }
        now
    });
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.list.get() key=|toast| toast.id let:toast>
                <div class="toast">
                    <span class=toast.tone.status_class()>{shape(toast.tone)}<span>{toast.text}</span></span>
                    <button type="button" class="btn btn-quiet" on:click=move |_| toasts.close(toast.id)>"Close"</button>
                </div>
            </For>
        </div>
    }
    .into_any()
}
