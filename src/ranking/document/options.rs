//! `config` of a document: the keys of `[ranking]`, and a few more.

use serde_json::{Map, Value};

use super::Error;
use crate::ranking::{Config, EXPLORATION};
use crate::units::out_of_range;

/// Share of an edition's clicks that arrive before its second wave.
const HEARD: f64 = 0.55;

/// What `config` of a document can say.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) ranking: Config,
    pub(super) exploration: f64,
    pub(super) max_age_days: Option<f64>,
    pub(super) heard: f64,
}

impl Options {
    /// The keys of `[ranking]` in the configuration, and those of this document.
    pub(super) fn of(given: Map<String, Value>, notes: &mut Vec<String>) -> Result<Self, Error> {
        let mut options = Self {
            ranking: Config::default(),
            exploration: EXPLORATION,
            max_age_days: None,
            heard: HEARD,
        };
        let mut ranking = Map::new();
        let mut limits = Map::new();
        for (key, value) in given {
            let number = || {
                let number = value.as_f64().filter(|number| *number >= 0.0);
                number.ok_or_else(|| Error::Config(format!("{key}: {value} is no such number")))
            };
            match key.as_str() {
                "exploration" | "tau" => options.exploration = number()?,
                "max_age_days" => options.max_age_days = Some(number()?),
                "heard" => options.heard = number()?,
                "per_category" | "per_source" | "repeat_factor" => {
                    limits.insert(key, value);
                }
                "limits" => match value {
                    Value::Object(inner) => limits.extend(inner),
                    _ => return Err(Error::Config("limits: this is no object".to_owned())),
                },
                "prior_rate" | "prior_shape" | "half_life_days" | "novelty"
                | "position_exponent" | "window_editions" => {
                    ranking.insert(key, value);
                }
                _ => notes.push(format!("config.{key} is not known and left out")),
            }
        }
        ranking.insert("limits".to_owned(), Value::Object(limits));
        let wrong = |error: serde_json::Error| Error::Config(error.to_string());
        options.ranking = serde_json::from_value(Value::Object(ranking)).map_err(wrong)?;
        options.check()?;
        Ok(options)
    }
}

impl Options {
    /// The ranges of `digest.toml`, and those of this document.
    fn check(&self) -> Result<(), Error> {
        let own = [
            ("exploration", self.exploration, 0.0..=4.0),
            ("heard", self.heard, 0.01..=1.0),
        ];
        let own = own
            .into_iter()
            .filter_map(|(key, value, range)| Some((key, out_of_range(value, &range)?)));
        match self.ranking.mistakes().into_iter().chain(own).next() {
            Some((key, message)) => {
                let key = key.strip_prefix("limits.").unwrap_or(key);
                Err(Error::Config(format!("{key}: {message}")))
            }
            None => Ok(()),
        }
    }
}
