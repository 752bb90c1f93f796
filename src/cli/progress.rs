//! How far something long is: a bar on a terminal, a plain line now and then elsewhere; on stderr.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::tell;
use crate::clock;
use crate::delivery::Progress;

/// Shows how far a sending is.
#[derive(Debug)]
pub(super) struct Sending {
    quiet: bool,
    terminal: bool,
    shown: Option<Shown>,
}

impl Sending {
    pub(super) fn new(quiet: bool) -> Self {
        Self {
            quiet,
            terminal: std::io::stderr().is_terminal(),
            shown: None,
        }
    }
}

#[derive(Debug)]
enum Shown {
    Bar(ProgressBar),
    Lines {
        owed: u64,
        began: Instant,
        last: Duration,
    },
}

/// Seconds between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(10);

impl Progress for Sending {
    fn begins(&mut self, owed: u64) {
        if self.quiet || owed == 0 {
            return;
        }
        self.shown = Some(if self.terminal {
            let bar = ProgressBar::with_draw_target(Some(owed), ProgressDrawTarget::stderr());
            let style = "{bar:30} {pos}/{len} messages, {per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            Shown::Bar(bar)
        } else {
            tell(&format!("sending to {owed} recipients"));
            Shown::Lines {
                owed,
                began: clock::stop_watch(),
                last: Duration::ZERO,
            }
        });
    }

    fn settled(&mut self, count: u64) {
        match &mut self.shown {
            Some(Shown::Bar(bar)) => bar.set_position(count),
            Some(Shown::Lines { owed, began, last }) => {
                let now = began.elapsed();
                if count > 0 && now.saturating_sub(*last) >= LINE_EVERY {
                    *last = now;
                    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
                    let rate = count as f64 / now.as_secs_f64();
                    let left = owed.saturating_sub(count) * now.as_secs().max(1) / count;
                    tell(&format!(
                        "{count} of {owed} settled, {rate:.1}/s, about {left} s left"
                    ));
                }
            }
            None => {}
        }
    }

    fn ends(&mut self) {
        if let Some(Shown::Bar(bar)) = self.shown.take() {
            bar.finish_and_clear();
        }
    }
}

/// Shows how far the reading of a file is.
#[derive(Debug)]
pub(super) struct Reading {
    quiet: bool,
    total: Option<u64>,
    bar: Option<ProgressBar>,
    began: Instant,
    last: Duration,
}

impl Reading {
    pub(super) fn new(quiet: bool, total: Option<u64>) -> Self {
        let bar = total.filter(|_| !quiet && std::io::stderr().is_terminal());
        let bar = bar.map(|total| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let style = "{bar:30} {bytes}/{total_bytes} {msg}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar
        });
        Self {
            quiet,
            total,
            bar,
            began: clock::stop_watch(),
            last: Duration::ZERO,
        }
    }

    /// So many bytes and rows were read.
    pub(super) fn at(&mut self, bytes: u64, rows: u64) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{rows} rows"));
            bar.set_position(bytes);
            return;
        }
        let now = self.began.elapsed();
        if self.quiet || now.saturating_sub(self.last) < LINE_EVERY {
            return;
        }
        self.last = now;
        let share = self
            .total
            .filter(|total| *total > 0)
            .map_or_else(String::new, |total| {
                format!(", {} % of the file", (bytes.min(total)) * 100 / total)
            });
        tell(&format!("{rows} rows read{share}"));
    }

    /// Nothing more comes.
    pub(super) fn ends(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
