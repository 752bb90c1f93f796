//! One URL per article.
//!
//! Two things are made of a link: the URL readers are sent to, which is the link without what only
//! tracks, and the key that says whether two links are the same article. Decided:
//!
//! - both: host in lower case and punycode, no default port, no user name, no fragment (but `#!…` and
//!   `#/…`, which are routes of single-page sites), no tracking parameters, no empty query;
//! - only the key: no scheme (http and https are one site), no leading `www.`, no trailing slashes,
//!   query parameters in order of their bytes, `%c3` as `%C3`.
//!
//! The URL keeps the rest as published, because servers exist that insist on a slash, an order or a
//! `www.`. Ids are made of the key and stored for ever: a change here gives every article that it
//! touches a second id.

use url::Url;

use crate::sources::poll::sha256_hex;

use super::ArticleId;

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
        let url = without_tracking(link);
        let key = key(&url);
        Self { url, key }
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
    url
}

fn parameters(url: &Url) -> impl Iterator<Item = &str> {
    let query = url.query().unwrap_or_default();
    query.split('&').filter(|parameter| !parameter.is_empty())
}

fn key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let mut key = host.strip_prefix("www.").unwrap_or(host).to_owned();
    if let Some(port) = url.port() {
        key.push(':');
        key.push_str(&port.to_string());
    }
    key.push_str(url.path().trim_end_matches('/'));
    let mut sorted: Vec<_> = parameters(url).collect();
    sorted.sort_unstable();
    if !sorted.is_empty() {
        key.push('?');
        key.push_str(&sorted.join("&"));
    }
    if let Some(fragment) = url.fragment() {
        key.push('#');
        key.push_str(fragment);
    }
    with_upper_case_escapes(&key)
}

fn with_upper_case_escapes(text: &str) -> String {
    let mut digits_left = 0;
    text.chars()
        .map(|c| {
            let digit = digits_left > 0 && c.is_ascii_hexdigit();
            digits_left = if c == '%' {
                2
            } else {
                i32::max(digits_left - 1, 0)
            };
            if digit { c.to_ascii_uppercase() } else { c }
        })
        .collect()
}

/// Parameters that tell a site where a reader came from and change nothing of what it shows:
/// advertising networks' click ids, mail and analytics programs' campaign names.
const TRACKING: &[&str] = &[
    "__s",
    "__twitter_impression",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "cmpid",
    "dclid",
    "fb_action_ids",
    "fb_action_types",
    "fb_ref",
    "fb_source",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "hsctatracking",
    "igsh",
    "igshid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "ml_subscriber",
    "ml_subscriber_hash",
    "msclkid",
    "ocid",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "ref_src",
    "s_cid",
    "srsltid",
    "ttclid",
    "twclid",
    "vero_conv",
    "vero_id",
    "wbraid",
    "wickedid",
    "wt_mc",
    "xtor",
    "yclid",
    "ysclid",
];
const TRACKING_FAMILIES: &[&str] = &["at_", "mtm_", "piwik_", "pk_", "utm_"];

fn tracks(parameter: &str) -> bool {
    let name = parameter
        .split('=')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    TRACKING.contains(&name.as_str())
        || TRACKING_FAMILIES
            .iter()
            .any(|family| name.starts_with(family))
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
            if let Ok(link) = Url::parse(&format!("https://www.example.org/{rest}")) {
                let once = Canonical::of(&link);
                let twice = Canonical::of(once.url());
                prop_assert_eq!(&once, &twice);
                prop_assert!(ArticleId::parse(once.id().as_str()).is_some());
            }
        }
    }
}
