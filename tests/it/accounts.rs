//! What became of editions: who could have seen which story where, and who followed it.

use std::collections::BTreeMap;

use courant::database::Database;
use courant::edition::cadence::Every;
use courant::edition::{Digest, slates};
use courant::engagement::accounts::{self, Account, Place};
use courant::engagement::{EventKind, store};
use courant::links::{Kind, Token};
use courant::pipeline::{self, Ranking};
use courant::tracking::Tracking;
use jiff::ToSpan as _;

use super::support::databases;
use super::support::site::{Day, PHONE, Site, morning};

const APPLE: &str = "Mozilla/5.0";
const GMAIL: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";

async fn account(database: &Database, day: &Day, hours: i64) -> Account {
    let mut reader = database.reader().await.unwrap();
    let at = day.edition.built_at + hours.hours();
    accounts::of(&mut reader, &day.edition, at.as_second())
        .await
        .unwrap()
}

/// The link and the place of a story of a reader's copy, counted from 0.
fn at(day: &Day, reader: i64, story: usize) -> (u16, u32) {
    let placed = day.edition.copy(&day.variants[&reader]);
    (placed[story].entry.link, placed[story].position)
}

/// Presses links of a copy, the first after so many seconds, the others so much later each.
async fn presses(
    site: &Site<'_>,
    day: &Day,
    reader: i64,
    stories: &[usize],
    (from, step): (i64, i64),
) {
    let mut seconds = from;
    for story in stories {
        let (link, _) = at(day, reader, *story);
        let whose = (&day.edition, reader);
        site.asked(whose, EventKind::Click(link), PHONE, seconds)
            .await;
        seconds += step;
    }
}

async fn rank(site: &Site<'_>, day: i64) -> Ranking {
    let mut reader = site.database.reader().await.unwrap();
    let digest = &site.config.digest[0];
    pipeline::rank(&mut reader, &site.config, digest, morning(day))
        .await
        .unwrap()
}

