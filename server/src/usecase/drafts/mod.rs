//! The port for what people are writing: opening, adding, saving, discarding and submitting drafts.
//!
//! A draft keeps what was typed, right or wrong, until it is submitted or discarded. It is its
//! owner's alone; everybody else is told that there is none.

pub(super) mod adding;
pub mod aside;
pub mod body;
pub mod item_view;
pub mod items;
mod other_drafts;
mod people;
pub mod view;

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use super::{revising, submitting};
use crate::store;
use crate::store::drafts::DraftRow;
use app::error::AppError;
use app::requests::draft_port::{Addition, Desk, Drafts, MadeLine, Step, TemplateLine};
use aside::differences;
use async_trait::async_trait;
use body::Body;
use domain::actor::Caller;
use domain::basket::BasketForm;
use domain::id::{DraftId, RequestId, TemplateId};
use domain::permission::{Action, permitted};

/// Most bytes of what is typed into one draft, as JSON: 25 items with two answers of 2,000 characters each,
/// and the justification, have 408,000 in the widest letters.
const LARGEST_DRAFT: usize = 512 * 1024;

/// What people are writing.
#[derive(Clone)]
pub struct DraftService {
    base: Base,
}

impl DraftService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn desk(&self, caller: &Caller, id: Option<DraftId>) -> Result<Desk, UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let id = match id {
            Some(id) => Some(id),
            None => store::drafts::of(work.conn(), caller.identity).await?.into_iter().find(|row| row.request.is_none()).map(|row| row.id),
        };
        let desk = match id {
            None => Desk::Empty { templates: adding::templates(&mut work, caller).await? },
            Some(id) => match own(&mut work, caller, id, false).await? {
                Some(row) => Desk::Open(view::view(&mut work, &self.base, caller, row).await?),
                None => Desk::Submitted(made(&mut work, caller, id).await?),
            },
        };
        // The runs of the gates are kept.
        work.commit().await?;
        Ok(desk)
    }

    /// Keeps what was typed. Gives the version of the draft after that.
    async fn keep(
        &self,
        caller: &Caller,
        id: DraftId,
        version: i32,
        typed: BasketForm,
        step: Step,
        tried: bool,
    ) -> Result<i32, UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let row = own(&mut work, caller, id, true).await?.ok_or(AppError::NotFound)?;
        let mut body = Body::read(row.body)?;
        // Whatever names its fields have: a draft is read whole wherever it is listed.
        if serde_json::to_vec(&typed).is_ok_and(|typed| typed.len() > LARGEST_DRAFT) {
            return Err(AppError::TooLarge.into());
        }
        let gone = body.typed_for_gone(&typed);
        let form = body.typed_over(typed);
        if tried && body.was_sent_as(&form, version, row.version) {
            return Ok(row.version);
        }
        if row.version != version {
            // Nothing is overwritten and nothing typed is lost: the page shows both.
            let aside = BasketForm { items: form.items.into_iter().chain(gone).collect(), ..form };
            if differences(&body.form, &aside, caller.identity).is_empty() {
                // A step is not taken on what was not shown, so it is missing in what is there.
                if step != Step::Keep {
                    return Err(AppError::Changed.into());
                }
                // What this tab had kept beside it before says the same by now.
                if body.aside.take().is_some() {
                    store::drafts::set_body(work.conn(), id, &body.write()?).await?;
                    work.commit().await?;
                }
                return Err(AppError::SavedAlready.into());
            }
            (body.aside, body.overtaken) = (Some(aside), false);
            store::drafts::set_body(work.conn(), id, &body.write()?).await?;
            work.commit().await?;
            return Err(AppError::Changed.into());
        }
        let before = body.clone();
        body.form = form;
        body.tried |= tried;
        body.step(step);
        if body == before {
            return Ok(version);
        }
        body.sent_from = tried.then_some(version);
        self.write(work, id, version, &body).await?;
        Ok(version + 1)
    }

    async fn write(&self, mut work: Work<'_>, id: DraftId, version: i32, body: &Body) -> Result<(), UseCaseError> {
        let now = work.now();
        if !store::drafts::save(work.conn(), id, version, &body.write()?, now).await? {
            return Err(AppError::Changed.into());
        }
        work.commit().await
    }

    async fn take_aside(&self, caller: &Caller, id: DraftId, version: i32, take: bool) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let row = own(&mut work, caller, id, true).await?.ok_or(AppError::NotFound)?;
        if row.version != version {
            return Err(AppError::Changed.into());
        }
        let mut body = Body::read(row.body)?;
        body.overtaken = false;
        if take {
            body.take_aside();
        }
        body.aside = None;
        self.write(work, id, version, &body).await
    }

    async fn let_go(&self, caller: &Caller, id: DraftId) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        if !store::drafts::remove(work.conn(), id, caller.identity).await? {
            return Err(AppError::NotFound.into());
        }
        work.commit().await
    }

    /// First keeps what was typed, in a unit of its own, so that a refusal loses nothing; then
    /// submits.
    async fn send(&self, caller: &Caller, id: DraftId, version: i32, typed: BasketForm) -> Result<Vec<RequestId>, UseCaseError> {
        let version = match self.keep(caller, id, version, typed, Step::Keep, true).await {
            Err(UseCaseError::Answer(AppError::NotFound)) => {
                let mut work = Work::begin(&self.base, caller.actor()).await?;
                return Ok(made(&mut work, caller, id).await?.into_iter().map(|line| line.id).collect());
            }
            kept => kept?,
        };
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let Some(row) = own(&mut work, caller, id, true).await? else {
            // The same form sent twice at one moment: the other one was quicker.
            return Ok(made(&mut work, caller, id).await?.into_iter().map(|line| line.id).collect());
        };
        if row.version != version {
            return Err(AppError::Changed.into());
        }
        let DraftRow { request, body, key, .. } = row;
        let body = Body::read(body)?;
        match request {
            Some(request) => match revising::revise(work, &self.base, caller, request, id, &body).await {
                Err(UseCaseError::Answer(AppError::Changed)) => {
                    // Somebody made a revision meanwhile: the page they are led back to shows both.
                    revising::edit(&self.base, caller, request).await?;
                    Err(AppError::Changed.into())
                }
                revised => Ok(vec![revised?]),
            },
            None => {
                let asked = submitting::Asked { form: &body.form, seen: &body.seen, template: body.came_from(), key, draft: Some(id) };
                submitting::submit(work, &self.base, caller, asked).await
            }
        }
    }
}

