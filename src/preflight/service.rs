//! Whether readers reach this installation: their links answer, and the unsubscribe button of their mail
//! program does (RFC 8058).
//!
//! The button is pressed for nobody: the token is signed by us and names a reader and an edition that do not
//! exist. Whoever answers has to verify it and to say that all is well, and nothing is changed or counted.

use url::Url;

use super::Checking;
use super::finding::{Findings, Severity};
use super::links::{is_for_tests, trouble};
use super::web::Trouble;
use crate::config::Check;
use crate::fetch::Asked;
use crate::links::{Kind, Token};

const KEY: &str = "links.base_url";

pub(super) async fn check(checking: &Checking<'_>) -> Findings {
    let mut findings = Findings::default();
    let links = checking.subject.links;
    let Ok(base) = Url::parse(links.base()) else {
        findings.fail(
            Check::Service,
            KEY,
            format!("\"{}\" is no web address", links.base()),
        );
        return findings;
    };
    if let Some(why) = is_for_tests(&base) {
        let message = format!(
            "{why} ({base}): readers could neither follow a link nor leave; name the public address"
        );
        findings.fail(Check::LinkHost, KEY, message);
    }
    if base.scheme() != "https" {
        let message = "readers' links are in plain http, and mail programs show no unsubscribe button (RFC 8058 \
                       asks for https): put a proxy with TLS before `courant serve`";
        findings.fail(Check::LinkHttps, KEY, message);
    }
    let nobody = Token {
        subscriber: 0,
        edition: 0,
        kind: Kind::Unsubscribe,
    };
    let addresses = [
        Url::parse(&format!("{}/healthz", links.base())),
        Url::parse(&links.url(nobody)),
    ];
    let [Ok(health), Ok(leave)] = addresses else {
        findings.fail(
            Check::Service,
            KEY,
            format!("\"{}\" is no web address", links.base()),
        );
        return findings;
    };
    if is_alive(&mut findings, checking, &health).await {
        one_click(&mut findings, checking, &leave).await;
    } else {
        let message = "not looked at, since readers' links are not answered";
        findings.look_at(Check::OneClick, KEY, message);
    }
    findings
}

/// Whether our own server is behind the address.
async fn is_alive(findings: &mut Findings, checking: &Checking<'_>, url: &Url) -> bool {
    let place = url.as_str();
    match checking.web.ask(url, Asked::Get).await {
        Ok(answer) if answer.status == 200 && answer.body.trim_ascii() == b"ok" => {
            findings.or_pass(Check::Service, place, "readers' links are answered");
            true
        }
        Ok(answer) => {
            let message = match answer.status {
                200 => "something else than `courant serve` answers there: mend the proxy or links.base_url".to_owned(),
                502..=504 => format!("it answers {}: is `courant serve` running behind the proxy?", answer.status),
                300..=399 => format!(
                    "it answers {} and leads elsewhere: name in links.base_url where it ends",
                    answer.status
                ),
                code => format!("it answers {code}: mend the proxy, which has to pass all paths on, or links.base_url"),
            };
            findings.fail(Check::Service, place, message);
            false
        }
        Err(Trouble::Late) => {
            findings.look_at(Check::Service, place, checking.too_late());
            false
        }
        Err(Trouble::Failed(error)) => {
            let (severity, check, message) = trouble(checking, &error, Check::Service).await;
            match (severity, check) {
                // Said already, by its name or address.
                (_, Check::LinkHost) if is_for_tests(url).is_some() => {
                    let message = "not looked at: it leads to this machine or network, and fetch.allow_private \
                                   does not name it";
                    findings.look_at(Check::Service, place, message);
                }
                (Severity::Fail, check) => {
                    let message =
                        format!("{message}; is `courant serve` running, and the proxy before it?");
                    findings.fail(check, place, message);
                }
                (Severity::LookAt | Severity::Pass, check) => {
                    findings.look_at(check, place, message);
                }
            }
            false
        }
    }
}

async fn one_click(findings: &mut Findings, checking: &Checking<'_>, url: &Url) {
    // The token is nobody's, but a report need not hold one.
    let place = format!("{}/u/…", checking.subject.links.base());
    let form = Asked::Form("List-Unsubscribe=One-Click");
    match checking.web.ask(url, form).await {
        Ok(answer) => match answer.status {
            200 | 202 => findings.or_pass(Check::OneClick, &place, "the unsubscribe button is answered"),
            code @ 300..=399 => findings.fail(
                Check::OneClick,
                &place,
                format!("the unsubscribe button is answered {code}, a redirect, which mail programs do not follow (RFC 8058)"),
            ),
            404 => findings.fail(
                Check::OneClick,
                &place,
                "the unsubscribe button is answered 404: `courant serve` there has other keys (links.key_file), \
                 or the proxy does not pass on /u/",
            ),
            code => findings.fail(
                Check::OneClick,
                &place,
                format!("the unsubscribe button is answered {code}: the proxy has to let POST through, without \
                         log-in, cookies or tokens"),
            ),
        },
        Err(Trouble::Late) => findings.look_at(Check::OneClick, &place, checking.too_late()),
        Err(Trouble::Failed(error)) => {
            let message = format!("the unsubscribe button is not answered: {error}");
            findings.fail(Check::OneClick, &place, message);
        }
    }
}
