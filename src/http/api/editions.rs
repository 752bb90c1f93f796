//! Editions to look at.

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Response, StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json as value;

use super::caller::Caller;
use super::operation::Operation;
use super::problem::Problem;
use super::read::{Id, Query, is_id};
use super::{Answer, Api, json};
use crate::delivery::compose::Purpose;
use crate::edition::store::{self, versions};
use crate::edition::told::{Summary, Whole};
use crate::edition::{Edition, EditionId, Note, Notice, Sponsor};
use crate::http::desk::mail::file;
use crate::http::desk::stage::Wanted;
use crate::preflight::{self, Finding};

/// Editions of a page unless somebody says otherwise, and at most.
pub(super) const PAGE: (i64, i64) = (20, 100);

/// The media types of a mail, the best first.
const KINDS: [&str; 3] = ["message/rfc822", "text/html", "text/plain"];

pub(super) fn operations() -> Vec<Operation> {
    let limit = value!({ "type": "integer", "minimum": 1, "maximum": PAGE.1, "default": PAGE.0 });
    let before = value!({ "type": "string", "pattern": "^[A-Za-z0-9-]+$", "minLength": 1, "maxLength": 200 });
    let files: [(&str, &str, &str); 3] = [
        (
            "/editions/{id}/mail.eml",
            "show_mail_eml",
            "The mail as it is sent",
        ),
        (
            "/editions/{id}/mail.html",
            "show_mail_html",
            "The HTML part of the mail",
        ),
        (
            "/editions/{id}/mail.txt",
            "show_mail_txt",
            "The text part of the mail",
        ),
    ];
    let mut all = vec![
        Operation::get(
            ("/editions", "list_editions"),
            ("The editions, the latest first", ""),
            list,
        )
        .query("limit", "How many", &limit)
        .query("before", "Only those before this edition; `next` of the page before names it", &before)
        .gives::<Page<'static>>()
        .refuses(&[422]),
        Operation::get(
            ("/editions/{id}", "show_edition"),
            ("One edition with its stories", "As `courant edition show --json`, and what is written around the stories."),
            show,
        )
        .gives::<Shown<'static>>(),
        Operation::get(
            ("/editions/{id}/versions", "list_changes"),
            ("What was changed in an edition, the latest first", ""),
            changed,
        )
        .gives::<Changes>(),
        Operation::get(
            ("/editions/{id}/checks", "check_edition"),
            (
                "Everything that can be wrong before a sending",
                "The checks are run while you wait, for as long as `check.time_limit` says.",
            ),
            checks,
        )
        .gives::<Checks<'static>>(),
        Operation::get(
            ("/editions/{id}/mail", "show_mail"),
            (
                "The mail of an edition's own copy",
                "As a message, its HTML part or its text part, whichever Accept names. Its links belong to nobody.",
            ),
            mail,
        )
        .gives_text(&KINDS)
        .refuses(&[406]),
    ];
    for ((path, name, words), kinds) in files.into_iter().zip(KINDS.chunks(1)) {
        let operation = match name {
            "show_mail_eml" => Operation::get((path, name), (words, ""), mail_eml),
            "show_mail_html" => Operation::get((path, name), (words, ""), mail_html),
            _ => Operation::get((path, name), (words, ""), mail_txt),
        };
        all.push(operation.gives_text(kinds));
    }
    all
}

/// A page of editions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Editions")]
struct Page<'a> {
    /// The editions, the latest first.
    editions: Vec<Summary<'a>>,
    /// Where the next page is; nothing if this is the last.
    next: Option<String>,
}

