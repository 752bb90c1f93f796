//! The text part of an edition: the facts of the html part in the same order, as a page of text.
//!
//! Lines hold 72 cells, hard wrapped, without trailing spaces or tabs. Every URL has its own place
//! below or after the words it belongs to and is never broken, so only a URL may pass the 72. There
//! are two full rules in the whole message, since screen readers read them aloud.

mod wrap;

use crate::email::personal_links;
use crate::pieces::{Piece, entry, has_lead, pieces};
use crate::typography::{full_name, gap_after, left_to_right};
use crate::view::{
    CardView, Copy, Direction, EditionView, EntryView, InlineView, LetterView, LinkView, NoteView,
    SectionView, SponsorView,
};
use wrap::{CELLS, cells, wrap};

/// Writes the text part of an edition.
#[must_use]
pub fn text(view: &EditionView<'_>) -> String {
    let written = pieces(view).into_iter().map(|piece| write(view, piece));
    written.collect()
}

/// Writes one piece of it; nothing where the view has none there. Each ends with the end of a line.
#[must_use]
pub fn write(view: &EditionView<'_>, piece: Piece) -> String {
    let mut page = Page {
        out: String::new(),
        colon: &view.words.colon,
        direction: view.direction,
    };
    let at = match piece {
        Piece::Top => {
            top(&mut page, view);
            return page.out;
        }
        Piece::Bottom => {
            footer(&mut page, view);
            return page.out;
        }
        Piece::Open(at) | Piece::Story(at, _) | Piece::Close(at) | Piece::Whole(at) => at,
    };
    if let Some(section) = view.sections.get(at) {
        match piece {
            Piece::Story(_, number) => one_story(&mut page, view, section, number),
            Piece::Open(_) => open(&mut page, section),
            Piece::Close(_) => close(&mut page, view, section),
            _ => whole(&mut page, view, section),
        }
    }
    page.out
}

/// Lines written so far.
struct Page<'a> {
    out: String,
    /// Between a link's words and its URL.
    colon: &'a str,
    /// The edition's.
    direction: Direction,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A paragraph: `first` before its first line, as many spaces before the others.
    fn para(&mut self, first: &str, text: &str) {
        let indent = " ".repeat(cells(first));
        for (number, line) in wrap(text, CELLS.saturating_sub(indent.len()))
            .iter()
            .enumerate()
        {
            self.line(&[if number == 0 { first } else { &indent }, line].concat());
        }
    }

    /// As [`Page::para`], each line running the way of its story: a plain text has no markup that
    /// says so, and mail programs go by the first letter of a line, which may be a foreign name's.
    fn told(&mut self, first: &str, text: &str, entry: &EntryView<'_>) {
        let direction = entry.direction.unwrap_or(self.direction);
        let indent = " ".repeat(cells(first));
        let lines = wrap(text, CELLS.saturating_sub(indent.len()));
        for (number, line) in lines.iter().enumerate() {
            let before = if number == 0 { first } else { &indent };
            let strays = Direction::of_text(line).is_some_and(|own| own != direction);
            let mark = if strays {
                direction.mark().to_string()
            } else {
                String::new()
            };
            self.line(&[before, &mark, line].concat());
        }
    }

    /// Words and a URL on one line if they fit, else the URL below, indented like the words.
    fn link(&mut self, first: &str, words: &str, url: &str) {
        self.links(first, &[LinkView { name: words, url }]);
    }

    /// Several links, all on one line each or all with the URL below.
    fn links(&mut self, first: &str, links: &[LinkView<'_>]) {
        let colon = self.colon;
        let one_line = |link: &LinkView<'_>| [first, link.name, colon, link.url].concat();
        let fit = links.iter().all(|link| cells(&one_line(link)) <= CELLS);
        for link in links {
            if fit {
                self.line(&one_line(link));
            } else {
                self.para(first, &[link.name, colon.trim_end()].concat());
                self.line(&[&" ".repeat(cells(first)), link.url].concat());
            }
        }
    }

    /// A section title with two blank lines above and a rule of its own width below.
    fn title(&mut self, title: &str) {
        let lines = wrap(title, CELLS);
        let width = lines.iter().map(|line| cells(line)).max().unwrap_or(0);
        self.blank();
        self.blank();
        lines.iter().for_each(|line| self.line(line));
        self.line(&"-".repeat(width));
    }

    fn rule(&mut self) {
        self.line(&"=".repeat(CELLS));
    }
}

