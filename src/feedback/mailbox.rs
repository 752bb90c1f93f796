//! The mailbox that notices arrive in, read over IMAP (RFC 3501), with IDLE (RFC 2177).
//!
//! A message is marked only after what it asks for is done, so a process that dies reads it again, which
//! changes nothing. One that the server does not hand out stays as it is, and stands in no other's way.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_imap::types::Uid;
use async_imap::{Client, Session};
use futures_util::{TryStreamExt as _, pin_mut};
use rustls::pki_types::ServerName;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

mod starttls;

use starttls::Refused;

use super::message::LIMIT_BYTES;
use crate::delivery::smtp::client_config;
use crate::secret::Secret;
use crate::telemetry::with_causes;

/// `[feedback.mailbox]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server.
    pub host: String,
    /// Its port; 993 with `tls = "implicit"`, else 143.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: Tls,
    /// Certificates to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// The name to log in with.
    pub user: String,
    /// File with the password; else `COURANT_IMAP_PASSWORD`.
    pub password_file: Option<PathBuf>,
    /// The folder that is read.
    #[serde(default = "inbox")]
    pub folder: String,
    /// Where messages go that were read; else they stay and are marked as seen.
    pub done: Option<String>,
}

fn inbox() -> String {
    "INBOX".to_owned()
}

/// How a connection to the mailbox is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte (RFC 8314).
    #[default]
    Implicit,
    /// After a STARTTLS, which is required: nothing is said to a server without it.
    Starttls,
    /// Not at all: for a server on this machine.
    None,
}

/// How long any answer of the server may take.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// How long one IDLE lasts (RFC 2177 asks for less than 29 minutes).
const IDLE_TIME: Duration = Duration::from_secs(25 * 60);
/// How long to wait after a failure, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(15 * 60));

