//! What the edition says: the two lines of the inbox, the stories, what the law asks for.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::finding::Findings;
use super::mail::Written;
use crate::config::Check;
use crate::edition::subject::{self, PREHEADER_LENGTHS, SUBJECT_CHARS};
use crate::edition::{Edition, SectionKind};
use crate::render::{MOST_WORDS, is_shown, note_shows_markup, note_words, words_for};

/// Letters of a sender's name and a headline that programs show.
const SENDER: usize = 25;
const HEADLINE: usize = 140;

pub(super) fn check(edition: &Edition, written: &Written, now: Timestamp) -> Findings {
    let mut findings = Findings::default();
    for (number, line) in edition.subjects().enumerate() {
        let place = match number {
            0 => "subject".to_owned(),
            other => format!("subject to try {other}"),
        };
        subject_line(&mut findings, &place, line);
    }
    preheader(&mut findings, edition, written);
    sender(&mut findings, written);
    note(&mut findings, edition);
    stories(&mut findings, edition);
    surroundings(&mut findings, edition, written, now);
    findings
}

fn subject_line(findings: &mut Findings, place: &str, line: &str) {
    let write =
        "write another at the desk, or by `courant edition write --subject` and `--alternative`";
    let letters = subject::length(line);
    if line.trim().is_empty() {
        findings.fail(Check::Subject, place, format!("there is none: {write}"));
        return;
    }
    if letters > SUBJECT_CHARS {
        let message = format!(
            "it has {letters} characters; mail programs cut it at about {SUBJECT_CHARS}: {write}"
        );
        findings.look_at(Check::Subject, place, message);
    }
    let lower = line.to_lowercase();
    if ["re:", "fw:", "fwd:", "aw:", "wg:"]
        .iter()
        .any(|it| lower.starts_with(it))
    {
        let message = format!(
            "it begins like an answer, which filters and readers take for a trick: {write}"
        );
        findings.fail(Check::Subject, place, message);
    }
    let shouted = line.chars().filter(|c| c.is_alphabetic()).count() > 10
        && line.chars().any(char::is_uppercase)
        && !line.chars().any(char::is_lowercase);
    if shouted {
        findings.look_at(
            Check::Subject,
            place,
            format!("it is all capitals, which filters dislike: {write}"),
        );
    }
    if line.contains("{{") || line.contains("%%") || line.contains("*|") {
        findings.fail(
            Check::Subject,
            place,
            format!("it holds a placeholder that nothing fills in: {write}"),
        );
    }
    findings.or_pass_at(Check::Subject, place, format!("{letters} characters"));
}

