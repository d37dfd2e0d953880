//! Asking, told through HTTP on a real database: drafts, baskets, asking for others, revisions, and
//! what is recognised as there already.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod asking {
    mod audience;
    mod baskets;
    mod begun;
    mod decided_on;
    pub mod desk;
    mod drafts;
    mod duplicates;
    mod many_people;
    mod on_behalf;
    mod revisions;
    mod templates;
    mod two_tabs;
}
mod support;
