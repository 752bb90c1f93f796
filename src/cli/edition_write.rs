//! `courant edition write`: what an editor says in an edition.

use clap::Args;
use serde::Serialize;

use super::edition_commands::note_size;
use super::exit::{self, Failure};
use super::{Desk, find_edition};
use crate::desk::Act;
use crate::edition::edit::Edit;
use crate::edition::{Edition, Note, Notice, Sponsor};
use crate::pipeline;
use crate::render::advice;
use crate::units::number;

/// So many readers for each subject find one that is a fifth better (`courant simulate subjects`).
const ENOUGH_READERS: f64 = 2500.0;

#[derive(Debug, Args)]
pub(super) struct Write {
    /// The edition's id; the latest if not given
    id: Option<String>,
    /// Subject line of every copy; at most 60 characters are read; "" is the stories' own again
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Another subject, tried beside it on a part of the readers before the others get the better one; give it
    /// again for a second and a third; "" tries none
    #[arg(long, value_name = "TEXT")]
    alternative: Vec<String>,
    /// Preview line of every copy; 40 to 110 characters; "" is the stories' own again
    #[arg(long, value_name = "TEXT")]
    preheader: Option<String>,
    /// A service sentence above the lead, its first sentence in bold; "" takes it out
    #[arg(long, value_name = "TEXT")]
    notice: Option<String>,
    /// The editor's note in Markdown, at most 60 words; "" takes it out
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Greeting of the note; without it the usual one of the language
    #[arg(long, value_name = "TEXT", requires = "note")]
    hello: Option<String>,
    /// Who wrote the note
    #[arg(long, value_name = "TEXT", requires = "note")]
    by: Option<String>,
    #[command(flatten)]
    sponsor: Paid,
    /// Take the paid message out
    #[arg(long, conflicts_with = "Paid")]
    no_sponsor: bool,
    /// Show what would change, store nothing
    #[arg(long)]
    dry_run: bool,
}

/// The paid message: all of it, or none.
#[derive(Debug, Args)]
struct Paid {
    /// Who pays for the paid message; with the four below
    #[arg(long, value_name = "NAME", requires_all = ["sponsor_title", "sponsor_text", "sponsor_cta", "sponsor_url"])]
    sponsor_name: Option<String>,
    /// Its headline
    #[arg(long, value_name = "TEXT", requires = "sponsor_name")]
    sponsor_title: Option<String>,
    /// Its text
    #[arg(long, value_name = "TEXT", requires = "sponsor_name")]
    sponsor_text: Option<String>,
    /// The words of its link
    #[arg(long, value_name = "TEXT", requires = "sponsor_name")]
    sponsor_cta: Option<String>,
    /// Where it leads
    #[arg(long, value_name = "URL", requires = "sponsor_name")]
    sponsor_url: Option<String>,
}

impl Paid {
    fn sponsor(&self) -> Option<Sponsor> {
        Some(Sponsor {
            name: self.sponsor_name.clone()?,
            title: self.sponsor_title.clone()?,
            text: self.sponsor_text.clone()?,
            cta: self.sponsor_cta.clone()?,
            url: self.sponsor_url.clone()?,
        })
    }
}

#[derive(Serialize)]
struct Written<'a> {
    edition: &'a str,
    subject: &'a str,
    alternatives: &'a [String],
    preheader: &'a str,
    notice: Option<&'a Notice>,
    note: Option<&'a Note>,
    sponsor: Option<&'a Sponsor>,
}

