//! `/controls`: the policy set in force, read only. Each control opens to its policy text and to
//! the cases that ran when it was loaded.

use super::api::list_controls;
use super::port::{ControlCase, ControlView, ControlsView};
use crate::requests::gates::short_hash;
use crate::status::Failed;
use crate::ui::{
    Card, Column, DataTable, Disclosure, EmptyState, Fact, FactsList, Page, Skeleton, SkeletonShape, Stack, Status, Tag, Tone,
};
use domain::gate::{ControlKind, Outcome};
use leptos::prelude::*;
use leptos_meta::Title;

/// The controls.
#[component]
pub fn ControlsRoute() -> impl IntoView {
    let controls = Resource::new(|| (), |()| list_controls());
    let content = move || {
        Suspend::new(async move {
            match controls.await {
                Ok(controls) => page(controls),
                Err(error) => view! { <Failed error=error/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Controls"/>
        <Suspense fallback=|| view! { <div class="page"><Stack><Skeleton rows=4 shape=SkeletonShape::Card/><Skeleton rows=4 shape=SkeletonShape::Card/></Stack></div> }>
            {content}
        </Suspense>
    }
    .into_any()
}

fn page(view: ControlsView) -> AnyView {
    let ControlsView { policy_hash, controls } = view;
    let overline = format!("{} controls · policy set {}", controls.len(), short_hash(&policy_hash));
    let summary = (!controls.is_empty()).then(|| overview(&controls));
    let body = if controls.is_empty() {
        view! { <EmptyState title="No control is in force" text="Without controls every request is held. An administrator can see in the server's log why no policy set was loaded."/> }.into_any()
    } else {
        controls.into_iter().map(control).collect_view().into_any()
    };
    view! {
        <Page title="Controls" overline=overline subtitle="Every request passes these gates twice: when it is submitted, and again on fresh facts in the transaction that releases it.">
            <Stack>
                <p class="text-ink-2">"Hash of the policy set: "<span class="code break-all">{policy_hash}</span></p>
                {summary}
                {body}
            </Stack>
        </Page>
    }
    .into_any()
}

fn overview(controls: &[ControlView]) -> AnyView {
    let columns = vec![
        Column::text("Control"),
        Column::text("Title"),
        Column::text("Kind"),
        Column::text("Owner"),
        Column::number("Evaluated"),
        Column::number("Not met"),
        Column::number("Share"),
    ];
    let rows = controls
        .iter()
        .map(|control| {
            view! {
                <tr>
                    <th scope="row"><a class="code whitespace-nowrap" rel="external" href=format!("#{}", control.id)>{control.id.clone()}</a></th>
                    <td>{control.title.clone()}</td>
                    <td>{kind(control.kind)}</td>
                    <td>{control.owner.clone()}</td>
                    <td class="num">{control.evaluations.to_string()}</td>
                    <td class="num">{control.failures.to_string()}</td>
                    <td class="num">{share(control.failures, control.evaluations)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="The last 30 days" id="figures" flush=true aside=|| "at submission and at release">
            <DataTable caption="Controls and their figures of the last 30 days" columns=columns>{rows}</DataTable>
        </Card>
    }
    .into_any()
}

fn control(control: ControlView) -> AnyView {
    let ControlView { id, title, objective, remedy, kind: of_kind, frameworks, owner, source, cases, .. } = control;
    let aside_id = id.clone();
    let frameworks = if frameworks.is_empty() { "None named".to_owned() } else { frameworks.join(" · ") };
    let summary = match cases.len() {
        1 => "Policy text and 1 case".to_owned(),
        many => format!("Policy text and {many} cases"),
    };
    view! {
        <Card title=title id=id aside=move || view! { <span class="code">{aside_id}</span>" "{kind(of_kind)} } flush=true>
            <div class="card-body">
                <p>{objective}</p>
                <FactsList>
                    <Fact term="When not met">{remedy}</Fact>
                    <Fact term="Serves">{frameworks}</Fact>
                    <Fact term="Owner">{owner}</Fact>
                </FactsList>
            </div>
            <Disclosure summary=summary>
                <pre class="code overflow-x-auto rounded-control border border-line bg-sunken p-3" tabindex="0" role="region" aria-label="Policy text"><code>{source}</code></pre>
                {cases_table(cases)}
            </Disclosure>
        </Card>
    }
    .into_any()
}

fn cases_table(cases: Vec<ControlCase>) -> AnyView {
    if cases.is_empty() {
        return view! { <p class="text-ink-2">"No case is written for it."</p> }.into_any();
    }
    let columns = vec![Column::text("Case"), Column::text("Kind"), Column::text("Outcome")];
    let rows = cases
        .into_iter()
        .map(|case| {
            view! {
                <tr>
                    <th scope="row" class="font-normal">{case.name}</th>
                    <td>{case.kind}</td>
                    <td><Status tone=tone(case.outcome) text=case.outcome.label()/></td>
                </tr>
            }
        })
        .collect_view();
    view! { <DataTable caption="Cases that ran when the policies were loaded" columns=columns>{rows}</DataTable> }.into_any()
}

fn kind(kind: ControlKind) -> AnyView {
    let tone = match kind {
        ControlKind::Mandatory => Tone::Info,
        ControlKind::Compensating => Tone::Plain,
    };
    view! { <Tag tone=tone text=kind.label()/> }.into_any()
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Pass => Tone::Ok,
        Outcome::Fail | Outcome::Error => Tone::Bad,
        Outcome::Waived => Tone::Warn,
        Outcome::NotApplicable => Tone::Plain,
    }
}

/// Failures of evaluations in percent, with one decimal; a dash when nothing was evaluated.
fn share(failures: i64, evaluations: i64) -> String {
    if evaluations <= 0 {
        return "–".to_owned();
    }
    let tenths = (failures.max(0).saturating_mul(1_000) + evaluations / 2) / evaluations;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_to_a_tenth_of_a_percent() {
        assert_eq!(share(0, 0), "–");
        assert_eq!(share(0, 7), "0.0 %");
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(2, 3), "66.7 %");
        assert_eq!(share(9, 9), "100.0 %");
    }
}
