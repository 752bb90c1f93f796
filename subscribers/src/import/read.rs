//! Bytes of a CSV file to rows: streaming, and never stopped by a bad row.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{Chain, Cursor, Read};

use super::{
    ImportError, Person, Restored, Row, Standing,
    columns::{Columns, Layout, OurColumns},
    encoding::{Utf8, decoded},
    head::{delimiter, head, names_delimiter},
    lines::Lines,
    members,
    objects::Objects,
    words,
};
use crate::{
    Dates, EmailAddress, Format, How, Preferences, Reason, Suppression, export, mailbox, text,
};

/// Longest address cell shown in a verdict, in characters.
const MAX_SHOWN: usize = 254;
const MAX_NAME: usize = 100;
/// Rows that are looked at before the first is told, for what their columns hold.
const AHEAD: usize = 1000;
/// Longest instant kept, in characters.
const MAX_INSTANT: usize = 40;

/// The rows of one file; memory for one row at a time.
pub struct Rows<R: Read> {
    source: Source<R>,
    layout: Layout,
    broken: Option<Broken>,
    /// Rows of a line that was told already.
    later: VecDeque<Row>,
}

/// Where a file could not be read any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line.
    pub line: u64,
    /// Why.
    pub reason: String,
}

type Text<R> = Utf8<Chain<Cursor<Vec<u8>>, R>>;

enum Source<R: Read> {
    Csv {
        reader: Box<csv::Reader<Lines<Text<R>>>>,
        /// The row that was read last; its memory is that of the next one.
        record: csv::ByteRecord,
        columns: Box<Columns>,
        /// Rows that were looked at already.
        ahead: Ahead,
    },
    Json {
        objects: Objects<Text<R>>,
        last: Box<LastColumns>,
    },
}

/// Begins to read a file whose layout is told from its beginning; see [`read_as`].
///
/// # Errors
/// When there is no header with a column for the address.
pub fn read<R: Read>(file: R) -> Result<Rows<R>, ImportError> {
    read_as(file, Layout::Auto)
}