async fn list(Shared(api): Shared<Api>, _: Caller, query: Query) -> Answer {
    query.only(&["limit", "before"])?;
    let limit = query.limit(PAGE)?;
    let mut reader = api.0.desk.database().reader().await?;
    let before = match query.get("before") {
        None => None,
        Some(id) if is_id(id) => {
            let edition = store::find(&mut reader, &EditionId::from_text(id)).await?;
            Some(edition.ok_or_else(|| no_before(id))?)
        }
        Some(id) => {
            let detail =
                format!("query: before is the id of an edition, and {id:?} cannot be one.");
            return Err(Problem::bad(detail));
        }
    };
    // One more says whether there is another page.
    let mut all = store::page(&mut reader, before.as_ref(), limit + 1).await?;
    drop(reader);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = all.len() > most;
    all.truncate(most);
    let last = all.last().filter(|_| has_more);
    let next = last.map(|last| api.url(&format!("/editions?limit={limit}&before={}", last.id)));
    json(&Page {
        editions: all.iter().map(Summary::of).collect(),
        next,
    })
}

fn no_before(id: &str) -> Problem {
    Problem::cannot(format!("query: before: there is no edition {id:?}."))
}

/// An edition as it is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Edition")]
struct Shown<'a> {
    #[serde(flatten)]
    whole: Whole<'a>,
    /// Whether it can still be changed.
    can_be_changed: bool,
    /// Whether somebody wrote the subject; else it follows the stories.
    subject_is_written: bool,
    /// The same of the preview line.
    preheader_is_written: bool,
    /// The service sentence.
    notice: Option<&'a Notice>,
    /// The editor's note.
    note: Option<&'a Note>,
    /// The paid message.
    sponsor: Option<&'a Sponsor>,
    /// Where its report is, once it left.
    report: Option<String>,
}

/// The answer that shows an edition.
pub(super) fn shown(api: &Api, edition: &Edition) -> Answer {
    let frame = &edition.frame;
    let report = !edition.is_open();
    json(&Shown {
        whole: Whole::of(edition),
        can_be_changed: edition.is_open(),
        subject_is_written: frame.written.subject,
        preheader_is_written: frame.written.preheader,
        notice: frame.notice.as_deref(),
        note: frame.note.as_deref(),
        sponsor: frame.sponsor.as_ref(),
        report: report.then(|| api.url(&format!("/reports/{}", edition.id))),
    })
}

/// What an operation gives that answers with the edition as it is then.
pub(super) fn gives_edition(operation: Operation) -> Operation {
    operation.gives::<Shown<'static>>()
}

async fn show(Shared(api): Shared<Api>, _: Caller, Id(id): Id) -> Answer {
    shown(&api, &api.edition(&id).await?)
}

/// The changes of an edition.
#[derive(Serialize, JsonSchema)]
struct Changes {
    /// Its id.
    edition: String,
    /// The changes, the latest first.
    changes: Vec<Change>,
}

/// A change that was made.
#[derive(Serialize, JsonSchema)]
struct Change {
    /// The version it led to.
    version: i64,
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// Who made it.
    who: String,
    /// What it was, in words.
    what: String,
}

async fn changed(Shared(api): Shared<Api>, _: Caller, Id(id): Id) -> Answer {
    let edition = api.edition(&id).await?;
    let mut reader = api.0.desk.database().reader().await?;
    let all = versions::versions(&mut reader, &edition.id).await?;
    drop(reader);
    let change = |it: versions::Version| Change {
        version: it.version,
        at: Timestamp::from_second(it.at).unwrap_or_default(),
        who: it.who,
        what: it.what,
    };
    json(&Changes {
        edition: edition.id.to_string(),
        changes: all.into_iter().map(change).collect(),
    })
}

/// What was found about an edition.
#[derive(Serialize, JsonSchema)]
struct Checks<'a> {
    /// Its id.
    edition: &'a str,
    /// The version that was looked at.
    version: i64,
    /// Whether something has to be mended before it can be approved.
    failed: bool,
    /// What was found, the failed first.
    findings: &'a [Finding],
}

async fn checks(Shared(api): Shared<Api>, _: Caller, Id(id): Id) -> Answer {
    let edition = api.edition(&id).await?;
    let findings = api.0.desk.findings(&edition).await;
    let findings = findings.map_err(|error| Problem::trouble(&error))?;
    json(&Checks {
        edition: edition.id.as_str(),
        version: edition.version,
        failed: preflight::has_failed(&findings),
        findings: &findings,
    })
}

