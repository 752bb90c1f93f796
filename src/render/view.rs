//! Domain types to view models: dates, times and sentences in the reader's words.

use courant_templates::view::{
    CardView, Copy, Direction, EditionView, EntryView, FooterView, ImageView, LabelView, LinkView,
    SectionView, SponsorView,
};
use courant_templates::words::Words;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{Reader, Urls};
use crate::edition::slates::{Placed, Variant};
use crate::edition::{Category, Edition, SectionKind, subject};

/// Interface words of a language; English for all of them until there are others.
#[must_use]
pub fn words_for(_language: &str) -> &'static Words {
    &courant_templates::words::ENGLISH
}

/// What an edition shows, in words: the same for every reader.
#[derive(Debug, Clone)]
pub struct Prepared {
    date: String,
    entries: Vec<EntryWords>,
    more_title: String,
    topics_title: String,
}

/// One copy of an edition, with what is in words for it alone.
#[derive(Debug, Clone)]
pub struct Copied<'a> {
    /// The edition.
    pub edition: &'a Edition,
    /// Which copy it is.
    pub variant: Variant,
    /// Its stories in reading order.
    pub placed: Vec<Placed<'a>>,
    /// Subject line: the edition's, unless another story leads.
    pub subject: String,
    preheader: String,
    length: Option<String>,
    prepared: &'a Prepared,
}

#[derive(Debug, Clone)]
struct EntryWords {
    words: usize,
    time: String,
    reading_time: Option<String>,
    hue: usize,
    direction: Direction,
    foreign: Option<String>,
}

impl Prepared {
    /// Puts an edition's dates and numbers into words.
    #[must_use]
    pub fn new(edition: &Edition) -> Self {
        let zone = TimeZone::get(&edition.frame.time_zone).unwrap_or(TimeZone::UTC);
        let slot = edition.slot_at.to_zoned_datetime(zone.clone());
        let entries: Vec<_> = edition
            .entries
            .iter()
            .map(|entry| EntryWords {
                words: [Some(&entry.article.title), entry.article.summary.as_ref()]
                    .into_iter()
                    .flatten()
                    .map(|text| text.split_whitespace().count())
                    .sum(),
                time: time_in_words(entry.article.published_at, edition.slot_at, &zone),
                reading_time: entry
                    .article
                    .minutes
                    .map(|minutes| format!("{minutes} min read")),
                hue: hue(entry.article.category.as_deref(), &edition.frame.categories),
                direction: Direction::of_article(
                    entry.article.language.as_deref(),
                    &entry.article.title,
                ),
                foreign: foreign(
                    entry.article.language.as_deref(),
                    &edition.frame.publication.language,
                )
                .map(str::to_owned),
            })
            .collect();
        let title = |kind: SectionKind| {
            let found = edition
                .frame
                .order
                .iter()
                .find(|(section, _)| *section == kind);
            found.map(|(_, title)| title.clone()).unwrap_or_default()
        };
        Self {
            date: slot.strftime("%A, %B %-d, %Y").to_string(),
            entries,
            more_title: title(SectionKind::More),
            topics_title: title(SectionKind::Topics),
        }
    }

    /// The edition's date in words.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// One copy of the edition.
    #[must_use]
    pub fn copy<'a>(&'a self, edition: &'a Edition, variant: &Variant) -> Copied<'a> {
        let placed = edition.copy(variant);
        let words = placed.iter().filter_map(|placed| self.of(placed));
        let length = length(placed.len(), words.map(|entry| entry.words).sum());
        let (subject, preheader) = subject::of_copy(edition, &placed);
        Copied {
            edition,
            variant: variant.clone(),
            placed,
            subject,
            preheader,
            length,
            prepared: self,
        }
    }

    fn of(&self, placed: &Placed<'_>) -> Option<&EntryWords> {
        self.entries.get(usize::from(placed.entry.link))
    }
}

impl<'c> Copied<'c> {
    /// Why a reader gets this: address, list, schedule, date of sign-up.
    #[must_use]
    pub fn why(&self, reader: &Reader<'_>) -> String {
        let frame = &self.edition.frame;
        let zone = TimeZone::get(&frame.time_zone).unwrap_or(TimeZone::UTC);
        let since = Timestamp::from_second(reader.subscribed_at).unwrap_or(Timestamp::UNIX_EPOCH);
        let since = since
            .to_zoned_datetime(zone)
            .strftime("%B %-d, %Y")
            .to_string();
        format!(
            "You get this email because {} signed up for the {} {} ({}) on {since}.",
            reader.address, frame.publication.name, frame.title, frame.schedule
        )
    }

