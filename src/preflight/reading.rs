//! Whether everybody can read it: with a screen reader, without pictures, without HTML.

use std::collections::BTreeSet;

use dom_query::{Document, NodeRef};

use super::finding::{Findings, some_of};
use super::mail::Written;
use crate::config::Check;
use crate::edition::Edition;
use crate::links::Links;

/// Pixels from which a picture tells something of its own: half a card stands beside words that say the same.
const LARGE_PICTURE: u32 = 300;

pub(super) fn check(edition: &Edition, written: &Written, links: &Links) -> Findings {
    let mut findings = Findings::default();
    let document = Document::from(written.html.as_str());
    pictures(&mut findings, &document);
    pictures_elsewhere(&mut findings, edition);
    headings(&mut findings, &document);
    language(&mut findings, &document);
    link_words(&mut findings, &document);
    tables(&mut findings, &document);
    text_part(
        &mut findings,
        &document,
        (edition, &written.text),
        links.base(),
    );
    findings.or_pass(
        Check::Alt,
        "pictures",
        "all say what they show, or that they are decoration",
    );
    findings.or_pass(
        Check::Headings,
        "headings",
        "one main heading, and no level is skipped",
    );
    findings.or_pass(
        Check::Language,
        "html",
        "the language is declared twice, for webmail drops one",
    );
    findings.or_pass(Check::LinkText, "links", "all say where they lead");
    findings.or_pass(Check::LayoutTables, "tables", "none is read out as one");
    findings.or_pass(
        Check::TextPart,
        "text part",
        "it tells every story, with its link, and how to leave",
    );
    findings
}

/// Pictures that only some readers' copies have, where each of them may be the large one.
fn pictures_elsewhere(findings: &mut Findings, edition: &Edition) {
    let own: Vec<_> = edition.own().map(|entry| &entry.article.id).collect();
    for entry in &edition.entries {
        let article = &entry.article;
        let alt = article.image_alt.as_deref().unwrap_or_default();
        let Some(address) = article.image_url.as_deref() else {
            continue;
        };
        if alt.trim().is_empty() && !own.contains(&&article.id) {
            let message = format!(
                "the picture of \"{}\" has no alt, and the story leads the copies of some readers or stands in \
                 them: say on the site what it shows",
                article.title
            );
            findings.look_at(Check::Alt, address, message);
        }
    }
}

fn pictures(findings: &mut Findings, document: &Document) {
    for image in document.select("img").nodes() {
        let address = image.attr("src").unwrap_or_default();
        match image.attr("alt") {
            None => findings.fail(
                Check::Alt,
                &address,
                "the picture has no alt: screen readers read out its address; say what it shows, or alt=\"\"",
            ),
            Some(alt) => {
                let file = address.rsplit('/').next().unwrap_or_default();
                let lower = alt.to_lowercase();
                let is_file = [".jpg", ".jpeg", ".png", ".gif", ".webp"].iter().any(|end| lower.ends_with(end));
                let width = image.attr("width").and_then(|it| it.parse::<u32>().ok());
                if alt.is_empty() && width.is_some_and(|it| it >= LARGE_PICTURE) {
                    findings.fail(
                        Check::Alt,
                        &address,
                        "the picture is large and its alt is empty: neither its source nor the desk says what it shows, and readers \
                         without pictures miss it; say what it shows, or leave the picture out, at the desk or \
                         on the site; where no source says it, check.skip = [\"alt\"]",
                    );
                }
                if !alt.is_empty() && (&*alt == file || is_file) {
                    let message = format!("the picture's alt is a file's name, \"{alt}\": say what it shows");
                    findings.look_at(Check::Alt, &address, message);
                }
            }
        }
    }
}

fn headings(findings: &mut Findings, document: &Document) {
    let (mut before, mut first) = (0, 0);
    for heading in document.select("h1,h2,h3,h4,h5,h6").nodes() {
        let name = heading.node_name().unwrap_or_default();
        let level = name.trim_start_matches('h').parse::<u32>().unwrap_or(1);
        let words = shown(heading);
        let place = format!("{name} \"{words}\"");
        if words.is_empty() && heading.find(&["img"]).is_empty() {
            findings.fail(Check::Headings, &place, "the heading is empty");
        }
        if level > before + 1 {
            let message = format!(
                "it comes after {}: a step is left out",
                if before == 0 {
                    "nothing".to_owned()
                } else {
                    format!("h{before}")
                }
            );
            findings.fail(Check::Headings, &place, message);
        }
        first += u32::from(level == 1);
        before = level;
    }
    if first != 1 {
        findings.fail(
            Check::Headings,
            "h1",
            format!("there are {first} instead of one"),
        );
    }
}

fn language(findings: &mut Findings, document: &Document) {
    let declared = |selector: &str| {
        let language = document.select_single(selector).attr("lang");
        language.filter(|it| !it.is_empty())
    };
    match (declared("html"), declared("body [lang]")) {
        (Some(_), Some(_)) => {}
        (None, _) => findings.fail(
            Check::Language,
            "html",
            "it has no lang: screen readers guess how to read it",
        ),
        (_, None) => findings.fail(
            Check::Language,
            "body",
            "no element in it has lang, and webmail drops that of html",
        ),
    }
}

