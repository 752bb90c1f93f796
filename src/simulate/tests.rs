//! Promises of the worlds of numbers.

use super::*;

fn small() -> Parameters {
    Parameters {
        readers: 1500,
        days: 14,
        articles: 25,
        ..Parameters::default()
    }
}

fn policies(names: &[&str]) -> Vec<Policy> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    find(&names).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_trial() {
    let policies = policies(&["newest", "courant-2-views"]);
    assert_eq!(run(5, small(), &policies), run(5, small(), &policies));
    assert_ne!(
        run(6, small(), &policies)[0].clicks,
        run(5, small(), &policies)[0].clicks
    );
}

#[test]
fn who_knows_more_gets_more() {
    let policies = policies(&["oracle-day-late", "newest", "courant"]);
    let mut sums = [0.0; 4];
    for seed in 1..4 {
        for (sum, trial) in sums.iter_mut().zip(run(seed, small(), &policies)) {
            *sum += trial.clicks;
        }
    }
    let [oracle, late, newest, ours] = sums;
    assert!(
        oracle > late && late > ours && ours > 1.2 * newest,
        "{sums:?}"
    );
}

#[test]
fn the_filter_tells_machines_from_people() {
    let trials = run(1, small(), &policies(&["courant"]));
    let figures = trials[1].figures.unwrap();
    assert!(
        figures.human_kept > 0.95 && figures.machine_kept < 0.03,
        "{figures:?}"
    );
}

#[test]
fn every_policy_runs_in_every_world() {
    for (name, given) in worlds() {
        let tiny = Parameters {
            readers: 60,
            days: 8,
            articles: 6,
            ..given
        };
        for trial in run(1, tiny, POLICIES) {
            assert!(
                trial.clicks >= 0.0 && trial.found <= 1.0,
                "{name} {}",
                trial.policy
            );
        }
    }
    let drawn = random_world(1);
    assert!((300..=30_000).contains(&drawn.readers) && (10..=120).contains(&drawn.articles));
}

#[test]
fn names_are_found_and_others_are_told() {
    assert_eq!(find(&["nonsense".to_owned()]), Err("nonsense".to_owned()));
    assert_eq!(policies(&["all"]).len(), POLICIES.len());
    assert_eq!(policies(&["newest"])[0].name, "oracle");
    assert!(find(&[]).unwrap().len() > 8);
    assert!(world("nowhere").is_none() && named("oracle").is_some());
}

#[test]
fn a_summary_has_a_share_and_an_interval() {
    let policies = policies(&["newest"]);
    let tiny = Parameters {
        readers: 300,
        days: 5,
        ..small()
    };
    let one = [run(1, tiny, &policies)];
    assert_eq!(summary(&policies, &one, 5)[1].share_plus_minus, None);
    let two = [run(1, tiny, &policies), run(2, tiny, &policies)];
    let rows = summary(&policies, &two, 5);
    assert!((rows[0].share - 1.0).abs() < 1e-12 && rows[0].share_plus_minus == Some(0.0));
    let [a, b] = [0, 1].map(|seed: usize| two[seed][1].clicks / two[seed][0].clicks);
    assert!((rows[1].share - f64::midpoint(a, b)).abs() < 1e-12);
    let half = 12.706 * (a - b).abs() / 2.0;
    assert!((rows[1].share_plus_minus.unwrap() - half).abs() < 1e-9);
    let picture = chart(&rows, "A <title>");
    assert!(picture.starts_with("<svg") && picture.contains("A &lt;title&gt;"));
    assert_eq!(picture.matches("<rect").count(), 3);
}
