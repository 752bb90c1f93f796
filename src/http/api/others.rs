//! Reports, digests, figures of the list, and who asks.

use axum::extract::State as Shared;
use courant_subscribers::store::subscribers;
use courant_subscribers::{Status, audience};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json as value;

use super::caller::Caller;
use super::editions::PAGE;
use super::operation::Operation;
use super::problem::Problem;
use super::read::{Id, Query};
use super::{Answer, Api, json};
use crate::desk::{Act, Role, store};
use crate::edition::cadence::Every;
use crate::edition::{self, Edition};
use crate::reports::{self, Report};

pub(super) fn operations() -> Vec<Operation> {
    let limit = value!({ "type": "integer", "minimum": 1, "maximum": PAGE.1, "default": PAGE.0 });
    let lines = value!({ "type": "integer", "minimum": 1, "maximum": LINES.1, "default": LINES.0 });
    vec![
        Operation::get(
            ("/reports", "list_reports"),
            ("The latest editions that left, each in short", ""),
            list,
        )
        .query("limit", "How many editions are looked at", &limit)
        .gives::<Reports>(),
        Operation::get(
            ("/reports/{id}", "show_report"),
            ("What became of an edition", "As `courant report --json`."),
            show,
        )
        .gives::<Report>(),
        Operation::get(
            ("/digests", "list_digests"),
            ("What is sent, and when", ""),
            digests,
        )
        .gives::<Digests>(),
        Operation::get(
            ("/subscribers/figures", "count_subscribers"),
            (
                "How many readers there are",
                "Numbers alone: no address leaves by the API.",
            ),
            figures,
        )
        .gives::<Figures>(),
        Operation::get(
            ("/people/me", "show_me"),
            ("Who the token is of, and what they may do", ""),
            me,
        )
        .gives::<Me>(),
        Operation::get(
            ("/record", "list_record"),
            (
                "What was done at the desk and refused, the latest first",
                "For admins. Kept for a year.",
            ),
            record,
        )
        .query("limit", "How many lines", &lines)
        .gives::<Record>()
        .refuses(&[403]),
    ]
}

/// Lines of the record unless somebody says otherwise, and at most.
const LINES: (i64, i64) = (100, 1000);

/// The reports there are.
#[derive(Serialize, JsonSchema)]
struct Reports {
    /// The latest first.
    reports: Vec<InShort>,
}

/// A report in short.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReportSummary")]
struct InShort {
    /// Of which edition.
    edition: String,
    /// Its digest.
    digest: String,
    /// Where it stands.
    status: edition::Status,
    /// When its slot began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    slot: Timestamp,
    /// Its subject.
    subject: String,
    /// Copies that left.
    sent: u64,
    /// Of these, those that did not come back.
    delivered: u64,
    /// Of those sent, those whose readers may be counted.
    counted: u64,
    /// People who opened it.
    opened: u64,
    /// How many that are at most.
    opened_at_most: u64,
    /// People who clicked; nothing where that is not known.
    clicked: Option<u64>,
    /// Readers who left by its links.
    unsubscribed: u64,
    /// Readers who complained.
    complained: u64,
    /// Where the whole of it is.
    report: String,
}

impl InShort {
    fn of(api: &Api, (edition, summary): (Edition, reports::Summary)) -> Self {
        Self {
            report: api.url(&format!("/reports/{}", edition.id)),
            edition: edition.id.to_string(),
            subject: edition.main_subject().to_owned(),
            digest: edition.digest,
            status: edition.status,
            slot: edition.slot_at,
            sent: summary.sent,
            delivered: summary.delivered,
            counted: summary.counted,
            opened: summary.opened,
            opened_at_most: summary.at_most,
            clicked: summary.clicked,
            unsubscribed: summary.unsubscribed,
            complained: summary.complained,
        }
    }
}

async fn list(Shared(api): Shared<Api>, _: Caller, query: Query) -> Answer {
    query.only(&["limit"])?;
    let limit = query.limit(PAGE)?;
    let desk = &api.0.desk;
    let mut reader = desk.database().reader().await?;
    let all = reports::latest(&mut reader, limit, desk.now()).await?;
    drop(reader);
    let all = all.into_iter().map(|known| InShort::of(&api, known));
    json(&Reports {
        reports: all.collect(),
    })
}

async fn show(Shared(api): Shared<Api>, _: Caller, Id(id): Id) -> Answer {
    let edition = api.edition(&id).await?;
    let desk = &api.0.desk;
    let mut reader = desk.database().reader().await?;
    let report = Box::pin(reports::gather(&mut reader, &edition, desk.now())).await?;
    drop(reader);
    json(&report)
}

/// The digests there are.
#[derive(Serialize, JsonSchema)]
struct Digests {
    /// As `digest.toml` has them.
    digests: Vec<Digest>,
}

