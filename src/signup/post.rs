//! The letters leave: taken from the table, written, handed to the relay, settled.
//!
//! A letter that is taken in hand is due again some minutes later, so that a process that dies with it
//! loses nothing; at worst it arrives twice.

use std::time::Duration;

use courant_languages::{Confirmation, Farewell, Locale, StillThere, Welcome};
use courant_subscribers::store::subscribers;
use courant_subscribers::{Preferences, Status, Subscriber};
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::store::{self, Due, Kind};
use super::{CONFIRM_SECONDS, Config};
use crate::clock::Clock;
use crate::database::{self, Conn, Database, Error};
use crate::delivery::compose::{self, Sender};
use crate::delivery::dkim::Signer;
use crate::delivery::reply::Verdict;
use crate::delivery::smtp::Sent;
use crate::delivery::transport::Outlet;
use crate::delivery::{Mail, Transport};
use crate::edition::cadence::Schedule;
use crate::edition::{Digest, Publication};
use crate::links::{self, Links, Token};
use crate::render::{self, LetterUrls};

/// How often the table is looked at when nobody says that there is something.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How many letters are taken in hand at once.
const AT_ONCE: i64 = 20;
/// After so long a letter in somebody's hand is due again.
const IN_HAND_SECONDS: i64 = 5 * 60;
/// A letter is given up that could not leave for so long: its link would not hold any more.
const GIVEN_UP_SECONDS: i64 = CONFIRM_SECONDS / 2;
/// How long settled letters are kept: who was written to when is nobody's business for longer.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

/// Everything that letters are made of and leave by.
#[derive(Debug)]
pub struct Post {
    /// Where they are taken from.
    pub database: Database,
    /// `[signup]`.
    pub config: Config,
    /// Who publishes.
    pub publication: Publication,
    /// What there is to read.
    pub digests: Vec<Digest>,
    /// How the mail looks.
    pub theme: courant_templates::Theme,
    /// Makes the links.
    pub links: Links,
    /// Who sends.
    pub sender: Sender,
    /// Signs, where we do.
    pub signer: Option<Signer>,
    /// The way out.
    pub transport: Transport,
    /// Tells the time.
    pub clock: Clock,
}

