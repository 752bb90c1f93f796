//! Which clicks are a reader's, and how much each is worth to a story.
//!
//! Comes in: what happened to the copies of one wave, and what each mailbox was like before. Goes
//! out: a label and a reason for every event, credit for stories, and what each mailbox is like
//! now. Machines are told from people by what they do (too fast, too many at once, everything every
//! day) more than by what they call themselves, because most carry a browser's name. Clicks are
//! labelled and weighed, never deleted. There is no hidden link to trap machines with: mail
//! programs hold such links against the sender.
//!
//! Pure: reading and keeping the states is left to the caller. A state is four numbers and no
//! history of what somebody read.

use serde::{Deserialize, Serialize};

use super::Agent;

/// Nobody has read a mail and followed a link so soon after it left.
const TOO_SOON_SECONDS: f64 = 10.0;

/// So many different links within so many seconds are followed by no finger.
const BURSTS: [(usize, f64); 2] = [(3, 5.0), (4, 60.0)];

/// So many different links so soon after delivery: few have opened a mail by then, and nobody has read
/// what stands behind three links. One person in two hundred is taken for a machine in that edition.
const HASTE: (usize, f64) = (3, 300.0);

/// Mailboxes with so many recent bad editions are taken to be scanned.
const PROTECTED_FLAGS: f64 = 2.0;

/// In scanned mailboxes only clicks after this count: scanners have finished by then.
const SCAN_SECONDS: f64 = 1800.0;

/// Editions before a mailbox's habit is known.
const HABIT_EDITIONS: f64 = 2.5;

/// Who clicks on more than this many stories in every edition is no reader.
const HABIT_CLICKS: f64 = 2.0;

/// Credit one reader can give in one edition.
const MOST_CREDIT: f64 = 2.0;

/// Pictures loaded sooner were fetched on delivery.
const OPEN_SECONDS: f64 = 60.0;

/// What remains of a flag after another edition.
const FLAG_KEPT: f64 = 0.9;

/// What remains of counted clicks and copies after another edition.
const HABIT_KEPT: f64 = 13.0 / 14.0;

/// Something that happened to one copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Whose copy: the place of the mailbox among the states.
    pub mailbox: usize,
    /// Seconds since the copy was handed over.
    pub seconds: f64,
    /// What.
    pub kind: Kind,
    /// Who did it, as far as the request tells.
    pub agent: Agent,
    /// Whether only headers were asked for (HEAD, OPTIONS).
    pub headers_only: bool,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The pixel was loaded.
    Open,
    /// The link to this story was followed.
    Click(usize),
}

/// What a mailbox was like in editions before.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Mailbox {
    /// Copies, older ones counting less.
    pub copies: f64,
    /// Stories clicked on, older ones counting less.
    pub clicks: f64,
    /// Editions in which it behaved like a machine, older ones counting less.
    pub flags: f64,
    /// Whether a proxy loads its pictures, so that its opens cannot be seen.
    pub proxied: bool,
}

/// What an event is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// A person.
    Human,
    /// A program.
    Machine,
    /// Could be either.
    Unknown,
}

/// Why an event is taken for what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing speaks against a person.
    Reader,
    /// It asked for headers only.
    HeadersOnly,
    /// It calls itself a scanner.
    ScannerName,
    /// Within ten seconds of delivery.
    TooSoon,
    /// Many links at once.
    Burst,
    /// The same mailbox did one of these in this edition.
    SameMailbox,
    /// Soon after delivery to a mailbox that is often scanned.
    OftenScanned,
    /// From a mailbox that follows many links in every edition.
    Habit,
    /// Pictures loaded on delivery.
    OnDelivery,
    /// Loaded by a mail service for its reader.
    Proxy,
}

impl Reason {
    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Reader => "nothing speaks against a reader",
            Self::HeadersOnly => "asked for the headers only",
            Self::ScannerName => "a program known to follow links",
            Self::TooSoon => "within ten seconds of delivery",
            Self::Burst => "many links at once",
            Self::SameMailbox => "a program followed links in the same mailbox",
            Self::OftenScanned => "soon after delivery to a mailbox that is often scanned",
            Self::Habit => "this mailbox follows many links in every edition",
            Self::OnDelivery => "loaded on delivery",
            Self::Proxy => "a mail service loaded it for its reader",
        }
    }
}

