//! `digest.toml` changed by the program: one block more, and every comment as it was.
//!
//! The file is read again under a lock, so that two programs at once lose nothing of each other's,
//! and replaced whole, so that a crash leaves the old file or the new one.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use toml_edit::{ArrayOfTables, Document, DocumentMut, InlineTable, Item, Table, value};
use url::Url;

/// A `[[source]]` to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// Its name.
    pub name: String,
    /// Its feed.
    pub url: Url,
    /// The category of items that have none.
    pub category: Option<String>,
}

impl NewSource {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        let mut keys = vec![("name", self.name.as_str()), ("url", self.url.as_str())];
        keys.extend(
            self.category
                .as_deref()
                .map(|category| ("category", category)),
        );
        keys
    }

    /// The block as it is written.
    #[must_use]
    pub fn block(&self) -> String {
        let mut document = DocumentMut::new();
        let mut list = ArrayOfTables::new();
        list.push(self.table());
        document.insert("source", Item::ArrayOfTables(list));
        document.to_string()
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        for (key, text) in self.keys() {
            table.insert(key, value(text));
        }
        table
    }
}

/// `text` with one source more, after the last.
///
/// # Errors
/// When `text` is no TOML, or its `source` is no list.
pub fn with_source(text: &str, source: &NewSource) -> Result<String, Error> {
    if let Some(at) = end_of_sources(text)? {
        let (before, after) = text.split_at(at);
        let newline = if before.ends_with('\n') { "" } else { "\n" };
        return Ok(format!("{before}{newline}\n{}{after}", source.block()));
    }
    let mut document: DocumentMut = text.parse().map_err(Error::Syntax)?;
    let list = document
        .entry("source")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    match list {
        Item::ArrayOfTables(list) => {
            let mut table = source.table();
            table.decor_mut().set_prefix("\n");
            list.push(table);
        }
        Item::Value(toml_edit::Value::Array(list)) => {
            let mut inline = InlineTable::new();
            for (key, text) in source.keys() {
                inline.insert(key, text.into());
            }
            list.push(inline);
        }
        Item::Value(_) | Item::Table(_) | Item::None => return Err(Error::NoList),
    }
    Ok(document.to_string())
}

/// Where the last `[[source]]` ends, with the comments below its keys, which `toml_edit` would give to
/// whatever comes next. None if there is no such block.
fn end_of_sources(text: &str) -> Result<Option<usize>, Error> {
    let document = Document::parse(text).map_err(Error::Syntax)?;
    let list = document.get("source").and_then(Item::as_array_of_tables);
    let Some(last) = list.and_then(|list| list.iter().last()) else {
        return Ok(None);
    };
    let keys = last.iter().filter_map(|(_, item)| item.span());
    let ends = keys.chain(last.span()).map(|span| span.end);
    let end = ends.max().unwrap_or(text.len());
    let rest = text.get(end..).unwrap_or_default();
    let own_line = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let mut comments = own_line;
    for line in rest
        .get(own_line..)
        .unwrap_or_default()
        .split_inclusive('\n')
    {
        match line.trim_start() {
            comment if comment.starts_with('#') => comments += line.len(),
            "" => break,
            // They stand right above a table and speak of that.
            _ => return Ok(Some(end + own_line)),
        }
    }
    Ok(Some(end + comments))
}

