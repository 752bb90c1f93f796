//! How a file begins: its encoding, its first line, what parts its cells.

use std::io::Read;

use encoding_rs::Encoding;

use super::ImportError;

/// A header longer than this is not one.
pub(super) const MAX_HEADER_BYTES: usize = 64 * 1024;

/// `sep=;`: some spreadsheets name the delimiter in a first line of its own, which is no header.
pub(super) fn names_delimiter(line: &[u8]) -> Option<u8> {
    match line.trim_ascii_start() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', rest @ ..] => {
            Some(rest.first().copied().unwrap_or(b','))
        }
        _ => None,
    }
}

/// The file up to the end of its first line with something in it, without a byte-order mark.
pub(super) fn head<R: Read>(
    file: &mut R,
) -> Result<(Vec<u8>, Option<&'static Encoding>), ImportError> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = match file.read(&mut chunk) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        head.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let begun = head.iter().position(|byte| !byte.is_ascii_whitespace());
        let text = begun.and_then(|at| head.get(at..)).unwrap_or_default();
        let is_json = text.starts_with(b"{") || text.starts_with(b"[");
        let is_whole = is_json || text.iter().any(|b| b"\r\n".contains(b));
        if count == 0 || is_whole {
            break;
        }
        if head.len() > MAX_HEADER_BYTES {
            return Err(ImportError::LongHeader);
        }
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    let encoding = match head.as_slice() {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        [0, first, ..] if *first != 0 => Some(encoding_rs::UTF_16BE),
        [first, 0, _, 0, ..] if *first != 0 => Some(encoding_rs::UTF_16LE),
        _ => None,
    };
    Ok((head, encoding))
}

/// The delimiter that the first line with something in it uses most, outside of quotes.
pub(super) fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut is_quoted = false;
    for &byte in head.trim_ascii_start() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\r' | b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => counts
                .iter_mut()
                .filter(|(d, _)| *d == byte)
                .for_each(|(_, count)| *count += 1),
        }
    }
    let most = counts.iter().map(|&(_, count)| count).max();
    counts
        .iter()
        .find(|&&(_, count)| Some(count) == most)
        .map_or(b',', |&(delimiter, _)| delimiter)
}
