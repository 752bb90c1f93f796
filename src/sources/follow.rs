//! From an index of sitemaps to the articles of its newest sitemaps.
//!
//! The protocol allows 50,000 sitemaps; what is new stands in the newest few, and nobody wants more
//! requests than that. A sitemap that fails is named and stops no other.

use url::Url;

use crate::fetch::Fetcher;

use super::kind::{self, Kind};
use super::{Error, Format, Item, Parsed, sitemap};

/// The most sitemaps of one index that are asked for.
const MOST_FOLLOWED: usize = 8;

/// Reads the newest sitemaps of an index; anything else is returned as it is.
///
/// # Errors
/// The first failure in words, when no sitemap could be read.
pub async fn follow(fetcher: &Fetcher, parsed: Parsed) -> Result<Parsed, String> {
    if parsed.format != Format::SitemapIndex {
        return Ok(parsed);
    }
    let mut items: Vec<Item> = Vec::new();
    let mut repaired = parsed.repaired;
    let mut failures = Vec::new();
    let listed = parsed.items.len();
    let links = parsed.items.into_iter().filter_map(|item| item.link);
    for link in links.take(MOST_FOLLOWED) {
        match read(fetcher, &link).await {
            Ok(inner) if inner.format == Format::SitemapIndex => {
                failures.push(format!(
                    "{link} is an index inside an index, and is not followed"
                ));
            }
            Ok(inner) => {
                items.extend(inner.items);
                repaired.extend(inner.repaired.iter().map(|said| format!("{link}: {said}")));
            }
            Err(why) => failures.push(format!("{link} {why}")),
        }
    }
    if items.is_empty()
        && let Some(first) = failures.first()
    {
        return Err(format!("lists {listed} sitemaps, but {first}"));
    }
    sitemap::newest(&mut items);
    repaired.extend(failures);
    Ok(Parsed {
        title: parsed.title,
        link: parsed.link,
        language: parsed.language,
        format: Format::Sitemap,
        items,
        repaired,
    })
}

async fn read(fetcher: &Fetcher, link: &Url) -> Result<Parsed, String> {
    let asked = fetcher.page(link).await;
    let body = asked.map_err(|error| error.to_string())?;
    let reading = tokio::task::spawn_blocking(move || {
        let kind = body.content_type.as_deref();
        kind::read(Kind::Sitemap, &body.bytes, Some(&body.final_url), kind)
    });
    reading
        .await
        .map_err(|_panicked| "cannot be read: the parser gave up on it".to_owned())?
        .map_err(|error: Error| error.to_string())
}
