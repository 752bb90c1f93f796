//! Chance that can be repeated: numbers that look random and are a function of what they are for.
//!
//! Every draw is a hash of what it decides about (edition, wave, group, story), so the same inputs
//! give the same mail and nothing has to be stored to explain it. The hash is the finaliser of
//! splitmix64, which passes the usual batteries of tests; it keeps no secrets.

/// Step of splitmix64: 2^64 ÷ the golden ratio, odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// 2^53 values between 0 and 1 are all an `f64` tells apart.
const UNIT: f64 = 1.0 / (1u64 << 53) as f64;

/// Mixes all bits of a number into all others.
#[must_use]
pub fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// One number for several, in this order.
#[must_use]
pub fn hash(parts: &[u64]) -> u64 {
    parts
        .iter()
        .fold(STEP, |state, part| mix((state ^ part).wrapping_add(STEP)))
}

/// One number for a text.
#[must_use]
pub fn hash_text(text: &str) -> u64 {
    let start = hash(&[u64::try_from(text.len()).unwrap_or(u64::MAX)]);
    text.as_bytes().chunks(8).fold(start, |state, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix((state ^ u64::from_le_bytes(word)).wrapping_add(STEP))
    })
}

/// A hash as a number between 0 and 1, never either.
#[must_use]
pub fn uniform(hash: u64) -> f64 {
    ((hash >> 11) as f64 + 0.5) * UNIT
}

/// A hash as a draw from the standard normal distribution (Box–Muller).
#[must_use]
pub fn normal(hash: u64) -> f64 {
    let angle = std::f64::consts::TAU * uniform(mix(hash.wrapping_add(STEP)));
    (-2.0 * uniform(hash).ln()).sqrt() * angle.cos()
}

/// A hash as a whole number under `bound`; 0 if that is 0.
#[must_use]
pub fn below(hash: u64, bound: usize) -> usize {
    let bound = u128::try_from(bound).unwrap_or(u128::MAX);
    usize::try_from((u128::from(hash) * bound) >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_things_give_the_same_number_and_others_another() {
        assert_eq!(hash(&[1, 2]), hash(&[1, 2]));
        assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
        assert_ne!(hash(&[1]), hash(&[1, 0]));
        assert_eq!(hash_text("story"), hash_text("story"));
        for (a, b) in [
            ("", "\0"),
            ("a", "a\0"),
            ("12345678", "123456789"),
            ("ab", "ba"),
        ] {
            assert_ne!(hash_text(a), hash_text(b), "{a:?} {b:?}");
        }
    }

    /// If this changes, editions can no longer be replayed.
    #[test]
    fn the_numbers_stay_what_they_are() {
        assert_eq!(mix(STEP), 0xe220_a839_7b1d_cdaf);
        let told = |value: f64| format!("{value:.12}");
        let draws = [uniform(hash(&[7])), normal(hash(&[7]))].map(told);
        assert_eq!(draws, ["0.923700106930", "-0.330788457843"]);
    }

    #[test]
    fn draws_have_the_moments_of_their_distribution() {
        let count = 100_000u64;
        let mean = |draw: &dyn Fn(u64) -> f64| {
            (0..count).map(|at| draw(hash(&[3, at]))).sum::<f64>() / count as f64
        };
        for (found, expected) in [
            (mean(&uniform), 0.5),
            (mean(&|hash| uniform(hash).powi(2)), 1.0 / 3.0),
            (mean(&normal), 0.0),
            (mean(&|hash| normal(hash).powi(2)), 1.0),
            (mean(&|hash| normal(hash).powi(4)), 3.0),
            (mean(&|hash| below(hash, 10) as f64), 4.5),
        ] {
            assert!((found - expected).abs() < 0.05, "{found} {expected}");
        }
        assert!((0..count).all(|at| below(hash(&[at]), 7) < 7));
        assert_eq!(below(u64::MAX, 0), 0);
    }
}
