//! The text of an SPF record to its terms (RFC 7208 sections 4.6 and 5).

use ipnet::IpNet;

/// What a term that matches says of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Qualifier {
    Pass,
    Fail,
    SoftFail,
    Neutral,
}

/// How many leading bits count, of IPv4 and of IPv6 addresses.
pub(super) type Lengths = (u8, u8);

/// What a term matches. A name may hold macros; an empty one is the domain itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mechanism {
    All,
    Include(String),
    A(String, Lengths),
    Mx(String, Lengths),
    Ptr(String),
    Ip(IpNet),
    Exists(String),
}

/// A record taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Record {
    /// Each with its words, for reports.
    pub(super) terms: Vec<(Qualifier, Mechanism, String)>,
    pub(super) redirect: Option<String>,
}

/// Whether a text is an SPF record at all (RFC 7208 section 4.5).
pub(super) fn is_spf(text: &str) -> bool {
    let (version, rest) = text.split_at_checked(6).unwrap_or((text, ""));
    version.eq_ignore_ascii_case("v=spf1") && (rest.is_empty() || rest.starts_with(' '))
}

/// Takes a record apart; one wrong term spoils all of it.
pub(super) fn parse(text: &str) -> Result<Record, String> {
    let mut record = Record::default();
    let mut has_exp = false;
    for term in text.split(' ').skip(1).filter(|term| !term.is_empty()) {
        if let Some((name, value)) = modifier(term) {
            match name.to_ascii_lowercase().as_str() {
                "redirect" if record.redirect.is_some() => {
                    return Err("\"redirect=\" stands twice in it".to_owned());
                }
                "redirect" if value.is_empty() => return Err(wrong(term)),
                "redirect" => record.redirect = Some(value.to_owned()),
                "exp" if has_exp => return Err("\"exp=\" stands twice in it".to_owned()),
                "exp" => has_exp = true,
                _ => {}
            }
            continue;
        }
        let (qualifier, rest) = match term.as_bytes().first() {
            Some(b'+') => (Qualifier::Pass, &term[1..]),
            Some(b'-') => (Qualifier::Fail, &term[1..]),
            Some(b'~') => (Qualifier::SoftFail, &term[1..]),
            Some(b'?') => (Qualifier::Neutral, &term[1..]),
            _ => (Qualifier::Pass, term),
        };
        let mechanism = mechanism(rest).ok_or_else(|| wrong(term))?;
        record.terms.push((qualifier, mechanism, term.to_owned()));
    }
    Ok(record)
}

fn wrong(term: &str) -> String {
    format!("\"{term}\" in it is no term of SPF")
}

/// `name=value`, where the name comes before anything else a term may hold.
fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let first = name.bytes().next()?;
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (first.is_ascii_alphabetic() && name.bytes().all(rest)).then_some((name, value))
}

fn mechanism(text: &str) -> Option<Mechanism> {
    let end = text.find([':', '/']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let value = rest.strip_prefix(':');
    let named = |value: Option<&str>| value.filter(|it| !it.is_empty()).map(str::to_owned);
    // A domain may be left out, but not be empty after its colon.
    let optional = |value: Option<&str>| match value {
        None => Some(String::new()),
        Some(_) => named(value),
    };
    Some(match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => Mechanism::All,
        "include" => Mechanism::Include(named(value)?),
        "exists" => Mechanism::Exists(named(value)?),
        "ptr" if !rest.starts_with('/') => Mechanism::Ptr(optional(value)?),
        "a" | "mx" => {
            let (domain, lengths) = split_lengths(rest)?;
            let domain = optional(domain.strip_prefix(':'))?;
            if name.eq_ignore_ascii_case("a") {
                Mechanism::A(domain, lengths)
            } else {
                Mechanism::Mx(domain, lengths)
            }
        }
        "ip4" => Mechanism::Ip(network(value?).filter(|it| it.addr().is_ipv4())?),
        "ip6" => Mechanism::Ip(network(value?).filter(|it| it.addr().is_ipv6())?),
        _ => return None,
    })
}

