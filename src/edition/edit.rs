//! What an editor changes in an edition before it is sent.
//!
//! Changes are small and named, so that each can be told afterwards in words. They touch the edition's frozen copies
//! of articles, never the articles. Where groups of readers have lists of their own, a story that is taken out is
//! taken out of all of them, and a new lead leads them all; the order below it is each list's own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::slates::{List, Slates};
use super::trial::alternatives;
use super::{
    Edition, Entry, Frame, Note, Notice, PassedOver, SectionKind, Sponsor, Status, subject,
};
use crate::articles::Article;
use crate::ranking::Score;

/// The longest line that is taken, in characters: a subject, a headline.
const MOST_LINE: usize = 1_000;
/// The longest text that is taken, in characters: a summary, a note.
const MOST_TEXT: usize = 200_000;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// The subject; empty is what the stories say.
    Subject {
        /// The line.
        text: String,
    },
    /// Subjects that are tried beside the subject, three at most; none tries nothing.
    Alternatives {
        /// The lines.
        texts: Vec<String>,
    },
    /// The preheader; empty is what the stories say.
    Preheader {
        /// The line.
        text: String,
    },
    /// The service sentence; empty is none.
    Notice {
        /// Its sentences.
        text: String,
    },
    /// The editor's note; empty is none.
    Note {
        /// Its text; links as in Markdown.
        text: String,
        /// Greeting; the usual one without it.
        hello: Option<String>,
        /// Who wrote it.
        by: Option<String>,
    },
    /// The paid message; nothing is none.
    Sponsor {
        /// What stands in it.
        sponsor: Option<Sponsor>,
    },
    /// A story's headline.
    Headline {
        /// The story.
        article: String,
        /// The headline.
        text: String,
    },
    /// A story's summary; empty is none.
    Summary {
        /// The story.
        article: String,
        /// The summary.
        text: String,
    },
    /// What a story's picture shows.
    Alt {
        /// The story.
        article: String,
        /// The words.
        text: String,
    },
    /// Takes a story's picture away.
    NoPicture {
        /// The story.
        article: String,
    },
    /// Where a story's link leads.
    Url {
        /// The story.
        article: String,
        /// The address, http or https.
        url: String,
    },
    /// Makes a story the lead; the lead before it is the first below.
    Lead {
        /// The story.
        article: String,
    },
    /// Moves a story one place up (towards the lead).
    Up {
        /// The story.
        article: String,
    },
    /// Moves a story one place down.
    Down {
        /// The story.
        article: String,
    },
    /// Takes a story out of every copy.
    Remove {
        /// The story.
        article: String,
    },
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is on its way already, or called off.
    #[error("the edition is {}: what is on its way cannot be rewritten", .0.name())]
    Status(Status),
    /// No such story in the edition's own copy.
    #[error("there is no story {0} in the edition")]
    NoStory(String),
    /// The text cannot stand there.
    #[error("{0}")]
    Text(String),
    /// It would leave nothing to read.
    #[error("an edition needs a story")]
    LastStory,
    /// There is nowhere to go.
    #[error("the story stands at the {0} already")]
    AtTheEdge(&'static str),
}

impl Edit {
    /// What it does to an edition, for the list of changes; stories are called by their headlines.
    #[must_use]
    pub fn in_words(&self, edition: &Edition) -> String {
        let called = |id: &str| {
            let mut all = edition.entries.iter();
            let entry = all.find(|entry| entry.article.id.as_str() == id);
            let title = entry.map_or(id, |entry| entry.article.title.as_str());
            format!("\u{201c}{title}\u{201d}")
        };
        match self {
            Self::Subject { text } if text.is_empty() => "subject by itself again".to_owned(),
            Self::Subject { text } => format!("subject: {text}"),
            Self::Alternatives { texts } if texts.is_empty() => "one subject only".to_owned(),
            Self::Alternatives { texts } => format!("subjects to try: {}", texts.join(" / ")),
            Self::Preheader { text } if text.is_empty() => "preheader by itself again".to_owned(),
            Self::Preheader { text } => format!("preheader: {text}"),
            Self::Notice { text } if text.is_empty() => "no notice".to_owned(),
            Self::Notice { text } => format!("notice: {text}"),
            Self::Note { text, .. } if text.is_empty() => "no note".to_owned(),
            Self::Note { text, .. } => format!("note: {text}"),
            Self::Sponsor { sponsor: None } => "no sponsor".to_owned(),
            Self::Sponsor {
                sponsor: Some(sponsor),
            } => format!("sponsor: {}", sponsor.name),
            Self::Headline { article, text } => format!("headline of {}: {text}", called(article)),
            Self::Summary { article, .. } => format!("summary of {}", called(article)),
            Self::Alt { article, text } => {
                format!("description of the picture of {}: {text}", called(article))
            }
            Self::NoPicture { article } => format!("no picture for {}", called(article)),
            Self::Url { article, url } => format!("link of {}: {url}", called(article)),
            Self::Lead { article } => format!("{} leads", called(article)),
            Self::Up { article } => format!("{} one place up", called(article)),
            Self::Down { article } => format!("{} one place down", called(article)),
            Self::Remove { article } => format!("{} taken out", called(article)),
        }
    }
}

