//! The relay: strict TLS, a log-in, no Nagle, a time-out on every wait, a phase for every failure.
//!
//! The plaintext part of STARTTLS is spoken here, and anything that follows its answer before the
//! handshake is an attack and ends the connection (RFC 3207 section 6). The session itself is ours
//! (`session.rs`): lettre's waits for each command, four round trips a message, and has no time-out
//! on answers. Addresses and envelopes are lettre's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::reply::Reply;
use crate::secret::Secret;
use crate::units::Span;

mod relays;
mod session;
mod wire;

pub use relays::Relays;
use session::Limits;
pub use session::{Exchanged, Item, Sent, Session};
use wire::{Duplex, Lost, Offered, Wire};

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
    /// File with the password, or with the token for `xoauth2`; else the environment's
    /// `COURANT_SMTP_PASSWORD`.
    pub password_file: Option<PathBuf>,
    /// How we log in.
    pub auth: Auth,
    /// This relay's share of the connections, beside other relays.
    pub weight: u32,
    /// Messages it gets a second, from one process; in any hour; in any 24 hours.
    pub per_second: Option<u32>,
    /// See `per_second`.
    pub per_hour: Option<u64>,
    /// See `per_second`.
    pub per_day: Option<u64>,
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
            auth: Auth::Password,
            weight: 1,
            per_second: None,
            per_hour: None,
            per_day: None,
            ca_file: None,
            hello: None,
            messages_per_connection: 500,
            timeout: Span::seconds(300),
        }
    }
}

/// How we log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// PLAIN (RFC 4616), or LOGIN where the relay offers only that.
    Password,
    /// LOGIN, an old draft that some relays still want.
    Login,
    /// XOAUTH2, with a token in the password's place.
    Xoauth2,
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

/// A user and what proves it.
#[derive(Debug, Clone)]
struct Credentials {
    user: String,
    secret: Secret,
}

/// How the connection is protected, with what that takes: the system's certificates are read only
/// where they are asked.
#[derive(Debug, Clone)]
enum Protection {
    None,
    Implicit(Arc<ClientConfig>),
    Starttls(Arc<ClientConfig>),
}