/// Preheader and browser link first, as in the html part: a mail program shows the first words of
/// the message beside the subject.
fn top(page: &mut Page<'_>, view: &EditionView<'_>) {
    if view.copy == Copy::Mail {
        page.para("", view.preheader);
        if let Some(url) = view.view_url {
            page.link("", &view.words.view_in_browser, url);
        }
        page.blank();
    }
    if let (Copy::Archive, Some(links)) = (view.copy, view.archive) {
        page.link("", &view.words.archive, links.all_url);
        for (url, name) in [
            (links.newer_url, &view.words.newer),
            (links.older_url, &view.words.older),
        ] {
            if let Some(url) = url {
                page.link("", name, url);
            }
        }
        page.blank();
    }
    page.para("", &full_name(view.brand, view.edition_name).to_uppercase());
    let date = match &view.weather {
        Some(weather) => {
            let temperature = left_to_right(view.direction, weather.temperature);
            let sky = weather.sky.map(|sky| [&view.words.comma, sky].concat());
            let sky = sky.unwrap_or_default();
            format!("{} | {} {temperature}{sky}", view.date, weather.place)
        }
        None => view.date.to_owned(),
    };
    if !date.is_empty() {
        page.para("", &date);
    }
    page.line(view.home_url);
    page.rule();
    if let Some(notice) = &view.notice {
        page.blank();
        page.para(
            "",
            &[notice.bold, gap_after(notice.bold), notice.text].concat(),
        );
    }
    if let Some(note) = &view.note {
        page.blank();
        note_text(page, note);
        if let Some(by) = note.by {
            page.para("   ", by);
        }
    }
    if let (Some(length), false) = (view.length, has_lead(view)) {
        page.blank();
        page.para("", length);
    }
}

/// Links of a running text are numbered in it and listed straight below their paragraph.
fn note_text(page: &mut Page<'_>, note: &NoteView<'_>) {
    let mut numbers = 1..;
    let mut text = [note.hello, gap_after(note.hello)].concat();
    let paragraphs = note.text.iter().map(Vec::as_slice);
    // A greeting may stand alone.
    let paragraphs = paragraphs.chain(note.text.is_empty().then_some(&[][..]));
    for (at, paragraph) in paragraphs.enumerate() {
        if at > 0 {
            page.blank();
            text.clear();
        }
        let mut urls = Vec::new();
        for piece in paragraph {
            match piece {
                InlineView::Words(words)
                | InlineView::Strong(words)
                | InlineView::Emphasis(words) => text.push_str(words),
                InlineView::Link(words, url) => {
                    let number = numbers.next().unwrap_or(1_usize).to_string();
                    text.extend([words, " [", &number, "]"]);
                    urls.push((number, url));
                }
            }
        }
        page.para("", &text);
        for (number, url) in urls {
            page.line(&format!("[{number}] {url}"));
        }
    }
}

fn open(page: &mut Page<'_>, section: &SectionView<'_>) {
    match section {
        SectionView::Plain(_) => page.blank(),
        SectionView::Ranked { title, .. }
        | SectionView::Timed { title, .. }
        | SectionView::Brief { title, .. } => page.title(title),
        SectionView::Category { label, .. } => page.title(label.name),
        SectionView::Lead(_)
        | SectionView::Sponsor(_)
        | SectionView::Letter(_)
        | SectionView::Topics { .. }
        | SectionView::More { .. } => {}
    }
}