/// Begins to read a file: JSON objects, or CSV with `,`, `;`, tab or `|` between its cells.
///
/// The header may hold, in any order and case, `email`, `name` or `first name` and `last name`,
/// `status`, `digests`, `format`, `counting`, and columns that tell who left; others are ignored.
/// A list of bare addresses needs none. UTF-16 is known by its first bytes; rows that are not UTF-8
/// are read as Windows-1252, which spreadsheets write.
///
/// # Errors
/// When there is no header with a column for the address.
pub fn read_as<R: Read>(mut file: R, layout: Layout) -> Result<Rows<R>, ImportError> {
    let (head, encoding) = head(&mut file)?;
    let named = names_delimiter(&head).filter(|byte| b",;\t|".contains(byte));
    let delimiter = named.unwrap_or_else(|| delimiter(&head));
    let begins = head
        .iter()
        .find(|byte| !byte.is_ascii_whitespace() && !b"\xff\xfe\0".contains(byte));
    let is_json = matches!(begins, Some(b'{' | b'['));
    let text = Utf8::new(Cursor::new(head).chain(file), encoding);
    if is_json || layout == Layout::Json {
        return Ok(Rows {
            source: Source::Json {
                objects: Objects::new(text),
                last: Box::default(),
            },
            layout,
            broken: None,
            later: VecDeque::new(),
        });
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(Lines::new(text));
    let mut header = next_row(&mut reader)?;
    if names_delimiter(header.as_slice()).is_some() {
        header = next_row(&mut reader)?;
    }
    let cells = decoded(&header);
    let is_bare = matches!(cells.as_slice(), [only] if EmailAddress::parse(only.trim()).is_ok());
    let (mut columns, first) = if is_bare {
        (Columns::bare(), Some(header))
    } else {
        (
            Columns::find(cells.iter().map(AsRef::as_ref), layout)?,
            None,
        )
    };
    let mut ahead: Ahead = first.map(|record| Ok((1, record))).into_iter().collect();
    look_ahead(&mut columns, (&mut reader, &mut ahead), layout);
    Ok(Rows {
        source: Source::Csv {
            reader: Box::new(reader),
            record: csv::ByteRecord::new(),
            columns: Box::new(columns),
            ahead,
        },
        layout,
        broken: None,
        later: VecDeque::new(),
    })
}

/// Looks at the rows that follow, up to the header of another list.
fn look_ahead<R: Read>(
    columns: &mut Columns,
    (reader, ahead): (&mut csv::Reader<R>, &mut Ahead),
    layout: Layout,
) {
    while ahead.len() < AHEAD
        && ahead.back().is_none_or(Result::is_ok)
        && let mut record = csv::ByteRecord::new()
        && let Some(found) = next_record(reader, &mut record)
    {
        ahead.push_back(found.map(|line| (line, record)));
    }
    let mut rows = Vec::new();
    for (_, record) in ahead.iter().filter_map(|found| found.as_ref().ok()) {
        let cells = decoded(record);
        if record.as_slice().contains(&b'@') {
            rows.push(cells);
        } else if let Some(other) = columns.header_again(cells.iter().map(AsRef::as_ref), layout)
            && !other.is_like(columns)
        {
            break;
        }
    }
    columns.look_ahead(&rows);
}

fn next_row<R: Read>(reader: &mut csv::Reader<R>) -> Result<csv::ByteRecord, ImportError> {
    let mut row = csv::ByteRecord::new();
    match reader.read_byte_record(&mut row) {
        Ok(false) => Err(ImportError::Empty),
        Err(error) => Err(ImportError::Read(error.into())),
        Ok(true) => Ok(row),
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if let Some(row) = self.later.pop_front() {
            return Some(row);
        }
        if self.broken.is_some() {
            return None;
        }
        let layout = self.layout;
        let later = &mut self.later;
        let next = match &mut self.source {
            Source::Csv {
                reader,
                record,
                columns,
                ahead,
            } => loop {
                let found = match ahead.pop_front() {
                    Some(found) => Some(found.map(|(line, first)| {
                        *record = first;
                        line
                    })),
                    None => next_record(reader, record),
                };
                // A row without an address may be the header of another file that was put behind this one.
                if let Some(Ok(_)) = &found
                    && !record.as_slice().contains(&b'@')
                    && let cells = decoded(record)
                    && let Some(other) =
                        columns.header_again(cells.iter().map(AsRef::as_ref), layout)
                {
                    if !other.is_like(columns) {
                        **columns = other;
                        look_ahead(columns, (reader, ahead), layout);
                    }
                    continue;
                }
                break found.map(|found| found.map(|line| row((columns, later), record, line)));
            },
            Source::Json { objects, last } => objects
                .next()
                .map(|found| found.map(|(line, object)| from_json(&object, line, layout, last))),
        };
        match next? {
            Ok(row) => Some(row),
            // What cannot be read now will not be read by asking again, and asking for ever would never end.
            Err((line, reason)) => {
                self.broken = Some(Broken { line, reason });
                None
            }
        }
    }
}

impl<R: Read> Rows<R> {
    /// The columns of a table whose names mean nothing to us: one may say who left in words we do not know.
    #[must_use]
    pub fn ignored(&self) -> Vec<String> {
        match &self.source {
            Source::Csv { columns, .. } => columns.ignored(),
            Source::Json { .. } => Vec::new(),
        }
    }

    /// Where and why the rows ended before the file did, if they did.
    #[must_use]
    pub fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }
}

type Found<T> = Result<T, (u64, String)>;
/// Rows that were read already, with their lines.
type Ahead = VecDeque<Found<(u64, csv::ByteRecord)>>;

/// Reads the next row; the line it begins on.
fn next_record<R: Read>(
    reader: &mut csv::Reader<R>,
    record: &mut csv::ByteRecord,
) -> Option<Found<u64>> {
    let before = reader.position().line();
    match reader.read_byte_record(record) {
        Ok(true) => {
            // The reader's own number is that of the empty lines before the row.
            let after = reader.position().line();
            let lines = line_ends(record) + 1;
            Some(Ok(after.saturating_sub(lines).max(before)))
        }
        Ok(false) => None,
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            Some(Err((line, error.to_string())))
        }
    }
}

/// The line ends inside of the cells.
fn line_ends(record: &csv::ByteRecord) -> u64 {
    let bytes = record.as_slice().iter();
    let count = bytes.filter(|&&byte| byte == b'\n').count();
    u64::try_from(count).unwrap_or_default()
}

fn refused(line: u64, reason: String) -> Row {
    Row {
        line,
        written: None,
        person: Err(reason),
    }
}

