//! `/reassign/:stage`: giving a decision to somebody else, with the reason.

use super::api::reassignable;
use super::port::{ReassignForm, ReassignView};
use super::refused::RefusedReassignment;
use crate::error::AppError;
use crate::paths;
use crate::status::{Failed, at, lines};
use crate::ui::{
    Button, ButtonKind, Card, ErrorSummary, Fact, FactsList, LinkButton, Notice, Page, SelectField, Skeleton, TextArea, TextField, Tone,
};
use domain::id::StageId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page.
#[component]
pub fn ReassignRoute() -> impl IntoView {
    let params = use_params_map();
    let stage = Memo::new(move |_| params.with(|params| params.get("stage").and_then(|id| id.parse::<StageId>().ok())));
    let view = Resource::new(
        move || stage.get(),
        |stage| async move {
            match stage {
                Some(stage) => reassignable(stage).await,
                None => Err(AppError::NotFound),
            }
        },
    );
    let refused = use_context::<RefusedReassignment>();
    let body = move || {
        let refused = refused.clone();
        Suspend::new(async move {
            match view.await {
                Ok(view) => page(view, refused),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Reassign"/>
        <Suspense fallback=|| view! { <Page title="Reassign"><Skeleton/></Page> }>{body}</Suspense>
    }
    .into_any()
}

fn page(view: ReassignView, refused: Option<RefusedReassignment>) -> AnyView {
    let ReassignView { stage, name, request, number, version, hold_reason, candidates, replaceable } = view;
    let (form, error) = match refused {
        Some(RefusedReassignment { form, error }) => (form, Some(error)),
        None => (ReassignForm::default(), None),
    };
    let said = |field: &str| at(error.as_ref(), field);
    let (to_error, reason_error, from_error) = (said("to"), said("reason"), said("from"));
    let problems = error.as_ref().map(lines).unwrap_or_default();
    // Behind "changed" stands a newer version, which the next try is about.
    let asked =
        candidates.iter().map(|person| view! { <li><a href=paths::identity(person.id)>{person.name.clone()}</a></li> }).collect_view();
    let from = match replaceable.as_slice() {
        [] => view! { <input type="hidden" name="from" value=""/> }.into_any(),
        [only] if candidates.len() == 1 => view! { <input type="hidden" name="from" value=only.id.to_string()/> }.into_any(),
        _ => {
            let options = replaceable.iter().map(|person| (person.id.to_string(), person.name.clone())).collect::<Vec<_>>();
            let value =
                if form.from.is_empty() { options.first().map(|(id, _)| id.clone()).unwrap_or_default() } else { form.from.clone() };
            view! { <SelectField name="from" label="In whose place" options=options value=value error=from_error required=true/> }
                .into_any()
        }
    };
    view! {
        <Page title="Give a decision to somebody else" overline=number.clone() narrow=true>
            <div class="stack">
                <ErrorSummary errors=Signal::stored(problems) title="Nothing was reassigned"/>
                <Card title=name>
                    <FactsList>
                        <Fact term="Request"><a href=paths::request(request)>{number}</a></Fact>
                        <Fact term="Asked now">
                            {if candidates.is_empty() { view! { "Nobody" }.into_any() } else { view! { <ul role="list">{asked}</ul> }.into_any() }}
                        </Fact>
                    </FactsList>
                    {hold_reason.map(|reason| view! { <Notice tone=Tone::Bad title="Held." text=reason/> })}
                </Card>
                <form method="post" action=paths::reassign(stage)>
                    <div class="form">
                        <input type="hidden" name="version" value=version.to_string()/>
                        {from}
                        <TextField name="to" label="Who shall decide" hint="Mail address, number or full name of somebody active whom the request does not concern; at most 254 characters." value=form.to maxlength=254 required=true error=to_error/>
                        <TextArea name="reason" label="Why" hint="It stands on the request; everybody involved can read it. At most 2,000 characters." value=form.reason maxlength=2000 rows=3 required=true error=reason_error/>
                        <div class="form-actions">
                            <Button kind=ButtonKind::Primary submit=true>"Reassign"</Button>
                            <LinkButton href=paths::request(request) kind=ButtonKind::Quiet>"Cancel"</LinkButton>
                        </div>
                    </div>
                </form>
            </div>
        </Page>
    }
    .into_any()
}
