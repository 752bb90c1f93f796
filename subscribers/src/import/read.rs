//! Bytes of a CSV file to rows: streaming, and never stopped by a bad row.

use std::io::{Chain, Cursor, Read};

use super::{
    ImportError, Person, Row, Standing,
    columns::{self, Columns},
    lines::Lines,
};
use crate::{EmailAddress, export, text};

/// A header longer than this is not one.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Longest address cell shown in a verdict, in characters.
const MAX_SHOWN: usize = 254;
const MAX_NAME: usize = 100;

/// The rows of one file; memory for one row at a time.
pub struct Rows<R: Read> {
    records: csv::ByteRecordsIntoIter<Lines<Chain<Cursor<Vec<u8>>, R>>>,
    columns: Columns,
    is_over: bool,
}

/// Begins to read a CSV file: finds the delimiter (`,`, `;` or tab) and the columns.
///
/// The header may hold, in any order and case, `email`, `name` or `first name` and `last name`,
/// `status`, `digests`, `format`, `counting`, and columns that tell who left; others are ignored.
///
/// # Errors
/// When there is no header with a column for the address, or the file is not UTF-8 text.
pub fn read<R: Read>(mut file: R) -> Result<Rows<R>, ImportError> {
    let head = head(&mut file)?;
    let delimiter = delimiter(&head);
    let mut records = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(Lines::new(Cursor::new(head).chain(file)))
        .into_byte_records();
    let header = match records.next() {
        None => return Err(ImportError::Empty),
        Some(Err(error)) => return Err(ImportError::Read(error.into())),
        Some(Ok(header)) => header,
    };
    let header = csv::StringRecord::from_byte_record(header).map_err(|_| ImportError::Encoding)?;
    Ok(Rows {
        records,
        columns: Columns::find(header.iter())?,
        is_over: false,
    })
}

/// The file up to the end of its first line with something in it, without a byte-order mark.
fn head<R: Read>(file: &mut R) -> Result<Vec<u8>, ImportError> {
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
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.contains(&0) {
        return Err(ImportError::Encoding);
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    Ok(head)
}

/// The delimiter that the first line with something in it uses most, outside of quotes.
fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0)];
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
        let before = self.records.reader().position().line();
        match self.records.next()? {
            Ok(record) => {
                // The reader's own number is that of the empty lines before the row.
                let after = self.records.reader().position().line();
                let inside = record
                    .as_slice()
                    .iter()
                    .filter(|&&byte| byte == b'\n')
                    .count();
                let lines = u64::try_from(inside).unwrap_or_default() + 1;
                Some(self.row(record, after.saturating_sub(lines).max(before)))
            }
            Err(error) => {
                // What cannot be read now will not be read by asking again, and asking for ever
                // would never end.
                self.is_over = true;
                let line = error.position().map_or(0, csv::Position::line);
                let reason = format!("the file could not be read any further: {error}");
                Some(Row {
                    line,
                    address: String::new(),
                    person: Err(reason),
                })
            }
        }
    }
}

impl<R: Read> Rows<R> {
    fn row(&self, record: csv::ByteRecord, line: u64) -> Row {
        let cell = record.get(self.columns.address).unwrap_or_default();
        let cell = String::from_utf8_lossy(cell);
        let address = text::clean(export::bare(cell.trim()), MAX_SHOWN).unwrap_or_default();
        let person = match csv::StringRecord::from_byte_record(record) {
            Ok(record) => self.person(&record),
            Err(_) => Err(format!("line {line} is not UTF-8")),
        };
        Row {
            line,
            address,
            person,
        }
    }

    fn person(&self, record: &csv::StringRecord) -> Result<Person, String> {
        let columns = &self.columns;
        let cell = |at: Option<usize>| {
            export::bare(at.and_then(|at| record.get(at)).unwrap_or_default().trim())
        };
        let mut remarks = Vec::new();
        self.check_length(record, &mut remarks)?;

        let mut standing = columns::standing(cell(columns.status))
            .map_err(|word| format!("the status {word:?} is not one we know"))?;
        if columns::says_no(cell(columns.wants)) {
            standing = standing.max(Standing::Left);
        }
        for &(at, end) in &columns.ends {
            if columns::happened(cell(Some(at))) {
                standing = standing.max(end);
            }
        }
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
        Ok(Person {
            address,
            name: text::clean(cell(columns.name), MAX_NAME)
                .or_else(|| text::clean(&whole, MAX_NAME)),
            standing,
            digests: columns::digests(cell(columns.digests)),
            format,
            counting: columns::counting(cell(columns.counting)),
            remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
        })
    }

    /// Refuses a row whose cells do not tell whether the person left: in a row that is too long
    /// or too short they may stand under another column's name.
    fn check_length(
        &self,
        record: &csv::StringRecord,
        remarks: &mut Vec<String>,
    ) -> Result<(), String> {
        let (count, expected) = (record.len(), self.columns.count);
        let extra = record
            .iter()
            .skip(expected)
            .any(|cell| !cell.trim().is_empty());
        if count == expected || (count > expected && !extra) {
            return Ok(());
        }
        let found = format!("the row has {count} cells where the header has {expected}");
        match self.columns.last_telling() {
            Some(at) if extra || at >= count => Err(found),
            _ => {
                remarks.push(found);
                Ok(())
            }
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
                "5 refused: line 5 is not UTF-8",
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
        let cases: [(&[u8], &str); 6] = [
            (b"", "the file is empty"),
            (
                b"\n \n",
                "no column is called \"email\"; the columns are \"\"",
            ),
            (
                b"\xff\xfee\0m\0",
                "the file is not UTF-8; save it as \"CSV UTF-8\"",
            ),
            (
                b"email,n\xe9\n",
                "the file is not UTF-8; save it as \"CSV UTF-8\"",
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
        let parts: [&[u8]; 8] = [
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
        for _ in 0..5_000 {
            let mut file = b"email,status\n".to_vec();
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
