//! Exposures as the estimate reads them: numbers and indices, nothing odd left.
//!
//! Takes whatever the caller has; promises that every figure is finite and not negative, that ages
//! are not negative, and that the order of the rows given does not matter.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::lookup::Map;
use super::{Config, Exposure, Limits, Story};

/// Share of recipients taken to open before anything is known.
pub const DEFAULT_OPEN_RATE: f64 = 0.3;

/// Recipients whose opens the usual rate stands in for in [`readers`].
const OPEN_RATE_WEIGHT: f64 = 30.0;

/// Positions learned apart; those below share the weight of the last.
const MAX_POSITIONS: usize = 64;

/// No count in a digest is larger; keeps sums of any input finite.
const LARGEST: f64 = 1e12;

/// Lists told apart; those beyond count as one.
const MOST_LISTS: usize = 16;

/// Ages stop here: older news is old news, and powers of it must not underflow.
const OLDEST_DAYS: f64 = 365.0;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// How many of those sent a mail read it, counting only honest opens.
///
/// `sent` and `opens` are of mailboxes that do not hide opens; `mean_rate` is the usual share,
/// [`DEFAULT_OPEN_RATE`] at first, and weighs as much as 30 mails. Never more than `sent`. For all
/// recipients of a wave, multiply with recipients ÷ `sent`.
#[must_use]
pub fn readers(sent: f64, opens: f64, mean_rate: f64) -> f64 {
    let sent = count(sent);
    let opens = count(opens).min(sent);
    let usual = within(mean_rate, 0.0, 1.0, DEFAULT_OPEN_RATE);
    sent * (opens + OPEN_RATE_WEIGHT * usual) / (sent + OPEN_RATE_WEIGHT)
}

/// A number inside its range; what is not a number becomes `otherwise`.
pub(super) fn within(value: f64, low: f64, high: f64, otherwise: f64) -> f64 {
    if value.is_nan() {
        otherwise
    } else {
        value.clamp(low, high)
    }
}

/// Days from publication to `at`, from 0 (a date in the future) to a year.
pub(super) fn age_days(published_at: i64, at: i64) -> f64 {
    let seconds = at.saturating_sub(published_at) as f64;
    (seconds / SECONDS_PER_DAY).clamp(0.0, OLDEST_DAYS)
}

/// A count that sums and quotients stay finite with; below a millionth it is nothing.
pub(super) fn count(value: f64) -> f64 {
    if value < 1e-6 {
        0.0
    } else {
        within(value, 0.0, LARGEST, 0.0)
    }
}

impl Config {
    /// The same with every number in a range in which the formulas hold.
    pub(super) fn in_range(&self) -> Self {
        let usual = Self::default();
        Self {
            prior_rate: within(self.prior_rate, 1e-6, 1.0, usual.prior_rate),
            prior_shape: within(self.prior_shape, 0.01, 1e6, usual.prior_shape),
            half_life_days: within(self.half_life_days, 0.01, OLDEST_DAYS, usual.half_life_days),
            novelty: within(self.novelty, 0.0, 10.0, usual.novelty),
            position_exponent: within(self.position_exponent, 0.0, 5.0, usual.position_exponent),
            window_editions: self.window_editions.max(1),
            limits: self.limits.in_range(),
        }
    }
}

impl Limits {
    /// The same with a repeat factor that never rewards repeating.
    pub(super) fn in_range(&self) -> Self {
        Self {
            repeat_factor: within(self.repeat_factor, 0.0, 1.0, 1.0),
            ..*self
        }
    }
}

/// One exposure, ready to calculate with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub(super) story: usize,
    /// Position counted from 0.
    pub(super) slot: usize,
    /// When the first mail of its edition left.
    start: i64,
    pub(super) age_days: f64,
    pub(super) readers: f64,
    pub(super) credit: f64,
    /// Share of the list it adds to a story's reach in the top slot.
    share: f64,
    pub(super) first: bool,
    list: usize,
}

/// An exposure too old to learn from.
#[derive(Debug, Clone, Copy)]
struct Older {
    story: usize,
    list: usize,
    slot: usize,
    share: f64,
}

