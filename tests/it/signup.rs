//! From the sign-up form to the first welcome and out again, by the program, its pages and its mails.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use mail_parser::MessageParser;
use serde_json::Value;
use tempfile::TempDir;

use super::support::databases::{self, Scratch};
use super::support::program::{self, Running};

const BASE: &str = "http://127.0.0.1:8025";

/// A publisher whose pages are served.
struct House {
    folder: TempDir,
    database: String,
    address: String,
    _server: Running,
}

impl House {
    fn open(database: String, keys: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let config = program::config(program::LINES, &format!("{}\n{keys}", program::FILES));
        fs::write(folder.path().join("digest.toml"), config).unwrap();
        fs::write(folder.path().join("news.jsonl"), "").unwrap();
        let address = {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().to_string()
        };
        let command = |arguments: &[&str]| {
            let mut command = program::command(folder.path(), arguments);
            command.env("COURANT_DATABASE_URL", &database);
            command
        };
        assert!(command(&["init"]).output().unwrap().status.success());
        let mut serve = command(&["serve", "--listen", &address]);
        let server = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Running::from(server.unwrap());
        let this = Self {
            folder,
            database,
            address,
            _server: server,
        };
        this.wait(|| TcpStream::connect(&this.address).is_ok().then_some(()));
        this
    }

    fn wait<T>(&self, ready: impl Fn() -> Option<T>) -> T {
        for _ in 0..1000 {
            if let Some(found) = ready() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it never happened")
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        Self::ask_at(&self.address, (method, path), body)
    }

    fn ask_at(address: &str, what: (&str, &str), body: &str) -> (u16, String) {
        let form = "Content-Type: application/x-www-form-urlencoded";
        Self::ask_with(address, what, (form, body))
    }

    /// With one header field of its own.
    fn ask_with(
        address: &str,
        (method, path): (&str, &str),
        (field, body): (&str, &str),
    ) -> (u16, String) {
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{field}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer[9..12].parse().unwrap(), answer)
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "")
    }

    fn post(&self, path: &str, body: &str) -> (u16, String) {
        self.ask("POST", path, body)
    }

    /// A form that was handed out long enough ago for a person.
    fn ticket(&self) -> String {
        let (code, page) = self.get("/subscribe");
        assert_eq!(code, 200, "{page}");
        let ticket = page.split("name=\"ticket\" value=\"").nth(1).unwrap();
        let ticket = ticket.split('"').next().unwrap().to_owned();
        std::thread::sleep(Duration::from_millis(2100));
        ticket
    }

    fn mails(&self) -> Vec<PathBuf> {
        let Ok(folder) = fs::read_dir(self.folder.path().join("outbox")) else {
            return Vec::new();
        };
        let paths = folder.map(|entry| entry.unwrap().path());
        let whole = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "eml");
        paths.filter(whole).collect()
    }

    /// The bytes of the one mail that says this, when it has arrived.
    fn mail(&self, words: &str) -> Vec<u8> {
        self.wait(|| {
            let mut mails = self.mails().into_iter().map(|path| fs::read(path).unwrap());
            mails.find(|mail| {
                let parsed = MessageParser::default().parse(mail).unwrap();
                parsed.subject().unwrap().contains(words)
            })
        })
    }

    fn held(&self, address: &str) -> Value {
        let mut command = program::command(
            self.folder.path(),
            &["subscribers", "show", address, "--json"],
        );
        let output = command
            .env("COURANT_DATABASE_URL", &self.database)
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    fn status(&self, address: &str) -> Value {
        self.held(address)["subscriber"]["status"].clone()
    }
}

/// The path of the first link of this kind in the text of a mail.
fn link(mail: &[u8], kind: &str) -> String {
    let mail = MessageParser::default().parse(mail).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    let at = text
        .find(&format!("{BASE}/{kind}/"))
        .expect("the mail has such a link");
    text[at + BASE.len()..]
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned()
}

const TOPICS: &str =
    "[signup]\ngoodbye = true\n[[category]]\nname = \"Field\"\n[[category]]\nname = \"Harbour\"\n";

