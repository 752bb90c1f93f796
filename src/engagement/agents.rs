//! Who made a request: a person, a privacy proxy, a scanner, or nobody we can name.
//!
//! First rules, by method and user agent; addresses, bursts and timing come with the readers' pages.
//! When in doubt the answer is `Unknown`, which counts as a person: a digest with few readers must not
//! lose the clicks of those whose program has an unusual name.

use serde::Serialize;

/// Who it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// Somebody who reads.
    Person,
    /// A mail service that fetches pictures for its readers, read or not.
    PrivacyProxy,
    /// A program that follows links to check them.
    Scanner,
    /// Nothing tells.
    Unknown,
}

impl Agent {
    /// Its name in the table and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::PrivacyProxy => "privacy_proxy",
            Self::Scanner => "scanner",
            Self::Unknown => "unknown",
        }
    }
}

/// What a request shows of its sender.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// `User-Agent`, empty if there is none.
    pub user_agent: &'a str,
    /// `Sec-Purpose`, `Purpose` or `X-Moz`, joined.
    pub purpose: &'a str,
}

/// Mail services that load pictures through proxies of theirs.
const PROXIES: &[&str] = &["googleimageproxy", "yahoomailproxy", "duckduckgo-email"];
/// Words in the names of programs that follow links without a reader.
const SCANNERS: &[&str] = &[
    "barracuda",
    "proofpoint",
    "mimecast",
    "safelinks",
    "bot",
    "crawler",
    "spider",
    "scanner",
    "slurp",
    "preview",
    "headlesschrome",
    "python-requests",
    "go-http-client",
    "urlscan",
    "virustotal",
    "trendmicro",
    "symantec",
    "cloudmark",
    "wget",
    "okhttp",
    "java/",
    "libwww-perl",
    "facebookexternalhit",
];

/// Judges one request; the second value is the reason in words.
#[must_use]
pub fn classify(facts: &Facts<'_>) -> (Agent, &'static str) {
    let name = facts.user_agent.trim().to_ascii_lowercase();
    let purpose = facts.purpose.to_ascii_lowercase();
    if facts.method == "HEAD" || facts.method == "OPTIONS" {
        return (Agent::Scanner, "asked for the headers only");
    }
    if purpose.contains("prefetch") || purpose.contains("preview") {
        return (Agent::Scanner, "fetched ahead of a reader");
    }
    if PROXIES.iter().any(|proxy| name.contains(proxy)) {
        return (Agent::PrivacyProxy, "a mail service's picture proxy");
    }
    if name == "mozilla/5.0" {
        return (
            Agent::PrivacyProxy,
            "the bare name Apple's mail privacy proxy uses",
        );
    }
    if SCANNERS.iter().any(|scanner| name.contains(scanner)) {
        return (Agent::Scanner, "a program known to follow links");
    }
    if name.starts_with("mozilla/5.0 (") {
        return (Agent::Person, "a browser or a mail program");
    }
    (Agent::Unknown, "a name that says nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_judged_by_what_they_show() {
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15";
        let google = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
        for (method, user_agent, purpose, agent) in [
            ("GET", safari, "", Agent::Person),
            ("HEAD", safari, "", Agent::Scanner),
            ("GET", safari, "prefetch", Agent::Scanner),
            ("GET", "Mozilla/5.0", "", Agent::PrivacyProxy),
            ("GET", google, "", Agent::PrivacyProxy),
            ("GET", "BarracudaCentral/1.0", "", Agent::Scanner),
            (
                "GET",
                "Mozilla/5.0 (compatible; Examplebot/2.1)",
                "",
                Agent::Scanner,
            ),
            ("GET", "curl/8.5.0", "", Agent::Unknown),
            ("GET", "", "", Agent::Unknown),
        ] {
            let facts = Facts {
                method,
                user_agent,
                purpose,
            };
            assert_eq!(classify(&facts).0, agent, "{method} {user_agent} {purpose}");
        }
    }
}
