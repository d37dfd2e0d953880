//! `/grants/:id`: why somebody has this, in plain words and in order, now or on a past day.

use super::api;
use super::on_day::on_a_day;
use super::port::{AccessOf, Answer, GrantView, Said};
use super::words;
use crate::paths;
use crate::requests::trails::moment;
use crate::status::Failed;
use crate::ui::{Button, ButtonKind, Card, LinkButton, Notice, Page, Skeleton, Status, TierTag, Tone};
use domain::grant::GrantPhase;
use domain::id::{EntitlementId, GrantId};
use domain::request::RequestKind;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_url};

/// One grant.
#[component]
pub fn GrantRoute() -> impl IntoView {
    let (url, params) = (use_url(), use_params_map());
    let asked = Memo::new(move |_| {
        let on = url.with(|url| paths::parameter(url.search(), "on"));
        (params.read().get("id").unwrap_or_default(), on)
    });
    let grant = Resource::new(move || asked.get(), |(id, on)| api::why(id, on));
    let body = move || {
        Suspend::new(async move {
            match grant.await {
                Ok(grant) => page(grant),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Page title="Access"><Skeleton rows=8/></Page> }>{body}</Transition> }.into_any()
}

fn page(grant: GrantView) -> AnyView {
    let GrantView { id, holder, entitlement, name, application, tier, phase, short, answers, on, may_extend, about, may_list, as_of } =
        grant;
    let past = on.is_some();
    let title = title(&holder.name, &name, phase, past);
    let status = phase.map(|phase| {
        let (tone, word) = words::phase(phase);
        view! { <Status tone=tone text=word/> }
    });
    let tags = move || view! { <TierTag tier=tier.word()/>{status} };
    let nothing = on.as_ref().and_then(|on| on.nothing.clone());
    let nothing = nothing.map(|text| view! { <Notice tone=Tone::Info title="Nothing can be said about that day." text=text/> });
    let answers = answers.into_iter().map(answer).collect_view();
    let (href, whose) = (paths::access_of(AccessOf::Identity, holder.id), format!("All access of {}", holder.name));
    let all = may_list.then(|| view! { <LinkButton href=href>{whose}</LinkButton> });
    let actions = move || view! { {all} };
    let typed = on.as_ref().map(|on| on.typed.clone()).unwrap_or_default();
    let day = on_a_day(paths::grant(id), typed, past, "Whether this was held on that day, and why.");
    let extend = (!past).then(|| extension(id, entitlement, may_extend, about)).flatten();
    view! {
        <Title text=title.clone()/>
        <Page title=title overline=application tags=tags actions=actions>
            <div class="stack">
                <p><a href=paths::entitlement(entitlement)>{name}</a>" · "<a href=paths::identity(holder.id)>{holder.name}</a></p>
                {nothing}
                {(!short.is_empty()).then(|| view! { <p><strong>{short}</strong></p> })}
                {extend}
                {answers}
                <p class="count-line">"as of "{as_of.text}</p>
                {day}
            </div>
        </Page>
    }
    .into_any()
}

/// What the page answers. On a past day `phase` is that of the day; without one it was not held then, or
/// nothing can be said about the day.
fn title(holder: &str, name: &str, phase: Option<GrantPhase>, past: bool) -> String {
    match (phase, past) {
        (None, true) => format!("Whether {holder} had {name}"),
        (Some(_), true) | (Some(GrantPhase::Ended), false) => format!("Why {holder} had {name}"),
        (Some(GrantPhase::Scheduled), false) => format!("Why {holder} will have {name}"),
        (Some(GrantPhase::Active | GrantPhase::Expiring | GrantPhase::Ending) | None, false) => format!("Why {holder} has {name}"),
    }
}

/// One press to the draft of an extension.
fn extension(id: GrantId, entitlement: EntitlementId, may_extend: bool, about: Option<(domain::id::RequestId, String)>) -> Option<AnyView> {
    if let Some((request, number)) = about {
        return Some(
            view! { <Card title="Another end" id="extend"><p><a class="code" href=paths::request(request)>{number}</a>" asks for another end or for something in its place already."</p></Card> }.into_any(),
        );
    }
    may_extend.then(|| {
        view! {
            <Card title="Needed for longer?" id="extend">
                <form method="post" action=paths::ADD_TO_DRAFT class="form">
                    <p>"An extension is asked for and approved like any request; the end moves once it is carried out."</p>
                    <input type="hidden" name="entitlement" value=entitlement.to_string()/>
                    <input type="hidden" name="kind" value=RequestKind::Extend.word()/>
                    <input type="hidden" name="grant" value=id.to_string()/>
                    <div class="form-actions"><Button kind=ButtonKind::Primary submit=true>"Ask for a later end"</Button></div>
                </form>
            </Card>
        }
        .into_any()
    })
}

fn answer(answer: Answer) -> AnyView {
    let lines = answer.said.into_iter().map(line).collect_view();
    view! { <Card title=answer.question flush=true><ul class="divide-y divide-line" role="list">{lines}</ul></Card> }.into_any()
}

fn line(said: Said) -> AnyView {
    let Said { text, at, link } = said;
    let link = link.map(|(words, href)| view! { " "<a href=href>{words}</a> });
    view! {
        <li class="grid gap-1 px-3.5 py-2.5">
            <p class="wrap-anywhere">{text}{link}</p>
            {at.map(|at| view! { <p class="text-ink-3 text-xs">{moment(&at)}</p> })}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_says_has_only_of_what_is_there() {
        use GrantPhase as P;
        for (phase, past, expected) in [
            (Some(P::Scheduled), false, "Why Ana will have Reader"),
            (Some(P::Active), false, "Why Ana has Reader"),
            (Some(P::Expiring), false, "Why Ana has Reader"),
            (Some(P::Ending), false, "Why Ana has Reader"),
            (Some(P::Ended), false, "Why Ana had Reader"),
            (Some(P::Active), true, "Why Ana had Reader"),
            (Some(P::Ended), true, "Why Ana had Reader"),
            (None, true, "Whether Ana had Reader"),
        ] {
            assert_eq!(title("Ana", "Reader", phase, past), expected, "{phase:?} {past}");
        }
    }
}
