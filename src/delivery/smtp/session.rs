//! Messages over one connection: one write a group, one round trip a message.
//!
//! A group is the body of the message whose envelope was accepted, its final dot, and the envelope
//! and DATA of the one after it: the body may open a group as the last command of the group before
//! (RFC 2920 section 3.1). Relays that do not offer PIPELINING get one command at a time.
//!
//! A message is in doubt from the moment its final dot may have left until its reply is read. If the
//! connection breaks before, it has not been sent, and that is certain.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::address::Envelope;

use super::super::reply::{Phase, Reply};
use super::wire::{Lost, Offered, Wire};

/// How one message ended on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The relay answered; the connection can go on.
    Answered(Phase, Reply),
    /// The connection broke before the message left.
    LostBefore(String),
    /// The connection broke after the message left: it may have arrived.
    LostDuring(String),
}

/// A message on its way: to whom, its bytes, its name in reports about it.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// MAIL FROM and RCPT TO.
    pub envelope: &'a Envelope,
    /// The message with CRLF line ends, not dot-stuffed.
    pub bytes: &'a [u8],
    /// Letters and digits by which a report about it can name it (RFC 3461 section 4.4).
    pub name: &'a str,
}

/// How an exchange went: for the message that left, and the one whose envelope was offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchanged {
    /// How the message ended; none if there was none.
    pub sent: Option<Sent>,
    /// Why the envelope after it is not open; none if it is, or if there was none.
    pub refused: Option<Sent>,
}

/// How long each wait may take, in the proportions of RFC 5321 section 4.5.3.2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Greeting, EHLO, MAIL, RCPT: 5 minutes.
    pub(super) command: Duration,
    /// The answer to DATA: 2 minutes.
    data: Duration,
    /// A block of the message: 3 minutes.
    block: Duration,
    /// The final dot: 10 minutes.
    dot: Duration,
}

impl Limits {
    pub(super) fn new(command: Duration) -> Self {
        Self {
            command,
            data: command * 2 / 5,
            block: command * 3 / 5,
            dot: command * 2,
        }
    }
}

/// An open, logged-in connection.
pub struct Session {
    wire: Wire,
    offered: Offered,
    limits: Limits,
    /// An envelope was begun and not finished: RSET comes first.
    soiled: bool,
    /// The final dot may have left and its reply was not read.
    in_doubt: bool,
    /// The relay said that it closes, or the connection broke.
    closed: bool,
    /// How the last message ended, for whoever stops waiting for what comes after it.
    ended: Option<Sent>,
    /// Whether groups of commands are taken whole, as far as all connections to this relay know.
    groups: Arc<AtomicBool>,
    out: Vec<u8>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("offered", &self.offered)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(
        wire: Wire,
        offered: Offered,
        limits: Limits,
        groups: Arc<AtomicBool>,
    ) -> Self {
        Self {
            ended: None,
            groups,
            wire,
            offered,
            limits,
            soiled: false,
            in_doubt: false,
            closed: false,
            out: Vec::with_capacity(1024),
        }
    }

    /// Whether nothing more can be sent over it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether a message's final dot may have left without its reply having been read.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// How the message of the last exchange ended, if that is known and the exchange was given up.
    #[must_use]
    pub fn take_ended(&mut self) -> Option<Sent> {
        self.ended.take()
    }

    /// Whether commands are written in groups: the relay says so and has not shown otherwise.
    fn is_grouping(&self) -> bool {
        self.offered.pipelining && self.groups.load(Ordering::Relaxed)
    }

    /// Sends the message whose envelope is open and offers the envelope of the next one.
    pub async fn exchange(
        &mut self,
        current: Option<Item<'_>>,
        next: Option<Item<'_>>,
    ) -> Exchanged {
        self.ended = None;
        // What the relay would not take anyway is not offered.
        let unfit = next.and_then(|item| self.unfit(item));
        let next = next.filter(|_| unfit.is_none());
        let mut done = match (current, next, self.is_grouping()) {
            (Some(item), Some(next), false) => {
                let sent = self.message(item, None).await.sent;
                let opened = self.open(next).await;
                Exchanged {
                    sent,
                    refused: opened,
                }
            }
            (Some(item), next, _) => self.message(item, next).await,
            (None, Some(next), _) => Exchanged {
                sent: None,
                refused: self.open(next).await,
            },
            (None, None, _) => Exchanged::default(),
        };
        if let Some(reply) = unfit {
            done.refused = Some(Sent::Answered(Phase::Offer, reply));
        }
        done
    }

    /// Sends one message from envelope to reply.
    pub async fn send(&mut self, item: Item<'_>) -> Sent {
        if let Some(refused) = self.exchange(None, Some(item)).await.refused {
            return refused;
        }
        let sent = self.exchange(Some(item), None).await.sent;
        sent.unwrap_or_else(|| Sent::LostBefore("nothing was sent".to_owned()))
    }

