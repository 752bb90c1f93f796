//! The `courant` binary: everything is in the library.

use std::process::ExitCode;

/// Texts are made in one thread and dropped in the database's: the system's allocator takes a lock for each.
/// SQLite takes its memory from it, too (the crate's feature "override").
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    courant::cli::main()
}
