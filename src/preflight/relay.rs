//! Whether every relay is there and takes our log-in: connected to, greeted, and left again.

use std::time::Duration;

use futures_util::future::join_all;

use super::finding::Findings;
use crate::config::{Check, Config};
use crate::delivery::TransportKind;
use crate::delivery::smtp::{self, Relay, Tls};
use crate::units::Span;

/// How long one answer of a relay may take, and all of them.
const ANSWER: Span = Span::seconds(8);
const ALL: Duration = Duration::from_secs(20);

pub(super) async fn check(config: &Config) -> Findings {
    let delivery = &config.delivery;
    let mut findings = Findings::default();
    match delivery.transport {
        TransportKind::File => {
            let message = format!(
                "mail is written into the folder {} and sent to nobody: say \"smtp\" to send it",
                delivery.folder.display()
            );
            findings.look_at(Check::Relay, "delivery.transport", message);
        }
        TransportKind::Sendmail => {
            let program = config.folder.join(&delivery.sendmail);
            if is_program(&program) {
                let message = format!(
                    "{} can be run; whether it sends is not seen from here",
                    program.display()
                );
                findings.or_pass(Check::Relay, "delivery.sendmail", message);
            } else {
                let message = format!("{} is not there or cannot be run", program.display());
                findings.fail(Check::Relay, "delivery.sendmail", message);
            }
        }
        TransportKind::Smtp => {
            let relays = std::iter::once(&delivery.smtp).chain(&delivery.relay);
            let asked = join_all(relays.map(|relay| Box::pin(ask(config, relay)))).await;
            for (relay, answer) in std::iter::once(&delivery.smtp)
                .chain(&delivery.relay)
                .zip(asked)
            {
                judge(&mut findings, relay, answer);
            }
        }
    }
    findings
}

fn is_program(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

async fn ask(config: &Config, relay: &smtp::Config) -> Result<(), smtp::Error> {
    let patient = smtp::Config {
        timeout: relay.timeout.min(ANSWER),
        ..relay.clone()
    };
    let password = config.environment.smtp_password.clone();
    let opened = Relay::open(&patient, &config.folder, password)?;
    let unreachable = || smtp::Error::Unreachable {
        relay: opened.name(),
        why: "no session in time".to_owned(),
    };
    let connecting = Box::pin(opened.connect());
    let session = tokio::time::timeout(ALL, connecting).await;
    let session = session.map_err(|_elapsed| unreachable())??;
    session.quit().await;
    Ok(())
}

fn judge(findings: &mut Findings, relay: &smtp::Config, answer: Result<(), smtp::Error>) {
    let place = format!("{}:{}", relay.host, relay.port());
    match answer {
        Err(error) if error.is_temporary() => {
            findings.fail(Check::Relay, &place, format!("{error}: try again"));
        }
        Err(error @ smtp::Error::LogIn { .. }) => {
            let message = format!("{error}: mend user and password_file (or COURANT_SMTP_PASSWORD)");
            findings.fail(Check::Relay, &place, message);
        }
        Err(error) => findings.fail(Check::Relay, &place, error.to_string()),
        Ok(()) if relay.tls == Tls::PlaintextOnTheNetwork => findings.look_at(
            Check::Relay,
            &place,
            "mail and password cross the network in plaintext: use tls = \"starttls\" or \"implicit\"",
        ),
        Ok(()) => {
            let message = match &relay.user {
                Some(_) => "it answers and takes the log-in",
                None => "it answers; no log-in is configured",
            };
            findings.or_pass_at(Check::Relay, &place, message);
        }
    }
}
