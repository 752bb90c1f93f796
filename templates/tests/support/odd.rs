//! Days that are not ordinary: few stories, no pictures, another direction, hostile words.

use courant_languages::Language;
use courant_templates::view::{
    ArchiveLinks, Copy, Direction, EditionView, EntryView, FooterView, InlineView, LabelView,
    NoteView, NoticeView, SectionView, WeatherView,
};

use super::tarnfold::{LEAD, cards, footer, full, ranked};
use super::{bare, image, label, to, told};
use crate::{link, picture};

/// One story, no picture, no weather, and a notice that says why.
pub(crate) fn one() -> EditionView<'static> {
    EditionView {
        weather: None,
        preheader: "A quiet day in the valley, and the one thing you should not miss.",
        notice: Some(NoticeView {
            bold: "A quiet morning.",
            text: "One story today. The letter is back at full length tomorrow.",
        }),
        note: None,
        length: None,
        sections: vec![SectionView::Lead(EntryView {
            image: None,
            ..LEAD
        })],
        ..full()
    }
}

/// Four stories: a lead and three without section titles, one of them without a picture.
pub(crate) fn four() -> EditionView<'static> {
    let mut plain: Vec<EntryView<'static>> = ranked().into_iter().take(3).collect();
    for (story, picture) in plain.iter_mut().zip([picture!("beaver"), picture!("mast")]) {
        story.image = image(picture, "");
    }
    EditionView {
        length: Some("4 stories, a 3-minute read"),
        sections: vec![SectionView::Lead(LEAD), SectionView::Plain(plain)],
        ..full()
    }
}

/// Thirty-one stories: the sections full to their limits, and the rest behind "All ...".
pub(crate) fn thirty_one() -> EditionView<'static> {
    let mut view = full();
    for section in &mut view.sections {
        match section {
            SectionView::Ranked { entries, .. } => {
                entries.push(EntryView {
                    label: label("Sport", 5),
                    ..told(
                        "A chess match by lighthouse signal enters its third winter",
                        link!("rank6"),
                        "Fog has cost both sides a rook. The next move is expected in March.",
                        "4 min read",
                    )
                });
                entries.push(EntryView {
                    label: label("Valley", 2),
                    ..told(
                        "Who owns the echo? The quarry and the choir go to court",
                        link!("rank7"),
                        "The judge has asked to hear it. Twice, she said, was enough.",
                        "6 min read",
                    )
                });
            }
            SectionView::Timed { entries, .. } => entries.extend(later()),
            SectionView::Lead(_)
            | SectionView::Plain(_)
            | SectionView::Category { .. }
            | SectionView::Brief { .. }
            | SectionView::Sponsor(_)
            | SectionView::Letter(_)
            | SectionView::Topics { .. }
            | SectionView::More { .. } => {}
        }
    }
    let after = view
        .sections
        .iter()
        .rposition(|section| matches!(section, SectionView::Category { .. }))
        .map_or(0, |last| last + 1);
    view.sections.splice(after..after, more_categories());
    view.length = Some("31 stories, an 11-minute read");
    view
}

fn later() -> Vec<EntryView<'static>> {
    [
        (
            "Tue 9:15 PM",
            "Snow gates close on the upper road",
            link!("time6"),
        ),
        (
            "Tue 8:40 PM",
            "Ferry sledge sold out until Sunday",
            link!("time7"),
        ),
        (
            "Tue 7:05 PM",
            "Night market moves under the arches",
            link!("time8"),
        ),
    ]
    .map(|(time, title, url)| EntryView {
        time: Some(time),
        label: label("Valley", 2),
        ..bare(title, url)
    })
    .to_vec()
}

fn more_categories() -> Vec<SectionView<'static>> {
    let category = |name, hue, stories: [(&'static str, &'static str); 3]| {
        let [first, second, third] = stories;
        SectionView::Category {
            label: LabelView { name, hue },
            all_url: Some(link!("all04")),
            entries: vec![
                told(
                    first.0,
                    first.1,
                    "Nobody remembers who began it. Everybody remembers who won.",
                    "5 min read",
                ),
                bare(second.0, second.1),
                bare(third.0, third.1),
            ],
        }
    };
    vec![
        category(
            "Sport",
            5,
            [
                ("The sledge race that is run backwards", link!("spor1")),
                ("Curlers ask for a quieter broom", link!("spor2")),
                (
                    "A goalkeeper and his grandmother share a bench",
                    link!("spor3"),
                ),
            ],
        ),
        category(
            "Life",
            7,
            [
                ("A soup for each day the lake is frozen", link!("life1")),
                ("How to dry a coat by Thursday", link!("life2")),
                ("The art of the very short walk", link!("life3")),
            ],
        ),
    ]
}

