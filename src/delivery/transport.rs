//! How mail leaves: over SMTP, by a sendmail program, or into a folder.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::compose::Mail;
use super::reply::{Phase, Reply};
use super::smtp::{self, Exchanged, Item, Relays, Sent, Session};

/// Where messages go.
#[derive(Debug, Clone)]
pub enum Transport {
    /// To relays.
    Smtp(Arc<Relays>),
    /// To a program that takes a message on standard input, as sendmail does.
    Sendmail(PathBuf),
    /// Into a folder, a `.eml` a message.
    File(PathBuf),
}

/// One worker's way out: its own connection, opened when needed.
#[derive(Debug)]
pub struct Outlet {
    transport: Transport,
    open: Option<Open>,
    /// The relay of the last connection, and how many messages it took on it.
    last: (usize, u32),
    /// A program has been started for a message and has not ended.
    runs: bool,
}

#[derive(Debug)]
struct Open {
    relay: usize,
    session: Session,
    count: u32,
}

impl Outlet {
    /// A way out that is not connected yet.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            open: None,
            last: (0, 0),
            runs: false,
        }
    }

    /// Whether there is a connection, for ways out that have any.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.open.is_some() || !matches!(self.transport, Transport::Smtp(_))
    }

    /// Messages that the last connection took.
    #[must_use]
    pub fn taken(&self) -> u32 {
        self.last.1
    }

    /// Leaves the last connection's relay alone for a while, where there are others; false where there are
    /// none.
    pub fn turn_away(&mut self) -> bool {
        let Transport::Smtp(relays) = &self.transport else {
            return false;
        };
        let relays = Arc::clone(relays);
        if !relays.are_several() {
            return false;
        }
        self.give_up();
        relays.failed(self.last.0);
        true
    }

    /// How the message of an exchange ended that was given up, if that is known.
    #[must_use]
    pub fn take_ended(&mut self) -> Option<Sent> {
        let open = self.open.as_mut();
        open.and_then(|open| open.session.take_ended())
    }

    /// Makes sure that there is a connection. Only between messages: it may close one that has
    /// carried enough.
    ///
    /// # Errors
    /// When no relay can be used or the folder cannot be made.
    pub async fn ready(&mut self) -> Result<(), Error> {
        match &self.transport {
            Transport::Sendmail(_) => Ok(()),
            Transport::File(folder) => {
                tokio::fs::create_dir_all(folder)
                    .await
                    .map_err(|source| Error::File {
                        path: folder.clone(),
                        source,
                    })
            }
            Transport::Smtp(relays) => {
                let relays = Arc::clone(relays);
                if self.is_worn() {
                    self.hang_up().await;
                }
                if self.open.is_none() {
                    let (relay, session) = relays.connect().await?;
                    self.last = (relay, 0);
                    self.open = Some(Open {
                        relay,
                        session,
                        count: 0,
                    });
                }
                Ok(())
            }
        }
    }

    /// Whether the connection is to be closed before the next envelope.
    #[must_use]
    pub fn is_worn(&self) -> bool {
        match (&self.transport, &self.open) {
            (Transport::Smtp(relays), Some(open)) => {
                open.session.is_closed()
                    || open.count >= relays.messages_per_connection(open.relay)
                    || relays.is_exhausted(open.relay)
            }
            _ => false,
        }
    }

    /// Whether the relay at the other end takes the next message without waiting.
    #[must_use]
    pub fn is_free(&self) -> bool {
        match (&self.transport, &self.open) {
            (Transport::Smtp(relays), Some(open)) => relays.is_free(open.relay),
            _ => true,
        }
    }

    /// Takes the next place at the relay; how long to wait until it is there.
    #[must_use]
    pub fn turn(&self) -> Duration {
        match (&self.transport, &self.open) {
            (Transport::Smtp(relays), Some(open)) => relays.turn(open.relay),
            _ => Duration::ZERO,
        }
    }

    /// Whether a message may have left whose reply was not read.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        let open = self.open.as_ref();
        self.runs || open.is_some_and(|open| open.session.is_in_doubt())
    }

    /// Sends the mail whose envelope is open and opens the next one's; [`Outlet::ready`] comes first.
    ///
    /// # Errors
    /// Only when a file cannot be written or a program not be started; what a relay says is in
    /// [`Exchanged`].
    pub async fn exchange(
        &mut self,
        current: Option<&Mail>,
        next: Option<&Mail>,
    ) -> Result<Exchanged, Error> {
        match &self.transport {
            Transport::File(folder) => {
                if let Some(mail) = current {
                    write_whole(folder, &mail.name, &mail.bytes).await?;
                }
                Ok(Exchanged {
                    sent: current.map(|_| accepted("written")),
                    refused: None,
                })
            }
            Transport::Sendmail(program) => {
                let Some(mail) = current else {
                    return Ok(Exchanged::default());
                };
                // Whoever gives this up kills it, and what it did with the message is not known then.
                self.runs = true;
                let ran = run_sendmail(program, mail).await;
                self.runs = false;
                Ok(Exchanged {
                    sent: Some(ran?),
                    refused: None,
                })
            }
            Transport::Smtp(_) => Ok(self.converse(current, next).await),
        }
    }

    async fn converse(&mut self, current: Option<&Mail>, next: Option<&Mail>) -> Exchanged {
        let lost = || Sent::LostBefore("not connected".to_owned());
        let Some(open) = &mut self.open else {
            return Exchanged {
                sent: current.map(|_| lost()),
                refused: next.map(|_| lost()),
            };
        };
        if let (Transport::Smtp(relays), true) = (&self.transport, next.is_some()) {
            relays.spend(open.relay);
        }
        open.count += u32::from(next.is_some());
        let done = open
            .session
            .exchange(current.map(Mail::item), next.map(Mail::item))
            .await;
        if let Some(Sent::Answered(Phase::Message, reply)) = &done.sent
            && reply.code / 100 == 2
        {
            self.last.1 += 1;
        }
        if open.session.is_closed() {
            self.give_up();
        }
        done
    }

    /// Sends one mail by itself; [`Outlet::ready`] comes first.
    ///
    /// # Errors
    /// As [`Outlet::exchange`].
    pub async fn send(&mut self, mail: &Mail) -> Result<Sent, Error> {
        if let Some(refused) = self.exchange(None, Some(mail)).await?.refused {
            return Ok(refused);
        }
        let sent = self.exchange(Some(mail), None).await?.sent;
        Ok(sent.unwrap_or_else(|| Sent::LostBefore("nothing was sent".to_owned())))
    }

    /// Keeps a connection from being taken for dead while there is nothing to send.
    pub async fn keep_alive(&mut self) {
        if let Some(open) = &mut self.open {
            open.session.keep_alive().await;
        }
    }

    /// Forgets a connection that is broken, or whose end cannot be waited for.
    pub fn give_up(&mut self) {
        self.runs = false;
        if let (Some(open), Transport::Smtp(relays)) = (self.open.take(), &self.transport) {
            relays.closed(open.relay);
        }
    }

    /// Closes the connection politely; another is opened when needed.
    pub async fn hang_up(&mut self) {
        if let (Some(open), Transport::Smtp(relays)) = (self.open.take(), &self.transport) {
            relays.closed(open.relay);
            open.session.quit().await;
        }
    }
}

