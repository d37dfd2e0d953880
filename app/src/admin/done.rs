//! What an administrator can change on the page, and what the page says afterwards.

use super::api::{AssignRole, EndRole, SendMailAgain};
use crate::error::AppError;
use crate::paths;
use crate::ui::{Notice, Tone};
use leptos::prelude::*;

/// The parameter that says what was done.
pub const DONE: &str = "done";

/// The changes that can be made.
#[derive(Clone, Copy)]
pub struct Changes {
    /// Give a role.
    pub assign: ServerAction<AssignRole>,
    /// End a role.
    pub end: ServerAction<EndRole>,
    /// Send mails again.
    pub mail: ServerAction<SendMailAgain>,
}

impl Changes {
    /// All of them, idle.
    #[must_use]
    pub fn new() -> Self {
        Self { assign: ServerAction::new(), end: ServerAction::new(), mail: ServerAction::new() }
    }

    /// Goes up with every answer: nothing is typed here that reading the page again could lose.
    #[must_use]
    pub fn version(self) -> usize {
        self.assign.version().get() + self.end.version().get() + self.mail.version().get()
    }

    /// What a change of roles was refused for.
    #[must_use]
    pub fn refused_role(self) -> Option<AppError> {
        self.assign.value().get().and_then(Result::err).or_else(|| self.end.value().get().and_then(Result::err))
    }

    /// What sending mails again was refused for.
    #[must_use]
    pub fn refused_mail(self) -> Option<AppError> {
        self.mail.value().get().and_then(Result::err)
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

/// The page after a change.
#[must_use]
pub fn after(done: &str) -> String {
    paths::with(paths::ADMIN, &[(DONE, done)])
}

/// What was done, from the address.
#[must_use]
pub fn said(done: &str) -> Option<AnyView> {
    let text = match done {
        "role_given" => "The role is given. It counts from their next page on.",
        "role_ended" => "The role has ended. It no longer counts from their next page on.",
        "mail_again" => "The mails are due now. Load the page again in a moment to see how it went.",
        "task_retried" => "The task is due now, with all its attempts. Load the page again in a moment to see how it went.",
        "task_discarded" => {
            "The task is out of the queue. What it was about stays as it is, and comes back within a minute where it is still due."
        }
        "job_due" => "The job is due now. Load the page again in a moment to see how it went.",
        _ => return None,
    };
    Some(view! { <Notice tone=Tone::Ok title="Recorded." text=text/> }.into_any())
}

/// A refusal, read out where the change was tried.
pub fn alert(error: impl Fn() -> Option<AppError> + Send + Sync + 'static) -> AnyView {
    let notice = move || {
        error().map(|error| {
            let text = crate::status::lines(&error).into_iter().map(|(_, sentence)| sentence).collect::<Vec<_>>().join(" ");
            view! { <Notice tone=Tone::Bad title="Nothing was changed." text=text/> }
        })
    };
    view! { <div role="alert" class="empty:hidden">{notice}</div> }.into_any()
}
