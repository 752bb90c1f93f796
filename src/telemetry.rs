//! Logs: one line per event a person may act on, to standard error.
//!
//! Addresses, tokens, network addresses and bodies are never logged; rows are named by their ids.

use tracing_subscriber::EnvFilter;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors only (`-q`).
    Quiet,
    /// Warnings too: the default, made for cron, which mails what is printed.
    Normal,
    /// What begins and ends (`-v`).
    Verbose,
    /// Every item (`-vv`).
    Debug,
}

/// Starts logging. `directives` (the environment's `COURANT_LOG`) wins over `verbosity`.
///
/// A second call does nothing, so that tests may call it freely.
pub fn start(verbosity: Verbosity, directives: Option<&str>) {
    let default = match verbosity {
        Verbosity::Quiet => "error,sqlx=off",
        // sqlx logs what it returns as errors too; those are told once, in words.
        Verbosity::Normal => "warn,sqlx=off",
        Verbosity::Verbose => "warn,courant=info,sqlx=off",
        Verbosity::Debug => "info,courant=debug",
    };
    let filter = EnvFilter::try_new(directives.unwrap_or(default))
        .unwrap_or_else(|_| EnvFilter::new(default));
    let _already_started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .try_init();
}

/// An error and its causes, each said once.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}
