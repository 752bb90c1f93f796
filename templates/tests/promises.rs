//! What every mail and page promises, whatever its content.

use courant_templates::view::{Direction, EditionView, SectionView};
use courant_templates::{Theme, email, text};
use support::{abroad, desk, odd, pages, tarnfold};
use unicode_width::UnicodeWidthStr;

mod support;

fn mails() -> Vec<EditionView<'static>> {
    vec![
        tarnfold::full(),
        odd::one(),
        odd::four(),
        odd::rtl(),
        odd::stress(),
        odd::no_images(),
        odd::browser(),
        odd::archive(),
        odd::thirty_one(),
        abroad::japanese(),
    ]
}

fn html(view: &EditionView<'_>) -> String {
    email::html(view, &Theme::default())
}

/// Values of an attribute, unescaped where it matters for URLs.
fn values(html: &str, attribute: &str) -> Vec<String> {
    let marker = format!(" {attribute}=\"");
    html.split(marker.as_str())
        .skip(1)
        .map(|rest| {
            rest.split('"')
                .next()
                .unwrap_or_default()
                .replace("&amp;", "&")
        })
        .collect()
}

/// Length in quoted-printable (RFC 2045 §6.7): what counts against the size at which Gmail clips.
fn quoted_printable_len(text: &str) -> usize {
    let line_len = |line: &str| {
        let (mut bytes, mut column) = (0, 0);
        for byte in line.bytes() {
            let cost = if byte == b' ' || (b'!'..=b'~').contains(&byte) && byte != b'=' {
                1
            } else {
                3
            };
            if column + cost > 75 {
                bytes += 3;
                column = 0;
            }
            bytes += cost;
            column += cost;
        }
        bytes + 2
    };
    text.lines().map(line_len).sum()
}

#[test]
fn twenty_stories_fit_in_forty_thousand_bytes_as_sent() {
    let sent = quoted_printable_len(&html(&tarnfold::full()));
    assert!(sent <= 40_000, "{sent} bytes");
    println!("{sent} bytes");
}

#[test]
fn thirty_one_stories_fit_in_sixty_thousand_bytes_as_sent() {
    let sent = quoted_printable_len(&html(&odd::thirty_one()));
    assert!(sent <= 60_000, "{sent} bytes");
    println!("{sent} bytes");
}

#[test]
fn a_mail_about_a_subscription_says_its_one_thing_in_both_parts() {
    for (name, [html, text]) in abroad::letters() {
        assert_eq!(
            html.matches("class=\"bt\"").count(),
            1,
            "{name} has one button"
        );
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        for url in values(&html, "href") {
            assert!(text.contains(&url), "{name} lacks {url}");
        }
        for gone in ["<td class=\"tb ln", "-pref1", ".gif"] {
            assert!(!html.contains(gone), "{name} has {gone}");
        }
    }
}

#[test]
fn a_view_without_stories_is_still_a_mail_one_can_leave() {
    let view = EditionView {
        sections: vec![],
        note: None,
        ..tarnfold::full()
    };
    let (html, text) = (html(&view), text::text(&view));
    assert_eq!(
        (html.matches("<h1").count(), html.matches("<h2").count()),
        (1, 0)
    );
    for part in [&html, &text] {
        assert!(part.contains("-stop1") && part.contains("3 Lantern Steps"));
    }
}

#[test]
fn quoted_printable_is_counted_with_its_soft_breaks() {
    for (text, len) in [
        ("a=b\n", 7),
        ("é\n", 8),
        (&"x".repeat(75), 77),
        (&"x".repeat(76), 81),
    ] {
        assert_eq!(quoted_printable_len(text), len, "{text}");
    }
}

#[test]
fn every_link_of_the_html_part_is_in_the_text_part() {
    for view in mails() {
        let text = text::text(&view);
        for url in values(&html(&view), "href") {
            assert!(text.contains(&url), "{} lacks {url}", view.preheader);
        }
    }
}

#[test]
fn only_a_url_passes_72_cells() {
    for view in mails() {
        for line in text::text(&view).lines() {
            assert!(line.width() <= 72 || line.contains("https://"), "{line}");
            assert_eq!(line.trim_end(), line);
        }
    }
}

#[test]
fn markup_in_words_is_read_as_text() {
    let html = html(&odd::stress());
    assert!(html.contains("&lt;script&gt;alert('not run')&lt;/script&gt;"));
    assert!(
        html.contains("alt=\"Alternative text with &quot;quotes&quot; &amp; &lt;brackets&gt;\"")
    );
    for tag in ["<script", "<b>", "<form", "javascript:", "target="] {
        assert!(!html.contains(tag), "{tag}");
    }
}

#[test]
fn the_preheader_is_visible_and_first() {
    let view = tarnfold::full();
    let html = html(&view);
    let body = html.split("<body").nth(1).unwrap();
    let first_text = body
        .split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text.trim())
        .find(|text| !text.is_empty());
    assert_eq!(first_text, Some(view.preheader));
    for hiding in [
        "display:none",
        "mso-hide",
        "opacity:0",
        "visibility:",
        "\u{34f}",
        "\u{200b}",
    ] {
        assert!(!html.contains(hiding), "{hiding}");
    }
}

