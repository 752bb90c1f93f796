//! A name server on loopback that says what a zone says, and fails where it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, MX, PTR, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;

/// What it says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zone {
    /// By name, the kind before each record: "TXT v=spf1 -all", "MX 10 mail.tarn.example".
    records: BTreeMap<String, Vec<String>>,
    /// Names for which it answers SERVFAIL.
    pub(crate) broken: BTreeSet<String>,
    /// Names for which it answers nothing.
    pub(crate) silent: BTreeSet<String>,
}

impl Zone {
    pub(crate) fn add(&mut self, name: &str, record: &str) {
        self.records
            .entry(name.to_owned())
            .or_default()
            .push(record.to_owned());
    }

    /// These records of a kind instead of those there are.
    pub(crate) fn set(&mut self, name: &str, kind: &str, records: &[&str]) {
        let all = self.records.entry(name.to_owned()).or_default();
        all.retain(|record| !record.starts_with(kind));
        all.extend(records.iter().map(|record| format!("{kind} {record}")));
    }

    /// No such name any more.
    pub(crate) fn remove(&mut self, name: &str) {
        self.records.remove(name);
    }

    fn answer(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, ResponseCode> {
        if self.broken.contains(name) {
            return Err(ResponseCode::ServFail);
        }
        let Some(records) = self.records.get(name) else {
            // A name above others exists, too (RFC 8020).
            let below = format!(".{name}");
            let is_there = self.records.keys().any(|known| known.ends_with(&below));
            return if is_there {
                Ok(Vec::new())
            } else {
                Err(ResponseCode::NXDomain)
            };
        };
        let all = records.iter().map(|record| data(record));
        Ok(all
            .filter(|data| data.record_type() == kind || data.record_type() == RecordType::CNAME)
            .collect())
    }
}

fn data(record: &str) -> RData {
    let (kind, value) = record.split_once(' ').unwrap();
    let name = |text: &str| Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).unwrap();
    match kind {
        "A" => RData::A(A(value.parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(value.parse().unwrap())),
        "PTR" => RData::PTR(PTR(name(value))),
        "CNAME" => RData::CNAME(CNAME(name(value))),
        "MX" => {
            let (preference, host) = value.split_once(' ').unwrap();
            RData::MX(MX::new(preference.parse().unwrap(), name(host)))
        }
        // As zone files cut it: strings of at most 255 bytes, here of fewer to have several.
        "TXT" => {
            let strings = value.as_bytes().chunks(100);
            RData::TXT(TXT::from_bytes(strings.collect()))
        }
        other => panic!("{other}"),
    }
}

/// A running server; it ends with the test's runtime.
pub(crate) struct Names {
    pub(crate) address: SocketAddr,
    pub(crate) zone: Arc<Mutex<Zone>>,
}

impl Names {
    pub(crate) async fn start(zone: Zone) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let zone = Arc::new(Mutex::new(zone));
        let said = Arc::clone(&zone);
        tokio::spawn(async move {
            let mut packet = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                let Ok(asked) = Message::from_vec(&packet[..length]) else {
                    continue;
                };
                let zone = said.lock().unwrap().clone();
                if let Some(answer) = reply(&zone, &asked) {
                    let _whoever_asked_may_be_gone = socket.send_to(&answer, from).await;
                }
            }
        });
        Self { address, zone }
    }
}

fn reply(zone: &Zone, asked: &Message) -> Option<Vec<u8>> {
    let query = asked.queries.first()?;
    let name = query.name().to_ascii().to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    if zone.silent.contains(name) {
        return None;
    }
    let mut answer = Message::response(asked.metadata.id, OpCode::Query);
    answer.metadata.recursion_desired = true;
    answer.metadata.recursion_available = true;
    answer.add_query(query.clone());
    match zone.answer(name, query.query_type()) {
        Ok(all) => {
            let record = |data| Record::from_rdata(query.name().clone(), 60, data);
            answer.add_answers(all.into_iter().map(record));
        }
        Err(code) => answer.metadata.response_code = code,
    }
    Some(answer.to_vec().unwrap())
}
