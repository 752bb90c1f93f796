//! Reports: what became of an edition, without flattering.
//!
//! The stores of the ledger, of engagement, of feedback and of the list say what they know; [`gather`] makes one
//! [`Report`] of it, and [`page`], [`csv`] and the command line show the same value. Opens and clicks come from the
//! edition's account, which the ranking learns from, too: so the figures of one picture add up to those of the
//! next. Readers who are not counted are in no share, and what nobody can know is said, not guessed.

mod csv;
mod figures;
mod history;
mod list;
mod page;
mod subjects;
mod words;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::database::{Conn, Error};
use crate::delivery;
use crate::edition::trial::By;
use crate::edition::{self, Edition, Status};
use crate::engagement::store::clicked_by_day_of_joining;
use crate::feedback::rates::{self, Returned};
use crate::pipeline;
use crate::ranking::Lift;

pub use csv::{Table, csv};
pub use figures::Summary;
pub use page::{Pictures, file, index, map, page, state};
pub use words::{percent, share, sparkline};

/// Editions that say what is usual.
const USUAL_EDITIONS: i64 = 10;
/// Fewer readers are a count, and no share.
pub const FEWEST: u64 = 20;

/// What became of an edition.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Its id.
    pub edition: String,
    /// Where it stands.
    pub status: &'static str,
    /// Its subject.
    pub subject: String,
    /// Its digest.
    pub digest: String,
    /// Until when it was counted.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub counted_until: Timestamp,
    /// When the first copy left.
    #[schemars(with = "Option<String>")]
    pub first_sent: Option<Timestamp>,
    /// Rows of the ledger: everybody whose turn has come.
    pub recipients: u64,
    /// Readers of the list whose turn comes later, or did not come before it was called off: those who wait for a
    /// second wave, or for the subject that does better; all, before an edition is sent.
    pub waiting: u64,
    /// Copies the next hop took.
    pub sent: u64,
    /// Copies that have not left yet.
    pub queued: u64,
    /// Copies that wait for another attempt.
    pub deferred: u64,
    /// Copies refused for good.
    pub refused: u64,
    /// Readers who had left or were blocked before their turn.
    pub suppressed: u64,
    /// Readers who had had all its stories, and got no mail.
    pub nothing_new: u64,
    /// Copies given up at the deadline.
    pub expired: u64,
    /// Copies whose fate a crash once left unknown, whatever became of them …
    pub uncertain: u64,
    /// … and of these, those that are held until somebody says what becomes of them.
    pub held: u64,
    /// Copies that left and did not come back. Nobody can see which of them reached the inbox.
    pub delivered: u64,
    /// Copies of readers who may be counted: what opens and clicks are a share of.
    pub counted: u64,
    /// Readers with a copy who asked not to be counted.
    pub opted_out: u64,
    /// Readers who showed a sign of reading, by pictures or a link, as far as we can tell.
    pub opened_by_people: u64,
    /// Readers whose pictures a mail service loads, read or not.
    pub loaded_by_proxies: u64,
    /// Readers in whose copies a program loaded pictures or followed links.
    pub followed_by_scanners: u64,
    /// How many may have opened it at most: people, and those behind a mail service.
    pub opened_at_most: u64,
    /// People who followed a link; nothing where that is not counted, or was not kept.
    pub clicked: Option<u64>,
    /// What its mails told of their readers: "full", "aggregate" (then people are times) or "off".
    pub tracking: &'static str,
    /// Whether enough hours have passed for opens to tell how many read it; before, the usual share.
    pub told: bool,
    /// How many read it, taken from those whose opens can be seen.
    pub readers: Estimated,
    /// Readers who left by its links.
    pub unsubscribed: u64,
    /// What is usual for its digest.
    pub usual: Usual,
    /// What came back, from all and by mail service.
    pub returned: Returned,
    /// The same by mail service.
    pub services: Vec<Returned>,
    /// What readers of each mail service did.
    pub by_service: Vec<Service>,
    /// First opens and clicks in the first 24 hours.
    pub hours: Vec<Hour>,
    /// The same after them.
    pub days: Vec<Day>,
    /// Its stories, in the order of the edition.
    pub articles: Vec<Clicked>,
    /// Which story stood where, in how many copies, and what came of it. Wave 0 are the readers kept on
    /// newest-first.
    pub exposures: Vec<Exposed>,
    /// What the ranking was worth over the last editions of this digest, once enough is known.
    pub lift: Option<Lift>,
    /// The subjects that were tried, if there was more than one.
    pub subjects: Option<Vec<Subject>>,
    /// By what one of them was chosen for the readers who waited, once it was.
    pub subject_chosen_by: Option<By>,
    /// The most followed stories of the last editions.
    pub popular: Vec<Popular>,
    /// The list, week by week, the newest first.
    pub growth: Vec<Week>,
    /// Readers by the month they joined, the newest first.
    pub cohorts: Vec<Cohort>,
}

