//! Signed public URLs: open, click, unsubscribe, preferences, view in browser.
//!
//! A token is 24 bytes, written as 32 URL-safe characters: the subscriber's number (8 bytes), the
//! edition's number (4), what the link does (2), and 10 bytes that prove it. The first 14 and two of
//! ours are one block, which AES-256 turns into another; the beginning of that nobody can tell from
//! chance without the key. A single block of a fixed form needs no longer construction, and a message
//! has some thirty of them. Nothing is looked up to verify one, a changed bit is noticed in constant
//! time, and every token has the same length, so messages can be composed by copying tokens into slots.
//!
//! Keys live in one file, a key a line, newest first: the first signs, all verify. Rotation is a new
//! first line; a key is removed when the last mail signed with it is older than 60 days.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, UnboundCipherKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use url::Url;

use crate::secret::Secret;

/// Characters of a token.
pub const TOKEN_CHARS: usize = 32;
/// Characters of a token in an address.
pub const TAG_CHARS: usize = 39;
/// Base32 (RFC 4648 section 6) in small letters.
const TAG_LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const PAYLOAD_BYTES: usize = 14;
const MAC_BYTES: usize = 10;
const FIRST_CLICK: u16 = 16;
/// Separates these MACs from any other use of the same key.
const DOMAIN: &[u8] = b"courant link 2\0";
const BLOCK_BYTES: usize = 16;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Every two letters of the alphabet, by their twelve bits.
static PAIRS: [[u8; 2]; 4096] = {
    let mut pairs = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < pairs.len() {
        pairs[bits] = [ALPHABET[bits >> 6], ALPHABET[bits & 63]];
        bits += 1;
    }
    pairs
};

/// `[links]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where readers reach `courant serve`, such as `https://go.example.org`; a path is kept.
    pub base_url: String,
    /// File with the signing keys, made by `courant init`.
    pub key_file: std::path::PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8025".to_owned(),
            key_file: "keys/links.key".into(),
        }
    }
}

/// What a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The open pixel.
    Open,
    /// The unsubscribe page and the one-click address (RFC 8058).
    Unsubscribe,
    /// The preferences page.
    Preferences,
    /// The reader's copy in a browser.
    View,
    /// The confirmation of a subscription; in the edition's place is when it was asked for, see
    /// [`Token::dated`].
    Confirm,
    /// A form that was handed out, and when.
    Form,
    /// The address a copy comes back to; never a link.
    Bounce,
    /// The button of who still reads; in the edition's place is when it was asked for.
    Stay,
    /// The edition's link of this number, counted from 0.
    Click(u16),
}

impl Kind {
    fn number(self) -> u16 {
        match self {
            Self::Open => 0,
            Self::Unsubscribe => 1,
            Self::Preferences => 2,
            Self::View => 3,
            Self::Confirm => 4,
            Self::Form => 5,
            Self::Bounce => 6,
            Self::Stay => 7,
            Self::Click(link) => FIRST_CLICK.saturating_add(link),
        }
    }

    fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Open,
            1 => Self::Unsubscribe,
            2 => Self::Preferences,
            3 => Self::View,
            4 => Self::Confirm,
            5 => Self::Form,
            6 => Self::Bounce,
            7 => Self::Stay,
            n => Self::Click(n.checked_sub(FIRST_CLICK)?),
        })
    }

    fn path(self) -> char {
        match self {
            Self::Open => 'o',
            Self::Unsubscribe => 'u',
            Self::Preferences => 'p',
            Self::View => 'v',
            Self::Confirm => 'y',
            Self::Form => 'f',
            Self::Bounce => 'b',
            Self::Stay => 's',
            Self::Click(_) => 'c',
        }
    }
}

/// Who pressed which link of which edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// The subscriber's number; 0 in test mails, which belong to nobody; less in copies that carry no
    /// identity, see [`Token::anonymous`].
    pub subscriber: i64,
    /// The edition's number.
    pub edition: u32,
    /// What the link does.
    pub kind: Kind,
}

impl Token {
    /// A link that says of which wave a copy is and where in its list the link stands, and not whose.
    #[must_use]
    pub fn anonymous(edition: u32, (wave, position): (u32, u16), kind: Kind) -> Self {
        Self {
            subscriber: -1 - (i64::from(wave) << 16 | i64::from(position)),
            edition,
            kind,
        }
    }

