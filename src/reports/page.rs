//! A report as a page: every number in words, every loss explained.

use std::collections::BTreeMap;

use courant_templates::Theme;
use courant_templates::desk::parts::Tone;
use courant_templates::desk::{
    self, ChartView, DeskView, FigureView, LineView, MapView, PointView, ReportView, ReportsView,
    StepView,
};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::figures::{HOURS, Summary};
use super::words::{grouped, of, percent, range, share};
use super::{FEWEST, Hour, Report};
use crate::edition::{Edition, Entry, Status};
use crate::render::{self, Prepared};
use crate::tracking::Tracking;
use crate::units::number;

mod notes;
mod tables;

pub use crate::render::Pictures;

/// Complaints of all copies that mail services hold against a sender.
const MOST_COMPLAINTS: f64 = 0.001;
/// A share that is so many times the usual is pointed at.
const FAR_FROM_USUAL: f64 = 1.5;
const NOT_COUNTED: &str = "Opens and clicks are not counted for this site.";
const ONLY_TIMES: &str = "Only how often is counted for this site, not by how many people or when.";

/// The view of a report; its links are for who knows the addresses.
#[must_use]
pub fn page(report: &Report, edition: &Edition, map: Option<MapView>) -> ReportView {
    let zone = edition.frame.zone();
    let is_full = report.tracking == "full";
    let is_off = report.tracking == "off";
    let silent = match report.tracking {
        "full" => None,
        "off" => Some(NOT_COUNTED.to_owned()),
        _ => Some(ONLY_TIMES.to_owned()),
    };
    ReportView {
        title: report.subject.clone(),
        sub: sub(report, edition, &zone),
        state: stands(edition),
        edition: None,
        files: Vec::new(),
        figures: figures(report),
        silent,
        notes: notes::of_report(report),
        chart: is_full.then(|| chart(report, &zone)).flatten(),
        funnel: funnel(report),
        map: map.filter(|_| !is_off && report.sent > 0),
        subjects: tables::subjects(report),
        articles: (!is_off).then(|| tables::articles(report)),
        services: Some(tables::services(report)),
        popularity: tables::popular(report).filter(|_| !is_off),
        growth: Some(tables::growth(&report.growth)),
        cohorts: Some(tables::cohorts(report)),
    }
}

/// The report as one file that asks for nothing from outside.
#[must_use]
pub fn file(report: &Report, edition: &Edition, theme: &Theme) -> String {
    let desk = DeskView {
        brand: &edition.frame.publication.name,
        home_url: None,
        nav: Vec::new(),
        signed_in: None,
    };
    let map = map(report, edition, theme, Pictures::LeftOut);
    desk::report(&desk, &page(report, edition, map), theme)
}

/// The edition by the renderer that made its mails, with a figure behind each headline; nothing where clicks
/// are not counted.
#[must_use]
pub fn map(
    report: &Report,
    edition: &Edition,
    theme: &Theme,
    pictures: Pictures,
) -> Option<MapView> {
    if report.tracking == "off" {
        return None;
    }
    let own = report.articles.iter().filter(|story| story.place.is_some());
    let most = own.clone().map(|story| story.readers).max().unwrap_or(0);
    let words = |readers: u64| match report.clicked {
        Some(clicked) => share(readers, clicked),
        None => grouped(readers),
    };
    let badges: BTreeMap<u16, (String, u8)> = own
        .map(|story| {
            let step = (story.readers * 5).div_ceil(most.max(1)).clamp(1, 5);
            (
                story.link,
                (words(story.readers), u8::try_from(step).unwrap_or(5)),
            )
        })
        .collect();
    let aside = match report.clicked {
        Some(clicked) if clicked >= FEWEST => "Share of the people who clicked",
        None if report.tracking != "full" => "Times it was followed",
        Some(_) | None => "People who followed it",
    };
    let prepared = Prepared::new(edition);
    Some(MapView {
        height: height(edition),
        aside: aside.to_owned(),
        html: render::marked_copy(&prepared, edition, &badges, (pictures, theme)),
        ends: (words(0), words(most)),
        note: map_note(report, edition, pictures),
    })
}

/// How tall the own copy is on a phone: what stands around the stories, and lines of their words.
fn height(edition: &Edition) -> usize {
    let lines = |text: &str, most: usize| text.chars().count().div_ceil(most);
    let story = |entry: &Entry| {
        let article = &entry.article;
        let summary = article.summary.as_deref().unwrap_or_default();
        50 + lines(&article.title, 24) * 28 + lines(summary, 36).min(8) * 24
    };
    1200 + edition.own().map(story).sum::<usize>()
}

