//! Our ranking in a world made of numbers: the same functions that choose real editions.

use std::collections::BTreeMap;

use super::crowd::{Bits, Mailing, NOTHING, Outcome};
use super::dice::Dice;
use super::figures::{Figures, Sums};
use super::weekly::weekly;
use super::world::{DAY, World};
use crate::engagement::Agent;
use crate::engagement::filter::{self, Event, Kind, Label, Look, Mailbox, Reason};
use crate::ranking::{
    self, Candidate, Config, Edition, Estimates, Exposure, List, Section, Slate, Story, Viewed,
};

/// Share of the clicks of a day that arrive before the second wave.
const HEARD: f64 = 0.55;

/// Share of the list that gets the first wave.
const FIRST_WAVE: f64 = 0.3;

/// Fewest readers of a first wave that can tell anything.
const FEWEST_IN_WAVE: f64 = 300.0;

/// Seconds from the first wave to the second.
const GAP: i64 = DAY / 8;

/// Stories older than this are no candidates.
const OLDEST_DAYS: i64 = 4;

/// Editions whose cells are handed to the estimate; it learns from the last 21.
const KEPT_EDITIONS: usize = 26;

/// What a reader may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    /// Anything; only the estimate tires.
    Any,
    /// What stood in an edition of which they showed no sign, up to so many times in all.
    Unopened(u8),
}

/// Which variant of ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ours {
    pub(super) waves: usize,
    pub(super) has_views: bool,
    pub(super) repeats: Repeats,
    pub(super) groups: Option<usize>,
    pub(super) new_slots: usize,
    pub(super) is_filtered: bool,
    /// Whether the filter sees what programs call themselves.
    pub(super) sees_names: bool,
}

/// Who was sent a story, and who need not see it again.
#[derive(Debug, Clone, Default)]
struct Ledger {
    once: Bits,
    twice: Bits,
    had: Bits,
}

/// What ours remembers.
pub(super) struct Memory<'w> {
    world: &'w World,
    ours: Ours,
    config: Config,
    stories: Vec<Story>,
    mailboxes: Vec<Mailbox>,
    mean_rate: f64,
    exposures: Vec<Exposure>,
    /// Where the cells of each edition begin.
    begins: Vec<usize>,
    shown: Vec<bool>,
    ledger: Vec<Ledger>,
    views: Vec<f64>,
    viewed_at: Vec<i64>,
    estimates: Estimates,
    sums: Sums,
}

impl<'w> Memory<'w> {
    pub(super) fn new(world: &'w World, ours: Ours) -> Self {
        let config = Config::default();
        let articles = world.articles.iter().enumerate();
        Self {
            world,
            ours,
            stories: articles
                .map(|(at, article)| Story {
                    id: id(at),
                    category: format!("c{}", article.category),
                    source: format!("s{}", article.source),
                    published_at: article.published_at,
                })
                .collect(),
            mailboxes: vec![Mailbox::default(); world.readers.len()],
            mean_rate: ranking::DEFAULT_OPEN_RATE,
            exposures: Vec::new(),
            begins: Vec::new(),
            shown: vec![false; world.articles.len()],
            ledger: vec![Ledger::default(); world.articles.len()],
            views: vec![0.0; world.articles.len()],
            viewed_at: world
                .articles
                .iter()
                .map(|article| article.published_at)
                .collect(),
            estimates: ranking::estimate(&[], &[], 0.0, &config),
            config,
            sums: Sums::default(),
        }
    }

    /// One edition: plans and sends its waves, then learns from what came of them.
    pub(super) fn edition(
        &mut self,
        day: usize,
        mut send: impl FnMut(&Mailing) -> Outcome,
    ) -> usize {
        let at = i64::try_from(day).unwrap_or(0) * DAY;
        self.begins.push(self.exposures.len());
        let from = self.begins[day.saturating_sub(KEPT_EDITIONS)];
        self.estimates = self.estimate(from, at);
        let (first, second) = self.waves(day);
        let mailing = self.plan(day, at, (1, first));
        let outcome = send(&mailing);
        let mut clicks = outcome.clicks;
        if second.is_empty() {
            self.learn(&mailing, &outcome);
        } else {
            // The day's events are all known only tomorrow; what the second wave hears is not kept.
            let predicted = self.estimates.clone();
            self.listen(&mailing, &outcome, from);
            let later = self.plan(day, at + GAP, (2, second));
            let heard = std::mem::replace(&mut self.estimates, predicted);
            self.learn(&mailing, &outcome);
            self.estimates = heard;
            let rest = send(&later);
            self.learn(&later, &rest);
            clicks += rest.clicks;
        }
        if day % 7 == 6 {
            let week: Vec<usize> = self.world.stories(at - 7 * DAY, at).collect();
            let cells = &self.exposures[self.begins[day - 6]..];
            self.sums
                .week(weekly(self.world, cells, &self.stories, &week));
        }
        clicks
    }

