//! Reports: they fill as readers open and click, add up, and stay when single events go.

use courant::delivery::DeliveryId;
use courant::edition::slates;
use courant::engagement::{Agent, EventKind, store as events};
use courant::feedback::store as feedback;
use courant::pipeline;
use courant::reports::{self, Pictures, Report, Table};
use courant::tracking::Tracking;
use courant_subscribers::store::subscribers;
use courant_subscribers::{Counting, Preferences, SubscriberId};
use courant_templates::desk::{self, DeskView};
use jiff::ToSpan as _;

use super::support::databases::{self, Scratch};
use super::support::site::{Day, PHONE, Site, morning};

const APPLE: &str = "Mozilla/5.0";
const READERS: usize = 60;

async fn report(scratch: &Scratch, day: &Day, hours: i64) -> Report {
    let mut reader = scratch.database.reader().await.unwrap();
    let at = day.edition.built_at + hours.hours();
    reports::gather(&mut reader, &day.edition, at)
        .await
        .unwrap()
}

fn page(report: &Report, day: &Day) -> String {
    let theme = courant_templates::Theme::default();
    let map = reports::map(report, &day.edition, &theme, Pictures::Shown);
    let desk = DeskView {
        brand: "Tarn",
        home_url: Some("/desk"),
        nav: Vec::new(),
        signed_in: None,
    };
    desk::report(&desk, &reports::page(report, &day.edition, map), &theme)
}

/// A third of the readers at Gmail, a third at iCloud; one does not want to be counted.
async fn spread(scratch: &Scratch) {
    for (rest, domain) in [(0, "gmail.com"), (1, "icloud.com")] {
        let statement = format!(
            "UPDATE subscribers SET address_key = 'r' || CAST(id AS TEXT) || '@{domain}' WHERE id % 3 = {rest}"
        );
        databases::execute(&scratch.url(), statement).await;
    }
    let mut tx = scratch.database.begin_write().await.unwrap();
    let silent = Preferences {
        counting: Counting::Declined,
        ..Preferences::default()
    };
    let id = SubscriberId::from_i64(60);
    let _changed = subscribers::save_preferences(&mut tx, id, &silent)
        .await
        .unwrap();
    courant::database::commit(tx).await.unwrap();
}

