//! Page views counted outside: by an analytics program, or by the web server in its log.
//!
//! In come lines, out come views per article and UTC day ([`Views`]) with an account of every line.
//! Streamed: a log of gigabytes takes no more memory than its visitors of half an hour. Only pages of
//! known articles count. `store.rs` keeps the result so that nothing is ever counted twice:
//!
//! - a table says what a day's views *are*: they replace what the same table said before;
//! - a log may hold a part of a day only: the larger count of a day stands. A day that lies in two
//!   files is counted whole when both are read in one import, and a little low when they are not.

mod access_log;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use url::Url;

use crate::articles::{ArticleId, Canonical};

use access_log::Visitors;

/// What the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// `url,views[,date]`.
    Table,
    /// An access log in the common or combined format.
    Log,
}

impl Lines {
    /// Its name in reports and, as the origin of views, in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "csv",
            Self::Log => "log",
        }
    }
}

/// What a count is made with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What paths are relative to: the site's front page.
    pub base: Url,
    /// The present instant, Unix seconds: nothing was seen after it.
    pub now: i64,
    /// The day of rows without a date; without one, the day their article was published.
    pub day: Option<i64>,
    /// What the lines are; without it the first line tells.
    pub lines: Option<Lines>,
}

/// What became of the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Lines that hold something.
    pub read: u64,
    /// Lines that count.
    pub counted: u64,
    /// Page views they stand for.
    pub views: u64,
    /// Requests by programs: named so, without a name, or for the headers only.
    pub robots: u64,
    /// The same visitor on the same article within half an hour.
    pub repeated: u64,
    /// Requests that were no successful GET.
    pub ignored: u64,
    /// Addresses that are no known article.
    pub unknown: u64,
    /// Lines that cannot be read.
    pub refused: u64,
    /// The first of these, with their numbers.
    pub errors: Vec<String>,
}

const MOST_ERRORS: usize = 10;

impl Account {
    fn refuse(&mut self, line: u64, why: &str) {
        self.refused += 1;
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(format!("line {line}: {why}"));
        }
    }
}

/// Views of one article on one day, Unix days.
pub type Views = BTreeMap<(ArticleId, i64), u64>;

/// Counts lines of one or more files.
#[derive(Debug)]
pub struct Counter {
    settings: Settings,
    /// The known articles and the day each was published.
    known: HashMap<ArticleId, i64>,
    /// What addresses lead to: the same few are asked for again and again.
    addresses: HashMap<String, Option<ArticleId>>,
    visitors: Visitors,
    account: Account,
    views: Views,
    lines: Option<Lines>,
}

/// Longer lines are attacks on somebody, and no views.
const LINE_BYTES: u64 = 64 * 1024;
const MOST_ADDRESSES: usize = 50_000;
/// More is no count of this world, and sums have to fit.
const MOST_VIEWS: u64 = 1_000_000_000_000;

impl Counter {
    /// A counter that knows these articles and when each was published, Unix seconds.
    #[must_use]
    pub fn new(settings: Settings, known: impl IntoIterator<Item = (ArticleId, i64)>) -> Self {
        let known = known.into_iter();
        Self {
            lines: settings.lines,
            settings,
            known: known.map(|(id, at)| (id, day_of(at))).collect(),
            addresses: HashMap::new(),
            visitors: Visitors::default(),
            account: Account::default(),
            views: Views::new(),
        }
    }

    /// Counts one file, unpacked if its first bytes say that it is packed.
    ///
    /// # Errors
    /// When the input breaks off; what was counted until then is no whole file and not to be stored.
    pub fn read(&mut self, input: impl Read) -> io::Result<()> {
        let before = std::mem::take(&mut self.views);
        let read = self.read_packed(input);
        let found = std::mem::replace(&mut self.views, before);
        for (key, views) in found {
            let known = self.views.entry(key).or_default();
            // A table says what the views of a day are; a log holds a part of them.
            *known = match self.lines {
                Some(Lines::Log) => known.saturating_add(views).min(MOST_VIEWS),
                Some(Lines::Table) | None => views,
            };
        }
        read
    }

    fn read_packed(&mut self, input: impl Read) -> io::Result<()> {
        let mut input = BufReader::with_capacity(64 * 1024, input);
        if input.fill_buf()?.starts_with(b"\x1f\x8b") {
            return self.read_lines(BufReader::new(MultiGzDecoder::new(input)));
        }
        self.read_lines(input)
    }

