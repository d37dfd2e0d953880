//! `/inbox` and `/inbox/:stage`: the list beside the chosen decision. Filter, page and choice are
//! in the address, so that all of it works without JavaScript.

use super::api::{list_inbox, show_stage};
use super::detail::{ChosenDecision, NothingChosen};
use super::list::{Chosen, InboxList};
use crate::ui::{KeyHelp, ListDetail, Shortcut, use_shortcuts};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The inbox.
#[component]
pub fn InboxRoute() -> impl IntoView {
    let params = use_params_map();
    let search = use_location().search;
    let chosen = Chosen {
        stage: Memo::new(move |_| params.read().get("stage").filter(|stage| !stage.is_empty())),
        search: Memo::new(move |_| search.get()),
    };
    let list = Resource::new(move || chosen.search.get(), move |_| list_inbox(chosen.query()));
    let detail = Resource::new(
        move || chosen.stage.get(),
        |stage| async move {
            match stage {
                Some(stage) => show_stage(stage).await.map(Some),
                None => Ok(None),
            }
        },
    );
    let back = chosen.way().to_list();
    view! {
        <Title text="Inbox"/>
        <ListDetail
            label="Decisions that wait for you"
            detail_open=Signal::derive(move || chosen.stage.with(Option::is_some))
            back_href=back
            list=move || view! { <InboxList chosen=chosen list=list/> }
            detail=move || view! {
                <div id="chosen" tabindex="-1" class="flex min-w-0 grow flex-col outline-none">
                    {move || if chosen.stage.with(Option::is_some) {
                        view! { <ChosenDecision chosen=chosen detail=detail list=list/> }.into_any()
                    } else {
                        view! { <NothingChosen chosen=chosen list=list/> }.into_any()
                    }}
                </div>
            }
        />
        <InboxKeys/>
    }
    .into_any()
}

/// The keys of the inbox: an island without a face of its own, apart from the list of keys.
#[island]
fn InboxKeys() -> impl IntoView {
    use_shortcuts(vec![
        Shortcut::run("j", "Next decision", Callback::new(|()| step(Way::Next))),
        Shortcut::run("k", "Previous decision", Callback::new(|()| step(Way::Previous))),
        Shortcut::run("a", "Approve", Callback::new(|()| approve())),
        Shortcut::run("s", "Approve with an earlier end", Callback::new(|()| open("decide-sooner"))),
        Shortcut::run("e", "Return with a question", Callback::new(|()| open("decide-return"))),
        Shortcut::run("r", "Reject", Callback::new(|()| open("decide-reject"))),
    ]);
    // A decision that was opened gets the focus, so that Tab leads through the record to the
    // decision bar instead of through the list again.
    Effect::new(|| {
        if document().query_selector("#chosen h1").ok().flatten().is_some() {
            focus("chosen");
        }
        // The list starts at its top on every page; the chosen line may stand below the fold.
        let find = |selector| document().query_selector(selector).ok().flatten();
        let line = find(".split-left .list-link[aria-current]").and_then(|line| line.dyn_into::<HtmlElement>().ok());
        if let Some((list, line)) = find(".split-left").zip(line) {
            list.set_scroll_top(line.offset_top() - list.client_height() / 2);
        }
    });
    view! { <KeyHelp/> }
}

fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // A focus that cannot be moved stays where it was; nothing depends on it.
        drop(element.focus_with_options(&options));
    }
}

/// Opens a block of the decision bar and puts the cursor into its first field.
fn open(id: &str) {
    if let Some(block) = document().get_element_by_id(id) {
        // Fails only for names that are not XML names; this one is.
        drop(block.set_attribute("open", ""));
        focus(&format!("{id}-first"));
    }
}

/// Presses the button, or, where the approval is signed, asks for the password.
fn approve() {
    let Some(element) = document().get_element_by_id("decide-approve") else { return };
    if element.tag_name() == "DETAILS" {
        open("decide-approve");
        focus("decide-approve-password");
    } else if let Ok(button) = element.dyn_into::<HtmlElement>() {
        button.click();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Next,
    Previous,
}

/// Goes to the next or previous line of the list by following its link; at the first one when none
/// is chosen, nowhere at the end.
fn step(way: Way) {
    let Ok(links) = document().query_selector_all(".split-left .list-link") else { return };
    let links: Vec<HtmlElement> = (0..links.length()).filter_map(|at| links.get(at)).filter_map(|link| link.dyn_into().ok()).collect();
    let current = links.iter().position(|link| link.has_attribute("aria-current"));
    if let Some(link) = target(current, way).and_then(|at| links.get(at)) {
        drop(link.focus());
        link.click();
    }
}

fn target(current: Option<usize>, way: Way) -> Option<usize> {
    match (current, way) {
        (None, Way::Next) => Some(0),
        (None, Way::Previous) => None,
        (Some(at), Way::Next) => Some(at + 1),
        (Some(at), Way::Previous) => at.checked_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_starts_at_the_first_line_and_previous_stops_there() {
        assert_eq!(target(None, Way::Next), Some(0));
        assert_eq!(target(None, Way::Previous), None);
        assert_eq!(target(Some(0), Way::Previous), None);
        assert_eq!(target(Some(0), Way::Next), Some(1));
    }
}
