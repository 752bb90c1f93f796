//! Delivery: an approved edition in, every recipient served once, whatever crashes.
//!
//! The ledger has one row per edition and recipient: `queued`, then `sending` while a process has leased
//! it for its connections, and settled by the relay's reply. The database is told in groups, the
//! process's own journal of every message, before its final dot may leave and when its reply is read.
//! What a killed process leaves in doubt is therefore exactly what may or may not have arrived, at
//! most one message a connection: it becomes `uncertain`, is counted, and is held or sent again with
//! the same Message-ID, as `delivery.uncertain` says. Nothing else can be doubled, and nothing is ever
//! lost: whoever has no row yet gets one, whoever has an owed row is served. Without the journal, as
//! when a machine is lost, everything that was `sending` there is in doubt.
//!
//! "Sent" means the next hop accepted it. Nobody here can know that it was delivered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::edition::EditionId;
use crate::secret::Secret;
use crate::units::{Span, hexadecimal};

mod compiled;
pub mod compose;
mod destinations;
pub mod dkim;
pub mod journal;
mod ledger;
pub mod pace;
pub mod reply;
pub mod report;
pub mod retry;
mod sample;
pub mod send;
pub mod shaping;
pub mod smtp;
pub mod store;
mod threads;
pub mod transport;
mod worker;

pub use compose::{Composer, Mail};
use retry::Wait;
pub use sample::{Sample, sample};
pub use send::{Ended, Plan, Progress, Summary, send};
use smtp::{Relay, Relays};
pub use transport::Transport;

/// `[delivery]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Sender as readers see it: `Name <address>`.
    pub from: String,
    /// Where replies go; must be read by somebody.
    pub reply_to: Option<String>,
    /// Envelope sender, where bounces go; the From address if not given.
    pub return_path: Option<String>,
    /// Whether every copy has an envelope sender of its own, `bounces+TAG@…`: what comes back then proves whose
    /// it is. The mailbox has to take such addresses.
    pub verp: bool,
    /// Mailbox of the `mailto:` unsubscribe; the From address if not given.
    pub unsubscribe_address: Option<String>,
    /// Domain of the List-Id; the From address's domain if not given.
    pub list_domain: Option<String>,
    /// How mail leaves.
    pub transport: TransportKind,
    /// Messages under way at once.
    pub connections: usize,
    /// What happens to messages whose fate a crash left unknown.
    pub uncertain: Uncertain,
    /// An edition older than this is not sent any more: the rest expires.
    pub deadline: Span,
    /// Signing.
    pub dkim: dkim::Config,
    /// Folder for the journals of sending processes; must be on this machine.
    pub journal: PathBuf,
    /// So many refusals with nothing accepted before them stop an edition.
    pub stop_after_refusals: u64,
    /// How fast we may be.
    pub limits: pace::Config,
    /// How fast single destinations may be.
    pub destination: Vec<shaping::Config>,
    /// File for Prometheus' textfile collector, written after every call.
    pub metrics_file: Option<PathBuf>,
    /// The relay.
    pub smtp: smtp::Config,
    /// More relays beside it.
    pub relay: Vec<smtp::Config>,
    /// Program for `transport = "sendmail"`.
    pub sendmail: PathBuf,
    /// Folder for `transport = "file"`.
    pub folder: PathBuf,
}

impl Config {
    /// Opens the way out; nothing is connected yet.
    ///
    /// # Errors
    /// When a relay cannot be used as it is configured.
    pub fn open_transport(
        &self,
        folder: &Path,
        password: Option<&Secret>,
    ) -> Result<Transport, transport::Error> {
        Ok(match self.transport {
            TransportKind::File => Transport::File(folder.join(&self.folder)),
            TransportKind::Sendmail => Transport::Sendmail(folder.join(&self.sendmail)),
            TransportKind::Smtp => {
                let open = |config| Relay::open(config, folder, password.cloned());
                let relays = std::iter::once(&self.smtp).chain(&self.relay).map(open);
                let relays = relays.collect::<Result<_, smtp::Error>>()?;
                Transport::Smtp(Arc::new(Relays::new(relays)))
            }
        })
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            from: String::new(),
            reply_to: None,
            return_path: None,
            verp: false,
            unsubscribe_address: None,
            list_domain: None,
            transport: TransportKind::Smtp,
            connections: 4,
            uncertain: Uncertain::Hold,
            deadline: Span::hours(12),
            dkim: dkim::Config::default(),
            journal: "journal".into(),
            stop_after_refusals: 20,
            limits: pace::Config::default(),
            destination: Vec::new(),
            metrics_file: None,
            smtp: smtp::Config::default(),
            relay: Vec::new(),
            sendmail: "/usr/sbin/sendmail".into(),
            folder: "outbox".into(),
        }
    }
}

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// To the relay of `[delivery.smtp]`.
    Smtp,
    /// To the program `delivery.sendmail`.
    Sendmail,
    /// Into `delivery.folder`, a `.eml` a message.
    File,
}

