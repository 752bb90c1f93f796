//! Durations and sizes as people write them in `digest.toml`: "15m", "4d", "102 KB"; and bytes as digits.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Bytes as hexadecimal digits, in lower case.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |four: u8| char::from(b"0123456789abcdef"[usize::from(four & 15)]);
    let pairs = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)]);
    pairs.collect()
}

/// A count as a number to calculate with.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of people stay far below 2^52"
)]
pub fn number(count: u64) -> f64 {
    count as f64
}

/// What is wrong with a value that stands outside a range; nothing with one inside.
#[must_use]
pub fn out_of_range(value: f64, range: &RangeInclusive<f64>) -> Option<String> {
    let (low, high) = (range.start(), range.end());
    (!range.contains(&value)).then(|| format!("{value} is not between {low} and {high}"))
}

/// A length of time, written as a whole number and `s`, `m`, `h`, `d` or `w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

impl Span {
    /// A span of so many seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// A span of so many hours.
    #[must_use]
    pub const fn hours(hours: i64) -> Self {
        Self(hours * 3600)
    }

    /// A span of so many days of 24 hours.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self(days * 86_400)
    }

    /// Its length in seconds, never negative.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0
    }

    /// The same as the standard library's type.
    #[must_use]
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(u64::try_from(self.0).unwrap_or(0))
    }
}

const SPAN_HINT: &str = "a whole number followed by s, m, h, d or w, such as \"15m\" or \"4d\"";

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError {
            text: text.to_owned(),
            expected: SPAN_HINT,
        };
        let (number, unit) = split(text).ok_or_else(wrong)?;
        let factor = match unit {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return Err(wrong()),
        };
        number.checked_mul(factor).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m")];
        let (size, unit) = units
            .into_iter()
            .find(|(size, _)| self.0 > 0 && self.0 % size == 0)
            .unwrap_or((1, "s"));
        write!(f, "{}{unit}", self.0 / size)
    }
}

/// A number of bytes, written as a whole number and `B`, `KB` or `MB` (1 KB = 1,000 bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(u64);

impl Bytes {
    /// So many millions of bytes.
    #[must_use]
    pub const fn mega(megabytes: u64) -> Self {
        Self(megabytes * 1_000_000)
    }

    /// So many bytes.
    #[must_use]
    pub const fn exactly(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError {
            text: text.to_owned(),
            expected: "a whole number followed by B, KB or MB, such as \"10 MB\"",
        };
        let (number, unit) = split(text).ok_or_else(wrong)?;
        let factor = match unit {
            "B" => 1,
            "KB" | "kB" => 1_000,
            "MB" => 1_000_000,
            _ => return Err(wrong()),
        };
        let bytes = number.checked_mul(factor).ok_or_else(wrong)?;
        u64::try_from(bytes).map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n > 0 && n % 1_000_000 == 0 => write!(f, "{} MB", n / 1_000_000),
            n if n > 0 && n % 1_000 == 0 => write!(f, "{} KB", n / 1_000),
            n => write!(f, "{n} B"),
        }
    }
}

/// A text that is not the quantity it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not {expected}")]
pub struct UnitError {
    text: String,
    expected: &'static str,
}

/// "15 m" → (15, "m"). Signs are refused: no quantity of ours is negative.
fn split(text: &str) -> Option<(i64, &str)> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    Some((number.parse().ok()?, unit.trim()))
}

macro_rules! as_text {
    ($($quantity:ty),+) => {$(
        impl<'de> Deserialize<'de> for $quantity {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $quantity;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a quantity in quotes, such as \"15m\" or \"10 MB\"")
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$quantity, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
        impl Serialize for $quantity {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}
as_text!(Span, Bytes);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_and_written_as_people_do() {
        for (text, seconds, again) in [
            ("15m", 900, "15m"),
            ("90s", 90, "90s"),
            ("4d", 345_600, "4d"),
            ("2 w", 1_209_600, "2w"),
            ("0s", 0, "0s"),
            ("120m", 7200, "2h"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(
                (span.as_seconds(), span.to_string().as_str()),
                (seconds, again)
            );
        }
        let bytes: Bytes = "102 KB".parse().unwrap();
        assert_eq!(
            (bytes.get(), bytes.to_string().as_str()),
            (102_000, "102 KB")
        );
    }

    #[test]
    fn what_is_not_a_quantity_is_refused_with_its_text() {
        for text in [
            "",
            "15",
            "m",
            "-5m",
            "5 fortnights",
            "99999999999999999999d",
            "9223372036854775807w",
        ] {
            let error = text.parse::<Span>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("\"{text}\" is not ")), "{error}");
        }
        assert!("5 GB".parse::<Bytes>().is_err());
    }
}
