//! One URL per article.
//!
//! Two things are made of a link: the URL readers are sent to, which is the link without what only
//! tracks, and the key that says whether two links are the same article. Decided:
//!
//! - both: host in lower case and punycode, no default port, no user name, no fragment (but `#!…` and
//!   `#/…`, which are routes of single-page sites), no tracking parameters, no session ids, no empty
//!   query; a page in a cache of AMP pages is the page itself;
//! - only the key: no scheme (http and https are one site), no leading `www.`, no trailing slashes and
//!   no doubled ones, no `index.html`, query parameters in order of their bytes, `%c3` as `%C3` and
//!   `%7E` as `~`; no sign of a mobile or AMP edition in host (`m.`), path (`/amp`) or query (`amp=1`).
//!
//! The URL keeps the rest as published, because servers exist that insist on a slash, an order or a
//! `www.`. Ids are made of the key and stored for ever: a change here gives every article that it
//! touches a second id.
//!
//! A page may name its canonical address itself. Within its site that is believed; what names another
//! site is taken over from there, which says that two articles are one story and not where to read it.

mod tracking;

use std::net::Ipv4Addr;

use url::Url;

use crate::sources::poll::sha256_hex;

use super::ArticleId;
use tracking::tracks;

/// A link, without what only tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    url: Url,
    key: String,
}

impl Canonical {
    /// Makes the canonical form of a link; safe to repeat on its own URL.
    #[must_use]
    pub fn of(link: &Url) -> Self {
        let url = without_tracking(&out_of_cache(link));
        let key = key(&url);
        Self { url, key }
    }

    /// The canonical form of a link whose page declares its address, and the original on another
    /// site if that is what it declares.
    #[must_use]
    pub fn declared(link: &Url, declared: &Url) -> (Self, Option<Self>) {
        let (own, declared) = (Self::of(link), Self::of(declared));
        // Many sites declare their front page on every page by mistake.
        if !matches!(declared.url.scheme(), "http" | "https") || !declared.key.contains(['/', '?'])
        {
            return (own, None);
        }
        if is_same_site(host(&own.url), host(&declared.url)) {
            (declared, None)
        } else {
            (own, Some(declared))
        }
    }

    /// Where readers are sent.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Equal for links to the same article: "example.org/path?a=1".
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The article's id.
    #[must_use]
    pub fn id(&self) -> ArticleId {
        let digits = sha256_hex(self.key.as_bytes());
        ArticleId(digits.chars().take(16).collect())
    }
}

fn without_tracking(link: &Url) -> Url {
    let mut url = link.clone();
    // Both fail only for URLs that cannot have a host, which are no web addresses.
    let _no_host = url.set_username("");
    let _no_host = url.set_password(None);
    let is_route = |fragment: &str| fragment.starts_with('!') || fragment.starts_with('/');
    if !url.fragment().is_some_and(is_route) {
        url.set_fragment(None);
    }
    let kept: Vec<_> = parameters(&url)
        .filter(|parameter| !tracks(parameter))
        .collect();
    let query = (!kept.is_empty()).then(|| kept.join("&"));
    url.set_query(query.as_deref());
    // Servers in Java write the session into the path where cookies are refused.
    let lower = url.path().to_ascii_lowercase();
    if let Some(at) = lower.rfind(";jsessionid=") {
        let bare = url.path()[..at].to_owned();
        url.set_path(&bare);
    }
    url
}

fn parameters(url: &Url) -> impl Iterator<Item = &str> {
    let query = url.query().unwrap_or_default();
    query.split('&').filter(|parameter| !parameter.is_empty())
}

fn key(url: &Url) -> String {
    let mut key = host(url).to_owned();
    if let Some(port) = url.port() {
        key.push(':');
        key.push_str(&port.to_string());
    }
    key.push_str(&path(url));
    let mut sorted: Vec<_> = parameters(url)
        .filter(|parameter| !AMP_PARAMETERS.contains(&parameter.to_ascii_lowercase().as_str()))
        .collect();
    sorted.sort_unstable();
    if !sorted.is_empty() {
        key.push('?');
        key.push_str(&sorted.join("&"));
    }
    if let Some(fragment) = url.fragment() {
        key.push('#');
        key.push_str(fragment);
    }
    with_one_escape(&key)
}

const AMP_PARAMETERS: &[&str] = &["amp", "amp=", "amp=1", "amp=true", "outputtype=amp", "m=1"];

/// The host without what says for which devices it is; what is left still has a dot.
fn host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    let bare = ["m.", "mobile.", "amp."]
        .iter()
        .find_map(|prefix| host.strip_prefix(prefix));
    let bare = bare.filter(|bare| bare.contains('.') && bare.parse::<Ipv4Addr>().is_err());
    let bare = bare.unwrap_or(host);
    bare.strip_prefix("www.").unwrap_or(bare)
}

