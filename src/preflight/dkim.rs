//! The keys that sign: on our disk, and as the DNS publishes them (RFC 6376 section 3.6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Checking;
use super::dns::Miss;
use super::finding::{Finding, Findings};
use crate::config::{Check, Config};
use crate::delivery::TransportKind;
use crate::delivery::dkim::{self, Algorithm, Key, Signer};

/// What signs our mail, if we do; whatever hinders it is a finding.
pub(super) fn signer(checking: &Checking<'_>) -> (Option<Signer>, Vec<Finding>) {
    let config = checking.subject.config;
    let from = checking.sender.domain();
    match Signer::open(&config.delivery.dkim, from, &config.folder) {
        Ok(signer) => (signer, Vec::new()),
        Err(error) => {
            let mut findings = Findings::default();
            let message = format!(
                "{error}: `courant dkim` makes the keys and prints the DNS records; nothing can be signed \
                 without"
            );
            findings.fail(Check::DkimKey, "delivery.dkim", message);
            (None, findings.into_vec())
        }
    }
}

/// What can be said of mail that others are to sign.
pub(super) fn unsigned(config: &Config) -> Findings {
    let mut findings = Findings::default();
    if !config.delivery.dkim.sign {
        let message = if config.delivery.transport == TransportKind::File {
            "mail is not signed here: say sign = true before it goes to readers, `courant dkim` makes the keys"
        } else {
            "mail is not signed here, so the relay has to: send `courant test` to yourself and look for \
             \"dkim=pass\" in the headers, or sign here (`courant dkim`, then sign = true)"
        };
        findings.look_at(Check::DkimKey, "delivery.dkim.sign", message);
    }
    findings
}

/// Compares every selector's key with what the DNS publishes.
pub(super) async fn keys(checking: &Checking<'_>, domain: &str) -> Findings {
    let mut findings = Findings::default();
    let config = &checking.subject.config.delivery.dkim;
    for (selector, algorithm) in config.selectors() {
        let file = config.key_file(&checking.subject.config.folder, selector);
        let name = format!("{selector}._domainkey.{domain}");
        // The next key signs nothing yet: it should be on its way into the DNS.
        let is_next = config.next_selector.as_deref() == Some(selector);
        let problem = match dkim::read(&file) {
            Ok(key) => compare(checking, (&name, &key, algorithm)).await,
            Err(error) => Some(Problem::Wrong(format!("{error}: `courant dkim` makes it"))),
        };
        match problem {
            Some(Problem::Wrong(message)) if !is_next => {
                findings.fail(Check::DkimKey, &name, message);
            }
            Some(Problem::Wrong(message)) => {
                let message = format!("the next key is not ready to be used: {message}");
                findings.look_at(Check::DkimKey, &name, message);
            }
            Some(Problem::Doubtful(message)) => findings.look_at(Check::DkimKey, &name, message),
            None => {}
        }
        findings.or_pass_at(
            Check::DkimKey,
            &name,
            "the key in the DNS is the one that signs",
        );
    }
    findings
}

enum Problem {
    Wrong(String),
    Doubtful(String),
}

async fn compare(
    checking: &Checking<'_>,
    (name, key, algorithm): (&str, &Key, Algorithm),
) -> Option<Problem> {
    let Ok(wanted) = key.record() else {
        return Some(Problem::Wrong(
            "the public half of the key cannot be written".to_owned(),
        ));
    };
    let publish = || format!("publish this TXT record there: {wanted}");
    match checking.dns.texts(name).await {
        Err(Miss::NoName | Miss::NoRecord) => Some(Problem::Wrong(format!(
            "no DKIM key is published, so every signature fails; {}",
            publish()
        ))),
        Err(Miss::Unknown(why)) => Some(Problem::Doubtful(format!(
            "it could not be found out which key is published: {why}; try again"
        ))),
        Ok(texts) => match texts.as_slice() {
            [text] => judge(text, &wanted, algorithm).map(|problem| match problem {
                Problem::Wrong(why) => Problem::Wrong(format!("{why}; {}", publish())),
                doubtful @ Problem::Doubtful(_) => doubtful,
            }),
            several => Some(Problem::Wrong(format!(
                "there are {} TXT records where one key belongs, and receivers may take any of them: leave \
                 one; {}",
                several.len(),
                publish()
            ))),
        },
    }
}

