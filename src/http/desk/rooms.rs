//! The other pages of the desk: the list of editions, reports, groups for tests, the record.

use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::StatusCode;
use courant_templates::desk::parts::Tone;
use courant_templates::desk::{
    self as pages, EditionRowView, GroupsView, HeadView, MessageView, RecordView,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::enter::{Posted, Visitor};
use super::look::{SKIPPED, clock_time, name_of, state_of};
use super::pairs::Pairs;
use super::{Answer, Desk, Room, html};
use crate::clock::moment;
use crate::database::{self, Conn, Error};
use crate::desk::addresses::group;
use crate::desk::{Act, Note, RULE, store};
use crate::edition::{self, Edition, Status};
use crate::reports::{self, Report, Table};

/// Editions in the list.
const MOST_EDITIONS: i64 = 60;
/// Lines of the record on its page.
const MOST_LINES: i64 = 500;

/// When an edition goes, and until when somebody has to approve it.
fn slot_of(desk: &Desk, edition: &Edition) -> String {
    let zone = edition.frame.zone();
    let slot = moment(edition.slot_at, &zone);
    let digest = desk.config().digest(&edition.digest);
    let until = digest
        .filter(|_| edition.status == Status::Draft)
        .and_then(|digest| digest.approve_until(edition).ok().flatten());
    match until {
        Some(until) => format!("{slot}; to be approved by {}", clock_time(until, &zone)),
        None => slot,
    }
}

/// The editions that were called off, with who did it last.
struct Skipped(Vec<(String, String, i64)>);

impl Skipped {
    /// Of all editions, or of one.
    async fn of(conn: &mut Conn, edition: Option<&Edition>) -> Result<Self, Error> {
        let about = edition.map(|edition| edition.id.as_str());
        let ended = store::doers(conn, (Act::Cancel.name(), about)).await?;
        Ok(Self(ended))
    }

    /// Whether its digest's rule left an edition out.
    fn has(&self, edition: &Edition) -> bool {
        let mut ended = self.0.iter();
        let last = ended.find(|(about, ..)| about == edition.id.as_str());
        edition.status == Status::Cancelled && last.is_some_and(|(_, who, _)| who == RULE)
    }
}

/// `GET /desk/editions`
pub(super) async fn editions(Shared(desk): Shared<Desk>, visitor: Visitor) -> Answer {
    let found = async {
        let mut conn = desk.database().reader().await?;
        let all = edition::store::list(&mut conn, MOST_EDITIONS).await?;
        let skipped = Skipped::of(&mut conn, None).await?;
        Ok((all, skipped))
    };
    let (all, skipped) = found
        .await
        .map_err(|error: Error| desk.trouble(&visitor, &error))?;
    let texts: Vec<_> = all
        .iter()
        .map(|edition| {
            let report = !edition.is_open();
            (
                name_of(edition),
                desk.url(&format!("/editions/{}", edition.id)),
                slot_of(&desk, edition),
                report.then(|| desk.url(&format!("/reports/{}", edition.id))),
            )
        })
        .collect();
    let rows = all
        .iter()
        .zip(&texts)
        .map(|(edition, (name, url, slot, report))| EditionRowView {
            name,
            url,
            slot,
            state: if skipped.has(edition) {
                SKIPPED
            } else {
                state_of(&desk, edition)
            },
            subject: edition.main_subject(),
            stories: edition.own().count(),
            report: report.as_deref(),
        });
    let rows: Vec<_> = rows.collect();
    let head = HeadView {
        title: "Editions",
        ..HeadView::default()
    };
    let theme = &desk.config().theme;
    let page = desk.framed(&visitor, Room::Editions, |frame| {
        pages::editions(frame, &head, &rows, theme)
    });
    Ok(visitor.renewing(&desk, html(StatusCode::OK, page)))
}

fn skipped_state() -> (Tone, String) {
    let (tone, words) = SKIPPED;
    (tone, words.to_owned())
}

/// `GET /desk/reports`
pub(super) async fn reports(Shared(desk): Shared<Desk>, visitor: Visitor) -> Answer {
    let now = desk.now();
    let found = async {
        let mut conn = desk.database().reader().await?;
        let all = reports::latest(&mut conn, MOST_EDITIONS, now).await?;
        let skipped = Skipped::of(&mut conn, None).await?;
        Ok((all, skipped))
    };
    let (all, skipped) = found
        .await
        .map_err(|error: Error| desk.trouble(&visitor, &error))?;
    let mut view = reports::index(&all, |edition| {
        desk.url(&format!("/reports/{}", edition.id))
    });
    for (line, (edition, _)) in view.lines.iter_mut().zip(&all) {
        if skipped.has(edition) {
            line.state = skipped_state();
        }
    }
    let theme = &desk.config().theme;
    let page = desk.framed(&visitor, Room::Reports, |frame| {
        pages::reports(frame, &view, theme)
    });
    Ok(visitor.renewing(&desk, html(StatusCode::OK, page)))
}

/// The tables of a report, by the name in the address.
const TABLES: [(&str, &str, Table); 7] = [
    ("articles", "Stories (CSV)", Table::Articles),
    ("hours", "Opens and clicks by hour (CSV)", Table::Hours),
    ("services", "Mail services (CSV)", Table::Services),
    ("popular", "Popular stories (CSV)", Table::Popular),
    ("growth", "Growth of the list (CSV)", Table::Growth),
    (
        "cohorts",
        "Readers by the month they joined (CSV)",
        Table::Cohorts,
    ),
    (
        "subjects",
        "Subjects that were tried (CSV)",
        Table::Subjects,
    ),
];

/// A file of a report: its media type, the ending of its name, what stands in it; nothing if there is no such file.
fn file_of(
    desk: &Desk,
    query: &Pairs,
    (report, edition): (&Report, &Edition),
) -> Result<Option<(&'static str, String, String)>, serde_json::Error> {
    if let Some(wanted) = query.get("csv") {
        let table = TABLES.iter().find(|(name, ..)| *name == wanted);
        return Ok(table.map(|(name, _, table)| {
            let text = reports::csv(report, *table);
            ("text/csv; charset=utf-8", format!("-{name}.csv"), text)
        }));
    }
    Ok(match query.get("file") {
        Some("html") => {
            let text = reports::file(report, edition, &desk.config().theme);
            let kind = "text/html; charset=utf-8";
            Some((kind, "-report.html".to_owned(), text))
        }
        Some("json") => {
            let text = serde_json::to_string_pretty(report)?;
            Some(("application/json", "-report.json".to_owned(), text))
        }
        _ => None,
    })
}

/// `GET /desk/reports/{id}`; with `csv` one of its tables, with `file` the whole of it.
pub(super) async fn report(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let edition = desk.edition(&visitor, &id).await?;
    let now = desk.now();
    let found = async {
        let mut conn = desk.database().reader().await?;
        let report = Box::pin(reports::gather(&mut conn, &edition, now)).await?;
        let skipped = Skipped::of(&mut conn, Some(&edition)).await?;
        Ok((report, skipped.has(&edition)))
    };
    let (report, is_skipped) = found
        .await
        .map_err(|error: Error| desk.trouble(&visitor, &error))?;
    let query = Pairs::of_query(query.as_deref());
    if query.get("csv").is_some() || query.get("file").is_some() {
        let file = file_of(&desk, &query, (&report, &edition));
        let file = file.map_err(|error| desk.trouble(&visitor, &error))?;
        let Some((kind, name, text)) = file else {
            return Err(desk.problem(
                &visitor,
                (StatusCode::NOT_FOUND, "There is no such file"),
                "The report links to those there are.",
            ));
        };
        return Ok(super::mail::file(
            &format!("{id}{name}"),
            kind,
            text.into_bytes(),
        ));
    }
    let theme = &desk.config().theme;
    let map = reports::map(&report, &edition, theme, reports::Pictures::Shown);
    let mut view = reports::page(&report, &edition, map);
    view.edition = Some(desk.url(&format!("/editions/{id}")));
    if is_skipped {
        view.state = skipped_state();
    }
    let link = |words: &str, query: &str| {
        (
            words.to_owned(),
            desk.url(&format!("/reports/{id}?{query}")),
        )
    };
    view.files = vec![
        link("The whole report (HTML)", "file=html"),
        link("The whole report (JSON)", "file=json"),
    ];
    let has = |table: Table| table != Table::Subjects || report.subjects.is_some();
    let tables = TABLES.iter().filter(|(.., table)| has(*table));
    view.files
        .extend(tables.map(|(name, words, _)| link(words, &format!("csv={name}"))));
    let page = desk.framed(&visitor, Room::Reports, |frame| {
        pages::report(frame, &view, theme)
    });
    Ok(visitor.renewing(&desk, html(StatusCode::OK, page)))
}

/// `GET /desk/record`
pub(super) async fn record(Shared(desk): Shared<Desk>, visitor: Visitor) -> Answer {
    desk.may(&visitor, Act::Manage, "record").await?;
    let found = async {
        let mut conn = desk.database().reader().await?;
        store::lines(&mut conn, MOST_LINES).await
    };
    let lines = found
        .await
        .map_err(|error: Error| desk.trouble(&visitor, &error))?;
    let rows = lines.into_iter().map(|line| {
        let at = Timestamp::from_second(line.at).unwrap_or_default();
        vec![
            moment(at, &TimeZone::UTC).replace(' ', "\u{a0}"),
            line.who,
            act_in_words(&line.act),
            line.about,
            line.outcome,
            line.detail,
        ]
    });
    let view = RecordView {
        caption: "What was done and refused, the latest first",
        columns: vec!["When", "Who", "What", "About", "Outcome", "Detail"],
        rows: rows.collect(),
        empty: "Nothing was done yet.",
    };
    let head = HeadView {
        title: "Record",
        sub: Some("What was done at the desk, and what was refused. Kept for a year."),
        ..HeadView::default()
    };
    let theme = &desk.config().theme;
    let page = desk.framed(&visitor, Room::Record, |frame| {
        pages::record(frame, &head, &view, theme)
    });
    Ok(visitor.renewing(&desk, html(StatusCode::OK, page)))
}

/// What was done, as people call it; the record has a word for each.
fn act_in_words(act: &str) -> String {
    let words = match act {
        "write" => "rewrite",
        "arrange" => "rearrange",
        "test" => "send a test",
        "cancel" => "call off",
        "group" => "change a test group",
        other => other,
    };
    words.to_owned()
}

async fn groups_page(
    desk: &Desk,
    visitor: &Visitor,
    (status, message): (StatusCode, Option<(Tone, &str)>),
    wrong: Option<(&str, &str, &str)>,
) -> Answer {
    let found = async {
        let mut conn = desk.database().reader().await?;
        store::groups(&mut conn).await
    };
    let all = found
        .await
        .map_err(|error: Error| desk.trouble(visitor, &error))?;
    let view = GroupsView {
        action: &desk.url("/groups"),
        hidden: vec![("token", &visitor.form_token)],
        groups: all
            .iter()
            .map(|(name, addresses)| (name.as_str(), addresses.as_str()))
            .collect(),
        wrong,
    };
    let head = HeadView {
        title: "Test groups",
        sub: Some("Addresses that tests often go to."),
        message: message.map(|(tone, text)| MessageView { tone, text }),
        ..HeadView::default()
    };
    let theme = &desk.config().theme;
    let page = desk.framed(visitor, Room::Groups, |frame| {
        pages::groups(frame, &head, &view, theme)
    });
    Ok(visitor.renewing(desk, html(status, page)))
}

/// `GET /desk/groups`
pub(super) async fn groups(Shared(desk): Shared<Desk>, visitor: Visitor) -> Answer {
    desk.may(&visitor, Act::Test, "groups").await?;
    groups_page(&desk, &visitor, (StatusCode::OK, None), None).await
}

/// `POST /desk/groups`
pub(super) async fn save_group(Shared(desk): Shared<Desk>, posted: Posted) -> Answer {
    let Posted { visitor, form, .. } = posted;
    desk.may(&visitor, Act::Test, "groups").await?;
    let name = form.numbered("name").unwrap_or_default().to_owned();
    let text = form.numbered("addresses").unwrap_or_default().to_owned();
    let (name, kept) = match group(&name, &text) {
        Ok(kept) => kept,
        Err(wrong) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let said = (status, Some((Tone::Bad, "The group was not saved.")));
            return groups_page(&desk, &visitor, said, Some((&name, &text, &wrong))).await;
        }
    };
    let stored = async {
        let mut transaction = desk.database().begin_write().await?;
        store::set_group(&mut transaction, &name, &kept).await?;
        database::commit(transaction).await
    };
    stored
        .await
        .map_err(|error: Error| desk.trouble(&visitor, &error))?;
    desk.note(Note {
        who: &visitor.name,
        act: "group",
        about: &name,
        done: true,
        detail: if kept.is_empty() {
            "taken away"
        } else {
            "saved"
        },
    })
    .await;
    let said = (StatusCode::OK, Some((Tone::Good, "Saved.")));
    groups_page(&desk, &visitor, said, None).await
}
