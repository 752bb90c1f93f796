//! The weather in the masthead: what a provider is asked, and what its answer says.
//!
//! Pure: a URL comes out of a configuration, an observation out of an answer. Whoever builds an
//! edition asks, within seconds, and goes on without the weather if there is no answer.

use courant_languages::{Sky, Unit};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::units::Span;

/// Weather older than this is not shown: it would be wrong more often than not.
const FRESH_SECONDS: i64 = 3 * 3600;
/// An observation this young need not be asked for again; providers measure four times an hour.
const CURRENT_SECONDS: i64 = 15 * 60;

/// Whose answers are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Open-Meteo, or a server of one's own that speaks its format.
    #[default]
    OpenMeteo,
}

/// `[weather]` in `digest.toml`: the weather at the place of publication.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose answers are expected.
    #[serde(default)]
    pub provider: Provider,
    /// Where the provider is asked.
    #[serde(default = "open_meteo")]
    pub url: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Name of the place, for the text part.
    pub place: String,
    /// Celsius or Fahrenheit.
    #[serde(default)]
    pub unit: Unit,
    /// How long an edition waits for the answer.
    #[serde(default = "patience")]
    pub timeout: Span,
}

fn open_meteo() -> String {
    "https://api.open-meteo.com/v1/forecast".to_owned()
}

fn patience() -> Span {
    Span::seconds(4)
}

impl Config {
    /// What the provider is asked.
    ///
    /// # Errors
    /// When `url` is none.
    pub fn question(&self) -> Result<Url, url::ParseError> {
        let mut url = Url::parse(&self.url)?;
        url.query_pairs_mut()
            .append_pair("latitude", &self.latitude.to_string())
            .append_pair("longitude", &self.longitude.to_string())
            .append_pair("current", "temperature_2m,weather_code")
            .append_pair("timeformat", "unixtime");
        Ok(url)
    }

    /// What an answer says, if it is an answer.
    #[must_use]
    pub fn read(&self, answer: &[u8]) -> Option<Weather> {
        let Provider::OpenMeteo = self.provider;
        let answer = serde_json::from_slice::<OpenMeteo>(answer).ok()?;
        let (current, units) = (answer.current, answer.current_units);
        let celsius = match units.temperature_2m.as_deref().map(str::trim) {
            None | Some("°C" | "C") => current.temperature_2m,
            Some("°F" | "F") => (current.temperature_2m - 32.0) / 1.8,
            Some(_) => return None,
        };
        // Hotter or colder than anything ever measured: the answer means something else.
        if !(-95.0..=65.0).contains(&celsius) {
            return None;
        }
        Some(Weather {
            place: self.place.clone(),
            tenths_celsius: format!("{:.0}", celsius * 10.0).parse().ok()?,
            unit: self.unit,
            sky: current.weather_code.and_then(sky),
            observed_at: match current.time {
                Instant::Unix(seconds) => seconds,
                Instant::Iso(text) => in_utc(&text)?,
            },
        })
    }
}

/// An observation, frozen with an edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weather {
    /// Name of the place.
    pub place: String,
    /// Temperature in tenths of a degree Celsius.
    pub tenths_celsius: i32,
    /// The scale it is shown in.
    pub unit: Unit,
    /// The sky, if the provider's number for it is known.
    pub sky: Option<Sky>,
    /// When it was measured, Unix seconds.
    pub observed_at: i64,
}

impl Weather {
    /// Degrees Celsius.
    #[must_use]
    pub fn celsius(&self) -> f64 {
        f64::from(self.tenths_celsius) / 10.0
    }

    /// Whether it may be shown at an instant (Unix seconds).
    #[must_use]
    pub fn is_fresh(&self, now: i64) -> bool {
        // A clock of theirs may be a little ahead of ours.
        (-CURRENT_SECONDS..=FRESH_SECONDS).contains(&(now - self.observed_at))
    }

    /// Whether asking again would bring nothing newer.
    #[must_use]
    pub fn is_current(&self, now: i64) -> bool {
        (-CURRENT_SECONDS..=CURRENT_SECONDS).contains(&(now - self.observed_at))
    }

    /// Whether it is the weather that this configuration asks for.
    #[must_use]
    pub fn is_of(&self, config: &Config) -> bool {
        self.place == config.place && self.unit == config.unit
    }
}

/// An instant as servers of this format write it when they do not mind `timeformat`: UTC, with or
/// without seconds and zone.
fn in_utc(text: &str) -> Option<i64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_second());
    }
    let time: DateTime = text.parse().ok()?;
    Some(TimeZone::UTC.to_timestamp(time).ok()?.as_second())
}

