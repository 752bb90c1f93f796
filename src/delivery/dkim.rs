//! DKIM: the bytes of a message in, `DKIM-Signature` headers out (RFC 6376).
//!
//! Signing is the last step over the final bytes. RSA-2048 with SHA-256, relaxed/relaxed, no `l=`,
//! from the `aws-lc-rs` that TLS uses anyway. Every header a reader's program shows or acts on is
//! covered, and those that must not be doubled on the way are named once more than they occur, so
//! that a second one breaks the signature (RFC 6376 section 8.15). Ed25519 (RFC 8463) can stand
//! beside it, which is off unless asked for: some large receivers count a signature they cannot read
//! as a failure.
//!
//! Keys are PKCS#8 files named after their selector. Two selectors may be published at once: a new
//! key waits in the DNS as `next_selector` until it is known everywhere, then the names change places.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::secret::{Secret, SecretError};

/// `[delivery.dkim]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether we sign; the relay may do it instead.
    pub sign: bool,
    /// The signing domain; the From address's if not given.
    pub domain: Option<String>,
    /// Name of the key in use, under `_domainkey` in the DNS.
    pub selector: String,
    /// Name of the key that comes next, published already and not used yet.
    pub next_selector: Option<String>,
    /// Name of an Ed25519 key that signs beside the other.
    pub ed25519_selector: Option<String>,
    /// Folder of the keys: `SELECTOR.pem`.
    pub key_folder: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sign: false,
            domain: None,
            selector: "courant1".to_owned(),
            next_selector: None,
            ed25519_selector: None,
            key_folder: "keys/dkim".into(),
        }
    }
}

impl Config {
    /// Every selector of the configuration with the kind of its key, the one in use first.
    #[must_use]
    pub fn selectors(&self) -> Vec<(&str, Algorithm)> {
        let mut all = vec![(self.selector.as_str(), Algorithm::Rsa)];
        all.extend(self.next_selector.as_deref().map(|s| (s, Algorithm::Rsa)));
        let ed25519 = self.ed25519_selector.as_deref();
        all.extend(ed25519.map(|s| (s, Algorithm::Ed25519)));
        all
    }

    /// Where a selector's key is kept.
    #[must_use]
    pub fn key_file(&self, folder: &Path, selector: &str) -> PathBuf {
        folder
            .join(&self.key_folder)
            .join(format!("{selector}.pem"))
    }
}

/// What a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `rsa-sha256` with 2048 bits (RFC 8301).
    Rsa,
    /// `ed25519-sha256` (RFC 8463).
    Ed25519,
}

/// Headers that are signed wherever they occur, and whether nobody may add another.
const SIGNED: [(&str, bool); 24] = [
    ("From", true),
    ("To", true),
    ("Cc", true),
    ("Reply-To", true),
    ("Sender", true),
    ("Subject", true),
    ("Date", true),
    ("Message-ID", true),
    ("In-Reply-To", true),
    ("References", true),
    ("MIME-Version", true),
    ("Content-Type", true),
    ("Content-Transfer-Encoding", true),
    ("List-Id", true),
    ("List-Unsubscribe", true),
    ("List-Unsubscribe-Post", true),
    ("List-Help", false),
    ("List-Owner", false),
    ("List-Archive", false),
    ("List-Post", false),
    ("Feedback-ID", false),
    ("CFBL-Address", false),
    ("CFBL-Feedback-ID", false),
    ("Auto-Submitted", false),
];

/// A private key.
pub enum Key {
    /// For `rsa-sha256`.
    Rsa(RsaKeyPair),
    /// For `ed25519-sha256`.
    Ed25519(Ed25519KeyPair),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Key {
    /// A new key as the text of its file.
    ///
    /// # Errors
    /// [`Error::Random`] when the system has no randomness to give.
    pub fn generate(algorithm: Algorithm) -> Result<Secret, Error> {
        let der: Pkcs8V1Der<'_> = match algorithm {
            Algorithm::Rsa => RsaKeyPair::generate(KeySize::Rsa2048)
                .and_then(|key| key.as_der())
                .map_err(|_| Error::Random)?,
            Algorithm::Ed25519 => Ed25519KeyPair::generate()
                .and_then(|key| key.as_der())
                .map_err(|_| Error::Random)?,
        };
        Ok(Secret::new(&pem(der.as_ref())))
    }

