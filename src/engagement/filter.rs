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

#[cfg(test)]
mod tests;

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
    /// For each mailbox, whether it was opened.
    pub looks: Vec<Look>,
}

/// Whether a copy was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A proxy loads the pictures: nobody can tell.
    Hidden,
    /// Nobody did.
    Unopened,
    /// Somebody did.
    Opened,
}

impl Judged {
    /// How many mailboxes' opens can be seen, and how many of these opened.
    #[must_use]
    pub fn opens(&self) -> (usize, usize) {
        let count = |wanted: Look| self.looks.iter().filter(|look| **look == wanted).count();
        let opened = count(Look::Opened);
        (opened + count(Look::Unopened), opened)
    }
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
        let at_once = self.at_once();
        for (event, at_once) in self.events.iter().zip(at_once) {
            let verdict = match event.kind {
                Kind::Open => open_verdict(event, suspicion),
                // However late: no finger follows three links in five seconds.
                Kind::Click(_) if at_once => (Label::Machine, Reason::Burst),
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
        judged.looks.push(match (mailbox.proxied, opened) {
            (true, _) => Look::Hidden,
            (false, true) => Look::Opened,
            (false, false) => Look::Unopened,
        });
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

    /// For each event, whether it is one of the first kind of [`BURSTS`].
    fn at_once(&self) -> Vec<bool> {
        let (links, seconds) = BURSTS[0];
        let mut marked = vec![false; self.events.len()];
        for (from, window) in self.windows(seconds).enumerate() {
            if links_in(window) >= links {
                marked[from..from + window.len()].fill(true);
            }
        }
        marked
    }

    /// Whether many different links were followed soon after delivery.
    fn is_hasty(&self) -> bool {
        let (links, seconds) = HASTE;
        let soon = self.events.partition_point(|event| event.seconds < seconds);
        links_in(&self.events[..soon]) >= links
    }

    /// Whether so many different links were followed within so many seconds.
    fn has_burst(&self, (links, seconds): (usize, f64)) -> bool {
        self.windows(seconds)
            .any(|window| links_in(window) >= links)
    }

    /// From each event on, those within so many seconds.
    fn windows(&self, seconds: f64) -> impl Iterator<Item = &[Event]> {
        self.events.iter().enumerate().map(move |(from, event)| {
            let rest = &self.events[from..];
            let length = rest.partition_point(|later| later.seconds - event.seconds <= seconds);
            &rest[..length]
        })
    }
}

/// How many different links were followed.
fn links_in(events: &[Event]) -> usize {
    let mut met: Vec<usize> = Vec::new();
    for event in events {
        if let Kind::Click(story) = event.kind
            && !met.contains(&story)
        {
            met.push(story);
        }
    }
    met.len()
}

pub(super) fn is_proxied(event: &Event) -> bool {
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