    /// Asks whether the relay is still there; it may otherwise take silence for an end.
    pub async fn keep_alive(&mut self) {
        let limit = self.limits.command;
        let asked = !self.closed && self.wire.write(b"NOOP\r\n", limit).await.is_ok();
        self.closed = !asked || self.wire.reply(limit).await.is_err();
    }

    /// Says goodbye; whether it is heard does not matter.
    pub async fn quit(mut self) {
        let limit = Duration::from_secs(2);
        if !self.closed && self.wire.write(b"QUIT\r\n", limit).await.is_ok() {
            let _nobody_waits_for_it = self.wire.reply(limit).await;
        }
    }

    /// Why the relay cannot take a message by what it offers.
    fn unfit(&self, item: Item<'_>) -> Option<Reply> {
        let words = |code, text: String| Some(Reply { code, text });
        if let Some(most) = self.offered.size.filter(|most| item.bytes.len() > *most) {
            let text = format!("5.3.4 the relay takes {most} bytes at most (not asked)");
            return words(552, text);
        }
        if needs_utf8(item.envelope) && !self.offered.smtputf8 {
            let text =
                "5.6.7 the address needs SMTPUTF8, which the relay does not offer (not asked)";
            return words(553, text.to_owned());
        }
        None
    }

    /// Writes the commands of an envelope into the buffer.
    fn envelope(&mut self, item: Item<'_>) -> [String; 2] {
        let mut mail = String::with_capacity(128);
        mail.push_str("MAIL FROM:<");
        if let Some(from) = item.envelope.from() {
            let _to_memory = write!(mail, "{from}");
        }
        mail.push('>');
        if self.offered.size.is_some() {
            let _to_memory = write!(mail, " SIZE={}", item.bytes.len());
        }
        if needs_utf8(item.envelope) {
            mail.push_str(" SMTPUTF8");
        }
        if self.offered.dsn && !item.name.is_empty() {
            let _to_memory = write!(mail, " RET=HDRS ENVID={}", item.name);
        }
        mail.push_str("\r\n");
        let mut rcpt = String::with_capacity(80);
        for to in item.envelope.to().iter().take(1) {
            let _to_memory = write!(rcpt, "RCPT TO:<{to}>\r\n");
        }
        [mail, rcpt]
    }

    /// Offers an envelope by itself; nothing if it is open now.
    async fn open(&mut self, next: Item<'_>) -> Option<Sent> {
        if self.closed {
            return Some(Sent::LostBefore(
                "the relay closed the connection".to_owned(),
            ));
        }
        let [mail, rcpt] = self.envelope(next);
        let reset = std::mem::take(&mut self.soiled);
        if self.is_grouping() {
            let reset_line = if reset { "RSET\r\n" } else { "" };
            let group = [reset_line, &mail, &rcpt, "DATA\r\n"].concat();
            if let Err((lost, _)) = self.wire.write(group.as_bytes(), self.limits.command).await {
                return Some(self.lost_before(&lost));
            }
            if reset && let Err(lost) = self.wire.reply(self.limits.command).await {
                return Some(self.lost_before(&lost));
            }
            return self.opened(false).await;
        }
        if reset && let Err(lost) = self.ask("RSET\r\n").await {
            return Some(self.lost_before(&lost));
        }
        let phases = [
            (Phase::Sender, mail.as_str(), 2),
            (Phase::Recipient, &rcpt, 2),
            (Phase::Data, "DATA\r\n", 3),
        ];
        for (phase, command, class) in phases {
            match self.ask(command).await {
                Err(lost) => return Some(self.lost_before(&lost)),
                Ok(reply) if reply.code / 100 == class => {}
                Ok(reply) if !is_refusal(&reply) => {
                    return Some(Sent::LostBefore(self.out_of_step(&reply)));
                }
                Ok(reply) => {
                    self.soiled = phase != Phase::Sender;
                    return Some(self.answered(phase, reply));
                }
            }
        }
        None
    }

    async fn ask(&mut self, command: &str) -> Result<Reply, Lost> {
        let limit = if command == "DATA\r\n" {
            self.limits.data
        } else {
            self.limits.command
        };
        self.wire
            .write(command.as_bytes(), limit)
            .await
            .map_err(|(lost, _)| lost)?;
        self.wire.reply(limit).await
    }

