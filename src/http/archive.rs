//! The public archive: past editions by month, each made for nobody, and feeds of them.
//!
//! Nothing here knows a reader: no token, no pixel, the articles' own addresses. Editions that were not
//! sent, or whose digest keeps its own to its readers (`archive = false`), do not exist.

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderValue, Response, StatusCode, header};
use courant_languages::Locale;
use courant_templates::view::{ArchiveLinks, ArchiveView, MonthView, PastView};
use courant_templates::web;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use quick_xml::escape::escape;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, State, html, respond};
use crate::database::Error;
use crate::edition::{self, Edition, EditionId};
use crate::render::{self, Prepared};

/// Editions on one page, and in a feed.
const PER_PAGE: usize = 30;

/// Where a page of the list begins.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    /// The number of the edition after its first.
    before: Option<u32>,
}

/// A past edition in words.
struct Past {
    number: u32,
    month: String,
    date: String,
    url: String,
    subject: String,
    preheader: String,
}

impl Past {
    fn new(state: &State, edition: &Edition) -> Self {
        let frame = &edition.frame;
        let locale = Locale::of(&frame.publication.language);
        let day = day_of(edition);
        Self {
            number: edition.number,
            month: locale.month(day),
            date: locale.weekday_and_day(day),
            url: state.archived(&edition.id),
            subject: edition.main_subject().to_owned(),
            preheader: edition.preheader.clone(),
        }
    }
}

fn day_of(edition: &Edition) -> Date {
    let zone = TimeZone::get(&edition.frame.time_zone).unwrap_or(TimeZone::UTC);
    edition.slot_at.to_zoned_datetime(zone).date()
}

impl State {
    fn archive_url(&self) -> String {
        format!("{}/archive", self.0.links.base().trim_end_matches('/'))
    }

    fn archived(&self, id: &EditionId) -> String {
        format!("{}/{id}", self.archive_url())
    }

    /// Names of the digests that have an archive.
    fn open_digests(&self) -> Vec<&str> {
        let digests = self.0.config.digest.iter();
        let open = digests.filter(|digest| digest.archive);
        open.map(|digest| digest.name.as_str()).collect()
    }

    /// The newest editions, those numbered below `before`, and whether there are older ones; a page that
    /// does not exist where no digest has an archive.
    async fn published(&self, before: Option<u32>) -> Result<(Vec<Edition>, bool), Response<Body>> {
        let digests = self.open_digests();
        if digests.is_empty() {
            return Err(self.not_found());
        }
        let before = before.map_or(i64::MAX, i64::from);
        // One more than a page says whether there is another.
        let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
        let found = async {
            let mut reader = self.0.database.reader().await?;
            edition::store::published(&mut reader, &digests, before, limit).await
        };
        let mut found = found.await.map_err(|error: Error| self.trouble(&error))?;
        let has_older = found.len() > PER_PAGE;
        found.truncate(PER_PAGE);
        Ok((found, has_older))
    }
}

/// What anybody may keep for a while, and search engines may show.
fn public(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.remove("x-robots-tag");
    let keep = HeaderValue::from_static("public, max-age=300");
    headers.insert(header::CACHE_CONTROL, keep);
    response
}

