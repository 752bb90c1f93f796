//! `courant extract`: the readable article in one HTML page.

use std::path::Path;

use clap::Args;
use serde::Serialize;
use url::Url;

use super::Desk;
use super::exit::{self, Failure};
use crate::articles::language;
use crate::fetch::{Fetched, Fetcher, Validators};
use crate::sources::page::{self, Page};
use crate::sources::{self, poll};
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

/// A page as it came.
struct Raw {
    bytes: Vec<u8>,
    url: Option<Url>,
    content_type: Option<String>,
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
        let raw = self.raw(desk).await?;
        // Finding an article is work for a processor, and may end in a panic of a library.
        let found = tokio::task::spawn_blocking(move || {
            page::read(&raw.bytes, raw.url.as_ref(), raw.content_type.as_deref())
        });
        match found.await {
            Ok(page) => page.map_err(|error| with_causes(&error)),
            Err(_panic) => Err("could not be read: a mistake of ours".to_owned()),
        }
    }

    async fn raw(&self, desk: &Desk) -> Result<Raw, String> {
        // The configuration only says how to ask; without one the defaults do.
        let settings = desk.config().map(|config| config.fetch).unwrap_or_default();
        let limit = settings.max_bytes;
        let web = Url::parse(&self.from)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = web else {
            let read = if self.from == "-" {
                poll::read_limited(tokio::io::stdin(), limit).await
            } else {
                poll::read_file(Path::new(&self.from), limit).await
            };
            let (bytes, _goes_on) = read.map_err(|error| format!("cannot be read: {error}"))?;
            // Pages are kept gzipped in archives.
            let unpacked = sources::unpacked(&bytes).map_err(|error| error.to_string())?;
            return Ok(Raw {
                bytes: unpacked.bytes.into_owned(),
                url: self.url.clone(),
                content_type: self.content_type.clone(),
            });
        };
        let fetcher = Fetcher::new(&settings).map_err(|error| with_causes(&error))?;
        let fetched = fetcher.get(&url, &Validators::default()).await;
        match fetched.map_err(|error| with_causes(&error))? {
            Fetched::NotModified => Err("answered \"not modified\" to a first request".to_owned()),
            Fetched::Body(body) => Ok(Raw {
                bytes: body.bytes,
                url: Some(self.url.clone().unwrap_or(body.final_url)),
                content_type: self.content_type.clone().or(body.content_type),
            }),
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
