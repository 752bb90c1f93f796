//! One connection to the relay: strict TLS, no Nagle, a time-out on every wait, a phase for every
//! failure.
//!
//! The session is lettre's, over a socket of ours: lettre's own connector sets no `TCP_NODELAY` (44 ms a
//! message on loopback), its time-out covers only the TCP handshake, and its STARTTLS believes what a
//! man in the middle wrote before the handshake. Here the plaintext part is spoken by ourselves and
//! anything that follows the answer to STARTTLS is an attack and ends the connection (RFC 3207
//! section 6).

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::reply::{Phase, Reply};
use crate::secret::Secret;
use crate::units::Span;

/// `[delivery.smtp]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Host name of the relay; its certificate must be for this name.
    pub host: String,
    /// Port; without it 465, 587 or 25, as `tls` says.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub tls: Tls,
    /// User name, if the relay wants one.
    pub user: Option<String>,
    /// File with the password; else the environment's `COURANT_SMTP_PASSWORD`.
    pub password_file: Option<PathBuf>,
    /// Certificate authority of our own, PEM, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Name we greet with; the machine's if not given.
    pub hello: Option<String>,
    /// After so many messages a connection is closed and opened again.
    pub messages_per_connection: u32,
    /// How long each answer may take (RFC 5321 section 4.5.3.2 asks for minutes).
    pub timeout: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: None,
            tls: Tls::Starttls,
            user: None,
            password_file: None,
            ca_file: None,
            hello: None,
            messages_per_connection: 500,
            timeout: Span::seconds(300),
        }
    }
}

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// From the first byte (RFC 8314): the better choice where offered.
    Implicit,
    /// STARTTLS, required: a relay without it gets nothing.
    Starttls,
    /// None: only to this machine.
    None,
    /// None, over the network, readable and changeable by everyone on the way.
    PlaintextOnTheNetwork,
}

impl Config {
    /// The port to use.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Implicit => 465,
            Tls::Starttls => 587,
            Tls::None | Tls::PlaintextOnTheNetwork => 25,
        })
    }

    /// Whether the relay is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

/// A relay: where, how protected, with which log-in.
#[derive(Debug, Clone)]
pub struct Relay {
    config: Config,
    tls: Arc<ClientConfig>,
    credentials: Option<Credentials>,
    hello: ClientId,
}

impl Relay {
    /// Prepares TLS and the log-in; does not connect.
    ///
    /// # Errors
    /// When a file cannot be read, the log-in is incomplete, or mail would cross the network in
    /// plaintext without the configuration saying so.
    pub fn open(config: &Config, folder: &Path, password: Option<Secret>) -> Result<Self, Error> {
        if config.tls == Tls::None && !config.is_loopback() {
            return Err(Error::Plaintext(config.host.clone()));
        }
        let password = match &config.password_file {
            Some(file) => Some(Secret::read(&folder.join(file))?),
            None => password,
        };
        let credentials = match (&config.user, password) {
            (Some(user), Some(password)) => {
                Some(Credentials::new(user.clone(), password.expose().to_owned()))
            }
            (Some(user), None) => return Err(Error::NoPassword(user.clone())),
            (None, _) => None,
        };
        let hello = match &config.hello {
            Some(name) => ClientId::Domain(name.clone()),
            None => ClientId::default(),
        };
        Ok(Self {
            tls: Arc::new(client_config(config, folder)?),
            config: config.clone(),
            credentials,
            hello,
        })
    }

    /// Messages one connection may carry.
    #[must_use]
    pub fn messages_per_connection(&self) -> u32 {
        self.config.messages_per_connection.max(1)
    }

    fn limit(&self) -> Duration {
        self.config
            .timeout
            .as_duration()
            .max(Duration::from_secs(1))
    }

