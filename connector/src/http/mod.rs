//! HTTP to other machines: the one way out.
//!
//! Every connector that speaks HTTP goes through [`HttpOut`]. It leads nowhere inside our own
//! network unless the configuration says so, follows no redirects, trusts no certificate that is not
//! vouched for, waits no longer and reads no more than it may, and writes down each exchange with
//! the secrets removed.
//!
//! A connector writes an [`Ask`], gives it to [`HttpOut::send`] and gets an [`Answer`] or a
//! [`Fault`](crate::Fault); statuses that mean something to it (404, 412, …) it names with
//! [`Ask::also`].

mod address;
mod ask;
mod gate;
mod mapping;
mod out;
mod pace;
mod redact;
mod roots;

pub use address::{Networks, why_not};
pub use ask::{Answer, Ask};
pub use gate::{Gate, Pass, Throughput};
pub use out::{HttpOut, Limits, MachineNames, Names, Reach};
pub use pace::Pace;
pub use redact::LARGEST_RECORD;
pub(crate) use redact::plain_words;
pub use roots::Roots;