/// A story's credit from one mailbox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Credit {
    /// Whose.
    pub mailbox: usize,
    /// For which story.
    pub story: usize,
    /// How far the click is believed, above 0 up to 1.
    pub weight: f64,
}

/// What became of one wave's events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// For each event given, in their order.
    pub verdicts: Vec<(Label, Reason)>,
    /// At most one for a mailbox and a story.
    pub credits: Vec<Credit>,
    /// Mailboxes whose opens can be seen.
    pub visible: usize,
    /// Of these, how many opened.
    pub opens: usize,
}

/// Judges a wave; `mailboxes` become what they are after it.
///
/// Every mailbox of the wave is among `mailboxes`, those without events too. The events are sorted
/// by mailbox and seconds; of a mailbox that does not exist they are [`Label::Unknown`].
#[must_use]
pub fn judge(events: &[Event], mailboxes: &mut [Mailbox]) -> Judged {
    let mut judged = Judged::default();
    let mut done = 0;
    for (at, mailbox) in mailboxes.iter_mut().enumerate() {
        let length = events[done..]
            .iter()
            .take_while(|event| event.mailbox <= at)
            .count();
        let own = &events[done..done + length];
        // Out of order or of nobody: kept, believed in nothing.
        let odd = own.iter().take_while(|event| event.mailbox < at).count();
        judged
            .verdicts
            .extend(vec![(Label::Unknown, Reason::Reader); odd]);
        Copy {
            at,
            events: &own[odd..],
        }
        .judge(mailbox, &mut judged);
        done += length;
    }
    let rest = events.len() - done;
    judged
        .verdicts
        .extend(vec![(Label::Unknown, Reason::Reader); rest]);
    judged
}

/// One mailbox's copy and what happened to it.
struct Copy<'a> {
    at: usize,
    events: &'a [Event],
}

impl Copy<'_> {
    fn judge(&self, mailbox: &mut Mailbox, judged: &mut Judged) {
        let suspicion = self.suspicion();
        let is_protected = suspicion.is_some() || mailbox.flags >= PROTECTED_FLAGS;
        mailbox.proxied |= self.events.iter().any(is_proxied);
        let habit = habit(mailbox);
        let mut stories: Vec<usize> = Vec::new();
        let mut opened = false;
        for event in self.events {
            let verdict = match event.kind {
                Kind::Open => open_verdict(event, suspicion),
                Kind::Click(_) => click_verdict(event, suspicion, (is_protected, habit)),
            };
            judged.verdicts.push(verdict);
            match event.kind {
                Kind::Open => opened |= verdict.0 == Label::Human,
                Kind::Click(story) => {
                    // A habit is made of all that looks human; otherwise it would end itself.
                    let counts = verdict.0 != Label::Machine || verdict.1 == Reason::Habit;
                    if counts && !stories.contains(&story) {
                        stories.push(story);
                    }
                }
            }
        }
        let weight = habit * (MOST_CREDIT / stories.len().max(1) as f64).min(1.0);
        if weight > 0.0 {
            judged.credits.extend(stories.iter().map(|story| Credit {
                mailbox: self.at,
                story: *story,
                weight,
            }));
        }
        if !mailbox.proxied {
            judged.visible += 1;
            judged.opens += usize::from(opened);
        }
        let bad = if suspicion.is_some() { 1.0 } else { 0.0 };
        mailbox.flags = FLAG_KEPT * mailbox.flags + bad;
        mailbox.clicks = HABIT_KEPT * mailbox.clicks + stories.len() as f64;
        mailbox.copies = HABIT_KEPT * mailbox.copies + 1.0;
    }

    /// The first sign that something other than a reader was here.
    fn suspicion(&self) -> Option<Reason> {
        let clicks = || self.events.iter().filter(|event| event.kind != Kind::Open);
        if clicks().any(|event| event.headers_only) {
            Some(Reason::HeadersOnly)
        } else if self
            .events
            .iter()
            .any(|event| event.agent == Agent::Scanner)
        {
            Some(Reason::ScannerName)
        } else if clicks().any(|event| event.seconds < TOO_SOON_SECONDS) {
            Some(Reason::TooSoon)
        } else if BURSTS.iter().any(|&burst| self.has_burst(burst)) || self.is_hasty() {
            Some(Reason::Burst)
        } else {
            None
        }
    }

    /// Whether many different links were followed soon after delivery.
    fn is_hasty(&self) -> bool {
        let (links, seconds) = HASTE;
        let mut met: Vec<usize> = Vec::with_capacity(links);
        for event in self.events.iter().filter(|event| event.seconds < seconds) {
            if let Kind::Click(story) = event.kind
                && !met.contains(&story)
            {
                met.push(story);
            }
        }
        met.len() >= links
    }

    /// Whether so many different links were followed within so many seconds.
    fn has_burst(&self, (links, seconds): (usize, f64)) -> bool {
        let clicks: Vec<(f64, usize)> = self
            .events
            .iter()
            .filter_map(|event| match event.kind {
                Kind::Click(story) => Some((event.seconds, story)),
                Kind::Open => None,
            })
            .collect();
        clicks.iter().enumerate().any(|(from, &(start, _))| {
            let mut met: Vec<usize> = Vec::with_capacity(links);
            for &(at, story) in &clicks[from..] {
                if at - start > seconds || met.len() >= links {
                    break;
                }
                if !met.contains(&story) {
                    met.push(story);
                }
            }
            met.len() >= links
        })
    }
}