    /// Connects, greets, protects, logs in.
    ///
    /// # Errors
    /// [`Error`] says which step failed, in words.
    pub async fn connect(&self) -> Result<Session, Error> {
        let relay = format!("{}:{}", self.config.host, self.config.port());
        let unreachable = |why: String| Error::Unreachable {
            relay: relay.clone(),
            why,
        };
        let tcp = timeout(
            self.limit().min(Duration::from_secs(30)),
            TcpStream::connect((self.config.host.as_str(), self.config.port())),
        )
        .await
        .map_err(|_| unreachable("no answer".to_owned()))?
        .map_err(|error| unreachable(error.to_string()))?;
        tcp.set_nodelay(true)
            .map_err(|error| unreachable(error.to_string()))?;
        let opening = self.open_session(tcp);
        let mut connection = timeout(self.limit(), opening)
            .await
            .map_err(|_| unreachable("no greeting in time".to_owned()))??;
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            timeout(self.limit(), connection.auth(&mechanisms, credentials))
                .await
                .map_err(|_| unreachable("no answer to the log-in".to_owned()))?
                .map_err(|error| Error::LogIn {
                    relay: relay.clone(),
                    reply: words(&error),
                })?;
        }
        Ok(Session {
            connection,
            limit: self.limit(),
        })
    }

    async fn open_session(&self, mut tcp: TcpStream) -> Result<AsyncSmtpConnection, Error> {
        let greeted = |error: lettre::transport::smtp::Error| Error::Greeting(words(&error));
        let stream: Box<dyn AsyncTokioStream> = match self.config.tls {
            Tls::None | Tls::PlaintextOnTheNetwork => Box::new(tcp),
            Tls::Implicit => Box::new(Protected {
                greeting: b"",
                stream: self.protect(tcp).await?,
            }),
            Tls::Starttls => {
                self.starttls(&mut tcp).await?;
                // lettre waits for a greeting, which was read before the handshake.
                Box::new(Protected {
                    greeting: b"220 ready\r\n",
                    stream: self.protect(tcp).await?,
                })
            }
        };
        AsyncSmtpConnection::connect_with_transport(stream, &self.hello)
            .await
            .map_err(greeted)
    }

    async fn protect(&self, tcp: TcpStream) -> Result<TlsStream<TcpStream>, Error> {
        let host = self.config.host.clone();
        let name = ServerName::try_from(host.clone()).map_err(|_| Error::Tls {
            relay: host.clone(),
            why: "not a host name".to_owned(),
        })?;
        TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, tcp)
            .await
            .map_err(|error| Error::Tls {
                relay: host,
                why: error.to_string(),
            })
    }

    /// Greeting, EHLO and STARTTLS in plaintext, with nothing left over before the handshake.
    async fn starttls(&self, tcp: &mut TcpStream) -> Result<(), Error> {
        let greeting = read_reply(tcp).await?;
        expect(&greeting, 220)?;
        tcp.write_all(format!("EHLO {}\r\n", self.hello).as_bytes())
            .await
            .map_err(Error::lost)?;
        let offered = read_reply(tcp).await?;
        expect(&offered, 250)?;
        if !offered
            .text
            .lines()
            .any(|line| line.trim().eq_ignore_ascii_case("STARTTLS"))
        {
            return Err(Error::NoStarttls(self.config.host.clone()));
        }
        tcp.write_all(b"STARTTLS\r\n").await.map_err(Error::lost)?;
        expect(&read_reply(tcp).await?, 220)
    }
}

/// Reads one reply; anything after it in the same read was injected.
async fn read_reply(tcp: &mut TcpStream) -> Result<Reply, Error> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 1024];
        let count = tcp.read(&mut chunk).await.map_err(Error::lost)?;
        if count == 0 {
            return Err(Error::Greeting("the connection was closed".to_owned()));
        }
        bytes.extend_from_slice(&chunk[..count]);
        if bytes.len() > 8192 {
            return Err(Error::Greeting("the reply is too long".to_owned()));
        }
        let Some(text) = bytes.strip_suffix(b"\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(text);
        let lines: Vec<&str> = text.split("\r\n").collect();
        // "250-…" goes on, "250 …" ends; the first end must be the last line we have.
        let Some(end) = lines
            .iter()
            .position(|line| line.as_bytes().get(3) != Some(&b'-'))
        else {
            continue;
        };
        if end + 1 != lines.len() {
            return Err(Error::Injected);
        }
        let code = lines[0]
            .get(..3)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0);
        let text: Vec<_> = lines
            .iter()
            .map(|line| line.get(4..).unwrap_or(""))
            .collect();
        return Ok(Reply {
            code,
            text: text.join("\n"),
        });
    }
}

fn expect(reply: &Reply, code: u16) -> Result<(), Error> {
    if reply.code == code {
        Ok(())
    } else {
        Err(Error::Greeting(reply.to_string()))
    }
}

