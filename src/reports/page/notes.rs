//! What one must know to read the figures of a report.

use crate::edition::Edition;
use crate::reports::figures::Summary;
use crate::reports::words::{grouped, of};
use crate::reports::{FEWEST, Report};
use crate::tracking::Tracking;

/// What has to be known of the figures that are in the list.
pub(super) fn of_list(editions: &[(Edition, Summary)]) -> Vec<String> {
    let has = |is_it: fn(&Summary) -> bool| editions.iter().any(|(_, summary)| is_it(summary));
    let notes = [
        has(|it| it.tracking == Tracking::Full && it.opened < it.at_most).then(|| {
            "Opens are a range: people as far as anybody can tell, and at most.".to_owned()
        }),
        has(|it| (1..FEWEST).contains(&it.sent))
            .then(|| format!("Of fewer than {FEWEST} readers the count is shown, not a share.")),
    ];
    notes.into_iter().flatten().collect()
}

/// What has to be known of the figures of one.
pub(super) fn of_report(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if report.opted_out > 0 {
        notes.push(format!(
            "{} asked not to be counted: left out of opens, clicks and their shares.",
            of(report.opted_out, "reader", "readers")
        ));
    }
    if report.usual.editions > 0 {
        notes.push(match report.usual.editions {
            1 => "“Usual” is what the edition before this one had.".to_owned(),
            many => format!("“Usual” is the median of the last {many} editions before this one."),
        });
    } else if report.sent > 0 {
        notes.push(format!(
            "There is no “usual” to compare with: no edition before this one had {FEWEST} readers."
        ));
    }
    if report.tracking == "full" && report.sent > 0 {
        notes.extend(kinds_of_opens(report));
        notes.push(estimate(report));
    }
    if let Some(lift) = &report.lift {
        notes.push(format!(
            "Over {} editions a mail got {:+.0}% clicks against newest first ({:+.0}% to {:+.0}%).",
            lift.editions,
            lift.lift * 100.0,
            lift.low * 100.0,
            lift.high * 100.0
        ));
    }
    notes
}

/// Who the opens are by; a kind that there is none of is not named.
fn kinds_of_opens(report: &Report) -> Option<String> {
    let copies = |count| of(count, "copy", "copies");
    let (proxies, scanners) = (report.loaded_by_proxies, report.followed_by_scanners);
    let kinds = [
        Some(format!(
            "{} by people as far as anybody can tell",
            copies(report.opened_by_people)
        )),
        (proxies > 0).then(|| {
            format!(
                "{} whose pictures a mail service loads, read or not",
                copies(proxies)
            )
        }),
        (scanners > 0).then(|| {
            format!(
                "{} in which only programs loaded or followed something, which counts for nothing",
                copies(scanners)
            )
        }),
    ];
    let kinds: Vec<String> = kinds.into_iter().flatten().collect();
    let number = match kinds.len() {
        2 => "two",
        3 => "three",
        _ => return None,
    };
    Some(format!(
        "Opens are of {number} kinds: {}.",
        kinds.join("; ")
    ))
}

fn estimate(report: &Report) -> String {
    if !report.told {
        return "It is too early to tell how many read it.".to_owned();
    }
    format!(
        "About {}, if those whose opens cannot be seen read like the others.",
        report.readers.in_words("people read it", grouped)
    )
}
