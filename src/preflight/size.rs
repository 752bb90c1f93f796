//! How much there is: Gmail clips a long mail, and its footer with it, and drops long style blocks.

use dom_query::Document;

use super::Subject;
use super::finding::Findings;
use super::mail::Written;
use crate::config::Check;
use crate::edition::Edition;
use crate::render::{self, budget};

/// Gmail reads so much of all style blocks together; the design asks for half.
const STYLES: usize = 16_384;
const STYLES_GOAL: usize = 8_192;

pub(super) fn check(subject: &Subject<'_>, edition: &Edition, written: &Written) -> Findings {
    let mut findings = Findings::default();
    let place = "html part";
    let (bytes, trimmed) = render::largest_copy(edition, &subject.config.theme, subject.links);
    let limit = budget::LIMIT_BYTES;
    let smaller = "fewer stories, or size = \"compact\" for a section, make it smaller";
    if bytes > limit {
        let message = format!(
            "a copy has {bytes} bytes as sent, and over {limit} mail programs cut off the footer with the \
             unsubscribe link: {smaller}"
        );
        findings.fail(Check::HtmlSize, place, message);
    } else if let Some(trimmed) = trimmed {
        let message = format!(
            "mail programs would clip a copy at {limit} bytes, so it goes without {}: {smaller}",
            trimmed.in_words()
        );
        findings.look_at(Check::HtmlSize, place, message);
    } else if bytes > budget::WARNING_BYTES {
        let message =
            format!("a copy has {bytes} bytes as sent, close to the limit of {limit}: {smaller}");
        findings.look_at(Check::HtmlSize, place, message);
    }
    findings.or_pass(
        Check::HtmlSize,
        place,
        format!("the largest copy has {bytes} bytes as sent; mail programs clip at {limit}"),
    );
    let document = Document::from(written.html.as_str());
    let styles: usize = document
        .select("style")
        .iter()
        .map(|it| it.text().len())
        .sum();
    if styles > STYLES {
        let message =
            format!("style blocks have {styles} bytes, and Gmail drops what is over {STYLES}");
        findings.fail(Check::StyleSize, "style blocks", message);
    } else if styles > STYLES_GOAL {
        let message =
            format!("style blocks have {styles} bytes, more than the {STYLES_GOAL} they should");
        findings.look_at(Check::StyleSize, "style blocks", message);
    }
    findings.or_pass(Check::StyleSize, "style blocks", format!("{styles} bytes"));
    findings
}
