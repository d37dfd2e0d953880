//! Server functions of the home page and of the frame around every page.

use super::port::{Frame, HomeView};
use crate::error::AppError;
use leptos::prelude::*;

/// Who is signed in and what waits for them.
#[server(endpoint = "home/frame")]
pub async fn read_frame() -> Result<Frame, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.home.frame(&caller()?).await
}

/// What waits for me, what I hold, what I asked for.
#[server(endpoint = "home/view")]
pub async fn read_home() -> Result<HomeView, AppError> {
    use crate::{backend::backend, caller::caller};
    backend()?.home.home(&caller()?).await
}
