//! The Markdown files of a folder, each read on its own.
//!
//! In comes a path, out come items and a fingerprint of all that was read. Hidden files, `README` and
//! the pages of sections (`_index.md`) are no articles. Links lead nowhere outside the folder. How
//! deep, how many and how large is bounded, and what was left out is said.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::super::poll::sha256_hex;
use super::{Outcome, Parsed, Settings, file, parsed};
use crate::sources::Error;

const MOST_DEPTH: usize = 12;
const MOST_FILES: usize = 20_000;
const FILE_BYTES: u64 = 1024 * 1024;
const ALL_BYTES: u64 = 256 * 1024 * 1024;
/// The newest so many become items: a folder holds a site's whole past.
const MOST_ITEMS: usize = 5_000;
/// More files than this are counted, not named.
const MOST_NAMED: usize = 20;
const ENDINGS: [&str; 4] = ["md", "markdown", "mdown", "mkd"];

/// A folder that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its articles, newest first.
    pub parsed: Parsed,
    /// Equal for equal paths, sizes and contents.
    pub fingerprint: String,
}

/// Reads a folder, or one file.
///
/// # Errors
/// [`Error::Unread`] when it cannot be read at all, or no file in it is an article.
pub fn read(path: &Path, settings: &Settings) -> Result<Folder, Error> {
    let unread = |error: io::Error| Error::Unread(format!("{}: {error}", path.display()));
    let root = fs::canonicalize(path).map_err(unread)?;
    let mut reading = Reading::default();
    if root.is_dir() {
        reading.walk(&root).map_err(unread)?;
    } else {
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        reading.files.push((name.into_owned(), root.clone()));
    }
    if reading.files.is_empty() {
        let message = format!("{} holds no Markdown files", path.display());
        return Err(Error::Unread(message));
    }
    reading.files.sort();
    reading.read(settings);
    reading.end()
}

#[derive(Default)]
struct Reading {
    /// Paths relative to the folder, and where the files are.
    files: Vec<(String, PathBuf)>,
    items: Vec<super::Item>,
    named: Vec<String>,
    left_out: usize,
    drafts: usize,
    fingerprints: String,
}

impl Reading {
    fn walk(&mut self, root: &Path) -> io::Result<()> {
        let mut open = vec![(root.to_owned(), String::new(), 0_usize)];
        while let Some((folder, shown, depth)) = open.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if depth == 0 => return Err(error),
                Err(error) => {
                    self.leave_out(format!("left out {shown}: {error}"));
                    continue;
                }
            };
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let kind = entry.file_type()?;
                if name.starts_with('.') || name.eq_ignore_ascii_case("node_modules") {
                    continue;
                }
                let shown = if shown.is_empty() {
                    name.clone()
                } else {
                    format!("{shown}/{name}")
                };
                if kind.is_dir() && depth < MOST_DEPTH && name != "_drafts" {
                    open.push((entry.path(), shown, depth + 1));
                } else if kind.is_dir() && name != "_drafts" {
                    self.leave_out(format!("left out {shown}: it lies too deep"));
                } else if is_article(&name) && self.files.len() >= MOST_FILES {
                    self.leave_out(format!("left out files after the first {MOST_FILES}"));
                    return Ok(());
                } else if is_article(&name) {
                    self.add(root, shown, entry.path(), kind.is_symlink());
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, root: &Path, shown: String, path: PathBuf, is_link: bool) {
        let inside = !is_link
            || fs::canonicalize(&path)
                .is_ok_and(|target| target.starts_with(root) && target.is_file());
        if inside {
            self.files.push((shown, path));
        } else {
            self.leave_out(format!("left out {shown}: it leads out of the folder"));
        }
    }

    fn read(&mut self, settings: &Settings) {
        let mut all = 0;
        for (shown, path) in std::mem::take(&mut self.files) {
            let bytes = match whole(&path) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => {
                    self.leave_out(format!("left out {shown}: it is larger than 1 MB"));
                    continue;
                }
                Err(error) => {
                    self.leave_out(format!("left out {shown}: {error}"));
                    continue;
                }
            };
            all += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if all > ALL_BYTES {
                self.leave_out("left out what goes beyond 256 MB".to_owned());
                return;
            }
            for part in [
                &shown,
                "\0",
                &bytes.len().to_string(),
                "\0",
                &sha256_hex(&bytes),
                "\n",
            ] {
                self.fingerprints.push_str(part);
            }
            match file(&bytes, &shown, settings) {
                Ok(Outcome::Article(item)) => self.items.push(*item),
                Ok(Outcome::Draft) => self.drafts += 1,
                Err(broken) => self.leave_out(broken.sentence(&shown)),
            }
        }
    }

    fn leave_out(&mut self, sentence: String) {
        self.left_out += 1;
        if self.named.len() < MOST_NAMED {
            self.named.push(sentence);
        }
    }

    fn end(mut self) -> Result<Folder, Error> {
        if let Some(first) = self.named.first()
            && self.items.is_empty()
            && self.drafts == 0
        {
            return Err(Error::Unread(format!(
                "no file of it is an article: {first}"
            )));
        }
        let more = self.left_out - self.named.len();
        if more > 0 {
            self.named.push(format!("left out {more} more"));
        }
        if self.drafts > 0 {
            let s = if self.drafts == 1 { "" } else { "s" };
            self.named
                .push(format!("left out {} draft{s}", self.drafts));
        }
        self.items
            .sort_by_key(|item| std::cmp::Reverse(item.published_at.max(item.updated_at)));
        self.items.truncate(MOST_ITEMS);
        Ok(Folder {
            parsed: parsed(self.items, self.named),
            fingerprint: format!("sha256:{}", sha256_hex(self.fingerprints.as_bytes())),
        })
    }
}

fn is_article(name: &str) -> bool {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    ENDINGS.contains(&ending.to_lowercase().as_str())
        && stem != "_index"
        && !stem.eq_ignore_ascii_case("readme")
}

fn whole(path: &Path) -> io::Result<Option<Vec<u8>>> {
    // A named pipe would be waited for.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    let read = File::open(path)?
        .take(FILE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok(u64::try_from(read)
        .is_ok_and(|read| read <= FILE_BYTES)
        .then_some(bytes))
}
