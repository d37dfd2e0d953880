//! The rules of Countersign: what an identity, a request, a gate, an approval, a release and a
//! grant are, and which moves between their states are legal.
//!
//! Everything here is a pure function of its arguments. There is no I/O, no `async`, no clock and
//! no entropy: time and random bytes arrive as parameters, so that every rule can be tested to the
//! day and runs unchanged in the browser. SQL, HTTP words and HTML do not belong here.

pub mod actor;
pub mod approval;
pub mod attachment;
pub mod audience;
pub mod basket;
pub mod calendar;
pub mod catalogue;
pub mod change;
pub mod changed_facts;
pub mod conflict;
pub mod connection;
pub mod decision;
pub mod delegation;
pub mod elapsed;
pub mod error;
pub mod event;
pub mod feed;
pub mod gate;
pub mod grant;
pub mod id;
pub mod identity;
pub mod lead_time;
pub mod manual;
pub mod notification;
pub mod page;
pub mod permission;
pub mod question;
pub mod release;
pub mod replacement;
pub mod request;
pub mod saga;
pub mod specification;
pub mod task;
pub mod text;
pub mod time;
pub mod words;
