//! Finds addresses, reply codes and enhanced status codes in running text.

/// Longest address that is taken for one (RFC 5321 §4.5.3.1.3).
const LONGEST: usize = 254;

/// An address in a line, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) address: String,
    /// Byte offsets in the line, without angle brackets and quotes.
    pub(super) start: usize,
    pub(super) end: usize,
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

fn is_domain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.' | '_')
}

/// Every address in a line, left to right.
pub(super) fn addresses(line: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in line.match_indices('@') {
        if at < from {
            continue;
        }
        let before = line.get(from..at).unwrap_or_default();
        let after = line.get(at + 1..).unwrap_or_default();
        let local_bytes: usize = before
            .chars()
            .rev()
            .take_while(|c| is_local(*c))
            .take(LONGEST)
            .map(char::len_utf8)
            .sum();
        let domain_bytes: usize = after
            .chars()
            .take_while(|c| is_domain(*c))
            .take(LONGEST)
            .map(char::len_utf8)
            .sum();
        let mut start = at - local_bytes;
        let mut end = at + 1 + domain_bytes;
        // Sentences end in dots, quotations in quotes, X.400 addresses in "=".
        while line
            .get(start..end)
            .is_some_and(|text| text.ends_with(['.', '-']))
        {
            end -= 1;
        }
        let local = line.get(start..at).unwrap_or_default();
        let skipped = local.len()
            - local
                .trim_start_matches(['\'', '`', '=', '.', '*', '/', '-'])
                .len();
        start += skipped;
        if let Some(key) = line.get(start..at).and_then(|local| local.rfind('='))
            && line
                .get(start..start + key)
                .is_some_and(|name| name.eq_ignore_ascii_case("smtp"))
        {
            start += key + 1;
        }
        if start < at && end > at + 1 && end - start <= LONGEST {
            let address = line.get(start..end).unwrap_or_default().to_owned();
            found.push(Found {
                address,
                start,
                end,
            });
            from = end;
        }
    }
    found
}

/// An enhanced status code (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) class: u16,
    pub(super) subject: u16,
    pub(super) detail: u16,
}

