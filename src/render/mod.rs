//! An edition and one recipient in, the finished words of one mail out.
//!
//! [`Prepared`] holds what is the same for every reader (dates in words, reading times, labels);
//! [`render`] adds the reader's links and calls the templates. It writes the same bytes for the same
//! input, so a preview, a test, the copy in a browser and the mail itself cannot disagree.

use courant_subscribers::{Counting, Format};
use courant_templates::Theme;
use courant_templates::view::{ArchiveLinks, Copy};

use crate::edition::Edition;
use crate::edition::slates::{FIRST_GROUP, NEWEST, OWN, Placed, Variant};
use crate::links::{Kind, Links, Token};
use crate::tracking::Tracking;

mod advice;
pub mod budget;
mod letters;
mod marked;
mod note;
mod view;
mod words;

pub use advice::advice;
pub use letters::{LetterUrls, letter};
pub use marked::{Pictures, marked_copy};
pub use note::{MOST_WORDS, note_shows_markup, note_words};
pub use view::{Copied, Prepared, is_shown, words_for};

/// For whom a copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader<'a> {
    /// Their number in tokens; 0 in tests and previews, whose links lead nowhere that counts.
    pub subscriber: i64,
    /// Their address, for the sentence that says why they get this.
    pub address: &'a str,
    /// When they signed up, Unix seconds.
    pub subscribed_at: i64,
    /// Designed or text only.
    pub format: Format,
    /// Whether their opens and clicks may be counted.
    pub counting: Counting,
}

/// The URLs of one reader's copy.
#[derive(Debug, Clone)]
pub struct Urls {
    /// One for each story of the copy, in order.
    pub entries: Vec<String>,
    /// View in browser.
    pub view: String,
    /// Preferences page.
    pub preferences: String,
    /// Unsubscribe page and one-click address.
    pub unsubscribe: String,
    /// Open pixel, if this reader may be counted.
    pub pixel: Option<String>,
}

/// What the links of one reader's copy do; where nothing is counted, stories lead straight to themselves.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// One for each story of the copy, in order.
    pub clicks: Vec<Option<Token>>,
    /// View in browser.
    pub view: Token,
    /// Preferences page.
    pub preferences: Token,
    /// Unsubscribe page and one-click address.
    pub unsubscribe: Token,
    /// Open pixel.
    pub open: Option<Token>,
}

impl Tokens {
    /// A reader's. Readers who are not counted have none for stories and the pixel; where only how often
    /// is counted, these say where they stand and not whose they are.
    #[must_use]
    pub fn of(copy: &Copied<'_>, reader: &Reader<'_>) -> Self {
        let edition = copy.edition.number;
        let own = |kind| Token {
            subscriber: reader.subscriber,
            edition,
            kind,
        };
        let tracking = match (reader.counting, reader.subscriber) {
            (Counting::Declined, _) => Tracking::Off,
            // Tests and previews belong to nobody: what is done with them is not counted.
            (Counting::Allowed, 0) => Tracking::Full,
            (Counting::Allowed, _) => copy.edition.frame.tracking,
        };
        // Not the list, which few share: only which wave, and the place in the whole list.
        let wave = copy.edition.slates.wave_of(copy.variant.slate);
        let places = match tracking {
            Tracking::Aggregate => copy.edition.nominal(&copy.variant),
            Tracking::Full | Tracking::Off => Vec::new(),
        };
        let counted = |place: u32, kind| match tracking {
            Tracking::Off => None,
            Tracking::Full => Some(own(kind)),
            Tracking::Aggregate => {
                let place = (wave, u16::try_from(place).unwrap_or(u16::MAX));
                Some(Token::anonymous(edition, place, kind))
            }
        };
        let click = |placed: &Placed<'_>| {
            let link = placed.entry.link;
            let place = places.iter().find(|(known, _)| *known == link);
            counted(place.map_or(0, |(_, place)| *place), Kind::Click(link))
        };
        Self {
            clicks: copy.placed.iter().map(click).collect(),
            view: own(Kind::View),
            preferences: own(Kind::Preferences),
            unsubscribe: own(Kind::Unsubscribe),
            open: counted(0, Kind::Open),
        }
    }
}

impl Urls {
    /// A reader's URLs. Readers who are not counted get the articles' own URLs and no pixel.
    #[must_use]
    pub fn of(copy: &Copied<'_>, reader: &Reader<'_>, links: &Links) -> Self {
        Self::from_tokens(copy, &Tokens::of(copy, reader), links)
    }

