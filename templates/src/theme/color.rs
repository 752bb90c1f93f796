//! One colour: how it is written and how well it is told apart from another.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// The least contrast of text that is read, as a ratio to one.
pub const LEAST_CONTRAST: f64 = 4.5;

/// A colour as mail programs take it: "#0A5C73".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hex([u8; 3]);

impl Hex {
    /// A colour from its three bytes as one number, such as `0x0A_5C_73`; higher bytes are ignored.
    #[must_use]
    pub const fn new(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self([red, green, blue])
    }

    /// Contrast with another colour, from 1 (the same) to 21 (black on white).
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Relative luminance (WCAG 2.2, "relative luminance").
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|byte| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// This colour moved `step` of 255 steps towards another, each channel by itself.
    pub(crate) fn towards(self, other: Self, step: u8) -> Self {
        let mut mixed = self.0;
        for (byte, target) in mixed.iter_mut().zip(other.0) {
            let sum =
                u16::from(*byte) * u16::from(255 - step) + u16::from(target) * u16::from(step);
            *byte = u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// The shade closest to this one that can be told from every one of `others`; there may be none.
    pub(super) fn readable_with(self, others: &[Self]) -> Option<Self> {
        let (black, white) = (Self::new(0), Self::new(0x00FF_FFFF));
        let passes = |shade: &Self| {
            others
                .iter()
                .all(|it| shade.contrast(*it) >= LEAST_CONTRAST)
        };
        (0..=u8::MAX)
            .flat_map(|step| [self.towards(black, step), self.towards(white, step)])
            .find(passes)
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02X}{green:02X}{blue:02X}")
    }
}

impl FromStr for Hex {
    type Err = HexError;

    fn from_str(value: &str) -> Result<Self, HexError> {
        value
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .map(Self::new)
            .ok_or_else(|| HexError {
                value: value.to_owned(),
            })
    }
}

impl TryFrom<String> for Hex {
    type Error = HexError;

    fn try_from(value: String) -> Result<Self, HexError> {
        value.parse()
    }
}

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexError {
    /// The text as it was given.
    pub value: String,
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a colour written as \"#\" and six hex digits",
            self.value
        )
    }
}

impl std::error::Error for HexError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_follows_the_published_examples() {
        let (black, white) = (Hex::new(0), Hex::new(0xFFFFFF));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((white.contrast(white) - 1.0).abs() < 1e-9);
        // The grey everybody quotes: the lightest that passes on white.
        assert!(Hex::new(0x767676).contrast(white) >= LEAST_CONTRAST);
        assert!(Hex::new(0x777777).contrast(white) < LEAST_CONTRAST);
    }

    #[test]
    fn every_background_has_a_readable_shade() {
        for grey in 0..=u8::MAX {
            let background = Hex([grey; 3]);
            let shade = background.readable_with(&[background]).unwrap();
            assert!(shade.contrast(background) >= LEAST_CONTRAST, "{background}");
        }
    }

    #[test]
    fn a_colour_is_a_hash_and_six_digits() {
        for good in ["#0A5C73", "#0a5c73"] {
            assert_eq!(good.parse::<Hex>().unwrap().to_string(), "#0A5C73");
        }
        for bad in [
            "0A5C73", "#FFF", "#0A5C7", "#0A5C73F", "#+A5C73", "teal", "", "#ÄÖÜ",
        ] {
            let error = bad.parse::<Hex>().unwrap_err().to_string();
            assert!(error.contains(&format!("{bad:?}")), "{error}");
        }
    }
}
