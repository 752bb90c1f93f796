//! An edition in two waves: the first clicks, the second is chosen anew, and nobody is lost between.

use std::collections::{BTreeMap, BTreeSet};

use courant::delivery;
use courant::edition::edit::Edit;
use courant::edition::slates::{self, NEWEST, Repeat};
use courant::engagement::EventKind;
use courant::pipeline;
use courant::units::Span;
use jiff::ToSpan as _;

use super::support::databases;
use super::support::site::{Day, PHONE, Site, morning};

fn two_waves() -> slates::Config {
    slates::Config {
        second_wave: Some(Span::hours(3)),
        ..slates::Config::default()
    }
}

/// How far down a story stands, added up over these copies; where it is missing, below all others.
fn depth(day: &Day, link: u16) -> f64 {
    let places = day.variants.values().map(|variant| {
        let placed = day.edition.copy(variant);
        let found = placed.iter().find(|placed| placed.entry.link == link);
        found.map_or(40.0, |placed| f64::from(placed.position))
    });
    places.sum::<f64>() / day.variants.len() as f64
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_wave_is_chosen_from_what_the_first_clicked() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, two_waves(), 1100).await;
        let first = site.sent(0, 30).await;
        let due = first.edition.second_wave_at().unwrap();
        assert_eq!(due, morning(0) + 3.hours());
        let share = first.variants.len();
        assert!(
            (330..450).contains(&share),
            "{share} of 1100 in the first wave"
        );
        // Everybody who has a story of the middle of the edition clicks it.
        let link = first.edition.own().nth(9).unwrap().link;
        for (reader, variant) in &first.variants {
            let placed = first.edition.copy(variant);
            if placed.iter().any(|placed| placed.entry.link == link) {
                let whose = (&first.edition, *reader);
                site.asked(whose, EventKind::Click(link), PHONE, 3000).await;
            }
        }
        // Too early, nothing happens; then the rest gets it, once, however often it is asked for.
        let early = site
            .send(first.edition.clone(), morning(0) + 2.hours())
            .await;
        assert_eq!(early.variants, first.variants);
        let second = site.send(first.edition.clone(), due).await;
        assert_eq!(second.variants.len(), 1100);
        let again = site.send(second.edition.clone(), due + 1.hour()).await;
        assert_eq!(again.variants, second.variants);
        assert_eq!(again.edition, second.edition);
        for (reader, variant) in &first.variants {
            assert_eq!(&second.variants[reader], variant, "what is out stays");
        }
        let of_wave = |wave: u32| -> BTreeMap<_, _> {
            let all = second.variants.iter();
            let of =
                all.filter(|(_, variant)| second.edition.slates.wave_of(variant.slate) == wave);
            of.map(|(reader, variant)| (*reader, variant.clone()))
                .collect()
        };
        let (one, two) = (of_wave(1), of_wave(2));
        assert_eq!(one.len() + two.len() + of_wave(0).len(), 1100);
        assert!(
            first
                .variants
                .values()
                .any(|variant| variant.slate == NEWEST)
        );
        let depths = [one, two].map(|variants| {
            let edition = second.edition.clone();
            depth(&Day { edition, variants }, link)
        });
        assert!(depths[1] < depths[0] - 2.0, "{depths:?}");
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queueing_the_second_wave_killed_half_way_goes_on_with_the_same_lists() {
    for scratch in databases::each().await {
        let never = slates::Config {
            repeat: Repeat::Never,
            ..two_waves()
        };
        let mut site = Site::new(&scratch.database, never, 1050).await;
        let first = site.sent(0, 25).await;
        let due = first.edition.second_wave_at().unwrap();
        // The lists were made and a few rows written when it died.
        let database = &scratch.database;
        let planned = pipeline::enqueue(database, &site.config, first.edition.clone(), due)
            .await
            .unwrap();
        let mut expected = BTreeMap::new();
        let mut conn = database.reader().await.unwrap();
        for reader in &site.readers {
            let variant = pipeline::variant(&mut conn, &planned, *reader)
                .await
                .unwrap();
            expected.insert(*reader, variant);
        }
        drop(conn);
        let url = scratch.url();
        for statement in [
            "UPDATE editions SET enqueued_at = NULL",
            "DELETE FROM deliveries WHERE status = 'queued' AND subscriber_id > 500",
        ] {
            databases::execute(&url, statement.to_owned()).await;
        }
        let again = site.send(first.edition.clone(), due + 1.hour()).await;
        assert_eq!(again.variants, expected);
        let mut conn = database.reader().await.unwrap();
        let id = &again.edition.id;
        let counts = delivery::store::counts(&mut conn, id).await.unwrap();
        assert_eq!((counts.sent, counts.all()), (1050, 1050));
        drop(conn);
        let stories: BTreeSet<_> = planned.entries.iter().map(|entry| entry.link).collect();
        assert_eq!(stories.len(), planned.entries.len());
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_list_gets_it_all_at_once() {
    let scratch = databases::sqlite().await;
    let mut site = Site::new(&scratch.database, two_waves(), 60).await;
    let day = site.sent(0, 20).await;
    assert_eq!((day.variants.len(), day.edition.slates.waves), (60, None));
    scratch.end().await;
}

/// What an editor moved holds for those who wait as well, whose lists are drawn after it.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_wave_stands_as_the_editor_put_it() {
    for scratch in databases::each().await {
        let mut site = Site::new(&scratch.database, two_waves(), 1100).await;
        site.publish(0, 30).await;
        let built = site.build(0).await;
        let own = |at: usize| built.own().nth(at).unwrap().article.id.to_string();
        let (lead, lower) = (own(5), own(1));
        let edits = [
            Edit::Lead {
                article: lead.clone(),
            },
            Edit::Down {
                article: lower.clone(),
            },
        ];
        let by = "Ida";
        let what = (&built, edits.as_slice());
        let changed = pipeline::change(&scratch.database, &site.config, what, by, morning(0));
        let (changed, _) = changed.await.unwrap();
        let first = site.send(changed, morning(0)).await;
        let due = first.edition.second_wave_at().unwrap();
        let second = site.send(first.edition.clone(), due).await;
        let mut waves = BTreeSet::new();
        for variant in second.variants.values() {
            waves.insert(second.edition.slates.wave_of(variant.slate));
            if variant.slate == NEWEST {
                continue;
            }
            let copy = second.edition.copy(variant);
            let at = |id: &str| {
                copy.iter()
                    .position(|it| it.entry.article.id.as_str() == id)
            };
            assert_eq!(at(&lead), Some(0), "{variant:?}");
            assert!(at(&lower).is_none_or(|at| at >= 3), "{variant:?}");
        }
        assert_eq!(waves, BTreeSet::from([0, 1, 2]));
        scratch.end().await;
    }
}
