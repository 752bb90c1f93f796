//! `courant test`: an edition to somebody who is to look at it.

use clap::Args;
use courant_subscribers::{EmailAddress, Recipient};
use serde::Serialize;

use super::edition_commands::{composer, recipient};
use super::exit::{self, Failure};
use super::send::transport;
use super::{Desk, find_edition, open_links};
use crate::database::Database;
use crate::delivery::compose::{Purpose, nobody};
use crate::delivery::transport::Outlet;
use crate::delivery::{Sample, sample};
use crate::desk::addresses::{addresses, to_whom};
use crate::desk::{Act, store};
use crate::edition::Edition;
use crate::edition::slates::Variant;
use crate::pipeline;

#[derive(Debug, Args)]
pub(super) struct Test {
    /// The edition's id
    id: String,
    /// To whom; several with commas, 10 at most
    #[arg(
        long,
        value_name = "ADDRESS",
        value_delimiter = ',',
        required_unless_present = "group"
    )]
    to: Vec<String>,
    /// To a group of the desk as well
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// As this subscriber would get it; without it the edition's own copy
    #[arg(long = "as", value_name = "ADDRESS")]
    reader: Option<String>,
}

#[derive(Serialize)]
struct Tested {
    address: String,
    ok: bool,
    reply: String,
}

impl Test {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let edition = find_edition(&database, Some(&self.id)).await?;
        let to = self.addresses(&database).await?;
        let (reader, variant) = self.reader(desk, &database, &edition).await?;
        let composer = composer(&config, edition.clone(), open_links(&config)?, &desk.clock)?;
        let mut outlet = Outlet::new(transport(&config)?);
        let (mut failed, all, whom) = (0, to.len(), to_whom(&to));
        for address in to {
            outlet.ready().await?;
            let anybody = || nobody(address.clone(), &desk.clock);
            let reader = reader.clone().unwrap_or_else(anybody);
            let sample = sample(&mut outlet, &composer, (&reader, &variant), &address);
            let Sample {
                address,
                went: ok,
                reply,
            } = sample.await?;
            let tested = Tested { address, ok, reply };
            failed += usize::from(!tested.ok);
            desk.output.json(&tested)?;
            let verdict = if tested.ok { "sent" } else { "not sent" };
            desk.output
                .line(format!("{}: {verdict} ({})", tested.address, tested.reply));
        }
        outlet.hang_up().await;
        let went = all - failed;
        let detail = format!("{went} of {whom}");
        let said = (went > 0, detail.as_str());
        desk.note(&database, (Act::Test, &edition), said).await?;
        Ok(if failed > 0 { exit::PARTLY } else { exit::DONE })
    }

    /// To whom it goes, each once.
    async fn addresses(&self, database: &Database) -> Result<Vec<EmailAddress>, Failure> {
        let mut text = self.to.join(",");
        if let Some(group) = &self.group {
            let mut reader = database.reader().await?;
            let Some(addresses) = store::group(&mut reader, group).await? else {
                let groups = store::groups(&mut reader).await?;
                let names: Vec<_> = groups.iter().map(|(name, _)| name.as_str()).collect();
                let message = format!("there is no group called \"{group}\"");
                let hint = if names.is_empty() {
                    "there is none; `courant desk group NAME --to ADDRESS` makes one".to_owned()
                } else {
                    format!("the groups are: {}", names.join(", "))
                };
                return Err(Failure::new(exit::USAGE, message).hint(hint));
            };
            text.push(',');
            text.push_str(&addresses);
        }
        addresses(&text).map_err(|wrong| Failure::new(exit::USAGE, wrong))
    }

    /// Who it is shown as, and which copy they get.
    async fn reader(
        &self,
        desk: &Desk,
        database: &Database,
        edition: &Edition,
    ) -> Result<(Option<Recipient>, Variant), Failure> {
        let Some(text) = &self.reader else {
            return Ok((None, Variant::default()));
        };
        let found = recipient(database, Some(text), &edition.digest, &desk.clock).await?;
        let (recipient, Purpose::Edition) = found else {
            let message = format!("\"{text}\" does not get {}", edition.digest);
            return Err(Failure::new(exit::USAGE, message));
        };
        let mut reader = database.reader().await?;
        let variant = pipeline::variant(&mut reader, edition, recipient.id.as_i64()).await?;
        Ok((Some(recipient), variant))
    }
}
