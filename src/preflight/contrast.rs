//! Whether text can be read on its ground, in light and in dark, and is large enough (WCAG 2.2, 1.4.3).

use std::collections::BTreeSet;

use super::finding::Findings;
use super::mail::Written;
use super::style::{Seen, texts};
use crate::config::Check;

/// Ratios for text and for large text.
const TEXT: f64 = 4.5;
const LARGE_TEXT: f64 = 3.0;
/// Pixels of large text, and of large bold text.
const LARGE: f64 = 24.0;
const LARGE_BOLD: f64 = 18.66;
/// Pixels below which text should not be, and below which it is not read.
const SMALL: f64 = 13.0;
const TINY: f64 = 10.0;

pub(super) fn check(written: &Written) -> Findings {
    let mut findings = Findings::default();
    let all = texts(&written.html);
    let mut told = BTreeSet::new();
    for seen in &all {
        let is_large = seen.size >= LARGE || (seen.is_bold && seen.size >= LARGE_BOLD);
        let least = if is_large { LARGE_TEXT } else { TEXT };
        for (scheme, (text, ground)) in [("light", seen.light), ("dark", seen.dark)] {
            let ratio = text.contrast(ground);
            if ratio < least && told.insert((scheme, text.to_string(), ground.to_string())) {
                let message = format!(
                    "{text} on {ground} has a contrast of {ratio:.1} in {scheme} surroundings, {least} is the least: \
                     mend the colour in [theme]"
                );
                findings.fail(Check::Contrast, &place(seen), message);
            }
        }
        if seen.size < SMALL && told.insert(("size", seen.size.to_string(), String::new())) {
            let message = format!(
                "the text is {} pixels large, {SMALL} is the least",
                seen.size
            );
            if seen.size < TINY {
                findings.fail(Check::TextSize, &place(seen), message);
            } else {
                findings.look_at(Check::TextSize, &place(seen), message);
            }
        }
    }
    if all.is_empty() {
        findings.fail(Check::Contrast, "html part", "no text was found in it");
    }
    findings.or_pass(
        Check::Contrast,
        "html part",
        "all text can be told from its ground, in light and in dark",
    );
    findings.or_pass(
        Check::TextSize,
        "html part",
        format!("no text under {SMALL} pixels"),
    );
    findings
}

fn place(seen: &Seen) -> String {
    let words: String = seen.text.chars().take(40).collect();
    format!("\"{words}\"")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn pale_and_small_text_is_named_with_its_words() {
        let dark = "<style>@media (prefers-color-scheme:dark){.t{color:#333333 !important}.g{background:#222222 \
                    !important}}</style>";
        for (html, wanted) in [
            ("<body><p style=\"color:#767676\">Wall</p>".to_owned(), None),
            (
                "<body><p style=\"color:#777777\">Wall</p>".to_owned(),
                Some((Severity::Fail, Check::Contrast)),
            ),
            (
                "<body><p style=\"color:#777777;font-size:24px\">Wall</p>".to_owned(),
                None,
            ),
            (
                "<body><p style=\"color:#777777;font:bold 19px/1 serif\">Wall</p>".to_owned(),
                None,
            ),
            (
                format!("{dark}<body class=g><p class=t>Wall</p>"),
                Some((Severity::Fail, Check::Contrast)),
            ),
            (format!("{dark}<body><p class=t>Wall</p>"), None),
            (
                "<body><p style=\"font-size:12px\">Wall</p>".to_owned(),
                Some((Severity::LookAt, Check::TextSize)),
            ),
            (
                "<body><p style=\"font-size:9px\">Wall</p>".to_owned(),
                Some((Severity::Fail, Check::TextSize)),
            ),
            ("<body>".to_owned(), Some((Severity::Fail, Check::Contrast))),
        ] {
            let written = Written {
                html,
                ..Written::default()
            };
            let all = check(&written).into_vec().into_iter();
            let mut wrong: Vec<_> = all
                .filter(|it| it.severity != Severity::Pass)
                .map(|it| (it.severity, it.check))
                .collect();
            // Where no rule is for the dark, both schemes are alike.
            wrong.dedup();
            assert_eq!(wrong, Vec::from_iter(wanted), "{}", written.html);
        }
    }
}
