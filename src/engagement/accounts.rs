//! An edition's account: who could have seen which story at which place, and who followed it.
//!
//! Copies from the ledger come in, each with what happened to it; the filter says which of that a
//! reader did; out come counts by wave, story and place. Opens say how many could have seen anything,
//! never which story they liked; clicks speak for their story. What programs did is kept apart and
//! counts for nothing. Events later than [`WINDOW_SECONDS`] after a copy left are left out, so that an
//! edition's account is the same whenever it is made after that.

use std::collections::BTreeMap;

use super::filter::{self, Event, Kind, Label, Mailbox, Reason};
use super::store::{self, Anonymous, Copy, Happened, Settlement};
use super::{Agent, EventKind};
use crate::database::{self, Conn, Database, Error};
use crate::edition::slates::Variant;
use crate::edition::{Edition, Status};
use crate::ranking;
use crate::tracking::Tracking;
use crate::units::number;

mod hours;
mod subjects;

pub use hours::{Hour, Moment};
pub use subjects::subjects;

/// What happens to a copy later than this after it left does not count any more.
pub const WINDOW_SECONDS: i64 = 48 * 3600;
/// An edition that is still not at its end so long after it was queued is accounted for as it is.
const ABANDONED_SECONDS: i64 = 4 * 86_400;
/// Of a story at a place that fewer copies hold, clicks without identity are not told.
const FEWEST_COPIES: u64 = 10;
/// Copies read from the ledger at a time.
const PAGE: i64 = 2000;

/// What became of an edition, added up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Account {
    /// Who could have seen anything, by wave from 1; 0 are the readers kept on newest-first.
    pub waves: BTreeMap<u32, Wave>,
    /// Which story stood where.
    pub cells: BTreeMap<Place, Cell>,
    /// When copies left and when readers first did something; nothing in accounts that were settled before
    /// this was kept.
    pub hours: BTreeMap<Moment, Hour>,
}

/// A story's place in the copies of a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The wave, as in [`Account::waves`].
    pub wave: u32,
    /// The story's link in the edition.
    pub link: u16,
    /// Its place in the copy, from 1 at the top.
    pub position: u32,
}

/// The copies of one wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wave {
    /// When the first of them left, Unix seconds.
    pub sent_at: i64,
    /// How many.
    pub recipients: u64,
    /// Of these, those whose readers may be counted.
    pub counted: u64,
    /// Of these, those whose opens can be seen.
    pub visible: u64,
    /// Of these, those that were opened.
    pub opens: u64,
    /// Copies whose reader showed a sign of reading, by pictures or a link.
    pub signs: u64,
    /// Copies whose pictures a privacy proxy loaded, and whose readers showed no other sign.
    pub proxied: u64,
    /// Copies of which a program loaded pictures or followed links.
    pub machines: u64,
}

/// How many read a wave, and what is not known of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Readership {
    /// Share of the copies that were read, 0..1.
    pub rate: f64,
    /// Half the width of the interval that holds the rate nine times in ten, as far as chance goes.
    pub spread: f64,
}

impl Cell {
    /// Share of the copies that were read; `usual` is the wave's.
    #[must_use]
    pub fn rate(&self, usual: f64) -> f64 {
        rate(self.visible, self.opens, usual)
    }
}

/// Share of copies that were read, from those whose opens can be seen.
fn rate(visible: u64, opens: u64, usual: f64) -> f64 {
    if visible == 0 {
        return usual;
    }
    ranking::readers(number(visible), number(opens), usual) / number(visible)
}

impl Wave {
    /// How many read it, from those whose opens can be seen; `usual` is the rate to expect.
    ///
    /// Readers behind a privacy proxy are taken to read as much as the others, which nobody can check.
    #[must_use]
    pub fn readership(&self, usual: f64) -> Readership {
        let visible = number(self.visible);
        let rate = rate(self.visible, self.opens, usual);
        // Of a binomial share, with the thirty copies the usual rate weighs.
        let deviation = (rate * (1.0 - rate) / (visible + 31.0)).max(0.0).sqrt();
        Readership {
            rate,
            spread: 1.645 * deviation,
        }
    }
}