/// A digest.
#[derive(Serialize, JsonSchema)]
struct Digest {
    /// Its name in ids.
    name: String,
    /// Its name for readers.
    title: String,
    /// Its language.
    language: String,
    /// "day" or "week".
    every: &'static str,
    /// When it comes, in words.
    rhythm: String,
    /// The local time of its slot.
    at: String,
    /// The time at which readers get it where they are; nothing where all get it at once.
    local_at: Option<String>,
    /// The zone of its slot.
    time_zone: String,
    /// Who says that an edition may go out.
    approval: edition::Approval,
    /// The local time until which a person has to have said yes, if there is one.
    approve_by: Option<String>,
    /// Whether anybody may read its past editions.
    archive: bool,
    /// When its next slot begins.
    #[schemars(with = "Option<String>")]
    next_slot: Option<Timestamp>,
    /// Readers who would get it now.
    readers: i64,
}

async fn digests(Shared(api): Shared<Api>, _: Caller) -> Answer {
    let desk = &api.0.desk;
    let config = desk.config();
    let mut reader = desk.database().reader().await?;
    let mut all = Vec::new();
    for digest in &config.digest {
        let list = (digest.name.as_str(), desk.clock().unix());
        let readers = audience::count(&mut reader, list).await?;
        let schedule = digest
            .schedule()
            .map_err(|error| Problem::trouble(&error))?;
        let slot = schedule.slot(desk.now());
        let language = digest.language.as_ref();
        all.push(Digest {
            name: digest.name.clone(),
            title: digest.title.clone(),
            language: language.unwrap_or(&config.publication.language).clone(),
            every: match digest.every {
                Every::Day => "day",
                Every::Week => "week",
            },
            rhythm: schedule.in_words(),
            at: digest.at.clone(),
            local_at: digest.local_at.clone(),
            time_zone: digest.time_zone.clone(),
            approval: digest.approval,
            approve_by: digest.approve_by.clone(),
            archive: digest.archive,
            next_slot: slot.ok().map(|slot| slot.ends),
            readers,
        });
    }
    drop(reader);
    json(&Digests { digests: all })
}

/// How many readers there are.
#[derive(Serialize, JsonSchema)]
struct Figures {
    /// Confirmed: may be mailed.
    active: i64,
    /// Asked for, not yet confirmed.
    pending: i64,
    /// Left by themselves.
    unsubscribed: i64,
    /// Must not be mailed.
    suppressed: i64,
}

async fn figures(Shared(api): Shared<Api>, _: Caller) -> Answer {
    let mut reader = api.0.desk.database().reader().await?;
    let people = subscribers::count(&mut reader).await?;
    let figures = Figures {
        active: people.of(Status::Active),
        pending: people.of(Status::Pending),
        unsubscribed: people.of(Status::Unsubscribed),
        suppressed: people.of(Status::Suppressed),
    };
    drop(reader);
    json(&figures)
}

/// Who asks.
#[derive(Serialize, JsonSchema)]
struct Me {
    /// What they are called.
    name: String,
    /// What they are.
    role: Role,
    /// What they may do.
    may: Vec<Act>,
    /// What the token is for.
    token: String,
    /// When it ends.
    #[schemars(with = "String", extend("format" = "date-time"))]
    expires: Timestamp,
}

async fn me(caller: Caller) -> Answer {
    let role = caller.role();
    let token = &caller.0.token;
    json(&Me {
        name: caller.name().to_owned(),
        role,
        may: Act::ALL.into_iter().filter(|act| role.may(*act)).collect(),
        token: token.label.clone(),
        expires: Timestamp::from_second(token.expires_at).unwrap_or_default(),
    })
}

/// What was done at the desk.
#[derive(Serialize, JsonSchema)]
struct Record {
    /// The latest first.
    record: Vec<Line>,
}

/// A line of the record.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RecordLine")]
struct Line {
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// Who.
    who: String,
    /// What.
    act: String,
    /// To what.
    about: String,
    /// `done` or `refused`.
    outcome: String,
    /// What else there is to say.
    detail: String,
}

async fn record(Shared(api): Shared<Api>, caller: Caller, query: Query) -> Answer {
    api.may(&caller, Act::Manage, "record").await?;
    query.only(&["limit"])?;
    let limit = query.limit(LINES)?;
    let mut reader = api.0.desk.database().reader().await?;
    let lines = store::lines(&mut reader, limit).await?;
    drop(reader);
    let line = |it: store::Line| Line {
        at: Timestamp::from_second(it.at).unwrap_or_default(),
        who: it.who,
        act: it.act,
        about: it.about,
        outcome: it.outcome,
        detail: it.detail,
    };
    json(&Record {
        record: lines.into_iter().map(line).collect(),
    })
}