fn client_config(config: &Config, folder: &Path) -> Result<ClientConfig, Error> {
    use rustls_platform_verifier::ConfigVerifierExt as _;
    let _already_installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Some(file) = &config.ca_file else {
        return ClientConfig::with_platform_verifier()
            .map_err(|error| Error::Certificates(error.to_string()));
    };
    let path = folder.join(file);
    let wrong = |why: String| Error::Certificates(format!("{}: {why}", path.display()));
    let mut roots = rustls::RootCertStore::empty();
    let certificates = rustls::pki_types::CertificateDer::pem_file_iter(&path)
        .map_err(|error| wrong(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// A TLS stream that first says what was already read in plaintext.
#[derive(Debug)]
struct Protected {
    greeting: &'static [u8],
    stream: TlsStream<TcpStream>,
}

impl AsyncRead for Protected {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let count = self.greeting.len().min(buffer.remaining());
        let (now, later) = self.greeting.split_at(count);
        buffer.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Protected {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Protected {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.get_ref().0.peer_addr()
    }
}

/// An open, logged-in connection.
pub struct Session {
    connection: AsyncSmtpConnection,
    limit: Duration,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// How one message ended on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The relay answered; the connection can go on.
    Answered(Phase, Reply),
    /// The connection broke before the message left.
    LostBefore(String),
    /// The connection broke after the message began to leave: it may have arrived.
    LostDuring(String),
}

impl Session {
    /// Sends one message.
    pub async fn send(&mut self, envelope: &Envelope, message: &[u8]) -> Sent {
        let Some(to) = envelope.to().first() else {
            return Sent::LostBefore("no recipient".to_owned());
        };
        let mail = Mail::new(envelope.from().cloned(), Vec::new());
        let commands = [
            (Phase::Sender, mail.to_string()),
            (
                Phase::Recipient,
                Rcpt::new(to.clone(), Vec::new()).to_string(),
            ),
            (Phase::Message, Data.to_string()),
        ];
        for (phase, command) in commands {
            match timeout(self.limit, self.connection.command(command)).await {
                Err(_) => return Sent::LostBefore("no answer in time".to_owned()),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => match reply_of(&error) {
                    Some(reply) => return self.refused(phase, reply).await,
                    None => return Sent::LostBefore(words(&error)),
                },
            }
        }
        // lettre ends the message with CRLF itself.
        let body = message.strip_suffix(b"\r\n").unwrap_or(message);
        match timeout(self.limit * 2, self.connection.message(body)).await {
            Err(_) => Sent::LostDuring("no answer to the message in time".to_owned()),
            Ok(Ok(response)) => {
                let text = response.message().collect::<Vec<_>>().join(" ");
                Sent::Answered(
                    Phase::Message,
                    Reply {
                        code: response.code().into(),
                        text,
                    },
                )
            }
            Ok(Err(error)) => match reply_of(&error) {
                Some(reply) => Sent::Answered(Phase::Message, reply),
                None => Sent::LostDuring(words(&error)),
            },
        }
    }

    /// After a refusal the connection goes on with RSET, unless the relay is closing it (421).
    async fn refused(&mut self, phase: Phase, reply: Reply) -> Sent {
        if reply.code != 421 {
            let _next_command_will_tell = timeout(self.limit, self.connection.command(Rset)).await;
        }
        Sent::Answered(phase, reply)
    }

    /// Says goodbye; whether it is heard does not matter.
    pub async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(5), self.connection.quit()).await;
    }
}

fn reply_of(error: &lettre::transport::smtp::Error) -> Option<Reply> {
    let code = error.status()?;
    let text = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    Some(Reply {
        code: code.into(),
        text,
    })
}

fn words(error: &lettre::transport::smtp::Error) -> String {
    match reply_of(error) {
        Some(reply) => reply.to_string(),
        None => match std::error::Error::source(error) {
            Some(source) => source.to_string(),
            None => error.to_string(),
        },
    }
}

/// Why the relay cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answers there.
    #[error("the relay {relay} cannot be reached: {why}")]
    Unreachable {
        /// Host and port.
        relay: String,
        /// The system's reason.
        why: String,
    },
    /// It greets with a refusal or with nonsense.
    #[error("the relay does not want to talk: {0}")]
    Greeting(String),
    /// It does not offer STARTTLS.
    #[error("the relay {0} does not offer STARTTLS; nothing was sent in plaintext")]
    NoStarttls(String),
    /// Something was sent between the answer to STARTTLS and the handshake.
    #[error("somebody between us and the relay tried to inject replies; the connection was closed")]
    Injected,
    /// The handshake failed, most often over the certificate.
    #[error("the relay {relay} cannot be trusted: {why}")]
    Tls {
        /// Its host.
        relay: String,
        /// The reason.
        why: String,
    },
    /// Our own certificates cannot be read.
    #[error("the certificates to check the relay with cannot be read: {0}")]
    Certificates(String),
    /// The log-in was refused.
    #[error("the relay {relay} refused the log-in: {reply}")]
    LogIn {
        /// Host and port.
        relay: String,
        /// Its words.
        reply: String,
    },
    /// There is a user but no password.
    #[error(
        "delivery.smtp.user is \"{0}\", but there is neither delivery.smtp.password_file nor COURANT_SMTP_PASSWORD"
    )]
    NoPassword(String),
    /// Plaintext to another machine.
    #[error("delivery.smtp.tls = \"none\" is for this machine only, and \"{0}\" is another")]
    Plaintext(String),
    /// A secret file cannot be read.
    #[error(transparent)]
    Secret(#[from] crate::secret::SecretError),
}

impl Error {
    #[expect(clippy::needless_pass_by_value, reason = "the shape map_err asks for")]
    fn lost(error: io::Error) -> Self {
        Self::Greeting(error.to_string())
    }

    /// Whether trying again soon may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Greeting(_))
    }
}
