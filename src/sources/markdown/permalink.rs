//! From a file's name and front matter to the address of its page.
//!
//! Generators compute addresses by rules of their own; the pattern of the configuration says which.
//! Names become lower case with hyphens for blanks, and a date before a name is taken off, as most
//! generators do.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use url::Url;

use super::front_matter::Fields;
use super::{Broken, Settings};

const DEFAULT: &str = "/:path/";
const TOKENS: [&str; 7] = ["year", "month", "day", "slug", "title", "path", "section"];

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PermalinkError {
    /// It does not begin at the front page.
    #[error("the permalink \"{0}\" does not begin with /")]
    NoSlash(String),
    /// It asks for something that is not known.
    #[error("the permalink asks for \":{0}\"")]
    Token(String),
    /// Every file would have the same address.
    #[error("the permalink \"{0}\" has neither :slug nor :path in it")]
    Constant(String),
}

/// Checks a pattern such as "/:year/:month/:day/:slug/".
///
/// # Errors
/// [`PermalinkError`].
pub fn check(pattern: &str) -> Result<(), PermalinkError> {
    if !pattern.starts_with('/') {
        return Err(PermalinkError::NoSlash(pattern.to_owned()));
    }
    let mut varies = false;
    for piece in pattern.split(':').skip(1) {
        let token = token(piece);
        if !TOKENS.contains(&token) {
            return Err(PermalinkError::Token(token.to_owned()));
        }
        varies |= matches!(token, "slug" | "title" | "path");
    }
    if varies {
        Ok(())
    } else {
        Err(PermalinkError::Constant(pattern.to_owned()))
    }
}

/// The letters a piece begins with.
fn token(piece: &str) -> &str {
    let end = piece.find(|c: char| !c.is_ascii_lowercase());
    &piece[..end.unwrap_or(piece.len())]
}

/// What a file's place in its folder says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The folders above it, as parts of an address.
    folders: Vec<String>,
    /// Its name, as part of an address.
    slug: String,
    /// The day before its name, Unix seconds.
    pub(super) date: Option<i64>,
    /// The first folder's name as it is, unless that is a number.
    pub(super) section: Option<String>,
}

impl Place {
    /// Reads a path such as "town/2026-11-23-crane.md" or "town/crane/index.md".
    pub(super) fn of(path: &str) -> Self {
        // Jekyll's "_posts" is no part of an address.
        let mut parts: Vec<_> = path
            .split('/')
            .filter(|part| !part.is_empty() && !part.starts_with('_'))
            .collect();
        let file = parts.pop().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let name = match parts.pop() {
            Some(folder) if stem == "index" => folder,
            Some(folder) => {
                parts.push(folder);
                stem
            }
            None => stem,
        };
        let (day, name) = dated(name);
        let number = |text: &&&str| text.chars().all(|c| c.is_ascii_digit() || c == '-');
        Self {
            section: parts
                .first()
                .filter(|text| !number(text))
                .map(|text| (*text).to_owned()),
            folders: parts.into_iter().map(slug_of).collect(),
            slug: slug_of(name),
            date: day.and_then(|day| {
                Some(
                    day.to_zoned_datetime(TimeZone::UTC)
                        .ok()?
                        .timestamp()
                        .as_second(),
                )
            }),
        }
    }
}

/// "2026-11-23-crane" is a day and a name.
fn dated(name: &str) -> (Option<Date>, &str) {
    let day = name
        .get(..10)
        .and_then(|day| Date::strptime("%Y-%m-%d", day).ok());
    match (day, name.get(10..)) {
        (Some(day), Some("")) => (Some(day), name),
        (Some(day), Some(rest)) if rest.len() > 1 && rest.starts_with(['-', '_']) => {
            (Some(day), &rest[1..])
        }
        _ => (None, name),
    }
}

fn slug_of(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().collect();
    let name = words.join("-").to_lowercase();
    // What would end the path is part of the name here.
    name.replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23")
}

/// The address of a page, by the pattern of its own or of the configuration; none without a front
/// page to stand below.
pub(super) fn link(
    fields: &Fields,
    place: &Place,
    published_at: Option<i64>,
    settings: &Settings,
) -> Result<Option<Url>, Broken> {
    let Some(home) = &settings.home_url else {
        return Ok(None);
    };
    let own = fields
        .text(&["slug"])
        .map(|slug| slug_of(slug.trim_matches('/')));
    let slug = own.unwrap_or_else(|| place.slug.clone());
    if slug.is_empty() {
        return Ok(Some(home.clone()));
    }
    let pattern = fields
        .texts(&["permalink"])
        .find(|text| text.starts_with('/') && text.contains("/:"))
        .or_else(|| settings.permalink.clone())
        .unwrap_or_else(|| DEFAULT.to_owned());
    let path = expand(&pattern, place, &slug, published_at)?;
    let path: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let slash = if pattern.ends_with('/') { "/" } else { "" };
    // "./" so that a colon in a name is no scheme.
    let address = format!("./{}{slash}", path.join("/"));
    folder_of(home)
        .join(&address)
        .map(Some)
        .map_err(|_| Broken::new(format!("\"{address}\" is no address")))
}

