//! `/notifications`: everything the person was told, newest first.

use super::api::{OpenNotification, ReadAllNotifications, ReadNotification, list_notifications};
use super::port::{NotificationLine, NotificationsPage, NotificationsQuery};
use crate::paths;
use crate::status::{Failed, failure, summary};
use crate::ui::{Card, Chip, Chips, CountLine, EmptyState, ErrorSummary, NextPage, Page, Skeleton, Tag};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

/// What can be done on the page.
#[derive(Clone, Copy)]
struct Moves {
    open: ServerAction<OpenNotification>,
    read: ServerAction<ReadNotification>,
    read_all: ServerAction<ReadAllNotifications>,
}

/// `/notifications`
#[component]
pub fn NotificationsRoute() -> impl IntoView {
    let url = use_url();
    let query = Memo::new(move |_| {
        url.with(|url| {
            let text = |name| paths::parameter(url.search(), name);
            NotificationsQuery { show: text("show"), after: text("after") }
        })
    });
    let moves = Moves { open: ServerAction::new(), read: ServerAction::new(), read_all: ServerAction::new() };
    let page = Resource::new(move || query.get(), |query| list_notifications(query.show, query.after));
    let body = move || {
        Suspend::new(async move {
            match page.await {
                Ok(page) => list(query.get_untracked(), page, moves),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Notifications"/>
        <Transition fallback=|| view! { <Page title="Notifications"><Skeleton rows=8/></Page> }>{body}</Transition>
    }
    .into_any()
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn list(query: NotificationsQuery, page: NotificationsPage, moves: Moves) -> AnyView {
    let NotificationsPage { page, all, unread, as_of } = page;
    let unread_only = query.unread_only();
    let link = |show: &str| paths::notifications(&NotificationsQuery { show: show.to_owned(), after: String::new() });
    let next = page.next.map(|after| paths::notifications(&NotificationsQuery { after, ..query.clone() }));
    let until = as_of.at.to_string();
    let read_all = (unread > 0).then(|| {
        view! {
            <ActionForm action=moves.read_all>
                <input type="hidden" name="until" value=until/>
                <button type="submit" class="btn">"Mark all as read"</button>
            </ActionForm>
        }
    });
    let (opened, read, all_read) = (
        failure(move || moves.open.value().get()),
        failure(move || moves.read.value().get()),
        failure(move || moves.read_all.value().get()),
    );
    let refused = Signal::derive(move || opened.get().or_else(|| read.get()).or_else(|| all_read.get()));
    let content = if page.rows.is_empty() {
        empty(unread_only && all > 0)
    } else {
        let show = query.show.clone();
        let lines = page.rows.into_iter().map(|notification| line(notification, &show, moves)).collect_view();
        view! { <ul class="notices" role="list">{lines}</ul><NextPage href=next what="notifications"/> }.into_any()
    };
    view! {
        <Page title="Notifications" actions=move || view! { {read_all}<a class="btn btn-quiet" href=paths::NOTIFICATION_CHOICES rel="external">"How I am told"</a> }>
            <div class="stack">
                <ErrorSummary errors=summary(refused) title="Nothing was marked"/>
                <Chips label="Which">
                    <Chip href=link("") label="All" count=count(all) current=!unread_only/>
                    <Chip href=link("unread") label="Unread" count=count(unread) current=unread_only/>
                </Chips>
                <CountLine count=u64::from(count(page.total)) one="notification" many="notifications" filter=unread_only.then_some("unread") as_of=as_of.text/>
                <Card title="What you were told" flush=true>{content}</Card>
            </div>
        </Page>
    }
    .into_any()
}

fn line(notification: NotificationLine, show: &str, moves: Moves) -> AnyView {
    let NotificationLine { id, kind, title, body, at, read } = notification;
    let which = format!(": {title}");
    let show = show.to_owned();
    let unread = (!read).then(|| {
        view! {
            <ActionForm action=moves.read>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="show" value=show/>
                <button type="submit" class="btn btn-quiet">"Mark as read"<span class="sr-only">{which}</span></button>
            </ActionForm>
        }
    });
    view! {
        <li class=if read { "notice-line" } else { "notice-line notice-new" }>
            <div class="min-w-0">
                <ActionForm action=moves.open>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button type="submit" class="notice-open">{title}</button>
                </ActionForm>
                {(!body.is_empty()).then(|| view! { <p class="text-ink-2 break-words">{body}</p> })}
                <p class="text-ink-3 text-xs">
                    {kind.label()}" · "<time datetime=at.at.to_string()>{at.text}</time>
                </p>
            </div>
            <div class="notice-moves">{(!read).then(|| view! { <Tag text="New"/> })}{unread}</div>
        </li>
    }
    .into_any()
}

fn empty(filtered: bool) -> AnyView {
    if filtered {
        view! { <EmptyState title="Everything is read" text="What you were told before stands under All." action="Show all" href=paths::NOTIFICATIONS/> }.into_any()
    } else {
        view! { <EmptyState title="You were not told anything yet" text="Decisions that wait for you, questions and news about your requests appear here."/> }.into_any()
    }
}
