//! Who did it: each request by itself, and by what comes at the same moment.
//!
//! One task judges all events in the order they came, so what is remembered of the last seconds needs no lock.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::time::SystemTime;

use super::queue::Noted;
use crate::engagement::agents::{Networks, NetworksError};
use crate::engagement::bursts::{self, Bursts, Deed, Repeats};
use crate::engagement::record::Verdict;
use crate::engagement::{Agent, EventKind, Facts};
use crate::telemetry::with_causes;

/// How often the file of networks is looked at.
const LOOK_AGAIN_SECONDS: i64 = 60;

/// Verdicts remembered: programs have few names.
const MOST_VERDICTS: usize = 4096;

/// What is known beside one request.
#[derive(Debug)]
pub(super) struct Judge {
    networks: Networks,
    file: Option<NetworksFile>,
    bursts: Bursts,
    repeats: Repeats,
    key: RandomState,
    /// By what a request says of itself.
    verdicts: HashMap<u64, Verdict>,
    warned: bool,
}

#[derive(Debug)]
struct NetworksFile {
    path: PathBuf,
    changed: Option<SystemTime>,
    looked: Option<i64>,
}

impl Judge {
    /// Knows the networks of the program, or those of a file, which is read again when it changes.
    ///
    /// # Errors
    /// When the file is no list of networks.
    pub(super) fn new(file: Option<PathBuf>) -> Result<Self, NetworksError> {
        let networks = match &file {
            Some(path) => Networks::read(path)?,
            None => Networks::bundled(),
        };
        let file = file.map(|path| NetworksFile {
            changed: changed(&path),
            path,
            looked: None,
        });
        Ok(Self {
            networks,
            file,
            bursts: Bursts::default(),
            repeats: Repeats::default(),
            key: RandomState::new(),
            verdicts: HashMap::new(),
            warned: false,
        })
    }

    /// Judges an event, and those before it once more: who did it, and which ones were a machine's, this one
    /// among them if it was one's.
    pub(super) fn judge(&mut self, noted: &Noted) -> (Verdict, Vec<Deed>) {
        self.look_again(noted.at);
        let network = noted.asked.address();
        let verdict = self.by_itself(&Facts {
            network: network.and_then(|address| self.networks.of(address)),
            ..noted.asked.facts()
        });
        let is_reading = noted.kind != EventKind::Unsubscribe;
        let could_be_a_reader = matches!(verdict.agent, Agent::Person | Agent::Unknown);
        let machines = if is_reading && could_be_a_reader {
            let deed = Deed {
                token: noted.token,
                agent: verdict.agent,
            };
            let source = network.and_then(|address| bursts::source(&self.key, address));
            self.bursts.note(deed, source, noted.at)
        } else {
            Vec::new()
        };
        self.warn(&machines);
        (verdict, machines)
    }

    /// Whether a reader without identity does again what they did within the hour: they count once.
    pub(super) fn is_again(&mut self, noted: &Noted) -> bool {
        if noted.token.place().is_none() {
            return false;
        }
        let address = noted.asked.address();
        let Some(source) = address.and_then(|address| bursts::source(&self.key, address)) else {
            return false;
        };
        let agent = noted.asked.facts().user_agent;
        let deed = self.key.hash_one((source, agent, noted.token));
        self.repeats.note(deed, noted.at)
    }

    /// The verdict on one request: the same for the same facts, and looked up in lists of words only once.
    fn by_itself(&mut self, facts: &Facts<'_>) -> Verdict {
        let told = (facts.method, facts.user_agent, facts.purpose, facts.network);
        let told = self.key.hash_one(told);
        if let Some(known) = self.verdicts.get(&told) {
            return *known;
        }
        let verdict = Verdict::on(facts);
        if self.verdicts.len() >= MOST_VERDICTS {
            self.verdicts.clear();
        }
        self.verdicts.insert(told, verdict);
        verdict
    }

    /// Many readers behind one address are more likely a proxy that nobody named.
    fn warn(&mut self, machines: &[Deed]) {
        let mut readers = machines.iter().map(|deed| deed.token.subscriber);
        let first = readers.next();
        if !self.warned && readers.any(|reader| Some(reader) != first) {
            self.warned = true;
            tracing::warn!(
                "one address asks for many readers' links at once, which is taken for a machine; if it is a \
                 proxy or CDN before this server, name it in server.proxies"
            );
        }
    }

    fn look_again(&mut self, now: i64) {
        let Some(file) = &mut self.file else { return };
        if file.looked.is_some_and(|at| now - at < LOOK_AGAIN_SECONDS) {
            return;
        }
        file.looked = Some(now);
        let changed = changed(&file.path);
        if changed == file.changed {
            return;
        }
        match Networks::read(&file.path) {
            Ok(networks) => {
                self.networks = networks;
                file.changed = changed;
            }
            Err(error) => {
                tracing::warn!("the networks stay what they were: {}", with_causes(&error));
            }
        }
    }
}

fn changed(path: &std::path::Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}
