//! What the seven ways to look at an edition show.

use std::borrow::Cow;

use courant_templates::desk::parts::Tone;
use courant_templates::desk::{CheckView, FieldRowView, PhoneView, StageView, WindowView};

use super::checks::title_of;
use super::fields::{header_fields, said_of};
use super::look::{Page, kilobytes};
use crate::config::Check;
use crate::desk::Act;
use crate::edition::Entry;
use crate::preflight::{Finding, Severity};

impl Page<'_> {
    /// Whether mail programs offer to leave with one press (RFC 8058).
    fn can_leave(&self) -> bool {
        let fields = header_fields(&self.mail.bytes);
        let has = |name: &str| {
            fields
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        has("List-Unsubscribe") && has("List-Unsubscribe-Post")
    }

    /// Where at the desk something is mended: a story, the words around them; nothing where it is not the desk's.
    fn mend(&self, finding: &Finding) -> Option<(&'static str, String)> {
        let may = |act| self.edition.is_open() && self.visitor.role.may(act);
        if finding.severity == Severity::Pass || !may(Act::Write) {
            return None;
        }
        let edit = |part: &str| {
            self.desk
                .url(&format!("/editions/{}/edit#{part}", self.edition.id))
        };
        let part = match finding.check {
            Check::Subject if finding.place.starts_with("subject to try") => "alternatives",
            Check::Subject => "subject",
            Check::Preheader => "preheader",
            Check::Note => "note",
            Check::Sponsor => "name",
            _ => {
                let is_about = |entry: &&Entry| {
                    let article = &entry.article;
                    let named = [Some(article.url.as_str()), article.image_url.as_deref()];
                    let mut named = named.into_iter().flatten();
                    named.any(|it| finding.place.contains(it))
                        || finding.place.contains(&format!("\"{}\"", article.title))
                };
                let entries = &self.edition.entries;
                let mut about = entries.iter().filter(|entry| is_about(entry));
                let story = about.next().filter(|_| may(Act::Arrange))?;
                let words = match about.count() {
                    0 => "Mend the story",
                    _ => "Mend the first of them",
                };
                return Some((
                    words,
                    self.desk.url(&format!(
                        "/editions/{}/edit?story={1}#story-{1}",
                        self.edition.id, story.article.id
                    )),
                ));
            }
        };
        Some(("Write it anew", edit(part)))
    }

    pub(super) fn staged(&self, fill: impl FnOnce(StageView<'_>) -> String) -> String {
        let time = self.arrives();
        let url = self.mail_url("mail", "light");
        let to = match self.shown.subscriber {
            Some(_) => self.shown.recipient.address.as_str(),
            None => "a reader",
        };
        let window = WindowView {
            name: self.sender.name(),
            from: self.sender.address(),
            to,
            subject: &self.rendered.subject,
            time: &time,
            can_leave: self.can_leave(),
            url: &url,
        };
        match self.view {
            "mobile" => {
                let plain = self.mail_url("mail", "plain");
                let frames = vec![
                    PhoneView {
                        url: &url,
                        title: "The edition on a phone, 375 px wide",
                        caption: "375 px, with the style block",
                        is_dark: false,
                    },
                    PhoneView {
                        url: &plain,
                        title: "The edition on a phone that drops the style block",
                        caption: "375 px, style block dropped (GMX, Gmail with other accounts)",
                        is_dark: false,
                    },
                ];
                fill(StageView::Phones { window, frames })
            }
            "dark" => {
                let (dark, inverted) = (
                    self.mail_url("mail", "dark"),
                    self.mail_url("mail", "inverted"),
                );
                let frames = vec![
                    PhoneView {
                        url: &dark,
                        title: "Dark, our own colours",
                        caption: "Our dark colours: Apple Mail, Outlook, Samsung",
                        is_dark: true,
                    },
                    PhoneView {
                        url: &inverted,
                        title: "Dark, inverted by the mail program",
                        caption: "Automatic inversion, simulated: Gmail app",
                        is_dark: true,
                    },
                ];
                fill(StageView::Phones { window, frames })
            }
            "text" => fill(StageView::Text(&self.rendered.text)),
            "source" => {
                let html = self.rendered.html.as_deref().unwrap_or_default();
                let about = format!(
                    "HTML part, decoded. {}, {} lines.",
                    kilobytes(html.len()),
                    html.lines().count()
                );
                let (eml, file) = (
                    self.mail_url("mail.eml", ""),
                    self.mail_url("mail.html", ""),
                );
                fill(StageView::Source {
                    html,
                    about: &about,
                    files: (&eml, &file),
                })
            }
            "headers" => {
                let fields = header_fields(&self.mail.bytes);
                let rows: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| FieldRowView {
                        name,
                        value,
                        result: said_of(name, value),
                    })
                    .collect();
                fill(StageView::Headers(rows))
            }
            "checks" => {
                let findings = self.findings.unwrap_or_default();
                let names: Vec<_> = findings.iter().map(title_of).collect();
                let mends: Vec<_> = findings.iter().map(|it| self.mend(it)).collect();
                let places: Vec<_> = findings.iter().map(|it| place_of(&it.place)).collect();
                let rows = findings.iter().zip(&names).zip(&mends).zip(&places);
                let rows = rows.map(|(((finding, name), mend), place)| {
                    let (tone, verdict) = match finding.severity {
                        Severity::Fail => (Tone::Bad, "Fail"),
                        Severity::LookAt => (Tone::Warn, "Look at"),
                        Severity::Pass => (Tone::Good, "Pass"),
                    };
                    CheckView {
                        group: finding.group.title(),
                        tone,
                        verdict,
                        name,
                        text: &finding.message,
                        place,
                        mend: mend.as_ref().map(|(words, url)| (*words, url.as_str())),
                    }
                });
                fill(StageView::Checks(rows.collect()))
            }
            _ => fill(StageView::Desktop(window)),
        }
    }
}

/// Where something is, for who does not know the keys of the configuration by heart.
fn place_of(place: &str) -> Cow<'_, str> {
    const PARTS: [&str; 5] = ["check", "delivery", "fetch", "links", "publication"];
    let part = place.split_once('.').map(|(part, _)| part);
    let is_key = part.is_some_and(|part| PARTS.contains(&part)) && !place.contains([' ', '/', '@']);
    if is_key {
        Cow::Owned(format!(
            "{place} in digest.toml, for whoever runs the program"
        ))
    } else {
        Cow::Borrowed(place)
    }
}