    /// Reads a key from the text of its file: PKCS#8, or PKCS#1 for RSA.
    ///
    /// # Errors
    /// [`Error::Key`] when it is neither, or RSA of fewer than 2048 bits.
    pub fn parse(text: &Secret) -> Result<Self, Error> {
        let lines = text.expose().lines().map(str::trim);
        let base64: String = lines
            .filter(|line| !line.starts_with("-----"))
            .collect::<Vec<_>>()
            .concat();
        let der = STANDARD.decode(base64).map_err(|_| Error::Key)?;
        if let Ok(key) = RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)) {
            // Receivers take 1024 bits no longer (RFC 8301 section 3.2).
            return if key.public_modulus_len() < 256 {
                Err(Error::Key)
            } else {
                Ok(Self::Rsa(key))
            };
        }
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
            .map(Self::Ed25519)
            .map_err(|_| Error::Key)
    }

    /// The text of the DNS record (RFC 6376 section 3.6.1).
    ///
    /// # Errors
    /// [`Error::Key`] if the public half cannot be written.
    pub fn record(&self) -> Result<String, Error> {
        match self {
            Self::Rsa(key) => {
                let public: PublicKeyX509Der<'_> =
                    key.public_key().as_der().map_err(|_| Error::Key)?;
                let public = STANDARD.encode(public.as_ref());
                Ok(format!("v=DKIM1; k=rsa; p={public}"))
            }
            Self::Ed25519(key) => {
                let public = STANDARD.encode(key.public_key().as_ref());
                Ok(format!("v=DKIM1; k=ed25519; p={public}"))
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    data,
                    &mut signature,
                )
                .map_err(|_| Error::Sign)?;
                Ok(signature)
            }
            // The hash is what is signed (RFC 8463 section 3).
            Self::Ed25519(key) => Ok(key.sign(digest(&SHA256, data).as_ref()).as_ref().to_vec()),
        }
    }
}

fn pem(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in base64.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END PRIVATE KEY-----\n");
    text
}

/// A DNS record's text as a zone file wants it: strings of at most 255 bytes (RFC 1035 section 3.3).
#[must_use]
pub fn zone_line(selector: &str, domain: &str, record: &str) -> String {
    let strings: Vec<String> = record
        .as_bytes()
        .chunks(250)
        .map(|chunk| format!("\"{}\"", String::from_utf8_lossy(chunk)))
        .collect();
    let strings = strings.join(" ");
    format!("{selector}._domainkey.{domain}. IN TXT ( {strings} )")
}

/// What is known of a body before it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing.
    Any,
    /// It is its own relaxed form: no tabs, no two spaces in a row, none before a line's end, one
    /// line end at the end.
    Relaxed,
}

/// Signs messages.
#[derive(Debug)]
pub struct Signer {
    domain: String,
    keys: Vec<(String, Key)>,
}

impl Signer {
    /// A signer with these keys, each under its selector.
    #[must_use]
    pub fn new(domain: &str, keys: Vec<(String, Key)>) -> Self {
        Self {
            domain: domain.to_owned(),
            keys,
        }
    }

    /// Reads the keys in use; nothing if `[delivery.dkim]` leaves signing to the relay.
    ///
    /// # Errors
    /// [`Error::Secret`] when a key file cannot be read, [`Error::File`] when it holds no key.
    pub fn open(config: &Config, from: &str, folder: &Path) -> Result<Option<Self>, Error> {
        if !config.sign {
            return Ok(None);
        }
        let mut keys = Vec::new();
        let ed25519 = config.ed25519_selector.as_deref();
        for selector in [Some(config.selector.as_str()), ed25519]
            .into_iter()
            .flatten()
        {
            keys.push((
                selector.to_owned(),
                read(&config.key_file(folder, selector))?,
            ));
        }
        let domain = config.domain.as_deref().unwrap_or(from);
        Ok(Some(Self::new(domain, keys)))
    }

