//! Everything that can be wrong before a sending, found before it: by `courant check`, by the desk, and by an
//! approval that depends on it.
//!
//! In come the configuration and perhaps an edition, out come [`Finding`]s, the failed ones first. The mail
//! itself is judged, written as it would be sent and read back, and not the data it comes from. The checks run
//! at the same time, each until a common limit. What could not be found out is something to look at and says
//! so; it is never a pass. Nothing is sent, and nothing is changed.

mod content;
mod contrast;
mod dkim;
mod dmarc;
pub mod dns;
mod finding;
mod headers;
mod hosts;
mod links;
mod list;
mod machine;
mod mail;
mod reach;
mod reading;
mod relay;
mod service;
mod size;
mod spam;
pub mod spf;
pub mod store;
mod style;
mod web;

use std::collections::BTreeSet;

use crate::clock::Clock;
use crate::config::{Check, Config};
use crate::database::Database;
use crate::delivery::compose::Sender;
use crate::edition::Edition;
use crate::links::Links;

use dns::Dns;
use finding::Findings;
pub use finding::{Finding, Severity};
use mail::Written;
pub use reach::Reach;
use web::Web;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The whole configuration.
    pub config: &'a Config,
    /// What signs links.
    pub links: &'a Links,
    /// Where everything is kept.
    pub database: &'a Database,
    /// What time it is.
    pub clock: &'a Clock,
    /// The edition that is to be sent; without it only the sender is looked at.
    pub edition: Option<&'a Edition>,
    /// How many readers it would reach.
    pub reach: Option<Reach>,
}

/// Whether a check failed that blocks a sending.
#[must_use]
pub fn has_failed(findings: &[Finding]) -> bool {
    let mut all = findings.iter();
    all.any(|finding| finding.severity == Severity::Fail)
}

/// Looks at everything, within `check.time_limit`; the failed findings come first.
pub async fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all = match Checking::new(subject) {
        Ok(checking) => Box::pin(checking.run()).await,
        Err(findings) => findings.into_vec(),
    };
    let skipped: BTreeSet<_> = subject.config.check.skip.iter().copied().collect();
    all.retain(|finding| !skipped.contains(&finding.check));
    all.sort_by(|a, b| {
        let key = |it: &Finding| (it.severity, it.group, it.check);
        key(a).cmp(&key(b))
    });
    all
}

/// What the checks share.
struct Checking<'a> {
    subject: &'a Subject<'a>,
    sender: Sender,
    dns: Dns,
    web: Web<'a>,
    until: tokio::time::Instant,
}

impl<'a> Checking<'a> {
    fn new(subject: &'a Subject<'a>) -> Result<Self, Findings> {
        let mut findings = Findings::default();
        let config = subject.config;
        let until = tokio::time::Instant::now() + config.check.time_limit.as_duration();
        let sender = Sender::parse(&config.delivery).map_err(|error| {
            findings.fail(Check::SenderName, "delivery.from", error.to_string());
        });
        let dns = Dns::open(&config.check).map_err(|why| {
            let message = format!(
                "this machine names no name server ({why}): mend /etc/resolv.conf, or name one in \
                 check.resolver"
            );
            findings.fail(Check::Spf, "check.resolver", message);
        });
        let web = Web::new(subject, until).map_err(|error| {
            findings.fail(Check::LinkAnswers, "fetch", error.to_string());
        });
        match (sender, dns, web) {
            (Ok(sender), Ok(dns), Ok(web)) => Ok(Self {
                subject,
                sender,
                dns,
                web,
                until,
            }),
            _ => Err(findings),
        }
    }

