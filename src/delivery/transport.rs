//! How mail leaves: over SMTP or into a folder.

use std::path::{Path, PathBuf};

use super::compose::Mail;
use super::reply::{Phase, Reply};
use super::smtp::{self, Relay, Sent, Session};

/// Where messages go.
#[derive(Debug, Clone)]
pub enum Transport {
    /// To a relay.
    Smtp(Relay),
    /// Into a folder, a `.eml` a message.
    File(PathBuf),
}

/// One worker's way out: its own connection, opened when needed.
#[derive(Debug)]
pub struct Outlet {
    transport: Transport,
    session: Option<(Session, u32)>,
}

impl Outlet {
    /// A way out that is not connected yet.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            session: None,
        }
    }

    /// Makes sure that there is a connection.
    ///
    /// # Errors
    /// When the relay cannot be used or the folder cannot be made.
    pub async fn ready(&mut self) -> Result<(), Error> {
        match &self.transport {
            Transport::File(folder) => {
                tokio::fs::create_dir_all(folder)
                    .await
                    .map_err(|source| Error::File {
                        path: folder.clone(),
                        source,
                    })
            }
            Transport::Smtp(relay) => {
                if let Some((_, count)) = &self.session
                    && *count >= relay.messages_per_connection()
                    && let Some((session, _)) = self.session.take()
                {
                    session.quit().await;
                }
                if self.session.is_none() {
                    self.session = Some((relay.connect().await?, 0));
                }
                Ok(())
            }
        }
    }

    /// Sends one message; [`Outlet::ready`] comes first.
    ///
    /// # Errors
    /// Only when a file cannot be written; what a relay says is in [`Sent`].
    pub async fn send(&mut self, mail: &Mail) -> Result<Sent, Error> {
        if let Transport::File(folder) = &self.transport {
            write_whole(folder, &mail.name, &mail.bytes).await?;
            let reply = Reply {
                code: 250,
                text: "written".to_owned(),
            };
            return Ok(Sent::Answered(Phase::Message, reply));
        }
        let Some((session, count)) = &mut self.session else {
            return Ok(Sent::LostBefore("not connected".to_owned()));
        };
        *count += 1;
        let sent = session.send(&mail.envelope, &mail.bytes).await;
        // After 421 the relay closes (RFC 5321 section 3.8); after a loss nothing can be said.
        if !matches!(&sent, Sent::Answered(_, reply) if reply.code != 421) {
            self.session = None;
        }
        Ok(sent)
    }

    /// Closes the connection politely.
    pub async fn close(self) {
        if let Some((session, _)) = self.session {
            session.quit().await;
        }
    }
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
}