    /// The signature headers for a message, each with its line end, to stand before the others.
    ///
    /// `head` is the header section with its last line end, without the empty line after it.
    ///
    /// # Errors
    /// [`Error::Sign`] when a key refuses.
    pub fn sign(&self, head: &[u8], body: (&[u8], Form), now: i64) -> Result<Vec<u8>, Error> {
        let body_hash = match body {
            (bytes, Form::Relaxed) => digest(&SHA256, bytes),
            (bytes, Form::Any) => hash_relaxed(bytes),
        };
        let body_hash = STANDARD.encode(body_hash.as_ref());
        let (names, covered) = cover(&fields(head));
        let mut out = Vec::with_capacity(1024 * self.keys.len());
        for (selector, key) in &self.keys {
            let header = format!(
                "DKIM-Signature: v=1; a={}; c=relaxed/relaxed; d={};\r\n s={selector}; t={now};\r\n \
                 h={names};\r\n bh={body_hash};\r\n b=",
                key.algorithm(),
                self.domain,
            );
            let mut data = covered.clone();
            relax_field(header.as_bytes(), &mut data);
            let signature = STANDARD.encode(key.sign(&data)?);
            out.extend_from_slice(header.as_bytes());
            for (number, line) in signature.as_bytes().chunks(72).enumerate() {
                if number > 0 {
                    out.extend_from_slice(b"\r\n ");
                }
                out.extend_from_slice(line);
            }
            out.extend_from_slice(b"\r\n");
        }
        Ok(out)
    }

    /// A whole message with its signatures before it.
    ///
    /// # Errors
    /// [`Error::Sign`] when a key refuses, [`Error::NoBody`] when no empty line ends the headers.
    pub fn signed(&self, message: &[u8], now: i64) -> Result<Vec<u8>, Error> {
        let end = message
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or(Error::NoBody)?;
        let (head, rest) = message.split_at(end + 2);
        let mut out = self.sign(head, (&rest[2..], Form::Any), now)?;
        out.extend_from_slice(message);
        Ok(out)
    }
}

/// Reads a key file.
///
/// # Errors
/// [`Error::Secret`] when it cannot be read, [`Error::File`] when it holds no key.
pub fn read(path: &Path) -> Result<Key, Error> {
    Key::parse(&Secret::read(path)?).map_err(|_| Error::File(path.to_owned()))
}

/// A header section's fields with their continuation lines, without their last line end.
fn fields(head: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::with_capacity(24);
    let (mut start, mut at) = (0, 0);
    while let Some(end) = head.get(at..).and_then(memchr_lf) {
        let next = at + end + 1;
        if !matches!(head.get(next), Some(b' ' | b'\t')) {
            let field = head.get(start..next).unwrap_or_default();
            fields.push(field.strip_suffix(b"\r\n").unwrap_or(field));
            start = next;
        }
        at = next;
    }
    fields
}

fn memchr_lf(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}

/// The value of `h=` and the covered headers in relaxed form, in that order, the last of several
/// first (RFC 6376 section 5.4.2).
fn cover(fields: &[&[u8]]) -> (String, Vec<u8>) {
    let (mut names, mut covered) = (String::with_capacity(400), Vec::with_capacity(2048));
    let mut line = 3;
    let mut name = |name: &str| {
        if !names.is_empty() {
            names.push(':');
        }
        if line + name.len() > 72 {
            names.push_str("\r\n ");
            line = 1;
        }
        names.push_str(name);
        line += name.len() + 1;
    };
    for (wanted, is_sealed) in SIGNED {
        for field in fields.iter().rev().filter(|field| is_named(field, wanted)) {
            relax_field(field, &mut covered);
            covered.extend_from_slice(b"\r\n");
            name(wanted);
        }
        if is_sealed {
            name(wanted);
        }
    }
    (names, covered)
}

fn is_named(field: &[u8], name: &str) -> bool {
    let (head, rest) = field.split_at_checked(name.len()).unwrap_or((field, b""));
    head.eq_ignore_ascii_case(name.as_bytes())
        && rest.iter().find(|byte| !matches!(byte, b' ' | b'\t')) == Some(&b':')
}

/// One field in relaxed form (RFC 6376 section 3.4.2), without its line end.
fn relax_field(field: &[u8], out: &mut Vec<u8>) {
    let colon = field.iter().position(|byte| *byte == b':').unwrap_or(0);
    let (name, value) = field.split_at(colon);
    out.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let mut space = false;
    let start = out.len();
    for byte in value.iter().skip(1) {
        match byte {
            b' ' | b'\t' => space = true,
            b'\r' | b'\n' => {}
            other => {
                if space && out.len() > start {
                    out.push(b' ');
                }
                space = false;
                out.push(*other);
            }
        }
    }
}

