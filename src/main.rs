//! The `courant` binary: everything is in the library.

use std::process::ExitCode;

/// Texts are made in one thread and dropped in the database's: the system's allocator takes a lock for each.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    courant::cli::main()
}