    /// A link of no edition, with when it was made (Unix seconds, until the year 2106).
    #[must_use]
    pub fn dated(subscriber: i64, kind: Kind, now: i64) -> Self {
        Self {
            subscriber,
            edition: u32::try_from(now).unwrap_or(0),
            kind,
        }
    }

    /// When a dated link was made.
    #[must_use]
    pub fn made_at(self) -> i64 {
        i64::from(self.edition)
    }

    /// The wave and the place, of a link that carries no identity.
    #[must_use]
    pub fn place(self) -> Option<(u32, u16)> {
        let place = u64::try_from(-1 - i128::from(self.subscriber)).ok()?;
        let wave = u32::try_from(place >> 16).ok()?;
        let position = u16::try_from(place & 0xffff).ok()?;
        Some((wave, position))
    }

    fn payload(self) -> [u8; PAYLOAD_BYTES] {
        let mut bytes = [0; PAYLOAD_BYTES];
        bytes[..8].copy_from_slice(&self.subscriber.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.edition.to_be_bytes());
        bytes[12..].copy_from_slice(&self.kind.number().to_be_bytes());
        bytes
    }

    fn from_payload(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            subscriber: i64::from_be_bytes(bytes.get(..8)?.try_into().ok()?),
            edition: u32::from_be_bytes(bytes.get(8..12)?.try_into().ok()?),
            kind: Kind::from_number(u16::from_be_bytes(bytes.get(12..14)?.try_into().ok()?))?,
        })
    }
}

/// Makes and verifies links.
#[derive(Clone)]
pub struct Links {
    base: String,
    keys: Vec<Arc<EncryptingKey>>,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links")
            .field("base", &self.base)
            .field("keys", &self.keys.len())
            .finish()
    }
}

impl Links {
    /// Links under `base_url`, signed with the first of `keys` (base64, one a line).
    ///
    /// # Errors
    /// When the URL is not http(s), or a key is not base64 of at least 16 bytes.
    pub fn new(base_url: &str, keys: &Secret) -> Result<Self, Error> {
        let base = Url::parse(base_url).map_err(|_| Error::Base(base_url.to_owned()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(Error::Base(base_url.to_owned()));
        }
        let keys: Vec<_> = keys
            .expose()
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .enumerate()
            .map(|(index, line)| {
                let bytes = STANDARD.decode(line).map_err(|_| Error::Key(index + 1))?;
                if bytes.len() < 16 {
                    return Err(Error::Key(index + 1));
                }
                proof_key(&bytes).ok_or(Error::Key(index + 1))
            })
            .collect::<Result<_, Error>>()?;
        if keys.is_empty() {
            return Err(Error::Key(1));
        }
        Ok(Self {
            base: base.as_str().trim_end_matches('/').to_owned(),
            keys,
        })
    }

    /// Reads the key file and makes links under `config.base_url`.
    ///
    /// # Errors
    /// When the file cannot be read, or as [`Links::new`].
    pub fn open(config: &Config, folder: &Path) -> Result<Self, Error> {
        Self::new(
            &config.base_url,
            &Secret::read(&folder.join(&config.key_file))?,
        )
    }

    /// A new key as a line of the key file.
    #[must_use]
    pub fn new_key() -> String {
        let mut bytes = [0; 32];
        let filled = aws_lc_rs::rand::fill(&mut bytes);
        debug_assert!(filled.is_ok(), "the system's random source does not fail");
        STANDARD.encode(bytes)
    }

    /// Where the links begin, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The whole URL of a link.
    #[must_use]
    pub fn url(&self, token: Token) -> String {
        format!("{}/{}/{}", self.base, token.kind.path(), self.sign(token))
    }

    /// The 32 characters of a token.
    #[must_use]
    pub fn sign(&self, token: Token) -> String {
        let signed = self.sign_all(std::iter::once(token));
        let characters = signed.first().copied().unwrap_or([b'A'; TOKEN_CHARS]);
        characters.into_iter().map(char::from).collect()
    }

    /// The 32 characters of many tokens.
    #[must_use]
    pub fn sign_all(&self, tokens: impl Iterator<Item = Token>) -> Vec<[u8; TOKEN_CHARS]> {
        let payloads: Vec<_> = tokens.map(Token::payload).collect();
        let proofs = proofs(&self.keys[0], &payloads);
        let pairs = payloads.iter().zip(&proofs);
        pairs
            .map(|(payload, proof)| {
                let mut bytes = [0; PAYLOAD_BYTES + MAC_BYTES];
                bytes[..PAYLOAD_BYTES].copy_from_slice(payload);
                bytes[PAYLOAD_BYTES..].copy_from_slice(proof);
                characters(&bytes)
            })
            .collect()
    }

    /// A token for the local part of an address: small letters and digits, since such parts are not always
    /// kept as they were written.
    #[must_use]
    pub fn tag(&self, token: Token) -> String {
        let signed = URL_SAFE_NO_PAD.decode(self.sign(token)).unwrap_or_default();
        let mut text = String::with_capacity(TAG_CHARS);
        let (mut held, mut bits) = (0_u32, 0_u32);
        // One byte more of nothing fills the last letter.
        for byte in signed.into_iter().chain([0]) {
            held = held << 8 | u32::from(byte);
            bits += 8;
            while bits >= 5 && text.len() < TAG_CHARS {
                bits -= 5;
                let letter = TAG_LETTERS[usize::try_from(held >> bits & 31).unwrap_or(0)];
                text.push(char::from(letter));
            }
        }
        text
    }

    /// What a tag of an address says, in any spelling; as [`verify`](Self::verify).
    #[must_use]
    pub fn verify_tag(&self, text: &str) -> Option<Token> {
        if text.len() != TAG_CHARS {
            return None;
        }
        let mut bytes = Vec::with_capacity(PAYLOAD_BYTES + MAC_BYTES);
        let (mut held, mut bits) = (0_u32, 0_u32);
        for letter in text.bytes() {
            let letter = letter.to_ascii_lowercase();
            let five = TAG_LETTERS.iter().position(|known| *known == letter)?;
            held = held << 5 | u32::try_from(five).ok()?;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
            }
        }
        self.verified(&bytes)
    }

