//! Bytes of a CSV file to rows: streaming, and never stopped by a bad row.

use std::borrow::Cow;
use std::io::{Chain, Cursor, Read};

use encoding_rs::Encoding;

use super::{
    ImportError, Person, Row, Standing,
    columns::{self, Columns, Layout},
    encoding::{Utf8, decoded},
    lines::Lines,
    objects::Objects,
};
use crate::{EmailAddress, export, text};

/// A header longer than this is not one.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Longest address cell shown in a verdict, in characters.
const MAX_SHOWN: usize = 254;
const MAX_NAME: usize = 100;
/// Longest instant kept, in characters.
const MAX_INSTANT: usize = 40;

/// The rows of one file; memory for one row at a time.
pub struct Rows<R: Read> {
    source: Source<R>,
    layout: Layout,
    is_over: bool,
}

type Text<R> = Utf8<Chain<Cursor<Vec<u8>>, R>>;

enum Source<R: Read> {
    Csv {
        records: csv::ByteRecordsIntoIter<Lines<Text<R>>>,
        columns: Box<Columns>,
        /// The first line of a list that has no header.
        first: Option<csv::ByteRecord>,
    },
    Json(Objects<Text<R>>),
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
    let delimiter = delimiter(&head);
    let begins = head
        .iter()
        .find(|byte| !byte.is_ascii_whitespace() && !b"\xff\xfe\0".contains(byte));
    let is_json = matches!(begins, Some(b'{' | b'['));
    let text = Utf8::new(Cursor::new(head).chain(file), encoding);
    if is_json || layout == Layout::Json {
        return Ok(Rows {
            source: Source::Json(Objects::new(text)),
            layout,
            is_over: false,
        });
    }
    let mut records = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(Lines::new(text))
        .into_byte_records();
    let header = match records.next() {
        None => return Err(ImportError::Empty),
        Some(Err(error)) => return Err(ImportError::Read(error.into())),
        Some(Ok(header)) => header,
    };
    let cells = decoded(&header);
    let is_bare = matches!(cells.as_slice(), [only] if EmailAddress::parse(only.trim()).is_ok());
    let (columns, first) = if is_bare {
        (Columns::bare(), Some(header))
    } else {
        (
            Columns::find(cells.iter().map(AsRef::as_ref), layout)?,
            None,
        )
    };
    Ok(Rows {
        source: Source::Csv {
            records,
            columns: Box::new(columns),
            first,
        },
        layout,
        is_over: false,
    })
}

/// The file up to the end of its first line with something in it, without a byte-order mark.
fn head<R: Read>(file: &mut R) -> Result<(Vec<u8>, Option<&'static Encoding>), ImportError> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = match file.read(&mut chunk) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        head.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let begun = head.iter().position(|byte| !byte.is_ascii_whitespace());
        let is_whole = begun.is_some_and(|at| head.iter().skip(at).any(|b| b"\r\n".contains(b)));
        if count == 0 || is_whole {
            break;
        }
        if head.len() > MAX_HEADER_BYTES {
            return Err(ImportError::LongHeader);
        }
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    let encoding = match head.as_slice() {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        [0, first, ..] if *first != 0 => Some(encoding_rs::UTF_16BE),
        [first, 0, _, 0, ..] if *first != 0 => Some(encoding_rs::UTF_16LE),
        _ => None,
    };
    Ok((head, encoding))
}

/// The delimiter that the first line with something in it uses most, outside of quotes.
fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut is_quoted = false;
    for &byte in head.trim_ascii_start() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\r' | b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => counts
                .iter_mut()
                .filter(|(d, _)| *d == byte)
                .for_each(|(_, count)| *count += 1),
        }
    }
    let most = counts.iter().map(|&(_, count)| count).max();
    counts
        .iter()
        .find(|&&(_, count)| Some(count) == most)
        .map_or(b',', |&(delimiter, _)| delimiter)
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.is_over {
            return None;
        }
        let layout = self.layout;
        let next = match &mut self.source {
            Source::Csv {
                records,
                columns,
                first,
            } => next_record(records, first)
                .map(|found| found.map(|(line, record)| row(columns, &record, line))),
            Source::Json(objects) => objects
                .next()
                .map(|found| found.map(|(line, object)| from_json(&object, line, layout))),
        };
        Some(next?.unwrap_or_else(|(line, error)| {
            // What cannot be read now will not be read by asking again, and asking for ever would
            // never end.
            self.is_over = true;
            refused(
                line,
                format!("the file could not be read any further: {error}"),
            )
        }))
    }
}

