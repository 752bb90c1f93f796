//! Bytes to replies: one stream, one buffer, a time-out on every wait (RFC 5321 section 4.2).

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::super::reply::Reply;

/// Longest reply that is read; RFC 5321 section 4.5.3.1.5 allows lines of 512.
const MOST_REPLY_BYTES: usize = 16_384;

/// A stream in both directions: a socket, or TLS over one.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for T {}

/// Why a reply did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    /// Nothing came in time.
    #[error("no answer in time")]
    Late,
    /// The other side closed.
    #[error("the relay closed the connection")]
    Closed,
    /// What came is no reply.
    #[error("the relay answered with nonsense")]
    Garbage,
    /// The connection broke.
    #[error("{0}")]
    Broken(String),
}

/// A stream and what was read ahead of it.
pub(super) struct Wire {
    stream: Box<dyn Duplex>,
    read: Vec<u8>,
    used: usize,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        Self {
            stream,
            read: Vec::with_capacity(2048),
            used: 0,
        }
    }

    /// The stream; nothing if more was read than was asked for.
    pub(super) fn into_stream(self) -> Option<Box<dyn Duplex>> {
        (self.used == self.read.len()).then_some(self.stream)
    }

    /// Writes everything; the error says how many bytes were taken.
    pub(super) async fn write(
        &mut self,
        bytes: &[u8],
        limit: Duration,
    ) -> Result<(), (Lost, usize)> {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            match timeout(limit, self.stream.write(rest)).await {
                Err(_) => return Err((Lost::Late, taken)),
                Ok(Err(error)) => return Err((Lost::Broken(error.to_string()), taken)),
                Ok(Ok(0)) => return Err((Lost::Closed, taken)),
                Ok(Ok(count)) => taken += count,
            }
        }
        match timeout(limit, self.stream.flush()).await {
            Err(_) => Err((Lost::Late, taken)),
            Ok(Err(error)) => Err((Lost::Broken(error.to_string()), taken)),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Reads one reply, however many lines it has.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, Lost> {
        loop {
            let unread = self.read.get(self.used..).unwrap_or_default();
            match parse(unread) {
                Parsed::Reply(reply, length) => {
                    self.used += length;
                    if self.used == self.read.len() {
                        self.read.clear();
                        self.used = 0;
                    }
                    return Ok(reply);
                }
                Parsed::Garbage => return Err(Lost::Garbage),
                Parsed::More if unread.len() > MOST_REPLY_BYTES => return Err(Lost::Garbage),
                Parsed::More => {}
            }
            match timeout(limit, self.stream.read_buf(&mut self.read)).await {
                Err(_) => return Err(Lost::Late),
                Ok(Err(error)) => return Err(Lost::Broken(error.to_string())),
                Ok(Ok(0)) => return Err(Lost::Closed),
                Ok(Ok(_)) => {}
            }
        }
    }
}

enum Parsed {
    Reply(Reply, usize),
    More,
    Garbage,
}

/// The first reply of some bytes and its length. A bare LF ends a line, too: some relays send it.
fn parse(bytes: &[u8]) -> Parsed {
    let (mut at, mut first) = (0, None);
    let mut text = String::new();
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            let begun = rest.get(..3).unwrap_or(rest);
            let nonsense = !begun.iter().all(u8::is_ascii_digit);
            return if nonsense {
                Parsed::Garbage
            } else {
                Parsed::More
            };
        };
        let line = rest.get(..length).unwrap_or_default().trim_ascii_end();
        at += length + 1;
        let Some(code) = code_of(line) else {
            return Parsed::Garbage;
        };
        if *first.get_or_insert(code) != code {
            return Parsed::Garbage;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let words = String::from_utf8_lossy(line.get(4..).unwrap_or_default());
        // It is shown in terminals and kept.
        text.extend(words.chars().map(|c| if c.is_control() { ' ' } else { c }));
        match line.get(3) {
            Some(b'-') => {}
            Some(b' ') | None => return Parsed::Reply(Reply { code, text }, at),
            Some(_) => return Parsed::Garbage,
        }
    }
}

fn code_of(line: &[u8]) -> Option<u16> {
    let digits = line
        .get(..3)
        .filter(|three| three.iter().all(u8::is_ascii_digit))?;
    let code = digits
        .iter()
        .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    (200..600).contains(&code).then_some(code)
}

/// What a relay offers (RFC 5321 section 4.1.1.1, and the extensions' own).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offered {
    pub(super) pipelining: bool,
    pub(super) smtputf8: bool,
    pub(super) eight_bit: bool,
    pub(super) dsn: bool,
    pub(super) starttls: bool,
    /// Largest message it takes.
    pub(super) size: Option<usize>,
    /// Mechanisms, in upper case.
    pub(super) auth: Vec<String>,
}

impl Offered {
    /// Reads the answer to EHLO.
    pub(super) fn read(text: &str) -> Self {
        let mut offered = Self::default();
        for line in text.lines().skip(1) {
            let line = line.trim().to_ascii_uppercase();
            // "AUTH=PLAIN" is an old spelling that still occurs.
            let mut words = line
                .split([' ', '='])
                .map(str::trim)
                .filter(|word| !word.is_empty());
            match words.next() {
                Some("PIPELINING") => offered.pipelining = true,
                Some("SMTPUTF8") => offered.smtputf8 = true,
                Some("8BITMIME") => offered.eight_bit = true,
                Some("DSN") => offered.dsn = true,
                Some("STARTTLS") => offered.starttls = true,
                Some("SIZE") => {
                    let size = words.next().and_then(|number| number.parse().ok());
                    offered.size = size.filter(|size| *size > 0);
                }
                Some("AUTH") => offered.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        offered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_whole_or_not_at_all() {
        let read = |bytes: &[u8]| match parse(bytes) {
            Parsed::Reply(reply, length) => format!("{} {:?} {length}", reply.code, reply.text),
            Parsed::More => "more".to_owned(),
            Parsed::Garbage => "garbage".to_owned(),
        };
        for (bytes, wanted) in [
            (&b"250 2.0.0 ok\r\n"[..], "250 \"2.0.0 ok\" 14"),
            (b"250-a\r\n250 b\r\n354 go\r\n", "250 \"a\\nb\" 14"),
            (b"250\r\n", "250 \"\" 5"),
            (b"250 ok\n", "250 \"ok\" 7"),
            (b"250-a\r\n", "more"),
            (b"25", "more"),
            (b"", "more"),
            (b"HTTP/1.1 400", "garbage"),
            (b"250-a\r\n550 b\r\n", "garbage"),
            (b"250_a\r\n", "garbage"),
            (b"999 a\r\n", "garbage"),
            (b"\r\n", "garbage"),
            (b"250 caf\xe9\r\n", "250 \"caf\u{fffd}\" 10"),
        ] {
            assert_eq!(read(bytes), wanted, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn what_a_relay_offers_is_read_in_any_spelling() {
        let text =
            "here\nPIPELINING\nsize 1000\nAUTH=PLAIN LOGIN\nAuth XOAUTH2\nSMTPUTF8\n8BITMIME\nDSN";
        let offered = Offered::read(text);
        assert!(offered.pipelining && offered.smtputf8 && offered.eight_bit && offered.dsn);
        assert_eq!(offered.size, Some(1000));
        assert_eq!(offered.auth, ["PLAIN", "LOGIN", "XOAUTH2"]);
        assert_eq!(Offered::read("here\nSIZE 0\nSTARTTLS").size, None);
        assert_eq!(Offered::read("PIPELINING"), Offered::default(), "a name");
    }
}
