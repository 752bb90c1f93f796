//! An ordinary morning of the Tarnfold Post: twenty stories and everything around them.

use std::borrow::Cow;

use courant_languages::Language;
use courant_templates::view::{
    CardView, Copy, Direction, EditionView, EntryView, FooterView, InlineView, LabelView, NoteView,
    SectionView, SponsorView, WeatherView,
};

use super::{bare, image, label, to, told};
use crate::{link, picture};

pub(crate) const LEAD: EntryView<'static> = EntryView {
    label: label("Valley", 2),
    byline: Some("Petra Osei-Lind"),
    image: image(
        picture!("cable-car"),
        "A red cable car hangs above snowy roofs; two people wave from its open window.",
    ),
    ..told(
        "The old cable car runs again, and half the town takes the day off to ride it",
        link!("lead1"),
        "Nineteen years after the last trip, volunteers have replaced every bolt. The first cabin \
         left at dawn with a brass band inside and a goat nobody had invited.",
        "6 min read",
    )
};

/// The full edition: what a reader gets on a weekday.
pub(crate) fn full() -> EditionView<'static> {
    EditionView {
        copy: Copy::Mail,
        language: "en",
        direction: Direction::LeftToRight,
        words: Language::English.words(),
        brand: "Tarnfold Post",
        home_url: link!("home1"),
        edition_name: "Breakfast Letter",
        date: "Wednesday, December 6, 2023",
        weather: Some(WeatherView {
            place: "Tarnfold",
            temperature: "−4.6\u{a0}°C",
            sky: Some("clear and still"),
        }),
        preheader: "Plus: beavers move the town border, a library on rails, and soup for a \
                    frozen week.",
        view_url: Some(link!("view1")),
        archive: None,
        notice: None,
        note: Some(NoteView {
            hello: "Good morning.",
            text: vec![vec![
                InlineView::Words(Cow::Borrowed(
                    "The lake froze overnight, and the ferryman has swapped his oars for a sledge. \
                   Today: a cable car with a goat aboard, a border that moved by itself, and the \
                   clockmaker who asks the ",
                )),
                InlineView::Link("whole valley".into(), link!("note1").into()),
                InlineView::Words(" to be four minutes late.".into()),
            ]],
            by: Some("Ansel Thorpe, early editor"),
        }),
        length: Some("20 stories, a 7-minute read"),
        sections: sections(),
        footer: footer(),
        pixel_url: Some("https://go.tarnfoldpost.example/o/k7Qm2xVdR9wZpYb4cN6t.gif"),
    }
}

fn sections() -> Vec<SectionView<'static>> {
    let mut sections = vec![
        SectionView::Lead(LEAD),
        SectionView::Ranked {
            title: &Language::English.words().top_stories,
            entries: ranked(),
        },
        SectionView::Sponsor(SponsorView {
            name: "Kettering & Daughters",
            title: "Boots that have already been up the mountain",
            text: "Resoled twice for free, and worn in by our postman on request. Come and try \
                   a pair that squeaks less than yours.",
            cta: "See the winter soles",
            url: link!("paid1"),
        }),
        SectionView::Timed {
            title: &Language::English.words().newest,
            entries: timed(),
        },
    ];
    sections.extend(categories());
    sections.push(SectionView::Topics {
        title: &Language::English.words().topics,
        tags: vec![
            to("Cable car", link!("tag01")),
            to("Frozen lake", link!("tag02")),
            to("Town border", link!("tag03")),
            to("Night market", link!("tag04")),
            to("Mountain rescue", link!("tag05")),
            to("Cheese", link!("tag06")),
        ],
    });
    sections.push(SectionView::More {
        title: "More from Tarnfold Post",
        cards: cards(),
        links: vec![
            to("Lake ice map", link!("more1")),
            to("Saturday puzzle", link!("more2")),
            to("Letters", link!("more3")),
        ],
    });
    sections
}

pub(crate) fn ranked() -> Vec<EntryView<'static>> {
    let stories = [
        (
            label("Council", 1),
            told(
                "Beavers dam the Ashbrook and move the town border by forty metres",
                link!("rank1"),
                "The old treaty follows the stream, wherever it goes. Three households now vote on \
             the other side.",
                "4 min read",
            ),
        ),
        (
            label("Science", 4),
            told(
                "Snow that fell upwards: what the mast on Harrow Peak recorded",
                link!("rank2"),
                "For eleven minutes every flake rose. The instrument was checked twice.",
                "5 min read",
            ),
        ),
        (
            label("Trade", 0),
            told(
                "Why the cheese caves are full and the shelves are not",
                link!("rank3"),
                "A warm autumn, a strike of salt carriers and one very stubborn rind.",
                "6 min read",
            ),
        ),
        (
            label("Culture", 3),
            told(
                "The library that goes by rail stops at a fifth village",
                link!("rank4"),
                "Two carriages, nine thousand books, and a cat with its own season ticket.",
                "3 min read",
            ),
        ),
        (
            label("Life", 7),
            told(
                "A clockmaker asks the valley to be four minutes late for a year",
                link!("rank5"),
                "The tower clock needs a rest. So, she says, does everyone else.",
                "5 min read",
            ),
        ),
    ];
    stories
        .map(|(label, story)| EntryView { label, ..story })
        .to_vec()
}

