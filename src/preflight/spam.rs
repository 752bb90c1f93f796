//! What spam filters think of the mail, where daemons of them are named in `[check]`.
//!
//! They judge the message as it stands, not the address it will come from: rules about networks and
//! reputation say nothing here.

use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::finding::Findings;
use super::mail::Written;
use crate::config::{Check, Config, host_and_port};
use crate::fetch::{self, Asked, Fetcher};
use crate::units::Span;

const PATIENCE: Duration = Duration::from_secs(25);
/// A verdict is a few hundred bytes; rules that hit are named in a line.
const MOST_BYTES: u64 = 64 * 1024;

/// What a filter says.
#[derive(Debug, PartialEq)]
struct Verdict {
    points: f64,
    limit: f64,
    rules: Vec<String>,
}

pub(super) async fn check(config: &Config, written: &Written) -> Findings {
    let mut findings = Findings::default();
    let message = &written.message;
    if message.is_empty() {
        return findings;
    }
    if let Some(place) = &config.check.spamd {
        let asking = Box::pin(spamd(place, message));
        let verdict = tokio::time::timeout(PATIENCE, asking).await;
        let verdict = verdict.unwrap_or_else(|_elapsed| Err("no answer in time".to_owned()));
        judge(&mut findings, ("SpamAssassin", place), verdict);
    }
    if let Some(place) = &config.check.rspamd {
        let verdict = Box::pin(rspamd(config, place, message)).await;
        judge(&mut findings, ("rspamd", place), verdict);
    }
    findings
}

fn judge(findings: &mut Findings, (who, place): (&str, &str), verdict: Result<Verdict, String>) {
    match verdict {
        Err(why) => {
            let message = format!("{who} could not be asked: {why}");
            findings.look_at(Check::SpamScore, place, message);
        }
        Ok(verdict) => {
            let Verdict {
                points,
                limit,
                rules,
            } = verdict;
            let rules = rules.join(", ");
            let message =
                format!("{who} gives the mail {points} points, spam begins at {limit}: {rules}");
            if points >= limit {
                findings.fail(Check::SpamScore, place, message);
            } else if points * 2.0 >= limit {
                findings.look_at(Check::SpamScore, place, message);
            } else {
                findings.or_pass_at(Check::SpamScore, place, message);
            }
        }
    }
}

/// Asks by the protocol of `spamc`.
async fn spamd(place: &str, message: &[u8]) -> Result<Verdict, String> {
    let address = host_and_port(place).ok_or("it is no host and port")?;
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).await.map_err(failed)?;
    let head = format!(
        "SYMBOLS SPAMC/1.5\r\nContent-length: {}\r\n\r\n",
        message.len()
    );
    stream.write_all(head.as_bytes()).await.map_err(failed)?;
    stream.write_all(message).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut answer = Vec::new();
    let mut beginning = stream.take(MOST_BYTES);
    beginning.read_to_end(&mut answer).await.map_err(failed)?;
    read_spamd(&String::from_utf8_lossy(&answer)).ok_or_else(|| {
        let answer = String::from_utf8_lossy(&answer);
        let line = answer.lines().next().unwrap_or_default();
        let line: String = line.chars().take(100).collect();
        format!("it answers \"{line}\"")
    })
}

fn read_spamd(answer: &str) -> Option<Verdict> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let is_good = lines.next()?.strip_prefix("SPAMD/")?.contains(" 0 ");
    let line = lines.find_map(|line| line.strip_prefix("Spam:"))?;
    let (_, numbers) = line.split_once(';')?;
    let (points, limit) = numbers.split_once('/')?;
    let rules = body.split([',', '\r', '\n']).map(str::trim);
    let rules = rules.filter(|rule| !rule.is_empty()).take(20);
    is_good.then_some(Verdict {
        points: points.trim().parse().ok()?,
        limit: limit.trim().parse().ok()?,
        rules: rules.map(str::to_owned).collect(),
    })
}

/// The answer of rspamd's `/checkv2`.
#[derive(Deserialize)]
struct Answer {
    score: f64,
    required_score: f64,
    #[serde(default)]
    symbols: std::collections::BTreeMap<String, Symbol>,
}

#[derive(Deserialize)]
struct Symbol {
    #[serde(default)]
    score: f64,
}

async fn rspamd(config: &Config, place: &str, message: &[u8]) -> Result<Verdict, String> {
    let base = Url::parse(place).map_err(|error| error.to_string())?;
    let url = base.join("checkv2").map_err(|error| error.to_string())?;
    // The daemon is ours and named by hand, so it may stand in a private network.
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_matches(['[', ']']).to_owned();
    let fetcher = Fetcher::new(&fetch::Config {
        allow_private: vec![host],
        timeout: Span::seconds(25),
        host_delay: Span::seconds(0),
        ..config.fetch.clone()
    });
    let fetcher = fetcher.map_err(|error| error.to_string())?;
    let asking = Box::pin(fetcher.probe(&url, Asked::Message(message)));
    let answer = asking.await.map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!("it answers {}", answer.status));
    }
    let read: Answer = serde_json::from_slice(&answer.body)
        .map_err(|_| "it answers with something else than a verdict".to_owned())?;
    let mut rules: Vec<_> = read
        .symbols
        .into_iter()
        .filter(|(_, it)| it.score > 0.0)
        .collect();
    rules.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
    Ok(Verdict {
        points: read.score,
        limit: read.required_score,
        rules: rules.into_iter().take(20).map(|(name, _)| name).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_of_spamd_are_read() {
        let answer = "SPAMD/1.1 0 EX_OK\r\nContent-length: 20\r\nSpam: True ; 7.3 / 5.0\r\n\r\n\
                      MISSING_HEADERS,SUBJ_ALL_CAPS\r\n";
        assert_eq!(
            read_spamd(answer),
            Some(Verdict {
                points: 7.3,
                limit: 5.0,
                rules: vec!["MISSING_HEADERS".to_owned(), "SUBJ_ALL_CAPS".to_owned()],
            })
        );
        for answer in [
            "",
            "HTTP/1.1 400 Bad Request\r\n\r\n",
            "SPAMD/1.0 76 Bad header line\r\n\r\n",
            "SPAMD/1.1 0 EX_OK\r\nSpam: False ; x / 5.0\r\n\r\n",
        ] {
            assert_eq!(read_spamd(answer), None, "{answer}");
        }
    }
}
