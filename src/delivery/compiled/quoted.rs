//! Quoted-printable that needs no second look (RFC 2045 section 6.7).
//!
//! What it writes is its own relaxed form for DKIM (no tabs, no two spaces in a row, none before a
//! line's end) and needs no dots doubled for SMTP, so a message can be joined from pieces and hashed
//! and sent as it is. Pieces are separated by soft line breaks, which vanish when it is decoded.

/// Longest line without the `=` of a soft break.
const LINE: usize = 75;
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Where the encoder is in its line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Column {
    used: usize,
    after_space: bool,
}

impl Column {
    /// Ends the line softly, unless it is empty.
    pub(super) fn soft_break(&mut self, out: &mut Vec<u8>) {
        if self.used > 0 {
            out.extend_from_slice(b"=\r\n");
            *self = Self::default();
        }
    }

    /// Leaves room for this many characters, which need no encoding, in one line.
    pub(super) fn room_for(&mut self, length: usize, out: &mut Vec<u8>) {
        if self.used + length > LINE {
            self.soft_break(out);
        }
        self.used += length;
        self.after_space = false;
    }

    /// Ends a line of the text.
    fn hard_break(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        *self = Self::default();
    }

    fn unit(&mut self, unit: &[u8], out: &mut Vec<u8>) {
        if self.used + unit.len() > LINE {
            out.extend_from_slice(b"=\r\n");
            self.used = 0;
        }
        out.extend_from_slice(unit);
        self.used += unit.len();
    }

    /// Encodes text; `\n` is a line end.
    pub(super) fn encode(&mut self, text: &str, out: &mut Vec<u8>) {
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            let byte = *byte;
            let is_last = || matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r'));
            match byte {
                b'\n' => {
                    self.hard_break(out);
                    continue;
                }
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => continue,
                b' ' if !self.after_space && self.used > 0 && !is_last() => {
                    self.unit(b" ", out);
                    self.after_space = true;
                    continue;
                }
                b'.' if self.used > 0 && self.used < LINE => self.unit(b".", out),
                b'!'..=b'-' | b'/'..=b'<' | b'>'..=b'~' => self.unit(&[byte], out),
                _ => {
                    let high = HEX[usize::from(byte >> 4)];
                    let low = HEX[usize::from(byte & 15)];
                    self.unit(&[b'=', high, low], out);
                }
            }
            self.after_space = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(encoded: &[u8]) -> Vec<u8> {
        let mut message = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n".to_vec();
        message.extend_from_slice(encoded);
        let parsed = mail_parser::MessageParser::default().parse(&message);
        let text = parsed.unwrap().body_text(0).unwrap().into_owned();
        text.replace("\r\n", "\n").into_bytes()
    }

    #[test]
    fn nothing_needs_a_second_look() {
        let text = ". two  spaces \n..dots\t \n = ümläut \n.";
        let mut out = Vec::new();
        Column::default().encode(text, &mut out);
        let text = String::from_utf8(out.clone()).unwrap();
        assert_eq!(
            text,
            "=2E two =20spaces=20\r\n=2E.dots=09=20\r\n=20=3D =C3=BCml=C3=A4ut=20\r\n=2E"
        );
    }

    proptest! {
        #[test]
        fn any_text_comes_back(pieces in proptest::collection::vec("[ -~\n\täö港🎉.=]{0,90}", 1..6)) {
            let mut out = Vec::new();
            let mut column = Column::default();
            for piece in &pieces {
                column.encode(piece, &mut out);
                column.soft_break(&mut out);
                out.extend_from_slice(b"TOKEN");
                column.room_for(5, &mut Vec::new());
            }
            let wanted: String = pieces.iter().map(|piece| format!("{piece}TOKEN")).collect();
            prop_assert_eq!(String::from_utf8(decoded(&out)).unwrap(), wanted);
            for line in out.split(|byte| *byte == b'\n') {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                prop_assert!(line.len() <= 81, "{}", line.len());
                prop_assert!(!line.starts_with(b".") && !line.ends_with(b" "));
                prop_assert!(!line.windows(2).any(|two| two == b"  "));
            }
        }
    }
}
