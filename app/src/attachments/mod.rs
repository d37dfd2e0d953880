//! Files on drafts and requests: adding, taking away again before submission, and downloading.

pub mod api;
pub mod files;
pub mod port;
