//! Where the mail leads: every story, every other address around them, every picture.
//!
//! The addresses are those the edition froze. Readers' own links (pixel, clicks, leaving) are `service.rs`'s.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use url::{Host, Url};

use super::Checking;
use super::dns::Miss;
use super::finding::{Findings, Severity, some_of};
use super::mail::Written;
use super::web::Trouble;
use crate::config::Check;
use crate::edition::Edition;
use crate::fetch::{self, Asked, Probed};

/// How many are asked for at the same time.
const AT_ONCE: usize = 16;
/// What one picture and all of them may weigh, in bytes.
const ONE_PICTURE: u64 = 120_000;
const ALL_PICTURES: u64 = 300_000;

/// An address and what leads there.
struct Target {
    text: String,
    from: String,
}

/// Every address of an edition, once.
fn targets(edition: &Edition) -> Vec<Target> {
    let frame = &edition.frame;
    let mut all: Vec<(String, String)> = Vec::new();
    for entry in &edition.entries {
        all.push((
            entry.article.url.clone(),
            format!("story \"{}\"", entry.article.title),
        ));
    }
    let mut around = |url: &str, from: String| all.push((url.to_owned(), from));
    around(
        &frame.publication.home_url,
        "publication.home_url".to_owned(),
    );
    for (url, key) in [
        (&frame.publication.privacy_url, "publication.privacy_url"),
        (
            &frame.publication.subscribe_url,
            "publication.subscribe_url",
        ),
    ] {
        if let Some(url) = url {
            around(url, key.to_owned());
        }
    }
    for category in &frame.categories {
        let used = edition
            .own()
            .any(|entry| entry.article.category.as_ref() == Some(&category.name));
        if let Some(url) = category.url.as_ref().filter(|_| used) {
            around(url, format!("category \"{}\"", category.name));
        }
    }
    for tag in &frame.tags {
        around(&tag.url, format!("tag \"{}\"", tag.name));
    }
    for card in &frame.more.card {
        around(&card.url, format!("card \"{}\"", card.title));
    }
    for link in &frame.more.link {
        around(&link.url, format!("link \"{}\"", link.name));
    }
    if let Some(sponsor) = &frame.sponsor {
        around(&sponsor.url, format!("sponsor \"{}\"", sponsor.name));
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|(url, _)| seen.insert(url.clone()));
    let all = all.into_iter();
    all.map(|(text, from)| Target { text, from }).collect()
}

/// Why an address is for tests or for inside only, if it is.
pub(super) fn is_for_tests(url: &Url) -> Option<&'static str> {
    match url.host()? {
        Host::Ipv4(address) => {
            (address.is_loopback() || address.is_private() || address.is_link_local())
                .then_some("only this machine or network knows that address")
        }
        Host::Ipv6(address) => (address.is_loopback() || address.is_unique_local())
            .then_some("only this machine or network knows that address"),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let under = |end: &str| name == end || name.ends_with(&format!(".{end}"));
            if ["localhost", "local", "internal", "lan", "home.arpa"]
                .into_iter()
                .any(under)
                || !name.contains('.')
            {
                Some("only this machine or network knows that name")
            } else if is_reserved(name) {
                Some("that name is reserved for tests and examples (RFC 2606)")
            } else {
                None
            }
        }
    }
}

/// Names that can belong to nobody.
fn is_reserved(name: &str) -> bool {
    [
        "test",
        "example",
        "invalid",
        "example.com",
        "example.net",
        "example.org",
    ]
    .into_iter()
    .any(|end| name == end || name.ends_with(&format!(".{end}")))
}

/// Whether a site's working copy is meant, by its name.
fn is_staging(url: &Url) -> bool {
    let first = url.host_str().and_then(|host| host.split('.').next());
    first.is_some_and(|label| {
        let mut words = label.split('-');
        words.any(|word| {
            matches!(
                word,
                "staging" | "stage" | "dev" | "preview" | "testing" | "preprod"
            )
        })
    })
}

