//! Changing an edition.

use std::collections::HashMap;

use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::StatusCode;
use courant_templates::desk::parts::{self, Tone, Weight};
use courant_templates::desk::{
    self as pages, EditPageView, HeadView, LaterView, MessageView, StoryEditView, WordsView,
};
use jiff::Timestamp;

use super::enter::{Posted, Visitor};
use super::look::{name_of, see, state_of};
use super::pairs::{Pairs, label};
use super::written::{self, Words};
use super::{Answer, Desk, Room, html, later};
use crate::clock::moment;
use crate::desk::{Act, Note};
use crate::edition::edit::Edit;
use crate::edition::store::versions;
use crate::edition::{Edition, Entry, SectionKind, Sponsor, Status};
use crate::pipeline;
use crate::ranking;
use crate::render::advice;
use crate::telemetry::with_causes;
use crate::tracking::Tracking;

/// `GET /desk/editions/{id}/edit`
pub(super) async fn page(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    desk.may(&visitor, Act::Write, &id).await?;
    let edition = desk.edition(&visitor, &id).await?;
    let query = Pairs::of_query(query.as_deref());
    let told = Told {
        open_story: query.get("story").unwrap_or_default().to_owned(),
        ..Told::default()
    };
    editor(&desk, &visitor, &edition, (StatusCode::OK, told)).await
}

/// What the page is to tell.
#[derive(Default)]
pub(super) struct Told {
    pub(super) message: Option<(Tone, String)>,
    /// What somebody wrote and could not be saved, by the fields' names.
    pub(super) unsaved: Vec<(String, String)>,
    /// The story that somebody came to rewrite.
    pub(super) open_story: String,
}

impl Told {
    pub(super) fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self {
            message: Some((tone, words.into())),
            ..Self::default()
        }
    }
}

pub(super) async fn editor(
    desk: &Desk,
    visitor: &Visitor,
    edition: &Edition,
    (status, told): (StatusCode, Told),
) -> Answer {
    let found = async {
        let mut conn = desk.database().reader().await?;
        versions::versions(&mut conn, &edition.id).await
    };
    let found = found
        .await
        .map_err(|error: crate::database::Error| desk.trouble(visitor, &error))?;
    let zone = edition.frame.zone();
    let changes: Vec<_> = found
        .iter()
        .map(|it| {
            (
                it.version,
                moment(Timestamp::from_second(it.at).unwrap_or_default(), &zone),
                &it.who,
                &it.what,
            )
        })
        .collect();
    let placed: Vec<_> = edition.entries.iter().map(|it| (place(it), it)).collect();
    let may_arrange = visitor.role.may(Act::Arrange);
    let later = if may_arrange {
        later::marks(desk, visitor, edition).await?
    } else {
        HashMap::new()
    };
    let mut own = Vec::new();
    if may_arrange {
        own.extend(placed.iter().map(|(place, entry)| {
            let later = later.get(&entry.article.id).copied();
            story_view(edition, (place, entry), later)
        }));
    }
    // Those of the own copy stand first.
    let others = own.split_off(own.len().min(edition.own().count()));
    let copies = copies(edition);
    let version = edition.version.to_string();
    let now = Words::of(edition);
    let automatic = crate::edition::subject::automatic(edition);
    let (by_itself, plus) = (
        format!("Left empty: {}", automatic.0),
        format!("40 to 110 characters. Left empty: {}", automatic.1),
    );
    let line = |name, value, lines, hint| WordsView {
        name,
        label: label(name),
        value,
        lines,
        hint,
    };
    let sponsor = edition.frame.sponsor.as_ref();
    let paid = |field| written::paid(sponsor, field);
    // Nobody could tell which did better where clicks are not counted.
    let tried = (edition.frame.tracking == Tracking::Full).then(|| {
        line(
            "alternatives",
            now.field("alternatives"),
            3,
            "One a line, three at most; the best one goes to all who are not among the first.",
        )
    });
    let view = EditPageView {
        action: &desk.url(&format!("/editions/{}/edit", edition.id)),
        later: &desk.url(&format!("/editions/{}/later", edition.id)),
        hidden: vec![("token", &visitor.form_token), ("version", &version)],
        words: [
            Some(line("subject", now.field("subject"), 1, &by_itself)),
            tried,
        ]
        .into_iter()
        .flatten()
        .chain([
            line("preheader", now.field("preheader"), 1, &plus),
            line(
                "notice",
                now.field("notice"),
                1,
                "Its first sentence is bold.",
            ),
            line(
                "note",
                now.field("note"),
                4,
                "Markdown, at most 60 words; a link is [words](https://...).",
            ),
            line(
                "hello",
                now.field("hello"),
                1,
                "With its punctuation. Left empty: the usual one of the language.",
            ),
            line("by", now.field("by"), 1, ""),
        ])
        .collect(),
        sponsor: vec![
            line("name", paid("name"), 1, ""),
            line("title", paid("title"), 1, ""),
            line("text", paid("text"), 3, ""),
            line("cta", paid("cta"), 1, ""),
            line("url", paid("url"), 1, ""),
        ],
        stories: may_arrange.then_some(own),
        copies: copies.as_deref(),
        others,
        is_open: edition.is_open(),
        leads_back: told
            .message
            .as_ref()
            .is_none_or(|(tone, _)| *tone == Tone::Good),
        open_story: &told.open_story,
        unsaved: &told.unsaved,
        versions: changes
            .iter()
            .map(|(number, when, who, what)| (*number, when.as_str(), who.as_str(), what.as_str()))
            .collect(),
        may_restore: may_arrange,
    };
    let title = format!("Edit {}", name_of(edition));
    let back = desk.url(&format!("/editions/{}", edition.id));
    let head = HeadView {
        title: &title,
        tab: None,
        sub: Some(if edition.is_open() {
            "Every change is kept with who made it. One that comes after an approval takes it back."
        } else {
            "It is on its way, or was called off, and stays as it is. What is said here is for later editions."
        }),
        state: Some(state_of(desk, edition)),
        actions: parts::link_button(Weight::Other, "Preview", &back),
        message: told
            .message
            .as_ref()
            .map(|(tone, text)| MessageView { tone: *tone, text }),
    };
    let theme = &desk.config().theme;
    let page = desk.framed(visitor, Room::Editions, |frame| {
        pages::edit(frame, &head, &view, theme)
    });
    Ok(visitor.renewing(desk, html(status, page)))
}

