//! What can be wrong with an edition, found for its pages and before an approval.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::{Response, StatusCode};
use courant_templates::desk::parts::{self, Tone};
use courant_templates::theme::Scheme;
use tokio::sync::OnceCell;

use super::super::respond;
use super::enter::Visitor;
use super::pairs::Pairs;
use super::{Answer, Checked, Desk};
use crate::config::Check;
use crate::desk::Act;
use crate::edition::Edition;
use crate::pipeline;
use crate::preflight::{self, Finding, Reach, Severity};
use crate::units::Span;

/// How long a page waits for checks that it only counts.
const MOMENT: Duration = Duration::from_millis(1500);

/// Editions of which it is kept what was found.
const MOST_KEPT: usize = 40;

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
        let found = Arc::new(OnceCell::new_with(Some(Arc::clone(&findings))));
        keep(&mut self.all_kept(), edition, found);
        Ok(findings)
    }

    /// What was found last, if it was about this edition as it is; else what is found within a moment.
    pub(super) async fn checked(&self, edition: &Edition) -> Option<Arc<Vec<Finding>>> {
        if let Some(findings) = self.kept(edition).get() {
            return Some(Arc::clone(findings));
        }
        let (desk, edition) = (self.clone(), edition.clone());
        let checking = tokio::spawn(async move { desk.first_check(&edition).await });
        // It goes on and is known to the next page.
        let found = tokio::time::timeout(MOMENT, checking).await;
        found.ok()?.ok()?.ok()
    }

    /// What was found last; else what is found, however long that takes. All who ask wait for the same.
    async fn first_check(
        &self,
        edition: &Edition,
    ) -> Result<Arc<Vec<Finding>>, tokio::task::JoinError> {
        let kept = self.kept(edition);
        let checking = async || self.begin_check(edition).await.map(Arc::new);
        kept.get_or_try_init(checking).await.cloned()
    }

    /// Where what is found about an edition as it is has its place.
    fn kept(&self, edition: &Edition) -> Arc<OnceCell<Arc<Vec<Finding>>>> {
        let mut all = self.all_kept();
        let is_it = |kept: &&Checked| kept.edition == edition.id && kept.version == edition.version;
        if let Some(kept) = all.iter().find(is_it) {
            return Arc::clone(&kept.findings);
        }
        let none = Arc::default();
        keep(&mut all, edition, Arc::clone(&none));
        none
    }

    fn all_kept(&self) -> MutexGuard<'_, VecDeque<Checked>> {
        let all = self.0.checked.lock();
        all.unwrap_or_else(PoisonError::into_inner)
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

/// Keeps what is found about an edition, in place of what was about it before.
fn keep(
    all: &mut VecDeque<Checked>,
    edition: &Edition,
    findings: Arc<OnceCell<Arc<Vec<Finding>>>>,
) {
    all.retain(|kept| kept.edition != edition.id);
    all.push_back(Checked {
        edition: edition.id.clone(),
        version: edition.version,
        findings,
    });
    while all.len() > MOST_KEPT {
        all.pop_front();
    }
}

/// How many checks failed, and how many are to be looked at; that none is is said as well.
pub(super) fn counted(findings: &[Finding]) -> Vec<(Tone, String, &'static str)> {
    let count = |severity| findings.iter().filter(|it| it.severity == severity).count();
    let (failed, open) = (count(Severity::Fail), count(Severity::LookAt));
    let none = (failed + open == 0).then_some((Tone::Good, 0, "to look at"));
    let some = [
        (Tone::Bad, failed, "failed"),
        (Tone::Warn, open, "to look at"),
    ];
    let some = some.into_iter().filter(|(_, count, _)| *count > 0);
    some.chain(none)
        .map(|(tone, count, what)| (tone, count.to_string(), what))
        .collect()
}

/// `GET /desk/editions/{id}/checks.svg`: the counts as a picture, once they are known; `dark` for the dark.
pub(super) async fn picture(
    Shared(desk): Shared<Desk>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    desk.may(&visitor, Act::Look, &id).await?;
    let edition = desk.edition(&visitor, &id).await?;
    let findings = desk.first_check(&edition).await;
    // What was not looked at is no pass.
    let findings = findings.map_err(|error| desk.trouble(&visitor, &error))?;
    let counts = counted(&findings);
    let counts: Vec<_> = counts
        .iter()
        .map(|(tone, count, _)| (*tone, count.as_str()))
        .collect();
    let is_dark = Pairs::of_query(query.as_deref()).get("dark").is_some();
    let scheme = if is_dark { Scheme::Dark } else { Scheme::Light };
    let picture = parts::counts_picture(&counts, scheme);
    Ok(respond(StatusCode::OK, "image/svg+xml", picture))
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
        Check::Preheader => "Preview line (preheader)",
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
