//! Change control: editing the catalogue and the rules, with versions and a second person.

pub mod port;
