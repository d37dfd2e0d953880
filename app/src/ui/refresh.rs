//! Keeps a form while somebody types, and shows what the server says about it.
//!
//! One rendering path: the form is sent to its own address as its button would send it, the answer
//! leads to the freshly rendered page, and the parts of it that are marked `data-refresh` take the
//! place of those with the same id. Fields are never replaced; what is said to be wrong at a field
//! is brought up to date beside it. Without this island the button does the same by a page load.

use crate::error::AppError;
use crate::paths;
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use leptos::server_fn::error::ServerFnUrlError;
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, Event, FormData, Headers, HtmlElement, HtmlFormElement, HtmlInputElement, RequestInit, Response,
    SubmitEvent, SupportedType, UrlSearchParams,
};

/// How long after the last key the form is kept.
const PAUSE: Duration = Duration::from_millis(300);
/// Controls that a person fills in; hidden ones follow the server.
const FIELDS: &str = "input:not([type=hidden])[id], select[id], textarea[id]";

/// Keeps the form with the id `form`. `leads_to` is how the path of the page begins that its address
/// leads to; anything else is a refusal.
///
/// `<AutoSave form="request-form" leads_to="/request/"/>`, inside the form
#[island]
pub fn AutoSave(form: String, leads_to: String) -> impl IntoView {
    let said = RwSignal::new(String::new());
    // The effect runs once, in the browser only.
    Effect::new(move |_| {
        if let Some(element) = document().get_element_by_id(&form).and_then(|element| element.dyn_into::<HtmlFormElement>().ok()) {
            watch(&Rc::new(Keeper::of(element, leads_to.clone(), said)));
        }
    });
    view! { <p class="text-ink-2" role="status">{move || said.get()}</p> }.into_any()
}

/// What came back when the form was sent.
struct Answer {
    status: u16,
    /// The address that it led to.
    address: String,
    page: Document,
}

/// The form and what is going on with it.
struct Keeper {
    form: HtmlFormElement,
    leads_to: String,
    said: RwSignal<String>,
    /// A save is on its way.
    busy: Cell<bool>,
    /// Something was typed while it was.
    again: Cell<bool>,
    /// Loads the page once it is kept: other fields depend on what was chosen.
    reload: Cell<bool>,
    /// The page is being left by the form itself.
    leaving: Cell<bool>,
    /// The button that was pressed while a save was on its way.
    pressed: RefCell<Option<HtmlElement>>,
}

fn watch(keeper: &Rc<Keeper>) {
    let ask = {
        let keeper = Rc::clone(keeper);
        Rc::new(RefCell::new(debounce(PAUSE, move |()| keeper.keep())))
    };
    let typed = {
        let keeper = Rc::clone(keeper);
        listener(move |event: Event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let reloads = target.and_then(|target| target.closest("[data-reload]").ok().flatten()).is_some();
            if reloads {
                keeper.reload.set(true);
            }
            keeper.said.set(String::new());
            (ask.borrow_mut())(());
        })
    };
    let sent = {
        let keeper = Rc::clone(keeper);
        listener(move |event: Event| {
            if !keeper.busy.get() {
                keeper.leaving.set(true);
                return;
            }
            // Sent now it would carry a version that the save on its way makes old.
            event.prevent_default();
            let button = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter).and_then(|button| button.dyn_into().ok());
            *keeper.pressed.borrow_mut() = button;
            keeper.leaving.set(true);
        })
    };
    // Refused only for listeners that are there already.
    drop(keeper.form.add_event_listener_with_callback("input", typed.unchecked_ref()));
    drop(keeper.form.add_event_listener_with_callback("submit", sent.unchecked_ref()));
}

/// A listener that lives as long as the page.
fn listener(act: impl FnMut(Event) + 'static) -> JsValue {
    Closure::<dyn FnMut(Event)>::new(act).into_js_value()
}

impl Keeper {
    const fn of(form: HtmlFormElement, leads_to: String, said: RwSignal<String>) -> Self {
        Self {
            form,
            leads_to,
            said,
            busy: Cell::new(false),
            again: Cell::new(false),
            reload: Cell::new(false),
            leaving: Cell::new(false),
            pressed: RefCell::new(None),
        }
    }

    fn keep(self: &Rc<Self>) {
        if self.busy.replace(true) {
            // One at a time: the next carries the version that this one makes.
            self.again.set(true);
            return;
        }
        if self.leaving.get() {
            self.busy.set(false);
            return;
        }
        let keeper = Rc::clone(self);
        spawn_local(async move {
            let answer = keeper.send().await;
            keeper.busy.set(false);
            keeper.settle(answer);
        });
    }

    /// Sends the form as its own button would.
    async fn send(&self) -> Result<Answer, JsValue> {
        let data = FormData::new_with_form(&self.form)?;
        let body = UrlSearchParams::new_with_str_sequence_sequence(&data)?;
        let headers = Headers::new()?;
        headers.set("accept", "text/html")?;
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(&headers);
        init.set_body(&body);
        let response: Response = JsFuture::from(window().fetch_with_str_and_init(&self.form.action(), &init)).await?.dyn_into()?;
        let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
        let page = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
        Ok(Answer { status: response.status(), address: response.url(), page })
    }