impl Post {
    /// Works until told to stop; `news` says that a letter was put into the table.
    pub async fn run(self, news: &Notify, stop: &CancellationToken) {
        let mut outlet = Outlet::new(self.transport.clone());
        while !stop.is_cancelled() {
            match self.send_due(&mut outlet, stop).await {
                Ok(0) => {
                    outlet.hang_up().await;
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = news.notified() => {}
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!("letters wait: {error}");
                    outlet.hang_up().await;
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                    }
                }
            }
        }
        outlet.hang_up().await;
    }

    /// Sends letters that are due; how many there were.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn send_due(
        &self,
        outlet: &mut Outlet,
        stop: &CancellationToken,
    ) -> Result<usize, Error> {
        let now = self.clock.unix();
        let mut transaction = self.database.begin_write().await?;
        store::purge(&mut transaction, now - KEPT_SECONDS).await?;
        let due = store::take(&mut transaction, (now, now + IN_HAND_SECONDS), AT_ONCE).await?;
        database::commit(transaction).await?;
        for letter in &due {
            if stop.is_cancelled() {
                self.settle(letter, Settled::Again("stopped".to_owned(), now))
                    .await?;
                continue;
            }
            let settled = self.send(outlet, letter).await?;
            self.settle(letter, settled).await?;
        }
        Ok(due.len())
    }

    async fn settle(&self, letter: &Due, settled: Settled) -> Result<(), Error> {
        let now = self.clock.unix();
        let mut transaction = self.database.begin_write().await?;
        match settled {
            Settled::Left(reply) => {
                store::done(&mut transaction, letter.id, &reply, now).await?;
                if letter.kind == Kind::StillThere {
                    store::quiet::asked(&mut transaction, letter.subscriber, now).await?;
                }
            }
            Settled::Done(reply) => {
                store::done(&mut transaction, letter.id, &reply, now).await?;
            }
            Settled::Again(why, _) if now - letter.created_at > GIVEN_UP_SECONDS => {
                tracing::warn!(why, "a letter was given up");
                store::done(&mut transaction, letter.id, &why, now).await?;
            }
            Settled::Again(why, at) => {
                store::put_off(&mut transaction, letter.id, &why, at).await?;
            }
        }
        database::commit(transaction).await
    }

    async fn send(&self, outlet: &mut Outlet, letter: &Due) -> Result<Settled, Error> {
        let mut reader = self.database.reader().await?;
        let recipients =
            courant_subscribers::audience::recipients(&mut reader, &[letter.subscriber]).await?;
        let person = subscribers::find_by_id(&mut reader, letter.subscriber).await?;
        let chosen = self.chosen(&mut reader, letter).await?;
        drop(reader);
        let Some(person) = person.filter(|_| !recipients.is_empty()) else {
            return Ok(Settled::Done("not written: suppressed".to_owned()));
        };
        // They may have confirmed, or left, meanwhile.
        let is_wanted = match letter.kind {
            Kind::Confirm => person.status != Status::Active,
            Kind::Welcome => person.status == Status::Active,
            Kind::Goodbye => person.status == Status::Unsubscribed,
            Kind::StillThere => person.status == Status::Active,
        };
        if !is_wanted {
            return Ok(Settled::Done("not written: no longer wanted".to_owned()));
        }
        let mail = match self.mail(letter, (&person, &chosen)) {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!("a letter cannot be written: {error}");
                return Ok(Settled::Done(error.to_string()));
            }
        };
        let minutes = 1_i64 << letter.attempts.clamp(0, 6);
        let later = self.clock.unix() + minutes * 60;
        if let Err(error) = outlet.ready().await {
            tracing::error!("a letter waits: {error}");
            return Ok(Settled::Again(error.to_string(), later));
        }
        Ok(match outlet.send(&mail).await {
            Ok(Sent::Answered(phase, reply)) => match reply.verdict(phase) {
                Verdict::Accepted => Settled::Left(reply.to_string()),
                Verdict::RecipientRefused => Settled::Done(reply.to_string()),
                Verdict::TryLater | Verdict::SenderRefused => {
                    Settled::Again(reply.to_string(), later)
                }
            },
            // It may have arrived; twice is better than never, and its link is the same.
            Ok(Sent::LostBefore(why) | Sent::LostDuring(why)) => Settled::Again(why, later),
            Err(error) => {
                tracing::error!("a letter waits: {error}");
                Settled::Again(error.to_string(), later)
            }
        })
    }

    /// What the person of a letter chose, or asks for with the form it answers.
    async fn chosen(&self, conn: &mut Conn, letter: &Due) -> Result<Preferences, Error> {
        let chosen = subscribers::preferences(conn, letter.subscriber).await?;
        let chosen = chosen.unwrap_or_default();
        let wish = match letter.kind {
            Kind::Confirm => super::wished(conn, letter.subscriber, letter.created_at).await?,
            Kind::Welcome | Kind::Goodbye | Kind::StillThere => None,
        };
        Ok(match wish {
            Some(wish) => wish.over(chosen),
            None => chosen,
        })
    }

    /// The message of a letter, in the person's language and about the digests they chose.
    fn mail(
        &self,
        letter: &Due,
        (person, chosen): (&Subscriber, &Preferences),
    ) -> Result<Mail, compose::Error> {
        let own = chosen.language.as_deref();
        let own = own.and_then(|tag| tag.parse::<Locale>().ok());
        let locale = own.unwrap_or_else(|| Locale::of(&self.publication.language));
        let wanted: Vec<&Digest> = self
            .digests
            .iter()
            .filter(|digest| chosen.digests.wants(&digest.name))
            .collect();
        let schedules: Vec<Schedule> = wanted
            .iter()
            .filter_map(|digest| digest.rhythm().ok())
            .collect();
        let titles: Vec<&str> = wanted.iter().map(|digest| digest.title.as_str()).collect();
        let titles = match letter.kind {
            // Leaving ends all of it.
            Kind::Goodbye if self.digests.len() > 1 => String::new(),
            Kind::Confirm | Kind::Welcome | Kind::Goodbye | Kind::StillThere => {
                locale.list(&titles)
            }
        };
        let list = courant_templates::full_name(&self.publication.name, &titles);
        let rhythms: Vec<String> = schedules
            .iter()
            .map(|schedule| schedule.in_language(&locale))
            .collect();
        let rhythms: Vec<&str> = rhythms.iter().map(String::as_str).collect();
        let rhythm = locale.list(&rhythms);
        // The one that comes first.
        let now = self.clock.now();
        let schedule = schedules
            .iter()
            .min_by_key(|schedule| schedule.slot(now).ok().map(|slot| slot.ends));
        let day = |at: Timestamp| {
            let zone = schedule.map(|schedule| schedule.zone.clone());
            let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
            locale.day(at.to_zoned_datetime(zone).date())
        };
        let subscriber = person.id.as_i64();
        let own = |kind| {
            let token = Token {
                subscriber,
                edition: 0,
                kind,
            };
            self.links.url(token)
        };
        let address = person.address.as_str();
        let (words, urls) = match letter.kind {
            Kind::Confirm => {
                let token = Token::dated(subscriber, links::Kind::Confirm, letter.created_at);
                let about = Confirmation {
                    list: &list,
                    schedule: &rhythm,
                    address,
                    days: 2,
                };
                (
                    locale.confirmation(&about),
                    [self.links.url(token), String::new(), String::new()],
                )
            }
            Kind::Welcome => {
                let first = schedule.and_then(|schedule| schedule.slot(now).ok());
                let about = Welcome {
                    list: &list,
                    schedule: &rhythm,
                    address,
                    first: &first.map(|slot| day(slot.ends)).unwrap_or_default(),
                    sender: self.sender.address(),
                    confirmed: &day(now),
                };
                let latest = format!("{}/archive", self.links.base());
                let urls = [
                    latest,
                    own(links::Kind::Preferences),
                    own(links::Kind::Unsubscribe),
                ];
                (locale.welcome(&about), urls)
            }
            Kind::Goodbye => {
                let about = Farewell {
                    list: &list,
                    address,
                    left: &day(now),
                };
                let urls = [own(links::Kind::Unsubscribe), String::new(), String::new()];
                (locale.farewell(&about), urls)
            }
            Kind::StillThere => {
                let quiet = self.config.quiet.as_ref();
                let pause = quiet.and_then(|quiet| quiet.pause_after);
                let pause = pause.and_then(|pause| {
                    let at = now.as_second() + pause.as_seconds();
                    Timestamp::from_second(at).ok()
                });
                let pause = pause.map(day);
                let about = StillThere {
                    list: &list,
                    address,
                    pause: pause.as_deref(),
                };
                let token = Token::dated(subscriber, links::Kind::Stay, letter.created_at);
                let urls = [
                    self.links.url(token),
                    own(links::Kind::Preferences),
                    own(links::Kind::Unsubscribe),
                ];
                (locale.still_there(&about), urls)
            }
        };
        let given = |url: &'_ str| (!url.is_empty()).then(|| url.to_owned());
        let (preferences, unsubscribe) = (given(&urls[1]), given(&urls[2]));
        let urls = LetterUrls {
            button: &urls[0],
            preferences: preferences.as_deref(),
            unsubscribe: unsubscribe.as_deref(),
        };
        let rendered = render::letter(&self.publication, &locale, &words, &urls, &self.theme);
        let name = format!("letter-{:016x}", letter.id);
        compose::letter(
            (&self.sender, self.signer.as_ref()),
            (&person.address, &name),
            rendered,
            now.as_second(),
        )
    }
}

/// What becomes of a letter.
enum Settled {
    /// The next hop has it.
    Left(String),
    /// It does not go.
    Done(String),
    Again(String, i64),
}
