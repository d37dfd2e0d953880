//! The SQL of the people import: lay the file out in `import_person`, check it as a set, write down
//! what is to be done in `import_person_step`, do it. Which rows are refused and whether the whole
//! is applied is decided in `crate::import`.
//!
//! Everything is set-based: a statement handles a million rows as it handles ten.

pub mod apply;
pub mod check;
pub mod difference;
pub mod run;
pub mod staging;

/// What the identifiers of one run are made from: see `import_uuid` in migration 0008.
#[derive(Clone, Debug)]
pub struct IdSeed {
    /// The moment of the run, 48 bits of milliseconds in hexadecimal.
    pub millis: String,
    /// Sixteen random bytes in hexadecimal.
    pub seed: String,
}