    /// Reads the three answers to an envelope that was written as a group, behind a message or not.
    async fn opened(&mut self, is_behind: bool) -> Option<Sent> {
        let mut refused: Option<(Phase, Reply)> = None;
        for (phase, limit) in [
            (Phase::Sender, self.limits.command),
            (Phase::Recipient, self.limits.command),
            (Phase::Data, self.limits.data),
        ] {
            let reply = match self.wire.reply(limit).await {
                Ok(reply) => reply,
                Err(Lost::Late) if (is_behind || phase != Phase::Sender) && refused.is_none() => {
                    // It answered the first command of a group and no other.
                    if self.groups.swap(false, Ordering::Relaxed) {
                        tracing::warn!(
                            "the relay offers PIPELINING and does not take it: commands go one by one now"
                        );
                    }
                    return Some(self.lost_before(&Lost::Late));
                }
                // "421 …" and then the end is an answer, not a loss.
                Err(_) if refused.as_ref().is_some_and(|(_, reply)| reply.code == 421) => break,
                Err(lost) => return Some(self.lost_before(&lost)),
            };
            let class = if phase == Phase::Data { 3 } else { 2 };
            if reply.code / 100 != class {
                if !is_refusal(&reply) {
                    return Some(Sent::LostBefore(self.out_of_step(&reply)));
                }
                refused.get_or_insert((phase, reply));
            } else if phase == Phase::Data && refused.is_some() {
                // It waits for a message to nobody: an empty one, which it then refuses.
                let ended = self.wire.write(b".\r\n", self.limits.command).await;
                if ended.is_err() || self.wire.reply(self.limits.dot).await.is_err() {
                    self.closed = true;
                }
            }
        }
        let (phase, reply) = refused?;
        self.soiled = true;
        Some(self.answered(phase, reply))
    }

    /// Sends a message whose envelope is open, and the next envelope in the same write.
    async fn message(&mut self, item: Item<'_>, next: Option<Item<'_>>) -> Exchanged {
        self.out.clear();
        stuff(item.bytes, &mut self.out);
        self.out.extend_from_slice(b".\r\n");
        let dot = self.out.len();
        if let Some(next) = next {
            let [mail, rcpt] = self.envelope(next);
            for command in [mail.as_str(), &rcpt, "DATA\r\n"] {
                self.out.extend_from_slice(command.as_bytes());
            }
        }
        let mut done = Exchanged::default();
        // In doubt before the first byte: a future that is dropped must not look harmless.
        self.in_doubt = true;
        let out = std::mem::take(&mut self.out);
        let written = self.wire.write(&out, self.limits.block).await;
        self.out = out;
        if let Err((lost, taken)) = written
            && taken < dot
        {
            self.in_doubt = false;
            done.sent = Some(self.lost_before(&lost));
            done.refused = next.map(|_| self.lost_before(&lost));
            return done;
        }
        match self.wire.reply(self.limits.dot).await {
            Ok(reply) if reply.code / 100 == 2 || is_refusal(&reply) => {
                self.in_doubt = false;
                let sent = self.answered(Phase::Message, reply);
                self.ended = Some(sent.clone());
                done.sent = Some(sent);
            }
            // "354" and the like: whatever it means, it is not about this message.
            Ok(reply) => {
                let why = self.out_of_step(&reply);
                done.refused = next.map(|_| Sent::LostBefore(why.clone()));
                done.sent = Some(Sent::LostDuring(why));
                return done;
            }
            Err(lost) => {
                self.closed = true;
                done.sent = Some(Sent::LostDuring(lost.to_string()));
                done.refused = next.map(|_| self.lost_before(&lost));
                return done;
            }
        }
        if next.is_some() {
            done.refused = self.opened(true).await;
        }
        done
    }

    fn lost_before(&mut self, lost: &Lost) -> Sent {
        self.closed = true;
        Sent::LostBefore(lost.to_string())
    }

    /// Ends with a reply that answers another question than ours: what follows cannot be told apart any more.
    fn out_of_step(&mut self, reply: &Reply) -> String {
        self.closed = true;
        format!("the relay's answers are out of step: {reply}")
    }

    /// After 421 the relay closes (RFC 5321 section 3.8).
    fn answered(&mut self, phase: Phase, reply: Reply) -> Sent {
        self.closed |= reply.code == 421;
        Sent::Answered(phase, reply)
    }
}

fn is_refusal(reply: &Reply) -> bool {
    matches!(reply.code / 100, 4 | 5)
}

fn needs_utf8(envelope: &Envelope) -> bool {
    let addresses = envelope.to().iter().chain(envelope.from());
    addresses
        .into_iter()
        .any(|address| !AsRef::<str>::as_ref(address).is_ascii())
}

/// Appends a message with its dots doubled (RFC 5321 section 4.5.2) and a line end at its end.
fn stuff(message: &[u8], out: &mut Vec<u8>) {
    out.reserve(message.len() + 1024);
    if message.first() == Some(&b'.') {
        out.push(b'.');
    }
    let mut from = 0;
    for at in memchr::memmem::find_iter(message, b"\n.") {
        out.extend_from_slice(message.get(from..=at).unwrap_or_default());
        out.push(b'.');
        from = at + 1;
    }
    out.extend_from_slice(message.get(from..).unwrap_or_default());
    if !message.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_at_the_beginning_of_lines_are_doubled() {
        for (message, wire) in [
            (&b"a\r\n"[..], &b"a\r\n"[..]),
            (b".\r\n..\r\nx.\r\n.", b"..\r\n...\r\nx.\r\n..\r\n"),
            (b"", b"\r\n"),
            (b"a\r\n\r\n.b", b"a\r\n\r\n..b\r\n"),
        ] {
            let mut out = Vec::new();
            stuff(message, &mut out);
            assert_eq!(out, wire);
        }
    }
}