/// The path's parts without empty ones, index pages and signs of an AMP edition.
fn path(url: &Url) -> String {
    let mut parts: Vec<_> = url
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    if parts.last().is_some_and(|last| INDEX_PAGES.contains(last)) {
        parts.pop();
    }
    if parts.len() > 1 {
        if parts.last() == Some(&"amp") {
            parts.pop();
        } else if parts[0] == "amp" {
            parts.remove(0);
        }
    }
    let mut path: String = parts.iter().flat_map(|part| ["/", part]).collect();
    for (amp, page) in [(".amp.html", ".html"), (".amp", "")] {
        if let Some(bare) = path.strip_suffix(amp) {
            path = [bare, page].concat();
        }
    }
    path
}

const INDEX_PAGES: &[&str] = &["index.htm", "index.html"];

/// Equal hosts, or one a part of the other.
fn is_same_site(one: &str, other: &str) -> bool {
    let part = |long: &str, short: &str| {
        let front = long.strip_suffix(short);
        short.contains('.') && front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    part(one, other) || part(other, one)
}

/// Whether a link leads through a service that counts readers of feeds and then redirects.
#[must_use]
pub fn is_feed_service(link: &Url) -> bool {
    let host = link.host_str().unwrap_or_default();
    [
        "feedproxy.google.com",
        "feeds.feedburner.com",
        "rss.feedsportal.com",
        "feedproxy.feedly.com",
    ]
    .contains(&host)
}

/// The page behind a link into a cache of AMP pages: `google.com/amp/s/HOST/…` and
/// `HOST.cdn.ampproject.org/c/s/HOST/…`, where `s` means https.
fn out_of_cache(link: &Url) -> Url {
    let host = link.host_str().unwrap_or_default();
    let path = link.path();
    let google = host == "google.com" || host.starts_with("www.google.");
    let project = host == "cdn.ampproject.org" || host.ends_with(".cdn.ampproject.org");
    let rest = if google {
        path.strip_prefix("/amp/")
    } else if project {
        ["/c/", "/v/", "/wp/"]
            .iter()
            .find_map(|kind| path.strip_prefix(kind))
    } else {
        None
    };
    let Some(rest) = rest else {
        return link.clone();
    };
    let (scheme, rest) = match rest.strip_prefix("s/") {
        Some(rest) => ("https", rest),
        None => ("http", rest),
    };
    let query = link.query().map(|query| format!("?{query}"));
    let page = Url::parse(&format!("{scheme}://{rest}{}", query.unwrap_or_default()));
    page.ok()
        .filter(|page| page.host_str().is_some_and(|host| host.contains('.')))
        .unwrap_or_else(|| link.clone())
}

/// Escapes in upper case, and none where there need be none (RFC 3986 §6.2.2).
fn with_one_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let digits = escape.get(1..3);
        let byte = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                rest = &escape[3..];
            }
            Some(_) => {
                out.push_str(&escape[..3].to_ascii_uppercase());
                rest = &escape[3..];
            }
            None => {
                out.push('%');
                rest = &escape[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(link: &str) -> Canonical {
        Canonical::of(&Url::parse(link).unwrap())
    }

    #[test]
    fn links_to_the_same_article_have_one_key() {
        for link in [
            "https://example.org/2026/storm?id=7&page=2",
            "http://example.org/2026/storm?id=7&page=2",
            "https://www.Example.ORG:443/2026/storm/?page=2&id=7",
            "https://example.org/2026/x/../storm?id=7&page=2#comments",
            "https://example.org/2026/storm?utm_source=rss&id=7&fbclid=x&page=2&UTM_Medium=y",
            "https://reader@example.org./2026/storm?&id=7&&page=2&at_campaign=z",
        ] {
            assert_eq!(
                canonical(link).key(),
                "example.org/2026/storm?id=7&page=2",
                "{link}"
            );
        }
        assert_eq!(
            canonical("https://bücher.example/%c3%bc").key(),
            canonical("https://xn--bcher-kva.example/%C3%BC").key()
        );
    }

    #[test]
    fn editions_for_devices_and_caches_are_the_article() {
        for link in [
            "https://example.org/2026/storm",
            "https://m.example.org/2026/storm",
            "https://mobile.example.org/2026/storm?m=1",
            "https://amp.example.org/2026/storm/",
            "https://www.example.org/2026/storm/amp",
            "https://www.example.org/2026/storm/amp/",
            "https://example.org/amp/2026/storm",
            "https://example.org/2026/storm?amp=1&utm_source=x",
            "https://example.org/2026/storm?outputType=amp",
            "https://example.org/2026/storm.amp",
            "https://www.google.com/amp/s/www.example.org/2026/storm/amp/",
            "https://www.google.co.uk/amp/example.org/2026/storm",
            "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/2026/storm?amp=1",
            "https://cdn.ampproject.org/v/s/example.org/2026/storm",
            "https://example.org//2026//storm/index.html",
            "https://example.org/2026/st%6Frm?ref=rss&PHPSESSID=abc",
            "https://example.org/2026/storm;jsessionid=1A2B?source=newsletter",
        ] {
            assert_eq!(canonical(link).key(), "example.org/2026/storm", "{link}");
        }
        for (link, url) in [
            (
                "https://www.google.com/amp/s/www.example.org/a/",
                "https://www.example.org/a/",
            ),
            ("https://www.google.com/amp/", "https://www.google.com/amp/"),
            (
                "https://m.example.org/a/amp/",
                "https://m.example.org/a/amp/",
            ),
            (
                "https://example.org/a;jsessionid=1",
                "https://example.org/a",
            ),
        ] {
            assert_eq!(canonical(link).url().as_str(), url);
        }
    }

    #[test]
    fn a_declared_address_is_believed_within_its_site() {
        let link = "https://www.example.org/a?id=1";
        for (declared, url, origin) in [
            (
                "https://example.org/storm",
                "https://example.org/storm",
                None,
            ),
            (
                "http://m.example.org/storm",
                "http://m.example.org/storm",
                None,
            ),
            (
                "https://news.example.org/storm",
                "https://news.example.org/storm",
                None,
            ),
            ("https://example.org/", link, None),
            ("ftp://example.org/storm", link, None),
            (
                "https://wire.example/storm",
                link,
                Some("wire.example/storm"),
            ),
            (
                "https://notexample.org/storm",
                link,
                Some("notexample.org/storm"),
            ),
        ] {
            let [link, declared] = [link, declared].map(|link| Url::parse(link).unwrap());
            let (own, found) = Canonical::declared(&link, &declared);
            let found = found.map(|found| found.key().to_owned());
            assert_eq!((own.url().as_str(), found.as_deref()), (url, origin));
        }
    }

    #[test]
    fn links_to_different_articles_have_different_keys() {
        let links = [
            "https://example.org/a",
            "https://example.org/A",
            "https://example.org/a?id=1",
            "https://example.org/a?id=2",
            "https://example.org:8080/a",
            "https://news.example.org/a",
            "https://example.org/#!/a",
            "https://example.org/#/a",
            "https://example.org/amp",
            "https://example.org/?p=1",
            "https://example.org/?page=1",
            "https://example.org/?story=1",
            "https://example.org/?ref=7",
            "https://example.org/?source=court",
            "https://example.org/b%2Fa",
            "https://example.org/b/a",
        ];
        let keys: std::collections::BTreeSet<_> = links
            .iter()
            .map(|link| canonical(link).key().to_owned())
            .collect();
        assert_eq!(keys.len(), links.len(), "{keys:?}");
    }

    #[test]
    fn readers_are_sent_to_the_link_as_published_without_tracking() {
        for (link, url) in [
            (
                "http://www.example.org/a/?z=1&utm_campaign=x&a=2#top",
                "http://www.example.org/a/?z=1&a=2",
            ),
            ("https://example.org/a?gclid=1", "https://example.org/a"),
            ("https://u:p@example.org/a?", "https://example.org/a"),
            ("https://example.org/#!/a", "https://example.org/#!/a"),
        ] {
            assert_eq!(canonical(link).url().as_str(), url);
        }
    }

    /// Stored for ever: this value may not change.
    #[test]
    fn an_id_is_the_beginning_of_the_hash_of_the_key() {
        let id = canonical("https://example.org/").id();
        assert_eq!(id.as_str(), "bfabc37432958b06");
        assert_eq!(ArticleId::parse(id.as_str()), Some(id));
        for text in [
            "",
            "bfabc37432958b0",
            "BFABC37432958B06",
            "bfabc37432958b060",
            "bfabc37432958b0_",
        ] {
            assert_eq!(ArticleId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn canonical_is_stable(rest in "[a-zA-Z0-9/?&=#%.:@!~+ä-]{0,60}") {
            let starts = ["https://www.example.org/", "https://www.google.com/amp/s/"];
            for link in starts.iter().filter_map(|start| Url::parse(&format!("{start}{rest}")).ok()) {
                let once = Canonical::of(&link);
                let twice = Canonical::of(once.url());
                prop_assert_eq!(&once, &twice);
                prop_assert!(ArticleId::parse(once.id().as_str()).is_some());
            }
        }
    }
}
