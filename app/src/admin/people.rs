//! People and roles: who has which role, a search, and a role for each hit.

use super::done::{Changes, alert};
use super::port::AssignmentLine;
use crate::identities::port::PersonHit;
use crate::paths;
use crate::requests::trails::moment;
use crate::ui::{Button, ButtonKind, Card, Column, DataTable, EmptyState, SearchField, SelectField};
use domain::permission::Role;
use leptos::prelude::*;

/// Roles that people have, with a button to end each.
#[component]
pub fn Assignments(assignments: Vec<AssignmentLine>, may_change: bool, changes: Changes) -> impl IntoView {
    let count = assignments.len();
    let body = if assignments.is_empty() {
        view! { <EmptyState title="Nobody has a role beyond employee" text="Search for a person below and give them one. Without an operator nothing is released."/> }.into_any()
    } else {
        let mut columns = vec![Column::text("Person"), Column::text("Role"), Column::text("Since"), Column::text("Given by")];
        if may_change {
            columns.push(Column::unseen("End"));
        }
        let rows = assignments.into_iter().map(|line| assignment(line, may_change, changes)).collect_view();
        view! { <DataTable caption="People and roles" columns=columns>{rows}</DataTable> }.into_any()
    };
    view! {
        <Card title="People and roles" id="roles" flush=true aside=move || format!("{count} given")>
            {alert(move || changes.refused_role())}
            {body}
        </Card>
    }
    .into_any()
}

fn assignment(line: AssignmentLine, may_change: bool, changes: Changes) -> AnyView {
    let AssignmentLine { id, person, role, since, granted_by } = line;
    let by = match granted_by {
        Some(by) => view! { <a href=paths::identity(by.id)>{by.name}</a> }.into_any(),
        None => view! { <span class="text-ink-2">"Set-up"</span> }.into_any(),
    };
    let whose = format!(" {} of {}", role.label(), person.name);
    let end = may_change.then(|| {
        view! {
            <td>
                <ActionForm action=changes.end>
                    <input type="hidden" name="assignment" value=id.to_string()/>
                    <Button kind=ButtonKind::Danger submit=true>"End"<span class="sr-only">{whose}</span></Button>
                </ActionForm>
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row"><a href=paths::identity(person.id)>{person.name}</a></th>
            <td>{role.label()}</td>
            <td>{moment(&since)}</td>
            <td>{by}</td>
            {end}
        </tr>
    }
    .into_any()
}

/// The search for people and its hits.
#[component]
pub fn People(q: String, people: Vec<PersonHit>, may_change: bool, changes: Changes) -> impl IntoView {
    let searched = !q.trim().is_empty();
    let hits = if !searched {
        view! { <p class="card-body text-ink-2">"Search by name, number or mail address to open a person or to give them a role."</p> }
            .into_any()
    } else if people.is_empty() {
        view! { <EmptyState title="Nobody found" text="Try a part of the name, the number in the source of truth, or the mail address."/> }
            .into_any()
    } else {
        let mut columns = vec![
            Column::text("Person"),
            Column::text("Number"),
            Column::text("Unit"),
            Column::text("Title"),
            Column::text("State"),
            Column::text("Roles"),
        ];
        if may_change {
            columns.push(Column::text("Give a role"));
        }
        let rows = people.into_iter().map(|person| hit(person, may_change, changes)).collect_view();
        view! { <DataTable caption="People found" columns=columns>{rows}</DataTable> }.into_any()
    };
    view! {
        <Card title="Find a person" id="people" flush=true>
            <div class="card-body"><SearchField action=paths::ADMIN label="Search people" id="people-search" value=q/></div>
            {hits}
        </Card>
    }
    .into_any()
}

fn hit(hit: PersonHit, may_change: bool, changes: Changes) -> AnyView {
    let PersonHit { person, source_id, unit, title, state, roles } = hit;
    let names = if roles.is_empty() { "Employee".to_owned() } else { roles.iter().map(|role| role.label()).collect::<Vec<_>>().join(", ") };
    let options: Vec<_> = Role::ASSIGNABLE
        .iter()
        .filter(|role| !roles.contains(role))
        .map(|role| (role.word().to_owned(), role.label().to_owned()))
        .collect();
    let give = may_change.then(|| {
        let field = format!("role-{}", person.id);
        let label = format!("Role for {}", person.name);
        let whose = format!(" to {}", person.name);
        let form = (!options.is_empty() && state == "active").then(|| {
            view! {
                <ActionForm action=changes.assign attr:class="flex flex-wrap items-end gap-2">
                    <input type="hidden" name="identity" value=person.id.to_string()/>
                    <SelectField name="role" id=field label=label options=options empty="Choose a role" required=true/>
                    <Button submit=true>"Give"<span class="sr-only">{whose}</span></Button>
                </ActionForm>
            }
        });
        view! { <td>{form}</td> }
    });
    view! {
        <tr>
            <th scope="row"><a href=paths::identity(person.id)>{person.name.clone()}</a></th>
            <td class="code">{source_id}</td>
            <td>{unit}</td>
            <td>{title}</td>
            <td>{state}</td>
            <td>{names}</td>
            {give}
        </tr>
    }
    .into_any()
}
