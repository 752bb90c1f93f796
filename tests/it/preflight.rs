//! What is wrong before a sending is found, and nothing else is said to be: a world in which all is well,
//! and one thing wrong with it at a time.

mod records;

use std::path::Path;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::routing::get;
use courant::clock::Clock;
use courant::config::{Check, Config};
use courant::delivery::dkim::{Algorithm, Key};
use courant::edition::{Edition, Note};
use courant::http::{State, router};
use courant::links::Links;
use courant::preflight::{self, Finding, Severity, Subject, store};
use courant::secret::Secret;
use courant_subscribers::store::{subscribers, suppressions};
use courant_subscribers::{
    Beginning, EmailAddress, How, NewSubscriber, Reason, Status, Suppression,
};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::mails::days;
use super::support::databases::{self, Scratch};
use super::support::mails;
use super::support::names::{Names, Zone};
use super::support::program;

const SENDING: &str = "192.0.2.25";
const KEY: &str = "courant1._domainkey.tarn.example";

/// Everything a sender needs, in order.
struct World {
    folder: TempDir,
    scratch: Scratch,
    names: Names,
    config: Config,
    links: Links,
    edition: Edition,
    clock: Clock,
}

fn zone(folder: &Path) -> Zone {
    let text = Key::generate(Algorithm::Rsa).unwrap();
    let key = Key::parse(&text).unwrap().record().unwrap();
    std::fs::create_dir_all(folder.join("keys/dkim")).unwrap();
    std::fs::write(folder.join("keys/dkim/courant1.pem"), text.expose()).unwrap();
    let mut zone = Zone::default();
    for (name, record) in [
        ("tarn.example", "MX 10 mail.tarn.example"),
        ("tarn.example", "A 192.0.2.80"),
        ("mail.tarn.example", "A 192.0.2.25"),
        ("bounce.tarn.example", "MX 10 mail.tarn.example"),
        (
            "bounce.tarn.example",
            "TXT v=spf1 include:_spf.tarn.example -all",
        ),
        ("bounce.tarn.example", "TXT some-site-verification=1"),
        ("_spf.tarn.example", "TXT v=spf1 ip4:192.0.2.0/27 ~all"),
        (
            "_dmarc.tarn.example",
            "TXT v=DMARC1; p=quarantine; rua=mailto:dmarc@tarn.example",
        ),
        ("25.2.0.192.in-addr.arpa", "PTR mail.tarn.example"),
    ] {
        zone.add(name, record);
    }
    zone.add(KEY, &format!("TXT {key}"));
    zone
}

/// A relay that takes a log-in, or says so instead.
async fn relay(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                stream.write_all(b"220 relay.example\r\n").await.unwrap();
                let mut line = String::new();
                while stream
                    .read_line(&mut line)
                    .await
                    .is_ok_and(|length| length > 0)
                {
                    let say = match line.get(..4).unwrap_or_default() {
                        "EHLO" => "250-relay.example\r\n250 AUTH PLAIN\r\n",
                        "AUTH" => answer,
                        _ => "221 bye\r\n",
                    };
                    if stream.write_all(say.as_bytes()).await.is_err() {
                        return;
                    }
                    line.clear();
                }
            });
        }
    });
    port
}

