//! The frame of every page: top bar, skip link, page head, cards, columns, list beside detail,
//! facts, and the bar of decisions at the bottom.

use super::text::Text;
use leptos::prelude::*;
use leptos_router::components::A;

/// One entry of the main navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavItem {
    /// Where it leads.
    pub href: &'static str,
    /// The word.
    pub label: &'static str,
    /// How many things wait there; `None` and zero show nothing.
    pub count: Option<u32>,
}

impl NavItem {
    /// An entry without a count.
    #[must_use]
    pub const fn new(href: &'static str, label: &'static str) -> Self {
        Self { href, label, count: None }
    }

    /// The same entry with a count.
    #[must_use]
    pub const fn counting(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }
}

/// The product's mark: a check in a rounded square. Decorative; the name stands beside it.
#[component]
pub fn BrandMark() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <rect class="brand-ground" x="1" y="1" width="18" height="18" rx="5"></rect>
            <path class="brand-check" d="M5.6 10.4l3 3 5.9-6.6"></path>
        </svg>
    }
}

/// The bar at the top: mark, navigation, and room for search and the person at the right. On narrow
/// screens the navigation becomes a strip of its own that scrolls sideways, with or without
/// JavaScript. `Frame` already contains it.
#[component]
pub fn TopBar(
    #[prop(into)] items: Signal<Vec<NavItem>>,
    /// Search field.
    #[prop(optional, into)]
    search: ViewFnOnce,
    /// Theme switch, name, sign-out.
    #[prop(optional, into)]
    right: ViewFnOnce,
) -> impl IntoView {
    let entries = move || {
        items
            .get()
            .into_iter()
            .map(|NavItem { href, label, count }| {
                let count = count.filter(|count| *count > 0).map(|count| {
                    view! {
                        <span class="nav-count">
                            {count.to_string()}
                            <span class="sr-only">" waiting"</span>
                        </span>
                    }
                });
                view! { <li><A href=href attr:class="nav-link">{label}{count}</A></li> }
            })
            .collect_view()
    };
    view! {
        <header class="topbar">
            <a class="brand" href="/"><BrandMark/><span class="brand-name">"Countersign"</span></a>
            <nav class="nav" aria-label="Main">
                <ul class="nav-list relative" role="list">{entries}</ul>
            </nav>
            <div class="topbar-right">{search.run()}{right.run()}</div>
        </header>
    }
    .into_any()
}

/// The whole page: skip link, top bar, `<main>`, messages. Stands once, in the app's root view.
///
/// `<Frame items=nav right=|| view! { <ThemeSwitch/> }><Routes .../></Frame>`
#[component]
pub fn Frame(
    #[prop(into)] items: Signal<Vec<NavItem>>,
    #[prop(optional, into)] search: ViewFnOnce,
    #[prop(optional, into)] right: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    view! {
        <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
        <TopBar items=items search=search right=right/>
        <main id="main" class="main" tabindex="-1">{children()}</main>
    }
    .into_any()
}

/// A page with its one `<h1>`. `wide=true` for tables that need the whole width, `narrow=true` for
/// a single short form.
///
/// `<Page title="Requests" subtitle="Everything you asked for" actions=|| view! { ... }>...</Page>`
#[component]
pub fn Page(
    #[prop(into)] title: String,
    #[prop(optional, into)] subtitle: Text,
    /// A line of record data above the title: number, revision, who and when.
    #[prop(optional, into)]
    overline: Text,
    /// Tags beside the title.
    #[prop(optional, into)]
    tags: ViewFnOnce,
    #[prop(optional, into)] actions: ViewFnOnce,
    #[prop(optional)] wide: bool,
    #[prop(optional)] narrow: bool,
    children: Children,
) -> impl IntoView {
    let class = match (wide, narrow) {
        (true, _) => "page page-wide",
        (false, true) => "page page-narrow",
        (false, false) => "page",
    };
    view! {
        <div class=class>
            <PageHead title=title subtitle=subtitle overline=overline tags=tags actions=actions/>
            {children()}
        </div>
    }
    .into_any()
}

/// The head of a page or of the detail in a [`ListDetail`]: overline, title, tags, actions.
#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    #[prop(optional, into)] subtitle: Text,
    #[prop(optional, into)] overline: Text,
    #[prop(optional, into)] tags: ViewFnOnce,
    #[prop(optional, into)] actions: ViewFnOnce,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <div class="min-w-0">
                {overline.map(|overline| view! { <p class="code text-ink-2">{overline}</p> })}
                <div class="page-title"><h1>{title}</h1>{tags.run()}</div>
                {subtitle.map(|subtitle| view! { <p class="text-ink-2">{subtitle}</p> })}
            </div>
            <div class="page-actions">{actions.run()}</div>
        </header>
    }
    .into_any()
}