/// The copies in which a story stood at one place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cell {
    /// How many.
    pub recipients: u64,
    /// Of these, those whose readers may be counted.
    pub counted: u64,
    /// Of these, those whose opens can be seen.
    pub visible: u64,
    /// Of these, those that were opened: who gets a story again is who opens seldom.
    pub opens: u64,
    /// Readers who followed the story.
    pub people: u64,
    /// How much of that is believed.
    pub credit: f64,
    /// Copies in which only programs followed it.
    pub machines: u64,
}

impl Account {
    /// Adds one copy; its mailbox becomes what it is after this edition.
    pub fn add(&mut self, placed: &[(u16, u32)], wave: u32, copy: &Copy, mailbox: &mut Mailbox) {
        let read = copy.is_counted.then(|| Read::of(copy, mailbox));
        let counts = u64::from(copy.is_counted);
        let (visible, opens) = read.as_ref().map_or((0, 0), |read| read.opens(copy));
        let found = self.wave(wave, copy.sent_at);
        found.recipients += 1;
        found.counted += counts;
        if let Some(read) = &read {
            read.count(copy, found);
        }
        for &(link, position) in placed {
            let place = Place {
                wave,
                link,
                position,
            };
            let cell = self.cells.entry(place).or_default();
            cell.recipients += 1;
            cell.counted += counts;
            cell.visible += visible;
            cell.opens += opens;
        }
        let left = self.hour(&copy.service, copy.sent_at);
        left.sent += 1;
        left.counted += counts;
        if let Some(read) = &read {
            self.credit(placed, wave, read);
            let (sign, click) = read.firsts();
            if let Some(seconds) = sign {
                self.hour(&copy.service, copy.sent_at + seconds).opens += 1;
            }
            if let Some(seconds) = click {
                self.hour(&copy.service, copy.sent_at + seconds).clicks += 1;
            }
        }
    }

    fn hour(&mut self, service: &str, at: i64) -> &mut Hour {
        let moment = Moment {
            hour: at.div_euclid(3600),
            service: service.to_owned(),
        };
        self.hours.entry(moment).or_default()
    }

    /// A wave, of which a copy left at an instant.
    fn wave(&mut self, number: u32, sent_at: i64) -> &mut Wave {
        let wave = self.waves.entry(number).or_insert(Wave {
            sent_at,
            ..Wave::default()
        });
        wave.sent_at = wave.sent_at.min(sent_at);
        wave
    }

    fn credit(&mut self, placed: &[(u16, u32)], wave: u32, read: &Read) {
        let place = |link: usize| {
            let standing = placed.iter().find(|(own, _)| usize::from(*own) == link)?;
            Some(Place {
                wave,
                link: standing.0,
                position: standing.1,
            })
        };
        for credit in &read.judged.credits {
            if let Some(place) = place(credit.story) {
                self.cells.entry(place).or_default().credit += credit.weight;
            }
        }
        for (link, is_human) in read.followed() {
            if let Some(place) = place(link) {
                let cell = self.cells.entry(place).or_default();
                if is_human {
                    cell.people += 1;
                } else {
                    cell.machines += 1;
                }
            }
        }
    }

