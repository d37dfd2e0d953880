//! The design system: what every page is built from. Quiet frame, one accent, hairlines, 14 px
//! text, tabular figures, 36 px rows; status is a word, a colour and a shape.
//!
//! Belongs here: components that know HTML, accessibility and looks. Does not belong here: anything
//! that knows a request, a person or a permission (that is `app/src/<feature>`), calls a server
//! function, reads a clock or formats a date; components take words that are ready to show.
//!
//! The looks are in `style/`: `tokens.css` (colours, both themes), `main.css` (Tailwind set-up),
//! `base.css`, `components.css`, `print.css`. Utilities by token: `bg-canvas bg-surface bg-sunken
//! border-line border-line-strong text-ink text-ink-2 text-ink-3 text-accent bg-accent-soft text-ok
//! text-warn text-bad text-info bg-ok-soft …`; Tailwind's own palette is switched off. Helper
//! classes: `num` (figures at the right), `code` (numbers and ids), `stack` (distance between
//! blocks), `form` / `form-row` / `form-actions`, `line` (words left, value right), `no-print`.
//! Write class names as whole literals: Tailwind reads the source text. No `style=` attributes: the
//! server's policy refuses them.
//!
//! # The pieces
//!
//! Props in brackets may be left out. Words are `&str` or `String`; optional words take an `Option` of
//! either, too ([`Text`]). Where it says signal, a value, a signal or a closure does.
//!
//! | Piece | Props |
//! |---|---|
//! | `Frame` | `items: Signal<Vec<NavItem>>`, \[`search`, `right`: closures\], children: the whole page with skip link, top bar, `<main id=main>`. Once, in the root |
//! | `Page` | `title`, \[`subtitle`, `overline`, `tags`/`actions`: closures, `wide`, `narrow`\], children: the page with its `<h1>` |
//! | `PageHead` | as `Page` without children: the head of the detail in a `ListDetail` |
//! | `Card` | `title`, \[`aside`: closure, `flush` for tables, gates, lists, `id`, `href` of the title\], children |
//! | `Columns` | `aside`: closure, children: main column and side column |
//! | `Stack` | children below each other |
//! | `ListDetail` | `label`, `detail_open: Signal<bool>`, `back_href`, `list`/`detail`: closures |
//! | `ListLink` | `href`, \[`current: Signal<bool>`, `id`\], children (`<span class="line">`…): a line of the list, inside `<ul>` |
//! | `FactsList`, `Fact` | children; `term`, children |
//! | `DecisionBar` | \[`label`, `note`: closure\], children: buttons |
//! | `TextField` | `name`, `label`, \[`kind`, `value`, `hint`, `error`: signal of `Option<String>`, `required`, `bare`, `autocomplete`, `inputmode`, `maxlength`, `live: RwSignal<String>`, `on_input: Callback<String>`, `mark`: words beside a shape in the label, `id`\] |
//! | `PasswordField` | `name`, `label`, \[`autocomplete`, `hint`, `error`, `required` = true, `maxlength`, `on_input`, `id`\] |
//! | `DateField` | as `TextField`, and \[`min`, `max`: signals\] |
//! | `TextArea` | as `TextField`, and \[`rows`\]. The only multi-line field there may be |
//! | `SelectField` | `name`, `label`, `options: Vec<(value, word)>`, \[`value`, `empty`, `hint`, `error`, `required`, `bare`, `live`, `on_input`, `id`\] |
//! | `SeveralField` | `name`, `label`, `options`, \[`values`, `hint`, `error`, `required`, `mark`, `id`\]: boxes that share a name |
//! | `RadioField` | `name`, `label`, `options`, \[`value`, `hint`, `error`, `required`, `on_input`\] |
//! | `CheckField` | `name`, `label`, \[`value` = "true", `checked`, `hint`, `error`, `required`, `on_change: Callback<bool>`, `id`\] |
//! | `ErrorSummary` | `errors: Signal<Vec<(field name, message)>>`, \[`title`\] |
//! | `Button` | \[`kind`, `submit`, `id`, `name`, `value`, `form`, `formaction`, `formenctype`, `formnovalidate`, `disabled: Signal<bool>`, `kbd`, `on_click`\], children |
//! | `LinkButton` | `href`, \[`kind`, `id`, `kbd`, `external`\], children |
//! | `DataTable` | `caption`, `columns: Vec<Column>` (`Column::text/number/unseen`), children: `<tr>` |
//! | `CountLine` | `count: u64`, `one`, `many`, \[`filter`, `as_of`, `more`\] |
//! | `NextPage` | `href: Option<String>`, `what` |
//! | `Status` | `tone`, `text`: shape and word |
//! | `Tag` | \[`tone`\], `text` |
//! | `TierTag` | `tier`: "standard", "elevated", "privileged" |
//! | `GateList`, `GateMark` | children; `outcome: Outcome`, `title`, \[`seen`, `control`, children = remedy\] |
//! | `Notice` | `tone`, `title`, \[`text`, children = action\]: stays on the page |
//! | `Timeline` | `entries: Vec<TimelineEntry>` |
//! | `Steps`, `Step` | children; `state: StepState`, `title`, \[`text`\]: who decides, in order |
//! | `Dialog` | `id`, `title`, \[`open: RwSignal<bool>`\], children |
//! | `DialogButton` | `dialog`: id, \[`quiet`\], children |
//! | `Disclosure` | `summary`, \[`open`, `id`\], children: opens without JavaScript |
//! | `Skeleton` | \[`rows`, `shape: SkeletonShape`\] |
//! | `EmptyState` | `title`, `text`, \[`action`, `href`\] |
//! | `ErrorState` | `title`, `todo`, \[`kept`, `code`, `retry_href`, `retry`\] |
//! | `Chips`, `Chip` | `label`, children; `href`, `label`, \[`count`, `current`\] |
//! | `facets(…)` | the values of one filter as `Chips`, with one that takes it away; `chosen_in_words` for the `CountLine` |
//! | `SearchField` | `action`, `label`, \[`name`, `value`, `id`, `keep`: hidden fields\] |
//! | `Meter`, `Bar` | `part: u32`, `whole: u32`, `text`; `part`, `whole`, \[`faint`\] |
//! | `Menu` | `label`, children: the person's menu in the top bar |
//! | `ThemeSwitch` | \[`current: Theme`\] |
//! | `AutoSave` | `form`: id, `leads_to`: an island that keeps a form while somebody types and swaps the parts marked `data-refresh` |
//! | `use_shortcuts`, `KeyHelp` | `Vec<Shortcut>`: `Shortcut::press(key, what, id)`, `Shortcut::run(key, what, callback)` |
//!
//! Closures for slots are plain: `actions=|| view! { … }` or `move ||`; they run once. Inside
//! reactive closures build the whole component again rather than a slot.
//!
//! # To add a piece
//!
//! One noun a file; a line in the table above; classes in `style/components.css` when a string of
//! utilities would repeat; `.into_any()` at its end; no signal, clock, random number or locale that
//! makes the server's page differ from the browser's first one. Run `cargo test -p app --features
//! ssr ui::`: colours are checked for contrast there.

