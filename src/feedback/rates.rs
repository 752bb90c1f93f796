//! What came back of an edition, by mail service, and whether somebody must look.

use std::collections::BTreeMap;

use serde::Serialize;

use super::store::rates::{self, Ended, Told};
use crate::database::{Conn, Error};
use crate::edition::EditionId;

/// Complaints of a thousand copies from which on mail services hold them against a sender, and at which they
/// refuse its mail (Google's and Yahoo's rules for senders).
const COMPLAINTS: (u64, u64) = (1, 3);
/// Dead addresses of a thousand copies that a list in order does not have, and that get its sender blocked.
const DEAD: (u64, u64) = (20, 50);
/// One of a handful is no rate.
const FEWEST_COPIES: u64 = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Fine,
    /// To be looked at.
    Warning,
    /// To be looked at now.
    Alarm,
}

/// What came back from one service, or from all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Returned {
    /// Which service.
    pub service: String,
    /// Copies that were accepted.
    pub sent: u64,
    /// Copies refused for good while they were sent.
    pub refused: u64,
    /// Copies still put off, or given up.
    pub waiting: u64,
    /// Readers whose copy came back later.
    pub bounced: u64,
    /// Of both, those whose address is dead …
    pub dead: u64,
    /// … and of these, those whose copy was refused while it was sent.
    pub dead_at_once: u64,
    /// Readers who complained.
    pub complained: u64,
    /// Readers whose service refuses what we send.
    pub our_fault: u64,
    /// How bad that is.
    pub level: Level,
}

impl Returned {
    fn of(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            sent: 0,
            refused: 0,
            waiting: 0,
            bounced: 0,
            dead: 0,
            dead_at_once: 0,
            complained: 0,
            our_fault: 0,
            level: Level::Fine,
        }
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.refused += other.refused;
        self.waiting += other.waiting;
        self.bounced += other.bounced;
        self.dead += other.dead;
        self.dead_at_once += other.dead_at_once;
        self.complained += other.complained;
        self.our_fault += other.our_fault;
    }

    /// Copies that were refused, or came back because the address is dead.
    #[must_use]
    pub fn found_nobody(&self) -> u64 {
        self.refused + self.dead_later()
    }

    /// Readers whose copy came back because the address is dead.
    #[must_use]
    pub fn dead_later(&self) -> u64 {
        self.dead.saturating_sub(self.dead_at_once)
    }

    fn judge(&mut self) {
        let of = |count: u64, all: u64, (some, many): (u64, u64)| {
            if all < FEWEST_COPIES || count * 1000 < some * all {
                Level::Fine
            } else if count * 1000 < many * all {
                Level::Warning
            } else {
                Level::Alarm
            }
        };
        let complaints = of(self.complained, self.sent, COMPLAINTS);
        let dead = of(self.found_nobody(), self.sent + self.refused, DEAD);
        let own = of(self.our_fault, self.sent, DEAD);
        self.level = complaints.max(dead).max(own);
    }
}

/// What came back of an edition: all of it, then by service, the largest first.
///
/// # Errors
/// When the database refuses.
pub async fn returned(
    conn: &mut Conn,
    edition: &EditionId,
) -> Result<(Returned, Vec<Returned>), Error> {
    let ended = rates::ended(conn, edition).await?;
    let told = rates::told(conn, edition).await?;
    Ok(summed(&ended, &told))
}

/// What was told of an edition's copies after they left, by all services together: no more than what came back
/// and who complained is in it.
///
/// # Errors
/// When the database refuses.
pub async fn told(conn: &mut Conn, edition: &EditionId) -> Result<Returned, Error> {
    let told = rates::told(conn, edition).await?;
    Ok(summed(&[], &told).0)
}

