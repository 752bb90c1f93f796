//! The relay over TLS: trusted, required, and never fooled by what was said before the handshake.

use std::sync::{Arc, Mutex};

use courant::delivery::reply::Phase;
use courant::delivery::smtp::{Config, Error, Item, Relay, Sent, Tls};
use lettre::address::Envelope;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How a server greets.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Implicit,
    Starttls,
    NoStarttls,
    /// Says more than asked before the handshake.
    Injecting,
}

struct Server {
    folder: TempDir,
    port: u16,
    /// What arrived, over TLS.
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(manner: Manner) -> Self {
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, told) = (acceptor.clone(), Arc::clone(&told));
                tokio::spawn(async move {
                    let _ended = one(stream, manner, acceptor, &told).await;
                });
            }
        });
        Self {
            folder,
            port,
            heard,
        }
    }

    fn relay(&self, tls: Tls) -> Relay {
        let config = Config {
            host: "localhost".to_owned(),
            port: Some(self.port),
            tls,
            ca_file: Some("ca.pem".into()),
            ..Config::default()
        };
        Relay::open(&config, self.folder.path(), None).unwrap()
    }
}

async fn one(
    mut stream: TcpStream,
    manner: Manner,
    acceptor: TlsAcceptor,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    if manner == Manner::Implicit {
        let mut tls = acceptor.accept(stream).await?;
        tls.write_all(b"220 here\r\n").await?;
        return talk(tls, heard).await;
    }
    stream.write_all(b"220 here\r\n").await?;
    let mut plain = BufReader::new(stream);
    let mut line = String::new();
    plain.read_line(&mut line).await?;
    let offered: &[u8] = match manner {
        Manner::NoStarttls => b"250-here\r\n250 SIZE 1000\r\n",
        _ => b"250-here\r\n250 STARTTLS\r\n",
    };
    plain.write_all(offered).await?;
    line.clear();
    plain.read_line(&mut line).await?;
    let answer: &[u8] = match manner {
        Manner::Injecting => b"220 go\r\n250-here\r\n250 AUTH PLAIN\r\n",
        _ => b"220 go\r\n",
    };
    plain.write_all(answer).await?;
    let tls = acceptor.accept(plain.into_inner()).await?;
    talk(tls, heard).await
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut in_message = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        heard.lock().unwrap().push(line.clone());
        let reply: &[u8] = match (in_message, line.as_str()) {
            (true, ".") => b"250 2.0.0 kept\r\n",
            (true, _) => continue,
            (false, "DATA") => b"354 go on\r\n",
            (false, text) if text.contains("<unknown@") => b"550 5.1.1 nobody here\r\n",
            (false, _) => b"250 here\r\n",
        };
        in_message = line == "DATA";
        stream.write_all(reply).await?;
    }
}

fn envelope(to: &str) -> Envelope {
    Envelope::new(
        Some("digest@tarn.example".parse().unwrap()),
        vec![to.parse().unwrap()],
    )
    .unwrap()
}

fn item<'a>(envelope: &'a Envelope, bytes: &'a [u8]) -> Item<'a> {
    Item {
        envelope,
        bytes,
        name: "",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_over_implicit_tls_and_over_starttls() {
    for (manner, tls) in [
        (Manner::Implicit, Tls::Implicit),
        (Manner::Starttls, Tls::Starttls),
    ] {
        let server = Server::start(manner).await;
        let mut session = server.relay(tls).connect().await.unwrap();
        let message = b"Subject: x\r\n\r\n.dot\r\n";
        let unknown = envelope("unknown@example.org");
        let sent = session.send(item(&unknown, message)).await;
        let Sent::Answered(Phase::Recipient, reply) = sent else {
            panic!("{sent:?}")
        };
        assert_eq!(
            (reply.code, reply.enhanced()),
            (550, Some((5, 1, 1))),
            "{reply}"
        );
        // The same connection goes on after a refusal.
        let reader = envelope("reader@example.org");
        let sent = session.send(item(&reader, message)).await;
        let Sent::Answered(Phase::Message, reply) = sent else {
            panic!("{sent:?}")
        };
        assert_eq!(reply.code, 250);
        session.quit().await;
        let heard = server.heard.lock().unwrap().join("\n");
        assert!(heard.contains("RCPT TO:<reader@example.org>"), "{heard}");
        assert!(
            heard.contains("\nRSET\n") && heard.contains("\n..dot\n"),
            "{heard}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_be_trusted_gets_nothing() {
    let server = Server::start(Manner::NoStarttls).await;
    let error = server.relay(Tls::Starttls).connect().await.unwrap_err();
    assert!(matches!(error, Error::NoStarttls(_)), "{error}");

    let server = Server::start(Manner::Injecting).await;
    let error = server.relay(Tls::Starttls).connect().await.unwrap_err();
    assert!(matches!(error, Error::Injected), "{error}");

    let other = Server::start(Manner::Starttls).await;
    let server = Server::start(Manner::Starttls).await;
    std::fs::copy(
        other.folder.path().join("ca.pem"),
        server.folder.path().join("ca.pem"),
    )
    .unwrap();
    let error = server.relay(Tls::Starttls).connect().await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error}");
    assert!(server.heard.lock().unwrap().is_empty());
}

#[test]
fn plaintext_to_another_machine_has_to_be_said() {
    let config = Config {
        host: "mail.example.org".to_owned(),
        tls: Tls::None,
        ..Config::default()
    };
    let refused = Relay::open(&config, std::path::Path::new("."), None).unwrap_err();
    assert!(matches!(refused, Error::Plaintext(_)));
    let config = Config {
        user: Some("u".to_owned()),
        ..Config::default()
    };
    let refused = Relay::open(&config, std::path::Path::new("."), None).unwrap_err();
    assert!(matches!(refused, Error::NoPassword(_)));
}
