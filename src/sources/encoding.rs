//! Bytes of a feed to text, whatever they are in.
//!
//! What is believed, in this order: a byte order mark, the HTTP header, the pattern of zeros that two
//! and four bytes a character make, the XML declaration, UTF-8 if they are that, the guess of a
//! browser. A
//! header or declaration that says Latin is overruled by bytes that are proper UTF-8 beyond ASCII:
//! Latin text is never that by chance, and servers add the Latin by themselves.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text; borrowed when the bytes are UTF-8 already.
pub(super) fn decoded<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let wide = |four: &[u8]| matches!(four, [0, 0, 0xfe, 0xff] | [0xff, 0xfe, 0, 0]);
    if bytes.get(..4).is_some_and(wide) {
        return wide_text(&bytes[4..], bytes[0] == 0).into();
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    let header = content_type
        .and_then(charset)
        .and_then(|name| Encoding::for_label(name.as_bytes()));
    match (header, bytes.get(..4)) {
        (Some(encoding), _) => narrow_text(bytes, encoding),
        (None, Some([0, 0, 0, _])) => wide_text(bytes, true).into(),
        (None, Some([_, 0, 0, 0])) => wide_text(bytes, false).into(),
        (None, Some([0, _, 0, _])) => UTF_16BE.decode_without_bom_handling(bytes).0,
        (None, Some([_, 0, _, 0])) => UTF_16LE.decode_without_bom_handling(bytes).0,
        (None, _) => narrow_text(bytes, declared(bytes).unwrap_or(UTF_8)),
    }
}

/// What had to be guessed to read them, as a sentence: the text is not in what it says it is in.
pub(super) fn guess(bytes: &[u8], content_type: Option<&str>) -> Option<String> {
    if Encoding::for_bom(bytes).is_some() || bytes.iter().take(4).any(|byte| *byte == 0) {
        return None;
    }
    let label = content_type
        .and_then(charset)
        .or_else(|| declared_label(bytes));
    if let Some(label) = label
        && Encoding::for_label(label.as_bytes()).is_none()
    {
        return Some("names an encoding that nobody knows".to_owned());
    }
    let said = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    if said.unwrap_or(UTF_8) != UTF_8 || std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    if mostly_utf8(bytes) {
        return Some("holds bytes that are no UTF-8: they are shown as \u{fffd}".to_owned());
    }
    let other = declared(bytes).filter(|other| *other != UTF_8);
    let read_as = other.unwrap_or_else(|| looks_like(bytes)).name();
    Some(format!("is not in UTF-8: read as {read_as}"))
}

/// The first byte that is neither white space nor part of a byte order mark.
pub(super) fn first_character(bytes: &[u8]) -> Option<u8> {
    bytes
        .iter()
        .copied()
        .find(|byte| !matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff) && *byte > b' ')
}

/// Text of a known encoding, unless the bytes say otherwise.
fn narrow_text<'a>(bytes: &'a [u8], said: &'static Encoding) -> Cow<'a, str> {
    if (said == UTF_8 || said == WINDOWS_1252)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return text.into();
    }
    let encoding = match said {
        // The header may say so of a file whose own declaration knows better.
        _ if said == UTF_8 => declared(bytes)
            .filter(|other| *other != UTF_8)
            .unwrap_or_else(|| looks_like(bytes)),
        said => said,
    };
    if said == UTF_8 && mostly_utf8(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    encoding.decode_without_bom_handling(bytes).0
}

/// What Firefox would take them for.
pub(super) fn looks_like(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow)
}

/// Whether so few bytes are wrong in UTF-8 that it is damaged rather than something else.
pub(super) fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    right > wrong
}

