//! From an item to what may be stored of it.

use serde::Serialize;
use url::Url;

use crate::sources::{self, Item};

use super::topics::{Rules, fold};
use super::{ArticleId, Canonical, canonical, clean, language};

/// What one sighting says of an article, cleaned. Fields as in [`Article`](super::Article).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// Its name.
    pub id: ArticleId,
    /// The article on another site that its page names as the original.
    pub origin: Option<ArticleId>,
    /// Where readers are sent.
    pub url: String,
    /// At most 300 characters.
    pub title: String,
    /// At most 1,000 characters.
    pub summary: Option<String>,
    /// Name of the source.
    pub source: String,
    /// One category.
    pub category: Option<String>,
    /// The others, and tags.
    pub tags: Vec<String>,
    /// Names of the authors.
    pub author: Option<String>,
    /// A picture.
    pub image_url: Option<String>,
    /// What it shows.
    pub image_alt: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Reading time.
    pub minutes: Option<i64>,
    /// The date the source gives, if it gives one; never after the sighting.
    pub published_at: Option<i64>,
}

/// Why an item is no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Nothing is left of its title.
    #[error("the item has no title")]
    NoTitle,
    /// It has no address on the web.
    #[error("the item has no link to a page")]
    NoLink,
}

const CATEGORY_CHARS: usize = 60;
/// How much of a text stands in for a title.
const BEGINNING_CHARS: usize = 100;
const AUTHOR_CHARS: usize = 120;
const ALT_CHARS: usize = 300;
const MOST_TAGS: usize = 20;
/// Longer addresses are data in disguise, and mail programs break them.
const URL_BYTES: usize = 2000;

/// Cleans an item of `source` seen at `now`, by an editor's rules for categories and tags.
///
/// # Errors
/// [`Rejected`], to be counted and reported with the item; the others of its feed are unharmed.
pub fn draft(
    item: &Item,
    source: &sources::Config,
    rules: &Rules,
    now: i64,
) -> Result<Draft, Rejected> {
    let link = address(item).ok_or(Rejected::NoLink)?;
    let (canonical, origin) = match &item.canonical_url {
        Some(declared) => Canonical::declared(&link, declared),
        None => (Canonical::of(&link), None),
    };
    if canonical.url().as_str().len() > URL_BYTES {
        return Err(Rejected::NoLink);
    }
    let title = title(item).ok_or(Rejected::NoTitle)?;
    let markups = [&item.summary_markup, &item.content_markup];
    let summary = markups
        .into_iter()
        .flatten()
        .filter_map(|markup| clean::summary(markup))
        .find(|summary| *summary != title);
    let (category, tags) = categories(item, source, rules, link.path());
    let image_url = item
        .image_url
        .as_ref()
        .map(ToString::to_string)
        .filter(|url| url.len() <= URL_BYTES);
    let image_alt = item
        .image_alt
        .as_deref()
        .and_then(|alt| clean::line(alt, ALT_CHARS));
    let language = language_of(item, source, &title, summary.as_deref());
    Ok(Draft {
        id: canonical.id(),
        origin: origin.map(|origin| origin.id()),
        url: canonical.url().to_string(),
        title,
        summary,
        source: source.name.clone(),
        category,
        tags,
        author: author(item),
        image_alt: image_url.as_ref().and(image_alt),
        image_url,
        language,
        minutes: item
            .content_markup
            .as_deref()
            .and_then(clean::reading_minutes),
        // Zero and below are broken clocks, not dates.
        published_at: item
            .published_at
            .or(item.updated_at)
            .filter(|at| *at > 0)
            .map(|at| at.min(now)),
    })
}

/// The title of an item; of one that has none, as short posts do, the beginning of its text.
#[must_use]
pub fn title(item: &Item) -> Option<String> {
    let texts = [&item.summary_markup, &item.content_markup];
    let beginning = || {
        let text = texts.into_iter().flatten();
        text.filter_map(|markup| clean::line(markup, BEGINNING_CHARS))
            .next()
    };
    item.title
        .as_deref()
        .and_then(clean::title)
        .or_else(beginning)
}

