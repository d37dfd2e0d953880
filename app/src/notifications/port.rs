//! What the notifications' pages ask of the server. Everything here is the caller's own.

use crate::error::AppError;
use crate::when::When;
use async_trait::async_trait;
use domain::actor::Caller;
use domain::id::NotificationId;
use domain::notification::NotificationKind;
use domain::page::Page;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Which notifications a page shows, as its address says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationsQuery {
    /// `unread` or empty for all.
    pub show: String,
    /// Start of the page.
    pub after: String,
}

impl NotificationsQuery {
    /// Only what was not read yet.
    #[must_use]
    pub fn unread_only(&self) -> bool {
        self.show == "unread"
    }
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationLine {
    /// Which.
    pub id: NotificationId,
    /// Why.
    pub kind: NotificationKind,
    /// One line.
    pub title: String,
    /// A sentence more; may be empty.
    pub body: String,
    /// When.
    pub at: When,
    /// It was read.
    pub read: bool,
}

/// A page of notifications, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationsPage {
    /// The page.
    pub page: Page<NotificationLine>,
    /// How many there are in all.
    pub all: i64,
    /// How many of them are unread.
    pub unread: i64,
    /// As of when: what came later is not marked by "mark all as read".
    pub as_of: When,
}

/// How the caller is told about one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceLine {
    /// The kind.
    pub kind: NotificationKind,
    /// It shows in the application.
    pub in_app: bool,
    /// It is sent by mail.
    pub mail: bool,
}

/// How the caller is told about everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Every kind.
    pub kinds: Vec<ChoiceLine>,
    /// Mail is set up.
    pub sends_mail: bool,
    /// The caller's mail address, if one is recorded that can be used.
    pub address: Option<String>,
}

/// The caller's notifications.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// A page of them.
    async fn list(&self, caller: &Caller, query: NotificationsQuery) -> Result<NotificationsPage, AppError>;
    /// Marks one as read and says where it leads.
    async fn open(&self, caller: &Caller, id: NotificationId) -> Result<String, AppError>;
    /// Marks everything as read that was there at `until`.
    async fn read_all(&self, caller: &Caller, until: Timestamp) -> Result<(), AppError>;
    /// How the caller is told.
    async fn choices(&self, caller: &Caller) -> Result<Choices, AppError>;
    /// Keeps how the caller wants to be told: the words of the kinds that show, and of those that
    /// are sent by mail.
    async fn choose(&self, caller: &Caller, in_app: Vec<String>, mail: Vec<String>) -> Result<(), AppError>;
}
