//! Domain types to view models: dates, times and sentences in the reader's words.

use courant_languages::Locale;
use courant_templates::Words;
use courant_templates::view::{
    CardView, Copy, Direction, EditionView, EntryView, FooterView, ImageView, LabelView, LinkView,
    NoteView, NoticeView, SectionView, SponsorView, WeatherView,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::note;
use super::words::{EntryWords, hue, length};
use super::{Reader, Urls};
use crate::edition::slates::{Placed, SMALL, Variant};
use crate::edition::{Edition, SectionKind, subject};

/// Interface words of a language; English where there are none.
#[must_use]
pub fn words_for(language: &str) -> &'static Words {
    Locale::of(language).words()
}

/// What an edition shows, in words: the same for every reader.
#[derive(Debug, Clone)]
pub struct Prepared {
    locale: Locale,
    zone: TimeZone,
    date: String,
    weather: Option<(String, Option<String>)>,
    /// The note's greeting: the editor's, else the usual one.
    hello: String,
    list: String,
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

impl Prepared {
    /// Puts an edition's dates and numbers into words.
    #[must_use]
    pub fn new(edition: &Edition) -> Self {
        let frame = &edition.frame;
        let locale = Locale::of(&frame.publication.language);
        let zone = frame.zone();
        let slot = edition.slot_at.to_zoned_datetime(zone.clone());
        let entries = edition.entries.iter();
        let title = |kind: SectionKind| {
            let found = frame.order.iter().find(|(section, _)| *section == kind);
            found.map(|(_, title)| title.clone()).unwrap_or_default()
        };
        let weather = frame.weather.as_ref().map(|weather| {
            (
                locale.temperature(weather.celsius(), weather.unit),
                weather.sky.map(|sky| locale.sky(sky)),
            )
        });
        let hello = frame.note.as_ref().and_then(|note| note.hello.clone());
        Self {
            date: locale.date(slot.date()),
            weather,
            hello: hello.unwrap_or_else(|| locale.greeting(slot.hour())),
            list: courant_templates::full_name(&frame.publication.name, &frame.title).into_owned(),
            entries: entries
                .map(|entry| EntryWords::new(entry, edition, &locale, &zone))
                .collect(),
            more_title: title(SectionKind::More),
            topics_title: title(SectionKind::Topics),
            locale,
            zone,
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
        let words = words.map(|entry| entry.words).sum();
        let length = length(placed.len(), words, &self.locale);
        let (subject, preheader) = subject::of_copy(edition, (variant, &placed), &self.locale);
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

    /// The day of an instant, Unix seconds, where the edition is read.
    #[must_use]
    pub fn day(&self, at: i64) -> Date {
        let at = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned_datetime(self.zone.clone()).date()
    }

    /// Why somebody with this address, signed up on this day, gets the edition.
    #[must_use]
    pub fn why(&self, edition: &Edition, address: &str, since: Date) -> String {
        let schedule = &edition.frame.schedule;
        let since = self.locale.day(since);
        self.locale.why(address, &self.list, schedule, &since)
    }

    fn of(&self, placed: &Placed<'_>) -> Option<&EntryWords> {
        self.entries.get(usize::from(placed.entry.link))
    }
}

impl<'c> Copied<'c> {
    /// What an inbox shows beside the subject: the edition's own, unless other stories lead.
    #[must_use]
    pub fn preheader(&self) -> &str {
        &self.preheader
    }

    /// Why a reader gets this: address, list, schedule, date of sign-up.
    #[must_use]
    pub fn why(&self, reader: &Reader<'_>) -> String {
        let day = self.prepared.day(reader.subscribed_at);
        self.prepared.why(self.edition, reader.address, day)
    }

    /// The view of it.
    #[must_use]
    pub fn view<'a>(&'a self, urls: &'a Urls, why: Option<&'a str>, copy: Copy) -> EditionView<'a> {
        let (frame, prepared) = (&self.edition.frame, self.prepared);
        let personal = copy != Copy::Archive;
        EditionView {
            copy,
            language: &frame.publication.language,
            direction: prepared.locale.direction(),
            words: prepared.locale.words(),
            brand: &frame.publication.name,
            home_url: &frame.publication.home_url,
            edition_name: &frame.title,
            date: &prepared.date,
            weather: self.weather(),
            preheader: &self.preheader,
            view_url: (copy == Copy::Mail).then_some(urls.view.as_str()),
            archive: None,
            notice: frame.notice.as_ref().map(|notice| NoticeView {
                bold: &notice.bold,
                text: &notice.text,
            }),
            note: frame.note.as_ref().map(|note| NoteView {
                hello: &prepared.hello,
                text: note::paragraphs(&note.text),
                by: note.by.as_deref(),
            }),
            length: self.length.as_deref(),
            sections: self.sections(urls),
            footer: FooterView {
                preferences_url: personal.then_some(urls.preferences.as_str()),
                unsubscribe_url: personal.then_some(urls.unsubscribe.as_str()),
                why: why.filter(|_| personal),
                subscribe_url: Some(frame.publication.sign_up()),
                address: &frame.publication.postal_address,
                privacy_url: frame.publication.privacy_url.as_deref(),
            },
            pixel_url: urls.pixel.as_deref().filter(|_| copy == Copy::Mail),
        }
    }