/// An edition as it was, whole enough to be put back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    subject: String,
    preheader: String,
    frame: Frame,
    slates: Slates,
    passed_over: Vec<PassedOver>,
    entries: Vec<Kept>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    section: SectionKind,
    section_title: String,
    article: Article,
    score: Option<Score>,
    reason: String,
    own: bool,
}

impl Snapshot {
    /// Of an edition as it is.
    #[must_use]
    pub fn of(edition: &Edition) -> Self {
        let kept = |entry: &Entry| Kept {
            section: entry.section,
            section_title: entry.section_title.clone(),
            article: entry.article.clone(),
            score: entry.score.clone(),
            reason: entry.reason.clone(),
            own: entry.own,
        };
        Self {
            subject: edition.subject.clone(),
            preheader: edition.preheader.clone(),
            frame: edition.frame.clone(),
            slates: edition.slates.clone(),
            passed_over: edition.passed_over.clone(),
            entries: edition.entries.iter().map(kept).collect(),
        }
    }

    /// Puts an edition back.
    pub fn restore(self, edition: &mut Edition) {
        edition.subject = self.subject;
        edition.preheader = self.preheader;
        edition.frame = self.frame;
        edition.slates = self.slates;
        edition.passed_over = self.passed_over;
        let entry = |kept: Kept| Entry {
            position: 0,
            section: kept.section,
            section_title: kept.section_title,
            link: 0,
            article: kept.article,
            score: kept.score,
            reason: kept.reason,
            own: kept.own,
        };
        edition.entries = self.entries.into_iter().map(entry).collect();
        number(&mut edition.entries);
    }
}

impl Edition {
    /// Makes a change.
    ///
    /// # Errors
    /// [`EditError`]; then nothing has changed.
    pub fn edit(&mut self, edit: &Edit) -> Result<(), EditError> {
        if !matches!(self.status, Status::Draft | Status::Approved) {
            return Err(EditError::Status(self.status));
        }
        let mut changed = self.clone();
        changed.make(edit)?;
        changed.say_again();
        changed.can_be_tried()?;
        *self = changed;
        Ok(())
    }

    fn make(&mut self, edit: &Edit) -> Result<(), EditError> {
        match edit {
            Edit::Subject { text } => {
                let text = line("the subject", text)?;
                self.frame.written.subject = !text.is_empty();
                self.subject = text;
            }
            Edit::Alternatives { texts } => self.slates.trial.alternatives = alternatives(texts)?,
            Edit::Preheader { text } => {
                let text = line("the preheader", text)?;
                self.frame.written.preheader = !text.is_empty();
                self.preheader = text;
            }
            Edit::Notice { text } => {
                self.frame.notice = Notice::parse(&line("the notice", text)?).map(Box::new);
            }
            Edit::Note { text, hello, by } => {
                let text = self::text("the note", text)?;
                let own = |what, text: &Option<String>| {
                    let line = text.as_deref().map(|text| line(what, text)).transpose();
                    line.map(|line| line.filter(|line| !line.is_empty()))
                };
                let (hello, by) = (own("the greeting", hello)?, own("the name", by)?);
                self.frame.note = (!text.is_empty()).then(|| Box::new(Note { hello, text, by }));
            }
            Edit::Sponsor { sponsor } => self.set_sponsor(sponsor.as_ref())?,
            Edit::Headline { article, text } => {
                let title = line("the headline", text)?;
                if title.is_empty() {
                    return Err(EditError::Text("a story needs a headline".to_owned()));
                }
                self.story(article)?.title = title;
            }
            Edit::Summary { article, text } => {
                let text = self::text("the summary", text)?;
                self.story(article)?.summary = Some(text).filter(|text| !text.is_empty());
            }
            Edit::Alt { article, text } => {
                let text = line("the description", text)?;
                self.story(article)?.image_alt = Some(text).filter(|text| !text.is_empty());
            }
            Edit::NoPicture { article } => {
                let story = self.story(article)?;
                story.image_url = None;
                story.image_alt = None;
            }
            Edit::Url { article, url } => {
                let url = web(url)?;
                self.story(article)?.url = url;
            }
            Edit::Lead { article } => self.lead(article)?,
            Edit::Up { article } => self.step(article, Direction::Up)?,
            Edit::Down { article } => self.step(article, Direction::Down)?,
            Edit::Remove { article } => self.remove(article)?,
        }
        Ok(())
    }

