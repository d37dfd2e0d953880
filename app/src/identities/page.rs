//! `/identities/:id`: an identity as a product. What is known of it, how far it conforms to its
//! specification, what access came of it, what happened.

use super::api::show_identity;
use super::cure::said as said_of_limit;
use super::port::{AccessBeyond, AccessConformity, Conformity, IdentityView, SpecificationRef};
use super::stop::{Changes, DONE, Stop, said};
use crate::grants::port::AccessOf;
use crate::grants::table::{self, HeldTable};
use crate::paths;
use crate::record::{PersonRef, RequestLine};
use crate::requests::trails::{EventList, GrantsTable, moment};
use crate::requests::words::RequestTable;
use crate::status::Failed;
use crate::ui::{
    Card, Column, Columns, DataTable, EmptyState, Fact, FactsList, Notice, Page, Skeleton, SkeletonShape, Stack, Status, Tag, Tone,
};
use crate::when::day;
use domain::change::RecordKind;
use domain::identity::{IdentityState, Mfa, Population};
use domain::permission::Role;
use jiff::civil::Date;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};

/// One identity.
#[component]
pub fn IdentityRoute() -> impl IntoView {
    let params = use_params_map();
    let search = use_location().search;
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let done = Memo::new(move |_| search.with(|search| paths::parameter(search, DONE)));
    let changes = Changes::new();
    let settled = changes.settled();
    let identity = Resource::new(move || (id.get(), settled.get()), |(id, _)| show_identity(id));
    let content = move || {
        Suspend::new(async move {
            match identity.await {
                Ok(identity) => page(identity, done, changes),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Identity"/>
        <Transition fallback=|| view! { <div class="page"><Stack><Skeleton shape=SkeletonShape::Card/><Skeleton rows=8/></Stack></div> }>
            {content}
        </Transition>
    }
    .into_any()
}

fn page(identity: IdentityView, done: Memo<String>, changes: Changes) -> AnyView {
    let overline = format!("{} · {}", identity.source_id, identity.population.label());
    let subtitle = [identity.title.clone(), identity.unit.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let (tone, word) = standing(&identity.state);
    let facts = facts(identity.clone());
    let stopped = stopped(&identity.state);
    let stop = identity.may_stop.then(|| view! { <Stop identity=identity.person.id state=identity.state.clone() changes=changes/> });
    let (own, may_act, why) = (identity.own, identity.may_act, identity.may_read_access);
    let all = paths::access_of(AccessOf::Identity, identity.person.id);
    let all = move || why.then(|| view! { <a href=all>"All access, also on a past day"</a> });
    let IdentityView {
        person,
        population,
        specification,
        conformity,
        access_conformity,
        grants,
        past_grants,
        requests,
        timeline,
        roles,
        ..
    } = identity;
    let aside = move || {
        view! {
            {facts}
            {roles_card(roles)}
            {stop}
        }
    };
    view! {
        <Page title=person.name overline=overline subtitle=subtitle tags=move || view! { <Status tone=tone text=word/> }>
            <Stack>
                <div role="status" class="empty:hidden">{move || done.with(|done| said(done).or_else(|| table::said(done)))}</div>
                {stopped}
                <Columns aside=aside>
                    {conformity_card(population, specification, conformity, access_conformity, why)}
                    <Card title="Access now" id="access" flush=true aside=all>
                        {if grants.is_empty() {
                            view! { <EmptyState title="No access" text="Access stands here once a request for it has been released."/> }.into_any()
                        } else {
                            view! { <HeldTable caption="Access now" grants=grants mine=own may_act=may_act why=why/> }.into_any()
                        }}
                    </Card>
                    {requests_card(requests)}
                    {(!past_grants.is_empty()).then(|| view! {
                        <Card title="Past access" id="past-access" flush=true><GrantsTable caption="Past access" grants=past_grants why=why/></Card>
                    })}
                    <Card title="What happened to the record" id="events">
                        {if timeline.is_empty() {
                            view! { <p class="text-ink-2">"Nothing but its import."</p> }.into_any()
                        } else {
                            view! { <EventList events=timeline/> }.into_any()
                        }}
                    </Card>
                </Columns>
            </Stack>
        </Page>
    }
    .into_any()
}

fn standing(state: &IdentityState) -> (Tone, &'static str) {
    match state {
        IdentityState::Staged => (Tone::Waiting, "Staged: not yet started"),
        IdentityState::Active => (Tone::Ok, "Active"),
        IdentityState::Suspended { .. } => (Tone::Warn, "Suspended"),
        IdentityState::Retired { .. } => (Tone::Plain, "Retired"),
    }
}

fn stopped(state: &IdentityState) -> Option<AnyView> {
    let (title, reason) = match state {
        IdentityState::Staged | IdentityState::Active => return None,
        IdentityState::Suspended { reason, .. } => ("Suspended.", reason.clone()),
        IdentityState::Retired { reason, .. } => ("Retired.", reason.clone()),
    };
    Some(view! { <Notice tone=Tone::Warn title=title text=reason/> }.into_any())
}

fn facts(identity: IdentityView) -> AnyView {
    let known = |text: Option<String>| text.unwrap_or_else(|| "Not recorded".to_owned());
    let date = |date: Option<Date>, none: &'static str| date.map_or_else(|| none.to_owned(), day);
    let manager = match identity.manager {
        Some(manager) => view! { <a href=paths::identity(manager.id)>{manager.name}</a> }.into_any(),
        None => view! { <span class="text-ink-2">"Not recorded"</span> }.into_any(),
    };
    let reports = match identity.reports {
        0 => "Nobody".to_owned(),
        1 => "1 active person".to_owned(),
        many => format!("{many} active people"),
    };
    let also = also(identity.also);
    let source = if identity.source == "feed" { "Source of truth" } else { "Entered here" };
    view! {
        <Card title="Facts" id="facts">
            <FactsList>
                <Fact term="Recorded by">{source}</Fact>
                {also}
                <Fact term="Mail">{known(identity.email)}</Fact>
                <Fact term="Title">{known(identity.title)}</Fact>
                <Fact term="Unit">{known(identity.unit)}</Fact>
                <Fact term="Manager">{manager}</Fact>
                <Fact term="Reports">{reports}</Fact>
                <Fact term="Second factor"><Tag tone=mfa_tone(identity.mfa) text=identity.mfa.label()/></Fact>
                <Fact term="First day">{date(identity.starts_on, "Not recorded")}</Fact>
                <Fact term="Last day">{date(identity.ends_on, "Open")}</Fact>
                <Fact term="State since">{moment(&identity.since)}</Fact>
            </FactsList>
        </Card>
    }
    .into_any()
}

/// Other accounts of the same person: law 4 counts people, so they stand here.
fn also(accounts: Vec<(PersonRef, String)>) -> Option<AnyView> {
    if accounts.is_empty() {
        return None;
    }
    let lines = accounts
        .into_iter()
        .map(|(account, number)| view! { <li><a href=paths::identity(account.id)>{account.name}</a>" "<span class="code text-ink-3">{number}</span></li> })
        .collect_view();
    Some(view! { <Fact term="Also"><ul role="list">{lines}</ul></Fact> }.into_any())
}

fn mfa_tone(mfa: Mfa) -> Tone {
    if mfa.in_force() { Tone::Ok } else { Tone::Warn }
}

fn roles_card(roles: Vec<Role>) -> AnyView {
    if roles.is_empty() {
        return view! { <Card title="Roles here" id="roles"><p class="text-ink-2">"None beyond that of every employee."</p></Card> }
            .into_any();
    }
    let lines = roles.into_iter().map(|role| view! { <li>{role.label()}</li> }).collect_view();
    view! { <Card title="Roles here" id="roles"><ul role="list">{lines}</ul></Card> }.into_any()
}

fn conformity_card(
    population: Population,
    specification: Option<SpecificationRef>,
    conformity: Vec<Conformity>,
    access: Option<AccessConformity>,
    opens_access: bool,
) -> AnyView {
    let Some(SpecificationRef { version, highest_tier, control_owner, may_open }) = specification else {
        return view! {
            <Card title="Conformity" id="conformity">
                <Notice tone=Tone::Bad title="No specification is in force for this population." text="Without one no request for them passes its gates."/>
            </Card>
        }
        .into_any();
    };
    let (access_lines, access_met) = access.as_ref().map_or((0, 0), |access| {
        let gaps = access.beyond.len() + usize::from(!access.second_factor.met());
        let lines = 1 + access.beyond.len().max(1);
        (lines, lines - gaps)
    });
    let met = conformity.iter().filter(|line| line.fault.is_none()).count() + access_met;
    let of = conformity.len() + access_lines;
    let access = access.map(|access| access_rows(access, opens_access));
    let columns = vec![Column::text("Attribute"), Column::text("Conforms"), Column::text("Recorded"), Column::text("Cure")];
    let rows = conformity
        .into_iter()
        .map(|line| {
            let (tone, word) = match (line.fault, line.required) {
                (None, true) => (Tone::Ok, "Met"),
                (None, false) => (Tone::Plain, "Not required"),
                (Some(fault), _) => (Tone::Bad, fault.label()),
            };
            view! {
                <tr>
                    <th scope="row">{line.attribute.label()}</th>
                    <td><Status tone=tone text=word/></td>
                    <td>{line.seen}</td>
                    <td>{line.cure}</td>
                </tr>
            }
        })
        .collect_view();
    let name = format!("specification version {version}");
    let aside = move || {
        let name = match may_open {
            true => {
                view! { <a href=format!("{}#versions", paths::record(RecordKind::Specification, population.word()))>{name}</a> }.into_any()
            }
            false => name.into_any(),
        };
        view! { {format!("{met} of {of} as it should be · ")}{name}{format!(" · up to {} · {control_owner} answers for it", highest_tier.label().to_lowercase())} }
    };
    view! {
        <Card title="Conformity" id="conformity" flush=true aside=aside>
            <DataTable caption="Conformity to the specification" columns=columns>{rows}{access}</DataTable>
        </Card>
    }
    .into_any()
}

/// The second factor that what is held needs, and each grant that is beyond a limit.
fn access_rows(access: AccessConformity, opens_access: bool) -> AnyView {
    let AccessConformity { second_factor, second_factor_cure, held, beyond } = access;
    let from = format!("from tier {} on", second_factor.needed_from.label().to_lowercase());
    let (tone, word) = match (second_factor.required, second_factor.met()) {
        (false, _) => (Tone::Plain, format!("Not required: nothing held {from}")),
        (true, true) => (Tone::Ok, "Met".to_owned()),
        (true, false) => (Tone::Bad, format!("Missing: needed {from}")),
    };
    let within = beyond.is_empty().then(|| {
        let words = match held {
            0 => "Nothing is held".to_owned(),
            1 => "1 grant, within every limit".to_owned(),
            many => format!("{many} grants, all within every limit"),
        };
        view! {
            <tr>
                <th scope="row">"Access within the specification"</th>
                <td><Status tone=Tone::Ok text="Met"/></td>
                <td>{words}</td>
                <td></td>
            </tr>
        }
    });
    let beyond = beyond
        .into_iter()
        .map(|AccessBeyond { grant, name, excesses, cure }| {
            let said = excesses.iter().map(said_of_limit).collect::<Vec<_>>().join(". ");
            let name = if opens_access { view! { <a href=paths::grant(grant)>{name}</a> }.into_any() } else { name.into_any() };
            view! {
                <tr>
                    <th scope="row">"Access within the specification: "{name}</th>
                    <td><Status tone=Tone::Bad text="Beyond a limit"/></td>
                    <td>{said}</td>
                    <td>{cure}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">"Second factor"</th>
            <td><Status tone=tone text=word/></td>
            <td>{second_factor.recorded.label()}</td>
            <td>{second_factor_cure}</td>
        </tr>
        {within}
        {beyond}
    }
    .into_any()
}

fn requests_card(requests: Vec<RequestLine>) -> AnyView {
    if requests.is_empty() {
        return view! { <Card title="Requests" id="requests" flush=true><EmptyState title="No requests" text="What they ask for, or others ask for them, stands here."/></Card> }.into_any();
    }
    view! { <Card title="Requests" id="requests" flush=true><RequestTable caption="Requests" rows=requests/></Card> }.into_any()
}
