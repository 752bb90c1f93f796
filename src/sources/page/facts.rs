//! Which of the answers of a page is taken: the order of trust, field by field.
//!
//! What is written for machines stands before what is written for people, and what an article says
//! before what its site says of every page: JSON-LD, Open Graph, Twitter cards, the habits of
//! analytics vendors, Dublin Core, microdata, and last what merely looks like it.

use url::Url;

use super::super::feed::web_url;
use super::head::{Head, Role, one_line};
use super::json_ld::{self, Found};
use super::names;
use super::when::{self, Order, When};

/// What is known of an article besides its text.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) title: Option<String>,
    pub(super) byline: Option<String>,
    pub(super) published: Option<When>,
    pub(super) updated: Option<When>,
    pub(super) language: Option<String>,
    pub(super) image_url: Option<Url>,
    pub(super) image_alt: Option<String>,
    pub(super) site: Option<String>,
    pub(super) category: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) canonical_url: Option<Url>,
    pub(super) amp_url: Option<Url>,
    /// The article as JSON-LD repeats it.
    pub(super) body: Option<String>,
}

const TITLES: &[&str] = &[
    "og:title",
    "twitter:title",
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dc:title",
    "dcterms.title",
    "citation_title",
    "item:headline",
    "headline",
    "title",
];
const AUTHORS: &[&str] = &[
    "author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dc:creator",
    "dcterms.creator",
    "citation_author",
    "byl",
    "article:author_name",
    "article:author",
    "og:article:author",
    "book:author",
    "twitter:creator:name",
    "item:author",
    "dc.contributor",
];
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "item:datepublished",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "publishdate",
    "publish-date",
    "publish_date",
    "published_time",
    "pubdate",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.issued",
    "dcterms.date",
    "dc.date",
    "dc:date",
    "dc.date.created",
    "cxenseparse:recs:publishtime",
    "article.published",
    "article_date_original",
    "citation_publication_date",
    "rnews:datepublished",
    "item:datecreated",
    "date",
];
const UPDATED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "item:datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "lastmod",
    "last-modified",
    "revised",
];
const IMAGES: &[&str] = &[
    "og:image:secure_url",
    "og:image",
    "og:image:url",
    "twitter:image",
    "twitter:image:src",
    "parsely-image-url",
    "sailthru.image.full",
    "thumbnail",
    "item:image",
    "item:thumbnailurl",
];
const SITES: &[&str] = &[
    "og:site_name",
    "application-name",
    "apple-mobile-web-app-title",
    "dc.publisher",
    "publisher",
    "twitter:site:name",
    "cre",
    "copyright",
];
const DESCRIPTIONS: &[&str] = &[
    "og:description",
    "twitter:description",
    "description",
    "dc.description",
    "dc:description",
    "sailthru.description",
    "item:description",
];
const SECTIONS: &[&str] = &[
    "article:section",
    "parsely-section",
    "item:articlesection",
    "section",
    "category",
];
const KEYWORDS: &[&str] = &[
    "article:tag",
    "parsely-tags",
    "sailthru.tags",
    "news_keywords",
    "keywords",
    "item:keywords",
    "dc.subject",
];

/// Weighs what a page says of itself; `url` is where it was found.
pub(super) fn weigh(head: &Head, url: Option<&Url>) -> Facts {
    let found = json_ld::read(&head.json_ld).unwrap_or_default();
    let meta = |names: &[&str]| metas(head, names).next();
    let language = language(head, &found);
    let order = Order::of(language.as_deref());
    let base = head.base.as_ref();
    let link = |rel: &str| linked(head, rel).next();
    let site = found.site.clone().filter(|site| site.len() < 80);
    let site = meta(SITES).filter(|site| site.len() < 80).or(site);
    let image_url = found
        .image
        .as_deref()
        .and_then(|image| web_url(image, base));
    let image_url = metas(head, IMAGES)
        .find_map(|image| web_url(&image, base))
        .or(image_url);
    Facts {
        title: title(head, &found, site.as_deref()),
        byline: byline(head, &found, site.as_deref()),
        published: published(head, &found, order, url),
        updated: found
            .updated
            .clone()
            .into_iter()
            .chain(metas(head, UPDATED))
            .find_map(|text| when::parse(&text, order)),
        image_alt: meta(&["og:image:alt", "twitter:image:alt"])
            .or(found.image_alt)
            .filter(|alt| !alt.is_empty() && alt.len() < 500),
        image_url,
        category: found
            .section
            .or_else(|| meta(SECTIONS))
            .filter(|name| name.len() < 80),
        tags: tags(head, found.tags),
        description: meta(DESCRIPTIONS).or(found.description),
        canonical_url: link("canonical").or_else(|| web_url(&meta(&["og:url"])?, base)),
        amp_url: link("amphtml"),
        body: found.body,
        language,
        site,
    }
}

