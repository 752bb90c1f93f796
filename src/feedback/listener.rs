//! A door for the mail server beside us, which hands over notices by LMTP (RFC 2033) or SMTP (RFC 5321).
//!
//! Says yes to a message only after what it asks for is done; else the mail server keeps it and tries again.
//! Takes mail for the mailboxes that notices and requests to leave go to, and for nobody else. It is no mail
//! server for the world: it listens on this machine or in a private network only.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::message::LIMIT_BYTES;
use crate::database;
use crate::telemetry::with_causes;

/// Connections at once; further ones are asked to come again.
const MOST_CONNECTIONS: usize = 20;
/// How long a client may be silent (RFC 5321 section 4.5.3.2.7).
const SILENCE: Duration = Duration::from_secs(5 * 60);
/// The longest command that is read (RFC 5321 section 4.5.3.1.4, and room for parameters).
const LINE_BYTES: u64 = 4096;
/// Of a message's line so much is read at once.
const PIECE_BYTES: u64 = 65_536;
/// The largest message that is taken; of less than that the beginning is looked at.
const MESSAGE_BYTES: usize = 50_000_000;
/// What is said of a larger one: once by SMTP, by LMTP for each recipient (RFC 2033 section 4.2).
const TOO_LARGE: &str = "552 5.3.4 too large\r\n";
/// Recipients of one message (RFC 5321 section 4.5.3.1.8).
const MOST_RECIPIENTS: usize = 100;
/// Commands that are no good before a client is sent away.
const MOST_ERRORS: u32 = 20;

/// Why nobody can be listened to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not an address and port of ours, or taken.
    #[error("feedback.listen: cannot listen on {0}: {1}")]
    Bind(String, std::io::Error),
    /// The whole world could write notices.
    #[error(
        "feedback.listen: {0} is open to the world; let a mail server take the mail, and listen on 127.0.0.1"
    )]
    Open(IpAddr),
}

/// The door.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    /// Whom mail is taken for: lower-case, without a tag.
    mailboxes: BTreeSet<String>,
}

impl Listener {
    /// Listens on an address and port, for mail to these mailboxes and to the same with a `+tag`.
    ///
    /// # Errors
    /// When the address is not ours, taken, or open to the world.
    pub async fn open(
        address: &str,
        mailboxes: impl IntoIterator<Item = String>,
    ) -> Result<Self, Error> {
        let unbound = |error| Error::Bind(address.to_owned(), error);
        let tcp = TcpListener::bind(address).await.map_err(unbound)?;
        let bound = tcp.local_addr().map_err(unbound)?;
        if !is_near(bound.ip()) {
            return Err(Error::Open(bound.ip()));
        }
        let mailboxes = mailboxes.into_iter();
        let mailboxes = mailboxes.map(|mailbox| mailbox.to_lowercase()).collect();
        Ok(Self { tcp, mailboxes })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Takes messages until told to stop, and hands each to `act`, once for each recipient; a message in hand
    /// is finished.
    pub async fn watch<A, F>(&self, act: &A, stop: &CancellationToken)
    where
        A: Fn(Vec<u8>) -> F,
        F: Future<Output = Result<(), database::Error>>,
    {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(()) = open.next(), if !open.is_empty() => {}
                accepted = self.tcp.accept() => match accepted {
                    Ok((stream, _)) if open.len() < MOST_CONNECTIONS => {
                        open.push(self.talk(stream, act, stop));
                    }
                    Ok((mut stream, _)) => {
                        let busy = stream.write_all(b"421 4.3.2 too many connections, come again\r\n");
                        // Who does not read this comes again without it.
                        let _told = timeout(Duration::from_secs(1), busy).await;
                    }
                    Err(error) => {
                        tracing::warn!("a mail server's connection could not be taken: {error}");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                },
            }
        }
        while open.next().await.is_some() {}
    }

    async fn talk<A, F>(&self, stream: TcpStream, act: &A, stop: &CancellationToken)
    where
        A: Fn(Vec<u8>) -> F,
        F: Future<Output = Result<(), database::Error>>,
    {
        let mut talk = Talk {
            stream: BufReader::new(stream),
            mailboxes: &self.mailboxes,
            is_lmtp: false,
            greeted: false,
            sender: None,
            recipients: Vec::new(),
            errors: 0,
        };
        // A client that breaks off has its message still.
        if let Err(error) = talk.run(act, stop).await {
            tracing::debug!("a mail server broke off: {error}");
        }
    }

