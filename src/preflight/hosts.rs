//! The sender's domains and addresses: SPF of the bounce domain, exchangers, names that lead back.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Checking;
use super::dns::Miss;
use super::finding::Findings;
use super::spf::{self, Others, Verdict};
use crate::config::Check;

const NO_ADDRESS: &str = "check.sending names no address";

/// SPF of the bounce domain, for every sending address.
pub(super) async fn spf(checking: &Checking<'_>) -> Findings {
    let mut findings = Findings::default();
    let sending = &checking.subject.config.check.sending;
    let (local, domain) = checking.sender.bounces();
    let others = spf::others(&checking.dns, domain).await;
    if others == Some(Others::MaySend) {
        let message = "the record lets everybody send for this domain (\"+all\"): end it with \"-all\" or \"~all\"";
        findings.fail(Check::Spf, domain, message);
        return findings;
    }
    for address in sending {
        let evaluated = spf::evaluate(&checking.dns, (local, domain), *address).await;
        if !judge(
            &mut findings,
            domain,
            (&evaluated.verdict, &evaluated.term),
            *address,
        ) {
            return findings;
        }
    }
    if sending.is_empty() {
        // Nobody sends from there: the whole record is read, and nothing matches before its end.
        let stranger = std::net::Ipv4Addr::UNSPECIFIED.into();
        let evaluated = spf::evaluate(&checking.dns, (local, domain), stranger).await;
        let is_sound = match evaluated.verdict {
            Verdict::None | Verdict::Broken(_) | Verdict::Unknown(_) => judge(
                &mut findings,
                domain,
                (&evaluated.verdict, &evaluated.term),
                stranger,
            ),
            Verdict::Pass | Verdict::Fail | Verdict::SoftFail | Verdict::Neutral => true,
        };
        if is_sound {
            let message = format!(
                "the record can be read, but not whether it lets the relays send: {NO_ADDRESS}; name there the \
                 addresses your mail comes from, as its headers show them"
            );
            findings.look_at(Check::Spf, domain, message);
        }
    }
    if others == Some(Others::Unsaid) && !findings.says(Check::Spf) {
        let message = "the record does not say that others may not send for this domain: end it with \"-all\" or \
                       \"~all\"";
        findings.look_at(Check::Spf, domain, message);
    }
    findings.or_pass(Check::Spf, domain, "every sending address may send for it");
    findings
}

/// Says what is wrong; whether the next address is worth a look.
fn judge(
    findings: &mut Findings,
    domain: &str,
    (verdict, term): (&Verdict, &str),
    address: IpAddr,
) -> bool {
    let ip = if address.is_ipv4() { "ip4" } else { "ip6" };
    let own = if address.is_unspecified() {
        "ip4:ADDRESS".to_owned()
    } else {
        format!("{ip}:{address}")
    };
    match verdict {
        Verdict::Pass => true,
        Verdict::Fail | Verdict::SoftFail | Verdict::Neutral => {
            let by = match term {
                "" => "no term names it".to_owned(),
                term => format!("\"{term}\" catches it"),
            };
            let message = format!(
                "the SPF record does not let {address} send ({by}): put {own} before the term that ends it"
            );
            findings.fail(Check::Spf, domain, message);
            true
        }
        Verdict::None => {
            let message = format!(
                "there is no SPF record for the bounce domain; publish this TXT record there: v=spf1 {own} -all"
            );
            findings.fail(Check::Spf, domain, message);
            false
        }
        Verdict::Broken(why) => {
            findings.fail(Check::Spf, domain, why.clone());
            false
        }
        Verdict::Unknown(why) => {
            let message = format!("SPF could not be evaluated: {why}; try again");
            findings.look_at(Check::Spf, domain, message);
            false
        }
    }
}