    /// Lines that nobody wrote follow the stories.
    fn say_again(&mut self) {
        let automatic = subject::automatic(self);
        if !self.frame.written.subject {
            self.subject = automatic.0;
        }
        if !self.frame.written.preheader {
            self.preheader = automatic.1;
        }
    }

    fn story(&mut self, id: &str) -> Result<&mut Article, EditError> {
        let mut all = self.entries.iter_mut();
        let entry = all.find(|entry| entry.own && entry.article.id.as_str() == id);
        entry
            .map(|entry| &mut entry.article)
            .ok_or_else(|| EditError::NoStory(id.to_owned()))
    }

    fn place(&self, id: &str) -> Result<usize, EditError> {
        let mut all = self.entries.iter();
        all.position(|entry| entry.own && entry.article.id.as_str() == id)
            .ok_or_else(|| EditError::NoStory(id.to_owned()))
    }

    fn set_sponsor(&mut self, sponsor: Option<&Sponsor>) -> Result<(), EditError> {
        let Some(sponsor) = sponsor else {
            self.frame.sponsor = None;
            return Ok(());
        };
        let needed = |what: &str, text: &str| {
            let text = line(what, text)?;
            if text.is_empty() {
                return Err(EditError::Text(format!("{what} is missing")));
            }
            Ok(text)
        };
        self.frame.sponsor = Some(Sponsor {
            name: needed("who pays", &sponsor.name)?,
            title: needed("the sponsor's headline", &sponsor.title)?,
            text: needed("the sponsor's text", &sponsor.text)?,
            cta: needed("the words of the sponsor's link", &sponsor.cta)?,
            url: web(&sponsor.url)?,
        });
        let shown = self.frame.order.iter();
        if !shown.clone().any(|(kind, _)| *kind == SectionKind::Sponsor) {
            // Below the lead and the top, where it usually stands.
            let ranked = [SectionKind::Lead, SectionKind::Top, SectionKind::Plain];
            let last = shown.map(|(kind, _)| ranked.contains(kind));
            let at = last.collect::<Vec<_>>().iter().rposition(|is| *is);
            let at = at.map_or(0, |at| at + 1);
            self.frame
                .order
                .insert(at, (SectionKind::Sponsor, String::new()));
        }
        Ok(())
    }

    fn lead(&mut self, id: &str) -> Result<(), EditError> {
        let at = self.place(id)?;
        if at == 0 {
            return Err(EditError::AtTheEdge("top"));
        }
        // Everything keeps its place's section but the story itself and the lead before it, which goes first below.
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        let moved = order.remove(at);
        order.insert(0, moved);
        let (section, title) = (
            self.entries[0].section,
            self.entries[0].section_title.clone(),
        );
        let below = self.entries.get(1).map(|second| {
            let is_ranked = matches!(second.section, SectionKind::Top | SectionKind::Plain);
            (is_ranked, second.section, second.section_title.clone())
        });
        let vacated = (
            self.entries[at].section,
            self.entries[at].section_title.clone(),
        );
        self.entries[at].section = section;
        self.entries[at].section_title = title;
        "an editor made it the lead".clone_into(&mut self.entries[at].reason);
        if section == SectionKind::Lead {
            let (section, title) = match below {
                Some((true, section, title)) => (section, title),
                // No ranked section below: the two change places.
                _ => vacated,
            };
            self.entries[0].section = section;
            self.entries[0].section_title = title;
            if !matches!(section, SectionKind::Top | SectionKind::Plain) {
                order = (0..self.entries.len()).collect();
                order.swap(0, at);
            }
        }
        self.arrange(&order);
        self.slates.lead(0);
        Ok(())
    }

    fn step(&mut self, id: &str, direction: Direction) -> Result<(), EditError> {
        let at = self.place(id)?;
        let own = self.own().count();
        let other = match direction {
            Direction::Up => at.checked_sub(1).ok_or(EditError::AtTheEdge("top"))?,
            Direction::Down if at + 1 < own => at + 1,
            Direction::Down => return Err(EditError::AtTheEdge("end")),
        };
        // Places keep their sections, so that the two stories change places and nothing else.
        let ranked = [SectionKind::Lead, SectionKind::Top, SectionKind::Plain];
        let (a, b) = (&self.entries[at], &self.entries[other]);
        let same = a.section == b.section && a.section_title == b.section_title;
        let both_ranked = ranked.contains(&a.section) && ranked.contains(&b.section);
        if !(same || both_ranked) {
            let edge = match direction {
                Direction::Up => "top of its section",
                Direction::Down => "end of its section",
            };
            return Err(EditError::AtTheEdge(edge));
        }
        let places = [at, other].map(|place| {
            let entry = &self.entries[place];
            (entry.section, entry.section_title.clone())
        });
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.swap(at, other);
        let [(section, title), (other_section, other_title)] = places;
        self.entries[at].section = other_section;
        self.entries[at].section_title = other_title;
        self.entries[other].section = section;
        self.entries[other].section_title = title;
        "an editor put it here".clone_into(&mut self.entries[at].reason);
        self.arrange(&order);
        if at.min(other) == 0 {
            self.slates.lead(0);
        }
        Ok(())
    }

