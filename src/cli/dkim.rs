//! `courant dkim`: the keys that sign mail, and their DNS records.

use serde::Serialize;

use super::exit::{self, Failure};
use super::{Desk, write_secret};
use crate::delivery::compose::{self, Sender};
use crate::delivery::dkim::{self, Key, zone_line};

#[derive(Serialize)]
struct Record<'a> {
    name: String,
    record: &'a str,
    key: String,
    created: bool,
}

/// Makes what is missing and prints a record for every selector; safe to repeat.
pub(super) fn run(desk: &Desk) -> Result<u8, Failure> {
    let config = desk.config()?;
    let dkim = &config.delivery.dkim;
    let sender = Sender::parse(&config.delivery)?;
    let domain = dkim.domain.as_deref().unwrap_or(sender.domain());
    for (selector, algorithm) in dkim.selectors() {
        let path = dkim.key_file(&config.folder, selector);
        let created = if path.exists() {
            false
        } else {
            let key = Key::generate(algorithm).map_err(compose::Error::from)?;
            write_secret(&path, key.expose())?
        };
        let key = dkim::read(&path).map_err(compose::Error::from)?;
        let record = key.record().map_err(compose::Error::from)?;
        desk.output.json(&Record {
            name: format!("{selector}._domainkey.{domain}"),
            record: &record,
            key: path.display().to_string(),
            created,
        })?;
        if created {
            desk.output.note(format!("wrote {}", path.display()));
        }
        desk.output.line(zone_line(selector, domain, &record));
    }
    if !dkim.sign {
        desk.output.note(
            "next: publish the record, wait until it is known, then set delivery.dkim.sign = true",
        );
    }
    Ok(exit::DONE)
}
