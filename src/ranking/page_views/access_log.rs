//! Lines of an access log in the common or combined format of Apache and nginx.
//!
//! `IP - user [time] "GET /path HTTP/1.1" 200 123 "referer" "user agent"`, perhaps with a host before.
//! Robots are told by their names. The lists of names others keep are long, old or both, and what they
//! add to these words is rare; a robot that calls itself a browser is told by none of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use jiff::fmt::strtime;

use crate::articles::ArticleId;

/// One request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request<'a> {
    /// Who asked: everything before the instant.
    visitor: &'a str,
    method: &'a str,
    /// The path, or a whole URL.
    pub(super) address: &'a str,
    status: u16,
    /// None in the common format.
    user_agent: Option<&'a str>,
    /// Unix seconds.
    pub(super) at: i64,
}

/// Parts of the names of programs that are no readers, in lower case.
const ROBOTS: [&str; 39] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "scan",
    "fetch",
    "preview",
    "monitor",
    "uptime",
    "pingdom",
    "archive",
    "check",
    "validator",
    "lighthouse",
    "headless",
    "phantomjs",
    "selenium",
    "puppeteer",
    "playwright",
    "python",
    "curl/",
    "wget",
    "libwww",
    "java/",
    "okhttp",
    "go-http-client",
    "apache-httpclient",
    "axios",
    "node-fetch",
    "guzzle",
    "ruby",
    "perl",
    "php/",
    "facebookexternalhit",
    "whatsapp",
    "feed",
    "rss",
    "courant/",
    "+http",
];

impl Request<'_> {
    /// Whether a program asked.
    pub(super) fn is_robot(&self) -> bool {
        let named = self.user_agent.is_some_and(|name| {
            // Cubot makes telephones.
            let name = name.to_ascii_lowercase().replace("cubot", "");
            // Hyphens are what servers write for nothing.
            name.trim_matches(['-', ' ']).is_empty()
                || ROBOTS.iter().any(|robot| name.contains(robot))
        });
        named || self.method == "HEAD"
    }

    /// Whether a page was shown: asked for with GET, and answered with it or with "you have it".
    pub(super) fn is_view(&self) -> bool {
        self.method == "GET" && matches!(self.status, 200 | 304)
    }
}

/// Reads a line; none if it is of no such format.
pub(super) fn read(line: &str) -> Option<Request<'_>> {
    let (before, rest) = line.split_once('[')?;
    let (time, rest) = rest.split_once(']')?;
    let (request, rest) = quoted(rest)?;
    let mut words = request.split(' ').filter(|word| !word.is_empty());
    let (method, address) = (words.next()?, words.next()?);
    let mut numbers = rest.split_ascii_whitespace();
    let status = numbers.next()?.parse().ok()?;
    let user_agent = quoted(rest)
        .and_then(|(_referer, rest)| quoted(rest))
        .map(|(name, _)| name);
    Some(Request {
        visitor: before.trim(),
        method,
        address,
        status,
        user_agent,
        at: instant(time)?,
    })
}

/// The next text in quotes and what follows; a backslash takes the meaning of what is after it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let begin = text.find('"')? + 1;
    let inner = text.get(begin..)?;
    let mut escaped = false;
    let end = inner.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some((inner.get(..end)?, inner.get(end + 1..)?))
}

/// "23/Nov/2026:10:00:00 +0100".
fn instant(text: &str) -> Option<i64> {
    let broken = strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).ok()?;
    let at: Timestamp = broken.to_timestamp().ok()?;
    Some(at.as_second())
}

/// Who was on which article lately.
#[derive(Debug, Default)]
pub(super) struct Visitors(HashMap<(u64, ArticleId), i64>);

/// So long the same visitor on the same article is one view.
const VISIT_SECONDS: i64 = 30 * 60;
const MOST_VISITORS: usize = 400_000;

impl Visitors {
    /// Whether the visitor was on the article within the last half hour; notes that they are now.
    pub(super) fn was_here(&mut self, request: &Request<'_>, article: &ArticleId) -> bool {
        let mut hasher = DefaultHasher::new();
        (request.visitor, request.user_agent).hash(&mut hasher);
        let key = (hasher.finish(), article.clone());
        let last = self.0.insert(key, request.at);
        if self.0.len() > MOST_VISITORS {
            self.0
                .retain(|_, at| at.abs_diff(request.at) < VISIT_SECONDS.unsigned_abs());
            // Crowds of that size are no people: forgetting them costs nothing.
            if self.0.len() > MOST_VISITORS / 2 {
                self.0.clear();
            }
        }
        last.is_some_and(|last| last.abs_diff(request.at) < VISIT_SECONDS.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFARI: &str =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15";

    #[test]
    fn lines_of_both_formats_are_read() {
        let begin =
            "192.0.2.7 - ida [23/Nov/2026:10:00:00 +0100] \"GET /a?x=\\\"1 HTTP/1.1\" 200 17";
        let combined = format!("{begin} \"https://x.example/\" \"{SAFARI}\"");
        for (line, name) in [(begin, None), (combined.as_str(), Some(SAFARI))] {
            let request = read(line).unwrap();
            let expected = Request {
                visitor: "192.0.2.7 - ida",
                method: "GET",
                address: "/a?x=\\\"1",
                status: 200,
                user_agent: name,
                at: 1_795_424_400,
            };
            assert_eq!(request, expected);
            assert!(request.is_view() && !request.is_robot());
        }
        for line in [
            "",
            "hello",
            "192.0.2.7 - - [23/Nov/2026:10:00:00 +0100] \"\" 400 0",
            "192.0.2.7 - - [23/Nov/2026:10:00:00 +0100] \"\\x16\\x03\" 400 0",
            "192.0.2.7 - - [soon] \"GET / HTTP/1.1\" 200 0",
            "192.0.2.7 - - [23/Nov/2026:10:00:00 +0100] \"GET / HTTP/1.1",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn programs_and_failures_are_no_views() {
        for (method, status, name, robot, view) in [
            ("GET", 200, SAFARI, false, true),
            ("GET", 304, SAFARI, false, true),
            ("GET", 301, SAFARI, false, false),
            ("GET", 206, SAFARI, false, false),
            ("POST", 200, SAFARI, false, false),
            ("HEAD", 200, SAFARI, true, false),
            ("GET", 200, "-", true, true),
            ("GET", 200, "", true, true),
            (
                "GET",
                200,
                "Mozilla/5.0 (compatible; Examplebot/2.1)",
                true,
                true,
            ),
            ("GET", 200, "curl/8.5.0", true, true),
            (
                "GET",
                200,
                "Mozilla/5.0 (Linux; Android 14; CUBOT P80)",
                false,
                true,
            ),
        ] {
            let line = format!(
                "h - - [23/Nov/2026:10:00:00 +0000] \"{method} /a HTTP/2.0\" {status} 1 \"-\" \"{name}\""
            );
            let request = read(&line).unwrap();
            assert_eq!(
                (request.is_robot(), request.is_view()),
                (robot, view),
                "{line}"
            );
        }
    }
}
