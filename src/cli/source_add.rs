//! `courant source add`: from the address of a site to a `[[source]]` that is read.

use clap::Args;
use serde::Serialize;
use url::Url;

use super::Desk;
use super::exit::{self, Failure};
use crate::articles::clean;
use crate::config::edit::{self, NewSource};
use crate::config::{Config, Error};
use crate::fetch::{Body, Fetched, Fetcher, Validators};
use crate::sources::{self, Parsed, discover, feed};
use crate::telemetry::with_causes;

#[derive(Debug, Args)]
pub(super) struct Add {
    /// A feed, or a page that names its feed
    #[arg(value_name = "URL")]
    url: Url,
    /// What to call it; by default the feed's title or the site's name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The category of items that have none of their own
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// Show what would be added and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Added {
    source: String,
    url: String,
    category: Option<String>,
    title: Option<String>,
    format: String,
    items: usize,
    /// Other feeds of the page.
    others: Vec<String>,
    added: bool,
}

/// A feed that was read, and the others the page names.
struct Discovered {
    url: Url,
    parsed: Parsed,
    others: Vec<Url>,
}

impl Add {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        if !matches!(self.url.scheme(), "http" | "https") {
            let message = format!("\"{}\" is neither http: nor https:", self.url);
            return Err(Failure::new(exit::USAGE, message));
        }
        let name = desk.config.display().to_string();
        let text = std::fs::read_to_string(&desk.config).map_err(|source| Error::Unreadable {
            path: desk.config.clone(),
            source,
        })?;
        let config = self.usable(&text, &name)?;
        refuse_known(&config, &self.url)?;
        let fetcher = Fetcher::new(&config.fetch)
            .map_err(|error| Failure::from_error(exit::CONFIGURATION, &error))?;
        let found = discover(&fetcher, &self.url).await?;
        if self.dry_run {
            let source = self.source(&config, &found)?;
            Config::parse(&changed(&text, &source)?, &name)?;
            desk.output.line(source.block().trim_end());
            return self.tell(desk, &found, &source);
        }
        let mut source = None;
        edit::replace::<Failure>(&desk.config, |text| {
            // Somebody else may have added one meanwhile.
            let config = self.usable(text, &name)?;
            let new = self.source(&config, &found)?;
            let text = changed(text, &new)?;
            Config::parse(&text, &name)?;
            source = Some(new);
            Ok(Some(text))
        })?;
        match source {
            Some(source) => self.tell(desk, &found, &source),
            None => Ok(exit::NOTHING),
        }
    }

    /// The configuration; one whose only mistake is that it has no source yet is good enough.
    fn usable(&self, text: &str, name: &str) -> Result<Config, Failure> {
        let error = match Config::parse(text, name) {
            Ok(config) => return Ok(config),
            Err(error) => error,
        };
        let first = NewSource {
            name: "first".to_owned(),
            url: self.url.clone(),
            category: None,
        };
        let with_one = edit::with_source(text, &first).ok();
        match with_one.map(|text| Config::parse(&text, name)) {
            Some(Ok(mut config)) => {
                config.source.clear();
                Ok(config)
            }
            Some(Err(_)) | None => Err(error.into()),
        }
    }

    fn source(&self, config: &Config, found: &Discovered) -> Result<NewSource, Failure> {
        refuse_known(config, &found.url)?;
        let taken = |name: &str| config.source.iter().any(|source| source.name == name);
        let name = match &self.name {
            Some(name) if taken(name) => {
                let message = format!("there is a source called \"{name}\" already");
                return Err(Failure::new(exit::USAGE, message));
            }
            Some(name) if !is_short_name(name) => {
                let message = format!("\"{name}\" is not a short name");
                return Err(Failure::new(exit::USAGE, message)
                    .hint("lower-case letters, digits and hyphens, such as \"world-news\""));
            }
            Some(name) => name.clone(),
            None => {
                let name = slug_of(&found.parsed, &found.url);
                let numbered = (2..).map(|number| format!("{name}-{number}"));
                let mut names = std::iter::once(name.clone()).chain(numbered);
                names.find(|name| !taken(name)).unwrap_or(name)
            }
        };
        Ok(NewSource {
            name,
            url: found.url.clone(),
            category: self.category.clone(),
        })
    }

    fn tell(&self, desk: &Desk, found: &Discovered, source: &NewSource) -> Result<u8, Failure> {
        let title = found.parsed.title.as_deref().and_then(clean::title);
        let added = Added {
            source: source.name.clone(),
            url: source.url.to_string(),
            category: source.category.clone(),
            title,
            format: found.parsed.format.to_string(),
            items: found.parsed.items.len(),
            others: found.others.iter().map(Url::to_string).collect(),
            added: !self.dry_run,
        };
        desk.output.json(&added)?;
        let what = if self.dry_run { "would add" } else { "added" };
        desk.output.note(format!(
            "{what} {} ({}, {} items): {}",
            added.source, added.format, added.items, added.url
        ));
        for other in &added.others {
            desk.output
                .note(format!("the page names another feed: {other}"));
        }
        Ok(exit::DONE)
    }
}

