//! What changed since the reader last had the request on the screen.

use super::port::SinceLook;
use crate::requests::differences::Differences;
use crate::requests::draft_port::Difference;
use crate::requests::trails::EventList;
use crate::ui::{Notice, Tone};
use leptos::prelude::*;

/// The message, with the differences folded out below it.
#[component]
pub fn Since(since: SinceLook, revision: i32) -> impl IntoView {
    let SinceLook { looked, revision: then, fields, events } = since;
    let text = sentence(&fields, events.len(), then, revision);
    let table = (!fields.is_empty()).then(|| view! { <Differences caption="What differs" lines=fields before="Then" after="Now"/> });
    let events = (!events.is_empty()).then(|| view! { <div class="px-3.5 py-2"><EventList events=events/></div> });
    view! {
        <div class="mb-4 inset-tables" id="since">
            <Notice tone=Tone::Info title=format!("Changed since you looked at {}.", looked.text) text=text/>
            <details>
                <summary class="py-1">"Show the difference"</summary>
                {table}
                {events}
            </details>
        </div>
    }
    .into_any()
}

fn sentence(fields: &[Difference], events: usize, then: i32, now: i32) -> String {
    let shown = |value: &str| if value.is_empty() { "–".to_owned() } else { value.to_owned() };
    let revision = if then == now { String::new() } else { format!("It was revision {then} then and is revision {now} now. ") };
    let differs = match fields {
        [] => String::new(),
        [Difference { field, before, after }] if before.len() + after.len() < 80 => {
            format!("{field}: {} → {}. ", shown(before), shown(after))
        }
        more => format!("Changed: {}. ", more.iter().map(|line| line.field.as_str()).collect::<Vec<_>>().join(", ")),
    };
    let happened = match events {
        0 => String::new(),
        1 => "1 thing happened.".to_owned(),
        many => format!("{many} things happened."),
    };
    format!("{revision}{differs}{happened}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_what_differs_and_how_much_happened() {
        let field = |a: &str, b: &str, c: &str| Difference { field: a.to_owned(), before: b.to_owned(), after: c.to_owned() };
        assert_eq!(
            sentence(&[field("Until", "21 Dec 2026", "1 Dec 2026")], 2, 1, 2),
            "It was revision 1 then and is revision 2 now. Until: 21 Dec 2026 → 1 Dec 2026. 2 things happened."
        );
        assert_eq!(
            sentence(&[field("From", "a", "b"), field("Files", "", "c")], 0, 1, 2),
            "It was revision 1 then and is revision 2 now. Changed: From, Files."
        );
        assert_eq!(sentence(&[], 1, 2, 2), "1 thing happened.");
    }
}
