//! Editions: one dated sending of one digest, chosen once and then frozen.
//!
//! In come the store's articles with their scores, out comes an [`Edition`]: which articles stand
//! where and why, the subject, the preheader, and the frame around them. It is built at most once per
//! digest and slot; building again returns the same one, so everything after it (rendering, sending,
//! reports, exposure for the next ranking) talks about the same thing however often a step is run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::articles::{Article, ArticleId};
use crate::ranking::Score;
use crate::units::Span;

mod arrange;
pub mod cadence;
pub mod edit;
mod frame;
pub mod masthead;
pub mod select;
pub mod slates;
pub mod store;
pub mod subject;
pub mod told;
pub mod trial;

use cadence::{Day, Every, Schedule};
use slates::Slates;

pub use frame::{Card, Category, Frame, Link, More, Note, Notice, Publication, Sponsor, Written};

/// What a section shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SectionKind {
    /// The best story, large.
    Lead,
    /// The best stories, ranked.
    Top,
    /// The newest stories with their times.
    Newest,
    /// One section for each category that has stories left.
    Categories,
    /// The rest of an edition of two to four stories, without a section title.
    Plain,
    /// Tags of the edition's stories.
    Topics,
    /// `[more]`.
    More,
    /// `[sponsor]`.
    Sponsor,
}

impl SectionKind {
    /// Its name in `digest.toml` and in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Top => "top",
            Self::Newest => "newest",
            Self::Categories => "categories",
            Self::Plain => "plain",
            Self::Topics => "topics",
            Self::More => "more",
            Self::Sponsor => "sponsor",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [
            Self::Lead,
            Self::Top,
            Self::Newest,
            Self::Categories,
            Self::Plain,
            Self::Topics,
            Self::More,
            Self::Sponsor,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// `[[digest.section]]` in `digest.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionConfig {
    /// What it shows.
    pub kind: SectionKind,
    /// How many stories (per category for `categories`), tags for `topics`.
    pub count: Option<usize>,
    /// Title instead of the usual one.
    pub title: Option<String>,
    /// How much of each story.
    #[serde(default)]
    pub size: Size,
}

/// How much of a story a section shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// What the section usually shows.
    #[default]
    Large,
    /// The headline and the reading time.
    Compact,
}

/// What happens with a slot that `run` comes late to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missed {
    /// It is sent late, any time before the next slot.
    CatchUp,
    /// It is left out when `run` comes more than `late` after it began.
    Skip,
}

/// Who says that a built edition may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// `run` approves what it built.
    Auto,
    /// `run` approves it unless a check fails; then a person has to look.
    UnlessACheckFails,
    /// A person does, by `courant edition approve`.
    Manual,
}

/// What happens to an edition that nobody approved in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unapproved {
    /// It is left out.
    Skip,
    /// It goes out.
    Send,
}

/// `[[digest]]` in `digest.toml`: what is sent, when, and made of what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Digest {
    /// Short name for commands and edition ids: letters, digits, hyphens.
    pub name: String,
    /// Name readers see, such as "Morning Digest".
    pub title: String,
    /// Its language, where it is not the publication's.
    pub language: Option<String>,
    /// How often.
    pub every: Every,
    /// On which weekdays; a weekly digest takes the first.
    pub on: Vec<Day>,
    /// At which local time.
    pub at: String,
    /// The time of the day at which readers get it where they are, such as "07:00"; without it at once.
    pub local_at: Option<String>,
    /// IANA time zone of the slot and of the date in the masthead.
    pub time_zone: String,
    /// What happens with a slot that `run` comes late to.
    pub missed: Missed,
    /// With `missed = "skip"`: how late is too late.
    pub late: Span,
    /// Who approves.
    pub approval: Approval,
    /// With `approval = "manual"`: until which local time somebody has to; without it there is no hurry.
    pub approve_by: Option<String>,
    /// What happens to an edition that nobody approved by then.
    pub unapproved: Unapproved,
    /// Stories older than this are not chosen; see [`Digest::max_age`].
    pub max_age: Option<Span>,
    /// Fewer new stories than this: no edition.
    pub min_articles: usize,
    /// Whether its past editions may be read by anybody.
    pub archive: bool,
    /// How its subjects are tried; without it as usual where an editor writes several.
    pub subject_test: Option<trial::Config>,
    /// Sections in reading order; without any the usual ones.
    pub section: Vec<SectionConfig>,
}

impl Default for Digest {
    fn default() -> Self {
        use Day::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        Self {
            name: String::new(),
            title: String::new(),
            language: None,
            every: Every::Day,
            on: vec![
                Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday,
            ],
            at: "07:00".to_owned(),
            local_at: None,
            time_zone: "UTC".to_owned(),
            missed: Missed::CatchUp,
            late: Span::hours(1),
            approval: Approval::Auto,
            approve_by: None,
            unapproved: Unapproved::Skip,
            max_age: None,
            min_articles: 1,
            archive: true,
            subject_test: None,
            section: Vec::new(),
        }
    }
}