fn expand(
    pattern: &str,
    place: &Place,
    slug: &str,
    published_at: Option<i64>,
) -> Result<String, Broken> {
    let mut pieces = pattern.split(':');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let token = token(piece);
        let value = match token {
            "slug" | "title" => slug.to_owned(),
            "path" => {
                let mut parts = place.folders.clone();
                parts.push(slug.to_owned());
                parts.join("/")
            }
            "section" => place.folders.first().cloned().unwrap_or_default(),
            "year" | "month" | "day" => {
                let day = published_at
                    .and_then(|at| Timestamp::from_second(at).ok())
                    .map(|at| TimeZone::UTC.to_datetime(at).date())
                    .ok_or_else(|| {
                        Broken::new(format!("its address needs a date, for :{token}"))
                    })?;
                match token {
                    "year" => format!("{:04}", day.year()),
                    "month" => format!("{:02}", day.month()),
                    _ => format!("{:02}", day.day()),
                }
            }
            unknown => {
                return Err(Broken::new(format!(
                    "its permalink asks for \":{unknown}\""
                )));
            }
        };
        out.push_str(&value);
        out.push_str(&piece[token.len()..]);
    }
    Ok(out)
}

/// The front page as a folder: what addresses are relative to.
pub(super) fn folder_of(home: &Url) -> Url {
    let mut folder = home.clone();
    folder.set_query(None);
    folder.set_fragment(None);
    if !folder.path().ends_with('/') {
        let path = format!("{}/", folder.path());
        folder.set_path(&path);
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::super::front_matter::split;
    use super::*;

    #[test]
    fn addresses_are_made_of_names_dates_and_patterns() {
        for (path, front, pattern, link) in [
            ("crane.md", "", None, "/blog/crane/"),
            ("Town/Old Crane.md", "", None, "/blog/town/old-crane/"),
            ("town/crane/index.md", "", None, "/blog/town/crane/"),
            ("_posts/2026-11-23-crane.md", "", None, "/blog/crane/"),
            ("a/b.md", "slug: New Name", None, "/blog/a/new-name/"),
            (
                "2026-11-03-crane.md",
                "",
                Some("/:year/:month/:day/:slug.html"),
                "/blog/2026/11/03/crane.html",
            ),
            ("town/x.md", "", Some("/:section/:title"), "/blog/town/x"),
            ("x.md", "", Some("/:section/:slug/"), "/blog/x/"),
            ("x.md", "permalink: /n/:slug/", None, "/blog/n/x/"),
            ("a?b#c.md", "", None, "/blog/a%3Fb%23c/"),
            ("a:b.md", "", Some("/:slug"), "/blog/a:b"),
            ("2026-11-23.md", "", None, "/blog/2026-11-23/"),
        ] {
            let settings = Settings {
                home_url: Some(Url::parse("https://harbour.example/blog").unwrap()),
                permalink: pattern.map(str::to_owned),
            };
            let text = format!("---\n{front}\n---\n");
            let fields = split(&text).unwrap().0;
            let place = Place::of(path);
            let found = super::link(&fields, &place, place.date, &settings);
            let found = found.unwrap().unwrap();
            assert_eq!(found.path(), link, "{path}");
        }
    }

    #[test]
    fn a_pattern_with_a_date_needs_one() {
        let settings = Settings {
            home_url: Some(Url::parse("https://harbour.example/").unwrap()),
            permalink: Some("/:year/:slug/".to_owned()),
        };
        let broken = link(&Fields::default(), &Place::of("x.md"), None, &settings).unwrap_err();
        assert_eq!(broken.why, "its address needs a date, for :year");
    }

    #[test]
    fn patterns_are_checked() {
        for (pattern, problem) in [
            ("/:year/:slug/", None),
            ("/news/:path.html", None),
            (
                ":slug",
                Some("the permalink \":slug\" does not begin with /"),
            ),
            ("/:slgu/", Some("the permalink asks for \":slgu\"")),
            (
                "/:year/",
                Some("the permalink \"/:year/\" has neither :slug nor :path in it"),
            ),
        ] {
            let found = check(pattern).err().map(|error| error.to_string());
            assert_eq!(found.as_deref(), problem);
        }
    }
}