    /// What a token says, if one of our keys made it; nothing otherwise, without saying why.
    #[must_use]
    pub fn verify(&self, text: &str) -> Option<Token> {
        if text.len() != TOKEN_CHARS {
            return None;
        }
        self.verified(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    fn verified(&self, bytes: &[u8]) -> Option<Token> {
        let (payload, claimed) = bytes.split_at_checked(PAYLOAD_BYTES)?;
        let ours = self.keys.iter().any(|key| {
            let payload = payload.try_into().unwrap_or([0; PAYLOAD_BYTES]);
            let proofs = proofs(key, &[payload]);
            proofs.first().is_some_and(|proof| {
                aws_lc_rs::constant_time::verify_slices_are_equal(proof, claimed).is_ok()
            })
        });
        if ours {
            Token::from_payload(payload)
        } else {
            None
        }
    }
}

/// The key of the proofs, apart from any other use of the file's key.
fn proof_key(bytes: &[u8]) -> Option<Arc<EncryptingKey>> {
    let own = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), DOMAIN);
    let key = UnboundCipherKey::new(&AES_256, own.as_ref()).ok()?;
    EncryptingKey::ecb(key).ok().map(Arc::new)
}

/// What proves each payload: the beginning of its block, encrypted. None if the cipher refuses, so that
/// nothing is ever signed by chance.
fn proofs(key: &EncryptingKey, payloads: &[[u8; PAYLOAD_BYTES]]) -> Vec<[u8; MAC_BYTES]> {
    let mut blocks = vec![0x5c; payloads.len() * BLOCK_BYTES];
    for (block, payload) in blocks.chunks_exact_mut(BLOCK_BYTES).zip(payloads) {
        block[..PAYLOAD_BYTES].copy_from_slice(payload);
    }
    if blocks.is_empty() || key.encrypt(&mut blocks).is_err() {
        return Vec::new();
    }
    blocks
        .chunks_exact(BLOCK_BYTES)
        .map(|block| {
            let mut short = [0; MAC_BYTES];
            short.copy_from_slice(&block[..MAC_BYTES]);
            short
        })
        .collect()
}

/// Base64 for URLs (RFC 4648 section 5) of a length that needs no padding.
fn characters(bytes: &[u8; PAYLOAD_BYTES + MAC_BYTES]) -> [u8; TOKEN_CHARS] {
    let mut out = [0; TOKEN_CHARS];
    for (four, three) in out.chunks_exact_mut(4).zip(bytes.chunks_exact(3)) {
        // Two letters at a time, from a table.
        let high = usize::from(three[0]) << 4 | usize::from(three[1]) >> 4;
        let low = usize::from(three[1] & 15) << 8 | usize::from(three[2]);
        four[..2].copy_from_slice(&PAIRS[high]);
        four[2..].copy_from_slice(&PAIRS[low]);
    }
    out
}

