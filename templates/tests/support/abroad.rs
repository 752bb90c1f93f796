//! Editions in other languages than English and Arabic, and the mails about a subscription.

use courant_languages::{Confirmation, Farewell, Letter, Locale, Welcome};
use courant_templates::view::{
    Copy, EditionView, EntryView, FooterView, InlineView, LabelView, LetterView, LinkView,
    NoteView, SectionView, WeatherView,
};
use courant_templates::{Theme, email, text};

use super::tarnfold::{footer, full};
use super::{bare, image, label, to, told};
use crate::{link, picture};

/// A Japanese edition with one story in Hindi and one in German.
pub(crate) fn japanese() -> EditionView<'static> {
    let words = courant_languages::Language::Japanese.words();
    EditionView {
        language: "ja",
        words,
        brand: "谷間新報",
        edition_name: "朝の便り",
        date: "2023年12月6日水曜日",
        weather: Some(WeatherView {
            place: "谷間町",
            temperature: "−4.6°C",
            sky: Some("快晴"),
        }),
        preheader: "ほかに：ビーバーが町境を動かす、線路を走る図書館、凍る週のスープ。",
        note: Some(NoteView {
            hello: "おはようございます。",
            text: vec![vec![InlineView::Words("ゆうべ湖が凍り、渡し守は櫂をそりに替えました。今朝は、ヤギを乗せたロープウェイの話から始めます。".into())]],
            by: Some("早朝デスク 佐伯みのり"),
        }),
        length: Some("記事8本、約3分で読めます"),
        sections: japanese_sections(),
        footer: FooterView {
            why: Some(
                "このメールは、ida@example.net が2023年5月2日に「谷間新報 朝の便り」（平日7:00）に\
                 登録されたため、お送りしています。",
            ),
            address: "谷間新報社 〒999-0003 谷間町灯籠坂3番地",
            ..footer()
        },
        ..full()
    }
}

fn japanese_sections() -> Vec<SectionView<'static>> {
    let words = courant_languages::Language::Japanese.words();
    let lead = EntryView {
        label: label("谷の話題", 2),
        byline: Some("長谷川葉子"),
        image: image(picture!("cable-car"), "雪の屋根の上を行く赤いロープウェイ"),
        ..told(
            "古いロープウェイが再び動き出し、町の半分が乗るために休みを取った",
            link!("lead1"),
            "最後の運行から十九年。有志がボルトを一本残らず交換した。始発のゴンドラには吹奏楽団と、招かれていないヤギが乗っていた。",
            "約6分",
        )
    };
    let ranked = vec![
        EntryView {
            label: label("議会", 1),
            ..told(
                "ビーバーが小川をせき止め、町境を四十メートル動かす",
                link!("rank1"),
                "古い条約では、境は川の流れに従う。三世帯が向こう側で投票することになった。",
                "約4分",
            )
        },
        EntryView {
            label: label("科学", 4),
            language: Some("hi"),
            ..told(
                "पहाड़ की चोटी पर बर्फ़ ऊपर की ओर क्यों गिरी",
                link!("rank2"),
                "ग्यारह मिनट तक हर फाहा ऊपर उठता रहा। यंत्र की दो बार जाँच की गई।",
                "約5分",
            )
        },
        EntryView {
            label: label("経済", 0),
            language: Some("de"),
            ..told(
                "Warum die Käsehöhlen voll sind und die Regale nicht",
                link!("rank3"),
                "Ein warmer Herbst, ein Streik der Salzträger und eine sehr störrische Rinde.",
                "約6分",
            )
        },
    ];
    let timed = [
        ("6:24", "湖の氷、金曜には馬も渡れる厚さに", link!("time1")),
        (
            "6:02",
            "カーリングの一番、最後の石が割れて引き分け",
            link!("time2"),
        ),
    ];
    let timed = timed.map(|(time, title, url)| EntryView {
        time: Some(time),
        label: label("天気", 4),
        ..bare(title, url)
    });
    let category = vec![
        EntryView {
            image: image(picture!("mill"), ""),
            ..told(
                "最後の水車小屋に三十年ぶりの見習い",
                link!("trad1"),
                "十六歳で左利き。石臼も左手のために切られていた。",
                "約7分",
            )
        },
        EntryView {
            reading_time: Some("約3分"),
            ..bare("塩の運び手と酪農家、値段とお茶で合意", link!("trad2"))
        },
    ];
    vec![
        SectionView::Lead(lead),
        SectionView::Ranked {
            title: &words.top_stories,
            entries: ranked,
        },
        SectionView::Timed {
            title: &words.newest,
            entries: timed.to_vec(),
        },
        SectionView::Category {
            label: LabelView {
                name: "経済",
                hue: 0,
            },
            all_url: Some(link!("all01")),
            entries: category,
        },
        SectionView::Topics {
            title: &words.topics,
            tags: vec![
                to("ロープウェイ", link!("tag01")),
                to("凍った湖", link!("tag02")),
                to("町境", link!("tag03")),
            ],
        },
    ]
}

/// A mail about a subscription in its two parts, by the names of its golden files.
fn letter(locale: &Locale, letter: &Letter, url: &str) -> [String; 2] {
    let small = letter.small.iter().map(String::as_str).collect();
    let view = EditionView {
        copy: Copy::Mail,
        language: locale.tag(),
        direction: locale.direction(),
        words: locale.words(),
        edition_name: "",
        date: "",
        weather: None,
        preheader: &letter.preheader,
        view_url: None,
        archive: None,
        notice: None,
        note: None,
        length: None,
        sections: vec![SectionView::Letter(LetterView {
            title: &letter.title,
            text: &letter.text,
            button: LinkView {
                name: &letter.button,
                url,
            },
            small,
        })],
        footer: FooterView {
            preferences_url: None,
            unsubscribe_url: None,
            subscribe_url: None,
            why: letter.why.as_deref(),
            ..footer()
        },
        pixel_url: None,
        ..full()
    };
    [email::html(&view, &Theme::default()), text::text(&view)]
}

/// The three mails about a subscription, in English, and one in Arabic.
pub(crate) fn letters() -> Vec<(&'static str, [String; 2])> {
    let english = Locale::of("en");
    let (list, address) = ("Tarnfold Post Breakfast Letter", "ida@example.net");
    let confirm = Confirmation {
        list,
        schedule: "weekdays at 7:00\u{a0}AM",
        address,
        days: 7,
    };
    let welcome = Welcome {
        list,
        schedule: "weekdays at 7:00\u{a0}AM",
        address,
        first: "Thursday, December 7, 2023",
        sender: "breakfast@tarnfoldpost.example",
        confirmed: "December 6, 2023",
    };
    let farewell = Farewell {
        list,
        address,
        left: "December 6, 2023",
    };
    let arabic = Locale::of("ar");
    let confirm_arabic = Confirmation {
        list: "رسالة الفطور",
        schedule: "يومياً الساعة 7:00 ص",
        ..confirm
    };
    vec![
        (
            "confirm",
            letter(&english, &english.confirmation(&confirm), link!("conf1")),
        ),
        (
            "welcome",
            letter(&english, &english.welcome(&welcome), link!("last1")),
        ),
        (
            "goodbye",
            letter(&english, &english.farewell(&farewell), link!("back1")),
        ),
        (
            "confirm-rtl",
            letter(
                &arabic,
                &arabic.confirmation(&confirm_arabic),
                link!("conf1"),
            ),
        ),
    ]
}
