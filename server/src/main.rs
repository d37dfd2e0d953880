//! The program `countersign`; what it does is in the library.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::Arguments::parse().run()
}
