//! The machine that sends: its clock and its disks.

use std::path::Path;

use super::finding::Findings;
use super::web::Web;
use crate::config::{Check, Config};
use crate::delivery::TransportKind;

/// Seconds the clock may be wrong before somebody should look, and before mail must wait: signatures and the Date
/// header say when a message was written.
const SLIGHT: i64 = 30;
const GREAT: i64 = 300;
/// Bytes that have to be free, and that should be.
const LEAST_BYTES: u64 = 100_000_000;
const FEW_BYTES: u64 = 1_000_000_000;
/// Free places for files, of which journals and outboxes need some.
const LEAST_FILES: u64 = 1_000;

/// What the servers that were asked say of our clock.
pub(super) fn clock(web: &Web<'_>) -> Findings {
    let mut findings = Findings::default();
    let place = "this machine's clock";
    match web.ahead() {
        None => findings.look_at(
            Check::Clock,
            place,
            "it could not be compared: no server that was asked said what time it is",
        ),
        Some((host, ahead)) if ahead.abs() > SLIGHT => {
            let direction = if ahead > 0 { "ahead of" } else { "behind" };
            let message = format!(
                "the clock is {} seconds {direction} that of {host}, the nearest of those asked: let NTP set it",
                ahead.abs()
            );
            if ahead.abs() > GREAT {
                findings.fail(Check::Clock, place, message);
            } else {
                findings.look_at(Check::Clock, place, message);
            }
        }
        Some((host, _)) => findings.or_pass(
            Check::Clock,
            place,
            format!("it agrees with that of {host}"),
        ),
    }
    findings
}

/// The disks of the database, the journal and the outbox.
pub(super) fn disk(config: &Config) -> Findings {
    let mut findings = Findings::default();
    let delivery = &config.delivery;
    let mut folders = vec![(config.folder.clone(), "the database's folder")];
    folders.push((config.folder.join(&delivery.journal), "delivery.journal"));
    if delivery.transport == TransportKind::File {
        folders.push((config.folder.join(&delivery.folder), "delivery.folder"));
    }
    for (folder, what) in folders {
        let place = format!("{what} ({})", folder.display());
        match room(&folder) {
            Ok(room) => judge(&mut findings, &place, room),
            Err(error) => {
                let message = format!("it could not be found out how much room there is: {error}");
                findings.look_at(Check::Disk, &place, message);
            }
        }
    }
    findings.or_pass(Check::Disk, "disks", "there is room");
    findings
}

/// Free bytes and free places for files, where there is a limit of those.
type Room = (u64, Option<u64>);

fn room(folder: &Path) -> std::io::Result<Room> {
    // A folder that is not made yet lies where its nearest ancestor does.
    let mut existing = folder.ancestors().filter(|it| it.exists());
    let existing = existing.next().filter(|it| !it.as_os_str().is_empty());
    let room = rustix::fs::statvfs(existing.unwrap_or(Path::new(".")))?;
    let files = (room.f_files > 0).then_some(room.f_favail);
    Ok((room.f_bavail.saturating_mul(room.f_frsize), files))
}

fn judge(findings: &mut Findings, place: &str, (bytes, files): Room) {
    let megabytes = bytes / 1_000_000;
    if bytes < LEAST_BYTES {
        let message =
            format!("only {megabytes} MB are free: a sending needs room for its ledger; make some");
        findings.fail(Check::Disk, place, message);
    } else if bytes < FEW_BYTES {
        findings.look_at(
            Check::Disk,
            place,
            format!("{megabytes} MB are free, which is little"),
        );
    }
    if let Some(files) = files.filter(|it| *it < LEAST_FILES) {
        let message = format!("only {files} more files fit on that disk (inodes): remove some");
        findings.fail(Check::Disk, place, message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn a_full_disk_fails_and_a_nearly_full_one_is_looked_at() {
        for (bytes, files, wanted) in [
            (50_000_000, Some(100_000), Some(Severity::Fail)),
            (500_000_000, Some(100_000), Some(Severity::LookAt)),
            (5_000_000_000, Some(10), Some(Severity::Fail)),
            (5_000_000_000, None, None),
            (5_000_000_000, Some(100_000), None),
        ] {
            let mut findings = Findings::default();
            judge(&mut findings, "here", (bytes, files));
            let found = findings.into_vec().first().map(|it| it.severity);
            assert_eq!(found, wanted, "{bytes} {files:?}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_yet_has_its_parents_room() {
        let folder = tempfile::tempdir().unwrap();
        let (bytes, _) = room(&folder.path().join("a/b/c")).unwrap();
        assert!(bytes > 0);
    }
}