    fn read_lines(&mut self, mut input: impl BufRead) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut number = 0;
        let mut columns = None;
        loop {
            bytes.clear();
            let mut beginning = input.by_ref().take(LINE_BYTES);
            if beginning.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(());
            }
            number += 1;
            let cut = !bytes.ends_with(b"\n") && bytes.len() as u64 == LINE_BYTES;
            if cut {
                input.skip_until(b'\n')?;
            }
            let line = String::from_utf8_lossy(&bytes);
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let lines = *self.lines.get_or_insert_with(|| told_by(line));
            if lines == Lines::Table && columns.is_none() {
                let (found, is_header) = table::Columns::of(line);
                columns = Some(found);
                if is_header {
                    continue;
                }
            }
            self.account.read += 1;
            match (lines, &columns) {
                _ if cut => self.account.refuse(number, "is longer than 64 KB"),
                (Lines::Table, Some(columns)) => self.row(number, line, columns),
                (Lines::Table | Lines::Log, _) => self.request(number, line),
            }
        }
    }

    fn row(&mut self, number: u64, line: &str, columns: &table::Columns) {
        let row = match columns.read(line) {
            Ok(row) => row,
            Err(why) => return self.account.refuse(number, &why),
        };
        let today = day_of(self.settings.now);
        if row.day.is_some_and(|day| day > today + 1) {
            return self.account.refuse(number, "its date lies in the future");
        }
        if row.views > MOST_VIEWS {
            return self
                .account
                .refuse(number, "its views are no number of people");
        }
        let Some(id) = self.article(&row.address) else {
            self.account.unknown += 1;
            return;
        };
        let published = self.known.get(&id).copied();
        let day = row.day.or(self.settings.day).or(published);
        self.add(id, day.unwrap_or(today), row.views);
    }

    fn request(&mut self, number: u64, line: &str) {
        let Some(request) = access_log::read(line) else {
            // Time-outs and handshakes of other protocols are logged without a request.
            if line.contains("] \"") {
                self.account.ignored += 1;
            } else {
                self.account.refuse(number, "is no line of an access log");
            }
            return;
        };
        if request.is_robot() {
            self.account.robots += 1;
            return;
        }
        if !request.is_view() {
            self.account.ignored += 1;
            return;
        }
        if request.at > self.settings.now + 86_400 {
            return self.account.refuse(number, "its time lies in the future");
        }
        let Some(id) = self.article(request.address) else {
            self.account.unknown += 1;
            return;
        };
        if self.visitors.was_here(&request, &id) {
            self.account.repeated += 1;
            return;
        }
        self.add(id, day_of(request.at), 1);
    }

    fn add(&mut self, id: ArticleId, day: i64, views: u64) {
        self.account.counted += 1;
        let sum = self.views.entry((id, day)).or_default();
        *sum = sum.saturating_add(views).min(MOST_VIEWS);
    }

    /// The known article an address leads to.
    fn article(&mut self, address: &str) -> Option<ArticleId> {
        if let Some(found) = self.addresses.get(address) {
            return found.clone();
        }
        let url = self.settings.base.join(address).ok();
        let web = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let id = web.map(|url| Canonical::of(&url).id());
        let found = id.filter(|id| self.known.contains_key(id));
        if self.addresses.len() >= MOST_ADDRESSES {
            self.addresses.clear();
        }
        self.addresses.insert(address.to_owned(), found.clone());
        found
    }

    /// What was counted, what became of the lines, and what they were; [`Lines::Table`] for none.
    #[must_use]
    pub fn end(mut self) -> (Views, Account, Lines) {
        self.account.views = self.views.values().sum();
        let lines = self.lines.unwrap_or(Lines::Table);
        (self.views, self.account, lines)
    }
}

/// A line of a log has its instant in brackets and its request in quotes.
fn told_by(line: &str) -> Lines {
    if access_log::read(line).is_some() || line.contains("] \"") {
        Lines::Log
    } else {
        Lines::Table
    }
}

fn day_of(seconds: i64) -> i64 {
    seconds.div_euclid(86_400)
}

/// The Unix day of a date such as "2026-11-23".
#[must_use]
pub fn parse_day(text: &str) -> Option<i64> {
    let forms = ["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%Y/%m/%d"];
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(day_of(at.as_second()));
    }
    let date = forms
        .iter()
        .find_map(|form| Date::strptime(form, text).ok())?;
    let midnight = date.to_zoned_datetime(TimeZone::UTC).ok()?;
    Some(day_of(midnight.timestamp().as_second()))
}

#[cfg(test)]
mod tests;