/// The full edition for a site that has no pictures; one card stands alone.
pub(crate) fn no_images() -> EditionView<'static> {
    let mut view = full();
    for section in &mut view.sections {
        match section {
            SectionView::Lead(entry) => entry.image = None,
            SectionView::Plain(entries)
            | SectionView::Ranked { entries, .. }
            | SectionView::Timed { entries, .. }
            | SectionView::Brief { entries, .. }
            | SectionView::Category { entries, .. } => {
                entries.iter_mut().for_each(|entry| entry.image = None);
            }
            SectionView::More { cards, .. } => {
                cards.truncate(1);
                cards.iter_mut().for_each(|card| card.image = None);
            }
            SectionView::Sponsor(_) | SectionView::Letter(_) | SectionView::Topics { .. } => {}
        }
    }
    view
}

/// A right-to-left edition with one story that runs the other way.
pub(crate) fn rtl() -> EditionView<'static> {
    EditionView {
        language: "ar",
        direction: Direction::RightToLeft,
        words: Language::Arabic.words(),
        brand: "بريد السرو",
        edition_name: "رسالة الفطور",
        date: "الأربعاء 6 ديسمبر 2023",
        weather: Some(WeatherView {
            place: "السرو",
            temperature: "−4.6\u{a0}°C",
            sky: Some("صحو وهادئ"),
        }),
        preheader: "وأيضاً: القنادس تنقل حدود البلدة، ومكتبة على السكة",
        notice: None,
        note: Some(NoteView {
            hello: "صباح الخير.",
            text: vec![vec![InlineView::Words(
                "تجمدت البحيرة الليلة الماضية، واستبدل صاحب العبّارة مجاديفه بزلاجة.".into(),
            )]],
            by: Some("سامر الحداد، محرر الصباح"),
        }),
        length: Some("7 مقالات، 4 دقائق"),
        sections: rtl_sections(),
        footer: FooterView {
            why: Some("تصلك هذه الرسالة لأن ida@example.net مشترك في رسالة الفطور."),
            address: "جمعية بريد السرو، 3 درب الفوانيس، السرو",
            ..footer()
        },
        ..full()
    }
}

fn rtl_sections() -> Vec<SectionView<'static>> {
    let lead = EntryView {
        label: label("الوادي", 2),
        byline: Some("ليلى منصور"),
        image: image(
            picture!("cable-car"),
            "عربة تلفريك حمراء فوق أسطح يغطيها الثلج",
        ),
        ..told(
            "التلفريك القديم يعمل من جديد ونصف البلدة تأخذ إجازة لركوبه",
            link!("lead1"),
            "بعد تسعة عشر عاماً بدّل المتطوعون كل برغي فيه.",
            "قراءة 6 دقائق",
        )
    };
    let ranked = vec![
        EntryView {
            label: label("المجلس", 1),
            ..told(
                "القنادس تسدّ الجدول وتنقل حدود البلدة أربعين متراً",
                link!("rank1"),
                "المعاهدة القديمة تتبع الجدول أينما ذهب.",
                "قراءة 4 دقائق",
            )
        },
        EntryView {
            label: label("علوم", 4),
            language: Some("en"),
            direction: Some(Direction::LeftToRight),
            ..told(
                "Snow that fell upwards on Harrow Peak",
                link!("rank2"),
                "An English story keeps its own direction.",
                "قراءة 5 دقائق",
            )
        },
    ];
    let timed = vec![
        EntryView {
            time: Some("6:24 ص"),
            label: label("طقس", 4),
            ..bare("الجليد يحمل حصاناً بحلول الجمعة", link!("time1"))
        },
        EntryView {
            time: Some("6:02 ص"),
            label: label("رياضة", 5),
            ..bare("تعادل في مباراة انقسم فيها الحجر الأخير", link!("time2"))
        },
    ];
    let category = vec![
        EntryView {
            image: image(picture!("mill"), ""),
            ..told(
                "آخر طاحونة ماء توظف أول متدربة منذ ثلاثين عاماً",
                link!("trad1"),
                "عمرها ستة عشر عاماً وتعمل بيدها اليسرى.",
                "قراءة 7 دقائق",
            )
        },
        EntryView {
            reading_time: Some("قراءة 3 دقائق"),
            ..bare("فرن واحد وخلاف على البخار", link!("trad2"))
        },
    ];
    vec![
        SectionView::Lead(lead),
        SectionView::Ranked {
            title: "الأكثر قراءة",
            entries: ranked,
        },
        SectionView::Timed {
            title: "الأحدث",
            entries: timed,
        },
        SectionView::Category {
            label: LabelView {
                name: "تجارة",
                hue: 0,
            },
            all_url: Some(link!("all01")),
            entries: category,
        },
        SectionView::Topics {
            title: "مواضيع",
            tags: vec![
                to("التلفريك", link!("tag01")),
                to("البحيرة", link!("tag02")),
            ],
        },
    ]
}

