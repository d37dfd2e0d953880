//! The port of the administration page: roles, people, jobs, imports, and what is stuck.

use super::Base;
use super::authorise::{relation_to, require};
use super::error::UseCaseError;
use super::lateness;
use super::search_words::without_nul;
use super::work::Work;
use crate::job::{JOBS, send_mail};
use crate::queue::kinds;
use crate::store;
use app::admin::port::{AdminView, Administration, MailView};
use app::error::AppError;
use app::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::event::EventKind;
use domain::id::{AssignmentId, IdentityId};
use domain::permission::{Action, Role, permitted};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Letters of a search for people looked at.
const LETTERS: usize = 100;

/// Running the installation.
#[derive(Clone)]
pub struct AdministrationService {
    base: Base,
}

impl AdministrationService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn view(&self, caller: &Caller, q: &str) -> Result<AdminView, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        require(caller, Action::ReadAdministration, &[])?;
        let zone = &self.base.zone;
        let assignments = store::roles::assigned(work.conn(), zone).await?;
        let identities = store::identities::count(work.conn()).await?;
        let late = lateness::find(&mut work, &kinds()).await?;
        let imports = store::jobs::imports(work.conn(), zone).await?;
        let held = store::inbox::held(work.conn(), zone).await?;
        let mail = mail(&mut work, &self.base).await?;
        let typed: String = without_nul(q.trim()).chars().take(LETTERS).collect();
        // Last: the search gets the connection ready for itself.
        let people = if typed.is_empty() { vec![] } else { store::identities::search(work.conn(), &typed).await? };
        let as_of = When::new(work.now(), zone);
        work.commit().await?;
        Ok(AdminView {
            assignments,
            people,
            identities,
            late,
            imports,
            held,
            mail,
            may_change: permitted(&caller.roles, Action::AssignRole, &[]),
            as_of,
        })
    }

    async fn give(&self, caller: &Caller, identity: IdentityId, role: &str) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let relations = relation_to(&mut work, caller, identity).await?;
        require(caller, Action::AssignRole, &relations)?;
        let role =
            role.parse().ok().filter(|role: &Role| Role::ASSIGNABLE.contains(role)).ok_or_else(|| AppError::field("role", "required"))?;
        let state = store::identities::lock(work.conn(), identity).await?.ok_or(AppError::NotFound)?;
        if !state.is_active() {
            return Err(AppError::NotPossible.into());
        }
        let (id, now) = (work.id(AssignmentId::new), work.now());
        store::roles::insert(work.conn(), id, identity, role, now, caller.identity).await?;
        work.event(
            EventKind::RoleGranted,
            "identity",
            identity.0,
            None,
            json!({ "role": role.word(), "assignment": id, "detail": role.label() }),
        )
        .await?;
        work.commit().await
    }

    async fn take(&self, caller: &Caller, id: AssignmentId) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let assignment = store::roles::lock(work.conn(), id).await?;
        // Without the role the answer is the same whether there is such an assignment or not.
        let relations = match &assignment {
            Some(assignment) => relation_to(&mut work, caller, assignment.identity).await?,
            None => vec![],
        };
        require(caller, Action::AssignRole, &relations)?;
        let assignment = assignment.ok_or(AppError::NotFound)?;
        if !assignment.active {
            return Err(AppError::NotPossible.into());
        }
        let now = work.now();
        store::roles::end(work.conn(), id, now, caller.identity).await?;
        let body = json!({ "role": assignment.role.word(), "assignment": id, "detail": assignment.role.label() });
        work.event(EventKind::RoleEnded, "identity", assignment.identity.0, None, body).await?;
        work.commit().await
    }

    async fn mail_again(&self, caller: &Caller) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        require(caller, Action::RunJob, &[])?;
        let now = work.now();
        let mails = store::digests::try_again(work.conn(), now).await?;
        if mails == 0 {
            return Err(AppError::NotPossible.into());
        }
        let body = json!({ "job": send_mail::NAME, "mails": mails, "detail": format!("{mails} mails that were given up are tried again") });
        work.event(EventKind::JobRequested, "identity", caller.identity.0, None, body).await?;
        work.commit().await
    }

    async fn make_due(&self, caller: &Caller, name: &str) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        require(caller, Action::RunJob, &[])?;
        let job = JOBS.iter().find(|job| job.name == name).ok_or(AppError::NotFound)?;
        let now = work.now();
        if !store::jobs::make_due(work.conn(), job.name, now).await? {
            return Err(AppError::NotFound.into());
        }
        // The record is the person who asked; what the run itself does is under the job's name.
        work.event(EventKind::JobRequested, "identity", caller.identity.0, None, json!({ "job": job.name, "detail": job.name })).await?;
        work.commit().await
    }
}

async fn mail(work: &mut Work<'_>, base: &Base) -> Result<MailView, UseCaseError> {
    let since = work.now().saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    Ok(MailView {
        from: base.mail.as_ref().map(|mail| mail.from.to_string()),
        figures: store::digests::figures(work.conn(), since).await?,
        failed: store::digests::failed(work.conn(), &base.zone).await?,
    })
}

#[async_trait]
impl Administration for AdministrationService {
    async fn overview(&self, caller: &Caller, q: String) -> Result<AdminView, AppError> {
        Ok(self.view(caller, &q).await?)
    }

    async fn assign_role(&self, caller: &Caller, identity: IdentityId, role: String) -> Result<(), AppError> {
        Ok(self.give(caller, identity, &role).await?)
    }

    async fn end_role(&self, caller: &Caller, assignment: AssignmentId) -> Result<(), AppError> {
        Ok(self.take(caller, assignment).await?)
    }

    async fn send_mail_again(&self, caller: &Caller) -> Result<(), AppError> {
        Ok(self.mail_again(caller).await?)
    }

    async fn run_job(&self, caller: &Caller, name: String) -> Result<(), AppError> {
        Ok(self.make_due(caller, &name).await?)
    }
}