    pub(super) fn figures(&self) -> Figures {
        self.sums
            .figures(&self.estimates.positions, &self.world.given)
    }

    fn waves(&self, day: usize) -> (Vec<usize>, Vec<usize>) {
        let all = 0..self.world.readers.len();
        if self.ours.waves < 2 || FIRST_WAVE * (all.len() as f64) < FEWEST_IN_WAVE {
            return (all.collect(), Vec::new());
        }
        let mut dice = self.dice(5, day, 0);
        all.partition(|_| dice.chance(FIRST_WAVE))
    }

    fn dice(&self, purpose: u64, day: usize, wave: u64) -> Dice {
        Dice::new(&[
            self.world.seed,
            purpose,
            u64::try_from(day).unwrap_or(0),
            wave,
        ])
    }

    fn estimate(&mut self, from: usize, at: i64) -> Estimates {
        let views = self.views(at);
        let list = self.world.readers.len() as f64;
        let stories = self.recent(at - 40 * DAY, at);
        let exposures = &self.exposures[from..];
        ranking::estimate_with_views(exposures, stories, list, views, &self.config)
    }

    fn recent(&self, from: i64, to: i64) -> &[Story] {
        let start = self
            .stories
            .partition_point(|story| story.published_at <= from);
        let end = self
            .stories
            .partition_point(|story| story.published_at <= to);
        &self.stories[start..end]
    }

    fn views(&mut self, at: i64) -> BTreeMap<String, f64> {
        if !self.ours.has_views {
            return BTreeMap::new();
        }
        let stories: Vec<usize> = self.world.stories(at - 8 * DAY, at).collect();
        let mut viewed = Vec::with_capacity(stories.len());
        for story in stories {
            let article = &self.world.articles[story];
            let since = std::mem::replace(&mut self.viewed_at[story], at);
            let mean = article.expected_views(at) - article.expected_views(since);
            let mut dice = self.dice(6, story, u64::try_from(at).unwrap_or(0));
            self.views[story] += dice.poisson(mean);
            viewed.push(Viewed {
                story: id(story),
                published_at: article.published_at,
                views: self.views[story],
            });
        }
        ranking::views(&viewed, at)
    }

    /// Lists for all groups, and from them a slate for each reader.
    fn plan(&mut self, day: usize, at: i64, (wave, members): (u32, Vec<usize>)) -> Mailing {
        let stories: Vec<usize> = self.world.stories(at - OLDEST_DAYS * DAY, at).collect();
        let candidates: Vec<Candidate> = stories.iter().map(|&at| self.candidate(at)).collect();
        let groups = self
            .ours
            .groups
            .unwrap_or_else(|| ranking::groups(members.len()));
        let seed = format!("{}/{day}", self.world.seed);
        let edition = Edition {
            seed: &seed,
            wave,
            at,
            since: (i64::try_from(day).unwrap_or(0) - 1) * DAY,
            groups,
            slots: self.world.given.slots,
            new_slots: self.ours.new_slots.min(self.world.given.slots),
            exploration: ranking::EXPLORATION,
            pinned: &[],
        };
        let slates = ranking::slates(&edition, &candidates, &self.estimates, &self.config);
        let mut order: Vec<usize> = (0..members.len()).collect();
        let mut dice = self.dice(7, day, u64::from(wave));
        for at in (1..order.len()).rev() {
            order.swap(at, dice.below(at + 1));
        }
        let mut shown = Vec::with_capacity(members.len() * self.world.given.slots);
        for (&rank, &reader) in order.iter().zip(&members) {
            self.compose(&slates.groups[rank % groups], &stories, reader, &mut shown);
        }
        Mailing {
            day,
            sent_at: at,
            members,
            shown,
        }
    }

