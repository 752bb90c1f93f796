//! Changing an edition, approving it, calling it off.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, Response, StatusCode};
use courant_templates::desk::parts::{self, Tone, Weight};
use courant_templates::desk::{
    self as pages, EditPageView, HeadView, LaterView, MessageView, StoryEditView, WordsView,
};
use jiff::Timestamp;

use super::enter::{Visitor, asked, form};
use super::look::{Said, look, moment, name_of, see, state_of};
use super::pairs::Pairs;
use super::{Answer, Desk, Room, html, later};
use crate::desk::{Act, Note};
use crate::edition::edit::Edit;
use crate::edition::store::versions;
use crate::edition::{Edition, Entry, SectionKind, Sponsor, Status, Step};
use crate::pipeline::{self, Approval};
use crate::preflight;
use crate::telemetry::with_causes;
use crate::tracking::Tracking;

/// `GET /desk/editions/{id}/edit`
pub(super) async fn page(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    desk.may(&visitor, Act::Write, &id).await?;
    let edition = desk.edition(&visitor, &id).await?;
    editor(&desk, &visitor, &edition, (StatusCode::OK, Told::default())).await
}

/// What the page is to tell.
#[derive(Default)]
pub(super) struct Told {
    pub(super) message: Option<(Tone, String)>,
    /// What somebody wrote and could not be saved, by the fields' names.
    pub(super) unsaved: Vec<(String, String)>,
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
    let own: Vec<_> = edition.own().map(|entry| (place(entry), entry)).collect();
    let stories = if visitor.role.may(Act::Arrange) {
        let later = later::marks(desk, visitor, edition).await?;
        let all = own.iter().map(|(place, entry)| {
            let later = later.get(&entry.article.id).copied();
            story_view(place, entry, later)
        });
        Some(all.collect())
    } else {
        None
    };
    let version = edition.version.to_string();
    let now = Words::of(edition);
    let automatic = crate::edition::subject::automatic(edition);
    let (by_itself, plus) = (
        format!("Left empty: {}", automatic.0),
        format!("40 to 110 characters. Left empty: {}", automatic.1),
    );
    let line = |name, label, value, lines, hint| WordsView {
        name,
        label,
        value,
        lines,
        hint,
    };
    let sponsor = edition.frame.sponsor.as_ref();
    let paid = |pick: fn(&Sponsor) -> &str| sponsor.map_or("", pick);
    // Nobody could tell which did better where clicks are not counted.
    let tried = (edition.frame.tracking == Tracking::Full).then(|| {
        line(
            "alternatives",
            "Subjects to try beside it",
            &now.alternatives,
            3,
            "One a line, three at most; the best one goes to all who are not among the first.",
        )
    });
    let view = EditPageView {
        action: &desk.url(&format!("/editions/{}/edit", edition.id)),
        later: &desk.url(&format!("/editions/{}/later", edition.id)),
        hidden: vec![("token", &visitor.form_token), ("version", &version)],
        words: [
            Some(line("subject", "Subject", &now.subject, 1, &by_itself)),
            tried,
        ]
        .into_iter()
        .flatten()
        .chain([
            line("preheader", "Preview line", &now.preheader, 1, &plus),
            line(
                "notice",
                "Notice above the lead",
                &now.notice,
                1,
                "Its first sentence is bold.",
            ),
            line(
                "note",
                "Editor's note",
                &now.note,
                4,
                "At most 60 words; a link is [words](https://...).",
            ),
            line(
                "hello",
                "Greeting of the note",
                now.hello.as_deref().unwrap_or_default(),
                1,
                "",
            ),
            line(
                "by",
                "Who wrote the note",
                now.by.as_deref().unwrap_or_default(),
                1,
                "",
            ),
        ])
        .collect(),
        sponsor: vec![
            line("name", "Who pays", paid(|it| &it.name), 1, ""),
            line("title", "Headline", paid(|it| &it.title), 1, ""),
            line("text", "Text", paid(|it| &it.text), 3, ""),
            line("cta", "Words of the link", paid(|it| &it.cta), 1, ""),
            line("url", "Leads to", paid(|it| &it.url), 1, ""),
        ],
        stories,
        unsaved: &told.unsaved,
        versions: changes
            .iter()
            .map(|(number, when, who, what)| (*number, when.as_str(), who.as_str(), what.as_str()))
            .collect(),
        may_restore: visitor.role.may(Act::Arrange),
    };
    let title = format!("Edit {}", name_of(edition));
    let back = desk.url(&format!("/editions/{}", edition.id));
    let head = HeadView {
        title: &title,
        sub: Some(
            "Every change is kept with who made it. One that comes after an approval takes it back.",
        ),
        state: Some(state_of(edition)),
        actions: parts::link_button(Weight::Other, "Look at it", &back),
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

/// Where a story stands, in words.
fn place(entry: &Entry) -> String {
    let section = match entry.section {
        SectionKind::Lead => "Lead",
        _ if entry.section_title.is_empty() => "Stories",
        _ => entry.section_title.as_str(),
    };
    format!("{} · {section}", entry.position)
}

fn story_view<'a>(place: &'a str, entry: &'a Entry, later: Option<LaterView>) -> StoryEditView<'a> {
    let article = &entry.article;
    StoryEditView {
        id: article.id.as_str(),
        place,
        title: &article.title,
        summary: article.summary.as_deref().unwrap_or_default(),
        alt: article.image_alt.as_deref().unwrap_or_default(),
        picture: article.image_url.as_deref(),
        url: &article.url,
        reason: &entry.reason,
        later,
    }
}

/// The words around the stories as an editor wrote them; empty where nobody did.
struct Words {
    subject: String,
    /// One a line.
    alternatives: String,
    preheader: String,
    notice: String,
    note: String,
    hello: Option<String>,
    by: Option<String>,
}

impl Words {
    fn of(edition: &Edition) -> Self {
        let frame = &edition.frame;
        let written = |is: bool, text: &str| if is { text.to_owned() } else { String::new() };
        let notice = frame.notice.as_deref();
        let notice = notice.map(|it| format!("{} {}", it.bold, it.text));
        let note = frame.note.as_deref();
        Self {
            subject: written(frame.written.subject, &edition.subject),
            alternatives: edition.slates.trial.alternatives.join("\n"),
            preheader: written(frame.written.preheader, &edition.preheader),
            notice: notice.unwrap_or_default(),
            note: note.map(|it| it.text.clone()).unwrap_or_default(),
            hello: note.and_then(|it| it.hello.clone()),
            by: note.and_then(|it| it.by.clone()),
        }
    }

    /// What a form makes different of them.
    fn changed(self, form: &Pairs) -> Vec<Edit> {
        let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
        let optional = |name: &str| Some(text(name)).filter(|text| !text.trim().is_empty());
        let other = |name: &str, before: &str| other_words(text(name), before);
        let subject = other("subject", &self.subject);
        let tried = form.get("alternatives");
        let tried = tried.and_then(|it| other_words(it.to_owned(), &self.alternatives));
        let preheader = other("preheader", &self.preheader);
        let notice = other("notice", &self.notice);
        let note = (text("note"), optional("hello"), optional("by"));
        let note = Some(note).filter(|note| *note != (self.note, self.hello, self.by));
        let all = [
            subject.map(|text| Edit::Subject { text }),
            tried.map(|text| Edit::Alternatives {
                texts: lines(&text),
            }),
            preheader.map(|text| Edit::Preheader { text }),
            notice.map(|text| Edit::Notice { text }),
            note.map(|(text, hello, by)| Edit::Note { text, hello, by }),
        ];
        all.into_iter().flatten().collect()
    }
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A text, if it says something else than before; white space says nothing.
fn other_words(now: String, before: &str) -> Option<String> {
    let is_same = now.split_whitespace().eq(before.split_whitespace());
    (!is_same).then_some(now)
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
            let edit = match form.get("do") {
                Some("up") => Edit::Up { article },
                Some("down") => Edit::Down { article },
                Some("lead") => Edit::Lead { article },
                Some("remove") => Edit::Remove { article },
                _ => return Wish::Nothing,
            };
            Wish::Change(Act::Arrange, vec![edit])
        }
        Some("story") => Wish::Change(Act::Arrange, of_story(edition, &article, form)),
        Some("restore") => text("change").parse().map_or(Wish::Nothing, Wish::Restore),
        _ => Wish::Nothing,
    }
}

/// What is different about a story in a form.
fn of_story(edition: &Edition, article: &str, form: &Pairs) -> Vec<Edit> {
    let Some(entry) = edition
        .own()
        .find(|entry| entry.article.id.as_str() == article)
    else {
        // Somebody took it out: the change says so.
        return vec![Edit::NoPicture {
            article: article.to_owned(),
        }];
    };
    let known = &entry.article;
    let article = || article.to_owned();
    let other = |name: &str, before: Option<&str>| {
        other_words(form.numbered(name)?.to_owned(), before.unwrap_or_default())
    };
    let title = other("title", Some(&known.title));
    let summary = other("summary", known.summary.as_deref());
    let url = other("url", Some(&known.url));
    let alt = other("alt", known.image_alt.as_deref());
    let no_picture = form.numbered("no_picture");
    let all = [
        title.map(|text| Edit::Headline {
            article: article(),
            text,
        }),
        summary.map(|text| Edit::Summary {
            article: article(),
            text,
        }),
        url.map(|url| Edit::Url {
            article: article(),
            url,
        }),
        alt.map(|text| Edit::Alt {
            article: article(),
            text,
        }),
        no_picture.map(|_| Edit::NoPicture { article: article() }),
    ];
    all.into_iter().flatten().collect()
}

/// The edition as the page of a form showed it.
fn as_seen(edition: Edition, form: &Pairs) -> Edition {
    Edition {
        version: form.number("version").unwrap_or(-1),
        ..edition
    }
}

/// `POST /desk/editions/{id}/edit`
pub(super) async fn save(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let form = form(&desk, &visitor, (&headers, &body, &id)).await?;
    let edition = desk.edition(&visitor, &id).await?;
    let seen = as_seen(edition.clone(), &form);
    let by = (visitor.name.as_str(), Approval::IsTakenBack);
    let now = desk.now();
    let (act, changed) = match wish(&edition, &form) {
        Wish::Nothing => return Ok(see(&desk, &visitor, &id)),
        Wish::Change(act, edits) if edits.is_empty() => {
            desk.may(&visitor, act, &id).await?;
            let told = Told::new(
                Tone::Quiet,
                "Nothing was different, so nothing was changed.",
            );
            return editor(&desk, &visitor, &edition, (StatusCode::OK, told)).await;
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
    let told = Told::new(Tone::Good, said);
    editor(&desk, &visitor, &changed, (StatusCode::OK, told)).await
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
        pipeline::Error::Edit(_) | pipeline::Error::TooLarge { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, format!("Not saved: {}.", with_causes(error)))
        }
        _ => return Err(desk.trouble(visitor, error)),
    };
    let edition = desk.edition(visitor, id).await?;
    let said = Told {
        message: Some((Tone::Bad, words)),
        unsaved: form.texts(),
    };
    editor(desk, visitor, &edition, (status, said)).await
}

/// `POST /desk/editions/{id}/approve`: refused while a check fails.
pub(super) async fn approve(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = (&headers, &body, id.as_str());
    let (form, edition) = asked(&desk, &visitor, Act::Approve, sent).await?;
    // What is no draft any more is nobody's to look at: the step says why.
    let is_draft = edition.status == Status::Draft;
    if is_draft && preflight::has_failed(&desk.check(&visitor, &edition).await?) {
        desk.note(Note {
            who: &visitor.name,
            act: Act::Approve.name(),
            about: &id,
            done: false,
            detail: "a check fails",
        })
        .await;
        let words = "Not approved: a check fails. What it is, and how to mend it, stands below.";
        return said(
            &desk,
            &visitor,
            (&id, "view=checks"),
            (StatusCode::CONFLICT, Tone::Bad, words),
        )
        .await;
    }
    step(&desk, &visitor, (edition, &form), Step::Approve).await
}

/// `POST /desk/editions/{id}/cancel`
pub(super) async fn cancel(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let sent = (&headers, &body, id.as_str());
    let (form, edition) = asked(&desk, &visitor, Act::Cancel, sent).await?;
    step(&desk, &visitor, (edition, &form), Step::Cancel).await
}

async fn step(
    desk: &Desk,
    visitor: &Visitor,
    (edition, form): (Edition, &Pairs),
    step: Step,
) -> Answer {
    let id = edition.id.to_string();
    let act = if step == Step::Approve {
        Act::Approve
    } else {
        Act::Cancel
    };
    // Whoever says yes says it to what they saw.
    let seen = as_seen(edition, form);
    let taken = pipeline::take_step(desk.database(), &seen, step, desk.now()).await;
    let (done, status, tone, words) = match &taken {
        Ok(Some(Status::Approved)) => (
            true,
            StatusCode::OK,
            Tone::Good,
            "Approved. It leaves with the next run of its digest.".to_owned(),
        ),
        Ok(Some(_)) => (
            true,
            StatusCode::OK,
            Tone::Good,
            "Called off. What has not left stays here; sending stops within seconds.".to_owned(),
        ),
        Ok(None) => (
            false,
            StatusCode::CONFLICT,
            Tone::Bad,
            "It has changed since you opened this page. Look at it again first.".to_owned(),
        ),
        Err(pipeline::Error::Edition(error)) => (
            false,
            StatusCode::CONFLICT,
            Tone::Bad,
            format!("Not done: {error}."),
        ),
        Err(error) => return Err(desk.trouble(visitor, error)),
    };
    desk.note(Note {
        who: &visitor.name,
        act: act.name(),
        about: &id,
        done,
        detail: if done { "" } else { &words },
    })
    .await;
    said(desk, visitor, (&id, ""), (status, tone, &words)).await
}

async fn said(
    desk: &Desk,
    visitor: &Visitor,
    (id, query): (&str, &str),
    (status, tone, words): (StatusCode, Tone, &str),
) -> Result<Response<Body>, Response<Body>> {
    let said = Said {
        message: Some((tone, words.to_owned())),
        ..Said::default()
    };
    let query = Pairs::of_query(Some(query));
    look(desk, visitor, (id, &query), (status, said)).await
}
