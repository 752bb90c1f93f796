//! May an address send for a domain? (SPF, RFC 7208.)
//!
//! Own code: the one library with an evaluator answers with a verdict and not with its reason, and the
//! reason is what has to be mended: which term failed, which `include` is the eleventh look-up.

mod macros;
mod record;

use std::net::IpAddr;

use super::dns::{Dns, Miss};
use ipnet::IpNet;
use macros::{Values, expand};
use record::{Lengths, Mechanism, Qualifier, Record};

/// So many terms may ask the DNS (RFC 7208 section 4.6.4).
pub const MOST_LOOKUPS: usize = 10;
/// So many of those questions may find nothing.
const MOST_VOID: usize = 2;
/// So many exchangers of one `mx`, and names of one `ptr`, are looked at.
const MOST_NAMES: usize = 10;

/// What the domain says of the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may send.
    Pass,
    /// It may not.
    Fail,
    /// It probably may not.
    SoftFail,
    /// Nothing.
    Neutral,
    /// There is no record.
    None,
    /// The record cannot be evaluated, in words.
    Broken(String),
    /// It could not be found out, in words.
    Unknown(String),
}

/// A verdict and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// What the domain says.
    pub verdict: Verdict,
    /// The term that decided, as it is written in the domain's own record; empty if none did.
    pub term: String,
    /// How many terms asked the DNS.
    pub lookups: usize,
}

/// Evaluates the record of the sender's domain for an address.
pub async fn evaluate(dns: &Dns, sender: (&str, &str), address: IpAddr) -> Evaluated {
    let mut walk = Walk {
        dns,
        sender,
        address,
        lookups: 0,
        void: 0,
    };
    let decided = walk.domain(sender.1.to_owned()).await;
    let (verdict, term) = match decided {
        Ok(decided) => decided,
        Err(Stop::Broken(why)) => (Verdict::Broken(why), String::new()),
        Err(Stop::Unknown(why)) => (Verdict::Unknown(why), String::new()),
    };
    Evaluated {
        verdict,
        term,
        lookups: walk.lookups,
    }
}

/// What a domain's own record says of addresses it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They may send.
    MaySend,
    /// Nothing.
    Unsaid,
    /// They may not, or probably not; or another domain's record says.
    MayNot,
}

/// What the domain's own record says of everybody else; nothing if it cannot be read.
pub async fn others(dns: &Dns, domain: &str) -> Option<Others> {
    let texts = dns.texts(domain).await.ok()?;
    let records = texts.iter().filter(|text| record::is_spf(text));
    let mut records = records.filter_map(|text| record::parse(text).ok());
    let record = records.next()?;
    let terms = record.terms.iter();
    let everybody = terms.filter_map(|(qualifier, mechanism, _)| match mechanism {
        Mechanism::All => Some(*qualifier),
        Mechanism::Ip(network) if network.prefix_len() == 0 => Some(*qualifier),
        _ => None,
    });
    let everybody: Vec<Qualifier> = everybody.collect();
    if everybody.contains(&Qualifier::Pass) {
        return Some(Others::MaySend);
    }
    Some(match everybody.first() {
        Some(Qualifier::Neutral) => Others::Unsaid,
        None if record.redirect.is_none() => Others::Unsaid,
        _ => Others::MayNot,
    })
}

/// Why an evaluation ends before its end.
enum Stop {
    Broken(String),
    Unknown(String),
}

struct Walk<'a> {
    dns: &'a Dns,
    sender: (&'a str, &'a str),
    address: IpAddr,
    lookups: usize,
    void: usize,
}

type Decided = Result<(Verdict, String), Stop>;

