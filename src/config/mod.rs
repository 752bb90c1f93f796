//! `digest.toml`: one field a stage, in the order of the pipeline.
//!
//! This is the only place that reads the configuration file and the environment. Every stage defines
//! its own part beside the code that obeys it; the values are passed down, and no stage imports this.
//! Precedence: flag, then environment, then file, then default.

use std::path::{Path, PathBuf};

use courant_templates::Theme;
use ipnet::IpNet;
use serde::Deserialize;

use crate::articles::topics::{Rules, Tags};
use crate::database;
use crate::delivery;
use crate::edition::{Category, Digest, More, Publication, Sponsor, masthead, slates};
use crate::engagement;
use crate::feedback;
use crate::feedback::apply::Grounds;
use crate::fetch;
use crate::links::{self, Links};
use crate::ranking;
use crate::secret::Secret;
use crate::signup;
use crate::sources;

mod check;
mod checks;
pub mod edit;
mod load;

pub use checks::{Check, Checks, Group, host_and_port};
pub use load::Problem;

/// The whole of `digest.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who publishes.
    pub publication: Publication,
    /// Where everything is kept.
    pub database: database::Config,
    /// How sources are asked.
    pub fetch: fetch::Config,
    /// What is read.
    pub source: Vec<sources::Config>,
    /// How categories are shown, and what belongs to them.
    pub category: Vec<Category>,
    /// How tags are called.
    pub tags: Tags,
    /// What the ranking believes before it has seen a click.
    pub ranking: ranking::Config,
    /// Who gets which stories.
    pub selection: slates::Config,
    /// What is sent, when, and made of what.
    pub digest: Vec<Digest>,
    /// Other content of the site.
    pub more: More,
    /// A paid message.
    pub sponsor: Option<Sponsor>,
    /// The weather in the masthead.
    pub weather: Option<masthead::Config>,
    /// Colours, fonts, logo.
    pub theme: Theme,
    /// Where links in mails lead, and the keys that sign them.
    pub links: links::Config,
    /// What mails tell of their readers.
    pub tracking: engagement::Config,
    /// How mail leaves.
    pub delivery: delivery::Config,
    /// What comes back.
    pub feedback: feedback::Config,
    /// `courant serve`.
    pub server: Server,
    /// `[signup]`.
    pub signup: signup::Config,
    /// What is looked at before a sending.
    pub check: Checks,
    /// What relative paths are relative to: the file's folder.
    #[serde(skip)]
    pub folder: PathBuf,
    /// What the environment adds.
    #[serde(skip)]
    pub environment: Environment,
}

/// `[server]` in `digest.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port `courant serve` listens on; a reverse proxy with TLS stands before it.
    pub listen: String,
    /// Addresses and networks of proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "networks")]
    pub proxies: Vec<IpNet>,
    /// Whether there is a desk below `/desk`, where people of the house sign in.
    pub desk: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8025".to_owned(),
            proxies: vec![
                IpNet::from(std::net::IpAddr::from(std::net::Ipv4Addr::LOCALHOST)),
                IpNet::from(std::net::IpAddr::from(std::net::Ipv6Addr::LOCALHOST)),
            ],
            desk: true,
        }
    }
}

/// Addresses such as "192.0.2.1" and networks such as "192.0.2.0/24".
fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: String| {
        let address = text.parse::<std::net::IpAddr>().map(IpNet::from);
        address.or_else(|_| text.parse::<IpNet>()).map_err(|_| {
            serde::de::Error::custom(format!("\"{text}\" is no address and no network"))
        })
    };
    texts.into_iter().map(read).collect()
}

/// What is read from the environment: secrets, and what differs between machines.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `COURANT_DATABASE_URL`.
    pub database_url: Option<Secret>,
    /// `COURANT_SMTP_PASSWORD`.
    pub smtp_password: Option<Secret>,
    /// `COURANT_IMAP_PASSWORD`.
    pub imap_password: Option<Secret>,
    /// `COURANT_LOG`: directives such as `debug` or `courant::delivery=debug`.
    pub log: Option<String>,
}

impl Environment {
    /// Reads the environment.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn read() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self {
            database_url: variable("COURANT_DATABASE_URL").map(|text| Secret::new(&text)),
            smtp_password: variable("COURANT_SMTP_PASSWORD").map(|text| Secret::new(&text)),
            imap_password: variable("COURANT_IMAP_PASSWORD").map(|text| Secret::new(&text)),
            log: variable("COURANT_LOG"),
        }
    }
}