/// Looks at every address.
pub(super) async fn check(checking: &Checking<'_>, edition: &Edition) -> Findings {
    let mut findings = Findings::default();
    let targets = targets(edition);
    let (mut plain, mut asked, mut unasked) = (Vec::new(), Vec::new(), Vec::new());
    let mut troubles = Troubles::default();
    for target in &targets {
        let place = format!("{} ({})", target.from, target.text);
        let Ok(url) = Url::parse(&target.text) else {
            findings.fail(
                Check::LinkAnswers,
                &place,
                "it is no web address: mend it at its source",
            );
            continue;
        };
        match is_for_tests(&url) {
            Some(why) => {
                let message =
                    format!("{why}: readers cannot follow it; put the public address there");
                let told = (Severity::Fail, Check::LinkHost, message);
                troubles.entry(told).or_default().push(place.clone());
            }
            None if is_staging(&url) => findings.look_at(
                Check::LinkHost,
                &place,
                "its host looks like the site's working copy: is it meant for readers?",
            ),
            None => {}
        }
        if url.scheme() == "http" {
            plain.push(target.text.clone());
        }
        // Names that are nobody's are not asked for.
        if matches!(url.host(), Some(Host::Domain(name)) if is_reserved(name)) {
            unasked.push(target.text.clone());
        } else {
            asked.push((url, place));
        }
    }
    if !plain.is_empty() {
        let message = format!(
            "{} in plain http, which mail programs and browsers warn of: use https",
            count(plain.len(), "link")
        );
        findings.look_at(Check::LinkHttps, &some_of(&plain), message);
    }
    tell(&mut findings, troubles);
    let answered = answers(&mut findings, checking, (asked, unasked)).await;
    let all = count(targets.len(), "link");
    let answers = format!("{} answered", count(answered, "link"));
    findings.or_pass(Check::LinkAnswers, LINKS, answers);
    findings.or_pass(Check::LinkHttps, LINKS, format!("{all} over https"));
    findings.or_pass(Check::LinkRedirects, LINKS, "no detours");
    findings.or_pass(Check::LinkHost, LINKS, "all lead to public hosts");
    findings
}

/// The place of what is said of all.
const LINKS: &str = "the edition's links";

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// Asks what can be asked; how many answered. What was not asked is no pass.
async fn answers(
    findings: &mut Findings,
    checking: &Checking<'_>,
    (asked, mut unasked): (Vec<(Url, String)>, Vec<String>),
) -> usize {
    let skip = &checking.subject.config.check.skip;
    if skip.contains(&Check::LinkAnswers) && skip.contains(&Check::LinkRedirects) {
        return 0;
    }
    let mut answered = 0;
    let questions = stream::iter(asked).map(|(url, place)| async move {
        let answer = Box::pin(checking.web.ask(&url, Asked::Page)).await;
        (url, place, answer)
    });
    let answers: Vec<_> = questions.buffer_unordered(AT_ONCE).collect().await;
    let (mut late, mut detours) = (Vec::new(), Vec::new());
    let mut troubles = Troubles::default();
    for (url, place, answer) in answers {
        match answer {
            Err(Trouble::Late) => late.push(url.to_string()),
            Err(Trouble::Failed(error)) => {
                let told = trouble(checking, &error, Check::LinkAnswers).await;
                if told.1 != Check::LinkAnswers {
                    unasked.push(url.to_string());
                }
                // What leads inside has been named by its address already.
                if told.1 != Check::LinkHost || is_for_tests(&url).is_none() {
                    troubles.entry(told).or_default().push(place);
                }
            }
            Ok(answer) => {
                answered += 1;
                status(findings, (&place, Check::LinkAnswers), &answer);
                if answer.through.len() > 1 {
                    detours.push(format!("{url} → {}", answer.url));
                } else if is_front_page(&url, &answer) {
                    let message = "it redirects to the front page: is the page still there?";
                    findings.look_at(Check::LinkRedirects, &place, message);
                }
            }
        }
    }
    tell(findings, troubles);
    if !late.is_empty() {
        let message = format!(
            "{} not looked at: {}",
            count(late.len(), "link"),
            checking.too_late()
        );
        findings.look_at(Check::LinkAnswers, &some_of(&late), message);
    }
    if !detours.is_empty() {
        let message = format!(
            "{} through two redirects or more: readers wait, and filters wonder; use the last address",
            count(detours.len(), "link")
        );
        findings.look_at(Check::LinkRedirects, &some_of(&detours), message);
    }
    if !unasked.is_empty() {
        let message = format!(
            "{} not asked, since {}: whether the page is there is not known",
            count(unasked.len(), "link"),
            if unasked.len() == 1 {
                "its host cannot be reached from here"
            } else {
                "their hosts cannot be reached from here"
            }
        );
        findings.look_at(Check::LinkAnswers, &some_of(&unasked), message);
    }
    if answered == 0 && !findings.says(Check::LinkRedirects) {
        let message = "no link answered: whether there are detours is not known";
        findings.look_at(Check::LinkRedirects, LINKS, message);
    }
    answered
}

/// What hinders requests, once for all places it hinders: a host that is down has many stories.
type Troubles = BTreeMap<(Severity, Check, String), Vec<String>>;

fn tell(findings: &mut Findings, troubles: Troubles) {
    for ((severity, check, message), places) in troubles {
        let place = some_of(&places);
        match severity {
            Severity::Fail => findings.fail(check, &place, message),
            Severity::LookAt | Severity::Pass => findings.look_at(check, &place, message),
        }
    }
}

