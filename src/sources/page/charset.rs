//! Which characters the bytes of a page stand for.
//!
//! A byte order mark, the HTTP header, the page's own `<meta>`, then the detector of Firefox: the order
//! of the HTML standard (section 13.2.3.2). Nothing here fails; what cannot be read becomes U+FFFD.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::sources::encoding::{looks_like, mostly_utf8};

/// How far from its beginning a page may say what its encoding is: the standard says 1024, but pages
/// with a long comment at the top say it later.
const DECLARED_WITHIN: usize = 4096;

/// The text of a page.
pub(super) fn decoded<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    let served = content_type.and_then(label_in);
    if let Some(encoding) = served.and_then(|label| Encoding::for_label(label.as_bytes())) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    // Valid UTF-8 with a letter beyond ASCII is UTF-8, whatever a template's old <meta> claims.
    if let Ok(text) = std::str::from_utf8(bytes)
        && !stateful(declared(bytes))
    {
        return text.into();
    }
    match declared(bytes) {
        // Not valid, or it would have been taken for that above: a slip, or another encoding.
        Some(encoding) if encoding == UTF_8 && !mostly_utf8(bytes) => {
            looks_like(bytes).decode_without_bom_handling(bytes).0
        }
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0,
        None => looks_like(bytes).decode_without_bom_handling(bytes).0,
    }
}

/// Encodings whose every byte is ASCII: valid UTF-8 says nothing about them.
fn stateful(encoding: Option<&'static Encoding>) -> bool {
    encoding.is_some_and(|encoding| !encoding.is_ascii_compatible())
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(DECLARED_WITHIN)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    // Scripts say what they are in, too.
    let mut metas = head.split("<meta").skip(1);
    let label = metas.find_map(|meta| label_in(meta.split('>').next().unwrap_or_default()))?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // A page whose <meta> could be read as ASCII is not in UTF-16 (standard, section 13.2.3.2).
    let wide = encoding == UTF_16BE || encoding == UTF_16LE;
    Some(if wide { UTF_8 } else { encoding })
}

/// The name after `charset=`, with or without quotes.
fn label_in(text: &str) -> Option<&str> {
    let at = text.to_ascii_lowercase().find("charset")?;
    let rest = text.get(at + "charset".len()..)?.trim_start();
    let rest = rest.strip_prefix('=')?.trim_start();
    let rest = rest.trim_start_matches(['"', '\'']);
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)));
    rest.get(..end.unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_survive_whichever_way_the_encoding_is_told() {
        let windows = b"<html><p>Z\xfcrich \x96 K\xf6ln".as_slice();
        for (bytes, header, text) in [
            ("<p>Zürich".as_bytes(), None, "<p>Zürich"),
            (
                b"\xef\xbb\xbf<p>a",
                Some("text/html; charset=koi8-r"),
                "<p>a",
            ),
            (b"\xff\xfe<\0p\0>\0", None, "<p>"),
            (
                windows,
                Some("text/html; charset=\"windows-1252\""),
                "<html><p>Zürich – Köln",
            ),
            (
                windows,
                Some("text/html; charset=none"),
                "<html><p>Zürich – Köln",
            ),
            (windows, None, "<html><p>Zürich – Köln"),
            (
                b"<meta charset=windows-1251>\xcc\xe8\xf0",
                None,
                "<meta charset=windows-1251>Мир",
            ),
            (
                b"<meta http-equiv=content-type content='text/html; Charset = iso-8859-2'>\xb1",
                None,
                "<meta http-equiv=content-type content='text/html; Charset = iso-8859-2'>ą",
            ),
            (
                "<meta charset=iso-8859-1>é".as_bytes(),
                None,
                "<meta charset=iso-8859-1>é",
            ),
            (b"<meta charset=utf-16>\xe9", None, "<meta charset=utf-16>é"),
            (b"", None, ""),
            // A script's encoding is not the page's, and who says UTF-8 may be wrong.
            (
                b"<script charset=utf-8></script><meta charset=gb2312>\xd6\xd0",
                None,
                "<script charset=utf-8></script><meta charset=gb2312>\u{4e2d}",
            ),
            (
                b"<meta charset=utf-8><p>Z\xfcrich \x96 K\xf6ln",
                None,
                "<meta charset=utf-8><p>Zürich – Köln",
            ),
        ] {
            assert_eq!(decoded(bytes, header), text, "{header:?}");
        }
    }
}