fn preheader(findings: &mut Findings, edition: &Edition, written: &Written) {
    const PLACE: &str = "preheader";
    let (line, write) = (
        &edition.preheader,
        "`courant edition write --preheader` writes another",
    );
    let letters = subject::length(line);
    if line.trim().is_empty() {
        let message =
            format!("there is none, so mail programs show what stands first in the mail: {write}");
        findings.look_at(Check::Preheader, PLACE, message);
    } else if line.trim() == edition.subject.trim() {
        findings.look_at(
            Check::Preheader,
            PLACE,
            format!("it repeats the subject: {write}"),
        );
    } else if !PREHEADER_LENGTHS.contains(&letters) {
        let message = format!(
            "it has {letters} characters; under {} mail programs show what stands next in the mail, over {} they \
             cut it: {write}",
            PREHEADER_LENGTHS.start(),
            PREHEADER_LENGTHS.end()
        );
        findings.look_at(Check::Preheader, PLACE, message);
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = dom_query::Document::from(written.html.as_str());
    if !line.trim().is_empty() && !words(&shown.text()).contains(&words(line)) {
        findings.fail(
            Check::Preheader,
            PLACE,
            "it is not in the html part: please report this",
        );
    }
    findings.or_pass(Check::Preheader, PLACE, format!("{letters} characters"));
}

fn sender(findings: &mut Findings, written: &Written) {
    const PLACE: &str = "delivery.from";
    let from = mail_parser::MessageParser::default().parse(&written.message);
    let Some(from) = from else {
        return;
    };
    let name = from
        .from()
        .and_then(|it| it.first())
        .and_then(|it| it.name());
    let name = name.unwrap_or_default();
    let letters = subject::length(name);
    if name.is_empty() {
        let message =
            "no name stands before the address: readers look at that first; write Name <address>";
        findings.look_at(Check::SenderName, PLACE, message);
    } else if letters > SENDER {
        let message = format!("\"{name}\" has {letters} characters; phones show about {SENDER}");
        findings.look_at(Check::SenderName, PLACE, message);
    } else if name.contains('@') {
        let message = format!(
            "\"{name}\" looks like an address, as forgeries do: write the publication's name"
        );
        findings.fail(Check::SenderName, PLACE, message);
    }
    findings.or_pass(Check::SenderName, PLACE, format!("\"{name}\""));
}

fn note(findings: &mut Findings, edition: &Edition) {
    const PLACE: &str = "note";
    let Some(note) = &edition.frame.note else {
        return;
    };
    let words = note_words(&note.text);
    if words > MOST_WORDS {
        let message = format!(
            "it has {words} words; over {MOST_WORDS} push the news off a phone's first screen: shorten it"
        );
        findings.look_at(Check::Note, PLACE, message);
    }
    if note_shows_markup(&note.text) {
        let message = "readers see \"](\" in it: a link is [words](https://...), over https and without spaces in its \
                       address";
        findings.look_at(Check::Note, PLACE, message);
    }
    findings.or_pass(Check::Note, PLACE, format!("{words} words"));
}

fn stories(findings: &mut Findings, edition: &Edition) {
    for entry in &edition.entries {
        let picture = entry.article.image_url.as_deref();
        if let Some(url) = picture.filter(|url| !is_shown(url)) {
            let place = format!("\"{}\": {url}", entry.article.title);
            let message = "the mail goes without this picture, since mail programs do not show plain http, SVG and AVIF: \
                           let the source name a JPEG, PNG, GIF or WebP over https, or take the picture away";
            findings.look_at(Check::Pictures, &place, message);
        }
    }
    let mut titles: BTreeMap<String, u32> = BTreeMap::new();
    let mut addresses: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in edition.own() {
        let place = format!("story {}: \"{}\"", entry.position, entry.article.title);
        if let Some(first) = addresses.insert(&entry.article.url, entry.position) {
            let message =
                format!("it stands there twice, the first time as story {first}: hide one of them");
            findings.fail(Check::RepeatedStory, &place, message);
        } else if let Some(first) =
            titles.insert(entry.article.title.to_lowercase(), entry.position)
        {
            let message = format!("it has the headline of story {first}: is it the same?");
            findings.look_at(Check::RepeatedStory, &place, message);
        }
        let has_summary = entry
            .article
            .summary
            .as_ref()
            .is_some_and(|it| !it.trim().is_empty());
        if entry.section == SectionKind::Lead && !has_summary {
            let message = "the lead has no summary: its source gives none; `complete` in its [[source]] asks its page";
            findings.look_at(Check::Summary, &place, message);
        }
        if subject::length(&entry.article.title) > HEADLINE {
            let message = format!(
                "the headline has more than {HEADLINE} characters and fills a phone's screen"
            );
            findings.look_at(Check::Summary, &place, message);
        }
    }
    findings.or_pass(Check::RepeatedStory, "stories", "each stands there once");
    findings.or_pass(Check::Summary, "stories", "the lead has a summary");
}

fn surroundings(findings: &mut Findings, edition: &Edition, written: &Written, now: Timestamp) {
    let frame = &edition.frame;
    if let Some(weather) = &frame.weather {
        let age = now.as_second() - weather.observed_at;
        if age > 3 * 3600 {
            let message = format!(
                "it is {} hours old: build the edition again, or send it soon",
                age / 3600
            );
            findings.look_at(Check::Weather, "masthead", message);
        }
        findings.or_pass(Check::Weather, "masthead", "it is of today");
    }
    let html = dom_query::Document::from(written.html.as_str()).text();
    // Without white space: the text part breaks lines, in some scripts within words.
    let flat = |text: &str| text.split_whitespace().collect::<String>();
    let (html, text) = (flat(&html), flat(&written.text));
    let in_both = |words: &str| {
        let words = flat(words);
        html.contains(&words) && text.contains(&words)
    };
    if let Some(sponsor) = &frame.sponsor {
        let label = words_for(&frame.publication.language).sponsored_by(&sponsor.name);
        let is_shown = frame
            .order
            .iter()
            .any(|(kind, _)| *kind == SectionKind::Sponsor);
        if is_shown && !in_both(&label) {
            let message =
                format!("the paid message is not marked by \"{label}\": please report this");
            findings.fail(Check::Sponsor, "sponsor", message);
        }
        findings.or_pass(
            Check::Sponsor,
            "sponsor",
            "the paid message is marked as such",
        );
    }
    let address = &frame.publication.postal_address;
    if address.trim().is_empty() || !in_both(address) {
        let message = "name and postal address are not in both parts, and the law of most countries asks for them: \
                       mend publication.postal_address and build the edition again";
        findings.fail(Check::PostalAddress, "footer", message);
    }
    findings.or_pass(
        Check::PostalAddress,
        "footer",
        "name and postal address stand in both parts",
    );
}
