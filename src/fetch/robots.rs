//! robots.txt: which pages of a site a program may ask for (RFC 9309).
//!
//! Bytes in, rules out, and never an error: a line that is no rule is left out. Own code, because the
//! crates there are rest on releases of 2021 and 2023, and one rule of theirs that is too long loses
//! the whole file or a hostile file fills the memory with compiled patterns. Here a path is matched in
//! one pass a rule, without going back.

use std::time::Duration;

/// As much of the file as is read (RFC 9309 §2.5 asks for at least this).
pub(super) const MAX_BYTES: u64 = 500 * 1024;

/// The longest pause a site may ask for between two pages.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// What one site asks of us.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Robots {
    rules: Vec<Rule>,
    /// The pause between two requests, if the site asks for one.
    pub(super) delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    /// Normalised, with `*` and perhaps a final `$`.
    pattern: String,
    allows: bool,
}

/// Which group a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Ours,
    Everybody,
    Others,
}

impl Robots {
    /// The rules for the program whose product token is `token` ("Courant"), else those for all.
    pub(super) fn parse(bytes: &[u8], token: &str) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (mut ours, mut everybody) = (None::<Self>, Self::default());
        let mut groups: Vec<Group> = Vec::new();
        let mut in_agents = false;
        for line in text
            .trim_start_matches('\u{feff}')
            .lines()
            .flat_map(|line| line.split('\r'))
        {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if !in_agents {
                    groups.clear();
                }
                in_agents = true;
                groups.push(group(value, token));
                if groups.contains(&Group::Ours) {
                    ours.get_or_insert_default();
                }
                continue;
            }
            if !matches!(key.as_str(), "allow" | "disallow" | "crawl-delay") {
                continue; // sitemap and the like end no group
            }
            in_agents = false;
            let targets = [
                groups
                    .contains(&Group::Ours)
                    .then_some(ours.as_mut())
                    .flatten(),
                groups.contains(&Group::Everybody).then_some(&mut everybody),
            ];
            for target in targets.into_iter().flatten() {
                target.add(&key, value);
            }
        }
        ours.unwrap_or(everybody)
    }

    fn add(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let seconds: Option<f64> = value.parse().ok().filter(|seconds| *seconds >= 0.0);
            if let Some(seconds) = seconds {
                let delay = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_DELAY);
                self.delay.get_or_insert(delay.min(LONGEST_DELAY));
            }
        } else if !value.is_empty() {
            self.rules.push(Rule {
                pattern: normalised(value),
                allows: key == "allow",
            });
        }
    }

    /// Whether `path`, with its query, may be asked for: the longest rule decides, and of two equally
    /// long ones the friendlier (RFC 9309 §2.2.2).
    pub(super) fn allow(&self, path: &str) -> bool {
        let path = normalised(path);
        if path == "/robots.txt" {
            return true;
        }
        self.rules
            .iter()
            .filter(|rule| matches(&rule.pattern, &path))
            .max_by_key(|rule| (rule.pattern.len(), rule.allows))
            .is_none_or(|rule| rule.allows)
    }
}

/// Only the product token counts: "Courant/2.0 (beta)" means us, "Courantess" does not.
fn group(agent: &str, token: &str) -> Group {
    let named: &str = agent
        .split(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_')))
        .next()
        .unwrap_or_default();
    if agent.starts_with('*') {
        Group::Everybody
    } else if !named.is_empty() && named.eq_ignore_ascii_case(token) {
        Group::Ours
    } else {
        Group::Others
    }
}

/// One way of writing a path: octets that need no escape are written plainly, all others as capital
/// `%XX`, so that "/caf%c3%a9" and "/café" are the same (RFC 9309 §2.2.2).
fn normalised(path: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        at += if escaped.is_some() { 3 } else { 1 };
        let octet = escaped.unwrap_or(byte);
        let unreserved =
            octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~');
        if unreserved || (escaped.is_none() && octet.is_ascii_graphic()) {
            out.push(char::from(octet));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(octet >> 4)]));
            out.push(char::from(HEX[usize::from(octet & 15)]));
        }
    }
    out
}

