//! Which column means what, and what its words mean.

use super::{ImportError, Standing};
use crate::{Counting, Digests, Format, Reason};

/// Names of the address column, best first: "address" is a street in some layouts.
const ADDRESS: &[&str] = &[
    "email",
    "email address",
    "e mail",
    "e mail address",
    "subscriber email",
    "mail",
    "address",
];
const NAME: &[&str] = &["name", "full name", "display name"];
const FIRST: &[&str] = &["first name", "firstname", "given name", "fname"];
const LAST: &[&str] = &["last name", "lastname", "family name", "surname", "lname"];
const STATUS: &[&str] = &[
    "status",
    "state",
    "subscription status",
    "member status",
    "email status",
];
const DIGESTS: &[&str] = &["digests", "digest"];
const FORMAT: &[&str] = &["format", "email type", "mail format"];
const COUNTING: &[&str] = &["counting"];
/// A word for no turns these into "left".
const WANTS: &[&str] = &["subscribed", "subscribed to emails", "email subscribed"];
/// Anything in one of these, except a word for no, says that the person left …
const LEFT: &[&str] = &[
    "unsubscribed",
    "unsubscribed at",
    "unsubscribed on",
    "unsubscribe date",
    "unsub time",
    "opted out at",
];
/// … bounced …
const BOUNCED: &[&str] = &["bounced", "bounced at", "cleaned at", "clean time"];
/// … or complained.
const COMPLAINED: &[&str] = &["complained", "complained at", "spam complaint"];

/// Where each meaning stands in a row.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) address: usize,
    pub(super) name: Option<usize>,
    pub(super) first: Option<usize>,
    pub(super) last: Option<usize>,
    pub(super) digests: Option<usize>,
    pub(super) format: Option<usize>,
    pub(super) counting: Option<usize>,
    pub(super) status: Option<usize>,
    pub(super) wants: Option<usize>,
    pub(super) ends: Vec<(usize, Standing)>,
}

impl Columns {
    pub(super) fn find<'a>(header: impl Iterator<Item = &'a str>) -> Result<Self, ImportError> {
        let written: Vec<&str> = header.map(str::trim).collect();
        let names: Vec<String> = written.iter().map(|name| plain(name)).collect();
        let first_of = |aliases: &[&str]| {
            aliases
                .iter()
                .find_map(|alias| names.iter().position(|name| name == alias))
        };
        let Some(address) = first_of(ADDRESS) else {
            if written.iter().any(|name| name.contains('@')) {
                return Err(ImportError::NoHeader);
            }
            let shown = written
                .iter()
                .take(20)
                .map(|name| format!("{name:?}"))
                .collect();
            return Err(ImportError::NoAddressColumn(shown));
        };
        let mut ends = Vec::new();
        for (at, name) in names.iter().enumerate() {
            if LEFT.contains(&name.as_str()) {
                ends.push((at, Standing::Left));
            } else if BOUNCED.contains(&name.as_str()) {
                ends.push((at, Standing::Blocked(Reason::HardBounce)));
            } else if COMPLAINED.contains(&name.as_str()) {
                ends.push((at, Standing::Blocked(Reason::Complaint)));
            }
        }
        Ok(Self {
            count: names.len(),
            address,
            name: first_of(NAME),
            first: first_of(FIRST),
            last: first_of(LAST),
            digests: first_of(DIGESTS),
            format: first_of(FORMAT),
            counting: first_of(COUNTING),
            status: first_of(STATUS),
            wants: first_of(WANTS),
            ends,
        })
    }

    /// The last column that may say a person left; a row that ends before it says nothing.
    pub(super) fn last_telling(&self) -> Option<usize> {
        let ends = self.ends.iter().map(|&(at, _)| at);
        ends.chain(self.status).chain(self.wants).max()
    }
}

