//! Who made a request: a person, a privacy proxy, a scanner, or nobody we can name.
//!
//! Facts of one request come in, a verdict with its reason goes out; nothing is looked up and nothing is
//! kept. When in doubt the answer is `Unknown`, which counts as a person: a digest with few readers must
//! not lose the clicks of those whose program has an unusual name.

use serde::Serialize;

mod names;
mod networks;

pub use networks::{Error as NetworksError, Networks};

/// Who it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// Somebody who reads.
    Person,
    /// A mail service that fetches pictures for its readers, read or not.
    PrivacyProxy,
    /// A mail service that fetches pictures for its readers, mostly when they look at them.
    ///
    /// Told apart from the other proxy because its readers' opens can be seen, if not theirs alone.
    #[serde(rename = "privacy_proxy")]
    ImageProxy,
    /// A program that follows links to check them.
    Scanner,
    /// Nothing tells.
    Unknown,
}

impl Agent {
    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::PrivacyProxy => "privacy_proxy",
            Self::ImageProxy => "image_proxy",
            Self::Scanner => "scanner",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        [
            Self::Person,
            Self::PrivacyProxy,
            Self::ImageProxy,
            Self::Scanner,
            Self::Unknown,
        ]
        .into_iter()
        .find(|agent| agent.name() == name)
    }
}

/// What a request shows of its sender.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// HTTP method, upper case; empty if it is not known.
    pub method: &'a str,
    /// `User-Agent`, empty if there is none.
    pub user_agent: &'a str,
    /// `Sec-Purpose`, `Purpose` or `X-Moz`, joined.
    pub purpose: &'a str,
    /// Who is known to ask from the network it came from, see [`Networks::of`].
    pub network: Option<Agent>,
    /// Seconds since the relay took the mail, if the caller knows; less than none is before that.
    pub seconds_since_sent: Option<f64>,
    /// Requests of one recipient within two seconds, this one among them, if the caller counted.
    pub hits_in_burst: Option<u64>,
}

/// Nobody finds, opens and reads a mail sooner after the relay took it; gateways follow links before
/// they let it through.
const SOONEST_SECONDS: f64 = 10.0;
/// A person loads the picture and follows one link; who asks for this many things at once is a program.
const BURST: u64 = 3;
/// Names longer than this are judged by their beginning: every word of the lists is looked for in it.
const LONGEST_NAME: usize = 2_000;

/// Judges one request; the second value is the reason in words.
///
/// What the program does counts before what it is called, except for the picture proxies of mail
/// services: those load pictures within seconds and many at once, and are no scanners for it.
#[must_use]
pub fn classify(facts: &Facts<'_>) -> (Agent, &'static str) {
    let purpose = facts.purpose.to_ascii_lowercase();
    if facts.method.eq_ignore_ascii_case("HEAD") || facts.method.eq_ignore_ascii_case("OPTIONS") {
        return (Agent::Scanner, "asked for the headers only");
    }
    if purpose.contains("prefetch") || purpose.contains("preview") {
        return (Agent::Scanner, "fetched ahead of a reader");
    }
    let (agent, reason) = by_name(facts.user_agent);
    if matches!(
        agent,
        Agent::PrivacyProxy | Agent::ImageProxy | Agent::Scanner
    ) {
        return (agent, reason);
    }
    match facts.network {
        Some(Agent::Scanner) => return (Agent::Scanner, "from the network of a mail gateway"),
        Some(proxy @ (Agent::PrivacyProxy | Agent::ImageProxy)) if agent == Agent::Unknown => {
            return (proxy, "from the network of a mail service's proxy");
        }
        _ => {}
    }
    if facts.hits_in_burst.is_some_and(|hits| hits >= BURST) {
        return (Agent::Scanner, "asked for many things at once");
    }
    if facts
        .seconds_since_sent
        .is_some_and(|seconds| seconds < SOONEST_SECONDS)
    {
        return (Agent::Scanner, "sooner after sending than anybody reads");
    }
    (agent, reason)
}

fn by_name(user_agent: &str) -> (Agent, &'static str) {
    let mut name: String = user_agent.trim().chars().take(LONGEST_NAME).collect();
    name.make_ascii_lowercase();
    let holds = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if name.is_empty() {
        return (Agent::Scanner, "a program without a name");
    }
    if name == "mozilla/5.0" {
        return (
            Agent::PrivacyProxy,
            "the bare name Apple's mail privacy proxy uses",
        );
    }
    if holds(names::PROXIES) {
        return (Agent::ImageProxy, "a mail service's picture proxy");
    }
    if is_robot(&name) {
        return (Agent::Scanner, "a program known to follow links");
    }
    if holds(names::MAIL_PROGRAMS) {
        return (Agent::Person, "a mail program");
    }
    if holds(names::BROWSERS) {
        return (Agent::Person, "a browser or a mail program");
    }
    if holds(names::DEVICES) {
        return (Agent::Unknown, "an app on somebody's device");
    }
    (
        Agent::Scanner,
        "a name without browser, mail program or device",
    )
}

fn is_robot(name: &str) -> bool {
    if names::ROBOT_BEGINNINGS
        .iter()
        .any(|word| name.starts_with(word))
    {
        return !names::MAIL_PROGRAMS
            .iter()
            .any(|word| name.starts_with(word));
    }
    let Some(innocent) = names::INNOCENT.iter().find(|word| name.contains(**word)) else {
        return holds_robot(name);
    };
    holds_robot(&name.replace(innocent, " "))
}

