//! The relay over TLS: trusted, required, and never fooled by what was said before the handshake.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use courant::delivery::reply::Phase;
use courant::delivery::smtp::{Auth, Config, Error, Item, Relay, Relays, Sent, Tls};
use courant::secret::Secret;
use lettre::address::Envelope;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::support::relay as support;

/// How a server greets.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Implicit,
    Starttls,
    NoStarttls,
    /// Says more than asked before the handshake.
    Injecting,
    /// Its certificate has ended.
    Expired,
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
        let mut made = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        if manner == Manner::Expired {
            made.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let own = rcgen::KeyPair::generate().unwrap();
        let cert = made.self_signed(&own).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
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

    let server = Server::start(Manner::Expired).await;
    let error = server.relay(Tls::Starttls).connect().await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error}");
    assert!(error.to_string().contains("xpired"), "{error}");
    assert!(server.heard.lock().unwrap().is_empty());

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

/// A relay on this machine, in plaintext.
fn plain(port: u16, change: impl Fn(&mut Config)) -> Relay {
    let mut config = Config {
        host: "localhost".to_owned(),
        port: Some(port),
        tls: Tls::None,
        ..Config::default()
    };
    change(&mut config);
    let password = Some(Secret::new("tide"));
    Relay::open(&config, std::path::Path::new("."), password).unwrap()
}

async fn scripted(offers: &'static str) -> support::Relay {
    support::Relay::start(support::Script {
        at: support::At::Greeting,
        act: support::Act::Close,
        times: 0,
        offers,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_cannot_take_is_not_offered_to_it() {
    let relay = scripted("250-here\r\n250-PIPELINING\r\n250 SIZE 100\r\n").await;
    let mut session = plain(relay.port, |_| {}).connect().await.unwrap();
    let beyond_ascii = envelope("j\u{f3}zef@example.org");
    for (to, bytes, wanted) in [
        (&beyond_ascii, &b"Subject: x\r\n\r\nx\r\n"[..], (5, 6, 7)),
        (&envelope("reader@example.org"), &[b'x'; 200], (5, 3, 4)),
    ] {
        let Sent::Answered(Phase::Offer, reply) = session.send(item(to, bytes)).await else {
            panic!("it was sent")
        };
        assert_eq!(reply.enhanced(), Some(wanted), "{reply}");
    }
    assert!(relay.heard.lock().unwrap().senders.is_empty());

    let relay = scripted("250-here\r\n250-PIPELINING\r\n250-DSN\r\n250 SMTPUTF8\r\n").await;
    let mut session = plain(relay.port, |_| {}).connect().await.unwrap();
    let named = Item {
        name: "0a1b",
        ..item(&beyond_ascii, b"Subject: x\r\n\r\nx\r\n")
    };
    let sent = session.send(named).await;
    assert!(matches!(sent, Sent::Answered(Phase::Message, reply) if reply.code == 250));
    let heard = relay.heard.lock().unwrap();
    assert_eq!(
        heard.senders,
        ["MAIL FROM:<digest@tarn.example> SMTPUTF8 RET=HDRS ENVID=0a1b"]
    );
    assert_eq!(heard.taken, ["j\u{f3}zef@example.org"]);
}

/// Plays one log-in: what it expects and what it answers.
async fn log_in(
    offers: &'static str,
    talk: Vec<(String, &'static str)>,
    auth: Auth,
) -> Option<Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 here\r\n").await.unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        stream.write_all(offers.as_bytes()).await.unwrap();
        for (wanted, answer) in talk {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
            assert_eq!(line.trim_end(), wanted);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let relay = plain(port, |config| {
        config.user = Some("news".to_owned());
        config.auth = auth;
    });
    let error = relay.connect().await.err();
    server.await.unwrap();
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_log_in_says_what_the_relay_wants() {
    let code = |text: &str| STANDARD.encode(text);
    let plain = || format!("AUTH PLAIN {}", code("\0news\0tide"));
    let login = || {
        vec![
            ("AUTH LOGIN".to_owned(), "334 VXNlcm5hbWU6\r\n"),
            (code("news"), "334 UGFzc3dvcmQ6\r\n"),
            (code("tide"), "235 2.7.0 in\r\n"),
        ]
    };
    let both = "250-here\r\n250 AUTH PLAIN LOGIN\r\n";
    let only = "250-here\r\n250 AUTH LOGIN\r\n";
    let talk = vec![(plain(), "235 2.7.0 in\r\n")];
    assert!(log_in(both, talk, Auth::Password).await.is_none());
    assert!(log_in(only, login(), Auth::Password).await.is_none());
    assert!(log_in(both, login(), Auth::Login).await.is_none());
    let token = format!(
        "AUTH XOAUTH2 {}",
        code("user=news\x01auth=Bearer tide\x01\x01")
    );
    let talk = vec![(token.clone(), "235 2.7.0 in\r\n")];
    assert!(log_in(both, talk, Auth::Xoauth2).await.is_none());

    let talk = vec![(token, "334 e30=\r\n"), (String::new(), "535 5.7.8 no\r\n")];
    let error = log_in(both, talk, Auth::Xoauth2).await.unwrap();
    assert!(
        matches!(&error, Error::LogIn { .. }) && !error.is_temporary(),
        "{error}"
    );
    let talk = vec![(plain(), "454 4.7.0 later\r\n")];
    let error = log_in(both, talk, Auth::Password).await.unwrap();
    assert!(error.is_temporary(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_down_is_replaced_by_the_next() {
    let relay = scripted("250 here\r\n").await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let relays = Relays::new(vec![plain(port, |_| {}), plain(relay.port, |_| {})]);
    for _ in 0..3 {
        let (index, session) = relays.connect().await.unwrap();
        assert_eq!(index, 1);
        session.quit().await;
    }
    assert_eq!(relay.heard.lock().unwrap().connections, 3);
}