/// A site with good stories and bad ones.
fn site() -> Router {
    let to = |to: &'static str| get(async move || (StatusCode::FOUND, [(LOCATION, to)]));
    Router::new()
        .route("/", get(async || "front"))
        .route("/story/{number}", get(async || "a story"))
        // HEAD is refused, a reader is not.
        .route(
            "/picky",
            get(async |method: axum::http::Method| {
                if method == axum::http::Method::HEAD {
                    StatusCode::METHOD_NOT_ALLOWED
                } else {
                    StatusCode::OK
                }
            }),
        )
        .route("/gone", get(async || StatusCode::GONE))
        .route("/refused", get(async || StatusCode::FORBIDDEN))
        .route("/broken", get(async || StatusCode::BAD_GATEWAY))
        .route("/once", to("/story/1"))
        .route("/twice", to("/once"))
        .route("/circle", to("/circle"))
        .route("/home", to("/"))
        .route("/slow", get(std::future::pending::<StatusCode>))
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

impl World {
    async fn new() -> Self {
        Self::of(databases::sqlite().await).await
    }

    async fn of(scratch: Scratch) -> Self {
        let folder = TempDir::new().unwrap();
        let names = Names::start(zone(folder.path())).await;
        let (site, relay) = (serve(site()).await, relay("235 2.7.0 welcome\r\n").await);
        let text = format!(
            r#"
            [publication]
            name = "Tarn Courier"
            home_url = "{site}/"
            postal_address = "Tarn Courier, Quay 1, 12345 Tarn"
            [fetch]
            allow_private = ["127.0.0.1"]
            [[source]]
            name = "news"
            file = "news.jsonl"
            format = "jsonl"
            home_url = "{site}/"
            [[digest]]
            name = "daily"
            title = "Morning"
            [delivery]
            from = "Tarn Courier <digest@tarn.example>"
            return_path = "bounces@bounce.tarn.example"
            [delivery.dkim]
            sign = true
            [delivery.smtp]
            host = "127.0.0.1"
            port = {relay}
            tls = "none"
            user = "digest"
            password_file = "password"
            [check]
            resolver = "{}"
            sending = ["{SENDING}"]
            # The world lies on this machine.
            skip = ["link-host", "link-https"]
            "#,
            names.address
        );
        std::fs::write(folder.path().join("password"), "tide\n").unwrap();
        let mut config = Config::parse(&text, "digest.toml").unwrap();
        folder.path().clone_into(&mut config.folder);
        let mut edition = mails::edition(9);
        edition.preheader = "Plus: the wall, the bridge and what the tide brought in.".to_owned();
        edition.frame.publication = config.publication.clone();
        for (number, entry) in edition.entries.iter_mut().enumerate() {
            entry.article.url = format!("{site}/story/{number}");
            entry.article.image_url = None;
        }
        let (links, config) = installed(&scratch, config).await;
        let world = Self {
            folder,
            scratch,
            names,
            config,
            links,
            edition,
            clock: Clock::System,
        };
        world.readers(3).await;
        world
    }

    async fn readers(&self, count: usize) {
        let mut tx = self.scratch.database.begin_write().await.unwrap();
        for number in 0..count {
            let address = EmailAddress::parse(&format!("reader-{number}@tarn.example")).unwrap();
            let new = NewSubscriber::new(address, Beginning::Active, How::CommandLine).unwrap();
            subscribers::add(&mut tx, &new, 500).await.unwrap();
        }
        courant::database::commit(tx).await.unwrap();
    }

    async fn look(&self, edition: Option<&Edition>) -> Vec<Finding> {
        let subject = Subject {
            config: &self.config,
            links: &self.links,
            database: &self.scratch.database,
            clock: &self.clock,
            edition,
            reach: None,
        };
        preflight::run(&subject).await
    }

    /// What is not a pass, without what this world cannot have in order.
    async fn wrong(&self) -> Vec<(Severity, Check, String, String)> {
        let all = self.look(Some(&self.edition)).await;
        let wrong = all.into_iter().filter(|it| it.severity != Severity::Pass);
        wrong
            .map(|it| (it.severity, it.check, it.place, it.message))
            .collect()
    }

    /// Looks after a change of the zone, and takes the change back.
    async fn with(&self, change: impl FnOnce(&mut Zone)) -> Vec<(Severity, Check, String, String)> {
        let before = self.names.zone.lock().unwrap().clone();
        change(&mut self.names.zone.lock().unwrap());
        let wrong = self.wrong().await;
        *self.names.zone.lock().unwrap() = before;
        wrong
    }
}

/// Where readers reach the installation.
async fn installed(scratch: &Scratch, mut config: Config) -> (Links, Config) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    config.links.base_url = format!("http://{address}");
    let links = Links::new(&config.links.base_url, &Secret::new(&Links::new_key())).unwrap();
    let database = scratch.database.clone();
    let state = State::new(database, config.clone(), links.clone(), Clock::default()).unwrap();
    let service = router(state).into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    (links, config)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_where_all_is_well() {
    for scratch in databases::each().await {
        let world = World::of(scratch).await;
        let all = world.look(Some(&world.edition)).await;
        let wrong: Vec<_> = all
            .iter()
            .filter(|it| it.severity != Severity::Pass)
            .collect();
        assert_eq!(wrong, Vec::<&Finding>::new());
        // Every check has said so, but those whose subject is not there and those that are skipped.
        let said: std::collections::BTreeSet<_> = all.iter().map(|it| it.check).collect();
        assert_eq!(said.len(), 37, "{said:?}");
        // And nothing has changed: the button was pressed for nobody.
        let mut conn = world.scratch.database.reader().await.unwrap();
        let people = subscribers::count(&mut conn).await.unwrap();
        assert_eq!(people.of(Status::Active), 3);
        drop(conn);
        world.scratch.end().await;
    }
}

/// What fails, and is to be looked at, by check and place.
type Wanted<'a> = &'a [(Severity, Check, &'a str, &'a str)];

fn assert_wrong(name: &str, found: &[(Severity, Check, String, String)], wanted: Wanted<'_>) {
    let names = |it: &(Severity, Check, String, String)| (it.0, it.1, it.2.clone());
    let found_names: Vec<_> = found.iter().map(names).collect();
    let wanted_names: Vec<_> = wanted
        .iter()
        .map(|it| (it.0, it.1, it.2.to_owned()))
        .collect();
    assert_eq!(found_names, wanted_names, "{name}: {found:#?}");
    for ((.., message), (.., words)) in found.iter().zip(wanted) {
        assert!(message.contains(words), "{name}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_links_are_named_with_their_stories() {
    let world = World::new().await;
    let base = world
        .config
        .publication
        .home_url
        .trim_end_matches('/')
        .to_owned();
    for (path, severity, check, words) in [
        (
            "/missing",
            Some(Severity::Fail),
            Check::LinkAnswers,
            "it answers 404",
        ),
        (
            "/gone",
            Some(Severity::Fail),
            Check::LinkAnswers,
            "it answers 410",
        ),
        (
            "/broken",
            Some(Severity::Fail),
            Check::LinkAnswers,
            "it answers 502",
        ),
        (
            "/circle",
            Some(Severity::Fail),
            Check::LinkAnswers,
            "in a circle",
        ),
        (
            "/refused",
            Some(Severity::LookAt),
            Check::LinkAnswers,
            "it answers 403",
        ),
        (
            "/twice",
            Some(Severity::LookAt),
            Check::LinkRedirects,
            "two redirects or more",
        ),
        (
            "/home",
            Some(Severity::LookAt),
            Check::LinkRedirects,
            "front page",
        ),
        ("/once", None, Check::LinkRedirects, ""),
        ("/picky", None, Check::LinkAnswers, ""),
    ] {
        let mut edition = world.edition.clone();
        edition.entries[2].article.url = format!("{base}{path}");
        let all = world.look(Some(&edition)).await;
        let wrong: Vec<_> = all
            .iter()
            .filter(|it| it.severity != Severity::Pass)
            .collect();
        let Some(severity) = severity else {
            assert_eq!(wrong, Vec::<&Finding>::new(), "{path}");
            continue;
        };
        let [one] = wrong.as_slice() else {
            panic!("{path}: {wrong:#?}")
        };
        assert_eq!((one.severity, one.check), (severity, check), "{path}");
        assert!(one.message.contains(words), "{path}: {}", one.message);
        assert!(one.place.contains(path), "{path}: {}", one.place);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_test_hosts_and_in_plain_http_are_named() {
    let mut world = World::new().await;
    world.config.check.skip.clear();
    let mut edition = world.edition.clone();
    edition.entries[0].article.url = "https://www.example.com/story".to_owned();
    let all = world.look(Some(&edition)).await;
    let wrong: Vec<_> = all
        .iter()
        .filter(|it| it.severity != Severity::Pass)
        .collect();
    let of = |check: Check, place: &str| {
        let mut wrong = wrong.iter();
        wrong.any(|it| it.check == check && it.place.contains(place))
    };
    assert!(
        of(Check::LinkHost, "https://www.example.com/story"),
        "{wrong:#?}"
    );
    // What is not asked is no pass.
    assert!(
        of(Check::LinkAnswers, "https://www.example.com/story"),
        "{wrong:#?}"
    );
    assert!(of(Check::LinkHost, "/story/1"), "{wrong:#?}");
    assert!(of(Check::LinkHost, "links.base_url"), "{wrong:#?}");
    assert!(of(Check::LinkHttps, "links.base_url"), "{wrong:#?}");
    assert!(of(Check::LinkHttps, "/story/1"), "{wrong:#?}");
    assert!(
        wrong.iter().all(|it| matches!(
            it.check,
            Check::LinkHost | Check::LinkHttps | Check::LinkAnswers
        )),
        "{wrong:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_looked_at_and_holds_nobody_up() {
    let mut world = World::new().await;
    world.config.check.time_limit = courant::units::Span::seconds(3);
    let base = world
        .config
        .publication
        .home_url
        .trim_end_matches('/')
        .to_owned();
    let mut edition = world.edition.clone();
    edition.entries[8].article.url = format!("{base}/slow");
    let started = courant::clock::stop_watch();
    let all = world.look(Some(&edition)).await;
    assert!(started.elapsed().as_secs() < 6, "{:?}", started.elapsed());
    let wrong: Vec<_> = all
        .iter()
        .filter(|it| it.severity != Severity::Pass)
        .collect();
    let [one] = wrong.as_slice() else {
        panic!("{wrong:#?}")
    };
    assert_eq!(
        (one.severity, one.check),
        (Severity::LookAt, Check::LinkAnswers)
    );
    assert!(one.message.contains("check.time_limit"), "{}", one.message);
    assert!(one.place.contains("/slow"), "{}", one.place);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_is_asked_for_the_log_in_only() {
    let mut world = World::new().await;
    for (port, words) in [
        (
            relay("535 5.7.8 wrong\r\n").await,
            "refused the log-in: 535",
        ),
        (relay("454 4.7.0 later\r\n").await, "try again"),
        (1, "try again"),
    ] {
        world.config.delivery.smtp.port = Some(port);
        let place = format!("127.0.0.1:{port}");
        let found = world.wrong().await;
        assert_wrong(
            "relay",
            &found,
            &[(Severity::Fail, Check::Relay, &place, words)],
        );
    }
    world.config.delivery.smtp.password_file = None;
    let found = world.wrong().await;
    assert_eq!((found.len(), found[0].1), (1, Check::Relay), "{found:?}");
    assert!(found[0].3.contains("COURANT_SMTP_PASSWORD"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_or_a_key_in_the_way_of_leaving_is_named() {
    let mut world = World::new().await;
    let good = world.links.clone();
    // Another installation's keys.
    world.links = Links::new(good.base(), &Secret::new(&Links::new_key())).unwrap();
    let place = format!("{}/u/…", good.base());
    let wanted = [(Severity::Fail, Check::OneClick, place.as_str(), "404")];
    assert_wrong("keys", &world.wrong().await, &wanted);
    // A redirect of the button, and a server that is not ours.
    let ok = || get(async || "ok\n");
    let moved = Router::new()
        .route("/healthz", ok())
        .fallback(async || (StatusCode::FOUND, [(LOCATION, "/")]));
    for (router, check, words) in [
        (moved, Check::OneClick, "302"),
        (
            Router::new()
                .route("/healthz", ok())
                .fallback(async || StatusCode::FORBIDDEN),
            Check::OneClick,
            "403",
        ),
        (
            Router::new().fallback(async || "welcome"),
            Check::Service,
            "something else",
        ),
        (
            Router::new().fallback(async || StatusCode::BAD_GATEWAY),
            Check::Service,
            "502",
        ),
    ] {
        let base = serve(router).await;
        world.links = Links::new(&base, &Secret::new(&Links::new_key())).unwrap();
        let found = world.wrong().await;
        let failed: Vec<_> = found.iter().filter(|it| it.0 == Severity::Fail).collect();
        let [one] = failed.as_slice() else {
            panic!("{found:#?}")
        };
        assert_eq!(one.1, check);
        assert!(one.3.contains(words), "{}", one.3);
    }
}

fn note(text: &str) -> Option<Box<Note>> {
    Some(Box::new(Note {
        hello: None,
        text: text.to_owned(),
        by: None,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_edition_says_is_judged_by_its_mail() {
    let world = World::new().await;
    type Change = fn(&mut Edition);
    let cases: &[(Change, Severity, Check, &str)] = &[
        (
            |it| it.subject = String::new(),
            Severity::Fail,
            Check::Subject,
            "there is none",
        ),
        (
            |it| it.subject = "Re: your harbour".to_owned(),
            Severity::Fail,
            Check::Subject,
            "like an answer",
        ),
        (
            |it| it.subject = "HARBOUR WALL HOLDS AGAIN".to_owned(),
            Severity::LookAt,
            Check::Subject,
            "capitals",
        ),
        (
            |it| it.subject = "Good morning {{name}}, news".to_owned(),
            Severity::Fail,
            Check::Subject,
            "placeholder",
        ),
        (
            |it| it.subject = "word ".repeat(20),
            Severity::LookAt,
            Check::Subject,
            "cut it at about 60",
        ),
        (
            |it| it.preheader = it.subject.clone(),
            Severity::LookAt,
            Check::Preheader,
            "repeats",
        ),
        (
            |it| it.preheader = "Short.".to_owned(),
            Severity::LookAt,
            Check::Preheader,
            "6 characters",
        ),
        (
            |it| it.entries[3].article.url = it.entries[1].article.url.clone(),
            Severity::Fail,
            Check::RepeatedStory,
            "as story 2",
        ),
        (
            |it| it.entries[3].article.title = it.entries[1].article.title.clone(),
            Severity::LookAt,
            Check::RepeatedStory,
            "of story 2",
        ),
        (
            |it| it.entries[0].article.summary = None,
            Severity::LookAt,
            Check::Summary,
            "no summary",
        ),
        (
            |it| it.frame.publication.postal_address = " ".to_owned(),
            Severity::Fail,
            Check::PostalAddress,
            "postal_address",
        ),
        (
            |it| {
                it.entries[0].article.image_alt = Some("The wall".to_owned());
                it.entries[0].article.image_url = Some("https://127.0.0.1:1/a.jpg".to_owned());
            },
            Severity::Fail,
            Check::Pictures,
            "nobody listens there",
        ),
        (
            |it| {
                it.entries[2].article.image_alt = Some("The wall".to_owned());
                it.entries[2].article.image_url = Some("http://127.0.0.1:1/a.jpg".to_owned());
            },
            Severity::LookAt,
            Check::Pictures,
            "goes without this picture",
        ),
        (
            |it| it.frame.note = note(&"word ".repeat(61)),
            Severity::LookAt,
            Check::Note,
            "61 words",
        ),
        (
            |it| it.frame.note = note("See [the map](http://www.tarn.example/map)."),
            Severity::LookAt,
            Check::Note,
            "readers see",
        ),
    ];
    for (change, severity, check, words) in cases {
        let mut edition = world.edition.clone();
        change(&mut edition);
        let all = world.look(Some(&edition)).await;
        let wrong: Vec<_> = all
            .iter()
            .filter(|it| it.severity != Severity::Pass)
            .collect();
        assert!(
            wrong
                .iter()
                .all(|it| it.check == *check || it.check == Check::PictureSize),
            "{words}: {wrong:#?}"
        );
        let mut wrong = wrong.into_iter();
        let told = wrong.any(|it| it.severity == *severity && it.message.contains(words));
        assert!(told, "{words}: {all:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spam_filters_are_asked_where_they_are_named() {
    let mut world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut heard, mut part) = (Vec::new(), vec![0; 65_536]);
            // The head says how much comes, and all of it is taken.
            let length = loop {
                let count = stream.read(&mut part).await.unwrap();
                heard.extend_from_slice(&part[..count]);
                let text = String::from_utf8_lossy(&heard).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head.split_once("Content-length: ").unwrap().1;
                    let length: usize = length.trim().parse().unwrap();
                    if body.len() >= length {
                        break length;
                    }
                }
            };
            assert!(length > 5_000);
            let answer = "SPAMD/1.1 0 EX_OK\r\nContent-length: 9\r\nSpam: False ; 3.1 / 5.0\r\n\r\nSHOUTING\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let scores = serve(Router::new().route(
        "/checkv2",
        axum::routing::post(async |body: String| {
            assert!(body.contains("List-Unsubscribe-Post"), "{body}");
            r#"{"score":17.2,"required_score":15.0,"symbols":{"BAD":{"score":9.0},"FINE":{"score":-1.0}}}"#
        }),
    ))
    .await;
    world.config.check.spamd = Some(address.to_string());
    let place = address.to_string();
    let wanted = [(
        Severity::LookAt,
        Check::SpamScore,
        place.as_str(),
        "3.1 points",
    )];
    assert_wrong("spamd", &world.wrong().await, &wanted);
    world.config.check.spamd = None;
    world.config.check.rspamd = Some(scores.clone());
    let wanted = [(
        Severity::Fail,
        Check::SpamScore,
        scores.as_str(),
        "17.2 points, spam begins at 15: BAD",
    )];
    assert_wrong("rspamd", &world.wrong().await, &wanted);
    world.config.check.rspamd = Some("http://127.0.0.1:1".to_owned());
    let wanted = [(
        Severity::LookAt,
        Check::SpamScore,
        "http://127.0.0.1:1",
        "could not be asked",
    )];
    assert_wrong("no rspamd", &world.wrong().await, &wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_noticed() {
    let mut world = World::new().await;
    for (minutes, severity) in [(2, Severity::LookAt), (-20, Severity::Fail)] {
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
        world.clock = Clock::fixed(now);
        let found = world.wrong().await;
        let place = "this machine's clock";
        assert_wrong(
            "clock",
            &found,
            &[(severity, Check::Clock, place, "let NTP set it")],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_dies_is_looked_at() {
    for scratch in databases::each().await {
        let world = World::of(scratch).await;
        let now = world.clock.unix();
        let mut tx = world.scratch.database.begin_write().await.unwrap();
        for number in 0..120 {
            let address = EmailAddress::parse(&format!("dead-{number}@tarn.example")).unwrap();
            let block = Suppression {
                key: address.key().to_owned(),
                reason: Reason::HardBounce,
                since: if number < 110 {
                    now - 86_400
                } else {
                    now - 90 * 86_400
                },
                until: None,
                note: String::new(),
            };
            let _new = suppressions::suppress(&mut tx, &block).await.unwrap();
        }
        let blocked = store::blocked(&mut tx, now - 30 * 86_400).await.unwrap();
        assert_eq!(
            blocked,
            [store::Blocked {
                reason: blocked[0].reason.clone(),
                addresses: 120,
                lately: 110
            }]
        );
        courant::database::commit(tx).await.unwrap();
        let found = world.wrong().await;
        let wanted = [(
            Severity::LookAt,
            Check::ListHealth,
            "subscribers",
            "110 addresses died",
        )];
        assert_wrong("list", &found, &wanted);
        world.scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_would_be_clipped_is_refused() {
    let world = World::new().await;
    let mut edition = world.edition.clone();
    for number in 9..400_u16 {
        let mut entry = edition.entries[1].clone();
        entry.position = u32::from(number) + 1;
        entry.link = number;
        entry.article.url = format!("{}?{number}", entry.article.url);
        entry.article.title = format!("Harbour wall number {number} holds through the night");
        edition.entries.insert(usize::from(number) - 3, entry);
    }
    let all = world.look(Some(&edition)).await;
    let wrong: Vec<_> = all
        .iter()
        .filter(|it| it.severity == Severity::Fail)
        .collect();
    let [one] = wrong.as_slice() else {
        panic!("{wrong:#?}")
    };
    assert_eq!(one.check, Check::HtmlSize);
    assert!(
        one.message.contains("cut off the footer"),
        "{}",
        one.message
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_is_said_once() {
    let world = World::new().await;
    std::fs::remove_file(world.folder.path().join("keys/dkim/courant1.pem")).unwrap();
    let found = world.wrong().await;
    let failed: Vec<_> = found.iter().filter(|it| it.0 == Severity::Fail).collect();
    let [one] = failed.as_slice() else {
        panic!("{found:#?}")
    };
    assert_eq!(one.1, Check::DkimKey);
    assert!(one.3.contains("`courant dkim` makes"), "{}", one.3);
}

/// The program as cron and the desk run it: a finding a line, 5 if one failed.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_prints_findings_and_ends_with_five() {
    let names = Names::start(Zone::default()).await;
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let output = program::answer(folder.path(), arguments, b"");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let config = |check: &str| {
        let text = program::config(program::LINES, program::FILES);
        std::fs::write(
            folder.path().join("digest.toml"),
            format!("{text}\n[check]\n{check}\n"),
        )
    };
    config(&format!("resolver = \"{}\"", names.address)).unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    std::fs::write(folder.path().join("keys/links.key"), Links::new_key()).unwrap();
    let (code, stdout, stderr) = run(&["check", "--json"]);
    assert_eq!(code, Some(5), "{stderr}");
    let lines: Vec<serde_json::Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let failed: Vec<_> = lines.iter().filter(|it| it["severity"] == "fail").collect();
    let first = lines
        .iter()
        .take(failed.len())
        .all(|it| it["severity"] == "fail");
    assert!(first && !failed.is_empty(), "{stdout}");
    let spf = failed.iter().find(|it| it["check"] == "spf").unwrap();
    assert_eq!(spf["where"], "tarn.example");
    assert_eq!(spf["group"], "delivery");
    assert!(spf["message"].as_str().unwrap().contains("v=spf1"), "{spf}");
    assert!(
        stderr.contains(&format!("{} failed, ", failed.len())),
        "{stderr}"
    );
    // In words, and without what is skipped: nothing fails, much is to be looked at.
    config(&format!(
        "resolver = \"{}\"\nskip = [\"spf\", \"dmarc\", \"mx\", \"link-host\", \"link-https\"]",
        names.address
    ))
    .unwrap();
    let (code, stdout, stderr) = run(&["check"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(
        stdout.contains("look-at  Delivery: relay  delivery.transport\n"),
        "{stdout}"
    );
    assert!(stdout.contains("pass     Machine: disk\n"), "{stdout}");
    // What cannot be is a mistake of the file, with its line.
    for (check, words) in [
        ("skip = [\"spff\"]", "did you mean \"spf\"?"),
        (
            "resolver = \"ns.example\"",
            "\"ns.example\" is no address and port",
        ),
        (
            "sending = [\"192.0.2.0/24\"]",
            "\"192.0.2.0/24\" is no address",
        ),
        ("spamd = \"localhost\"", "such as \"127.0.0.1:783\""),
        (
            "rspamd = \"localhost:11333\"",
            "is not an http or https URL",
        ),
        ("time_limit = \"0s\"", "between 1 and 300 seconds"),
        ("resolvr = \"127.0.0.1\"", "did you mean \"resolver\"?"),
    ] {
        config(check).unwrap();
        let (code, _, stderr) = run(&["check"]);
        assert_eq!(code, Some(78), "{check}: {stderr}");
        assert!(stderr.contains(words), "{check}: {stderr}");
    }
    config("").unwrap();
    let (code, _, stderr) = run(&["check", "daily-2020-01-01"]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("there is no edition"), "{stderr}");
}

/// Days as they come, in other scripts, and with words nobody wants: the mail of none of them is called wrong.
#[tokio::test(flavor = "multi_thread")]
async fn no_invented_day_is_called_wrong_for_how_it_is_written() {
    let mut world = World::new().await;
    // Their links lead to names that are nobody's, and a picture of theirs says nothing.
    let skip = [
        Check::Alt,
        Check::LinkAnswers,
        Check::LinkRedirects,
        Check::Pictures,
        Check::PictureSize,
    ];
    world.config.check.skip.extend(skip);
    for (name, edition) in [
        ("twenty", days::twenty()),
        ("thirty-one", days::thirty_one()),
        ("one", days::one()),
        ("four", days::four()),
        ("without pictures", days::without_pictures()),
        ("arabic", days::arabic()),
        ("japanese", days::japanese()),
        ("all japanese", days::all_japanese()),
        ("far too long", days::far_too_long()),
        ("stress", days::stress()),
    ] {
        let all = world.look(Some(&edition)).await;
        let wrong: Vec<_> = all
            .iter()
            .filter(|it| it.severity == Severity::Fail)
            .collect();
        assert_eq!(wrong, Vec::<&Finding>::new(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_skipped_is_neither_said_nor_asked() {
    let mut world = World::new().await;
    world.config.delivery.smtp.port = Some(1);
    world.config.check.skip.push(Check::Relay);
    assert_wrong("skip", &world.wrong().await, &[]);
}
