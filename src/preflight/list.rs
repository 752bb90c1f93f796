//! The list: whether somebody would get the edition, and how it took the last ones.

use courant_subscribers::Status;
use courant_subscribers::store::subscribers;

use super::finding::Findings;
use super::{Reach, Subject, store};
use crate::config::Check;
use crate::database::Error;
use crate::edition;
use crate::feedback::rates::{self, Level, Returned};

const PLACE: &str = "subscribers";
/// A month, in which half of a young list's dead addresses show.
const LATELY_SECONDS: i64 = 30 * 24 * 3600;
/// Share of the active addresses that may die in a month, in percent.
const MOST_DEAD: i64 = 5;
/// One of a handful is no rate.
const FEWEST: i64 = 100;
/// How many of the latest editions are looked through for one that is out.
const RECENT: i64 = 20;

pub(super) async fn check(subject: &Subject<'_>) -> Findings {
    let mut findings = Findings::default();
    if let Err(error) = look(&mut findings, subject).await {
        let message = format!("it could not be found out how the list is: {error}");
        for check in [Check::Audience, Check::ListHealth, Check::Complaints] {
            findings.look_at(check, PLACE, message.clone());
        }
    }
    findings
}

async fn look(findings: &mut Findings, subject: &Subject<'_>) -> Result<(), Error> {
    let now = subject.clock.unix();
    let mut reader = subject.database.reader().await?;
    let active = subscribers::count(&mut reader).await?.of(Status::Active);
    if let Some(edition) = subject.edition {
        let reach = match subject.reach {
            Some(reach) => reach,
            None => {
                let due = (edition.digest.as_str(), now);
                let due = courant_subscribers::audience::count(&mut reader, due).await?;
                Reach {
                    due,
                    looked_at: due,
                    worth: due,
                }
            }
        };
        if reach.due == 0 {
            let message = format!("nobody gets \"{}\" at present", edition.digest);
            findings.look_at(Check::Audience, PLACE, message);
        } else if reach.worth == 0 {
            let message = format!(
                "nobody gets it of the {} whom \"{}\" reaches: they have had its stories, or want to read of other things",
                reach.due, edition.digest
            );
            findings.look_at(Check::Audience, PLACE, message);
        }
        let others = if reach.leaves_out() {
            "; the others have had its stories, or want to read of other things"
        } else {
            ""
        };
        let words = reach.in_words();
        findings.or_pass(Check::Audience, PLACE, format!("{words} get it{others}"));
    } else {
        if active == 0 {
            findings.look_at(Check::Audience, PLACE, "there is no active subscriber");
        }
        findings.or_pass(
            Check::Audience,
            PLACE,
            format!("{active} active subscribers"),
        );
    }
    let blocked = store::blocked(&mut reader, now - LATELY_SECONDS).await?;
    let dead: i64 = blocked
        .iter()
        .filter(|row| matches!(row.reason.as_str(), "hard-bounce" | "soft-bounces"))
        .map(|row| row.lately)
        .sum();
    if active + dead >= FEWEST && dead * 100 > (active + dead) * MOST_DEAD {
        let message = format!(
            "{dead} addresses died in the last 30 days, of {} that were active: where do they come from? ask new \
             readers to confirm, and leave out imports nobody agreed to",
            active + dead
        );
        findings.look_at(Check::ListHealth, PLACE, message);
    }
    let digest = subject.edition.map(|edition| edition.digest.as_str());
    let recent = edition::store::list(&mut reader, RECENT).await?;
    let last = recent.iter().find(|edition| {
        let is_other = subject.edition.is_none_or(|it| it.id != edition.id);
        let is_alike = digest.is_none_or(|digest| edition.digest == digest);
        edition.status.is_published() && is_other && is_alike
    });
    if let Some(last) = last {
        let (all, services) = rates::returned(&mut reader, &last.id).await?;
        judge(
            findings,
            last.id.as_str(),
            std::iter::once(&all).chain(&services),
        );
    }
    findings.or_pass(Check::ListHealth, PLACE, "few addresses are dead");
    findings.or_pass(Check::Complaints, PLACE, "few readers complain");
    Ok(())
}

/// What came back of the last edition, by service; an alarm blocks the next one.
fn judge<'a>(findings: &mut Findings, last: &str, all: impl Iterator<Item = &'a Returned>) {
    for returned in all.filter(|it| it.level != Level::Fine) {
        let service = match returned.service.as_str() {
            "all" => "all services",
            service => service,
        };
        let place = format!("{last}, {service}");
        let (complained, sent) = (returned.complained, returned.sent);
        let (check, message) = if complained * 1000 >= sent && complained > 0 {
            let message = format!(
                "{complained} of {sent} readers called the last edition spam; services refuse senders from 3 of \
                 1000 on: send to who opened lately only, and make leaving easy"
            );
            (Check::Complaints, message)
        } else {
            let message = format!(
                "{} of {} copies of the last edition were refused or found nobody, {} were refused because of us: \
                 `courant report {last}` has their words",
                returned.found_nobody(),
                sent + returned.refused,
                returned.our_fault
            );
            (Check::ListHealth, message)
        };
        match returned.level {
            Level::Alarm => findings.fail(check, &place, message),
            Level::Warning | Level::Fine => findings.look_at(check, &place, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn an_alarm_blocks_and_a_warning_does_not() {
        let of = |complained, dead, level| Returned {
            service: "Gmail".to_owned(),
            sent: 10_000,
            refused: 0,
            waiting: 0,
            bounced: dead,
            dead,
            dead_at_once: 0,
            complained,
            our_fault: 0,
            level,
        };
        for (returned, wanted) in [
            (of(5, 10, Level::Fine), None),
            (
                of(15, 10, Level::Warning),
                Some((Severity::LookAt, Check::Complaints)),
            ),
            (
                of(40, 10, Level::Alarm),
                Some((Severity::Fail, Check::Complaints)),
            ),
            (
                of(0, 300, Level::Warning),
                Some((Severity::LookAt, Check::ListHealth)),
            ),
            (
                of(0, 700, Level::Alarm),
                Some((Severity::Fail, Check::ListHealth)),
            ),
        ] {
            let mut findings = Findings::default();
            judge(
                &mut findings,
                "daily-2026-11-27",
                std::iter::once(&returned),
            );
            let found = findings.into_vec();
            let found: Vec<_> = found.iter().map(|it| (it.severity, it.check)).collect();
            assert_eq!(found, Vec::from_iter(wanted), "{returned:?}");
        }
    }
}
