//! Figures of the queue, each leading to its tasks, and the list of them.

use super::port::{About, KindLine, QueueQuery, TaskLine};
use crate::paths;
use crate::requests::trails::moment;
use crate::ui::{Card, Chip, Chips, Column, CountLine, DataTable, EmptyState, NextPage, Status, Tone};
use domain::task::TaskState;
use leptos::prelude::*;

fn address(state: TaskState, kind: &str, after: &str) -> String {
    format!("{}#tasks", paths::with(paths::ADMIN_JOBS, &[("state", state.word()), ("kind", kind), ("after", after)]))
}

/// Kinds of task with their figures.
#[component]
pub fn Kinds(kinds: Vec<KindLine>) -> impl IntoView {
    let body = if kinds.is_empty() {
        view! { <EmptyState title="The queue is empty" text="Nothing waits and nothing failed."/> }.into_any()
    } else {
        let mut columns = vec![Column::text("Task")];
        columns.extend(TaskState::ALL.iter().map(|state| Column::number(state.label())));
        columns.push(Column::text("Oldest due"));
        let rows = kinds.into_iter().map(kind).collect_view();
        view! { <DataTable caption="Queue by kind of task" columns=columns>{rows}</DataTable> }.into_any()
    };
    view! { <Card title="Queue" id="queue" flush=true>{body}</Card> }.into_any()
}

fn kind(line: KindLine) -> AnyView {
    let KindLine { name, what, counts, oldest } = line;
    let figures = TaskState::ALL
        .iter()
        .zip(counts)
        .map(|(&state, count)| {
            let label = format!("{count} {}: {what}", state.label());
            view! { <td class="num"><a href=address(state, &name, "") rel="external" aria-label=label>{count.to_string()}</a></td> }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">{what}<p class="code text-ink-3 font-normal">{name}</p></th>
            {figures}
            <td>{oldest.unwrap_or_else(|| "–".to_owned())}</td>
        </tr>
    }
    .into_any()
}

/// Tasks in one state.
#[component]
pub fn Tasks(query: QueueQuery, state: TaskState, tasks: Vec<TaskLine>, total: i64, next: Option<String>, as_of: String) -> impl IntoView {
    let kind = query.kind;
    let chips = TaskState::ALL
        .iter()
        .map(|&other| view! { <Chip href=address(other, &kind, "") label=other.label() current={other == state}/> })
        .collect_view();
    let next = next.map(|after| address(state, &kind, &after));
    let body = if tasks.is_empty() {
        let text = match state {
            TaskState::Failed => "A task that was given up stands here with the reason.",
            TaskState::Due => "A task whose moment has come is taken within a second.",
            TaskState::Running => "No server has a task in hand.",
            TaskState::Waiting => "No task waits for its moment.",
        };
        view! { <EmptyState title="No such task" text=text/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Task"),
            Column::text("About"),
            Column::text("State"),
            Column::text("Queued"),
            Column::text("Due"),
            Column::number("Attempts"),
            Column::text("What went wrong last"),
        ];
        let rows = tasks.into_iter().map(row).collect_view();
        view! { <DataTable caption="Tasks, oldest first" columns=columns>{rows}</DataTable><NextPage href=next what="tasks"/> }.into_any()
    };
    let count = u64::try_from(total).unwrap_or(0);
    let filter = if kind.is_empty() { state.label().to_lowercase() } else { format!("{}, {kind}", state.label().to_lowercase()) };
    view! {
        <Card title="Tasks" id="tasks" flush=true>
            <div class="card-body">
                <Chips label="State">{chips}</Chips>
                <CountLine count=count one="task" many="tasks" filter=filter as_of=as_of/>
            </div>
            {body}
        </Card>
    }
    .into_any()
}

fn row(line: TaskLine) -> AnyView {
    let TaskLine { id, what, about, state, since, due, attempts, reason, may_settle } = line;
    let name = if may_settle {
        let href = format!("{}#settle", paths::with(paths::ADMIN_JOBS, &[("task", &id.to_string())]));
        view! { <a href=href rel="external">{what}</a> }.into_any()
    } else {
        what.into_any()
    };
    view! {
        <tr>
            <th scope="row" class="font-normal">{name}" "<span class="code text-ink-3">{id.to_string()}</span></th>
            <td>{about.into_iter().map(subject).collect_view()}</td>
            <td><Status tone=tone(state) text=state.label()/></td>
            <td>{moment(&since)}</td>
            <td>{moment(&due)}</td>
            <td class="num">{format!("{} of {}", attempts.0, attempts.1)}</td>
            <td class="break-words">{reason}</td>
        </tr>
    }
    .into_any()
}

fn tone(state: TaskState) -> Tone {
    match state {
        TaskState::Failed => Tone::Bad,
        TaskState::Due => Tone::Warn,
        TaskState::Running => Tone::Info,
        TaskState::Waiting => Tone::Waiting,
    }
}

/// What a task is about, with a link where it has a page.
pub(super) fn subject(about: About) -> AnyView {
    let About { noun, id, href } = about;
    let id = match href {
        Some(href) => view! { <a class="code" href=href>{id}</a> }.into_any(),
        None => view! { <span class="code">{id}</span> }.into_any(),
    };
    view! { <p>{noun}" "{id}</p> }.into_any()
}