impl Digest {
    /// When it is due.
    ///
    /// # Errors
    /// As [`Schedule::parse`].
    pub fn schedule(&self) -> Result<Schedule, Error> {
        Schedule::parse(self.every, &self.on, &self.at, &self.time_zone)
    }

    /// The same as readers live it: at their own time, where it has one.
    ///
    /// # Errors
    /// As [`Schedule::parse`].
    pub fn rhythm(&self) -> Result<Schedule, Error> {
        let at = self.local_at.as_deref().unwrap_or(&self.at);
        Schedule::parse(self.every, &self.on, at, &self.time_zone)
    }

    /// Until when somebody has to approve an edition: the first such hour after its slot began; nothing where there is
    /// no hurry.
    ///
    /// # Errors
    /// When `approve_by` is no time of day, or the zone is none.
    pub fn approve_until(&self, edition: &Edition) -> Result<Option<Timestamp>, Error> {
        let Some(text) = &self.approve_by else {
            return Ok(None);
        };
        let time = cadence::time_of_day(text)?;
        let zone = self.schedule()?.zone;
        let slot = edition.slot_at.to_zoned_datetime(zone.clone());
        let wrong = |error: jiff::Error| Error::Schedule(error.to_string());
        let today = slot.date().to_datetime(time);
        let today = zone.to_timestamp(today).map_err(wrong)?;
        if today > edition.slot_at {
            return Ok(Some(today));
        }
        let tomorrow = slot.date().tomorrow().map_err(wrong)?.to_datetime(time);
        Ok(Some(zone.to_timestamp(tomorrow).map_err(wrong)?))
    }

    /// Stories older than this are not chosen: what is configured, else four days, and eight for a
    /// weekly digest.
    #[must_use]
    pub fn max_age(&self) -> Span {
        let usual = match self.every {
            Every::Day => Span::days(4),
            Every::Week => Span::days(8),
        };
        self.max_age.unwrap_or(usual)
    }

    /// The sections in reading order: the configured ones, else the usual ones.
    #[must_use]
    pub fn sections(&self) -> Vec<SectionConfig> {
        use SectionKind::{Categories, Lead, More, Newest, Sponsor, Top, Topics};
        if !self.section.is_empty() {
            return self.section.clone();
        }
        [Lead, Top, Sponsor, Newest, Categories, Topics, More]
            .map(|kind| SectionConfig {
                kind,
                count: None,
                title: None,
                size: Size::Large,
            })
            .to_vec()
    }
}

/// An edition's slug: the digest's name and the slot's local date, such as `daily-2026-11-23`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EditionId(String);

impl EditionId {
    /// The id of a digest's slot.
    #[must_use]
    pub fn of(digest: &str, date: jiff::civil::Date) -> Self {
        Self(format!("{digest}-{date}"))
    }

    /// An id as somebody wrote it; whether there is such an edition only the store knows.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for EditionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an edition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Built, nobody has said yes.
    Draft,
    /// May be sent.
    Approved,
    /// Some of it is out.
    Sending,
    /// Nothing is owed any more.
    Sent,
    /// Will not be sent (on).
    Cancelled,
}

/// What can be done to an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A person or the rule says yes.
    Approve,
    /// The first recipients are written into the ledger.
    Start,
    /// Nothing is owed any more.
    Finish,
    /// It is called off.
    Cancel,
}

impl Status {
    /// Whether readers have it, or are getting it.
    #[must_use]
    pub fn is_published(self) -> bool {
        matches!(self, Self::Sending | Self::Sent)
    }

    /// Its name in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        [
            Self::Draft,
            Self::Approved,
            Self::Sending,
            Self::Sent,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|status| status.name() == name)
    }

    /// The status after a step. Approving twice, or cancelling twice, is fine.
    ///
    /// # Errors
    /// [`Error::Step`] for a step that makes no sense from here.
    pub fn after(self, step: Step) -> Result<Self, Error> {
        use Status::{Approved, Cancelled, Draft, Sending, Sent};
        match (self, step) {
            (Draft | Approved, Step::Approve) => Ok(Approved),
            (Approved | Sending, Step::Start) => Ok(Sending),
            (Sending | Sent, Step::Finish) => Ok(Sent),
            (Draft | Approved | Sending | Cancelled, Step::Cancel) => Ok(Cancelled),
            (status, step) => Err(Error::Step { status, step }),
        }
    }
}