impl Walk<'_> {
    /// Evaluates one domain's record; records lead to others, so the future is on the heap.
    fn domain(
        &mut self,
        domain: String,
    ) -> std::pin::Pin<Box<dyn Future<Output = Decided> + Send + '_>> {
        Box::pin(async move {
            let Some(record) = self.record(&domain).await? else {
                return Ok((Verdict::None, String::new()));
            };
            for (qualifier, mechanism, term) in &record.terms {
                if self.matches(mechanism, &domain, term).await? {
                    let verdict = match qualifier {
                        Qualifier::Pass => Verdict::Pass,
                        Qualifier::Fail => Verdict::Fail,
                        Qualifier::SoftFail => Verdict::SoftFail,
                        Qualifier::Neutral => Verdict::Neutral,
                    };
                    return Ok((verdict, term.clone()));
                }
            }
            let Some(spec) = &record.redirect else {
                return Ok((Verdict::Neutral, String::new()));
            };
            let term = format!("redirect={spec}");
            self.count(&term)?;
            let to = self.expand(spec, &domain)?;
            match self.domain(to.clone()).await? {
                (Verdict::None, _) => Err(Stop::Broken(format!(
                    "\"{term}\" leads to {to}, which has no SPF record"
                ))),
                (verdict, _) => Ok((verdict, term)),
            }
        })
    }

    async fn record(&mut self, domain: &str) -> Result<Option<Record>, Stop> {
        let texts = match self.dns.texts(domain).await {
            Ok(texts) => texts,
            Err(Miss::NoName | Miss::NoRecord) => return Ok(None),
            Err(Miss::Unknown(why)) => return Err(Stop::Unknown(format!("{domain}: {why}"))),
        };
        let mut records = texts.iter().filter(|text| record::is_spf(text));
        let (first, second) = (records.next(), records.next());
        let Some(text) = first else {
            return Ok(None);
        };
        if second.is_some() {
            let why = format!("{domain} has several SPF records, which count as none; join them");
            return Err(Stop::Broken(why));
        }
        let parsed = record::parse(text);
        parsed.map(Some).map_err(|why| {
            Stop::Broken(format!("the SPF record of {domain} cannot be read: {why}"))
        })
    }

    /// Counts a term that asks the DNS.
    fn count(&mut self, term: &str) -> Result<(), Stop> {
        self.lookups += 1;
        if self.lookups > MOST_LOOKUPS {
            return Err(Stop::Broken(format!(
                "the SPF record asks for more than {MOST_LOOKUPS} look-ups, \"{term}\" is one too many: \
                 receivers give up there; write addresses (ip4:, ip6:) in place of include:, a and mx"
            )));
        }
        Ok(())
    }

    fn expand(&self, spec: &str, domain: &str) -> Result<String, Stop> {
        if spec.is_empty() {
            return Ok(domain.to_owned());
        }
        let values = Values {
            sender: self.sender,
            domain,
            address: self.address,
        };
        expand(spec, &values).map_err(Stop::Broken)
    }

    /// What a question within a term found; nothing is counted.
    fn found<T>(&mut self, name: &str, found: Result<Vec<T>, Miss>) -> Result<Vec<T>, Stop> {
        match found {
            Ok(found) => Ok(found),
            Err(Miss::NoName | Miss::NoRecord) => {
                self.void += 1;
                if self.void > MOST_VOID {
                    return Err(Stop::Broken(format!(
                        "the SPF record names more than {MOST_VOID} names that are not in the DNS, {name} \
                         among them: take them out"
                    )));
                }
                Ok(Vec::new())
            }
            Err(Miss::Unknown(why)) => Err(Stop::Unknown(format!("{name}: {why}"))),
        }
    }

    async fn matches(
        &mut self,
        mechanism: &Mechanism,
        domain: &str,
        term: &str,
    ) -> Result<bool, Stop> {
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip(network) => Ok(network.contains(&self.address)),
            Mechanism::Include(spec) => {
                self.count(term)?;
                let of = self.expand(spec, domain)?;
                match self.domain(of.clone()).await? {
                    (Verdict::Pass, _) => Ok(true),
                    (Verdict::None, _) => Err(Stop::Broken(format!(
                        "\"{term}\" leads to {of}, which has no SPF record"
                    ))),
                    _ => Ok(false),
                }
            }
            Mechanism::A(spec, lengths) => {
                self.count(term)?;
                let name = self.expand(spec, domain)?;
                let found = self.dns.addresses_like(&name, self.address).await;
                let found = self.found(&name, found)?;
                Ok(found.into_iter().any(|it| self.is_near(it, *lengths)))
            }
            Mechanism::Mx(spec, lengths) => {
                self.count(term)?;
                let name = self.expand(spec, domain)?;
                self.is_exchanger(&name, *lengths).await
            }
            Mechanism::Exists(spec) => {
                self.count(term)?;
                let name = self.expand(spec, domain)?;
                let any = std::net::Ipv4Addr::UNSPECIFIED.into();
                let found = self.dns.addresses_like(&name, any).await;
                Ok(!self.found(&name, found)?.is_empty())
            }
            Mechanism::Ptr(spec) => {
                self.count(term)?;
                let under = self.expand(spec, domain)?;
                self.is_named_under(&under).await
            }
        }
    }

    async fn is_exchanger(&mut self, name: &str, lengths: Lengths) -> Result<bool, Stop> {
        let exchangers = self.dns.exchangers(name).await;
        let exchangers = self.found(name, exchangers)?;
        if exchangers.len() > MOST_NAMES {
            return Err(Stop::Broken(format!(
                "\"mx\" leads to more than {MOST_NAMES} exchangers of {name}"
            )));
        }
        for exchanger in exchangers.iter().filter(|name| *name != ".") {
            let found = self.dns.addresses_like(exchanger, self.address).await;
            let found = match found {
                Err(Miss::NoName | Miss::NoRecord) => Vec::new(),
                other => self.found(exchanger, other)?,
            };
            if found.into_iter().any(|it| self.is_near(it, lengths)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the address has a name below a domain that leads back to it; trouble counts as no.
    async fn is_named_under(&mut self, under: &str) -> Result<bool, Stop> {
        let names = self.dns.names(self.address).await.unwrap_or_default();
        for name in names.iter().take(MOST_NAMES) {
            let is_under = name == under || name.ends_with(&format!(".{under}"));
            let leads_back = async {
                let found = self.dns.addresses_like(name, self.address).await;
                found.is_ok_and(|found| found.contains(&self.address))
            };
            if is_under && leads_back.await {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an address and ours begin alike.
    fn is_near(&self, other: IpAddr, (four, six): Lengths) -> bool {
        let length = if other.is_ipv4() { four } else { six };
        IpNet::new(other, length).is_ok_and(|network| network.contains(&self.address))
    }
}