/// Indices of a story's source and category; `None` when not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Labels {
    pub(super) source: Option<usize>,
    pub(super) category: Option<usize>,
}

/// All exposures and stories, sorted and interned.
#[derive(Debug)]
pub(super) struct Table<'a> {
    /// Those learned from, by story, then by the edition's start.
    pub(super) cells: Vec<Cell>,
    /// Those before the window, by story; all they say is how many looked.
    older: Vec<Older>,
    /// Ascending; a cell's `story` points here.
    pub(super) ids: Vec<&'a str>,
    /// As long as `ids`.
    pub(super) labels: Vec<Labels>,
    pub(super) sources: Vec<&'a str>,
    pub(super) categories: Vec<&'a str>,
    /// How many lists there are, that of the digest which is ranked among them.
    lists: usize,
    /// Positions to learn.
    pub(super) slots: usize,
    pub(super) editions: usize,
    pub(super) skipped: usize,
}

impl<'a> Table<'a> {
    /// Reads the exposures; those before the window count for reach only.
    pub(super) fn read(
        exposures: &'a [Exposure],
        stories: &'a [Story],
        list_size: f64,
        config: &Config,
    ) -> Self {
        let mut stories: Vec<&Story> = stories.iter().collect();
        stories.sort_by(|a, b| a.id.cmp(&b.id));
        stories.dedup_by(|later, kept| later.id == kept.id);
        let sources = names(stories.iter().map(|story| story.source.as_str()));
        let categories = names(stories.iter().map(|story| story.category.as_str()));
        let labels = stories
            .iter()
            .map(|story| Labels {
                source: sources.binary_search(&story.source.as_str()).ok(),
                category: categories.binary_search(&story.category.as_str()).ok(),
            })
            .collect();
        let window = Window::read(exposures, config.window_editions);
        let mut table = Self {
            cells: Vec::new(),
            older: Vec::new(),
            ids: stories.iter().map(|story| story.id.as_str()).collect(),
            labels,
            sources,
            categories,
            lists: 1,
            slots: 0,
            editions: window.editions,
            skipped: 0,
        };
        table.fill(exposures, &stories, &window, list_size);
        table
    }

    fn fill(&mut self, exposures: &[Exposure], stories: &[&Story], window: &Window<'_>, list: f64) {
        let index: Map<&str, usize> = stories
            .iter()
            .enumerate()
            .map(|(at, story)| (story.id.as_str(), at))
            .collect();
        let list = within(list, 1.0, LARGEST, 1.0);
        let usual = usual_rate(exposures);
        // Rows of one edition mostly come together: looking it up once in a run is enough.
        let mut last: Option<(&str, i64, bool)> = None;
        for exposure in exposures {
            let Some(&story) = index.get(exposure.story.as_str()) else {
                self.skipped += 1;
                continue;
            };
            let (start, is_held) = match last {
                Some((edition, start, is_held)) if edition == exposure.edition => (start, is_held),
                _ => {
                    let start = window.start(exposure);
                    (start, window.holds(exposure, start))
                }
            };
            last = Some((&exposure.edition, start, is_held));
            let recipients = count(exposure.recipients);
            let readers = count(exposure.readers);
            // Nobody could be counted: nothing is known of clicks, but it was shown all the same.
            let attention = if usual > 0.0 && readers > 0.0 {
                readers / usual
            } else {
                recipients
            };
            let of = usize::try_from(exposure.list.number).unwrap_or(usize::MAX);
            let of = of.min(MOST_LISTS - 1);
            self.lists = self.lists.max(of + 1);
            let list = if of == 0 {
                list
            } else {
                within(exposure.list.readers, 1.0, LARGEST, 1.0)
            };
            let cell = Cell {
                story,
                list: of,
                slot: slot(exposure.position),
                start,
                age_days: age_days(stories[story].published_at, exposure.sent_at),
                readers,
                // Nobody is worth more than one click on one story, whatever a row says.
                credit: count(exposure.credit).min(if readers > 0.0 {
                    readers
                } else {
                    recipients
                }),
                // Bounded, so that an odd row (readers without recipients, a list of one) does not
                // tire the story for good.
                share: (attention.min(4.0 * recipients) / list).min(4.0),
                first: exposure.first,
            };
            self.slots = self.slots.max(cell.slot + 1);
            if is_held {
                self.cells.push(cell);
            } else {
                self.older.push(Older {
                    story,
                    list: of,
                    slot: cell.slot,
                    share: cell.share,
                });
            }
        }
        self.older.sort_unstable_by(|a, b| {
            let by_share = || a.share.total_cmp(&b.share);
            (a.story, a.list, a.slot)
                .cmp(&(b.story, b.list, b.slot))
                .then_with(by_share)
        });
        // Cells that are equal in everything can change places without a trace.
        self.cells.sort_unstable_by(order);
    }

