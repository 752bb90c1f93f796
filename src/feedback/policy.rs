//! Which reports suppress an address: pure rules, each with its sentence.
//!
//! A dead address and a complaint do at once. What may pass is counted, and only a run that lasts two
//! weeks suppresses. What is about us (authentication, policy, content, a block) never does: the
//! reader would pay for the operator's mistake.

use super::{Action, Config, Reason, Report, ReportKind};

/// Failures further apart than this are no run.
const WIDEST_GAP: i64 = 30 * 86_400;
/// How far back failures are looked for.
pub(super) const MEMORY: i64 = 120 * 86_400;

/// Earlier failures of an address, this one included.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// When they were reported; Unix seconds, oldest first.
    pub counted_at: Vec<i64>,
    /// Copies sent to the address since the first failure of the present run.
    pub sent: u64,
}

/// What to do about one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The address must not be mailed any more.
    Suppress(courant_subscribers::Reason, String),
    /// It failed; too often will be too much.
    Count(String),
    /// Nothing follows for the reader; somebody must look at what we do.
    Alarm(String),
    /// Nothing follows.
    Ignore(String),
}

/// Decides by the report alone; `Count` asks for [`decide_run`] with the history.
#[must_use]
pub fn decide(report: &Report) -> Decision {
    use courant_subscribers::Reason as Why;
    let name = report.reason.name();
    match report.kind {
        ReportKind::Complaint => match report.reason {
            Reason::AuthFailure | Reason::Virus => Decision::Alarm(format!(
                "a complaint about our mail ({name}), not from its reader"
            )),
            Reason::OptOut => Decision::Suppress(
                Why::Unsubscribed,
                "the reader asked to get no more mail".to_owned(),
            ),
            _ => Decision::Suppress(Why::Complaint, format!("the reader complained ({name})")),
        },
        ReportKind::Bounce if report.hard => Decision::Suppress(
            Why::HardBounce,
            format!("the address is dead ({name}): {}", report.diagnostic),
        ),
        ReportKind::Bounce if is_disabled(report) => Decision::Suppress(
            Why::HardBounce,
            format!("the mailbox is disabled ({name}): {}", report.diagnostic),
        ),
        ReportKind::Bounce if report.action == Some(Action::Delayed) => {
            Decision::Ignore("only delayed: the server keeps trying".to_owned())
        }
        ReportKind::Bounce if report.reason.is_about_us() => Decision::Alarm(format!(
            "about us or our message ({name}), not about the reader: {}",
            report.diagnostic
        )),
        ReportKind::Bounce => Decision::Count(format!("failed for now ({name})")),
        ReportKind::AutoReply => {
            Decision::Ignore("an automatic reply: the mail arrived".to_owned())
        }
        ReportKind::None => Decision::Ignore("asks for nothing".to_owned()),
    }
}

/// Whether the server says for good that the mailbox takes no mail (RFC 3463 section 3.3, 5.2.1), as large services
/// do of accounts that nobody has used for long; what may pass says so.
fn is_disabled(report: &Report) -> bool {
    let words = report.diagnostic.to_lowercase();
    let may_pass = ["temporar", "vacation", "holiday", "on hold", "try again"];
    report.reason == Reason::Suspended
        && report.status.as_deref() == Some("5.2.1")
        && report.action.is_none_or(|action| action == Action::Failed)
        && !may_pass.iter().any(|phrase| words.contains(phrase))
}

/// When the present run of failures began: no wider gap within it; `None` without failures.
#[must_use]
pub fn run_began(counted_at: &[i64]) -> Option<i64> {
    let mut began = *counted_at.last()?;
    for &at in counted_at.iter().rev() {
        if began - at > WIDEST_GAP {
            break;
        }
        began = at;
    }
    Some(began)
}