/// Whether `path` begins as `pattern` says: `*` stands for anything, a final `$` for the end.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return !to_the_end || rest.is_empty();
    };
    for piece in middle {
        // The leftmost place is never worse: whatever follows has the most room.
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    if to_the_end {
        rest.ends_with(last)
    } else {
        rest.contains(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn robots(text: &str) -> Robots {
        Robots::parse(text.as_bytes(), "Courant")
    }

    #[test]
    fn the_longest_rule_decides() {
        for (rules, path, allowed) in [
            ("", "/a", true),
            ("Disallow:", "/a", true),
            ("Disallow: /", "/a", false),
            ("Disallow: /", "/robots.txt", true),
            ("Disallow: /a", "/b", true),
            ("Disallow: /a", "/ab/c", false),
            ("Disallow: /\nAllow: /news/", "/news/1", true),
            ("Allow: /news/\nDisallow: /news/old", "/news/old/1", false),
            ("Allow: /p\nDisallow: /p", "/p", true),
            ("Disallow: /*.pdf$", "/a/b.pdf", false),
            ("Disallow: /*.pdf$", "/a/b.pdf?x", true),
            ("Disallow: /*.pdf", "/a/b.pdf?x", false),
            ("Disallow: /a*b*c", "/a-c-b-c", false),
            ("Disallow: /a*b*c", "/a-c-b", true),
            ("Disallow: /exact$", "/exact", false),
            ("Disallow: /exact$", "/exactly", true),
            ("Disallow: *?print=", "/a?print=1", false),
            ("Disallow: /caf%c3%a9", "/café", false),
            ("Disallow: /café", "/caf%C3%A9/1", false),
            ("Disallow: /%7Ejoe/", "/~joe/x", false),
            ("Disallow: /a%2Fb", "/a/b", true),
            ("disallow : /a # why", "/a", false),
            ("Disallow: /a\rDisallow: /b", "/b", false),
        ] {
            let found = robots(&format!("User-agent: *\n{rules}")).allow(path);
            assert_eq!(found, allowed, "{rules:?} {path}");
        }
    }

    #[test]
    fn our_group_wins_over_everybodys_wherever_it_stands() {
        let file = "\u{feff}Sitemap: https://a.example/s.xml\nUser-agent: *\nDisallow: /\nCrawl-delay: 9\n\n\
            User-agent: other\nUser-agent: COURANT/2.0\nDisallow: /private\nCrawl-delay: 2.5\n\n\
            User-agent: Courantess\nDisallow: /news\n\nUser-agent: courant\nDisallow: /drafts\n";
        let ours = robots(file);
        for (path, allowed) in [("/news", true), ("/private/1", false), ("/drafts", false)] {
            assert_eq!(ours.allow(path), allowed, "{path}");
        }
        assert_eq!(ours.delay, Some(Duration::from_millis(2500)));
        let others = Robots::parse(file.as_bytes(), "Herald");
        assert!(!others.allow("/news"));
        assert_eq!(others.delay, Some(Duration::from_secs(9)));
        assert!(robots("User-agent: *\nDisallow: /\nUser-agent: Courant\n").allow("/a"));
        assert!(robots("Disallow: /").allow("/a"), "a rule of nobody's");
    }

    #[test]
    fn a_pause_has_an_upper_limit() {
        for (said, delay) in [
            ("3600", Some(LONGEST_DELAY)),
            ("1e300", Some(LONGEST_DELAY)),
            ("-1", None),
            ("NaN", None),
            ("soon", None),
            ("0", Some(Duration::ZERO)),
        ] {
            let found = robots(&format!("User-agent: *\nCrawl-delay: {said}")).delay;
            assert_eq!(found, delay, "{said}");
        }
    }

    #[test]
    fn the_most_laborious_file_is_matched_in_time() {
        let path = format!("/{}", "a".repeat(2000));
        for rule in [
            "Disallow: /*a*b\n",
            "Disallow: *a*a*a*a*a*a*b$\n",
            "Disallow: /*aaaaaaab\n",
        ] {
            let body = rule.repeat(500_000 / rule.len());
            let started = crate::clock::stop_watch();
            let file = robots(&format!("User-agent: *\n{body}"));
            assert!(file.allow(&path), "{rule}");
            assert!(
                started.elapsed().as_secs() < 10,
                "{rule}: {:?}",
                started.elapsed()
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_rules(bytes in proptest::collection::vec(any::<u8>(), 0..300), path in ".{0,60}") {
            let _either = Robots::parse(&bytes, "Courant").allow(&path);
        }

        #[test]
        fn any_pattern_matches_or_not(
            rules in proptest::collection::vec("(Allow|Disallow): /[a*$%?/]{0,12}", 0..8),
            path in "/[a%?/$*]{0,12}",
        ) {
            let _either = robots(&format!("User-agent: courant\n{}", rules.join("\n"))).allow(&path);
        }
    }
}
