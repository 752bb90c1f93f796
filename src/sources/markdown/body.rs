//! The text of a Markdown file to markup.
//!
//! `CommonMark` with tables, footnotes and struck text. HTML inside passes through: whoever cleans the
//! item cleans it. Tags of templates (`{{< figure >}}`, `{% include %}`) are for the generator and are
//! left out.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A body that was read.
#[derive(Debug)]
pub(super) struct Body {
    /// The first heading of the first level, as plain text.
    pub(super) heading: Option<String>,
    /// What stands before `<!--more-->`, as markup.
    pub(super) summary: Option<String>,
    whole: String,
    without_heading: Option<String>,
}

impl Body {
    /// The whole as markup; without the first heading if that is the title.
    pub(super) fn markup(&self, heading_is_title: bool) -> &str {
        match &self.without_heading {
            Some(rest) if heading_is_title => rest,
            _ => &self.whole,
        }
    }
}

const MORE: [&str; 3] = ["<!--more-->", "<!-- more -->", "<!--more -->"];

/// Reads a body.
pub(super) fn render(text: &str) -> Body {
    let text = without_tags(text);
    let cut = MORE.iter().filter_map(|mark| text.find(mark)).min();
    let summary = cut
        .and_then(|at| text.get(..at))
        .filter(|before| !before.trim().is_empty());
    let events: Vec<_> = events(&text).collect();
    let heading = heading(&events);
    let (name, without_heading) = match heading {
        Some((name, range)) => {
            let (before, after) = (&events[..range.start], &events[range.end..]);
            let rest = before.iter().chain(after).cloned();
            (Some(name), Some(markup(rest)))
        }
        None => (None, None),
    };
    Body {
        heading: name.filter(|name| !name.is_empty()),
        summary: summary.map(|before| markup(events_without_heading(before))),
        whole: markup(events.into_iter()),
        without_heading,
    }
}

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    Parser::new_ext(text, options)
}

fn events_without_heading(text: &str) -> impl Iterator<Item = Event<'_>> {
    let mut inside = false;
    events(text).filter(move |event| match event {
        Event::Start(Tag::Heading { level, .. }) if *level == HeadingLevel::H1 => {
            inside = true;
            false
        }
        Event::End(TagEnd::Heading(level)) if *level == HeadingLevel::H1 => {
            inside = false;
            false
        }
        _ => !inside,
    })
}

fn markup<'a>(events: impl Iterator<Item = Event<'a>>) -> String {
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// The first heading of the first level and where its events stand.
fn heading(events: &[Event<'_>]) -> Option<(String, std::ops::Range<usize>)> {
    let is_start = |event: &Event<'_>| matches!(event, Event::Start(Tag::Heading { level, .. }) if *level == HeadingLevel::H1);
    let begin = events.iter().position(is_start)?;
    let length = events[begin..]
        .iter()
        .position(|event| matches!(event, Event::End(TagEnd::Heading(_))))?;
    let inner = &events[begin..=begin + length];
    let text: String = inner
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
            Event::SoftBreak | Event::HardBreak => Some(" "),
            _ => None,
        })
        .collect();
    Some((text.trim().to_owned(), begin..begin + length + 1))
}

/// The text without tags of templates; one that does not end on its line is text.
fn without_tags(text: &str) -> String {
    const TAGS: [(&str, &str); 3] = [("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}")];
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some(at) = rest.find('{') {
            let (before, tag) = rest.split_at(at);
            out.push_str(before);
            let known = TAGS.iter().find(|(start, _)| tag.starts_with(start));
            let end = known.and_then(|(start, end)| {
                let inner = tag.get(start.len()..)?;
                Some(start.len() + inner.find(end)? + end.len())
            });
            match end.and_then(|end| tag.get(end..)) {
                Some(after) => rest = after,
                // Nothing after it on this line ends a tag either.
                None if known.is_some() => {
                    out.push_str(tag);
                    rest = "";
                }
                None => {
                    out.push('{');
                    rest = &tag[1..];
                }
            }
        }
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_becomes_markup_with_its_heading_and_summary() {
        let body = render("# The *old* `crane`\n\nFirst.\n\n<!--more-->\n\nSecond & ~~third~~.\n");
        assert_eq!(body.heading.as_deref(), Some("The old crane"));
        assert_eq!(body.summary.as_deref(), Some("<p>First.</p>\n"));
        assert_eq!(
            body.markup(true),
            "<p>First.</p>\n<!--more-->\n<p>Second &amp; <del>third</del>.</p>\n"
        );
        let body = render("# A\n\ntext\n");
        assert_eq!(body.markup(false), "<h1>A</h1>\n<p>text</p>\n");
        assert_eq!(render("## A\n").heading, None);
    }

    #[test]
    fn tags_of_templates_are_left_out() {
        for (text, rest) in [
            ("a {{< figure src=\"x\" >}} b", "a  b"),
            ("{% include x.html %}\nb {%x%}{%y%}c", "\nb c"),
            ("{{% note %}}text{{% /note %}}", "text"),
            ("{{< open\nb {c} {{ d }}", "{{< open\nb {c} {{ d }}"),
        ] {
            assert_eq!(without_tags(text), rest);
        }
    }

    #[test]
    fn hostile_shapes_take_bounded_time() {
        let started = crate::clock::stop_watch();
        for piece in [
            "> ", "* ", "[", "![", "](", "`", "*_", "<", "<!--", "{{<", "{%", "&", "|", "\n- ",
            "[^a]", "#\n", "~", "a\n: ",
        ] {
            let _body = render(&piece.repeat(60_000 / piece.len()));
        }
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
