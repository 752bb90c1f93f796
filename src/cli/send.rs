//! `courant run`, `send`: mail leaves.

use std::io::{IsTerminal as _, Write as _};

use clap::Args;
use courant_subscribers::SubscriberId;
use courant_subscribers::store::subscribers;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::approval::approved;
use super::edition_commands::{composer, nothing_new};
use super::exit::{self, Failure};
use super::{Desk, find_digest, find_edition, instant, open_links};
use crate::config::Config;
use crate::database::{self, Database, Kind};
use crate::delivery::compose::Sender;
use crate::delivery::store::leases::{self, Resolution};
use crate::delivery::{self, Ended, Plan, Summary, Transport};
use crate::edition::{self, Digest, Edition, Missed, Status};
use crate::feedback::{
    apply::{Applied, Outcome},
    replies,
};
use crate::pipeline::{self, Built, Which};
use crate::serve::stop_on_signal;
use crate::signup::{self, leaving};
use crate::telemetry::with_causes;

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Name of the digest
    digest: String,
    /// As if it were this instant (RFC 3339)
    #[arg(long, value_name = "T")]
    at: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Send {
    /// The edition's id, such as daily-2026-11-23
    id: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Stop after so many messages
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Send nothing: list the messages a crash left in doubt, and settle them if told how
    #[arg(long, conflicts_with = "limit")]
    reconcile: bool,
    /// With --reconcile: what became of them
    #[arg(long, value_name = "WHAT", requires = "reconcile", value_enum)]
    settle: Option<Settle>,
    /// With --settle: only this delivery
    #[arg(long, value_name = "ID", requires = "settle")]
    delivery: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Settle {
    /// They did not arrive, or may arrive twice: send them again with the same Message-ID
    Resend,
    /// They arrived: the relay's log has their Message-ID
    Arrived,
}

impl Run {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let digest = find_digest(&config, &self.digest)?;
        let at = instant(self.at.as_deref(), &desk.clock)?;
        let Some(_lock) = database.lock(&format!("run-{}", digest.name)).await? else {
            return Err(locked(&format!(
                "another run of {} is under way",
                digest.name
            )));
        };
        pipeline::tidy(&database, &config, &desk.clock).await?;
        ask_the_silent(desk, &config, &database).await;
        let edition = self.edition(desk, (&config, &database), digest, at).await?;
        let edition = approved(desk, (&config, &database), digest, (edition, at)).await?;
        deliver(desk, &config, &database, edition, None).await
    }

    /// The slot's edition: the one it has, else a new one from fresh articles.
    async fn edition(
        &self,
        desk: &Desk,
        (config, database): (&Config, &Database),
        digest: &Digest,
        at: Timestamp,
    ) -> Result<Edition, Failure> {
        let slot = digest.schedule()?.slot(at)?;
        let mut reader = database.reader().await?;
        let existing = edition::store::find_slot(&mut reader, &digest.name, slot.begins).await?;
        drop(reader);
        if let Some(edition) = existing {
            return Ok(edition);
        }
        let late = at.as_second() - slot.begins.as_second();
        if digest.missed == Missed::Skip && late > digest.late.as_seconds() {
            let message = format!(
                "the slot of {} was missed by {} minutes and is left out (missed = \"skip\")",
                slot.begins,
                late / 60
            );
            return Err(Failure::new(exit::NOTHING, message));
        }
        let polled = pipeline::fetch(database, config, &desk.clock, Which::ForAnEdition).await?;
        let failed: Vec<_> = polled.iter().filter(|source| source.unread()).collect();
        for source in &failed {
            let why = source.errors.first().or(source.why.as_ref());
            let why = why.map_or("", String::as_str);
            desk.output
                .note(format!("source {} could not be read: {why}", source.source));
        }
        match pipeline::build(database, config, digest, at, false).await? {
            Built::New(edition) | Built::Existing(edition) => Ok(edition),
            Built::Nothing { .. } if failed.len() == polled.len() => Err(Failure::new(
                exit::LATER,
                "no source could be read, and there is nothing new",
            )
            .hint("the slot stays open: the same command tries again")),
            Built::Nothing { new, wanted } => Err(nothing_new(&digest.name, new, wanted)),
        }
    }
}

/// Before the edition and whatever becomes of it; and no edition waits because nobody could be asked.
async fn ask_the_silent(desk: &Desk, config: &Config, database: &Database) {
    let Some(quiet) = &config.signup.quiet else {
        return;
    };
    match signup::quiet::sweep(database, quiet, desk.clock.unix()).await {
        Ok(swept) => {
            tracing::info!(swept.asked, swept.paused, "readers without a sign of life");
        }
        Err(error) => tracing::error!(
            "readers without a sign of life could not be asked: {}",
            with_causes(&error)
        ),
    }
}