/// Words no editor would pass: too long, unbreakable, in other scripts, or markup.
pub(crate) fn stress() -> EditionView<'static> {
    let mut view = full();
    view.brand = "The Upper Tarnfold & Ashbrook Valley Evening Post";
    view.date = "Wednesday, September 27, 2023";
    view.weather = Some(WeatherView {
        place: "Tarnfold",
        temperature: "−21.4\u{a0}°C",
        sky: Some("freezing drizzle, later blowing snow"),
    });
    view.sections = vec![
        SectionView::Lead(EntryView {
            label: label("A category that somebody named in a whole sentence", 9),
            image: image(
                picture!("gone"),
                "Alternative text with \"quotes\" & <brackets>",
            ),
            ..told(
                "A headline filed at one minute to midnight by a desk that had no time to trim it, \
                 on cable cars, beavers, the lake, the price of candles, and the goat, in about \
                 that order",
                link!("lead1"),
                "<script>alert('not run')</script> & \"quotes\" must be read as they are.",
                "12 min read",
            )
        }),
        SectionView::Ranked {
            title: &Language::English.words().top_stories,
            entries: stress_ranked(),
        },
        SectionView::Timed {
            title: &Language::English.words().newest,
            entries: vec![
                EntryView {
                    time: Some("Wednesday 11:40 PM"),
                    ..bare("A time wider than its column", link!("time1"))
                },
                EntryView {
                    time: Some("5:00 AM"),
                    ..bare("No category here", link!("time2"))
                },
            ],
        },
        SectionView::Ranked {
            title: "Nothing in this section",
            entries: vec![],
        },
        SectionView::Category {
            label: LabelView {
                name: "Elektrizitätswirtschaftsorganisation",
                hue: 5,
            },
            all_url: Some(link!("all01")),
            entries: vec![
                bare("Only a headline", link!("trad1")),
                bare("And another", link!("trad2")),
            ],
        },
        SectionView::Brief {
            title: &Language::English.words().more_stories,
            entries: vec![
                EntryView {
                    label: label("Life", 7),
                    reading_time: Some("4 min read"),
                    ..bare("The only story of its category", link!("more1"))
                },
                EntryView {
                    language: Some("ar"),
                    direction: Some(Direction::RightToLeft),
                    label: label("Culture", 3),
                    ..bare("المكتبة على السكة", link!("more2"))
                },
                EntryView {
                    label: label("Sport", 5),
                    ..bare(
                        "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle closed",
                        link!("more3"),
                    )
                },
            ],
        },
        SectionView::Topics {
            title: &Language::English.words().topics,
            tags: vec![
                to(
                    "A tag far longer than any editor should choose for a chip on a telephone",
                    link!("tag01"),
                ),
                to("港", link!("tag02")),
                to("البحيرة", link!("tag03")),
            ],
        },
        SectionView::More {
            title: "More",
            cards: cards(),
            links: vec![],
        },
    ];
    view
}

fn stress_ranked() -> Vec<EntryView<'static>> {
    vec![
        EntryView {
            label: label("World", 1),
            ..told(
                "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzesänderungsantragsformular lost",
                link!("rank1"),
                "See https://archive.tarnfoldpost.example/2023/12/06/a-slug-that-nobody-ever-shortened?ref=letter for the ruling.",
                "3 min read",
            )
        },
        EntryView {
            language: Some("ja"),
            label: label("Science", 4),
            ..told(
                "山の上の時計台はなぜ一年だけ四分遅れるのか。谷の人々に聞いた",
                link!("rank2"),
                "塔の時計には休みが必要だという。時計職人は「みんなにも必要です」と話した。鐘は鳴り続ける。",
                "5 min read",
            )
        },
        EntryView {
            language: Some("ar"),
            direction: Some(Direction::RightToLeft),
            label: label("Culture", 3),
            ..told(
                "التلفريك القديم يعمل من جديد ونصف البلدة تأخذ إجازة لركوبه",
                link!("rank3"),
                "بعد تسعة عشر عاماً بدّل المتطوعون كل برغي فيه.",
                "4 min read",
            )
        },
        EntryView {
            label: label("Life", 7),
            ..bare("A headline and a category, nothing else", link!("rank4"))
        },
        EntryView {
            reading_time: Some("2 min read"),
            ..bare("Cafe\u{301} in ruins: <b>not bold</b>", link!("rank5"))
        },
    ]
}

/// The full edition as the reader's own copy in a browser.
pub(crate) fn browser() -> EditionView<'static> {
    EditionView {
        copy: Copy::Browser,
        view_url: None,
        pixel_url: None,
        ..full()
    }
}

/// The full edition as the public copy, from a view that forgot to leave the reader's links out.
pub(crate) fn archive() -> EditionView<'static> {
    EditionView {
        copy: Copy::Archive,
        archive: Some(ArchiveLinks {
            all_url: "https://tarnfoldpost.example/letters",
            older_url: Some("https://tarnfoldpost.example/letters/2023-12-05"),
            newer_url: None,
        }),
        ..full()
    }
}
