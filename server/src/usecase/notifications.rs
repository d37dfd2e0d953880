//! The port of the notifications: reading them, and how somebody wants to be told. Everything here
//! is the caller's own, by the store's conditions; nobody reads what somebody else was told.

use super::Base;
use super::cursor;
use super::error::UseCaseError;
use super::work::Work;
use crate::mail::is_address;
use crate::store;
use app::error::AppError;
use app::notifications::port::{ChoiceLine, Choices, NotificationLine, Notifications, NotificationsPage, NotificationsQuery};
use app::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::NotificationId;
use domain::notification::{NotificationKind, Preference};
use domain::page::{PAGE_SIZE, Page};
use jiff::Timestamp;

/// What people were told.
#[derive(Clone)]
pub struct NotificationService {
    base: Base,
}

impl NotificationService {
    /// The service on its base.
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    async fn page(&self, caller: &Caller, query: &NotificationsQuery) -> Result<NotificationsPage, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        let (me, zone) = (caller.identity, &self.base.zone);
        let unread_only = query.unread_only();
        let rows = store::notifications::page(work.conn(), me, unread_only, cursor::read_time(&query.after), PAGE_SIZE + 1).await?;
        let (all, unread) = store::notifications::count(work.conn(), me).await?;
        let as_of = When::new(work.now(), zone);
        work.commit().await?;
        let lines = rows
            .into_iter()
            .map(|row| NotificationLine {
                id: row.id,
                kind: row.kind,
                title: row.title,
                body: row.body,
                at: When::new(row.at, zone),
                read: row.read,
            })
            .collect();
        let total = if unread_only { unread } else { all };
        Ok(NotificationsPage { page: Page::from_rows(lines, total, |line| cursor::write_time(line.at.at, line.id.0)), all, unread, as_of })
    }

    async fn mark(&self, caller: &Caller, id: NotificationId) -> Result<String, UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let now = work.now();
        let href = store::notifications::open(work.conn(), caller.identity, id, now).await?.ok_or(AppError::NotFound)?;
        work.commit().await?;
        Ok(href)
    }

    async fn mark_all(&self, caller: &Caller, until: Timestamp) -> Result<(), UseCaseError> {
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        let now = work.now();
        store::notifications::read_all(work.conn(), caller.identity, until, now).await?;
        work.commit().await
    }

    async fn chosen(&self, caller: &Caller) -> Result<Choices, UseCaseError> {
        let mut work = Work::read(&self.base).await?;
        let chosen = store::notifications::preferences_of(work.conn(), caller.identity).await?;
        let address = store::notifications::address(work.conn(), caller.identity).await?;
        work.commit().await?;
        let line = |kind: &NotificationKind| {
            let Preference { in_app, mail } = chosen.get(kind).copied().unwrap_or(Preference::UNCHOSEN).for_kind(*kind);
            ChoiceLine { kind: *kind, in_app, mail }
        };
        Ok(Choices {
            kinds: NotificationKind::ALL.iter().map(line).collect(),
            sends_mail: self.base.mail.is_some(),
            address: address.filter(|address| is_address(address)),
        })
    }

    async fn keep(&self, caller: &Caller, in_app: &[String], mail: &[String]) -> Result<(), UseCaseError> {
        let parse = |words: &[String], field: &str| -> Result<Vec<NotificationKind>, UseCaseError> {
            words.iter().map(|word| word.parse().map_err(|_| AppError::field(field, "unknown").into())).collect()
        };
        let (in_app, mail) = (parse(in_app, "in_app")?, parse(mail, "mail")?);
        let mut work = Work::begin(&self.base, caller.actor()).await?;
        for kind in NotificationKind::ALL {
            let choice = Preference { in_app: in_app.contains(kind), mail: mail.contains(kind) }.for_kind(*kind);
            store::notifications::prefer(work.conn(), caller.identity, *kind, choice).await?;
            if !choice.mail {
                // What waited for the next mail is not wanted by mail any more either.
                store::digests::leave_out(work.conn(), caller.identity, *kind).await?;
            }
        }
        work.commit().await
    }
}

#[async_trait]
impl Notifications for NotificationService {
    async fn list(&self, caller: &Caller, query: NotificationsQuery) -> Result<NotificationsPage, AppError> {
        Ok(self.page(caller, &query).await?)
    }

    async fn open(&self, caller: &Caller, id: NotificationId) -> Result<String, AppError> {
        Ok(self.mark(caller, id).await?)
    }

    async fn read_all(&self, caller: &Caller, until: Timestamp) -> Result<(), AppError> {
        Ok(self.mark_all(caller, until).await?)
    }

    async fn choices(&self, caller: &Caller) -> Result<Choices, AppError> {
        Ok(self.chosen(caller).await?)
    }

    async fn choose(&self, caller: &Caller, in_app: Vec<String>, mail: Vec<String>) -> Result<(), AppError> {
        Ok(self.keep(caller, &in_app, &mail).await?)
    }
}
