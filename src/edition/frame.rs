//! What stands around the articles of an edition: who publishes, what else the site has, and what an
//! editor wrote. Frozen with the articles, so that a mail sent tomorrow says what it said today.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::SectionKind;
use super::masthead::Weather;
use crate::tracking::Tracking;

/// `[publication]` in `digest.toml`: who publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Publication {
    /// Name: the wordmark, and the sender's name unless `delivery.from` has one.
    pub name: String,
    /// Where the wordmark leads.
    pub home_url: String,
    /// Name and postal address in one line; stands in every edition.
    pub postal_address: String,
    /// Privacy notice.
    pub privacy_url: Option<String>,
    /// Where people sign up to whom a friend forwarded an edition; by default the home page.
    pub subscribe_url: Option<String>,
    /// Language of the interface words (BCP 47): English, German, French, Spanish, Chinese, Arabic or
    /// Japanese, with a country where its dates differ, such as "en-GB".
    pub language: String,
    /// Page of all stories with a tag, `{tag}` replaced by its slug; without it there are no chips.
    pub tag_url: Option<String>,
}

impl Default for Publication {
    fn default() -> Self {
        Self {
            name: String::new(),
            home_url: String::new(),
            postal_address: String::new(),
            privacy_url: None,
            subscribe_url: None,
            language: "en".to_owned(),
            tag_url: None,
        }
    }
}

impl Publication {
    /// Where people sign up.
    #[must_use]
    pub fn sign_up(&self) -> &str {
        self.subscribe_url.as_deref().unwrap_or(&self.home_url)
    }
}

/// `[[category]]` in `digest.toml`: how a category is shown, and what belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Name as sources write it and readers see it.
    pub name: String,
    /// Which of the eight hues of the theme, 1 to 8; without it a stable choice by name.
    pub hue: Option<u8>,
    /// Page of all its stories, behind "All …".
    pub url: Option<String>,
    /// What sources call it: names with `*`, or paths that begin with `/`.
    #[serde(rename = "match", default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<String>,
}

/// A card of `[more]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What it is, such as "Podcast".
    pub kind: String,
    /// Title.
    pub title: String,
    /// A sentence.
    pub text: String,
    /// Where it leads.
    pub url: String,
    /// Picture, an https URL.
    pub image_url: Option<String>,
    /// What the picture shows.
    #[serde(default)]
    pub image_alt: String,
}

/// Words and where they lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The words.
    pub name: String,
    /// Where they lead.
    pub url: String,
}

/// `[more]` in `digest.toml`: other content of the site, below the stories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct More {
    /// Two cards at most.
    pub card: Vec<Card>,
    /// A line of plain links.
    pub link: Vec<Link>,
}

/// `[sponsor]` in `digest.toml`: one paid message, always marked as such.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sponsor {
    /// Who pays.
    pub name: String,
    /// Headline.
    pub title: String,
    /// Text.
    pub text: String,
    /// Words of the link.
    pub cta: String,
    /// Where it leads.
    pub url: String,
}

/// A service sentence with bold first words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Notice {
    /// The bold beginning, such as "A quiet morning."
    pub bold: String,
    /// The rest.
    pub text: String,
}

impl Notice {
    /// Takes a text apart: its first sentence is bold.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text
            .char_indices()
            .find(|(_, c)| matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '؟'))
            .map_or(text.len(), |(at, c)| at + c.len_utf8());
        let (bold, rest) = text.split_at(end);
        (!text.is_empty()).then(|| Self {
            bold: bold.to_owned(),
            text: rest.trim_start().to_owned(),
        })
    }
}

/// The editor's note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Note {
    /// Greeting with its punctuation; without it the usual one of the language.
    pub hello: Option<String>,
    /// The text.
    pub text: String,
    /// Who wrote it, such as "Teodor Wren, morning editor".
    pub by: Option<String>,
}

/// Which lines of an edition an editor wrote: they stand in every reader's copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Written {
    /// The subject.
    pub subject: bool,
    /// The preheader.
    pub preheader: bool,
}

/// What stands around the articles, frozen with them. What most editions lack is boxed: editions are
/// handed through many futures by value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Who publishes.
    pub publication: Publication,
    /// Name of the digest as readers see it.
    pub title: String,
    /// When it comes, in words.
    pub schedule: String,
    /// Zone of the dates and times shown.
    pub time_zone: String,
    /// How the categories of this edition are shown.
    pub categories: Vec<Category>,
    /// Tags shown as chips.
    pub tags: Vec<Link>,
    /// Other content.
    pub more: More,
    /// The paid message.
    pub sponsor: Option<Sponsor>,
    /// The sections' order and titles; also those without articles.
    pub order: Vec<(SectionKind, String)>,
    /// What its mails tell of their readers.
    #[serde(default)]
    pub tracking: Tracking,
    /// Sections whose stories are headlines only.
    #[serde(default)]
    pub compact: Vec<SectionKind>,
    /// The weather when the edition was built.
    #[serde(default)]
    pub weather: Option<Box<Weather>>,
    /// A service sentence above the lead.
    #[serde(default)]
    pub notice: Option<Box<Notice>>,
    /// The editor's note above the lead.
    #[serde(default)]
    pub note: Option<Box<Note>>,
    /// Which lines an editor wrote.
    #[serde(default)]
    pub written: Written,
}

impl Frame {
    /// The zone of the dates and times shown.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_of_a_notice_is_bold() {
        for (text, bold, rest) in [
            (
                "A quiet morning. One story today.",
                "A quiet morning.",
                "One story today.",
            ),
            (
                "静かな朝です。記事は一本です。",
                "静かな朝です。",
                "記事は一本です。",
            ),
            ("No end", "No end", ""),
        ] {
            let notice = Notice::parse(text).unwrap();
            assert_eq!((notice.bold.as_str(), notice.text.as_str()), (bold, rest));
        }
        assert_eq!(Notice::parse("  "), None);
    }

    #[test]
    fn a_frame_frozen_before_there_was_weather_is_still_read() {
        let mut value = serde_json::to_value(Frame::default()).unwrap();
        let fields = value.as_object_mut().unwrap();
        for new in ["compact", "weather", "notice", "note", "written"] {
            fields.remove(new).unwrap();
        }
        assert_eq!(
            serde_json::from_value::<Frame>(value).unwrap(),
            Frame::default()
        );
    }
}
