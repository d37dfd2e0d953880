//! Access over its life, as its holder and those who answer for them see it: with its end, and what
//! can be done about it.

pub mod access;
pub mod api;
mod on_day;
pub mod port;
pub mod table;
pub mod why;
pub mod words;
