//! `courant check`: everything that can be wrong before a send.

use clap::Args;

use super::exit::{self, Failure};
use super::{Desk, find_edition, open_links};
use crate::config::Group;
use crate::pipeline;
use crate::preflight::{self, Finding, Severity, Subject};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The edition's id, such as daily-2026-11-23; without it only the sender is looked at
    id: Option<String>,
}

impl Check {
    pub(super) async fn run(self, desk: &Desk) -> Result<u8, Failure> {
        let (config, database) = desk.open().await?;
        let links = open_links(&config)?;
        let edition = match &self.id {
            Some(id) => Some(find_edition(&database, Some(id)).await?),
            None => None,
        };
        let reach = match &edition {
            Some(edition) => {
                let mut reader = database.reader().await?;
                Some(pipeline::reach(&mut reader, edition, desk.clock.unix()).await?)
            }
            None => None,
        };
        let subject = Subject {
            config: &config,
            links: &links,
            database: &database,
            clock: &desk.clock,
            edition: edition.as_ref(),
            reach,
        };
        let findings = Box::pin(preflight::run(&subject)).await;
        for finding in &findings {
            desk.output.json(finding)?;
        }
        print(desk, &findings);
        let count = |severity| {
            let all = findings.iter().filter(|it| it.severity == severity);
            all.count()
        };
        desk.output.note(format!(
            "{} failed, {} to look at, {} passed",
            count(Severity::Fail),
            count(Severity::LookAt),
            count(Severity::Pass)
        ));
        Ok(if preflight::has_failed(&findings) {
            exit::REFUSED
        } else {
            exit::DONE
        })
    }
}

/// What has to be mended or looked at in full, with its place; what is well in a line a group.
fn print(desk: &Desk, findings: &[Finding]) {
    let out = &desk.output;
    for finding in findings.iter().filter(|it| it.severity != Severity::Pass) {
        let (severity, group) = (finding.severity.name(), finding.group.title());
        out.line(format!(
            "{severity:<8} {group}: {}  {}",
            finding.check, finding.place
        ));
        out.line(format!("         {}", finding.message));
    }
    let passed = |group: Group| {
        let all = findings
            .iter()
            .filter(move |it| it.severity == Severity::Pass && it.group == group);
        let mut names: Vec<_> = all.map(|it| it.check.to_string()).collect();
        names.dedup();
        names
    };
    let groups = [
        Group::Size,
        Group::Content,
        Group::Links,
        Group::Reading,
        Group::Delivery,
        Group::List,
        Group::Machine,
    ];
    for group in groups {
        let names = passed(group);
        if !names.is_empty() {
            out.line(format!("pass     {}: {}", group.title(), names.join(", ")));
        }
    }
}
