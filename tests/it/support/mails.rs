//! An invented edition and who writes its mails.

use courant::articles::{Article, ArticleId};
use courant::clock::Clock;
use courant::delivery::compose::{Composer, Sender};
use courant::delivery::{Config, dkim};
use courant::edition::slates::Slates;
use courant::edition::{Edition, EditionId, Entry, Frame, More, Publication, SectionKind, Status};
use courant::links::Links;
use courant::secret::Secret;
use courant::tracking::Tracking;
use courant_subscribers::{Counting, EmailAddress, Format, Recipient, SubscriberId};
use courant_templates::Theme;
use jiff::Timestamp;

pub(crate) const AT: i64 = 1_795_000_000;
const TITLES: [&str; 6] = [
    "Harbour wall holds through the night",
    "Brücke über die Au wird später fertig",
    "=?utf-8?q?not_a_word?= and other tricks of a headline that is far too long for one line",
    "灯台に灯がともる",
    "A & B <agree> \"at last\"",
    ".. two dots first",
];

fn article(number: u32) -> Article {
    let title = TITLES[number as usize % TITLES.len()];
    Article {
        id: ArticleId::parse(&format!("{number:016x}")).unwrap(),
        url: format!("https://www.tarn.example/{number}?a=1&b=2"),
        title: format!("{title} {number}"),
        summary: (number % 3 != 1).then(|| {
            format!("Summary {number}: café, naïve, 100 % = all.  Two  spaces and a tab\there.")
        }),
        source: "news".to_owned(),
        category: (number % 4 != 3)
            .then(|| ["Quay", "Sport", "Welt"][number as usize % 3].to_owned()),
        tags: vec![],
        author: number.is_multiple_of(2).then(|| "Åsa Öberg".to_owned()),
        image_url: number
            .is_multiple_of(3)
            .then(|| format!("https://img.tarn.example/{number}.jpg")),
        image_alt: None,
        language: (number % 5 == 4).then(|| "de".to_owned()),
        minutes: (number % 2 == 1).then_some(3),
        published_at: AT - 3600 * i64::from(number),
        first_seen_at: AT,
        updated_at: AT,
        hidden_at: None,
        pinned_at: None,
        boost: 1.0,
        cluster: None,
    }
}

/// An edition of this many stories in several sections.
pub(crate) fn edition(stories: u32) -> Edition {
    let entry = |number: u32| {
        let (section, title) = match number {
            0 => (SectionKind::Lead, ""),
            1..=5 => (SectionKind::Top, "Top stories"),
            6..=9 => (SectionKind::Newest, "New"),
            _ => (SectionKind::Categories, "Quay"),
        };
        Entry {
            position: number + 1,
            section,
            section_title: title.to_owned(),
            link: u16::try_from(number).unwrap(),
            article: article(number),
            score: None,
            reason: "because".to_owned(),
            own: true,
        }
    };
    Edition {
        id: EditionId::from_text("daily-2026-11-23"),
        number: 7,
        digest: "daily".to_owned(),
        slot_at: Timestamp::from_second(AT).unwrap(),
        status: Status::Approved,
        subject: "Was heute zählt: Hafen, Brücke & mehr".to_owned(),
        preheader: "Plus: the wall, the bridge & 灯台.".to_owned(),
        frame: Frame {
            publication: Publication {
                name: "Tarn Courier".to_owned(),
                home_url: "https://www.tarn.example/".to_owned(),
                postal_address: "Tarn Courier, Quay 1, 12345 Tarn".to_owned(),
                ..Publication::default()
            },
            title: "Morning".to_owned(),
            schedule: "every day at 7:00\u{a0}AM".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            tracking: Tracking::default(),
            categories: Vec::new(),
            tags: Vec::new(),
            more: More::default(),
            sponsor: None,
            order: vec![
                (SectionKind::Lead, String::new()),
                (SectionKind::Top, "Top stories".to_owned()),
                (SectionKind::Newest, "New".to_owned()),
                (SectionKind::Categories, "Categories".to_owned()),
            ],
            ..Frame::default()
        },
        entries: (0..stories).map(entry).collect(),
        slates: Slates::default(),
        passed_over: Vec::new(),
        built_at: Timestamp::from_second(AT).unwrap(),
        enqueued_at: None,
        choice: None,
        version: 0,
        first_wave_at: None,
    }
}

/// Who writes an edition's mails, signing them or not.
pub(crate) fn composer(edition: Edition, signer: Option<dkim::Signer>) -> Composer {
    let config = Config {
        from: "Tarn Courier <digest@tarn.example>".to_owned(),
        return_path: Some("bounces@tarn.example".to_owned()),
        ..Config::default()
    };
    let key = Secret::new("bm90IGEgc2VjcmV0IGtleSBhdCBhbGwsIHRoaXMgb25l");
    let links = Links::new("https://go.tarn.example", &key).unwrap();
    let clock = Clock::fixed(Timestamp::from_second(AT).unwrap());
    let sender = Sender::parse(&config).unwrap();
    Composer::new(edition, Theme::default(), links, sender, clock).signed_by(signer)
}

/// A reader with this number.
pub(crate) fn recipient(number: i64) -> Recipient {
    Recipient {
        id: SubscriberId::from_i64(number),
        address: EmailAddress::parse(&format!("reader-{number}@example.org")).unwrap(),
        name: None,
        format: if number % 7 == 6 {
            Format::Text
        } else {
            Format::Designed
        },
        counting: if number % 5 == 4 {
            Counting::Declined
        } else {
            Counting::Allowed
        },
        subscribed_at: AT - 86_400 * number,
        time_zone: None,
    }
}
