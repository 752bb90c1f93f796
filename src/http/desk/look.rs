//! The page of one edition: seven ways to look at it.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::{Response, StatusCode};
use courant_languages::Locale;
use courant_subscribers::EmailAddress;
use courant_templates::desk::parts::{self, MeterView, TabView, Tone, Weight};
use courant_templates::desk::{
    self as pages, EditionPageView, HeadView, InboxView, MessageView, ReaderView, SizeView,
    TestView,
};
use courant_templates::view::Chosen;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::checks::counted;
use super::enter::Visitor;
use super::head::HowFar;
use super::pairs::Pairs;
use super::stage::{Shown, about, copies, subjects, whom};
use super::{Answer, Desk, Room, html, see_other};
use crate::delivery::Sample;
use crate::delivery::compose::{Mail, Purpose, Sender};
use crate::desk::{self, Act, store};
use crate::edition::subject::{self, PREHEADER_LENGTHS, SUBJECT_CHARS};
use crate::edition::{Approval, Edition, Status};
use crate::preflight::Finding;
use crate::render::{Rendered, budget};
use crate::reports;

/// What is said above the page after something was done.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// How good it is, and the sentence.
    pub(super) message: Option<(Tone, String)>,
    /// The addresses a test was to go to.
    pub(super) to: String,
    /// What is wrong with them.
    pub(super) wrong: Option<String>,
    /// What came of each: address, whether it went, the relay's words.
    pub(super) results: Vec<Sample>,
}

/// The ways to look at an edition.
const VIEWS: [(&str, &str); 7] = [
    ("desktop", "Desktop"),
    ("mobile", "Mobile"),
    ("dark", "Dark"),
    ("text", "Plain text"),
    ("source", "Source"),
    ("headers", "Headers"),
    ("checks", "Checks"),
];

/// `GET /desk/editions/{id}`: `view` is one of the ways, `as` a reader's number; `address` looks one up.
pub(super) async fn page(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    desk.may(&visitor, Act::Look, &id).await?;
    let query = Pairs::of_query(query.as_deref());
    let view = query.get("view").unwrap_or("desktop").to_owned();
    // The form of the picker brings an address; pages name readers by number.
    if let Some(text) = query.get("as").filter(|text| text.contains('@')) {
        let number = match EmailAddress::parse(text.trim()) {
            Ok(address) => desk.number_of(&address).await,
            Err(_) => Ok(None),
        };
        let number = number.map_err(|error| desk.trouble(&visitor, &error))?;
        if let Some(number) = number {
            let subject = query.number::<u32>("subject");
            let subject = subject.map_or_else(String::new, |it| format!("&subject={it}"));
            let url = desk.url(&format!("/editions/{id}?view={view}&as={number}{subject}"));
            return Ok(visitor.renewing(&desk, see_other(&url)));
        }
        let said = Said {
            message: Some((
                Tone::Warn,
                "Nobody on the list has that address.".to_owned(),
            )),
            ..Said::default()
        };
        return look(&desk, &visitor, (&id, &query), (StatusCode::OK, said)).await;
    }
    let mut said = Said::default();
    if query.get("as").is_some_and(|text| {
        let text = text.trim();
        !text.is_empty() && text.parse::<i64>().is_err()
    }) {
        said.message = Some((Tone::Warn, "That is no address of a reader.".to_owned()));
    }
    if let Some(kept) = query.get("said").and_then(|key| desk.told(key)) {
        said = kept;
    }
    look(&desk, &visitor, (&id, &query), (StatusCode::OK, said)).await
}