/// Whose copies differ from the edition's own, and what an editor's hand means for them.
fn copies(edition: &Edition) -> Option<String> {
    let groups = edition.slates.groups.len();
    let kept = if edition.slates.holdout > 0.0 {
        " Readers who are kept on newest-first, to compare with, get none of it but what is taken out."
    } else {
        ""
    };
    (groups > 0).then(|| {
        format!(
            "This is the edition's own copy. {groups} group{} of readers get orders of their own: what you move \
             stands at that place in their copies too, what you do not touch is drawn for each.{kept}",
            if groups == 1 { "" } else { "s" }
        )
    })
}

/// Where a story stands, in words.
fn place(entry: &Entry) -> String {
    let section = match entry.section {
        SectionKind::Lead => "Lead",
        _ if entry.section_title.is_empty() => "Stories",
        _ => entry.section_title.as_str(),
    };
    if entry.own {
        format!("{} · {section}", entry.position)
    } else {
        entry.article.category.clone().unwrap_or_default()
    }
}

/// A story with what can be done to it.
fn story_view<'a>(
    edition: &Edition,
    (place, entry): (&'a str, &'a Entry),
    later: Option<LaterView>,
) -> StoryEditView<'a> {
    let article = &entry.article;
    let moves = [
        ("up", "Up"),
        ("down", "Down"),
        ("lead", "Make lead"),
        ("remove", "Take out"),
    ];
    let can = |(what, _): &(&str, &str)| {
        let edit = moved(what, article.id.to_string());
        edit.is_some_and(|edit| edition.allows(&edit))
    };
    StoryEditView {
        id: article.id.as_str(),
        place,
        title: &article.title,
        summary: article.summary.as_deref().unwrap_or_default(),
        alt: article.image_alt.as_deref().unwrap_or_default(),
        picture: article.image_url.as_deref(),
        url: &article.url,
        plainly: entry
            .score
            .as_ref()
            .map(|score| ranking::plainly(&score.parts))
            .unwrap_or_default(),
        reason: &entry.reason,
        moves: moves.into_iter().filter(can).collect(),
        later,
    }
}

/// What a button beside a story asks for.
fn moved(button: &str, article: String) -> Option<Edit> {
    Some(match button {
        "up" => Edit::Up { article },
        "down" => Edit::Down { article },
        "lead" => Edit::Lead { article },
        "remove" => Edit::Remove { article },
        _ => return None,
    })
}

/// What a form asks for, and what somebody has to be allowed for it.
enum Wish {
    Change(Act, Vec<Edit>),
    Restore(i64),
    Nothing,
}

fn wish(edition: &Edition, form: &Pairs) -> Wish {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let article = text("article");
    match form.get("form") {
        Some("words") => Wish::Change(Act::Write, Words::of(edition).changed(form)),
        Some("sponsor") => {
            let sponsor = Sponsor {
                name: text("name"),
                title: text("title"),
                text: text("text"),
                cta: text("cta"),
                url: text("url"),
            };
            let fields = [
                &sponsor.name,
                &sponsor.title,
                &sponsor.text,
                &sponsor.cta,
                &sponsor.url,
            ];
            let is_empty = fields.iter().all(|field| field.trim().is_empty());
            let sponsor = (!is_empty).then_some(sponsor);
            let edits = if sponsor == edition.frame.sponsor {
                Vec::new()
            } else {
                vec![Edit::Sponsor { sponsor }]
            };
            Wish::Change(Act::Write, edits)
        }
        Some("place") => {
            let Some(edit) = form.get("do").and_then(|button| moved(button, article)) else {
                return Wish::Nothing;
            };
            Wish::Change(Act::Arrange, vec![edit])
        }
        Some("story") => Wish::Change(Act::Arrange, written::of_story(edition, &article, form)),
        Some("restore") => text("change").parse().map_or(Wish::Nothing, Wish::Restore),
        _ => Wish::Nothing,
    }
}