pub mod button;
pub mod chip;
pub mod choice;
#[cfg(test)]
mod contrast;
pub mod dialog;
pub mod field;
pub mod keys;
pub mod layout;
pub mod load;
pub mod menu;
pub mod meter;
pub mod notice;
pub mod refresh;
pub mod search;
pub mod several;
pub mod status;
pub mod steps;
pub mod table;
pub mod text;
pub mod textarea;
pub mod theme;
pub mod timeline;

pub use button::{Button, ButtonKind, LinkButton};
pub use chip::{Chip, Chips, FilterValue, chosen_in_words, facets, known};
pub use choice::{CheckField, ErrorSummary, RadioField, SelectField};
pub use dialog::{Dialog, DialogButton, Disclosure};
pub use field::{DateField, PasswordField, TextField};
pub use keys::{KeyHelp, Shortcut, use_shortcuts};
pub use layout::{
    BrandMark, Card, Columns, DecisionBar, Fact, FactsList, Frame, ListDetail, ListLink, NavItem, Page, PageHead, Stack, TopBar,
};
pub use load::{EmptyState, ErrorState, Skeleton, SkeletonShape};
pub use menu::Menu;
pub use meter::{Bar, Meter};
pub use notice::Notice;
pub use refresh::AutoSave;
pub use search::SearchField;
pub use several::SeveralField;
pub use status::{GateList, GateMark, Outcome, Status, Tag, TierTag, Tone};
pub use steps::{Step, StepState, Steps};
pub use table::{Align, Column, CountLine, DataTable, NextPage};
pub use text::Text;
pub use textarea::TextArea;
pub use theme::{Theme, ThemeSwitch};
pub use timeline::{Timeline, TimelineEntry, Trail};