/// Lower case, with single spaces for everything between words: "E-Mail_Address" is "e mail address".
fn plain(name: &str) -> String {
    let spaced: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    spaced
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a status cell says; the word itself when we do not know it.
pub(super) fn standing(word: &str) -> Result<Standing, String> {
    Ok(match plain(word).as_str() {
        "" | "active" | "subscribed" | "enabled" | "confirmed" | "regular" => Standing::Active,
        "pending"
        | "unconfirmed"
        | "unactivated"
        | "non subscribed"
        | "nonsubscribed"
        | "transactional"
        | "awaiting confirmation"
        | "not confirmed" => Standing::Unconfirmed,
        "unsubscribed" | "unsubscribe" | "opted out" | "opt out" | "inactive" | "disabled"
        | "removed" | "deleted" | "archived" | "left" | "cancelled" | "canceled" => Standing::Left,
        "cleaned" | "bounced" | "bounce" | "hard bounced" | "hard bounce" | "undeliverable"
        | "invalid" => Standing::Blocked(Reason::HardBounce),
        "complained" | "complaint" | "spam" | "spam complaint" | "abuse" | "marked as spam"
        | "reported spam" => Standing::Blocked(Reason::Complaint),
        "blocklisted" | "blacklisted" | "blocked" | "suppressed" | "banned" => {
            Standing::Blocked(Reason::Manual)
        }
        _ => return Err(word.to_owned()),
    })
}

/// Whether a cell of a yes-or-no column says no.
pub(super) fn says_no(word: &str) -> bool {
    matches!(plain(word).as_str(), "false" | "no" | "n" | "0" | "f")
}

/// Whether a cell of a date column, or of a yes-or-no column, says that it happened.
pub(super) fn happened(word: &str) -> bool {
    !word.is_empty() && !says_no(word) && !matches!(plain(word).as_str(), "" | "null" | "never")
}

/// The digests in a cell: names between commas, semicolons, bars or spaces; `none` for none.
pub(super) fn digests(cell: &str) -> Option<Digests> {
    let names: Vec<String> = cell
        .split(|c: char| c.is_whitespace() || c.is_control() || ",;|".contains(c))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    match names.as_slice() {
        [] => None,
        [only] if only.eq_ignore_ascii_case("all") => Some(Digests::All),
        [only] if only.eq_ignore_ascii_case("none") => Some(Digests::Only(Vec::new())),
        _ => Some(Digests::Only(names)),
    }
}

/// The format in a cell, also by the words other programs use.
pub(super) fn format(cell: &str) -> Option<Format> {
    match plain(cell).as_str() {
        "html" | "rich" => Some(Format::Designed),
        "plain" | "plain text" | "plaintext" => Some(Format::Text),
        word => Format::parse(word),
    }
}

/// Whether the person may be counted.
pub(super) fn counting(cell: &str) -> Option<Counting> {
    Counting::parse(&plain(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_column_is_found_by_its_best_name() {
        let cases = [
            ("email", 0),
            ("Name,E-Mail", 1),
            ("Address,Email Address", 1),
            ("NAME,ADDRESS", 1),
            ("id,EMAIL_ADDRESS,email type", 1),
        ];
        for (header, expected) in cases {
            assert_eq!(
                Columns::find(header.split(',')).unwrap().address,
                expected,
                "{header}"
            );
        }
    }

    #[test]
    fn a_file_without_names_of_columns_is_refused() {
        let error = Columns::find("ann@example.org,Ann".split(',')).unwrap_err();
        assert!(matches!(error, ImportError::NoHeader));
        let error = Columns::find("Name,Town".split(',')).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no column is called \"email\"; the columns are \"Name\", \"Town\""
        );
    }

    #[test]
    fn words_for_leaving_are_understood() {
        let cases = [
            ("", Ok(Standing::Active)),
            ("Subscribed", Ok(Standing::Active)),
            ("PENDING", Ok(Standing::Unconfirmed)),
            ("Non-Subscribed", Ok(Standing::Unconfirmed)),
            ("unsubscribed", Ok(Standing::Left)),
            ("opted_out", Ok(Standing::Left)),
            ("Cleaned", Ok(Standing::Blocked(Reason::HardBounce))),
            ("complained", Ok(Standing::Blocked(Reason::Complaint))),
            ("blocklisted", Ok(Standing::Blocked(Reason::Manual))),
            ("gold", Err("gold".to_owned())),
        ];
        for (word, expected) in cases {
            assert_eq!(standing(word), expected, "{word}");
        }
        assert!(Standing::Left > Standing::Active);
        assert!(happened("2024-01-02") && happened("true") && happened("1"));
        assert!(!happened("") && !happened("false") && !happened("0") && !happened("-"));
    }

    #[test]
    fn cells_with_choices_are_understood() {
        let only = |names: &[&str]| {
            Some(Digests::Only(
                names.iter().map(|&name| name.to_owned()).collect(),
            ))
        };
        assert_eq!(digests(""), None);
        assert_eq!(digests("all"), Some(Digests::All));
        assert_eq!(digests("none"), only(&[]));
        assert_eq!(digests("daily; weekly|x"), only(&["daily", "weekly", "x"]));
        assert_eq!(format("HTML"), Some(Format::Designed));
        assert_eq!(format("plain text"), Some(Format::Text));
        assert_eq!(format("pdf"), None);
        assert_eq!(counting("Declined"), Some(Counting::Declined));
    }
}