    fn weather(&self) -> Option<WeatherView<'_>> {
        let place = &self.edition.frame.weather.as_ref()?.place;
        let (temperature, sky) = self.prepared.weather.as_ref()?;
        Some(WeatherView {
            place,
            temperature,
            sky: sky.as_deref(),
        })
    }

    fn sections<'a>(&'a self, urls: &'a Urls) -> Vec<SectionView<'a>> {
        let (frame, prepared) = (&self.edition.frame, self.prepared);
        let of = |kind: SectionKind| -> Vec<(&'a Placed<'c>, EntryView<'a>)> {
            let all = self.placed.iter().zip(&urls.entries);
            all.filter(|(placed, _)| placed.section == kind)
                .filter_map(|(placed, url)| Some((placed, prepared.of(placed)?, url)))
                .map(|(placed, words, url)| {
                    let edition = prepared.locale.direction();
                    let mut view = entry_view(placed, words, url, edition);
                    if frame.compact.contains(&kind) {
                        (view.summary, view.image) = (None, None);
                        // Nothing else says the category of a story that is alone in its own.
                        view.label = view.label.filter(|_| kind == SectionKind::Categories);
                    }
                    (placed, view)
                })
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
                SectionKind::Categories => {
                    let (alone, sorted): (Vec<_>, Vec<_>) = of(*kind)
                        .into_iter()
                        .partition(|(placed, _)| placed.section_title.is_empty());
                    self.categories(&mut sections, sorted);
                    let alone = alone.into_iter().map(|(_, view)| view).collect();
                    push_list(&mut sections, alone, |entries| SectionView::Brief {
                        title,
                        entries,
                    });
                }
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
                // A small edition has no titles, and one story's tags are no topics of the day.
                SectionKind::Topics if !frame.tags.is_empty() && self.placed.len() > SMALL => {
                    let tags = frame.tags.iter().map(link_view).collect();
                    sections.push(SectionView::Topics {
                        title: &prepared.topics_title,
                        tags,
                    });
                }
                SectionKind::More
                    if !(frame.more.card.is_empty() && frame.more.link.is_empty())
                        && self.placed.len() > 1 =>
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

fn entry_view<'a>(
    placed: &Placed<'a>,
    words: &'a EntryWords,
    url: &'a str,
    edition: Direction,
) -> EntryView<'a> {
    let article = &placed.entry.article;
    let category = article.category.as_deref();
    EntryView {
        title: &article.title,
        url,
        summary: words.summary.as_deref(),
        label: category.map(|name| LabelView {
            name,
            hue: words.hue,
        }),
        byline: article.author.as_deref(),
        reading_time: words.reading_time.as_deref(),
        time: (placed.section == SectionKind::Newest).then_some(words.time.as_str()),
        image: article
            .image_url
            .as_deref()
            .filter(|url| is_shown(url))
            .map(|url| ImageView {
                url,
                alt: article.image_alt.as_deref().unwrap_or_default(),
            }),
        language: words.foreign.as_deref(),
        direction: (words.direction != edition).then_some(words.direction),
        badge: None,
    }
}

/// Whether mail programs show a picture, so that it is in a mail: Gmail and Outlook leave a hole for vector graphics, and plain
/// HTTP is warned of.
#[must_use]
pub fn is_shown(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let ending = path.rsplit('.').next().unwrap_or_default();
    let is_unknown = |kind: &str| ending.eq_ignore_ascii_case(kind);
    url.starts_with("https://") && !["svg", "svgz", "avif"].iter().any(|kind| is_unknown(kind))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_leave_a_hole_are_left_out() {
        for (url, shown) in [
            ("https://a.example/x.jpg", true),
            ("https://a.example/x.SVG?v=2", false),
            ("https://a.example/x.avif", false),
            ("http://a.example/x.jpg", false),
            ("https://a.example/svg", true),
            ("https://a.example/picture", true),
        ] {
            assert_eq!(is_shown(url), shown, "{url}");
        }
    }
}
