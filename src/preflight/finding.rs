//! What a check found.

use serde::Serialize;

use crate::config::{Check, Group};

/// How bad it is. A fail blocks a sending, a look-at does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It has to be mended first.
    Fail,
    /// A person should look; also what could not be found out.
    LookAt,
    /// It is as it should be.
    Pass,
}

impl Severity {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::LookAt => "look-at",
            Self::Pass => "pass",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub group: Group,
    /// Which check found it.
    pub check: Check,
    /// What is wrong and how to mend it.
    pub message: String,
    /// Where: a key of `digest.toml`, a DNS name, an address, a place in the mail.
    #[serde(rename = "where")]
    pub place: String,
}

/// Findings as they are made.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, severity: Severity, check: Check, (place, message): (&str, String)) {
        self.0.push(Finding {
            severity,
            group: check.group(),
            check,
            message,
            place: place.to_owned(),
        });
    }

    /// Something that has to be mended first.
    pub(super) fn fail(&mut self, check: Check, place: &str, message: impl Into<String>) {
        self.add(Severity::Fail, check, (place, message.into()));
    }

    /// Something a person should look at, or that could not be found out.
    pub(super) fn look_at(&mut self, check: Check, place: &str, message: impl Into<String>) {
        self.add(Severity::LookAt, check, (place, message.into()));
    }

    /// Whether a check has said anything.
    pub(super) fn says(&self, check: Check) -> bool {
        self.0.iter().any(|finding| finding.check == check)
    }

    /// Says that all is well, unless this check has said otherwise.
    pub(super) fn or_pass(&mut self, check: Check, place: &str, message: impl Into<String>) {
        if !self.says(check) {
            self.add(Severity::Pass, check, (place, message.into()));
        }
    }

    /// The same for one place of several.
    pub(super) fn or_pass_at(&mut self, check: Check, place: &str, message: impl Into<String>) {
        let is_it = |finding: &Finding| finding.check == check && finding.place == place;
        if !self.0.iter().any(is_it) {
            self.add(Severity::Pass, check, (place, message.into()));
        }
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}

/// What is left to say when there is too much of one kind: the first few, and how many more.
pub(super) fn some_of(items: &[String]) -> String {
    const MOST: usize = 3;
    let shown = items.iter().take(MOST).cloned().collect::<Vec<_>>();
    let shown = shown.join(", ");
    match items.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
