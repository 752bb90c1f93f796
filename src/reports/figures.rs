//! The figures of one edition, from its account, the ledger and what came back.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{Clicked, Day, Estimated, Exposed, Hour, Places, Report, Service, Usual};
use crate::database::{Conn, Error};
use crate::delivery::store::{self as ledger, Counts};
use crate::edition::{Edition, EditionId, Status};
use crate::engagement::{Account, accounts, store as engagement};
use crate::feedback::rates::{self, Returned};
use crate::pipeline::Known;
use crate::tracking::Tracking;
use crate::units::number;

/// Hours that are shown one by one.
pub(super) const HOURS: i64 = 24;
/// The service that loads the pictures of every mail.
const LOADS_ALL: &str = "iCloud";

/// An edition in short: what the five figures and the list of reports are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What its mails told of their readers.
    pub tracking: Tracking,
    /// Copies that left.
    pub sent: u64,
    /// Copies refused for good at the door.
    pub refused: u64,
    /// Of those sent, those that did not come back.
    pub delivered: u64,
    /// Of those sent, those whose readers may be counted.
    pub counted: u64,
    /// People who opened it.
    pub opened: u64,
    /// How many that are at most.
    pub at_most: u64,
    /// People who clicked; nothing where that is not known.
    pub clicked: Option<u64>,
    /// Readers who left by its links.
    pub unsubscribed: u64,
    /// Readers who complained.
    pub complained: u64,
    /// First opens and clicks, hour by hour.
    pub hours: Vec<Hour>,
}

impl Summary {
    /// Copies that were tried: those that left, and those refused at the door.
    #[must_use]
    pub fn tried(&self) -> u64 {
        self.sent + self.refused
    }

    /// Reads what is known of an edition at an instant.
    ///
    /// # Errors
    /// When the database refuses or a row is not ours.
    pub async fn of(conn: &mut Conn, edition: &Edition, at: Timestamp) -> Result<Self, Error> {
        let account = accounts::of(conn, edition, at.as_second()).await?;
        Self::with(conn, edition, (&account, at)).await
    }

    /// The same with its account.
    pub(super) async fn with(
        conn: &mut Conn,
        edition: &Edition,
        (account, at): (&Account, Timestamp),
    ) -> Result<Self, Error> {
        let ends = ledger::counts(conn, &edition.id).await?;
        let sent = ends.sent;
        let told = rates::told(conn, &edition.id).await?;
        let opens = Opens::of(account, edition.frame.tracking);
        Ok(Self {
            tracking: edition.frame.tracking,
            sent,
            refused: ends.refused,
            delivered: sent.saturating_sub(told.bounced),
            counted: opens.counted,
            opened: opens.people,
            at_most: opens.at_most,
            clicked: opens.clicked,
            unsubscribed: engagement::unsubscribed(conn, &edition.id).await?,
            complained: told.complained,
            hours: hours(account, &edition.frame.zone(), at).0,
        })
    }
}

/// Who opened and clicked.
struct Opens {
    counted: u64,
    opted_out: u64,
    people: u64,
    proxied: u64,
    machines: u64,
    at_most: u64,
    clicked: Option<u64>,
}

impl Opens {
    fn of(account: &Account, tracking: Tracking) -> Self {
        let sum = |part: fn(&accounts::Wave) -> u64| account.waves.values().map(part).sum::<u64>();
        let (counted, recipients) = (sum(|wave| wave.counted), sum(|wave| wave.recipients));
        let (people, proxied) = (sum(|wave| wave.signs), sum(|wave| wave.proxied));
        let is_full = tracking == Tracking::Full;
        let by_hour = |part: fn(&accounts::Hour) -> u64| account.hours.values().map(part).sum();
        // An account from before hours were kept has opens and no hours.
        let is_kept = by_hour(|hour| hour.opens) == people;
        Self {
            counted,
            opted_out: if tracking == Tracking::Off {
                0
            } else {
                recipients - counted.min(recipients)
            },
            people,
            proxied,
            machines: sum(|wave| wave.machines),
            at_most: if is_full {
                (people + proxied).min(counted)
            } else {
                people + proxied
            },
            clicked: (is_full && is_kept).then(|| by_hour(|hour| hour.clicks)),
        }
    }
}

/// Readers who left by an edition's links.
pub(super) async fn unsubscribed(conn: &mut Conn, edition: &EditionId) -> Result<u64, Error> {
    engagement::unsubscribed(conn, edition).await
}