/// The page, with what is to be said above it.
pub(super) async fn look(
    desk: &Desk,
    visitor: &Visitor,
    (id, query): (&str, &Pairs),
    (status, said): (StatusCode, Said),
) -> Answer {
    let edition = desk.edition(visitor, id).await?;
    let failed = |error: &dyn std::error::Error| desk.trouble(visitor, error);
    let shown = desk.shown(&edition, query.reader()).await;
    let shown = shown.map_err(|error| failed(&error))?;
    let progress = desk.progress(&edition).await;
    let progress = progress.map_err(|error| failed(&error))?;
    let around = desk.around(&edition, &shown, progress.due()).await;
    let around = around.map_err(|error| failed(&error))?;
    let composer = desk.composer(edition.clone());
    let composer = composer.map_err(|error| failed(&error))?;
    let rendered = composer.rendered(&shown.recipient, &shown.variant);
    let mail = composer.mail(&shown.recipient, &shown.variant, Purpose::Edition);
    let mail = mail.map_err(|error| failed(&error))?;
    let view = query.get("view").unwrap_or("desktop");
    let view = VIEWS
        .iter()
        .find(|(name, _)| *name == view)
        .map_or("desktop", |(name, _)| *name);
    let findings = match view {
        "checks" => Some(desk.check(visitor, &edition).await?),
        // On its tab stands how many need a look, as soon as that is known.
        _ => desk.checked(&edition).await,
    };
    let sender = Sender::parse(&desk.config().delivery).map_err(|error| failed(&error))?;
    let mut conn = desk
        .database()
        .reader()
        .await
        .map_err(|error| failed(&error))?;
    let groups = store::groups(&mut conn)
        .await
        .map_err(|error| failed(&error))?;
    let ended = if edition.status == Status::Cancelled {
        let about = (Act::Cancel.name(), Some(edition.id.as_str()));
        let doers = store::doers(&mut conn, about).await;
        doers.map_err(|error| failed(&error))?.into_iter().next()
    } else {
        None
    };
    drop(conn);
    let page = Page {
        desk,
        visitor,
        edition: &edition,
        shown: &shown,
        around,
        progress,
        ended: ended.map(|(_, who, at)| (who, at)),
        view,
        images_off: query.get("images") == Some("off"),
        rendered: &rendered,
        mail: &mail,
        findings: findings.as_deref().map(Vec::as_slice),
        sender: &sender,
        groups: groups.into_iter().map(|(name, _)| name).collect(),
        said,
    };
    Ok(visitor.renewing(desk, html(status, page.html())))
}

pub(super) struct Page<'a> {
    pub(super) desk: &'a Desk,
    pub(super) visitor: &'a Visitor,
    pub(super) edition: &'a Edition,
    pub(super) shown: &'a Shown,
    pub(super) around: (Option<i64>, Option<i64>, i64, i64),
    pub(super) progress: HowFar,
    /// Who called it off, and when.
    pub(super) ended: Option<(String, i64)>,
    pub(super) view: &'static str,
    pub(super) images_off: bool,
    pub(super) rendered: &'a Rendered,
    pub(super) mail: &'a Mail,
    pub(super) findings: Option<&'a [Finding]>,
    pub(super) sender: &'a Sender,
    pub(super) groups: Vec<String>,
    pub(super) said: Said,
}

/// "07:00 CET" of an instant, where the edition is read.
pub(super) fn clock_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone())
        .strftime("%H:%M %Z")
        .to_string()
}

/// An edition as people call it.
pub(super) fn name_of(edition: &Edition) -> String {
    let day = edition.slot_at.to_zoned_datetime(edition.frame.zone());
    format!("{}, {}", edition.frame.title, day.strftime("%B %-d"))
}

/// Where an edition stands, in words: a draft waits where a person has to approve it.
pub(super) fn state_of(desk: &Desk, edition: &Edition) -> (Tone, &'static str) {
    let digest = desk.config().digest(&edition.digest);
    let is_manual = digest.is_some_and(|digest| digest.approval == Approval::Manual);
    match edition.status {
        Status::Draft if is_manual => (Tone::Info, "Waiting for approval"),
        status => reports::state(status),
    }
}

/// An edition that its digest's rule left out.
pub(super) const SKIPPED: (Tone, &str) = (Tone::Quiet, "Skipped");

/// So many readers.
fn readers(count: i64) -> String {
    match count {
        1 => "1 reader".to_owned(),
        _ => format!("{count} readers"),
    }
}

/// Bytes as people say them.
pub(super) fn kilobytes(bytes: usize) -> String {
    let tenths = (bytes + 50) / 100;
    format!("{}.{} KB", tenths / 10, tenths % 10)
}

