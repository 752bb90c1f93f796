//! Subjects are tried on some readers, one is chosen once, and the others get it: nobody twice, nobody lost.

use std::collections::BTreeMap;

use courant::delivery;
use courant::edition::edit::Edit;
use courant::edition::trial::{By, Config as Test};
use courant::edition::{self, Edition, slates};
use courant::engagement::EventKind;
use courant::pipeline;
use courant::render::Prepared;
use courant::reports;
use courant::tracking::Tracking;
use courant::units::Span;
use jiff::{Timestamp, ToSpan as _};

use super::support::databases::{self, Scratch};
use super::support::site::{Day, PHONE, Site, get, morning};

const READERS: usize = 700;
const SUBJECTS: [&str; 3] = ["The ferry stays", "Why the ferry stays", "Ferry: 8 to 5"];

fn write(subjects: &[&str]) -> Vec<Edit> {
    let alternatives = subjects[1..].iter().map(|text| (*text).to_owned());
    vec![
        Edit::Subject {
            text: subjects[0].to_owned(),
        },
        Edit::Alternatives {
            texts: alternatives.collect(),
        },
    ]
}

/// A site whose next edition tries three subjects on half of its readers.
async fn site(scratch: &Scratch, selection: slates::Config) -> (Site<'_>, Edition) {
    let mut site = Site::new(&scratch.database, selection, READERS).await;
    site.config.digest[0].subject_test = Some(Test {
        wait: Span::hours(3),
        ..Test::default()
    });
    site.publish(0, 25).await;
    let edition = site.build(0).await;
    let by = "test";
    let edits = write(&SUBJECTS);
    let changed = pipeline::change(
        &scratch.database,
        &site.config,
        (&edition, &edits),
        by,
        morning(0),
    );
    let (edition, _) = changed.await.unwrap();
    (site, edition)
}

/// So many in ten of a subject's readers open, and one in ten clicks.
async fn read(site: &Site<'_>, day: &Day, opens: [usize; 3]) {
    let mut counts = [0; 3];
    for (reader, variant) in &day.variants {
        let whose = (&day.edition, *reader);
        let subject = usize::try_from(variant.subject).unwrap();
        let place = counts[subject] % 10;
        counts[subject] += 1;
        if place < opens[subject] {
            let after = 1200 + reader;
            site.asked(whose, EventKind::Open, PHONE, after).await;
        }
        if place == 0 {
            let click = EventKind::Click(day.edition.copy(variant)[0].entry.link);
            site.asked(whose, click, PHONE, 1300 + reader).await;
        }
    }
}

fn subjects_of(day: &Day) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for variant in day.variants.values() {
        *counts.entry(variant.subject).or_default() += 1;
    }
    counts
}

