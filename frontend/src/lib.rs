//! The browser's entry point: makes the islands live that the server rendered, and nothing else.

#[expect(unused_imports, reason = "linking the crate is what keeps the islands' exports")]
use app::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the script that the shell loads, before the islands are.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::follow_redirects();
    leptos::mount::hydrate_islands();
}
