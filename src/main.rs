//! The `courant` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    courant::cli::main()
}
