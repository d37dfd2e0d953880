//! The port of the home page and of the frame around every page.

use super::Base;
use super::error::UseCaseError;
use super::work::Work;
use crate::store;
use crate::store::grants::Of;
use crate::store::request_lists::{Filter, Reader};
use app::error::AppError;
use app::home::port::{Frame, Home, HomeView};
use async_trait::async_trait;
use domain::actor::Caller;
use domain::page::PAGE_SIZE;
use domain::permission::{Action, Relation, permitted};
use domain::request::RequestState;

/// What waits for the caller.
#[derive(Clone)]
pub struct HomeService {
    base: Base,
}

impl HomeService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn around(&self, caller: &Caller) -> Result<Frame, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        let now = work.now();
        let decisions = store::inbox::waiting(work.conn(), caller.identity, now).await?.all;
        let operates = permitted(&caller.roles, Action::ExecuteRelease, &[]);
        let (releases, unread) = store::home::around(work.conn(), caller.identity, operates).await?;
        let changes = changes_waiting(&mut work, caller).await?;
        work.commit().await?;
        Ok(Frame {
            identity: caller.identity,
            name: caller.name.clone(),
            initials: initials(&caller.name),
            roles: caller.roles.clone(),
            decisions,
            releases,
            changes,
            unread,
        })
    }

    async fn view(&self, caller: &Caller) -> Result<HomeView, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        let (me, now, zone) = (caller.identity, work.now(), &self.base.zone);
        let reader = Reader { identity: me, now, zone };
        let waiting = store::inbox::waiting(work.conn(), me, now).await?;
        let releases = releases_waiting(&mut work, caller).await?;
        let returned = [RequestState::Returned { reason: String::new() }.word().to_owned()];
        let open = [RequestState::InApproval.word().to_owned(), RequestState::Approved.word().to_owned(), returned[0].clone()];
        let mine = Filter { concerned: Some(me), with_accounts: true, limit: PAGE_SIZE, ..Filter::default() };
        let view = HomeView {
            decisions: waiting.all,
            decisions_late: waiting.late,
            releases,
            changes: changes_waiting(&mut work, caller).await?.unwrap_or(0),
            returned: store::request_lists::lines(work.conn(), &Filter { states: &returned, ..mine.clone() }, reader).await?,
            open_requests: store::request_lists::lines(work.conn(), &Filter { states: &open, ..mine }, reader).await?,
            open_requests_total: store::request_lists::states(work.conn(), Some(me), None)
                .await?
                .into_iter()
                .filter(|(state, _)| open.contains(state))
                .map(|(_, n)| n)
                .sum(),
            grants: store::grants::lines(work.conn(), Of::Living(me), now, zone).await?,
        };
        work.commit().await?;
        Ok(view)
    }
}

/// Zero for those who do not carry out releases.
async fn releases_waiting(work: &mut Work<'_>, caller: &Caller) -> Result<i64, UseCaseError> {
    if !permitted(&caller.roles, Action::ExecuteRelease, &[]) {
        return Ok(0);
    }
    let now = work.now();
    Ok(store::home::releases_waiting(work.conn(), now).await?)
}

/// Nothing for those who see no changes.
async fn changes_waiting(work: &mut Work<'_>, caller: &Caller) -> Result<Option<i64>, UseCaseError> {
    let relations: &[Relation] = if caller.applications.is_empty() { &[] } else { &[Relation::ApplicationOwner] };
    if !permitted(&caller.roles, Action::ReadChanges, relations) {
        return Ok(None);
    }
    let everywhere = permitted(&caller.roles, Action::ConfirmChange, &[]);
    Ok(Some(store::home::changes_waiting(work.conn(), caller.identity, everywhere, &caller.applications).await?))
}

/// First letters of the first and the last name.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next();
    first.into_iter().chain(words.last()).filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect()
}

#[async_trait]
impl Home for HomeService {
    async fn frame(&self, caller: &Caller) -> Result<Frame, AppError> {
        Ok(self.around(caller).await?)
    }

    async fn home(&self, caller: &Caller) -> Result<HomeView, AppError> {
        Ok(self.view(caller).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_name() {
        for (name, letters) in [("Leon DasSarma", "LD"), ("Ana Maria de la Cruz", "AC"), ("admin", "A"), ("", ""), ("émile Zola", "ÉZ")] {
            assert_eq!(initials(name), letters);
        }
    }
}
