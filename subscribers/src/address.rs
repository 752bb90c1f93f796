//! Email addresses: what we accept, how they are compared, how they may be shown.
//!
//! Text comes in, an [`EmailAddress`] or the reason why not goes out. Accepted is what public mail
//! servers accept from strangers: a dot-atom before the `@` (RFC 5321 §4.1.2) and a domain name
//! with at least one dot after it, in Unicode or as A-labels (RFC 5891). A local part may hold the
//! letters of any script (RFC 6531 §3.3), in the composed form (RFC 6532 §3.1); a relay has to offer
//! SMTPUTF8 for it. Quoted local parts, comments, display names and address literals are refused.
//!
//! Whether anybody reads mail there is not this file's question.

use std::{fmt, str::FromStr};

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::labels;

/// Longest local part (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest address: a path of 256 octets without its angle brackets (RFC 5321 §4.5.3.1.3).
const MAX_ADDRESS: usize = 254;
/// Longest domain and longest part of one (RFC 1035 §2.3.4).
pub(crate) const MAX_DOMAIN: usize = 253;
pub(crate) const MAX_LABEL: usize = 63;

/// An address that can be put on the wire and compared.
///
/// `Debug` prints the [masked](Self::masked) form, so that a log line cannot give an address away;
/// `Display` prints all of it, for mail headers and for the operator.
///
/// ```
/// use courant_subscribers::EmailAddress;
///
/// let address = EmailAddress::parse("Ann.Lee+news@Exämple.org")?;
/// assert_eq!(address.as_str(), "Ann.Lee+news@xn--exmple-cua.org");
/// assert_eq!(address.key(), "ann.lee+news@xn--exmple-cua.org");
/// assert_eq!(format!("{address:?}"), "A…s@xn--exmple-cua.org");
/// # Ok::<(), courant_subscribers::AddressError>(())
/// ```
#[derive(Clone, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    whole: String,
    /// Unless it is the whole as it stands.
    key: Option<String>,
    at: usize,
}

/// Why a text is not an address we can mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// A control character, which could start another mail header.
    #[error("it holds a control character")]
    Control,
    /// A blank inside.
    #[error("it holds a space")]
    Space,
    /// `Ann <ann@example.org>`.
    #[error("it has a name or angle brackets around it; write the bare address")]
    Brackets,
    /// No `@`.
    #[error("it has no @")]
    NoAt,
    /// More than one `@`.
    #[error("it has more than one @")]
    ManyAts,
    /// Nothing before the `@`.
    #[error("nothing stands before the @")]
    NoLocalPart,
    /// Nothing after the `@`.
    #[error("nothing stands after the @")]
    NoDomain,
    /// More than 64 characters before the `@`.
    #[error("more than 64 characters stand before the @")]
    LongLocalPart,
    /// More than 254 characters in all.
    #[error("it is longer than 254 characters")]
    Long,
    /// `"ann lee"@example.org`.
    #[error("quoted names before the @ are not supported")]
    Quoted,
    /// A dot at the start or the end of the local part, or two in a row.
    #[error("a dot before the @ stands first, last or doubled")]
    Dots,
    /// A character that a dot-atom may not hold.
    #[error("{0:?} is not allowed before the @")]
    LocalCharacter(char),
    /// `ann@[192.0.2.1]` or `ann@192.0.2.1`.
    #[error("it names a machine by its IP address instead of a domain")]
    Literal,
    /// `ann@localhost`.
    #[error("the domain has no dot")]
    NoDot,
    /// Not a domain name.
    #[error("what follows the @ is not a domain name")]
    Domain,
}

impl EmailAddress {
    /// Reads one bare address; spaces around it do not count.
    ///
    /// # Errors
    /// Says in words what is wrong, for the person who typed it: readable after "because".
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches(' ');
        Self::plain(text).map_or_else(|| Self::any(text), Ok)
    }

    /// Any address, and what is wrong with a text that is none.
    fn any(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(AddressError::Control);
        }
        if text.contains(['<', '>']) {
            return Err(AddressError::Brackets);
        }
        if text.starts_with('"') {
            return Err(AddressError::Quoted);
        }
        if text.chars().any(char::is_whitespace) {
            return Err(AddressError::Space);
        }
        let (local, domain) = text.split_once('@').ok_or(AddressError::NoAt)?;
        if domain.contains('@') {
            return Err(AddressError::ManyAts);
        }
        let local = ComposingNormalizerBorrowed::new_nfc().normalize(local);
        check_local_part(&local)?;
        let domain = ascii_domain(domain)?;
        if local.len() + 1 + domain.len() > MAX_ADDRESS {
            return Err(AddressError::Long);
        }
        let whole = format!("{local}@{domain}");
        Ok(Self {
            key: lower(&whole),
            at: local.len(),
            whole,
        })
    }

    /// An address in ASCII without A-labels, as nearly all are, by one look at its bytes; nothing for any other
    /// text, right or wrong.
    fn plain(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        if local.len() > MAX_LOCAL || text.len() > MAX_ADDRESS {
            return None;
        }
        let mut is_after_dot = true;
        let are_atoms = local.bytes().all(|byte| {
            let may_stand = byte != b'.' || !is_after_dot;
            is_after_dot = byte == b'.';
            may_stand && ATOMS.get(usize::from(byte)) == Some(&true)
        });
        if is_after_dot || !are_atoms || !labels::is_plain(domain) {
            return None;
        }
        top_level(domain).ok()?;
        let mut whole = text.to_owned();
        if domain.bytes().any(|byte| byte.is_ascii_uppercase()) {
            whole = format!("{local}@{}", domain.to_ascii_lowercase());
        }
        let is_lower = !local.bytes().any(|byte| byte.is_ascii_uppercase());
        Some(Self {
            key: (!is_lower).then(|| whole.to_ascii_lowercase()),
            at: local.len(),
            whole,
        })
    }

    /// The address as it goes on the wire: local part as written, domain as A-labels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.whole
    }

    /// The form that is unique in the list: everything in lower case, plus-tags kept.
    ///
    /// Local parts may differ by case (RFC 5321 §2.4), but no service a reader uses does that,
    /// and two editions to one person are worse. Dots and tags do tell people apart.
    #[must_use]
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.whole)
    }

    /// Whether relays have to offer SMTPUTF8 (RFC 6531) for it.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.whole.is_ascii()
    }

    /// What is kept of an erased address: a hash of [`key`](Self::key), so that no import brings the
    /// person back, and no table says who they were.
    #[must_use]
    pub fn erased_key(&self) -> String {
        erased(self.key())
    }

    /// The domain as lower-case A-labels.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.whole.get(self.at + 1..).unwrap_or_default()
    }

    /// A form for logs that does not give the person away: `a…n@example.org`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.whole)
    }
}