    /// What was done with copies that carry no identity, as another account to merge: each time counts,
    /// because nobody knows whose it was. Places that no copy has were made up.
    fn anonymous(&self, events: &[(Anonymous, u64)]) -> Self {
        let mut found = Self::default();
        for (event, hits) in events {
            let Some(known) = self.waves.get(&event.wave) else {
                continue;
            };
            let wave = found.wave(event.wave, known.sent_at);
            let EventKind::Click(link) = event.kind else {
                match event.agent {
                    Agent::Scanner => wave.machines += hits,
                    Agent::PrivacyProxy => wave.proxied += hits,
                    Agent::Person | Agent::ImageProxy | Agent::Unknown => wave.signs += hits,
                }
                continue;
            };
            let place = Place {
                wave: event.wave,
                link,
                position: event.position,
            };
            // Of fewer copies nothing is told: it could be said whose they are.
            let copies = self.cells.get(&place).map_or(0, |cell| cell.recipients);
            if copies < FEWEST_COPIES {
                continue;
            }
            let cell = found.cells.entry(place).or_default();
            match event.agent {
                Agent::PrivacyProxy | Agent::ImageProxy | Agent::Scanner => cell.machines += hits,
                Agent::Person | Agent::Unknown => {
                    cell.people += hits;
                    cell.credit += number(*hits);
                }
            }
        }
        found
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (number, more) in &other.waves {
            let wave = self.wave(*number, more.sent_at);
            wave.recipients += more.recipients;
            wave.counted += more.counted;
            wave.visible += more.visible;
            wave.opens += more.opens;
            wave.signs += more.signs;
            wave.proxied += more.proxied;
            wave.machines += more.machines;
        }
        for (place, more) in &other.cells {
            let cell = self.cells.entry(*place).or_default();
            cell.recipients += more.recipients;
            cell.counted += more.counted;
            cell.visible += more.visible;
            cell.opens += more.opens;
            cell.people += more.people;
            cell.credit += more.credit;
            cell.machines += more.machines;
        }
        for (moment, more) in &other.hours {
            let hour = self.hours.entry(moment.clone()).or_default();
            hour.sent += more.sent;
            hour.counted += more.counted;
            hour.opens += more.opens;
            hour.clicks += more.clicks;
        }
    }
}

/// One copy's events with the filter's verdicts.
struct Read {
    events: Vec<Event>,
    judged: filter::Judged,
    /// A proxy loaded the pictures of this copy.
    is_proxied: bool,
}

impl Read {
    fn of(copy: &Copy, mailbox: &mut Mailbox) -> Self {
        let mut events: Vec<Event> = copy
            .happened
            .iter()
            .flat_map(|happened| events_of(happened, copy.sent_at))
            .collect();
        events.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let judged = filter::judge(&events, std::slice::from_mut(mailbox));
        let is_proxied = events.iter().any(filter::is_proxied);
        Self {
            events,
            judged,
            is_proxied,
        }
    }

    /// Whether the copy's opens can be seen, and whether it was opened, as numbers.
    fn opens(&self, copy: &Copy) -> (u64, u64) {
        let (visible, opens) = self.judged.opens();
        let count = |count: usize| u64::try_from(count).unwrap_or(0);
        if copy.has_pixel {
            (count(visible), count(opens))
        } else {
            (0, 0)
        }
    }

    fn has_sign(&self) -> bool {
        self.judged
            .verdicts
            .iter()
            .any(|(label, _)| *label == Label::Human)
    }

    /// Seconds until the reader's first sign of reading, and until the first link they followed.
    fn firsts(&self) -> (Option<i64>, Option<i64>) {
        let verdicts = self.judged.verdicts.iter();
        let by_reader = self.events.iter().zip(verdicts);
        let mut by_reader = by_reader.filter(|(_, (label, _))| *label == Label::Human);
        #[expect(clippy::cast_possible_truncation, reason = "at most two days")]
        let seconds = |event: &Event| event.seconds as i64;
        let is_click = |event: &Event| matches!(event.kind, Kind::Click(_));
        // In the order of time.
        let Some((first, _)) = by_reader.next() else {
            return (None, None);
        };
        let click = if is_click(first) {
            Some(first)
        } else {
            by_reader.map(|(event, _)| event).find(|it| is_click(it))
        };
        (Some(seconds(first)), click.map(seconds))
    }