    /// The view of it.
    #[must_use]
    pub fn view<'a>(&'a self, urls: &'a Urls, why: Option<&'a str>, copy: Copy) -> EditionView<'a> {
        let frame = &self.edition.frame;
        let personal = copy != Copy::Archive;
        EditionView {
            copy,
            language: &frame.publication.language,
            direction: Direction::LeftToRight,
            words: words_for(&frame.publication.language),
            brand: &frame.publication.name,
            home_url: &frame.publication.home_url,
            edition_name: &frame.title,
            date: &self.prepared.date,
            weather: None,
            preheader: &self.preheader,
            view_url: (copy == Copy::Mail).then_some(urls.view.as_str()),
            notice: None,
            note: None,
            length: self.length.as_deref(),
            sections: self.sections(urls),
            footer: FooterView {
                preferences_url: personal.then_some(urls.preferences.as_str()),
                unsubscribe_url: personal.then_some(urls.unsubscribe.as_str()),
                why: why.filter(|_| personal),
                subscribe_url: None,
                address: &frame.publication.postal_address,
                privacy_url: frame.publication.privacy_url.as_deref(),
            },
            pixel_url: urls.pixel.as_deref().filter(|_| copy == Copy::Mail),
        }
    }

    fn sections<'a>(&'a self, urls: &'a Urls) -> Vec<SectionView<'a>> {
        let (frame, prepared) = (&self.edition.frame, self.prepared);
        let of = |kind: SectionKind| -> Vec<(&'a Placed<'c>, EntryView<'a>)> {
            let all = self.placed.iter().zip(&urls.entries);
            all.filter(|(placed, _)| placed.section == kind)
                .filter_map(|(placed, url)| Some((placed, prepared.of(placed)?, url)))
                .map(|(placed, words, url)| (placed, entry_view(placed, words, url)))
                .collect()
        };
        let views = |kind| {
            of(kind)
                .into_iter()
                .map(|(_, view)| view)
                .collect::<Vec<_>>()
        };
        let mut sections = Vec::new();
        for (kind, title) in &frame.order {
            match kind {
                SectionKind::Lead => {
                    sections.extend(views(SectionKind::Lead).into_iter().map(SectionView::Lead));
                    let plain = views(SectionKind::Plain);
                    if !plain.is_empty() {
                        sections.push(SectionView::Plain(plain));
                    }
                }
                SectionKind::Top => push_list(&mut sections, views(*kind), |entries| {
                    SectionView::Ranked { title, entries }
                }),
                SectionKind::Newest => push_list(&mut sections, views(*kind), |entries| {
                    SectionView::Timed { title, entries }
                }),
                SectionKind::Categories => self.categories(&mut sections, of(*kind)),
                SectionKind::Sponsor => {
                    sections.extend(frame.sponsor.as_ref().map(|sponsor| {
                        SectionView::Sponsor(SponsorView {
                            name: &sponsor.name,
                            title: &sponsor.title,
                            text: &sponsor.text,
                            cta: &sponsor.cta,
                            url: &sponsor.url,
                        })
                    }));
                }
                SectionKind::Topics if !frame.tags.is_empty() => {
                    let tags = frame.tags.iter().map(link_view).collect();
                    sections.push(SectionView::Topics {
                        title: &prepared.topics_title,
                        tags,
                    });
                }
                SectionKind::More
                    if !(frame.more.card.is_empty() && frame.more.link.is_empty()) =>
                {
                    sections.push(SectionView::More {
                        title: &prepared.more_title,
                        cards: frame.more.card.iter().take(2).map(card_view).collect(),
                        links: frame.more.link.iter().map(link_view).collect(),
                    });
                }
                SectionKind::Plain | SectionKind::Topics | SectionKind::More => {}
            }
        }
        sections
    }

    fn categories<'a>(
        &'a self,
        sections: &mut Vec<SectionView<'a>>,
        entries: Vec<(&'a Placed<'c>, EntryView<'a>)>,
    ) {
        for (placed, mut view) in entries {
            // The section's title says the category.
            view.label = None;
            let name = placed.section_title;
            if let Some(SectionView::Category { label, entries, .. }) = sections.last_mut()
                && label.name == name
            {
                entries.push(view);
                continue;
            }
            let categories = &self.edition.frame.categories;
            let known = categories.iter().find(|category| category.name == name);
            sections.push(SectionView::Category {
                label: LabelView {
                    name,
                    hue: hue(Some(name), categories),
                },
                all_url: known.and_then(|category| category.url.as_deref()),
                entries: vec![view],
            });
        }
    }
}