/// Of the copies, one comes back, and one reader leaves.
async fn trouble(scratch: &Scratch, day: &Day) {
    let bounce = include_bytes!("../fixtures/bounces/postfix-unknown.eml");
    let bounce = courant::feedback::read(bounce).remove(0);
    let of = |reader| DeliveryId::of(&day.edition.id, reader);
    let mut tx = scratch.database.begin_write().await.unwrap();
    let kept = feedback::Kept {
        id: "a",
        address_key: "r2@example.org",
        report: &bounce,
        delivery: Some(&of(2)),
        happened_at: 100,
        raw: "raw",
    };
    assert!(feedback::add(&mut tx, &kept, 100).await.unwrap());
    feedback::settle(&mut tx, "a", "suppressed", "because")
        .await
        .unwrap();
    let left = events::Event {
        edition: &day.edition.id,
        delivery: &of(3),
        kind: EventKind::Unsubscribe,
        agent: Agent::Person,
        reason: "test",
    };
    events::add(&mut tx, &left, events::Times::once(200))
        .await
        .unwrap();
    courant::database::commit(tx).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_fills_as_readers_open_and_click_and_its_figures_add_up() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), READERS).await;
        spread(&scratch).await;
        // The day before, half of them open and nobody clicks.
        let before = site.day(0, 30, |index| index % 2 == 0).await;
        let day = site.sent(1, 30).await;

        let empty = report(&scratch, &day, 1).await;
        assert_eq!(
            (empty.sent, empty.opened_by_people, empty.clicked),
            (60, 0, Some(0))
        );
        assert_eq!((empty.counted, empty.opted_out), (59, 1));
        assert_eq!(empty.hours.len(), 2, "hours to come are not zero");
        let shown = page(&empty, &day);
        assert!(shown.contains("Nobody has followed a link yet."), "{shown}");
        assert_eq!(empty.usual.editions, 1);
        let usual = empty.usual.opened_rate.unwrap();
        assert!((usual - 30.0 / 59.0).abs() < 1e-9, "{usual}");

        let asked = async |reader: usize, kind, agent: &str, seconds| {
            let whose = (&day.edition, site.readers[reader]);
            site.asked(whose, kind, agent, seconds).await;
        };
        for reader in 0..30 {
            // Later readers open later; two after the first day.
            let seconds = if reader < 28 {
                3600 * (reader as i64 / 3 + 1)
            } else {
                30 * 3600
            };
            asked(reader, EventKind::Open, PHONE, seconds).await;
        }
        asked(40, EventKind::Open, APPLE, 20).await;
        for reader in 0..22 {
            let placed = day.edition.copy(&day.variants[&site.readers[reader]]);
            let link = placed[if reader < 15 { 0 } else { 1 }].entry.link;
            asked(
                reader,
                EventKind::Click(link),
                PHONE,
                3600 * (reader as i64 / 3 + 1) + 90,
            )
            .await;
        }
        // Who is not counted is not counted.
        asked(59, EventKind::Open, PHONE, 7200).await;
        trouble(&scratch, &day).await;

        let full = report(&scratch, &day, 72).await;
        assert_eq!((full.opened_by_people, full.clicked), (30, Some(22)));
        assert_eq!((full.loaded_by_proxies, full.opened_at_most), (1, 31));
        assert_eq!(
            (full.delivered, full.returned.bounced, full.unsubscribed),
            (59, 1, 1)
        );
        let by_hour = |part: fn(&reports::Hour) -> u64| full.hours.iter().map(part).sum::<u64>();
        let by_day = |part: fn(&reports::Day) -> u64| full.days.iter().map(part).sum::<u64>();
        assert_eq!((by_hour(|it| it.opens), by_day(|it| it.opens)), (28, 2));
        assert_eq!((by_hour(|it| it.clicks), by_day(|it| it.clicks)), (22, 0));
        let services: Vec<_> = full
            .by_service
            .iter()
            .map(|it| {
                (
                    it.service.as_str(),
                    it.sent,
                    it.delivered,
                    it.counted,
                    it.opened,
                )
            })
            .collect();
        let expected = [
            ("Gmail", 20, 20, 19, Some(10)),
            ("iCloud", 20, 20, 20, None),
            ("others", 20, 19, 20, Some(10)),
        ];
        assert_eq!(services, expected);
        let clicked: u64 = full.by_service.iter().filter_map(|it| it.clicked).sum();
        assert_eq!(clicked, 22);
        let people: u64 = full.articles.iter().map(|it| it.readers).sum();
        assert_eq!(people, 22);
        assert_eq!(
            full.popular[0].people,
            full.articles.iter().map(|it| it.readers).max().unwrap()
        );
        // They joined long ago, all on one day.
        assert_eq!(full.cohorts.len(), 1);
        let cohort = full.cohorts[0];
        assert_eq!(
            (cohort.and_before, cohort.joined, cohort.active),
            (true, 60, 60)
        );
        assert_eq!(cohort.clicked, Some(22));
        assert_eq!(full.growth.len(), 1);

        let shown = page(&full, &day);
        let silent = full.delivered - full.opened_at_most;
        let silent = format!("{silent} showed no sign of being opened or are not counted.");
        for words in [
            silent.as_str(),
            "98.3%",
            "50.8–52.5%",
            "30 people, at most 31",
            "37.3%",
            "Usual: 50.8%",
            "1 reader asked not to be counted",
            "Nobody can see which of these reached the inbox.",
            "For 1 of these a mail service loads the pictures",
            "1 came back from dead addresses.",
            "iCloud loads the pictures of every mail",
            "Of fewer than 20 readers",
        ] {
            assert!(shown.contains(words), "{words} is not in {shown}");
        }
        // A figure stands behind every story of the map, also behind those that nobody followed.
        let own = day.edition.entries.iter().filter(|entry| entry.own).count();
        assert_eq!(shown.matches("border-radius:10px").count(), own);
        let file = reports::file(&full, &day.edition, &courant_templates::Theme::default());
        assert!(file.contains("Click map") && !file.contains("src=&quot;http"));
        assert!(
            !file.contains("href=\"/")
                && !file.contains("href=\"http")
                && !file.contains("href=&quot;http"),
            "a file leads nowhere but to itself: {file}"
        );

        let hours = reports::csv(&full, Table::Hours);
        assert_eq!(hours.lines().count(), 1 + 24 + full.days.len());
        for (table, rows) in [
            (Table::Articles, full.articles.len()),
            (Table::Services, 3),
            (Table::Popular, full.popular.len()),
            (Table::Growth, 1),
            (Table::Cohorts, 1),
        ] {
            assert_eq!(
                reports::csv(&full, table).lines().count(),
                rows + 1,
                "{table:?}"
            );
        }

        // Single events go; what they came to stays, but for who of which month clicked.
        let later = morning(200);
        pipeline::settle(&scratch.database, later).await.unwrap();
        let gone = pipeline::forget(&scratch.database, later.as_second(), false)
            .await
            .unwrap();
        assert!(gone > 50, "{gone}");
        let kept = report(&scratch, &day, 24 * 199).await;
        assert_eq!((&kept.hours, &kept.days), (&full.hours, &full.days));
        assert_eq!(kept.by_service, full.by_service);
        assert_eq!((kept.clicked, kept.unsubscribed), (Some(22), 1));
        assert_eq!(kept.cohorts[0].clicked, Some(0));

        let mut reader = scratch.database.reader().await.unwrap();
        let list = reports::latest(&mut reader, 10, later).await.unwrap();
        let ids: Vec<_> = list.iter().map(|(edition, _)| &edition.id).collect();
        assert_eq!(ids, [&day.edition.id, &before.edition.id]);
        let index = reports::index(&list, |edition| format!("/desk/reports/{}", edition.id));
        assert_eq!(
            index.lines[0].figures,
            ["60", "50.8–52.5%", "37.3%", "1.7%"]
        );
        assert_eq!(index.lines[0].opens_by_hour.iter().sum::<u64>(), 28);
        drop(reader);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_counts_nothing_says_so_once() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, slates::Config::default(), 30).await;
        for (day, mode) in [(0, Tracking::Off), (1, Tracking::Aggregate)] {
            site.config.tracking.mode = mode;
            let day = site.sent(day, 20).await;
            let found = report(&scratch, &day, 72).await;
            assert_eq!((found.sent, found.clicked), (30, None));
            assert!(found.hours.is_empty() && found.days.is_empty());
            assert!(found.by_service.iter().all(|it| it.opened.is_none()));
            let shown = page(&found, &day);
            let line = match mode {
                Tracking::Off => "Opens and clicks are not counted for this site.",
                _ => "Only how often is counted for this site",
            };
            assert_eq!(shown.matches(line).count(), 1);
            assert!(!shown.contains("Opens and clicks by hour") && !shown.contains("By a person"));
            assert_eq!(shown.contains("<iframe"), mode == Tracking::Aggregate);
            assert!(shown.contains("By mail service"), "delivery stays");
        }
        scratch.end().await;
    }
}