    fn takes(mailboxes: &BTreeSet<String>, address: &str) -> bool {
        let address = address.to_lowercase();
        let bare = address.rsplit_once('@').map(|(local, domain)| {
            let local = local.split_once('+').map_or(local, |(local, _)| local);
            format!("{local}@{domain}")
        });
        mailboxes.contains(&address) || bare.is_some_and(|bare| mailboxes.contains(&bare))
    }
}

/// On this machine or in a private network (RFC 1918, RFC 4193); `0.0.0.0` is everybody.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// One connection.
struct Talk<'a> {
    stream: BufReader<TcpStream>,
    mailboxes: &'a BTreeSet<String>,
    is_lmtp: bool,
    greeted: bool,
    sender: Option<String>,
    recipients: Vec<String>,
    errors: u32,
}

/// What follows an answer.
enum Next {
    Goes,
    Message,
    Ends,
}

impl Talk<'_> {
    async fn run<A, F>(&mut self, act: &A, stop: &CancellationToken) -> std::io::Result<()>
    where
        A: Fn(Vec<u8>) -> F,
        F: Future<Output = Result<(), database::Error>>,
    {
        self.stream.get_ref().set_nodelay(true)?;
        self.say("220 courant takes notices (LMTP and ESMTP)\r\n")
            .await?;
        loop {
            let line = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    return self.say("421 4.3.2 stopping, come again\r\n").await;
                }
                line = timeout(SILENCE, line(&mut self.stream)) => line,
            };
            let Ok(line) = line else {
                return self.say("421 4.4.2 silent for too long\r\n").await;
            };
            let Some(line) = line? else { return Ok(()) };
            let (answer, next) = self.answer(&line);
            if answer.starts_with('5') {
                self.errors += 1;
            }
            self.say(&answer).await?;
            match next {
                Next::Goes if self.errors >= MOST_ERRORS => {
                    return self.say("421 4.7.0 too many errors\r\n").await;
                }
                Next::Goes => {}
                Next::Ends => return Ok(()),
                Next::Message => self.message(act).await?,
            }
        }
    }

    async fn say(&mut self, answer: &str) -> std::io::Result<()> {
        let told = timeout(SILENCE, self.stream.write_all(answer.as_bytes())).await;
        told.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    }

    fn answer(&mut self, line: &str) -> (String, Next) {
        let goes = |answer: &str| (format!("{answer}\r\n"), Next::Goes);
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" | "EHLO" | "HELO" if rest.trim().is_empty() => goes("501 5.5.4 who are you?"),
            verb @ ("LHLO" | "EHLO") => {
                self.greet(verb == "LHLO");
                let size = MESSAGE_BYTES;
                goes(&format!(
                    "250-courant\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
                     250-ENHANCEDSTATUSCODES\r\n250 SIZE {size}"
                ))
            }
            "HELO" => {
                self.greet(false);
                goes("250 courant")
            }
            "MAIL" => goes(self.mail(rest)),
            "RCPT" => goes(self.rcpt(rest)),
            "DATA" if self.recipients.is_empty() => goes("503 5.5.1 for whom?"),
            "DATA" => (
                "354 go ahead, a line with a dot ends it\r\n".to_owned(),
                Next::Message,
            ),
            "RSET" => {
                self.reset();
                goes("250 2.0.0 forgotten")
            }
            "NOOP" => goes("250 2.0.0 yes"),
            "VRFY" => goes("252 2.1.5 try and see"),
            "QUIT" => ("221 2.0.0 bye\r\n".to_owned(), Next::Ends),
            _ => goes("500 5.5.2 not a command of this door"),
        }
    }

    fn greet(&mut self, is_lmtp: bool) {
        self.reset();
        self.is_lmtp = is_lmtp;
        self.greeted = true;
    }

    fn reset(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn mail(&mut self, rest: &str) -> &'static str {
        let Some((sender, parameters)) = path(rest, "FROM:") else {
            return "501 5.5.4 MAIL FROM:<address>";
        };
        let size = parameters.split_ascii_whitespace().find_map(|it| {
            let (name, value) = it.split_once('=')?;
            name.eq_ignore_ascii_case("SIZE").then_some(value)
        });
        let size = size.and_then(|size| size.parse::<usize>().ok());
        match () {
            () if !self.greeted => "503 5.5.1 greet first",
            () if self.sender.is_some() => "503 5.5.1 one message at a time",
            () if size.is_some_and(|size| size > MESSAGE_BYTES) => "552 5.3.4 too large",
            () => {
                self.sender = Some(sender);
                "250 2.1.0 yes"
            }
        }
    }

    fn rcpt(&mut self, rest: &str) -> &'static str {
        let Some((recipient, _)) = path(rest, "TO:") else {
            return "501 5.5.4 RCPT TO:<address>";
        };
        match () {
            () if self.sender.is_none() => "503 5.5.1 from whom?",
            () if self.recipients.len() >= MOST_RECIPIENTS => "452 4.5.3 too many recipients",
            () if !Listener::takes(self.mailboxes, &recipient) => {
                "550 5.1.1 only notices are taken here: delivery.return_path, delivery.unsubscribe_address"
            }
            () => {
                self.recipients.push(recipient);
                "250 2.1.5 yes"
            }
        }
    }

    async fn message<A, F>(&mut self, act: &A) -> std::io::Result<()>
    where
        A: Fn(Vec<u8>) -> F,
        F: Future<Output = Result<(), database::Error>>,
    {
        let Some(body) = body(&mut self.stream).await? else {
            let answers = if self.is_lmtp {
                self.recipients.len()
            } else {
                1
            };
            self.reset();
            return self.say(&TOO_LARGE.repeat(answers)).await;
        };
        let sender = self.sender.take().unwrap_or_default();
        let mut answers = Vec::new();
        for recipient in std::mem::take(&mut self.recipients) {
            // What an MTA writes at last delivery (RFC 5321 section 4.4); the tag may stand nowhere else.
            let head = format!("Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n");
            let mut raw = head.into_bytes();
            raw.extend_from_slice(&body);
            answers.push(match act(raw).await {
                Ok(()) => "250 2.0.0 done\r\n",
                Err(error) => {
                    tracing::error!("a notice waits at the mail server: {}", with_causes(&error));
                    "451 4.3.0 not done, try again\r\n"
                }
            });
        }
        if self.is_lmtp {
            return self.say(&answers.concat()).await;
        }
        // One answer for all: again for all, whom it was done for does not mind.
        let worst = answers.iter().max().copied().unwrap_or_default();
        self.say(worst).await
    }
}