/// A number nobody can know, with the interval that holds it nine times in ten as far as chance goes.
#[derive(Debug, Clone, Copy, Serialize, schemars::JsonSchema)]
pub struct Estimated {
    /// The number.
    pub estimate: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
}

/// What is usual: medians over the last editions of a digest; nothing where too little is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Usual {
    /// How many editions that are.
    pub editions: usize,
    /// Delivered, of those sent.
    pub delivered_rate: Option<f64>,
    /// Opened by a person, of those counted.
    pub opened_rate: Option<f64>,
    /// Clicked, of those counted.
    pub clicked_rate: Option<f64>,
    /// Left, of those sent.
    pub unsubscribed_rate: Option<f64>,
    /// Complained, of those sent.
    pub complained_rate: Option<f64>,
}

/// What the readers of one mail service did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Service {
    /// Which.
    pub service: String,
    /// Copies that left.
    pub sent: u64,
    /// Copies refused for good at the door.
    pub refused: u64,
    /// Of those that left, those that did not come back.
    pub delivered: u64,
    /// Of those sent, those whose readers may be counted.
    pub counted: u64,
    /// People who opened it; nothing where that cannot be known.
    pub opened: Option<u64>,
    /// People who clicked.
    pub clicked: Option<u64>,
}

/// First opens and clicks of an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Hour {
    /// When it begins.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub from: Timestamp,
    /// People who opened it for the first time.
    pub opens: u64,
    /// People who clicked for the first time.
    pub clicks: u64,
}

/// First opens and clicks of a day, in the edition's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Day {
    /// Which.
    #[schemars(with = "String", extend("format" = "date"))]
    pub date: Date,
    /// People who opened it for the first time.
    pub opens: u64,
    /// People who clicked for the first time.
    pub clicks: u64,
}

/// A story and who followed it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Clicked {
    /// Its place among all stories of the edition.
    pub position: u32,
    /// Its place in the edition's own copy.
    #[serde(skip)]
    pub place: Option<u32>,
    /// In how many copies it left.
    pub copies: u64,
    /// Where it stood in them; nothing where it stood in none yet.
    pub places: Option<Places>,
    /// The title of its section.
    pub section: String,
    /// The article.
    pub article: String,
    /// Its headline.
    pub title: String,
    /// People who followed it.
    pub readers: u64,
    /// Readers who could have seen it.
    pub exposed: f64,
    /// Copies in which only programs followed it.
    pub programs: u64,
    /// The number of its link.
    #[serde(skip)]
    pub link: u16,
}

/// Where a story stood in the copies that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Places {
    /// The highest of its places.
    pub first: u32,
    /// Half of its copies had it here or above.
    pub median: u32,
    /// The lowest.
    pub last: u32,
}

/// A story at a place.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Exposed {
    /// In which wave.
    pub wave: u32,
    /// Which.
    pub article: String,
    /// Where.
    pub position: u32,
    /// In how many copies.
    pub recipients: u64,
    /// How many of them probably read.
    pub readers: f64,
    /// People who followed it.
    pub people: u64,
    /// How much of that counts for the ranking.
    pub credit: f64,
    /// Copies in which only programs did.
    pub programs: u64,
}

/// A subject that was tried on a part of the readers, and what they had done when one was chosen; until then,
/// what they did so far.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Subject {
    /// The words.
    pub subject: String,
    /// Readers who may be counted and got it.
    pub counted: u64,
    /// Of these, those whose opens can be trusted.
    pub visible: u64,
    /// Of the visible, people who opened it or followed a link.
    pub opened: u64,
    /// Of the counted, people who clicked.
    pub clicked: u64,
    /// How probable it is that it is the best of them.
    pub probability: f64,
    /// Whether it won.
    pub is_winner: bool,
    /// Whether it is the one that everybody else got.
    pub is_chosen: bool,
}