async fn on_each(keys: &str, check: impl Fn(&House)) {
    for scratch in databases::each().await {
        let house = House::open(Scratch::url(&scratch), keys);
        check(&house);
        drop(house);
        scratch.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_up_confirms_chooses_and_leaves() {
    on_each(TOPICS, |house| {
        let ticket = house.ticket();
        let form = format!(
            "email=Ida%40example.org&name=Ida&topic=Field&everything=1&ticket={ticket}&website="
        );
        let (code, answer) = house.post("/subscribe", &form);
        assert_eq!(code, 303, "{answer}");
        assert!(answer.contains("location: http://127.0.0.1:8025/subscribe/sent"));
        assert_eq!(house.status("ida@example.org"), "pending");

        let mail = house.mail("confirm");
        let parsed = MessageParser::default().parse(&mail).unwrap();
        assert_eq!(
            parsed.to().unwrap().first().unwrap().address(),
            Some("Ida@example.org")
        );
        assert!(parsed.body_html(0).is_some() && parsed.header("List-Unsubscribe").is_none());
        let yes = link(&mail, "y");
        for method in ["GET", "HEAD"] {
            assert_eq!(house.ask(method, &yes, "").0, 200);
        }
        assert_eq!(house.post(&yes, "zzz").0, 400);
        assert_eq!(
            house.status("ida@example.org"),
            "pending",
            "nobody pressed the button"
        );
        for _twice in 0..2 {
            let (code, page) = house.post(&yes, "confirm=1");
            assert!(code == 200 && page.contains("You are in"), "{page}");
        }
        assert_eq!(house.status("ida@example.org"), "active");
        let consents = house.held("ida@example.org")["consents"].clone();
        assert!(
            consents[0]["how"]
                .as_str()
                .unwrap()
                .contains("We send one email to confirm")
        );
        assert_eq!(consents[1]["act"], "subscribed");

        let welcome = house.mail("Welcome");
        let own = link(&welcome, "p");
        let chosen =
            "digest=daily&topic=Harbour&topic=Nowhere&time_zone=Asia%2FTokyo&paused=1&text_only=1";
        let (code, page) = house.post(&own, chosen);
        assert!(code == 200 && page.contains("Paused until"), "{page}");
        assert!(page.contains("value=\"Asia/Tokyo\" selected"), "{page}");
        assert!(page.contains("value=\"Harbour\" checked"), "{page}");
        assert!(!page.contains("value=\"Field\" checked"), "{page}");
        let topics = &house.held("ida@example.org")["preferences"]["topics"];
        assert_eq!(topics["only"], serde_json::json!(["Harbour"]));
        let (code, data) = house.get(&format!("{own}/data"));
        assert!(code == 200 && data.contains("Ida@example.org"), "{data}");
        let leave = link(&welcome, "u");
        assert_eq!(house.get(&leave).0, 200);
        assert_eq!(house.status("ida@example.org"), "active");
        assert_eq!(house.post(&leave, "List-Unsubscribe=One-Click").0, 200);
        assert_eq!(house.status("ida@example.org"), "unsubscribed");
        // Who left after the letter was written has said the last word.
        assert_eq!(house.post(&yes, "confirm=1").0, 410);
        let goodbye = house.mail("left");
        assert_eq!(house.mails().len(), 3, "one of each");
        // The way back is a button as well.
        let back = link(&goodbye, "u");
        let (code, page) = house.get(&back);
        assert!(code == 200 && page.contains("undo"), "{page}");
        assert_eq!(house.post(&back, "undo=1").0, 200);
        assert_eq!(house.status("ida@example.org"), "active");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_tells_nobody_who_is_on_the_list() {
    on_each("", |house| {
        let mut add = program::command(
            house.folder.path(),
            &["subscribers", "add", "reader@example.org"],
        );
        let added = add
            .env("COURANT_DATABASE_URL", &house.database)
            .output()
            .unwrap();
        assert!(added.status.success());
        let ticket = house.ticket();
        let sign_up = |address: &str, more: &str| {
            let form = format!("email={address}&ticket={ticket}{more}");
            let (code, answer) = house.post("/subscribe", &form);
            let body = answer.split("\r\n\r\n").nth(1).unwrap().to_owned();
            (code, body)
        };
        let first = sign_up("new@example.org", "");
        // New, waiting, subscribed, a program: one answer.
        for (address, more) in [
            ("new@example.org", ""),
            ("NEW@example.org", ""),
            ("reader@example.org", ""),
            ("robot@example.org", "&website=spam"),
        ] {
            assert_eq!(sign_up(address, more), first, "{address}");
        }
        house.mail("confirm");
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(house.mails().len(), 1, "one letter an hour, to one of them");
        assert_eq!(house.held("robot@example.org"), Value::Null);

        for (form, words) in [
            ("email=nobody", "value=\"nobody\""),
            ("email=a%40b", "Please check"),
            (
                "email=a%40example.org%0D%0ABcc%3A+x%40y.example",
                "Please check",
            ),
        ] {
            let (code, page) = house.post("/subscribe", &format!("{form}&ticket={ticket}"));
            assert_eq!(code, 422, "{page}");
            assert!(page.contains(words), "{form}: {page}");
        }
        // From another site's form: the person goes on with ours.
        let (code, page) = house.post("/subscribe", "email=elsewhere%40example.org");
        assert!(
            code == 200 && page.contains("elsewhere@example.org"),
            "{page}"
        );
        assert_eq!(house.held("elsewhere@example.org"), Value::Null);
        for forged in ["x", "", &"A".repeat(32)] {
            let form = format!("email=forged%40example.org&ticket={forged}");
            assert_eq!(house.post("/subscribe", &form).0, 200);
        }
        assert_eq!(house.held("forged@example.org"), Value::Null);
        let (code, page) = house.get("/subscribe");
        let quick = page.split("name=\"ticket\" value=\"").nth(1).unwrap();
        let quick = quick.split('"').next().unwrap();
        let form = format!("email=quick%40example.org&ticket={quick}");
        assert_eq!((code, house.post("/subscribe", &form).0), (200, 422));
        assert_eq!(house.post("/subscribe", &"x=y&".repeat(8000)).0, 413);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_signs_up_so_often_and_no_more() {
    on_each("[signup]\nper_network = 3", |house| {
        let ticket = house.ticket();
        let codes: Vec<u16> = (0..5)
            .map(|number| {
                let form = format!("email=r{number}%40example.org&ticket={ticket}");
                house.post("/subscribe", &form).0
            })
            .collect();
        assert_eq!(codes, [303, 303, 303, 429, 429]);
        assert_eq!(house.held("r4@example.org"), Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_shown_the_door_and_hold_nobody_up() {
    let scratch = databases::sqlite().await;
    let house = House::open(Scratch::url(&scratch), "");
    // More than are served at once, each with half a request.
    let slow: Vec<TcpStream> = (0..900)
        .map(|_| {
            let mut stream = TcpStream::connect(&house.address).unwrap();
            stream
                .write_all(b"GET /subscribe HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                .unwrap();
            stream
        })
        .collect();
    let begun = courant::clock::stop_watch();
    assert_eq!(house.get("/healthz").0, 200);
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(20), "{waited:?}");
    let mut first = slow.into_iter().next().unwrap();
    first
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut rest = Vec::new();
    // Told that it took too long, or nothing at all.
    let _ended_either_way = first.read_to_end(&mut rest);
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    drop(house);
    scratch.end().await;
}

/// What is logged of requests says nothing of who made them.
#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_names_routes_and_nobody() {
    on_each("", |house| {
        let log = house.folder.path().join("log");
        let address = {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().to_string()
        };
        let mut serve =
            program::command(house.folder.path(), &["serve", "-v", "--listen", &address]);
        serve.env("COURANT_DATABASE_URL", &house.database);
        let out = fs::File::create(&log).unwrap();
        let server = Running::from(serve.stdout(Stdio::null()).stderr(out).spawn().unwrap());
        house.wait(|| TcpStream::connect(&address).is_ok().then_some(()));
        for path in [
            "/subscribe?email=ida%40example.org",
            "/u/AAAABBBBCCCCDDDDAAAABBBBCCCCDDDD",
        ] {
            House::ask_at(&address, ("GET", path), "");
        }
        let lines = house.wait(|| {
            let text = fs::read_to_string(&log).unwrap();
            (text.matches("status=").count() >= 2).then_some(text)
        });
        assert!(
            lines.contains("route=\"/subscribe\"") || lines.contains("route=/subscribe"),
            "{lines}"
        );
        assert!(lines.contains("/u/{token}"), "{lines}");
        for secret in ["ida", "AAAABBBB", "127.0.0.1:"] {
            let told = lines
                .lines()
                .any(|line| line.contains("status=") && line.contains(secret));
            assert!(!told, "{lines}");
        }
        drop(server);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_deletes_what_is_held() {
    on_each("", |house| {
        let form = format!("email=gone%40example.org&ticket={}", house.ticket());
        assert_eq!(house.post("/subscribe", &form).0, 303);
        let yes = link(&house.mail("confirm"), "y");
        assert_eq!(house.post(&yes, "confirm=1").0, 200);
        let own = link(&house.mail("Welcome"), "p");
        assert_eq!(house.get(&format!("{own}/erase")).0, 405);
        assert_eq!(house.post(&format!("{own}/erase"), "").0, 400);
        assert_eq!(house.status("gone@example.org"), "active");
        let notice = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
             Final-Recipient: rfc822; gone@example.org\r\nAction: failed\r\nStatus: 4.2.2\r\n\r\n--b--\r\n";
        fs::write(house.folder.path().join("notice.eml"), notice).unwrap();
        let mut apply = program::command(house.folder.path(), &["bounce", "apply", "notice.eml"]);
        let apply = apply.env("COURANT_DATABASE_URL", &house.database);
        assert!(apply.output().unwrap().status.success());
        let (_, data) = house.get(&format!("{own}/data"));
        for part in ["mailbox_full", "\"kind\": \"welcome\"", "\"mails\": []", "Final-Recipient"] {
            assert!(data.contains(part), "{part}: {data}");
        }
        let (code, page) = house.post(&format!("{own}/erase"), "erase=1");
        assert!(
            code == 200 && page.contains("Your data are deleted"),
            "{page}"
        );
        assert_eq!(house.status("gone@example.org"), Value::Null);
        for file in fs::read_dir(house.folder.path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_file() && name.contains(".db") {
                let bytes = fs::read(&path).unwrap();
                let found = bytes.windows(16).any(|part| part == b"gone@example.org");
                assert!(!found, "{name} still holds the address");
            }
        }
        assert!(house.get(&own).1.contains("There is nothing to change"));
        assert!(
            house
                .post(&yes, "confirm=1")
                .1
                .contains("There is nothing to change")
        );
        // The note that is left keeps the address away, and tells nobody.
        let form = format!("email=gone%40example.org&ticket={}", house.ticket());
        assert_eq!(house.post("/subscribe", &form).0, 303);
        assert_eq!(house.status("gone@example.org"), Value::Null);
    })
    .await;
}

const TWO: &str = "[[digest]]\nname = \"weekly\"\ntitle = \"The Week\"\nevery = \"week\"\non = [\"saturday\"]\nat = \"08:00\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_last_form_said_counts_once_it_is_confirmed() {
    on_each(TWO, |house| {
        let ticket = house.ticket();
        let ask = |digest: &str| {
            let form = format!("email=mind%40example.org&digest={digest}&ticket={ticket}");
            assert_eq!(house.post("/subscribe", &form).0, 303);
        };
        ask("weekly");
        let mail = house.mail("confirm");
        let text = MessageParser::default().parse(&mail).unwrap();
        let text = text.body_text(0).unwrap().into_owned();
        assert!(
            text.contains("Week") && !text.contains("Morning Digest"),
            "{text}"
        );
        // They change their mind before they press the button.
        ask("daily");
        assert_eq!(house.post(&link(&mail, "y"), "confirm=1").0, 200);
        let held = house.held("mind@example.org");
        let chosen = &held["preferences"]["digests"]["only"];
        assert_eq!(chosen, &serde_json::json!(["daily"]), "{held}");
        let acts = held["consents"].as_array().unwrap().iter();
        let acts: Vec<_> = acts.map(|consent| consent["act"].clone()).collect();
        assert_eq!(acts, ["asked", "subscribed", "asked"], "{held}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_spoken_to_in_their_language() {
    on_each("[signup]\ngoodbye = true\n", |house| {
        let form = format!("email=ilse%40example.org&ticket={}", house.ticket());
        assert_eq!(house.post("/subscribe", &form).0, 303);
        assert_eq!(
            house
                .post(&link(&house.mail("confirm"), "y"), "confirm=1")
                .0,
            200
        );
        let welcome = house.mail("Welcome");
        let own = link(&welcome, "p");
        let (code, page) = house.post(&own, "digest=daily&language=de");
        assert!(code == 200 && page.contains("lang=\"de\""), "{page}");
        assert!(page.contains("value=\"de\" lang=\"de\" selected"), "{page}");
        assert!(house.get(&link(&welcome, "u")).1.contains("lang=\"de\""));
        // Nonsense is no language, and none at all leaves it as it was.
        assert!(house.post(&own, "digest=daily").1.contains("lang=\"de\""));
        let (_, page) = house.post(&link(&welcome, "u"), "confirm=1");
        assert!(page.contains("Sie sind abgemeldet"), "{page}");
        house.mail("abbestellt");
        assert!(
            house
                .post(&own, "digest=daily&language=xx")
                .1
                .contains("<html lang=\"en\"")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_refused_is_a_page_and_leaving_is_easy() {
    on_each(TWO, |house| {
        for (method, path, body, code) in [
            ("PUT", "/subscribe", "x", 405),
            ("GET", "/u/%ff%fe", "", 400),
            ("POST", "/subscribe", &*"x".repeat(20_000), 413),
        ] {
            let (found, page) = house.ask(method, path, body);
            assert_eq!(found, code, "{page}");
            assert!(page.contains("no-referrer") && page.contains("<h1"), "{page}");
        }
        let form = format!("email=ray%40example.org&digest=daily&digest=weekly&ticket={}", house.ticket());
        assert_eq!(house.post("/subscribe", &form).0, 303);
        assert_eq!(house.post(&link(&house.mail("confirm"), "y"), "confirm=1").0, 200);
        let leave = link(&house.mail("Welcome"), "u");
        let (_, page) = house.get(&leave);
        assert!(!page.contains("Morning Digest"), "the button ends both: {page}");
        let part = |field: &str, value: &str| {
            format!("--q\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n--q--\r\n")
        };
        let said = "please no name=\"List-Unsubscribe\" One-Click";
        assert_eq!(house.post(&leave, &part("note", said)).0, 400);
        assert_eq!(house.status("ray@example.org"), "active");
        assert_eq!(house.post(&leave, &part("List-Unsubscribe", "One-Click")).0, 200);
        assert_eq!(house.status("ray@example.org"), "unsubscribed");
        assert_eq!(house.post(&leave, "undo=1").0, 200);
        assert_eq!(house.post(&leave, "List-Unsubscribe=One-Click\r\n").0, 200);
        assert_eq!(house.status("ray@example.org"), "unsubscribed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_proves_itself_may_tell_of_bounces() {
    // The key file lies beside the configuration, which is written with it.
    let doors = "[feedback.webhooks]\npostmark = \"keys/links.key\"\nses = [\"arn:aws:sns:eu-west-1:1:t\"]\n";
    on_each(doors, |house| {
        let form = format!("email=pia%40example.org&ticket={}", house.ticket());
        assert_eq!(house.post("/subscribe", &form).0, 303);
        let yes = link(&house.mail("confirm"), "y");
        assert_eq!(house.post(&yes, "confirm=1").0, 200);
        let key = fs::read_to_string(house.folder.path().join("keys/links.key")).unwrap();
        let body = "{\"RecordType\":\"Bounce\",\"ID\":42,\"Type\":\"HardBounce\",\"Email\":\"pia@example.org\",\
                    \"Details\":\"smtp;550 5.1.1 no such user\"}";
        let tell = |provider: &str, key: &str, body: &str| {
            use base64::Engine as _;
            let key = base64::engine::general_purpose::STANDARD.encode(key.trim());
            let field = format!("Authorization: Basic {key}");
            let path = format!("/webhooks/{provider}");
            House::ask_with(&house.address, ("POST", &path), (&field, body)).0
        };
        assert_eq!(tell("brevo", &key, body), 404);
        assert_eq!(tell("postmark", "wrong", body), 401);
        // A certificate that nobody can ask for now: Amazon comes again after a 503, and after a 401 never.
        let notification = "{\"Type\":\"Notification\",\"MessageId\":\"1\",\
            \"TopicArn\":\"arn:aws:sns:eu-west-1:1:t\",\"Message\":\"{}\",\
            \"Timestamp\":\"2026-11-29T08:00:00Z\",\"SignatureVersion\":\"2\",\"Signature\":\"AA==\",\
            \"SigningCertURL\":\"https://sns.nowhere-1.amazonaws.com/SimpleNotificationService-1.pem\"}";
        assert_eq!(tell("ses", "x", notification), 503);
        assert_eq!(house.status("pia@example.org"), "active");
        // The same event in other bytes does nothing.
        let again = body.replacen('{', "{ ", 1);
        for body in [body, &again] {
            assert_eq!(tell("postmark", &key, body), 200);
            assert_eq!(house.status("pia@example.org"), "suppressed");
        }
        let held = house.held("pia@example.org");
        assert_eq!(held["reports"].as_array().unwrap().len(), 1, "{held}");
        assert_eq!(held["suppression"]["reason"], "hard-bounce");
    })
    .await;
}