    fn candidate(&self, at: usize) -> Candidate {
        let story = &self.stories[at];
        Candidate {
            story: story.id.clone(),
            category: story.category.clone(),
            source: story.source.clone(),
            published_at: story.published_at,
            boost: 1.0,
        }
    }

    fn compose(&mut self, slate: &Slate, stories: &[usize], reader: usize, out: &mut Vec<usize>) {
        let slots = self.world.given.slots;
        let is_new = |place: &&ranking::Place| place.section == Section::New;
        let fresh = slate.order.iter().take(slots).filter(is_new).count();
        let end = out.len() + slots;
        for (section, places) in [(Section::Top, slots - fresh), (Section::New, fresh)] {
            let allowed = slate
                .order
                .iter()
                .filter(|place| place.section == section)
                .map(|place| stories[place.candidate])
                .filter(|story| self.may_have(*story, reader));
            out.extend(allowed.take(places));
        }
        out.resize(end, NOTHING);
        for &story in &out[end - slots..] {
            if story != NOTHING && self.ours.repeats != Repeats::Any {
                let ledger = &mut self.ledger[story];
                if !ledger.once.add(reader) {
                    ledger.twice.add(reader);
                }
            }
        }
    }

    fn may_have(&self, story: usize, reader: usize) -> bool {
        let ledger = &self.ledger[story];
        match self.ours.repeats {
            Repeats::Any => true,
            Repeats::Unopened(most) => {
                let times = u8::from(ledger.once.has(reader)) + u8::from(ledger.twice.has(reader));
                times < most && !ledger.had.has(reader)
            }
        }
    }

    /// The first wave's clicks so far, for the second wave's choice.
    fn listen(&mut self, mailing: &Mailing, outcome: &Outcome, from: usize) {
        let heard: Vec<Event> = outcome
            .events
            .iter()
            .filter(|event| event.seconds < GAP as f64)
            .copied()
            .collect();
        let mut mailboxes = self.mailboxes_of(mailing);
        let judged = filter::judge(&self.seen(&heard), &mut mailboxes);
        let length = self.exposures.len();
        let cells = self.cells(mailing, (self.mean_rate * HEARD, &[]), &judged.credits);
        self.exposures.extend(cells);
        let list = self.world.readers.len() as f64;
        let stories = self.recent(mailing.sent_at - 40 * DAY, mailing.sent_at + GAP);
        let exposures = &self.exposures[from..];
        self.estimates = ranking::update(&self.estimates, exposures, stories, list, &self.config);
        self.exposures.truncate(length);
        // Views have gone on; what is read of them is as new as the clicks.
        self.estimates.views = self.views(mailing.sent_at + GAP);
    }

    /// The events as this variant sees them.
    fn seen(&self, events: &[Event]) -> Vec<Event> {
        let nameless = |event: &Event| match event.agent {
            Agent::Scanner if !self.ours.sees_names => Event {
                agent: Agent::Person,
                ..*event
            },
            Agent::Person
            | Agent::PrivacyProxy
            | Agent::ImageProxy
            | Agent::Scanner
            | Agent::Unknown => *event,
        };
        events.iter().map(nameless).collect()
    }

    fn mailboxes_of(&self, mailing: &Mailing) -> Vec<Mailbox> {
        mailing
            .members
            .iter()
            .map(|&reader| self.mailboxes[reader])
            .collect()
    }

    /// Judges a wave's events and remembers its cells.
    fn learn(&mut self, mailing: &Mailing, outcome: &Outcome) {
        let mut mailboxes = self.mailboxes_of(mailing);
        let mut judged = filter::judge(&self.seen(&outcome.events), &mut mailboxes);
        if self.ours.is_filtered {
            for (&reader, mailbox) in mailing.members.iter().zip(mailboxes) {
                self.mailboxes[reader] = mailbox;
            }
        } else {
            judged.credits = everything(&outcome.events);
        }
        let (visible, opens) = judged.opens();
        let (visible, opens) = (visible as f64, opens as f64);
        let rate = ranking::readers(visible, opens, self.mean_rate) / visible.max(1.0);
        self.mean_rate = 0.9 * self.mean_rate + 0.1 * rate;
        let cells = self.cells(mailing, (rate, &judged.looks), &judged.credits);
        self.sums.filtered(mailing.day, outcome, &judged.credits);
        for cell in &cells {
            if let Ok(story) = cell.story.parse::<usize>() {
                self.shown[story] = true;
                let about = (&self.stories[story], &self.estimates);
                self.sums.predicted(mailing.day, cell, about);
            }
        }
        self.exposures.extend(cells);
        self.remember(mailing, outcome, &judged.verdicts);
    }