/// One command; nothing at the end of the connection. What is too long becomes a command nobody knows.
async fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let mut piece = Vec::new();
        let mut limited = (&mut *stream).take(LINE_BYTES);
        if limited.read_until(b'\n', &mut piece).await? == 0 {
            return Ok(None);
        }
        if line.is_empty() {
            line.clone_from(&piece);
        } else {
            line = b"?".to_vec();
        }
        if piece.ends_with(b"\n") {
            let text = String::from_utf8_lossy(&line);
            return Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()));
        }
    }
}

/// The message behind DATA without its dots, as far as it is looked at; nothing if it is too large.
///
/// Only CRLF, dot, CRLF ends it: another line end inside would let one message hide a second
/// (RFC 5321 section 4.1.1.4).
async fn body(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    let mut bytes = 0;
    // What was read so far ends a line; and its last byte, should a line come in pieces.
    let (mut at_start, mut last) = (true, b'\n');
    loop {
        let mut piece = Vec::new();
        let mut limited = (&mut *stream).take(PIECE_BYTES);
        let read = timeout(SILENCE, limited.read_until(b'\n', &mut piece)).await;
        let read = read.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if at_start && piece == b".\r\n" {
            return Ok((bytes <= MESSAGE_BYTES).then_some(body));
        }
        let is_stuffed = at_start && piece.starts_with(b".");
        bytes += read;
        if body.len() < LIMIT_BYTES {
            body.extend_from_slice(piece.get(usize::from(is_stuffed)..).unwrap_or_default());
        }
        at_start = piece.ends_with(b"\r\n") || (last == b'\r' && piece == b"\n");
        last = piece.last().copied().unwrap_or_default();
    }
}

/// `FROM:<address> parameters` to the address and the parameters.
fn path<'a>(rest: &'a str, name: &str) -> Option<(String, &'a str)> {
    let rest = rest.trim_start();
    let (head, rest) = rest.split_at_checked(name.len())?;
    let (address, parameters) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    let is_clean = !address.chars().any(char::is_control);
    (head.eq_ignore_ascii_case(name) && is_clean).then(|| (address.to_owned(), parameters))
}
