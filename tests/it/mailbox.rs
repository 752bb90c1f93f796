//! The mailbox that notices arrive in: who dies while reading loses nothing, and TLS that is asked for is there.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use courant::feedback::mailbox::{Config, Error, Mailbox, Tls};
use courant::secret::Secret;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::support::databases::{self, Scratch};
use super::support::program;

/// What a server does at one of its commands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// It says nothing, and does nothing.
    Before,
    /// It does what it was told, and says nothing.
    Behind,
}

/// A server's messages, and how it is.
#[derive(Debug, Default)]
struct Held {
    messages: Vec<String>,
    seen: BTreeSet<usize>,
    /// These are not handed out.
    withheld: BTreeSet<usize>,
    /// At the command of this number, counted from when it was set.
    fate: Option<(usize, Fate)>,
    commands: Vec<String>,
    is_stuck: bool,
}

impl Held {
    /// What one command is answered with, without its last line.
    fn answer(&mut self, command: &str) -> String {
        let number = |word: &str| word.parse::<usize>().unwrap();
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["SELECT", ..] => format!(
                "* {} EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n",
                self.messages.len()
            ),
            ["UID", "SEARCH", ..] => {
                let unseen = (1..=self.messages.len()).filter(|uid| !self.seen.contains(uid));
                let unseen: String = unseen.map(|uid| format!(" {uid}")).collect();
                format!("* SEARCH{unseen}\r\n")
            }
            ["UID", "FETCH", uid, ..] if !self.withheld.contains(&number(uid)) => {
                let raw = &self.messages[number(uid) - 1];
                format!(
                    "* {uid} FETCH (UID {uid} BODY[]<0> {{{}}}\r\n{raw})\r\n",
                    raw.len()
                )
            }
            ["UID", "STORE", uid, ..] => {
                self.seen.insert(number(uid));
                String::new()
            }
            _ => String::new(),
        }
    }
}

/// Talks IMAP until one of the two hangs up.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    held: &Mutex<Held>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or_default();
        let (answer, is_dead) = {
            let mut held = held.lock().unwrap();
            held.commands.push(command.to_owned());
            let fate = held.fate.filter(|(at, _)| *at < held.commands.len());
            let is_untold = fate.is_some_and(|(_, fate)| fate == Fate::Before);
            let answer = if is_untold {
                String::new()
            } else {
                held.answer(command)
            };
            held.is_stuck = fate.is_some();
            (answer, fate.is_some())
        };
        if is_dead {
            // Until the client is gone.
            while stream.read_line(&mut line).await? > 0 {}
            return Ok(());
        }
        stream
            .write_all(format!("{answer}{tag} OK done\r\n").as_bytes())
            .await?;
        line.clear();
    }
    Ok(())
}

/// A server on this machine without TLS.
async fn server() -> (u16, Arc<Mutex<Held>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let held = Arc::new(Mutex::new(Held::default()));
    let inner = Arc::clone(&held);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let held = Arc::clone(&inner);
            tokio::spawn(async move {
                stream.write_all(b"* OK here\r\n").await?;
                talk(stream, &held).await
            });
        }
    });
    (port, held)
}

/// The mailbox of somebody is full.
fn notice(who: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\nContent-Type: multipart/report; \
         report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: \
         message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; \
         {who}@example.org\r\nAction: failed\r\nStatus: 5.2.2\r\n\r\n--b--\r\n"
    )
}

