//! What can be wrong with an edition, found for its pages and before an approval.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;

use super::enter::Visitor;
use super::{Checked, Desk};
use crate::config::Check;
use crate::edition::Edition;
use crate::pipeline;
use crate::preflight::{self, Finding, Reach};
use crate::units::Span;

/// How long a page waits for checks that it only counts.
const MOMENT: Duration = Duration::from_millis(1500);

/// How long the checks may take at most: a request that takes longer than `serve` gives it has no answer at all.
const LONGEST: Span = Span::seconds(20);

impl Desk {
    /// Everything that can be wrong with an edition, for a page.
    pub(super) async fn check(
        &self,
        visitor: &Visitor,
        edition: &Edition,
    ) -> Result<Arc<Vec<Finding>>, Response<Body>> {
        let findings = self.findings(edition).await;
        // What was not looked at is no pass.
        findings.map_err(|error| self.trouble(visitor, &error))
    }

    /// Everything that can be wrong with an edition.
    ///
    /// On a thread of its own: what asks so many at once cannot move between threads.
    pub(in crate::http) async fn findings(
        &self,
        edition: &Edition,
    ) -> Result<Arc<Vec<Finding>>, tokio::task::JoinError> {
        let findings = Arc::new(self.begin_check(edition).await?);
        let kept = Checked {
            edition: edition.id.clone(),
            version: edition.version,
            findings: Arc::clone(&findings),
        };
        let mut checked = self
            .0
            .checked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *checked = Some(kept);
        drop(checked);
        Ok(findings)
    }

    /// What was found last, if it was about this edition as it is; else what is found within a moment.
    pub(super) async fn checked(
        &self,
        visitor: &Visitor,
        edition: &Edition,
    ) -> Option<Arc<Vec<Finding>>> {
        let known = self.known(edition);
        if known.is_some() {
            return known;
        }
        let (desk, edition, visitor) = (self.clone(), edition.clone(), visitor.clone());
        let checking = tokio::spawn(async move { desk.check(&visitor, &edition).await.ok() });
        // It goes on and is known to the next page.
        let found = tokio::time::timeout(MOMENT, checking).await;
        found.ok()?.ok()?
    }

    fn known(&self, edition: &Edition) -> Option<Arc<Vec<Finding>>> {
        let kept = self.0.checked.lock();
        let kept = kept.unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let is_it = kept.edition == edition.id && kept.version == edition.version;
        is_it.then(|| Arc::clone(&kept.findings))
    }

    /// How many readers the edition would reach now.
    pub(in crate::http) async fn reach(&self, edition: &Edition) -> Result<Reach, pipeline::Error> {
        let mut conn = self.database().reader().await?;
        pipeline::reach(&mut conn, edition, self.clock().unix()).await
    }

    fn begin_check(&self, edition: &Edition) -> tokio::task::JoinHandle<Vec<Finding>> {
        let (desk, edition) = (self.clone(), edition.clone());
        let mut config = self.config().clone();
        config.check.time_limit = config.check.time_limit.min(LONGEST);
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let reach = runtime.block_on(desk.reach(&edition)).ok();
            let subject = preflight::Subject {
                config: &config,
                links: desk.links(),
                database: desk.database(),
                clock: desk.clock(),
                edition: Some(&edition),
                reach,
            };
            runtime.block_on(preflight::run(&subject))
        })
    }
}

/// What was checked, in words: those of the check's name, but for names that only the trade knows.
pub(super) fn title_of(finding: &Finding) -> String {
    let title = match finding.check {
        Check::HtmlSize => "Size of the HTML part",
        Check::StyleSize => "Size of the style block",
        Check::PictureSize => "Size of the pictures",
        Check::LinkHttps => "Encryption of the links (https)",
        Check::LinkHost => "Whether readers can reach the hosts of the links",
        Check::LinkAnswers => "Whether the links answer",
        Check::LinkRedirects => "Detours of the links",
        Check::Alt => "Descriptions of the pictures",
        Check::LayoutTables => "Tables that only lay out",
        Check::OneClick => "The unsubscribe button",
        Check::ListUnsubscribe => "What makes the unsubscribe button (List-Unsubscribe)",
        Check::DkimSignature => "Our signature (DKIM)",
        Check::DkimKey => "The key of our signature (DKIM)",
        Check::Spf => "Who may send for us (SPF)",
        Check::Dmarc => "What receivers do with forgeries (DMARC)",
        Check::Alignment => "Whether SPF and DKIM speak for the sender (alignment)",
        Check::Mx => "Where replies and bounces go (MX)",
        Check::Ptr => "Names of the sending addresses (PTR)",
        Check::Relay => "The relay that takes our mail",
        Check::Service => "Whether our own links answer (opens, clicks, leaving)",
        other => return by_name(other),
    };
    title.to_owned()
}

/// "sender-name" is "Sender name".
fn by_name(check: Check) -> String {
    let name = serde_json::to_value(check).ok();
    let name = name.as_ref().and_then(|name| name.as_str());
    let words = name.unwrap_or("check").replace('-', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
