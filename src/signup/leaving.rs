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
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use courant_subscribers::store::{consents, subscribers};
use courant_subscribers::{How, Outcome, SubscriberId};
use sqlx::{Any, Transaction};
use tokio_util::sync::CancellationToken;

use super::store::{self as letters, Kind};
use super::{Config, QUIET_SECONDS};
use crate::database::{self, Conn, Database, Error, Trouble};
use crate::telemetry::with_causes;

/// What the file's name has behind that of the database.
const ENDING: &str = ".leaving";
/// How often the server looks for it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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
    /// They are not on the list any more.
    Now {
        /// Whether they had left before.
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
async fn leave(conn: &mut Conn, wish: Wish, config: &Config) -> Result<(Outcome, bool), Error> {
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
    let mut change = match Change::begin(database, config).await {
        Err(error) if error.trouble() == Trouble::Locked => match Wishes::beside(database) {
            Some(wishes) => {
                wishes.note(&wish).await?;
                tracing::info!("a reader leaves as soon as the database is free");
                return Ok(Left::Soon);
            }
            None => Change::begin(database, config).await?,
        },
        begun => begun?,
    };
    let (outcome, is_written_to) = leave(&mut change.transaction, wish, config).await?;
    change.commit().await?;
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
    Change::begin(database, config).await?.commit().await
}

/// Fulfils the wishes of readers who left while the database was taken, until `stop`.
pub async fn watch(database: &Database, config: &Config, stop: &CancellationToken) {
    let mut told = false;
    loop {
        match settle(database, config).await {
            Ok(_) => told = false,
            Err(error) if error.trouble() == Trouble::Locked => {}
            Err(error) if !told => {
                told = true;
                tracing::error!("readers who left stay on the list: {}", with_causes(&error));
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// A change of the list that begins with the wishes that were noted before.
pub struct Change {
    /// Where it is made.
    pub transaction: Transaction<'static, Any>,
    noted: Option<Noted>,
}

impl Change {
    /// Begins with what was noted, if anything was.
    ///
    /// # Errors
    /// When the database fails, also because it is taken, or the file cannot be read.
    pub async fn begin(database: &Database, config: &Config) -> Result<Self, Error> {
        let mut transaction = database.begin_write().await?;
        let noted = fulfil(&mut transaction, database, config).await?;
        Ok(Self { transaction, noted })
    }

    /// Makes it last; how many had noted that they leave and were on the list.
    ///
    /// # Errors
    /// When the database fails, or the file cannot be emptied.
    pub async fn commit(self) -> Result<usize, Error> {
        database::commit(self.transaction).await?;
        let Some(Noted { wishes, file, left }) = self.noted else {
            return Ok(0);
        };
        let emptied = file.set_len(0).and_then(|()| file.sync_data());
        emptied.map_err(|source| wishes.broken(source))?;
        if left > 0 {
            tracing::info!("{left} readers left who had asked for it while the database was taken");
        }
        Ok(left)
    }
}

/// Does within a transaction what was noted.
async fn fulfil(
    conn: &mut Conn,
    database: &Database,
    config: &Config,
) -> Result<Option<Noted>, Error> {
    let Some(wishes) = Wishes::beside(database).filter(Wishes::are_there) else {
        return Ok(None);
    };
    let (file, all) = wishes.read()?;
    let mut left = 0;
    for wish in all {
        // Who came back since then has said so later.
        let evidence = consents::list(conn, wish.id).await?;
        if evidence.iter().all(|consent| consent.at <= wish.at) {
            let (outcome, _writes) = leave(conn, wish, config).await?;
            left += usize::from(outcome == Outcome::Changed);
        }
    }
    Ok(Some(Noted { wishes, file, left }))
}

/// Wishes that are fulfilled once the transaction is committed. Nobody else writes into their file meanwhile.
struct Noted {
    wishes: Wishes,
    file: File,
    left: usize,
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
    fn read(&self) -> Result<(File, Vec<Wish>), Error> {
        let read = || {
            let mut file = File::options().read(true).write(true).open(&self.path)?;
            file.lock()?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            Ok((file, text))
        };
        let (file, text) = read().map_err(|source| self.broken(source))?;
        let text = String::from_utf8_lossy(&text);
        let wishes = text.split_inclusive('\n').filter_map(parsed).collect();
        Ok((file, wishes))
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
