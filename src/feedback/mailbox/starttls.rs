//! The plaintext part of STARTTLS (RFC 3501 section 6.2.1): greeting, command, answer, and nothing beyond.
//!
//! Spoken here and not by the client that goes on under TLS: what somebody put behind the answer would wait in its
//! buffer, and be taken for the server's own words or lost in silence.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest line of a server before the handshake.
const LINE_BYTES: usize = 8_192;
/// Lines that may stand before the answer.
const MOST_LINES: usize = 50;

/// Why there is no handshake.
#[derive(Debug)]
pub(super) enum Refused {
    /// The connection broke.
    Gone(std::io::Error),
    /// It does not do it, in its own words.
    Words(String),
    /// It said more than was asked.
    Injected,
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Self::Gone(error)
    }
}

/// Asks for TLS; the stream is ready for the handshake.
pub(super) async fn begin(stream: TcpStream) -> Result<TcpStream, Refused> {
    let mut plain = Plain {
        stream,
        read: Vec::new(),
    };
    let greeting = plain.line().await?;
    // Whom it greets as known already cannot ask for TLS any more (PREAUTH).
    if !begins(&greeting, "* OK") {
        return Err(Refused::Words(greeting));
    }
    plain.stream.write_all(b"t STARTTLS\r\n").await?;
    for _line in 0..MOST_LINES {
        let line = plain.line().await?;
        if begins(&line, "* ") {
            continue;
        }
        if !begins(&line, "t OK") {
            return Err(Refused::Words(line));
        }
        return match plain.read.is_empty() {
            true => Ok(plain.stream),
            false => Err(Refused::Injected),
        };
    }
    Err(Refused::Words("too many lines".to_owned()))
}

fn begins(line: &str, with: &str) -> bool {
    line.get(..with.len())
        .is_some_and(|begins| begins.eq_ignore_ascii_case(with))
}

struct Plain {
    stream: TcpStream,
    /// Read, and not used yet.
    read: Vec<u8>,
}

impl Plain {
    async fn line(&mut self) -> Result<String, Refused> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                let line = String::from_utf8_lossy(line.trim_ascii()).into_owned();
                return Ok(line.replace(char::is_control, " "));
            }
            if self.read.len() > LINE_BYTES {
                return Err(Refused::Words("a line without end".to_owned()));
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(Refused::Gone(std::io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}
