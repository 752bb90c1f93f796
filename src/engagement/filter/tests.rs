//! What the filter promises.

use super::*;
use proptest::prelude::*;

fn event(seconds: f64, kind: Kind) -> Event {
    Event {
        mailbox: 0,
        seconds,
        kind,
        agent: Agent::Person,
        headers_only: false,
    }
}

fn clicks(seconds: &[f64]) -> Vec<Event> {
    let numbered = seconds.iter().enumerate();
    numbered
        .map(|(story, at)| event(*at, Kind::Click(story)))
        .collect()
}

fn judged(events: &[Event], before: Mailbox) -> (Judged, Mailbox) {
    let mut mailboxes = [before];
    let judged = judge(events, &mut mailboxes);
    (judged, mailboxes[0])
}

fn credit(judged: &Judged) -> f64 {
    judged.credits.iter().map(|credit| credit.weight).sum()
}

#[test]
fn clicks_are_credited_by_what_speaks_against_them() {
    let named = |agent, headers_only| {
        let click = event(4000.0, Kind::Click(0));
        vec![Event {
            agent,
            headers_only,
            ..click
        }]
    };
    let cases: [(&str, Vec<Event>, f64, Reason); 9] = [
        ("one", clicks(&[4000.0]), 1.0, Reason::Reader),
        ("three", clicks(&[400.0, 460.0, 520.0]), 2.0, Reason::Reader),
        (
            "headers",
            named(Agent::Unknown, true),
            0.0,
            Reason::HeadersOnly,
        ),
        (
            "scanner",
            named(Agent::Scanner, false),
            0.0,
            Reason::ScannerName,
        ),
        (
            "nobody we know",
            named(Agent::Unknown, false),
            1.0,
            Reason::Reader,
        ),
        ("at once", clicks(&[9.9]), 0.0, Reason::TooSoon),
        (
            "after one at once",
            clicks(&[300.0, 9.0]),
            0.0,
            Reason::SameMailbox,
        ),
        (
            "three at once",
            clicks(&[100.0, 102.0, 104.9]),
            0.0,
            Reason::Burst,
        ),
        (
            "four in a minute",
            clicks(&[100.0, 120.0, 140.0, 160.0]),
            0.0,
            Reason::Burst,
        ),
    ];
    for (name, events, expected, reason) in cases {
        let (found, _) = judged(&events, Mailbox::default());
        assert!(
            (credit(&found) - expected).abs() < 1e-12,
            "{name}: {found:?}"
        );
        assert_eq!(found.verdicts[0].1, reason, "{name}");
    }
}

#[test]
fn the_same_link_again_is_one_click_and_no_burst() {
    let again: Vec<Event> = [100.0, 101.0, 102.0, 103.0]
        .map(|at| event(at, Kind::Click(7)))
        .to_vec();
    let (found, after) = judged(&again, Mailbox::default());
    assert_eq!(
        (found.credits.len(), credit(&found), after.clicks),
        (1, 1.0, 1.0)
    );
}

#[test]
fn a_reader_behind_a_scanner_is_heard_when_it_has_finished() {
    let mut events = clicks(&[3.0, 3.1, 3.2, 3.3]);
    events.push(event(5000.0, Kind::Click(2)));
    let (found, after) = judged(&events, Mailbox::default());
    assert_eq!(
        found.credits,
        [Credit {
            mailbox: 0,
            story: 2,
            weight: 1.0
        }]
    );
    assert_eq!((after.flags, after.clicks), (1.0, 1.0));
}

#[test]
fn a_mailbox_scanned_often_is_protected_on_other_days_too() {
    for (flags, expected) in [(1.9, 1.0), (2.0, 0.0)] {
        let before = Mailbox {
            flags,
            ..Mailbox::default()
        };
        let (found, after) = judged(&clicks(&[1799.0]), before);
        assert!((credit(&found) - expected).abs() < 1e-12, "{flags}");
        assert!((after.flags - 0.9 * flags).abs() < 1e-12);
    }
}

#[test]
fn a_habit_of_many_clicks_costs_credit() {
    for (copies, clicks_before, expected) in [
        (2.0, 20.0, 1.0),
        (4.0, 4.0, 1.0),
        (4.0, 6.0, 2.0 / 3.0),
        (4.0, 8.0, 0.5),
        (4.0, 8.1, 0.0),
    ] {
        let before = Mailbox {
            copies,
            clicks: clicks_before,
            ..Mailbox::default()
        };
        let (found, after) = judged(&clicks(&[4000.0]), before);
        assert!(
            (credit(&found) - expected).abs() < 1e-12,
            "{copies} {clicks_before}"
        );
        assert!(
            after.clicks > 13.0 / 14.0 * clicks_before,
            "it goes on being counted"
        );
    }
}

#[test]
fn opens_are_counted_where_they_can_be_seen() {
    let proxied = Event {
        agent: Agent::PrivacyProxy,
        ..event(500.0, Kind::Open)
    };
    let cases: [(&str, Vec<Event>, (usize, usize)); 6] = [
        ("none", vec![], (1, 0)),
        ("one", vec![event(60.0, Kind::Open)], (1, 1)),
        (
            "two",
            vec![event(60.0, Kind::Open), event(99.0, Kind::Open)],
            (1, 1),
        ),
        ("on delivery", vec![event(59.0, Kind::Open)], (1, 0)),
        ("by proxy", vec![proxied], (0, 0)),
        (
            "scanned",
            [clicks(&[3.0]), vec![event(99.0, Kind::Open)]].concat(),
            (1, 0),
        ),
    ];
    for (name, events, expected) in cases {
        let (found, _) = judged(&events, Mailbox::default());
        assert_eq!(found.opens(), expected, "{name}");
    }
}

#[test]
fn a_mailbox_without_events_received_a_copy() {
    let (_, after) = judged(
        &[],
        Mailbox {
            copies: 1.0,
            clicks: 14.0,
            ..Mailbox::default()
        },
    );
    assert!((after.copies - 27.0 / 14.0).abs() < 1e-12);
    assert!((after.clicks - 13.0).abs() < 1e-12);
}

proptest! {
    #[test]
    fn any_events_are_judged(
        events in prop::collection::vec(
            (0..6usize, prop::num::f64::ANY, 0..5usize, 0..4usize, any::<bool>()), 0..60),
        flags in prop::num::f64::ANY,
    ) {
        let events: Vec<Event> = events
            .into_iter()
            .map(|(mailbox, seconds, story, agent, headers_only)| Event {
                mailbox,
                seconds,
                kind: if story == 0 { Kind::Open } else { Kind::Click(story) },
                agent: [Agent::Person, Agent::PrivacyProxy, Agent::Scanner, Agent::Unknown, Agent::ImageProxy][agent],
                headers_only,
            })
            .collect();
        let mut mailboxes = [Mailbox { flags, ..Mailbox::default() }; 4];
        let found = judge(&events, &mut mailboxes);
        prop_assert_eq!(found.verdicts.len(), events.len());
        for mailbox in 0..4 {
            let own = found.credits.iter().filter(|credit| credit.mailbox == mailbox);
            prop_assert!(own.map(|credit| credit.weight).sum::<f64>() <= MOST_CREDIT + 1e-9);
        }
    }
}
