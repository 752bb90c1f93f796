//! What an editor changes in an edition before it is sent.
//!
//! Changes are small and named, so that each can be told afterwards in words. They touch the edition's frozen copies
//! of articles, never the articles. Where groups of readers have lists of their own, what an editor says of a story
//! holds in all of them: `arrange.rs` says how.

use serde::{Deserialize, Serialize};

use super::arrange::{Direction, number};
use super::slates::Slates;
use super::trial::alternatives;
use super::{
    Edition, Entry, Frame, Note, Notice, PassedOver, SectionKind, Sponsor, Status, subject,
};
use crate::articles::Article;
use crate::ranking::Score;

/// The longest line that is taken, in characters: a subject, a headline.
const MOST_LINE: usize = 1_000;
/// The longest text on one line, in characters: a summary.
const MOST_SUMMARY: usize = 20_000;
/// The longest text that is taken, in characters: a note.
const MOST_TEXT: usize = 200_000;
/// The longest web address, in characters: longer ones break on their way.
const MOST_URL: usize = 2_000;

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
        /// Its text, in Markdown: paragraphs, strong, emphasis, https links, lists.
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
    /// Moves a story one place up (towards the lead); the first of a section that is not ranked, and each of the
    /// newest, becomes the last of the top stories.
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
    /// No such story in any copy.
    #[error("there is no story {0} in the edition")]
    NoStory(String),
    /// It has no place in the edition's own copy that could be another.
    #[error(
        "only some readers' copies have the story {0}: it can be rewritten and taken out, not moved"
    )]
    NotOwn(String),
    /// What stands there stands in an order of its own.
    #[error("{0}")]
    Fixed(&'static str),
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
            Self::Note { text, hello, by } => {
                let given = |words: &str, what: &Option<String>| {
                    let what = what.as_ref().filter(|what| !what.is_empty());
                    what.map_or_else(String::new, |what| format!("; {words} {what}"))
                };
                let (hello, by) = (given("greeting:", hello), given("by", by));
                format!("note: {text}{hello}{by}")
            }
            Self::Sponsor { sponsor: None } => "no sponsor".to_owned(),
            Self::Sponsor {
                sponsor: Some(sponsor),
            } => {
                let (name, title, url) = (&sponsor.name, &sponsor.title, &sponsor.url);
                format!("sponsor: {name}, \u{201c}{title}\u{201d}, {url}")
            }
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
        if !self.is_open() {
            return Err(EditError::Status(self.status));
        }
        let mut changed = self.clone();
        changed.make(edit)?;
        changed.say_again();
        changed.can_be_tried()?;
        *self = changed;
        Ok(())
    }

    /// Whether a story can be moved or taken out so.
    #[must_use]
    pub fn allows(&self, edit: &Edit) -> bool {
        self.is_open() && self.clone().make(edit).is_ok()
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
                let text = paragraphs("the note", text)?;
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
        let entry = all.find(|entry| entry.article.id.as_str() == id);
        entry
            .map(|entry| &mut entry.article)
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
}

/// White space becomes single spaces; control characters, which could begin a header, are refused. What shows nothing
/// at all is empty.
///
/// # Errors
/// [`EditError::Text`] with `what` it is of.
pub fn line(what: &str, text: &str) -> Result<String, EditError> {
    on_one_line(what, text, MOST_LINE)
}

/// The same for a text in Markdown: its lines stay, one empty line at most between them.
fn paragraphs(what: &str, text: &str) -> Result<String, EditError> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = on_one_line(what, line, MOST_TEXT)?;
        if !(line.is_empty() && lines.last().is_none_or(String::is_empty)) {
            lines.push(line);
        }
    }
    let text = lines.join("\n");
    let text = text.trim_end();
    if text.chars().count() > MOST_TEXT {
        let why = format!("{what} has more than {MOST_TEXT} characters");
        return Err(EditError::Text(why));
    }
    Ok(text.to_owned())
}

/// The same for a text: what stands on several lines stands on one.
fn text(what: &str, text: &str) -> Result<String, EditError> {
    on_one_line(what, text, MOST_SUMMARY)
}

fn on_one_line(what: &str, text: &str, most: usize) -> Result<String, EditError> {
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ");
    if text.chars().any(char::is_control) {
        let why = format!("{what} has a control character in it");
        return Err(EditError::Text(why));
    }
    if text.contains(TURNING) {
        let why = format!(
            "{what} has a character in it that turns the direction of what follows, which shows other words than are \
             there"
        );
        return Err(EditError::Text(why));
    }
    if !text.chars().any(shows) {
        return Ok(String::new());
    }
    if text.chars().count() > most {
        let why = format!("{what} has more than {most} characters");
        return Err(EditError::Text(why));
    }
    Ok(text)
}

/// What sets a direction against that of the letters (Unicode Standard Annex 9, explicit embeddings and overrides):
/// right-to-left words need none, and what stands behind in the inbox is turned with it. Marks and isolates, which
/// such words may need, are not among them.
const TURNING: [char; 5] = ['\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}'];

/// Whether a reader sees anything of a character: joiners, marks of direction and variants show nothing of their own
/// (Unicode 16, `Default_Ignorable_Code_Point`, those that people paste).
fn shows(character: char) -> bool {
    let hidden = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    !hidden && !character.is_whitespace()
}

fn web(text: &str) -> Result<String, EditError> {
    let count = text.trim().chars().count();
    if count > MOST_URL {
        let why = format!("the web address has {count} characters; {MOST_URL} at most");
        return Err(EditError::Text(why));
    }
    let parsed = url::Url::parse(text.trim());
    match parsed {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            let why = format!(
                "\"{text}\" holds a name or a password, which every reader would get; write it without"
            );
            Err(EditError::Text(why))
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url.into()),
        _ => Err(EditError::Text(format!(
            "\"{text}\" is no web address; write it whole, such as https://www.example.org/story"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_empty() {
        for nothing in ["", " \n ", "\u{200b}\u{200d}", "\u{feff} \u{2800}"] {
            assert_eq!(line("it", nothing), Ok(String::new()), "{nothing:?}");
        }
        assert_eq!(line("it", "a\u{200d}b"), Ok("a\u{200d}b".to_owned()));
        assert!(line("it", "a\u{7}b").is_err());
        assert!(line("it", "a\u{202e}b").is_err() && line("it", "a\u{200f}b").is_ok());
    }

    #[test]
    fn a_link_holds_no_password() {
        assert!(web("https://example.org/a").is_ok());
        for wrong in [
            "https://u:p@example.org/",
            "https://u@example.org/",
            "ftp://a.example/",
            "x",
        ] {
            assert!(web(wrong).is_err(), "{wrong}");
        }
    }
}