fn holds_robot(name: &str) -> bool {
    names::ROBOTS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, user_agent: &str, purpose: &str) -> Agent {
        let facts = Facts {
            method,
            user_agent,
            purpose,
            ..Facts::default()
        };
        classify(&facts).0
    }

    const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 \
                          (KHTML, like Gecko) Mobile/15E148";
    const GMAIL: &str =
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";

    #[test]
    fn requests_are_judged_by_what_they_do() {
        for (method, purpose, agent) in [
            ("GET", "", Agent::Person),
            ("", "", Agent::Person),
            ("HEAD", "", Agent::Scanner),
            ("options", "", Agent::Scanner),
            ("GET", "prefetch;prerender", Agent::Scanner),
            ("GET", "preview", Agent::Scanner),
        ] {
            assert_eq!(asked(method, SAFARI, purpose), agent, "{method} {purpose}");
        }
    }

    #[test]
    fn names_tell_people_from_programs() {
        let cases: [(&str, Agent); 27] = [
            (SAFARI, Agent::Person),
            (
                "Mozilla/5.0 (Linux; Android 7.0; CUBOT NOTE S) AppleWebKit/537.36",
                Agent::Person,
            ),
            (
                "Nokia6630/1.0 (2.39.129) SymbianOS/8.0 Profile/MIDP-2.0",
                Agent::Person,
            ),
            ("Lynx/2.8.9 libwww-FM/2.14 SSL-MM/1.4.1", Agent::Person),
            ("Outlook-iOS/700.1 prod.iphone (4.2)", Agent::Person),
            (
                "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0; Pro)",
                Agent::Person,
            ),
            ("Spark/3.1 CFNetwork/1410 Darwin/22.6.0", Agent::Person),
            ("Reader/4 CFNetwork/1410 Darwin/22.6.0", Agent::Unknown),
            ("Mozilla/5.0", Agent::PrivacyProxy),
            (GMAIL, Agent::ImageProxy),
            (
                "YahooMailProxy; https://help.yahoo.example/proxy",
                Agent::ImageProxy,
            ),
            ("BarracudaCentral/1.0", Agent::Scanner),
            (
                "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/99.0 Proofpoint",
                Agent::Scanner,
            ),
            ("BitdefenderLinkChecker/2", Agent::Scanner),
            ("Mozilla/5.0 (compatible; Examplebot/2.1)", Agent::Scanner),
            (
                "Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
                Agent::Scanner,
            ),
            (
                "Slackbot-LinkExpanding 1.0 (+https://api.slack.example/robots)",
                Agent::Scanner,
            ),
            ("WhatsApp/2.23.20.0", Agent::Scanner),
            ("Mozilla/5.0 SkypeUriPreview Preview/0.5", Agent::Scanner),
            ("SparkPost", Agent::Scanner),
            ("curl/8.5.0", Agent::Scanner),
            ("python-requests/2.31", Agent::Scanner),
            ("Go-http-client/2.0", Agent::Scanner),
            ("okhttp/4.12", Agent::Scanner),
            ("Java/21.0.1", Agent::Scanner),
            ("Somebody's Tool 1.0", Agent::Scanner),
            ("", Agent::Scanner),
        ];
        for (name, agent) in cases {
            assert_eq!(asked("GET", name, ""), agent, "{name}");
        }
    }

    #[test]
    fn haste_makes_a_scanner_but_not_of_a_proxy() {
        let cases = [
            (SAFARI, Some(2.0), None, Agent::Scanner),
            (SAFARI, Some(-1.0), None, Agent::Scanner),
            (SAFARI, Some(10.0), Some(2), Agent::Person),
            (SAFARI, Some(900.0), Some(12), Agent::Scanner),
            (SAFARI, Some(f64::NAN), None, Agent::Person),
            ("Mozilla/5.0", Some(1.0), Some(5), Agent::PrivacyProxy),
            (GMAIL, Some(1.0), None, Agent::ImageProxy),
        ];
        for (user_agent, seconds_since_sent, hits_in_burst, agent) in cases {
            let facts = Facts {
                method: "GET",
                user_agent,
                seconds_since_sent,
                hits_in_burst,
                ..Facts::default()
            };
            assert_eq!(classify(&facts).0, agent, "{facts:?}");
        }
    }

    #[test]
    fn gateways_browse_nothing_and_people_may_sit_behind_proxies() {
        let unknown = "Reader/4 CFNetwork/1410 Darwin/22.6.0";
        for (user_agent, network, agent) in [
            (SAFARI, Agent::Scanner, Agent::Scanner),
            (SAFARI, Agent::PrivacyProxy, Agent::Person),
            (SAFARI, Agent::ImageProxy, Agent::Person),
            (unknown, Agent::PrivacyProxy, Agent::PrivacyProxy),
            (unknown, Agent::ImageProxy, Agent::ImageProxy),
            (GMAIL, Agent::Scanner, Agent::ImageProxy),
        ] {
            let facts = Facts {
                user_agent,
                network: Some(network),
                ..Facts::default()
            };
            assert_eq!(classify(&facts).0, agent, "{facts:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_judged(name in ".{0,300}", words in proptest::collection::vec(0_usize..6, 0..20)) {
            let parts = ["Mozilla/5.0", " (", "cubot", "bot", "\u{130}", "GECKO"];
            let made: String = words.iter().map(|&word| parts[word]).collect();
            for name in [name, made] {
                let facts = Facts { user_agent: &name, ..Facts::default() };
                proptest::prop_assert!(!classify(&facts).1.is_empty());
            }
        }
    }
}
