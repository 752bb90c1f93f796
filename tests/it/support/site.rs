//! A site whose days are made by hand: stories, an edition, its copies, and what readers do.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use courant::articles::{self, ArticleId, Draft};
use courant::clock::Clock;
use courant::config::Config;
use courant::database::{self, Database};
use courant::delivery::store::leases;
use courant::delivery::{self, DeliveryId};
use courant::edition::slates::{self, Variant};
use courant::edition::{self, Digest, Edition, Status, Step};
use courant::engagement::record::{self, Verdict};
use courant::engagement::store::Times;
use courant::engagement::{EventKind, Facts};
use courant::http::{State, router};
use courant::links::{Kind, Links, Token};
use courant::pipeline::{self, Built};
use courant::secret::Secret;
use courant_subscribers::store::subscribers;
use courant_subscribers::{Added, Beginning, EmailAddress, How, NewSubscriber, SubscriberId};
use jiff::{Timestamp, ToSpan as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const PHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15";

/// A site whose days are made by hand.
pub(crate) struct Site<'a> {
    pub(crate) database: &'a Database,
    pub(crate) config: Config,
    pub(crate) readers: Vec<i64>,
    told: u64,
}

/// What one day's edition became.
pub(crate) struct Day {
    pub(crate) edition: Edition,
    pub(crate) variants: BTreeMap<i64, Variant>,
}

impl Day {
    pub(crate) fn stories(&self, reader: i64) -> Vec<ArticleId> {
        let placed = self.edition.copy(&self.variants[&reader]);
        placed
            .iter()
            .map(|placed| placed.entry.article.id.clone())
            .collect()
    }
}

pub(crate) fn morning(day: i64) -> Timestamp {
    let first: Timestamp = "2026-11-01T07:00:00Z".parse().unwrap();
    first + (day * 24).hours()
}

impl<'a> Site<'a> {
    pub(crate) async fn new(
        database: &'a Database,
        selection: slates::Config,
        readers: usize,
    ) -> Self {
        let mut tx = database.begin_write().await.unwrap();
        let mut ids = Vec::new();
        for number in 0..readers {
            let address = EmailAddress::parse(&format!("r{number}@example.org")).unwrap();
            let new = NewSubscriber::new(address, Beginning::Active, How::CommandLine).unwrap();
            // Not by chance: what a reader gets depends on who they are.
            let new = NewSubscriber {
                id: SubscriberId::from_i64(i64::try_from(number).unwrap() + 1),
                ..new
            };
            match subscribers::add(&mut tx, &new, 500).await.unwrap() {
                Added::New(id) => ids.push(id.as_i64()),
                other => panic!("{other:?}"),
            }
        }
        database::commit(tx).await.unwrap();
        let digest = Digest {
            name: "daily".to_owned(),
            title: "Morning".to_owned(),
            ..Digest::default()
        };
        let config = Config {
            digest: vec![digest],
            selection,
            ..Config::default()
        };
        Self {
            database,
            config,
            readers: ids,
            told: 0,
        }
    }