fn is_front_page(url: &Url, answer: &Probed) -> bool {
    answer.through.len() == 1
        && answer.url.path() == "/"
        && answer.url.query().is_none()
        && url.path() != "/"
}

/// What a status means for readers.
fn status(findings: &mut Findings, (place, check): (&str, Check), answer: &Probed) {
    let code = answer.status;
    match code {
        200..=299 => {}
        404 | 410 => {
            findings.fail(
                check,
                place,
                format!("it answers {code}: the page is not there; mend or take out"),
            );
        }
        401 | 403 | 405 | 406 | 429 | 451 => {
            let message = format!("it answers {code}, perhaps only to programs: open it yourself");
            findings.look_at(check, place, message);
        }
        500..=599 => {
            let message =
                format!("it answers {code}: the server is in trouble; try again before it is sent");
            findings.fail(check, place, message);
        }
        _ => findings.fail(check, place, format!("it answers {code} instead of a page")),
    }
}

/// What it means that there is no answer.
pub(super) async fn trouble(
    checking: &Checking<'_>,
    error: &fetch::Error,
    check: Check,
) -> (Severity, Check, String) {
    if let fetch::Error::Resolve { host, .. } = error {
        let name = host.split(':').next().unwrap_or_default();
        let missing = checking.dns.addresses(name).await;
        if matches!(missing, Err(Miss::NoName | Miss::NoRecord)) {
            let message = format!("its host {name} is not in the DNS");
            return (Severity::Fail, check, message);
        }
    }
    meaning(error, check)
}

/// What an error says by itself.
fn meaning(error: &fetch::Error, check: Check) -> (Severity, Check, String) {
    use fetch::Error as E;
    match error {
        E::PrivateAddress { .. } => (
            Severity::Fail,
            Check::LinkHost,
            format!("{error}: readers cannot reach it; put the public address there"),
        ),
        // Inside a network its own names may lead elsewhere than they do for readers.
        E::PrivateName { .. } => (
            Severity::LookAt,
            Check::LinkHost,
            format!(
                "{error}: from here it cannot be seen what readers get; name the host in fetch.allow_private to \
                 have it asked"
            ),
        ),
        E::Scheme(_)
        | E::UserInfo
        | E::NoHost
        | E::Location(_)
        | E::Circle
        | E::Redirects { .. } => (Severity::Fail, check, error.to_string()),
        E::Refused { .. } => (
            Severity::Fail,
            check,
            format!("{error}: nobody listens there"),
        ),
        E::Tls { .. } => (
            Severity::Fail,
            check,
            format!("{error}: readers get a warning instead of the page"),
        ),
        _ => (
            Severity::LookAt,
            check,
            format!("it could not be found out whether it answers: {error}; try again"),
        ),
    }
}

/// Whether a picture is there, and how large it is: where the answer does not say so, it is measured, as far as the
/// first bytes go.
async fn picture(checking: &Checking<'_>, url: &Url) -> Result<Probed, Trouble> {
    let answer = checking.web.ask(url, Asked::Page).await?;
    if answer.status != 200 || answer.length.is_some() {
        return Ok(answer);
    }
    let whole = checking.web.ask(&answer.url, Asked::Get).await;
    let measured = whole.ok().filter(|whole| whole.status == 200);
    let length = measured.and_then(|whole| u64::try_from(whole.body.len()).ok());
    Ok(Probed { length, ..answer })
}