/// The edition as the page of a form showed it.
pub(super) fn as_seen(edition: Edition, form: &Pairs) -> Edition {
    Edition {
        version: form.number("version").unwrap_or(-1),
        ..edition
    }
}

/// `POST /desk/editions/{id}/edit`
pub(super) async fn save(Shared(desk): Shared<Desk>, posted: Posted) -> Answer {
    let Posted {
        visitor,
        about: id,
        form,
    } = posted;
    let edition = desk.edition(&visitor, &id).await?;
    let seen = as_seen(edition.clone(), &form);
    let by = visitor.name.as_str();
    let now = desk.now();
    let (act, changed) = match wish(&edition, &form) {
        Wish::Nothing => return Ok(see(&desk, &visitor, &id)),
        Wish::Change(act, edits) if edits.is_empty() => {
            desk.may(&visitor, act, &id).await?;
            return not_different(&desk, &visitor, &edition).await;
        }
        Wish::Change(act, edits) => {
            desk.may(&visitor, act, &id).await?;
            let what = (&seen, edits.as_slice());
            (
                act,
                pipeline::change(desk.database(), desk.config(), what, by, now).await,
            )
        }
        Wish::Restore(version) => {
            desk.may(&visitor, Act::Arrange, &id).await?;
            let what = (&seen, version);
            (
                Act::Arrange,
                pipeline::restore(desk.database(), desk.config(), what, by, now).await,
            )
        }
    };
    let (changed, _) = match changed {
        Ok(changed) => changed,
        Err(error) => return not_changed(&desk, &visitor, (&id, &form), &error).await,
    };
    if changed.version == seen.version {
        return not_different(&desk, &visitor, &changed).await;
    }
    desk.note(Note {
        who: &visitor.name,
        act: act.name(),
        about: &id,
        done: true,
        detail: &format!("version {}", changed.version),
    })
    .await;
    let said = if edition.status == Status::Approved {
        "Saved. It was approved before: somebody has to approve it again."
    } else {
        "Saved."
    };
    let known = advice(&edition);
    let new: Vec<_> = advice(&changed)
        .into_iter()
        .filter(|words| !known.contains(words))
        .collect();
    let told = if new.is_empty() {
        Told::new(Tone::Good, said)
    } else {
        Told::new(Tone::Warn, format!("{said} But: {}.", new.join("; ")))
    };
    editor(&desk, &visitor, &changed, (StatusCode::OK, told)).await
}

/// The edition as it was on the page that a form came from; as it is now, where that cannot be told.
async fn shown_by(
    desk: &Desk,
    edition: &Edition,
    form: &Pairs,
) -> Result<Edition, crate::database::Error> {
    let mut base = edition.clone();
    let shown = form.number::<i64>("version");
    if let Some(shown) = shown.filter(|shown| *shown < edition.version) {
        let mut conn = desk.database().reader().await?;
        if let Some(snapshot) = versions::before(&mut conn, &edition.id, shown + 1).await? {
            snapshot.restore(&mut base);
        }
    }
    Ok(base)
}

async fn not_different(desk: &Desk, visitor: &Visitor, edition: &Edition) -> Answer {
    let words = "Nothing was different, so nothing was changed.";
    let told = Told::new(Tone::Quiet, words);
    editor(desk, visitor, edition, (StatusCode::OK, told)).await
}

/// The page that says why nothing was changed, with the edition as it is now and what was written.
async fn not_changed(
    desk: &Desk,
    visitor: &Visitor,
    (id, form): (&str, &Pairs),
    error: &pipeline::Error,
) -> Answer {
    let (status, words) = match error {
        pipeline::Error::Changed(_) => (
            StatusCode::CONFLICT,
            "Somebody changed this edition while you had it open, or it is on its way. Your change was not \
             saved; below is how it is now."
                .to_owned(),
        ),
        pipeline::Error::Edit(_)
        | pipeline::Error::NoChange(..)
        | pipeline::Error::TooLarge { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, format!("Not saved: {}.", with_causes(error)))
        }
        _ => return Err(desk.trouble(visitor, error)),
    };
    let edition = desk.edition(visitor, id).await?;
    let base = shown_by(desk, &edition, form)
        .await
        .map_err(|error| desk.trouble(visitor, &error))?;
    let said = Told {
        message: Some((Tone::Bad, words)),
        unsaved: form.differing(|field| written::before(&base, form, field)),
        ..Told::default()
    };
    editor(desk, visitor, &edition, (status, said)).await
}
