//! The SCIM connector against real servers: scim2-server and scimmy. What neither shows is said by
//! one that stands in between.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers as well")]

#[path = "scim/accounts.rs"]
mod accounts;
#[path = "scim/bench.rs"]
mod bench;
mod between;
mod conformance;
#[path = "scim/entitlements.rs"]
mod entitlements;
#[path = "scim/faults.rs"]
mod faults;
#[path = "scim/known.rs"]
mod known;
#[path = "scim/rules.rs"]
mod rules;
mod servers;
mod support;
#[path = "scim/test_button.rs"]
mod test_button;
