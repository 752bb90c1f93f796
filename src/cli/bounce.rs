//! `courant bounce`: what came back, read and acted on.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Desk;
use super::exit::{self, Failure};
use crate::feedback::{self, Report};

#[derive(Debug, Subcommand)]
pub(super) enum Bounce {
    /// Say what one message is: bounce, complaint, automatic reply or nothing; stores nothing
    Classify(Classify),
}

#[derive(Debug, Args)]
pub(super) struct Classify {
    /// The message; - is standard input, a folder is a Maildir or a folder of messages
    file: PathBuf,
    /// The file holds many messages (mbox): one line of JSON each
    #[arg(long)]
    mbox: bool,
}

#[derive(Serialize)]
struct Classified<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    events: &'a [Report],
}

impl Bounce {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        match self {
            Self::Classify(command) => command.run(desk),
        }
    }
}

impl Classify {
    fn run(&self, desk: &Desk) -> Result<u8, Failure> {
        each_message(&self.file, self.mbox, |file, raw| {
            let events = feedback::read(raw);
            desk.output.json(&Classified {
                file,
                events: &events,
            })?;
            Ok(())
        })?;
        Ok(exit::DONE)
    }
}

fn each_message(
    path: &Path,
    _mbox: bool,
    mut each: impl FnMut(Option<&str>, &[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let path = entry?.path();
            if path.is_file() {
                let raw = std::fs::read(&path)?;
                each(Some(&path.display().to_string()), &raw)?;
            }
        }
        return Ok(());
    }
    let mut raw = Vec::new();
    std::fs::File::open(path)?.read_to_end(&mut raw)?;
    each(None, &raw)
}
