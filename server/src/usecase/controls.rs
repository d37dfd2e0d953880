//! The port of the controls page: the policy set in force, with what it found lately.

use super::Base;
use super::authorise::require;
use super::error::UseCaseError;
use super::work::Work;
use crate::policy::{Case, CaseKind, Control};
use crate::store;
use crate::store::controls::Figures;
use app::controls::port::{ControlCase, ControlView, Controls, ControlsView};
use app::error::AppError;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::permission::Action;
use jiff::SignedDuration;

/// How far back the figures reach.
const LATELY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Controls.
#[derive(Clone)]
pub struct ControlService {
    base: Base,
}

impl ControlService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn in_force(&self, caller: &Caller) -> Result<ControlsView, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        require(caller, Action::ReadControls, &[])?;
        let now = work.now();
        let figures = store::controls::figures(work.conn(), now.saturating_sub(LATELY).unwrap_or(now)).await?;
        work.commit().await?;
        let policies = &self.base.policies;
        Ok(ControlsView {
            policy_hash: policies.hash().to_owned(),
            controls: policies.controls().iter().map(|control| view(control, &figures)).collect(),
        })
    }
}

fn view(control: &Control, figures: &[Figures]) -> ControlView {
    let found = figures.iter().find(|f| f.control == control.id);
    ControlView {
        id: control.id.clone(),
        title: control.title.clone(),
        objective: control.objective.clone(),
        remedy: control.remedy.clone(),
        kind: control.kind,
        frameworks: control.frameworks.iter().map(|f| format!("{} {}", f.framework, f.requirement)).collect(),
        owner: control.owner.clone(),
        source: control.source.clone(),
        cases: control.cases.iter().map(case).collect(),
        evaluations: found.map_or(0, |f| f.evaluations),
        failures: found.map_or(0, |f| f.failures),
    }
}

/// Every case came out as expected when the set was loaded: what is expected is what it says.
fn case(case: &Case) -> ControlCase {
    let kind = match case.kind {
        CaseKind::Pass => "pass",
        CaseKind::Fail => "fail",
        CaseKind::Edge => "edge",
    };
    ControlCase { name: case.name.clone(), kind: kind.to_owned(), outcome: case.expect }
}

#[async_trait]
impl Controls for ControlService {
    async fn list(&self, caller: &Caller) -> Result<ControlsView, AppError> {
        Ok(self.in_force(caller).await?)
    }
}