fn clicks(ranking: &Ranking) -> BTreeMap<String, f64> {
    let scores = ranking.scores.iter();
    let clicked = scores.filter(|score| score.parts.clicks > 0.0);
    clicked
        .map(|score| (score.story.clone(), score.parts.clicks))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_is_counted_where_it_stood_and_people_apart_from_programs() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 40).await;
        let day = site.sent(0, 30).await;
        let mut expected: BTreeMap<Place, u64> = BTreeMap::new();
        for variant in day.variants.values() {
            for placed in day.edition.copy(variant) {
                let place = Place {
                    wave: 1,
                    link: placed.entry.link,
                    position: placed.position,
                };
                *expected.entry(place).or_default() += 1;
            }
        }
        // A reader who looks, one behind each kind of proxy, one whose pictures load on delivery.
        let open = async |reader: usize, agent: &str, seconds| {
            let whose = (&day.edition, site.readers[reader]);
            site.asked(whose, EventKind::Open, agent, seconds).await;
        };
        open(0, PHONE, 3600).await;
        open(1, APPLE, 20).await;
        open(2, GMAIL, 900).await;
        open(3, PHONE, 20).await;
        // A reader follows one story twice, a scanner three at once, somebody far too late.
        presses(&site, &day, site.readers[4], &[2, 2], (4000, 500)).await;
        presses(&site, &day, site.readers[5], &[0, 1, 2, 3], (600, 1)).await;
        presses(&site, &day, site.readers[6], &[0], (3 * 86_400, 0)).await;
        // A scanner with a browser's name follows a link at once, its reader the same one later.
        presses(&site, &day, site.readers[7], &[1], (3, 0)).await;
        presses(&site, &day, site.readers[7], &[1], (7200, 0)).await;

        let found = account(&scratch.database, &day, 24 * 5).await;
        let copies: BTreeMap<Place, u64> = found
            .cells
            .iter()
            .map(|(place, cell)| (*place, cell.recipients))
            .collect();
        assert_eq!(copies, expected);
        let wave = found.waves[&1];
        assert_eq!((wave.recipients, wave.counted, wave.visible), (40, 40, 39));
        assert_eq!((wave.opens, wave.proxied, wave.signs), (2, 1, 4));
        // By hour it is the same readers: each once, when they first did something.
        let hours = |part: fn(&accounts::Hour) -> u64| {
            let hours = found.hours.iter().filter(|(_, hour)| part(hour) > 0);
            let first = morning(0).as_second() / 3600;
            hours
                .map(|(moment, hour)| (moment.hour - first, part(hour)))
                .collect::<Vec<_>>()
        };
        assert_eq!(hours(|hour| hour.sent), [(0, 40)]);
        assert_eq!(hours(|hour| hour.counted), [(0, 40)]);
        assert_eq!(hours(|hour| hour.opens), [(0, 1), (1, 2), (2, 1)]);
        assert_eq!(hours(|hour| hour.clicks), [(1, 1), (2, 1)]);
        assert!(found.hours.keys().all(|moment| moment.service == "others"));
        let followed = |reader: usize, story| {
            let (link, position) = at(&day, site.readers[reader], story);
            let place = Place {
                wave: 1,
                link,
                position,
            };
            found.cells[&place]
        };
        assert!(followed(4, 2).people >= 1 && followed(4, 2).credit >= 1.0);
        assert!(followed(7, 1).people >= 1 && followed(7, 1).credit >= 1.0);
        let sum = |part: fn(&accounts::Cell) -> f64| found.cells.values().map(part).sum::<f64>();
        assert_eq!(sum(|cell| cell.credit), 2.0);
        assert_eq!(found.cells.values().map(|c| c.people).sum::<u64>(), 2);
        assert_eq!(found.cells.values().map(|c| c.machines).sum::<u64>(), 4);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_settled_once_whatever_happens_meanwhile() {
    for scratch in databases::each().await {
        let database = &scratch.database;
        let mut site = Site::new(database, slates::Config::default(), 30).await;
        let day = site.day(0, 30, |index| index % 3 == 0).await;
        for (index, reader) in site.readers.iter().enumerate().take(12) {
            presses(&site, &day, *reader, &[index % 4], (4000, 0)).await;
        }
        let expected = account(database, &day, 72).await;
        let now = morning(3).as_second();
        let page = || accounts::settle_page(database, &day.edition, now, 7);
        // Killed after a page; then two at once, and again when all is done.
        assert!(!page().await.unwrap());
        let both = async || while !page().await.unwrap() {};
        tokio::join!(both(), both());
        accounts::settle(database, &day.edition, now).await.unwrap();
        let mut reader = database.reader().await.unwrap();
        let kept = store::account(&mut reader, &day.edition.id).await.unwrap();
        assert_eq!(kept, expected);
        // What comes later changes nothing any more.
        drop(reader);
        presses(&site, &day, site.readers[20], &[0], (4000, 0)).await;
        assert_eq!(account(database, &day, 99).await, expected);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_settles_what_is_over_and_learns_the_same_from_it() {
    let scratch = databases::sqlite().await;
    let mut site = Site::new(&scratch.database, slates::Config::default(), 60).await;
    let day = site.day(0, 20, |index| index % 2 == 0).await;
    for reader in &site.readers[..20] {
        presses(&site, &day, *reader, &[0], (5000, 0)).await;
    }
    let before = rank(&site, 3).await;
    site.publish(3, 5).await;
    site.build(3).await;
    let mut reader = scratch.database.reader().await.unwrap();
    let settled = store::settlement(&mut reader, &day.edition.id)
        .await
        .unwrap();
    assert!(settled.unwrap().settled_at.is_some());
    drop(reader);
    let after = rank(&site, 3).await;
    assert_eq!(clicks(&before), clicks(&after));
    assert_eq!(before.estimates.positions, after.estimates.positions);
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_scanners_moves_nothing() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 50).await;
        let day = site.sent(0, 30).await;
        for reader in &site.readers[..10] {
            presses(&site, &day, *reader, &[1], (5000, 0)).await;
        }
        let quiet = clicks(&rank(&site, 1).await);
        assert!(!quiet.is_empty());
        // Three in ten mailboxes follow everything, at once or one by one within a few minutes.
        for (index, reader) in site.readers[20..35].iter().enumerate() {
            let step = if index % 2 == 0 { 0 } else { 12 };
            presses(&site, &day, *reader, &[0, 1, 2, 3, 4, 5, 6], (40, step)).await;
        }
        assert_eq!(clicks(&rank(&site, 1).await), quiet);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_without_identity_teach_the_ranking_and_keep_nobody() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 40).await;
        site.config.tracking.mode = Tracking::Aggregate;
        let day = site.sent(0, 20).await;
        assert_eq!(day.edition.frame.tracking, Tracking::Aggregate);
        let reader = site.readers[3];
        let (link, position) = at(&day, reader, 1);
        let place = (1, u16::try_from(position).unwrap());
        let number = day.edition.number;
        let click = Token::anonymous(number, place, Kind::Click(link));
        for seconds in [3000, 4000] {
            site.pressed((&day.edition, click), PHONE, seconds).await;
        }
        site.pressed((&day.edition, click), APPLE, 4000).await;
        // A place no copy has, and a link that says who: neither counts.
        let nowhere = Token::anonymous(number, (1, 900), Kind::Click(link));
        site.pressed((&day.edition, nowhere), PHONE, 4000).await;
        let named = (&day.edition, reader);
        site.asked(named, EventKind::Click(link), PHONE, 4000).await;
        site.asked(named, EventKind::Open, PHONE, 4000).await;
        let mut conn = scratch.database.reader().await.unwrap();
        let tallies = store::tallies(&mut conn, &day.edition.id).await.unwrap();
        assert_eq!(tallies, [], "nobody is noted");
        drop(conn);
        let found = account(&scratch.database, &day, 24).await;
        assert_eq!(found.cells.values().map(|c| c.people).sum::<u64>(), 2);
        assert_eq!(found.cells.values().map(|c| c.machines).sum::<u64>(), 1);
        let ranking = rank(&site, 1).await;
        let story = day.edition.entries[usize::from(link)].article.id.as_str();
        assert_eq!(clicks(&ranking).into_keys().collect::<Vec<_>>(), [story]);
        // A storm of clicks counts for no more than everybody who read.
        for seconds in 0..200 {
            site.pressed((&day.edition, click), PHONE, 5000 + seconds)
                .await;
        }
        let most = clicks(&rank(&site, 1).await)[story];
        assert!(
            most < 12.0,
            "{most} clicks of forty readers in eight groups"
        );
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tracking_off_the_newest_and_outside_views_decide() {
    let scratch = databases::sqlite().await;
    let mut site = Site::new(&scratch.database, slates::Config::default(), 40).await;
    site.config.tracking.mode = Tracking::Off;
    for day in 0..3 {
        let sent = site.sent(day, 12).await;
        let reader = site.readers[1];
        let (link, _) = at(&sent, reader, 0);
        site.asked((&sent.edition, reader), EventKind::Click(link), PHONE, 4000)
            .await;
        let mut conn = scratch.database.reader().await.unwrap();
        let none = store::tallies(&mut conn, &sent.edition.id).await.unwrap();
        assert_eq!(none, []);
    }
    site.publish(3, 12).await;
    let ranking = rank(&site, 3).await;
    assert_eq!(clicks(&ranking), BTreeMap::new());
    assert_eq!(
        ranking.estimates.prior,
        courant::ranking::estimate(&[], &[], 0.0, &site.config.ranking).prior,
        "no clicks of people nobody counts are no clicks that were not made"
    );
    let ages: Vec<f64> = ranking.scores.iter().map(|s| s.parts.age_hours).collect();
    assert!(ages[..12].iter().all(|hours| *hours <= 24.0), "{ages:?}");
    let shown = ranking.scores.iter().filter(|s| s.parts.reach > 0.0);
    assert!(shown.count() > 6, "what was shown tires all the same");
    scratch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_daily_showed_teaches_the_weekly_and_does_not_tire_its_readers() {
    let scratch = databases::sqlite().await;
    let mut site = Site::new(&scratch.database, slates::Config::default(), 60).await;
    let day = site.day(0, 20, |_| true).await;
    for reader in &site.readers[..30] {
        presses(&site, &day, *reader, &[0], (5000, 0)).await;
    }
    let weekly = Digest {
        name: "weekly".to_owned(),
        every: Every::Week,
        ..Digest::default()
    };
    assert_eq!(weekly.max_age().to_string(), "8d");
    let mut reader = scratch.database.reader().await.unwrap();
    let at = morning(6);
    let ranking = pipeline::rank(&mut reader, &site.config, &weekly, at)
        .await
        .unwrap();
    assert_eq!(
        ranking.scores.len(),
        20,
        "six days are young enough for a week"
    );
    assert!(ranking.scores.iter().any(|score| score.parts.clicks > 3.0));
    assert!(ranking.scores.iter().all(|score| score.parts.reach == 0.0));
    let daily = &site.config.digest[0];
    let ranking = pipeline::rank(&mut reader, &site.config, daily, morning(1))
        .await
        .unwrap();
    assert!(ranking.scores.iter().any(|score| score.parts.reach > 0.1));
    drop(reader);
    scratch.end().await;
}
