//! The weather for an edition: asked for once, within seconds, and left out when it does not come.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::Config;
use crate::edition::Edition;
use crate::edition::masthead::{self, Weather};
use crate::fetch::{self, Fetched, Fetcher, Validators};
use crate::units::Span;

/// The weather to show, from the provider or from an edition built a short while ago. Nothing that
/// goes wrong here is more than a warning in the log.
pub(super) async fn weather(config: &Config, past: &[Edition], at: Timestamp) -> Option<Weather> {
    let asked = config.weather.as_ref()?;
    let now = at.as_second();
    let known = past
        .iter()
        .filter_map(|edition| edition.frame.weather.as_deref().cloned())
        .filter(|weather| weather.is_of(asked) && weather.is_fresh(now))
        .max_by_key(|weather| weather.observed_at);
    if known
        .as_ref()
        .is_some_and(|weather| weather.is_current(now))
    {
        return known;
    }
    match ask(asked, &config.fetch).await {
        Ok(weather) if weather.is_fresh(now) => Some(weather),
        Ok(other) => {
            let problem = if other.observed_at > now {
                "is dated in the future"
            } else {
                "is more than three hours old"
            };
            tracing::warn!(
                "the provider's weather {problem}: {}",
                instead(known.as_ref())
            );
            known
        }
        Err(problem) => {
            tracing::warn!(
                "no weather from the provider: {problem}; {}",
                instead(known.as_ref())
            );
            known
        }
    }
}

/// What an edition has when the provider gives it nothing.
fn instead(known: Option<&Weather>) -> &'static str {
    match known {
        Some(_) => "that of the edition before is shown, not three hours old",
        None => "it is left out",
    }
}

async fn ask(config: &masthead::Config, fetch: &fetch::Config) -> Result<Weather, String> {
    let patience = config.timeout;
    let fetch = fetch::Config {
        timeout: patience,
        connect_timeout: patience,
        host_delay: Span::seconds(0),
        ..fetch.clone()
    };
    let url = config.question().map_err(|error| error.to_string())?;
    let fetcher = Fetcher::new(&fetch).map_err(|error| error.to_string())?;
    let nothing_known = Validators::default();
    // On the heap: what asking takes would be carried by everything that builds.
    let asking = Box::pin(fetcher.get(&url, &nothing_known));
    // Names are looked up outside the client's own time-outs.
    let patience = Duration::from_secs(u64::try_from(patience.as_seconds()).unwrap_or(0));
    match tokio::time::timeout(patience, asking).await {
        Err(_elapsed) => Err("no answer in time".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(Fetched::NotModified)) => Err("nothing new".to_owned()),
        Ok(Ok(Fetched::Body(body))) => config
            .read(&body.bytes)
            .ok_or_else(|| "the answer is none that can be read".to_owned()),
    }
}
