//! Reader pages of the same paper.

use std::sync::LazyLock;

use courant_languages::Language;
use courant_templates::view::{
    ArchiveView, ChoiceView, Chosen, ConfirmView, Direction, MessageView, MonthView, PageView,
    PastView, PreferencesView, ProblemView, SubscribeView, TopicsView, UnsubscribeView,
    UnsubscribedView,
};
use courant_templates::{Theme, web};

use super::to;

static PAGE: LazyLock<PageView<'static>> = LazyLock::new(|| PageView {
    language: "en",
    direction: Direction::LeftToRight,
    words: Language::English.words(),
    brand: "Tarnfold Post",
    home_url: "https://tarnfoldpost.example/",
    address: "Tarnfold Post Society, 3 Lantern Steps, Tarnfold TF4 2LK",
});

/// Every page by the name of its golden file.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let theme = Theme::default();
    let (list, masked_address) = ("The Breakfast Letter", "i•••a@example.net");
    let archive = archive();
    let leaving = UnsubscribeView {
        list,
        masked_address,
        action: "/unsubscribe/k7Qm2xVdR9wZpYb4cN6t",
        preferences_url: "/preferences/k7Qm2xVdR9wZpYb4cN6t",
    };
    let left = UnsubscribedView {
        list,
        masked_address,
        undo_action: Some("/unsubscribe/k7Qm2xVdR9wZpYb4cN6t"),
    };
    let cut_link = ProblemView {
        title: "We cannot read this link",
        text: "Part of it is missing. Some mail programs cut long links: copy the whole address \
               from the email and try again. Nothing was changed.",
        link: Some(to(
            "Go to the Tarnfold Post",
            "https://tarnfoldpost.example/",
        )),
    };
    let words = PAGE.words;
    let confirm = ConfirmView {
        title: &words.confirm_page_title,
        text: &words.confirm_page_text,
        button: &words.confirm,
        small: Some(&words.confirm_page_small),
        list,
        address: "ida@example.net",
        action: "/y/k7Qm2xVdR9wZpYb4cN6t",
    };
    let inbox = MessageView {
        title: &words.inbox_title,
        text: &words.inbox_text,
        list: "",
        address: "",
        links: Vec::new(),
        small: Some(&words.inbox_small),
    };
    let saved = preferences_view(Some("Saved. The change counts from tomorrow’s letter."));
    vec![
        ("unsubscribe", web::unsubscribe(&PAGE, &leaving, &theme)),
        ("unsubscribed", web::unsubscribed(&PAGE, &left, &theme)),
        (
            "preferences",
            web::preferences(&PAGE, &preferences_view(None), &theme),
        ),
        ("preferences-saved", web::preferences(&PAGE, &saved, &theme)),
        ("subscribe", web::subscribe(&PAGE, &sign_up(None), &theme)),
        (
            "subscribe-wrong",
            web::subscribe(&PAGE, &sign_up(Some(&PAGE.words.address_wrong)), &theme),
        ),
        ("confirm-page", web::confirm(&PAGE, &confirm, &theme)),
        ("inbox", web::message(&PAGE, &inbox, &theme)),
        ("problem", web::problem(&PAGE, &cut_link, &theme)),
        ("editions", web::archive(&PAGE, &archive, &theme)),
    ]
}

fn archive() -> ArchiveView<'static> {
    let past = |date, title, preheader, url| PastView {
        date,
        title,
        preheader,
        url,
    };
    ArchiveView {
        months: vec![
            MonthView {
                name: "December 2023",
                editions: vec![
                    past(
                        "Wednesday, December 6",
                        "The old cable car runs again, and half the town takes…",
                        "Plus: beavers move the town border, a library on rails, and soup for a \
                         frozen week.",
                        "/archive/2023-12-06",
                    ),
                    past(
                        "Tuesday, December 5",
                        "A quiet day in the valley",
                        "",
                        "/archive/2023-12-05",
                    ),
                ],
            },
            MonthView {
                name: "November 2023",
                editions: vec![past(
                    "Thursday, November 30",
                    "Candles by the kilo",
                    "Plus: the ferryman buys a sledge, and why rye?",
                    "/archive/2023-11-30",
                )],
            },
        ],
        feed_url: Some("/archive.xml"),
        subscribe_url: Some("/subscribe"),
        newer_url: None,
        older_url: Some("/archive?page=2"),
    }
}

fn preferences_view(notice: Option<&'static str>) -> PreferencesView<'static> {
    PreferencesView {
        masked_address: "i•••a@example.net",
        action: "/preferences/k7Qm2xVdR9wZpYb4cN6t",
        unsubscribe_url: "/unsubscribe/k7Qm2xVdR9wZpYb4cN6t",
        digests: vec![
            ChoiceView {
                value: "breakfast",
                name: "The Breakfast Letter",
                when: "Weekdays at 7:00 AM",
                chosen: Chosen::Yes,
            },
            ChoiceView {
                value: "stove",
                name: "The Sunday Stove",
                when: "Sundays at 9:00 AM",
                chosen: Chosen::No,
            },
        ],
        topics: TopicsView {
            offered: vec![("Kitchen", Chosen::Yes), ("Garden", Chosen::No)],
        },
        text_only: Chosen::No,
        uncounted: Chosen::Yes,
        time_zones: vec!["Africa/Cairo", "America/New_York", "Europe/Berlin"],
        languages: vec![("en", "English"), ("de", "Deutsch"), ("ar", "العربية")],
        language: Some("de"),
        time_zone: Some("Europe/Berlin"),
        paused: notice.map(|_| "Paused until December 19, 2023"),
        data_url: "/preferences/k7Qm2xVdR9wZpYb4cN6t/data",
        erase_action: "/preferences/k7Qm2xVdR9wZpYb4cN6t/erase",
        notice,
    }
}

fn sign_up(problem: Option<&'static str>) -> SubscribeView<'static> {
    let choice = |value, name, when| ChoiceView {
        value,
        name,
        when,
        chosen: Chosen::Yes,
    };
    SubscribeView {
        action: "/subscribe",
        ticket: "k7Qm2xVdR9wZpYb4cN6t",
        email: problem.map_or("", |_| "ida@example"),
        name: "",
        digests: vec![
            choice(
                "breakfast",
                "The Breakfast Letter",
                "every weekday at 7:00 AM",
            ),
            choice("weekend", "The Weekend Letter", "every Saturday at 8:00 AM"),
        ],
        topics: TopicsView {
            offered: vec![("Kitchen", Chosen::No), ("Garden & <orchard>", Chosen::No)],
        },
        problem,
        links: vec![to("Privacy", "https://tarnfoldpost.example/privacy")],
    }
}
