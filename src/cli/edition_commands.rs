//! `courant edition`: build, look at, approve, cancel, render.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use courant_subscribers::EmailAddress;
use courant_subscribers::store::subscribers;
use serde::Serialize;

use super::edition_story::{self, Restore, Story};
use super::edition_write::Write;
use super::exit::{self, Failure};
use super::{Desk, approval, find_digest, find_edition, instant, open_links};
use crate::clock::Clock;
use crate::config::Config;
use crate::database::Database;
use crate::delivery::Composer;
use crate::delivery::compose::{self, Purpose, Sender, nobody};
use crate::delivery::dkim::Signer;
use crate::desk::Act;
use crate::edition::slates::Variant;
use crate::edition::told::{Summary, Whole};
use crate::edition::{Edition, SectionKind, Status, Step, store};
use crate::links::Links;
use crate::pipeline::{self, Built, Weight};
use crate::render::budget;

#[derive(Debug, Subcommand)]
pub(super) enum Editions {
    /// Pick the articles of a digest's present slot and freeze them; again: the same edition
    Build(Build),
    /// The latest editions
    List,
    /// One edition: subject, preheader, articles in order
    Show(Id),
    /// Why each article stands where it does, and why others are not in
    Explain(Id),
    /// Say something in an edition: subject, preheader, a notice, an editor's note
    Write(Write),
    /// Move, rewrite or take out a story
    Story(Story),
    /// What was changed in an edition, the latest first
    Changes(Id),
    /// Put an edition back to what it was before a change
    Restore(Restore),
    /// Say that an edition may be sent, as it is
    Approve(Approve),
    /// Call an edition off; while it is being sent, the rest is not sent
    Cancel(Id),
    /// Write exactly what a reader would be sent: .eml, .html, .txt
    Render(Render),
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// Name of the digest
    digest: String,
    /// As if it were this instant (RFC 3339)
    #[arg(long, value_name = "T")]
    at: Option<String>,
    /// Show what would be built, store nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Id {
    /// The edition's id, such as daily-2026-11-23; the latest if not given
    id: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Approve {
    #[command(flatten)]
    id: Id,
    /// Refuse while a check fails (`courant check`)
    #[arg(long)]
    checked: bool,
}

#[derive(Debug, Args)]
pub(super) struct Render {
    /// The edition's id; the latest if not given
    id: Option<String>,
    /// As this subscriber gets it; any other address gets the copy of a test
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Editions {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        match self {
            Self::Build(build) => build.run(desk).await,
            Self::List => list(desk).await,
            Self::Show(Id { id }) => show(desk, id.as_deref()).await,
            Self::Explain(Id { id }) => explain(desk, id.as_deref()).await,
            Self::Story(story) => story.run(desk).await,
            Self::Changes(Id { id }) => edition_story::changes(desk, id.as_deref()).await,
            Self::Restore(restore) => restore.run(desk).await,
            Self::Approve(Approve { id, checked }) => {
                step(desk, id.id.as_deref(), (Step::Approve, checked)).await
            }
            Self::Cancel(Id { id }) => step(desk, id.as_deref(), (Step::Cancel, false)).await,
            Self::Render(render) => render.run(desk).await,
            Self::Write(write) => write.run(desk).await,
        }
    }
}

impl Build {
    async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let digest = find_digest(&config, &self.digest)?;
        let at = instant(self.at.as_deref(), &desk.clock)?;
        match pipeline::build(&database, &config, digest, at, self.dry_run).await? {
            Built::New(edition) | Built::Existing(edition) => {
                desk.output.json(&Summary::of(&edition))?;
                print(desk, &edition);
                note_size(desk, pipeline::within_limit(&config, &edition)?);
                Ok(exit::DONE)
            }
            Built::Nothing { new, wanted } => Err(nothing_new(&self.digest, new, wanted)),
        }
    }
}

/// What to say when there is no edition because there is no news.
pub(super) fn nothing_new(digest: &str, new: usize, wanted: usize) -> Failure {
    let found = match new {
        0 => "no new article".to_owned(),
        1 => "only one new article".to_owned(),
        n => format!("only {n} new articles"),
    };
    let asked = if wanted > 1 {
        format!(", {wanted} are asked for")
    } else {
        String::new()
    };
    Failure::new(
        exit::NOTHING,
        format!("no edition of {digest}: {found}{asked}"),
    )
}

