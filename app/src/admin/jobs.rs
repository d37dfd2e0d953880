//! Recurring jobs, imports, and requests that are held because nobody can decide.

use super::api::RunJob;
use super::done::alert;
use super::port::{HeldLine, ImportLine, JobLine};
use crate::paths;
use crate::requests::trails::moment;
use crate::ui::{Button, Card, Column, DataTable, EmptyState, Status, Tone};
use leptos::prelude::*;

/// Recurring jobs.
#[component]
pub fn Jobs(jobs: Vec<JobLine>, may_change: bool, run: ServerAction<RunJob>) -> impl IntoView {
    let body = if jobs.is_empty() {
        view! { <EmptyState title="No job is registered" text="Jobs register when the server starts: look into its log."/> }.into_any()
    } else {
        let mut columns = vec![
            Column::text("Job"),
            Column::text("Every"),
            Column::text("Last"),
            Column::text("Outcome"),
            Column::text("Next"),
            Column::number("Runs"),
            Column::number("Failed"),
        ];
        if may_change {
            columns.push(Column::unseen("Run"));
        }
        let rows = jobs.into_iter().map(|line| job(line, may_change, run)).collect_view();
        view! { <DataTable caption="Recurring jobs" columns=columns>{rows}</DataTable> }.into_any()
    };
    view! {
        <Card title="Recurring jobs" id="jobs" flush=true>
            {alert(move || run.value().get().and_then(Result::err))}
            {body}
        </Card>
    }
    .into_any()
}

fn job(line: JobLine, may_change: bool, action: ServerAction<RunJob>) -> AnyView {
    let JobLine { name, what, every, last, outcome, error, next, runs } = line;
    let last = match last {
        Some(last) => moment(&last),
        None => view! { <span class="text-ink-2">"Never"</span> }.into_any(),
    };
    let (tone, word) = match outcome.as_deref() {
        Some("ok") => (Tone::Ok, "Done"),
        Some("failed") => (Tone::Bad, "Failed"),
        _ => (Tone::Waiting, "Not yet run"),
    };
    let field = name.clone();
    let which = format!(" {name}");
    let run = may_change.then(|| {
        view! {
            <td class="whitespace-nowrap">
                <ActionForm action=action>
                    <input type="hidden" name="name" value=field/>
                    <Button submit=true>"Run now"<span class="sr-only">{which}</span></Button>
                </ActionForm>
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row"><span class="code">{name}</span><p class="min-w-48 text-ink-3 font-normal">{what}</p></th>
            <td class="whitespace-nowrap">{every}</td>
            <td>{last}</td>
            <td><Status tone=tone text=word/>{error.map(|error| view! { <p class="text-ink-2 break-words">{error}</p> })}</td>
            <td>{moment(&next)}</td>
            <td class="num">{runs.0.to_string()}</td>
            <td class="num">{runs.1.to_string()}</td>
            {run}
        </tr>
    }
    .into_any()
}

/// The last imports.
#[component]
pub fn Imports(imports: Vec<ImportLine>) -> impl IntoView {
    let body = if imports.is_empty() {
        view! { <EmptyState title="Nothing was imported yet" text="People and the catalogue come from files: see the README for the import command."/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Import"),
            Column::text("File"),
            Column::text("Applied"),
            Column::number("Added"),
            Column::number("Changed"),
            Column::number("Removed"),
            Column::number("Unchanged"),
            Column::number("Skipped"),
        ];
        let rows = imports.into_iter().map(import).collect_view();
        view! { <DataTable caption="Imports" columns=columns>{rows}</DataTable> }.into_any()
    };
    view! { <Card title="Imports" id="imports" flush=true aside=|| "the last ten">{body}</Card> }.into_any()
}

fn import(line: ImportLine) -> AnyView {
    let ImportLine { kind, file, applied, counts } = line;
    let word = match kind.as_str() {
        "people" => "People".to_owned(),
        "catalogue" => "Catalogue".to_owned(),
        _ => kind,
    };
    let counts = counts.into_iter().map(|count| view! { <td class="num">{count.to_string()}</td> }).collect_view();
    view! {
        <tr>
            <th scope="row">{word}</th>
            <td class="code break-all">{file}</td>
            <td>{moment(&applied)}</td>
            {counts}
        </tr>
    }
    .into_any()
}

/// Requests that wait because nobody can decide.
#[component]
pub fn HeldRequests(held: Vec<HeldLine>) -> impl IntoView {
    let body = if held.is_empty() {
        view! { <EmptyState title="No request is held" text="Where nobody may decide, a request waits here with the reason instead of going through."/> }.into_any()
    } else {
        let columns = vec![Column::text("Request"), Column::text("Why nobody can decide"), Column::text("Held since")];
        let rows = held
            .into_iter()
            .map(|line| {
                view! {
                    <tr>
                        <th scope="row" class="code">{line.number}</th>
                        <td>{line.reason}</td>
                        <td>{moment(&line.since)}</td>
                    </tr>
                }
            })
            .collect_view();
        view! { <DataTable caption="Held requests" columns=columns>{rows}</DataTable> }.into_any()
    };
    let all = || view! { <a href=paths::HOLDS>"All held decisions"</a> };
    view! { <Card title="Held requests" id="held" flush=true aside=all>{body}</Card> }.into_any()
}
