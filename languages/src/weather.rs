//! The weather in words.

use serde::{Deserialize, Serialize};

use crate::Locale;
use crate::bundle::args;
use crate::numbers::decimal;

/// What the sky does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are those of the forecast")]
pub enum Sky {
    Clear,
    MainlyClear,
    PartlyCloudy,
    Overcast,
    Fog,
    Drizzle,
    FreezingDrizzle,
    LightRain,
    Rain,
    HeavyRain,
    FreezingRain,
    LightSnow,
    Snow,
    HeavySnow,
    Showers,
    SnowShowers,
    Thunderstorm,
    Hail,
}

impl Sky {
    fn id(self) -> &'static str {
        match self {
            Self::Clear => "sky-clear",
            Self::MainlyClear => "sky-mainly-clear",
            Self::PartlyCloudy => "sky-partly-cloudy",
            Self::Overcast => "sky-overcast",
            Self::Fog => "sky-fog",
            Self::Drizzle => "sky-drizzle",
            Self::FreezingDrizzle => "sky-freezing-drizzle",
            Self::LightRain => "sky-light-rain",
            Self::Rain => "sky-rain",
            Self::HeavyRain => "sky-heavy-rain",
            Self::FreezingRain => "sky-freezing-rain",
            Self::LightSnow => "sky-light-snow",
            Self::Snow => "sky-snow",
            Self::HeavySnow => "sky-heavy-snow",
            Self::Showers => "sky-showers",
            Self::SnowShowers => "sky-snow-showers",
            Self::Thunderstorm => "sky-thunderstorm",
            Self::Hail => "sky-hail",
        }
    }
}

/// The scale of a temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Degrees Celsius.
    #[default]
    Celsius,
    /// Degrees Fahrenheit.
    Fahrenheit,
}

impl Locale {
    /// "light snow".
    #[must_use]
    pub fn sky(&self, sky: Sky) -> String {
        self.bundle.word(sky.id())
    }

    /// "−1.1 °C": one decimal, a real minus sign (U+2212), no line break before the unit.
    #[must_use]
    pub fn temperature(&self, celsius: f64, unit: Unit) -> String {
        let (id, degrees) = match unit {
            Unit::Celsius => ("temperature-celsius", celsius),
            Unit::Fahrenheit => ("temperature-fahrenheit", celsius * 1.8 + 32.0),
        };
        // Rounded first: −0.04 is no frost.
        let plain = std::format!("{:.1}", degrees.abs());
        let sign = if degrees < 0.0 && plain != "0.0" {
            "\u{2212}"
        } else {
            ""
        };
        let degrees = [sign, &decimal(&self.icu, &plain)].concat();
        self.bundle.say(id, &args!["degrees" => degrees])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_has_a_real_minus_sign_and_one_decimal() {
        for (tag, celsius, unit, words) in [
            ("en", -1.1, Unit::Celsius, "−1.1\u{a0}°C"),
            ("en", -1.1, Unit::Fahrenheit, "30.0\u{a0}°F"),
            ("en", -0.04, Unit::Celsius, "0.0\u{a0}°C"),
            ("de", -21.35, Unit::Celsius, "−21,4\u{a0}°C"),
            ("ja", 18.0, Unit::Celsius, "18.0°C"),
            ("ar", -4.6, Unit::Celsius, "−4.6\u{a0}°C"),
        ] {
            assert_eq!(Locale::of(tag).temperature(celsius, unit), words, "{tag}");
        }
        assert_eq!(Locale::of("fr").sky(Sky::LightSnow), "neige faible");
    }
}
