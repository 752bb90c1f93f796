//! An edition as it is told in JSON, by commands and by the API of the desk.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Edition, EditionId, Entry, PassedOver, SectionKind, Status};

/// An edition in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "EditionSummary")]
pub struct Summary<'a> {
    /// Its id, such as "daily-2026-11-23".
    #[schemars(with = "String")]
    pub edition: &'a EditionId,
    /// Where it stands.
    pub status: Status,
    /// Its digest.
    pub digest: &'a str,
    /// When its slot began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub slot: Timestamp,
    /// Stories in its own copy.
    pub articles: usize,
    /// The subject; the chosen one where several were tried.
    pub subject: &'a str,
    /// The preview line.
    pub preheader: &'a str,
    /// How often it was changed.
    pub version: i64,
}

/// A story at its place.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Story")]
pub struct Place<'a> {
    /// Counts all stories from 1.
    pub position: u32,
    /// Which section.
    pub section: SectionKind,
    /// The section's title; may be empty.
    pub section_title: &'a str,
    /// The article's id, which changes name.
    pub article: &'a str,
    /// The headline.
    pub title: &'a str,
    /// The summary.
    pub summary: Option<&'a str>,
    /// Where it leads.
    pub url: &'a str,
    /// Its picture.
    pub image: Option<&'a str>,
    /// What the picture shows.
    pub image_alt: Option<&'a str>,
    /// Why it stands here.
    pub reason: &'a str,
    /// Its score, if it was chosen by score.
    pub score: Option<f64>,
}

/// A whole edition.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "EditionStories")]
pub struct Whole<'a> {
    /// In short.
    #[serde(flatten)]
    pub summary: Summary<'a>,
    /// Subjects that are tried beside the editor's.
    pub alternatives: &'a [String],
    /// The stories of its own copy, in order.
    pub entries: Vec<Place<'a>>,
    /// Groups of readers with a list of their own.
    pub groups: usize,
    /// Stories that only some readers get.
    pub others: Vec<Place<'a>>,
    /// What is not in it, and why.
    pub passed_over: &'a [PassedOver],
}

impl<'a> Summary<'a> {
    /// Of an edition that has its entries.
    #[must_use]
    pub fn of(edition: &'a Edition) -> Self {
        Self {
            edition: &edition.id,
            status: edition.status,
            digest: &edition.digest,
            slot: edition.slot_at,
            articles: edition.own().count(),
            subject: edition.main_subject(),
            preheader: &edition.preheader,
            version: edition.version,
        }
    }
}

impl<'a> Place<'a> {
    fn of(entry: &'a Entry) -> Self {
        let article = &entry.article;
        Self {
            position: entry.position,
            section: entry.section,
            section_title: &entry.section_title,
            article: article.id.as_str(),
            title: &article.title,
            summary: article.summary.as_deref(),
            url: &article.url,
            image: article.image_url.as_deref(),
            image_alt: article.image_alt.as_deref(),
            reason: &entry.reason,
            score: entry.score.as_ref().map(|score| score.total),
        }
    }
}

impl<'a> Whole<'a> {
    /// Of an edition that has its entries.
    #[must_use]
    pub fn of(edition: &'a Edition) -> Self {
        let others = edition.entries.iter().filter(|entry| !entry.own);
        Self {
            summary: Summary::of(edition),
            alternatives: &edition.slates.trial.alternatives,
            entries: edition.own().map(Place::of).collect(),
            groups: edition.slates.groups.len(),
            others: others.map(Place::of).collect(),
            passed_over: &edition.passed_over,
        }
    }
}