/// A story over the last editions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Popular {
    /// The article.
    pub article: String,
    /// Its headline.
    pub title: String,
    /// In how many editions it stood.
    pub editions: usize,
    /// The first of them.
    pub first: String,
    /// People who followed it, in all of them.
    pub people: u64,
}

/// A week of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Week {
    /// Its Monday.
    #[schemars(with = "String", extend("format" = "date"))]
    pub from: Date,
    /// People who joined or came back.
    pub joined: u64,
    /// People who left.
    pub left: u64,
    /// Addresses blocked because mail came back.
    pub bounced: u64,
    /// Addresses blocked because their owner complained.
    pub complained: u64,
}

/// Those who joined in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cohort {
    /// The first day of the month; for the last row the month up to which all are in it.
    #[schemars(with = "String", extend("format" = "date"))]
    pub month: Date,
    /// Whether the row holds all who joined earlier, too.
    pub and_before: bool,
    /// How many joined, without those erased since.
    pub joined: u64,
    /// How many of them are still mailed.
    pub active: u64,
    /// How many followed a link in the last editions; nothing where that is not counted.
    pub clicked: Option<u64>,
}

impl Estimated {
    /// "8412 readers (8100 to 8700)", with numbers as they are written there; one number where all round to it.
    #[must_use]
    pub fn in_words(&self, who: &str, number: impl Fn(u64) -> String) -> String {
        let whole = |value: f64| number(format!("{value:.0}").parse().unwrap_or(0));
        let (low, high) = (whole(self.low), whole(self.high));
        let estimate = whole(self.estimate);
        if low == high {
            format!("{estimate} {who}")
        } else {
            format!("{estimate} {who} ({low} to {high})")
        }
    }
}

impl Service {
    /// Copies that were tried: those that left, and those refused at the door.
    #[must_use]
    pub fn tried(&self) -> u64 {
        self.sent + self.refused
    }
}

impl Report {
    /// Copies that were tried: those that left, and those refused at the door.
    #[must_use]
    pub fn tried(&self) -> u64 {
        self.sent + self.refused
    }

    /// Whether it was called off.
    #[must_use]
    pub fn is_called_off(&self) -> bool {
        self.status == Status::Cancelled.name()
    }

    /// Whether nothing of it is on its way yet.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        [Status::Draft, Status::Approved]
            .map(Status::name)
            .contains(&self.status)
    }
}

/// Gathers what is known of an edition at an instant.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn gather(conn: &mut Conn, edition: &Edition, at: Timestamp) -> Result<Report, Error> {
    let (known, lift) = pipeline::account(conn, edition, at).await?;
    let counts = delivery::store::counts(conn, &edition.id).await?;
    let returned = rates::returned(conn, &edition.id).await?;
    let mut report = figures::report(edition, &known, (counts, at), returned);
    report.waiting = figures::waiting(conn, edition, (report.recipients, at)).await?;
    report.unsubscribed = figures::unsubscribed(conn, &edition.id).await?;
    report.lift = lift;

    let past = history::past(conn, edition, at).await?;
    report.usual = history::usual(&past);
    report.popular = history::popular(edition, &known.account, &past);

    let now = at.as_second();
    report.subjects = subjects::tried(conn, edition, now).await?;
    report.growth = list::growth(conn, now).await?;
    let numbers = past.iter().map(|past| past.edition.number);
    let first = numbers.min().unwrap_or(edition.number);
    let clicked = match report.tracking {
        "full" => {
            let range = (first, edition.number);
            Some(clicked_by_day_of_joining(conn, &edition.digest, range).await?)
        }
        _ => None,
    };
    report.cohorts = list::cohorts(conn, clicked.as_deref(), now).await?;
    Ok(report)
}

/// The latest editions that left, the newest first, each in short.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn latest(
    conn: &mut Conn,
    limit: i64,
    at: Timestamp,
) -> Result<Vec<(Edition, Summary)>, Error> {
    let mut all = Vec::new();
    for edition in edition::store::list(conn, limit).await? {
        let summary = Summary::of(conn, &edition, at).await?;
        if !edition.is_open() || summary.sent > 0 {
            all.push((edition, summary));
        }
    }
    Ok(all)
}
