//! A news site and its readers, made of numbers.
//!
//! From parameters and a seed to articles with a true appeal and readers with true habits. The same
//! seed gives the same world to every policy, so that policies differ by what they do and by
//! nothing else.

use serde::Serialize;

use super::dice::Dice;

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// How readers go through a mail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Each place is looked at by itself, with position^−this.
    Positions(f64),
    /// From the top, going on with .88, after a click with .6.
    Cascade,
    /// Four places above the fold, a quarter of the attention below.
    Fold,
}

impl Reading {
    /// The share of openers who look at a place, counted from 0.
    pub(super) fn attention(self, slot: usize) -> f64 {
        let position = (slot + 1) as f64;
        match self {
            Self::Positions(slope) => position.powf(-slope),
            Self::Cascade => 0.88f64.powf(position - 1.0),
            Self::Fold if slot < 4 => position.powf(-0.15),
            Self::Fold => 0.25 * position.powf(-0.15),
        }
    }
}

/// What a world is like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parameters {
    /// People on the list.
    pub readers: usize,
    /// Daily editions.
    pub days: usize,
    /// New articles each day.
    pub articles: usize,
    /// Stories in an edition.
    pub slots: usize,
    /// How the mail is read.
    pub reading: Reading,
    /// Mean chance of a click on a fresh story that is looked at.
    pub appeal: f64,
    /// Spread (of the logarithm) of appeal between articles of a source and category.
    pub article_spread: f64,
    /// Spread between sources.
    pub source_spread: f64,
    /// Spread between categories.
    pub category_spread: f64,
    /// Median half-life of interest, in days.
    pub half_life_days: f64,
    /// Share of mailboxes whose pictures a privacy proxy loads.
    pub proxied: f64,
    /// Share of mailboxes that are scanned.
    pub scanned: f64,
    /// Shares of the three kinds of scanners: all links at once, many links in minutes, the top three.
    pub scanners: [f64; 3],
    /// Share of scanners of the first two kinds that give their name.
    pub named_scanners: f64,
    /// Chance that a scanner scans a given edition.
    pub scan_chance: f64,
    /// Interest left in a story that was looked at before.
    pub repeat_interest: f64,
    /// Share of the articles that one source publishes; 0 where all publish as usual.
    pub main_source: f64,
    /// Share of mailboxes whose clicks are for sale; every fifth day somebody buys them for one story.
    pub bought: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            readers: 10_000,
            days: 60,
            articles: 40,
            slots: 10,
            reading: Reading::Positions(0.6),
            appeal: 0.03,
            article_spread: 0.70,
            source_spread: 0.25,
            category_spread: 0.25,
            half_life_days: 1.5,
            proxied: 0.5,
            scanned: 0.05,
            scanners: [0.60, 0.25, 0.15],
            named_scanners: 0.5,
            scan_chance: 1.0,
            repeat_interest: 0.3,
            main_source: 0.0,
            bought: 0.0,
        }
    }
}

/// Categories of every world.
pub(super) const CATEGORIES: usize = 8;

/// Sources of every world.
pub(super) const SOURCES: usize = 12;

/// An article.
#[derive(Debug, Clone, Copy)]
pub(super) struct Article {
    /// In seconds; the first edition leaves at 0.
    pub(super) published_at: i64,
    /// How attractive it is, as a deviation of the logarithm.
    pub(super) lift: f64,
    /// What its source and category alone say of that.
    pub(super) known_lift: f64,
    /// Chance of a click by a mean reader who looks at it when it is fresh.
    pub(super) appeal: f64,
    pub(super) half_life_days: f64,
    pub(super) category: usize,
    pub(super) source: usize,
    /// The first article that tells the same story; often itself.
    pub(super) story: usize,
    /// Views outside the mail on the first day, if it did not fade.
    pub(super) views_a_day: f64,
    /// Whether somebody bought clicks for it.
    pub(super) is_bought: bool,
}

impl Article {
    pub(super) fn age_days(&self, at: i64) -> f64 {
        (at - self.published_at).max(0) as f64 / DAY as f64
    }

    /// What is left of its appeal.
    pub(super) fn interest(&self, at: i64) -> f64 {
        self.appeal * self.left(at)
    }

    pub(super) fn left(&self, at: i64) -> f64 {
        0.5f64.powf(self.age_days(at) / self.half_life_days)
    }

    /// Views expected up to now.
    pub(super) fn expected_views(&self, at: i64) -> f64 {
        self.views_a_day * self.half_life_days / std::f64::consts::LN_2 * (1.0 - self.left(at))
    }
}

/// What scans a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scanner {
    /// All links, a tenth of a second apart.
    Everything,
    /// Every other link within minutes.
    Samples,
    /// The first three links, like a slow person.
    Slow,
}

/// Somebody on the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    pub(super) opens: f64,
    pub(super) is_proxied: bool,
    pub(super) shows_pictures: bool,
    pub(super) scanner: Option<Scanner>,
    pub(super) scanner_is_named: bool,
    /// Whether it clicks what it is paid for.
    pub(super) is_for_sale: bool,
    pub(super) affinity: [f64; CATEGORIES],
}