/// Contents of metas, by the order of the names.
fn metas<'a>(head: &'a Head, names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    let all = names.iter().flat_map(|name| {
        let named = head.metas.iter().filter(move |(known, _)| known == name);
        named.map(|(_, content)| one_line(&json_ld::unescaped(content)))
    });
    all.filter(|content| !content.is_empty())
}

fn linked<'a>(head: &'a Head, rel: &'a str) -> impl Iterator<Item = Url> + 'a {
    let links = head.links.iter();
    links
        .filter(move |link| link.rel.split_ascii_whitespace().any(|one| one == rel))
        .filter_map(|link| web_url(&link.href, head.base.as_ref()))
}

fn texts(head: &Head, role: Role) -> impl Iterator<Item = &str> {
    let texts = head.texts.iter();
    texts
        .filter(move |(known, _)| *known == role)
        .map(|(_, text)| text.as_str())
}

fn title(head: &Head, found: &Found, site: Option<&str>) -> Option<String> {
    let whole = texts(head, Role::Title).next();
    let headings: Vec<&str> = texts(head, Role::Heading).collect();
    let candidates = found
        .title
        .clone()
        .into_iter()
        .chain(metas(head, TITLES))
        .map(|title| names::without_site(&title, site, &headings))
        .filter(|title| title.chars().count() > 1 && Some(title.as_str()) != site);
    let first = candidates.into_iter().next();
    // Cut short for a network's preview: the page has the rest.
    let longer = first.as_deref().and_then(|first| {
        let start = first.trim_end_matches(['…', '.']).trim_end();
        let cut = start.len() < first.len() && first.ends_with(['…', '.']) && start.len() > 20;
        let mut all = headings.iter().copied().chain(whole);
        all.find(|text| cut && text.starts_with(start))
    });
    longer
        .map(|title| names::without_site(title, site, &headings))
        .or(first)
        .or_else(|| texts(head, Role::Headline).next().map(str::to_owned))
        .or_else(|| names::from_page(whole, &headings, site))
}

fn byline(head: &Head, found: &Found, site: Option<&str>) -> Option<String> {
    let clean = |names: Vec<String>| names::byline(&names, site);
    let of_metas = || {
        let names: Vec<&(String, String)> = head.metas.iter().collect();
        AUTHORS.iter().find_map(|wanted| {
            let all = names.iter().filter(|(name, _)| name == wanted);
            clean(
                all.map(|(_, content)| json_ld::unescaped(content))
                    .collect(),
            )
        })
    };
    let of_texts = |role: Role| clean(texts(head, role).take(1).map(str::to_owned).collect());
    clean(found.authors.clone())
        .or_else(of_metas)
        .or_else(|| {
            let mut all: Vec<String> = texts(head, Role::Author).map(str::to_owned).collect();
            all.truncate(4);
            clean(all)
        })
        .or_else(|| of_texts(Role::Byline))
}

fn published(head: &Head, found: &Found, order: Order, url: Option<&Url>) -> Option<When> {
    let times = |marked: bool| {
        let times = head.times.iter().filter(move |time| time.marked == marked);
        times.map(|time| time.value.clone())
    };
    let said = found
        .published
        .clone()
        .into_iter()
        .chain(metas(head, PUBLISHED));
    let canonical = || linked(head, "canonical").next();
    said.chain(times(true))
        .find_map(|text| when::parse(&text, order))
        .or_else(|| when::in_url(url?))
        .or_else(|| when::in_url(&canonical()?))
        .or_else(|| times(false).find_map(|text| when::parse(&text, order)))
        .or_else(|| {
            let mut texts = texts(head, Role::Date).chain(texts(head, Role::Byline));
            texts.find_map(|text| when::parse(text, order))
        })
        .or_else(|| {
            let mut updated = metas(head, UPDATED);
            updated.find_map(|text| when::parse(&text, order))
        })
}

fn language(head: &Head, found: &Found) -> Option<String> {
    let said = [
        "og:locale",
        "content-language",
        "dc.language",
        "language",
        "item:inlanguage",
    ];
    head.language
        .clone()
        .into_iter()
        .chain(found.language.clone())
        .chain(metas(head, &said))
        .map(|language| language.trim().replace('_', "-"))
        .find(|language| {
            let letters = language.split('-').next().unwrap_or_default();
            (2..=3).contains(&letters.len())
                && letters.bytes().all(|b| b.is_ascii_alphabetic())
                && language.len() <= 20
        })
}

fn tags(head: &Head, found: Vec<String>) -> Vec<String> {
    let source = KEYWORDS.iter().find_map(|name| {
        let tags: Vec<String> = metas(head, &[name])
            .flat_map(|text| {
                text.split([',', ';'])
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty() && tag.len() <= 80)
            .take(40)
            .collect();
        (!tags.is_empty()).then_some(tags)
    });
    let mut tags: Vec<String> = Vec::new();
    for tag in found.into_iter().chain(source.unwrap_or_default()) {
        if !tags.iter().any(|known| known.eq_ignore_ascii_case(&tag)) {
            tags.push(tag);
        }
    }
    tags
}