fn locked(what: &str) -> Failure {
    Failure::new(exit::LATER, what).hint("it goes on by itself; run this again when it is over")
}

/// What to say of an edition that owes nobody anything, unless somebody's message is held.
pub(super) async fn sent_already(
    database: &Database,
    edition: &Edition,
) -> Result<Failure, Failure> {
    let id = &edition.id;
    let mut reader = database.reader().await?;
    let held = delivery::store::counts(&mut reader, id).await?.uncertain;
    if held == 0 {
        return Ok(Failure::new(exit::NOTHING, format!("{id} is sent already")));
    }
    let message = format!("{id} is sent, but {held} of its messages are in doubt and held");
    let hint = format!("`courant send {id} --reconcile` lists and settles them");
    Ok(Failure::new(exit::PARTLY, message).hint(hint))
}

impl Send {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let edition = find_edition(&database, Some(&self.id)).await?;
        if edition.status == Status::Draft {
            return Err(
                Failure::new(exit::REFUSED, format!("{} is not approved", edition.id)).hint(
                    format!("`courant edition approve {}` approves it", edition.id),
                ),
            );
        }
        if self.reconcile {
            return self.reconcile(desk, &config, (&database, &edition)).await;
        }
        if !self.yes {
            let mut reader = database.reader().await?;
            let list = (edition.digest.as_str(), desk.clock.unix());
            let readers = courant_subscribers::audience::count(&mut reader, list).await?;
            drop(reader);
            if !agreed(&edition, readers)? {
                return Err(Failure::new(exit::REFUSED, "nothing was sent"));
            }
        }
        deliver(desk, &config, &database, edition, self.limit).await
    }
}

impl Send {
    /// Lists the messages in doubt by what a relay's log knows of them, and settles them.
    async fn reconcile(
        &self,
        desk: &Desk,
        config: &Config,
        (database, edition): (&Database, &Edition),
    ) -> Result<u8, Failure> {
        let sender = Sender::parse(&config.delivery)?;
        let mut transaction = database.begin_write().await?;
        let doubtful = leases::uncertain(&mut transaction, &edition.id).await?;
        // Its Message-ID does as well: that is what a relay's log has.
        let meant = self.delivery.as_deref().map(|one| {
            let one = one.trim_start_matches('<');
            one.split('@').next().unwrap_or(one)
        });
        if let Some(one) = meant
            && !doubtful.iter().any(|(id, ..)| id.as_str() == one)
        {
            let message = format!("no message {one} of {} is in doubt", edition.id);
            return Err(Failure::new(exit::USAGE, message).hint(format!(
                "`courant send {} --reconcile` lists those that are",
                edition.id
            )));
        }
        if doubtful.is_empty() {
            desk.output
                .note(format!("no message of {} is in doubt", edition.id));
        }
        let mut left = 0;
        for (id, subscriber, at) in doubtful {
            let is_meant = meant.is_none_or(|one| one == id.as_str());
            let resolution = self.settle.filter(|_| is_meant).map(|settle| match settle {
                Settle::Resend => Resolution::Resend,
                Settle::Arrived => Resolution::Arrived,
            });
            let settled = match resolution {
                Some(how) => {
                    leases::reconcile(&mut transaction, &id, how, desk.clock.unix()).await?
                }
                None => false,
            };
            left += u64::from(!settled);
            let person = match subscriber.map(SubscriberId::from_i64) {
                Some(id) => subscribers::find_by_id(&mut transaction, id).await?,
                None => None,
            };
            let doubtful = Doubtful {
                address: person.map(|person| person.address.as_str().to_owned()),
                message_id: format!("<{}@{}>", id.as_str(), sender.domain()),
                delivery: id.as_str().to_owned(),
                subscriber,
                at: Timestamp::from_second(at).unwrap_or_default().to_string(),
                settled: self.settle.filter(|_| settled).map(|settle| match settle {
                    Settle::Resend => "resend",
                    Settle::Arrived => "arrived",
                }),
            };
            desk.output.json(&doubtful)?;
            desk.output.line(format!(
                "{}  to {}, in doubt since {}{}",
                doubtful.message_id,
                doubtful
                    .address
                    .as_deref()
                    .unwrap_or("somebody who was erased"),
                doubtful.at,
                doubtful
                    .settled
                    .map_or_else(String::new, |how| format!("; settled: {how}"))
            ));
        }
        database::commit(transaction).await?;
        if left > 0 {
            desk.output.note(
                "look for these in the relay's log; then --settle arrived or --settle resend, for all \
                 or with --delivery ID",
            );
            return Ok(exit::PARTLY);
        }
        if let Some(Settle::Resend) = self.settle {
            desk.output
                .note(format!("`courant send {}` sends them again", edition.id));
        }
        Ok(exit::DONE)
    }
}

