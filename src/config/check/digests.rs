//! Rules of digests.

use std::collections::BTreeSet;

use jiff::civil::Time;

use super::Mistakes;
use crate::config::Config;
use crate::edition::Approval;
use crate::edition::cadence::time_of_day;

/// An hour so many minutes before a slot, or less, is meant as one before it, and comes a day later.
const LEAST_BEFORE: i32 = 120;

pub(super) fn digests(config: &Config, mistakes: &mut Mistakes) {
    if config.digest.is_empty() {
        mistakes.add(
            "digest",
            "there is no digest to send",
            Some("add a [[digest]]"),
        );
    }
    let mut seen = BTreeSet::new();
    for (index, digest) in config.digest.iter().enumerate() {
        let path = |key: &str| format!("digest[{index}].{key}");
        mistakes.slug(&path("name"), &digest.name, &mut seen);
        if digest.title.trim().is_empty() {
            mistakes.add(
                path("title"),
                "a digest needs a title that readers see",
                None,
            );
        }
        if let Some(language) = &digest.language {
            mistakes.language(&path("language"), language);
        }
        if let Err(error) = digest.schedule() {
            let message = error.to_string();
            let key = if message.contains("time zone") {
                "time_zone"
            } else if message.contains("weekday") {
                "on"
            } else {
                "at"
            };
            mistakes.add(path(key), message, None);
        }
        let times = [
            ("local_at", &digest.local_at),
            ("approve_by", &digest.approve_by),
        ];
        for (key, text) in times {
            if let Some(Err(error)) = text.as_deref().map(time_of_day) {
                mistakes.add(path(key), error.to_string(), None);
            }
        }
        if digest.approve_by.is_some() && digest.approval != Approval::Manual {
            let hint = Some("approval = \"manual\"");
            mistakes.add(
                path("approve_by"),
                "nobody has to approve by then: a rule does",
                hint,
            );
        }
        let (begins, until) = (time_of_day(&digest.at), &digest.approve_by);
        if let (Ok(begins), Some(Ok(until))) = (begins, until.as_deref().map(time_of_day)) {
            // Minutes of the day from that hour on to the slot.
            let minute = |time: Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
            let before = minute(begins) - minute(until);
            if (0..=LEAST_BEFORE).contains(&before) {
                let message = format!(
                    "the slot begins at {}, and the first {} after that is on the next day",
                    digest.at,
                    digest.approve_by.as_deref().unwrap_or_default()
                );
                let hint = Some("name an hour after \"at\": from then on an edition waits");
                mistakes.add(path("approve_by"), message, hint);
            }
        }
        let mut kinds = BTreeSet::new();
        for (number, section) in digest.section.iter().enumerate() {
            let kind = section.kind.name();
            if !kinds.insert(kind) {
                let message = format!("the section \"{kind}\" stands twice in one digest");
                mistakes.add(
                    format!("digest[{index}].section[{number}].kind"),
                    message,
                    None,
                );
            }
        }
        if !digest.section.is_empty() && !kinds.contains("lead") {
            mistakes.add(
                path("section"),
                "a digest needs a section of kind \"lead\"",
                None,
            );
        }
    }
}
