//! Numbers in words: as shares only where there are enough readers, and as a line of blocks.

pub(super) use courant_templates::desk::parts::grouped;

use super::FEWEST;
use crate::units::number;

/// "1 person", "2,584 people".
pub(super) fn of(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// "31.4%", "0.17%".
#[must_use]
pub fn percent(rate: f64) -> String {
    let percent = rate * 100.0;
    if percent == 0.0 {
        "0%".to_owned()
    } else if percent < 0.995 {
        format!("{percent:.2}%")
    } else if rate >= 1.0 {
        "100%".to_owned()
    } else {
        // Rounding does not make a whole of what is none.
        format!("{:.1}%", percent.min(99.9))
    }
}

/// Less than any figure shows.
const ROUNDING: f64 = 1e-9;

/// A count's share of others, or the count where they are too few.
#[must_use]
pub fn share(count: u64, of: u64) -> String {
    if of < FEWEST {
        return grouped(count);
    }
    if count == 0 {
        return percent(0.0);
    }
    // Half a tenth is rounded up: as a fraction it may be stored as a little less.
    percent(number(count) / number(of) + ROUNDING)
}

/// Two shares as a range, one where they are the same.
pub(super) fn range(low: u64, high: u64, of: u64) -> String {
    let (from, to) = (share(low, of), share(high, of));
    if from == to {
        return from;
    }
    match (from.strip_suffix('%'), of < FEWEST) {
        (Some(bare), _) => format!("{bare}–{to}"),
        (None, _) => format!("{from}–{to}"),
    }
}

/// A line of blocks, the highest for the highest value; empty where there is none.
#[must_use]
pub fn sparkline(values: impl Iterator<Item = u64> + Clone) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = values.clone().max().unwrap_or(0);
    if highest == 0 {
        return String::new();
    }
    let block = |value: u64| {
        // One of many is still more than none.
        let step = (value.saturating_mul(7)).div_ceil(highest);
        BLOCKS[usize::try_from(step).unwrap_or(7).min(7)]
    };
    values.map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_of_enough_readers_only() {
        for (count, of, words) in [
            (3, 19, "3"),
            (3, 20, "15.0%"),
            (0, 500, "0%"),
            (1, 8316, "0.01%"),
            (9999, 10_000, "99.9%"),
            (99_999, 100_000, "99.9%"),
            (20, 20, "100%"),
            (23, 80, "28.8%"),
            (1, 80, "1.3%"),
            (79, 80, "98.8%"),
        ] {
            assert_eq!(share(count, of), words, "{count} of {of}");
        }
        assert_eq!(range(314, 437, 1000), "31.4–43.7%");
        assert_eq!(range(314, 314, 1000), "31.4%");
        assert_eq!(range(2, 5, 10), "2–5");
    }

    #[test]
    fn a_line_of_blocks_shows_one_of_many() {
        assert_eq!(sparkline([0, 1, 350, 700].into_iter()), "▁▂▅█");
        assert_eq!(sparkline([0, 0].into_iter()), "");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
