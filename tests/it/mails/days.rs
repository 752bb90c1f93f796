//! Editions as the pipeline freezes them, of ordinary and of odd days, in three languages.

use courant::articles::{Article, ArticleId, clean};
use courant::edition::masthead::Weather;
use courant::edition::slates::Slates;
use courant::edition::{
    Card, Category, Edition, EditionId, Entry, Frame, Link, More, Note, Publication, SectionKind,
    Sponsor, Status, subject,
};
use courant_languages::{Locale, Sky, Unit};
use jiff::Timestamp;

/// 2023-12-06T06:00:00Z.
const SLOT: i64 = 1_701_842_400;

/// What is told, once for each language.
struct Tale {
    language: &'static str,
    brand: &'static str,
    title: &'static str,
    place: &'static str,
    categories: [&'static str; 4],
    headlines: &'static [&'static str],
    summary: &'static str,
    author: &'static str,
    note: &'static str,
}

const ENGLISH: Tale = Tale {
    language: "en",
    brand: "Tarnfold Post",
    title: "Breakfast Letter",
    place: "Tarnfold",
    categories: ["Trade", "Science", "Culture", "Sport"],
    headlines: &[
        "The old cable car runs again, and half the town takes the day off",
        "Beavers dam the Ashbrook and move the town border by forty metres",
        "Snow that fell upwards: what the mast on Harrow Peak recorded",
        "Why the cheese caves are full and the shelves are not",
        "The library that goes by rail stops at a fifth village",
        "A clockmaker asks the valley to be four minutes late for a year",
        "Ice on the lake will carry a horse by Friday",
    ],
    summary: "Volunteers have replaced every bolt; the first cabin left at dawn with a brass band inside.",
    author: "Petra Osei-Lind",
    note: "The lake froze overnight, and the ferryman has swapped his oars for a sledge.",
};

const ARABIC: Tale = Tale {
    language: "ar",
    brand: "بريد السرو",
    title: "رسالة الفطور",
    place: "السرو",
    categories: ["تجارة", "علوم", "ثقافة", "رياضة"],
    headlines: &[
        "التلفريك القديم يعمل من جديد ونصف البلدة تأخذ إجازة لركوبه",
        "القنادس تسدّ الجدول وتنقل حدود البلدة أربعين متراً",
        "آخر طاحونة ماء توظف أول متدربة منذ ثلاثين عاماً",
        "الجليد يحمل حصاناً بحلول الجمعة",
        "Snow that fell upwards on Harrow Peak",
    ],
    summary: "بعد تسعة عشر عاماً بدّل المتطوعون كل برغي فيه.",
    author: "ليلى منصور",
    note: "تجمدت البحيرة الليلة الماضية، واستبدل صاحب العبّارة مجاديفه بزلاجة.",
};

const JAPANESE: Tale = Tale {
    language: "ja",
    brand: "谷間新報",
    title: "朝の便り",
    place: "谷間町",
    categories: ["経済", "科学", "文化", "スポーツ"],
    headlines: &[
        "古いロープウェイが再び動き出し、町の半分が乗るために休みを取った",
        "ビーバーが小川をせき止め、町境を四十メートル動かす",
        "最後の水車小屋に三十年ぶりの見習い",
        "湖の氷、金曜には馬も渡れる厚さに",
        "山の上の時計台はなぜ一年だけ四分遅れるのか",
    ],
    summary: "最後の運行から十九年。有志がボルトを一本残らず交換した。",
    author: "長谷川葉子",
    note: "ゆうべ湖が凍り、渡し守は櫂をそりに替えました。",
};

impl Tale {
    fn article(&self, number: usize) -> Article {
        let headline = self.headlines[number % self.headlines.len()];
        let round = number / self.headlines.len();
        let again = if round == 0 {
            String::new()
        } else {
            format!(" ({round})")
        };
        Article {
            id: ArticleId::parse(&format!("{number:016x}")).unwrap(),
            url: format!("https://www.tarnfoldpost.example/2023/12/06/story-{number}"),
            title: [headline, &again].concat(),
            summary: Some(self.summary.to_owned()),
            source: "news".to_owned(),
            category: Some(self.categories[number % 4].to_owned()),
            tags: Vec::new(),
            author: Some(self.author.to_owned()),
            image_url: number.is_multiple_of(3).then(|| {
                format!("https://images.tarnfoldpost.example/2023/12/story-{number}-wide.jpg")
            }),
            image_alt: Some(self.place.to_owned()),
            language: headline.is_ascii().then(|| "en".to_owned()),
            minutes: Some(2 + i64::try_from(number % 6).unwrap()),
            published_at: SLOT - 900 * i64::try_from(number).unwrap(),
            first_seen_at: SLOT,
            updated_at: SLOT,
            hidden_at: None,
            pinned_at: None,
            boost: 1.0,
            cluster: None,
        }
    }

