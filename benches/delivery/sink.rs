//! An SMTP server that takes everything, checks every message whole and counts.
//!
//! A process of its own: `delivery --sink [DELAY_MS] [FOLDER]`. It prints its port, serves until its
//! standard input ends, and prints what it counted as one JSON object. With a delay every answer
//! waits, so that round trips cost what they cost over a network; with a folder a message in fifty
//! is kept there.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Default)]
struct Counts {
    messages: AtomicU64,
    bytes: AtomicU64,
    /// Answers written before waiting for more: round trips.
    trips: AtomicU64,
    connections: AtomicU64,
    broken: AtomicU64,
    recipients: Mutex<HashSet<u64>>,
}

struct Sink {
    counts: Counts,
    delay: Option<Duration>,
    folder: Option<PathBuf>,
}

/// Serves until standard input ends.
pub(crate) fn run(arguments: &[String]) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let delay = arguments.first().and_then(|text| text.parse().ok());
    let sink = Arc::new(Sink {
        counts: Counts::default(),
        delay: delay.filter(|ms| *ms > 0).map(Duration::from_millis),
        folder: arguments.get(1).map(PathBuf::from),
    });
    let serving = Arc::clone(&sink);
    let port = runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = Arc::clone(&serving);
                tokio::spawn(async move {
                    sink.counts.connections.fetch_add(1, Relaxed);
                    // A connection that breaks ends itself.
                    let _ended = sink.talk(stream).await;
                });
            }
        });
        port
    });
    println!("{port}");
    let mut ignored = Vec::new();
    std::io::stdin().read_to_end(&mut ignored).unwrap();
    let counts = &sink.counts;
    let report = serde_json::json!({
        "messages": counts.messages.load(Relaxed),
        "bytes": counts.bytes.load(Relaxed),
        "round_trips": counts.trips.load(Relaxed),
        "connections": counts.connections.load(Relaxed),
        "broken": counts.broken.load(Relaxed),
        "recipients": counts.recipients.lock().unwrap().len(),
    });
    println!("{report}");
    runtime.shutdown_background();
}

impl Sink {
    async fn talk(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        stream.write_all(b"220 sink.example ESMTP\r\n").await?;
        let (mut input, mut output) = (Vec::with_capacity(1 << 17), Vec::new());
        let (mut in_message, mut searched) = (false, 0);
        let mut recipient = 0_u64;
        loop {
            let used = self.answer(
                &input,
                (&mut in_message, &mut searched, &mut recipient),
                &mut output,
            );
            input.drain(..used);
            if !output.is_empty() {
                self.counts.trips.fetch_add(1, Relaxed);
                if let Some(delay) = self.delay {
                    tokio::time::sleep(delay).await;
                }
                stream.write_all(&output).await?;
                if output.ends_with(b"221 bye\r\n") {
                    return Ok(());
                }
                output.clear();
            }
            input.reserve(1 << 16);
            if stream.read_buf(&mut input).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Answers what is there; how much of it was used.
    fn answer(
        &self,
        input: &[u8],
        (in_message, searched, recipient): (&mut bool, &mut usize, &mut u64),
        output: &mut Vec<u8>,
    ) -> usize {
        let mut at = 0;
        loop {
            let rest = &input[at..];
            if *in_message {
                let from = searched.saturating_sub(4);
                let Some(end) = memmem::find(&rest[from..], b"\r\n.\r\n").map(|end| end + from)
                else {
                    *searched = rest.len();
                    return at;
                };
                self.taken(&rest[..end + 2], *recipient);
                (*in_message, *searched) = (false, 0);
                at += end + 5;
                output.extend_from_slice(b"250 2.0.0 taken\r\n");
                continue;
            }
            let Some(end) = memmem::find(rest, b"\r\n") else {
                return at;
            };
            let line = &rest[..end];
            at += end + 2;
            match line.get(..4).unwrap_or(line) {
                b"EHLO" => output.extend_from_slice(
                    b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250 8BITMIME\r\n",
                ),
                b"DATA" => {
                    *in_message = true;
                    output.extend_from_slice(b"354 go on\r\n");
                }
                b"RCPT" => {
                    let mut hasher = DefaultHasher::new();
                    line.hash(&mut hasher);
                    *recipient = hasher.finish();
                    output.extend_from_slice(b"250 2.1.5 ok\r\n");
                }
                b"QUIT" => output.extend_from_slice(b"221 bye\r\n"),
                _ => output.extend_from_slice(b"250 2.0.0 ok\r\n"),
            }
        }
    }

    fn taken(&self, message: &[u8], recipient: u64) {
        let number = self.counts.messages.fetch_add(1, Relaxed);
        self.counts.bytes.fetch_add(message.len() as u64, Relaxed);
        self.counts.recipients.lock().unwrap().insert(recipient);
        // A message of several parts ends with its boundary; what has no head is no message.
        let is_whole = memmem::find(message, b"\r\n\r\n").is_some_and(|_| {
            memmem::find(message, b"multipart/").is_none() || message.ends_with(b"--\r\n")
        });
        if !is_whole {
            self.counts.broken.fetch_add(1, Relaxed);
        }
        if let Some(folder) = self.folder.as_ref().filter(|_| number.is_multiple_of(50)) {
            let plain = unstuffed(message);
            std::fs::write(folder.join(format!("{number}.eml")), plain).unwrap();
        }
    }
}

fn unstuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len());
    let mut is_start = true;
    for byte in message {
        if !(is_start && *byte == b'.') {
            out.push(*byte);
        }
        is_start = *byte == b'\n';
    }
    out
}
