//! The ways into the basket: a button for an entitlement, and templates.

use super::draft_api::{AddTemplate, read_templates};
use super::draft_port::TemplateLine;
use crate::paths;
use crate::ui::{Button, ButtonKind, Card, Disclosure};
use domain::id::EntitlementId;
use domain::request::RequestKind;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// A plain form that puts an entitlement into the caller's basket, for whoever the basket is for.
///
/// `<AskFor entitlement=card.id name=card.name.clone()/>`; with `replaces`, the id of a grant, it
/// asks for it in place of that.
#[component]
pub fn AskFor(
    entitlement: EntitlementId,
    /// Name of the entitlement, for those who hear the buttons one by one.
    #[prop(into)]
    name: String,
    #[prop(default = "Request".to_owned(), into)] word: String,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] replaces: String,
) -> impl IntoView {
    let replaced = (!replaces.is_empty()).then(|| {
        view! {
            <input type="hidden" name="kind" value=RequestKind::Change.word()/>
            <input type="hidden" name="grant" value=replaces/>
        }
    });
    view! {
        <form method="post" action=paths::ADD_TO_DRAFT class="no-print">
            <input type="hidden" name="entitlement" value=entitlement.to_string()/>
            {replaced}
            <Button kind=kind submit=true>{word}<span class="sr-only">" "{name}</span></Button>
        </form>
    }
    .into_any()
}

/// Templates as a list, each with a button that puts all of it into the basket.
#[component]
pub fn TemplateList(templates: Vec<TemplateLine>) -> impl IntoView {
    let lines = templates
        .into_iter()
        .map(|TemplateLine { id, name, description, entitlements, closed, for_others }| {
            let unseen = name.clone();
            let closed = match closed {
                0 => String::new(),
                1 => ". One more is meant for others, and left out".to_owned(),
                more => format!(". {more} more are meant for others, and left out"),
            };
            let for_others = for_others.then(|| view! { <p>"Meant for people you answer for: choose in the form for whom you ask."</p> });
            view! {
                <li class="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 px-3.5 py-2.5">
                    <div class="min-w-0 grow basis-72">
                        <h3>{name}</h3>
                        <p>{description}</p>
                        <p class="text-ink-3">{entitlements.join(", ")}{closed}</p>
                        {for_others}
                    </div>
                    <form method="post" action=AddTemplate::PATH>
                        <input type="hidden" name="template" value=id.to_string()/>
                        <Button submit=true>"Use it"<span class="sr-only">": "{unseen}</span></Button>
                    </form>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="divide-y divide-line" role="list">{lines}</ul> }.into_any()
}

/// The templates meant for the caller or for somebody they answer for, folded; nothing when there are none.
#[component]
pub fn Templates() -> impl IntoView {
    let templates = Resource::new(|| (), |()| read_templates());
    let body = move || {
        Suspend::new(async move {
            let templates = templates.await.unwrap_or_default();
            (!templates.is_empty()).then(|| {
                let summary = if templates.len() == 1 { "1 template".to_owned() } else { format!("{} templates", templates.len()) };
                view! { <Disclosure summary=summary id="templates"><TemplateList templates=templates/></Disclosure> }
            })
        })
    };
    view! { <Suspense>{body}</Suspense> }.into_any()
}

/// The card with the templates, for a page that has nothing else to offer.
#[component]
pub fn TemplatesCard(templates: Vec<TemplateLine>) -> impl IntoView {
    (!templates.is_empty()).then(|| {
        let number = templates.len().to_string();
        view! { <Card title="Templates" flush=true aside=move || number><TemplateList templates=templates/></Card> }.into_any()
    })
}
