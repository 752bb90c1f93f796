//! Leaving, also while the database is taken.
//!
//! On SQLite one transaction writes at a time, and a long list may take the database for a minute. Who presses
//! "unsubscribe" then is not told to come again: a mail program presses once. The wish goes into a file beside the
//! database and is safe there before it is answered; whoever writes next about readers, or sends, fulfils it first.
//!
//! The file has a line for each wish: the reader's number, the way, the instant. A line that was cut off by a crash was
//! answered to nobody. It is emptied once its changes are committed; who crashes between the two finds wishes that are
//! fulfilled, and does nothing.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use courant_subscribers::store::{consents, subscribers};
use courant_subscribers::{How, Outcome, SubscriberId};

use super::store::{self as letters, Kind};
use super::{Config, QUIET_SECONDS};
use crate::database::{self, Conn, Database, Error, Trouble};

/// What the file's name has behind that of the database.
const ENDING: &str = ".leaving";

/// What somebody wishes who leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Who.
    pub id: SubscriberId,
    /// By which way.
    pub how: How,
    /// When, Unix seconds.
    pub at: i64,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The list was changed; whether a letter says goodbye.
    Now {
        /// It was not left before.
        outcome: Outcome,
        /// There is a letter to send.
        is_written_to: bool,
    },
    /// The list will be changed when the database is free; until then nothing is sent either.
    Soon,
}

/// Makes somebody leave, with the letter that says goodbye where there is one.
///
/// # Errors
/// When the database fails.
pub async fn leave(conn: &mut Conn, wish: Wish, config: &Config) -> Result<(Outcome, bool), Error> {
    let Wish { id, how, at } = wish;
    let outcome = subscribers::unsubscribe(conn, id, how, at).await?;
    let kind = Kind::Goodbye;
    let since = at - QUIET_SECONDS;
    let writes = outcome == Outcome::Changed
        && config.goodbye
        && !letters::was_written(conn, id, kind, since).await?;
    if writes {
        letters::add(conn, id, kind, at).await?;
    }
    Ok((outcome, writes))
}

/// Makes somebody leave for whom the database may be taken by somebody else.
///
/// # Errors
/// When the database fails, or the file cannot be written.
pub async fn leave_or_note(
    database: &Database,
    wish: Wish,
    config: &Config,
) -> Result<Left, Error> {
    let mut transaction = match database.begin_write().await {
        Err(error) if error.trouble() == Trouble::Locked => match Wishes::beside(database) {
            Some(wishes) => {
                wishes.note(&wish).await?;
                tracing::info!("a reader leaves as soon as the database is free");
                return Ok(Left::Soon);
            }
            None => database.begin_write().await?,
        },
        begun => begun?,
    };
    let noted = fulfil(&mut transaction, database, config).await?;
    let (outcome, is_written_to) = leave(&mut transaction, wish, config).await?;
    database::commit(transaction).await?;
    noted.map_or(Ok(()), Noted::done)?;
    Ok(Left::Now {
        outcome,
        is_written_to,
    })
}

/// Fulfils the wishes that were noted while the database was taken; how many changed the list. Nothing is done
/// where there are none.
///
/// # Errors
/// When the database fails, also because it is still taken, or the file cannot be read.
pub async fn settle(database: &Database, config: &Config) -> Result<usize, Error> {
    if !Wishes::beside(database).is_some_and(|wishes| wishes.are_there()) {
        return Ok(0);
    }
    let mut transaction = database.begin_write().await?;
    let noted = fulfil(&mut transaction, database, config).await?;
    database::commit(transaction).await?;
    let Some(noted) = noted else { return Ok(0) };
    let changed = noted.changed;
    noted.done()?;
    if changed > 0 {
        tracing::info!("{changed} readers left who had asked for it while the database was taken");
    }
    Ok(changed)
}

/// Does within a transaction what was noted; the file, to be emptied after the commit.
///
/// # Errors
/// When the database fails, or the file cannot be read.
pub async fn fulfil(
    conn: &mut Conn,
    database: &Database,
    config: &Config,
) -> Result<Option<Noted>, Error> {
    let Some(wishes) = Wishes::beside(database).filter(Wishes::are_there) else {
        return Ok(None);
    };
    let (mut noted, all) = wishes.read()?;
    for wish in all {
        // Who came back since then has said so later.
        let evidence = consents::list(conn, wish.id).await?;
        if evidence.iter().all(|consent| consent.at <= wish.at) {
            let (outcome, _writes) = leave(conn, wish, config).await?;
            noted.changed += usize::from(outcome == Outcome::Changed);
        }
    }
    Ok(Some(noted))
}

/// The file of wishes, in our hands until it is emptied or dropped.
#[derive(Debug)]
pub struct Noted {
    path: PathBuf,
    file: File,
    changed: usize,
}

impl Noted {
    /// Empties the file: what it asked for is committed.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn done(self) -> Result<(), Error> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.sync_data());
        emptied.map_err(|source| Error::Beside {
            path: self.path,
            source,
        })
    }
}

/// The file, which may not be there.
#[derive(Debug, Clone)]
struct Wishes {
    path: PathBuf,
}

impl Wishes {
    /// That of a database in a file; a server takes writers side by side.
    fn beside(database: &Database) -> Option<Self> {
        let path = database.beside(ENDING)?;
        Some(Self { path })
    }

    fn are_there(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|file| file.len() > 0)
    }

    /// Writes a wish down for good.
    async fn note(&self, wish: &Wish) -> Result<(), Error> {
        let Wish { id, how, at } = wish;
        // After a line that a crash cut off, too.
        let line = format!("\n{id} {at} {how}\n");
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || {
            let mut file = File::options().create(true).append(true).open(&path)?;
            file.lock()?;
            file.write_all(line.as_bytes())?;
            file.sync_data()?;
            // A file that was just made has to be found again after a power failure.
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or_else(|| ".".as_ref()))?.sync_all()
        });
        let written = written.await.map_err(std::io::Error::other).flatten();
        written.map_err(|source| self.broken(source))
    }

    /// Takes the file in hand and reads it.
    fn read(&self) -> Result<(Noted, Vec<Wish>), Error> {
        let read = || {
            let mut file = File::options().read(true).write(true).open(&self.path)?;
            file.lock()?;
            let mut text = Vec::new();
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut text)?;
            Ok((file, text))
        };
        let (file, text) = read().map_err(|source| self.broken(source))?;
        let text = String::from_utf8_lossy(&text);
        let wishes = text.split_inclusive('\n').filter_map(parsed).collect();
        let noted = Noted {
            path: self.path.clone(),
            file,
            changed: 0,
        };
        Ok((noted, wishes))
    }

    fn broken(&self, source: std::io::Error) -> Error {
        Error::Beside {
            path: self.path.clone(),
            source,
        }
    }
}

/// A whole line; nothing for one that breaks off.
fn parsed(line: &str) -> Option<Wish> {
    let mut words = line.strip_suffix('\n')?.splitn(3, ' ');
    Some(Wish {
        id: SubscriberId::from_i64(words.next()?.parse().ok()?),
        at: words.next()?.parse().ok()?,
        how: How::parse(words.next()?)?,
    })
}