    fn remove(&mut self, id: &str) -> Result<(), EditError> {
        let at = self.place(id)?;
        if self.own().count() == 1 {
            return Err(EditError::LastStory);
        }
        let was = self.entries[at].section;
        let order: Vec<usize> = (0..self.entries.len())
            .filter(|place| *place != at)
            .collect();
        let gone = self.entries[at].article.clone();
        self.arrange(&order);
        self.passed_over.push(PassedOver {
            article: gone.id,
            title: gone.title,
            reason: "an editor took it out".to_owned(),
        });
        // A lead is followed by the best story below it.
        if was == SectionKind::Lead
            && let Some(first) = self.entries.first_mut().filter(|entry| entry.own)
        {
            first.section = SectionKind::Lead;
            first.section_title.clear();
        }
        Ok(())
    }

    /// Puts entries into an order, by their places before; those that are not in it go, from all lists.
    fn arrange(&mut self, order: &[usize]) {
        let mut before: Vec<Option<Entry>> = self.entries.drain(..).map(Some).collect();
        let mut links = BTreeMap::new();
        for place in order {
            if let Some(entry) = before.get_mut(*place).and_then(Option::take) {
                let now = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
                links.insert(entry.link, now);
                self.entries.push(entry);
            }
        }
        number(&mut self.entries);
        self.slates.renumber(&links);
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

/// Positions count from 1, links from 0.
fn number(entries: &mut [Entry]) {
    for (at, entry) in entries.iter_mut().enumerate() {
        entry.position = u32::try_from(at + 1).unwrap_or(u32::MAX);
        entry.link = u16::try_from(at).unwrap_or(u16::MAX);
    }
}

impl Slates {
    fn lists(&mut self) -> impl Iterator<Item = &mut List> {
        self.groups.iter_mut().chain([&mut self.newest])
    }

    /// Links have other numbers now; those without one are gone.
    fn renumber(&mut self, links: &BTreeMap<u16, u16>) {
        let again = |all: &mut Vec<u16>| {
            *all = all
                .iter()
                .filter_map(|link| links.get(link).copied())
                .collect();
        };
        for list in self.lists() {
            again(&mut list.top);
            again(&mut list.new);
        }
        for (_, stories) in &mut self.categories {
            again(stories);
        }
        for earlier in &mut self.earlier {
            earlier.links = earlier
                .links
                .iter()
                .filter_map(|(theirs, ours)| Some((*theirs, *links.get(ours)?)))
                .collect();
        }
    }

    /// A story leads every group's list.
    fn lead(&mut self, link: u16) {
        for list in &mut self.groups {
            list.new.retain(|other| *other != link);
            list.top.retain(|other| *other != link);
            list.top.insert(0, link);
        }
    }
}

/// White space becomes single spaces; control characters, which could begin a header, are refused.
///
/// # Errors
/// [`EditError::Text`] with `what` it is of.
pub fn line(what: &str, text: &str) -> Result<String, EditError> {
    let words: Vec<_> = text.split_whitespace().collect();
    checked(what, words.join(" "), MOST_LINE)
}

/// The same for a text: what stands on several lines stands on one.
fn text(what: &str, text: &str) -> Result<String, EditError> {
    let words: Vec<_> = text.split_whitespace().collect();
    checked(what, words.join(" "), MOST_TEXT)
}

fn checked(what: &str, text: String, most: usize) -> Result<String, EditError> {
    if text.chars().any(char::is_control) {
        let why = format!("{what} has a control character in it");
        return Err(EditError::Text(why));
    }
    if text.chars().count() > most {
        let why = format!("{what} has more than {most} characters");
        return Err(EditError::Text(why));
    }
    Ok(text)
}

fn web(text: &str) -> Result<String, EditError> {
    let parsed = url::Url::parse(text.trim());
    match parsed {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url.into()),
        _ => Err(EditError::Text(format!(
            "\"{text}\" is no web address; write it whole, such as https://www.example.org/story"
        ))),
    }
}
