//! Dense tables, the line that says what a number counts, and the link to the next page.

use super::text::Text;
use leptos::prelude::*;

/// How the cells of a column stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Words.
    #[default]
    Start,
    /// Figures; give the cells the class `num`.
    End,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    label: &'static str,
    align: Align,
    hidden: bool,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub const fn text(label: &'static str) -> Self {
        Self { label, align: Align::Start, hidden: false }
    }

    /// A column of figures. Its cells need `class="num"`.
    #[must_use]
    pub const fn number(label: &'static str) -> Self {
        Self { label, align: Align::End, hidden: false }
    }

    /// A column whose head is only read out (check boxes, actions).
    #[must_use]
    pub const fn unseen(label: &'static str) -> Self {
        Self { label, align: Align::Start, hidden: true }
    }
}

/// A table. Children are `<tr>` elements; the first cell of a row that names it should be
/// `<th scope="row">`. On narrow screens it scrolls inside its own box, which takes the focus so
/// that the keyboard can scroll it.
///
/// `<DataTable caption="Requests" columns=vec![Column::text("Number"), Column::number("Items")]>{rows}</DataTable>`
#[component]
pub fn DataTable(
    /// What the table holds; read out, not shown (the card's title shows it).
    #[prop(into)]
    caption: String,
    columns: Vec<Column>,
    children: Children,
) -> impl IntoView {
    let head = columns
        .into_iter()
        .map(|Column { label, align, hidden }| {
            let class = match align {
                Align::Start => "",
                Align::End => "num",
            };
            view! {
                <th scope="col" class=class><span class=if hidden { "sr-only" } else { "" }>{label}</span></th>
            }
        })
        .collect_view();
    let label = caption.clone();
    view! {
        <div class="table-box" role="region" aria-label=label tabindex="0">
            <table class="table">
                <caption class="sr-only">{caption}</caption>
                <thead><tr>{head}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// What a list shows, so that its number can be repeated: count, filter, time.
///
/// `<CountLine count=37 one="request" many="requests" filter="privileged, overdue" as_of="10:40"/>`
#[component]
pub fn CountLine(
    count: u64,
    #[prop(into)] one: String,
    #[prop(into)] many: String,
    /// The filter in words; nothing when all records are shown.
    #[prop(optional, into)]
    filter: Text,
    /// When this was true, already in the reader's form.
    #[prop(optional, into)]
    as_of: Text,
    /// There are more than `count`.
    #[prop(optional)]
    more: bool,
) -> impl IntoView {
    let noun = if count == 1 && !more { one } else { many };
    let mut line = if more { format!("First {count} {noun}") } else { format!("{count} {noun}") };
    if let Some(filter) = filter.into_inner() {
        line.push_str(" · ");
        line.push_str(&filter);
    }
    if let Some(as_of) = as_of.into_inner() {
        line.push_str(" · as of ");
        line.push_str(&as_of);
    }
    view! { <p class="count-line">{line}</p> }.into_any()
}

/// The link to the next page of a keyset-paged list; nothing at the end of it.
///
/// `<NextPage href=next what="requests"/>`
#[component]
pub fn NextPage(
    #[prop(into)] href: Text,
    /// What there is more of.
    #[prop(into)]
    what: String,
) -> impl IntoView {
    href.map(|href| view! { <p class="next-page"><a class="btn" href=href rel="next">"Show more "{what}</a></p> }.into_any())
}