impl Write {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let edition = find_edition(&database, self.id.as_deref()).await?;
        if !edition.is_open() {
            let message = format!(
                "{} is {}: what is on its way cannot be rewritten",
                edition.id,
                edition.status.name()
            );
            return Err(Failure::new(exit::REFUSED, message));
        }
        if self.has_nothing() {
            let message = "nothing to write was given";
            return Err(Failure::new(exit::USAGE, message).hint(
                "--subject, --alternative, --preheader, --notice, --note or --sponsor-name",
            ));
        }
        let edits = self.edits();
        let what = (&edition, edits.as_slice(), Act::Write);
        let stored = (&config, &database);
        let (edition, weight) = desk.change(stored, what, self.dry_run).await?;
        let code = report(desk, &edition)?;
        if edition.has_trial() {
            let mut reader = database.reader().await?;
            let reach = pipeline::reach(&mut reader, &edition, desk.clock.unix()).await?;
            note_readers(desk, &edition, reach.gets());
        }
        note_size(desk, weight);
        Ok(code)
    }

    fn has_nothing(&self) -> bool {
        let lines = [&self.subject, &self.preheader, &self.notice, &self.note];
        let has_paid = self.no_sponsor || self.sponsor.sponsor_name.is_some();
        self.alternative.is_empty() && !has_paid && lines.into_iter().all(Option::is_none)
    }

    fn edits(&self) -> Vec<Edit> {
        let subject = self.subject.clone().map(|text| Edit::Subject { text });
        let texts = match &self.alternative[..] {
            [none] if none.trim().is_empty() => Vec::new(),
            some => some.to_vec(),
        };
        let alternatives = (!self.alternative.is_empty()).then_some(Edit::Alternatives { texts });
        let preheader = self.preheader.clone().map(|text| Edit::Preheader { text });
        let notice = self.notice.clone().map(|text| Edit::Notice { text });
        let note = self.note.clone().map(|text| Edit::Note {
            text,
            hello: self.hello.clone(),
            by: self.by.clone(),
        });
        let sponsor = self.sponsor.sponsor();
        let paid = (self.no_sponsor || sponsor.is_some()).then_some(Edit::Sponsor { sponsor });
        let all = [subject, alternatives, preheader, notice, note, paid];
        all.into_iter().flatten().collect()
    }
}

fn report(desk: &Desk, edition: &Edition) -> Result<u8, Failure> {
    let frame = &edition.frame;
    desk.output.json(&Written {
        edition: edition.id.as_str(),
        subject: &edition.subject,
        alternatives: &edition.slates.trial.alternatives,
        preheader: &edition.preheader,
        notice: frame.notice.as_deref(),
        note: frame.note.as_deref(),
        sponsor: frame.sponsor.as_ref(),
    })?;
    let out = &desk.output;
    out.line(format!("{}  {}", edition.id, edition.status.name()));
    print_subjects(desk, edition);
    out.line(format!("preheader  {}", edition.preheader));
    if let Some(notice) = &frame.notice {
        out.line(format!("notice     {} {}", notice.bold, notice.text));
    }
    if let Some(note) = &frame.note {
        out.line(format!("note       {}", note.text));
    }
    if let Some(sponsor) = &frame.sponsor {
        out.line(format!("sponsor    {}: {}", sponsor.name, sponsor.title));
    }
    for warning in advice(edition) {
        out.note(warning);
    }
    Ok(exit::DONE)
}

/// Says so where a trial has too few readers to tell much.
fn note_readers(desk: &Desk, edition: &Edition, readers: i64) {
    let trial = &edition.slates.trial;
    let share = edition
        .slates
        .waves
        .map_or(trial.rules.share, |waves| waves.share);
    let subjects = edition.subjects().count();
    let each = share * number(u64::try_from(readers).unwrap_or(0))
        / number(u64::try_from(subjects).unwrap_or(1));
    if each < ENOUGH_READERS {
        desk.output.note(format!(
            "each subject goes to about {each:.0} of the readers; with fewer than {ENOUGH_READERS:.0} only large \
             differences are found, and else the others get \"{}\"",
            edition.subject
        ));
    }
}

/// The subject, those that are tried beside it, and which of them was chosen.
pub(super) fn print_subjects(desk: &Desk, edition: &Edition) {
    let out = &desk.output;
    for (at, subject) in edition.subjects().enumerate() {
        let what = if at == 0 {
            "subject    "
        } else {
            "or         "
        };
        out.line(format!("{what}{subject}"));
    }
    if !edition.has_trial() {
        return;
    }
    let rules = &edition.slates.trial.rules;
    match &edition.choice {
        None => out.line(format!(
            "           {:.0} % of the readers try them; after {} the others get the better one",
            rules.share * 100.0,
            rules.wait
        )),
        Some(choice) => out.line(format!(
            "           the others get \"{}\": {}",
            edition.main_subject(),
            choice.by.in_words()
        )),
    }
}
