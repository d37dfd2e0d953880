//! The palette: a dialog with one field, opened by Ctrl K (Cmd K) or the button in the top bar. A
//! combobox after the ARIA authoring practices: the focus stays in the field, arrows move through
//! what was found, Enter goes there, Escape closes and the focus returns to where it was. Without
//! JavaScript the button leads to `/find`.
//!
//! What was found arrives as HTML that the server wrote, so the browser carries no view of it.

use super::api::search_options;
#[cfg(feature = "ssr")]
use super::port::Found;
use super::port::LONGEST;
use crate::paths;
use leptos::leptos_dom::helpers::debounce;
use leptos::task::spawn_local;
use leptos::{ev, html, prelude::*};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// How long after the last key is looked.
const PAUSE: Duration = Duration::from_millis(150);
const CHOSEN: &str = "aria-selected";
const HREF: &str = "data-href";

/// What was found as options of the listbox, ready to stand in it.
#[cfg(feature = "ssr")]
pub(super) fn options(found: Vec<Found>) -> String {
    found
        .into_iter()
        .enumerate()
        .map(|(at, Found { kind, title, hint, href })| {
            view! {
                <li role="option" id=format!("palette-{at}") class="option" aria-selected="false" data-href=href>
                    <span class="option-title">{title}</span>
                    <span class="option-kind">{kind}</span>
                    <span class="option-hint">{hint}</span>
                </li>
            }
            .to_html()
        })
        .collect()
}

#[derive(Clone, Copy)]
struct Live {
    dialog: NodeRef<html::Dialog>,
    field: NodeRef<html::Input>,
    list: NodeRef<html::Ul>,
    /// Something was found.
    some: RwSignal<bool>,
    said: RwSignal<&'static str>,
    turn: StoredValue<u32>,
}

impl Live {
    fn open(self) {
        let (Some(dialog), Some(field)) = (self.dialog.get_untracked(), self.field.get_untracked()) else { return };
        if !dialog.open() {
            // Refused only when the element is not in the page; then there is nothing to open.
            drop(dialog.show_modal());
            self.look();
        }
        field.select();
    }

    fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    /// Looks for what stands in the field. An answer that a later look has overtaken is dropped.
    fn look(self) {
        let typed = self.field.get_untracked().map(|field| field.value()).unwrap_or_default();
        let turn = self.turn.try_update_value(|turn| {
            *turn = turn.wrapping_add(1);
            *turn
        });
        spawn_local(async move {
            let answer = search_options(typed).await;
            if turn.is_none() || self.turn.try_get_value() != turn {
                return;
            }
            let (options, said) = match answer {
                Ok(options) if options.is_empty() => (options, "Nothing was found that you may see."),
                Ok(options) => (options, ""),
                Err(error) => (String::new(), error.sentence()),
            };
            self.some.set(!options.is_empty());
            self.said.set(said);
            if let Some(list) = self.list.get_untracked() {
                list.set_inner_html(&options);
            }
            self.choose(0);
        });
    }

    fn options(self) -> Vec<Element> {
        let nodes = self.list.get_untracked().and_then(|list| list.query_selector_all("[role=option]").ok());
        let nodes = nodes.into_iter().flat_map(|nodes| (0..nodes.length()).filter_map(move |at| nodes.get(at)));
        nodes.filter_map(|node| node.dyn_into().ok()).collect()
    }

    fn choose(self, at: usize) {
        let Some(field) = self.field.get_untracked() else { return };
        // Attributes by these names can always be set.
        drop(field.remove_attribute("aria-activedescendant"));
        for (place, option) in self.options().iter().enumerate() {
            drop(option.set_attribute(CHOSEN, if place == at { "true" } else { "false" }));
            if place == at {
                drop(field.set_attribute("aria-activedescendant", &option.id()));
                option.scroll_into_view_with_bool(false);
            }
        }
    }