/// The hash of a body in relaxed form (RFC 6376 section 3.4.4).
fn hash_relaxed(body: &[u8]) -> aws_lc_rs::digest::Digest {
    let mut context = Context::new(&SHA256);
    let (mut empty, mut line) = (0_usize, Vec::with_capacity(1000));
    let body = body.strip_suffix(b"\r\n").unwrap_or(body);
    for raw in body.split(|byte| *byte == b'\n') {
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        line.clear();
        let mut space = false;
        for byte in raw {
            match byte {
                b' ' | b'\t' => space = true,
                other => {
                    if space {
                        line.push(b' ');
                    }
                    space = false;
                    line.push(*other);
                }
            }
        }
        if line.is_empty() {
            empty += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty) {
            context.update(b"\r\n");
        }
        line.extend_from_slice(b"\r\n");
        context.update(&line);
    }
    context.finish()
}

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text holds no usable key.
    #[error("this is no private key for DKIM: PKCS#8, RSA of 2048 bits or more, or Ed25519")]
    Key,
    /// A key file holds no usable key.
    #[error("{} holds no private key for DKIM: PKCS#8, RSA of 2048 bits or more, or Ed25519", .0.display())]
    File(PathBuf),
    /// A key file cannot be read.
    #[error("the key for DKIM cannot be read; `courant dkim` makes it")]
    Secret(#[from] SecretError),
    /// The system has no randomness to give.
    #[error("the system's random source failed")]
    Random,
    /// The key refuses.
    #[error("the key for DKIM refused to sign")]
    Sign,
    /// The message has no body.
    #[error("the message has no empty line after its headers")]
    NoBody,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relaxed_forms_are_those_of_the_standard() {
        // RFC 6376 section 3.4.5.
        let mut out = Vec::new();
        for field in fields(b"A: X\r\nB : Y\t\r\n\tZ  \r\n") {
            relax_field(field, &mut out);
            out.extend_from_slice(b"\r\n");
        }
        assert_eq!(out, b"a:X\r\nb:Y Z\r\n");
        let hash = |text: &[u8]| digest(&SHA256, text).as_ref().to_vec();
        for (body, relaxed) in [
            (&b" C \r\nD \t E\r\n\r\n\r\n"[..], &b" C\r\nD E\r\n"[..]),
            (b"", b""),
            (b"\r\n", b""),
            (b"x", b"x\r\n"),
            (b"x\r\n\r\ny \r\n", b"x\r\n\r\ny\r\n"),
        ] {
            assert_eq!(hash_relaxed(body).as_ref(), hash(relaxed), "{body:?}");
        }
    }

    #[test]
    fn a_sealed_header_is_named_once_more_than_it_occurs() {
        let head = b"From: a@tarn.example\r\nSubject: x\r\nX-Other: y\r\nList-Id: <l>\r\n";
        let (names, covered) = cover(&fields(head));
        let names: Vec<_> = names.split(':').map(str::trim).collect();
        let count = |name: &str| names.iter().filter(|n| **n == name).count();
        assert_eq!((count("From"), count("Subject"), count("Cc")), (2, 2, 1));
        assert_eq!((count("List-Id"), count("List-Help")), (2, 0));
        assert_eq!(
            covered,
            b"from:a@tarn.example\r\nsubject:x\r\nlist-id:<l>\r\n"
        );
    }

    #[test]
    fn keys_are_read_as_they_were_written() {
        for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
            let text = Key::generate(algorithm).unwrap();
            let key = Key::parse(&text).unwrap();
            let record = key.record().unwrap();
            assert_eq!(
                record,
                Key::parse(&text).unwrap().record().unwrap(),
                "stable"
            );
            let line = zone_line("s1", "tarn.example", &record);
            assert!(line.starts_with("s1._domainkey.tarn.example. IN TXT ( \"v=DKIM1; "));
        }
        assert!(Key::parse(&Secret::new("bm90IGEga2V5")).is_err());
    }
}
