//! Deciding, in two moves: a decision is *made* on what was shown and can be undone for ten
//! seconds; then it is *recorded*, with everything checked once more on the facts of that moment.
//!
//! | File | What |
//! |---|---|
//! | `checking` | what has to hold both times: shown, asked, not concerned, words, an earlier end |
//! | `making` | the press of the button: a pending decision with its event |
//! | `undoing` | taking it back in time |
//! | `finalising` | from pending to recorded, or refused and told; called by the job |
//! | `asking_back` | a question instead of a decision, and its answer in words |
//! | `bulk` | many with one press, standard tier only |
//! | `signing` | a proven password for privileged access, and what the signature says |
//!
//! Why it is in two moves, and what "shown" means where several people decide at once: ADR 0009.

mod asking_back;
mod bulk;
mod checking;
mod finalising;
mod making;
mod signing;
mod undoing;

pub use asking_back::answer;
pub use bulk::{approve_selected, outcome_of as bulk_outcome};
pub use checking::end_room;
pub use finalising::{due, settle};
pub use making::decide;
pub use signing::{Proofs, needed as signature_needed};
pub use undoing::{undo, undo_bulk};