/// Readers of the list who have no row in the ledger yet, of an edition in which some wait, or that is not sent yet.
pub(super) async fn waiting(
    conn: &mut Conn,
    edition: &Edition,
    (recipients, at): (u64, Timestamp),
) -> Result<u64, Error> {
    let is_split = edition.gap_seconds().is_some() && edition.enqueued_at.is_none();
    let is_unsent = edition.is_open() || edition.status == Status::Cancelled && recipients == 0;
    if !is_split && !is_unsent {
        return Ok(0);
    }
    let list = (edition.digest.as_str(), at.as_second());
    let all = courant_subscribers::audience::count(conn, list).await?;
    Ok(u64::try_from(all).unwrap_or(0).saturating_sub(recipients))
}

/// The report as far as the edition itself goes.
pub(super) fn report(
    edition: &Edition,
    known: &Known,
    (counts, at): (Counts, Timestamp),
    (returned, services): (Returned, Vec<Returned>),
) -> Report {
    let tracking = edition.frame.tracking;
    let account = &known.account;
    let opens = Opens::of(account, tracking);
    let exposures = exposures(edition, known);
    let (hours, days) = match tracking {
        Tracking::Full => hours(account, &edition.frame.zone(), at),
        Tracking::Aggregate | Tracking::Off => (Vec::new(), Vec::new()),
    };
    let first_sent = account.waves.values().map(|wave| wave.sent_at).min();
    Report {
        edition: edition.id.to_string(),
        status: edition.status.name(),
        subject: edition.main_subject().to_owned(),
        digest: edition.digest.clone(),
        counted_until: at,
        first_sent: first_sent.and_then(|at| Timestamp::from_second(at).ok()),
        recipients: counts.all(),
        waiting: 0,
        sent: counts.sent,
        queued: counts.queued + counts.sending,
        deferred: counts.deferred,
        refused: counts.refused,
        suppressed: counts.suppressed,
        nothing_new: counts.nothing_new,
        expired: counts.expired,
        uncertain: counts.once_uncertain,
        held: counts.uncertain,
        delivered: counts.sent.saturating_sub(returned.bounced),
        counted: opens.counted,
        opted_out: opens.opted_out,
        opened_by_people: opens.people,
        loaded_by_proxies: opens.proxied,
        followed_by_scanners: opens.machines,
        opened_at_most: opens.at_most,
        clicked: opens.clicked,
        tracking: tracking.name(),
        told: known.is_told() && tracking == Tracking::Full,
        readers: estimated(known),
        unsubscribed: 0,
        usual: Usual::default(),
        by_service: by_service(account, &services, opens.clicked.is_some()),
        returned,
        services,
        hours,
        days,
        articles: articles(edition, &exposures),
        exposures,
        lift: None,
        subjects: None,
        subject_chosen_by: edition.choice.as_ref().map(|choice| choice.by),
        popular: Vec::new(),
        growth: Vec::new(),
        cohorts: Vec::new(),
    }
}

fn estimated(known: &Known) -> Estimated {
    let (mut estimate, mut spread) = (0.0, 0.0);
    for (wave, found) in known.account.waves.values().zip(known.readers.values()) {
        estimate += number(wave.recipients) * found.readership.rate;
        spread += number(wave.recipients) * found.readership.spread;
    }
    // Who showed a sign has read it: a small list may show more than its past lets expect.
    let seen = number(known.account.waves.values().map(|wave| wave.signs).sum());
    Estimated {
        estimate: tenth(estimate.max(seen)),
        low: tenth((estimate - spread).max(seen)),
        high: tenth((estimate + spread).max(seen)),
    }
}

fn exposures(edition: &Edition, known: &Known) -> Vec<Exposed> {
    let cells = known.account.cells.iter();
    let exposed = cells.filter_map(|(place, cell)| {
        let entry = edition.entries.get(usize::from(place.link))?;
        Some(Exposed {
            wave: place.wave,
            article: entry.article.id.to_string(),
            position: place.position,
            recipients: cell.recipients,
            readers: tenth(known.readers(place.wave, cell, cell.recipients)),
            people: cell.people,
            credit: tenth(cell.credit),
            programs: cell.machines,
        })
    });
    exposed.collect()
}

fn articles(edition: &Edition, exposures: &[Exposed]) -> Vec<Clicked> {
    let clicked = edition.entries.iter().map(|entry| {
        let id = entry.article.id.to_string();
        let own = || exposures.iter().filter(|exposed| exposed.article == id);
        Clicked {
            position: entry.position,
            place: entry.own.then_some(entry.position),
            section: section(edition, entry),
            title: entry.article.title.clone(),
            readers: own().map(|exposed| exposed.people).sum(),
            exposed: tenth(own().map(|exposed| exposed.readers).sum()),
            programs: own().map(|exposed| exposed.programs).sum(),
            copies: own().map(|exposed| exposed.recipients).sum(),
            places: places(own().map(|exposed| (exposed.position, exposed.recipients))),
            link: entry.link,
            article: id.clone(),
        }
    });
    // Of the stories that only some readers got, those that somebody did get.
    clicked
        .filter(|story| story.place.is_some() || story.copies > 0)
        .collect()
}

