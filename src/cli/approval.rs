//! Who says that a built edition may go out: a rule, a person, or a person until an hour.

use jiff::Timestamp;

use super::Desk;
use super::exit::{self, Failure};
use super::open_links;
use crate::config::Config;
use crate::database::Database;
use crate::desk::{self, Note, RULE};
use crate::edition::{Approval, Digest, Edition, Status, Step, Unapproved};
use crate::pipeline;
use crate::preflight::{self, Severity};

/// Approves by the digest's rule, or says why not.
pub(super) async fn approved(
    desk: &Desk,
    (config, database): (&Config, &Database),
    digest: &Digest,
    (edition, at): (Edition, Timestamp),
) -> Result<Edition, Failure> {
    match (edition.status, digest.approval) {
        (Status::Approved | Status::Sending, _) => Ok(edition),
        (Status::Draft, Approval::Auto) => approve(desk, database, edition).await,
        (Status::Draft, Approval::UnlessACheckFails) => {
            checked(desk, (config, database), &edition).await?;
            approve(desk, database, edition).await
        }
        (Status::Draft, Approval::Manual) => {
            waiting(desk, (config, database), digest, (edition, at)).await
        }
        (Status::Sent, _) => Err(super::send::sent_already(database, &edition).await?),
        (Status::Cancelled, _) => {
            let message = format!("{} was cancelled", edition.id);
            Err(Failure::new(exit::NOTHING, message))
        }
    }
}

async fn approve(desk: &Desk, database: &Database, edition: Edition) -> Result<Edition, Failure> {
    let now = desk.clock.now();
    let next = pipeline::take_step(database, &edition, Step::Approve, now).await?;
    let Some(status) = next else {
        let message = format!("{} has just changed", edition.id);
        return Err(Failure::new(exit::LATER, message).hint("run the same command again"));
    };
    Ok(Edition { status, ..edition })
}

/// Says what fails, if anything does.
pub(super) async fn checked(
    desk: &Desk,
    (config, database): (&Config, &Database),
    edition: &Edition,
) -> Result<(), Failure> {
    let links = open_links(config)?;
    let mut reader = database.reader().await?;
    let reach = pipeline::reach(&mut reader, edition, desk.clock.unix()).await?;
    drop(reader);
    let subject = preflight::Subject {
        config,
        links: &links,
        database,
        clock: &desk.clock,
        edition: Some(edition),
        reach: Some(reach),
    };
    let findings = Box::pin(preflight::run(&subject)).await;
    let failed = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Fail);
    let failed: Vec<_> = failed.collect();
    if failed.is_empty() {
        return Ok(());
    }
    for finding in &failed {
        desk.output
            .note(format!("{}: {}", finding.place, finding.message));
    }
    let checks = if failed.len() == 1 { "check" } else { "checks" };
    let message = format!("{} waits: {} {checks} failed", edition.id, failed.len());
    Err(Failure::new(exit::REFUSED, message).hint(format!(
        "mend it, and the next run sends it; `courant edition approve {}` sends it as it is",
        edition.id
    )))
}

/// An edition that a person has to approve: in time it waits, after that the digest says what happens. It never goes
/// out by itself while a check fails.
async fn waiting(
    desk: &Desk,
    (config, database): (&Config, &Database),
    digest: &Digest,
    (edition, at): (Edition, Timestamp),
) -> Result<Edition, Failure> {
    let until = digest.approve_until(&edition)?;
    let is_over = until.is_some_and(|until| at >= until);
    match (is_over, digest.unapproved) {
        (false, _) => {
            let hour = until.map(|until| format!(" until {until}"));
            let message = format!(
                "{} waits for approval{}",
                edition.id,
                hour.unwrap_or_default()
            );
            Err(Failure::new(exit::NOTHING, message).hint(format!(
                "`courant edition approve {}` approves it",
                edition.id
            )))
        }
        (true, Unapproved::Send) => {
            // What nobody looked at goes out by itself only if nothing is known to be wrong with it.
            checked(desk, (config, database), &edition).await?;
            let approved = approve(desk, database, edition).await?;
            note(desk, database, ("approve", &approved)).await?;
            Ok(approved)
        }
        (true, Unapproved::Skip) => {
            let now: Timestamp = desk.clock.now();
            if pipeline::take_step(database, &edition, Step::Cancel, now)
                .await?
                .is_some()
            {
                note(desk, database, ("cancel", &edition)).await?;
            }
            let message = format!("{} was not approved in time and is left out", edition.id);
            Err(Failure::new(exit::NOTHING, message))
        }
    }
}

async fn note(
    desk: &Desk,
    database: &Database,
    (act, edition): (&str, &Edition),
) -> Result<(), Failure> {
    let note = Note {
        who: RULE,
        act,
        about: edition.id.as_str(),
        done: true,
        detail: "nobody had approved it in time",
    };
    Ok(desk::note(database, &note, desk.clock.unix()).await?)
}