/// Why links cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base is not a URL readers could open.
    #[error("links.base_url \"{0}\" is not an http or https URL")]
    Base(String),
    /// A line of the key file is no key.
    #[error("key {0} of the link key file is not base64 of at least 16 bytes")]
    Key(usize),
    /// The key file cannot be read.
    #[error("the keys that sign links cannot be read")]
    Secret(#[from] crate::secret::SecretError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        Links::new(
            "https://go.example.org/news/",
            &Secret::new(&Links::new_key()),
        )
        .unwrap()
    }

    const TOKEN: Token = Token {
        subscriber: 7_000_000_000_000_000_001,
        edition: 42,
        kind: Kind::Click(3),
    };

    #[test]
    fn a_link_leads_back_to_who_and_what() {
        let links = links();
        for kind in [
            Kind::Open,
            Kind::Unsubscribe,
            Kind::Preferences,
            Kind::View,
            Kind::Click(0),
            Kind::Click(900),
        ] {
            let token = Token { kind, ..TOKEN };
            let signed = links.sign(token);
            assert_eq!(signed.len(), TOKEN_CHARS);
            assert_eq!(links.verify(&signed), Some(token));
        }
        assert!(
            links
                .url(TOKEN)
                .starts_with("https://go.example.org/news/c/")
        );
    }

    #[test]
    fn a_tag_of_an_address_leads_back_however_it_is_written() {
        let links = links();
        let token = Token {
            kind: Kind::Bounce,
            ..TOKEN
        };
        let tag = links.tag(token);
        assert_eq!(tag.len(), TAG_CHARS);
        assert!(
            tag.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        );
        assert_eq!(links.verify_tag(&tag), Some(token));
        assert_eq!(links.verify_tag(&tag.to_ascii_uppercase()), Some(token));
        for at in 0..TAG_CHARS - 1 {
            let mut other = tag.clone().into_bytes();
            other[at] = if other[at] == b'a' { b'b' } else { b'a' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(links.verify_tag(&other), None, "{other}");
        }
        assert_eq!(links.verify_tag(&tag[1..]), None);
    }

    #[test]
    fn a_link_without_identity_says_where_it_stood() {
        for place in [(0, 0), (1, 7), (65, 31), (u32::MAX, u16::MAX)] {
            let token = Token::anonymous(42, place, Kind::Click(3));
            let links = links();
            let back = links.verify(&links.sign(token)).unwrap();
            assert_eq!((back, back.place()), (token, Some(place)));
        }
        for subscriber in [0, 1, i64::MAX, i64::MIN] {
            assert_eq!(
                Token {
                    subscriber,
                    ..TOKEN
                }
                .place(),
                None
            );
        }
    }

    #[test]
    fn any_changed_bit_is_noticed() {
        let links = links();
        let good = URL_SAFE_NO_PAD.decode(links.sign(TOKEN)).unwrap();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                links.verify(&URL_SAFE_NO_PAD.encode(bad)),
                None,
                "bit {bit}"
            );
        }
        for text in [
            "",
            "short",
            &links.sign(TOKEN)[..31],
            &format!("{}A", links.sign(TOKEN)),
        ] {
            assert_eq!(links.verify(text), None, "{text}");
        }
    }

    #[test]
    fn old_keys_still_verify_after_rotation() {
        let (old, new) = (Links::new_key(), Links::new_key());
        let before = Links::new("https://x.example", &Secret::new(&old)).unwrap();
        let after = Links::new(
            "https://x.example",
            &Secret::new(&format!("{new}\n{old}\n")),
        )
        .unwrap();
        assert_eq!(after.verify(&before.sign(TOKEN)), Some(TOKEN));
        assert_eq!(before.verify(&after.sign(TOKEN)), None);
    }

    #[test]
    fn bad_bases_and_keys_are_named() {
        let key = Secret::new(&Links::new_key());
        assert!(matches!(
            Links::new("ftp://x.example", &key),
            Err(Error::Base(_))
        ));
        assert!(matches!(
            Links::new("https://x.example", &Secret::new("c2hvcnQ=")),
            Err(Error::Key(1))
        ));
        assert!(matches!(
            Links::new("https://x.example", &Secret::new("")),
            Err(Error::Key(1))
        ));
    }
}
