//! When a deferred message is tried again, pure.

/// Seconds until the next attempt after so many attempts: 5 and 15 minutes for greylisting, then
/// 30 minutes, then every hour; ± 20 % by `seed`, so that a big batch does not come back at once.
#[must_use]
pub fn delay_seconds(attempts: u32, seed: u64) -> i64 {
    let base: i64 = match attempts {
        0 | 1 => 300,
        2 => 900,
        3 => 1800,
        _ => 3600,
    };
    let jitter = i64::try_from(seed % 41).unwrap_or(20) - 20;
    base + base * jitter / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_spread() {
        for (attempts, low, high) in [
            (1, 240, 360),
            (2, 720, 1080),
            (3, 1440, 2160),
            (9, 2880, 4320),
        ] {
            let delays: Vec<_> = (0..200).map(|seed| delay_seconds(attempts, seed)).collect();
            assert!(
                delays.iter().all(|delay| (low..=high).contains(delay)),
                "{attempts}"
            );
            assert!(delays.iter().any(|delay| *delay != delays[0]));
        }
    }
}
