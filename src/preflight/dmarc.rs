//! What the From domain asks of receivers, and whether our mail belongs to it (DMARC, RFC 9989).
//!
//! The organizational domain is found by walking up the DNS, at most eight questions, as the standard of 2026
//! has it; no list of public suffixes is needed.

use super::Checking;
use super::dkim::tags;
use super::dns::{Dns, Miss};
use super::finding::Findings;
use crate::config::Check;

/// Questions of one walk.
const MOST_QUESTIONS: usize = 8;

/// A domain on the way up and the records it has.
struct Step {
    domain: String,
    records: Vec<String>,
    /// What was meant as one and is none.
    meant: Option<String>,
}

/// Walks from a domain towards the root.
async fn walk(dns: &Dns, domain: &str) -> Result<Vec<Step>, String> {
    let labels: Vec<&str> = domain.split('.').collect();
    let mut steps = Vec::new();
    let mut left = labels.len();
    while left > 0 && steps.len() < MOST_QUESTIONS {
        let domain = labels[labels.len() - left..].join(".");
        let name = format!("_dmarc.{domain}");
        let texts = match dns.texts(&name).await {
            Ok(texts) => texts,
            Err(Miss::NoName | Miss::NoRecord) => Vec::new(),
            Err(Miss::Unknown(why)) => return Err(format!("{name}: {why}")),
        };
        let meant = texts.iter().find(|text| is_meant(text)).cloned();
        let records: Vec<String> = texts.into_iter().filter(|text| is_dmarc(text)).collect();
        let ends =
            matches!(records.as_slice(), [one] if matches!(value(one, "psd"), Some("y" | "n")));
        steps.push(Step {
            domain,
            records,
            meant,
        });
        if ends {
            break;
        }
        // A long name is asked for itself, then from seven labels on.
        left = if left > 7 { 7 } else { left - 1 };
    }
    Ok(steps)
}

/// Whether a text was meant as a record and is none: its version does not stand first, or a semicolon is missing.
fn is_meant(text: &str) -> bool {
    !is_dmarc(text) && text.to_ascii_lowercase().contains("v=dmarc1")
}

fn is_dmarc(text: &str) -> bool {
    let first = text.split(';').next().unwrap_or_default();
    let (name, version) = first.split_once('=').unwrap_or_default();
    name.trim() == "v" && version.trim() == "DMARC1"
}

fn value<'a>(record: &'a str, name: &str) -> Option<&'a str> {
    let tags = tags(record)?;
    let found = tags.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value)
}

/// The organizational domain of a walk's first domain (RFC 9989, "Organizational Domain").
fn organization(steps: &[Step]) -> String {
    let own = steps.first().map(|step| step.domain.clone());
    let own = own.unwrap_or_default();
    let mut single = steps
        .iter()
        .filter_map(|step| match step.records.as_slice() {
            [one] => Some((step, one)),
            _ => None,
        });
    let mut shortest = None;
    for (step, record) in single.by_ref() {
        match value(record, "psd") {
            Some("n") => return step.domain.clone(),
            Some("y") if step.domain != own => {
                let below = own.strip_suffix(&format!(".{}", step.domain));
                let label = below.and_then(|rest| rest.rsplit('.').next());
                return label.map_or(own.clone(), |label| format!("{label}.{}", step.domain));
            }
            _ => shortest = Some(step.domain.clone()),
        }
    }
    shortest.unwrap_or(own)
}

/// Checks the record, then whether signature and bounce domain belong to the From domain.
pub(super) async fn check(checking: &Checking<'_>, signing: Option<&str>) -> Findings {
    let mut findings = Findings::default();
    let from = checking.sender.domain();
    let name = format!("_dmarc.{from}");
    let steps = match walk(&checking.dns, from).await {
        Ok(steps) => steps,
        Err(why) => {
            let message = format!(
                "it could not be found out whether there is a DMARC record: {why}; try again"
            );
            findings.look_at(Check::Dmarc, &name, message);
            return findings;
        }
    };
    let record = published(&mut findings, checking, &steps).await;
    // What it asks of alignment nobody knows before: that is not said twice.
    let Some(record) = record else {
        return findings;
    };
    findings.or_pass(Check::Dmarc, &name, format!("\"{record}\""));
    alignment(&mut findings, checking, (&record, &steps), signing).await;
    findings
}

