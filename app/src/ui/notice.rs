//! A message that belongs to the page and stays there ("Changed since you looked").

use super::status::{Tone, shape};
use super::text::Text;
use leptos::prelude::*;

/// A framed message with a title and room for one action in its children.
///
/// `<Notice tone=Tone::Info title="Changed since you looked" text="End date 90 days → 28 days."><a href="#difference">"Show difference"</a></Notice>`
#[component]
pub fn Notice(
    tone: Tone,
    #[prop(into)] title: String,
    #[prop(optional, into)] text: Text,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let class = match tone {
        Tone::Ok => "notice notice-ok",
        Tone::Warn => "notice notice-warn",
        Tone::Bad => "notice notice-bad",
        Tone::Info | Tone::Waiting => "notice notice-info",
        Tone::Plain => "notice",
    };
    view! {
        <div class=class>
            {shape(tone)}
            <p class="min-w-0 grow"><strong>{title}</strong>{text.map(|text| view! { " "{text} })}</p>
            {children.map(|children| view! { <div class="notice-action">{children()}</div> })}
        </div>
    }
    .into_any()
}