async fn stored(scratch: &Scratch, edition: &Edition) -> Edition {
    let mut conn = scratch.database.reader().await.unwrap();
    let found = edition::store::find(&mut conn, &edition.id).await;
    found.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_better_subject_goes_to_all_who_waited_and_only_to_them() {
    for scratch in databases::each().await {
        let (site, edition) = site(&scratch, slates::Config::default()).await;
        let first = site.send(edition, morning(0)).await;
        let due = first.edition.second_wave_at().unwrap();
        assert_eq!(due, morning(0) + 3.hours());
        let tried = subjects_of(&first);
        assert_eq!(tried.len(), 3);
        assert!(
            tried.values().all(|count| (90..145).contains(count)),
            "half of them in three equal parts: {tried:?}"
        );
        // Each copy says its own subject, whichever story leads it.
        let prepared = Prepared::new(&first.edition);
        for variant in first.variants.values() {
            let subject = prepared.copy(&first.edition, variant).subject;
            assert_eq!(subject, SUBJECTS[usize::try_from(variant.subject).unwrap()]);
        }
        read(&site, &first, [2, 6, 3]).await;

        let early = site.send(first.edition.clone(), due - 1.hour()).await;
        assert_eq!(early.variants, first.variants);
        assert_eq!(stored(&scratch, &first.edition).await.choice, None);
        let shown = report(&scratch, &first.edition, due).await;
        assert!(shown.iter().all(|it| !it.is_chosen && !it.is_winner));

        let all = site.send(first.edition.clone(), due).await;
        let choice = all.edition.choice.clone().unwrap();
        assert_eq!(
            (choice.winner, choice.by),
            (Some(1), By::Signs),
            "{choice:?}"
        );
        let counted: u64 = choice.arms.iter().map(|arm| arm.counted).sum();
        assert_eq!(counted, first.variants.len() as u64);
        assert_eq!(all.variants.len(), READERS);
        for (reader, variant) in &all.variants {
            match first.variants.get(reader) {
                Some(before) => assert_eq!(variant, before, "what is out stays"),
                None => assert_eq!(variant.subject, 1),
            }
        }
        // Later events change nothing, and nothing is queued twice.
        read(&site, &first, [10, 1, 1]).await;
        let again = site.send(all.edition.clone(), due + 1.hour()).await;
        assert_eq!(again.variants, all.variants);
        let kept = stored(&scratch, &first.edition).await;
        assert_eq!(kept.choice, Some(choice.clone()));
        let mut conn = scratch.database.reader().await.unwrap();
        let counts = delivery::store::counts(&mut conn, &kept.id).await.unwrap();
        assert_eq!((counts.sent, counts.all()), (700, 700));
        drop(conn);

        let shown = report(&scratch, &kept, due + 48.hours()).await;
        let of = |part: fn(&reports::Subject) -> u64| shown.iter().map(part).collect::<Vec<_>>();
        let arms = |part: fn(&edition::trial::Arm) -> u64| {
            choice.arms.iter().map(part).collect::<Vec<_>>()
        };
        assert_eq!(of(|it| it.counted), arms(|it| it.counted));
        assert_eq!(of(|it| it.clicked), arms(|it| it.clicked));
        let won: Vec<_> = shown
            .iter()
            .map(|it| (it.is_winner, it.is_chosen))
            .collect();
        assert_eq!(won, [(false, false), (true, true), (false, false)]);
        let mut conn = scratch.database.reader().await.unwrap();
        let whole = reports::gather(&mut conn, &kept, due + 48.hours()).await;
        let whole = whole.unwrap();
        drop(conn);
        assert_eq!(whole.subject, SUBJECTS[1]);
        let table = reports::csv(&whole, reports::Table::Subjects);
        assert_eq!(table.lines().count(), 4, "{table}");
        let file = reports::file(&whole, &kept, &courant_templates::Theme::default());
        for words in [
            "won, and was sent to the others",
            "more of its readers opened or clicked",
            "Chance of being best",
            SUBJECTS[2],
        ] {
            assert!(file.contains(words), "{words} is not in {file}");
        }
        // The archive has the subject that most got.
        let (address, _) = site.serve("").await;
        let archive = get(address, "/archive").await;
        assert!(archive.contains(SUBJECTS[1]), "{archive}");
        assert!(!archive.contains(SUBJECTS[2]));
        let feed = get(address, "/archive/feed.xml").await;
        assert!(
            feed.contains(&format!("<title>{}</title>", SUBJECTS[1])),
            "{feed}"
        );
        scratch.end().await;
    }
}

async fn report(scratch: &Scratch, edition: &Edition, at: Timestamp) -> Vec<reports::Subject> {
    let mut conn = scratch.database.reader().await.unwrap();
    let report = reports::gather(&mut conn, edition, at).await.unwrap();
    assert_eq!(
        report.subject_chosen_by,
        edition.choice.as_ref().map(|choice| choice.by)
    );
    report.subjects.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_none_is_better_all_others_get_the_editors() {
    for scratch in databases::each().await {
        let (site, edition) = site(&scratch, slates::Config::default()).await;
        let first = site.send(edition, morning(0)).await;
        read(&site, &first, [4, 4, 4]).await;
        let due = first.edition.second_wave_at().unwrap();
        let all = site.send(first.edition.clone(), due).await;
        let choice = all.edition.choice.clone().unwrap();
        assert_eq!(
            (choice.winner, choice.by),
            (None, By::NoWinner),
            "{choice:?}"
        );
        let waited = all.variants.iter();
        let mut waited = waited.filter(|(reader, _)| !first.variants.contains_key(reader));
        assert!(waited.all(|(_, variant)| variant.subject == 0));
        let shown = report(&scratch, &all.edition, due + 1.hour()).await;
        let won: Vec<_> = shown
            .iter()
            .map(|it| (it.is_winner, it.is_chosen))
            .collect();
        assert_eq!(won, [(false, true), (false, false), (false, false)]);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_half_way_it_goes_on_with_the_same_subjects_and_the_same_choice() {
    for scratch in databases::each().await {
        let (site, edition) = site(&scratch, slates::Config::default()).await;
        let first = site.send(edition, morning(0)).await;
        let url = scratch.url();
        // Half of the first rows were written when it died.
        for statement in [
            "UPDATE editions SET first_wave_at = NULL",
            "DELETE FROM deliveries WHERE subscriber_id > 300",
        ] {
            databases::execute(&url, statement.to_owned()).await;
        }
        let begun = stored(&scratch, &first.edition).await;
        assert_eq!(begun.second_wave_at(), None, "nobody's wait has begun");
        let again = site.send(begun, morning(0) + 1.hour()).await;
        assert_eq!(again.variants, first.variants);
        read(&site, &again, [1, 7, 1]).await;

        // Then the choice was made and a few of the others' rows were written.
        let due = again.edition.second_wave_at().unwrap();
        assert_eq!(due, morning(0) + 4.hours());
        let database = &scratch.database;
        let planned = pipeline::enqueue(database, &site.config, again.edition.clone(), due);
        let choice = planned.await.unwrap().choice.unwrap();
        assert_eq!(choice.winner, Some(1));
        for statement in [
            "UPDATE editions SET enqueued_at = NULL",
            "DELETE FROM deliveries WHERE status = 'queued' AND subscriber_id > 500",
        ] {
            databases::execute(&url, statement.to_owned()).await;
        }
        // Meanwhile another subject would win.
        read(&site, &again, [10, 7, 1]).await;
        let stale = again.edition.clone();
        let all = site.send(stale, due + 1.hour()).await;
        assert_eq!(all.edition.choice, Some(choice));
        assert_eq!(all.variants.len(), READERS);
        for (reader, variant) in &all.variants {
            let before = first.variants.get(reader).map(|before| before.subject);
            assert_eq!(variant.subject, before.unwrap_or(1));
        }
        let mut conn = database.reader().await.unwrap();
        let id = &all.edition.id;
        let counts = delivery::store::counts(&mut conn, id).await.unwrap();
        assert_eq!((counts.sent, counts.all()), (700, 700));
        drop(conn);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_choose_once() {
    for scratch in databases::each().await {
        let (site, edition) = site(&scratch, slates::Config::default()).await;
        let first = site.send(edition, morning(0)).await;
        read(&site, &first, [1, 7, 1]).await;
        let due = first.edition.second_wave_at().unwrap();
        // Each looks at an instant of its own: at the first, nobody had read anything.
        let other = Edition {
            first_wave_at: Some(morning(0) - 9.hours()),
            ..first.edition.clone()
        };
        let (database, config) = (&scratch.database, &site.config);
        let (one, two) = tokio::join!(
            pipeline::enqueue(database, config, first.edition.clone(), due),
            pipeline::enqueue(database, config, other, morning(0) + 60.seconds()),
        );
        let kept = stored(&scratch, &first.edition).await.choice.unwrap();
        for each in [one.unwrap(), two.unwrap()] {
            assert_eq!(each.choice.as_ref(), Some(&kept));
        }
        let all = site.send(first.edition.clone(), due).await;
        assert_eq!(all.variants.len(), READERS);
        for (reader, variant) in &all.variants {
            let before = first.variants.get(reader).map(|before| before.subject);
            assert_eq!(variant.subject, before.unwrap_or(kept.subject()));
        }
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_waves_of_stories_both_waits_are_one() {
    for scratch in databases::each().await {
        let waves = slates::Config {
            second_wave: Some(Span::hours(2)),
            first_wave: 0.6,
            ..slates::Config::default()
        };
        let (site, edition) = site(&scratch, waves).await;
        let first = site.send(edition, morning(0)).await;
        let due = first.edition.second_wave_at().unwrap();
        assert_eq!(due, morning(0) + 3.hours(), "the longer of both");
        let share = first.variants.len();
        assert!(
            (370..470).contains(&share),
            "{share} of 700 in the first wave"
        );
        assert_eq!(subjects_of(&first).len(), 3, "who tries are the first wave");
        read(&site, &first, [1, 1, 8]).await;
        let all = site.send(first.edition.clone(), due).await;
        assert_eq!(all.variants.len(), READERS);
        assert!(all.edition.slates.waves.unwrap().second_from.is_some());
        let kept = stored(&scratch, &all.edition).await;
        assert_eq!(
            (kept.slates, kept.choice),
            (all.edition.slates.clone(), all.edition.choice.clone())
        );
        for (reader, variant) in &all.variants {
            let before = first.variants.get(reader).map(|before| before.subject);
            assert_eq!(variant.subject, before.unwrap_or(2));
        }
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tried_is_refused_and_changes_nothing() {
    let scratch = databases::sqlite().await;
    let mut site = Site::new(&scratch.database, slates::Config::default(), 20).await;
    site.publish(0, 25).await;
    let edition = site.build(0).await;
    let same = "two of the subjects to try are the same";
    for (subjects, why) in [
        (
            vec!["A", "B", "C", "D", "E"],
            "at most 3 subjects are tried beside the subject",
        ),
        (vec!["A", "B", "B"], same),
        (vec!["A", " A "], same),
        (vec!["A", " "], "a subject to try is empty"),
        (
            vec!["A", "B\u{1}"],
            "a subject to try has a control character in it",
        ),
    ] {
        let mut changed = edition.clone();
        let last = &write(&subjects)[1];
        changed.edit(&write(&subjects)[0]).unwrap();
        let before = changed.clone();
        let error = changed.edit(last).unwrap_err();
        assert_eq!(error.to_string(), why);
        assert_eq!(changed, before);
    }
    let mut changed = edition.clone();
    for edit in write(&["A", "B"]) {
        changed.edit(&edit).unwrap();
    }
    let into_the_same = Edit::Subject {
        text: "B".to_owned(),
    };
    assert_eq!(changed.edit(&into_the_same).unwrap_err().to_string(), same);
    changed
        .edit(&Edit::Alternatives { texts: Vec::new() })
        .unwrap();
    assert!(!changed.has_trial() && changed.gap_seconds().is_none());

    site.config.tracking.mode = Tracking::Aggregate;
    site.publish(1, 25).await;
    let mut anonymous = site.build(1).await;
    let error = anonymous
        .edit(&write(&["A", "B"])[1])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "nobody could tell which subject did better: tracking.mode is not \"full\""
    );
    scratch.end().await;
}
