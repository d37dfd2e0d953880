//! The workers that share the queue.

use super::port::WorkerLine;
use crate::requests::trails::moment;
use crate::ui::{Card, Column, DataTable, EmptyState, Status, Tone};
use leptos::prelude::*;

/// The card.
#[component]
pub fn Workers(workers: Vec<WorkerLine>) -> impl IntoView {
    let body = if workers.is_empty() {
        view! { <EmptyState title="No server works on the queue" text="A server that runs says so here every ten seconds: look into its log."/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Worker"),
            Column::text("Process"),
            Column::text("State"),
            Column::text("Works since"),
            Column::number("Heard, seconds ago"),
            Column::number("Tasks in hand"),
        ];
        let rows = workers.into_iter().map(row).collect_view();
        view! { <DataTable caption="Workers" columns=columns>{rows}</DataTable> }.into_any()
    };
    view! { <Card title="Servers" id="servers" flush=true aside=|| "each has two workers">{body}</Card> }.into_any()
}

fn row(line: WorkerLine) -> AnyView {
    let WorkerLine { id, process, since, silent_seconds, alive, running } = line;
    let (tone, word) = if alive { (Tone::Ok, "Alive") } else { (Tone::Bad, "Silent") };
    view! {
        <tr>
            <th scope="row" class="code font-normal">{id}</th>
            <td class="num">{process}</td>
            <td><Status tone=tone text=word/></td>
            <td>{moment(&since)}</td>
            <td class="num">{silent_seconds.to_string()}</td>
            <td class="num">{running.to_string()}</td>
        </tr>
    }
    .into_any()
}
