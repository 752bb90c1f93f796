//! A small SMTP server that accepts everything and keeps it (RFC 5321, the part a relay needs).

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// One message as it came.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    /// RCPT TO.
    pub to: String,
    /// The message, dots unstuffed.
    pub bytes: Vec<u8>,
}

impl Mail {
    /// The recipient as a file name.
    pub(super) fn file_name(&self) -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || "@.-_".contains(c) {
                c
            } else {
                '_'
            }
        };
        self.to.chars().map(plain).collect()
    }
}

/// The server: on loopback, until it is stopped.
#[derive(Debug)]
pub(super) struct Sink {
    port: u16,
    mails: Mutex<Vec<Mail>>,
}

impl Sink {
    pub(super) async fn start(stop: CancellationToken) -> std::io::Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let sink = Arc::new(Self {
            port,
            mails: Mutex::new(Vec::new()),
        });
        let kept = Arc::clone(&sink);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { return };
                        let sink = Arc::clone(&kept);
                        // A connection that breaks ends itself; its sender will say so.
                        tokio::spawn(async move { let _ = sink.talk(stream).await; });
                    }
                }
            }
        });
        Ok(sink)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The messages so far, by recipient; the server forgets them.
    pub(super) fn take(&self) -> Vec<Mail> {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = std::mem::take(&mut *mails);
        taken.sort_by(|a, b| a.to.cmp(&b.to));
        taken
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 sample relay\r\n").await?;
        let mut to = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let command = line.trim_end().to_ascii_uppercase();
            let reply: &[u8] = if command.starts_with("EHLO") || command.starts_with("HELO") {
                b"250 sample relay\r\n"
            } else if command.starts_with("RCPT TO:") {
                let (_, rest) = line.split_once('<').unwrap_or_default();
                rest.split('>')
                    .next()
                    .unwrap_or_default()
                    .clone_into(&mut to);
                b"250 2.1.5 ok\r\n"
            } else if command == "DATA" {
                stream.write_all(b"354 go ahead\r\n").await?;
                let bytes = message(&mut stream).await?;
                let mail = Mail {
                    to: to.clone(),
                    bytes,
                };
                self.mails
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(mail);
                b"250 2.0.0 kept\r\n"
            } else if command == "QUIT" {
                return stream.write_all(b"221 2.0.0 bye\r\n").await;
            } else {
                b"250 2.0.0 ok\r\n"
            };
            stream.write_all(reply).await?;
        }
    }
}

async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 || line == b".\r\n" {
            return Ok(bytes);
        }
        let stuffed = line.starts_with(b".");
        bytes.extend_from_slice(&line[usize::from(stuffed)..]);
    }
}
