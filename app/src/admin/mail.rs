//! Mail: whether it is set up, how much is on its way, and what did not leave.

use super::done::{Changes, alert};
use super::port::{MailLine, MailView};
use crate::requests::trails::moment;
use crate::ui::{Button, Card, Column, DataTable, EmptyState, Status, Tone};
use leptos::prelude::*;

/// The card.
#[component]
pub fn Mail(mail: MailView, may_change: bool, changes: Changes) -> impl IntoView {
    let MailView { from, figures: [waiting, sent, given_up], failed } = mail;
    let set_up = from.is_some();
    let standing = match from {
        Some(from) => view! { <Status tone=Tone::Ok text="Set up"/><p class="text-ink-2">"Mails come from "{from}"."</p> }.into_any(),
        None => view! {
            <Status tone=Tone::Waiting text="Not set up"/>
            <p class="text-ink-2">"People are told in the application only. The settings are in docs/operating.md, under Mail."</p>
        }
        .into_any(),
    };
    let again = (may_change && set_up && given_up > 0).then(|| {
        view! { <ActionForm action=changes.mail><Button submit=true>"Try again what was given up"</Button></ActionForm> }
    });
    let table = if failed.is_empty() {
        view! { <EmptyState title="No mail has failed" text="A mail that the server does not take stands here with the reason."/> }
            .into_any()
    } else {
        let columns = vec![
            Column::text("About"),
            Column::text("To"),
            Column::text("Made"),
            Column::number("Attempts"),
            Column::text("Next attempt"),
            Column::text("What went wrong"),
        ];
        let rows = failed.into_iter().map(row).collect_view();
        view! { <DataTable caption="Mails that failed" columns=columns>{rows}</DataTable> }.into_any()
    };
    view! {
        <Card title="Mail" id="mail" flush=true aside=move || format!("{waiting} waiting · {sent} sent in 24 hours · {given_up} given up")>
            {alert(move || changes.refused_mail())}
            <div class="flex flex-wrap items-center justify-between gap-2 p-3">
                <div>{standing}</div>
                {again}
            </div>
            {table}
        </Card>
    }
    .into_any()
}

fn row(line: MailLine) -> AnyView {
    let MailLine { kind, recipient, made, attempts, next, error } = line;
    let next = match next {
        Some(next) => moment(&next),
        None => view! { <Status tone=Tone::Bad text="Given up"/> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{kind}</th>
            <td>{recipient}</td>
            <td>{moment(&made)}</td>
            <td class="num">{attempts.to_string()}</td>
            <td>{next}</td>
            <td class="break-words">{error}</td>
        </tr>
    }
    .into_any()
}
