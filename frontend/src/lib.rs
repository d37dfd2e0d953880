//! The browser's entry point: hydrates what the server rendered, and nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the script that the shell loads.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::routes::App);
}