    fn frame(&self, locale: &Locale) -> Frame {
        let words = locale.words();
        let link = |name: &str| Link {
            name: name.to_owned(),
            url: format!("https://www.tarnfoldpost.example/{}", name.len()),
        };
        let card = |kind: &str, title: &str| Card {
            kind: kind.to_owned(),
            title: title.to_owned(),
            text: self.note.to_owned(),
            url: "https://www.tarnfoldpost.example/card".to_owned(),
            image_url: Some("https://images.tarnfoldpost.example/treeline.jpg".to_owned()),
            image_alt: String::new(),
        };
        use SectionKind::{Categories, Lead, More as Others, Newest, Sponsor as Paid, Top, Topics};
        Frame {
            publication: Publication {
                name: self.brand.to_owned(),
                home_url: "https://www.tarnfoldpost.example/".to_owned(),
                postal_address: format!("{}, 3 Lantern Steps, Tarnfold TF4 2LK", self.brand),
                privacy_url: Some("https://www.tarnfoldpost.example/privacy".to_owned()),
                language: self.language.to_owned(),
                ..Publication::default()
            },
            title: self.title.to_owned(),
            schedule: locale.schedule(
                &courant_languages::Rhythm::Weekdays,
                jiff::civil::time(7, 0, 0, 0),
            ),
            time_zone: "Europe/Zurich".to_owned(),
            categories: self
                .categories
                .iter()
                .map(|name| Category {
                    name: (*name).to_owned(),
                    url: Some("https://www.tarnfoldpost.example/all".to_owned()),
                    ..Category::default()
                })
                .collect(),
            tags: self.categories.iter().map(|name| link(name)).collect(),
            more: More {
                card: vec![
                    card("Podcast", self.headlines[1]),
                    card("Letter", self.title),
                ],
                link: vec![link(self.title), link(self.place)],
            },
            sponsor: Some(Sponsor {
                name: "Kettering & Daughters".to_owned(),
                title: "Boots that have already been up the mountain".to_owned(),
                text: "Resoled twice for free, and worn in by our postman on request.".to_owned(),
                cta: "See the winter soles".to_owned(),
                url: "https://boots.example/winter".to_owned(),
            }),
            order: [
                (Lead, String::new()),
                (Top, words.top_stories.clone()),
                (Paid, String::new()),
                (Newest, words.newest.clone()),
                (Categories, String::new()),
                (Topics, words.topics.clone()),
                (Others, words.more_from(self.brand)),
            ]
            .to_vec(),
            weather: Some(Box::new(Weather {
                place: self.place.to_owned(),
                tenths_celsius: -46,
                unit: Unit::Celsius,
                sky: Some(Sky::LightSnow),
                observed_at: SLOT - 600,
            })),
            note: Some(Box::new(Note {
                hello: None,
                text: self.note.to_owned(),
                by: Some(self.author.to_owned()),
            })),
            ..Frame::default()
        }
    }

    /// An edition with so many ranked, new and categorised stories after its lead.
    fn edition(&self, (top, newest, categorised): (usize, usize, usize)) -> Edition {
        let locale = Locale::of(self.language);
        let count = 1 + top + newest + categorised;
        let section = |number: usize| match number {
            0 => SectionKind::Lead,
            n if n <= top => SectionKind::Top,
            n if n <= top + newest => SectionKind::Newest,
            _ => SectionKind::Categories,
        };
        let mut articles: Vec<_> = (0..count).map(|number| self.article(number)).collect();
        // Sections of one category each, one after the other.
        articles[1 + top + newest..].sort_by(|one, other| one.category.cmp(&other.category));
        let entries = articles
            .into_iter()
            .enumerate()
            .map(|(number, article)| Entry {
                position: u32::try_from(number + 1).unwrap(),
                section: section(number),
                section_title: match section(number) {
                    SectionKind::Categories => article.category.clone().unwrap_or_default(),
                    _ => String::new(),
                },
                link: u16::try_from(number).unwrap(),
                article,
                score: None,
                reason: String::new(),
                own: true,
            });
        whole(self.frame(&locale), entries.collect(), &locale)
    }
}

fn whole(frame: Frame, entries: Vec<Entry>, locale: &Locale) -> Edition {
    let titles: Vec<_> = entries
        .iter()
        .map(|entry| entry.article.title.as_str())
        .collect();
    let date = locale.day(jiff::civil::date(2023, 12, 6));
    Edition {
        id: EditionId::of("daily", jiff::civil::date(2023, 12, 6)),
        number: 412,
        digest: "daily".to_owned(),
        slot_at: Timestamp::from_second(SLOT).unwrap(),
        status: Status::Approved,
        subject: subject::subject(titles[0], &frame.title, &date, locale),
        preheader: subject::preheader((titles[0], &titles[1..]), None, locale),
        frame,
        entries,
        slates: Slates::default(),
        passed_over: Vec::new(),
        built_at: Timestamp::from_second(SLOT).unwrap(),
        first_wave_at: None,
        enqueued_at: None,
        choice: None,
        version: 0,
    }
}