fn map_note(report: &Report, edition: &Edition, pictures: Pictures) -> String {
    let mut all = vec!["Links of the note, the sponsor and the footer are not counted.".to_owned()];
    let groups = edition.slates.groups.len();
    if groups > 0 {
        all.push(format!(
            "This is the edition's own copy; {groups} groups of readers got the stories in orders of their own, and \
             each figure adds up all copies. The table of articles says where they stood."
        ));
    }
    let others = report.articles.iter().filter(|it| it.place.is_none());
    let others: Vec<u64> = others.map(|it| it.readers).collect();
    if !others.is_empty() {
        let count = u64::try_from(others.len()).unwrap_or(u64::MAX);
        let followed = match others.iter().sum() {
            0 => "which nobody followed".to_owned(),
            times => format!("followed {}", of(times, "time", "times")),
        };
        all.push(format!(
            "Not on it: {} that only some copies had, {followed}.",
            of(count, "story", "stories"),
        ));
    }
    if pictures == Pictures::LeftOut {
        all.push("Pictures are left out of this file.".to_owned());
    }
    all.join(" ")
}

/// The list of editions; `url` leads to a report.
#[must_use]
pub fn index(editions: &[(Edition, Summary)], url: impl Fn(&Edition) -> String) -> ReportsView {
    let line = |(edition, summary): &(Edition, Summary)| {
        let zone = edition.frame.zone();
        let is_full = summary.tracking == Tracking::Full;
        let unknown = || "not counted".to_owned();
        let hours = summary.hours.iter().map(|hour| hour.opens);
        let opens_by_hour: Vec<u64> = if is_full { hours.collect() } else { Vec::new() };
        let all: u64 = opens_by_hour.iter().sum();
        LineView {
            title: edition.main_subject().to_owned(),
            url: url(edition),
            sub: format!("{}, {}", edition.frame.title, day(edition.slot_at, &zone)),
            state: stands(edition),
            sentence: match (is_full, all) {
                (false, _) => unknown(),
                (true, 0) => "no opens yet".to_owned(),
                (true, all) => format!("{} on the first day", of(all, "first open", "first opens")),
            },
            opens_by_hour,
            figures: vec![
                grouped(summary.tried()),
                if is_full {
                    range(summary.opened, summary.at_most, summary.counted)
                } else {
                    unknown()
                },
                match summary.clicked {
                    Some(clicked) => share(clicked, summary.counted),
                    None => unknown(),
                },
                share(summary.unsubscribed, summary.sent),
            ],
        }
    };
    ReportsView {
        sub: "The latest editions, the newest first.".to_owned(),
        figures: ["Sent", "Opened by a person", "Clicked", "Unsubscribed"]
            .map(str::to_owned)
            .to_vec(),
        lines: editions.iter().map(line).collect(),
        notes: notes::of_list(editions),
        empty: "No edition has been sent yet.".to_owned(),
    }
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone())
        .strftime("%A, %B %-d, %Y")
        .to_string()
}

fn sub(report: &Report, edition: &Edition, zone: &TimeZone) -> String {
    let time = |at: Timestamp| {
        at.to_zoned_datetime(zone.clone())
            .strftime("%H:%M")
            .to_string()
    };
    let slot = day(edition.slot_at, zone);
    let sent = report.first_sent.map_or_else(
        || {
            let words = if report.is_called_off() {
                "never sent"
            } else {
                "not sent yet"
            };
            words.to_owned()
        },
        |at| format!("sent from {} on", time(at)),
    );
    format!(
        "{} of {slot}, {sent}. Counted until {}, {}.",
        edition.frame.title,
        day(report.counted_until, zone),
        time(report.counted_until),
    )
}

/// Where an edition stands, in words.
#[must_use]
pub fn state(status: Status) -> (Tone, &'static str) {
    match status {
        Status::Draft => (Tone::Info, "Draft"),
        Status::Approved => (Tone::Good, "Approved"),
        Status::Sending => (Tone::Warn, "Sending"),
        Status::Sent => (Tone::Good, "Sent"),
        Status::Cancelled => (Tone::Quiet, "Called off"),
    }
}

/// The same as a view has it.
fn stands(edition: &Edition) -> (Tone, String) {
    let (tone, words) = state(edition.status);
    (tone, words.to_owned())
}

