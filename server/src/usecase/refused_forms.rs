//! The port of refused forms: what was typed comes back to the page, to the sign-in that sent it and
//! to nobody else. It is no record, so nothing of it is on a trail.
//!
//! It is not forgotten when it is shown: a page may be loaded again, and loading one changes nothing.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::refused_forms::Row;
use app::error::AppError;
use app::refused::{RefusedForm, RefusedForms};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::RefusedFormId;
use jiff::{SignedDuration, Timestamp};

/// How long a form can be found.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How many are kept of one sign-in.
const MOST: i64 = 20;

/// Most bytes of names and values of one form: more than any field that comes back may hold, and as
/// JSON, which writes some characters in six, within what the table takes.
const LARGEST: usize = 60 * 1024;

/// What was refused and waits to be shown again.
#[derive(Clone)]
pub struct RefusedFormService {
    base: Base,
}

impl RefusedFormService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn insert(&self, caller: &Caller, refused: RefusedForm) -> Result<RefusedFormId, UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let (id, now) = (work.id(RefusedFormId::new), work.now());
        let row = Row { form: refused.form, typed: refused.typed };
        store::refused_forms::insert(work.conn(), id, caller.session, caller.identity, &row, now).await?;
        store::refused_forms::keep_newest(work.conn(), caller.session, MOST).await?;
        work.commit().await?;
        Ok(id)
    }

    async fn look_up(&self, caller: &Caller, id: RefusedFormId) -> Result<Option<RefusedForm>, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        let since = forgotten_until(work.now());
        let row = store::refused_forms::find(work.conn(), id, caller.session, caller.identity, since).await?;
        Ok(row.map(|Row { form, typed }| RefusedForm { form, typed }))
    }
}

fn forgotten_until(now: Timestamp) -> Timestamp {
    now.saturating_sub(KEPT_FOR).unwrap_or(now)
}

/// Forgets what is too old or belongs to a sign-in that is over, as part of a larger unit of work.
/// Gives how many.
///
/// # Errors
/// [`UseCaseError`] when the database refuses; then nothing of the unit may be kept.
pub async fn forget(work: &mut Work<'_>) -> Result<u64, UseCaseError> {
    let until = forgotten_until(work.now());
    Ok(store::refused_forms::forget(work.conn(), until).await?)
}

#[async_trait]
impl RefusedForms for RefusedFormService {
    async fn keep(&self, caller: &Caller, refused: RefusedForm) -> Result<RefusedFormId, AppError> {
        if refused.typed.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > LARGEST {
            return Err(AppError::TooLarge);
        }
        Ok(self.insert(caller, refused).await?)
    }

    async fn find(&self, caller: &Caller, id: RefusedFormId) -> Result<Option<RefusedForm>, AppError> {
        Ok(self.look_up(caller, id).await?)
    }
}