    async fn run(&self) -> Vec<Finding> {
        let (signer, mut all) = dkim::signer(self);
        let signs = signer.is_some();
        let written = self.subject.edition.map(|edition| {
            let (written, findings) = mail::write(self, edition, signer);
            all.extend(findings.into_vec());
            (edition, written)
        });
        let about_sender = self.about_sender(signs);
        let about_mail = async {
            match &written {
                Some((edition, Some(written))) => self.about_mail(edition, written).await,
                Some((_, None)) | None => Vec::new(),
            }
        };
        let (sender, mail) = tokio::join!(Box::pin(about_sender), Box::pin(about_mail));
        all.extend(sender);
        all.extend(mail);
        // Last: what the others asked says what time it is elsewhere.
        all.extend(machine::clock(&self.web).into_vec());
        all
    }

    /// What does not depend on an edition.
    async fn about_sender(&self, signs: bool) -> Vec<Finding> {
        let config = self.subject.config;
        let (from, bounces) = (self.sender.domain(), self.sender.bounces().1);
        let signing = config.delivery.dkim.domain.as_deref().unwrap_or(from);
        let key = async {
            if signs {
                dkim::keys(self, signing).await
            } else {
                dkim::unsigned(config)
            }
        };
        let parts = tokio::join!(
            Box::pin(self.in_time(&[Check::DkimKey], signing, key)),
            Box::pin(self.in_time(&[Check::Spf], bounces, hosts::spf(self))),
            Box::pin(self.in_time(
                &[Check::Dmarc, Check::Alignment],
                from,
                dmarc::check(self, signs.then_some(signing)),
            )),
            Box::pin(self.in_time(&[Check::Mx], from, hosts::mx(self))),
            Box::pin(self.in_time(&[Check::Ptr], "check.sending", hosts::ptr(self))),
            Box::pin(self.in_time(&[Check::Relay], "delivery.smtp", relay::check(config))),
            Box::pin(self.in_time(
                &[Check::Service, Check::OneClick],
                "links.base_url",
                service::check(self),
            )),
            Box::pin(self.in_time(
                &[Check::Audience, Check::ListHealth, Check::Complaints],
                "subscribers",
                list::check(self.subject),
            )),
        );
        let disk = machine::disk(config);
        let parts = [
            parts.0, parts.1, parts.2, parts.3, parts.4, parts.5, parts.6, parts.7, disk,
        ];
        parts.into_iter().flat_map(Findings::into_vec).collect()
    }

    /// What depends on an edition and its mail.
    async fn about_mail(&self, edition: &Edition, written: &Written) -> Vec<Finding> {
        let network = tokio::join!(
            Box::pin(links::check(self, edition)),
            Box::pin(links::pictures(self, written)),
            Box::pin(self.in_time(
                &[Check::SpamScore],
                "check",
                spam::check(self.subject.config, written),
            )),
        );
        let mut all = [network.0, network.1, network.2]
            .map(Findings::into_vec)
            .concat();
        let now = self.subject.clock.now();
        let parts = [
            size::check(self.subject, edition, written),
            content::check(edition, written, now),
            headers::check(self, written),
            reading::check(edition, written, self.subject.links),
            contrast::check(written),
        ];
        all.extend(parts.into_iter().flat_map(Findings::into_vec));
        all
    }

    /// What a check finds, or that it did not come to an end in time. Nothing is asked for a skipped one.
    async fn in_time(
        &self,
        checks: &[Check],
        place: &str,
        looking: impl Future<Output = Findings>,
    ) -> Findings {
        let skipped = &self.subject.config.check.skip;
        if checks.iter().all(|check| skipped.contains(check)) {
            return Findings::default();
        }
        let looked = tokio::time::timeout_at(self.until, Box::pin(looking)).await;
        looked.unwrap_or_else(|_elapsed| {
            let mut findings = Findings::default();
            for check in checks {
                findings.look_at(*check, place, self.too_late());
            }
            findings
        })
    }

    fn too_late(&self) -> String {
        let limit = self.subject.config.check.time_limit;
        format!(
            "this was not found out within {limit}: run the check again, or raise check.time_limit"
        )
    }
}
