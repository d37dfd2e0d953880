//! On the account page: which kinds of news show in the application, and which are sent by mail.

use super::api::{ChooseNotifications, read_choices};
use super::port::{ChoiceLine, Choices};
use crate::paths;
use crate::status::{failure, lines, summary};
use crate::ui::{Button, ButtonKind, Card, Column, DataTable, ErrorSummary, Notice, Tone};
use leptos::prelude::*;

/// The card. Reads for itself, so that the account page need not know of it.
#[component]
pub fn NotificationChoices(
    /// The choices were kept just now.
    saved: bool,
) -> impl IntoView {
    let choose = ServerAction::<ChooseNotifications>::new();
    let choices = Resource::new(move || choose.version().get(), |_| read_choices());
    let refused = summary(failure(move || choose.value().get()));
    let body = move || {
        Suspend::new(async move {
            match choices.await {
                Ok(choices) => form(choices, choose),
                Err(error) => {
                    let text = lines(&error).into_iter().map(|(_, sentence)| sentence).collect::<Vec<_>>().join(" ");
                    view! { <div class="p-3"><Notice tone=Tone::Bad title="The choices cannot be shown." text=text/></div> }.into_any()
                }
            }
        })
    };
    view! {
        {saved.then(|| view! { <Notice tone=Tone::Ok title="Recorded." text="You are told in this way from now on."/> })}
        <ErrorSummary errors=refused title="Nothing was changed"/>
        <Card title="Notifications" id=paths::NOTIFICATIONS_CARD flush=true aside=|| view! { <a href=paths::NOTIFICATIONS>"What I was told"</a> }>
            <Transition>{body}</Transition>
        </Card>
    }
    .into_any()
}

fn form(choices: Choices, choose: ServerAction<ChooseNotifications>) -> AnyView {
    let Choices { kinds, sends_mail, address } = choices;
    let by_mail = match (sends_mail, address) {
        (false, _) => "Mail is not set up here: everything shows in the application only. Choices about mail count once it is.".to_owned(),
        (true, Some(address)) => {
            format!("Mail goes to {address}, at most once an hour for each kind. The address comes from the source of truth.")
        }
        (true, None) => "No mail address that can be used is recorded about you, so nothing is mailed.".to_owned(),
    };
    let rows = kinds.into_iter().map(row).collect_view();
    let columns = vec![Column::text("What"), Column::text("In the application"), Column::text("By mail")];
    view! {
        <ActionForm action=choose>
            <DataTable caption="How you are told" columns=columns>{rows}</DataTable>
            <div class="form p-3">
                <p class="text-ink-2">{by_mail}</p>
                <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Keep these choices"</Button></div>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn row(line: ChoiceLine) -> AnyView {
    let ChoiceLine { kind, in_app, mail } = line;
    let shows = if kind.always_shows() {
        view! { <span class="text-ink-2">"Always"</span> }.into_any()
    } else {
        view! { <input type="checkbox" class="check-box" name="in_app[]" value=kind.word() checked=in_app aria-label=format!("{}: in the application", kind.label())/> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">{kind.label()}<p class="sm:min-w-48 text-ink-3 font-normal">{kind.explained()}</p></th>
            <td>{shows}</td>
            <td><input type="checkbox" class="check-box" name="mail[]" value=kind.word() checked=mail aria-label=format!("{}: by mail", kind.label())/></td>
        </tr>
    }
    .into_any()
}
