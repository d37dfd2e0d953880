//! Who decides while somebody is away: the section of the account page.

use super::api::{Revoke, delegations};
use super::port::{DelegationLine, DelegationsView};
use super::refused::RefusedDelegation;
use crate::paths;
use crate::status::{at, failure, lines, summary};
use crate::ui::{
    Button, ButtonKind, Card, Column, DataTable, DateField, Disclosure, ErrorSummary, Notice, SeveralField, Skeleton, Status, TextArea,
    TextField, Tone,
};
use domain::catalogue::RiskTier;
use domain::delegation::DelegationForm;
use leptos::prelude::*;

/// The card with the caller's delegations and the form that makes one.
#[component]
pub fn Delegations() -> impl IntoView {
    let mine = Resource::new(|| (), |()| delegations());
    let refused = use_context::<RefusedDelegation>();
    let body = move || {
        let refused = refused.clone();
        Suspend::new(async move {
            match mine.await {
                Ok(view) => card(view, refused),
                Err(error) => view! { <Notice tone=Tone::Bad title="Delegations could not be shown." text=error.sentence()/> }.into_any(),
            }
        })
    };
    view! { <Suspense fallback=|| view! { <Skeleton/> }>{body}</Suspense> }.into_any()
}

fn card(view: DelegationsView, refused: Option<RefusedDelegation>) -> AnyView {
    let revoke = ServerAction::<Revoke>::new();
    let DelegationsView { given, received, applications, today } = view;
    let not_ended = failure(move || revoke.value().get());
    let given = (!given.is_empty()).then(|| lines_of("Who decides for me", given, Some(revoke)));
    let received = (!received.is_empty()).then(|| lines_of("For whom I decide", received, None));
    view! {
        <Card title="While I am away" id="delegations">
            <div class="stack inset-tables">
                <p>
                    "Somebody else can decide for you for a time. You are still asked, too. Each of their decisions shows that they stood in for you; on a request of their own they never do."
                </p>
                <ErrorSummary errors=summary(not_ended) title="The delegation was not ended"/>
                {given}
                {received}
                {form(applications, &today, refused)}
            </div>
        </Card>
    }
    .into_any()
}

fn lines_of(caption: &'static str, lines: Vec<DelegationLine>, revoke: Option<ServerAction<Revoke>>) -> AnyView {
    let mut columns =
        vec![Column::text("Person"), Column::text("From"), Column::text("Until"), Column::text("Covers"), Column::text("State")];
    if revoke.is_some() {
        columns.push(Column::unseen("End"));
    }
    let rows = lines.into_iter().map(|line| row(line, revoke)).collect_view();
    view! {
        <div>
            <h3>{caption}</h3>
            <DataTable caption=caption columns=columns>{rows}</DataTable>
        </div>
    }
    .into_any()
}

fn row(line: DelegationLine, revoke: Option<ServerAction<Revoke>>) -> AnyView {
    let DelegationLine { id, person, starts, ends, scope, reason, state, may_revoke } = line;
    let (tone, word) = match state.as_str() {
        "coming" => (Tone::Waiting, "Comes"),
        "running" => (Tone::Ok, "In force"),
        "revoked" => (Tone::Plain, "Ended early"),
        _ => (Tone::Plain, "Over"),
    };
    let action = revoke.map(|revoke| {
        let label = format!("End the delegation to {}", person.name);
        let button = may_revoke.then(|| {
            view! {
                <ActionForm action=revoke>
                    <input type="hidden" name="delegation" value=id.to_string()/>
                    <button type="submit" class="btn btn-danger" aria-label=label>"End"</button>
                </ActionForm>
            }
        });
        view! { <td>{button}</td> }
    });
    view! {
        <tr>
            <th scope="row" class="font-normal"><a href=paths::identity(person.id)>{person.name}</a></th>
            <td><time datetime=starts.at.to_string()>{starts.text}</time></td>
            <td><time datetime=ends.at.to_string()>{ends.text}</time></td>
            <td>{scope}<br/><span class="text-ink-3">{reason}</span></td>
            <td><Status tone=tone text=word/></td>
            {action}
        </tr>
    }
    .into_any()
}

fn form(applications: Vec<(String, String)>, today: &str, refused: Option<RefusedDelegation>) -> AnyView {
    let open = refused.is_some();
    let (typed, error) = match refused {
        Some(RefusedDelegation { form, error }) => (form, Some(error)),
        None => (DelegationForm { starts_on: today.to_owned(), ..DelegationForm::default() }, None),
    };
    let said = |field: &str| at(error.as_ref(), field);
    let (to, starts_on, ends_on) = (said("to"), said("starts_on"), said("ends_on"));
    let (tiers, scope, reason) = (said("tiers"), said("applications"), said("reason"));
    let problems = error.as_ref().map(lines).unwrap_or_default();
    let every_tier = RiskTier::ALL.iter().map(|tier| (tier.word().to_owned(), tier.label().to_owned())).collect::<Vec<_>>();
    let today = today.to_owned();
    view! {
        <Disclosure summary="Let somebody decide for me" open=open id="delegate">
            <ErrorSummary errors=Signal::stored(problems) title="Nothing was delegated"/>
            <form method="post" action=paths::ACCOUNT>
                <div class="form">
                    <TextField name="to" label="Who decides for me" hint="Mail address, number or full name of somebody active; at most 254 characters." value=typed.to maxlength=254 required=true error=to/>
                    <div class="form-row">
                        <DateField name="starts_on" label="First day" hint="Today or later, within a year." value=typed.starts_on min=today.clone() required=true error=starts_on/>
                        <DateField name="ends_on" label="Last day" hint="At most 366 days." value=typed.ends_on min=today required=true error=ends_on/>
                    </div>
                    <SeveralField name="tiers" label="Only these tiers" hint="None ticked means all." options=every_tier values=typed.tiers error=tiers/>
                    <SeveralField name="applications" label="Only these applications" hint="None ticked means all; at most 50." options=applications values=typed.applications error=scope/>
                    <TextArea name="reason" label="Why" hint="They read it, and so does whoever looks into it later. At most 2,000 characters." value=typed.reason maxlength=2000 rows=2 required=true error=reason/>
                    <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Delegate"</Button></div>
                </div>
            </form>
        </Disclosure>
    }
    .into_any()
}