/// What happens to messages whose fate a crash left unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Uncertain {
    /// Sent again with the same Message-ID: nobody is skipped, a few may get it twice.
    Resend,
    /// Left alone: nobody gets it twice, a few may be skipped.
    Hold,
}

/// A delivery's id: 24 hexadecimal characters of a hash over edition and subscriber.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DeliveryId(String);

impl DeliveryId {
    /// The id of one subscriber's copy of one edition.
    #[must_use]
    pub fn of(edition: &EditionId, subscriber: i64) -> Self {
        Self(hex_hash(&format!("{edition}\n{subscriber}"), 12))
    }

    /// The id of these characters, if they can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 24 && text.bytes().all(hexadecimal)).then(|| Self(text.to_owned()))
    }

    /// The id of the hash's first 12 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 12]) -> Self {
        Self(hexadecimal(bytes))
    }

    /// The hash's first 12 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 12] {
        let digit = |at: usize| match self.0.as_bytes().get(at) {
            Some(digit @ b'0'..=b'9') => digit - b'0',
            Some(digit @ b'a'..=b'f') => digit - b'a' + 10,
            _ => 0,
        };
        std::array::from_fn(|at| digit(2 * at) << 4 | digit(2 * at + 1))
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first bytes of a text's SHA-256 in hexadecimal.
fn hex_hash(text: &str, bytes: usize) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    hexadecimal(digest.as_ref().get(..bytes).unwrap_or_default())
}

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next hop accepted the message.
    Accepted,
    /// Not now: why, and the relay's words.
    Deferred(Wait, String),
    /// Never to this recipient: the relay's words.
    Refused(String),
    /// The message left, its reply did not come.
    Uncertain(String),
    /// The message did not leave, and was not refused: back into the queue.
    NotSent,
}

/// What can go wrong with sending as a whole; single recipients are counted, not raised.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error(transparent)]
    Database(#[from] crate::database::Error),
    /// The edition may not be sent.
    #[error(transparent)]
    Edition(#[from] crate::edition::Error),
    /// A message cannot be written.
    #[error(transparent)]
    Compose(#[from] compose::Error),
    /// Mail cannot leave.
    #[error(transparent)]
    Transport(#[from] transport::Error),
    /// The relay refuses everything.
    #[error("the relay refused the first {count} messages; its words: {reply}")]
    AllRefused {
        /// How many.
        count: u64,
        /// The last reply.
        reply: String,
    },
    /// The relay takes messages and says nothing.
    #[error("{count} messages in a row left and were not answered, and are in doubt: {why}")]
    AllInDoubt {
        /// How many.
        count: u64,
        /// What happened to the last.
        why: String,
    },
    /// The journal cannot be written, so nothing may leave.
    #[error("the journal in {} cannot be written: {source}", folder.display())]
    Journal {
        /// Its folder.
        folder: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The other senders gave this process up for dead.
    #[error("this process was silent for too long, and other senders have taken over")]
    TakenOver,
    /// A task of ours died.
    #[error("a sending task ended unexpectedly")]
    Task,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_id_is_the_same_for_the_same_copy_only() {
        let edition = EditionId::from_text("daily-2026-11-23");
        let id = DeliveryId::of(&edition, 5);
        assert_eq!(id, DeliveryId::of(&edition, 5));
        assert_eq!(id.as_str().len(), 24);
        assert_ne!(id, DeliveryId::of(&edition, 6));
        assert_ne!(
            id,
            DeliveryId::of(&EditionId::from_text("daily-2026-11-24"), 5)
        );
    }
}
