//! `/admin/connections/:id`: one connection, or the form for a new one.

use super::api::{new_connection, show_connection};
use super::form::form;
use super::list::state;
use super::port::{Abilities, ConnectionLine, ConnectionView, SecretView, UnderWay, VersionView};
use super::refused::{RefusedAct, RefusedConnection};
use super::steps;
use crate::changes::port::FieldShape;
use crate::paths;
use crate::requests::trails::moment;
use crate::status::{Failed, lines};
use crate::ui::{Card, Column, Columns, DataTable, Fact, FactsList, Notice, Page, Skeleton, SkeletonShape, Tone};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};

/// What was typed and refused, of either form.
#[derive(Clone)]
struct Refused {
    form: Option<RefusedConnection>,
    act: Option<RefusedAct>,
}

/// The page.
#[component]
pub fn ConnectionRoute() -> impl IntoView {
    let (params, search) = (use_params_map(), use_location().search);
    let refused = StoredValue::new(Refused { form: use_context(), act: use_context() });
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let kind = Memo::new(move |_| search.with(|search| paths::parameter(search, "kind")));
    let done = Memo::new(move |_| search.with(|search| paths::parameter(search, "done")));
    let view = Resource::new(
        move || (id.get(), kind.get()),
        |(id, kind)| async move { if id == paths::NEW { new_connection(kind).await } else { show_connection(id).await } },
    );
    let body = move || {
        Suspend::new(async move {
            match view.await {
                Ok(view) => page(&view, &done.get_untracked(), &refused.get_value()),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Page title="Connection"><Skeleton shape=SkeletonShape::Card/></Page> }>{body}</Transition> }
        .into_any()
}

fn page(view: &ConnectionView, done: &str, refused: &Refused) -> AnyView {
    let Some(line) = &view.line else {
        let title = format!("New connection: {}", view.kind.label());
        let form = form(view, refused.form.as_ref());
        return view! { <Title text=title.clone()/><Page title=title overline="Connections">{form}</Page> }.into_any();
    };
    let name = line.name.clone();
    let (facts, versions) = (facts(view, line), versions(&view.versions));
    let aside = move || view! { {facts}{versions} };
    let editable = view.may_manage && view.pending.is_none();
    let settings = if editable { form(view, refused.form.as_ref()) } else { read_only(view) };
    let (said, not_done) = (said(done), refused.act.as_ref().map(not_done));
    let parts = (
        unreadable(view),
        steps::pending(view),
        steps::close_breaker(view, refused.act.as_ref()),
        steps::test(view),
        settings,
        releases(view, line),
        steps::retire(view, refused.act.as_ref()),
    );
    view! {
        <Title text=name.clone()/>
        <Page title=name overline="Connections">
            <div class="stack">
                <div role="status" class="empty:hidden">{said}</div>
                {not_done}
                <Columns aside=aside>{parts}</Columns>
            </div>
        </Page>
    }
    .into_any()
}

fn said(done: &str) -> Option<AnyView> {
    let text = match done {
        "made" => "The connection is made. Test it, then let applications use it.",
        "changed" => "The settings are in force.",
        "proposed" => "The change waits for a second person. Until then the settings before it are in force.",
        "confirmed" => "The change is in force.",
        "refused" => "The change will not be in force.",
        "tested" => "The test is over; what it found stands below.",
        "closed_breaker" => "Its rest is over. Releases go on within a minute.",
        "retired" => "The connection is retired.",
        _ => return None,
    };
    Some(view! { <Notice tone=Tone::Ok title="Recorded." text=text/> }.into_any())
}

fn not_done(refused: &RefusedAct) -> AnyView {
    let text = lines(&refused.error).into_iter().map(|(_, sentence)| sentence).collect::<Vec<_>>().join(" ");
    view! { <div role="alert"><Notice tone=Tone::Bad title="Nothing was changed." text=text/></div> }.into_any()
}

fn unreadable(view: &ConnectionView) -> Option<AnyView> {
    let SecretView::Sealed(why) = &view.secret else { return None };
    Some(view! { <div role="alert"><Notice tone=Tone::Bad title="Its secret cannot be opened." text=why.clone()/></div> }.into_any())
}

fn facts(view: &ConnectionView, line: &ConnectionLine) -> AnyView {
    let secret = match &view.secret {
        SecretView::None => None,
        SecretView::Missing => Some("Not set".to_owned()),
        SecretView::Sealed(_) => Some("Cannot be opened".to_owned()),
        SecretView::Set(since) => Some(since.as_ref().map_or_else(|| "Set".to_owned(), |since| format!("Set on {}", since.text))),
    };
    let applications = if line.applications.is_empty() { "None".to_owned() } else { line.applications.join(", ") };
    let failed = line
        .last_failed
        .clone()
        .map(|(at, said)| view! { <Fact term="Last failure">{moment(&at)}<p class="wrap-anywhere">{said}</p></Fact> });
    let well = line.last_well.clone().map(|at| view! { <Fact term="Last well">{moment(&at)}</Fact> });
    let can = view.can.map(|can| view! { <Fact term="What it can">{can_do(can)}</Fact> });
    let completions =
        view.completions.clone().map(|path| view! { <Fact term="Completions go to"><span class="code wrap-anywhere">{path}</span></Fact> });
    let also =
        view.also_through.clone().into_iter().map(|(id, name)| view! { <p><a href=paths::connection(id)>{name}</a></p> }).collect_view();
    let also = (!view.also_through.is_empty()).then(|| view! { <Fact term="Also leads there">{also}</Fact> });
    let (code, kind, state, as_of) = (line.code.clone(), view.kind.label(), state(line), view.as_of.text.clone());
    view! {
        <Card title="Facts">
            <FactsList>
                <Fact term="Code"><span class="code">{code}</span></Fact>
                <Fact term="Kind">{kind}</Fact>
                {can}
                <Fact term="State">{state}</Fact>
                {well}
                {failed}
                <Fact term="Applications">{applications}</Fact>
                {secret.map(|secret| view! { <Fact term="Secret">{secret}</Fact> })}
                {completions}
                {also}
                <Fact term="As of">{as_of}</Fact>
            </FactsList>
        </Card>
    }
    .into_any()
}

fn can_do(can: Abilities) -> String {
    let accounts = if can.accounts { "Makes accounts" } else { "Makes no accounts" };
    let reads_back = if can.reads_back { "says what is there" } else { "does not say what is there" };
    let undoes = if can.undoes { "can undo" } else { "cannot undo" };
    let answers = if can.answers_later { "may answer later" } else { "answers at once" };
    format!("{accounts}, {reads_back}, {undoes}; {answers}.")
}

/// The settings for those who may not change them, or not now.
fn read_only(view: &ConnectionView) -> AnyView {
    let facts = view
        .fields
        .iter()
        .map(|field| {
            let label = |word: &str| match &field.shape {
                FieldShape::Choice { options } | FieldShape::Several { options } => {
                    options.iter().find(|(value, _)| value == word).map_or_else(|| word.to_owned(), |(_, label)| label.clone())
                }
                _ => word.to_owned(),
            };
            let text = match &field.shape {
                FieldShape::Several { .. } => field.value.split_whitespace().map(label).collect::<Vec<_>>().join(", "),
                _ => label(&field.value),
            };
            view! { <Fact term=field.label.clone()><span class="whitespace-pre-line wrap-anywhere">{text}</span></Fact> }
        })
        .collect_view();
    view! { <Card title="Settings" id="settings"><FactsList>{facts}</FactsList></Card> }.into_any()
}

fn releases(view: &ConnectionView, line: &ConnectionLine) -> Option<AnyView> {
    if view.releases.is_empty() {
        return None;
    }
    let opens = view.opens_releases;
    let rows = view
        .releases
        .iter()
        .map(|UnderWay { id, number, state, since }| {
            let number = if opens {
                view! { <a class="code" href=paths::release(*id)>{number.clone()}</a> }.into_any()
            } else {
                view! { <span class="code">{number.clone()}</span> }.into_any()
            };
            view! { <tr><th scope="row">{number}</th><td>{state.clone()}</td><td>{moment(since)}</td></tr> }
        })
        .collect_view();
    let columns = vec![Column::text("Release"), Column::text("State"), Column::text("Since")];
    let count = line.under_way;
    let shown = view.releases.len();
    let aside = move || if i64::try_from(shown).unwrap_or(count) < count { format!("{shown} of {count}") } else { count.to_string() };
    Some(
        view! { <Card title="Releases under way" id="releases" flush=true aside=aside><DataTable caption="Releases under way" columns=columns>{rows}</DataTable></Card> }
            .into_any(),
    )
}

fn versions(versions: &[VersionView]) -> AnyView {
    let lines = versions
        .iter()
        .map(|VersionView { version, at, by, confirmed_by, reason }| {
            let person = |person: &crate::record::PersonRef| view! { <a href=paths::identity(person.id)>{person.name.clone()}</a> };
            let by = by.as_ref().map(|by| view! { ", "{person(by)} });
            let second = confirmed_by.as_ref().map(|second| view! { ", confirmed by "{person(second)} });
            view! {
                <li>
                    <p>"Version "{version.to_string()}", "{moment(at)}{by}{second}</p>
                    <p class="text-ink-2 whitespace-pre-line wrap-anywhere">{reason.clone()}</p>
                </li>
            }
        })
        .collect_view();
    view! { <Card title="Versions" id="versions"><ul class="stack" role="list">{lines}</ul></Card> }.into_any()
}
