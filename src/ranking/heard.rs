//! How much of an edition's clicks have come in after some time.

/// When half of the clicks have come in, in seconds.
const MEDIAN_SECONDS: f64 = 9000.0;
/// Spread of the logarithm of the time.
const SPREAD: f64 = 1.3;

/// Share of an edition's clicks that have come in so many seconds after it left, 0..1.
///
/// Times are log-normal with a median of two and a half hours, which has 55 % in after the three hours
/// to a second wave and 96 % after a day.
#[must_use]
pub fn heard(seconds: f64) -> f64 {
    if seconds > 0.0 {
        normal_below((seconds / MEDIAN_SECONDS).ln() / SPREAD)
    } else {
        0.0
    }
}

/// The standard normal distribution function, to seven digits (Abramowitz and Stegun 26.2.17).
fn normal_below(value: f64) -> f64 {
    const FACTORS: [f64; 5] = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    let step = 1.0 / (1.0 + 0.231_641_9 * value.abs());
    let sum = FACTORS
        .iter()
        .rev()
        .fold(0.0, |sum, factor| (sum + factor) * step);
    let density = (-0.5 * value * value).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let above = (density * sum).clamp(0.0, 1.0);
    if value >= 0.0 { 1.0 - above } else { above }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_come_in_over_hours() {
        for (seconds, expected) in [
            (-5.0, 0.0),
            (0.0, 0.0),
            (9000.0, 0.5),
            (10_800.0, 0.556),
            (86_400.0, 0.959),
            (1e12, 1.0),
            (f64::NAN, 0.0),
        ] {
            let found = heard(seconds);
            assert!((found - expected).abs() < 0.001, "{seconds}: {found}");
        }
    }
}
