//! `courant init`: a working start.

use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::exit::{self, Failure};
use super::{Desk, open_database, write_new, write_secret};
use crate::config::{Config, EXAMPLE};
use crate::links::Links;

#[derive(Debug, Args)]
pub(super) struct Init {}

#[derive(Serialize)]
struct Paths {
    config: String,
    keys: String,
    database: String,
    created: Vec<String>,
}

impl Init {
    /// Writes what is missing and touches nothing that is there; safe to repeat.
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let mut created = Vec::new();
        if write_new(&desk.config, EXAMPLE)? {
            created.push(desk.config.display().to_string());
        }
        let config = Config::read(&desk.config, desk.environment.clone())?;
        let keys = config.folder.join(&config.links.key_file);
        if write_key(&keys)? {
            created.push(keys.display().to_string());
        }
        let database = open_database(&config).await?;
        let name = database.name();
        database.close().await;
        desk.output.json(&Paths {
            config: desk.config.display().to_string(),
            keys: keys.display().to_string(),
            database: name.clone(),
            created: created.clone(),
        })?;
        if created.is_empty() {
            desk.output.line(format!(
                "{} and its keys are there already",
                desk.config.display()
            ));
        }
        for path in &created {
            desk.output.line(format!("wrote {path}"));
        }
        desk.output.line(format!("database ready: {name}"));
        desk.output.note(
            "next: edit digest.toml (sources, sender, relay), then `courant fetch`, \
             `courant subscribers import FILE`, `courant run daily`",
        );
        Ok(exit::DONE)
    }
}

/// A key file of its own, for nobody else to read.
fn write_key(path: &Path) -> Result<bool, Failure> {
    let text = format!(
        "# Signs the links in mails. Keep it secret and keep it: without it no link verifies.\n\
         # To rotate: add a new first line, remove the old one after 60 days.\n{}\n",
        Links::new_key()
    );
    write_secret(path, &text)
}
