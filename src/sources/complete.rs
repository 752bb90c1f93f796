//! What a feed leaves out, taken from the article's page.
//!
//! Which items want it, which pages are worth asking for, and what a page may add: only what is
//! missing. Pages are asked for one after the other, newest first, as often as the configuration
//! allows and no further than robots.txt does. A page that cannot be read fails no source.

use std::cmp::Reverse;

use url::Url;

use crate::fetch::Fetcher;

use super::store::{Visit, Visited};
use super::{Complete, Config, Item, page};

/// Items further back are not completed: a sitemap may list every page of ten years.
const LOOKED_AT: usize = 200;
/// A site that fails so often in a row is left alone until the next poll.
const FAILURES_IN_A_ROW: usize = 3;
/// A page that failed so often is not asked for again.
const MOST_FAILURES: i64 = 4;
const FIRST_PAUSE: i64 = 3600;

/// Whether an item's page is to be asked for. Without a title an item is no article at all.
fn wants(config: &Config, item: &Item) -> bool {
    let short = item.summary_markup.is_none() && item.content_markup.is_none();
    item.title.is_none()
        || config.complete == Complete::Missing && (short || item.image_url.is_none())
}

/// The pages to ask for, newest first, by their item's number.
#[must_use]
pub fn wanted(config: &Config, items: &[Item]) -> Vec<(usize, Url)> {
    let mut all: Vec<_> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| wants(config, item))
        .filter_map(|(number, item)| Some((number, item.link.clone()?)))
        .collect();
    let date = |item: &Item| item.published_at.or(item.updated_at);
    all.sort_by_key(|(number, _)| Reverse(items.get(*number).and_then(date)));
    all.truncate(LOOKED_AT);
    all
}

/// Whether a page is worth asking for at `now`, by what became of it before.
fn worth(visited: Option<Visited>, now: i64) -> bool {
    let Some(visited) = visited else {
        return true;
    };
    let doublings = u32::try_from(visited.failures.clamp(0, MOST_FAILURES)).unwrap_or(0);
    let again_at = visited.fetched_at.saturating_add(FIRST_PAUSE << doublings);
    visited.read_at.is_none() && visited.failures < MOST_FAILURES && now >= again_at
}

/// What completing came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completed {
    /// The pages that were asked for, to be remembered with the articles.
    pub visits: Vec<(Url, Visit)>,
    /// Whether more pages want to be asked for: then the next poll must see these items again.
    pub unfinished: bool,
    /// For people: why pages could not be read; empty if all could.
    pub problems: Vec<String>,
}

/// Completes `items` from the pages that are `wanted` and were not read before, `most` at once.
///
/// Items without a title are left out if their page was read before, so that their article is stored
/// already, or is still to be read; those whose page failed now stay, for the report.
pub async fn complete_from_pages(
    fetcher: &Fetcher,
    items: &mut Vec<Item>,
    wanted: &[(usize, Url, Option<Visited>)],
    most: usize,
    now: i64,
) -> Completed {
    let mut completed = Completed::default();
    let mut in_a_row = 0;
    let mut worthwhile = wanted.iter().filter(|(_, _, visited)| worth(*visited, now));
    for (number, url, _) in worthwhile.by_ref().take(most) {
        match visit(fetcher, url).await {
            Ok(page) => {
                in_a_row = 0;
                completed.visits.push((url.clone(), Visit::Read));
                if let Some(item) = items.get_mut(*number) {
                    complete(item, page);
                }
            }
            Err(problem) => {
                in_a_row += 1;
                completed.visits.push((url.clone(), Visit::Failed));
                completed.problems.push(format!("the page {url} {problem}"));
            }
        }
        if in_a_row >= FAILURES_IN_A_ROW {
            break;
        }
    }
    completed.unfinished = !completed.problems.is_empty() || worthwhile.next().is_some();
    completed.problems.truncate(3);
    let failed = |link: &Url| {
        let mut visits = completed.visits.iter();
        visits.any(|(url, visit)| url == link && *visit == Visit::Failed)
    };
    items.retain(|item| item.title.is_some() || item.link.as_ref().is_none_or(failed));
    completed
}

async fn visit(fetcher: &Fetcher, url: &Url) -> Result<Item, String> {
    let body = fetcher.page(url).await.map_err(|error| error.to_string())?;
    let reading = tokio::task::spawn_blocking(move || {
        let page = page::read(
            &body.bytes,
            Some(&body.final_url),
            body.content_type.as_deref(),
        );
        page.map(|page| page.into_item(Some(&body.final_url)))
    });
    match reading.await {
        Ok(Ok(page)) => Ok(page),
        Ok(Err(_)) | Err(_) => Err("has nothing to read in it".to_owned()),
    }
}