/// One world.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) given: Parameters,
    /// By publication.
    pub(super) articles: Vec<Article>,
    pub(super) readers: Vec<Reader>,
}

impl World {
    pub(super) fn new(seed: u64, given: Parameters) -> Self {
        Self {
            seed,
            given,
            articles: articles(seed, &given),
            readers: readers(seed, &given),
        }
    }

    /// Stories (their first articles) published after `from` and up to `to`.
    pub(super) fn stories(&self, from: i64, to: i64) -> impl Iterator<Item = usize> {
        let start = self
            .articles
            .partition_point(|article| article.published_at <= from);
        let end = self
            .articles
            .partition_point(|article| article.published_at <= to);
        (start..end.max(start)).filter(|&at| self.articles[at].story == at)
    }
}

fn articles(seed: u64, given: &Parameters) -> Vec<Article> {
    let mut dice = Dice::new(&[seed, 1]);
    let sources: Vec<f64> = (0..SOURCES)
        .map(|_| given.source_spread * dice.normal())
        .collect();
    let categories: Vec<f64> = (0..CATEGORIES)
        .map(|_| given.category_spread * dice.normal())
        .collect();
    let variance = [
        given.article_spread,
        given.source_spread,
        given.category_spread,
    ]
    .map(|spread| spread * spread)
    .iter()
    .sum::<f64>();
    let spread = variance.sqrt();
    let mut weights: Vec<f64> = (1..=SOURCES).map(|rank| (rank as f64).powf(-0.7)).collect();
    if given.main_source > 0.0 {
        let others: f64 = weights[1..].iter().sum();
        weights[0] = others * given.main_source / (1.0 - given.main_source).max(0.01);
    }
    let mut buyers = Dice::new(&[seed, 8]);
    let mut articles: Vec<Article> = Vec::with_capacity(given.days * given.articles);
    for day in 0..given.days {
        let bought = buyers.below(given.articles);
        let is_sold = given.bought > 0.0 && day % 5 == 4;
        let mut times: Vec<i64> = (0..given.articles).map(|_| dice.second_of_day()).collect();
        times.sort_unstable();
        for (number, time) in times.into_iter().enumerate() {
            let published_at = (i64::try_from(day).unwrap_or(0) - 1) * DAY + 1 + time;
            let own = given.article_spread * dice.normal();
            let category = dice.below(CATEGORIES);
            let source = dice.weighted(&weights);
            let known_lift = sources[source] + categories[category];
            let lift = own + known_lift;
            let lasting = dice.chance(0.15);
            let half_life = given.half_life_days * (0.3 * dice.normal()).exp();
            let views_lift = 0.7 * lift + (1.0f64 - 0.49).sqrt() * spread * dice.normal();
            let views = (0.7 * dice.normal() - 0.245).exp();
            let mut article = Article {
                published_at,
                lift,
                known_lift,
                appeal: (given.appeal * (lift - variance / 2.0).exp()).min(0.6),
                half_life_days: if lasting { 8.0 } else { half_life },
                category,
                source,
                story: articles.len(),
                views_a_day: 40.0 * (views_lift - variance / 2.0).exp() * views,
                is_bought: is_sold && number == bought,
            };
            // Drawn always, so that one copy more does not change all that follows.
            let (copies, which, change) = (dice.chance(0.12), dice.next(), dice.normal());
            let recent = articles.partition_point(|a| a.published_at < published_at - 36 * 3600);
            if copies && recent < articles.len() {
                let original = recent + super::dice::below(which, articles.len() - recent);
                let original = articles[articles[original].story];
                article.story = original.story;
                article.category = original.category;
                article.half_life_days = original.half_life_days;
                article.appeal = (original.appeal * (0.15 * change).exp()).min(0.6);
            }
            articles.push(article);
        }
    }
    articles
}

fn readers(seed: u64, given: &Parameters) -> Vec<Reader> {
    let mut dice = Dice::new(&[seed, 2]);
    let mut sellers = Dice::new(&[seed, 10]);
    (0..given.readers)
        .map(|_| {
            let opens = dice.beta(1.5, 3.0);
            let is_proxied = dice.chance(given.proxied);
            let shows_pictures = dice.chance(0.9);
            let is_scanned = dice.chance(given.scanned);
            let kind = match dice.weighted(&given.scanners) {
                0 => Scanner::Everything,
                1 => Scanner::Samples,
                _ => Scanner::Slow,
            };
            let is_named = dice.chance(given.named_scanners);
            let affinity = std::array::from_fn(|_| (0.5 * dice.normal() - 0.125).exp());
            Reader {
                opens,
                is_proxied,
                shows_pictures,
                scanner: is_scanned.then_some(kind),
                scanner_is_named: is_named && kind != Scanner::Slow,
                is_for_sale: sellers.chance(given.bought),
                affinity,
            }
        })
        .collect()
}