fn figures(report: &Report) -> Vec<FigureView> {
    let usual = &report.usual;
    let usually = |rate: Option<f64>| rate.map(|rate| format!("Usual: {}", percent(rate)));
    let figure = |name: &str, value: String, detail: String, usual: Option<String>| FigureView {
        name: name.to_owned(),
        value,
        detail,
        usual,
        alarm: None,
    };
    // What is refused at the door is not delivered, as little as what comes back later.
    let tried = report.tried();
    let mut all = vec![FigureView {
        alarm: (tried >= FEWEST && below(report.delivered, tried))
            .then(|| (Tone::Warn, "Under 98%".to_owned())),
        ..figure(
            "Delivered",
            share(report.delivered, tried),
            match to_come(report) {
                0 => format!("{} of {}", grouped(report.delivered), grouped(tried)),
                more => format!(
                    "{} of {}, {} to come",
                    grouped(report.delivered),
                    grouped(tried),
                    grouped(more)
                ),
            },
            usually(usual.delivered_rate),
        )
    }];
    if report.tracking == "full" {
        let people = of(report.opened_by_people, "person", "people");
        let most = report.opened_at_most;
        let detail = if most > report.opened_by_people {
            format!(
                "{people}, at most {}, of {}",
                grouped(most),
                grouped(report.counted)
            )
        } else {
            format!("{people} of {}", grouped(report.counted))
        };
        all.push(figure(
            "Opened by a person",
            range(report.opened_by_people, most, report.counted),
            detail,
            usually(usual.opened_rate),
        ));
        all.push(match report.clicked {
            Some(clicked) => figure(
                "Clicked",
                share(clicked, report.counted),
                format!(
                    "{} of {}",
                    of(clicked, "person", "people"),
                    grouped(report.counted)
                ),
                usually(usual.clicked_rate),
            ),
            None => figure(
                "Clicked",
                "not known".to_owned(),
                "It was not kept by person then.".to_owned(),
                None,
            ),
        });
    }
    let left = number(report.unsubscribed) / number(report.sent.max(1));
    let far = usual
        .unsubscribed_rate
        .is_some_and(|usual| report.unsubscribed > 4 && left > usual * FAR_FROM_USUAL);
    all.push(FigureView {
        alarm: far.then(|| (Tone::Warn, "More than usual".to_owned())),
        ..figure(
            "Unsubscribed",
            share(report.unsubscribed, report.sent),
            of(report.unsubscribed, "person", "people"),
            usually(usual.unsubscribed_rate),
        )
    });
    let complained = report.returned.complained;
    let rate = number(complained) / number(report.sent.max(1));
    all.push(FigureView {
        alarm: (report.sent >= FEWEST && complained > 0 && rate >= MOST_COMPLAINTS)
            .then(|| (Tone::Bad, "Too many".to_owned())),
        ..figure(
            "Marked as spam",
            share(complained, report.sent),
            of(complained, "person", "people"),
            Some(match usually(usual.complained_rate) {
                Some(usual) => format!("{usual}; stay under 0.10%"),
                None => "Stay under 0.10%".to_owned(),
            }),
        )
    });
    all
}

/// Copies that are still to leave.
fn to_come(report: &Report) -> u64 {
    if report.is_called_off() {
        return 0;
    }
    report.waiting + report.queued + report.deferred
}

/// Whether less than 98 of a hundred were delivered.
fn below(delivered: u64, sent: u64) -> bool {
    // As the figure beside it says, to a tenth.
    (delivered * 2000 + sent) / (sent * 2).max(1) < 980
}

fn chart(report: &Report, zone: &TimeZone) -> Option<ChartView> {
    if report.hours.is_empty() {
        return None;
    }
    let label = |at: Timestamp| {
        at.to_zoned_datetime(zone.clone())
            .strftime("%H:%M")
            .to_string()
    };
    let peak = |part: fn(&Hour) -> u64, name: &str| {
        let hours = report.hours.iter().rev();
        let highest = hours.max_by_key(|hour| part(hour));
        let all: u64 = report.hours.iter().map(part).sum();
        match highest.filter(|hour| part(hour) > 0) {
            Some(hour) => format!(
                "First {name} were highest at {}: {} of {} on the first day.",
                label(hour.from),
                grouped(part(hour)),
                grouped(all)
            ),
            None => format!("No {name} on the first day."),
        }
    };
    let points = report.hours.iter().map(|hour| PointView {
        label: label(hour.from),
        opens: hour.opens,
        clicks: hour.clicks,
    });
    let days = report.days.iter().map(|day| PointView {
        label: day.date.strftime("%A, %B %-d").to_string(),
        opens: day.opens,
        clicks: day.clicks,
    });
    let next = report.hours.last().map(|hour| hour.from);
    let known = i64::try_from(report.hours.len()).unwrap_or(HOURS);
    let ahead = (1..=HOURS - known).filter_map(|hour| Some(next? + hour.hours()));
    let name = zone.iana_name().unwrap_or("UTC").replace('_', " ");
    Some(ChartView {
        sentence: format!(
            "{} {}",
            peak(|hour| hour.opens, "opens"),
            peak(|hour| hour.clicks, "clicks")
        ),
        points: points.collect(),
        days: days.collect(),
        ahead: ahead.map(label).collect(),
        aside: format!("Hours in {name}"),
    })
}

