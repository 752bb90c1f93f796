//! Questions to the domain name system, with the three ways in which there is no answer told apart.
//!
//! "No such name", "no such record" and "nobody could say" mean different things to whoever has to
//! mend it: the first two are the zone's, the last may be over in a minute.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use crate::config::Checks;

/// How long one try may take, and how often it is tried.
const PATIENCE: Duration = Duration::from_secs(2);
const TRIES: usize = 2;

/// Why there is no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// The name does not exist.
    NoName,
    /// The name exists, without a record of this kind.
    NoRecord,
    /// It could not be found out, in words.
    Unknown(String),
}

/// Whom to ask.
#[derive(Clone)]
pub struct Dns(TokioResolver);

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dns")
    }
}

impl Dns {
    /// The name server of `[check]`, else those of the system. Answers are kept, so a new one asks anew.
    ///
    /// # Errors
    /// In words, when the system names no name server.
    pub fn open(config: &Checks) -> Result<Self, String> {
        let mut builder = match config.resolver {
            Some(address) => {
                let at_port = |mut connection: ConnectionConfig| {
                    connection.port = address.port();
                    connection
                };
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                let server = NameServerConfig::new(
                    address.ip(),
                    true,
                    connections.map(at_port).into_iter().collect(),
                );
                let servers = ResolverConfig::from_name_servers(vec![server]);
                TokioResolver::builder_with_config(servers, TokioRuntimeProvider::default())
            }
            None => TokioResolver::builder_tokio().map_err(|error| error.to_string())?,
        };
        let options = builder.options_mut();
        options.timeout = PATIENCE;
        options.attempts = TRIES;
        options.edns0 = true;
        options.use_hosts_file = ResolveHosts::Never;
        builder.build().map(Self).map_err(|error| error.to_string())
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Result<Lookup, Miss> {
        let mut name = Name::from_ascii(name)
            .map_err(|_| Miss::Unknown(format!("\"{name}\" is no domain name")))?;
        // Of the names that search lists of this machine would add, no receiver knows.
        name.set_fqdn(true);
        self.0
            .lookup(name, kind)
            .await
            .map_err(|error| miss(&error))
    }

    async fn all<T>(
        &self,
        name: &str,
        kind: RecordType,
        pick: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, Miss> {
        let found = self.ask(name, kind).await?;
        let all: Vec<T> = found
            .answers()
            .iter()
            .filter_map(|record| pick(&record.data))
            .collect();
        if all.is_empty() {
            return Err(Miss::NoRecord);
        }
        Ok(all)
    }

    /// The texts of a name, the strings of each record joined.
    ///
    /// # Errors
    /// [`Miss`].
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, Miss> {
        self.all(name, RecordType::TXT, |data| match data {
            RData::TXT(text) => {
                let bytes = text.txt_data.concat();
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        })
        .await
    }

    /// The mail exchangers of a name, the preferred first; "." stands for "no mail" (RFC 7505).
    ///
    /// # Errors
    /// [`Miss`].
    pub async fn exchangers(&self, name: &str) -> Result<Vec<String>, Miss> {
        let mut all = self
            .all(name, RecordType::MX, |data| match data {
                RData::MX(mx) => Some((mx.preference, plain(&mx.exchange))),
                _ => None,
            })
            .await?;
        all.sort();
        Ok(all.into_iter().map(|(_, name)| name).collect())
    }

    /// The addresses of a name of the same family as `like`.
    ///
    /// # Errors
    /// [`Miss`].
    pub async fn addresses_like(&self, name: &str, like: IpAddr) -> Result<Vec<IpAddr>, Miss> {
        let kind = if like.is_ipv4() {
            RecordType::A
        } else {
            RecordType::AAAA
        };
        self.all(name, kind, |data| match data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            RData::AAAA(address) => Some(IpAddr::V6(address.0)),
            _ => None,
        })
        .await
    }

    /// All addresses of a name.
    ///
    /// # Errors
    /// [`Miss`], of both families the one that says most.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Miss> {
        let any = std::net::Ipv4Addr::UNSPECIFIED.into();
        let any_six = std::net::Ipv6Addr::UNSPECIFIED.into();
        let (four, six) = tokio::join!(
            self.addresses_like(name, any),
            self.addresses_like(name, any_six)
        );
        match (four, six) {
            (Ok(mut four), six) => {
                four.extend(six.unwrap_or_default());
                Ok(four)
            }
            (Err(_), Ok(six)) => Ok(six),
            (Err(Miss::NoRecord), Err(other)) => Err(other),
            (Err(miss), Err(_)) => Err(miss),
        }
    }

    /// The names an address leads to.
    ///
    /// # Errors
    /// [`Miss`].
    pub async fn names(&self, address: IpAddr) -> Result<Vec<String>, Miss> {
        self.all(&reverse(address), RecordType::PTR, |data| match data {
            RData::PTR(name) => Some(plain(&name.0)),
            _ => None,
        })
        .await
    }
}

/// A name as people write it: small letters, no dot at the end; "." for the root.
fn plain(name: &Name) -> String {
    let text = name.to_ascii().to_ascii_lowercase();
    match text.strip_suffix('.') {
        Some("") | None => text,
        Some(text) => text.to_owned(),
    }
}

/// Where an address's names stand (RFC 1035 section 3.5, RFC 3596 section 2.5).
#[must_use]
pub fn reverse(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let digits = address.octets().into_iter().rev();
            let digits = digits.map(|byte| format!("{:x}.{:x}.", byte & 15, byte >> 4));
            format!("{}ip6.arpa", digits.collect::<String>())
        }
    }
}

fn in_trouble(code: ResponseCode) -> Miss {
    let word = match code {
        ResponseCode::ServFail => {
            "SERVFAIL: the zone's own name servers, or their signatures, are in trouble"
        }
        ResponseCode::Refused => "REFUSED: it does not answer us",
        other => return Miss::Unknown(format!("the name server answers {other}")),
    };
    Miss::Unknown(format!("the name server answers {word}"))
}

fn miss(error: &NetError) -> Miss {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => Miss::NoName,
            ResponseCode::NoError => Miss::NoRecord,
            code => in_trouble(code),
        },
        NetError::Dns(DnsError::ResponseCode(ResponseCode::NXDomain)) => Miss::NoName,
        NetError::Dns(DnsError::ResponseCode(code)) => in_trouble(*code),
        NetError::Timeout => Miss::Unknown("the name server does not answer in time".to_owned()),
        other => Miss::Unknown(format!("the name server cannot be asked: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_backwards() {
        let four = reverse("192.0.2.17".parse().unwrap());
        assert_eq!(four, "17.2.0.192.in-addr.arpa");
        let six = reverse("2001:db8::1".parse().unwrap());
        assert_eq!(
            six,
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }
}
