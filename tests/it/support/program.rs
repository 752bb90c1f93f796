//! The program, as people and cron run it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program in a folder, with nothing of the environment that it would read.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_courant"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("COURANT_CONFIG")
        .env_remove("COURANT_DATABASE_URL")
        .stdin(Stdio::null());
    command
}

/// What it says to `input`.
pub(crate) fn answer(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = command(folder, arguments);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.stderr(Stdio::piped()).spawn().unwrap();
    // A program that refuses early may close its input first.
    let _closed = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}