/// Why the mailbox cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answers there, or stops answering.
    #[error("the mailbox at {0} cannot be reached: {1}")]
    Unreachable(String, String),
    /// Its certificate, or the trusted ones, are no good.
    #[error("the mailbox at {0} cannot be trusted: {1}")]
    Untrusted(String, String),
    /// Name or password.
    #[error("the mailbox at {0} does not let us in: {1}")]
    Login(String, String),
    /// It does not offer STARTTLS.
    #[error("the mailbox at {0} does not begin TLS, and was told nothing: {1}")]
    NoStarttls(String, String),
    /// Something was sent between the answer to STARTTLS and the handshake.
    #[error(
        "something was said in the name of the mailbox at {0} before TLS began; it was told nothing"
    )]
    Injected(String),
    /// A password on an open line.
    #[error("feedback.mailbox.tls = \"none\" is for a server on this machine only")]
    Plaintext,
    /// No password anywhere.
    #[error("feedback.mailbox needs a password_file, or COURANT_IMAP_PASSWORD")]
    NoPassword,
    /// The file with the password.
    #[error("the password of the mailbox cannot be read")]
    Password(#[from] crate::secret::SecretError),
    /// Something else the server said.
    #[error("the mailbox at {0} said: {1}")]
    Server(String, String),
    /// A message was read and could not be acted on.
    #[error("a message of the mailbox could not be acted on")]
    Act(#[from] crate::database::Error),
}

/// A mailbox that can be read.
#[derive(Clone)]
pub struct Mailbox {
    config: Config,
    port: u16,
    name: String,
    password: Secret,
    tls: Option<Arc<rustls::ClientConfig>>,
}

/// Without the password.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Stream for T {}

type Open = Session<Box<dyn Stream>>;

impl Mailbox {
    /// Gets ready; connects to nobody yet.
    ///
    /// # Errors
    /// When there is no password, no certificate, or a password would go over an open line.
    pub fn open(config: &Config, folder: &Path, password: Option<&Secret>) -> Result<Self, Error> {
        let password = match &config.password_file {
            Some(file) => Secret::read(&folder.join(file))?,
            None => password.cloned().ok_or(Error::NoPassword)?,
        };
        let is_here = matches!(config.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let usual = match config.tls {
            Tls::Implicit => 993,
            Tls::Starttls | Tls::None => 143,
        };
        let port = config.port.unwrap_or(usual);
        let name = format!("{}:{port}", config.host);
        let tls = match config.tls {
            Tls::Implicit | Tls::Starttls => {
                let file = config.ca_file.as_ref().map(|file| folder.join(file));
                let tls = client_config(file.as_deref());
                Some(Arc::new(
                    tls.map_err(|why| Error::Untrusted(name.clone(), why))?,
                ))
            }
            Tls::None if is_here => None,
            Tls::None => return Err(Error::Plaintext),
        };
        Ok(Self {
            config: config.clone(),
            port,
            name,
            password,
            tls,
        })
    }

    /// Hands over every message that was not read yet, the oldest first; how many there were.
    ///
    /// # Errors
    /// When the server cannot be used, or the first message that `act` fails on.
    pub async fn read<A, F>(&self, act: &A) -> Result<u64, Error>
    where
        A: Fn(Vec<u8>) -> F,
        F: Future<Output = Result<(), crate::database::Error>>,
    {
        let mut session = self.connect().await?;
        let count = self.read_new(&mut session, act).await?;
        // The server has what it needs; how it says goodbye is its own matter.
        let _goodbye = timeout(ANSWER_TIME, session.logout()).await;
        Ok(count)
    }

    /// Reads what is there and then what arrives, until told to stop; comes back after failures.
    pub async fn watch<A, F>(&self, act: &A, stop: &CancellationToken)
    where
        A: Fn(Vec<u8>) -> F,
        F: Future<Output = Result<(), crate::database::Error>>,
    {
        let mut pause = PAUSES.0;
        while !stop.is_cancelled() {
            let watched = tokio::select! {
                () = stop.cancelled() => return,
                watched = self.watch_once(act) => watched,
            };
            match watched {
                Ok(()) => pause = PAUSES.0,
                Err(error) => {
                    tracing::error!("notices wait: {}", with_causes(&error));
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(pause) => {}
                    }
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        }
    }

    /// Reads, and waits until the server has something new or a while is over.
    async fn watch_once<A, F>(&self, act: &A) -> Result<(), Error>
    where
        A: Fn(Vec<u8>) -> F,
        F: Future<Output = Result<(), crate::database::Error>>,
    {
        let mut session = self.connect().await?;
        loop {
            self.read_new(&mut session, act).await?;
            let mut idle = session.idle();
            self.answered(idle.init()).await?;
            let (arrived, _interrupt) = idle.wait_with_timeout(IDLE_TIME);
            arrived.await.map_err(|error| self.said(&error))?;
            session = self.answered(idle.done()).await?;
        }
    }

    async fn connect(&self) -> Result<Open, Error> {
        let away = |why: String| Error::Unreachable(self.name.clone(), why);
        let late = || away("no answer in time".to_owned());
        let address = (self.config.host.as_str(), self.port);
        let tcp = timeout(ANSWER_TIME, TcpStream::connect(address)).await;
        let tcp = tcp
            .map_err(|_| late())?
            .map_err(|error| away(error.to_string()))?;
        let tcp = match self.config.tls {
            Tls::Implicit | Tls::None => tcp,
            Tls::Starttls => {
                let begun = timeout(ANSWER_TIME, starttls::begin(tcp)).await;
                begun.map_err(|_| late())?.map_err(|why| match why {
                    Refused::Gone(error) => away(error.to_string()),
                    Refused::Words(words) => Error::NoStarttls(self.name.clone(), words),
                    Refused::Injected => Error::Injected(self.name.clone()),
                })?
            }
        };
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(tcp),
            Some(tls) => {
                let untrusted = |why: String| Error::Untrusted(self.name.clone(), why);
                let name = ServerName::try_from(self.config.host.clone());
                let name = name.map_err(|error| untrusted(error.to_string()))?;
                let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, tcp);
                let stream = timeout(ANSWER_TIME, connecting).await.map_err(|_| late())?;
                Box::new(stream.map_err(|error| untrusted(error.to_string()))?)
            }
        };
        let mut client = Client::new(stream);
        // After STARTTLS it does not greet again.
        if self.config.tls != Tls::Starttls {
            let greeting = timeout(ANSWER_TIME, client.read_response()).await;
            let greeting = greeting.map_err(|_| late())?;
            if greeting.map_err(|error| away(error.to_string()))?.is_none() {
                return Err(away("it hung up".to_owned()));
            }
        }
        let login = client.login(&self.config.user, self.password.expose());
        let session = timeout(ANSWER_TIME, login).await.map_err(|_| late())?;
        let mut session =
            session.map_err(|(error, _)| Error::Login(self.name.clone(), error.to_string()))?;
        self.answered(session.select(&self.config.folder)).await?;
        Ok(session)
    }

    async fn read_new<A, F>(&self, session: &mut Open, act: &A) -> Result<u64, Error>
    where
        A: Fn(Vec<u8>) -> F,
        F: Future<Output = Result<(), crate::database::Error>>,
    {
        let found = self.answered(session.uid_search("UNSEEN")).await?;
        let mut found: Vec<Uid> = found.into_iter().collect();
        found.sort_unstable();
        let mut count = 0;
        for uid in found {
            let Some(raw) = self.message(session, uid).await? else {
                tracing::warn!("a message of the mailbox is gone, or is not handed out");
                continue;
            };
            act(raw).await?;
            self.mark(session, uid).await?;
            count += 1;
        }
        Ok(count)
    }

    /// The beginning of a message; nothing if it went meanwhile.
    async fn message(&self, session: &mut Open, uid: Uid) -> Result<Option<Vec<u8>>, Error> {
        let what = format!("(UID BODY.PEEK[]<0.{LIMIT_BYTES}>)");
        let fetched = self
            .answered(session.uid_fetch(uid.to_string(), what))
            .await?;
        pin_mut!(fetched);
        let mut raw = None;
        while let Some(part) = self.answered(fetched.try_next()).await? {
            if part.uid == Some(uid) {
                raw = part.body().map(<[u8]>::to_vec);
            }
        }
        Ok(raw)
    }

    async fn mark(&self, session: &mut Open, uid: Uid) -> Result<(), Error> {
        let uid = uid.to_string();
        {
            let marked = self
                .answered(session.uid_store(&uid, "+FLAGS.SILENT (\\Seen)"))
                .await?;
            pin_mut!(marked);
            while self.answered(marked.try_next()).await?.is_some() {}
        }
        match &self.config.done {
            Some(folder) => self.answered(session.uid_mv(&uid, folder)).await,
            None => Ok(()),
        }
    }

    /// What the server answers, in time.
    async fn answered<T>(
        &self,
        answer: impl Future<Output = async_imap::error::Result<T>>,
    ) -> Result<T, Error> {
        match timeout(ANSWER_TIME, answer).await {
            Err(_) => {
                let why = "no answer in time".to_owned();
                Err(Error::Unreachable(self.name.clone(), why))
            }
            Ok(answer) => answer.map_err(|error| self.said(&error)),
        }
    }

    fn said(&self, error: &async_imap::error::Error) -> Error {
        use async_imap::error::Error as Imap;
        match error {
            Imap::Io(_) | Imap::ConnectionLost => {
                Error::Unreachable(self.name.clone(), error.to_string())
            }
            _ => Error::Server(self.name.clone(), error.to_string()),
        }
    }
}