/// The example `courant init` writes: every key with its default and what it is for.
pub const EXAMPLE: &str = include_str!("../../digest.toml");

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Unreadable`], or [`Error::Problems`] with every mistake at once.
    pub fn read(path: &Path, environment: Environment) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let name = path.display().to_string();
        let mut config = Self::parse(&text, &name)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        config.folder = folder.unwrap_or(Path::new(".")).to_owned();
        config.environment = environment;
        Ok(config)
    }

    /// Reads the text of a file called `name` in messages.
    ///
    /// # Errors
    /// [`Error::Problems`] with every mistake at once.
    pub fn parse(text: &str, name: &str) -> Result<Self, Error> {
        let loaded = load::load::<Self>(text);
        let mut problems = loaded.problems;
        if let Some(config) = &loaded.value {
            problems.extend(
                check::check(config)
                    .into_iter()
                    .filter(|mistake| !loaded.removed.contains(&mistake.path))
                    .map(|mistake| {
                        load::located(text, &mistake.path, &mistake.message, mistake.hint)
                    }),
            );
        }
        match loaded.value {
            Some(mut config) if problems.is_empty() => {
                config.color_categories();
                config.fetch.introduce(&config.publication.home_url);
                let base = config.links.base_url.trim_end_matches('/');
                if config.signup.open && base.starts_with("https://") {
                    let form = || format!("{base}/subscribe");
                    config.publication.subscribe_url.get_or_insert_with(form);
                }
                let rules = config.rules();
                for source in &mut config.source {
                    rules.fingerprint().clone_into(&mut source.rules);
                }
                Ok(config)
            }
            _ => {
                problems.sort_by_key(|problem| problem.line);
                Err(Error::Problems {
                    name: name.to_owned(),
                    problems,
                })
            }
        }
    }

    /// Gives every category that the theme has a colour for the number of that colour.
    fn color_categories(&mut self) {
        let asked = self.category.iter();
        let taken = asked
            .filter_map(|category| {
                let hue = category.hue.filter(|hue| (1..=8).contains(hue))?;
                Some((category.name.clone(), hue))
            })
            .collect();
        for (name, number) in self.theme.number_categories(&taken) {
            let known = self.category.iter_mut().find(|it| it.name == name);
            match known {
                Some(category) => category.hue = Some(number),
                None => self.category.push(Category {
                    name,
                    hue: Some(number),
                    ..Category::default()
                }),
            }
        }
    }

    /// The rules of categories and tags.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let categories = self.category.iter();
        let categories = categories.map(|it| (it.name.as_str(), it.matches.as_slice()));
        Rules::new(categories, &self.tags)
    }

    /// What notices are judged by; `links` are those of this configuration.
    #[must_use]
    pub fn grounds(&self, links: Links) -> Grounds {
        Grounds {
            links,
            verp: self.delivery.verp,
            config: self.feedback.clone(),
        }
    }

    /// The digest of this name.
    #[must_use]
    pub fn digest(&self, name: &str) -> Option<&Digest> {
        self.digest.iter().find(|digest| digest.name == name)
    }

    /// The database's URL: environment, then file of its own, then `database.url`.
    ///
    /// # Errors
    /// When `database.url_file` cannot be read.
    pub fn database_url(&self) -> Result<String, Error> {
        if let Some(url) = &self.environment.database_url {
            return Ok(url.expose().to_owned());
        }
        match &self.database.url_file {
            Some(file) => Ok(Secret::read(&self.folder.join(file))?
                .expose()
                .trim()
                .to_owned()),
            None => Ok(self.database.url.clone()),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error("{name} has {} mistake{}", problems.len(), if problems.len() == 1 { "" } else { "s" })]
    Problems {
        /// The file's name.
        name: String,
        /// All of them, in the order of lines.
        problems: Vec<Problem>,
    },
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] crate::secret::SecretError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let config = Config::parse(EXAMPLE, "digest.toml").unwrap();
        assert!(config.digest("daily").is_some() && config.digest("weekly").is_some());
    }

    #[test]
    fn sources_are_read_again_when_the_rules_change() {
        let reading = |text: &str| {
            let config = Config::parse(text, "digest.toml").unwrap();
            config.source[0].reading()
        };
        let plain = reading(EXAMPLE);
        assert_eq!(plain, "https://www.example.org/feed.xml");
        let ruled = EXAMPLE.replace("# match = [\"international", "match = [\"international");
        assert!(reading(&ruled).starts_with(&format!("{plain} ")));
        let other = ruled.replace("\"ausland\"", "\"abroad\"");
        assert_ne!(reading(&ruled), reading(&other));
    }

    #[test]
    fn the_theme_may_colour_a_category_by_its_name() {
        let text = EXAMPLE.replace(
            "[theme]\n",
            "[theme]\nheadline_font = \"charter\"\n\
             category = { Harbour = { light = \"#2B6838\", dark = \"#8FCC9B\" } }\n",
        );
        let config = Config::parse(&text, "digest.toml").unwrap();
        let harbour = config.category.last().unwrap();
        assert_eq!((harbour.name.as_str(), harbour.hue), ("Harbour", Some(5)));
        let pale = text.replace("#2B6838", "#BBBBBB");
        let problem = &problems(&pale)[0].1;
        for words in [
            "category.\"Harbour\"",
            "(1.91); 4.5 is the least",
            "nearest shade that passes",
        ] {
            assert!(problem.contains(words), "{problem}");
        }
    }

    fn problems(text: &str) -> Vec<(usize, String, Option<String>)> {
        match Config::parse(text, "digest.toml") {
            Err(Error::Problems { problems, .. }) => problems
                .into_iter()
                .map(|p| (p.line, p.message, p.hint))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_mistake_is_reported_at_once_with_its_line() {
        let text = EXAMPLE
            .replace("[delivery]\n", "[delivery]\nconections = 8\n")
            .replace("min_articles = 1\n", "min_articles = \"one\"\n")
            .replace(
                "time_zone = \"Europe/Berlin\"",
                "time_zone = \"Europe/Atlantis\"",
            );
        let line = |words: &str| {
            1 + text
                .lines()
                .position(|line| line.starts_with(words))
                .unwrap()
        };
        let found = problems(&text);
        let unknown = found
            .iter()
            .find(|(_, message, _)| message.contains("conections"))
            .unwrap();
        assert_eq!(unknown.0, line("conections"));
        assert_eq!(unknown.1, "unknown key \"conections\"");
        assert_eq!(unknown.2.as_deref(), Some("did you mean \"connections\"?"));
        assert!(
            found
                .iter()
                .any(|(at, message, _)| *at == line("min_articles")
                    && message
                        .contains("wrong kind of value: string \"one\", expected a whole number"))
        );
        assert!(found.iter().any(|(at, message, _)| *at
            == line("time_zone = \"Europe/Atlantis\"")
            && message.contains("is not a time zone")));
    }

    #[test]
    fn a_logo_comes_over_tls_and_has_a_size() {
        let size = "logo_width = 200\nlogo_height = 40";
        for (url, size, good) in [
            ("https://www.example.org/logo.png", size, true),
            ("http://www.example.org/logo.png", size, false),
            ("logo.png", size, false),
            ("https://www.example.org/logo.png", "", false),
            (
                "https://www.example.org/logo.png",
                "logo_width = 281\nlogo_height = 40",
                false,
            ),
            (
                "https://www.example.org/logo.png",
                "logo_width = 200\nlogo_height = 0",
                false,
            ),
        ] {
            let logo = format!("[theme]\nlogo_url = \"{url}\"\n{size}\n");
            let text = EXAMPLE.replace("[theme]\n", &logo);
            assert_eq!(Config::parse(&text, "digest.toml").is_ok(), good, "{logo}");
        }
    }

    #[test]
    fn mistakes_of_a_theme_stand_at_their_lines_once() {
        let theme = "[theme]\naccent = { light = \"#0A5C7\", dark = \"#74C5DB\" }\n\
             muted = { light = \"#5B646B\", dark = \"#333333\" }\n\
             category = { Busines = { light = \"#0A5C73\", dark = \"#74C5DB\" } }\n";
        let text = EXAMPLE.replace("[theme]\n", theme) + "[[category]]\nname = \"Business\"\n";
        let at = 1 + text.lines().position(|line| line == "[theme]").unwrap();
        let found = problems(&text);
        let lines: Vec<_> = found.iter().map(|(line, ..)| line - at).collect();
        assert_eq!(lines, [1, 2, 3], "{found:?}");
        assert!(found[1].1.starts_with("muted #333333 (dark)"), "{found:?}");
        assert_eq!(found[2].2.as_deref(), Some("did you mean \"Business\"?"));
    }

    #[test]
    fn a_trial_of_subjects_that_cannot_work_is_reported_at_its_line() {
        let commented = "# subject_test = {";
        let with = |test: &str| EXAMPLE.replace(commented, &format!("{test}\n{commented}"));
        for (test, wrong) in [
            ("subject_test = {}", None),
            (
                "subject_test = { share = 0.3, wait = \"90m\", probability = 0.95 }",
                None,
            ),
            (
                "subject_test = { share = 0.95 }",
                Some("0.95 is not between 0.05 and 0.9"),
            ),
            (
                "subject_test = { probability = 95 }",
                Some("95 is not between 0.8 and 0.999"),
            ),
            (
                "subject_test = { wait = \"9s\" }",
                Some("nobody has read a mail by then"),
            ),
            (
                "subject_test = { wait = \"9w\" }",
                Some("delivery.deadline"),
            ),
            (
                "subject_test = { waits = \"2h\" }",
                Some("unknown key \"waits\""),
            ),
        ] {
            let text = with(test);
            let Some(wrong) = wrong else {
                assert!(Config::parse(&text, "digest.toml").is_ok(), "{test}");
                continue;
            };
            let at = 1 + text.lines().position(|line| line == test).unwrap();
            let found = problems(&text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].0, at, "{found:?}");
            assert!(found[0].1.contains(wrong), "{found:?}");
        }
        for mode in ["aggregate", "off"] {
            let text = with("subject_test = {}");
            let text = text.replace("mode = \"full\"", &format!("mode = \"{mode}\""));
            let found = problems(&text);
            assert!(
                found[0]
                    .1
                    .contains("nobody can tell which subject did better"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn broken_toml_is_reported_with_its_line() {
        let found = problems("[publication\nname = 'x'\n");
        assert_eq!(found[0].0, 1);
    }
}
