//! Something that needs an answer before going on, and blocks that open in place.
//!
//! Without JavaScript a dialog needs no fallback in browsers that know `command` on buttons;
//! older ones do nothing. A path that must always work (approve, reject) therefore stands on the
//! page itself, in a [`Disclosure`], or behind a link to a page of its own; a dialog is only the
//! quicker way.

use super::text::Text;
use leptos::{attr::custom::custom_attribute, ev::MouseEvent, html, prelude::*};

/// A native modal dialog: focus is kept inside, Escape closes, the opener gets the focus back.
///
/// `<Dialog id="reject" title="Reject this request" open=open>...</Dialog>`
#[component]
pub fn Dialog(
    /// Unique on the page; [`DialogButton`] opens by it.
    #[prop(into)]
    id: String,
    #[prop(into)] title: String,
    /// Opens and closes it; follows when the person closes it.
    #[prop(optional)]
    open: Option<RwSignal<bool>>,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    if let Some(open) = open {
        Effect::new(move || {
            let wanted = open.get();
            let Some(dialog) = node.get() else { return };
            if wanted && !dialog.open() {
                // Refused only when the element is not in the page; then there is nothing to open.
                drop(dialog.show_modal());
            } else if !wanted && dialog.open() {
                dialog.close();
            }
        });
    }
    view! {
        <dialog
            node_ref=node
            class="dialog"
            id=id
            aria-labelledby=labelled_by
            on:close=move |_| {
                if let Some(open) = open {
                    open.set(false);
                }
            }
        >
            <div class="dialog-head">
                <h2 id=title_id>{title}</h2>
                <form method="dialog"><button class="btn btn-quiet" type="submit">"Close"</button></form>
            </div>
            <div class="dialog-body">{children()}</div>
        </dialog>
    }
    .into_any()
}

/// Opens a [`Dialog`] by its id, without JavaScript where the browser can.
///
/// `<DialogButton dialog="keys">"Keys"</DialogButton>`
#[component]
pub fn DialogButton(#[prop(into)] dialog: String, #[prop(optional)] quiet: bool, children: Children) -> impl IntoView {
    let target = dialog.clone();
    let open = move |event: MouseEvent| {
        // Takes the place of `command`, which would open it a second time.
        event.prevent_default();
        if let Some(element) = document().get_element_by_id(&target) {
            let dialog: web_sys::HtmlDialogElement = wasm_bindgen::JsCast::unchecked_into(element);
            if !dialog.open() {
                drop(dialog.show_modal());
            }
        }
    };
    let command = (custom_attribute("command", "show-modal"), custom_attribute("commandfor", dialog));
    view! {
        <button
            {..command}
            type="button"
            class=if quiet { "btn btn-quiet" } else { "btn" }
            aria-haspopup="dialog"
            on:click=open
        >
            {children()}
        </button>
    }
    .into_any()
}

/// A block that opens in place, with or without JavaScript.
///
/// `<Disclosure summary="Reject this request" open=has_error>...</Disclosure>`
#[component]
pub fn Disclosure(
    #[prop(into)] summary: String,
    #[prop(optional)] open: bool,
    #[prop(optional, into)] id: Text,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="disclosure" open=open id=id.into_inner()>
            <summary>{summary}</summary>
            <div class="disclosure-body">{children()}</div>
        </details>
    }
    .into_any()
}