/// Looks at every picture of the mail.
pub(super) async fn pictures(checking: &Checking<'_>, written: &Written) -> Findings {
    let mut findings = Findings::default();
    let skip = &checking.subject.config.check.skip;
    if skip.contains(&Check::Pictures) && skip.contains(&Check::PictureSize) {
        return findings;
    }
    let questions = stream::iter(&written.pictures).map(|text| async move {
        let Ok(url) = Url::parse(text) else {
            return (text, None);
        };
        (text, Some(Box::pin(picture(checking, &url)).await))
    });
    let answers: BTreeMap<_, _> = questions.buffer_unordered(AT_ONCE).collect().await;
    let (mut late, mut bytes, mut troubles) = (Vec::new(), 0, Troubles::default());
    let mut measured = 0;
    let mut unknown = Vec::new();
    for (text, answer) in answers {
        match answer {
            None => {}
            Some(Err(Trouble::Late)) => late.push(text.clone()),
            Some(Err(Trouble::Failed(error))) => {
                let told = trouble(checking, &error, Check::Pictures).await;
                troubles.entry(told).or_default().push(text.clone());
            }
            Some(Ok(answer)) => {
                status(&mut findings, (text, Check::Pictures), &answer);
                let kind = answer.content_type.as_deref().unwrap_or("image/");
                if answer.status == 200 && !kind.starts_with("image/") {
                    let message =
                        format!("it is no picture but \"{kind}\": replace it or take it out");
                    findings.fail(Check::Pictures, text, message);
                }
                if answer.status == 200 && answer.length.is_none() {
                    unknown.push(text.clone());
                }
                measured += usize::from(answer.status == 200 && answer.length.is_some());
                let length = answer.length.unwrap_or(0);
                bytes += length;
                if length > ONE_PICTURE {
                    let message = format!(
                        "the picture has {} KB, more than {}: make it smaller",
                        length / 1000,
                        ONE_PICTURE / 1000
                    );
                    findings.look_at(Check::PictureSize, text, message);
                }
            }
        }
    }
    tell(&mut findings, troubles);
    if !late.is_empty() {
        let message = format!(
            "{} not looked at: {}",
            count(late.len(), "picture"),
            checking.too_late()
        );
        findings.look_at(Check::Pictures, &some_of(&late), message);
    }
    if bytes > ALL_PICTURES {
        let message = format!(
            "all pictures together have {} KB, more than {}: readers on the way wait for them",
            bytes / 1000,
            ALL_PICTURES / 1000
        );
        findings.look_at(Check::PictureSize, "all pictures", message);
    }
    if !unknown.is_empty() {
        let message = format!(
            "how large {} could not be found out: look at them in a browser",
            if unknown.len() == 1 {
                "it is"
            } else {
                "they are"
            }
        );
        findings.look_at(Check::PictureSize, &some_of(&unknown), message);
    }
    let all = count(written.pictures.len(), "picture");
    findings.or_pass(Check::Pictures, "all pictures", format!("{all} answered"));
    let missing = written.pictures.len() - measured;
    if missing > 0 && !findings.says(Check::PictureSize) {
        let message = format!("{} not measured", count(missing, "picture"));
        findings.look_at(Check::PictureSize, "all pictures", message);
    }
    findings.or_pass(
        Check::PictureSize,
        "all pictures",
        format!("{} KB", bytes / 1000),
    );
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_hosts_are_known_by_name_and_address() {
        for (url, is) in [
            ("https://www.tarn-courier.org/a", false),
            ("https://localhost/a", true),
            ("https://news.localhost/", true),
            ("https://127.0.0.1:8025/", true),
            ("https://10.1.2.3/", true),
            ("https://192.168.1.4/", true),
            ("https://93.184.216.34/", false),
            ("https://[::1]/", true),
            ("https://printer.local/", true),
            ("https://intranet/", true),
            ("https://www.example.org/", true),
            ("https://example.com./", true),
            ("https://tarn.test/", true),
            ("https://tarn.example/", true),
            ("https://myexample.org/", false),
            ("https://contest.org/", false),
        ] {
            assert_eq!(
                is_for_tests(&Url::parse(url).unwrap()).is_some(),
                is,
                "{url}"
            );
        }
    }

    #[test]
    fn what_readers_run_into_fails_and_what_is_not_known_does_not() {
        let host = || "www.tarn.example:443".to_owned();
        let address = "10.0.0.1".parse().unwrap();
        for (error, severity, check) in [
            (
                fetch::Error::PrivateAddress { address },
                Severity::Fail,
                Check::LinkHost,
            ),
            (
                fetch::Error::PrivateName {
                    host: host(),
                    address,
                },
                Severity::LookAt,
                Check::LinkHost,
            ),
            (
                fetch::Error::Refused { host: host() },
                Severity::Fail,
                Check::LinkAnswers,
            ),
            (
                fetch::Error::Tls {
                    host: host(),
                    problem: "expired".to_owned(),
                },
                Severity::Fail,
                Check::LinkAnswers,
            ),
            (fetch::Error::Circle, Severity::Fail, Check::LinkAnswers),
            (
                fetch::Error::Timeout {
                    after: crate::units::Span::seconds(10),
                },
                Severity::LookAt,
                Check::LinkAnswers,
            ),
        ] {
            let found = meaning(&error, Check::LinkAnswers);
            assert_eq!((found.0, found.1), (severity, check), "{error}");
        }
    }

    #[test]
    fn working_copies_are_known_by_their_first_label() {
        for (url, is) in [
            ("https://staging.tarn.org/", true),
            ("https://news-dev.tarn.org/", true),
            ("https://devon.tarn.org/", false),
            ("https://www.tarn.org/staging", false),
        ] {
            assert_eq!(is_staging(&Url::parse(url).unwrap()), is, "{url}");
        }
    }
}
