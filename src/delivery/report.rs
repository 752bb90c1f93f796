//! What a call of `send` did, as numbers: for programs, and for Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::send::Summary;

/// How long messages took and how much left, gathered by all connections.
#[derive(Debug, Default)]
pub(super) struct Times {
    micros: Mutex<Vec<u32>>,
    bytes: AtomicU64,
}

impl Times {
    /// A message and the next envelope went out and were answered.
    pub(super) fn took(&self, duration: Duration) {
        let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        let mut all = self.micros.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(micros);
    }

    /// A message was accepted.
    pub(super) fn sent(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes accepted, and the median and the 99th percentile in milliseconds.
    pub(super) fn sum(&self) -> (u64, f64, f64) {
        let mut all = self.micros.lock().unwrap_or_else(PoisonError::into_inner);
        all.sort_unstable();
        let at = |hundredth: usize| {
            let index = all.len() * hundredth / 100;
            let micros = all.get(index.min(all.len().saturating_sub(1)));
            f64::from(micros.copied().unwrap_or(0)) / 1000.0
        };
        (self.bytes.load(Ordering::Relaxed), at(50), at(99))
    }
}

/// A summary in the format of Prometheus' textfile collector.
#[must_use]
pub fn prometheus(summary: &Summary) -> String {
    let labels = format!("{{edition=\"{}\"}}", summary.edition);
    let mut out = String::new();
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let counts = [
        (
            "queued",
            "Recipients of the edition.",
            summary.queued as f64,
        ),
        (
            "accepted",
            "Messages the next hop accepted in the last call.",
            summary.accepted as f64,
        ),
        (
            "deferred",
            "Recipients put off in the last call.",
            summary.deferred as f64,
        ),
        (
            "refused",
            "Recipients refused for good in the last call.",
            summary.refused as f64,
        ),
        (
            "suppressed",
            "Recipients who had left or are suppressed.",
            summary.suppressed as f64,
        ),
        (
            "uncertain",
            "Recipients of the edition who were ever in doubt.",
            summary.uncertain as f64,
        ),
        (
            "held",
            "Recipients in doubt who are held.",
            summary.held as f64,
        ),
        (
            "remaining",
            "Recipients still owed.",
            summary.remaining as f64,
        ),
        (
            "expired",
            "Recipients given up at the deadline.",
            summary.expired as f64,
        ),
        (
            "bytes",
            "Bytes accepted in the last call.",
            summary.bytes as f64,
        ),
        ("seconds", "How long the last call took.", summary.seconds),
        (
            "message_p50_milliseconds",
            "A message and its reply, median.",
            summary.message_p50_ms,
        ),
        (
            "message_p99_milliseconds",
            "A message and its reply, 99th percentile.",
            summary.message_p99_ms,
        ),
    ];
    for (name, help, value) in counts {
        let _to_memory = write!(
            out,
            "# HELP courant_delivery_{name} {help}\n# TYPE courant_delivery_{name} gauge\n\
             courant_delivery_{name}{labels} {value}\n"
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_all_messages() {
        let times = Times::default();
        assert_eq!(times.sum(), (0, 0.0, 0.0));
        for ms in 1..=100 {
            times.took(Duration::from_millis(ms));
            times.sent(10);
        }
        assert_eq!(times.sum(), (1000, 51.0, 100.0));
    }
}