    fn count(&self, copy: &Copy, wave: &mut Wave) {
        let (visible, opens) = self.opens(copy);
        wave.visible += visible;
        wave.opens += opens;
        wave.signs += u64::from(self.has_sign());
        wave.proxied += u64::from(self.is_proxied && !self.has_sign());
        let is_machine = |(label, reason): &(Label, Reason)| {
            *label == Label::Machine && *reason != Reason::Proxy
        };
        wave.machines += u64::from(self.judged.verdicts.iter().any(is_machine));
    }

    /// The links that were followed, each once, and whether by a reader.
    fn followed(&self) -> BTreeMap<usize, bool> {
        let mut followed = BTreeMap::new();
        for (event, (label, _)) in self.events.iter().zip(&self.judged.verdicts) {
            if let Kind::Click(link) = event.kind {
                *followed.entry(link).or_insert(false) |= *label == Label::Human;
            }
        }
        followed
    }
}

/// The first and the last time of what the table keeps in one row, within the window.
fn events_of(happened: &Happened, sent_at: i64) -> impl Iterator<Item = Event> {
    let kind = match happened.kind {
        EventKind::Click(link) => Kind::Click(usize::from(link)),
        EventKind::Open | EventKind::Unsubscribe => Kind::Open,
    };
    let agent = happened.agent;
    let times = [
        Some(happened.first_at),
        (happened.last_at > happened.first_at).then_some(happened.last_at),
    ];
    let after = move |at: i64| at.saturating_sub(sent_at);
    times
        .into_iter()
        .flatten()
        .map(after)
        .filter(|seconds| *seconds <= WINDOW_SECONDS)
        .map(move |seconds| Event {
            mailbox: 0,
            #[expect(clippy::cast_precision_loss, reason = "at most two days")]
            seconds: seconds as f64,
            kind,
            agent,
            headers_only: false,
        })
}

/// Whether a reader showed a sign of reading this copy.
#[must_use]
pub fn was_read(copy: &Copy) -> bool {
    let mut mailbox = copy.mailbox;
    copy.is_counted && Read::of(copy, &mut mailbox).has_sign()
}

/// The places of an edition's copies, worked out once for everybody who gets a whole list.
struct Places<'a> {
    edition: &'a Edition,
    whole: BTreeMap<u32, Vec<(u16, u32)>>,
}

impl<'a> Places<'a> {
    fn new(edition: &'a Edition) -> Self {
        Self {
            edition,
            whole: BTreeMap::new(),
        }
    }

    fn of(&mut self, variant: &Variant) -> Vec<(u16, u32)> {
        let placed = |variant: &Variant| -> Vec<(u16, u32)> {
            if self.edition.frame.tracking == Tracking::Aggregate {
                return self.edition.nominal(variant);
            }
            let placed = self.edition.copy(variant);
            placed
                .iter()
                .map(|placed| (placed.entry.link, placed.position))
                .collect()
        };
        if !variant.skipped.is_empty() {
            return placed(variant);
        }
        let whole = self.whole.entry(variant.slate);
        whole.or_insert_with(|| placed(variant)).clone()
    }
}

/// An edition's account as of an instant: what is kept of it, or else what its copies say now.
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn of(conn: &mut Conn, edition: &Edition, at: i64) -> Result<Account, Error> {
    let kept = store::settlement(conn, &edition.id).await?;
    if kept.is_some_and(|kept| kept.settled_at.is_some()) {
        return store::account(conn, &edition.id).await;
    }
    let mut account = Account::default();
    let mut places = Places::new(edition);
    let mut after = String::new();
    loop {
        let page = store::copies_after(conn, &edition.id, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.delivery);
        for mut copy in page.into_iter().filter(|copy| copy.sent_at <= at) {
            until(&mut copy, at);
            let mut mailbox = copy.mailbox;
            add(&mut account, edition, &mut places, &copy, &mut mailbox);
        }
    }
    let anonymous = store::anonymous(conn, &edition.id).await?;
    let more = account.anonymous(&anonymous);
    account.merge(&more);
    Ok(account)
}