    fn key(self, event: &ev::KeyboardEvent) {
        let options = self.options();
        let chosen = options.iter().position(|option| option.get_attribute(CHOSEN).as_deref() == Some("true"));
        match (event.key().as_str(), chosen) {
            ("ArrowDown", _) => self.choose(next(chosen, options.len())),
            ("ArrowUp", _) => self.choose(previous(chosen, options.len())),
            // Without anything chosen the form goes to the page that finds.
            ("Enter", Some(at)) => follow(options.get(at)),
            _ => return,
        }
        event.prevent_default();
    }
}

fn next(chosen: Option<usize>, of: usize) -> usize {
    chosen.map_or(0, |at| at + 1) % of.max(1)
}

fn previous(chosen: Option<usize>, of: usize) -> usize {
    chosen.unwrap_or(0).checked_sub(1).unwrap_or(of.saturating_sub(1))
}

fn follow(option: Option<&Element>) {
    if let Some(href) = option.and_then(|option| option.get_attribute(HREF)) {
        // Refused only while the page is already going elsewhere.
        drop(window().location().set_href(&href));
    }
}

/// The button in the top bar and the dialog behind it.
#[island]
pub fn Palette() -> impl IntoView {
    let live = Live {
        dialog: NodeRef::new(),
        field: NodeRef::new(),
        list: NodeRef::new(),
        some: RwSignal::new(false),
        said: RwSignal::new(""),
        turn: StoredValue::new(0),
    };
    Effect::new(move || {
        let listener = window_event_listener(ev::keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key() && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                live.open();
            }
        });
        on_cleanup(move || listener.remove());
    });
    let mut look = debounce(PAUSE, move |()| live.look());
    view! {
        <form class="palette-button" method="get" action=paths::FIND>
            <button
                type="submit"
                class="btn btn-quiet"
                aria-haspopup="dialog"
                aria-keyshortcuts="Control+K Meta+K"
                on:click=move |event| {
                    event.prevent_default();
                    live.open();
                }
            >
                "Find"<kbd aria-hidden="true">"Ctrl K"</kbd>
            </button>
        </form>
        <dialog class="dialog palette" aria-label="Find" node_ref=live.dialog>
            <form class="palette-head" method="get" action=paths::FIND>
                <input
                    node_ref=live.field
                    class="input"
                    r#type="text"
                    name="q"
                    role="combobox"
                    aria-label="Find pages, people, entitlements and requests"
                    aria-autocomplete="list"
                    aria-controls="palette-found"
                    aria-expanded=move || if live.some.get() { "true" } else { "false" }
                    placeholder="A page, a person, an entitlement, a request, a number"
                    maxlength=LONGEST.to_string()
                    aria-describedby="palette-limit"
                    autocomplete="off"
                    spellcheck="false"
                    on:input=move |_| look(())
                    on:keydown=move |event| live.key(&event)
                />
                <span class="sr-only" id="palette-limit">{format!("At most {LONGEST} characters.")}</span>
                <button type="button" class="btn btn-quiet" on:click=move |_| live.close()>"Close"</button>
            </form>
            <ul
                node_ref=live.list
                id="palette-found"
                class="options"
                role="listbox"
                aria-label="Found"
                hidden=move || !live.some.get()
                on:click=move |event| {
                    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                    follow(target.and_then(|target| target.closest("[role=option]").ok().flatten()).as_ref());
                }
            ></ul>
            <p class="palette-said" role="status">{move || live.said.get()}</p>
        </dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_what_was_found() {
        assert_eq!([next(None, 3), next(Some(0), 3), next(Some(2), 3), next(None, 0)], [0, 1, 0, 0]);
        assert_eq!([previous(Some(2), 3), previous(Some(0), 3), previous(None, 3), previous(None, 0)], [1, 2, 2, 0]);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn an_option_says_what_and_where_and_nothing_in_it_is_markup() {
        let found =
            Found { kind: "Person".into(), title: "<b>Ana</b>".into(), hint: "a & b".into(), href: "/identities/1?x=\"><script>".into() };
        let html = Owner::new().with(|| options(vec![found.clone(), found]));
        assert!(html.contains("id=\"palette-1\"") && html.contains("role=\"option\"") && html.contains("Person"), "{html}");
        assert!(!html.contains("<b>") && !html.contains("<script") && html.contains("&lt;b"), "{html}");
    }
}