pub(super) fn print(desk: &Desk, edition: &Edition) {
    let out = &desk.output;
    out.line(format!(
        "{}  {}  slot {}",
        edition.id,
        edition.status.name(),
        edition.slot_at
    ));
    super::edition_write::print_subjects(desk, edition);
    out.line(format!("preheader  {}", edition.preheader));
    let mut heading = None;
    for entry in edition.own() {
        let now = (entry.section, &entry.section_title);
        if heading != Some(now) {
            let title = match entry.section {
                SectionKind::Lead => "Lead",
                SectionKind::Plain => "More stories",
                _ if entry.section_title.is_empty() => "More stories",
                _ => entry.section_title.as_str(),
            };
            out.line(format!("\n{title}"));
            heading = Some(now);
        }
        out.line(format!("{:>3}. {}", entry.position, entry.article.title));
    }
    let groups = edition.slates.groups.len();
    if groups > 0 {
        let (own, all) = (edition.own().count(), edition.entries.len());
        out.line(format!(
            "\nThis is the edition's own copy. {groups} group{} of readers get their own order of {all} \
             stories, the {own} above among them.",
            if groups == 1 { "" } else { "s" },
        ));
    }
}

async fn list(desk: &Desk) -> Result<u8, Failure> {
    let (_, database) = desk.open().await?;
    let mut reader = database.reader().await?;
    let mut rows = Vec::new();
    for whole in store::list(&mut reader, 50).await? {
        desk.output.json(&Summary::of(&whole))?;
        rows.push(vec![
            whole.id.to_string(),
            whole.status.name().to_owned(),
            whole.slot_at.to_string(),
            whole.own().count().to_string(),
            whole.subject.clone(),
        ]);
    }
    if rows.is_empty() {
        desk.output.note("there is no edition yet");
        return Ok(exit::NOTHING);
    }
    desk.output.table(
        &["edition", "status", "slot", "articles", "subject"],
        &rows,
        60,
    );
    Ok(exit::DONE)
}

async fn show(desk: &Desk, id: Option<&str>) -> Result<u8, Failure> {
    let (_, database) = desk.open().await?;
    let edition = find_edition(&database, id).await?;
    desk.output.json(&Whole::of(&edition))?;
    print(desk, &edition);
    Ok(exit::DONE)
}

async fn explain(desk: &Desk, id: Option<&str>) -> Result<u8, Failure> {
    let (_, database) = desk.open().await?;
    let edition = find_edition(&database, id).await?;
    desk.output.json(&Whole::of(&edition))?;
    for entry in edition.own() {
        let line = format!(
            "{:>3}. {}\n     {}",
            entry.position, entry.article.title, entry.reason
        );
        desk.output.line(line);
    }
    let tried: Vec<_> = edition
        .entries
        .iter()
        .filter(|entry| !entry.own && !entry.reason.starts_with("in reserve"))
        .collect();
    if !tried.is_empty() {
        desk.output.line("\nOnly in the copies of some readers:");
    }
    for entry in tried {
        desk.output.line(format!(
            "   – {}\n     {}",
            entry.article.title, entry.reason
        ));
    }
    if !edition.passed_over.is_empty() {
        desk.output.line("\nNot in the edition's own copy:");
    }
    for out in &edition.passed_over {
        desk.output
            .line(format!("   – {}\n     {}", out.title, out.reason));
    }
    Ok(exit::DONE)
}

async fn step(
    desk: &Desk,
    id: Option<&str>,
    (step, is_checked): (Step, bool),
) -> Result<u8, Failure> {
    let (config, database) = desk.open().await?;
    let edition = find_edition(&database, id).await?;
    let act = match step {
        Step::Cancel => Act::Cancel,
        _ => Act::Approve,
    };
    if step == Step::Approve && edition.status == Status::Draft {
        note_size(desk, pipeline::within_limit(&config, &edition)?);
        if is_checked {
            let failed = approval::checked(desk, (&config, &database), &edition).await;
            if let Err(failed) = failed {
                let said = (false, "a check fails");
                desk.note(&database, (act, &edition), said).await?;
                return Err(failed);
            }
        } else {
            desk.output.note(format!(
                "nothing was checked: `courant check {}` says what fails, and --checked refuses while anything does",
                edition.id
            ));
        }
    }
    let now = desk.clock.now();
    let Some(next) = pipeline::take_step(&database, &edition, step, now).await? else {
        let message = format!("{} has just changed", edition.id);
        return Err(Failure::new(exit::LATER, message).hint("run the same command again"));
    };
    if next != edition.status {
        desk.note(&database, (act, &edition), (true, "")).await?;
    }
    desk.output.json(&Summary {
        status: next,
        ..Summary::of(&edition)
    })?;
    desk.output
        .line(format!("{} is {}", edition.id, next.name()));
    Ok(exit::DONE)
}