/// The record that counts for the From domain, if it can be used.
async fn published(
    findings: &mut Findings,
    checking: &Checking<'_>,
    steps: &[Step],
) -> Option<String> {
    let from = checking.sender.domain();
    let own = steps.first()?;
    let organization = organization(steps);
    let over = || steps.iter().find(|step| step.domain == organization);
    let several = steps.iter().find(|step| step.records.len() > 1);
    let place = |step: &Step| format!("_dmarc.{}", step.domain);
    let holder = if own.records.is_empty() {
        over()
    } else {
        Some(own)
    };
    let meant = steps.iter().find_map(|step| step.meant.as_deref());
    let Some((step, record)) = holder.and_then(|step| match step.records.as_slice() {
        [one] => Some((step, one.clone())),
        _ => None,
    }) else {
        match (several, meant) {
            (Some(step), _) => findings.fail(
                Check::Dmarc,
                &place(step),
                format!(
                    "there are {} DMARC records, which count as none: leave one",
                    step.records.len()
                ),
            ),
            (None, Some(meant)) => findings.fail(
                Check::Dmarc,
                &format!("_dmarc.{from}"),
                format!(
                    "\"{meant}\" is no DMARC record to receivers: \"v=DMARC1;\" has to stand first, in capitals, and \
                     a semicolon between all tags"
                ),
            ),
            (None, None) => findings.fail(
                Check::Dmarc,
                &format!("_dmarc.{from}"),
                format!(
                    "there is no DMARC record, which the large mail services ask of who sends much; publish \
                     this TXT record there: v=DMARC1; p=none; rua=mailto:dmarc@{from}"
                ),
            ),
        }
        return None;
    };
    let place = place(step);
    let usable = judge(findings, &place, &record);
    if usable {
        reports(findings, checking, (&step.domain, &record)).await;
    }
    usable.then_some(record)
}

/// Whether a record can be used; what is wrong with it is said.
fn judge(findings: &mut Findings, place: &str, record: &str) -> bool {
    let Some(all) = tags(record) else {
        let message = format!("\"{record}\" cannot be read: it is tag=value between semicolons");
        findings.fail(Check::Dmarc, place, message);
        return false;
    };
    let tag = |name: &str| {
        let found = all.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_ascii_lowercase())
    };
    let known = |value: &str| matches!(value, "none" | "quarantine" | "reject");
    let Some(policy) = tag("p") else {
        let message = "the record has no policy: add \"p=none\", \"p=quarantine\" or \"p=reject\" behind v=DMARC1";
        findings.fail(Check::Dmarc, place, message);
        return false;
    };
    for name in ["p", "sp", "np"] {
        if let Some(value) = tag(name).filter(|value| !known(value)) {
            let message = format!("\"{name}={value}\" is no policy: none, quarantine or reject is");
            findings.fail(Check::Dmarc, place, message);
            return false;
        }
    }
    for name in ["adkim", "aspf"] {
        if let Some(value) = tag(name).filter(|value| !matches!(value.as_str(), "r" | "s")) {
            let message = format!("\"{name}={value}\" is neither \"r\" nor \"s\"");
            findings.fail(Check::Dmarc, place, message);
            return false;
        }
    }
    let reported = tag("rua").is_some_and(|rua| !rua.is_empty());
    if policy == "none" && !reported {
        findings.look_at(
            Check::Dmarc,
            place,
            "\"p=none\" without \"rua=mailto:…\": forgeries are neither stopped nor told of; name a mailbox for \
             reports",
        );
    }
    // RFC 9989 has no "pct", receivers of the older standard do; "t=y" is its successor.
    let is_test = tag("t").is_some_and(|it| it == "y");
    let spared = tag("pct").is_some_and(|it| it != "100");
    if policy != "none" && (is_test || spared) {
        let named = if is_test { "t=y" } else { "pct=" };
        let message = format!(
            "\"p={policy}\" with \"{named}\": receivers do less than the policy says to forgeries; take it out once the \
             reports show that all your own mail passes"
        );
        findings.look_at(Check::Dmarc, place, message);
    }
    true
}

/// Whether the mailboxes for reports may be told: one of another organization has to say so.
async fn reports(findings: &mut Findings, checking: &Checking<'_>, (domain, record): (&str, &str)) {
    let place = format!("_dmarc.{domain}");
    let Some(rua) = value(record, "rua") else {
        return;
    };
    for target in rua.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let address = target
            .strip_prefix("mailto:")
            .and_then(|it| it.split('!').next()?.rsplit_once('@'));
        let Some((_, host)) = address.filter(|(_, host)| !host.is_empty()) else {
            let message = format!(
                "\"{target}\" in \"rua=\" is no mailto: address, so nobody gets its reports"
            );
            findings.look_at(Check::Dmarc, &place, message);
            continue;
        };
        let host = host.to_ascii_lowercase();
        let is_own = is_within(&host, domain) || is_within(domain, &host);
        if is_own {
            continue;
        }
        let consent = format!("{domain}._report._dmarc.{host}");
        if matches!(
            checking.dns.texts(&consent).await,
            Err(Miss::NoName | Miss::NoRecord)
        ) {
            let message = format!(
                "reports go to {host}, which does not say that it takes them: a TXT record \"v=DMARC1\" is \
                 missing at {consent}"
            );
            findings.look_at(Check::Dmarc, &place, message);
        }
    }
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner == outer || inner.ends_with(&format!(".{outer}"))
}