/// Counts with their words, those that are none left out.
fn listed(counts: &[(u64, &str)]) -> String {
    let some = counts.iter().filter(|(count, _)| *count > 0);
    let some: Vec<String> = some
        .map(|(count, words)| format!("{} {words}", grouped(*count)))
        .collect();
    some.join(", ")
}

/// What became of the copies that were delivered and are in none of the steps below.
fn unseen(report: &Report) -> String {
    let inbox = "Nobody can see which of these reached the inbox.";
    if report.tracking != "full" {
        return inbox.to_owned();
    }
    let silent = report.delivered - report.opened_at_most.min(report.delivered);
    let or = if report.opted_out > 0 {
        " or are not counted"
    } else {
        ""
    };
    match silent {
        0 => inbox.to_owned(),
        some => format!(
            "{inbox} {} showed no sign of being opened{or}.",
            grouped(some)
        ),
    }
}

fn funnel(report: &Report) -> Vec<StepView> {
    let on_list = report.recipients + report.waiting;
    let list = on_list.max(1);
    let is_off = report.is_called_off();
    let step = |name: &str, count: u64, lost: Option<String>| StepView {
        name: name.to_owned(),
        count: grouped(count),
        share: number(count) / number(list),
        is_guess: false,
        lost,
    };
    let known = [
        (
            report.suppressed,
            "had left or were blocked before their turn",
        ),
        (report.nothing_new, "had had all its stories"),
        (report.expired, "given up after many attempts"),
        (report.deferred, "put off by their mail service"),
        (
            report.queued,
            if is_off {
                "not sent before it was called off"
            } else {
                "not sent yet"
            },
        ),
        (
            report.waiting,
            match (is_off, report.subjects.is_some()) {
                _ if report.is_ahead() => "would get it: it is not sent yet",
                (true, _) => "whose turn had not come when it was called off",
                (false, true) => "wait for the subject that does better",
                (false, false) => "wait for the second wave",
            },
        ),
    ];
    let tried = report.tried();
    let missing = on_list - tried.min(on_list);
    let told: u64 = known.iter().map(|(count, _)| count).sum();
    let in_doubt = [(missing - told.min(missing), "in doubt")];
    let held = listed(&[&known[..], &in_doubt].concat());
    let held = match missing {
        0 => None,
        // Nothing is held back of what nobody was to get yet, or any more.
        _ if report.recipients == 0 => Some(format!("{held}.")),
        _ => Some(format!("{} held back: {held}.", grouped(missing))),
    };
    let returned = &report.returned;
    // Refusals of the relay are in none of these: their copies never left.
    let dead = returned.dead_later().min(returned.bounced);
    let not_delivered = listed(&[
        (report.refused, "refused by their mail service"),
        (dead, "came back from dead addresses"),
        (returned.bounced - dead, "came back and may be tried again"),
    ]);
    let not_delivered = (!not_delivered.is_empty()).then(|| format!("{not_delivered}."));
    let mut steps = vec![
        step("On the list", on_list, held),
        step("Sent", tried, not_delivered),
        step("Delivered", report.delivered, Some(unseen(report))),
    ];
    if report.tracking != "full" {
        return steps;
    }
    let by_people = report.opened_by_people;
    let guessed = report.opened_at_most - by_people.min(report.opened_at_most);
    let idle = report
        .clicked
        .map(|clicked| by_people - clicked.min(by_people));
    let idle = idle
        .filter(|idle| *idle > 0)
        .map(|idle| format!("{} of these followed no link.", grouped(idle)));
    if guessed > 0 {
        let words = format!(
            "For {} of these a mail service loads the pictures, read or not.",
            grouped(guessed)
        );
        steps.push(StepView {
            is_guess: true,
            ..step("Opened", report.opened_at_most, Some(words))
        });
        steps.push(step("By a person", by_people, idle));
    } else {
        steps.push(step("Opened", by_people, idle));
    }
    if let Some(clicked) = report.clicked {
        let machines = report.followed_by_scanners;
        steps.push(step(
            "Clicked",
            clicked,
            (machines > 0).then(|| {
                format!(
                    "What programs loaded or followed in {} is left out.",
                    of(machines, "copy", "copies")
                )
            }),
        ));
    }
    steps
}
