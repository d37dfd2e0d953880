//! The live sessions of the caller, each with the button that ends it.

use super::api::{EndOtherSessions, EndSession};
use super::port::SessionLine;
use crate::error::AppError;
use crate::status::{failure, summary};
use crate::ui::{Button, ButtonKind, Card, Column, DataTable, ErrorSummary, Tag, Tone};
use leptos::prelude::*;

/// The card with the sessions.
#[component]
pub fn Sessions(sessions: Vec<SessionLine>, end: ServerAction<EndSession>, end_others: ServerAction<EndOtherSessions>) -> impl IntoView {
    let (one, others) = (failure(move || end.value().get()), failure(move || end_others.value().get()));
    let refusal: Signal<Option<AppError>> = Signal::derive(move || one.get().or_else(|| others.get()));
    let several = sessions.len() > 1;
    let all = several.then(|| {
        view! {
            <ActionForm action=end_others>
                <Button kind=ButtonKind::Danger submit=true>"End all other sessions"</Button>
            </ActionForm>
        }
    });
    let columns = vec![
        Column::text("Browser"),
        Column::text("Address"),
        Column::text("Since"),
        Column::text("Last seen"),
        Column::text("Ends"),
        Column::unseen("Action"),
    ];
    let rows = sessions.into_iter().map(|session| row(session, end)).collect_view();
    view! {
        <ErrorSummary errors=summary(refusal) title="The session was not ended"/>
        <Card title="Sessions" flush=true aside=move || all>
            <DataTable caption="Live sessions, newest first" columns=columns>{rows}</DataTable>
        </Card>
    }
    .into_any()
}

fn row(session: SessionLine, end: ServerAction<EndSession>) -> AnyView {
    let SessionLine { id, current, since, seen, ends, address, user_agent } = session;
    let label = format!("End the session of {}", since.text);
    let action = if current {
        view! { <Tag tone=Tone::Info text="This session"/> }.into_any()
    } else {
        view! {
            <ActionForm action=end>
                <input type="hidden" name="session" value=id.to_string()/>
                <button type="submit" class="btn btn-danger" aria-label=label>"End"</button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row" class="font-normal">{user_agent.unwrap_or_else(|| "Not named".to_owned())}</th>
            <td>{address.unwrap_or_else(|| "Not recorded".to_owned())}</td>
            <td><time datetime=since.at.to_string()>{since.text}</time></td>
            <td><time datetime=seen.at.to_string()>{seen.text}</time></td>
            <td><time datetime=ends.at.to_string()>{ends.text}</time></td>
            <td>{action}</td>
        </tr>
    }
    .into_any()
}
