//! An edition as one reader would get it.

use axum::extract::State as Shared;
use courant_subscribers::EmailAddress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::operation::Operation;
use super::problem::Problem;
use super::read::{Id, Input, small};
use super::{Answer, Api, json};
use crate::delivery::compose::Purpose;
use crate::edition::Edition;
use crate::edition::slates::OWN;
use crate::edition::subject;
use crate::http::desk::fields::header_fields;
use crate::http::desk::stage::{self, Shown, Wanted};
use crate::render::budget;

pub(super) fn operations() -> Vec<Operation> {
    let preview = Operation::post(
        ("/editions/{id}/preview", "preview_edition"),
        (
            "The mail as a reader, a copy or a subject on trial makes it",
            "Changes nothing, and counts as nothing. What is sent, byte for byte, but for the links, which belong to \
             nobody. Asked in a body, so that no address stands in a URL.",
        ),
        preview,
    );
    vec![
        preview
            .takes::<Whom>()
            .gives::<Preview<'static>>()
            .refuses(&[422]),
    ]
}

/// As whom an edition is to be seen; `{}` shows its own copy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PreviewAs")]
struct Whom {
    /// A reader, by address.
    #[serde(default, rename = "as")]
    #[schemars(length(min = 3, max = 320))]
    reader: Option<String>,
    /// One of the copies, by its number; not together with a reader, whose copy is theirs.
    #[serde(default, deserialize_with = "small")]
    #[schemars(range(min = 0, max = 1000))]
    copy: Option<u32>,
    /// One of the subjects on trial, by its place, from 0 on.
    #[serde(default, deserialize_with = "small")]
    #[schemars(range(min = 0, max = 1000))]
    subject: Option<u32>,
}

/// An edition as somebody gets it.
#[derive(Serialize, JsonSchema)]
struct Preview<'a> {
    /// Its id.
    edition: &'a str,
    /// The version that was looked at.
    version: i64,
    /// Which copy it is.
    copy: u32,
    /// The same in words.
    copy_name: String,
    /// Whether the reader gets it: not if too few stories are left that they have not had or want to read of.
    is_sent: bool,
    /// Stories that are left out because the reader had them.
    left_out: usize,
    /// The subject.
    subject: Line<'a>,
    /// The preview line.
    preheader: Line<'a>,
    /// The header fields of the message in their order, unfolded.
    headers: Vec<Header>,
    /// The HTML part; nothing where the reader gets text alone.
    html: Option<&'a str>,
    /// The text part.
    text: &'a str,
    /// The whole message (RFC 5322).
    message: &'a str,
    /// How large they are.
    size: Size,
    /// The copies there are.
    copies: Vec<Copy>,
    /// The subjects on trial; none where there is one.
    subjects: Vec<&'a str>,
}

/// A line of the inbox.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InboxLine")]
struct Line<'a> {
    /// What it says.
    text: &'a str,
    /// How long it is, in characters as a reader counts them.
    characters: usize,
}

impl<'a> Line<'a> {
    fn of(text: &'a str) -> Self {
        let characters = subject::length(text);
        Self { text, characters }
    }
}

/// A header field.
#[derive(Serialize, JsonSchema)]
struct Header {
    /// Its name.
    name: String,
    /// Its value.
    value: String,
}

/// Bytes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MailSize")]
struct Size {
    /// Of the HTML part as it is sent: Gmail cuts off what is over 102 KB.
    html: usize,
    /// Over this a copy is trimmed.
    html_limit: usize,
    /// Of the text part.
    text: usize,
    /// Of the whole message.
    message: usize,
}

/// A copy of an edition.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EditionCopy")]
struct Copy {
    /// Its number.
    copy: u32,
    /// Whose it is, in words.
    name: String,
}

/// The number of a reader, by address.
pub(super) async fn number(api: &Api, address: Option<&str>) -> Result<Option<i64>, Problem> {
    let Some(text) = address else {
        return Ok(None);
    };
    let address =
        EmailAddress::parse(text).map_err(|error| Problem::cannot(format!("as: {error}.")))?;
    let number = api.0.desk.number_of(&address).await?;
    let number =
        number.ok_or_else(|| Problem::cannot("as: nobody on the list has that address."))?;
    Ok(Some(number))
}

/// An edition as somebody is to see it, who must get it.
pub(super) async fn shown(api: &Api, edition: &Edition, wanted: Wanted) -> Result<Shown, Problem> {
    let shown = api.0.desk.shown(edition, wanted).await?;
    if wanted.reader.is_some() && shown.subscriber.is_none() {
        return Err(Problem::cannot("as: that reader does not get this digest."));
    }
    Ok(shown)
}

impl Whom {
    async fn wanted(&self, api: &Api, edition: &Edition) -> Result<Wanted, Problem> {
        let reader = number(api, self.reader.as_deref()).await?;
        if reader.is_some() && self.copy.is_some() {
            let detail = "copy: a reader has their own copy; say one of the two.";
            return Err(Problem::cannot(detail));
        }
        let copies = stage::copies(edition);
        let has = |copy: u32| copy == OWN || copies.iter().any(|(known, _)| *known == copy);
        if self.copy.is_some_and(|copy| !has(copy)) {
            return Err(Problem::cannot("copy: the edition has no such copy."));
        }
        let tried = edition.tried().count();
        let is_tried = |at: u32| usize::try_from(at).is_ok_and(|at| at < tried);
        if self.subject.is_some_and(|at| !is_tried(at)) {
            return Err(Problem::cannot("subject: no such subject is on trial."));
        }
        Ok(Wanted {
            reader,
            copy: self.copy,
            subject: self.subject,
        })
    }
}

async fn preview(
    Shared(api): Shared<Api>,
    _: Caller,
    Id(id): Id,
    Input(whom): Input<Whom>,
) -> Answer {
    let edition = api.edition(&id).await?;
    let shown = shown(&api, &edition, whom.wanted(&api, &edition).await?).await?;
    let composer = api.0.desk.composer(edition.clone());
    let composer = composer.map_err(|error| Problem::trouble(&error))?;
    let rendered = composer.rendered(&shown.recipient, &shown.variant);
    let mail = composer.mail(&shown.recipient, &shown.variant, Purpose::Edition);
    let mail = mail.map_err(|error| Problem::trouble(&error))?;
    let message = String::from_utf8_lossy(&mail.bytes);
    let html = rendered.html.as_deref();
    let fields = header_fields(&mail.bytes).into_iter();
    json(&Preview {
        edition: edition.id.as_str(),
        version: edition.version,
        copy: shown.variant.slate,
        copy_name: stage::copy_name(shown.variant.slate),
        is_sent: shown.is_sent,
        left_out: shown.variant.skipped.len(),
        subject: Line::of(&rendered.subject),
        preheader: Line::of(&rendered.preheader),
        headers: fields.map(|(name, value)| Header { name, value }).collect(),
        html,
        text: &rendered.text,
        message: &message,
        size: Size {
            html: budget::encoded_bytes(html.unwrap_or_default()),
            html_limit: budget::LIMIT_BYTES,
            text: rendered.text.len(),
            message: mail.bytes.len(),
        },
        copies: stage::copies(&edition)
            .into_iter()
            .map(|(copy, name)| Copy { copy, name })
            .collect(),
        subjects: edition.tried().collect(),
    })
}