fn close(page: &mut Page<'_>, view: &EditionView<'_>, section: &SectionView<'_>) {
    if let SectionView::Category {
        label,
        all_url: Some(url),
        ..
    } = section
    {
        page.blank();
        page.link("", &view.words.all(label.name), url);
    }
}

fn whole(page: &mut Page<'_>, view: &EditionView<'_>, section: &SectionView<'_>) {
    match section {
        SectionView::Sponsor(message) => sponsor(page, view, message),
        SectionView::Letter(message) => letter(page, message),
        SectionView::Topics { title, tags } => topics(page, title, tags),
        SectionView::More {
            title,
            cards,
            links,
        } => more(page, title, cards, links),
        _ => {}
    }
}

/// A story with what its section puts before it; all but the lead below a blank line.
fn one_story(
    page: &mut Page<'_>,
    view: &EditionView<'_>,
    section: &SectionView<'_>,
    number: usize,
) {
    let Some(entry) = entry(section, number) else {
        return;
    };
    if let SectionView::Lead(_) = section {
        lead(page, view, entry);
        return;
    }
    page.blank();
    match section {
        SectionView::Ranked { .. } => {
            let rank = format!("{:<4}", format!("{}. ", number + 1));
            story(page, &rank, entry, Detail::Full);
        }
        SectionView::Timed { entries, .. } => timed(page, time_column(entries), entry),
        SectionView::Category { .. } if number == 0 => story(page, "* ", entry, Detail::Full),
        SectionView::Category { .. } => story(page, "* ", entry, Detail::Headline),
        SectionView::Brief { .. } => story(page, "* ", entry, Detail::Facts),
        _ => story(page, "", entry, Detail::Full),
    }
}

fn lead(page: &mut Page<'_>, view: &EditionView<'_>, entry: &EntryView<'_>) {
    page.title(&view.words.lead_story);
    page.blank();
    page.told("", entry.title, entry);
    let by = entry.byline.map(|name| match entry.label {
        Some(_) => view.words.by_inline(name),
        None => view.words.by(name),
    });
    let label = entry.label.map(|label| label.name);
    let facts: Vec<&str> = label
        .into_iter()
        .chain(by.as_deref())
        .chain(entry.reading_time)
        .collect();
    page.para("", &facts.join(" · "));
    if let Some(summary) = entry.summary {
        page.blank();
        page.told("", summary, entry);
    }
    if let Some(length) = view.length {
        page.blank();
        page.para("", length);
    }
    page.blank();
    page.line(&format!("{}:", view.words.read_full_story));
    page.line(entry.url);
}

/// What a story shows beside its headline and reading time.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    /// Category and summary.
    Full,
    /// Its category.
    Facts,
    /// Nothing.
    Headline,
}

/// Headline, summary, facts and URL, hanging under what stands before the headline.
fn story(page: &mut Page<'_>, first: &str, entry: &EntryView<'_>, detail: Detail) {
    let indent = " ".repeat(cells(first));
    page.told(first, entry.title, entry);
    let (label, summary) = match detail {
        Detail::Full => (entry.label, entry.summary),
        Detail::Facts => (entry.label, None),
        Detail::Headline => (None, None),
    };
    let facts: Vec<&str> = label
        .map(|label| label.name)
        .into_iter()
        .chain(entry.reading_time)
        .collect();
    page.para(&indent, &facts.join(" · "));
    if let Some(summary) = summary {
        page.told(&indent, summary, entry);
    }
    page.line(&[&indent, entry.url].concat());
}