/// The row of a line, and those of the lines it swallowed.
fn row(
    (columns, later): (&Columns, &mut VecDeque<Row>),
    record: &csv::ByteRecord,
    line: u64,
) -> Row {
    let cells = decoded(record);
    let cell = cells.get(columns.address).map_or("", |cell| cell.trim());
    let more = line_ends(record);
    if more > 0 {
        later.extend(swallowed(&cells, line));
    }
    let person = if later.is_empty() {
        person(columns, &cells)
    } else {
        let last = line + more;
        Err(format!(
            "lines {line} to {last} are one row, with addresses inside of a cell: a quote was not closed, and \
             nobody of these lines was read"
        ))
    };
    told(line, export::bare(cell), person)
}

/// A refused row for every address that stands on a later line inside of a cell: a quote that nobody closed makes one
/// cell of all lines up to the next one, and who is in them may have left.
fn swallowed(cells: &[Cow<'_, str>], first: u64) -> Vec<Row> {
    let mut line = first;
    let mut rows = Vec::new();
    for cell in cells {
        for (place, text) in cell.split('\n').enumerate() {
            line += u64::from(place > 0);
            let ends = |c: char| c.is_whitespace() || ",;|\"<>()".contains(c);
            let words = text.split(ends).filter(|word| word.contains('@'));
            rows.extend(words.filter(|_| place > 0).map(|word| Row {
                line,
                written: text::clean(word, MAX_SHOWN),
                person: Err(format!(
                    "it stands in the row of line {first}, whose quote was not closed"
                )),
            }));
        }
    }
    rows
}

/// The columns of the last object, for the next one with the same names.
#[derive(Default)]
struct LastColumns {
    names: Vec<String>,
    columns: Columns,
}

/// One object: its keys are the names of columns, and what they hold the cells.
fn from_json(object: &str, line: u64, layout: Layout, last: &mut LastColumns) -> Row {
    let (names, cells) = match members::flat(object) {
        Ok(found) => found,
        Err(error) => return refused(line, format!("this is no JSON object: {error}")),
    };
    if names != last.names || names.is_empty() {
        match Columns::find(names.iter().map(String::as_str), layout) {
            Err(error) => return refused(line, error.to_string()),
            Ok(columns) => *last = LastColumns { names, columns },
        }
    }
    let columns = &last.columns;
    let cells: Vec<Cow<'_, str>> = cells.into_iter().map(Cow::Owned).collect();
    let cell = cells.get(columns.address).map_or("", AsRef::as_ref);
    told(line, cell, person(columns, &cells))
}

fn told(line: u64, cell: &str, person: Result<Person, String>) -> Row {
    let is_address = |person: &Person| person.address.as_str() == cell;
    Row {
        line,
        written: match &person {
            Ok(person) if is_address(person) => None,
            Ok(_) | Err(_) => text::clean(cell, MAX_SHOWN),
        },
        person: person.map(Box::new),
    }
}

fn person(columns: &Columns, record: &[Cow<'_, str>]) -> Result<Person, String> {
    let cell = |at: Option<usize>| {
        let cell = at.and_then(|at| record.get(at));
        export::bare(cell.map_or("", |cell| cell.trim()))
    };
    let mut remarks = Vec::new();
    check_length(columns, record, &mut remarks)?;
    let mut standing = columns.standing(record.len(), &cell)?;
    let mut has_left = standing == Standing::Left
        || (matches!(standing, Standing::Blocked(_)) && columns.says_left(&cell));
    if let Some(ours) = &columns.ours {
        let block = cell(ours.suppression);
        // A spreadsheet writes days as its place has them, and nobody can tell which place that was.
        let days = [
            ours.created,
            ours.confirmed,
            ours.unsubscribed,
            ours.since,
            ours.until,
            columns.paused,
        ];
        let is_strange = |at: &&Option<usize>| {
            let cell = cell(**at);
            !cell.is_empty() && words::instant(cell).is_none()
        };
        if let Some(&at) = days.iter().find(is_strange) {
            return Err(format!(
                "{:?} is no instant as an export of ours has it; export the list again",
                cell(at)
            ));
        }
        if block.is_empty() && !(cell(ours.since).is_empty() && cell(ours.note).is_empty()) {
            return Err("it tells of a block without its reason".to_owned());
        }
        if !block.is_empty() && Reason::parse(block).is_none() {
            return Err(format!(
                "column \"suppression\": {block:?} is no reason that we know"
            ));
        }
        // The day tells, too, where the status was taken out.
        let gone = words::instant(cell(ours.unsubscribed)).is_some();
        has_left |= gone && !columns.has_word(&cell);
        if has_left && standing < Standing::Left {
            standing = Standing::Left;
        }
    }
    let (dressed, address) = undressed(cell(Some(columns.address)));
    let address =
        EmailAddress::parse(address).map_err(|why| format!("the address cannot be used: {why}"))?;
    let format = match cell(columns.format) {
        "" => None,
        word => words::format(word),
    };
    if format.is_none() && !cell(columns.format).is_empty() {
        remarks.push(format!(
            "the format {:?} is not one we know",
            cell(columns.format)
        ));
    }
    remarks.extend(mailbox::mark(&address).map(str::to_owned));
    let whole = match (cell(columns.first), cell(columns.last)) {
        ("", "") => String::new(),
        (first, last) => [first, last].join(" "),
    };
    let mut agreed = columns.agreed.iter().map(|&at| cell(Some(at)));
    let restored = columns
        .ours
        .as_ref()
        .map(|ours| restored(ours, (&address, standing), &cell));
    Ok(Person {
        has_left,
        name: [cell(columns.name), &whole, dressed]
            .into_iter()
            .find_map(|name| text::clean(name, MAX_NAME)),
        standing,
        preferences: preferences(columns, &cell, format),
        agreed: agreed
            .find(|at| at.starts_with(|c: char| c.is_ascii_digit()))
            .and_then(|at| text::clean(at, MAX_INSTANT)),
        restored,
        remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
        address,
    })
}

/// What they chose, if it is anything.
fn preferences<'a>(
    columns: &Columns,
    cell: &impl Fn(Option<usize>) -> &'a str,
    format: Option<Format>,
) -> Option<Box<Preferences>> {
    if format.is_none() && !columns.have_choices() {
        return None;
    }
    let chosen = Preferences {
        digests: words::digests(cell(columns.digests)).unwrap_or_default(),
        topics: words::topics(cell(columns.topics)).unwrap_or_default(),
        format: format.unwrap_or_default(),
        counting: words::counting(cell(columns.counting)).unwrap_or_default(),
        time_zone: words::time_zone(cell(columns.time_zone)),
        language: words::language(cell(columns.language)),
        paused_until: words::instant(cell(columns.paused)),
    };
    (chosen != Preferences::default()).then(|| Box::new(chosen))
}

/// Name and address in a cell such as `Ann <ann@example.org>` or `mailto:ann@example.org`.
pub(super) fn undressed(cell: &str) -> (&str, &str) {
    let inside = cell.strip_suffix('>').and_then(|it| it.rsplit_once('<'));
    let (name, address) = inside.unwrap_or(("", cell));
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    (name.trim().trim_matches('"'), address.trim())
}

/// What an export of ours says beside the rest.
fn restored<'a>(
    ours: &OurColumns,
    (address, standing): (&EmailAddress, Standing),
    cell: &impl Fn(Option<usize>) -> &'a str,
) -> Box<Restored> {
    let instant = |at| words::instant(cell(at));
    let reason = match standing {
        Standing::Blocked(said) => Some(Reason::parse(cell(ours.suppression)).unwrap_or(said)),
        _ => Reason::parse(cell(ours.suppression)),
    };
    let block = reason.map(|reason| Suppression {
        until: instant(ours.until),
        note: cell(ours.note).to_owned(),
        ..Suppression::new(address, reason, instant(ours.since).unwrap_or_default())
    });
    Box::new(Restored {
        dates: instant(ours.created).map(|created_at| Dates {
            created_at,
            confirmed_at: instant(ours.confirmed),
            unsubscribed_at: instant(ours.unsubscribed),
        }),
        origin: How::parse(cell(ours.origin)),
        block,
    })
}

/// Refuses a row whose cells do not tell whether the person left: in a row that is too long or too
/// short they may stand under another column's name.
fn check_length(
    columns: &Columns,
    record: &[Cow<'_, str>],
    remarks: &mut Vec<String>,
) -> Result<(), String> {
    let (count, expected) = (record.len(), columns.count);
    let extra = record
        .iter()
        .skip(expected)
        .any(|cell| !cell.trim().is_empty());
    if count == expected || (count > expected && !extra) {
        return Ok(());
    }
    let found = format!("the row has {count} cells where the header has {expected}");
    match columns.last_telling() {
        Some(at) if extra || at >= count => Err(found),
        _ => {
            remarks.push(found);
            Ok(())
        }
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
