//! `courant simulate subjects`: how often a trial of subjects finds the better one.

use clap::Args;

use crate::cli::Desk;
use crate::cli::exit::{self, Failure};
use crate::simulate::{SubjectTrials, SubjectWorld, subject_trials};

#[derive(Debug, Args)]
pub(in crate::cli) struct Subjects {
    /// Readers on the list
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [3000, 10_000, 20_000], value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    readers: Vec<u64>,
    /// Share of the readers who have opened it when the wait is over
    #[arg(long, value_name = "SHARE", value_delimiter = ',', default_values_t = [0.2, 0.3, 0.35, 0.4])]
    opened: Vec<f64>,
    /// Share of the readers whose opens can be trusted
    #[arg(long, value_name = "SHARE", default_value_t = SubjectWorld::default().visible)]
    visible: f64,
    /// Share of those who opened it who have clicked
    #[arg(long, value_name = "SHARE", default_value_t = SubjectWorld::default().clicked)]
    clicked: f64,
    /// How much more often the better subject is opened, as a share
    #[arg(long, value_name = "SHARE", default_value_t = SubjectWorld::default().better)]
    better: f64,
    /// How many subjects
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=4))]
    subjects: u8,
    /// Share of the readers on whom they are tried
    #[arg(long, value_name = "SHARE", default_value_t = SubjectWorld::default().share)]
    share: f64,
    /// From which probability on a subject wins
    #[arg(long, value_name = "P", default_value_t = SubjectWorld::default().probability)]
    probability: f64,
    /// Trials of each kind
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    trials: u32,
    /// Seed of the draws
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print the table as Markdown
    #[arg(long)]
    markdown: bool,
}

const HEADER: [&str; 7] = [
    "readers",
    "try them",
    "each gets",
    "opened",
    "better one chosen",
    "other chosen",
    "of equals, none chosen",
];

impl Subjects {
    pub(in crate::cli) fn run(&self, desk: &Desk) -> Result<u8, Failure> {
        self.check()?;
        let mut rows = Vec::new();
        for &readers in &self.readers {
            for &opened in &self.opened {
                let world = SubjectWorld {
                    readers,
                    share: self.share,
                    subjects: usize::from(self.subjects),
                    opened,
                    visible: self.visible,
                    clicked: self.clicked,
                    better: self.better,
                    probability: self.probability,
                };
                let alike = SubjectWorld {
                    better: 0.0,
                    ..world
                };
                let found =
                    [world, alike].map(|world| subject_trials(world, self.seed, self.trials));
                for trials in &found {
                    desk.output.json(trials)?;
                }
                rows.push(row(&found[0], &found[1]));
            }
        }
        if self.markdown {
            desk.output.line(format!("| {} |", HEADER.join(" | ")));
            desk.output.line("|---:|---:|---:|---:|---:|---:|---:|");
            for row in &rows {
                desk.output.line(format!("| {} |", row.join(" | ")));
            }
        } else {
            desk.output.table(&HEADER, &rows, 70);
        }
        Ok(exit::DONE)
    }

    fn check(&self) -> Result<(), Failure> {
        let shares = [
            ("--visible", self.visible, 0.0..=1.0),
            ("--clicked", self.clicked, 0.0..=1.0),
            ("--better", self.better, 0.0..=10.0),
            ("--share", self.share, 0.05..=0.9),
            ("--probability", self.probability, 0.5..=0.9999),
        ];
        let opened = self.opened.iter().map(|it| ("--opened", *it, 0.0..=1.0));
        for (name, value, range) in shares.into_iter().chain(opened) {
            if let Some(wrong) = crate::units::out_of_range(value, &range) {
                return Err(Failure::new(exit::USAGE, format!("{name}: {wrong}")));
            }
        }
        Ok(())
    }
}

fn row(better: &SubjectTrials, alike: &SubjectTrials) -> Vec<String> {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    vec![
        better.world.readers.to_string(),
        format!("{:.0}", better.on_trial()),
        format!("{:.0}", better.readers_each()),
        format!("{:.0} %", better.world.opened * 100.0),
        percent(better.better_won),
        percent(better.other_won),
        percent(alike.no_winner),
    ]
}
