//! The pictures of a new edition: looked at once, within seconds, so that no reader sees a hole.
//!
//! What does not answer in time stays: a site's trouble at night is over when mail is read. What the site
//! says it does not have, and what no mail program shows, is left out; the story stands without.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use url::Url;

use crate::edition::Edition;
use crate::fetch::{self, Fetched, Fetcher, Validators};
use crate::units::{Bytes, Span};

/// How much of a picture tells what it is.
const FIRST_BYTES: u64 = 64;
/// How many are asked for at the same time.
const AT_ONCE: usize = 16;

/// Whether there is any time for it.
pub(super) fn are_looked_at(config: &fetch::Config) -> bool {
    config.pictures_timeout > Span::seconds(0)
}

/// What becomes of pictures by their addresses: another address, or nothing.
#[derive(Debug, Default)]
pub(super) struct Pictures(BTreeMap<String, Option<String>>);

impl Pictures {
    /// Looks at the pictures that the stories of an edition would have.
    pub(super) async fn of(edition: &Edition, config: &fetch::Config) -> Self {
        let entries = edition.entries.iter();
        let urls: BTreeSet<_> = entries
            .filter_map(|entry| entry.article.image_url.as_ref())
            .collect();
        if urls.is_empty() {
            return Self::default();
        }
        let patience = config.pictures_timeout;
        let until = tokio::time::Instant::now() + patience.as_duration();
        let config = fetch::Config {
            timeout: patience,
            connect_timeout: patience,
            host_delay: Span::seconds(0),
            max_bytes: Bytes::exactly(FIRST_BYTES),
            ..config.clone()
        };
        let fetcher = match Fetcher::new(&config) {
            Ok(fetcher) => fetcher,
            Err(error) => {
                tracing::warn!("pictures were not looked at: {error}");
                return Self::default();
            }
        };
        let looks = stream::iter(urls).map(|url| {
            let fetcher = &fetcher;
            async move {
                // Names are looked up, and turns waited for, outside the client's own time-outs.
                let look = Box::pin(look(fetcher, url));
                let look = tokio::time::timeout_at(until, look).await;
                (url.clone(), look.unwrap_or_else(|_elapsed| unseen(url)))
            }
        });
        Self(looks.buffer_unordered(AT_ONCE).collect().await)
    }

    /// Gives the stories of an edition the pictures that were found good.
    pub(super) fn apply(&self, edition: &mut Edition) {
        for entry in &mut edition.entries {
            let url = &mut entry.article.image_url;
            let found = url.as_ref().and_then(|url| self.0.get(url));
            if let Some(found) = found {
                if found.is_none() {
                    let title = &entry.article.title;
                    tracing::info!("\"{title}\" stands without its picture");
                }
                *url = found.clone();
            }
        }
    }
}

/// The address to show a picture from: over TLS, since mail programs warn of anything else.
async fn look(fetcher: &Fetcher, url: &str) -> Option<String> {
    let mut secure = Url::parse(url).ok()?;
    if secure.scheme() == "http" && secure.port().is_none() {
        secure.set_scheme("https").ok()?;
    }
    match fetcher.get(&secure, &Validators::default()).await {
        Ok(Fetched::Body(body)) => is_picture(&body.bytes).then(|| secure.into()),
        Err(fetch::Error::Status { code, .. }) if is_final(code) => None,
        Ok(Fetched::NotModified) | Err(_) => unseen(url),
    }
}

/// A picture that could not be looked at keeps its address; over plain HTTP nothing is shown.
fn unseen(url: &str) -> Option<String> {
    url.starts_with("https://").then(|| url.to_owned())
}

/// Whether the site says that there is no such picture. A refusal is no such word: sites refuse programs
/// and serve readers.
fn is_final(code: u16) -> bool {
    matches!(code, 404 | 410)
}

/// Whether these are the first bytes of a kind of picture that mail programs show: JPEG, PNG, GIF, WebP.
fn is_picture(bytes: &[u8]) -> bool {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    is_webp
        || [&b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"GIF8"]
            .iter()
            .any(|magic| bytes.starts_with(magic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        for (bytes, is) in [
            (&b"\xff\xd8\xff\xe0\x00\x10JFIF"[..], true),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", true),
            (b"GIF89a", true),
            (b"RIFF\x24\0\0\0WEBPVP8 ", true),
            (b"RIFF\x24\0\0\0WAVEfmt ", false),
            (b"\0\0\0\x1cftypavif", false),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", false),
            (b"<!doctype html>", false),
            (b"", false),
        ] {
            assert_eq!(is_picture(bytes), is, "{bytes:?}");
        }
    }

    #[test]
    fn what_was_not_seen_is_shown_over_tls_only() {
        let url = "https://a.example/x.jpg";
        assert_eq!(unseen(url).as_deref(), Some(url));
        assert_eq!(unseen("http://a.example/x.jpg"), None);
        let finals: Vec<u16> = [200, 403, 404, 410, 429, 500, 503]
            .into_iter()
            .filter(|code| is_final(*code))
            .collect();
        assert_eq!(finals, [404, 410]);
    }
}
