//! The editor's note: Markdown to running text.
//!
//! `CommonMark` as far as a note of 60 words needs it: paragraphs, strong and emphasis, links, lists. A heading is a
//! strong paragraph; a picture is its words; HTML is shown as it is written, never run. Only https links lead
//! anywhere: what else was meant as one stays readable as it was written, so that its writer sees it.

use std::borrow::Cow;

use courant_templates::view::InlineView;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// Words a note has at most, so that the news still begin on a phone's first screen (design, section 8).
pub const MOST_WORDS: usize = 60;

/// Words of a note as readers see them.
#[must_use]
pub fn note_words(text: &str) -> usize {
    let paragraphs = paragraphs(text);
    let shown = paragraphs.iter().map(|paragraph| {
        let words = paragraph.iter().map(|piece| match piece {
            InlineView::Words(words)
            | InlineView::Strong(words)
            | InlineView::Emphasis(words)
            | InlineView::Link(words, _) => words.as_ref(),
        });
        let whole: String = words.collect();
        whole
            .split_whitespace()
            .filter(|it| *it != BULLET.trim())
            .count()
    });
    shown.sum()
}

/// Whether a note has what was meant as a link and is none.
#[must_use]
pub fn note_shows_markup(text: &str) -> bool {
    let pieces = paragraphs(text).into_iter().flatten();
    let mut words = pieces.filter_map(|piece| match piece {
        InlineView::Words(words) => Some(words),
        _ => None,
    });
    words.any(|words| words.contains("]("))
}

const BULLET: &str = "\u{2022} ";

/// The paragraphs of a note.
pub(super) fn paragraphs(text: &str) -> Vec<Vec<InlineView<'_>>> {
    let mut writing = Writing::default();
    for event in Parser::new(text) {
        writing.take(event);
    }
    writing.end();
    writing.done
}

#[derive(Default)]
struct Writing<'a> {
    done: Vec<Vec<InlineView<'a>>>,
    now: Vec<InlineView<'a>>,
    strong: usize,
    emphasis: usize,
    /// The link that is open: where it leads, and its words so far.
    link: Option<(Cow<'a, str>, String)>,
    /// The lists that are open: the number of the next item, if they have numbers.
    lists: Vec<Option<u64>>,
}

impl<'a> Writing<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.stop(tag),
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.words(text.into());
            }
            Event::SoftBreak | Event::HardBreak => self.words(Cow::Borrowed(" ")),
            Event::Rule => self.end(),
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::Link { dest_url, .. } => self.link = Some((dest_url.into(), String::new())),
            Tag::List(first) => {
                self.end();
                self.lists.push(first);
            }
            Tag::Item => {
                self.end();
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}. ");
                        *number += 1;
                        Cow::Owned(mark)
                    }
                    _ => Cow::Borrowed(BULLET),
                };
                self.now.push(InlineView::Words(mark));
            }
            Tag::Heading { .. } => {
                self.end();
                self.strong += 1;
            }
            _ => {}
        }
    }

    fn stop(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Link => self.link_is_over(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Heading(_) => {
                self.end();
                self.strong = self.strong.saturating_sub(1);
            }
            TagEnd::Paragraph | TagEnd::Item | TagEnd::HtmlBlock | TagEnd::CodeBlock => self.end(),
            _ => {}
        }
    }

    fn link_is_over(&mut self) {
        let Some((url, words)) = self.link.take() else {
            return;
        };
        let leads = url.starts_with("https://")
            && url::Url::parse(&url).is_ok_and(|it| it.username().is_empty());
        if leads && !words.trim().is_empty() {
            self.now.push(InlineView::Link(Cow::Owned(words), url));
        } else {
            self.words(Cow::Owned(format!("[{words}]({url})")));
        }
    }

    fn words(&mut self, words: Cow<'a, str>) {
        if let Some((_, so_far)) = &mut self.link {
            so_far.push_str(&words);
            return;
        }
        let same = match (self.now.last_mut(), self.strong > 0, self.emphasis > 0) {
            (Some(InlineView::Strong(last)), true, _)
            | (Some(InlineView::Emphasis(last)), false, true)
            | (Some(InlineView::Words(last)), false, false) => last,
            (_, true, _) => return self.now.push(InlineView::Strong(words)),
            (_, false, true) => return self.now.push(InlineView::Emphasis(words)),
            (_, false, false) => return self.now.push(InlineView::Words(words)),
        };
        same.to_mut().push_str(&words);
    }

    /// Ends a paragraph, if one is begun.
    fn end(&mut self) {
        let is_mark = |it: &InlineView<'_>| matches!(it, InlineView::Words(words) if words.trim().is_empty() || words == BULLET);
        let now = std::mem::take(&mut self.now);
        if now.len() > 1 || now.first().is_some_and(|only| !is_mark(only)) {
            self.done.push(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> InlineView<'_> {
        InlineView::Words(text.into())
    }

    fn link<'a>(text: &'a str, url: &'a str) -> InlineView<'a> {
        InlineView::Link(text.into(), url.into())
    }

    #[test]
    fn markdown_is_running_text() {
        let url = "https://a.example/x";
        for (text, expected) in [
            ("Plain.", vec![vec![words("Plain.")]]),
            (
                "See [the lake](https://a.example/x), now.",
                vec![vec![words("See "), link("the lake", url), words(", now.")]],
            ),
            (
                "[**a** b](https://a.example/x)",
                vec![vec![link("a b", url)]],
            ),
            (
                "A **strong**, a *soft* word\n\nand more",
                vec![
                    vec![
                        words("A "),
                        InlineView::Strong("strong".into()),
                        words(", a "),
                        InlineView::Emphasis("soft".into()),
                        words(" word"),
                    ],
                    vec![words("and more")],
                ],
            ),
            (
                "Today:\n- boats\n- bread",
                vec![
                    vec![words("Today:")],
                    vec![words("\u{2022} boats")],
                    vec![words("\u{2022} bread")],
                ],
            ),
            (
                "24. Dezember ist nah.",
                vec![vec![words("24. Dezember ist nah.")]],
            ),
            ("# Boats", vec![vec![InlineView::Strong("Boats".into())]]),
            (
                "2 * 3 < 7 & so_on_",
                vec![vec![words("2 * 3 < 7 & so_on_")]],
            ),
            ("<b>a</b>", vec![vec![words("<b>a</b>")]]),
            ("[a](javascript:x)", vec![vec![words("[a](javascript:x)")]]),
            ("[港](", vec![vec![words("[港](")]]),
            (
                "![a boat](https://a.example/x.jpg)",
                vec![vec![words("a boat")]],
            ),
            ("", vec![]),
            (" \n\n", vec![]),
        ] {
            assert_eq!(paragraphs(text), expected, "{text}");
        }
        assert!(note_shows_markup("[a](http://a.example/)"));
        assert!(!note_shows_markup("[a](https://a.example/)"));
        assert_eq!(
            note_words("- one [two three](https://a.example/x)\n- four"),
            4
        );
    }
}
