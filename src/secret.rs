//! Passwords and keys: from a file or the environment, never printed, never serialised.

use std::fmt;
use std::path::Path;

/// A secret text. `Debug` prints `[secret]`; there is no `Display` and no `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret that is already in memory, without its trailing line end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Reads a secret from a file; a trailing line end is not part of it.
    ///
    /// # Errors
    /// When the file cannot be read, is not UTF-8, or is empty.
    pub fn read(path: &Path) -> Result<Self, SecretError> {
        let text = std::fs::read_to_string(path).map_err(|source| SecretError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        let secret = Self::new(&text);
        if secret.0.is_empty() {
            return Err(SecretError::Empty {
                path: path.display().to_string(),
            });
        }
        Ok(secret)
    }

    /// The secret itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file is not there or not ours to read.
    #[error("the secret file {path} cannot be read")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file holds nothing.
    #[error("the secret file {path} is empty")]
    Empty {
        /// The file.
        path: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed_and_loses_its_line_end() {
        let secret = Secret::new("tide-table\r\n");
        assert_eq!(secret.expose(), "tide-table");
        assert_eq!(format!("{secret:?}"), "[secret]");
    }
}
