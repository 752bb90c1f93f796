//! What stands above an edition: whom it reaches and when, how far it is, and who decides.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Desk;
use super::look::{Page, clock_time};
use crate::clock::moment;
use crate::delivery::store::{self as ledger, Counts};
use crate::desk;
use crate::edition::cadence::Morning;
use crate::edition::{Approval, Edition, Status, Unapproved};
use crate::pipeline;
use crate::preflight::Reach;

/// How far an edition is.
pub(super) enum HowFar {
    /// Nothing of it is on its way; so many would get it.
    Ahead(Reach),
    /// It is on its way, or was called off; so are its copies.
    Begun(Counts),
}

impl HowFar {
    /// Who gets the digest, where they were counted.
    pub(super) fn due(&self) -> Option<i64> {
        match self {
            Self::Ahead(reach) => Some(reach.due),
            Self::Begun(_) => None,
        }
    }
}

impl Desk {
    pub(super) async fn progress(&self, edition: &Edition) -> Result<HowFar, pipeline::Error> {
        if edition.is_open() {
            return Ok(HowFar::Ahead(self.reach(edition).await?));
        }
        let mut conn = self.database().reader().await?;
        let counts = ledger::counts(&mut conn, &edition.id).await?;
        Ok(HowFar::Begun(counts))
    }
}

/// A time to come, as people say it.
fn in_words(seconds: i64) -> String {
    let minutes = (seconds + 59) / 60;
    match (minutes / 60, minutes % 60) {
        (0, 1) => "in a minute".to_owned(),
        (0, minutes) => format!("in {minutes} minutes"),
        (hours, minutes) => format!("in {hours} h {minutes} min"),
    }
}

impl Page<'_> {
    /// The sentences below the title.
    pub(super) fn goes(&self) -> String {
        let zone = self.edition.frame.zone();
        let slot = moment(self.edition.slot_at, &zone);
        let left = self.edition.slot_at.as_second() - self.desk.now().as_second();
        let left = (left > 0).then(|| format!(", {}", in_words(left)));
        let local = self.desk.config().digest(&self.edition.digest);
        let local = local.and_then(|digest| digest.local_at.as_deref());
        let local = local.map(|at| format!(", to each at {at} where they are"));
        let local = local.unwrap_or_default();
        let goes = match &self.progress {
            HowFar::Begun(gone) => format!("Its time was {slot}. {}", so_far(gone)),
            HowFar::Ahead(reach) => {
                let others = if reach.leaves_out() {
                    " The others have had its stories, or want to read of other things."
                } else {
                    ""
                };
                let reach = reach.in_words();
                match left {
                    Some(left) => format!("Goes to {reach} from {slot}{left}{local}.{others}"),
                    None => format!("Goes to {reach}{local}; its time was {slot}.{others}"),
                }
            }
        };
        let day = |at: Timestamp| at.to_zoned_datetime(zone.clone()).date();
        let built_at = self.edition.built_at;
        let at = if day(built_at) == day(self.edition.slot_at) {
            format!("at {}", clock_time(built_at, &zone))
        } else {
            format!("on {}", moment(built_at, &zone))
        };
        let built = format!("Built {at} from {} stories.", self.edition.own().count(),);
        format!("{goes} {built}{}", self.decision())
    }

    /// The time at which it reaches whom it is shown as: that of their own place, where the digest has such.
    pub(super) fn arrives(&self) -> String {
        let digest = self.desk.config().digest(&self.edition.digest);
        let morning = digest.and_then(|digest| Morning::of_edition(digest, self.edition));
        let own = self.shown.recipient.time_zone.as_deref();
        let at = morning.map(|morning| morning.of(own));
        let at = at.and_then(|at| Timestamp::from_second(at).ok());
        let zone = own.filter(|_| at.is_some());
        let zone = zone.and_then(|name| TimeZone::get(name).ok());
        let zone = zone.unwrap_or_else(|| self.edition.frame.zone());
        clock_time(at.unwrap_or(self.edition.slot_at), &zone)
    }

    /// Who decides whether it goes, until when, and what happens then; or who has called it off.
    fn decision(&self) -> String {
        let zone = self.edition.frame.zone();
        if let Some((who, at)) = &self.ended {
            let at = moment(Timestamp::from_second(*at).unwrap_or_default(), &zone);
            return match who.as_str() {
                desk::RULE => format!(" Nobody approved it in time: left out on {at}."),
                who => format!(" Called off by {who} on {at}."),
            };
        }
        let digest = self.desk.config().digest(&self.edition.digest);
        let (Status::Draft, Some(digest)) = (self.edition.status, digest) else {
            return String::new();
        };
        match digest.approval {
            Approval::Auto => " It needs no approval: the next run sends it.".to_owned(),
            Approval::UnlessACheckFails => {
                " It needs no approval: the next run sends it if no check fails.".to_owned()
            }
            Approval::Manual => {
                let until = digest.approve_until(self.edition).ok().flatten();
                let Some(until) = until else {
                    return " It goes once somebody approves it.".to_owned();
                };
                let left = until.as_second() - self.desk.now().as_second();
                let hurry = match left {
                    1.. => format!(", {}", in_words(left)),
                    _ => ", which is over".to_owned(),
                };
                let then = match digest.unapproved {
                    Unapproved::Skip => "it is left out",
                    Unapproved::Send => "it goes if no check fails",
                };
                let until = moment(until, &zone);
                format!(" To be approved by {until}{hurry}; after that {then}.")
            }
        }
    }
}

/// How many of the copies have left. Who had had its stories, or left, had none to wait for.
fn so_far(gone: &Counts) -> String {
    let due = gone.all() - gone.nothing_new - gone.suppressed;
    let others = match gone.nothing_new {
        0 => String::new(),
        1 => " 1 reader had had its stories.".to_owned(),
        more => format!(" {more} readers had had its stories."),
    };
    match (gone.sent, due) {
        (_, 0) => format!("No copy of it was to be sent so far.{others}"),
        (sent, 1) => format!("{sent} of 1 copy whose turn came has left.{others}"),
        (sent, due) => format!("{sent} of {due} copies whose turn came have left.{others}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_no_copy_is_not_waited_for() {
        let gone = |sent, nothing_new, suppressed| Counts {
            sent,
            nothing_new,
            suppressed,
            ..Counts::default()
        };
        for (counts, words) in [
            (
                gone(17, 25, 1),
                "17 of 17 copies whose turn came have left. 25 readers had had its stories.",
            ),
            (gone(0, 0, 0), "No copy of it was to be sent so far."),
        ] {
            assert_eq!(so_far(&counts), words);
        }
        assert_eq!(in_words(3700), "in 1 h 2 min");
    }
}
