//! Which addresses a request may go to.
//!
//! A feed's URL and every redirect of it are written by strangers; without this guard they could
//! reach the machine's own services, the office network or a cloud's metadata address. A URL is
//! checked before each hop (literal addresses never reach a resolver), a name when it is resolved,
//! so that the address that was judged is the address that is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::Error;

/// What is allowed although it is private: names and networks.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    allowed: Arc<[Allowed]>,
}

#[derive(Debug)]
enum Allowed {
    Name(String),
    Network(IpAddr, u32),
}

impl Guard {
    /// Reads `fetch.allow_private`: names, addresses and networks.
    pub(super) fn parse(entries: &[String]) -> Result<Self, Error> {
        let allowed = entries
            .iter()
            .map(|entry| {
                Allowed::parse(entry.trim()).ok_or_else(|| Error::AllowPrivate(entry.clone()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { allowed })
    }

    /// Refuses what must not be asked whatever its name resolves to.
    pub(super) fn check(&self, url: &Url) -> Result<(), Error> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::UserInfo);
        }
        let address = match url.host() {
            None => return Err(Error::NoHost),
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
        };
        if is_public(address) || self.allows_address(address) {
            return Ok(());
        }
        Err(Error::PrivateAddress { address })
    }

    fn allows_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|entry| match entry {
            Allowed::Network(network, length) => contains(*network, *length, address),
            Allowed::Name(_) => false,
        })
    }

    fn allows_name(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.allowed
            .iter()
            .any(|entry| matches!(entry, Allowed::Name(name) if name.eq_ignore_ascii_case(host)))
    }

    /// The addresses of `host` that may be connected to.
    fn filter(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refusal> {
        if self.allows_name(host) {
            return Ok(found);
        }
        let Some(first) = found.first().map(SocketAddr::ip) else {
            return Ok(found);
        };
        let usable: Vec<_> = found
            .into_iter()
            .filter(|found| is_public(found.ip()) || self.allows_address(found.ip()))
            .collect();
        if usable.is_empty() {
            return Err(Refusal {
                host: host.to_owned(),
                address: first,
            });
        }
        Ok(usable)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let usable = guard.filter(name.as_str(), found)?;
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}

/// A name with none but private addresses. Found again in the chain of the client's error.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{host} leads to the private address {address}")]
pub(super) struct Refusal {
    pub(super) host: String,
    pub(super) address: IpAddr,
}

impl Allowed {
    fn parse(entry: &str) -> Option<Self> {
        let bare = entry.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            let address = address.to_canonical();
            return Some(Self::Network(address, width(address)));
        }
        if let Some((address, length)) = entry.split_once('/') {
            let address: IpAddr = address.parse().ok()?;
            let length: u32 = length.parse().ok()?;
            return (length <= width(address)).then_some(Self::Network(address, length));
        }
        let known = !entry.is_empty()
            && entry
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        known.then(|| Self::Name(entry.trim_end_matches('.').to_owned()))
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn contains(network: IpAddr, length: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Everything the IANA registry of special-purpose IPv4 addresses calls not globally reachable.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // shared by a carrier's customers
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, and the clouds' metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays, withdrawn
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 3),     // multicast, reserved, broadcast
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4
        .iter()
        .any(|(network, length)| contains(IpAddr::V4(*network), *length, IpAddr::V4(address)))
}

/// IPv6 is public only inside the one block that is handed out (`2000::/3`), less its exceptions;
/// addresses that carry an IPv4 address are judged by that one.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    // NAT64 (RFC 6052): how a network without IPv4 reaches the rest of the world.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(Ipv4Addr::from_bits(
            (u32::from(segments[6]) << 16) | u32::from(segments[7]),
        ));
    }
    let assignments = segments[0] == 0x2001 && segments[1] < 0x200; // Teredo, ORCHID, benchmarks
    let documentation =
        segments[..2] == [0x2001, 0xdb8] || (segments[0] == 0x3fff && segments[1] < 0x1000);
    let six_to_four = segments[0] == 0x2002;
    segments[0] & 0xe000 == 0x2000 && !assignments && !documentation && !six_to_four
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(entries: &[&str]) -> Guard {
        let entries: Vec<_> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        Guard::parse(&entries).unwrap()
    }

    #[test]
    fn private_addresses_are_private_however_they_are_written() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0/",
            "http://10.1.2.3/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://172.31.255.255/",
            "http://192.168.0.1/",
            "http://192.0.2.1/",
            "http://198.19.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::]/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[64:ff9b:1::1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001::1]/",
            "http://[2001:db8::1]/",
            "http://[3fff::1]/",
            "http://[fc00::1]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://[ff02::1]/",
        ] {
            let found = guard(&[]).check(&Url::parse(url).unwrap());
            assert!(matches!(found, Err(Error::PrivateAddress { .. })), "{url}");
        }
    }

    #[test]
    fn public_addresses_and_names_pass() {
        for url in [
            "https://example.org/feed",
            "http://1.1.1.1/",
            "http://172.32.0.1/",
            "http://[2606:4700::1111]/",
            "http://[::ffff:1.1.1.1]/",
            "http://[64:ff9b::1.1.1.1]/",
        ] {
            guard(&[]).check(&Url::parse(url).unwrap()).unwrap();
        }
    }

    #[test]
    fn other_schemes_and_log_ins_are_refused() {
        for url in [
            "file:///etc/passwd",
            "ftp://example.org/",
            "data:text/xml,x",
        ] {
            let found = guard(&[]).check(&Url::parse(url).unwrap());
            assert!(matches!(found, Err(Error::Scheme(_))), "{url}");
        }
        for url in ["http://user@example.org/", "http://:word@example.org/"] {
            let found = guard(&[]).check(&Url::parse(url).unwrap());
            assert!(matches!(found, Err(Error::UserInfo)), "{url}");
        }
    }

    #[test]
    fn what_the_configuration_names_is_allowed_and_no_more() {
        for (entries, url, allowed) in [
            (&["127.0.0.1"][..], "http://127.0.0.1:8080/", true),
            (&["127.0.0.1"], "http://127.0.0.2/", false),
            (&["127.0.0.1"], "http://[::ffff:127.0.0.1]/", true),
            (&["10.0.0.0/8"], "http://10.255.0.1/", true),
            (&["10.0.0.0/8"], "http://11.0.0.1/", true), // public
            (&["10.0.0.0/8"], "http://192.168.0.1/", false),
            (&["0.0.0.0/0"], "http://192.168.0.1/", true),
            (&["0.0.0.0/0"], "http://[::1]/", false),
            (&["::1"], "http://[::1]/", true),
            (&["fd00::/8"], "http://[fd12::1]/", true),
            (&["localhost"], "http://127.0.0.1/", false),
        ] {
            let found = guard(entries).check(&Url::parse(url).unwrap());
            assert_eq!(found.is_ok(), allowed, "{entries:?} {url}");
        }
        for entry in ["", "10.0.0.0/33", "10.0.0/8", "http://intranet/", "a b"] {
            assert!(Guard::parse(&[entry.to_owned()]).is_err(), "{entry}");
        }
    }

    #[test]
    fn a_name_with_private_addresses_is_refused_unless_allowed() {
        let at = |texts: &[&str]| -> Vec<SocketAddr> {
            texts
                .iter()
                .map(|text| format!("{text}:0").parse().unwrap())
                .collect()
        };
        let refused = guard(&[])
            .filter("rebind.example", at(&["10.0.0.1"]))
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "rebind.example leads to the private address 10.0.0.1"
        );
        assert_eq!(
            guard(&[])
                .filter("mixed.example", at(&["10.0.0.1", "1.1.1.1"]))
                .unwrap(),
            at(&["1.1.1.1"])
        );
        let allowing = guard(&["intranet.example"]);
        assert!(
            allowing
                .filter("Intranet.example.", at(&["10.0.0.1"]))
                .is_ok()
        );
        assert!(allowing.filter("other.example", at(&["10.0.0.1"])).is_err());
    }
}
