//! `courant source list`: how every source is doing, and what to do about it.

use jiff::Timestamp;
use serde::Serialize;

use super::Desk;
use super::exit::{self, Failure};
use crate::articles;
use crate::sources::health::{self, Brought};
use crate::sources::{self, State};

#[derive(Serialize)]
struct Health {
    source: String,
    /// `ok`, `failing`, `quiet`, `gone`, `never` (asked).
    status: &'static str,
    location: String,
    checked_at: Option<String>,
    succeeded_at: Option<String>,
    /// Not before; none if the next `fetch` asks.
    next_at: Option<String>,
    failures: i64,
    last_error: Option<String>,
    items: i64,
    items_per_day: f64,
    newest_at: Option<String>,
    quiet_since: Option<String>,
    not_modified: i64,
    saved_bytes: i64,
    repaired: Vec<String>,
    moved_to: Option<String>,
    gone_at: Option<String>,
    hints: Vec<String>,
}

/// Shows every configured source.
pub(super) async fn list(desk: &Desk) -> Result<u8, Failure> {
    let (config, database) = desk.open().await?;
    let now = desk.clock.unix();
    let mut reader = database.reader().await?;
    let brought = articles::store::brought(&mut reader, now - health::WINDOW_SECONDS).await?;
    let mut rows = Vec::new();
    let mut notes = Vec::new();
    for source in &config.source {
        let state = sources::store::state(&mut reader, &source.name).await?;
        let brought = brought.get(&source.name).copied().unwrap_or_default();
        let health = examine(source, &state, brought, now);
        desk.output.json(&health)?;
        rows.push(row(&health));
        let named = |hint: &String| format!("{}: {hint}", source.name);
        notes.extend(health.hints.iter().map(named));
    }
    let header = [
        "source",
        "status",
        "last success",
        "last check",
        "failures",
        "next look",
        "a day",
        "newest item",
        "304",
        "saved",
        "remark",
    ];
    desk.output.table(&header, &rows, 60);
    if !desk.output.is_json() && !notes.is_empty() {
        desk.output.line("");
        for note in notes {
            desk.output.line(note);
        }
    }
    Ok(exit::DONE)
}

fn instant(seconds: Option<i64>) -> Option<String> {
    let at = Timestamp::from_second(seconds?).ok()?;
    Some(at.to_string())
}

fn examine(source: &sources::Config, known: &State, brought: Brought, now: i64) -> Health {
    let moved = known.location != source.location_text() && !known.name.is_empty();
    // What is known of another place says nothing about this one.
    let here = if moved {
        State::default()
    } else {
        known.clone()
    };
    let quiet_since = health::quiet_since(source, &here, brought, now);
    let next_at = here.next_at.max(here.retry_after_at);
    let status = match (&here.last_error, here.gone_at, quiet_since) {
        (_, Some(_), _) => "gone",
        (Some(_), None, _) => "failing",
        (None, None, Some(_)) => "quiet",
        (None, None, None) if here.checked_at.is_none() => "never",
        (None, None, None) => "ok",
    };
    let mut hints = Vec::new();
    if let Some(place) = &here.moved_to {
        hints.push(format!("asks {place} instead; write that into digest.toml"));
    }
    if here.gone_at.is_some() {
        hints.push(format!(
            "is gone (410) and is not asked any more: change its url, remove it, or try once more \
             with `courant fetch --source {}`",
            source.name
        ));
    }
    if let Some(since) = instant(quiet_since) {
        hints.push(format!("quiet since {since}"));
    }
    hints.extend(here.repaired.iter().cloned());
    Health {
        source: source.name.clone(),
        status,
        location: source.location_text(),
        checked_at: instant(here.checked_at),
        succeeded_at: instant(here.succeeded_at),
        next_at: instant(next_at.filter(|at| *at > now && here.gone_at.is_none())),
        failures: here.failures,
        last_error: here.last_error.clone(),
        items: here.items,
        items_per_day: (brought.per_day(now) * 10.0).round() / 10.0,
        newest_at: instant(health::newest_at(&here, brought)),
        quiet_since: instant(quiet_since),
        not_modified: here.not_modified,
        saved_bytes: here.saved_bytes,
        repaired: here.repaired,
        moved_to: here.moved_to,
        gone_at: instant(here.gone_at),
        hints,
    }
}

fn row(health: &Health) -> Vec<String> {
    let or = |value: &Option<String>, otherwise: &str| {
        value.clone().unwrap_or_else(|| otherwise.to_owned())
    };
    let next = if health.gone_at.is_some() {
        "never"
    } else {
        "due"
    };
    vec![
        health.source.clone(),
        health.status.to_owned(),
        or(&health.succeeded_at, "never"),
        or(&health.checked_at, "never"),
        health.failures.to_string(),
        or(&health.next_at, next),
        format!("{:.1}", health.items_per_day),
        or(&health.newest_at, ""),
        health.not_modified.to_string(),
        format!("{} KB", health.saved_bytes / 1000),
        or(&health.last_error, ""),
    ]
}