    /// The URLs that do what the tokens say.
    #[must_use]
    pub fn from_tokens(copy: &Copied<'_>, tokens: &Tokens, links: &Links) -> Self {
        let stories = copy.placed.iter().zip(&tokens.clicks);
        let entries = stories.map(|(placed, click)| {
            click.map_or_else(
                || placed.entry.article.url.clone(),
                |token| links.url(token),
            )
        });
        Self {
            entries: entries.collect(),
            view: links.url(tokens.view),
            preferences: links.url(tokens.preferences),
            unsubscribe: links.url(tokens.unsubscribe),
            pixel: tokens.open.map(|token| links.url(token)),
        }
    }
}

/// One reader's mail, before MIME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Subject line.
    pub subject: String,
    /// What an inbox shows beside it.
    pub preheader: String,
    /// The html part; none for readers who want text only.
    pub html: Option<String>,
    /// The text part.
    pub text: String,
    /// How far the html part had to be trimmed.
    pub trimmed: Option<budget::Trim>,
}

/// Renders one reader's mail.
#[must_use]
pub fn render(copied: &Copied<'_>, reader: &Reader<'_>, urls: &Urls, theme: &Theme) -> Rendered {
    let why = copied.why(reader);
    let mut view = copied.view(urls, Some(&why), Copy::Mail);
    // Nobody clips the text part: it tells what the html part may have to leave out.
    let text = courant_templates::text::text(&view);
    let (html, trimmed) = match reader.format {
        Format::Designed => {
            let (html, trimmed) = budget::fit(&mut view, |view| {
                courant_templates::email::html(view, theme)
            });
            (Some(html), trimmed)
        }
        Format::Text => (None, None),
    };
    Rendered {
        subject: copied.subject.clone(),
        preheader: copied.preheader().to_owned(),
        html,
        text,
        trimmed,
    }
}

/// Bytes, as sent, of the largest copy that a list of an edition makes for somebody who had none of its
/// stories, and how far any of them had to be trimmed.
///
/// What is over the limit was not small enough after the last step of [`budget::fit`].
#[must_use]
pub fn largest_copy(
    edition: &Edition,
    theme: &Theme,
    links: &Links,
) -> (usize, Option<budget::Trim>) {
    let prepared = Prepared::new(edition);
    let reader = Reader {
        subscriber: 0,
        address: "reader@example.org",
        subscribed_at: edition.built_at.as_second(),
        format: Format::Designed,
        counting: Counting::Allowed,
    };
    let groups = u32::try_from(edition.slates.groups.len()).unwrap_or(0);
    let slates = [OWN, NEWEST]
        .into_iter()
        .chain(FIRST_GROUP..FIRST_GROUP + groups);
    let sizes = slates
        .filter(|slate| edition.slates.has(*slate))
        .map(|slate| {
            let variant = Variant {
                slate,
                ..Variant::default()
            };
            let copied = prepared.copy(edition, &variant);
            let urls = Urls::of(&copied, &reader, links);
            let rendered = render(&copied, &reader, &urls, theme);
            let bytes = budget::encoded_bytes(&rendered.html.unwrap_or_default());
            (bytes, rendered.trimmed)
        });
    sizes.fold((0, None), |most, it| (most.0.max(it.0), most.1.max(it.1)))
}

/// Renders the edition's own copy for everybody: nobody's links, and the way to other editions.
#[must_use]
pub fn archive_copy(
    prepared: &Prepared,
    edition: &Edition,
    neighbours: ArchiveLinks<'_>,
    links: &Links,
    theme: &Theme,
) -> String {
    let nobody = Reader {
        subscriber: 0,
        address: "",
        subscribed_at: 0,
        format: Format::Designed,
        counting: Counting::Declined,
    };
    let copied = prepared.copy(edition, &Variant::default());
    let urls = Urls::of(&copied, &nobody, links);
    let mut view = copied.view(&urls, None, Copy::Archive);
    view.archive = Some(neighbours);
    courant_templates::email::html(&view, theme)
}

/// Renders a reader's copy for a browser: no pixel, no "View in browser".
#[must_use]
pub fn browser_copy(
    copied: &Copied<'_>,
    reader: &Reader<'_>,
    urls: &Urls,
    theme: &Theme,
) -> String {
    let why = copied.why(reader);
    courant_templates::email::html(&copied.view(urls, Some(&why), Copy::Browser), theme)
}
