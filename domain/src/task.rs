//! Work that waits in the queue of the servers, and the calls to other machines that some of it makes.

use crate::words::words;

words! {
    /// Where a task stands; those that need somebody come first.
    pub enum TaskState: "state of a task" {
        /// Given up after its last attempt.
        Failed = "failed", "Failed",
        /// Its moment has come and nobody has taken it.
        Due = "due", "Due",
        /// A server has it in hand.
        Running = "running", "Running",
        /// Its moment has not come.
        Waiting = "waiting", "Waiting",
    }
}

words! {
    /// What another machine is called for.
    pub enum CallPurpose: "purpose of a call" {
        /// It is read what is there, and planned what has to be done.
        Plan = "plan", "Look and plan",
        /// A step is done.
        Apply = "apply", "Do",
        /// It is read what is there afterwards.
        ReadBack = "read_back", "Read back",
        /// A step is undone.
        Undo = "undo", "Undo",
        /// The other machine says what came of a step that it took on.
        Completion = "completion", "Answer that was announced",
    }
}

words! {
    /// What came of a call.
    pub enum CallOutcome: "outcome of a call" {
        /// Done, says the other side.
        Done = "done", "Done",
        /// Taken on; the other side says later what came of it.
        Awaited = "awaited", "Will answer later",
        /// The other side understood and said no.
        Refused = "refused", "Refused",
        /// Nothing reached the other side.
        Unreachable = "unreachable", "Not reached",
        /// Whether anything happened is not known.
        Unclear = "unclear", "No complete answer",
        /// Too many calls at once.
        Throttled = "throttled", "Asked to wait",
        /// The other side failed.
        Broken = "broken", "Fault over there",
        /// An answer that cannot be read.
        Garbled = "garbled", "Answer not understood",
        /// The address leads where nothing may be called.
        NotAllowed = "not_allowed", "Address not allowed",
        /// The settings cannot work.
        Misconfigured = "misconfigured", "Settings do not work",
        /// The connection rests after several failures.
        Resting = "resting", "The connection rests",
        /// The server that called stopped before it could write what came of it.
        Lost = "lost", "Lost with its server",
    }
}