fn summed(ended: &[Ended], told: &[Told]) -> (Returned, Vec<Returned>) {
    let mut services: BTreeMap<&str, Returned> = BTreeMap::new();
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    for row in ended {
        let service = services.entry(&row.service);
        let service = service.or_insert_with(|| Returned::of(&row.service));
        match row.status.as_str() {
            "sent" => service.sent += count(row.copies),
            "refused" => service.refused += count(row.copies),
            "deferred" | "expired" => service.waiting += count(row.copies),
            _ => {}
        }
    }
    for row in told {
        let service = services.entry(&row.service);
        let service = service.or_insert_with(|| Returned::of(&row.service));
        match (row.kind.as_str(), row.verdict.as_str()) {
            ("complaint", "alarm") => service.our_fault += count(row.readers),
            ("complaint", _) => service.complained += count(row.readers),
            (_, verdict) => {
                let readers = count(row.readers);
                let at_once = row.refused == 1;
                service.bounced += if at_once { 0 } else { readers };
                match verdict {
                    "suppressed" => {
                        service.dead += readers;
                        service.dead_at_once += if at_once { readers } else { 0 };
                    }
                    "alarm" => service.our_fault += readers,
                    _ => {}
                }
            }
        }
    }
    let mut all = Returned::of("all");
    let mut services: Vec<Returned> = services.into_values().collect();
    for service in &mut services {
        service.judge();
        all.add(service);
    }
    all.judge();
    services.sort_by_key(|service| std::cmp::Reverse(service.sent));
    (all, services)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(service: &str, status: &str, copies: i64) -> Ended {
        Ended {
            service: service.to_owned(),
            status: status.to_owned(),
            copies,
        }
    }

    fn told(service: &str, kind: &str, verdict: &str, readers: i64) -> Told {
        Told {
            service: service.to_owned(),
            kind: kind.to_owned(),
            verdict: verdict.to_owned(),
            refused: 0,
            readers,
        }
    }

    #[test]
    fn complaints_of_one_in_a_thousand_are_a_warning_and_of_three_an_alarm() {
        for (complaints, sent, level) in [
            (0, 10_000, Level::Fine),
            (9, 10_000, Level::Fine),
            (10, 10_000, Level::Warning),
            (29, 10_000, Level::Warning),
            (30, 10_000, Level::Alarm),
            // One of a handful is no rate.
            (1, 50, Level::Fine),
        ] {
            let found = summed(
                &[ended("Gmail", "sent", sent)],
                &[told("Gmail", "complaint", "suppressed", complaints)],
            );
            assert_eq!(
                (found.0.level, found.1[0].level),
                (level, level),
                "{complaints}"
            );
        }
    }

    #[test]
    fn one_service_in_trouble_is_seen_beside_the_others() {
        let (all, services) = summed(
            &[
                ended("Gmail", "sent", 9_000),
                ended("Yahoo", "sent", 900),
                ended("Yahoo", "refused", 50),
                ended("Yahoo", "deferred", 7),
            ],
            &[
                told("Yahoo", "bounce", "suppressed", 5),
                told("Yahoo", "bounce", "counted", 3),
                told("Gmail", "bounce", "alarm", 2),
            ],
        );
        assert_eq!(
            (all.sent, all.bounced, all.dead, all.our_fault),
            (9_900, 10, 5, 2)
        );
        assert_eq!(all.level, Level::Fine);
        // What was refused at once did not come back, and is not counted twice.
        let refused = Told {
            refused: 1,
            ..told("Gmail", "bounce", "suppressed", 40)
        };
        let of = [ended("Gmail", "sent", 9_000), ended("Gmail", "refused", 40)];
        let (gmail, _) = summed(&of, &[refused]);
        assert_eq!((gmail.bounced, gmail.dead, gmail.dead_later()), (0, 40, 0));
        assert_eq!((gmail.found_nobody(), gmail.level), (40, Level::Fine));
        let yahoo = &services[1];
        assert_eq!((yahoo.service.as_str(), yahoo.waiting), ("Yahoo", 7));
        assert_eq!(yahoo.level, Level::Alarm);
    }
}
