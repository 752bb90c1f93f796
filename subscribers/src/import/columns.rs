//! Which column means what, and what its words mean.

use std::borrow::Cow;

use super::{ImportError, Standing};
use crate::{Counting, Digests, Format, Reason, Topics};

/// Names of the address column, best first: "address" is a street in some layouts.
const ADDRESS: &[&str] = &[
    "email",
    "email address",
    "e mail",
    "e mail address",
    "subscriber email",
    "e mail adresse",
    "email adresse",
    "emailadresse",
    "adresse e mail",
    "adresse email",
    "courriel",
    "correo electrónico",
    "correo electronico",
    "correo",
    "indirizzo email",
    "e mailadres",
    "emailadres",
    "email id",
    "mail",
    "subscriber",
    "address",
];
const NAME: &[&str] = &["name", "full name", "display name", "subscriber name"];
const FIRST: &[&str] = &[
    "first name",
    "firstname",
    "given name",
    "fname",
    "vorname",
    "prénom",
    "prenom",
    "nombre",
    "voornaam",
];
const LAST: &[&str] = &[
    "last name",
    "lastname",
    "family name",
    "surname",
    "lname",
    "nachname",
    "nom",
    "apellido",
    "apellidos",
    "achternaam",
];
/// All of these count; of two that disagree the more cautious one does.
const STATUS: &[&str] = &[
    "status",
    "subscription status",
    "subscriber status",
    "member status",
    "email status",
    "subscriber type",
    "état",
    "statut",
    "estado",
    "stato",
];
const DIGESTS: &[&str] = &["digests", "digest"];
const TOPICS: &[&str] = &["topics"];
const FORMAT: &[&str] = &["format", "email type", "mail format"];
const COUNTING: &[&str] = &["counting"];
const TIME_ZONE: &[&str] = &["time zone", "timezone"];
const LANGUAGE: &[&str] = &["language"];
const PAUSED: &[&str] = &["paused until"];
/// A word for no turns these into "left".
const WANTS: &[&str] = &[
    "subscribed",
    "subscribed to emails",
    "email subscribed",
    "opted in",
    "opt in",
    "email enabled",
];
/// Anything in one of these, except a word for no, says that the person left …
const LEFT: &[&str] = &[
    "unsubscribed",
    "unsubscribed at",
    "unsubscribed on",
    "unsubscribe date",
    "unsubscribe time",
    "unsubscription date",
    "date unsubscribed",
    "unsub time",
    "opted out",
    "opted out at",
    "opt out",
    "opt out date",
    "email disabled",
    "deleted",
    "deleted at",
    "churn date",
    "canceled at",
    "cancelled at",
];
/// … bounced …
const BOUNCED: &[&str] = &[
    "bounced",
    "bounced at",
    "bounce date",
    "hard bounced",
    "cleaned",
    "cleaned at",
    "clean time",
    "undeliverability date",
];
/// … complained …
const COMPLAINED: &[&str] = &[
    "complained",
    "complained at",
    "spam complaint",
    "marked as spam",
];
/// … or must not be mailed.
const BLOCKED: &[&str] = &[
    "blacklisted",
    "blocklisted",
    "blacklist",
    "blocklist",
    "email blacklisted",
    "email blocklisted",
    "suppressed",
];
/// When the person agreed, by the other program's own account; the best evidence first.
const AGREED: &[&str] = &[
    "confirm time",
    "confirmed at",
    "optin time",
    "opt in time",
    "optin date",
    "opt in date",
    "double optin",
    "subscribed at",
    "subscribe date",
    "subscription date",
    "signup date",
    "created at",
    "creation date",
    "date added",
    "added time",
    "created",
];
/// Beside one of these a "state" is a part of a country.
const PLACES: &[&str] = &[
    "city",
    "zip",
    "zip code",
    "postal code",
    "country",
    "street",
    "address 1",
];

/// The program a file comes from, as far as its columns mean something of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Told from the header.
    #[default]
    Auto,
    /// Mailchimp: an export of those who left, or bounced, has no status; its columns say so.
    Mailchimp,
    /// Substack.
    Substack,
    /// Ghost.
    Ghost,
    /// Beehiiv.
    Beehiiv,
    /// listmonk.
    Listmonk,
    /// Buttondown: its status is called type.
    Buttondown,
    /// Columns by name.
    Csv,
    /// JSON, one object a person.
    Json,
}

impl Layout {
    fn told(names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|one| one == name);
        if has("member rating") || has("optin ip") || has("leid") || has("euid") {
            Self::Mailchimp
        } else if has("subscriber type")
            || has("undeliverability date")
            || has("unsubscription date")
        {
            Self::Buttondown
        } else if has("active subscription") && has("email disabled") {
            Self::Substack
        } else if has("subscribed to emails") && has("complimentary plan") {
            Self::Ghost
        } else {
            Self::Csv
        }
    }
}

