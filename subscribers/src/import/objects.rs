//! JSON objects out of lines, out of one array, or out of an array inside of an object, one at a time.

use std::io::{BufRead as _, BufReader, Read};

/// A person longer than this is none.
const MAX_OBJECT_BYTES: usize = 1024 * 1024;

/// The objects of a file with the lines they begin on; what stands between them does not matter.
pub(super) struct Objects<R: Read> {
    file: BufReader<R>,
    line: u64,
    /// How deep the array of people stands in what an interface answered; 0 where nothing is around it.
    around: u32,
    /// What comes behind that array.
    behind: Option<Inside>,
    /// Arrays that were begun around the objects, and not ended.
    open: u32,
}

/// What interfaces call the array of people in their answers.
const ARRAYS: &[&str] = &[
    "members",
    "subscribers",
    "results",
    "data",
    "contacts",
    "people",
    "users",
];

/// Whether the array that follows these bytes is one of people, and not one of a person's.
fn is_around_people(object: &[u8]) -> bool {
    let Some(name) = object
        .trim_ascii_end()
        .strip_suffix(b":")
        .and_then(|rest| rest.trim_ascii_end().strip_suffix(b"\""))
    else {
        return false;
    };
    let ends = |array: &&str| {
        let rest = name.strip_suffix(array.as_bytes());
        rest.is_some_and(|rest| rest.ends_with(b"\""))
    };
    ARRAYS.iter().any(ends) && !object.contains(&b'@')
}

/// How far into an object the bytes so far have led.
#[derive(Default)]
struct Inside {
    depth: u32,
    in_text: bool,
    is_escaped: bool,
}

impl Inside {
    fn take(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.in_text => self.is_escaped = true,
            b'"' if self.depth > 0 => self.in_text = !self.in_text,
            b'{' if !self.in_text => self.depth += 1,
            b'}' if !self.in_text => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

impl<R: Read> Objects<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            file: BufReader::new(file),
            line: 1,
            around: 0,
            behind: None,
            open: 0,
        }
    }

    /// The next object, or why there is none to be read.
    pub(super) fn next(&mut self) -> Option<Result<(u64, String), (u64, String)>> {
        let mut object = Vec::new();
        let mut begun = self.line;
        let mut inside = Inside::default();
        loop {
            let chunk = match self.file.fill_buf() {
                Err(error) => return Some(Err((self.line, error.to_string()))),
                Ok([]) if object.is_empty() => {
                    // Once: whoever asks again is told that there is no more.
                    let is_broken = self.open > 0 || (self.around > 0 && self.behind.is_none());
                    (self.open, self.around) = (0, 0);
                    return is_broken.then(|| Err((self.line, "the list does not end".to_owned())));
                }
                Ok([]) => return Some(Err((begun, "the last object does not end".to_owned()))),
                Ok(chunk) => chunk,
            };
            let mut used = 0;
            let mut is_whole = false;
            for &byte in chunk {
                used += 1;
                if let Some(behind) = &mut self.behind {
                    behind.take(byte);
                    self.line += u64::from(byte == b'\n');
                    if behind.depth == 0 {
                        (self.behind, self.around) = (None, 0);
                    }
                    continue;
                }
                inside.take(byte);
                if byte == b'[' && !inside.in_text && is_around_people(&object) {
                    self.around = inside.depth;
                    inside = Inside::default();
                    object.clear();
                }
                if byte == b']' && inside.depth == 0 && self.around > 0 {
                    let depth = self.around;
                    self.behind = Some(Inside {
                        depth,
                        ..Inside::default()
                    });
                }
                if inside.depth == 0 && object.is_empty() {
                    match byte {
                        b'[' => self.open += 1,
                        b']' => self.open = self.open.saturating_sub(1),
                        _ => {}
                    }
                }
                if object.is_empty() && inside.depth > 0 {
                    begun = self.line;
                }
                self.line += u64::from(byte == b'\n');
                is_whole = !object.is_empty() && inside.depth == 0;
                if inside.depth > 0 || is_whole {
                    object.push(byte);
                }
                if is_whole || object.len() > MAX_OBJECT_BYTES {
                    break;
                }
            }
            self.file.consume(used);
            if object.len() > MAX_OBJECT_BYTES {
                return Some(Err((begun, "an object is longer than 1 MB".to_owned())));
            }
            if is_whole {
                let text = String::from_utf8_lossy(&object).into_owned();
                return Some(Ok((begun, text)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_in_the_answers_of_interfaces() {
        let answers = [
            "{\"members\":[{\"a\":1},\n{\"b\":[{}]}],\"meta\":{\"pages\":{\"x\":\"]}\"}}}\n{\"c\":1}",
            "{\"data\" : {\"count\":2,\"results\":[{\"a\":1},\n{\"b\":[{}]}]}}{\"c\":1}",
        ];
        for answer in answers {
            let mut objects = Objects::new(answer.as_bytes());
            let found: Vec<_> = std::iter::from_fn(|| objects.next())
                .map(|found| found.unwrap().1)
                .collect();
            assert_eq!(
                found,
                ["{\"a\":1}", "{\"b\":[{}]}", "{\"c\":1}"],
                "{answer}"
            );
        }
        let person = "{\"email\":\"a@x.org\",\"data\":[{\"a\":1}]}";
        let mut objects = Objects::new(person.as_bytes());
        assert_eq!(objects.next(), Some(Ok((1, person.to_owned()))));
    }

    #[test]
    fn objects_are_found_in_lines_and_in_an_array() {
        let text = "[{\"a\":\"}\\\"{\"},\n {\"b\":{}}]\n{\"c\":1}\n{";
        let mut objects = Objects::new(text.as_bytes());
        let found: Vec<_> = (0..4).filter_map(|_| objects.next()).collect();
        let ok = |line, text: &str| Ok((line, text.to_owned()));
        assert_eq!(
            found,
            [
                ok(1, "{\"a\":\"}\\\"{\"}"),
                ok(2, "{\"b\":{}}"),
                ok(3, "{\"c\":1}"),
                Err((4, "the last object does not end".to_owned())),
            ]
        );
        assert_eq!(objects.next(), None);
    }
}
