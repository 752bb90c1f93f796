//! `courant agents`: who made a request.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::Desk;
use super::exit::{self, Failure};
use super::lines::{lines, open};
use crate::engagement::agents::Networks;
use crate::engagement::{Agent, Facts, agents};
use crate::telemetry::with_causes;

#[derive(Debug, Subcommand)]
pub(super) enum Agents {
    /// Judge requests: facts in, one JSON object a line; verdicts out, with the reason
    Classify(Classify),
}

#[derive(Debug, Args)]
pub(super) struct Classify {
    /// The file; - is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Networks that machines ask from, instead of those the program knows
    #[arg(long, value_name = "FILE")]
    networks: Option<PathBuf>,
}

/// The facts of one request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    user_agent: Option<String>,
    ip: Option<IpAddr>,
    method: Option<String>,
    purpose: Option<String>,
    seconds_since_sent: Option<f64>,
    hits_in_burst: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Verdict {
    agent: Agent,
    reason: String,
}

impl Agents {
    pub(super) fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let Self::Classify(Classify { file, networks }) = self;
        let networks = match networks {
            None => Networks::bundled(),
            Some(file) => Networks::read(&file)
                .map_err(|error| Failure::new(exit::USAGE, with_causes(&error)))?,
        };
        let mut code = exit::DONE;
        for line in lines(open(&file)?) {
            let (number, line) = line?;
            let verdict = match facts(&line) {
                Ok(asked) => judge(&asked, &networks),
                // A line out for every line in: whoever pipes keeps both in step.
                Err(error) => {
                    code = exit::PARTLY;
                    Verdict {
                        agent: Agent::Unknown,
                        reason: format!("line {number} is not the facts of a request: {error}"),
                    }
                }
            };
            desk.output.json(&verdict)?;
            desk.output
                .line(format!("{:<13} {}", verdict.agent.name(), verdict.reason));
        }
        Ok(code)
    }
}

/// By way of an object: an array of the same length would be taken for one.
fn facts(line: &str) -> Result<Asked, serde_json::Error> {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line)?;
    serde_json::from_value(members.into())
}

fn judge(asked: &Asked, networks: &Networks) -> Verdict {
    let (agent, reason) = agents::classify(&Facts {
        method: asked.method.as_deref().unwrap_or_default(),
        user_agent: asked.user_agent.as_deref().unwrap_or_default(),
        purpose: asked.purpose.as_deref().unwrap_or_default(),
        network: asked.ip.and_then(|address| networks.of(address)),
        seconds_since_sent: asked.seconds_since_sent,
        hits_in_burst: asked.hits_in_burst,
    });
    Verdict {
        agent,
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_an_object_whose_members_may_be_missing_or_empty() {
        for (line, expected) in [
            (r#"{}"#, Some(Agent::Scanner)),
            (
                r#"{"user_agent":"Firefox/1","ip":"192.0.2.1","method":null}"#,
                Some(Agent::Person),
            ),
            (
                r#"{"user_agent":"Firefox/1","seconds_since_sent":3}"#,
                Some(Agent::Scanner),
            ),
            (
                r#"{"user_agent":"Firefox/1","ip":"209.222.82.4"}"#,
                Some(Agent::Scanner),
            ),
            ("[]", None),
            ("\"Firefox\"", None),
            (r#"{"user_agent":7}"#, None),
        ] {
            let agent = facts(line)
                .ok()
                .map(|asked| judge(&asked, &Networks::bundled()).agent);
            assert_eq!(agent, expected, "{line}");
        }
    }
}