/// Replaces the file at `path` by what `change` makes of its text; nothing if it says none. Whoever
/// else changes it by this function waits.
///
/// # Errors
/// The system's, by way of `E`, and those of `change`.
pub fn replace<E: From<std::io::Error>>(
    path: &Path,
    change: impl FnOnce(&str) -> Result<Option<String>, E>,
) -> Result<(), E> {
    // A link stays a link: what it leads to is replaced.
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    // The folder is locked and not the file, because the file is replaced by another.
    let lock = File::open(folder)?;
    lock.lock()?;
    let Some(text) = change(&fs::read_to_string(&path)?)? else {
        return Ok(());
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = write(&beside, &text, fs::metadata(&path)?.permissions())
        .and_then(|()| fs::rename(&beside, &path))
        .and_then(|()| lock.sync_all());
    if written.is_err() {
        let _not_there = fs::remove_file(&beside);
    }
    Ok(written?)
}

fn write(path: &Path, text: &str, permissions: fs::Permissions) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.set_permissions(permissions)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Why a text cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no TOML.
    #[error("it is no TOML")]
    Syntax(#[source] toml_edit::TomlError),
    /// `source` is something else than blocks.
    #[error("its source is no list of [[source]] blocks")]
    NoList,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tarn() -> NewSource {
        NewSource {
            name: "tarn".to_owned(),
            url: Url::parse("https://tarn.example/feed?a=\"b\"").unwrap(),
            category: Some("Town \"x\"".to_owned()),
        }
    }

    #[test]
    fn everything_else_stays_as_it_was() {
        let text = super::super::EXAMPLE;
        let changed = with_source(text, &tarn()).unwrap();
        let block = "\n[[source]]\nname = \"tarn\"\nurl = \"https://tarn.example/feed?a=%22b%22\"\n\
            category = 'Town \"x\"'\n";
        assert_eq!(changed.replacen(block, "", 1), text);
        let (before, _) = changed.split_once(block).unwrap();
        assert!(before.ends_with("or \"never\"\n"), "{before}");
        assert_eq!(tarn().block(), block.trim_start());
    }

    #[test]
    fn a_comment_stays_with_what_it_speaks_of() {
        let new = tarn().block();
        for (after, expected) in [
            ("", format!("\n{new}")),
            ("# why\n", format!("# why\n\n{new}")),
            (
                "# why\n\n# next\n[a]\n",
                format!("# why\n\n{new}\n# next\n[a]\n"),
            ),
            ("# next\n[a]\n", format!("\n{new}# next\n[a]\n")),
            ("[a]\n", format!("\n{new}[a]\n")),
        ] {
            let old = "[[source]]\nname = \"a\"\nurl = \"x\" # here\n";
            let found = with_source(&format!("{old}{after}"), &tarn()).unwrap();
            assert_eq!(found, format!("{old}{expected}"));
        }
    }

    #[test]
    fn a_list_may_be_written_in_one_line_or_be_missing() {
        let inline = with_source(
            "source = [{ name = \"a\", url = \"https://a.example/\" }]\n",
            &tarn(),
        );
        assert!(
            inline
                .unwrap()
                .contains("https://a.example/\" }, { name = \"tarn\"")
        );
        let none = with_source("[fetch]\ntimeout = \"3s\"", &tarn()).unwrap();
        assert!(
            none.starts_with("[fetch]\ntimeout = \"3s\"\n\n[[source]]\nname"),
            "{none}"
        );
        assert!(matches!(
            with_source("source = 1", &tarn()),
            Err(Error::NoList)
        ));
        assert!(matches!(
            with_source("source = ", &tarn()),
            Err(Error::Syntax(_))
        ));
    }

    #[test]
    fn a_file_is_replaced_with_its_permissions_behind_its_link() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let (file, link) = (home.path().join("real.toml"), home.path().join("link.toml"));
        fs::write(&file, "a").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let add = |more: &'static str| {
            let link = link.clone();
            move || {
                replace::<std::io::Error>(&link, |text| Ok(Some(format!("{text}{more}")))).unwrap();
            }
        };
        let both = ["b", "c", "d"].map(|more| std::thread::spawn(add(more)));
        for one in both {
            one.join().unwrap();
        }
        let mut found: Vec<char> = fs::read_to_string(&file).unwrap().chars().collect();
        found.sort_unstable();
        assert_eq!(found, ['a', 'b', 'c', 'd']);
        assert!(link.is_symlink());
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(
            fs::read_dir(home.path()).unwrap().count(),
            2,
            "nothing is left behind"
        );
    }
}