fn push_list<'a>(
    sections: &mut Vec<SectionView<'a>>,
    entries: Vec<EntryView<'a>>,
    section: impl FnOnce(Vec<EntryView<'a>>) -> SectionView<'a>,
) {
    if !entries.is_empty() {
        sections.push(section(entries));
    }
}

fn entry_view<'a>(placed: &Placed<'a>, words: &'a EntryWords, url: &'a str) -> EntryView<'a> {
    let article = &placed.entry.article;
    let category = article.category.as_deref();
    EntryView {
        title: &article.title,
        url,
        summary: article.summary.as_deref(),
        label: category.map(|name| LabelView {
            name,
            hue: words.hue,
        }),
        byline: article.author.as_deref(),
        reading_time: words.reading_time.as_deref(),
        time: (placed.section == SectionKind::Newest).then_some(words.time.as_str()),
        image: article.image_url.as_deref().map(|url| ImageView {
            url,
            alt: article.image_alt.as_deref().unwrap_or_default(),
        }),
        language: words.foreign.as_deref(),
        direction: (words.direction != Direction::LeftToRight).then_some(words.direction),
    }
}

fn link_view(link: &crate::edition::Link) -> LinkView<'_> {
    LinkView {
        name: &link.name,
        url: &link.url,
    }
}

fn card_view(card: &crate::edition::Card) -> CardView<'_> {
    CardView {
        kind: &card.kind,
        title: &card.title,
        text: &card.text,
        url: &card.url,
        image: card.image_url.as_deref().map(|url| ImageView {
            url,
            alt: &card.image_alt,
        }),
    }
}

/// "6:12 AM" on the slot's day, "Mon 6:12 PM" within a week, else "Nov 3".
fn time_in_words(published_at: i64, slot_at: Timestamp, zone: &TimeZone) -> String {
    let published = Timestamp::from_second(published_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let published = published.to_zoned_datetime(zone.clone());
    let slot = slot_at.to_zoned_datetime(zone.clone());
    let week_ago = slot.date().saturating_sub(6.days());
    let format = if published.date() == slot.date() {
        "%-I:%M %p"
    } else if published.date() >= week_ago {
        "%a %-I:%M %p"
    } else {
        "%b %-d"
    };
    published.strftime(format).to_string()
}

/// "20 stories, a 6-minute read": headlines and summaries at 230 words a minute.
fn length(stories: usize, words: usize) -> Option<String> {
    let minutes = words.div_ceil(230);
    match (stories, minutes) {
        (0 | 1, _) => None,
        (_, 0 | 1) => Some(format!("{stories} stories, a one-minute read")),
        (_, 8 | 11 | 18) => Some(format!("{stories} stories, an {minutes}-minute read")),
        _ => Some(format!("{stories} stories, a {minutes}-minute read")),
    }
}

/// A category's hue, 0 to 7: the configured one, else a stable choice by name.
fn hue(category: Option<&str>, categories: &[Category]) -> usize {
    let Some(name) = category else { return 0 };
    let known = categories.iter().find(|category| category.name == name);
    match known.and_then(|category| category.hue) {
        Some(hue) => usize::from(hue.clamp(1, 8)) - 1,
        // FNV-1a: stable across versions and machines, unlike the standard library's hasher.
        None => {
            let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            usize::try_from(hash % 8).unwrap_or(0)
        }
    }
}

/// The language of an article where it is not the edition's; "en-GB" in "en" is no other language.
fn foreign<'a>(language: Option<&'a str>, edition: &str) -> Option<&'a str> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or(tag).to_ascii_lowercase();
    language.filter(|tag| primary(tag) != primary(edition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let slot: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
        for (published, words) in [
            ("2026-11-23T05:12:00Z", "6:12 AM"),
            ("2026-11-22T17:12:00Z", "Sun 6:12 PM"),
            ("2026-11-17T00:00:00Z", "Tue 1:00 AM"),
            ("2026-11-16T12:00:00Z", "Nov 16"),
        ] {
            let at: Timestamp = published.parse().unwrap();
            assert_eq!(time_in_words(at.as_second(), slot, &zone), words);
        }
    }

    #[test]
    fn only_another_language_is_named() {
        for (language, named) in [
            (Some("en"), None),
            (Some("en-GB"), None),
            (Some("de"), Some("de")),
            (None, None),
        ] {
            assert_eq!(foreign(language, "en"), named, "{language:?}");
        }
    }

    #[test]
    fn a_category_keeps_its_hue() {
        let configured = [Category {
            name: "Sport".into(),
            hue: Some(6),
            url: None,
            ..Category::default()
        }];
        assert_eq!(hue(Some("Sport"), &configured), 5);
        assert_eq!(
            hue(Some("Harbours"), &[]),
            hue(Some("Harbours"), &configured)
        );
    }
}