/// Whether replies, bounces and wishes to leave find a mailbox.
pub(super) async fn mx(checking: &Checking<'_>) -> Findings {
    let mut findings = Findings::default();
    let domains: BTreeSet<String> = checking.sender.domains();
    for domain in &domains {
        match checking.dns.exchangers(domain).await {
            Ok(exchangers) => exchangers_of(&mut findings, checking, domain, &exchangers).await,
            Err(Miss::NoName | Miss::NoRecord) => match checking.dns.addresses(domain).await {
                Ok(_) => findings.look_at(
                    Check::Mx,
                    domain,
                    "there is no MX record, so replies and bounces go to the host of that name, if it takes \
                     mail: publish one",
                ),
                Err(Miss::Unknown(why)) => unknown(&mut findings, domain, &why),
                Err(Miss::NoName | Miss::NoRecord) => findings.fail(
                    Check::Mx,
                    domain,
                    "there is no MX record and no host of that name: replies and bounces are lost, and many \
                     services refuse such senders; publish one",
                ),
            },
            Err(Miss::Unknown(why)) => unknown(&mut findings, domain, &why),
        }
        findings.or_pass_at(Check::Mx, domain, "replies and bounces find their way");
    }
    findings
}

fn unknown(findings: &mut Findings, domain: &str, why: &str) {
    let message = format!("it could not be found out where its mail goes: {why}; try again");
    findings.look_at(Check::Mx, domain, message);
}

async fn exchangers_of(
    findings: &mut Findings,
    checking: &Checking<'_>,
    domain: &str,
    exchangers: &[String],
) {
    if exchangers.iter().any(|name| name == ".") {
        let message = "its MX record is \".\", which says that it takes no mail: replies and bounces are refused";
        findings.fail(Check::Mx, domain, message);
        return;
    }
    let (mut usable, mut missing, mut unknown) = (0_usize, Vec::new(), Vec::new());
    for name in exchangers {
        if name.parse::<IpAddr>().is_ok() {
            missing.push(format!("{name} is an address and no name"));
            continue;
        }
        match checking.dns.addresses(name).await {
            Ok(_) => usable += 1,
            Err(Miss::NoName | Miss::NoRecord) => missing.push(format!("{name} has no address")),
            Err(Miss::Unknown(why)) => unknown.push(format!("{name}: {why}")),
        }
    }
    if usable == 0 && unknown.is_empty() {
        let message = format!(
            "no exchanger of its MX records can be reached: {}",
            missing.join(", ")
        );
        findings.fail(Check::Mx, domain, message);
    } else if !missing.is_empty() {
        let message = format!(
            "one of its exchangers cannot be reached: {}",
            missing.join(", ")
        );
        findings.look_at(Check::Mx, domain, message);
    } else if let Some(why) = unknown.first() {
        let message = format!("it could not be found out whether its exchangers are there: {why}");
        findings.look_at(Check::Mx, domain, message);
    }
}

/// Whether every sending address has a name that leads back to it.
pub(super) async fn ptr(checking: &Checking<'_>) -> Findings {
    let mut findings = Findings::default();
    let sending = &checking.subject.config.check.sending;
    if sending.is_empty() {
        let message = format!(
            "it was not looked at whether the sending addresses have names: {NO_ADDRESS}; where a service sends for \
             you, that is the service's to see to"
        );
        findings.look_at(Check::Ptr, "check.sending", message);
    }
    for address in sending {
        let place = address.to_string();
        match checking.dns.names(*address).await {
            Ok(names) => leads_back(&mut findings, checking, *address, &names).await,
            Err(Miss::NoName | Miss::NoRecord) => {
                let message = "the address has no name (PTR record), and mail services refuse mail from such: ask \
                               whoever gave you the address for one";
                findings.fail(Check::Ptr, &place, message);
            }
            Err(Miss::Unknown(why)) => {
                let message =
                    format!("it could not be found out which name it has: {why}; try again");
                findings.look_at(Check::Ptr, &place, message);
            }
        }
        findings.or_pass_at(Check::Ptr, &place, "its name leads back to it");
    }
    findings
}

async fn leads_back(
    findings: &mut Findings,
    checking: &Checking<'_>,
    address: IpAddr,
    names: &[String],
) {
    let place = address.to_string();
    let mut trouble = None;
    for name in names {
        match checking.dns.addresses_like(name, address).await {
            Ok(found) if found.contains(&address) => return,
            Err(Miss::Unknown(why)) => trouble = Some(format!("{name}: {why}")),
            _ => {}
        }
    }
    match trouble {
        Some(why) => {
            let message = format!("it could not be found out whether its name leads back: {why}; try again");
            findings.look_at(Check::Ptr, &place, message);
        }
        None => findings.fail(
            Check::Ptr,
            &place,
            format!(
                "its name {} does not lead back to it: give that name an address record of {address}",
                names.join(", ")
            ),
        ),
    }
}
