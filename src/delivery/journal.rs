//! What one process knows of the messages it has in hand, safe from its own death.
//!
//! The database is told in groups, a few times a second; the journal is told of every message: before
//! the final dot may leave, and when its reply is read. A record is one write of 16 bytes, which a
//! killed process cannot take back, so afterwards exactly those messages are in doubt whose last
//! record says that they were leaving: at most one a connection. Losing power can lose records; then
//! everything the database calls `sending` is in doubt, and the boot id in the head tells.
//!
//! A journal belongs to one process, which holds its file locked. Whoever finds one unlocked may
//! read it and must settle what it says before deleting it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{DeliveryId, Error};

const MAGIC: &[u8; 16] = b"courant journal\n";
const BOOT_BYTES: usize = 48;
const HEAD: usize = MAGIC.len() + BOOT_BYTES;
const RECORD: usize = 16;
/// From this size on a journal is written anew with what is still open.
const COMPACT_FROM: usize = 1 << 20;

/// What the last record about a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Its final dot may have left; no reply was read.
    Leaving,
    /// The next hop has it.
    Accepted,
    /// The next hop does not have it.
    NotTaken,
}

impl Mark {
    fn letter(self) -> u8 {
        match self {
            Self::Leaving => b'L',
            Self::Accepted => b'A',
            Self::NotTaken => b'N',
        }
    }

    fn from_letter(letter: u8) -> Option<Self> {
        match letter {
            b'L' => Some(Self::Leaving),
            b'A' => Some(Self::Accepted),
            b'N' => Some(Self::NotTaken),
            _ => None,
        }
    }
}

/// A process's journal, open and locked.
#[derive(Debug)]
pub struct Journal {
    sender: String,
    path: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    bytes: usize,
    /// What the database has not been told yet.
    open: HashMap<[u8; 12], Mark>,
}

impl Journal {
    /// Makes a journal for a sender of an edition.
    ///
    /// # Errors
    /// When the folder or file cannot be written.
    pub fn create(folder: &Path, edition: &str, sender: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{edition}.{sender}.journal"));
        let (file, bytes) = begin(&path, &HashMap::new())?;
        Ok(Self {
            sender: sender.to_owned(),
            path,
            inner: Mutex::new(Inner {
                file,
                bytes,
                open: HashMap::new(),
            }),
        })
    }

    /// Whose it is.
    #[must_use]
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// Why it cannot be written, as this stage's error.
    #[must_use]
    pub fn error(&self, source: io::Error) -> Error {
        Error::Journal {
            folder: self.path.parent().unwrap_or(Path::new(".")).to_owned(),
            source,
        }
    }

    /// Records what happened to a message.
    ///
    /// # Errors
    /// When it could not be written; a message that is not recorded as leaving may not leave.
    pub fn mark(&self, id: &DeliveryId, mark: Mark) -> io::Result<()> {
        let key = id.to_bytes();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.file.write_all(&record(&key, mark))?;
        inner.bytes += RECORD;
        inner.open.insert(key, mark);
        Ok(())
    }

    /// Forgets messages whose end the database has committed.
    ///
    /// # Errors
    /// When the journal has grown and cannot be written anew; the old one stays good.
    pub fn settled<'a>(&self, ids: impl Iterator<Item = &'a DeliveryId>) -> io::Result<()> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            inner.open.remove(&id.to_bytes());
        }
        if inner.bytes >= COMPACT_FROM {
            let (file, bytes) = begin(&self.path, &inner.open)?;
            (inner.file, inner.bytes) = (file, bytes);
        }
        Ok(())
    }

    /// Messages that were leaving when their connection was given up.
    #[must_use]
    pub fn leaving(&self) -> Vec<DeliveryId> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let open = inner.open.iter();
        open.filter(|(_, mark)| **mark == Mark::Leaving)
            .map(|(key, _)| DeliveryId::from_bytes(key))
            .collect()
    }

    /// Deletes the journal: everything it says is in the database.
    ///
    /// # Errors
    /// When the file cannot be deleted.
    pub fn delete(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

fn record(key: &[u8; 12], mark: Mark) -> [u8; RECORD] {
    let mut bytes = [b'.'; RECORD];
    bytes[0] = mark.letter();
    bytes[1..13].copy_from_slice(key);
    bytes[RECORD - 1] = b'\n';
    bytes
}

/// Writes a whole journal beside and renames it, locked before anybody can find it.
fn begin(path: &Path, open: &HashMap<[u8; 12], Mark>) -> io::Result<(File, usize)> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&boot());
    for (key, mark) in open {
        bytes.extend_from_slice(&record(key, *mark));
    }
    let beside = path.with_extension("part");
    let mut file = File::create(&beside)?;
    file.lock()?;
    file.write_all(&bytes)?;
    fs::rename(&beside, path)?;
    Ok((file, bytes.len()))
}

