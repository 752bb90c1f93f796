//! Rows of `url,views[,date]`, as analytics programs export them.
//!
//! Read line by line and not by a CSV reader: an address has no line breaks, one quote too many must
//! not swallow the rest of the file, and a refused line has to have its number.

use super::parse_day;

/// Which column holds what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    delimiter: char,
    address: usize,
    views: usize,
    day: Option<usize>,
}

/// One row that makes sense.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// A URL, or a path of the site.
    pub(super) address: String,
    pub(super) views: u64,
    pub(super) day: Option<i64>,
}

const ADDRESSES: [&str; 9] = [
    "url",
    "page",
    "link",
    "address",
    "path",
    "page path",
    "page location",
    "page url",
    "landing page",
];
const VIEWS: [&str; 9] = [
    "views",
    "pageviews",
    "page views",
    "hits",
    "count",
    "visits",
    "visitors",
    "unique pageviews",
    "unique page views",
];
const DAYS: [&str; 3] = ["date", "day", "time"];

impl Columns {
    /// The columns by the first line, and whether that line is a header.
    pub(super) fn of(line: &str) -> (Self, bool) {
        let count = |delimiter: &char| line.matches(*delimiter).count();
        // A tie is won by the comma: addresses hold semicolons and commas, rows without are one column.
        let delimiter = ['\t', ';', ','].into_iter().max_by_key(count);
        let delimiter = delimiter.unwrap_or(',');
        let names: Vec<_> = fields(line, delimiter)
            .iter()
            .map(|name| name.to_lowercase().replace(['_', '-'], " "))
            .collect();
        let find = |known: &[&str]| {
            known
                .iter()
                .find_map(|known| names.iter().position(|name| name == known))
        };
        let plain = Self {
            delimiter,
            address: 0,
            views: 1,
            day: Some(2),
        };
        match (find(&ADDRESSES), find(&VIEWS)) {
            (Some(address), Some(views)) => (
                Self {
                    delimiter,
                    address,
                    views,
                    day: find(&DAYS),
                },
                true,
            ),
            _ => (plain, false),
        }
    }

    /// Reads a row; the error is what is wrong with it.
    pub(super) fn read(&self, line: &str) -> Result<Row, String> {
        let fields = fields(line, self.delimiter);
        let field = |index: usize| fields.get(index).map(|field| field.trim());
        let filled = |index: usize| field(index).filter(|field| !field.is_empty());
        let address = filled(self.address).ok_or("has no url")?;
        let views = filled(self.views).ok_or("has no views")?;
        let day = match self.day.and_then(filled) {
            None => None,
            Some(text) => {
                Some(parse_day(text).ok_or_else(|| format!("\"{text:.40}\" is no date"))?)
            }
        };
        Ok(Row {
            address: address.to_owned(),
            views: views
                .parse()
                .map_err(|_| format!("\"{views:.40}\" is no number of views"))?,
            day,
        })
    }
}

/// The fields of a line, by the quoting of RFC 4180.
fn fields(line: &str, delimiter: char) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let Some(field) = fields.last_mut() else {
            return fields;
        };
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted || field.trim().is_empty() => quoted = !quoted,
            c if c == delimiter && !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_in_any_order_and_with_any_delimiter() {
        for (header, line) in [
            ("", "/a,7,2026-11-23"),
            ("", "\"/a\";\"7\";23.11.2026"),
            ("", "/a\t7\t2026-11-23T10:00:00Z"),
            ("Date,Page Views,URL", "2026-11-23,7,/a"),
            ("day;hits;bounce;page_path", "20261123;7;x;/a"),
        ] {
            let (columns, is_header) = Columns::of(if header.is_empty() { line } else { header });
            assert_eq!(is_header, !header.is_empty(), "{line}");
            let row = Row {
                address: "/a".to_owned(),
                views: 7,
                day: Some(20_780),
            };
            assert_eq!(columns.read(line), Ok(row), "{line}");
        }
    }

    #[test]
    fn rows_that_make_no_sense_say_why() {
        let (columns, _) = Columns::of("/a,1");
        for (line, why) in [
            ("/a", "has no views"),
            (",7", "has no url"),
            ("/a,-7", "\"-7\" is no number of views"),
            ("/a,\"1,234\"", "\"1,234\" is no number of views"),
            ("/a,7,yesterday", "\"yesterday\" is no date"),
        ] {
            assert_eq!(columns.read(line), Err(why.to_owned()), "{line}");
        }
        assert_eq!(columns.read("/a,7,").unwrap().day, None);
        assert_eq!(
            fields("\"a \"\"b\"\"\",c\"d,\"e,f", ','),
            ["a \"b\"", "c\"d", "e,f"]
        );
    }
}
