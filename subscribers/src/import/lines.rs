//! Line ends made equal, so that line numbers are right.
//!
//! The CSV reader counts `\n` alone, and takes the one of `\r\n` for part of the next row: every
//! row of a Windows file would be reported one line early, and a Mac file would be one line.

use std::io::Read;

/// Reads with every `\r\n` and every lone `\r` as `\n`, and a `\n` at the end of the file.
pub(super) struct Lines<R: Read> {
    inner: R,
    after_return: bool,
    is_over: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            after_return: false,
            is_over: false,
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.is_over || buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.inner.read(buffer)?;
            if count == 0 {
                self.is_over = true;
                buffer[0] = b'\n';
                return Ok(1);
            }
            if !self.after_return && !buffer[..count].contains(&b'\r') {
                return Ok(count);
            }
            let mut kept = 0;
            for at in 0..count {
                let byte = buffer[at];
                let is_second_half = self.after_return && byte == b'\n';
                self.after_return = byte == b'\r';
                if !is_second_half {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
            // Nothing at all would mean the end of the file.
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a call, so that `\r` and `\n` come apart.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn every_line_ends_alike() {
        let cases = [
            ("", "\n"),
            ("a\nb", "a\nb\n"),
            ("a\r\nb\r\n", "a\nb\n\n"),
            ("a\rb\r", "a\nb\n\n"),
            ("a\r\n\r\nb\n\rc", "a\n\nb\n\nc\n"),
        ];
        for (given, expected) in cases {
            let (mut fast, mut slow) = (String::new(), String::new());
            Lines::new(given.as_bytes())
                .read_to_string(&mut fast)
                .unwrap();
            Lines::new(Slow(given.as_bytes()))
                .read_to_string(&mut slow)
                .unwrap();
            assert_eq!(
                (fast.as_str(), slow.as_str()),
                (expected, expected),
                "{given:?}"
            );
        }
    }
}