/// The caller's draft. One that would change a request is there only while they may change that:
/// otherwise it would go on showing the request to somebody who has no part in it any more.
///
/// # Errors
/// [`UseCaseError`] when reading fails.
pub(super) async fn own(work: &mut Work<'_>, caller: &Caller, id: DraftId, lock: bool) -> Result<Option<DraftRow>, UseCaseError> {
    let Some(row) = store::drafts::find(work.conn(), id, caller.identity, lock).await? else { return Ok(None) };
    let theirs = match row.request {
        Some(request) => may_change(work, caller, request).await?,
        None => true,
    };
    Ok(theirs.then_some(row))
}

/// Lets go of the caller's drafts of requests that they may not change any more: they can neither open
/// nor find them, so nothing of theirs may stand in the way of what they begin.
async fn let_go_of_what_is_not_theirs(work: &mut Work<'_>, caller: &Caller) -> Result<(), UseCaseError> {
    for (draft, request) in store::drafts::of_requests(work.conn(), caller.identity).await? {
        if !may_change(work, caller, request).await? {
            store::drafts::remove(work.conn(), draft, caller.identity).await?;
        }
    }
    Ok(())
}

async fn may_change(work: &mut Work<'_>, caller: &Caller, request: RequestId) -> Result<bool, UseCaseError> {
    let relations = store::requests::relations(work.conn(), request, caller.identity).await?;
    Ok(permitted(&caller.roles, Action::AnswerRequest, &relations))
}

/// What became of a draft that is gone: the requests that the caller may still read.
async fn made(work: &mut Work<'_>, caller: &Caller, id: DraftId) -> Result<Vec<MadeLine>, UseCaseError> {
    let mut made = Vec::new();
    for row in store::submissions::made_from(work.conn(), id, caller.identity).await? {
        let relations = store::requests::relations(work.conn(), row.id, caller.identity).await?;
        if permitted(&caller.roles, Action::ReadRequest, &relations) {
            made.push(MadeLine { id: row.id, number: row.number, name: row.name, state: row.state });
        }
    }
    if made.is_empty() { Err(AppError::NotFound.into()) } else { Ok(made) }
}

#[async_trait]
impl Drafts for DraftService {
    async fn open(&self, caller: &Caller, draft: Option<DraftId>) -> Result<Desk, AppError> {
        Ok(self.desk(caller, draft).await?)
    }

    async fn templates(&self, caller: &Caller) -> Result<Vec<TemplateLine>, AppError> {
        let read = async {
            let mut work = Work::read(&self.base).await?;
            adding::templates(&mut work, caller).await
        };
        Ok(read.await?)
    }

    async fn add(&self, caller: &Caller, addition: Addition) -> Result<DraftId, AppError> {
        Ok(adding::add(&self.base, caller, addition).await?)
    }

    async fn add_template(&self, caller: &Caller, template: TemplateId) -> Result<DraftId, AppError> {
        Ok(adding::add_template(&self.base, caller, template).await?)
    }

    async fn edit(&self, caller: &Caller, request: RequestId) -> Result<DraftId, AppError> {
        Ok(revising::edit(&self.base, caller, request).await?)
    }

    async fn save(&self, caller: &Caller, draft: DraftId, version: i32, typed: BasketForm, step: Step) -> Result<(), AppError> {
        Ok(self.keep(caller, draft, version, typed, step, false).await.map(drop)?)
    }

    async fn settle(&self, caller: &Caller, draft: DraftId, version: i32, take: bool) -> Result<(), AppError> {
        Ok(self.take_aside(caller, draft, version, take).await?)
    }

    async fn discard(&self, caller: &Caller, draft: DraftId) -> Result<(), AppError> {
        Ok(self.let_go(caller, draft).await?)
    }

    async fn submit(&self, caller: &Caller, draft: DraftId, version: i32, typed: BasketForm) -> Result<Vec<RequestId>, AppError> {
        Ok(self.send(caller, draft, version, typed).await?)
    }
}
