//! When a deferred message is tried again, pure.

use super::reply::{Phase, Reply, Verdict};

/// Why a message waits, as far as the waiting differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The destination wants to see the same message again in some minutes (RFC 6647).
    Greylisted,
    /// We are too fast for the destination.
    TooFast,
    /// The mailbox is full.
    Full,
    /// Something is wrong with us in the destination's eyes: authentication, reputation, format.
    Policy,
    /// Anything else that may pass.
    Other,
}

impl Wait {
    /// Why a reply that is neither acceptance nor a word about the recipient asks us to wait.
    #[must_use]
    pub fn of(reply: &Reply, phase: Phase) -> Self {
        if reply.verdict(phase) == Verdict::SenderRefused {
            return Self::Policy;
        }
        let text = reply.text.to_ascii_lowercase();
        match (reply.code, reply.enhanced()) {
            // Gmail's quotas, and too many connections or recipients anywhere.
            (_, Some((4, 7, 28) | (4, 4, 5) | (4, 5, 3))) => Self::TooFast,
            _ if speaks_of_speed(&text) => Self::TooFast,
            (_, Some((4, 2, 2))) => Self::Full,
            // 4.7.23 to 4.7.32: what Gmail says of missing authentication.
            (_, Some((4, 7, 23..=32))) => Self::Policy,
            (450 | 451, Some((4, 7, 1) | (4, 2, 0))) => Self::Greylisted,
            _ if text.contains("greylist") || text.contains("graylist") => Self::Greylisted,
            _ => Self::Other,
        }
    }
}

/// Whether a relay's words, in lower case, are about how much comes at once.
fn speaks_of_speed(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word == "rate" || word == "ratelimit" || word == "ratelimited")
        || ["too many", "too fast", "throttl"]
            .iter()
            .any(|words| text.contains(words))
}

const MINUTE: i64 = 60;

/// Seconds until the next attempt after so many attempts; ± 20 % by `seed`, so that a big batch does
/// not come back at once.
#[must_use]
pub fn delay_seconds(wait: Wait, attempts: u32, seed: u64) -> i64 {
    let steps: [i64; 4] = match wait {
        Wait::Greylisted => [5, 10, 20, 60],
        Wait::TooFast => [15, 30, 60, 120],
        Wait::Full => [60, 120, 180, 180],
        Wait::Policy => [30, 60, 120, 180],
        // Two attempts in the first hour, then every two to three (RFC 5321 section 4.5.4.1).
        Wait::Other => [30, 30, 60, 150],
    };
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(3);
    let base = steps.get(step.min(3)).copied().unwrap_or(60) * MINUTE;
    let jitter = i64::try_from(seed % 41).unwrap_or(20) - 20;
    base + base * jitter / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_spread() {
        for (wait, attempts, low, high) in [
            (Wait::Greylisted, 1, 240, 360),
            (Wait::Greylisted, 2, 480, 720),
            (Wait::Other, 0, 1440, 2160),
            (Wait::Other, 9, 7200, 10800),
            (Wait::TooFast, 1, 720, 1080),
        ] {
            let delays: Vec<_> = (0..200)
                .map(|seed| delay_seconds(wait, attempts, seed))
                .collect();
            assert!(
                delays.iter().all(|delay| (low..=high).contains(delay)),
                "{wait:?} {attempts}"
            );
            assert!(delays.iter().any(|delay| *delay != delays[0]));
        }
    }

    #[test]
    fn each_reply_asks_for_its_kind_of_patience() {
        for (code, text, wait) in [
            (451, "4.7.1 greylisted, come back", Wait::Greylisted),
            (450, "4.2.0 Greylisted for 300 seconds", Wait::Greylisted),
            (450, "you are graylisted", Wait::Greylisted),
            (421, "4.7.28 unusual rate of mail", Wait::TooFast),
            (452, "4.5.3 too many recipients", Wait::TooFast),
            (
                450,
                "4.2.1 receiving mail too quickly, rate limited",
                Wait::TooFast,
            ),
            (452, "4.2.2 over quota", Wait::Full),
            (421, "4.7.26 not authenticated", Wait::Policy),
            (550, "5.7.1 blocked", Wait::Policy),
            (554, "5.7.1 spam", Wait::Policy),
            (451, "4.3.0 local error", Wait::Other),
            (451, "4.3.0 mailbox is being migrated", Wait::Other),
            (451, "4.3.0 Rate-limited", Wait::TooFast),
            (421, "shutting down", Wait::Other),
        ] {
            let reply = Reply {
                code,
                text: text.to_owned(),
            };
            assert_eq!(Wait::of(&reply, Phase::Message), wait, "{reply}");
        }
    }
}
