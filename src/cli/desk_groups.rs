//! `courant desk groups`, `group`: addresses that tests often go to, as at the desk.

use clap::Args;
use serde_json::json;

use super::exit::{self, Failure};
use super::{Desk, WHO};
use crate::database::{self, Database};
use crate::desk::addresses::group;
use crate::desk::{self, Note, store};

#[derive(Debug, Args)]
pub(super) struct Group {
    /// What it is called
    name: String,
    /// Its addresses, with commas between; ten at most
    #[arg(long, value_name = "ADDRESS,…", required_unless_present = "remove")]
    to: Option<String>,
    /// Take it away
    #[arg(long, conflicts_with = "to")]
    remove: bool,
}

impl Group {
    pub(super) async fn run(self, desk: &Desk, database: &Database) -> Result<u8, Failure> {
        let text = self.to.unwrap_or_default();
        if !self.remove && text.trim().is_empty() {
            return Err(Failure::new(exit::USAGE, "a group needs an address"));
        }
        let (name, kept) =
            group(&self.name, &text).map_err(|wrong| Failure::new(exit::USAGE, wrong))?;
        let mut transaction = database.begin_write().await?;
        if self.remove && store::group(&mut transaction, &name).await?.is_none() {
            return Err(
                Failure::new(exit::USAGE, format!("there is no group called \"{name}\""))
                    .hint("`courant desk groups` shows them"),
            );
        }
        store::set_group(&mut transaction, &name, &kept).await?;
        database::commit(transaction).await?;
        let detail = if self.remove { "taken away" } else { "saved" };
        let note = Note {
            who: WHO,
            act: "group",
            about: &name,
            done: true,
            detail,
        };
        desk::note(database, &note, desk.clock.unix()).await?;
        desk.output.line(format!("{name}: {detail}"));
        Ok(exit::DONE)
    }
}

pub(super) async fn list(desk: &Desk, database: &Database) -> Result<u8, Failure> {
    let mut reader = database.reader().await?;
    for (name, addresses) in store::groups(&mut reader).await? {
        let addresses: Vec<_> = addresses.lines().collect();
        desk.output
            .json(&json!({ "name": name, "addresses": addresses }))?;
        desk.output
            .line(format!("{name}: {}", addresses.join(", ")));
    }
    Ok(exit::DONE)
}