type Found<T> = Result<(u64, T), (u64, String)>;

fn next_record<R: Read>(
    records: &mut csv::ByteRecordsIntoIter<R>,
    first: &mut Option<csv::ByteRecord>,
) -> Option<Found<csv::ByteRecord>> {
    if let Some(record) = first.take() {
        return Some(Ok((1, record)));
    }
    let before = records.reader().position().line();
    match records.next()? {
        Ok(record) => {
            // The reader's own number is that of the empty lines before the row.
            let after = records.reader().position().line();
            let inside = record
                .as_slice()
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
            let lines = u64::try_from(inside).unwrap_or_default() + 1;
            Some(Ok((after.saturating_sub(lines).max(before), record)))
        }
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            Some(Err((line, error.to_string())))
        }
    }
}

fn refused(line: u64, reason: String) -> Row {
    Row {
        line,
        address: String::new(),
        person: Err(reason),
    }
}

fn row(columns: &Columns, record: &csv::ByteRecord, line: u64) -> Row {
    let cells = decoded(record);
    let cell = cells.get(columns.address).map_or("", |cell| cell.trim());
    Row {
        line,
        address: text::clean(export::bare(cell), MAX_SHOWN).unwrap_or_default(),
        person: person(columns, &cells),
    }
}

/// One object: its keys are the names of columns, and what they hold the cells.
fn from_json(object: &str, line: u64, layout: Layout) -> Row {
    let members: serde_json::Map<String, serde_json::Value> = match serde_json::from_str(object) {
        Ok(members) => members,
        Err(error) => return refused(line, format!("this is no JSON object: {error}")),
    };
    let cells: Vec<Cow<'_, str>> = members
        .values()
        .map(|value| match value {
            serde_json::Value::Null => Cow::Borrowed(""),
            serde_json::Value::String(text) => Cow::Borrowed(text.as_str()),
            other => Cow::Owned(other.to_string()),
        })
        .collect();
    match Columns::find(members.keys().map(String::as_str), layout) {
        Err(error) => refused(line, error.to_string()),
        Ok(columns) => {
            let cell = cells.get(columns.address).map_or("", AsRef::as_ref);
            Row {
                line,
                address: text::clean(cell, MAX_SHOWN).unwrap_or_default(),
                person: person(&columns, &cells),
            }
        }
    }
}