/// Where each meaning stands in a row.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) count: usize,
    pub(super) address: usize,
    pub(super) name: Option<usize>,
    pub(super) first: Option<usize>,
    pub(super) last: Option<usize>,
    pub(super) digests: Option<usize>,
    pub(super) topics: Option<usize>,
    pub(super) format: Option<usize>,
    pub(super) counting: Option<usize>,
    pub(super) time_zone: Option<usize>,
    pub(super) language: Option<usize>,
    pub(super) paused: Option<usize>,
    pub(super) status: Vec<usize>,
    pub(super) wants: Option<usize>,
    pub(super) agreed: Vec<usize>,
    /// Where everybody of the file stood, whatever the cells say.
    pub(super) at_least: Standing,
    /// The file is an export of ours.
    pub(super) is_ours: bool,
    pub(super) ends: Vec<(usize, Standing)>,
}

impl Columns {
    /// One column, for the address: a list without a header.
    pub(super) fn bare() -> Self {
        Self {
            count: 1,
            address: 0,
            name: None,
            first: None,
            last: None,
            digests: None,
            topics: None,
            format: None,
            counting: None,
            time_zone: None,
            language: None,
            paused: None,
            status: Vec::new(),
            wants: None,
            agreed: Vec::new(),
            at_least: Standing::Active,
            is_ours: false,
            ends: Vec::new(),
        }
    }

    pub(super) fn find<'a>(
        header: impl Iterator<Item = &'a str>,
        layout: Layout,
    ) -> Result<Self, ImportError> {
        let written: Vec<&str> = header.map(str::trim).collect();
        let names: Vec<String> = written
            .iter()
            .map(|name| plain(name).into_owned())
            .collect();
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
        let layout = match layout {
            Layout::Auto | Layout::Json => Layout::told(&names),
            given => given,
        };
        let all_of = |aliases: &[&str]| -> Vec<usize> {
            let is_one = |name: &String| aliases.contains(&name.as_str());
            let found = names.iter().enumerate().filter(|(_, name)| is_one(name));
            found.map(|(at, _)| at).collect()
        };
        let mut status = all_of(STATUS);
        if layout == Layout::Buttondown {
            status.extend(all_of(&["type"]));
        }
        if status.is_empty() && first_of(PLACES).is_none() {
            status.extend(first_of(&["state"]));
        }
        let agreed = AGREED.iter().filter_map(|alias| first_of(&[*alias]));
        Ok(Self {
            count: names.len(),
            address,
            name: first_of(NAME),
            first: first_of(FIRST),
            last: first_of(LAST),
            digests: first_of(DIGESTS),
            topics: first_of(TOPICS),
            format: first_of(FORMAT),
            counting: first_of(COUNTING),
            time_zone: first_of(TIME_ZONE),
            language: first_of(LANGUAGE),
            paused: first_of(PAUSED),
            at_least: whole_file(&names, &status),
            status,
            wants: first_of(WANTS),
            agreed: agreed.collect(),
            is_ours: ["counting", "origin", "format"]
                .iter()
                .all(|name| first_of(&[*name]).is_some()),
            ends: ends(&names),
        })
    }

    /// The last column that may say a person left; a row that ends before it says nothing.
    pub(super) fn last_telling(&self) -> Option<usize> {
        let ends = self.ends.iter().map(|&(at, _)| at);
        ends.chain(self.status.iter().copied())
            .chain(self.wants)
            .max()
    }
}

/// The columns that tell of an end, and of which.
fn ends(names: &[String]) -> Vec<(usize, Standing)> {
    let kinds = [
        (LEFT, Standing::Left),
        (BOUNCED, Standing::Blocked(Reason::HardBounce)),
        (COMPLAINED, Standing::Blocked(Reason::Complaint)),
        (BLOCKED, Standing::Blocked(Reason::Manual)),
    ];
    let mut ends = Vec::new();
    for (at, name) in names.iter().enumerate() {
        for (aliases, end) in kinds {
            if aliases.contains(&name.as_str()) {
                ends.push((at, end));
            }
        }
    }
    ends
}

/// Mailchimp's exports of those who left and of those who bounced have columns of their own and no
/// status: an empty cell in them does not make anybody active.
fn whole_file(names: &[String], status: &[usize]) -> Standing {
    let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
    let left = has(&["unsub time", "unsub campaign title", "unsub reason"]);
    let bounced = has(&["clean time", "clean campaign title"]);
    match (status.is_empty(), left, bounced) {
        (true, true, false) => Standing::Left,
        (true, false, true) => Standing::Blocked(Reason::HardBounce),
        _ => Standing::Active,
    }
}

/// Lower case, with single spaces for everything between words: "E-Mail_Address" is "e mail address".
fn plain(name: &str) -> Cow<'_, str> {
    if name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    {
        return Cow::Borrowed(name);
    }
    let spaced: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    spaced
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .into()
}