/// Lead, five ranked, five new, nine by category.
pub(crate) fn twenty() -> Edition {
    ENGLISH.edition((5, 5, 9))
}

/// Lead, seven ranked, eight new, fifteen by category.
pub(crate) fn thirty_one() -> Edition {
    ENGLISH.edition((7, 8, 15))
}

/// Nothing but a lead, and nothing around it.
pub(crate) fn one() -> Edition {
    let mut edition = ENGLISH.edition((0, 0, 0));
    let frame = &mut edition.frame;
    (frame.weather, frame.note, frame.sponsor) = (None, None, None);
    frame.tags.clear();
    frame.more = More::default();
    edition.preheader = "The one thing you should not miss this morning.".to_owned();
    edition
}

/// A lead and three stories without section titles.
pub(crate) fn four() -> Edition {
    let mut edition = ENGLISH.edition((3, 0, 0));
    for entry in edition.entries.iter_mut().skip(1) {
        entry.section = SectionKind::Plain;
    }
    edition
}

/// A site without pictures.
pub(crate) fn without_pictures() -> Edition {
    let mut edition = twenty();
    for entry in &mut edition.entries {
        entry.article.image_url = None;
    }
    for card in &mut edition.frame.more.card {
        card.image_url = None;
    }
    edition
}

pub(crate) fn arabic() -> Edition {
    ARABIC.edition((4, 3, 4))
}

pub(crate) fn japanese() -> Edition {
    JAPANESE.edition((5, 5, 9))
}

/// Japanese to the last word, with summaries as long as they come.
pub(crate) fn all_japanese() -> Edition {
    let mut edition = JAPANESE.edition((7, 2, 2));
    for entry in &mut edition.entries {
        entry.article.summary = Some(JAPANESE.summary.repeat(12));
    }
    edition
}

/// More stories with summaries than any mail program would show whole.
pub(crate) fn far_too_long() -> Edition {
    let mut edition = ENGLISH.edition((60, 5, 9));
    for entry in &mut edition.entries {
        entry.article.summary = Some(ENGLISH.summary.repeat(10));
    }
    for entry in edition.entries.iter_mut().skip(61) {
        entry.article.summary = None;
    }
    edition
}

/// Headlines alone that fill more than a mail program shows.
pub(crate) fn hopeless() -> Edition {
    ENGLISH.edition((300, 5, 9))
}

/// What no editor would pass and feeds bring every day.
pub(crate) fn stress() -> Edition {
    let mut edition = ENGLISH.edition((7, 2, 3));
    let long_headline = "A headline filed at one minute to midnight by a desk that had no time to trim it, on \
         cable cars, beavers, the lake, the price of candles, and the goat nobody had invited, in about that very order";
    let odd: [(&str, &str, Option<&str>); 8] = [
        (
            long_headline,
            "&lt;script&gt;alert('not run')&lt;/script&gt; &amp; \"quotes\" must be read as they are.",
            None,
        ),
        (
            "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzesänderungsantrag lost",
            "A word of eighty letters in a headline.",
            Some("de"),
        ),
        (
            "A bare address in a summary",
            concat!(
                "See https://archive.tarn.example/2023/12/",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "?page=2 for the ruling."
            ),
            None,
        ),
        (
            "Café in ruins: &lt;b&gt;not bold&lt;/b&gt;",
            "&amp;amp; is not an ampersand.",
            None,
        ),
        (
            "Controls\u{80}\u{9f}\u{7}\u{85} in\u{0} a title",
            "And\u{9b}31m in a summary.",
            None,
        ),
        (ARABIC.headlines[0], ARABIC.summary, Some("ar")),
        (JAPANESE.headlines[0], JAPANESE.summary, Some("ja")),
        (
            "पहाड़ की चोटी पर बर्फ़ ऊपर की ओर क्यों गिरी",
            "ग्यारह मिनट तक हर फाहा ऊपर उठता रहा।",
            Some("hi"),
        ),
    ];
    for (entry, (title, summary, language)) in edition.entries.iter_mut().zip(odd) {
        // What a feed says goes through the cleaning that every item goes through.
        entry.article.title = clean::title(title).unwrap();
        entry.article.summary = clean::summary(summary);
        entry.article.language = language.map(str::to_owned);
        entry.article.image_url = None;
    }
    let locale = Locale::of("en");
    whole(edition.frame, edition.entries, &locale)
}