    /// Publishes so many stories in the hours before a morning.
    pub(crate) async fn publish(&mut self, day: i64, count: u64) {
        let mut tx = self.database.begin_write().await.unwrap();
        for number in 0..count {
            self.told += 1;
            let id = format!("{:016x}", self.told.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let hours_ago = i64::try_from(number % 20).unwrap() * 3600 + 600;
            let draft = Draft {
                id: ArticleId::parse(&id).unwrap(),
                origin: None,
                url: format!("https://www.tarn.example/{id}"),
                title: format!("{id} {:x}", self.told.wrapping_mul(0x2545_f491_4f6c_dd1d)),
                summary: None,
                source: format!("source {}", number % 3),
                category: Some(
                    ["Quay", "Field", "Stage"][usize::try_from(number % 3).unwrap()].to_owned(),
                ),
                tags: Vec::new(),
                author: None,
                image_url: None,
                image_alt: None,
                language: None,
                minutes: None,
                published_at: Some(morning(day).as_second() - hours_ago),
            };
            articles::store::upsert(&mut tx, &draft, morning(day).as_second() - 60)
                .await
                .unwrap();
        }
        database::commit(tx).await.unwrap();
    }

    pub(crate) async fn build(&self, day: i64) -> Edition {
        let digest = &self.config.digest[0];
        let built = pipeline::build(self.database, &self.config, digest, morning(day), false).await;
        let (Built::New(edition) | Built::Existing(edition)) = built.unwrap() else {
            panic!("nothing to send on day {day}")
        };
        self.approved(edition, morning(day)).await
    }

    /// An edition with a yes; a change takes one back.
    pub(crate) async fn approved(&self, edition: Edition, at: Timestamp) -> Edition {
        if edition.status != Status::Draft {
            return edition;
        }
        let step = pipeline::take_step(self.database, &edition, Step::Approve, at).await;
        Edition {
            status: step.unwrap().unwrap(),
            ..edition
        }
    }

    /// A day from its stories to the last opened mail.
    pub(crate) async fn day(
        &mut self,
        day: i64,
        stories: u64,
        opens: impl Fn(usize) -> bool,
    ) -> Day {
        let sent = self.sent(day, stories).await;
        for (index, reader) in self.readers.iter().enumerate() {
            if opens(index) {
                let whose = (&sent.edition, *reader);
                self.asked(whose, EventKind::Open, PHONE, 3600).await;
            }
        }
        sent
    }

    /// A day until its edition is out.
    pub(crate) async fn sent(&mut self, day: i64, stories: u64) -> Day {
        self.publish(day, stories).await;
        let edition = self.build(day).await;
        self.send(edition, morning(day)).await
    }

    /// Queues who is due, and says that the relay took all of it half a minute later.
    pub(crate) async fn send(&self, edition: Edition, at: Timestamp) -> Day {
        let edition = self.approved(edition, at).await;
        let edition = pipeline::enqueue(self.database, &self.config, edition, at)
            .await
            .unwrap();
        let mut tx = self.database.begin_write().await.unwrap();
        let mut variants = BTreeMap::new();
        for reader in &self.readers {
            let id = DeliveryId::of(&edition.id, *reader);
            let Some(variant) = delivery::store::variant(&mut tx, &id).await.unwrap() else {
                continue;
            };
            variants.insert(*reader, variant);
        }
        let (now, kind) = (at.as_second() + 30, self.database.kind());
        let owed = leases::lease(&mut tx, kind, &edition.id, (now, now), 1_000_000).await;
        let owed = owed.unwrap();
        let ids: Vec<_> = owed.iter().map(|row| &row.id).collect();
        leases::mark_sent(&mut tx, &ids, now).await.unwrap();
        let (from, to) = (edition.status, Status::Sending);
        edition::store::set_status(&mut tx, &edition.id, from, to, at)
            .await
            .unwrap();
        if edition.enqueued_at.is_some() {
            edition::store::set_status(&mut tx, &edition.id, to, Status::Sent, at)
                .await
                .unwrap();
        }
        database::commit(tx).await.unwrap();
        let status = if edition.enqueued_at.is_some() {
            Status::Sent
        } else {
            Status::Sending
        };
        Day {
            edition: Edition { status, ..edition },
            variants,
        }
    }

    /// Somebody asks for the picture or a link of a reader's copy, so long after it was built.
    pub(crate) async fn asked(
        &self,
        (edition, reader): (&Edition, i64),
        kind: EventKind,
        user_agent: &str,
        seconds: i64,
    ) {
        let link = match kind {
            EventKind::Click(link) => Kind::Click(link),
            EventKind::Open | EventKind::Unsubscribe => Kind::Open,
        };
        let token = Token {
            subscriber: reader,
            edition: edition.number,
            kind: link,
        };
        self.pressed((edition, token), user_agent, seconds).await;
    }

    /// The same with a token.
    pub(crate) async fn pressed(
        &self,
        (edition, token): (&Edition, Token),
        user_agent: &str,
        seconds: i64,
    ) {
        let kind = match token.kind {
            Kind::Click(link) => EventKind::Click(link),
            _ => EventKind::Open,
        };
        let facts = Facts {
            method: "GET",
            user_agent,
            ..Facts::default()
        };
        let at = edition.built_at.as_second() + 30 + seconds;
        let mut tx = self.database.begin_write().await.unwrap();
        record::note(
            &mut tx,
            (edition, token),
            kind,
            Verdict::on(&facts),
            Times::once(at),
        )
        .await
        .unwrap();
        database::commit(tx).await.unwrap();
    }
    /// Its pages for readers, below a path, and what signs their links.
    pub(crate) async fn serve(&self, path: &str) -> (SocketAddr, Links) {
        let key = Secret::new(&Links::new_key());
        let links = Links::new(&format!("http://127.0.0.1{path}"), &key).unwrap();
        let (database, config) = (self.database.clone(), self.config.clone());
        let state = State::new(database, config, links.clone(), Clock::default()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        (address, links)
    }
}

/// What a server answers, head and all.
pub(crate) async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