    /// How much of its list had looked at each cell's story in earlier editions.
    ///
    /// Also, per story, the sum over all editions of the digest that is ranked. Waves of one edition
    /// reach different people and do not count against each other.
    pub(super) fn reach(&self, positions: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let at = |story: usize, list: usize| story * self.lists + list;
        let mut totals = vec![0.0; self.ids.len() * self.lists];
        for older in &self.older {
            totals[at(older.story, older.list)] += older.share * positions[older.slot];
        }
        let mut before = Vec::with_capacity(self.cells.len());
        let (mut place, mut start, mut earlier) = (usize::MAX, i64::MIN, 0.0);
        for cell in &self.cells {
            let here = at(cell.story, cell.list);
            if here != place || cell.start != start {
                (place, start, earlier) = (here, cell.start, totals[here]);
            }
            before.push(earlier);
            totals[here] += cell.share * positions[cell.slot];
        }
        (before, totals.into_iter().step_by(self.lists).collect())
    }
}

/// When editions began, and from which on we learn.
struct Window<'a> {
    starts: Map<&'a str, i64>,
    oldest: Option<(i64, &'a str)>,
    editions: usize,
}

impl<'a> Window<'a> {
    fn read(exposures: &'a [Exposure], editions: usize) -> Self {
        let mut starts: Map<&str, i64> = Map::default();
        let same = |a: &Exposure, b: &Exposure| a.edition == b.edition;
        for run in exposures.chunk_by(same) {
            let first = run.iter().map(|exposure| exposure.sent_at).min();
            let first = first.unwrap_or(i64::MAX);
            let start = starts.entry(&run[0].edition).or_insert(first);
            *start = first.min(*start);
        }
        let mut order: Vec<(i64, &str)> = starts.iter().map(|(&id, &start)| (start, id)).collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        order.truncate(editions);
        Self {
            starts,
            oldest: order.last().copied(),
            editions: order.len(),
        }
    }

    fn start(&self, exposure: &Exposure) -> i64 {
        self.starts
            .get(exposure.edition.as_str())
            .copied()
            .unwrap_or(exposure.sent_at)
    }

    fn holds(&self, exposure: &Exposure, start: i64) -> bool {
        self.oldest
            .is_some_and(|oldest| (start, exposure.edition.as_str()) >= oldest)
    }
}

fn names<'a>(labels: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    labels
        .filter(|name| !name.is_empty())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn slot(position: u32) -> usize {
    usize::try_from(position)
        .unwrap_or(usize::MAX)
        .clamp(1, MAX_POSITIONS)
        - 1
}

/// Share of recipients who read, over all cells; 0 when nobody was mailed.
fn usual_rate(exposures: &[Exposure]) -> f64 {
    let mut pairs: Vec<(f64, f64)> = exposures
        .iter()
        .map(|e| (count(e.readers), count(e.recipients)))
        .collect();
    // Sums depend on their order; sorted, the order of the rows given does not matter.
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let readers: f64 = pairs.iter().map(|pair| pair.0).sum();
    let recipients: f64 = pairs.iter().map(|pair| pair.1).sum();
    if recipients > 0.0 {
        (readers / recipients).min(1.0)
    } else {
        0.0
    }
}