/// Hides the local part of anything that looks like an address; all of it otherwise.
pub(crate) fn mask(text: &str) -> String {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return "…".to_owned();
    };
    let mut letters = local.chars();
    // First and last letter of a short name would be most of the name.
    match (letters.next(), letters.next_back(), letters.count()) {
        (Some(first), Some(last), 3..) => format!("{first}…{last}@{domain}"),
        _ => format!("…@{domain}"),
    }
}

fn check_local_part(local: &str) -> Result<(), AddressError> {
    if local.is_empty() {
        return Err(AddressError::NoLocalPart);
    }
    if local.contains('"') {
        return Err(AddressError::Quoted);
    }
    if let Some(bad) = local.chars().find(|&c| c != '.' && !is_atom(c)) {
        return Err(AddressError::LocalCharacter(bad));
    }
    if let Some(mark) = local.chars().next().filter(|&c| is_combining(c)) {
        return Err(AddressError::LocalCharacter(mark));
    }
    if local.split('.').any(str::is_empty) {
        return Err(AddressError::Dots);
    }
    if local.len() > MAX_LOCAL {
        return Err(AddressError::LongLocalPart);
    }
    Ok(())
}

/// `atext` of RFC 5322 §3.2.3 and the dot, by their bytes.
const ATOMS: [bool; 128] = {
    let mut atoms = [false; 128];
    let mut byte = 0;
    while byte < 128 {
        atoms[byte as usize] = byte == b'.' || is_ascii_atom(byte as char);
        byte += 1;
    }
    atoms
};

const fn is_ascii_atom(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '/'
                | '='
                | '?'
                | '^'
                | '_'
                | '`'
                | '{'
                | '|'
                | '}'
                | '~'
        )
}

/// `atext` of RFC 5322 §3.2.3 and RFC 6531 §3.3; of the latter no signs and nothing that cannot be seen.
fn is_atom(c: char) -> bool {
    if c.is_ascii() {
        return is_ascii_atom(c);
    }
    let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    !(is_private
        || c == '\u{fffd}'
        || labels::is_ignored(c)
        || labels::is_symbol(c)
        || is_bidi_control(c)
        || is_no_letter(c))
}

/// Fillers that show nothing, marks within a text for programs, and what Unicode keeps free for programs' own use.
fn is_no_letter(c: char) -> bool {
    matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e0fff}'
    ) || u32::from(c) & 0xfffe == 0xfffe
}

/// Marks that stand on the letter before them: at the beginning there is none.
fn is_combining(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}' | '\u{93c}' | '\u{94d}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}' | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Characters that change the order of what stands around them.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn ascii_domain(domain: &str) -> Result<String, AddressError> {
    if domain.is_empty() {
        return Err(AddressError::NoDomain);
    }
    if domain.starts_with('[') || domain.parse::<std::net::IpAddr>().is_ok() {
        return Err(AddressError::Literal);
    }
    let ascii = if labels::is_plain(domain) {
        domain.to_ascii_lowercase()
    } else {
        labels::a_labels(domain)?
    };
    top_level(&ascii)?;
    Ok(ascii)
}

/// Whether a domain ends in what may be a top-level one.
fn top_level(domain: &str) -> Result<(), AddressError> {
    let (_, last) = domain.rsplit_once('.').ok_or(AddressError::NoDot)?;
    let Some(first) = last.bytes().next() else {
        return Err(AddressError::Domain);
    };
    if !first.is_ascii_digit() {
        return Ok(());
    }
    // None is a number (RFC 3696 §2); such names are mistyped IP addresses, whatever the number's base.
    let is_hexadecimal = |rest: &str| rest.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    if last.bytes().all(|b| b.is_ascii_digit()) || digits.is_some_and(is_hexadecimal) {
        return Err(AddressError::Literal);
    }
    Ok(())
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

impl FromStr for EmailAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.whole
    }
}

/// A text in lower case, unless it is.
fn lower(text: &str) -> Option<String> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(is_lower) {
        return None;
    }
    // One letter has two small forms, by where it stands.
    let lower = text.to_lowercase().replace('ς', "σ");
    // A small letter may be composed with a mark where its capital was not.
    let lower = ComposingNormalizerBorrowed::new_nfc().normalize(&lower);
    Some(lower.into_owned()).filter(|lower| lower != text)
}

/// Two spellings of one mailbox are equal.
impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for EmailAddress {}

impl std::hash::Hash for EmailAddress {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// What is kept of an address key once its person is erased.
pub(crate) fn erased(key: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes());
    let hex: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
