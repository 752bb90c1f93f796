//! What a reader chose: which digests, in which form, and whether reading is counted.

use crate::Error;

/// Characters of a topic's name.
const MAX_TOPIC: usize = 100;
/// Topics one reader may choose.
const MOST_TOPICS: usize = 100;

/// The choices of one reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Preferences {
    /// Which digests they get.
    pub digests: Digests,
    /// Of which topics they get stories.
    pub topics: Topics,
    /// How they get them.
    pub format: Format,
    /// Whether their opens and clicks are counted.
    pub counting: Counting,
    /// Where they are, by its IANA name, for mail in their morning.
    pub time_zone: Option<String>,
    /// Language of pages and letters, by its tag; without it that of what they get.
    pub language: Option<String>,
    /// No edition before this instant, Unix seconds.
    pub paused_until: Option<i64>,
}

impl Preferences {
    /// A pause until the reader asks for more: the last day that can be written.
    pub const UNTIL_ASKED: i64 = 253_402_214_400;
}

/// The digests a reader wants, by the names in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Digests {
    /// Every digest, also those that start later.
    #[default]
    All,
    /// Only these; none when empty.
    Only(Vec<String>),
}

impl Digests {
    /// Whether the digest of this name is wanted.
    #[must_use]
    pub fn wants(&self, digest: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|name| name == digest),
        }
    }

    /// The stored form: empty for all, else names between single spaces (see the migration).
    pub(crate) fn to_column(&self) -> Result<String, Error> {
        let mut column = String::new();
        if let Self::Only(names) = self {
            column.push(' ');
            for name in names {
                if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
                    return Err(Error::DigestName(name.clone()));
                }
                column.push_str(name);
                column.push(' ');
            }
        }
        Ok(column)
    }

    pub(crate) fn from_column(column: &str) -> Self {
        if column.is_empty() {
            return Self::All;
        }
        Self::Only(column.split_whitespace().map(str::to_owned).collect())
    }
}

/// The topics a reader wants stories of, by the publication's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topics {
    /// All of them.
    #[default]
    All,
    /// Only these; never none.
    Only(Vec<String>),
}

impl Topics {
    /// Those of these names that are any; all when none is.
    #[must_use]
    pub fn of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut kept: Vec<String> = Vec::new();
        for name in names {
            if let Some(name) = crate::text::clean(name.as_ref(), MAX_TOPIC)
                && !kept.contains(&name)
                && kept.len() < MOST_TOPICS
            {
                kept.push(name);
            }
        }
        if kept.is_empty() {
            Self::All
        } else {
            Self::Only(kept)
        }
    }

    /// Whether stories of a topic are wanted; those of none are wanted by who wants all.
    #[must_use]
    pub fn wants(&self, topic: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => topic.is_some_and(|topic| names.iter().any(|it| it == topic)),
        }
    }

    /// The stored form: empty for all, else names between line ends (see the migration).
    pub(crate) fn to_column(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Only(names) => format!("\n{}\n", names.join("\n")),
        }
    }

    pub(crate) fn from_column(column: &str) -> Self {
        Self::of(column.lines())
    }
}

/// What kind of mail a reader gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Designed, with a text part beside it.
    #[default]
    Designed,
    /// Text alone.
    Text,
}

impl Format {
    const ALL: [Self; 2] = [Self::Designed, Self::Text];

    /// The stored and printed word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Designed => "designed",
            Self::Text => "text",
        }
    }

    /// The format of that word, in lower case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }
}

/// Whether a reader's opens and clicks may be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counting {
    /// They may.
    #[default]
    Allowed,
    /// They may not: their mails carry no pixel and no counted links.
    Declined,
}

impl Counting {
    const ALL: [Self; 2] = [Self::Allowed, Self::Declined];

    /// The stored and printed word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Declined => "declined",
        }
    }

    /// The choice of that word, in lower case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|counting| counting.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(names: &[&str]) -> Digests {
        Digests::Only(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn digests_survive_the_column() {
        let cases = [
            (Digests::All, ""),
            (only(&[]), " "),
            (only(&["daily"]), " daily "),
            (only(&["daily", "weekly"]), " daily weekly "),
        ];
        for (digests, column) in cases {
            assert_eq!(digests.to_column().unwrap(), column);
            assert_eq!(Digests::from_column(column), digests);
        }
    }

    #[test]
    fn topics_survive_the_column_and_none_are_all() {
        let names = Topics::Only(vec!["World news".to_owned(), "Café".to_owned()]);
        for (topics, column) in [(Topics::All, ""), (names.clone(), "\nWorld news\nCafé\n")] {
            assert_eq!(topics.to_column(), column);
            assert_eq!(Topics::from_column(column), topics);
        }
        assert_eq!(Topics::of(["", " ", "\n"]), Topics::All);
        assert_eq!(Topics::of(["World\nnews", "Café ", "Café"]), names);
        assert!(names.wants(Some("Café")) && !names.wants(Some("Caf")) && !names.wants(None));
        assert!(Topics::All.wants(None));
    }

    #[test]
    fn a_name_that_would_break_the_column_is_refused() {
        for name in ["", "two words", "a\tb", "a\0"] {
            assert!(
                matches!(only(&[name]).to_column(), Err(Error::DigestName(_))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn all_wants_everything_and_only_wants_its_names() {
        assert!(Digests::All.wants("daily"));
        assert!(only(&["daily"]).wants("daily"));
        assert!(!only(&["daily"]).wants("dail"));
        assert!(!only(&[]).wants("daily"));
    }

    #[test]
    fn stored_words_are_read_back() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.as_str()), Some(format));
        }
        for counting in Counting::ALL {
            assert_eq!(Counting::parse(counting.as_str()), Some(counting));
        }
        assert_eq!(Format::parse("html"), None);
    }
}
