//! The port for asking: the form with live gates, and the doors to submitting, answering,
//! withdrawing, listing and reading.

use super::Base;
use super::authorise::require;
use super::error::UseCaseError;
use super::facts::{self, Question, wish_of_form};
use super::work::Work;
use super::{planning, reading, request_list, submitting};
use crate::store;
use app::error::AppError;
use app::requests::port::{PlanLine, RequestDesk, RequestView, Requests, RequestsPage, RequestsQuery};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::approval::{plan_stage, stages_for};
use domain::gate::{ApprovalFacts, Phase};
use domain::id::{EntitlementId, IdempotencyKey, RequestId};
use domain::permission::{Action, Relation};
use domain::request::{RequestForm, RequestState};
use domain::time::today;
use jiff::ToSpan;

/// Asking for access.
#[derive(Clone)]
pub struct RequestService {
    base: Base,
}

impl RequestService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn desk(&self, caller: &Caller, mut form: RequestForm, answering: Option<RequestId>) -> Result<RequestDesk, UseCaseError> {
        let base = &self.base;
        let mut work = Work::begin(base, caller.actor()).await?;
        require(caller, Action::SubmitRequest, &[Relation::Subject])?;
        let question = match answering {
            Some(id) => Some(self.returned(&mut work, caller, id, &mut form).await?),
            None => None,
        };
        let today = today(work.now(), &base.zone);
        let id: EntitlementId = form.entitlement.trim().parse().map_err(|_| AppError::field("entitlement", "required"))?;
        let subject = caller.identity;
        if form.starts_on.is_empty() {
            form.starts_on = today.to_string();
        }
        let gathered = facts::gather(
            &mut work,
            base,
            Question {
                subject,
                entitlement: id,
                wish: wish_of_form(&form, today),
                phase: Phase::Preview,
                request: answering,
                approval: ApprovalFacts::default(),
            },
        )
        .await?;
        let mut gathered = gathered;
        if form.ends_on.is_empty() && form.justification.is_empty() && form.reason_code.is_empty() {
            // An untouched form proposes the longest end that the limits allow.
            if let Some(days) = first_limit(&gathered.facts) {
                form.ends_on = today.saturating_add(days.days()).to_string();
                gathered.facts.wish = wish_of_form(&form, today);
            }
        }
        let evaluation = facts::evaluate_and_store(&mut work, base, &gathered.facts, None).await?;
        let nominees = facts::nominees(&mut work, subject, &gathered.entitlement).await?;
        let mut decided = Vec::new();
        let plan = stages_for(gathered.facts.entitlement.tier)
            .iter()
            .map(|authority| {
                let stage = plan_stage(*authority, &nominees, &[subject], &decided);
                match stage.candidates {
                    Ok(candidates) => {
                        // With one candidate it is known who will have decided by the next stage.
                        if let [only] = candidates.as_slice() {
                            decided.push(only.identity);
                        }
                        let names: Vec<&str> = candidates.iter().map(|c| c.name.as_str()).collect();
                        PlanLine { authority: authority.label().to_owned(), who: planning::names(&names), held: false }
                    }
                    Err(reason) => PlanLine { authority: authority.label().to_owned(), who: reason, held: true },
                }
            })
            .collect();
        let row = store::cards::card(work.conn(), id).await?.ok_or(AppError::field("entitlement", "required"))?;
        let desk = RequestDesk {
            card: row,
            evaluation,
            plan,
            today,
            key: work.id(IdempotencyKey::new),
            held: store::grants::holds(work.conn(), subject, id).await?,
            pending: store::requests::open_for(work.conn(), subject, id, answering).await?,
            question,
            form,
        };
        work.commit().await?;
        Ok(desk)
    }

    /// The question and number of a returned request; an untouched form is filled from its revision.
    async fn returned(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        id: RequestId,
        form: &mut RequestForm,
    ) -> Result<(String, String), UseCaseError> {
        let relations = store::requests::relations(work.conn(), id, caller.identity).await?;
        super::authorise::require_or_hide(caller, Action::AnswerRequest, Action::ReadRequest, &relations)?;
        let row = store::requests::find(work.conn(), id, false).await?.ok_or(AppError::NotFound)?;
        let RequestState::Returned { reason } = row.state else { return Err(AppError::NotPossible.into()) };
        if form.entitlement.is_empty() {
            let revision = store::requests::revision(work.conn(), id, row.revision).await?;
            let items = store::requests::items(work.conn(), id, row.revision).await?;
            *form = RequestForm {
                entitlement: items.first().map(|i| i.card.id.to_string()).unwrap_or_default(),
                reason_code: revision.reason.word().to_owned(),
                justification: revision.justification,
                starts_on: revision.starts_on.to_string(),
                ends_on: revision.ends_on.map(|d| d.to_string()).unwrap_or_default(),
            };
        }
        Ok((reason, row.number))
    }
}

/// The shortest limit that applies, in days.
fn first_limit(facts: &domain::gate::GateFacts) -> Option<i32> {
    let left = facts.subject.ends_on.map(|end| domain::time::days_between(facts.today, end)).filter(|days| *days >= 0);
    [facts.entitlement.longest_days, facts.specification.longest_days, left].into_iter().flatten().min()
}

#[async_trait]
impl Requests for RequestService {
    async fn desk(&self, caller: &Caller, form: RequestForm, answering: Option<RequestId>) -> Result<RequestDesk, AppError> {
        Ok(self.desk(caller, form, answering).await?)
    }

    async fn submit(&self, caller: &Caller, form: RequestForm, key: IdempotencyKey) -> Result<RequestId, AppError> {
        Ok(submitting::submit(&self.base, caller, &form, key).await?)
    }

    async fn answer(&self, caller: &Caller, request: RequestId, version: i32, form: RequestForm) -> Result<(), AppError> {
        Ok(submitting::answer(&self.base, caller, request, version, &form).await?)
    }

    async fn withdraw(&self, caller: &Caller, request: RequestId, version: i32, reason: String) -> Result<(), AppError> {
        Ok(submitting::withdraw(&self.base, caller, request, version, &reason).await?)
    }

    async fn list(&self, caller: &Caller, query: RequestsQuery) -> Result<RequestsPage, AppError> {
        Ok(request_list::list(&self.base, caller, query).await?)
    }

    async fn show(&self, caller: &Caller, request: RequestId) -> Result<RequestView, AppError> {
        let read = async {
            let mut work = Work::read(&self.base).await?;
            let view = reading::request(&mut work, &self.base, caller, request).await?;
            work.commit().await?;
            Ok::<_, UseCaseError>(view)
        };
        Ok(read.await?)
    }
}