/// The words of an element.
fn shown(node: &NodeRef<'_>) -> String {
    let text = node.text();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn link_words(findings: &mut Findings, document: &Document) {
    // Words that say nothing by themselves, in the languages there are.
    const EMPTY: [&str; 10] = [
        "here",
        "click here",
        "link",
        "more",
        "hier",
        "ici",
        "aquí",
        "read more",
        "weiterlesen",
        "lire la suite",
    ];
    let mut vague = Vec::new();
    for link in document.select("a").nodes() {
        let address = link.attr("href").unwrap_or_default();
        if address.is_empty() || &*address == "#" {
            findings.fail(
                Check::LinkText,
                &format!("\"{}\"", shown(link)),
                "the link leads nowhere",
            );
            continue;
        }
        if address
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("javascript:")
        {
            findings.fail(Check::LinkText, &address, "the link is a script");
        }
        if link.attr("aria-hidden").is_some_and(|it| &*it == "true") {
            continue;
        }
        let label = link.attr("aria-label").unwrap_or_default();
        let words = shown(link);
        let alt: String = link
            .descendants_it()
            .filter_map(|it| it.attr("alt"))
            .map(|it| it.to_string())
            .collect();
        if label.trim().is_empty() && words.is_empty() && alt.trim().is_empty() {
            findings.fail(
                Check::LinkText,
                &address,
                "the link has no words and no alt: screen readers read out its address",
            );
        } else if label.trim().is_empty() && EMPTY.contains(&words.to_lowercase().as_str()) {
            vague.push(format!("\"{words}\""));
        }
    }
    if !vague.is_empty() {
        let message =
            "the words say nothing by themselves: say where the link leads, or add aria-label";
        findings.look_at(Check::LinkText, &some_of(&vague), message);
    }
}

fn tables(findings: &mut Findings, document: &Document) {
    let all = document.select("table");
    let plain = all.nodes().iter().filter(|table| {
        let role = table.attr("role").unwrap_or_default();
        !matches!(&*role, "presentation" | "none" | "list") && table.find(&["th"]).is_empty()
    });
    let plain = plain.count();
    if plain > 0 {
        let message = format!(
            "{plain} tables of the layout have no role=\"presentation\": screen readers count rows aloud"
        );
        findings.fail(Check::LayoutTables, "tables", message);
    }
}

/// The text part tells every story, with every link of the html part; and how to leave.
fn text_part(
    findings: &mut Findings,
    document: &Document,
    (edition, text): (&Edition, &str),
    base: &str,
) {
    const PLACE: &str = "text part";
    // Without white space: lines are broken within words in scripts that have no spaces.
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let flat = bare(text);
    if flat.is_empty() {
        findings.fail(Check::TextPart, PLACE, "it is empty");
        return;
    }
    let titles = edition.own().map(|entry| entry.article.title.as_str());
    let missing: Vec<String> = titles
        .filter(|title| !flat.contains(&bare(title)))
        .map(str::to_owned)
        .collect();
    if !missing.is_empty() {
        let message = format!("stories are missing: {}", some_of(&missing));
        findings.fail(Check::TextPart, PLACE, message);
    }
    let goes_on = |c: char| c.is_ascii_alphanumeric() || "-_~/?&=%#+".contains(c);
    let stands = |link: &str| {
        let mut found = text.match_indices(link);
        found.any(|(at, _)| !text[at + link.len()..].starts_with(goes_on))
    };
    let links = document.select("a[href^='http']");
    let links: BTreeSet<String> = links
        .iter()
        .filter_map(|link| link.attr("href"))
        .map(|link| link.to_string())
        .filter(|link| !stands(link))
        .collect();
    if !links.is_empty() {
        let message = format!("links are missing: {}", some_of(&Vec::from_iter(links)));
        findings.fail(Check::TextPart, PLACE, message);
    }
    let leave = format!("{base}/u/");
    if !text.contains(&leave) {
        findings.fail(Check::TextPart, PLACE, "it does not say how to leave");
    }
    let lower = text.to_ascii_lowercase();
    if ["<td", "<p>", "<a href", "</", "&nbsp;", "&amp;"]
        .iter()
        .any(|mark| lower.contains(mark))
    {
        findings.look_at(
            Check::TextPart,
            PLACE,
            "markup or entities stand in it as text: is a source's summary broken?",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    /// What is said of a document's body, without the text part.
    fn said(body: &str) -> Vec<(Severity, Check, String)> {
        let html = format!("<html lang=\"en\"><body><div lang=\"en\">{body}</div></body></html>");
        let document = Document::from(html.as_str());
        let mut findings = Findings::default();
        pictures(&mut findings, &document);
        headings(&mut findings, &document);
        language(&mut findings, &document);
        link_words(&mut findings, &document);
        tables(&mut findings, &document);
        let all = findings.into_vec().into_iter();
        all.map(|it| (it.severity, it.check, it.message)).collect()
    }

    #[test]
    fn a_story_or_a_link_that_is_not_in_the_text_part_is_named() {
        let html = Document::from("<h3><a href=\"https://a.example/1\">Wall</a></h3>");
        let leave = "https://go.example/u/x";
        for (text, words) in [
            (format!("Wall https://a.example/1. {leave}"), None),
            (format!("（https://a.example/1）{leave}"), None),
            (
                format!("https://a.example/10 {leave}"),
                Some("links are missing"),
            ),
            ("https://a.example/1".to_owned(), Some("how to leave")),
            (String::new(), Some("empty")),
            (
                format!("https://a.example/1 <td>Wall</td> {leave}"),
                Some("markup"),
            ),
        ] {
            let mut findings = Findings::default();
            let edition = without_stories();
            text_part(
                &mut findings,
                &html,
                (&edition, &text),
                "https://go.example",
            );
            let found = findings.into_vec();
            assert_eq!(
                found.len(),
                usize::from(words.is_some()),
                "{text}: {found:?}"
            );
            let told = found.first().map_or("", |it| &it.message);
            assert!(told.contains(words.unwrap_or("")), "{text}: {told}");
        }
    }

    fn without_stories() -> Edition {
        Edition {
            id: crate::edition::EditionId::from_text("daily-2026-11-28"),
            number: 1,
            digest: "daily".to_owned(),
            slot_at: jiff::Timestamp::UNIX_EPOCH,
            status: crate::edition::Status::Draft,
            subject: String::new(),
            preheader: String::new(),
            frame: crate::edition::Frame::default(),
            entries: Vec::new(),
            slates: crate::edition::slates::Slates::default(),
            passed_over: Vec::new(),
            built_at: jiff::Timestamp::UNIX_EPOCH,
            first_wave_at: None,
            enqueued_at: None,
            choice: None,
            version: 0,
        }
    }

    #[test]
    fn each_mistake_of_the_markup_is_named() {
        const H1: &str = "<h1>Tarn</h1>";
        for (body, wanted) in [
            (H1.to_owned(), None),
            (
                format!("{H1}<img src=a.jpg>"),
                Some((Severity::Fail, Check::Alt)),
            ),
            (format!("{H1}<img src=a.jpg alt=\"\">"), None),
            (
                format!("{H1}<img src=a.jpg alt=\"\" width=536>"),
                Some((Severity::Fail, Check::Alt)),
            ),
            (
                format!("{H1}<img src=/x/a.jpg alt=\"a.jpg\">"),
                Some((Severity::LookAt, Check::Alt)),
            ),
            (
                format!("{H1}<img src=a.jpg alt=\"The wall\" width=536>"),
                None,
            ),
            (String::new(), Some((Severity::Fail, Check::Headings))),
            (
                format!("{H1}<h3>Story</h3>"),
                Some((Severity::Fail, Check::Headings)),
            ),
            (format!("{H1}<h2>A</h2><h3>Story</h3><h2>B</h2>"), None),
            (
                format!("{H1}<h2> </h2>"),
                Some((Severity::Fail, Check::Headings)),
            ),
            (
                format!("{H1}<a href=\"https://a.example/\"></a>"),
                Some((Severity::Fail, Check::LinkText)),
            ),
            (
                format!("{H1}<a href=\"https://a.example/\"><img src=a alt=\"\"></a>"),
                Some((Severity::Fail, Check::LinkText)),
            ),
            (
                format!("{H1}<a href=\"https://a.example/\"><img src=a alt=\"Wall\"></a>"),
                None,
            ),
            (
                format!(
                    "{H1}<a aria-hidden=\"true\" href=\"https://a.example/\"><img src=a alt=\"\"></a>"
                ),
                None,
            ),
            (
                format!("{H1}<a href=\"https://a.example/\">Click here</a>"),
                Some((Severity::LookAt, Check::LinkText)),
            ),
            (
                format!(
                    "{H1}<a aria-label=\"Read more: wall\" href=\"https://a.example/\">Read more</a>"
                ),
                None,
            ),
            (
                format!("{H1}<a href=\"#\">Wall</a>"),
                Some((Severity::Fail, Check::LinkText)),
            ),
            (
                format!("{H1}<a href=\"javascript:x()\">Wall</a>"),
                Some((Severity::Fail, Check::LinkText)),
            ),
            (
                format!("{H1}<table><tr><td>x</td></tr></table>"),
                Some((Severity::Fail, Check::LayoutTables)),
            ),
            (
                format!("{H1}<table role=\"presentation\"><tr><td>x</td></tr></table>"),
                None,
            ),
        ] {
            let found = said(&body);
            let names: Vec<_> = found.iter().map(|it| (it.0, it.1)).collect();
            assert_eq!(names, Vec::from_iter(wanted), "{body}: {found:?}");
        }
        let mut findings = Findings::default();
        language(
            &mut findings,
            &Document::from("<html><body><p>x</p></body></html>"),
        );
        assert_eq!(findings.into_vec()[0].check, Check::Language);
    }
}