fn accepted(words: &str) -> Sent {
    let reply = Reply {
        code: 250,
        text: words.to_owned(),
    };
    Sent::Answered(Phase::Message, reply)
}

/// Hands a mail to a program by the conventions of sendmail: `-i` for dots, `-f` for the envelope
/// sender, exit codes of sysexits.
async fn run_sendmail(program: &Path, mail: &Mail) -> Result<Sent, Error> {
    let failed = |source| Error::Program {
        path: program.to_owned(),
        source,
    };
    let mut command = tokio::process::Command::new(program);
    command.arg("-i");
    if let Some(from) = mail.envelope.from() {
        command.arg("-f").arg(AsRef::<str>::as_ref(from));
    }
    command.arg("--");
    for to in mail.envelope.to() {
        command.arg(AsRef::<str>::as_ref(to));
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    // Programs of this kind want the line ends of files.
    let text: Vec<u8> = mail.bytes.iter().copied().filter(|b| *b != b'\r').collect();
    if let Some(mut input) = child.stdin.take() {
        // A program that ends early says why by its exit code.
        let _its_exit_code_counts = input.write_all(&text).await;
    }
    let ended = child.wait_with_output().await.map_err(failed)?;
    let said = String::from_utf8_lossy(&ended.stderr);
    let said = said.lines().next().unwrap_or_default().trim();
    let (phase, code, text) = match ended.status.code() {
        Some(0) => return Ok(accepted("taken by the program")),
        Some(67 | 68) => (Phase::Recipient, 550, "5.1.1"),
        Some(69 | 75) => (Phase::Message, 451, "4.3.0"),
        Some(65 | 77) => (Phase::Message, 554, "5.7.0"),
        Some(_) => (Phase::Message, 554, "5.3.0"),
        // Killed: what it did with the message is not known.
        None => return Ok(Sent::LostDuring("the program was killed".to_owned())),
    };
    let text = format!("{text} {said}");
    Ok(Sent::Answered(phase, Reply { code, text }))
}

/// Writes beside and renames, so that a file is whole or not there.
async fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = folder.join(format!("{name}.eml"));
    let beside = folder.join(format!(".{name}.part"));
    let failed = |source| Error::File {
        path: path.clone(),
        source,
    };
    tokio::fs::write(&beside, bytes).await.map_err(failed)?;
    tokio::fs::rename(&beside, &path).await.map_err(failed)
}

impl Mail {
    /// What a session needs of it.
    #[must_use]
    pub fn item(&self) -> Item<'_> {
        Item {
            envelope: &self.envelope,
            bytes: &self.bytes,
            name: &self.name,
        }
    }
}

/// Why mail cannot leave at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The relay cannot be used.
    #[error(transparent)]
    Smtp(#[from] smtp::Error),
    /// A message file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The program that takes messages cannot be started.
    #[error("{} cannot be run: {source}", path.display())]
    Program {
        /// The program.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}
