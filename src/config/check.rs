//! Rules across fields of `digest.toml`, and rules of single fields their types cannot hold.

mod digests;
mod subjects;

use std::collections::BTreeSet;

use courant_languages::{Language, Locale};
use courant_templates::Theme;
use courant_templates::theme::{LOGO_HEIGHT, LOGO_WIDTH, Scheme};
use url::Url;

use super::Config;
use crate::delivery::TransportKind;
use crate::delivery::compose::Sender;
use crate::delivery::smtp::{self, Tls};
use crate::edition::Category;
use crate::sources::ConfigError;
use crate::units::{Span, out_of_range};

/// A broken rule.
pub(super) struct Mistake {
    /// Dotted path of the key, such as `digest[1].time_zone`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

#[derive(Default)]
struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>, hint: Option<&str>) {
        self.0.push(Mistake {
            path: path.into(),
            message: message.into(),
            hint: hint.map(str::to_owned),
        });
    }

    fn web_url(&mut self, path: &str, text: &str) {
        if text.is_empty() {
            let hint = "such as \"https://www.example.org/\"";
            self.add(path, format!("{path} is missing"), Some(hint));
            return;
        }
        let good = Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        if !good {
            self.add(
                path,
                format!("\"{text}\" is not an http or https URL"),
                None,
            );
        }
    }

    /// A picture in mails, which have to show it over TLS.
    fn picture(&mut self, path: &str, text: &str) {
        if !text.starts_with("https://") || Url::parse(text).is_err() {
            let hint = "mail programs warn of pictures that come over plain HTTP";
            let problem = format!("\"{text}\" is not an https URL");
            self.add(path, problem, Some(hint));
        }
    }

    /// A host name: letters, digits and hyphens between dots (RFC 1123 section 2.1).
    fn host_name(&mut self, path: &str, text: &str) {
        let label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if !text.split('.').all(label) {
            let hint = "such as \"mail.example.org\"";
            self.add(path, format!("\"{text}\" is not a host name"), Some(hint));
        }
    }

    fn language(&mut self, path: &str, tag: &str) {
        if let Err(error) = tag.parse::<Locale>() {
            let codes = Language::ALL.map(|language| format!("\"{}\"", language.code()));
            let hint = format!(
                "there are {}, each with a country if you like, such as \"en-GB\"",
                codes.join(", ")
            );
            self.add(path, error.to_string(), Some(&hint));
        }
    }

    fn number(&mut self, path: &str, value: f64, range: std::ops::RangeInclusive<f64>) {
        if let Some(message) = out_of_range(value, &range) {
            self.add(path, message, None);
        }
    }

    fn at_least_a_second(&mut self, path: &str, span: Span) {
        if span.as_seconds() < 1 {
            self.add(
                path,
                "this has to be at least one second, such as \"30s\"",
                None,
            );
        }
    }

    fn slug(&mut self, path: &str, name: &str, seen: &mut BTreeSet<String>) {
        let good = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !good {
            let hint = "lower-case letters, digits and hyphens, such as \"daily\"";
            self.add(path, format!("\"{name}\" is not a short name"), Some(hint));
        } else if !seen.insert(name.to_owned()) {
            self.add(path, format!("the name \"{name}\" is used twice"), None);
        }
    }
}

/// Every broken rule.
pub(super) fn check(config: &Config) -> Vec<Mistake> {
    let mut mistakes = Mistakes::default();
    publication(config, &mut mistakes);
    sources(config, &mut mistakes);
    digests::digests(config, &mut mistakes);
    content(config, &mut mistakes);
    subjects::check(config, &mut mistakes);
    quantities(config, &mut mistakes);
    delivery(config, &mut mistakes);
    for (key, message, hint) in config.check.problems() {
        mistakes.add(format!("check.{key}"), message, hint);
    }
    mistakes.0
}

fn publication(config: &Config, mistakes: &mut Mistakes) {
    let publication = &config.publication;
    let one_line = [&publication.name, &publication.postal_address];
    if one_line
        .iter()
        .any(|text| text.chars().any(char::is_control))
    {
        mistakes.add(
            "publication",
            "the name and the address are one line each",
            None,
        );
    }
    if publication.name.trim().is_empty() {
        mistakes.add("publication.name", "publication.name is missing", None);
    }
    if publication.postal_address.trim().is_empty() {
        let hint = "the law of most countries asks for it in every mailing";
        mistakes.add(
            "publication.postal_address",
            "publication.postal_address is missing",
            Some(hint),
        );
    }
    mistakes.web_url("publication.home_url", &publication.home_url);
    for (key, url) in [
        ("publication.privacy_url", &publication.privacy_url),
        ("publication.subscribe_url", &publication.subscribe_url),
    ] {
        if let Some(url) = url {
            mistakes.web_url(key, url);
        }
    }
    mistakes.language("publication.language", &publication.language);
    if publication
        .tag_url
        .as_ref()
        .is_some_and(|url| !url.contains("{tag}"))
    {
        mistakes.add(
            "publication.tag_url",
            "publication.tag_url has no {tag} in it",
            None,
        );
    }
}