fn timed() -> Vec<EntryView<'static>> {
    [
        (
            "6:24 AM",
            label("Weather", 4),
            bare(
                "Ice on the lake will carry a horse by Friday",
                link!("time1"),
            ),
        ),
        (
            "6:02 AM",
            label("Sport", 5),
            bare(
                "Curling derby ends level after the last stone splits in two",
                link!("time2"),
            ),
        ),
        (
            "5:47 AM",
            label("Trade", 0),
            bare("Candle prices fall as the dam fills early", link!("time3")),
        ),
        (
            "5:15 AM",
            label("Council", 1),
            bare(
                "Lamplighters win a fifth night off each month",
                link!("time4"),
            ),
        ),
        (
            "Tue 11:40 PM",
            label("Life", 7),
            bare(
                "Lost trombone found in a hayloft, still in tune",
                link!("time5"),
            ),
        ),
    ]
    .map(|(time, label, story)| EntryView {
        time: Some(time),
        label,
        ..story
    })
    .to_vec()
}

fn categories() -> Vec<SectionView<'static>> {
    let category = |name, hue, all_url, entries| SectionView::Category {
        label: LabelView { name, hue },
        all_url: Some(all_url),
        entries,
    };
    let brief = |title, url, reading_time| EntryView {
        reading_time: Some(reading_time),
        ..bare(title, url)
    };
    let with = |url, story| EntryView {
        image: image(url, ""),
        ..story
    };
    vec![
        category(
            "Trade",
            0,
            link!("all01"),
            vec![
                with(
                    picture!("mill"),
                    told(
                        "The last water mill hires its first apprentice in thirty years",
                        link!("trad1"),
                        "She is sixteen, left-handed, and the stones were cut for a left hand.",
                        "7 min read",
                    ),
                ),
                brief(
                    "Salt carriers and dairies agree on a price, and on tea",
                    link!("trad2"),
                    "3 min read",
                ),
                brief(
                    "One bakery, two ovens, and a quarrel about steam",
                    link!("trad3"),
                    "4 min read",
                ),
            ],
        ),
        category(
            "Science",
            4,
            link!("all02"),
            vec![
                with(
                    picture!("moss"),
                    told(
                        "A moss thought lost turns up under the bandstand",
                        link!("scie1"),
                        "Botanists had looked on four mountains. It likes brass, it seems.",
                        "5 min read",
                    ),
                ),
                brief(
                    "How trout remember a bridge that is gone",
                    link!("scie2"),
                    "4 min read",
                ),
                brief(
                    "Counting bats by the echo of the church bell",
                    link!("scie3"),
                    "6 min read",
                ),
            ],
        ),
        category(
            "Culture",
            3,
            link!("all03"),
            vec![
                with(
                    picture!("choir"),
                    told(
                        "Forty voices and a tunnel: the choir that sings to be lost",
                        link!("cult1"),
                        "The echo takes nine seconds to come back. They compose for it.",
                        "6 min read",
                    ),
                ),
                brief(
                    "The puppet theatre turns a hundred and repaints the wolf",
                    link!("cult2"),
                    "3 min read",
                ),
                brief(
                    "Review: a novel told by the postmarks of its letters",
                    link!("cult3"),
                    "2 min read",
                ),
            ],
        ),
    ]
}

pub(crate) fn cards() -> Vec<CardView<'static>> {
    vec![
        CardView {
            kind: "Podcast",
            title: "Above the Treeline",
            text: "A rescue dog retires. New episode, 31 minutes.",
            url: link!("card1"),
            image: image(picture!("treeline"), ""),
        },
        CardView {
            kind: "Newsletter",
            title: "The Sunday Stove",
            text: "One long read and one slow recipe, Sundays at 9:00 AM.",
            url: link!("card2"),
            image: image(picture!("stove"), ""),
        },
    ]
}

pub(crate) fn footer() -> FooterView<'static> {
    FooterView {
        preferences_url: Some(link!("pref1")),
        unsubscribe_url: Some(link!("stop1")),
        why: Some(
            "You get this email because ida@example.net signed up for the Tarnfold Post Breakfast \
             Letter (weekdays, 7:00 AM) on May 2, 2023.",
        ),
        subscribe_url: Some(link!("sign1")),
        address: "Tarnfold Post Society, 3 Lantern Steps, Tarnfold TF4 2LK",
        privacy_url: Some(link!("priv1")),
    }
}