/// One article at its place in the edition's own copy, or one that only some readers get.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Counts all entries from 1, those of the own copy in reading order.
    pub position: u32,
    /// Which section; without meaning outside the own copy.
    pub section: SectionKind,
    /// The section's title; the category's name for `categories`.
    pub section_title: String,
    /// Number of its link in tokens, and its place among the entries, from 0.
    pub link: u16,
    /// The article as it was when the edition was built.
    pub article: Article,
    /// Its score, if it was chosen by score.
    pub score: Option<Score>,
    /// Why it stands here.
    pub reason: String,
    /// Whether it stands in the edition's own copy.
    pub own: bool,
}

/// A candidate that is not in the edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PassedOver {
    /// The article.
    #[schemars(with = "String")]
    pub article: ArticleId,
    /// Its title, for the editor.
    pub title: String,
    /// Why, in words.
    pub reason: String,
}

/// One dated sending of one digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Edition {
    /// Its slug.
    pub id: EditionId,
    /// Its number in tokens.
    pub number: u32,
    /// The digest's name.
    pub digest: String,
    /// When the slot began.
    pub slot_at: Timestamp,
    /// Where it stands.
    pub status: Status,
    /// Subject line.
    pub subject: String,
    /// Preview line.
    pub preheader: String,
    /// What stands around the articles.
    pub frame: Frame,
    /// The articles of its own copy in reading order, then those that only some readers get.
    pub entries: Vec<Entry>,
    /// Which readers get which of them.
    pub slates: Slates,
    /// Who is not in, and why.
    pub passed_over: Vec<PassedOver>,
    /// When it was built.
    pub built_at: Timestamp,
    /// When every recipient of the first turn had its row in the ledger, where some wait.
    pub first_wave_at: Option<Timestamp>,
    /// When every recipient had its row in the ledger.
    pub enqueued_at: Option<Timestamp>,
    /// Which of the subjects that were tried the others get, once that is decided.
    pub choice: Option<Box<trial::Choice>>,
    /// How often it was changed.
    pub version: i64,
}

impl Edition {
    /// Whether it still can be changed: nothing of it is on its way, and it was not called off.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.status, Status::Draft | Status::Approved)
    }

    /// How long after the first readers the others get it; nothing where all get it at once. A second wave and a
    /// trial of subjects wait together.
    #[must_use]
    pub fn gap_seconds(&self) -> Option<i64> {
        let wave = self.slates.waves.map(|waves| waves.gap_seconds);
        let trial = self.has_trial();
        let trial = trial.then(|| self.slates.trial.rules.wait.as_seconds());
        wave.max(trial)
    }

    /// When the readers who wait get it; nothing where nobody waits, or not any more.
    #[must_use]
    pub fn second_wave_at(&self) -> Option<Timestamp> {
        let (gap, first) = (self.gap_seconds()?, self.first_wave_at?);
        let due = first.as_second().saturating_add(gap);
        let due = Timestamp::from_second(due).ok()?;
        self.enqueued_at.is_none().then_some(due)
    }
}

/// What can go wrong with editions.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A schedule that cannot be followed.
    #[error("{0}")]
    Schedule(String),
    /// A step that makes no sense.
    #[error("an edition that is {} cannot be {}", status.name(), step_name(*step))]
    Step {
        /// Where it stands.
        status: Status,
        /// What was asked.
        step: Step,
    },
    /// The database refused.
    #[error(transparent)]
    Database(#[from] crate::database::Error),
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Approve => "approved",
        Step::Start => "sent",
        Step::Finish => "finished",
        Step::Cancel => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sensible_steps_are_taken() {
        use Status::{Approved, Cancelled, Draft, Sending, Sent};
        let all = [Draft, Approved, Sending, Sent, Cancelled];
        let allowed = [
            (Step::Approve, vec![(Draft, Approved), (Approved, Approved)]),
            (Step::Start, vec![(Approved, Sending), (Sending, Sending)]),
            (Step::Finish, vec![(Sending, Sent), (Sent, Sent)]),
            (
                Step::Cancel,
                vec![
                    (Draft, Cancelled),
                    (Approved, Cancelled),
                    (Sending, Cancelled),
                    (Cancelled, Cancelled),
                ],
            ),
        ];
        for (step, pairs) in allowed {
            for status in all {
                let wanted = pairs
                    .iter()
                    .find(|(from, _)| *from == status)
                    .map(|(_, to)| *to);
                assert_eq!(status.after(step).ok(), wanted, "{status:?} {step:?}");
            }
        }
        let refused = Sent.after(Step::Cancel).unwrap_err().to_string();
        assert_eq!(refused, "an edition that is sent cannot be cancelled");
    }

    #[test]
    fn names_in_the_tables_lead_back() {
        for kind in [
            "lead",
            "top",
            "newest",
            "categories",
            "plain",
            "topics",
            "more",
            "sponsor",
        ] {
            assert_eq!(SectionKind::parse(kind).unwrap().name(), kind);
        }
        for status in ["draft", "approved", "sending", "sent", "cancelled"] {
            assert_eq!(Status::parse(status).unwrap().name(), status);
        }
    }
}
