//! The only place where the `textarea` element exists.
//!
//! Leptos 0.8 prints the children of this element without escaping (tachys marks it, like
//! `<script>`, as an element whose children are another language), so `</textarea><script>` in a
//! justification would become markup. And `prop:value` prints nothing on the server, so without
//! JavaScript the text would be gone. An empty child is no way out either: the server prints no
//! text node and hydration looks for one.
//!
//! Hence: the server prints text that is escaped here, through `inner_html`; the browser never
//! parses it again. Hydration leaves server-printed `inner_html` alone, and a page built in the
//! browser sets the text as the property `defaultValue`, which takes plain text. That property does
//! not touch what somebody has typed before hydration.

use super::field::{Described, Frame, field_id, keep_in_step};
use super::text::Text;
use leptos::{html, prelude::*};

/// The element's content as the server prints it. The leading newline is the one an HTML parser
/// drops, so that a newline of the text's own survives.
fn server_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    out.push('\n');
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

/// A labelled multi-line field.
///
/// `<TextArea name="justification" label="Why is it needed" hint="Someone who does not know you should understand it in a year." value=draft error=error required=true maxlength=2000/>`
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// The text to begin with.
    #[prop(optional, into)]
    value: String,
    #[prop(optional, into)] hint: Text,
    #[prop(optional, into)] error: MaybeProp<String>,
    #[prop(optional)] required: bool,
    /// Leaves out the word "optional".
    #[prop(optional)]
    bare: bool,
    /// What else the label says, beside a shape ("needs a second person").
    #[prop(optional, into)]
    mark: Text,
    #[prop(default = 4)] rows: u32,
    #[prop(optional)] maxlength: Option<u32>,
    /// Two-way: follows the typing, and the field follows it.
    #[prop(optional)]
    live: Option<RwSignal<String>>,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
    /// Needed only when two forms on a page share a field name.
    #[prop(optional, into)]
    id: Text,
) -> impl IntoView {
    let id = field_id(id, &name);
    let text = live.map_or(value, |live| live.get_untracked());
    let described = Described::new(&id, hint.is_some(), error);
    let node = NodeRef::<html::Textarea>::new();
    if let Some(live) = live {
        keep_in_step(move || node.get(), live);
    }
    let printed = if cfg!(feature = "ssr") { server_text(&text) } else { String::new() };
    let control = view! {
        <textarea
            node_ref=node
            class="input input-area"
            id=id.clone()
            name=name
            rows=rows
            maxlength=maxlength
            required=required
            aria-describedby=described.ids()
            aria-invalid=described.invalid()
            inner_html=printed
            prop:defaultValue=text
            on:input=move |event| {
                let typed = event_target_value(&event);
                if let Some(live) = live {
                    live.set(typed.clone());
                }
                if let Some(on_input) = on_input {
                    on_input.run(typed);
                }
            }
        ></textarea>
    }
    .into_any();
    Frame { id, label, hint, error, optional: !required && !bare, mark }.around(control)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use std::path::Path;

    fn printed(text: &str) -> String {
        let owner = Owner::new();
        let html = owner.with(|| view! { <TextArea name="why" label="Why" value=text.to_owned()/> }.to_html());
        let start = html.find("<textarea").unwrap_or_default();
        html.get(start..).unwrap_or_default().to_owned()
    }

    #[test]
    fn a_closing_tag_in_the_text_stays_text() {
        let html = printed("</textarea><script>alert(1)</script>");
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;"), "{html}");
    }

    #[test]
    fn a_leading_newline_survives_the_parser() {
        assert!(printed("\nsecond line").contains(">\n\nsecond line</textarea>"));
        assert!(printed("first line").contains(">\nfirst line</textarea>"));
    }

    #[test]
    fn an_ampersand_is_escaped_once() {
        let html = printed("R&D &amp; more");
        assert!(html.contains("R&amp;D &amp;amp; more</textarea>"), "{html}");
    }

    #[test]
    fn an_empty_text_prints_an_empty_field() {
        assert!(printed("").contains(">\n</textarea>"));
    }

    /// Another one elsewhere would print user text unescaped.
    #[test]
    fn no_other_file_of_the_app_has_this_element() -> std::io::Result<()> {
        fn walk(folder: &Path, found: &mut Vec<String>) -> std::io::Result<()> {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    walk(&path, found)?;
                } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("ui/textarea.rs") {
                    let text = std::fs::read_to_string(&path)?;
                    if text.contains("<textarea") || text.contains("textarea()") {
                        found.push(path.display().to_string());
                    }
                }
            }
            Ok(())
        }
        let mut found = Vec::new();
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found)?;
        assert_eq!(found, Vec::<String>::new());
        Ok(())
    }
}