/// `GET /archive`: thirty editions a page, by month, the newest first.
pub(super) async fn list(
    Shared(state): Shared<State>,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Answer {
    let Query(page) = page.map_err(|_| state.not_found())?;
    let (found, has_older) = state.published(page.before).await?;
    let past: Vec<Past> = found.iter().map(|it| Past::new(&state, it)).collect();
    let mut months: Vec<MonthView<'_>> = Vec::new();
    for one in &past {
        let view = PastView {
            date: &one.date,
            title: &one.subject,
            preheader: &one.preheader,
            url: &one.url,
        };
        match months.last_mut().filter(|month| month.name == one.month) {
            Some(month) => month.editions.push(view),
            None => months.push(MonthView {
                name: &one.month,
                editions: vec![view],
            }),
        }
    }
    let all = state.archive_url();
    let older = past.last().filter(|_| has_older);
    let older = older.map(|last| format!("{all}?before={}", last.number));
    let feed = format!("{all}/feed.xml");
    let view = ArchiveView {
        months,
        feed_url: Some(&feed),
        subscribe_url: Some(state.0.config.publication.sign_up()),
        newer_url: page.before.map(|_| all.as_str()),
        older_url: older.as_deref(),
    };
    let page = web::archive(&state.page(), &view, &state.0.config.theme);
    Ok(public(html(StatusCode::OK, page)))
}

/// `GET /archive/{id}`: one edition, made for nobody.
pub(super) async fn edition(Shared(state): Shared<State>, Path(id): Path<String>) -> Answer {
    // PostgreSQL takes no NUL, which no id has.
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(state.not_found());
    }
    let found = async {
        let mut reader = state.0.database.reader().await?;
        let id = EditionId::from_text(&id);
        let Some(found) = edition::store::find(&mut reader, &id).await? else {
            return Ok(None);
        };
        let is_open = state.open_digests().contains(&found.digest.as_str());
        if !is_open || !found.status.is_published() {
            return Ok(None);
        }
        let (older, newer) = edition::store::neighbours(&mut reader, &found).await?;
        Ok::<_, Error>(Some((found, older, newer)))
    };
    let found = found.await.map_err(|error| state.trouble(&error))?;
    let (found, older, newer) = found.ok_or_else(|| state.not_found())?;
    let url = |id: Option<EditionId>| id.map(|id| state.archived(&id));
    let (all, older, newer) = (state.archive_url(), url(older), url(newer));
    let links = ArchiveLinks {
        all_url: &all,
        older_url: older.as_deref(),
        newer_url: newer.as_deref(),
    };
    let prepared = Prepared::new(&found);
    let page = render::archive_copy(
        &prepared,
        &found,
        links,
        &state.0.links,
        &state.0.config.theme,
    );
    let mut response = public(html(StatusCode::OK, page));
    // One address, however it was asked for (RFC 6596).
    let canonical = format!("<{}>; rel=\"canonical\"", state.archived(&found.id));
    if let Ok(canonical) = HeaderValue::from_str(&canonical) {
        response.headers_mut().insert(header::LINK, canonical);
    }
    Ok(response)
}

/// `GET /archive/feed.xml`: RSS 2.0.
pub(super) async fn rss(Shared(state): Shared<State>) -> Answer {
    let (found, _) = state.published(None).await?;
    let publication = &state.0.config.publication;
    let all = state.archive_url();
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n",
    );
    let _to_memory = write!(
        xml,
        "<title>{}</title>\n<link>{}</link>\n<description>{}</description>\n<language>{}</language>\n\
         <atom:link rel=\"self\" type=\"application/rss+xml\" href=\"{}\"/>\n",
        escape(&publication.name),
        escape(&all),
        escape(&state.words().archive),
        escape(&publication.language),
        escape(format!("{all}/feed.xml")),
    );
    for edition in &found {
        let url = state.archived(&edition.id);
        let _to_memory = write!(
            xml,
            "<item>\n<title>{}</title>\n<link>{}</link>\n<guid>{}</guid>\n<pubDate>{}</pubDate>\n\
             <description>{}</description>\n</item>\n",
            escape(edition.main_subject()),
            escape(&url),
            escape(&url),
            edition.slot_at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            escape(&edition.preheader),
        );
    }
    xml.push_str("</channel>\n</rss>\n");
    let kind = "application/rss+xml; charset=utf-8";
    Ok(public(respond(StatusCode::OK, kind, xml)))
}

/// `GET /archive/feed.json`: JSON Feed 1.1.
pub(super) async fn json_feed(Shared(state): Shared<State>) -> Answer {
    let (found, _) = state.published(None).await?;
    let publication = &state.0.config.publication;
    let all = state.archive_url();
    let item = |edition: &Edition| {
        let url = state.archived(&edition.id);
        // An item has to have a text; the preview line may be empty.
        let text = if edition.preheader.is_empty() {
            edition.main_subject()
        } else {
            &edition.preheader
        };
        json!({
            "id": url,
            "url": url,
            "title": edition.main_subject(),
            "content_text": text,
            "date_published": edition.slot_at.to_string(),
            "language": edition.frame.publication.language,
        })
    };
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": publication.name,
        "home_page_url": all,
        "feed_url": format!("{all}/feed.json"),
        "language": publication.language,
        "items": found.iter().map(item).collect::<Vec<_>>(),
    });
    let kind = "application/feed+json; charset=utf-8";
    Ok(public(respond(StatusCode::OK, kind, feed.to_string())))
}