fn sources(config: &Config, mistakes: &mut Mistakes) {
    if config.source.is_empty() {
        let hint = "add a [[source]] with a name and a url";
        mistakes.add("source", "there is no source to read", Some(hint));
    }
    let mut seen = BTreeSet::new();
    for (index, source) in config.source.iter().enumerate() {
        let path = |key: &str| format!("source[{index}].{key}");
        mistakes.slug(&path("name"), &source.name, &mut seen);
        if let Some(after) = source.quiet_after {
            mistakes.at_least_a_second(&path("quiet_after"), after);
        }
        let read = source.location(&config.folder).map(|_location| ());
        if let Err(error) = read.and_then(|()| source.check_format()) {
            let key = match error {
                ConfigError::Both(_) | ConfigError::Input(_) => "file",
                ConfigError::Scheme(_) | ConfigError::MarkdownUrl(_) => "url",
                ConfigError::Permalink(_) | ConfigError::Pattern(_) => "permalink",
                ConfigError::NoHome(_) => "format",
                ConfigError::Neither(_) | ConfigError::Name(_) => "name",
            };
            mistakes.add(path(key), error.to_string(), None);
        }
    }
}

fn quantities(config: &Config, mistakes: &mut Mistakes) {
    for (key, message) in config.ranking.mistakes() {
        mistakes.add(format!("ranking.{key}"), message, None);
    }
    let selection = &config.selection;
    mistakes.number("selection.exploration", selection.exploration, 0.0..=1.0);
    mistakes.number("selection.holdout", selection.holdout, 0.0..=0.5);
    mistakes.number("selection.first_wave", selection.first_wave, 0.05..=0.95);
    if let Some(gap) = selection.second_wave {
        mistakes.at_least_a_second("selection.second_wave", gap);
        if gap >= config.delivery.deadline {
            mistakes.add(
                "selection.second_wave",
                "the second wave would begin when the edition is given up (delivery.deadline)",
                Some("such as \"3h\""),
            );
        }
    }
    if config.tracking.keep < Span::days(14) {
        mistakes.add(
            "tracking.keep",
            "what single readers did is needed for two weeks, so that nobody gets a story again",
            Some("at least \"14d\""),
        );
    }
    if let Some(quiet) = &config.signup.quiet {
        for (key, what, hint) in quiet.mistakes(config.tracking.mode) {
            mistakes.add(key, what, hint);
        }
    }
    mistakes.at_least_a_second("fetch.timeout", config.fetch.timeout);
    mistakes.at_least_a_second("fetch.connect_timeout", config.fetch.connect_timeout);
    fetch(config, mistakes);
    mistakes.at_least_a_second("delivery.deadline", config.delivery.deadline);
    let url = &config.database.url;
    if !["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|kind| url.starts_with(kind))
    {
        let hint = "\"sqlite:courant.db\", or \"postgres://USER@HOST/NAME\"";
        mistakes.add(
            "database.url",
            format!("\"{url}\" is not a database of ours"),
            Some(hint),
        );
    }
}

fn fetch(config: &Config, mistakes: &mut Mistakes) {
    let fetch = &config.fetch;
    let hint = "such as \"Courant/0.1 (+https://www.example.org/; news digest)\"";
    let agent = &fetch.user_agent;
    if agent.chars().any(|c| !(' '..='~').contains(&c)) || fetch.product().is_empty() {
        let message = "a user agent is one line that begins with the name of a program";
        mistakes.add("fetch.user_agent", message, Some(hint));
    } else if fetch.product().eq_ignore_ascii_case("mozilla") {
        let message = "a user agent that poses as a browser tells sites nothing they can act on";
        mistakes.add("fetch.user_agent", message, Some(hint));
    } else if let Err(error) = fetch.check() {
        mistakes.add("fetch.allow_private", error.to_string(), None);
    }
    if !(1..=64).contains(&fetch.concurrency) {
        mistakes.add(
            "fetch.concurrency",
            "concurrency is a number from 1 to 64",
            None,
        );
    }
    if fetch.host_delay.as_seconds() > 60 {
        mistakes.add(
            "fetch.host_delay",
            "a pause of more than a minute would keep a run from ever ending",
            Some("such as \"1s\""),
        );
    }
    if fetch.max_bytes.get() == 0 || fetch.max_bytes.get() > 200_000_000 {
        mistakes.add(
            "fetch.max_bytes",
            "this is between 1 B and 200 MB",
            Some("such as \"10 MB\""),
        );
    }
}

fn content(config: &Config, mistakes: &mut Mistakes) {
    for (index, category) in config.category.iter().enumerate() {
        if category.hue.is_some_and(|hue| !(1..=8).contains(&hue)) {
            mistakes.add(
                format!("category[{index}].hue"),
                "a hue is a number from 1 to 8",
                None,
            );
        }
        if let Some(url) = &category.url {
            mistakes.web_url(&format!("category[{index}].url"), url);
        }
        if category.matches.iter().any(|text| text.trim().is_empty()) {
            let hint = "a name such as \"international\", or a path such as \"/world/*\"";
            let path = format!("category[{index}].match");
            mistakes.add(path, "an empty text matches nothing", Some(hint));
        }
    }
    if config.tags.drop.iter().any(|text| text.trim().is_empty()) {
        mistakes.add("tags.drop", "an empty text drops nothing", None);
    }
    if config
        .tags
        .rename
        .values()
        .any(|name| name.trim().is_empty())
    {
        let hint = "tags.drop leaves tags out";
        mistakes.add("tags.rename", "a tag needs a name", Some(hint));
    }
    for (index, card) in config.more.card.iter().enumerate() {
        mistakes.web_url(&format!("more.card[{index}].url"), &card.url);
        if let Some(url) = &card.image_url {
            mistakes.picture(&format!("more.card[{index}].image_url"), url);
        }
    }
    for (index, link) in config.more.link.iter().enumerate() {
        mistakes.web_url(&format!("more.link[{index}].url"), &link.url);
    }
    if config.more.card.len() > 2 {
        mistakes.add("more.card", "there is room for two cards", None);
    }
    if let Some(sponsor) = &config.sponsor {
        mistakes.web_url("sponsor.url", &sponsor.url);
    }
    weather(config, mistakes);
    if config.theme.category.len() > 8 {
        mistakes.add(
            "theme.category",
            "there is room for the colours of eight categories",
            None,
        );
    }
    theme(&config.theme, &config.category, mistakes);
}

fn theme(theme: &Theme, categories: &[Category], mistakes: &mut Mistakes) {
    for problem in theme.check() {
        let scheme = match problem.scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let path = format!("theme.{}.{scheme}", problem.key);
        mistakes.add(&path, problem.to_string(), None);
    }
    let is_told = mistakes
        .0
        .iter()
        .any(|mistake| mistake.path.starts_with("theme.card."));
    if let Some((_, ratio)) = theme.lost_button().filter(|_| !is_told) {
        let message = format!(
            "the button has a contrast of {ratio:.1} to the card it lies on; 3 is the least that is seen"
        );
        let key = if theme.button == Theme::default().button {
            "theme.card"
        } else {
            "theme.button"
        };
        mistakes.add(key, message, None);
    }
    for name in theme.category.keys() {
        let is_known = categories.iter().any(|category| category.name == *name);
        let alike = |known: &str| strsim::normalized_damerau_levenshtein(name, known) >= 0.8;
        let meant = categories.iter().find(|it| !is_known && alike(&it.name));
        if let Some(Category { name: meant, .. }) = meant {
            mistakes.add(
                format!("theme.category.\"{name}\""),
                format!("there is no category \"{name}\""),
                Some(&format!("did you mean \"{meant}\"?")),
            );
        }
    }
    let Some(url) = &theme.logo_url else { return };
    mistakes.picture("theme.logo_url", url);
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let ending = path
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if ["svg", "svgz", "avif", "webp"].contains(&ending.as_str()) {
        let message = format!("not all mail programs show .{ending} pictures");
        mistakes.add(
            "theme.logo_url",
            message,
            Some("a PNG of twice the size below"),
        );
    }
    if theme.logo_width == 0 && theme.logo_height == 0 {
        let message = "a logo needs its size as shown, logo_width and logo_height";
        let hint = Some("half the size of the picture's file, in pixels");
        mistakes.add("theme.logo_url", message, hint);
        return;
    }
    for (key, pixels, most) in [
        ("theme.logo_width", theme.logo_width, LOGO_WIDTH),
        ("theme.logo_height", theme.logo_height, LOGO_HEIGHT),
    ] {
        if !(1..=most).contains(&pixels) {
            let message = if pixels == 0 {
                format!("a logo needs its size as shown: {key} is missing or 0")
            } else {
                format!("{pixels} pixels are too many for the masthead, {most} are the most")
            };
            mistakes.add(
                key,
                message,
                Some("half the size of the picture's file, in pixels"),
            );
        }
    }
}

fn weather(config: &Config, mistakes: &mut Mistakes) {
    let Some(weather) = &config.weather else {
        return;
    };
    mistakes.web_url("weather.url", &weather.url);
    mistakes.number("weather.latitude", weather.latitude, -90.0..=90.0);
    mistakes.number("weather.longitude", weather.longitude, -180.0..=180.0);
    if weather.place.trim().is_empty() {
        mistakes.add(
            "weather.place",
            "the weather needs the name of a place",
            None,
        );
    }
    if !(1..=15).contains(&weather.timeout.as_seconds()) {
        mistakes.add(
            "weather.timeout",
            "an edition waits for the weather between 1 and 15 seconds",
            Some("such as \"4s\""),
        );
    }
}

fn at_least_one(key: String, rate: Option<u32>, mistakes: &mut Mistakes) {
    if rate == Some(0) {
        mistakes.add(key, "this has to be at least 1", None);
    }
}

fn delivery(config: &Config, mistakes: &mut Mistakes) {
    let delivery = &config.delivery;
    if let Err(error) = Sender::parse(delivery) {
        let message = error.to_string();
        let key = message
            .split(' ')
            .next()
            .unwrap_or("delivery.from")
            .to_owned();
        mistakes.add(key, message, None);
    }
    if !(1..=256).contains(&delivery.connections) {
        mistakes.add(
            "delivery.connections",
            "connections is a number from 1 to 256",
            None,
        );
    }
    if delivery.transport == TransportKind::Smtp {
        relay("delivery.smtp", &delivery.smtp, mistakes);
        for smtp in &delivery.relay {
            relay("delivery.relay", smtp, mistakes);
        }
    }
    if let Some(domain) = &delivery.list_domain {
        mistakes.host_name("delivery.list_domain", domain);
    }
    for (key, message) in delivery.limits.problems() {
        mistakes.add(format!("delivery.limits.{key}"), message, None);
    }
    for (number, destination) in delivery.destination.iter().enumerate() {
        let key = |key: &str| format!("delivery.destination[{number}].{key}");
        if destination.domains.is_empty() {
            mistakes.add(key("domains"), "no domain is named", None);
        }
        for domain in &destination.domains {
            mistakes.host_name(&key("domains"), domain);
        }
        at_least_one(key("per_second"), destination.per_second, mistakes);
    }
    for (selector, _) in delivery.dkim.selectors() {
        mistakes.host_name("delivery.dkim.selector", selector);
    }
    if let Some(domain) = &delivery.dkim.domain {
        mistakes.host_name("delivery.dkim.domain", domain);
    }
    mistakes.web_url("links.base_url", &config.links.base_url);
    if config
        .server
        .listen
        .parse::<std::net::SocketAddr>()
        .is_err()
    {
        let message = format!("\"{}\" is not an address and port", config.server.listen);
        mistakes.add("server.listen", message, Some("such as \"127.0.0.1:8025\""));
    }
}

fn relay(path: &str, smtp: &smtp::Config, mistakes: &mut Mistakes) {
    mistakes.host_name(&format!("{path}.host"), &smtp.host);
    if let Some(hello) = &smtp.hello {
        mistakes.host_name(&format!("{path}.hello"), hello);
    }
    mistakes.at_least_a_second(&format!("{path}.timeout"), smtp.timeout);
    for (key, value) in [
        ("messages_per_connection", smtp.messages_per_connection),
        ("weight", smtp.weight),
    ] {
        if value == 0 {
            mistakes.add(format!("{path}.{key}"), "this has to be at least 1", None);
        }
    }
    at_least_one(format!("{path}.per_second"), smtp.per_second, mistakes);
    if smtp.tls == Tls::None && !smtp.is_loopback() {
        let hint =
            "use \"starttls\" or \"implicit\"; \"plaintext-on-the-network\" means what it says";
        let message = format!(
            "tls = \"none\" is for this machine only, and \"{}\" is another",
            smtp.host
        );
        mistakes.add(format!("{path}.tls"), message, Some(hint));
    }
}