#[test]
fn only_mail_carries_the_pixel_and_only_copies_of_the_reader_their_links() {
    let mail = html(&tarnfold::full());
    let last_image = mail.rsplit("<img").next().unwrap();
    assert!(
        last_image.contains("/o/k7Qm2xVdR9wZpYb4cN6t.gif"),
        "the pixel is last"
    );
    for view in [odd::browser(), odd::archive()] {
        assert!(!html(&view).contains(".gif"));
    }
    let archive = [html(&odd::archive()), text::text(&odd::archive())].concat();
    for personal in ["-view1", "-pref1", "-stop1", "ida@example.net"] {
        assert!(!archive.contains(personal), "{personal}");
    }
    assert!(html(&odd::browser()).contains("-stop1"));
}

#[test]
fn comments_are_for_classic_outlook_only() {
    for view in mails() {
        for comment in html(&view).split("<!--").skip(1) {
            assert!(comment.starts_with("[if mso]>"), "{comment:.40}");
        }
    }
}

#[test]
fn no_text_is_smaller_than_13_pixels() {
    for view in mails() {
        for style in values(&html(&view), "style") {
            for size in style.split("font-size:").skip(1) {
                let size: u32 = size.split("px").next().unwrap().parse().unwrap_or(0);
                // Only the spacers, which hold no text, have no size at all.
                assert!(
                    size >= 13 || style.contains("font-size:0;line-height:0"),
                    "{style}"
                );
            }
        }
    }
}

#[test]
fn style_blocks_are_three_and_small_enough_for_gmail() {
    for view in mails() {
        let html = html(&view);
        let outside_comments: Vec<_> = html
            .split("\n<style>")
            .skip(1)
            .map(|rest| rest.split("</style>").next().unwrap())
            .collect();
        // The first stands in the comment for classic Outlook.
        assert_eq!(outside_comments.len(), 4);
        assert!(
            outside_comments
                .iter()
                .map(|block| block.len())
                .sum::<usize>()
                < 8_192
        );
    }
}

#[test]
fn every_picture_has_a_size_and_alternative_text() {
    for view in mails() {
        for image in html(&view).split("<img").skip(1) {
            let image = image.split('>').next().unwrap();
            for attribute in [" width=\"", " height=\"", " alt=\""] {
                assert!(image.contains(attribute), "{image}");
            }
        }
    }
}

#[test]
fn a_logo_stands_for_the_wordmark_and_says_its_name() {
    let theme = Theme {
        logo_url: Some("https://images.tarnfoldpost.example/logo.png".to_owned()),
        logo_width: 240,
        logo_height: 48,
        ..Theme::default()
    };
    let html = email::html(&tarnfold::full(), &theme);
    assert!(html.contains("logo.png\" width=\"240\" height=\"48\" alt=\"Tarnfold Post\""));
}

#[test]
fn pages_have_one_heading_no_script_and_stay_out_of_search() {
    for (name, page) in pages::all() {
        assert_eq!(page.matches("<h1").count(), 1, "{name}");
        let hidden = page.contains("<meta name=\"robots\" content=\"noindex\">");
        assert_eq!(hidden, name != "editions", "{name}");
        assert!(!page.contains("<script"), "{name}");
        assert_eq!(
            page.matches("<form").count(),
            page.matches("method=\"post\"").count(),
            "{name}"
        );
    }
}

#[test]
fn the_unsubscribe_page_has_one_button() {
    let pages = pages::all();
    let (_, page) = pages
        .iter()
        .find(|(name, _)| *name == "unsubscribe")
        .unwrap();
    assert_eq!(page.matches("<button").count(), 1);
    assert!(page.contains("<input type=\"hidden\" name=\"confirm\" value=\"1\">"));
    assert!(page.contains(">Unsubscribe</button>"));
}

#[test]
fn lines_of_a_story_run_its_way_in_plain_text_too() {
    let mut view = odd::one();
    let summary = "BBC قالت إن الميناء أغلق";
    for section in &mut view.sections {
        if let SectionView::Lead(entry) = section {
            entry.title = "UNESCO تحمي الميناء القديم";
            entry.summary = Some(summary);
            entry.direction = Some(Direction::RightToLeft);
        }
    }
    let text = text::text(&view);
    assert!(text.contains("\n\u{200f}UNESCO تحمي"), "{text}");
    assert!(text.contains(&format!("\n\u{200f}{summary}\n")), "{text}");
    let html = email::html(&view, &Theme::default());
    assert!(!html.contains('\u{200f}'), "html says it by dir");
}

#[test]
fn pages_of_the_desk_ask_for_nothing_from_outside_and_run_nothing() {
    for (name, page) in desk::all() {
        // What stands in the click map's mail is escaped, and has pictures like any mail.
        let own: String = page
            .lines()
            .filter(|line| !line.contains("&quot;") && !line.contains("&lt;"))
            .collect();
        for outside in [
            "<script", "<link", "<img", " onclick", " onload", "@import", "url(", " style=",
        ] {
            assert!(!own.contains(outside), "{name}: {outside}");
        }
        assert_eq!(page.matches("<h1>").count(), 1, "{name}");
    }
}
