//! `courant simulate`: ranking policies compared where the truth is known.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Desk;
use super::exit::{self, Failure};
use crate::simulate::{self, Parameters, Policy, Row, Trial};

mod subjects;

/// No trial is longer: ten years of daily editions.
const MOST_DAYS: usize = 3650;

#[derive(Debug, Subcommand)]
enum Other {
    /// How often a trial of subjects finds the better one, by size of the list and rates
    Subjects(subjects::Subjects),
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Simulate {
    #[command(subcommand)]
    other: Option<Other>,
    /// The first world's seed
    #[arg(long, value_name = "N", default_value_t = 101)]
    seed: u64,
    /// How many worlds
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Daily editions in each world
    #[arg(long, value_name = "N")]
    days: Option<usize>,
    /// Policies to compare, or "all"; the usual ones if none is given
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    policy: Vec<String>,
    /// What the world is like; "random" draws each world's parameters
    #[arg(long, value_name = "NAME", default_value = "base")]
    world: String,
    /// Write the shares as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print the table as Markdown
    #[arg(long)]
    markdown: bool,
    /// List policies and worlds
    #[arg(long)]
    list: bool,
}

#[derive(Serialize)]
struct Summary<'a> {
    world: &'a str,
    seed: u64,
    seeds: u64,
    days: usize,
    policies: &'a [Row],
    trials: &'a [Vec<Trial>],
}

impl Simulate {
    pub(super) fn run(&self, desk: &Desk) -> Result<u8, Failure> {
        if let Some(Other::Subjects(subjects)) = &self.other {
            return subjects.run(desk);
        }
        if self.list {
            return list(desk);
        }
        let policies = simulate::find(&self.policy).map_err(|name| {
            Failure::new(exit::USAGE, format!("there is no policy called \"{name}\""))
                .hint("`courant simulate --list` shows them")
        })?;
        let days = self.days.unwrap_or(Parameters::default().days);
        if !(1..=MOST_DAYS).contains(&days) {
            let message = format!("--days: {days} is not between 1 and {MOST_DAYS}");
            return Err(Failure::new(exit::USAGE, message));
        }
        let worlds = self.worlds(days)?;
        desk.output.note(format!(
            "{} policies in {} worlds of {days} editions; this takes some seconds each",
            policies.len(),
            worlds.len()
        ));
        let trials = run(&worlds, &policies);
        let rows = simulate::summary(&policies, &trials, days);
        let title = format!(
            "Clicks by readers, as a share of the best possible ({}, {} worlds)",
            self.world, self.seeds
        );
        if let Some(file) = &self.svg {
            std::fs::write(file, simulate::chart(&rows, &title))
                .map_err(|error| super::named(file, &error))?;
        }
        desk.output.json(&Summary {
            world: &self.world,
            seed: self.seed,
            seeds: self.seeds,
            days,
            policies: &rows,
            trials: &trials,
        })?;
        if self.markdown {
            markdown(desk, &rows);
        } else {
            table(desk, &rows);
        }
        Ok(exit::DONE)
    }

    fn worlds(&self, days: usize) -> Result<Vec<(u64, Parameters)>, Failure> {
        let seeds = self.seed..self.seed.saturating_add(self.seeds);
        let worlds = seeds.map(|seed| {
            let given = if self.world == "random" {
                simulate::random_world(seed)
            } else {
                simulate::world(&self.world)?
            };
            Some((seed, Parameters { days, ..given }))
        });
        worlds.collect::<Option<_>>().ok_or_else(|| {
            let message = format!("there is no world called \"{}\"", self.world);
            Failure::new(exit::USAGE, message).hint("`courant simulate --list` shows them")
        })
    }
}

/// One world a thread, on as many threads as there are cores.
fn run(worlds: &[(u64, Parameters)], policies: &[Policy]) -> Vec<Vec<Trial>> {
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(worlds.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((seed, given)) = worlds.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((*seed, simulate::run(*seed, *given, policies)));
        }
        done
    };
    let mut trials: Vec<(u64, Vec<Trial>)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        // A thread that panicked has told why; the others' worlds still count.
        running
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .flatten()
            .collect()
    });
    trials.sort_by_key(|(seed, _)| *seed);
    trials.into_iter().map(|(_, trials)| trials).collect()
}

fn cells(row: &Row) -> Vec<String> {
    let interval = row
        .share_plus_minus
        .map_or_else(String::new, |half| format!(" ± {half:.3}"));
    vec![
        row.words.to_owned(),
        format!("{:.0}", row.clicks_per_edition),
        format!("{:.3}{interval}", row.share),
        format!("{:.2}", row.found),
    ]
}

const HEADER: [&str; 4] = [
    "policy",
    "clicks an edition",
    "share of the best",
    "good new found",
];

fn table(desk: &Desk, rows: &[Row]) {
    let mut header = vec!["name"];
    header.extend(HEADER);
    let named = |row: &Row| [vec![row.policy.to_owned()], cells(row)].concat();
    let rows_of_words: Vec<Vec<String>> = rows.iter().map(named).collect();
    desk.output.table(&header, &rows_of_words, 70);
    for row in rows {
        if let Some(figures) = &row.figures {
            desk.output.line(format!(
                "{}: the filter keeps {:.1} % of people's clicks and {:.2} % of machines'; predicted \
                 ÷ observed clicks {:.2}, at first showing {:.2}; slot weights off by {:.3}; best ten \
                 of a week {:.3} (by rate alone {:.3})",
                row.policy,
                100.0 * figures.human_kept,
                100.0 * figures.machine_kept,
                figures.predicted,
                figures.predicted_first,
                figures.position_error,
                figures.weekly,
                figures.weekly_rate,
            ));
        }
    }
}

fn markdown(desk: &Desk, rows: &[Row]) {
    desk.output.line(format!("| {} |", HEADER.join(" | ")));
    desk.output.line("|---|---:|---:|---:|");
    for row in rows {
        desk.output.line(format!("| {} |", cells(row).join(" | ")));
    }
}

fn list(desk: &Desk) -> Result<u8, Failure> {
    let mut rows = Vec::new();
    for policy in simulate::POLICIES {
        rows.push(vec![
            "policy".to_owned(),
            policy.name.to_owned(),
            policy.words.to_owned(),
        ]);
    }
    for (name, given) in simulate::worlds() {
        let words = format!(
            "{} readers, {} articles a day",
            given.readers, given.articles
        );
        rows.push(vec!["world".to_owned(), name.to_owned(), words]);
    }
    for row in &rows {
        desk.output
            .json(&serde_json::json!({"kind": row[0], "name": row[1], "words": row[2]}))?;
    }
    desk.output.table(&["kind", "name", ""], &rows, 70);
    Ok(exit::DONE)
}
