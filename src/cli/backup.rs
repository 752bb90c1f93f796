//! `courant backup`: everything that is known, in one file, while everything else goes on.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::Desk;
use super::exit::{self, Failure};
use crate::database::{Database, Kind};

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// File to write; must not be there yet
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (_, database) = desk.open().await?;
        let unwritable = |path: &Path, error: &std::io::Error| {
            Failure::new(exit::USAGE, format!("{}: {error}", path.display()))
        };
        if self.file.exists() {
            let message = format!("{} is there already", self.file.display());
            return Err(Failure::new(exit::USAGE, message).hint("name a file that is not"));
        }
        // Under another name until it is whole: half a backup must not look like one.
        let mut partial = self.file.clone().into_os_string();
        partial.push(format!(".{}.partial", std::process::id()));
        let partial = PathBuf::from(partial);
        // It holds addresses.
        let mut options = OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600);
        made.open(&partial)
            .map_err(|error| unwritable(&partial, &error))?;
        let written = match database.kind() {
            Kind::Sqlite => database.copy_into(&partial).await.map_err(Failure::from),
            Kind::Postgres => dump(&database, &partial).await,
        };
        // A link fails where somebody else made the file meanwhile; a rename would replace it.
        let named = written.and_then(|()| {
            std::fs::hard_link(&partial, &self.file).map_err(|error| unwritable(&self.file, &error))
        });
        std::fs::remove_file(&partial)?;
        named?;
        let bytes = std::fs::metadata(&self.file)?.len();
        desk.output
            .json(&serde_json::json!({ "file": self.file, "bytes": bytes }))?;
        desk.output
            .line(format!("{} ({bytes} bytes)", self.file.display()));
        desk.output.note(
            "The keys of [links] and [delivery] are not in it: keep their folder, too. Without links.key the \
             unsubscribe links of sent mails stop working.",
        );
        Ok(exit::DONE)
    }
}

/// The server's own program; its format is what `pg_restore` reads.
async fn dump(database: &Database, to: &Path) -> Result<(), Failure> {
    let mut command = Command::new("pg_dump");
    let mut address = url::Url::parse(database.url())
        .map_err(|error| Failure::new(exit::CONFIGURATION, format!("database.url: {error}")))?;
    if let Some(password) = address.password() {
        // Arguments are seen by everybody on the machine, the environment is not.
        let password = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
        command.env("PGPASSWORD", password.as_ref());
    }
    let _no_password = address.set_password(None);
    command
        .arg("--format=custom")
        .arg("--no-owner")
        .arg("--file")
        .arg(to)
        .arg("--dbname")
        .arg(address.as_str());
    let missing = |error: std::io::Error| {
        Failure::new(
            exit::CONFIGURATION,
            format!("pg_dump cannot be run: {error}"),
        )
        .hint("it comes with PostgreSQL's client programs (Debian: postgresql-client)")
    };
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    let ended = ended
        .map_err(|error| Failure::new(exit::UNEXPECTED, error.to_string()))?
        .map_err(missing)?;
    if ended.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&ended.stderr);
    Err(Failure::new(
        exit::LATER,
        format!("pg_dump did not finish: {}", told.trim()),
    ))
}
