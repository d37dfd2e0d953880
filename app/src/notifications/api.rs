//! Server functions of the notifications.

use super::port::{Choices, NotificationsPage};
use crate::error::AppError;
use leptos::prelude::*;

/// A page of the caller's notifications.
#[server(endpoint = "notifications/list")]
pub async fn list_notifications(#[server(default)] show: String, #[server(default)] after: String) -> Result<NotificationsPage, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.notifications.list(&caller()?, super::port::NotificationsQuery { show, after }).await
}

/// Marks one as read and leads to what it is about.
#[server(endpoint = "notifications/open")]
pub async fn open_notification(id: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller};
    let href = backend()?.notifications.open(&caller()?, id.parse().map_err(|_| AppError::NotFound)?).await?;
    leptos_axum::redirect(&href);
    Ok(())
}

/// Marks one as read and stays on the list.
#[server(endpoint = "notifications/read")]
pub async fn read_notification(id: String, #[server(default)] show: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.notifications.open(&caller()?, id.parse().map_err(|_| AppError::NotFound)?).await?;
    leptos_axum::redirect(&paths::notifications(&super::port::NotificationsQuery { show, after: String::new() }));
    Ok(())
}

/// Marks everything as read that the page showed or counted.
#[server(endpoint = "notifications/read_all")]
pub async fn read_all_notifications(until: String) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.notifications.read_all(&caller()?, until.parse().map_err(|_| AppError::field("until", "required"))?).await?;
    leptos_axum::redirect(paths::NOTIFICATIONS);
    Ok(())
}

/// How the caller is told about what.
#[server(endpoint = "notifications/choices")]
pub async fn read_choices() -> Result<Choices, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.notifications.choices(&caller()?).await
}

/// Keeps how the caller wants to be told.
#[server(endpoint = "notifications/choose")]
pub async fn choose_notifications(#[server(default)] in_app: Vec<String>, #[server(default)] mail: Vec<String>) -> Result<(), AppError> {
    use crate::{backend::backend, caller::caller, paths};
    backend()?.notifications.choose(&caller()?, in_app, mail).await?;
    leptos_axum::redirect(paths::NOTIFICATION_CHOICES_SAVED);
    Ok(())
}
