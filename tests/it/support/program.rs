//! The program, as people and cron run it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// Where `news.jsonl` beside the configuration is read from.
pub(crate) const LINES: &str = "file = 'news.jsonl'\nformat = 'jsonl'\n\
    home_url = 'https://www.tarn.example/'";
/// Mail becomes files.
pub(crate) const FILES: &str = "transport = 'file'";

/// A `digest.toml` of one source and one digest, due since midnight: the keys of the source and of the
/// delivery, and whatever follows them.
pub(crate) fn config(source: &str, delivery: &str) -> String {
    format!(
        r#"
        [publication]
        name = "Tarn Post"
        home_url = "https://www.tarn.example/"
        postal_address = "Tarn Post, 1 Quay, Tarn"
        [[source]]
        name = "news"
        {source}
        [[digest]]
        name = "daily"
        title = "Morning Digest"
        at = "00:00"
        [delivery]
        from = "Tarn Post <digest@tarn.example>"
        {delivery}
        "#
    )
}

/// A program that is ended with the test, however that ends.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

impl Running {
    /// Sends SIGTERM and waits; whether it ended with 0.
    pub(crate) fn terminate(mut self) -> bool {
        let signal = Command::new("kill").arg(self.0.id().to_string()).status();
        assert!(signal.unwrap().success());
        self.0.wait().unwrap().success()
    }
}

impl From<Child> for Running {
    fn from(child: Child) -> Self {
        Self(child)
    }
}

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