/// Cells of the column of times: ten, or more if one of them needs it.
pub(crate) fn time_column(entries: &[EntryView<'_>]) -> usize {
    let times = entries.iter().filter_map(|entry| entry.time);
    times
        .map(|time| cells(time) + 2)
        .max()
        .unwrap_or(0)
        .clamp(10, 24)
}

/// A story beside its time.
fn timed(page: &mut Page<'_>, width: usize, entry: &EntryView<'_>) {
    let time = entry.time.unwrap_or_default();
    let pad = " ".repeat(width.saturating_sub(cells(time)).max(1));
    page.told(&[time, &pad].concat(), entry.title, entry);
    let indent = " ".repeat(width);
    if let Some(label) = &entry.label {
        page.para(&indent, label.name);
    }
    page.line(&[&indent, entry.url].concat());
}

fn letter(page: &mut Page<'_>, message: &LetterView<'_>) {
    page.title(message.title);
    page.blank();
    page.para("", message.text);
    page.blank();
    page.para("", &format!("{}:", message.button.name));
    page.line(message.button.url);
    for sentence in &message.small {
        page.blank();
        page.para("", sentence);
    }
}

fn sponsor(page: &mut Page<'_>, view: &EditionView<'_>, message: &SponsorView<'_>) {
    page.title(&view.words.sponsored_by(message.name));
    page.blank();
    page.para("", message.title);
    page.para("", message.text);
    page.para("", &format!("{}:", message.cta));
    page.line(message.url);
}

fn topics(page: &mut Page<'_>, title: &str, tags: &[LinkView<'_>]) {
    if tags.is_empty() {
        return;
    }
    page.title(title);
    page.blank();
    page.links("* ", tags);
}

fn more(page: &mut Page<'_>, title: &str, cards: &[CardView<'_>], links: &[LinkView<'_>]) {
    if cards.is_empty() && links.is_empty() {
        return;
    }
    page.title(title);
    for card in cards.iter().take(2) {
        page.blank();
        page.para("* ", &[card.kind, page.colon, card.title].concat());
        page.para("  ", card.text);
        page.line(&["  ", card.url].concat());
    }
    if !links.is_empty() {
        page.blank();
    }
    page.links("* ", links);
}

/// Not after "-- ": some mail programs fold away what follows it.
fn footer(page: &mut Page<'_>, view: &EditionView<'_>) {
    let (words, footer) = (view.words, &view.footer);
    page.blank();
    page.rule();
    let links = personal_links(view);
    let width = links
        .iter()
        .map(|(name, _)| cells(name) + 2)
        .max()
        .unwrap_or(0);
    for (name, url) in &links {
        let pad = " ".repeat(width.saturating_sub(cells(name) + 1));
        page.line(&format!("{name}:{pad}{url}"));
    }
    if !links.is_empty() {
        page.blank();
    }
    if let (Some(why), false) = (footer.why, view.copy == Copy::Archive) {
        page.para("", why);
        page.blank();
    }
    if let Some(url) = footer.subscribe_url {
        match view.copy {
            Copy::Archive => page.para("", &format!("{}:", words.own_copy)),
            Copy::Mail | Copy::Browser => {
                page.para("", &format!("{} {}:", words.forwarded, words.own_copy));
            }
        }
        page.line(url);
        page.blank();
    }
    page.para("", footer.address);
    if let Some(url) = footer.privacy_url {
        page.link("", &words.privacy, url);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_does_not_fit_goes_below_its_words() {
        let mut page = Page {
            out: String::new(),
            colon: ": ",
            direction: Direction::LeftToRight,
        };
        let url = ["https://example.org/", &"x".repeat(60)].concat();
        page.link("* ", "Short", "https://example.org/");
        page.link("* ", "Long", &url);
        assert_eq!(
            page.out,
            format!("* Short: https://example.org/\n* Long:\n  {url}\n")
        );
    }

    #[test]
    fn a_title_is_underlined_to_its_own_width() {
        let mut page = Page {
            out: String::new(),
            colon: ": ",
            direction: Direction::LeftToRight,
        };
        page.title("港の一日");
        assert_eq!(page.out, "\n\n港の一日\n--------\n");
    }
}
