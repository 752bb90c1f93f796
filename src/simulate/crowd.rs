//! What readers and machines do with a mail.
//!
//! From a mailing (who gets which stories in which order) to events as a server would see them,
//! with the truth beside them that no server sees: which of them a person made.

use super::dice::Dice;
use super::world::{Reader, Reading, Scanner, World};
use crate::engagement::Agent;
use crate::engagement::filter::{Event, Kind};

/// No story in this place.
pub(super) const NOTHING: usize = usize::MAX;

/// Copies that leave at the same time.
#[derive(Debug, Clone)]
pub(super) struct Mailing {
    /// The edition, from 0.
    pub(super) day: usize,
    /// In seconds.
    pub(super) sent_at: i64,
    /// Who.
    pub(super) members: Vec<usize>,
    /// For each member as many stories as there are slots; [`NOTHING`] where there are too few.
    pub(super) shown: Vec<usize>,
}

impl Mailing {
    /// The same stories for everybody.
    pub(super) fn to_all(world: &World, day: usize, sent_at: i64, slate: &[usize]) -> Self {
        let members: Vec<usize> = (0..world.readers.len()).collect();
        let slots = world.given.slots;
        let mut one = slate.to_vec();
        one.resize(slots, NOTHING);
        let shown = one
            .iter()
            .copied()
            .cycle()
            .take(slots * members.len())
            .collect();
        Self {
            day,
            sent_at,
            members,
            shown,
        }
    }

    /// The stories of the member in this place.
    pub(super) fn slate(&self, member: usize, slots: usize) -> &[usize] {
        &self.shown[member * slots..(member + 1) * slots]
    }
}

/// What came of a mailing.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// By member and time.
    pub(super) events: Vec<Event>,
    /// For each event, whether a person made it.
    pub(super) human: Vec<bool>,
    /// Clicks by people.
    pub(super) clicks: usize,
}

/// What everybody has seen of every story.
#[derive(Debug)]
pub(super) struct Crowd<'w> {
    world: &'w World,
    /// By story; empty until it is shown.
    examined: Vec<Bits>,
    clicked: Vec<Bits>,
    /// By story: interest of all openers that is used up, for whoever knows everything.
    pub(super) spent: Vec<f64>,
}

/// A set of readers.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn has(&self, reader: usize) -> bool {
        self.0
            .get(reader / 64)
            .is_some_and(|word| word >> (reader % 64) & 1 == 1)
    }

    /// Adds a reader; whether it is new.
    pub(super) fn add(&mut self, reader: usize) -> bool {
        let at = reader / 64;
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        let bit = 1 << (reader % 64);
        let is_new = self.0[at] & bit == 0;
        self.0[at] |= bit;
        is_new
    }
}

/// Interest left in a story one has clicked on.
const AFTER_CLICK: f64 = 0.02;

