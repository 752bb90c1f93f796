//! How long the ranking takes: `cargo bench --bench ranking`.
//!
//! A hundred thousand candidates with a year of daily editions, 64 groups; a quarter of both; and the
//! whole as a document. The promise is under 100 ms on one core for the first.

use std::hint::black_box;

use courant::ranking::chance::{below, hash};
use courant::ranking::{
    Candidate, Config, EXPLORATION, Edition, Exposure, List, Story, document, estimate, slates,
};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};

const DAY: i64 = 86_400;
const AT: i64 = 365 * DAY;
const CANDIDATES: i64 = 100_000;

fn luck(parts: &[i64], bound: usize) -> usize {
    let parts: Vec<u64> = parts.iter().map(|part| part.unsigned_abs()).collect();
    below(hash(&parts), bound)
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(0)
}

fn candidates() -> Vec<Candidate> {
    let candidate = |at: i64| Candidate {
        story: format!("https://news.example/{at}"),
        category: format!("category {}", at % 12),
        source: format!("source {}", at % 40),
        published_at: AT - signed(luck(&[1, at], 345_600)),
        boost: 1.0,
    };
    (0..CANDIDATES).map(candidate).collect()
}

fn stories(candidates: &[Candidate]) -> Vec<Story> {
    let old = (0..365 * 35i64).map(|at| Story {
        id: format!("old/{at}"),
        category: format!("category {}", at % 12),
        source: format!("source {}", at % 40),
        published_at: at / 35 * DAY,
    });
    let recent = candidates.iter().take(2000).map(|candidate| Story {
        id: candidate.story.clone(),
        category: candidate.category.clone(),
        source: candidate.source.clone(),
        published_at: candidate.published_at,
    });
    old.chain(recent).collect()
}

/// Three hundred cells a day; those of the last days also of candidates.
fn exposures() -> Vec<Exposure> {
    let mut exposures = Vec::new();
    for (day, cell) in (0..365i64).flat_map(|day| (0..300i64).map(move |cell| (day, cell))) {
        let story = if day >= 361 && cell % 2 == 0 {
            format!("https://news.example/{}", luck(&[2, day, cell], 2000))
        } else {
            format!("old/{}", day * 35 + cell % 35)
        };
        exposures.push(Exposure {
            edition: format!("edition {day}"),
            story,
            position: u32::try_from(cell % 10).unwrap_or(0) + 1,
            sent_at: day * DAY,
            recipients: 330.0,
            readers: 99.0,
            credit: luck(&[3, day, cell], 4) as f64,
            first: cell % 3 == 0,
            list: List::default(),
        });
    }
    exposures
}

fn document(candidates: &[Candidate], exposures: &[Exposure]) -> String {
    let articles: Vec<Value> = candidates
        .iter()
        .map(|candidate| {
            json!({
                "id": candidate.story, "published": candidate.published_at,
                "category": candidate.category, "source": candidate.source,
            })
        })
        .collect();
    let exposures: Vec<Value> = exposures
        .iter()
        .map(|cell| {
            json!({
                "edition": cell.edition, "article": cell.story, "position": cell.position,
                "at": cell.sent_at, "recipients": cell.recipients, "readers": cell.readers,
                "credit": cell.credit,
            })
        })
        .collect();
    json!({
        "seed": 1, "at": AT, "readers": 10_000, "groups": 64,
        "articles": articles, "exposures": exposures,
    })
    .to_string()
}

fn ranking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ranking");
    group.sample_size(20);
    let config = Config::default();
    let (all_candidates, all_exposures) = (candidates(), exposures());
    let all_stories = stories(&all_candidates);
    let edition = Edition {
        seed: "bench",
        wave: 1,
        at: AT,
        since: AT - DAY,
        groups: 64,
        slots: 10,
        new_slots: 3,
        exploration: EXPLORATION,
        pinned: &[],
    };
    // The time, and beside it how it grows.
    for parts in [4, 1] {
        let candidates = &all_candidates[..all_candidates.len() / parts];
        let exposures = &all_exposures[all_exposures.len() - all_exposures.len() / parts..];
        let name = format!(
            "{} candidates, {} exposures, 64 groups",
            candidates.len(),
            exposures.len()
        );
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let learnt = estimate(exposures, &all_stories, 10_000.0, &config);
                black_box(slates(&edition, candidates, &learnt, &config))
            });
        });
    }
    let text = document(&all_candidates, &all_exposures);
    let name = format!("the same as a document of {} MB", text.len() / 1_000_000);
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let answer = document::answer(black_box(text.as_bytes()));
            answer.map(|answer| serde_json::to_string(&answer)).is_ok()
        });
    });
    group.finish();
}

criterion_group!(benches, ranking);
criterion_main!(benches);