/// What is wrong with a published record, given the one that belongs there.
fn judge(text: &str, wanted: &str, algorithm: Algorithm) -> Option<Problem> {
    let wrong = |why: String| Some(Problem::Wrong(why));
    let Some(tags) = tags(text) else {
        return wrong("what is published there is no DKIM record".to_owned());
    };
    let tag = |name: &str| {
        let found = tags.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    };
    if tags.first().is_some_and(|(name, value)| {
        *name != "v" && tag("v").is_some() || *name == "v" && *value != "DKIM1"
    }) {
        return wrong("the record does not begin with \"v=DKIM1\"".to_owned());
    }
    let kind = match algorithm {
        Algorithm::Rsa => "rsa",
        Algorithm::Ed25519 => "ed25519",
    };
    if !tag("k").unwrap_or("rsa").eq_ignore_ascii_case(kind) {
        let published = tag("k").unwrap_or("rsa");
        return wrong(format!(
            "the record is for a key of kind \"{published}\", ours is \"{kind}\""
        ));
    }
    let bytes = |text: &str| {
        let plain: String = text.split_whitespace().collect();
        STANDARD.decode(plain).ok()
    };
    let Some(published) = tag("p") else {
        return wrong("the record has no \"p=\", which holds the key".to_owned());
    };
    if published.is_empty() {
        return wrong("the key is revoked: \"p=\" is empty".to_owned());
    }
    let Some(published) = bytes(published) else {
        return wrong(
            "the key in \"p=\" is no base64; a quote, a backslash or a cut got into it".to_owned(),
        );
    };
    let ours = wanted.split_once("p=").and_then(|(_, it)| bytes(it));
    if ours.is_none_or(|ours| ours != published) {
        return wrong("another key is published than the one that signs".to_owned());
    }
    let has = |list: &str, wanted: &[&str]| {
        let mut items = list.split(':').map(str::trim);
        items.any(|item| wanted.contains(&item))
    };
    if tag("h").is_some_and(|list| !has(list, &["sha256"])) {
        return wrong("\"h=\" of the record does not allow sha256, which we sign with".to_owned());
    }
    if tag("s").is_some_and(|list| !has(list, &["*", "email"])) {
        return wrong("\"s=\" of the record does not allow mail".to_owned());
    }
    if tag("t").is_some_and(|list| has(list, &["y"])) {
        let why = "the record says \"t=y\", only testing: receivers may treat our mail as unsigned; take it out";
        return Some(Problem::Doubtful(why.to_owned()));
    }
    None
}

/// `name=value` between semicolons (RFC 6376 section 3.2); nothing for what is no such list.
pub(super) fn tags(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut tags = Vec::new();
    for part in text.split(';').map(str::trim) {
        if part.is_empty() {
            continue;
        }
        let (name, value) = part.split_once('=')?;
        let name = name.trim();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(plain) {
            return None;
        }
        tags.push((name, value.trim()));
    }
    (!tags.is_empty()).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_of_a_record_is_named() {
        let wanted = "v=DKIM1; k=rsa; p=QUJD";
        for (text, word) in [
            ("v=DKIM1; k=rsa; p=QUJD", None),
            ("p=QUJD", None),
            ("v=DKIM1; p=QU JD;", None),
            ("v=DKIM1; h=sha1:sha256; s=email; t=s; p=QUJD", None),
            ("v=DKIM1; k=rsa; p=QUJE", Some("another key")),
            ("v=DKIM1; k=rsa; p=", Some("revoked")),
            ("v=DKIM1; k=rsa", Some("no \"p=\"")),
            ("v=DKIM2; p=QUJD", Some("v=DKIM1")),
            ("k=rsa; v=DKIM1; p=QUJD", Some("v=DKIM1")),
            ("v=DKIM1; k=ed25519; p=QUJD", Some("kind \"ed25519\"")),
            ("v=DKIM1\\; k=rsa\\; p=QUJD", Some("v=DKIM1")),
            ("v=DKIM1; p=QUJ\"D", Some("no base64")),
            ("v=DKIM1; h=sha1; p=QUJD", Some("sha256")),
            ("v=DKIM1; s=tlsrpt; p=QUJD", Some("allow mail")),
            ("v=DKIM1; t=y; p=QUJD", Some("t=y")),
            ("google-site-verification", Some("no DKIM record")),
        ] {
            let found = judge(text, wanted, Algorithm::Rsa);
            let said = match &found {
                None => "",
                Some(Problem::Wrong(why) | Problem::Doubtful(why)) => why,
            };
            assert_eq!(found.is_some(), word.is_some(), "{text}: {said}");
            assert!(said.contains(word.unwrap_or("")), "{text}: {said}");
        }
    }
}