#[derive(Deserialize)]
struct OpenMeteo {
    current: Current,
    #[serde(default)]
    current_units: Units,
}

#[derive(Deserialize, Default)]
struct Units {
    temperature_2m: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Instant {
    Unix(i64),
    Iso(String),
}

#[derive(Deserialize)]
struct Current {
    time: Instant,
    temperature_2m: f64,
    weather_code: Option<u8>,
}

/// The sky by its number in WMO code table 4677, as far as forecasts use it.
fn sky(code: u8) -> Option<Sky> {
    Some(match code {
        0 => Sky::Clear,
        1 => Sky::MainlyClear,
        2 => Sky::PartlyCloudy,
        3 => Sky::Overcast,
        45 | 48 => Sky::Fog,
        51 | 53 | 55 => Sky::Drizzle,
        56 | 57 => Sky::FreezingDrizzle,
        61 => Sky::LightRain,
        63 => Sky::Rain,
        65 => Sky::HeavyRain,
        66 | 67 => Sky::FreezingRain,
        71 | 77 => Sky::LightSnow,
        73 => Sky::Snow,
        75 => Sky::HeavySnow,
        80..=82 => Sky::Showers,
        85 | 86 => Sky::SnowShowers,
        95 => Sky::Thunderstorm,
        96 | 99 => Sky::Hail,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            provider: Provider::OpenMeteo,
            url: open_meteo(),
            latitude: 53.55,
            longitude: -0.5,
            place: "Northquay".to_owned(),
            unit: Unit::Celsius,
            timeout: patience(),
        }
    }

    #[test]
    fn an_answer_is_read_and_nonsense_is_not() {
        assert_eq!(
            config().question().unwrap().as_str(),
            "https://api.open-meteo.com/v1/forecast?latitude=53.55&longitude=-0.5\
             &current=temperature_2m%2Cweather_code&timeformat=unixtime"
        );
        let answer = br#"{"latitude":53.5,"current_units":{"temperature_2m":"C"},
            "current":{"time":1701756000,"interval":900,"temperature_2m":-1.1,"weather_code":71}}"#;
        let weather = config().read(answer).unwrap();
        assert_eq!(
            (weather.tenths_celsius, weather.sky, weather.observed_at),
            (-11, Some(Sky::LightSnow), 1_701_756_000)
        );
        for nonsense in [
            &b"not json"[..],
            b"{}",
            br#"{"error":true,"reason":"Latitude must be in range"}"#,
            br#"{"current":{"time":1,"temperature_2m":"warm"}}"#,
            br#"{"current":{"time":1,"temperature_2m":271.3}}"#,
            br#"{"current":{"time":1,"temperature_2m":1e999}}"#,
            &[0xff; 64],
        ] {
            assert_eq!(config().read(nonsense), None);
        }
        for (time, units) in [
            ("1701756000", r#"{"temperature_2m":"°C"}"#),
            (r#""2023-12-05T06:00""#, "{}"),
            (r#""2023-12-05T06:00:00Z""#, "{}"),
        ] {
            let answer = format!(
                r#"{{"current_units":{units},"current":{{"time":{time},"temperature_2m":-1.1}}}}"#
            );
            let weather = config().read(answer.as_bytes()).unwrap();
            assert_eq!(
                (weather.tenths_celsius, weather.observed_at),
                (-11, 1_701_756_000)
            );
        }
        let fahrenheit = br#"{"current_units":{"temperature_2m":"\u00b0F"},
            "current":{"time":1,"temperature_2m":30}}"#;
        assert_eq!(config().read(fahrenheit).unwrap().tenths_celsius, -11);
        let kelvin =
            br#"{"current_units":{"temperature_2m":"K"},"current":{"time":1,"temperature_2m":60}}"#;
        assert_eq!(config().read(kelvin), None);
        let unknown = br#"{"current":{"time":1,"temperature_2m":3,"weather_code":42}}"#;
        assert_eq!(config().read(unknown).unwrap().sky, None);
    }

    #[test]
    fn weather_is_shown_for_three_hours() {
        let weather = Weather {
            place: String::new(),
            tenths_celsius: 0,
            unit: Unit::Celsius,
            sky: None,
            observed_at: 100_000,
        };
        for (now, fresh, current) in [
            (100_000, true, true),
            (100_000 + 901, true, false),
            (100_000 + 3 * 3600, true, false),
            (100_000 + 3 * 3600 + 1, false, false),
            (100_000 - 901, false, false),
        ] {
            assert_eq!(
                (weather.is_fresh(now), weather.is_current(now)),
                (fresh, current)
            );
        }
    }
}