/// The file of an edition's mail.
async fn written(api: &Api, id: &EditionId, kind: &str) -> Answer {
    let desk = &api.0.desk;
    let edition = api.edition(id).await?;
    let shown = desk.shown(&edition, Wanted::default()).await?;
    let composer = desk.composer(edition);
    let composer = composer.map_err(|error| Problem::trouble(&error))?;
    let (recipient, variant) = (&shown.recipient, &shown.variant);
    Ok(match kind {
        "message/rfc822" => {
            let mail = composer.mail(recipient, variant, Purpose::Edition);
            let mail = mail.map_err(|error| Problem::trouble(&error))?;
            file(&format!("{id}.eml"), "message/rfc822", mail.bytes)
        }
        "text/html" => {
            let html = composer.rendered(recipient, variant).html;
            let html = html.unwrap_or_default().into_bytes();
            file(&format!("{id}.html"), "text/html; charset=utf-8", html)
        }
        _ => {
            let text = composer.rendered(recipient, variant).text.into_bytes();
            file(&format!("{id}.txt"), "text/plain; charset=utf-8", text)
        }
    })
}

async fn mail(
    Shared(api): Shared<Api>,
    _: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    let accept = headers.get_all(header::ACCEPT).iter();
    let accept: Vec<_> = accept.filter_map(|it| it.to_str().ok()).collect();
    let Some(kind) = accepted(&accept.join(",")) else {
        let detail = format!("This comes as {}.", KINDS.join(", "));
        return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, detail));
    };
    let mut answer = written(&api, &id, kind).await?;
    let vary = header::HeaderValue::from_static("accept");
    answer.headers_mut().insert(header::VARY, vary);
    Ok(answer)
}

async fn mail_eml(Shared(api): Shared<Api>, _: Caller, Id(id): Id) -> Answer {
    written(&api, &id, "message/rfc822").await
}

async fn mail_html(Shared(api): Shared<Api>, _: Caller, Id(id): Id) -> Answer {
    written(&api, &id, "text/html").await
}

async fn mail_txt(Shared(api): Shared<Api>, _: Caller, Id(id): Id) -> Answer {
    written(&api, &id, "text/plain").await
}

/// The media type that is liked best; the first of several (RFC 9110 §12.5.1).
fn accepted(accept: &str) -> Option<&'static str> {
    if accept.trim().is_empty() {
        return KINDS.first().copied();
    }
    let ranges: Vec<(String, f32)> = accept.split(',').filter_map(range).collect();
    let liking = |kind: &str| {
        let (family, _) = kind.split_once('/')?;
        let family = format!("{family}/*");
        // The more exact range says more.
        let by = [kind, family.as_str(), "*/*"].into_iter();
        let mut by = by.filter_map(|wanted| ranges.iter().find(|(name, _)| name == wanted));
        by.next().map(|(_, liking)| *liking)
    };
    let mut best: Option<(&'static str, f32)> = None;
    for kind in KINDS {
        let liked = liking(kind).unwrap_or(0.0);
        if liked > best.map_or(0.0, |(_, liked)| liked) {
            best = Some((kind, liked));
        }
    }
    best.map(|(kind, _)| kind)
}

/// A media range and how much it is liked.
fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let mut liking = parts.filter_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case("q")
            .then(|| value.trim().parse().unwrap_or(0.0))
    });
    Some((name, liking.next().unwrap_or(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_liked_best_is_taken() {
        for (accept, kind) in [
            ("", Some("message/rfc822")),
            ("*/*", Some("message/rfc822")),
            ("text/plain", Some("text/plain")),
            ("TEXT/HTML;level=1, text/plain", Some("text/html")),
            ("text/*", Some("text/html")),
            ("text/html;q=0.2, text/plain;q=0.7", Some("text/plain")),
            ("text/html;q=0, */*;q=0.1", Some("message/rfc822")),
            ("message/rfc822;q=0, text/*;q=0.5", Some("text/html")),
            ("application/json", None),
            ("text/html;q=0", None),
            ("text/html;q=nonsense, ,;", None),
        ] {
            assert_eq!(accepted(accept), kind, "{accept}");
        }
    }
}
