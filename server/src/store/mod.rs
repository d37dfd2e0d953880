//! The only SQL. Free functions on a connection, one noun a file; they read and write rows and
//! decide nothing. "Not found" is `Option`; a row that cannot be is a named inconsistency.
//!
//! To add a query: write it here with `sqlx::query!`, run `make prepare`, commit `server/.sqlx`.

pub mod accounts;
pub mod approvals;
pub mod asking;
pub mod attachments;
pub mod by_command;
pub mod calendars;
pub mod cards;
pub mod catalogue;
pub mod catalogue_entry;
pub mod changes;
pub mod controls;
pub mod decisions;
pub mod delegations;
pub mod demo;
pub mod demo_rules;
pub mod digests;
pub mod drafts;
pub mod error;
pub mod evaluations;
pub mod events;
pub mod facts;
pub mod finding;
pub mod grants;
pub mod holds;
pub mod home;
pub mod identities;
pub mod import_catalogue;
pub mod import_people;
pub mod inbox;
pub mod inbox_background;
pub mod inbox_looks;
pub mod jobs;
pub mod lead_times;
pub mod messages;
pub mod nominees;
pub mod notifications;
pub mod pending_decisions;
pub mod plans;
pub mod pool;
pub mod release_lists;
pub mod releases;
pub mod request_lists;
pub mod requests;
pub mod revisions;
pub mod roles;
pub mod saved_filters;
pub mod sessions;
pub mod signatures;
pub mod subjects;
pub mod submissions;
pub mod templates;
pub mod watchers;