/// What a status cell says; the word itself when we do not know it.
pub(super) fn standing(word: &str) -> Result<Standing, String> {
    Ok(match plain(word).as_ref() {
        "" | "active" | "subscribed" | "enabled" | "confirmed" | "regular" | "free" | "paid"
        | "premium" | "comped" | "comp" | "complimentary" | "gifted" | "gift" | "trialed"
        | "trialing" | "past due" | "unpaid" | "churning" | "opted in" | "aktiv" | "angemeldet"
        | "bestätigt" | "abonniert" | "actif" | "abonné" | "inscrit" | "activo" | "suscrito"
        | "actief" | "attivo" | "iscritto" | "ativo" | "inscrito" => Standing::Active,
        "pending"
        | "unconfirmed"
        | "unactivated"
        | "non subscribed"
        | "nonsubscribed"
        | "transactional"
        | "awaiting confirmation"
        | "not confirmed"
        | "validating"
        | "upcoming"
        | "unbestätigt"
        | "ausstehend"
        | "en attente"
        | "non confirmé"
        | "pendiente"
        | "in attesa" => Standing::Unconfirmed,
        "unsubscribed" | "unsubscribe" | "opted out" | "opt out" | "inactive" | "disabled"
        | "removed" | "deleted" | "archived" | "left" | "cancelled" | "canceled" | "churned"
        | "paused" | "expired" | "needs attention" | "abgemeldet" | "ausgetragen" | "gelöscht"
        | "inaktiv" | "désabonné" | "désinscrit" | "supprimé" | "inactif" | "dado de baja"
        | "baja" | "cancelado" | "afgemeld" | "disiscritto" | "cancellato" | "descadastrado" => {
            Standing::Left
        }
        "cleaned" | "bounced" | "bounce" | "hard bounced" | "hard bounce" | "hardbounced"
        | "hardbounce" | "soft bounced" | "undeliverable" | "invalid" | "malformed" | "rebond" => {
            Standing::Blocked(Reason::HardBounce)
        }
        "complained" | "complaint" | "complainer" | "spam" | "junk" | "spam complaint"
        | "abuse" | "marked as spam" | "reported spam" => Standing::Blocked(Reason::Complaint),
        "blocklisted" | "blacklisted" | "blocked" | "suppressed" | "banned" | "spammy"
        | "do not mail" | "gesperrt" => Standing::Blocked(Reason::Manual),
        _ => return Err(word.to_owned()),
    })
}

/// Whether a cell of a yes-or-no column says no.
pub(super) fn says_no(word: &str) -> bool {
    matches!(
        plain(word).as_ref(),
        "false" | "no" | "n" | "0" | "f" | "off" | "nein" | "non" | "nee" | "não"
    )
}

/// Whether a cell of a yes-or-no column says yes, is empty, or holds the day they joined.
pub(super) fn says_yes(word: &str) -> bool {
    let word = plain(word);
    let yes = [
        "", "true", "yes", "y", "t", "on", "ja", "oui", "si", "sí", "sim",
    ];
    yes.contains(&word.as_ref())
        || word.starts_with(|c: char| c.is_ascii_digit())
        || standing(&word) == Ok(Standing::Active)
}

/// Whether a cell of a date column, or of a yes-or-no column, says that it happened.
pub(super) fn happened(word: &str) -> bool {
    !word.is_empty()
        && !says_no(word)
        && !matches!(
            plain(word).as_ref(),
            "" | "null" | "never" | "none" | "n a" | "nil" | "0000 00 00" | "0000 00 00 00 00 00"
        )
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

/// The topics in a cell: names between line ends or semicolons.
pub(super) fn topics(cell: &str) -> Option<Topics> {
    match Topics::of(cell.split(['\n', ';'])) {
        Topics::All => None,
        only @ Topics::Only(_) => Some(only),
    }
}

/// The format in a cell, also by the words other programs use.
pub(super) fn format(cell: &str) -> Option<Format> {
    match plain(cell).as_ref() {
        "html" | "rich" => Some(Format::Designed),
        "plain" | "plain text" | "plaintext" => Some(Format::Text),
        word => Format::parse(word),
    }
}

/// Whether the person may be counted.
pub(super) fn counting(cell: &str) -> Option<Counting> {
    Counting::parse(&plain(cell))
}

/// A place by the shape of its IANA name; nothing for what is none ("GMT+1", "Berlin"). Whoever uses it
/// asks whether there is such a place.
pub(super) fn time_zone(cell: &str) -> Option<String> {
    let name = cell.trim();
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/');
    let is_name = name.contains('/') && name.len() <= 64 && name.bytes().all(is_plain);
    is_name.then(|| name.to_owned())
}

/// A language by its tag.
pub(super) fn language(cell: &str) -> Option<String> {
    let tag = cell.trim();
    let is_tag = tag.split('-').all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    (is_tag && tag.len() >= 2 && tag.len() <= 35).then(|| tag.to_owned())
}

/// An instant of ours.
pub(super) fn instant(cell: &str) -> Option<i64> {
    let at: jiff::Timestamp = cell.trim().parse().ok()?;
    Some(at.as_second())
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
                Columns::find(header.split(','), Layout::Auto)
                    .unwrap()
                    .address,
                expected,
                "{header}"
            );
        }
    }

    #[test]
    fn a_file_without_names_of_columns_is_refused() {
        let error = Columns::find("ann@example.org,Ann".split(','), Layout::Auto).unwrap_err();
        assert!(matches!(error, ImportError::NoHeader));
        let error = Columns::find("Name,Town".split(','), Layout::Auto).unwrap_err();
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