#[derive(Serialize)]
struct Doubtful {
    delivery: String,
    message_id: String,
    subscriber: Option<i64>,
    address: Option<String>,
    at: String,
    settled: Option<&'static str>,
}

/// Asks before mail goes to people; without a terminal there is nobody to ask.
fn agreed(edition: &Edition, readers: i64) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(exit::USAGE, "nobody is here to ask").hint("add --yes"));
    }
    let mut stderr = std::io::stderr();
    write!(
        stderr,
        "Send {} (\"{}\") to {readers} readers? [y/N] ",
        edition.id, edition.subject
    )?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The way out `[delivery]` describes.
pub(super) fn transport(config: &Config) -> Result<Transport, Failure> {
    let password = config.environment.smtp_password.as_ref();
    Ok(config.delivery.open_transport(&config.folder, password)?)
}

async fn deliver(
    desk: &Desk,
    config: &Config,
    database: &Database,
    edition: Edition,
    limit: Option<u64>,
) -> Result<u8, Failure> {
    let id = edition.id.clone();
    // On PostgreSQL several processes share an edition: each row is leased by one of them.
    let _lock = match database.kind() {
        Kind::Postgres => None,
        Kind::Sqlite => match database.lock(&format!("send-{id}")).await? {
            Some(lock) => Some(lock),
            None => return Err(locked(&format!("{id} is being sent by another process"))),
        },
    };
    let stop = stop_on_signal()?;
    leaving::settle(database, &config.signup).await?;
    // Of a process that died: nobody is mailed whose address is known to be dead.
    judge_replies(desk, (config, database)).await;
    let sent = Box::pin(wave(desk, (config, database), (edition, limit), &stop)).await;
    let judged = judge_replies(desk, (config, database)).await;
    database.close().await;
    let (mut summary, due) = sent?;
    let is_idle = summary.accepted + summary.deferred + summary.refused + summary.remaining == 0;
    if let (Some((due, what)), true) = (due, is_idle) {
        let message = format!("{what} of {id} is due at {due}");
        return Err(Failure::new(exit::NOTHING, message).hint("the same command sends it then"));
    }
    if let Some((due, _)) = due {
        summary.next_attempt_at.get_or_insert(due.to_string());
    }
    if let Some(file) = &config.delivery.metrics_file {
        let path = config.folder.join(file);
        // The edition is out; what watches it says by itself that its file is old.
        if let Err(error) = write_metrics(&path, &summary) {
            tracing::error!(
                "delivery.metrics_file {} cannot be written: {error}",
                path.display()
            );
        }
    }
    desk.output.json(&summary)?;
    for line in words(&summary).into_iter().chain(judged) {
        desk.output.line(line);
    }
    let Some((due, what)) = due else {
        return Ok(exit_code(&summary));
    };
    desk.output.line(format!(
        "  {what} is due at {due}; the same command sends it then"
    ));
    Ok(if stop.is_cancelled() {
        exit::LATER
    } else {
        exit::PARTLY
    })
}

/// Acts on what the relay said of readers whose copies it refused: an address that is dead is not mailed again.
///
/// The edition is out whatever becomes of that; what fails now is done by the next sending.
async fn judge_replies(desk: &Desk, (config, database): (&Config, &Database)) -> Vec<String> {
    let judged = async {
        let grounds = config.grounds(open_links(config)?);
        let judged = replies::apply(database, &grounds, &desk.clock).await;
        judged.map_err(Failure::from)
    };
    let judged = match judged.await {
        Ok(judged) => judged,
        Err(error) => {
            tracing::error!(
                "refusals could not be judged: {}",
                error.messages.join(": ")
            );
            return Vec::new();
        }
    };
    let mut lines = Vec::new();
    for (outcome, what) in [
        (
            Outcome::Suppressed,
            "of the refused suppressed: `courant subscribers show ADDRESS` says why",
        ),
        (
            Outcome::Counted,
            "of the refused may be there again; counted",
        ),
        (
            Outcome::Alarm,
            "of the refused because of us, not of the reader: ALARM",
        ),
    ] {
        let count = judged.iter().filter(|one| one.outcome == outcome).count();
        if count > 0 {
            lines.push(format!("  {count} {what}"));
        }
    }
    judged.iter().for_each(Applied::log);
    lines
}