fn person(columns: &Columns, record: &[Cow<'_, str>]) -> Result<Person, String> {
    let cell = |at: Option<usize>| {
        let cell = at.and_then(|at| record.get(at));
        export::bare(cell.map_or("", |cell| cell.trim()))
    };
    let mut remarks = Vec::new();
    check_length(columns, record, &mut remarks)?;
    let standing = standing(columns, &cell)?;
    let address = EmailAddress::parse(cell(Some(columns.address)))
        .map_err(|why| format!("the address cannot be used: {why}"))?;
    let format = columns::format(cell(columns.format));
    if format.is_none() && !cell(columns.format).is_empty() {
        remarks.push(format!(
            "the format {:?} is not one we know",
            cell(columns.format)
        ));
    }
    let whole = [cell(columns.first), cell(columns.last)].join(" ");
    let mut agreed = columns.agreed.iter().map(|&at| cell(Some(at)));
    Ok(Person {
        address,
        name: text::clean(cell(columns.name), MAX_NAME).or_else(|| text::clean(&whole, MAX_NAME)),
        standing,
        digests: columns::digests(cell(columns.digests)),
        topics: columns::topics(cell(columns.topics)),
        format,
        counting: columns::counting(cell(columns.counting)),
        time_zone: columns::time_zone(cell(columns.time_zone)),
        language: columns::language(cell(columns.language)),
        paused_until: columns::instant(cell(columns.paused)),
        agreed: agreed
            .find(|at| at.starts_with(|c: char| c.is_ascii_digit()))
            .and_then(|at| text::clean(at, MAX_INSTANT)),
        is_ours: columns.is_ours,
        remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
    })
}

/// The most cautious of all that the row says.
fn standing<'a>(
    columns: &Columns,
    cell: &impl Fn(Option<usize>) -> &'a str,
) -> Result<Standing, String> {
    let mut standing = columns.at_least;
    for &at in &columns.status {
        let told = columns::standing(cell(Some(at)))
            .map_err(|word| format!("the status {word:?} is not one we know"))?;
        standing = standing.max(told);
    }
    let wants = cell(columns.wants);
    if columns::says_no(wants) {
        standing = standing.max(Standing::Left);
    } else if !columns::says_yes(wants) {
        return Err(format!("{wants:?} says neither yes nor no to mail"));
    }
    for &(at, end) in &columns.ends {
        if columns::happened(cell(Some(at))) {
            standing = standing.max(end);
        }
    }
    Ok(standing)
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
mod tests {
    use super::*;
    use crate::Reason;

    fn rows(file: &[u8]) -> Vec<Row> {
        read(file).unwrap().collect()
    }

    fn told(row: &Row) -> String {
        match &row.person {
            Ok(person) => format!(
                "{} {} {:?} {:?}",
                row.line,
                person.address,
                person.standing,
                person.name.as_deref().unwrap_or("-")
            ),
            Err(reason) => format!("{} refused: {reason}", row.line),
        }
    }

    #[test]
    fn plain_files_are_read_whatever_their_dress() {
        let files: [&[u8]; 8] = [
            b"email,name\nann@example.org,Ann Lee\n",
            b"\xef\xbb\xbfEmail,Name\r\nann@example.org,Ann Lee\r\n",
            b"E-Mail;First Name;Last Name\nann@example.org;Ann;Lee",
            b"name\temail address\nAnn Lee\tann@example.org\n",
            b"\"name\",\"e-mail\"\n\"Ann Lee\",\" ann@example.org \"\n",
            b"name,email,,\nAnn\x07 Lee,ann@example.org,,,,\n",
            b"email,name\rann@example.org,Ann Lee\r",
            b"email,name\nann@example.org,'Ann Lee\n",
        ];
        for file in files {
            let told: Vec<String> = rows(file).iter().map(told).collect();
            let expected = if file.contains(&b'\'') {
                "\"'Ann Lee\""
            } else {
                "\"Ann Lee\""
            };
            let shown = String::from_utf8_lossy(file);
            assert_eq!(
                told,
                [format!("2 ann@example.org Active {expected}")],
                "{shown}"
            );
        }
    }

    #[test]
    fn who_left_there_is_not_active() {
        let file = b"email,status,unsubscribed_at,subscribed\n\
            a@example.org,active,,\n\
            b@example.org,unsubscribed,,\n\
            c@example.org,active,2024-01-02,\n\
            d@example.org,active,,false\n\
            e@example.org,cleaned,2024-01-02,true\n\
            f@example.org,pending,,\n\
            g@example.org,gold,,\n";
        let standings: Vec<_> = rows(file)
            .into_iter()
            .map(|row| row.person.ok().map(|p| p.standing))
            .collect();
        let bounced = Standing::Blocked(Reason::HardBounce);
        assert_eq!(
            standings,
            [
                Some(Standing::Active),
                Some(Standing::Left),
                Some(Standing::Left),
                Some(Standing::Left),
                Some(bounced),
                Some(Standing::Unconfirmed),
                None,
            ]
        );
    }

    #[test]
    fn exports_of_other_programs_say_who_may_be_mailed() {
        let files: [(&str, &str); 14] = [
            (
                "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,TAGS\na@x.org,Ann,2,2023-01-02 03:04:05,192.0.2.1,\"\"\"x\"\"\"",
                "Active",
            ),
            (
                "Email Address,MEMBER_RATING,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE\na@x.org,2,,",
                "Left",
            ),
            (
                "Email Address,MEMBER_RATING,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE\na@x.org,2,2023-01-02,",
                "Blocked(HardBounce)",
            ),
            (
                "Email,Active Subscription,Expiry,Plan,Email disabled,Created at\na@x.org,false,,free,false,2023-01-02",
                "Active",
            ),
            (
                "Email,Active Subscription,Expiry,Plan,Email disabled,Created at\na@x.org,true,,annual,true,2023-01-02",
                "Left",
            ),
            (
                "id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at\n1,a@x.org,Ann,,false,false,2023-01-02,",
                "Left",
            ),
            (
                "id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at\n1,a@x.org,Ann,,true,false,2023-01-02,",
                "Active",
            ),
            (
                "email,status,created_at\na@x.org,validating,2023",
                "Unconfirmed",
            ),
            (
                "uuid,email,name,attributes,status,created_at\nu,a@x.org,Ann,\"{\"\"city\"\": 1}\",blocklisted,2023",
                "Blocked(Manual)",
            ),
            (
                "email,notes,tags,type,creation_date,undeliverability_date\na@x.org,,,spammy,2023,",
                "Blocked(Manual)",
            ),
            ("{\"email\":\"a@x.org\",\"status\":\"enabled\"}\n", "Active"),
            (
                "[{\"email\":\"a@x.org\",\"status\":\"bounced\",\"name\":null}]",
                "Blocked(HardBounce)",
            ),
            ("email,city,state\na@x.org,Tarn,CA", "Active"),
            ("a@x.org\n", "Active"),
        ];
        for (file, expected) in files {
            let found = rows(file.as_bytes());
            assert_eq!(found.len(), 1, "{file}");
            let standing = found[0]
                .person
                .as_ref()
                .map(|person| format!("{:?}", person.standing));
            assert_eq!(standing.as_deref(), Ok(expected), "{file}");
        }
        let words: Vec<u8> = "\u{feff}email\tname\nann@x.org\tZoë\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(told(&rows(&words)[0]), "2 ann@x.org Active \"Zoë\"");
    }

    #[test]
    fn bad_rows_are_refused_and_the_rest_is_read() {
        let file = b"email,name,status\n\
            ann,Ann,active\n\
            b@example.org\n\
            c@example.org,Cee, Jr,unsubscribed\n\
            d@example.org,D\xe9,active\n\
            \n\
            e@example.org,\"E\nE\",active\n\
            f@example.org,F,active\n";
        let told: Vec<String> = rows(file).iter().map(told).collect();
        assert_eq!(
            told,
            [
                "2 refused: the address cannot be used: it has no @",
                "3 refused: the row has 1 cells where the header has 3",
                "4 refused: the row has 4 cells where the header has 3",
                "5 d@example.org Active \"Dé\"",
                "7 e@example.org Active \"E E\"",
                "9 f@example.org Active \"F\"",
            ]
        );
    }

    #[test]
    fn short_rows_of_a_file_without_status_are_kept_with_a_remark() {
        let rows = rows(b"email,name\na@example.org\n");
        let remark = rows[0].person.as_ref().unwrap().remark.clone();
        assert_eq!(
            remark.as_deref(),
            Some("the row has 1 cells where the header has 2")
        );
    }

    #[test]
    fn files_that_are_no_list_are_refused() {
        let long = vec![b'x'; MAX_HEADER_BYTES * 2];
        let cases: [(&[u8], &str); 4] = [
            (b"", "the file is empty"),
            (
                b"\n \n",
                "no column is called \"email\"; the columns are \"\"",
            ),
            (
                b"town\nx\n",
                "no column is called \"email\"; the columns are \"town\"",
            ),
            (
                &long,
                "the first line is longer than 64 KB; this is no CSV file",
            ),
        ];
        for (file, expected) in cases {
            assert_eq!(
                read(file).err().map(|error| error.to_string()).as_deref(),
                Some(expected)
            );
        }
    }

    #[test]
    fn any_bytes_end_in_rows_or_an_error() {
        let parts: [&[u8]; 10] = [
            b"{",
            b"}",
            b"email",
            b",",
            b"\"",
            b"\n",
            b"\xff",
            b"a@example.org",
            b";",
            b"\0",
        ];
        let mut seed = 7_u64;
        let heads: [&[u8]; 4] = [b"email,status\n", b"[", b"\xff\xfe", b""];
        for round in 0..5_000 {
            let mut file = heads[round % heads.len()].to_vec();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                file.extend_from_slice(parts[usize::try_from(seed >> 33).unwrap() % parts.len()]);
            }
            if let Ok(rows) = read(file.as_slice()) {
                assert!(rows.count() < 20);
            }
        }
    }
}