/// Adds to `item` what it lacks and its page knows. The address the page calls its own always
/// counts: nobody knows it better.
pub fn complete(item: &mut Item, page: Item) {
    item.canonical_url = page.canonical_url.or_else(|| item.canonical_url.take());
    fill(&mut item.title, page.title);
    fill(&mut item.summary_markup, page.summary_markup);
    fill(&mut item.content_markup, page.content_markup);
    fill(&mut item.language, page.language);
    fill(&mut item.published_at, page.published_at);
    fill(&mut item.updated_at, page.updated_at);
    // The text belongs to the picture: one without the other says something else.
    if item.image_url.is_none() {
        item.image_url = page.image_url;
        item.image_alt = page.image_alt;
    } else if item.image_url == page.image_url {
        fill(&mut item.image_alt, page.image_alt);
    }
    for (known, found) in [
        (&mut item.authors, page.authors),
        (&mut item.categories, page.categories),
        (&mut item.tags, page.tags),
    ] {
        if known.is_empty() {
            *known = found;
        }
    }
}

fn fill<T>(known: &mut Option<T>, found: Option<T>) {
    if known.is_none() {
        *known = found;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        Url::parse("https://tarn.example/")
            .unwrap()
            .join(path)
            .unwrap()
    }

    fn item(title: Option<&str>, summary: Option<&str>, image: Option<&str>, at: i64) -> Item {
        Item {
            link: Some(url(&format!("/{at}"))),
            title: title.map(str::to_owned),
            summary_markup: summary.map(str::to_owned),
            image_url: image.map(url),
            published_at: (at > 0).then_some(at),
            ..Item::default()
        }
    }

    #[test]
    fn only_what_lacks_something_wants_its_page_newest_first() {
        let items = [
            item(Some("whole"), Some("s"), Some("/p.jpg"), 9),
            item(None, None, None, 0),
            item(Some("no picture"), Some("s"), None, 3),
            item(None, None, None, 5),
            Item::default(),
            item(Some("no summary"), None, Some("/p.jpg"), 7),
        ];
        let numbers = |complete: &str| -> Vec<usize> {
            let config = toml::from_str(&format!(
                "name = 'a'\nurl = 'https://tarn.example/f'\ncomplete = '{complete}'"
            ))
            .unwrap();
            wanted(&config, &items)
                .into_iter()
                .map(|(number, _)| number)
                .collect()
        };
        assert_eq!(numbers("missing"), [5, 3, 2, 1]);
        assert_eq!(numbers("never"), [3, 1], "what has no title is no article");
    }

    #[test]
    fn a_page_is_read_once_and_a_failing_one_seldom() {
        let visited = |fetched_at, read_at, failures| {
            Some(Visited {
                fetched_at,
                read_at,
                failures,
            })
        };
        for (known, now, expected) in [
            (None, 0, true),
            (visited(0, Some(0), 0), i64::MAX, false),
            (visited(0, None, 1), 7199, false),
            (visited(0, None, 1), 7200, true),
            (visited(0, None, 3), 28_799, false),
            (visited(0, None, 4), i64::MAX, false),
        ] {
            assert_eq!(worth(known, now), expected, "{known:?} {now}");
        }
    }

    #[test]
    fn a_page_adds_what_is_missing_and_changes_nothing_else() {
        let page = Item {
            canonical_url: Some(url("/right")),
            title: Some("Page title".to_owned()),
            summary_markup: Some("Page summary".to_owned()),
            content_markup: Some("<p>Page</p>".to_owned()),
            authors: vec!["Ida Larsen".to_owned()],
            categories: vec!["Town".to_owned()],
            tags: vec!["sea".to_owned()],
            image_url: Some(url("/page.jpg")),
            image_alt: Some("The page's picture".to_owned()),
            language: Some("en".to_owned()),
            published_at: Some(1),
            updated_at: Some(2),
            ..Item::default()
        };
        let mut empty = Item {
            link: Some(url("/a")),
            ..Item::default()
        };
        complete(&mut empty, page.clone());
        assert_eq!(
            empty,
            Item {
                link: Some(url("/a")),
                ..page.clone()
            }
        );
        let whole = Item {
            id: "7".to_owned(),
            link: Some(url("/a")),
            canonical_url: Some(url("/wrong")),
            title: Some("Feed title".to_owned()),
            summary_markup: Some("Feed summary".to_owned()),
            content_markup: Some("Feed".to_owned()),
            authors: vec!["A".to_owned()],
            categories: vec!["B".to_owned()],
            tags: vec!["C".to_owned()],
            image_url: Some(url("/feed.jpg")),
            image_alt: None,
            language: Some("de".to_owned()),
            published_at: Some(10),
            updated_at: Some(20),
        };
        let mut found = whole.clone();
        complete(&mut found, page);
        assert_eq!(
            found,
            Item {
                canonical_url: Some(url("/right")),
                ..whole
            }
        );
    }
}