/// Who sends, and what signs for them, if we do.
pub(super) fn sender(config: &Config) -> Result<(Sender, Option<Signer>), Failure> {
    let sender = Sender::parse(&config.delivery)?;
    let signer = Signer::open(&config.delivery.dkim, sender.domain(), &config.folder)
        .map_err(compose::Error::from)?;
    Ok((sender, signer))
}

/// Everything that writes an edition's messages.
pub(super) fn composer(
    config: &Config,
    edition: Edition,
    links: Links,
    clock: &Clock,
) -> Result<Composer, Failure> {
    let (sender, signer) = sender(config)?;
    let theme = config.theme.clone();
    Ok(Composer::new(edition, theme, links, sender, clock.clone()).signed_by(signer))
}

#[derive(Serialize)]
struct Sizes {
    edition: String,
    files: Vec<String>,
    eml_bytes: usize,
    html_bytes: usize,
    html_encoded_bytes: usize,
    text_bytes: usize,
}

impl Render {
    async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let edition = find_edition(&database, self.id.as_deref()).await?;
        let (recipient, purpose) =
            recipient(&database, self.to.as_deref(), &edition.digest, &desk.clock).await?;
        let id = edition.id.to_string();
        let mut reader = database.reader().await?;
        let variant = match purpose {
            Purpose::Edition => {
                pipeline::variant(&mut reader, &edition, recipient.id.as_i64()).await?
            }
            Purpose::Test => Variant::default(),
        };
        drop(reader);
        let composer = composer(&config, edition, open_links(&config)?, &desk.clock)?;
        let rendered = composer.rendered(&recipient, &variant);
        let mail = composer.mail(&recipient, &variant, purpose)?;
        std::fs::create_dir_all(&self.out)?;
        let mut files = Vec::new();
        let mut write = |ending: &str, bytes: &[u8]| -> Result<(), Failure> {
            let path = self.out.join(format!("{id}.{ending}"));
            std::fs::write(&path, bytes)?;
            files.push(path.display().to_string());
            Ok(())
        };
        write("eml", &mail.bytes)?;
        write("txt", rendered.text.as_bytes())?;
        let html = rendered.html.unwrap_or_default();
        if !html.is_empty() {
            write("html", html.as_bytes())?;
        }
        let sizes = Sizes {
            edition: id,
            files,
            eml_bytes: mail.bytes.len(),
            html_bytes: html.len(),
            html_encoded_bytes: budget::encoded_bytes(&html),
            text_bytes: rendered.text.len(),
        };
        desk.output.json(&sizes)?;
        for file in &sizes.files {
            desk.output.line(file);
        }
        desk.output.line(format!(
            "html {} bytes as sent (mail programs clip at {}), text {} bytes, message {} bytes",
            sizes.html_encoded_bytes,
            budget::LIMIT_BYTES,
            sizes.text_bytes,
            sizes.eml_bytes
        ));
        let weight = Weight {
            bytes: sizes.html_encoded_bytes,
            trimmed: rendered.trimmed,
        };
        note_size(desk, weight);
        Ok(exit::DONE)
    }
}

/// Warns of a copy that is nearly too large, or had to be trimmed.
pub(super) fn note_size(desk: &Desk, Weight { bytes, trimmed }: Weight) {
    let smaller = "fewer stories, or size = \"compact\" for a section, make it smaller";
    let limit = budget::LIMIT_BYTES;
    if let Some(trimmed) = trimmed {
        desk.output.note(format!(
            "mail programs would clip a copy at {limit} bytes: it goes without {}; {smaller}",
            trimmed.in_words()
        ));
    } else if bytes > budget::WARNING_BYTES {
        desk.output.note(format!(
            "a copy has {bytes} bytes as sent, close to what mail programs clip ({limit}): {smaller}"
        ));
    }
}

/// The subscriber at an address, else nobody in particular.
pub(super) async fn recipient(
    database: &Database,
    to: Option<&str>,
    digest: &str,
    clock: &Clock,
) -> Result<(courant_subscribers::Recipient, Purpose), Failure> {
    let text = to.unwrap_or("reader@example.org");
    let address = EmailAddress::parse(text)
        .map_err(|error| Failure::new(exit::USAGE, format!("\"{text}\": {error}")))?;
    let mut reader = database.reader().await?;
    if to.is_some()
        && let Some(person) = subscribers::find_by_address(&mut reader, &address).await?
        && let Some(found) = courant_subscribers::audience::still_mailable(
            &mut reader,
            person.id,
            (digest, clock.unix()),
        )
        .await?
    {
        return Ok((found, Purpose::Edition));
    }
    Ok((nobody(address, clock), Purpose::Test))
}
