//! Lines of a file or of standard input, one at a time, whatever they hold.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::exit::{self, Failure};

/// A longer line is cut: no fact and no address needs a tenth of it.
const LONGEST_LINE: u64 = 1024 * 1024;

/// Opens a file; `-` is standard input.
///
/// # Errors
/// When it cannot be opened.
pub(super) fn open(file: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    if file.is_dir() {
        let message = format!("{} is a folder; name a file in it", file.display());
        return Err(Failure::new(exit::USAGE, message));
    }
    match std::fs::File::open(file) {
        Ok(open) => Ok(Box::new(open)),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", file.display());
            Err(Failure::new(exit::USAGE, message))
        }
    }
}

/// The lines of something open that are not blank, with their numbers from 1. What is not UTF-8 becomes
/// U+FFFD, so that one bad line does not end the others.
pub(super) fn lines(file: Box<dyn Read + Send>) -> impl Iterator<Item = io::Result<(u64, String)>> {
    let mut file = BufReader::new(file);
    let mut number = 0;
    std::iter::from_fn(move || {
        loop {
            number += 1;
            match line(&mut file) {
                Ok(None) => return None,
                Ok(Some(line)) if line.trim().is_empty() => {}
                Ok(Some(line)) => return Some(Ok((number, line))),
                Err(error) => return Some(Err(error)),
            }
        }
    })
}

fn line(file: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let count = file
        .by_ref()
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut bytes)?;
    if count == 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') {
        file.skip_until(b'\n')?;
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_with_their_numbers_and_bad_bytes_end_nothing() {
        let mut file = b"one\r\n\n \nt\xffo\n".to_vec();
        file.extend(vec![b'x'; 3 * 1024 * 1024]);
        file.extend(b"\nlast");
        let found: Vec<_> = lines(Box::new(io::Cursor::new(file)))
            .map(Result::unwrap)
            .collect();
        assert_eq!(found[0], (1, "one".to_owned()));
        assert_eq!(found[1], (4, "t\u{fffd}o".to_owned()));
        assert_eq!((found[2].0, found[2].1.len()), (5, 1024 * 1024));
        assert_eq!(found[3], (6, "last".to_owned()));
        assert_eq!(found.len(), 4);
    }
}
