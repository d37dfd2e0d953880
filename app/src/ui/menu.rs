//! A small menu under a word, for the person's own things: theme, profile, sign-out. A `<details>`,
//! so it opens without JavaScript; with it, Escape and a followed link close it.

use leptos::{html, prelude::*};

/// `<Menu label="Leon DasSarma"><ThemeSwitch current=theme/><a href="/profile">"Profile"</a></Menu>`
#[component]
pub fn Menu(#[prop(into)] label: String, children: Children) -> impl IntoView {
    let node = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = node.get_untracked() {
            details.set_open(false);
        }
    };
    view! {
        <details
            class="menu"
            node_ref=node
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    close();
                }
            }
        >
            <summary>{label}</summary>
            <div class="menu-panel" on:click=move |event| {
                let target: Option<web_sys::Element> = event.target().and_then(|target| wasm_bindgen::JsCast::dyn_into(target).ok());
                if target.is_some_and(|element| element.closest("a").ok().flatten().is_some()) {
                    close();
                }
            }>
                {children()}
            </div>
        </details>
    }
    .into_any()
}
