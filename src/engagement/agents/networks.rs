//! Networks that machines ask from: a list in the program, or a file in its place.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;

use super::Agent;

/// The list that comes with the program.
const BUNDLED: &str = include_str!("networks.txt");

/// Networks with who asks from there.
#[derive(Debug, Clone, Default)]
pub struct Networks {
    /// By the length of the prefix, IPv6 apart, and the first address.
    by_length: BTreeMap<(bool, u8), HashMap<IpAddr, Agent>>,
}

/// A line that is no network with who asks from there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// Which.
        file: String,
        /// Why.
        #[source]
        why: std::io::Error,
    },
    /// A line is not in the form.
    #[error(
        "line {line} is no network and who asks from there, as in \"192.0.2.0/24 scanner\": {text}"
    )]
    Line {
        /// From 1.
        line: usize,
        /// Its beginning.
        text: String,
    },
}

impl Networks {
    /// Those that come with the program.
    #[must_use]
    pub fn bundled() -> Self {
        // A test reads it; what it cannot read would be nobody's network.
        Self::parse(BUNDLED).unwrap_or_default()
    }

    /// Those of a file.
    ///
    /// # Errors
    /// When it cannot be read, or a line is not in the form.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(file).map_err(|why| Error::Unreadable {
            file: file.display().to_string(),
            why,
        })?;
        Self::parse(&text)
    }

    /// A line is a network or an address, then `scanner`, `image_proxy` or `privacy_proxy`, then anything; `#`
    /// begins a remark.
    ///
    /// # Errors
    /// When a line is not in that form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut networks = Self::default();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let told = line.split('#').next().unwrap_or_default();
            let mut words = told.split_whitespace();
            let Some(network) = words.next() else {
                continue;
            };
            let read = |network: &str, agent: Option<&str>| {
                let network = network
                    .parse::<IpNet>()
                    .or_else(|_| network.parse::<IpAddr>().map(IpNet::from))
                    .ok()?;
                let agent = match agent? {
                    "scanner" => Agent::Scanner,
                    "image_proxy" => Agent::ImageProxy,
                    "privacy_proxy" => Agent::PrivacyProxy,
                    _ => return None,
                };
                Some((network, agent))
            };
            let Some((network, agent)) = read(network, words.next()) else {
                let text = line.trim().chars().take(80).collect();
                let line = number + 1;
                return Err(Error::Line { line, text });
            };
            let key = (network.addr().is_ipv6(), network.prefix_len());
            let first = network.network();
            networks
                .by_length
                .entry(key)
                .or_default()
                .insert(first, agent);
        }
        Ok(networks)
    }

    /// Who asks from an address, by the smallest network that holds it.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Option<Agent> {
        let address = address.to_canonical();
        let lengths = self.by_length.iter().rev();
        let mut own = lengths.filter(|((is_v6, _), _)| *is_v6 == address.is_ipv6());
        own.find_map(|((_, length), known)| {
            let network = IpNet::new(address, *length).ok()?.network();
            known.get(&network).copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(networks: &Networks, address: &str) -> Option<Agent> {
        networks.of(address.parse().unwrap())
    }

    #[test]
    fn the_bundled_list_is_read() {
        let networks = Networks::parse(BUNDLED).unwrap();
        for (address, agent) in [
            ("52.103.255.255", Some(Agent::Scanner)),
            ("52.104.0.0", None),
            ("::ffff:209.222.80.1", Some(Agent::Scanner)),
            ("66.249.84.1", Some(Agent::ImageProxy)),
            ("17.58.0.1", Some(Agent::PrivacyProxy)),
            ("192.0.2.1", None),
            ("2a01:111:f403:c000::1", Some(Agent::Scanner)),
            ("2a01:111:f404::1", None),
        ] {
            assert_eq!(of(&networks, address), agent, "{address}");
        }
    }

    #[test]
    fn the_smallest_network_says_who_it_is() {
        let text = "\u{feff}# ours\n10.0.0.0/8 scanner\r\n10.1.0.0/16 privacy_proxy Somebody\n\n10.1.2.3 image_proxy # one";
        let networks = Networks::parse(text).unwrap();
        assert_eq!(of(&networks, "10.2.0.0"), Some(Agent::Scanner));
        assert_eq!(of(&networks, "10.1.0.0"), Some(Agent::PrivacyProxy));
        assert_eq!(of(&networks, "10.1.2.3"), Some(Agent::ImageProxy));
    }

    #[test]
    fn a_line_in_another_form_is_named() {
        for text in [
            "10.0.0.0/8",
            "10.0.0.0/33 scanner",
            "10.0.0.0/8 person",
            "tarn scanner",
        ] {
            let text = format!("# ours\n{text}\n");
            let error = Networks::parse(&text).unwrap_err().to_string();
            assert!(error.starts_with("line 2 is no network"), "{error}");
        }
    }
}