/// A relay: where, how protected, with which log-in.
#[derive(Debug, Clone)]
pub struct Relay {
    config: Config,
    protection: Protection,
    credentials: Option<Credentials>,
    hello: String,
    /// Whether it takes groups of commands, as far as is known; shared by all connections.
    groups: Arc<AtomicBool>,
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
            (Some(user), Some(secret)) => Some(Credentials {
                user: user.clone(),
                secret,
            }),
            (Some(user), None) => return Err(Error::NoPassword(user.clone())),
            (None, _) => None,
        };
        let file = config.ca_file.as_ref().map(|file| folder.join(file));
        let certificates = || {
            let trusted = client_config(file.as_deref());
            trusted.map(Arc::new).map_err(Error::Certificates)
        };
        Ok(Self {
            protection: match config.tls {
                Tls::None | Tls::PlaintextOnTheNetwork => Protection::None,
                Tls::Implicit => Protection::Implicit(certificates()?),
                Tls::Starttls => Protection::Starttls(certificates()?),
            },
            hello: config.hello.clone().unwrap_or_else(machine_name),
            config: config.clone(),
            credentials,
            groups: Arc::new(AtomicBool::new(true)),
        })
    }

    /// Messages one connection may carry.
    #[must_use]
    pub fn messages_per_connection(&self) -> u32 {
        self.config.messages_per_connection.max(1)
    }

    /// Its share of the connections.
    #[must_use]
    pub fn weight(&self) -> u32 {
        self.config.weight.max(1)
    }

    /// Host and port.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.config.host, self.config.port())
    }

    fn is_limited(&self) -> bool {
        self.config.per_hour.is_some() || self.config.per_day.is_some()
    }

    fn limit(&self) -> Duration {
        let limit = self.config.timeout.as_duration();
        limit.max(Duration::from_secs(1))
    }

    /// Connects, greets, protects, logs in.
    ///
    /// # Errors
    /// [`Error`] says which step failed, in words.
    pub async fn connect(&self) -> Result<Session, Error> {
        let unreachable = |why: String| Error::Unreachable {
            relay: self.name(),
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
        let opening = Box::pin(self.open_session(tcp));
        // Greeting, handshake and log-in have a limit each; a relay that uses up all of them is none.
        timeout(self.limit() * 2, opening)
            .await
            .map_err(|_| unreachable("no session in time".to_owned()))?
    }

    async fn open_session(&self, tcp: TcpStream) -> Result<Session, Error> {
        let tcp: Box<dyn Duplex> = Box::new(tcp);
        let mut wire = match &self.protection {
            Protection::None => Wire::new(tcp),
            Protection::Implicit(tls) => self.handshake(tcp, tls).await?,
            Protection::Starttls(tls) => {
                let plain = self.starttls(tcp).await?;
                self.handshake(plain, tls).await?
            }
        };
        if self.config.tls != Tls::Starttls {
            expect(&self.heard(wire.reply(self.limit()).await)?, 220)?;
        }
        let offered = self.greet(&mut wire).await?;
        if let Some(credentials) = &self.credentials {
            self.log_in(&mut wire, &offered, credentials).await?;
        }
        let (limits, groups) = (Limits::new(self.limit()), Arc::clone(&self.groups));
        Ok(Session::new(wire, offered, limits, groups))
    }

    fn heard(&self, reply: Result<Reply, Lost>) -> Result<Reply, Error> {
        reply.map_err(|lost| Error::Unreachable {
            relay: self.name(),
            why: lost.to_string(),
        })
    }

    async fn ask(&self, wire: &mut Wire, command: &str) -> Result<Reply, Error> {
        let written = wire.write(command.as_bytes(), self.limit()).await;
        self.heard(match written {
            Ok(()) => wire.reply(self.limit()).await,
            Err((lost, _)) => Err(lost),
        })
    }

    /// EHLO; HELO for relays that do not know it.
    async fn greet(&self, wire: &mut Wire) -> Result<Offered, Error> {
        let reply = self.ask(wire, &format!("EHLO {}\r\n", self.hello)).await?;
        if reply.code / 100 == 5 {
            let helo = self.ask(wire, &format!("HELO {}\r\n", self.hello)).await?;
            expect(&helo, 250)?;
            return Ok(Offered::default());
        }
        expect(&reply, 250)?;
        Ok(Offered::read(&reply.text))
    }

    async fn handshake(
        &self,
        stream: Box<dyn Duplex>,
        tls: &Arc<ClientConfig>,
    ) -> Result<Wire, Error> {
        let host = self.config.host.clone();
        let untrusted = |why: String| Error::Tls {
            relay: host.clone(),
            why,
        };
        let name = ServerName::try_from(host.clone()).map_err(|e| untrusted(e.to_string()))?;
        let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
        let unreachable = |why: String| Error::Unreachable {
            relay: self.name(),
            why,
        };
        let stream = timeout(self.limit(), connecting)
            .await
            .map_err(|_| unreachable("no TLS handshake in time".to_owned()))?
            .map_err(|error| match error.kind() {
                // What rustls objects to; anything else is the network's.
                std::io::ErrorKind::InvalidData => untrusted(error.to_string()),
                _ => unreachable(format!("the TLS handshake broke: {error}")),
            })?;
        Ok(Wire::new(Box::new(stream)))
    }

    /// Greeting, EHLO and STARTTLS in plaintext, with nothing left over before the handshake.
    async fn starttls(&self, tcp: Box<dyn Duplex>) -> Result<Box<dyn Duplex>, Error> {
        let mut wire = Wire::new(tcp);
        expect(&self.heard(wire.reply(self.limit()).await)?, 220)?;
        if !self.greet(&mut wire).await?.starttls {
            return Err(Error::NoStarttls(self.config.host.clone()));
        }
        expect(&self.ask(&mut wire, "STARTTLS\r\n").await?, 220)?;
        wire.into_stream().ok_or(Error::Injected)
    }

    async fn log_in(
        &self,
        wire: &mut Wire,
        offered: &Offered,
        credentials: &Credentials,
    ) -> Result<(), Error> {
        let has = |name: &str| offered.auth.iter().any(|offer| offer == name);
        let (user, secret) = (&credentials.user, credentials.secret.expose());
        let lines: Vec<String> = match self.config.auth {
            Auth::Xoauth2 => {
                let token = format!("user={user}\x01auth=Bearer {secret}\x01\x01");
                vec![format!("AUTH XOAUTH2 {}\r\n", STANDARD.encode(token))]
            }
            Auth::Password if has("PLAIN") || !has("LOGIN") => {
                let plain = format!("\0{user}\0{secret}");
                vec![format!("AUTH PLAIN {}\r\n", STANDARD.encode(plain))]
            }
            Auth::Password | Auth::Login => vec![
                "AUTH LOGIN\r\n".to_owned(),
                format!("{}\r\n", STANDARD.encode(user)),
                format!("{}\r\n", STANDARD.encode(secret)),
            ],
        };
        let last = lines.len() - 1;
        for (number, line) in lines.iter().enumerate() {
            let mut reply = self.ask(wire, line).await?;
            let wanted = if number == last { 235 } else { 334 };
            if reply.code == 334 && wanted == 235 {
                // XOAUTH2 explains a refusal in a challenge that wants an empty answer.
                reply = self.ask(wire, "\r\n").await?;
            }
            if reply.code != wanted {
                return Err(Error::LogIn {
                    relay: self.name(),
                    reply: reply.to_string(),
                });
            }
        }
        Ok(())
    }
}

/// What we greet with: a name the relay can look up, where the machine has one.
fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if name.contains('.') && name.chars().all(plain) {
        name.to_owned()
    } else {
        "[127.0.0.1]".to_owned()
    }
}

fn expect(reply: &Reply, code: u16) -> Result<(), Error> {
    if reply.code == code {
        Ok(())
    } else {
        Err(Error::Greeting(reply.to_string()))
    }
}

/// Whom to trust: the certificates of a file, or the system's.
///
/// # Errors
/// In words, when the file holds none or the system has none.
pub fn client_config(file: Option<&Path>) -> Result<ClientConfig, String> {
    use rustls_platform_verifier::ConfigVerifierExt as _;
    let _already_installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Some(path) = file else {
        return ClientConfig::with_platform_verifier().map_err(|error| error.to_string());
    };
    let wrong = |why: String| format!("{}: {why}", path.display());
    let mut roots = rustls::RootCertStore::empty();
    let certificates = rustls::pki_types::CertificateDer::pem_file_iter(path)
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
    /// All relays have had what `per_hour` and `per_day` let them have.
    #[error("every relay has had its messages of the hour or the day")]
    Exhausted,
    /// No relay is configured.
    #[error("there is no relay to send to")]
    NoRelay,
    /// A secret file cannot be read.
    #[error(transparent)]
    Secret(#[from] crate::secret::SecretError),
}

impl Error {
    /// Whether trying again soon may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Greeting(_) => true,
            Self::LogIn { reply, .. } => reply.starts_with('4'),
            _ => false,
        }
    }
}