    fn settle(self: &Rc<Self>, answer: Result<Answer, JsValue>) {
        let again = self.again.replace(false);
        let Ok(Answer { status, address, page }) = answer else {
            self.said.set(NOT_KNOWN.to_owned());
            return self.go_on(again);
        };
        let origin = window().location().origin().unwrap_or_default();
        let path = address.strip_prefix(&origin).unwrap_or_default();
        if let Some(said) = not_kept(status, path, &self.leads_to).or_else(|| fault(path)) {
            self.said.set(said.to_owned());
            return self.go_on(again);
        }
        if path.contains("__err=") {
            // The version stays the old one, so that nothing of the other tab is overwritten.
            part(&page, "draft-aside");
            let said = match page.get_element_by_id("draft-aside") {
                Some(_) if error_of(path) == Some(AppError::SavedAlready) => {
                    "This says the same as what was saved in another tab. Load the page again before you go on."
                }
                Some(_) => "Not saved: this was changed in another tab. What you type here is kept beside it.",
                None => "Not saved: this is not there any more, or not yours to change. To use what you typed, copy it.",
            };
            self.said.set(said.to_owned());
            return self.go_on(again);
        }
        self.take_versions(&page);
        if again {
            // Overtaken: only its version counts.
            return self.keep();
        }
        if self.reload.get() {
            // Refused only while the page is already going elsewhere.
            drop(window().location().set_href(&address));
            return;
        }
        if !self.leaving.get() {
            self.refresh(&page);
            self.said.set(String::new());
        }
        self.go_on(false);
    }

    /// The button that was pressed meanwhile is pressed now.
    fn go_on(self: &Rc<Self>, again: bool) {
        if self.leaving.replace(false) {
            let button = self.pressed.borrow_mut().take();
            match button {
                Some(button) => drop(self.form.request_submit_with_submitter(Some(&button))),
                None => drop(self.form.request_submit()),
            }
        } else if again {
            self.keep();
        }
    }

    fn take_versions(&self, page: &Document) {
        let hidden = "input[type=hidden][id]";
        let Ok(old) = self.form.query_selector_all(hidden) else { return };
        for at in 0..old.length() {
            let Some(old) = old.get(at).and_then(|node| node.dyn_into::<HtmlInputElement>().ok()) else { continue };
            if let Some(new) = page.get_element_by_id(&old.id()).and_then(|element| element.dyn_into::<HtmlInputElement>().ok()) {
                old.set_value(&new.default_value());
            }
        }
    }

    fn refresh(&self, page: &Document) {
        if let Ok(parts) = document().query_selector_all("[data-refresh][id]") {
            for at in 0..parts.length() {
                if let Some(old) = parts.get(at).and_then(|node| node.dyn_into::<Element>().ok()) {
                    part(page, &old.id());
                }
            }
        }
        if let Ok(fields) = self.form.query_selector_all(FIELDS) {
            for at in 0..fields.length() {
                if let Some(field) = fields.get(at).and_then(|node| node.dyn_into::<Element>().ok()) {
                    said_at(page, &field);
                }
            }
        }
    }
}

/// What is said where the form may have been kept.
const NOT_KNOWN: &str = "It is not known whether this was saved: no answer came. Load the page again before you go on.";

/// Why the form was not kept, by the status of the answer and the path that it led to. Nothing where
/// that is the page of the form, which says itself what is wrong.
fn not_kept(status: u16, path: &str, leads_to: &str) -> Option<&'static str> {
    let led_back = path.starts_with(leads_to);
    match status {
        // The form was taken and led on; its page is what failed.
        500..=599 if led_back => Some(NOT_KNOWN),
        413 => Some("Not saved: this is too large for one form. Shorten it; it is tried again with the next key."),
        429 => Some("Not saved: too much was sent in a short time. Wait a minute; it is tried again with the next key."),
        // What was begun is finished, although nobody waited for the answer.
        502..=504 => Some(NOT_KNOWN),
        500..=599 => Some("Not saved: something failed on the server. It is tried again with the next key."),
        _ if led_back => None,
        _ if path.starts_with(paths::SIGN_IN) => {
            Some("Not saved: you are not signed in any more. Sign in in another tab, then go on here.")
        }
        _ => Some("Not saved: the server did not take it. To use what you typed, copy it."),
    }
}

/// Why the form was not kept where the server led back with a fault of its own: the page is as well as
/// ever then, and only its address says it.
fn fault(path: &str) -> Option<&'static str> {
    let error = error_of(path)?;
    if matches!(error, AppError::TooMany | AppError::TooLarge | AppError::Internal) { not_kept(error.status(), "", "/") } else { None }
}