/// Where the copies have a story: each place and in how many of them.
fn places(all: impl Iterator<Item = (u32, u64)>) -> Option<Places> {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for (place, copies) in all.filter(|(_, copies)| *copies > 0) {
        *counts.entry(place).or_default() += copies;
    }
    let half = counts.values().sum::<u64>().div_ceil(2);
    let mut so_far = 0;
    let median = counts.iter().find_map(|(place, copies)| {
        so_far += copies;
        (so_far >= half).then_some(*place)
    });
    Some(Places {
        first: *counts.keys().next()?,
        median: median?,
        last: *counts.keys().next_back()?,
    })
}

/// The section of a story and its place in it, such as "Top stories 2".
fn section(edition: &Edition, entry: &crate::edition::Entry) -> String {
    use crate::edition::SectionKind::{Lead, Plain};
    if !entry.own {
        return "in some copies".to_owned();
    }
    if entry.section == Lead {
        return "Lead".to_owned();
    }
    let same = edition.entries.iter().filter(|other| {
        other.own
            && (other.section, &other.section_title) == (entry.section, &entry.section_title)
            && other.position <= entry.position
    });
    let place = same.count();
    let titles = edition.frame.order.iter();
    let mut titles = titles.filter(|(kind, _)| *kind == entry.section);
    let title = match entry.section_title.as_str() {
        "" => titles.next().map_or("", |(_, title)| title.as_str()),
        title => title,
    };
    if entry.section == Plain || title.is_empty() {
        return format!("Story {}", entry.position);
    }
    format!("{title} {place}")
}

/// By hour for the first day as far as it has come, then by day.
fn hours(account: &Account, zone: &TimeZone, at: Timestamp) -> (Vec<Hour>, Vec<Day>) {
    let sent = account.hours.iter().filter(|(_, hour)| hour.sent > 0);
    let Some(first) = sent.map(|(moment, _)| moment.hour).min() else {
        return (Vec::new(), Vec::new());
    };
    let begins = Timestamp::from_second(first.saturating_mul(3600)).unwrap_or_default();
    let mut hours: Vec<Hour> = (0..HOURS)
        .map(|hour| Hour {
            from: begins + hour.hours(),
            opens: 0,
            clicks: 0,
        })
        .collect();
    let mut days: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    for (moment, found) in &account.hours {
        let after = usize::try_from(moment.hour - first).unwrap_or(0);
        if let Some(hour) = hours.get_mut(after) {
            hour.opens += found.opens;
            hour.clicks += found.clicks;
        } else if found.opens + found.clicks > 0 {
            let at = Timestamp::from_second(moment.hour.saturating_mul(3600)).unwrap_or_default();
            let day = days
                .entry(at.to_zoned_datetime(zone.clone()).date())
                .or_default();
            day.0 += found.opens;
            day.1 += found.clicks;
        }
    }
    // Nothing has happened yet in hours to come; that is not the same as zero.
    let has_begun = |hour: &Hour| hour.from <= at || hour.opens + hour.clicks > 0;
    hours.truncate(hours.iter().rposition(has_begun).map_or(0, |last| last + 1));
    let days = days.into_iter().map(|(date, (opens, clicks))| Day {
        date,
        opens,
        clicks,
    });
    (hours, days.collect())
}

/// What readers of each service did, the largest first. Where hours were not kept, nobody knows who clicked.
fn by_service(account: &Account, returned: &[Returned], is_counted: bool) -> Vec<Service> {
    let services = returned.iter().filter(|it| it.sent > 0).map(|returned| {
        let hours = account.hours.iter();
        let own = hours.filter(|(moment, _)| moment.service == returned.service);
        let (mut counted, mut opens, mut clicks) = (0, 0, 0);
        for (_, hour) in own {
            counted += hour.counted;
            opens += hour.opens;
            clicks += hour.clicks;
        }
        Service {
            sent: returned.sent,
            refused: returned.refused,
            delivered: returned.sent.saturating_sub(returned.bounced),
            counted,
            opened: (is_counted && returned.service != LOADS_ALL).then_some(opens),
            clicked: is_counted.then_some(clicks),
            service: returned.service.clone(),
        }
    });
    services.collect()
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
