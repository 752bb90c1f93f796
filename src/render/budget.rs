//! What a mail program would do to a message that is too large, and what is left out before that.
//!
//! Gmail clips the html part at about 102 KB and hides the footer with the unsubscribe link; what it
//! counts differs between tests, so the worst case is counted: the part as encoded, 1 KB = 1,000 bytes.

use courant_templates::view::{EditionView, SectionView};

/// From here on an editor is warned.
pub const WARNING_BYTES: usize = 90_000;
/// Over this a copy is trimmed; what is larger even then is not sent.
pub const LIMIT_BYTES: usize = 100_000;

/// Bytes of `text` in quoted-printable with CRLF line ends (RFC 2045 section 6.7).
#[must_use]
pub fn quoted_printable_bytes(text: &str) -> usize {
    let (mut total, mut column) = (0, 0);
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let bytes = line.as_bytes();
        for (index, byte) in bytes.iter().enumerate() {
            let last = index + 1 == bytes.len();
            let plain =
                matches!(byte, 33..=60 | 62..=126) || (matches!(byte, b' ' | b'\t') && !last);
            let width = if plain { 1 } else { 3 };
            if column + width > 75 {
                total += 3;
                column = 0;
            }
            total += width;
            column += width;
        }
        total += 2;
        column = 0;
    }
    total
}

/// Bytes of so many bytes in base64 with CRLF line ends (RFC 2045 section 6.8).
#[must_use]
pub fn base64_bytes(bytes: usize) -> usize {
    let digits = bytes.div_ceil(3) * 4;
    digits + digits.div_ceil(76) * 2
}

/// Bytes of `text` with CRLF line ends.
#[must_use]
pub fn wire_bytes(text: &str) -> usize {
    text.len() + text.matches('\n').count() - text.matches("\r\n").count()
}

/// Whether base64 makes `text` smaller than quoted-printable does: so it is for Arabic and Japanese.
#[must_use]
pub fn base64_is_smaller(text: &str) -> bool {
    base64_bytes(wire_bytes(text)) < quoted_printable_bytes(text)
}

/// Bytes of the html part as it would be sent: quoted-printable, or base64 where that is smaller.
#[must_use]
pub fn encoded_bytes(html: &str) -> usize {
    quoted_printable_bytes(html).min(base64_bytes(wire_bytes(html)))
}

/// What is left out of a copy that would be clipped, in this order, each step with those before it.
/// The footer never is: who cannot leave presses "spam".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trim {
    /// Summaries of ranked stories from the fourth on.
    LaterSummaries,
    /// Small pictures beside stories; the lead keeps its own.
    Thumbnails,
    /// Stories of a category after its third (the first large, two compact), and of those that stand
    /// alone in theirs after the sixth.
    CompactStories,
    /// The tags.
    Topics,
}

impl Trim {
    /// All steps, the cheapest loss first.
    pub const ORDER: [Self; 4] = [
        Self::LaterSummaries,
        Self::Thumbnails,
        Self::CompactStories,
        Self::Topics,
    ];

    /// What is missing after this step, those before it included.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::LaterSummaries => "summaries from rank four on",
            Self::Thumbnails => "summaries from rank four on and small pictures",
            Self::CompactStories => {
                "summaries from rank four on, small pictures, and stories of a category after its third"
            }
            Self::Topics => {
                "summaries from rank four on, small pictures, stories of a category after its third, and \
                 the tags"
            }
        }
    }

    /// Takes one step.
    pub fn apply(self, view: &mut EditionView<'_>) {
        if self == Self::Topics {
            view.sections
                .retain(|section| !matches!(section, SectionView::Topics { .. }));
        }
        for section in &mut view.sections {
            match (self, section) {
                (Self::LaterSummaries, SectionView::Ranked { entries, .. }) => {
                    for entry in entries.iter_mut().skip(3) {
                        entry.summary = None;
                    }
                }
                (
                    Self::Thumbnails,
                    SectionView::Plain(entries) | SectionView::Category { entries, .. },
                ) => {
                    for entry in entries {
                        entry.image = None;
                    }
                }
                (Self::CompactStories, SectionView::Category { entries, .. }) => {
                    entries.truncate(3);
                }
                (Self::CompactStories, SectionView::Brief { entries, .. }) => {
                    entries.truncate(6);
                }
                _ => {}
            }
        }
    }
}

/// Writes a view, and again with less, until it is small enough to be shown whole; says how far it
/// had to go. What is too large after the last step comes out as it is: whoever sends refuses it.
pub fn fit(
    view: &mut EditionView<'_>,
    write: impl Fn(&EditionView<'_>) -> String,
) -> (String, Option<Trim>) {
    let mut html = write(view);
    let mut trimmed = None;
    for step in Trim::ORDER {
        if encoded_bytes(&html) <= LIMIT_BYTES {
            break;
        }
        step.apply(view);
        html = write(view);
        trimmed = Some(step);
    }
    (html, trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_counted_as_encoded() {
        assert_eq!(quoted_printable_bytes("abc"), 5);
        assert_eq!(quoted_printable_bytes("a=b"), 7);
        assert_eq!(quoted_printable_bytes("ä\n"), 10);
        assert_eq!(quoted_printable_bytes(&"x".repeat(76)), 76 + 3 + 2);
        assert!(encoded_bytes(&"港".repeat(1000)) < quoted_printable_bytes(&"港".repeat(1000)));
    }
}