fn network(text: &str) -> Option<IpNet> {
    match text.split_once('/') {
        Some((_, length)) if length.is_empty() || (length.len() > 1 && length.starts_with('0')) => {
            None
        }
        Some(_) => text.parse().ok(),
        None => text.parse::<std::net::IpAddr>().ok().map(IpNet::from),
    }
}

/// "…/24//64" to what stands before it and the two lengths.
fn split_lengths(text: &str) -> Option<(&str, Lengths)> {
    let length = |digits: &str, most: u8| {
        let number = digits.parse::<u8>().ok().filter(|it| *it <= most)?;
        (digits.len() == 1 || !digits.starts_with('0')).then_some(number)
    };
    let (text, six) = match text.split_once("//") {
        Some((before, digits)) => (before, length(digits, 128)?),
        None => (text, 128),
    };
    let (text, four) = match text.rsplit_once('/') {
        // A slash may be a macro's delimiter: "%{d1r/}".
        Some((_, digits)) if digits.contains('}') => (text, 32),
        Some((before, digits)) => (before, length(digits, 32)?),
        None => (text, 32),
    };
    Some((text, (four, six)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_known_by_their_version() {
        for (text, is) in [
            ("v=spf1", true),
            ("v=spf1 -all", true),
            ("V=SPF1 -all", true),
            ("v=spf10 -all", false),
            ("v=spf1-all", false),
            ("spf2.0/pra -all", false),
            ("", false),
        ] {
            assert_eq!(is_spf(text), is, "{text}");
        }
    }

    #[test]
    fn one_wrong_term_spoils_the_record() {
        for (text, good) in [
            ("v=spf1 ip4:192.0.2.0/24 -all", true),
            ("v=spf1 ip4:192.0.2.300 -all", false),
            ("v=spf1 ip4:192.0.2.1/33 -all", false),
            ("v=spf1 ip4:2001:db8::1 -all", false),
            ("v=spf1 ip6:2001:db8::/32 ~all", true),
            ("v=spf1 a mx ptr -all", true),
            ("v=spf1 a/24//64 mx:mail.example.org/28 -all", true),
            ("v=spf1 a: -all", false),
            ("v=spf1 a/33 -all", false),
            ("v=spf1 include: -all", false),
            ("v=spf1 include:example.org ?all", true),
            ("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", true),
            ("v=spf1 redirect=_spf.example.org", true),
            ("v=spf1 redirect=a.example redirect=b.example", false),
            ("v=spf1 redirect=", false),
            ("v=spf1 unknown=anything -all", true),
            ("v=spf1 192.0.2.1 -all", false),
            ("v=spf1 ipv4:192.0.2.1 -all", false),
            ("v=spf1 ip4=192.0.2.1 -all", true),
            ("v=spf1 -all:example.org", false),
            ("v=spf1  -ALL ", true),
        ] {
            assert_eq!(parse(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn terms_keep_what_they_say() {
        let record =
            parse("v=spf1 ~a:mail.example.org/28 mx//64 ?ptr exists:%{d1r/}.x -all").unwrap();
        let terms: Vec<_> = record
            .terms
            .iter()
            .map(|(q, m, _)| (*q, m.clone()))
            .collect();
        assert_eq!(
            terms,
            [
                (
                    Qualifier::SoftFail,
                    Mechanism::A("mail.example.org".to_owned(), (28, 128))
                ),
                (Qualifier::Pass, Mechanism::Mx(String::new(), (32, 64))),
                (Qualifier::Neutral, Mechanism::Ptr(String::new())),
                (Qualifier::Pass, Mechanism::Exists("%{d1r/}.x".to_owned())),
                (Qualifier::Fail, Mechanism::All),
            ]
        );
    }
}