impl Page<'_> {
    fn html(&self) -> String {
        let name = name_of(self.edition);
        let sub = self.goes();
        let actions = self.actions();
        let message = self.said.message.as_ref();
        let head = HeadView {
            title: &name,
            tab: VIEWS
                .iter()
                .find(|(view, _)| *view == self.view)
                .map(|(_, words)| *words),
            sub: Some(&sub),
            state: Some(match &self.ended {
                Some((who, _)) if who == desk::RULE => SKIPPED,
                _ => state_of(self.desk, self.edition),
            }),
            actions,
            message: message.map(|(tone, text)| MessageView { tone: *tone, text }),
        };
        let theme = &self.desk.config().theme;
        self.desk.framed(self.visitor, Room::Editions, |frame| {
            self.filled(|view| pages::edition(frame, &head, view, theme))
        })
    }

    fn actions(&self) -> pages::Markup {
        let id = &self.edition.id;
        let url = |rest: &str| self.desk.url(&format!("/editions/{id}{rest}"));
        let version = self.edition.version.to_string();
        let hidden = [
            ("token", self.visitor.form_token.as_str()),
            ("version", version.as_str()),
        ];
        let mut all = Vec::new();
        let is_open = self.edition.is_open();
        if is_open && self.visitor.role.may(Act::Write) {
            all.push(parts::link_button(Weight::Other, "Edit", &url("/edit")));
        }
        all.push(parts::link_button(Weight::Other, "Send test", "#test"));
        if (is_open || self.edition.status == Status::Sending) && self.visitor.role.may(Act::Cancel)
        {
            let warning = if is_open {
                "Nobody gets this edition then, and its slot gets no other. It cannot be taken back."
            } else {
                "Who has it keeps it; nobody else gets it. It cannot be taken back."
            };
            let button = parts::button(Weight::Other, "Call it off for good");
            let form = parts::button_form(&url("/cancel"), &hidden, &button);
            all.push(parts::asked("Call off …", warning, &form));
        }
        if self.edition.status == Status::Draft && self.visitor.role.may(Act::Approve) {
            let button = parts::button(Weight::Main, "Approve");
            all.push(parts::button_form(&url("/approve"), &hidden, &button));
        }
        if !self.edition.is_open() {
            let report = self.desk.url(&format!("/reports/{id}"));
            all.push(parts::link_button(Weight::Other, "Report", &report));
        }
        parts::all(&all)
    }

    /// A page of the same edition, for the same reader.
    fn at(&self, view: &str, images_off: bool) -> String {
        let images = if images_off { "&images=off" } else { "" };
        let (id, query) = (&self.edition.id, self.shown.query());
        self.desk
            .url(&format!("/editions/{id}?view={view}{query}{images}"))
    }

    pub(super) fn mail_url(&self, rest: &str, look: &str) -> String {
        let images = if self.images_off { "&images=off" } else { "" };
        let (id, query) = (&self.edition.id, self.shown.query());
        self.desk
            .url(&format!("/editions/{id}/{rest}?look={look}{query}{images}"))
    }

    fn filled(&self, fill: impl FnOnce(&EditionPageView<'_>) -> String) -> String {
        let urls = VIEWS.map(|(view, _)| self.at(view, self.images_off));
        let counts = self.findings.map(counted);
        let version = self.edition.version;
        let picture = format!("/editions/{}/checks.svg?version={version}", self.edition.id);
        let picture = self.desk.url(&picture);
        let tabs = VIEWS.iter().zip(&urls).map(|((view, name), url)| TabView {
            name,
            url,
            counts: counts
                .iter()
                .flatten()
                .filter(|_| *view == "checks")
                .map(|(tone, count, what)| (*tone, count.as_str(), *what))
                .collect(),
            pending: (*view == "checks" && counts.is_none()).then_some(picture.as_str()),
            is_current: *view == self.view,
        });
        let other = self.at(self.view, !self.images_off);
        let has_pictures = matches!(self.view, "desktop" | "mobile" | "dark");
        let off = if self.images_off {
            Chosen::Yes
        } else {
            Chosen::No
        };
        let id = &self.edition.id;
        let picker = self.desk.url(&format!("/editions/{id}"));
        let test = self.desk.url(&format!(
            "/editions/{id}/test?view={}{}",
            self.view,
            self.shown.query()
        ));
        let (before, next, which, all) = self.around;
        let step = |number: i64| {
            let images = if self.images_off { "&images=off" } else { "" };
            self.desk.url(&format!(
                "/editions/{id}?view={}&as={number}{images}",
                self.view
            ))
        };
        let (before, next) = (before.map(step), next.map(step));
        let which = match self.shown.subscriber {
            Some(_) => format!("{which} of {all}"),
            None => readers(all),
        };
        let language = Locale::of(&self.edition.frame.publication.language).language();
        let who = if self.shown.is_reached() {
            let language = language.name();
            format!("{} Every copy is in {language}.", about(self.shown))
        } else {
            about(self.shown)
        };
        let address = self
            .shown
            .subscriber
            .map(|_| self.shown.recipient.address.as_str());
        let time = self.arrives();
        let kinds = copies(self.edition).into_iter();
        let kinds: Vec<_> = kinds.map(|(copy, name)| (copy.to_string(), name)).collect();
        let copy = self.shown.variant.slate.to_string();
        let subjects = subjects(self.edition);
        let subject = self.shown.subject.map(|it| it.to_string());
        let subject = subject.unwrap_or_default();
        let lengths = self.counts();
        let sizes = self.sizes();
        let facts: Vec<_> = sizes
            .facts
            .iter()
            .map(|(name, size)| (*name, size.as_str()))
            .collect();
        self.staged(|stage| {
            fill(&EditionPageView {
                tabs: tabs.collect(),
                images: has_pictures.then_some((other.as_str(), off)),
                stage,
                reader: ReaderView {
                    action: &picker,
                    view: self.view,
                    address: address.unwrap_or_default(),
                    copies: kinds
                        .iter()
                        .map(|(value, words)| (value.as_str(), words.as_str()))
                        .collect(),
                    copy: &copy,
                    subjects: subjects
                        .iter()
                        .map(|(value, words)| (value.as_str(), words.as_str()))
                        .collect(),
                    subject: &subject,
                    error: None,
                    steps: (before.as_deref(), next.as_deref()),
                    which: &which,
                    about: &who,
                    is_reached: self.shown.is_reached(),
                },
                inbox: InboxView {
                    name: self.sender.name(),
                    time: &time,
                    subject: &self.rendered.subject,
                    preheader: &self.rendered.preheader,
                    subject_count: (&lengths[0].0, lengths[0].1),
                    preheader_count: (&lengths[1].0, lengths[1].1),
                },
                size: SizeView {
                    figure: &sizes.figure,
                    meter: sizes.meter(),
                    facts,
                },
                test: TestView {
                    action: &test,
                    hidden: vec![("token", &self.visitor.form_token)],
                    to: &self.said.to,
                    error: self.said.wrong.as_deref(),
                    groups: self.groups.iter().map(String::as_str).collect(),
                    button: "Send the test",
                    results: self.results(),
                    whom: &whom(self.shown),
                    off: None,
                },
            })
        })
    }

    fn results(&self) -> Vec<(&str, Tone, &str)> {
        let tone = |went: bool| if went { Tone::Good } else { Tone::Bad };
        let all = self.said.results.iter();
        all.map(|it| (it.address.as_str(), tone(it.went), it.reply.as_str()))
            .collect()
    }

    fn counts(&self) -> [(String, Tone); 2] {
        let subject = subject::length(&self.rendered.subject);
        let preheader = subject::length(&self.rendered.preheader);
        let good = |is_good: bool| if is_good { Tone::Good } else { Tone::Warn };
        [
            (
                format!("{subject} of {SUBJECT_CHARS} characters"),
                good((1..=SUBJECT_CHARS).contains(&subject)),
            ),
            (
                format!("{preheader} of {} characters", PREHEADER_LENGTHS.end()),
                good(PREHEADER_LENGTHS.contains(&preheader)),
            ),
        ]
    }

    fn sizes(&self) -> Sizes {
        let html = self.rendered.html.as_deref().unwrap_or_default();
        let bytes = budget::encoded_bytes(html);
        // The pixel tells of being opened, and shows nothing.
        let pixel = format!("src=\"{}/o/", self.desk.links().base());
        let pictures = html.matches("<img ").count() - html.matches(&pixel).count();
        Sizes {
            bytes,
            figure: kilobytes(bytes),
            label: format!("{} of {}", kilobytes(bytes), kilobytes(budget::LIMIT_BYTES)),
            facts: vec![
                ("Text part", kilobytes(self.rendered.text.len())),
                ("Whole message", kilobytes(self.mail.bytes.len())),
                ("Pictures, loaded from the web", pictures.to_string()),
            ],
        }
    }
}

struct Sizes {
    bytes: usize,
    figure: String,
    label: String,
    facts: Vec<(&'static str, String)>,
}

impl Sizes {
    fn meter(&self) -> MeterView<'_> {
        #[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
        let share = self.bytes as f64 / budget::LIMIT_BYTES as f64;
        let tone = match self.bytes {
            ..=40_000 => Tone::Good,
            40_001..=90_000 => Tone::Warn,
            _ => Tone::Bad,
        };
        MeterView {
            label: &self.label,
            share,
            tone,
            marks: vec![(0.4, "40 goal"), (1.0, "100 limit")],
        }
    }
}

/// What every page says that stands before a form: nothing was changed.
pub(super) fn see(desk: &Desk, visitor: &Visitor, id: &str) -> Response<Body> {
    visitor.renewing(desk, see_other(&desk.url(&format!("/editions/{id}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_kilobytes() {
        for (bytes, said) in [(0, "0.0 KB"), (38_849, "38.8 KB"), (99_960, "100.0 KB")] {
            assert_eq!(kilobytes(bytes), said);
        }
    }
}