/// What some of an edition's readers wait for.
fn what_waits(edition: &Edition) -> &'static str {
    match (edition.slates.waves, edition.has_trial()) {
        (Some(_), true) => "the second wave, with the better subject,",
        (Some(_), false) => "the second wave",
        (None, _) => "the mail with the better subject",
    }
}

/// Sends what is due of an edition; with when the rest is, if that is still to come, and what it is.
async fn wave(
    desk: &Desk,
    (config, database): (&Config, &Database),
    (edition, limit): (Edition, Option<u64>),
    stop: &CancellationToken,
) -> Result<(Summary, Option<(Timestamp, &'static str)>), Failure> {
    let edition = enqueue(desk, (config, database), edition, stop).await?;
    let due = edition
        .second_wave_at()
        .map(|due| (due, what_waits(&edition)));
    let plan = Plan {
        composer: composer(config, edition, open_links(config)?, &desk.clock)?,
        transport: transport(config)?,
        config: config.delivery.clone(),
        journal: config.folder.join(&config.delivery.journal),
        limit,
        clock: desk.clock.clone(),
    };
    let mut progress = desk.output.sending();
    let sent = Box::pin(delivery::send(database, plan, stop, &mut progress)).await?;
    Ok((sent, due))
}

/// Writes beside and renames, as the textfile collector wants it.
fn write_metrics(path: &std::path::Path, summary: &Summary) -> std::io::Result<()> {
    let beside = path.with_extension("part");
    std::fs::write(&beside, delivery::report::prometheus(summary))?;
    std::fs::rename(&beside, path)
}

/// Gives every recipient a row, or waits for the process that is doing it.
async fn enqueue(
    desk: &Desk,
    (config, database): (&Config, &Database),
    edition: Edition,
    stop: &CancellationToken,
) -> Result<Edition, Failure> {
    let name = format!("enqueue-{}", edition.id);
    loop {
        if let Some(_lock) = database.lock(&name).await? {
            let mut reader = database.reader().await?;
            let stored = edition::store::find(&mut reader, &edition.id).await?;
            drop(reader);
            let edition = stored.unwrap_or(edition);
            return Ok(pipeline::enqueue(database, config, edition, desk.clock.now()).await?);
        }
        tokio::select! {
            () = stop.cancelled() => return Err(locked("another process is preparing the edition")),
            () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
        }
    }
}

fn exit_code(summary: &Summary) -> u8 {
    let settled = summary.accepted + summary.deferred + summary.refused + summary.suppressed;
    match (summary.ended, summary.remaining) {
        (Ended::Interrupted, 1..) => exit::LATER,
        (_, 1..) => exit::PARTLY,
        (_, 0) if summary.held > 0 => exit::PARTLY,
        // Everybody refused is nobody served, whatever the ledger calls it.
        (_, 0) if summary.accepted == 0 && summary.refused > 0 => exit::PARTLY,
        (_, 0) if settled + summary.expired == 0 => exit::NOTHING,
        _ => exit::DONE,
    }
}

fn words(summary: &Summary) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {} accepted in {:.1} s ({:.0} a second)",
        summary.edition, summary.accepted, summary.seconds, summary.messages_per_second
    )];
    let mut add = |count: u64, what: &str| {
        if count > 0 {
            lines.push(format!("  {count} {what}"));
        }
    };
    add(summary.deferred, "put off by the relay");
    add(
        summary.refused,
        "refused for good by the relay; their addresses will not be tried again in this edition",
    );
    add(
        summary.suppressed,
        "not mailed: they left, or are suppressed",
    );
    add(summary.expired, "given up: the edition's deadline is over");
    add(
        summary.uncertain,
        "in doubt after a crash or a lost connection (same Message-ID if sent again)",
    );
    add(
        summary.held,
        "of these held; `courant send ID --reconcile` lists and settles them",
    );
    add(
        summary.remaining,
        match summary.ended {
            Ended::Cancelled => "did not leave and will not",
            _ => "still owed; the same command goes on with them",
        },
    );
    if let (Some(at), 1..) = (&summary.next_attempt_at, summary.remaining) {
        lines.push(format!("  next attempt not before {at}"));
    }
    match summary.ended {
        Ended::Interrupted => lines.push("  stopped by a signal; nothing is lost".to_owned()),
        Ended::Cancelled => lines.push("  the edition was called off".to_owned()),
        Ended::Resting => lines.push(
            "  no more may leave now (delivery.limits); the same command goes on later".to_owned(),
        ),
        Ended::Done | Ended::Limit => {}
    }
    lines
}