/// Whether one of the names DMARC looks at belongs to the From domain.
async fn alignment(
    findings: &mut Findings,
    checking: &Checking<'_>,
    (record, steps): (&str, &[Step]),
    signing: Option<&str>,
) {
    let from = checking.sender.domain();
    let bounces = checking.sender.bounces().1;
    let is_strict = |name: &str| value(record, name).is_some_and(|it| it.eq_ignore_ascii_case("s"));
    let organization = organization(steps);
    let belongs = async |domain: &str, strict: bool| {
        if domain.eq_ignore_ascii_case(from) {
            return Ok(true);
        }
        if strict {
            return Ok(false);
        }
        let steps = walk(&checking.dns, &domain.to_ascii_lowercase()).await?;
        Ok::<_, String>(self::organization(&steps) == organization)
    };
    let signature = match signing {
        Some(domain) => belongs(domain, is_strict("adkim")).await.map(Some),
        None => Ok(None),
    };
    let bounce = belongs(bounces, is_strict("aspf")).await;
    let (signature, bounce) = match (signature, bounce) {
        (Ok(signature), Ok(bounce)) => (signature, bounce),
        (Err(why), _) | (_, Err(why)) => {
            let message =
                format!("it could not be found out whose the domains are: {why}; try again");
            findings.look_at(Check::Alignment, from, message);
            return;
        }
    };
    let strictly = |name: &str| if is_strict(name) { " exactly" } else { "" };
    let signed_by = signing.unwrap_or_default();
    match (signature, bounce) {
        (Some(false), false) => findings.fail(
            Check::Alignment,
            from,
            format!(
                "neither the signature of {signed_by} nor the bounce domain {bounces} belongs to {from}, so DMARC \
                 fails: set delivery.dkim.domain to {from}"
            ),
        ),
        (Some(false), true) => findings.fail(
            Check::Alignment,
            "delivery.dkim.domain",
            format!(
                "the signature of {signed_by} does not belong to {from}{}: only SPF would carry DMARC, and \
                 that ends at the first forwarding; set it to {from}",
                strictly("adkim")
            ),
        ),
        (Some(true), false) => findings.look_at(
            Check::Alignment,
            "delivery.return_path",
            format!(
                "the bounce domain {bounces} does not belong to {from}{}: DMARC rests on the signature alone; {} \
                 would carry it too",
                strictly("aspf"),
                if is_strict("aspf") {
                    format!("an address of {from} itself")
                } else {
                    format!("a subdomain of {from}")
                }
            ),
        ),
        (None, false) => findings.look_at(
            Check::Alignment,
            "delivery.return_path",
            format!(
                "the bounce domain {bounces} does not belong to {from}{}, so DMARC rests on the relay's signature, \
                 which cannot be seen from here",
                strictly("aspf")
            ),
        ),
        (Some(true), true) => {}
        (None, true) => findings.or_pass(
            Check::Alignment,
            from,
            format!("the bounce domain {bounces} belongs to {from}; the relay signs"),
        ),
    }
    findings.or_pass(
        Check::Alignment,
        from,
        format!("signature ({signed_by}) and bounce domain ({bounces}) belong to {from}"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(records: &[(&str, &[&str])]) -> Vec<Step> {
        let step = |(domain, records): &(&str, &[&str])| Step {
            domain: (*domain).to_owned(),
            records: records.iter().map(|it| (*it).to_owned()).collect(),
            meant: None,
        };
        records.iter().map(step).collect()
    }

    #[test]
    fn the_organizational_domain_is_the_shortest_with_a_record() {
        for (found, wanted) in [
            (
                steps(&[
                    ("a.b.example", &[]),
                    ("b.example", &["v=DMARC1; p=none"]),
                    ("example", &[]),
                ]),
                "b.example",
            ),
            (
                steps(&[
                    ("a.b.example", &["v=DMARC1; p=none"]),
                    ("b.example", &["v=DMARC1; p=none"]),
                    ("example", &[]),
                ]),
                "b.example",
            ),
            (
                steps(&[("a.b.example", &[]), ("b.example", &[]), ("example", &[])]),
                "a.b.example",
            ),
            (
                steps(&[("a.b.example", &["v=DMARC1; p=none; psd=n"])]),
                "a.b.example",
            ),
            (
                steps(&[
                    ("a.b.gov.example", &[]),
                    ("b.gov.example", &[]),
                    ("gov.example", &["v=DMARC1; p=reject; psd=y"]),
                ]),
                "b.gov.example",
            ),
            (
                steps(&[
                    ("b.example", &["v=DMARC1; p=none", "v=DMARC1; p=reject"]),
                    ("example", &[]),
                ]),
                "b.example",
            ),
        ] {
            assert_eq!(organization(&found), wanted);
        }
    }

    #[test]
    fn only_the_exact_version_makes_a_record() {
        for (text, is) in [
            ("v=DMARC1; p=none", true),
            ("v = DMARC1 ; p=none", true),
            ("v=DMARC1", true),
            ("v=dmarc1; p=none", false),
            ("v=DMARC10; p=none", false),
            ("p=none; v=DMARC1", false),
            ("v=spf1 -all", false),
        ] {
            assert_eq!(is_dmarc(text), is, "{text}");
        }
    }
}