/// Killed at each of its commands, before and after the server has done what it was told.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_killed_while_reading_loses_nothing_and_counts_nothing_twice() {
    let (port, held) = server().await;
    for scratch in databases::each().await {
        let folder = TempDir::new().unwrap();
        let mailbox = format!(
            "{}\n[feedback.mailbox]\nhost = '127.0.0.1'\nport = {port}\ntls = 'none'\nuser = 'b'\n",
            program::FILES
        );
        let config = program::config(program::LINES, &mailbox);
        fs::write(folder.path().join("digest.toml"), config).unwrap();
        let url = Scratch::url(&scratch);
        let command = |arguments: &[&str]| {
            let mut command = program::command(folder.path(), arguments);
            command
                .env("COURANT_DATABASE_URL", &url)
                .env("COURANT_IMAP_PASSWORD", "x")
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            tokio::process::Command::from(command)
        };
        assert!(command(&["init"]).status().await.unwrap().success());
        // Log in, select, search, and for each message fetch and store; then goodbye.
        for at in 0..7 {
            for fate in [Fate::Before, Fate::Behind] {
                let who = ["ann", "bob"].map(|name| format!("{name}-{at}-{fate:?}").to_lowercase());
                *held.lock().unwrap() = Held {
                    messages: who.iter().map(|who| notice(who)).collect(),
                    fate: Some((at, fate)),
                    ..Held::default()
                };
                let mut child = command(&["bounce", "fetch"]).spawn().unwrap();
                let stuck = async {
                    while !held.lock().unwrap().is_stuck {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                tokio::time::timeout(Duration::from_secs(30), stuck)
                    .await
                    .unwrap();
                child.kill().await.unwrap();
                held.lock().unwrap().fate = None;
                let again = command(&["bounce", "fetch"]).status().await.unwrap();
                assert!(again.success(), "{at} {fate:?}");
                assert_eq!(held.lock().unwrap().seen.len(), 2, "{at} {fate:?}");
                for who in who {
                    let statement = format!(
                        "SELECT COUNT(*) FROM feedback_reports
                         WHERE address_key = '{who}@example.org' AND verdict = 'counted'"
                    );
                    let counted = databases::number(&url, &statement).await;
                    assert_eq!(counted, 1, "{who}");
                }
            }
        }
        scratch.end().await;
    }
}

/// What a server would not hand out today is not marked as read.
#[tokio::test]
async fn a_message_that_is_withheld_is_read_another_day() {
    let (port, held) = server().await;
    *held.lock().unwrap() = Held {
        messages: ["ann", "bob"].map(notice).to_vec(),
        withheld: BTreeSet::from([1]),
        ..Held::default()
    };
    let config = config("127.0.0.1", port, Tls::None);
    let mailbox = Mailbox::open(&config, "".as_ref(), Some(&Secret::new("x"))).unwrap();
    let read = async || mailbox.read(&async |_raw: Vec<u8>| Ok(())).await.unwrap();
    assert_eq!(read().await, 1);
    held.lock().unwrap().withheld.clear();
    assert_eq!((read().await, read().await), (1, 0));
}

fn config(host: &str, port: u16, tls: Tls) -> Config {
    Config {
        host: host.to_owned(),
        port: Some(port),
        tls,
        ca_file: Some("ca.pem".into()),
        user: "b".to_owned(),
        password_file: None,
        folder: "INBOX".to_owned(),
        done: None,
    }
}

/// How a server that is asked for TLS greets, and what it answers to STARTTLS.
type Manner = (&'static str, &'static str);

async fn with_starttls((greeting, answer): Manner) -> (Result<u64, Error>, Vec<String>) {
    let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let made = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let own = rcgen::KeyPair::generate().unwrap();
    let certificate = made.self_signed(&own).unwrap();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.serialize_der()));
    let server = ServerConfig::builder().with_no_client_auth();
    let server = server.with_single_cert(vec![certificate.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(server.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let held = Mutex::new(Held {
        messages: vec![notice("ann")],
        ..Held::default()
    });
    let serving = async {
        let (stream, _) = listener.accept().await?;
        let mut plain: BufReader<TcpStream> = BufReader::new(stream);
        plain.write_all(greeting.as_bytes()).await?;
        let mut line = String::new();
        plain.read_line(&mut line).await?;
        held.lock()
            .unwrap()
            .commands
            .push(line.trim_end().to_owned());
        plain.write_all(answer.as_bytes()).await?;
        if !answer.contains("t OK") {
            return Ok(());
        }
        talk(acceptor.accept(plain.into_inner()).await?, &held).await
    };
    let config = config("localhost", port, Tls::Starttls);
    let mailbox = Mailbox::open(&config, folder.path(), Some(&Secret::new("secret"))).unwrap();
    let reading = async {
        let read = mailbox.read(&async |_raw: Vec<u8>| Ok(())).await;
        drop(mailbox);
        read
    };
    let (_served, read): (std::io::Result<()>, _) = tokio::join!(serving, reading);
    (read, held.into_inner().unwrap().commands)
}

#[tokio::test]
async fn starttls_is_required_and_nothing_is_believed_that_came_before_it() {
    let (read, commands) = with_starttls(("* OK here\r\n", "* CAPABILITY x\r\nt OK go\r\n")).await;
    assert_eq!(read.unwrap(), 1);
    assert_eq!(commands[0], "t STARTTLS");
    assert!(commands[1].starts_with("LOGIN"), "{commands:?}");
    for (manner, wanted) in [
        (("* OK here\r\n", "t BAD what?\r\n"), "does not begin TLS"),
        (("* OK here\r\n", "t NO not today\r\n"), "not today"),
        (("* PREAUTH hello\r\n", ""), "PREAUTH"),
        (("* OK here\r\n", ""), "cannot be reached"),
        (
            ("* OK here\r\n", "t OK go\r\n* OK more\r\n"),
            "before TLS began",
        ),
        (
            ("* OK here\r\n", "t OK go\r\nA0001 OK in\r\n"),
            "before TLS began",
        ),
    ] {
        let (read, commands) = with_starttls(manner).await;
        let refused = read.unwrap_err().to_string();
        assert!(refused.contains(wanted), "{manner:?}: {refused}");
        let commands = commands.concat();
        assert!(!commands.contains("LOGIN"), "{manner:?}: {commands}");
        assert!(!commands.contains("secret"), "{manner:?}: {commands}");
    }
}

#[test]
fn no_password_goes_over_an_open_line() {
    let open = |host, tls| {
        let config = Config {
            ca_file: None,
            ..config(host, 143, tls)
        };
        Mailbox::open(&config, "".as_ref(), Some(&Secret::new("x")))
    };
    assert!(matches!(
        open("imap.example.org", Tls::None),
        Err(Error::Plaintext)
    ));
    assert!(open("localhost", Tls::None).is_ok());
}