fn add(
    account: &mut Account,
    edition: &Edition,
    places: &mut Places<'_>,
    copy: &Copy,
    mailbox: &mut Mailbox,
) {
    let placed = places.of(&copy.variant);
    let wave = edition.slates.wave_of(copy.variant.slate);
    if edition.frame.tracking == Tracking::Full {
        account.add(&placed, wave, copy, mailbox);
        return;
    }
    // Nobody is known to have done anything; without links of ours nothing can be learned at all.
    let copy = Copy {
        has_pixel: false,
        is_counted: copy.is_counted && edition.frame.tracking == Tracking::Aggregate,
        happened: Vec::new(),
        ..copy.clone()
    };
    account.add(&placed, wave, &copy, &mut mailbox.clone());
}

/// Leaves out what happened later.
fn until(copy: &mut Copy, at: i64) {
    copy.happened.retain(|happened| happened.first_at <= at);
    for happened in &mut copy.happened {
        if happened.last_at > at {
            happened.last_at = happened.first_at;
        }
    }
}

/// Whether nothing that happens to an edition from now on can change its account.
#[must_use]
pub fn is_over(edition: &Edition, last_sent_at: Option<i64>, now: i64) -> bool {
    let Some(enqueued_at) = edition.enqueued_at else {
        return edition.status == Status::Cancelled;
    };
    let has_ended = matches!(edition.status, Status::Sent | Status::Cancelled);
    let last = last_sent_at.unwrap_or(enqueued_at.as_second());
    (has_ended && now > last + WINDOW_SECONDS)
        || now > enqueued_at.as_second() + ABANDONED_SECONDS + WINDOW_SECONDS
}

/// Puts an edition's account where it stays; safe to repeat, to kill, to run twice.
///
/// The caller has made sure that the edition [is over](is_over).
///
/// # Errors
/// When the database refuses or a row is not ours.
pub async fn settle(database: &Database, edition: &Edition, now: i64) -> Result<(), Error> {
    while !settle_page(database, edition, now, PAGE).await? {}
    Ok(())
}

/// Accounts for the next copies, `page` of them at most, in one transaction; true if that was all.
///
/// # Errors
/// As [`settle`]; then nothing of this page is kept.
pub async fn settle_page(
    database: &Database,
    edition: &Edition,
    now: i64,
    page: i64,
) -> Result<bool, Error> {
    let mut transaction = database.begin_write().await?;
    let done = store::take_settlement(&mut transaction, &edition.id).await?;
    if done.settled_at.is_some() {
        database::commit(transaction).await?;
        return Ok(true);
    }
    let copies = store::copies_after(&mut transaction, &edition.id, &done.through, page).await?;
    let mut account = Account::default();
    let mut places = Places::new(edition);
    for copy in &copies {
        let mut mailbox = copy.mailbox;
        add(&mut account, edition, &mut places, copy, &mut mailbox);
        if let Some(subscriber) = copy.subscriber.filter(|_| mailbox != copy.mailbox) {
            store::put_mailbox(&mut transaction, subscriber, &mailbox).await?;
        }
    }
    let next = if let Some(last) = copies.last() {
        Settlement {
            through: last.delivery.clone(),
            settled_at: None,
        }
    } else {
        let whole = store::account(&mut transaction, &edition.id).await?;
        let anonymous = store::anonymous(&mut transaction, &edition.id).await?;
        account = whole.anonymous(&anonymous);
        Settlement {
            settled_at: Some(now),
            ..done
        }
    };
    store::add_account(&mut transaction, &edition.id, &account).await?;
    store::put_settlement(&mut transaction, &edition.id, &next).await?;
    database::commit(transaction).await?;
    Ok(next.settled_at.is_some())
}