/// A group of facts under an `<h2>`. `flush=true` when the content brings its own padding (tables,
/// gates, lists).
///
/// `<Card title="Gates" aside=|| view! { "11 of 12 met" } flush=true>...</Card>`
#[component]
pub fn Card(
    #[prop(into)] title: String,
    /// At the right of the title: a count, a link.
    #[prop(optional, into)]
    aside: ViewFnOnce,
    #[prop(optional)] flush: bool,
    /// Makes the card a target for links on the page.
    #[prop(optional, into)]
    id: Text,
    /// Where the title leads.
    #[prop(optional, into)]
    href: Text,
    children: Children,
) -> impl IntoView {
    let title = match href.into_inner() {
        Some(href) => view! { <a href=href>{title}</a> }.into_any(),
        None => title.into_any(),
    };
    view! {
        <section class="card" id=id.into_inner()>
            <div class="card-head"><h2>{title}</h2><div class="card-aside">{aside.run()}</div></div>
            <div class=if flush { "card-flush" } else { "card-body" }>{children()}</div>
        </section>
    }
    .into_any()
}

/// Main column and a narrower one at its right; below each other on narrow screens.
///
/// `<Columns aside=|| view! { <Card title="Who decides">...</Card> }>...</Columns>`
#[component]
pub fn Columns(#[prop(into)] aside: ViewFnOnce, children: Children) -> impl IntoView {
    view! {
        <div class="columns">
            <div class="stack">{children()}</div>
            <div class="stack">{aside.run()}</div>
        </div>
    }
    .into_any()
}

/// Cards below each other with the usual distance.
#[component]
pub fn Stack(children: Children) -> impl IntoView {
    view! { <div class="stack">{children()}</div> }.into_any()
}

/// A list with the chosen record beside it. On narrow screens one of the two is the page:
/// `detail_open` (from the address, not from a click) says which, and a link leads back.
///
/// `<ListDetail label="Requests that wait for you" detail_open=chosen.is_some() back_href="/inbox" list=|| view! { ... } detail=|| view! { ... }/>`
#[component]
pub fn ListDetail(
    #[prop(into)] label: String,
    #[prop(optional, into)] detail_open: Signal<bool>,
    #[prop(into)] back_href: String,
    #[prop(into)] list: ViewFnOnce,
    #[prop(into)] detail: ViewFnOnce,
) -> impl IntoView {
    view! {
        <div class=move || if detail_open.get() { "split split-detail" } else { "split split-list" }>
            <section class="split-left" aria-label=label>{list.run()}</section>
            <section class="split-right" aria-label="Chosen record">
                <a class="split-back" href=back_href>"Back to the list"</a>
                {detail.run()}
            </section>
        </div>
    }
    .into_any()
}

/// One line of the list in a [`ListDetail`]: the whole line is a link.
///
/// `<ListLink href=href current=true>...</ListLink>`
#[component]
pub fn ListLink(
    #[prop(into)] href: String,
    #[prop(optional, into)] current: Signal<bool>,
    #[prop(optional, into)] id: Text,
    children: Children,
) -> impl IntoView {
    view! {
        <li>
            <a class="list-link" href=href id=id.into_inner() aria-current=move || current.get().then_some("true")>
                {children()}
            </a>
        </li>
    }
    .into_any()
}

/// Facts as pairs of term and value.
///
/// `<FactsList><Fact term="Owner">"Shahaf Famili"</Fact></FactsList>`
#[component]
pub fn FactsList(children: Children) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }.into_any()
}

/// One pair in a [`FactsList`].
#[component]
pub fn Fact(#[prop(into)] term: String, children: Children) -> impl IntoView {
    view! { <div><dt>{term}</dt><dd>{children()}</dd></div> }.into_any()
}

/// The bar of decisions: stays at the bottom of the window while the record scrolls.
///
/// `<DecisionBar label="Decision" note=|| view! { "Asks for your password" }><Button .../></DecisionBar>`
#[component]
pub fn DecisionBar(
    #[prop(default = "Decision".to_owned(), into)] label: String,
    #[prop(optional, into)] note: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="decision-bar" role="group" aria-label=label>
            <div class="decision-actions">{children()}</div>
            <div class="decision-note">{note.run()}</div>
        </div>
    }
    .into_any()
}
