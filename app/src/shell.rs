//! The HTML around every page: head, colours, and the script that makes its islands live.
//!
//! The script is written here and not by Leptos' `HydrationScripts` because our files carry the
//! hash of their content in their names. Nothing that a person wrote may stand in this file: the
//! children of `<script>` are not escaped.

use crate::routes::App;
use crate::ui::Theme;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// Addresses of the built site. None is known when it was not built; pages then come without
/// script and style, and work all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// The script.
    pub js: Option<String>,
    /// The WASM that it loads.
    pub wasm: Option<String>,
    /// The style sheet.
    pub css: Option<String>,
}

/// Hydrates every island in the order of the document, then says so for browser tests.
const START: &str = "m.hydrate();\
    for (const island of document.querySelectorAll('leptos-island')) m[island.dataset.component](island);\
    document.documentElement.dataset.hydrated = 'true';";

/// The whole page.
#[must_use]
pub fn shell(assets: Assets) -> impl IntoView {
    // Outside islands nothing is hydrated, so nothing needs to be sent along for it.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let theme = use_context::<Theme>().unwrap_or_default().attribute();
    let script = assets.js.zip(assets.wasm).map(|(js, wasm)| {
        let start = format!("import('{js}').then(m => m.default({{module_or_path: '{wasm}'}}).then(() => {{ {START} }}));");
        let nonce = use_nonce();
        view! {
            <link rel="modulepreload" href=js nonce=nonce.clone()/>
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
            <script type="module" nonce=nonce>{start}</script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.ico" r#type="image/svg+xml"/>
                {assets.css.map(|css| view! { <link rel="stylesheet" href=css/> })}
                {script}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
