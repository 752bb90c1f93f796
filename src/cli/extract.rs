//! `courant extract`: the readable article in one HTML page.

use clap::Args;
use serde::Serialize;
use url::Url;

use super::Desk;
use super::document;
use super::exit::{self, Failure};
use crate::articles::language;
use crate::sources;
use crate::sources::page::{self, Page};
use crate::telemetry::with_causes;

#[derive(Debug, Args)]
pub(super) struct Extract {
    /// A file, also gzipped; "-" for standard input; or an http(s) URL
    #[arg(value_name = "FILE|URL")]
    from: String,
    /// Where the page stands on the web: links are relative to it, and it may tell the date
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// Content-Type it was served with
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
}

/// The answer in JSON: first what was promised, then what is known besides.
#[derive(Debug, Default, Serialize)]
struct Extracted {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    title: Option<String>,
    byline: Option<String>,
    published: Option<String>,
    updated: Option<String>,
    language: Option<String>,
    image: Option<String>,
    image_alt: Option<String>,
    site: Option<String>,
    category: Option<String>,
    tags: Vec<String>,
    description: Option<String>,
    canonical: Option<String>,
    amp: Option<String>,
    feeds: Vec<String>,
    text: String,
    html: String,
    /// Only the beginning of the page was read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

impl Extracted {
    fn of(page: Page) -> Self {
        Self {
            ok: true,
            error: None,
            published: page.published(),
            updated: page.updated(),
            title: page.title,
            byline: page.byline,
            language: page.language.or_else(|| language::detect(&page.text)),
            image: page.image_url.map(String::from),
            image_alt: page.image_alt,
            site: page.site,
            category: page.category,
            tags: page.tags,
            description: page.description,
            canonical: page.canonical_url.map(String::from),
            amp: page.amp_url.map(String::from),
            feeds: page.feeds.into_iter().map(String::from).collect(),
            text: page.text,
            html: page.html,
            cut: page.cut,
        }
    }
}

impl Extract {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        match self.page(desk).await {
            Ok(page) => {
                let extracted = Extracted::of(page);
                show(desk, &extracted);
                if extracted.cut {
                    desk.output
                        .note("only the beginning of the page was read: it is very long");
                }
                desk.output.json(&extracted)?;
                Ok(exit::DONE)
            }
            Err(why) => {
                desk.output.note(format!("error: {}: {why}", self.from));
                desk.output.json(&Extracted {
                    error: Some(why),
                    ..Extracted::default()
                })?;
                Ok(exit::REFUSED)
            }
        }
    }

    async fn page(&self, desk: &Desk) -> Result<Page, String> {
        let (url, content_type) = (self.url.clone(), self.content_type.clone());
        let mut page = document::read(desk, &self.from, url, content_type).await?;
        if page.fetcher.is_none() {
            // Pages are kept gzipped in archives.
            let unpacked = sources::unpacked(&page.bytes).map_err(|error| error.to_string())?;
            page.bytes = unpacked.bytes.into_owned();
        }
        // Finding an article is work for a processor, and may end in a panic of a library.
        let found = tokio::task::spawn_blocking(move || {
            page::read(&page.bytes, page.url.as_ref(), page.content_type.as_deref())
        });
        match found.await {
            Ok(page) => page.map_err(|error| with_causes(&error)),
            Err(_panic) => Err("could not be read: a mistake of ours".to_owned()),
        }
    }
}

fn show(desk: &Desk, page: &Extracted) {
    for (name, value) in [
        ("title", &page.title),
        ("byline", &page.byline),
        ("published", &page.published),
        ("site", &page.site),
        ("language", &page.language),
        ("image", &page.image),
    ] {
        if let Some(value) = value {
            desk.output.line(format!("{name:<10} {value}"));
        }
    }
    desk.output.line("");
    desk.output.line(&page.text);
}
