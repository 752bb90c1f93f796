//! `courant schedule`, `migrate`, `completions`, `man`: what an operator needs once.

use std::fmt::Write as _;

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::Shell;

use super::exit::{self, Failure};
use super::{Cli, Desk, find_digest};
use crate::config::Config;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for crontab
    Cron,
    /// A service and a timer for systemd
    Systemd,
}

#[derive(Debug, Args)]
pub(super) struct Schedule {
    /// Only this digest
    digest: Option<String>,
    /// For what
    #[arg(long, value_enum, default_value_t = Format::Cron)]
    format: Format,
}

impl Schedule {
    pub(super) fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let config = desk.config()?;
        let names: Vec<String> = match &self.digest {
            Some(name) => vec![find_digest(&config, name)?.name.clone()],
            None => config
                .digest
                .iter()
                .map(|digest| digest.name.clone())
                .collect(),
        };
        let program = std::env::current_exe()?.display().to_string();
        let file = std::fs::canonicalize(&desk.config)?.display().to_string();
        let text = match self.format {
            Format::Cron => cron(&config, &names, &program, &file),
            Format::Systemd => systemd(&names, &program, &file),
        };
        desk.output.json(&serde_json::json!({ "text": text }))?;
        desk.output.line(text.trim_end());
        Ok(exit::DONE)
    }
}

/// Every ten minutes: `run` knows the slots in the digest's own time zone, sends each once, goes on
/// where a crash or the relay stopped it, and says nothing when there is nothing to do.
fn cron(config: &Config, names: &[String], program: &str, file: &str) -> String {
    let mut text =
        String::from("# Every ten minutes: each slot is sent once, however often this runs.\n");
    for name in names {
        let when = config
            .digest(name)
            .and_then(|digest| digest.schedule().ok());
        if let Some(schedule) = when {
            let _infallible = writeln!(text, "# {name}: {}", schedule.in_words());
        }
        let _infallible = writeln!(
            text,
            "*/10 * * * * {program} --quiet --config {file} run {name}"
        );
    }
    text
}

fn systemd(names: &[String], program: &str, file: &str) -> String {
    let mut text = String::new();
    for name in names {
        let _infallible = write!(
            text,
            "# /etc/systemd/system/courant-{name}.service\n[Unit]\nDescription=Courant digest {name}\n\n\
             [Service]\nType=oneshot\nExecStart={program} --quiet --config {file} run {name}\n\
             # 3: nothing to do, 4: the rest comes with the next run, 75: try again later\n\
             SuccessExitStatus=3 4 75\nTimeoutStopSec=60\n\n\
             # /etc/systemd/system/courant-{name}.timer\n[Unit]\nDescription=Courant digest {name}\n\n\
             [Timer]\nOnCalendar=*:0/10\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n\n"
        );
    }
    text
}

pub(super) async fn migrate(desk: &Desk) -> Result<u8, Failure> {
    let (_, database) = desk.open().await?;
    desk.output
        .json(&serde_json::json!({ "database": database.name(), "status": "up to date" }))?;
    desk.output
        .line(format!("{} is up to date", database.name()));
    database.close().await;
    Ok(exit::DONE)
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// For which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "courant", &mut bytes);
        desk.output.raw(&String::from_utf8_lossy(&bytes));
        Ok(exit::DONE)
    }
}

pub(super) fn man(desk: &Desk) -> Result<u8, Failure> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut bytes)?;
    desk.output.raw(&String::from_utf8_lossy(&bytes));
    Ok(exit::DONE)
}