fn is_short_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(good)
}

fn changed(text: &str, source: &NewSource) -> Result<String, Failure> {
    edit::with_source(text, source)
        .map_err(|error| Failure::from_error(exit::CONFIGURATION, &error))
}

fn refuse_known(config: &Config, url: &Url) -> Result<(), Failure> {
    let same = |source: &&sources::Config| source.url.as_ref() == Some(url);
    match config.source.iter().find(same) {
        Some(known) => Err(Failure::new(
            exit::NOTHING,
            format!("{url} is there already, as \"{}\"", known.name),
        )),
        None => Ok(()),
    }
}

/// The feed at `url`, or the first one that the page there names and that can be read; the places
/// where sites keep their feed are tried last, as far as robots.txt allows.
async fn discover(fetcher: &Fetcher, url: &Url) -> Result<Discovered, Failure> {
    let refused = |message: String| Failure::new(exit::REFUSED, message);
    let body = ask(fetcher, url)
        .await
        .map_err(|why| refused(format!("{url} {why}")))?;
    let place = body.moved_to.clone().unwrap_or_else(|| url.clone());
    let not_a_feed = match parse(&body) {
        Ok(parsed) => {
            return Ok(Discovered {
                url: place,
                parsed,
                others: Vec::new(),
            });
        }
        Err(sources::Error::Page) => format!("{url} is a page, and no feed of it can be read"),
        Err(error) => return Err(refused(format!("{url} {error}"))),
    };
    let named = discover::feeds(&body.bytes, Some(&body.final_url));
    let mut reasons = Vec::new();
    for (number, feed) in named.iter().enumerate() {
        match ask(fetcher, feed).await {
            Ok(body) => match parse(&body) {
                Ok(parsed) => {
                    let others = named.iter().enumerate();
                    let others = others.filter(|(other, _)| *other != number);
                    return Ok(Discovered {
                        url: body.moved_to.unwrap_or_else(|| feed.clone()),
                        parsed,
                        others: others.map(|(_, other)| other.clone()).collect(),
                    });
                }
                Err(error) => reasons.push(format!("{feed} {error}")),
            },
            Err(why) => reasons.push(format!("{feed} {why}")),
        }
    }
    for guess in discover::guesses(&body.final_url) {
        let Ok(body) = fetcher.page(&guess).await else {
            continue;
        };
        if let Ok(parsed) = parse(&body) {
            return Ok(Discovered {
                url: body.moved_to.unwrap_or(guess),
                parsed,
                others: Vec::new(),
            });
        }
    }
    let hint = match reasons.is_empty() {
        true => "look for a link called RSS or Atom on the site and give its address".to_owned(),
        false => reasons.join("; "),
    };
    Err(refused(not_a_feed).hint(hint))
}

async fn ask(fetcher: &Fetcher, url: &Url) -> Result<Body, String> {
    match fetcher.get(url, &Validators::default()).await {
        Ok(Fetched::Body(body)) => Ok(*body),
        Ok(Fetched::NotModified) => Err("answered \"not modified\" to a first request".to_owned()),
        Err(error) => Err(with_causes(&error)),
    }
}

fn parse(body: &Body) -> Result<Parsed, sources::Error> {
    let content_type = body.content_type.as_deref();
    feed::parse(&body.bytes, Some(&body.final_url), content_type)
}

/// "The Harbour Herald" → "the-harbour-herald"; a title without Latin letters gives way to the host.
fn slug_of(parsed: &Parsed, url: &Url) -> String {
    let slug = |text: &str| -> String {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let mut slug = words.join("-").to_ascii_lowercase();
        slug.truncate(40);
        slug.trim_end_matches('-').to_owned()
    };
    let title = parsed.title.as_deref().and_then(clean::title);
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    [title.as_deref().unwrap_or_default(), host, "source"]
        .into_iter()
        .map(slug)
        .find(|slug| slug.len() >= 2)
        .unwrap_or_else(|| "source".to_owned())
}
