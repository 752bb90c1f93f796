//! What a mail program would do to a message that is too large.
//!
//! Gmail clips the html part at about 102 KB and hides the footer with the unsubscribe link; what it
//! counts differs between tests, so the worst case is counted: the part as encoded, 1 KB = 1,000 bytes.

/// From here on an editor is warned.
pub const WARNING_BYTES: usize = 90_000;
/// From here on nothing is sent.
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

/// Bytes of the html part as it would be sent: quoted-printable, or base64 where that is smaller.
#[must_use]
pub fn encoded_bytes(html: &str) -> usize {
    let base64 = html.len().div_ceil(3) * 4;
    quoted_printable_bytes(html).min(base64 + base64.div_ceil(76) * 2)
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