/// Whether a run of failures is long enough to give an address up.
///
/// Failures of one day count once: a notice may come for each of several editions. A run in which most
/// copies brought no notice is none, because those arrived. A run that is too short may be a holiday of a
/// mailbox or of a server.
#[must_use]
pub fn decide_run(history: &History, config: &Config) -> Option<String> {
    let began = run_began(&history.counted_at)?;
    let last = *history.counted_at.last()?;
    let run: Vec<i64> = history
        .counted_at
        .iter()
        .copied()
        .filter(|at| *at >= began)
        .collect();
    let mut days: Vec<i64> = run.iter().map(|at| at.div_euclid(86_400)).collect();
    days.dedup();
    let failures = u64::try_from(run.len()).unwrap_or(u64::MAX);
    let most_failed = history.sent <= failures.saturating_mul(2);
    (days.len() >= config.soft_failures
        && last - began >= config.soft_within.as_seconds()
        && most_failed)
        .then(|| {
            format!(
                "{} failures in a row over {} days",
                days.len(),
                (last - began) / 86_400
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use courant_subscribers::Reason as Why;

    fn bounce(reason: Reason) -> Report {
        Report::new(
            ReportKind::Bounce,
            Some("ann@example.org".to_owned()),
            reason,
        )
    }

    fn suspended(status: &str, words: &str) -> Report {
        Report {
            status: Some(status.to_owned()),
            ..bounce(Reason::Suspended).with_diagnostic(words)
        }
    }

    #[test]
    fn each_report_has_its_consequence() {
        let complaint = |reason| {
            Report::new(
                ReportKind::Complaint,
                Some("ann@example.org".to_owned()),
                reason,
            )
        };
        for (report, wanted) in [
            (bounce(Reason::UserUnknown), Some(Why::HardBounce)),
            (bounce(Reason::NotAccepting), Some(Why::HardBounce)),
            (
                bounce(Reason::UserUnknown).with_action(Action::Delayed),
                None,
            ),
            (bounce(Reason::MailboxFull), None),
            (
                suspended("5.2.1", "550 5.2.1 the account is inactive"),
                Some(Why::HardBounce),
            ),
            (suspended("5.2.1", "550 5.2.1 temporarily disabled"), None),
            (
                suspended("4.2.1", "450 4.2.1 the account is inactive"),
                None,
            ),
            (bounce(Reason::AuthFailure), None),
            (bounce(Reason::Blocked), None),
            (complaint(Reason::Abuse), Some(Why::Complaint)),
            (complaint(Reason::OptOut), Some(Why::Unsubscribed)),
            (complaint(Reason::AuthFailure), None),
            (
                Report::new(ReportKind::AutoReply, None, Reason::Vacation),
                None,
            ),
            (Report::nothing(), None),
        ] {
            let got = match decide(&report) {
                Decision::Suppress(why, because) => {
                    assert!(!because.is_empty());
                    Some(why)
                }
                Decision::Count(because) | Decision::Alarm(because) | Decision::Ignore(because) => {
                    assert!(!because.is_empty());
                    None
                }
            };
            assert_eq!(got, wanted, "{report:?}");
        }
    }

    #[test]
    fn what_is_about_us_is_not_even_counted() {
        for reason in [
            Reason::Policy,
            Reason::Content,
            Reason::Spam,
            Reason::RelayingDenied,
        ] {
            assert!(
                matches!(decide(&bounce(reason)), Decision::Alarm(_)),
                "{reason:?}"
            );
        }
        assert!(matches!(
            decide(&bounce(Reason::MailboxFull)),
            Decision::Count(_)
        ));
    }

    #[test]
    fn only_a_long_run_gives_an_address_up() {
        let day = 86_400;
        for (days, sent, wanted) in [
            (vec![0], 1, false),
            (vec![0, 7], 2, false),
            (vec![0, 7, 14], 3, true),
            (vec![0, 1, 2, 3, 4], 5, false),
            (vec![0, 0, 0, 14], 4, false),
            (vec![0, 40, 47], 3, false),
            (vec![0, 10, 20], 18, false),
            (vec![0, 35, 42, 49], 4, true),
        ] {
            let history = History {
                counted_at: days.iter().map(|at| at * day).collect(),
                sent,
            };
            assert_eq!(
                decide_run(&history, &Config::default()).is_some(),
                wanted,
                "{days:?} {sent}"
            );
        }
        assert_eq!(run_began(&[0, 40 * day, 47 * day]), Some(40 * day));
    }
}