/// The item's link; where that leads through a feed service, the page that its id names, if it does.
fn address(item: &Item) -> Option<Url> {
    let link = item.link.as_ref()?;
    if canonical::is_feed_service(link)
        && let Ok(id) = Url::parse(item.id.trim())
        && matches!(id.scheme(), "http" | "https")
        && !canonical::is_feed_service(&id)
    {
        return Some(id);
    }
    Some(link.clone())
}

/// The category and the tags, each once whatever its case and accents.
fn categories(
    item: &Item,
    source: &sources::Config,
    rules: &Rules,
    path: &str,
) -> (Option<String>, Vec<String>) {
    let cleaned = |text: &String| {
        let text = rules.label(&clean::line(text, usize::MAX)?)?;
        let short = text.chars().count() <= CATEGORY_CHARS;
        // What WordPress writes when nobody chose one.
        let none = ["uncategorized", "uncategorised"].contains(&text.to_lowercase().as_str());
        (short && !none).then_some(text)
    };
    let own: Vec<_> = item.categories.iter().filter_map(cleaned).collect();
    let labels: Vec<_> = own
        .iter()
        .cloned()
        .chain(item.tags.iter().filter_map(cleaned))
        .collect();
    let found = rules.category(&labels, path);
    let category = match found {
        Some(found) => Some(found.name().to_owned()),
        None => own
            .first()
            .cloned()
            .or_else(|| source.category.as_ref().and_then(cleaned))
            // JSON Feed knows tags only; the first is what most sites write their section into.
            .or_else(|| labels.first().cloned())
            .map(|category| {
                rules
                    .spelling(&category)
                    .map_or(category.clone(), str::to_owned)
            }),
    };
    let mut seen: Vec<String> = category.iter().map(|category| fold(category)).collect();
    let mut tags: Vec<String> = Vec::new();
    for (at, tag) in labels.into_iter().enumerate() {
        // A category of the source that became the publication's would be said twice.
        let said = at < own.len() && found.is_some_and(|found| found.covers(&tag));
        let folded = fold(&tag);
        if !said && !seen.contains(&folded) && tags.len() < MOST_TAGS {
            seen.push(folded);
            tags.push(tag);
        }
    }
    (category, tags)
}

fn author(item: &Item) -> Option<String> {
    let names: Vec<_> = item
        .authors
        .iter()
        .filter_map(|name| clean::line(name, AUTHOR_CHARS))
        .collect();
    clean::line(
        &names.join(", ").replace('&', "&amp;").replace('<', "&lt;"),
        AUTHOR_CHARS,
    )
}