    /// Who showed a sign of opening has had what stood there.
    fn remember(&mut self, mailing: &Mailing, outcome: &Outcome, verdicts: &[(Label, Reason)]) {
        if self.ours.repeats != Repeats::Any {
            let signs = outcome.events.iter().zip(verdicts);
            let mut last = usize::MAX;
            for (event, _) in signs.filter(|(_, verdict)| verdict.0 == Label::Human) {
                if event.mailbox != last {
                    last = event.mailbox;
                    let reader = mailing.members[last];
                    for &story in mailing.slate(last, self.world.given.slots) {
                        if story != NOTHING {
                            self.ledger[story].had.add(reader);
                        }
                    }
                }
            }
        }
    }

    /// Who was shown what where, added up.
    ///
    /// Of a cell's readers the opens that can be seen tell more than the wave's: who gets a story again is
    /// who opens seldom.
    fn cells(
        &self,
        mailing: &Mailing,
        (rate, looks): (f64, &[Look]),
        credits: &[filter::Credit],
    ) -> Vec<Exposure> {
        let slots = self.world.given.slots;
        let mut cells: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
        let mut counts = vec![[0u32; 3]; slots * self.world.articles.len()];
        for member in 0..mailing.members.len() {
            let look = looks.get(member).copied().unwrap_or(Look::Hidden);
            for (slot, &story) in mailing.slate(member, slots).iter().enumerate() {
                if story != NOTHING {
                    let count = &mut counts[story * slots + slot];
                    count[0] += 1;
                    count[1] += u32::from(look != Look::Hidden);
                    count[2] += u32::from(look == Look::Opened);
                }
            }
        }
        let readers = |[_, visible, opened]: [u32; 3]| {
            let (visible, opened) = (f64::from(visible), f64::from(opened));
            ranking::readers(visible, opened, rate) / visible.max(1.0)
        };
        let mut rates = BTreeMap::new();
        for (at, count) in counts
            .into_iter()
            .enumerate()
            .filter(|(_, count)| count[0] > 0)
        {
            let place = (at / slots, at % slots);
            cells.insert(place, (f64::from(count[0]), 0.0));
            let own = if count[1] == 0 { rate } else { readers(count) };
            rates.insert(place, own);
        }
        for credit in credits {
            let slate = mailing.slate(credit.mailbox, slots);
            if let Some(slot) = slate.iter().position(|story| *story == credit.story) {
                cells.entry((credit.story, slot)).or_default().1 += credit.weight;
            }
        }
        let exposure =
            |((story, slot), (recipients, credit)): ((usize, usize), (f64, f64))| Exposure {
                edition: format!("{:04}", mailing.day),
                story: id(story),
                position: u32::try_from(slot + 1).unwrap_or(u32::MAX),
                sent_at: mailing.sent_at,
                recipients,
                readers: recipients * rates.get(&(story, slot)).copied().unwrap_or(rate),
                credit,
                first: !self.shown[story],
                list: List::default(),
            };
        cells.into_iter().map(exposure).collect()
    }
}

fn id(story: usize) -> String {
    format!("{story:06}")
}

/// Every click once, whoever made it.
fn everything(events: &[Event]) -> Vec<filter::Credit> {
    let mut pairs: Vec<(usize, usize)> = events
        .iter()
        .filter_map(|event| match event.kind {
            Kind::Click(story) => Some((event.mailbox, story)),
            Kind::Open => None,
        })
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
        .into_iter()
        .map(|(mailbox, story)| filter::Credit {
            mailbox,
            story,
            weight: 1.0,
        })
        .collect()
}
