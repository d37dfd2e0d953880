//! What somebody holds, as a table with a line for each: its end, what is asked for about it, and
//! the three things that can be done. Every button is a plain form.

use super::api::GiveBack;
use super::words;
use crate::paths;
use crate::record::{AboutGrant, GrantLine};
use crate::requests::trails::moment;
use crate::status::{failure, summary};
use crate::ui::{Button, ButtonKind, Column, DataTable, ErrorSummary, Notice, Status, Tone};
use domain::grant::GrantPhase;
use domain::id::IdentityId;
use domain::request::RequestKind;
use leptos::prelude::*;

/// The parameter that says what was done, and its value.
pub const DONE: &str = "done";
/// See [`DONE`].
pub const GIVEN_BACK: &str = "given_back";

/// Where giving back leads: home for one's own access, otherwise to whoever held it.
#[must_use]
pub fn after_giving_back(own: bool, holder: IdentityId) -> String {
    let page = if own { paths::HOME.to_owned() } else { paths::identity(holder) };
    paths::with(&page, &[(DONE, GIVEN_BACK)])
}

/// What was done, from the address; nothing for other words.
#[must_use]
pub fn said(done: &str) -> Option<AnyView> {
    (done == GIVEN_BACK).then(|| {
        view! { <Notice tone=Tone::Ok title="Given back." text="The operators have it to remove now. It cannot be taken back: who needs it again asks again."/> }.into_any()
    })
}

/// Access that is there, with what the reader may do about it.
///
/// `<HeldTable caption="My access, soonest end first" grants=view.grants mine=true/>`, in a card with
/// `flush=true`. `may_act` is for people who may ask for the holder and give back for them; the
/// holder always may. One table of this kind on a page.
#[component]
pub fn HeldTable(
    #[prop(into)] caption: String,
    grants: Vec<GrantLine>,
    /// The reader holds it.
    #[prop(optional)]
    mine: bool,
    /// The reader may extend, change and give back.
    #[prop(optional)]
    may_act: bool,
    /// The reader may know why: each line leads there.
    #[prop(optional)]
    why: bool,
) -> impl IntoView {
    let give_back = ServerAction::<GiveBack>::new();
    let error = failure(move || give_back.value().get());
    let acts = mine || may_act;
    let mut columns = vec![Column::text("Access"), Column::text("Status"), Column::text("End"), Column::text("Request")];
    if acts {
        columns.push(Column::unseen("What can be done"));
    }
    let rows = grants.into_iter().map(|grant| row(grant, acts, mine || why, give_back)).collect_view();
    view! {
        <ErrorSummary errors=summary(error) title="Nothing was given back"/>
        <DataTable caption=caption columns=columns>{rows}</DataTable>
    }
    .into_any()
}

fn row(grant: GrantLine, acts: bool, why: bool, give_back: ServerAction<GiveBack>) -> AnyView {
    let (tone, word) = words::phase(grant.state);
    let why = why.then(|| view! { <p>{words::why(grant.id, &grant.name)}</p> });
    let request = paths::request(grant.request);
    let end = end(&grant);
    let about = grant.about.as_ref().map(about);
    let actions = acts.then(|| view! { <td>{actions(&grant, give_back)}</td> });
    view! {
        <tr>
            {words::what(&grant)}
            <td><Status tone=tone text=word/>{about}</td>
            <td>{end}{words::since(&grant.since)}</td>
            <td class="whitespace-nowrap"><a class="code" href=request>{grant.request_number}</a>{why}</td>
            {actions}
        </tr>
    }
    .into_any()
}

/// When it ends, why if it is ending, and where an extension moved the end from (law 9).
fn end(grant: &GrantLine) -> AnyView {
    let why = grant.end_reason.map(|reason| view! { <p class="text-ink-3">{reason.label()}</p> });
    let when = grant.ends.as_ref().map_or_else(|| view! { <span class="text-ink-2">"No end"</span> }.into_any(), moment);
    let moved = grant.moved_by.map(|by| {
        let from = grant.moved_from.as_ref().map_or_else(|| "no end".to_owned(), |from| from.text.clone());
        view! { <p class="text-ink-3"><a href=paths::request(by)>"Extended"</a>", before: "{from}</p> }
    });
    view! { {when}{why}{moved} }.into_any()
}

fn about(about: &AboutGrant) -> AnyView {
    let what = match about.kind {
        RequestKind::Extend => "Extension asked for: ",
        RequestKind::Grant | RequestKind::Change => "Change asked for: ",
    };
    view! { <p class="text-ink-3">{what}<a class="code" href=paths::request(about.request)>{about.number.clone()}</a></p> }.into_any()
}

fn actions(grant: &GrantLine, give_back: ServerAction<GiveBack>) -> AnyView {
    if !matches!(grant.state, GrantPhase::Active | GrantPhase::Expiring) {
        return ().into_any();
    }
    let id = grant.id.to_string();
    // One request at a time asks for another end or for other access in its place.
    let ask = grant.about.is_none().then(|| {
        let change = paths::replacement_for(grant.id);
        let (to_extend, to_change) = (unseen(grant), unseen(grant));
        view! {
            <form method="post" action=paths::ADD_TO_DRAFT>
                <input type="hidden" name="entitlement" value=grant.entitlement.to_string()/>
                <input type="hidden" name="kind" value=RequestKind::Extend.word()/>
                <input type="hidden" name="grant" value=id.clone()/>
                <Button kind=ButtonKind::Quiet submit=true>"Extend"{to_extend}</Button>
            </form>
            <a class="btn btn-quiet" href=change>"Change"{to_change}</a>
        }
    });
    let what = unseen(grant);
    view! {
        <div class="row-actions no-print">
            {ask}
            <ActionForm action=give_back>
                <input type="hidden" name="grant" value=id/>
                <Button kind=ButtonKind::Quiet submit=true>"Give back"{what}</Button>
            </ActionForm>
        </div>
    }
    .into_any()
}

/// Which line a button belongs to, for those who hear the buttons one by one.
fn unseen(grant: &GrantLine) -> AnyView {
    let name = format!(" {}", grant.name);
    view! { <span class="sr-only">{name}</span> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn giving_back_leads_to_where_the_access_is_listed() {
        let holder: IdentityId = "0190a000-0000-7000-8000-000000000000".parse().unwrap();
        assert_eq!(after_giving_back(true, holder), "/?done=given_back");
        assert_eq!(after_giving_back(false, holder), format!("/identities/{holder}?done=given_back"));
        assert!(said("given_back").is_some() && said("anything").is_none());
    }
}
