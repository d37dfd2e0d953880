//! Controls as policy text: loading a Cedar policy set, checking it, and running all of its
//! controls over the facts of one item.
//!
//! A set is used whole or not at all: [`PolicySet::load`] lists everything that is wrong with it,
//! and the server does not start on a set that has a problem. Evaluating never fails; what cannot
//! be evaluated comes out as [`domain::gate::Outcome::Error`], which stops the item (law 1).
//! Gathering facts, storing evaluations and deciding what follows from them do not belong here;
//! neither do clocks (the caller passes time and a microsecond counter) nor SQL.
//!
//! To add a control: write `policies/CS-XXX-NN.cedar` and its cases beside it, add both to
//! `shipped.rs`, run `cargo test -p server --test policies`. What the annotations mean stands in
//! `docs/adr/0003-controls-in-cedar.md`.

mod case;
mod control;
mod evaluate;
mod load;
mod placeholder;
mod problem;
mod request;
mod shipped;
mod source;
mod template;

pub use case::{Case, CaseKind};
pub use control::{Control, FrameworkReference};
pub use placeholder::Placeholder;
pub use problem::{PolicyLoadError, Problem};
pub use shipped::SHIPPED;

use std::path::Path;

/// The words that templates in a policy may use in braces, with their meaning.
#[must_use]
pub fn placeholders() -> &'static [Placeholder] {
    placeholder::PLACEHOLDERS
}

/// A checked set of controls.
#[derive(Debug)]
pub struct PolicySet {
    hash: String,
    schema: cedar_policy::Schema,
    policies: cedar_policy::PolicySet,
    controls: Vec<Control>,
}

impl PolicySet {
    /// Loads the set that lies in a directory.
    ///
    /// # Errors
    /// [`PolicyLoadError`] with every problem found, unless there is none.
    pub fn load(directory: &Path) -> Result<Self, PolicyLoadError> {
        load::assemble(source::read_directory(directory)?)
    }

    /// The set that was compiled into this program.
    ///
    /// # Errors
    /// [`PolicyLoadError`] as for [`PolicySet::load`]; a test keeps the shipped set free of them.
    pub fn builtin() -> Result<Self, PolicyLoadError> {
        Self::from_files(SHIPPED.iter().map(|(name, text)| (*name, text.as_bytes())))
    }

    /// A set from file names and contents, wherever they come from.
    ///
    /// # Errors
    /// [`PolicyLoadError`] as for [`PolicySet::load`].
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, PolicyLoadError> {
        load::assemble(source::check_files(files)?)
    }

    /// SHA-256 over the policy and schema files, hexadecimal. Two sets with the same hash decide
    /// alike; it is stored with every evaluation.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The controls, ordered by id.
    #[must_use]
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// The control with this id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }
}