/// The error that an address tells.
fn error_of(path: &str) -> Option<AppError> {
    let (_, search) = path.split_once('?')?;
    search.contains("__err=").then(|| ServerFnUrlError::<AppError>::decode_err(&paths::parameter(search, "__err")))
}

/// Puts the new content of a part in place. Blocks that are open stay open, the focus stays on the
/// same link or button, and a part in which somebody is filling in a field stays as it is.
fn part(page: &Document, id: &str) {
    let document = document();
    let (Some(old), Some(new)) = (document.get_element_by_id(id), page.get_element_by_id(id)) else { return };
    if old.inner_html() == new.inner_html() {
        return;
    }
    let focus = document.active_element().filter(|focus| old.contains(Some(focus)));
    if focus.as_ref().is_some_and(|focus| ["INPUT", "SELECT", "TEXTAREA"].contains(&focus.tag_name().as_str())) {
        return;
    }
    let open = flags(&old, "details", |block| block.has_attribute("open"));
    let focused = flags(&old, "a, button, summary", |element| Some(element) == focus.as_ref());
    old.set_inner_html(&new.inner_html());
    each(&old, "details", |at, block| {
        if open.get(at) == Some(&true) {
            drop(block.set_attribute("open", ""));
        }
    });
    each(&old, "a, button, summary", |at, element| {
        if focused.get(at) == Some(&true)
            && let Some(element) = element.dyn_ref::<HtmlElement>()
        {
            drop(element.focus());
        }
    });
}

fn flags(of: &Element, selector: &str, holds: impl Fn(&Element) -> bool) -> Vec<bool> {
    let mut found = Vec::new();
    each(of, selector, |_, element| found.push(holds(element)));
    found
}

fn each(of: &Element, selector: &str, mut act: impl FnMut(usize, &Element)) {
    let Ok(list) = of.query_selector_all(selector) else { return };
    for at in 0..list.length() {
        if let Some(element) = list.get(at).and_then(|node| node.dyn_into::<Element>().ok()) {
            act(usize::try_from(at).unwrap_or_default(), &element);
        }
    }
}

/// Brings what is said at a field up to date, and its limits; the field itself and what stands in it
/// are left alone.
fn said_at(page: &Document, field: &Element) {
    let Some(new) = page.get_element_by_id(&field.id()) else { return };
    for name in ["aria-invalid", "aria-describedby", "min", "max"] {
        let done = match new.get_attribute(name) {
            Some(value) => field.set_attribute(name, &value),
            None => field.remove_attribute(name),
        };
        // Refused only for names that are not XML names; these are.
        drop(done);
    }
    let id = format!("{}-error", field.id());
    match (document().get_element_by_id(&id), page.get_element_by_id(&id)) {
        (Some(old), Some(new)) if old.inner_html() != new.inner_html() => old.set_inner_html(&new.inner_html()),
        (Some(old), None) => old.remove(),
        (None, Some(new)) => {
            if let Ok(new) = document().import_node_with_deep(&new, true) {
                drop(field.parent_node().map(|parent| parent.insert_before(&new, field.next_sibling().as_ref())));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_when_nothing_was_kept_is_what_happened() {
        let draft = "/request/0190a000-0000-7000-8000-000000000000";
        for (status, path, said) in [
            (200, draft, None),
            (404, draft, None),
            (200, "/sign-in?return_to=/request/1", Some("not signed in any more")),
            (413, "/api/drafts/save", Some("too large")),
            (429, "/api/drafts/save", Some("too much was sent")),
            (503, "/api/drafts/save", Some("not known whether this was saved")),
            (500, "/api/drafts/save", Some("something failed on the server")),
            (502, "/api/drafts/save", Some("not known whether this was saved")),
            (403, "/api/drafts/save", Some("did not take it")),
            (503, draft, Some("not known whether this was saved")),
        ] {
            match (not_kept(status, path, "/request/"), said) {
                (None, None) => {}
                (Some(sentence), Some(said)) => assert!(sentence.contains(said), "{status} {path}: {sentence}"),
                (found, said) => panic!("{status} {path}: {found:?} instead of {said:?}"),
            }
        }
    }

    #[test]
    fn a_fault_that_the_address_tells_is_no_change_in_another_tab() {
        let led = |error: AppError| {
            let url = ServerFnUrlError::new("/api/drafts/save", error).to_url("http://localhost/request/1").unwrap();
            fault(&format!("/request/1?{}", url.query().unwrap()))
        };
        assert!(led(AppError::Internal).is_some_and(|said| said.contains("something failed on the server")));
        assert!(led(AppError::TooMany).is_some_and(|said| said.contains("too much was sent")));
        assert!(led(AppError::TooLarge).is_some_and(|said| said.contains("too large")));
        for refused in [AppError::Changed, AppError::SavedAlready, AppError::NotFound, AppError::field("items", "too_many")] {
            assert_eq!(led(refused), None);
        }
        assert_eq!((fault("/request/1"), fault("/request/1?discarded")), (None, None));
    }
}
