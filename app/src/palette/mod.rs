//! Finding anything by a few letters: the palette (Ctrl K), and the page that does the same
//! without JavaScript.

pub mod api;
pub mod island;
pub mod page;
pub mod port;
