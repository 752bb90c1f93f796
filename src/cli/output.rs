//! The only place that prints: results to stdout, everything else to stderr.

use std::io::Write as _;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::exit::Failure;
use super::progress::{Reading, Sending};
use crate::clock;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// For people.
    Words,
    /// One JSON document, or one object a line.
    Json,
}

/// Prints results and tells of progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    style: Style,
    quiet: bool,
}

impl Output {
    /// Prints in a style; `quiet` keeps progress to itself.
    #[must_use]
    pub(super) fn new(style: Style, quiet: bool) -> Self {
        Self { style, quiet }
    }

    /// Whether results are JSON.
    #[must_use]
    pub(super) fn is_json(&self) -> bool {
        self.style == Style::Json
    }

    /// One line of a result for people; nothing with `--json`.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        if self.style == Style::Words {
            print(text.as_ref());
        }
    }

    /// One JSON object of a result; nothing without `--json`.
    ///
    /// # Errors
    /// When the value is none, which would be a mistake of ours.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        if self.style == Style::Json {
            let wrong =
                |error: serde_json::Error| Failure::new(super::exit::UNEXPECTED, error.to_string());
            let value = clock::in_words(value).map_err(wrong)?;
            print(&serde_json::to_string(&value).map_err(wrong)?);
        }
        Ok(())
    }

    /// Text as it is, in either style: files for other programs.
    pub(super) fn raw(&self, text: &str) {
        print(text.strip_suffix('\n').unwrap_or(text));
    }

    /// A remark on the way, to stderr.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            tell(text.as_ref());
        }
    }

    /// A table with aligned columns, as wide as it needs; cells are cut to `widest`.
    pub(super) fn table(&self, header: &[&str], rows: &[Vec<String>], widest: usize) {
        if self.style == Style::Json {
            return;
        }
        let cut = |cell: &str| -> String {
            if cell.width() <= widest {
                return cell.to_owned();
            }
            let mut kept = String::new();
            for c in cell.chars() {
                if kept.width() + 1 >= widest {
                    break;
                }
                kept.push(c);
            }
            format!("{kept}…")
        };
        let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
        let rows: Vec<Vec<String>> = std::iter::once(header)
            .chain(
                rows.iter()
                    .map(|row| row.iter().map(|cell| cut(cell)).collect()),
            )
            .collect();
        let columns = rows.first().map_or(0, Vec::len);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                rows.iter()
                    .filter_map(|row| row.get(column))
                    .map(|c| c.width())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| {
                format!("{cell}{}", " ".repeat(width - cell.width().min(*width)))
            });
            print(cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }

    /// Only what somebody has to do is told.
    #[must_use]
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Progress of a sending: a bar on a terminal, plain lines elsewhere.
    #[must_use]
    pub(super) fn sending(&self) -> Sending {
        Sending::new(self.quiet)
    }

    /// Progress of reading `bytes`, if it is known how many there are.
    #[must_use]
    pub(super) fn reading(&self, bytes: Option<u64>) -> Reading {
        Reading::new(self.quiet, bytes)
    }

    /// One large JSON document, as it is serialised: no instants under `_at` are put into words.
    ///
    /// # Errors
    /// When the value is none, which would be a mistake of ours.
    pub(super) fn document(&self, value: &impl Serialize) -> Result<(), Failure> {
        if self.style == Style::Json {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            match serde_json::to_writer(&mut out, value) {
                Err(error) if !error.is_io() => {
                    return Err(Failure::new(super::exit::UNEXPECTED, error.to_string()));
                }
                _written_or_closed_pipe => {}
            }
            let _closed_pipe = writeln!(out);
        }
        Ok(())
    }
}

/// Prints a failure to stderr.
pub(super) fn fail(failure: &Failure) {
    for message in &failure.messages {
        // That there is nothing to do is an answer, not a mistake.
        let kind = if failure.code == super::exit::NOTHING {
            ""
        } else {
            "error: "
        };
        tell(&format!("{kind}{message}"));
    }
    if let Some(hint) = &failure.hint {
        tell(&format!("\nhint: {hint}"));
    }
}

/// A closed pipe (`courant … | head`) is no reason to complain.
fn print(text: &str) {
    let _closed_pipe = writeln!(std::io::stdout().lock(), "{text}");
}

pub(super) fn tell(text: &str) {
    let _closed_pipe = writeln!(std::io::stderr().lock(), "{text}");
}