/// Which start of the machine this is, padded; blanks where the system does not say.
fn boot() -> [u8; BOOT_BYTES] {
    let mut bytes = [b' '; BOOT_BYTES];
    let id = fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    for (place, byte) in bytes.iter_mut().zip(id.trim_ascii()) {
        *place = *byte;
    }
    bytes[BOOT_BYTES - 1] = b'\n';
    bytes
}

/// What a dead process left.
#[derive(Debug)]
pub struct Found {
    /// Whose it was.
    pub sender: String,
    /// The last record of every message in it.
    pub marks: Vec<(DeliveryId, Mark)>,
    /// Whether nothing can be missing: the machine has not been started again since.
    pub is_whole: bool,
    path: PathBuf,
    _lock: File,
}

impl Found {
    /// Deletes the file: everything it says is in the database.
    ///
    /// # Errors
    /// When the file cannot be deleted.
    pub fn delete(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// The journals of an edition whose processes are dead.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn orphans(folder: &Path, edition: &str) -> io::Result<Vec<Found>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let middle = name
            .strip_suffix(".journal")
            .and_then(|name| name.strip_prefix(edition)?.strip_prefix('.'));
        let Some(sender) = middle.map(str::to_owned) else {
            continue;
        };
        let lock = match File::options().read(true).write(true).open(&path) {
            // Another process settled it just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        // Locked: its process lives.
        if lock.try_lock().is_ok() && path.exists() {
            all.push(read(path, sender, lock)?);
        }
    }
    Ok(all)
}

fn read(path: PathBuf, sender: String, lock: File) -> io::Result<Found> {
    let bytes = fs::read(&path)?;
    let is_whole = bytes.get(..MAGIC.len()) == Some(MAGIC)
        && bytes.get(MAGIC.len()..HEAD) == Some(&boot())
        && boot()[0] != b' ';
    let mut last: HashMap<[u8; 12], Mark> = HashMap::new();
    // A record that was cut off belongs to a message that had not begun to leave.
    for record in bytes.get(HEAD..).unwrap_or_default().chunks_exact(RECORD) {
        let key = record.get(1..13).and_then(|key| key.try_into().ok());
        let mark = record.first().and_then(|letter| Mark::from_letter(*letter));
        if let (Some(key), Some(mark)) = (key, mark) {
            last.insert(key, mark);
        }
    }
    let marks = last.iter();
    Ok(Found {
        sender,
        marks: marks
            .map(|(key, mark)| (DeliveryId::from_bytes(key), *mark))
            .collect(),
        is_whole,
        path,
        _lock: lock,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> DeliveryId {
        DeliveryId::from_bytes(&[number; 12])
    }

    #[test]
    fn a_journal_is_found_when_its_process_is_dead_and_not_before() {
        let folder = tempfile::TempDir::new().unwrap();
        let journal = Journal::create(folder.path(), "daily-1", "s1").unwrap();
        let marks = [
            (1, Mark::Leaving),
            (2, Mark::Leaving),
            (2, Mark::Accepted),
            (3, Mark::Leaving),
            (3, Mark::NotTaken),
        ];
        for (number, mark) in marks {
            journal.mark(&id(number), mark).unwrap();
        }
        assert_eq!(journal.leaving(), [id(1)]);
        assert!(orphans(folder.path(), "daily-1").unwrap().is_empty());
        drop(journal);
        assert!(orphans(folder.path(), "daily-11").unwrap().is_empty());
        let mut found = orphans(folder.path(), "daily-1").unwrap();
        let mut found = found.remove(0);
        found.marks.sort_by(|a, b| a.0.cmp(&b.0));
        let wanted = [
            (id(1), Mark::Leaving),
            (id(2), Mark::Accepted),
            (id(3), Mark::NotTaken),
        ];
        assert_eq!((&*found.sender, found.is_whole), ("s1", true));
        assert_eq!(found.marks, wanted);
        found.delete().unwrap();
        assert!(orphans(folder.path(), "daily-1").unwrap().is_empty());
    }

    #[test]
    fn a_journal_does_not_grow_for_ever_and_forgets_nothing_that_is_open() {
        let folder = tempfile::TempDir::new().unwrap();
        let journal = Journal::create(folder.path(), "e", "s").unwrap();
        journal.mark(&id(9), Mark::Leaving).unwrap();
        for _ in 0..COMPACT_FROM / RECORD {
            journal.mark(&id(1), Mark::Accepted).unwrap();
        }
        journal.settled([id(1)].iter()).unwrap();
        let path = folder.path().join("e.s.journal");
        assert_eq!(fs::metadata(&path).unwrap().len(), (HEAD + RECORD) as u64);
        assert!(
            orphans(folder.path(), "e").unwrap().is_empty(),
            "locked still"
        );
        drop(journal);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(b"Lcut");
        bytes[MAGIC.len()] = b'#';
        fs::write(&path, bytes).unwrap();
        let found = orphans(folder.path(), "e").unwrap();
        assert_eq!(found[0].marks, [(id(9), Mark::Leaving)]);
        assert!(!found[0].is_whole, "another start of the machine");
    }
}