impl Status {
    /// Whether it says more than "failed": neither x.0.0 nor x.5.0.
    pub(super) fn is_specific(self) -> bool {
        self.subject != 0 || self.detail != 0
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// The status code a word is, such as `5.1.1` or `#5.1.1)`.
pub(super) fn status_word(word: &str) -> Option<Status> {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    let mut numbers = word.split('.');
    let mut next = |most: usize| -> Option<u16> {
        let digits = numbers.next()?;
        let plain = !digits.is_empty()
            && digits.len() <= most
            && digits.bytes().all(|b| b.is_ascii_digit());
        if plain { digits.parse().ok() } else { None }
    };
    let status = Status {
        class: next(1)?,
        subject: next(3)?,
        detail: next(3)?,
    };
    let fits = matches!(status.class, 2 | 4 | 5) && numbers.next().is_none();
    (fits && status.subject < 10).then_some(status)
}

/// A reply code a word begins with, such as `550`, `550-5.1.1` or `:550`.
pub(super) fn code_word(word: &str) -> Option<u16> {
    let word = word.trim_start_matches(['(', '[', '<', '"', '\'', ':', '#']);
    let digits = word.get(..3)?;
    let code: u16 = digits.parse().ok()?;
    let next = word.get(3..)?.chars().next();
    let ends =
        next.is_none_or(|c| matches!(c, '-' | ',' | ':' | ')' | ']' | '.' | ';' | '"' | '\''));
    let class = code / 100;
    (ends && matches!(class, 4 | 5) && code % 100 < 80).then_some(code)
}

/// What the codes of a text say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Codes {
    /// SMTP reply code, such as 550.
    pub(super) code: Option<u16>,
    /// Enhanced status code.
    pub(super) status: Option<Status>,
}

/// The codes of a text; a status right behind its reply code counts before one that stands alone.
pub(super) fn codes(text: &str) -> Codes {
    let mut found = Codes::default();
    let mut alone = None;
    let mut fresh = None;
    for word in text.split_whitespace() {
        // An address of a machine looks like a code: 192.0.2.5 has four numbers, a port a colon.
        let glued = word
            .split_once('-')
            .filter(|(code, _)| code_word(code).is_some());
        let (code, rest) = match glued {
            Some((code, rest)) => (code_word(code), Some(rest)),
            None => (code_word(word), None),
        };
        if let Some(code) = code {
            found.code = found.code.or(Some(code));
            fresh = Some(code / 100);
            if rest.is_none() {
                continue;
            }
        }
        if let Some(status) = status_word(rest.unwrap_or(word)).filter(|status| status.class != 2) {
            if fresh == Some(status.class) {
                if found.status.is_none_or(|known| !known.is_specific()) {
                    found.status = Some(status);
                }
            } else {
                alone = alone.or(Some(status));
            }
        }
        fresh = if code.is_some() { fresh } else { None };
    }
    found.status = found.status.or(alone);
    found
}

/// Whether a word is an address or the name of a machine, whose letters say nothing.
fn is_name(word: &str) -> bool {
    if word.contains('@') {
        return true;
    }
    let mut labels = word.split('.');
    let ends_in_letter = |label: &str| label.ends_with(|c: char| c.is_ascii_alphanumeric());
    let begins_with_letter = |label: &str| label.starts_with(|c: char| c.is_ascii_alphabetic());
    let first = labels.next().unwrap_or_default();
    !first.is_empty()
        && !["resolver", "queue", "routing", "storedrv", "smtpsend"].contains(&first)
        && ends_in_letter(first)
        && labels.next().is_some_and(begins_with_letter)
}

/// Lower case, blanks folded; web addresses, addresses and names of machines left out: what patterns
/// are compared with.
pub(super) fn plain(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let word = word.to_lowercase();
        let web = word.find("http://").or_else(|| word.find("https://"));
        let kept = web.map_or(word.as_str(), |at| word.get(..at).unwrap_or_default());
        // Replies of several lines repeat their code in front of each; the sentence runs on.
        let repeated = word.len() >= 4
            && code_word(&word).is_some()
            && word.as_bytes().get(3) == Some(&b'-')
            && word
                .bytes()
                .all(|b| b.is_ascii_digit() || b == b'-' || b == b'.');
        if kept.is_empty() || (repeated && !folded.is_empty()) || is_name(kept) {
            continue;
        }
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&kept.replace(['’', '`'], "'"));
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_where_they_stand() {
        for (line, wanted) in [
            ("<ann@example.org>: gone", vec!["ann@example.org"]),
            ("to ann@example.org.", vec!["ann@example.org"]),
            (
                "'ann@example.org', 'bo.b+x@b.example.org'",
                vec!["ann@example.org", "bo.b+x@b.example.org"],
            ),
            ("dda:SMTP=ann@example.org;", vec!["ann@example.org"]),
            ("a@ @b @", vec![]),
            ("jürgen@bücher.example", vec!["jürgen@bücher.example"]),
        ] {
            let got: Vec<_> = addresses(line)
                .into_iter()
                .map(|found| found.address)
                .collect();
            assert_eq!(got, wanted, "{line}");
        }
    }

    #[test]
    fn codes_are_told_from_other_numbers() {
        for (text, code, status) in [
            ("550 5.1.1 no such user", Some(550), Some("5.1.1")),
            ("550-5.7.26 Unauthenticated", Some(550), Some("5.7.26")),
            (
                "host mx [192.0.2.5] said: 452 4.2.2 full",
                Some(452),
                Some("4.2.2"),
            ),
            ("over quota temporarily (#5.1.1)", None, Some("5.1.1")),
            (
                "5.1.0 - Unknown address error 550-'5.7.1 <x>",
                Some(550),
                Some("5.7.1"),
            ),
            (
                "554 4.4.7 Message expired <421 4.4.2 timed out>",
                Some(554),
                Some("4.4.2"),
            ),
            ("took 553 seconds to 2.0.0", Some(553), None),
            ("version 5.2 of 1999", None, None),
        ] {
            let found = codes(text);
            assert_eq!(found.code, code, "{text}");
            assert_eq!(
                found.status.map(|s| s.to_string()).as_deref(),
                status,
                "{text}"
            );
        }
    }

    #[test]
    fn patterns_see_sentences() {
        assert_eq!(
            plain("<spam@junk.example> at virus.example[1]: No room."),
            "at no room."
        );
        assert_eq!(
            plain("550-5.1.1 The account\n 550-5.1.1 does NOT exist https://e.example/x?spam"),
            "550-5.1.1 the account does not exist"
        );
    }
}