impl<'w> Crowd<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        let stories = world.articles.len();
        Self {
            world,
            examined: vec![Bits::default(); stories],
            clicked: vec![Bits::default(); stories],
            spent: vec![0.0; stories],
        }
    }

    /// Lets everybody read, and the machines run.
    pub(super) fn read(&mut self, mailing: &Mailing) -> Outcome {
        let mut outcome = Outcome::default();
        let mut own: Vec<(Event, bool)> = Vec::new();
        for (at, &reader) in mailing.members.iter().enumerate() {
            let slate = mailing.slate(at, self.world.given.slots);
            let event = |seconds, kind| Event {
                mailbox: at,
                seconds,
                kind,
                agent: Agent::Person,
                headers_only: false,
            };
            own.clear();
            self.person((mailing, reader), slate, &mut |seconds, kind| {
                own.push((event(seconds, kind), true));
            });
            outcome.clicks += own
                .iter()
                .filter(|(event, _)| event.kind != Kind::Open)
                .count();
            let person = &self.world.readers[reader];
            if person.is_for_sale {
                let bought = |story: &&usize| {
                    self.world
                        .articles
                        .get(**story)
                        .is_some_and(|article| article.is_bought)
                };
                let mut dice = self.dice(11, mailing, reader);
                for &story in slate.iter().filter(bought) {
                    let seconds = (9000f64.ln() + 1.3 * dice.normal()).exp();
                    own.push((event(seconds, Kind::Click(story)), false));
                }
            }
            let mut dice = self.dice(4, mailing, reader);
            machine(
                person,
                (slate, self.world.given.scan_chance),
                &mut dice,
                &mut |seconds, kind, agent| {
                    own.push((
                        Event {
                            agent,
                            ..event(seconds, kind)
                        },
                        false,
                    ));
                },
            );
            if person.is_proxied {
                own.retain(|(event, _)| event.kind != Kind::Open);
                if dice.chance(0.95) {
                    let agent = Agent::PrivacyProxy;
                    own.push((
                        Event {
                            agent,
                            ..event(5.0, Kind::Open)
                        },
                        false,
                    ));
                }
            }
            own.sort_by(|a, b| a.0.seconds.total_cmp(&b.0.seconds));
            outcome.events.extend(own.iter().map(|(event, _)| *event));
            outcome.human.extend(own.iter().map(|(_, human)| *human));
        }
        outcome
    }

    fn dice(&self, purpose: u64, mailing: &Mailing, reader: usize) -> Dice {
        let [day, reader] = [mailing.day, reader].map(|n| u64::try_from(n).unwrap_or(0));
        Dice::new(&[self.world.seed, purpose, day, reader])
    }

    fn person(
        &mut self,
        (mailing, number): (&Mailing, usize),
        slate: &[usize],
        happens: &mut dyn FnMut(f64, Kind),
    ) {
        let world = self.world;
        let reader = &world.readers[number];
        let mut dice = self.dice(3, mailing, number);
        let Some(lead) = slate.iter().find(|story| **story != NOTHING) else {
            return;
        };
        let weekday = if mailing.day % 7 >= 5 { 0.8 } else { 1.0 };
        let opens = reader.opens * (0.15 * world.articles[*lead].lift).exp() * weekday;
        if dice.uniform() >= opens.min(0.98) {
            return;
        }
        let start = (9000f64.ln() + 1.3 * dice.normal()).exp();
        if reader.shows_pictures {
            happens(start, Kind::Open);
        }
        let mut above = [0i32; super::world::CATEGORIES];
        for (slot, &story) in slate.iter().enumerate() {
            // Always the same number of draws: other stories, same luck.
            let (looks, clicks, later) = (dice.uniform(), dice.uniform(), dice.uniform());
            if story == NOTHING {
                continue;
            }
            let category = world.articles[story].category;
            let repeats = above[category];
            above[category] += 1;
            let is_cascade = world.given.reading == Reading::Cascade;
            if !is_cascade && looks >= world.given.reading.attention(slot) {
                continue;
            }
            let chance = world.articles[story].interest(mailing.sent_at)
                * reader.affinity[category]
                * 0.92f64.powi(repeats)
                * self.left(story, number);
            let clicked = clicks < chance.min(0.9);
            self.see(story, number, clicked);
            if clicked {
                happens(
                    start + 20.0 * (slot + 1) as f64 + 60.0 * later,
                    Kind::Click(story),
                );
            }
            if is_cascade && looks >= if clicked { 0.6 } else { 0.88 } {
                return;
            }
        }
    }

    fn left(&self, story: usize, reader: usize) -> f64 {
        if self.clicked[story].has(reader) {
            AFTER_CLICK.min(self.world.given.repeat_interest)
        } else if self.examined[story].has(reader) {
            self.world.given.repeat_interest
        } else {
            1.0
        }
    }

    fn see(&mut self, story: usize, number: usize, clicked: bool) {
        let before = self.left(story, number);
        self.examined[story].add(number);
        if clicked {
            self.clicked[story].add(number);
        }
        let reader = &self.world.readers[number];
        let category = self.world.articles[story].category;
        let lost = before - self.left(story, number);
        self.spent[story] += lost * reader.opens * reader.affinity[category];
    }
}

fn machine(
    reader: &Reader,
    (slate, scan_chance): (&[usize], f64),
    dice: &mut Dice,
    happens: &mut dyn FnMut(f64, Kind, Agent),
) {
    let Some(scanner) = reader.scanner else {
        return;
    };
    if !dice.chance(scan_chance) {
        return;
    }
    let agent = if reader.scanner_is_named {
        Agent::Scanner
    } else {
        Agent::Person
    };
    let links = slate.iter().filter(|story| **story != NOTHING);
    let start = match scanner {
        Scanner::Everything => dice.between(2.0, 30.0),
        Scanner::Samples => dice.between(5.0, 305.0),
        Scanner::Slow => dice.between(60.0, 1860.0),
    };
    if dice.chance(0.7) {
        happens(start, Kind::Open, agent);
    }
    let mut later = start;
    match scanner {
        Scanner::Everything => {
            for &story in links {
                happens(later, Kind::Click(story), agent);
                later += 0.1;
            }
        }
        Scanner::Samples => {
            for &story in links {
                let (follows, seconds) = (dice.chance(0.5), dice.between(5.0, 305.0));
                if follows {
                    happens(seconds, Kind::Click(story), agent);
                }
            }
        }
        Scanner::Slow => {
            for &story in links.take(3) {
                happens(later, Kind::Click(story), agent);
                later += 25.0;
            }
        }
    }
}