/// Four bytes a character, the largest first or last.
fn wide_text(bytes: &[u8], largest_first: bool) -> String {
    let character = |four: &[u8]| {
        let four: [u8; 4] = four.try_into().ok()?;
        char::from_u32(if largest_first {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    };
    let characters = bytes.chunks_exact(4).map(character);
    characters
        .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn charset(content_type: &str) -> Option<&str> {
    let at = content_type.to_ascii_lowercase().find("charset")?;
    let rest = content_type.get(at + "charset".len()..)?.trim_start();
    let value = rest.strip_prefix('=')?;
    Some(value.split(';').next()?.trim().trim_matches(['"', '\'']))
}

/// The encoding of the XML declaration. Two bytes a character it cannot mean: it was read as one.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let found = Encoding::for_label(declared_label(bytes)?.as_bytes())?;
    (found != UTF_16LE && found != UTF_16BE).then_some(found)
}

fn declared_label(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(300)];
    let end = head.windows(2).position(|two| two == b"?>")?;
    let head = std::str::from_utf8(&head[..end]).ok()?;
    let (_, rest) = head.split_once("encoding")?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn in_32(text: &str, bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().flat_map(|c| bytes(u32::from(c))).collect()
    }

    #[test]
    fn text_is_read_whatever_it_is_in() {
        let tea = "<a>Tee für 년</a>";
        let with = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        for bytes in [
            tea.as_bytes().to_vec(),
            with(b"\xef\xbb\xbf", tea.as_bytes().to_vec()),
            in_16(tea, u16::to_le_bytes),
            in_16(tea, u16::to_be_bytes),
            with(b"\xff\xfe", in_16(tea, u16::to_le_bytes)),
            with(b"\xfe\xff", in_16(tea, u16::to_be_bytes)),
            in_32(tea, u32::to_le_bytes),
            in_32(tea, u32::to_be_bytes),
            with(b"\xff\xfe\0\0", in_32(tea, u32::to_le_bytes)),
            with(b"\0\0\xfe\xff", in_32(tea, u32::to_be_bytes)),
        ] {
            assert_eq!(decoded(&bytes, None), tea, "{bytes:?}");
        }
    }

    #[test]
    fn what_was_guessed_is_said() {
        for (bytes, header, said) in [
            (&b"<rss>f\xc3\xbcr"[..], None, None),
            (b"f\xfcr", Some("text/xml; charset=latin1"), None),
            (
                b"f\xfcr",
                None,
                Some("is not in UTF-8: read as windows-1252"),
            ),
            (
                b"<?xml version='1.0' encoding='koi8-r'?>\xc4\xc1",
                Some("text/xml; charset=utf-8"),
                Some("is not in UTF-8: read as KOI8-R"),
            ),
            (
                b"f\xc3\xbcr f\xc3\xbcnf \xfc",
                None,
                Some("holds bytes that are no UTF-8: they are shown as \u{fffd}"),
            ),
            (
                b"<?xml version='1.0' encoding='klingon'?>a",
                None,
                Some("names an encoding that nobody knows"),
            ),
        ] {
            assert_eq!(guess(bytes, header).as_deref(), said, "{header:?}");
        }
    }

    #[test]
    fn header_declaration_and_bytes_are_believed_in_that_order() {
        for (bytes, header, text) in [
            (&b"f\xfcr"[..], None, "für"),
            (b"f\xfcr", Some("text/xml; Charset = \"ISO-8859-1\""), "für"),
            (b"\xc4\xc1", Some("text/xml; charset=koi8-r"), "да"),
            (b"f\xc3\xbcr", Some("text/xml; charset=us-ascii"), "für"),
            (b"f\xfcr \xe9", Some("text/xml; charset=utf-8"), "für é"),
            (
                b"\xcf\xf0\xe0\xe2\xe8\xf2\xe5\xeb\xfc\xf1\xf2\xe2\xee \xef\xf0\xe8\xed\xff\xeb\xee",
                None,
                "Правительство приняло",
            ),
            (
                b"Gr\xc3\xb6\xc3\x9fe \xd6l",
                None,
                "Größe \u{fffd}l",
            ),
            (
                b"<?xml version='1.0' encoding = 'euc-kr'?>\xb3\xe2",
                None,
                "<?xml version='1.0' encoding = 'euc-kr'?>년",
            ),
            (
                b"<?xml encoding='utf-16'?>a",
                None,
                "<?xml encoding='utf-16'?>a",
            ),
            (b"<?xml encoding='?>\xe9", None, "<?xml encoding='?>é"),
            (
                b"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xff",
                None,
                "üüüüü\u{fffd}",
            ),
        ] {
            assert_eq!(decoded(bytes, header), text, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_some_text(
            mark in proptest::sample::select(vec![&b""[..], b"\xff\xfe", b"\xff\xfe\0\0", b"<?xml encoding='", b"\0\0\0"]),
            bytes in proptest::collection::vec(any::<u8>(), 0..60),
            header in proptest::option::of("[a-z/]{0,5};? ?charset ?=?[\"a-z0-9-]{0,12}"),
        ) {
            let _text = decoded(&[mark, &bytes].concat(), header.as_deref());
        }
    }
}
