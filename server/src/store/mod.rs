//! The only SQL. Free functions on a connection, one noun a file; they read and write rows and
//! decide nothing. "Not found" is `Option`; a row that cannot be is a named inconsistency.
//!
//! To add a query: write it here with `sqlx::query!`, run `make prepare`, commit `server/.sqlx`.

pub mod accounts;
pub mod approvals;
pub mod by_command;
pub mod cards;
pub mod catalogue;
pub mod controls;
pub mod demo;
pub mod error;
pub mod evaluations;
pub mod events;
pub mod facts;
pub mod grants;
pub mod home;
pub mod identities;
pub mod import_catalogue;
pub mod import_people;
pub mod inbox;
pub mod jobs;
pub mod notifications;
pub mod pool;
pub mod release_lists;
pub mod releases;
pub mod request_lists;
pub mod requests;
pub mod roles;
pub mod sessions;