fn is_proxied(event: &Event) -> bool {
    event.kind == Kind::Open && event.agent == Agent::PrivacyProxy
}

/// How far a mailbox is believed that clicks on so many stories in every edition.
fn habit(mailbox: &Mailbox) -> f64 {
    let mean = mailbox.clicks / mailbox.copies.max(1.0);
    if mailbox.copies < HABIT_EDITIONS || mean <= 1.0 {
        1.0
    } else if mean > HABIT_CLICKS {
        0.0
    } else {
        1.0 / mean
    }
}

fn open_verdict(event: &Event, suspicion: Option<Reason>) -> (Label, Reason) {
    if is_proxied(event) {
        (Label::Unknown, Reason::Proxy)
    } else if event.agent == Agent::Scanner {
        (Label::Machine, Reason::ScannerName)
    } else if event.seconds < OPEN_SECONDS {
        (Label::Machine, Reason::OnDelivery)
    } else if suspicion.is_some() {
        (Label::Machine, Reason::SameMailbox)
    } else {
        (Label::Human, Reason::Reader)
    }
}

fn click_verdict(
    event: &Event,
    suspicion: Option<Reason>,
    (is_protected, habit): (bool, f64),
) -> (Label, Reason) {
    if event.headers_only {
        (Label::Machine, Reason::HeadersOnly)
    } else if event.agent == Agent::Scanner {
        (Label::Machine, Reason::ScannerName)
    } else if matches!(event.agent, Agent::PrivacyProxy | Agent::ImageProxy) {
        // They load pictures; whatever follows a link under their name is none of them.
        (Label::Machine, Reason::Proxy)
    } else if event.seconds < TOO_SOON_SECONDS {
        (Label::Machine, Reason::TooSoon)
    } else if is_protected && event.seconds < SCAN_SECONDS {
        let reason = match suspicion {
            Some(Reason::Burst) => Reason::Burst,
            Some(_) => Reason::SameMailbox,
            None => Reason::OftenScanned,
        };
        (Label::Machine, reason)
    } else if habit <= 0.0 {
        (Label::Machine, Reason::Habit)
    } else {
        (Label::Human, Reason::Reader)
    }
}

#[cfg(test)]
mod tests {
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
            assert_eq!((found.visible, found.opens), expected, "{name}");
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
}
