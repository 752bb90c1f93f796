//! Bytes made text: UTF-16 on the way in, cells of Windows-1252 one by one; anything else passes as it is.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use encoding_rs::{Decoder, Encoding};

/// Bytes asked of the file at a time.
const CHUNK: u64 = 16 * 1024;

/// Reads a file in an encoding as UTF-8; broken halves become U+FFFD.
pub(super) struct Utf8<R: Read> {
    inner: R,
    decoder: Option<Decoder>,
    /// Decoded and not yet handed out.
    text: Cursor<Vec<u8>>,
}

impl<R: Read> Utf8<R> {
    pub(super) fn new(inner: R, encoding: Option<&'static Encoding>) -> Self {
        Self {
            inner,
            decoder: encoding.map(Encoding::new_decoder_with_bom_removal),
            text: Cursor::default(),
        }
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let count = self.text.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(decoder) = &mut self.decoder else {
                return self.inner.read(buffer);
            };
            let mut raw = Vec::new();
            let is_over = self.inner.by_ref().take(CHUNK).read_to_end(&mut raw)? == 0;
            // Room for the worst case, so that the decoder takes all it is given.
            let room = decoder.max_utf8_buffer_length(raw.len());
            let mut text = String::with_capacity(room.unwrap_or_default());
            let (_all, _read, _had_errors) = decoder.decode_to_string(&raw, &mut text, is_over);
            self.text = Cursor::new(text.into_bytes());
            if is_over {
                self.decoder = None;
            }
        }
    }
}

/// The cells as text: UTF-8, else Windows-1252, in which any bytes are text.
pub(super) fn decoded(record: &csv::ByteRecord) -> Vec<Cow<'_, str>> {
    let text = std::str::from_utf8(record.as_slice()).ok();
    let cell = |at| {
        let utf8 = || text?.get(record.range(at)?);
        utf8().map_or_else(
            || windows_1252(record.get(at).unwrap_or_default()),
            Cow::Borrowed,
        )
    };
    (0..record.len()).map(cell).collect()
}

fn windows_1252(bytes: &[u8]) -> Cow<'_, str> {
    encoding_rs::WINDOWS_1252
        .decode_without_bom_handling(bytes)
        .0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_becomes_utf_8_and_the_rest_is_left_alone() {
        let le = "\u{feff}é𝒶x".encode_utf16().flat_map(u16::to_le_bytes);
        let be = "é𝒶x".encode_utf16().flat_map(u16::to_be_bytes);
        let cases = [
            (le.collect(), Some(encoding_rs::UTF_16LE), "é𝒶x".as_bytes()),
            (be.collect(), Some(encoding_rs::UTF_16BE), "é𝒶x".as_bytes()),
            (b"\xff\xfe".to_vec(), None, b"\xff\xfe"),
        ];
        for (bytes, encoding, expected) in cases {
            let bytes: Vec<u8> = bytes;
            let mut out = Vec::new();
            Utf8::new(bytes.as_slice(), encoding)
                .read_to_end(&mut out)
                .unwrap();
            assert_eq!(out, expected);
        }
    }
}