fn order(a: &Cell, b: &Cell) -> Ordering {
    (a.story, a.list, a.start, a.slot, a.first)
        .cmp(&(b.story, b.list, b.start, b.slot, b.first))
        .then_with(|| a.age_days.total_cmp(&b.age_days))
        .then_with(|| a.readers.total_cmp(&b.readers))
        .then_with(|| a.credit.total_cmp(&b.credit))
        .then_with(|| a.share.total_cmp(&b.share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::List;

    fn shown(edition: &str, sent_at: i64, position: u32) -> Exposure {
        Exposure {
            edition: edition.to_owned(),
            story: "a".to_owned(),
            position,
            sent_at,
            recipients: 100.0,
            readers: 30.0,
            credit: 1.0,
            first: false,
            list: List::default(),
        }
    }

    fn story() -> Story {
        Story {
            id: "a".into(),
            category: String::new(),
            source: "X".into(),
            published_at: 0,
        }
    }

    #[test]
    fn readers_are_drawn_to_the_usual_rate() {
        for (sent, opens, usual, expected) in [
            (0.0, 0.0, 0.3, 0.0),
            (30.0, 0.0, 0.3, 4.5),
            (30.0, 30.0, 0.3, 19.5),
            (30.0, 900.0, 0.3, 19.5),
            (30.0, 30.0, f64::NAN, 19.5),
            (f64::NAN, 3.0, 0.3, 0.0),
            (970.0, 485.0, 0.5, 485.0),
        ] {
            let found = readers(sent, opens, usual);
            assert!(
                (found - expected).abs() < 1e-9,
                "{sent} {opens} {usual}: {found}"
            );
        }
    }

    #[test]
    fn a_date_in_the_future_is_age_zero() {
        for (published, at, expected) in [
            (0, 86_400, 1.0),
            (86_400, 0, 0.0),
            (i64::MIN, i64::MAX, OLDEST_DAYS),
            (i64::MAX, i64::MIN, 0.0),
        ] {
            assert!((age_days(published, at) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn waves_of_one_edition_do_not_tire_each_other() {
        let rows = [shown("1", 0, 1), shown("1", 900, 2), shown("2", 5000, 1)];
        let stories = [story()];
        let table = Table::read(&rows, &stories, 100.0, &Config::default());
        let (before, totals) = table.reach(&[1.0, 0.5]);
        assert_eq!(before, [0.0, 0.0, 1.5]);
        assert_eq!(totals, [2.5]);
    }

    #[test]
    fn what_another_list_has_seen_tires_nobody_here() {
        let other = List {
            number: 3,
            readers: 100.0,
        };
        let rows = [
            shown("1", 0, 1),
            Exposure {
                list: other,
                ..shown("2", 5000, 1)
            },
            Exposure {
                list: other,
                ..shown("3", 9000, 1)
            },
        ];
        let stories = [story()];
        let table = Table::read(&rows, &stories, 100.0, &Config::default());
        let (before, totals) = table.reach(&[1.0]);
        assert_eq!(before, [0.0, 0.0, 1.0]);
        assert_eq!(totals, [1.0]);
    }

    #[test]
    fn outside_the_window_only_reach_counts() {
        let rows = [shown("1", 0, 1), shown("2", 5000, 1)];
        let stories = [story()];
        let config = Config {
            window_editions: 1,
            ..Config::default()
        };
        let table = Table::read(&rows, &stories, 100.0, &config);
        let credits: Vec<f64> = table.cells.iter().map(|cell| cell.credit).collect();
        assert_eq!(credits, [1.0]);
        assert_eq!(table.reach(&[1.0]).0, [1.0]);
        assert_eq!(table.reach(&[1.0]).1, [2.0]);
        assert_eq!(table.editions, 1);
    }

    #[test]
    fn a_cell_without_its_story_is_counted_not_used() {
        let rows = [shown("1", 0, 1)];
        let table = Table::read(&rows, &[], 100.0, &Config::default());
        assert_eq!((table.cells.len(), table.skipped), (0, 1));
    }

    #[test]
    fn positions_stay_within_what_is_learned() {
        for (position, expected) in [(0, 0), (1, 0), (10, 9), (64, 63), (65, 63), (u32::MAX, 63)] {
            assert_eq!(slot(position), expected);
        }
    }
}
