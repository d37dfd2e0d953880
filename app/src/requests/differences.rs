//! Fields that differ, as a table: before and after, or here and in another tab.

use super::draft_port::Difference;
use crate::ui::{Column, DataTable};
use leptos::prelude::*;

/// The table. `before` and `after` are the heads of its columns.
///
/// `<Differences caption="What revision 2 changed" lines=lines/>`, in a card with `flush=true`.
#[component]
pub fn Differences(
    #[prop(into)] caption: String,
    lines: Vec<Difference>,
    #[prop(default = "Before")] before: &'static str,
    #[prop(default = "After")] after: &'static str,
) -> impl IntoView {
    let rows = lines
        .into_iter()
        .map(|Difference { field, before, after }| {
            view! {
                <tr>
                    <th scope="row">{field}</th>
                    <td class="whitespace-pre-line">{value(before)}</td>
                    <td class="whitespace-pre-line">{value(after)}</td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![Column::text("Field"), Column::text(before), Column::text(after)];
    view! { <DataTable caption=caption columns=columns>{rows}</DataTable> }.into_any()
}

fn value(text: String) -> AnyView {
    if text.is_empty() { view! { <span class="text-ink-3">"empty"</span> }.into_any() } else { text.into_any() }
}