/// What the item or its source declares, else what the text shows; the article's own text is asked
/// only where title and summary are too short.
fn language_of(
    item: &Item,
    source: &sources::Config,
    title: &str,
    summary: Option<&str>,
) -> Option<String> {
    let declared = [&item.language, &source.language].into_iter().flatten();
    if let Some(tag) = declared.filter_map(|tag| language::tag(tag)).next() {
        return Some(tag);
    }
    let teaser = format!("{title}. {}", summary.unwrap_or_default());
    language::detect(&teaser).or_else(|| {
        let content = item.content_markup.as_deref().and_then(clean::summary)?;
        language::detect(&format!("{title}. {content}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn source() -> sources::Config {
        toml::from_str("name = 'harbour'\nurl = 'https://example.org/feed'\ncategory = 'Town'\nlanguage = 'en'").unwrap()
    }

    fn item() -> Item {
        Item {
            link: Some(Url::parse("https://example.org/a?utm_source=rss").unwrap()),
            title: Some("Storm &amp; <b>sea</b>".to_owned()),
            ..Item::default()
        }
    }

    #[test]
    fn an_item_with_title_and_link_is_an_article() {
        let found = draft(&item(), &source(), &Rules::default(), NOW).unwrap();
        assert_eq!(
            (
                found.title.as_str(),
                found.url.as_str(),
                found.category.as_deref(),
                found.language.as_deref()
            ),
            (
                "Storm & sea",
                "https://example.org/a",
                Some("Town"),
                Some("en")
            )
        );
        assert_eq!(
            (found.summary, found.minutes, found.published_at),
            (None, None, None)
        );
    }

    #[test]
    fn what_cannot_be_shown_is_rejected_with_the_reason() {
        let untitled = Item {
            title: Some("<img>".to_owned()),
            ..item()
        };
        assert_eq!(
            draft(&untitled, &source(), &Rules::default(), NOW),
            Err(Rejected::NoTitle)
        );
        let posted = Item {
            summary_markup: Some(format!("<p>Low tide. {}", "word ".repeat(40))),
            ..untitled
        };
        let title = draft(&posted, &source(), &Rules::default(), NOW)
            .unwrap()
            .title;
        assert!(title.starts_with("Low tide. word") && title.chars().count() <= 100);
        let unlinked = Item {
            link: None,
            ..item()
        };
        assert_eq!(
            draft(&unlinked, &source(), &Rules::default(), NOW),
            Err(Rejected::NoLink)
        );
    }

    #[test]
    fn dates_in_the_future_and_before_time_are_not_believed() {
        for (published, updated, kept) in [
            (Some(NOW + 1), None, Some(NOW)),
            (Some(NOW - 1), Some(NOW), Some(NOW - 1)),
            (None, Some(NOW - 5), Some(NOW - 5)),
            (Some(0), None, None),
            (None, None, None),
        ] {
            let dated = Item {
                published_at: published,
                updated_at: updated,
                ..item()
            };
            assert_eq!(
                draft(&dated, &source(), &Rules::default(), NOW)
                    .unwrap()
                    .published_at,
                kept
            );
        }
    }

    #[test]
    fn categories_and_tags_are_each_kept_once() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let tagged = Item {
            categories: texts(&["Uncategorized", "Sea &amp; Sky", "weather", "  "]),
            tags: texts(&["Weather", "storm", "sea & sky", &"x".repeat(61)]),
            ..item()
        };
        let found = draft(&tagged, &source(), &Rules::default(), NOW).unwrap();
        assert_eq!(found.category.as_deref(), Some("Sea & Sky"));
        assert_eq!(found.tags, ["weather", "storm"]);
    }

    #[test]
    fn an_editor_s_rules_stand_above_the_source() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let sea: Vec<String> = texts(&["see", "/a*"]);
        let tags = toml::from_str("rename = { gb = 'Britain' }\ndrop = ['home*']").unwrap();
        let rules = Rules::new([("Sea", sea.as_slice()), ("Café", &[])], &tags);
        for (categories, tags, category, kept) in [
            (
                &["See", "Hafen"][..],
                &["#gb", "GB", "Homepage"][..],
                "Sea",
                &["Hafen", "Britain"][..],
            ),
            (&[], &["Hafen", "hafén"], "Sea", &["Hafen"]),
        ] {
            let tagged = Item {
                categories: texts(categories),
                tags: texts(tags),
                ..item()
            };
            let found = draft(&tagged, &source(), &rules, NOW).unwrap();
            assert_eq!(found.category.as_deref(), Some(category));
            assert_eq!(found.tags, kept);
        }
        let elsewhere = Item {
            link: Some(Url::parse("https://example.org/b").unwrap()),
            categories: texts(&["CAFE"]),
            ..item()
        };
        let found = draft(&elsewhere, &source(), &rules, NOW).unwrap();
        assert_eq!(found.category.as_deref(), Some("Café"));
    }

    #[test]
    fn a_summary_is_the_shorter_text_and_not_the_title_again() {
        let told = Item {
            summary_markup: Some("Storm &amp; sea".to_owned()),
            content_markup: Some("<p>It rained.</p>".to_owned()),
            authors: vec!["A. &amp; B.".to_owned(), "<i>C</i>".to_owned()],
            language: Some("pt_BR".to_owned()),
            ..item()
        };
        let found = draft(&told, &source(), &Rules::default(), NOW).unwrap();
        assert_eq!(found.summary.as_deref(), Some("It rained."));
        assert_eq!(found.author.as_deref(), Some("A. & B., C"));
        assert_eq!(found.language.as_deref(), Some("pt-BR"));
    }
}
